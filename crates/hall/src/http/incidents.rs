//! `/api/v1/incidents`: what is wrong, and what is being done about it.

mod view;

use axum::extract::State as Of;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::id::{Id, Incident, Person, Site};
use base::now::Wall;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use store::{Conn, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LatLon, Page, cursor, limit, refuse};
use crate::audit::{self, Act};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::incident::desk::{self, ByHand, Opened};
use crate::incident::{About, Command, Severity, SeverityWord, State, Subject};
use crate::problem::{Path, Problem, Query};
use crate::{Hall, line, site};

pub(super) use view::PersonView;
use view::{IncidentShown, IncidentView, StepView, show, step_views, views};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::IncidentsRead))
        .routes(routes!(open).guard(Permission::IncidentsWrite))
        .routes(routes!(one).guard(Permission::IncidentsRead))
        .routes(routes!(steps).guard(Permission::IncidentsRead))
        .routes(routes!(able).guard(Permission::IncidentsWrite))
        .routes(routes!(act).guard(Permission::IncidentsWrite))
}

crate::words! {
    /// How far an incident has come.
    IncidentStateWord = State::ALL.map(State::as_str)
}

crate::words! {
    /// What is to be done with an incident.
    IncidentActWord = ActWord::ALL.map(ActWord::as_str)
}

/// What is to be done with an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActWord {
    Note,
    Acknowledge,
    Take,
    Assign,
    Watch,
    Unwatch,
    Rate,
    SetDue,
    Clear,
    Close,
    Reopen,
    Link,
    Unlink,
}

impl ActWord {
    const ALL: [Self; 13] = [
        Self::Note,
        Self::Acknowledge,
        Self::Take,
        Self::Assign,
        Self::Watch,
        Self::Unwatch,
        Self::Rate,
        Self::SetDue,
        Self::Clear,
        Self::Close,
        Self::Reopen,
        Self::Link,
        Self::Unlink,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Acknowledge => "acknowledge",
            Self::Take => "take",
            Self::Assign => "assign",
            Self::Watch => "watch",
            Self::Unwatch => "unwatch",
            Self::Rate => "rate",
            Self::SetDue => "set_due",
            Self::Clear => "clear",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Link => "link",
            Self::Unlink => "unlink",
        }
    }
}

/// Which incidents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only in this state; several with commas between: `open,handled`.
    state: Option<String>,
    /// Only this bad.
    #[param(value_type = Option<SeverityWord>)]
    severity: Option<Severity>,
    /// Only of this kind.
    kind: Option<String>,
    /// Only about something in this area.
    #[param(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Only about this: an area code, `sit_…`, `cam_…` or `pnt_…`.
    subject: Option<String>,
    /// Only those that this person looks after; `none`: nobody.
    owner: Option<String>,
    /// Only those that the caller looks after or watches.
    mine: Option<bool>,
    /// Only those whose time was overrun.
    overdue: Option<bool>,
    /// Only those that go on and were overrun so often, 1 to 3.
    level: Option<i64>,
    /// Only those opened since, µs since 1970 UTC.
    #[param(value_type = Option<i64>)]
    since_us: Option<Wall>,
    /// `csv` for a file.
    format: Option<String>,
}

impl Filter {
    fn read(&self) -> Result<desk::Filter, Problem> {
        let words = self.state.as_deref().into_iter().flat_map(|s| s.split(','));
        let states = words.map(|word| {
            State::parse(word).ok_or_else(|| {
                let words = State::ALL.map(State::as_str).join(", ");
                refuse("state", format!("use {words}"))
            })
        });
        let owner = match self.owner.as_deref() {
            None | Some("none") => None,
            Some(id) => Some(id.parse().map_err(|_| refuse("owner", "is no person"))?),
        };
        let about = match self.subject.as_deref() {
            None => None,
            Some(text) => Some(printed(text).ok_or_else(|| refuse("subject", "is none"))?),
        };
        Ok(desk::Filter {
            states: states.collect::<Result<_, _>>()?,
            severity: self.severity,
            kind: self.kind.clone(),
            within: self.area.clone(),
            about,
            owner,
            unowned: self.owner.as_deref() == Some("none"),
            mine: self.mine.unwrap_or_default(),
            overdue: self.overdue.unwrap_or_default(),
            level: self.level,
            since: self.since_us,
            before: cursor(self.cursor.as_deref())?,
        })
    }
}

/// The subject of a printed id, whose beginning says of what it is.
fn printed(text: &str) -> Option<Subject> {
    let kinds = Subject::KINDS.into_iter().filter(|kind| *kind != "house");
    kinds.filter_map(|kind| Subject::parse(kind, text)).next()
}

/// An incident that a person opens. From a camera or a still: by the camera's own
/// operation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Listrik di simpul kabupaten padam", "severity": "warning", "area": "62.11",
}))]
struct IncidentForm {
    /// What is wrong, in one sentence.
    title: String,
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    /// What else there is to say.
    #[serde(default)]
    note: Option<String>,
    /// The area that it is about; without area and site: the province.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// The site that it is about.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Where it is.
    #[serde(default)]
    point: Option<LatLon>,
}

/// What is to be done with an incident. A field that the act does not have is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncidentAct, example = json!({ "act": "take" }))]
struct ActForm {
    /// What.
    #[schema(value_type = IncidentActWord)]
    act: ActWord,
    /// What is said with it. `note`, `close` and `reopen` need it, and `clear` where a
    /// part of the house has opened the incident.
    #[serde(default)]
    text: Option<String>,
    /// Of `assign`: who looks after it from now on; left out or null: nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    owner: Option<Id<Person>>,
    /// Of `rate`.
    #[serde(default)]
    #[schema(value_type = Option<SeverityWord>)]
    severity: Option<Severity>,
    /// Of `set_due`: by when, µs since 1970 UTC.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    due_us: Option<Wall>,
    /// Of `link`: an area.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    area: Option<AreaCode>,
    /// Of `link`: a site.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    site: Option<Id<Site>>,
    /// Of `unlink`: the number of the subject.
    #[serde(default)]
    subject: Option<u32>,
}

impl ActForm {
    /// Refuses what does not belong to the act.
    fn fits(&self) -> Result<(), Problem> {
        let is = |act| self.act == act;
        let given = [
            ("owner", self.owner.is_some(), is(ActWord::Assign)),
            ("severity", self.severity.is_some(), is(ActWord::Rate)),
            ("due_us", self.due_us.is_some(), is(ActWord::SetDue)),
            ("area", self.area.is_some(), is(ActWord::Link)),
            ("site", self.site.is_some(), is(ActWord::Link)),
            ("subject", self.subject.is_some(), is(ActWord::Unlink)),
        ];
        match given.into_iter().find(|(_, given, fits)| *given && !fits) {
            Some((field, ..)) => Err(line::refuse(
                field,
                format!("is nothing that {} has", self.act.as_str()),
            )),
            None => Ok(()),
        }
    }
}

/// Incidents, the newest first.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(Filter),
    responses((status = 200, body = Page<IncidentView>)))]
async fn list(
    Of(hall): Of<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = filter.read()?;
    if csv {
        return export(&hall, &who, &wanted, limit).await;
    }
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let (found, next) = desk::list(&mut read, &who, &wanted, now, limit).await?;
    Ok(axum::Json(Page {
        items: views(&mut read, found, now).await?,
        next: next.map(|number| number.to_string()),
    })
    .into_response())
}

/// A file that leaves the house: it is written down who took it.
async fn export(
    hall: &Hall,
    who: &Who,
    wanted: &desk::Filter,
    limit: i64,
) -> Result<Response, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let (found, _) = desk::list(&mut tx, who, wanted, now.wall, limit).await?;
    let act = Act {
        verb: "incident.exported",
        subject: "incidents".to_owned(),
        detail: json!({ "rows": found.len(), "filter": wanted }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let found = views(&mut tx, found, now.wall).await?;
    tx.commit().await?;
    let mut file = File::new(&view::COLUMNS);
    for one in found {
        file.row(&one.cells());
    }
    Ok(file.response("kejadian.csv"))
}

/// Opens an incident by hand.
#[utoipa::path(post, path = "/api/v1/incidents", tag = "incidents", request_body = IncidentForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = Opened), (status = 422)))]
async fn open(
    Of(hall): Of<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<IncidentForm>,
) -> Result<Response, Problem> {
    let point = body.point.map(|at| at.read("point")).transpose()?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let area = match (body.area, body.site) {
        (None, None) => Some(hall.config().province.clone()),
        (area, _) => area,
    };
    let mut about = Vec::new();
    if let Some(code) = area {
        about.push(area_of(&mut tx, &code).await?);
    }
    if let Some(id) = body.site {
        about.push(site_of(&mut tx, &who, id).await?);
    }
    let it = ByHand {
        title: body.title,
        severity: body.severity,
        note: body.note,
        about,
        point,
        still: None,
    };
    let opened = desk::open(&hall, &mut tx, &who, it).await?;
    let location = format!("/api/v1/incidents/{}", opened.id);
    let answer = once
        .created(&mut tx, hall.now(), &location, &opened)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

async fn area_of(conn: &mut Conn, code: &AreaCode) -> Result<About, Problem> {
    About::area(conn, code)
        .await?
        .ok_or_else(|| line::refuse("area", "is not in the register of areas"))
}

async fn site_of(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<About, Problem> {
    let none = || line::refuse("site", "is none that you may see");
    site::find(conn, who, id).await.map_err(|_| none())?;
    About::site(conn, id).await?.ok_or_else(none)
}

/// One incident, with its newest steps and whom to call.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents",
    params(("id" = String, Path, description = "`inc_…`")),
    responses((status = 200, body = IncidentShown), (status = 404)))]
async fn one(
    Of(hall): Of<Hall>,
    who: Who,
    Path(id): Path<Id<Incident>>,
) -> Result<axum::Json<IncidentShown>, Problem> {
    let mut read = hall.db().read().await?;
    let seen = desk::find(&mut read, &who, id).await?;
    Ok(axum::Json(show(&hall, &mut read, &who, seen).await?))
}

/// Which steps.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Steps {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What has happened to an incident, in order.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/steps", tag = "incidents",
    params(("id" = String, Path, description = "`inc_…`"), Steps),
    responses((status = 200, body = Page<StepView>), (status = 404)))]
async fn steps(
    Of(hall): Of<Hall>,
    who: Who,
    Path(id): Path<Id<Incident>>,
    Query(page): Query<Steps>,
) -> Result<axum::Json<Page<StepView>>, Problem> {
    let limit = limit(page.limit)?;
    let after = cursor(page.cursor.as_deref())?.unwrap_or(0);
    let mut read = hall.db().read().await?;
    let seen = desk::find(&mut read, &who, id).await?;
    let items = step_views(&mut read, &seen, after, limit).await?;
    let full = i64::try_from(items.len()) == Ok(limit);
    let next = items.last().map(|step| step.seq()).filter(|_| full);
    Ok(axum::Json(Page {
        items,
        next: next.map(|seq| seq.to_string()),
    }))
}

/// Who may be asked to look after an incident, by name: whoever may write at all of its
/// places.
#[utoipa::path(get, path = "/api/v1/incidents/{id}/able", tag = "incidents",
    params(("id" = String, Path, description = "`inc_…`")),
    responses((status = 200, body = Page<PersonView>), (status = 404)))]
async fn able(
    Of(hall): Of<Hall>,
    who: Who,
    Path(id): Path<Id<Incident>>,
) -> Result<axum::Json<Page<PersonView>>, Problem> {
    let mut read = hall.db().read().await?;
    let able = desk::able(&mut read, &who, id, hall.now().wall).await?;
    let items = able.into_iter().map(|(id, name)| PersonView::new(id, name));
    Ok(axum::Json(Page {
        items: items.collect(),
        next: None,
    }))
}

/// Does something with an incident.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/steps", tag = "incidents", request_body = ActForm,
    params(("id" = String, Path, description = "`inc_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = IncidentShown), (status = 404), (status = 409), (status = 422)))]
async fn act(
    Of(hall): Of<Hall>,
    who: Who,
    Path(id): Path<Id<Incident>>,
    Keyed { body, once }: Keyed<ActForm>,
) -> Result<Response, Problem> {
    body.fits()?;
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let seen = done(&hall, &mut tx, &who, id, body).await?;
    let view = show(&hall, &mut tx, &who, seen).await?;
    let location = format!("/api/v1/incidents/{id}");
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn done(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Incident>,
    form: ActForm,
) -> Result<desk::Seen, Problem> {
    let missing = |field| line::refuse(field, "is missing");
    let command = match form.act {
        ActWord::Note => Command::Note,
        ActWord::Acknowledge => Command::Acknowledge,
        ActWord::Take => Command::Take,
        ActWord::Assign => Command::Assign(form.owner),
        ActWord::Watch => Command::Watch,
        ActWord::Unwatch => Command::Unwatch,
        ActWord::Rate => Command::Rate(form.severity.ok_or_else(|| missing("severity"))?),
        ActWord::SetDue => Command::SetDue(form.due_us.ok_or_else(|| missing("due_us"))?),
        ActWord::Clear => Command::Clear,
        ActWord::Close => Command::Close,
        ActWord::Reopen => Command::Reopen,
        ActWord::Unlink => Command::Unlink(form.subject.ok_or_else(|| missing("subject"))?),
        ActWord::Link => {
            let about = match (form.area, form.site) {
                (Some(code), None) => area_of(tx, &code).await?,
                (None, Some(site)) => site_of(tx, who, site).await?,
                _ => return Err(line::refuse("area", "give an area or a site")),
            };
            desk::link(hall, tx, who, id, about).await?;
            return desk::find(tx, who, id).await;
        }
    };
    desk::act(hall, tx, who, id, command, form.text).await
}
