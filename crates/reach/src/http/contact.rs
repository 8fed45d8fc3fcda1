//! `/api/v1/contact`: who is heard now.
//!
//! *No contact* is not *down*: what was there is decided when a box has told, and stands
//! in the ledger.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Id, Site};
use base::now::Wall;
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use hall::site::Form;
use hall::{Hall, areas};
use http::HeaderMap;
use reach_core::silence::Contact;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dish::Brief as DishBrief;
use super::routers::Told;
use super::{Around, limit, paged, refuse};
use crate::ledger::{self, regency};
use crate::listening::{self, Voiced};
use crate::sql::dish::{self as dishes, DishRow};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(list).guard(Permission::SitesRead))
}

/// All words of contact, the most urgent first.
const ALL: [Contact; 4] = [
    Contact::Silent,
    Contact::Late,
    Contact::Never,
    Contact::Heard,
];

hall::words! {
    /// Whether a site is heard.
    ContactWord = ALL.map(Contact::as_str)
}

/// Which sites.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only this area and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only of this provider.
    provider: Option<String>,
    /// Only those that are heard so.
    #[param(value_type = Option<ContactWord>)]
    contact: Option<String>,
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// A site, and whether it is heard.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteContact)]
struct View {
    /// Which.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// What it is called.
    name: String,
    /// The regency it lies in.
    regency: Option<Around>,
    /// The village that it brings online; null: none.
    village: Option<Around>,
    /// Who provides the connection.
    provider: Option<String>,
    /// Whether it is heard.
    #[schema(value_type = ContactWord)]
    contact: &'static str,
    /// Whether its box is connected at this moment.
    connected: bool,
    /// When it was heard last.
    #[schema(value_type = Option<i64>)]
    heard_us: Option<Wall>,
    /// Whom to call about it; null: nobody is known.
    callee: Option<Callee>,
    /// What the dish there says; null: none has said anything.
    dish: Option<DishBrief>,
    /// What its router said last, of what could be read; null: it has none, or none has
    /// told yet.
    router: Option<Told>,
}

/// Whom to call about a site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteCallee)]
struct Callee {
    /// Who; null: only a number is known.
    name: Option<String>,
    /// Which number; null: only a name is known.
    phone: Option<String>,
}

/// How many are heard how.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ContactCounts)]
struct Counted {
    /// All sites that are active.
    sites: usize,
    /// Heard.
    heard: usize,
    /// Their next word is overdue.
    late: usize,
    /// Not heard for five minutes.
    silent: usize,
    /// Never heard.
    never: usize,
}

/// A page of sites.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactPage)]
struct Page {
    /// When this was so.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// All that the filter lets through, those of other pages too.
    counts: Counted,
    /// The sites: silent ones first, longest silent first.
    items: Vec<View>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Who is heard now.
#[utoipa::path(get, path = "/api/v1/contact", tag = "reach", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = limit(filter.limit)?;
    let is_file = csv::wanted(&headers, filter.format.as_deref())?;
    let only = match filter.contact.as_deref() {
        None => None,
        Some(word) => Some(
            ALL.into_iter()
                .find(|it| it.as_str() == word)
                .ok_or_else(|| refuse("contact", "use silent, late, never or heard"))?,
        ),
    };
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let mut voices = listening::voices(&hall, &mut read, now).await?;
    voices.retain(|it| {
        let form = &it.member.site.form;
        let lies = filter
            .within
            .as_ref()
            .is_none_or(|area| area.contains(&form.area));
        let of = filter.provider.is_none() || form.provider == filter.provider;
        lies && of && who.may(Permission::SitesRead, &it.member.site.place())
    });
    let counts = counted(&voices);
    voices.retain(|it| only.is_none_or(|only| it.contact == only));
    voices.sort_by_key(order);
    let codes: Vec<AreaCode> = voices
        .iter()
        .flat_map(|it| {
            [
                regency(&it.member.site.form.area),
                it.member.village.clone(),
            ]
        })
        .flatten()
        .collect();
    let beside = Beside {
        names: areas::names(&mut read, codes.iter()).await?,
        dishes: dishes::all(&mut read).await?,
        now,
    };
    if is_file {
        return Ok(file(&hall, &voices, &beside));
    }
    let behind = match &filter.cursor {
        None => 0,
        Some(cursor) => {
            let at = voices
                .iter()
                .position(|it| it.member.site.id.to_string() == *cursor);
            // A site that went from the list since: the page begins anew.
            at.map_or(0, |at| at + 1)
        }
    };
    let views = voices.iter().skip(behind).map(|it| view(it, &beside));
    let (items, next) = paged(views, page, |view: &View| view.site);
    let page = Page {
        at_us: now,
        counts,
        items,
        next,
    };
    Ok(axum::Json(page).into_response())
}

/// The most urgent first: by word, then by how long.
fn order(it: &Voiced) -> (usize, Option<Wall>, Id<Site>) {
    let word = ALL.iter().position(|word| *word == it.contact);
    (word.unwrap_or(ALL.len()), it.heard, it.member.site.id)
}

fn counted(voices: &[Voiced]) -> Counted {
    let mut counts = Counted {
        sites: voices.len(),
        ..Counted::default()
    };
    for it in voices {
        *match it.contact {
            Contact::Heard => &mut counts.heard,
            Contact::Late => &mut counts.late,
            Contact::Silent => &mut counts.silent,
            Contact::Never => &mut counts.never,
        } += 1;
    }
    counts
}

fn around(code: Option<&AreaCode>, names: &BTreeMap<AreaCode, String>) -> Option<Around> {
    let code = code?;
    let name = names.get(code).cloned().unwrap_or_default();
    Some(Around {
        code: code.clone(),
        name,
    })
}

/// What is said of a site beside whether it is heard.
struct Beside {
    names: BTreeMap<AreaCode, String>,
    dishes: BTreeMap<Id<Site>, DishRow>,
    now: Wall,
}

fn view(it: &Voiced, beside: &Beside) -> View {
    let ledger::Member { site, village, .. } = &it.member;
    View {
        site: site.id,
        name: site.form.name.clone(),
        regency: around(regency(&site.form.area).as_ref(), &beside.names),
        village: around(village.as_ref(), &beside.names),
        provider: site.form.provider.clone(),
        contact: it.contact.as_str(),
        connected: it.connected,
        heard_us: it.heard,
        callee: callee(&site.form),
        dish: beside
            .dishes
            .get(&site.id)
            .map(|row| DishBrief::new(row, beside.now)),
        router: it.report.clone().map(Told::from),
    }
}

fn callee(form: &Form) -> Option<Callee> {
    let (name, phone) = (form.contact_name.clone(), form.contact_phone.clone());
    (name.is_some() || phone.is_some()).then_some(Callee { name, phone })
}

fn file(hall: &Hall, voices: &[Voiced], beside: &Beside) -> Response {
    let mut file = File::new(&[
        "lokasi",
        "nama",
        "kabupaten",
        "kode_desa",
        "desa",
        "penyedia",
        "kontak",
        "terdengar_terakhir",
        "antena",
        "antena_sejak",
        "antena_ditanya_terakhir",
    ]);
    for it in voices {
        let view = view(it, beside);
        let dish = view.dish.as_ref();
        let name = |around: &Option<Around>| around.as_ref().map(|it| it.name.clone());
        file.row(&[
            view.site.to_string(),
            view.name,
            name(&view.regency).unwrap_or_default(),
            view.village
                .as_ref()
                .map_or(String::new(), |it| it.code.to_string()),
            name(&view.village).unwrap_or_default(),
            view.provider.unwrap_or_default(),
            view.contact.to_owned(),
            view.heard_us
                .map_or(String::new(), |at| hall.clock().rfc3339(at)),
            dish.map_or(String::new(), |it| it.word.to_owned()),
            dish.map_or(String::new(), |it| hall.clock().rfc3339(it.since_us)),
            dish.map_or(String::new(), |it| hall.clock().rfc3339(it.at_us)),
        ]);
    }
    file.response("contact.csv")
}
