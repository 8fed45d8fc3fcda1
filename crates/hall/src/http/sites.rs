//! `/api/v1/sites`: places that dial in, their boxes and how those are let in.

mod desired;
mod said;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Agent, Id, Person, Site};
use base::now::Wall;
use http::HeaderMap;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LatLon, Page, cursor, limit};
use crate::Hall;
use crate::areas::{self, NamedArea};
use crate::audit::{self, Act};
use crate::csv::{self, File};
use crate::enrol::{self, Standing, Terms};
use crate::guard::{Guarded as _, Permission, Who};
use crate::idempotency::Keyed;
use crate::problem::{Json, Path, Problem, Query};
use crate::site::{self, Form, Kind, State as Stage, Step};
use crate::sql::link;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(add).guard(Permission::SitesWrite))
        .routes(routes!(show).guard(Permission::SitesRead))
        .routes(routes!(change).guard(Permission::SitesWrite))
        .routes(routes!(steps).guard(Permission::SitesRead))
        .routes(routes!(turn).guard(Permission::SitesEnrol))
        .routes(routes!(make_code).guard(Permission::SitesEnrol))
        .routes(routes!(agents).guard(Permission::SitesRead))
        .routes(routes!(decide).guard(Permission::SitesEnrol))
        .merge(said::routes())
        .merge(desired::routes())
}

crate::words! {
    /// How far a site has come.
    SiteStateWord = Stage::ALL.map(Stage::as_str)
}

crate::words! {
    /// What kind of place a site is.
    SiteKindWord = Kind::ALL.map(Kind::as_str)
}

crate::words! {
    /// What has happened to a site.
    SiteStepWord = Step::ALL.map(Step::as_str)
}

crate::words! {
    /// What is to happen to a site.
    SiteTurnWord = ["suspended", "resumed", "revoked"]
}

crate::words! {
    /// Where a box stands with the house.
    StandingWord = Standing::ALL.map(Standing::as_str)
}

/// Which sites.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only this area and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only those that have come so far.
    #[param(value_type = Option<SiteStateWord>)]
    state: Option<Stage>,
    /// Only of this kind.
    #[param(value_type = Option<SiteKindWord>)]
    kind: Option<Kind>,
    /// Part of the name or of the area's code.
    q: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// What people say about a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Kantor Desa Tumbang Nusa", "kind": "kantor_desa", "area": "62.11.07.2007",
}))]
struct SiteForm {
    /// What it is called.
    name: String,
    /// What kind of place it is.
    #[schema(value_type = SiteKindWord)]
    kind: Kind,
    /// Where it lies: a Kemendagri code.
    #[schema(value_type = String)]
    area: AreaCode,
    /// Whose it is; null for no office's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Where its box stands, or will.
    #[serde(default)]
    point: Option<LatLon>,
    /// Whom to call there.
    #[serde(default)]
    contact_name: Option<String>,
    /// By which number.
    #[serde(default)]
    contact_phone: Option<String>,
    /// Who provides the connection.
    #[serde(default)]
    provider: Option<String>,
    /// Under which contract.
    #[serde(default)]
    contract: Option<String>,
}

impl SiteForm {
    fn read(self) -> Result<Form, Problem> {
        let point = self.point.map(|at| at.read("point")).transpose()?;
        Ok(Form {
            name: self.name,
            kind: self.kind,
            area: self.area,
            agency: self.agency,
            point,
            contact_name: self.contact_name,
            contact_phone: self.contact_phone,
            provider: self.provider,
            contract: self.contract,
        })
    }
}

/// A site.
#[derive(Debug, Serialize, ToSchema)]
struct SiteView {
    /// `sit_…`.
    #[schema(value_type = String)]
    id: Id<Site>,
    /// What it is called.
    name: String,
    /// What kind of place it is.
    #[schema(value_type = SiteKindWord)]
    kind: Kind,
    /// Where it lies.
    area: NamedArea,
    /// Whose it is.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Where its box stands.
    point: Option<LatLon>,
    /// Whom to call there.
    contact_name: Option<String>,
    /// By which number.
    contact_phone: Option<String>,
    /// Who provides the connection.
    provider: Option<String>,
    /// Under which contract.
    contract: Option<String>,
    /// How far it has come.
    #[schema(value_type = SiteStateWord)]
    state: Stage,
    /// Whether its box has a line open now. A silent cut shows after two and a half
    /// minutes.
    connected: bool,
    /// When its box was heard last; null if it never was.
    #[schema(value_type = Option<i64>)]
    heard_us: Option<Wall>,
}

/// Sites with the names of their areas, and how they are now.
async fn views(
    hall: &Hall,
    conn: &mut Conn,
    sites: Vec<site::Listed>,
) -> Result<Vec<SiteView>, Problem> {
    let names = areas::names(conn, sites.iter().map(|site| &site.form.area)).await?;
    let one = match sites.as_slice() {
        [one] => Some(one.id),
        _ => None,
    };
    let heard = link::heard(conn, one).await?;
    let connected = hall.sites().connected();
    let view = |listed: site::Listed| {
        let form = listed.form;
        SiteView {
            id: listed.id,
            name: form.name,
            kind: form.kind,
            area: NamedArea {
                name: names.get(&form.area).cloned().unwrap_or_default(),
                code: form.area,
            },
            agency: form.agency,
            point: form.point.map(LatLon::from),
            contact_name: form.contact_name,
            contact_phone: form.contact_phone,
            provider: form.provider,
            contract: form.contract,
            state: listed.state,
            connected: connected.contains(&listed.id),
            heard_us: heard.get(&listed.id).copied(),
        }
    };
    Ok(sites.into_iter().map(view).collect())
}

/// The same for one.
async fn view(hall: &Hall, conn: &mut Conn, site: site::Listed) -> Result<SiteView, Problem> {
    let mut views = views(hall, conn, vec![site]).await?;
    views
        .pop()
        .ok_or_else(|| Problem::bug("one site is no site"))
}

/// One site, and the code that is out for it.
#[derive(Debug, Serialize, ToSchema)]
struct SiteShown {
    #[serde(flatten)]
    site: SiteView,
    /// Until when the code is good that nobody has used yet; null if there is none.
    #[schema(value_type = Option<i64>)]
    code_until_us: Option<Wall>,
}

/// One step of a site's life.
#[derive(Debug, Serialize, ToSchema)]
struct StepView {
    /// What has happened.
    #[schema(value_type = SiteStepWord)]
    step: Step,
    /// How far the site had come then.
    #[schema(value_type = SiteStateWord)]
    state: Stage,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who; null if it was the box itself, or the rule of its code.
    #[schema(value_type = Option<String>)]
    by: Option<Id<Person>>,
    /// The box it was about.
    #[schema(value_type = Option<String>)]
    agent: Option<Id<Agent>>,
    /// What the person said.
    why: Option<String>,
}

/// What is to happen to a site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Turn {
    /// What.
    #[schema(value_type = SiteTurnWord)]
    step: TurnWord,
    /// Why.
    #[serde(default)]
    why: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TurnWord {
    Suspended,
    Resumed,
    Revoked,
}

/// The rule that comes with a code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "near_m": 2000 }))]
struct CodeForm {
    /// A box that comes by the QR is let in by itself when it says that it stands no
    /// further from the site than so many metres. Null: a person decides.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 50_000)]
    near_m: Option<i64>,
    /// The serial number on the case of the box that is expected. Null: any.
    #[serde(default)]
    serial: Option<String>,
}

/// A code, shown once.
#[derive(Debug, Serialize, ToSchema)]
struct CodeView {
    /// What is in the QR: address, code, and the key of the house.
    ticket: String,
    /// The QR (SVG).
    qr_svg: String,
    /// What is typed instead: address and short code.
    typed: String,
    /// The short code alone.
    short: String,
    /// Good until before.
    #[schema(value_type = i64)]
    expires_us: Wall,
}

/// A box of a site.
#[derive(Debug, Serialize, ToSchema)]
struct AgentView {
    /// `agt_…`.
    #[schema(value_type = String)]
    id: Id<Agent>,
    /// Where it stands with the house.
    #[schema(value_type = StandingWord)]
    standing: Standing,
    /// Six words, to be compared with those that the box shows; null if it came by the
    /// QR and has checked the house by itself.
    words: Option<String>,
    /// The serial number on its case.
    serial: Option<String>,
    /// The version of its program, as it said last.
    version: Option<String>,
    /// Where it said it stood.
    point: Option<LatLon>,
    /// So far from the site, in metres; null where either point is unknown.
    distance_m: Option<f64>,
    /// Where the request came from.
    address: Option<String>,
    /// When it asked.
    #[schema(value_type = i64)]
    asked_us: Wall,
    /// When it was let in, turned away, replaced or revoked.
    #[schema(value_type = Option<i64>)]
    decided_us: Option<Wall>,
    /// Until when its newest certificate is good.
    #[schema(value_type = Option<i64>)]
    certificate_until_us: Option<Wall>,
    /// When it greeted last; null if it never has.
    #[schema(value_type = Option<i64>)]
    greeted_us: Option<Wall>,
    /// How far its clock was ahead then, in microseconds; negative: behind.
    clock_off_us: Option<i64>,
    /// When its key was last seen living in two boxes at once; null: never.
    #[schema(value_type = Option<i64>)]
    twins_us: Option<Wall>,
}

impl From<enrol::Listed> for AgentView {
    fn from(agent: enrol::Listed) -> Self {
        Self {
            id: agent.id,
            standing: agent.standing,
            words: (!agent.knows_house).then_some(agent.words),
            serial: agent.serial,
            version: agent.version,
            point: agent.point.map(LatLon::from),
            distance_m: agent.distance_m,
            address: agent.address,
            asked_us: agent.asked,
            decided_us: agent.decided,
            certificate_until_us: agent.certificate_until,
            greeted_us: agent.greeting.map(|greeting| greeting.at),
            clock_off_us: agent.greeting.map(|greeting| greeting.clock_off_us),
            twins_us: agent.twins,
        }
    }
}

/// Whether a box is let in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// Whether.
    let_in: bool,
    /// Why.
    #[serde(default)]
    why: Option<String>,
}

/// Sites, in the order they were registered.
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites", params(Filter),
    responses((status = 200, body = Page<SiteView>)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = site::Filter {
        within: filter.within,
        state: filter.state,
        kind: filter.kind,
        q: filter.q,
        after: cursor(filter.cursor.as_deref())?,
    };
    if csv {
        return export(&hall, &who, &wanted, limit).await;
    }
    let mut read = hall.db().read().await?;
    let (found, next) = site::list(&mut read, &who, &wanted, limit).await?;
    Ok(axum::Json(Page {
        items: views(&hall, &mut read, found).await?,
        next: next.map(|id| id.to_string()),
    })
    .into_response())
}

/// A file that leaves the house, with whom to call: it is written down who took it.
async fn export(
    hall: &Hall,
    who: &Who,
    wanted: &site::Filter,
    limit: i64,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    let (found, _) = site::list(&mut tx, who, wanted, limit).await?;
    let heard = link::heard(&mut tx, None).await?;
    let connected = hall.sites().connected();
    let act = Act {
        verb: "site.exported",
        subject: "sites".to_owned(),
        detail: json!({
            "rows": found.len(), "within": wanted.within, "state": wanted.state,
            "kind": wanted.kind, "q": wanted.q,
        }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let mut file = File::new(&[
        "id",
        "name",
        "kind",
        "area",
        "state",
        "connected",
        "heard_us",
        "lat_deg",
        "lon_deg",
        "contact_name",
        "contact_phone",
        "provider",
        "contract",
    ]);
    for one in found {
        let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
        let form = one.form;
        file.row(&[
            one.id.to_string(),
            form.name,
            form.kind.as_str().to_owned(),
            form.area.to_string(),
            one.state.as_str().to_owned(),
            if connected.contains(&one.id) {
                "1"
            } else {
                "0"
            }
            .to_owned(),
            heard
                .get(&one.id)
                .map(|at| at.as_us().to_string())
                .unwrap_or_default(),
            number(form.point.map(Point::lat_deg)),
            number(form.point.map(Point::lon_deg)),
            form.contact_name.unwrap_or_default(),
            form.contact_phone.unwrap_or_default(),
            form.provider.unwrap_or_default(),
            form.contract.unwrap_or_default(),
        ]);
    }
    Ok(file.response("lokasi.csv"))
}

/// Adds a site.
#[utoipa::path(post, path = "/api/v1/sites", tag = "sites", request_body = SiteForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = SiteView), (status = 409), (status = 422)))]
async fn add(
    State(hall): State<Hall>,
    who: Who,
    Keyed { body, once }: Keyed<SiteForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let added = site::add(&hall, &mut tx, &who, body.read()?).await?;
    let location = format!("/api/v1/sites/{}", added.id);
    let view = view(&hall, &mut tx, added).await?;
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    Ok(answer)
}

/// One site.
#[utoipa::path(get, path = "/api/v1/sites/{id}", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = SiteShown), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<SiteShown>, Problem> {
    let mut read = hall.db().read().await?;
    let found = site::find(&mut read, &who, id).await?;
    let code_until_us = enrol::code_until(&mut read, id, hall.now().wall).await?;
    Ok(axum::Json(SiteShown {
        site: view(&hall, &mut read, found).await?,
        code_until_us,
    }))
}

/// Says everything about a site anew; its state is not changed by this.
#[utoipa::path(put, path = "/api/v1/sites/{id}", tag = "sites", request_body = SiteForm,
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = SiteView), (status = 404), (status = 422)))]
async fn change(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Json(form): Json<SiteForm>,
) -> Result<axum::Json<SiteView>, Problem> {
    let changed = site::change(&hall, &who, id, form.read()?).await?;
    let mut read = hall.db().read().await?;
    Ok(axum::Json(view(&hall, &mut read, changed).await?))
}

/// What has happened to a site, the newest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/steps", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = Page<StepView>), (status = 404)))]
async fn steps(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<Page<StepView>>, Problem> {
    let mut read = hall.db().read().await?;
    let taken = site::steps(&mut read, &who, id).await?;
    let view = |taken: site::Taken| StepView {
        step: taken.step,
        state: taken.state,
        at_us: taken.at,
        by: taken.by,
        agent: taken.agent,
        why: taken.why,
    };
    Ok(axum::Json(Page {
        items: taken.into_iter().map(view).collect(),
        next: None,
    }))
}

/// Suspends, resumes or revokes a site; at once, also for a line that is open.
#[utoipa::path(post, path = "/api/v1/sites/{id}/steps", tag = "sites", request_body = Turn,
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = SiteView), (status = 404), (status = 409), (status = 422)))]
async fn turn(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Json(turn): Json<Turn>,
) -> Result<axum::Json<SiteView>, Problem> {
    let step = match turn.step {
        TurnWord::Suspended => Step::Suspended,
        TurnWord::Resumed => Step::Resumed,
        TurnWord::Revoked => Step::Revoked,
    };
    let turned = enrol::turn(&hall, &who, id, step, turn.why).await?;
    let mut read = hall.db().read().await?;
    Ok(axum::Json(view(&hall, &mut read, turned).await?))
}

/// Makes a code for a site, shown once; codes of it that nobody has used are taken back.
#[utoipa::path(post, path = "/api/v1/sites/{id}/codes", tag = "sites", request_body = CodeForm,
    params(("id" = String, Path, description = "`sit_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = CodeView), (status = 404), (status = 409), (status = 422)))]
async fn make_code(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Keyed { body, once }: Keyed<CodeForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let terms = Terms {
        near_m: body.near_m,
        serial: body.serial,
    };
    let issued = enrol::issue(&hall, &mut tx, &who, id, terms).await?;
    let view = CodeView {
        qr_svg: qr(&issued.ticket)?,
        ticket: issued.ticket,
        typed: issued.typed,
        short: issued.short,
        expires_us: issued.expires,
    };
    let location = format!("/api/v1/sites/{id}");
    let answer = once
        .created_secret(&mut tx, hall.now(), &location, &view)
        .await?;
    tx.commit().await?;
    Ok(answer)
}

/// The boxes of a site, the newest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/agents", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = Page<AgentView>), (status = 404)))]
async fn agents(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<Page<AgentView>>, Problem> {
    let mut read = hall.db().read().await?;
    let agents = enrol::agents(&hall, &mut read, &who, id).await?;
    Ok(axum::Json(Page {
        items: agents.into_iter().map(AgentView::from).collect(),
        next: None,
    }))
}

/// Lets a box in that waits, or turns it away. Who was there before is replaced.
#[utoipa::path(post, path = "/api/v1/sites/{id}/agents/{agent}/decision", tag = "sites",
    request_body = Decision,
    params(("id" = String, Path, description = "`sit_…`"),
        ("agent" = String, Path, description = "`agt_…`")),
    responses((status = 200, body = AgentView), (status = 404), (status = 409), (status = 422)))]
async fn decide(
    State(hall): State<Hall>,
    who: Who,
    Path((id, agent)): Path<(Id<Site>, Id<Agent>)>,
    Json(decision): Json<Decision>,
) -> Result<axum::Json<AgentView>, Problem> {
    let decided = enrol::decide(&hall, &who, id, agent, decision.let_in, decision.why).await?;
    Ok(axum::Json(decided.into()))
}

/// Black on white whatever the page looks like: a telephone has to read it.
pub(super) fn qr(ticket: &str) -> Result<String, Problem> {
    let code = QrCode::with_error_correction_level(ticket, qrcode::EcLevel::M)
        .map_err(|error| Problem::bug(format!("a QR of a ticket: {error}")))?;
    Ok(code
        .render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build())
}
