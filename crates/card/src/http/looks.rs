//! `/api/v1/card/looks`: who has looked at what of people, when and what for.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act, Also};
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::print::said;
use hall::problem::{Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide;
use crate::looks::{self, Look, SOUGHT, VERBS};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(list).guard(Permission::CardRead))
}

/// Which looks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only by this person, `prs_…`.
    #[param(value_type = Option<String>)]
    person: Option<Id<Person>>,
    /// Only at this: `fam_…`, `rsd_…` or `biz_…`, with objections and requests about it; else as it is
    /// told, for example an area.
    subject: Option<String>,
    /// Only what was done so, for example `card_family.opened`.
    what: Option<String>,
    /// Since when, microseconds since 1970 UTC.
    #[param(value_type = Option<i64>)]
    from_us: Option<Wall>,
    /// Until before when.
    #[param(value_type = Option<i64>)]
    to_us: Option<Wall>,
    /// Rows of this page, 1 to 1000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A page of looks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardLooks)]
struct Looks {
    /// The newest first.
    items: Vec<Look>,
    /// What to send as `cursor` for the next page.
    next: Option<String>,
}

/// Who has opened, printed or taken what about people, when and what for; the newest first.
/// A file is itself written down.
#[utoipa::path(get, path = "/api/v1/card/looks", tag = "card", params(Filter),
    responses((status = 200, content((Looks = "application/json"), (String = "text/csv"))),
        (status = 403), (status = 422)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    decide::require_whole(&who, Permission::CardRead)?;
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = super::limit(filter.limit)?;
    let verbs: Vec<String> = match filter.what.as_deref() {
        None => VERBS.map(str::to_owned).to_vec(),
        Some(word) if VERBS.contains(&word) => vec![word.to_owned()],
        Some(_) => {
            let why = format!("use one of {}", VERBS.join(", "));
            return Err(super::refuse("what", why));
        }
    };
    let mut read = hall.db().read().await?;
    let subjects = match filter.subject {
        None => Vec::new(),
        Some(text) => match text.parse::<SubjectId>() {
            Ok(subject) => looks::about(&mut read, subject).await?,
            Err(_) => vec![text],
        },
    };
    let wanted = audit::Filter {
        verbs,
        actor: filter.person.map(|id| id.to_string()),
        also: (!subjects.is_empty()).then(|| Also {
            verb: SOUGHT.to_owned(),
            names: subjects.clone(),
        }),
        subjects,
        from: filter.from_us,
        to: filter.to_us,
        before: super::behind(filter.cursor.as_deref())?,
        ..audit::Filter::default()
    };
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let (found, next) = audit::list(&mut read, &wanted, most).await?;
    let next = next.map(|seq| seq.to_string());
    let mut items: Vec<Look> = found.into_iter().map(Look::from).collect();
    for look in &mut items {
        looks::with_purpose(&hall, &mut read, look).await?;
    }
    drop(read);
    if !csv {
        return Ok(axum::Json(Looks { items, next }).into_response());
    }
    let mut tx = hall.db().write().await?;
    let act = Act {
        verb: "card_looks.exported",
        subject: "looks".to_owned(),
        detail: json!({ "rows": items.len(), "filter": wanted }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let mut response = file(&hall, items).response("pembukaan-data.csv");
    if let Some(next) = next.and_then(|next| next.parse().ok()) {
        // A file has no room for it.
        response.headers_mut().insert("x-next-cursor", next);
    }
    Ok(response)
}

fn file(hall: &Hall, items: Vec<Look>) -> File {
    let mut file = File::new(&[
        "at", "person", "name", "address", "verb", "subject", "purpose", "rows", "certain",
    ]);
    for look in items {
        file.row(&[
            said::instant(hall, look.at_us),
            look.person.map_or_else(String::new, |id| id.to_string()),
            look.person_name.unwrap_or_default(),
            look.via_address.unwrap_or_default(),
            look.verb,
            look.subject,
            look.purpose.unwrap_or_default(),
            look.rows.map_or_else(String::new, |rows| rows.to_string()),
            if look.is_certain { "ya" } else { "mungkin" }.to_owned(),
        ]);
    }
    file
}
