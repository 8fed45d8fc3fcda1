//! What a site has said, and what it is told.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use base::id::{Agent, Id, Person, Quarantine, Site};
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sync::carry::FILE_MAX;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Hall;
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Who};
use crate::http::{Page, cursor, limit};
use crate::idempotency::Keyed;
use crate::link::aside::{self, Piece};
use crate::link::said::{self, Heard, Inside, Told};
use crate::problem::{self, Path, Problem, Query};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let carried = OpenApiRouter::new()
        .routes(routes!(carried).guard(Permission::SitesWrite))
        .layer(DefaultBodyLimit::max(FILE_MAX));
    OpenApiRouter::new()
        .routes(routes!(records).guard(Permission::SitesRead))
        .routes(routes!(set_aside).guard(Permission::SitesRead))
        .routes(routes!(again).guard(Permission::SitesWrite))
        .routes(routes!(commands).guard(Permission::SitesRead))
        .routes(routes!(command).guard(Permission::SitesWrite))
        .merge(carried)
}

/// Which records.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
    /// With what the records say, where that is of the box and of no person.
    bodies: Option<bool>,
}

/// A record that a site has said, or a gap in its place.
#[derive(Debug, Serialize, ToSchema)]
struct RecordView {
    /// Which box, `agt_…`.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// `money`, `event` or `sample`.
    stream: &'static str,
    /// The epoch, 16 hexadecimal digits.
    epoch: String,
    /// Its number.
    seq: u64,
    /// The last number of a gap; of a record the same.
    to_seq: u64,
    /// The epoch it was made in; null for a gap.
    made_epoch: Option<String>,
    /// Its number there; null for a gap.
    made_seq: Option<u64>,
    /// What it is; a number where this house does not know the kind, `gap` for a gap.
    kind: String,
    /// Why there is a gap: `thinned`, `full`, `forgotten` or `unreadable` at the
    /// site; `let_go`: it was held here, for its term.
    gap: Option<String>,
    /// How many records of these numbers were held for their term and let go; the others
    /// of them are listed.
    let_go: Option<u64>,
    /// When it happened, as the box knew it.
    #[schema(value_type = i64)]
    event_us: Wall,
    /// When it was held here.
    #[schema(value_type = i64)]
    received_us: Wall,
    /// Whether the box itself brought it, over a connection, which proves one in that
    /// minute; null for a gap, and where that was not written down.
    by_line: Option<bool>,
    /// What it says; null where it was not asked for, for a gap, and for a kind that may
    /// speak of persons.
    inside: Option<RecordInside>,
}

/// What a record says of itself.
#[derive(Debug, Serialize, ToSchema)]
struct RecordInside {
    /// Which boot of the box, 32 hexadecimal digits.
    boot: String,
    /// When, on the clock of that boot.
    #[schema(value_type = u64)]
    mono_us: u64,
    /// Whether the box knew the house's time then.
    synced: bool,
    /// The edition of the body.
    ver: u32,
    /// The body, base64: a protobuf message that `kind` names.
    body: String,
}

impl From<Inside> for RecordInside {
    fn from(it: Inside) -> Self {
        Self {
            boot: it.boot,
            mono_us: it.mono.as_us(),
            synced: it.synced,
            ver: it.ver,
            body: it.body,
        }
    }
}

impl From<Heard> for RecordView {
    fn from(heard: Heard) -> Self {
        let (made_epoch, made_seq) = heard.made.unzip();
        Self {
            agent: heard.agent,
            stream: heard.stream,
            epoch: heard.epoch,
            seq: heard.seq,
            to_seq: heard.to_seq,
            made_epoch,
            made_seq,
            kind: heard.kind,
            gap: heard.gap,
            let_go: heard.let_go,
            event_us: heard.event,
            received_us: heard.received,
            by_line: heard.by_line,
            inside: heard.inside.map(RecordInside::from),
        }
    }
}

/// What a site's box is told to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "how_are_you" }))]
struct CommandForm {
    /// What.
    kind: CommandWord,
}

/// What a box can be told.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CommandWord {
    /// Say how you are.
    HowAreYou,
}

/// A command and what became of it.
#[derive(Debug, Serialize, ToSchema)]
struct CommandView {
    /// 32 hexadecimal digits.
    id: String,
    /// For which box.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// What it was to do.
    kind: String,
    /// Who wanted it.
    #[schema(value_type = Option<String>)]
    by: Option<Id<Person>>,
    /// When.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// Not to be begun from then on.
    #[schema(value_type = i64)]
    expires_us: Wall,
    /// `done`, `failed`, `expired`, `interrupted` or `refused`; `withdrawn` if it was
    /// taken back before that was known; null while it is not known.
    ended: Option<String>,
    /// When that was heard.
    #[schema(value_type = Option<i64>)]
    ended_us: Option<Wall>,
    /// What the box had to say.
    answer: Option<String>,
}

impl From<Told> for CommandView {
    fn from(told: Told) -> Self {
        Self {
            id: told.id,
            agent: told.agent,
            kind: told.kind,
            by: told.by,
            made_us: told.made,
            expires_us: told.expires,
            ended: told.ended,
            ended_us: told.ended_at,
            answer: told.answer,
        }
    }
}

/// A command that was written down.
#[derive(Debug, Serialize, ToSchema)]
struct CommandMade {
    /// 32 hexadecimal digits.
    id: String,
}

/// What a site has said, by box, stream, epoch and number; gaps stand in their places.
#[utoipa::path(get, path = "/api/v1/sites/{id}/records", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`"), Filter),
    responses((status = 200, body = Page<RecordView>), (status = 404)))]
async fn records(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<Id<Site>>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let mut read = hall.db().read().await?;
    let (mut found, next) =
        said::heard(&mut read, &who, id, filter.cursor.as_deref(), limit).await?;
    if filter.bodies != Some(true) {
        for one in &mut found {
            one.inside = None;
        }
    }
    if csv {
        return Ok(file(found));
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(RecordView::from).collect(),
        next,
    })
    .into_response())
}

fn file(found: Vec<Heard>) -> Response {
    let mut file = File::new(&[
        "agent",
        "stream",
        "epoch",
        "seq",
        "to_seq",
        "made_epoch",
        "made_seq",
        "kind",
        "gap",
        "event_us",
        "received_us",
        "by_line",
        "let_go",
    ]);
    for one in found {
        let (made_epoch, made_seq) = one.made.unzip();
        file.row(&[
            one.agent.to_string(),
            one.stream.to_owned(),
            one.epoch,
            one.seq.to_string(),
            one.to_seq.to_string(),
            made_epoch.unwrap_or_default(),
            made_seq.map(|seq| seq.to_string()).unwrap_or_default(),
            one.kind,
            one.gap.unwrap_or_default(),
            one.event.as_us().to_string(),
            one.received.as_us().to_string(),
            one.by_line.map(|it| it.to_string()).unwrap_or_default(),
            one.let_go.map(|it| it.to_string()).unwrap_or_default(),
        ]);
    }
    file.response("catatan-lokasi.csv")
}

/// What came from a box and could not be read.
#[derive(Debug, Serialize, ToSchema)]
struct AsideView {
    /// `qtn_…`
    #[schema(value_type = String)]
    id: Id<Quarantine>,
    /// Which box, `agt_…`.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// When it came.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// What cannot be read of it: `long`, `message` or `boot`; `revoked` if it came from a
    /// box that is not let in.
    why: String,
    /// `money`, `event` or `sample`; null where it was no single record.
    stream: Option<&'static str>,
    /// The epoch, 16 hexadecimal digits.
    epoch: Option<String>,
    /// Its number.
    seq: Option<u64>,
    /// Whether it takes its place among the records once it can be read.
    has_place: bool,
    /// The release that the box said it ran.
    version: Option<String>,
    /// How many octets it has.
    octets: i64,
}

impl From<Piece> for AsideView {
    fn from(it: Piece) -> Self {
        Self {
            id: it.id,
            agent: it.agent,
            at_us: it.at,
            why: it.why,
            stream: it.place.map(|(stream, ..)| stream),
            epoch: it.place.map(|(_, epoch, _)| format!("{epoch:016x}")),
            seq: it.place.map(|(.., seq)| seq),
            has_place: it.has_place,
            version: it.version,
            octets: it.octets,
        }
    }
}

/// What became of trying again.
#[derive(Debug, Serialize, ToSchema)]
struct AsideTried {
    /// Pieces that are records now.
    read: usize,
    /// Pieces that have a place and still cannot be read.
    left: usize,
}

/// What came from a site's boxes and could not be read, the newest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/aside", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`"), Filter),
    responses((status = 200, body = Page<AsideView>), (status = 404)))]
async fn set_aside(
    State(hall): State<Hall>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<Id<Site>>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let before = cursor(filter.cursor.as_deref())?;
    let mut read = hall.db().read().await?;
    let found = aside::of_site(&mut read, &who, id, before, limit).await?;
    let items: Vec<_> = found.into_iter().map(AsideView::from).collect();
    if !csv {
        let full = i64::try_from(items.len()) == Ok(limit);
        let next = items.last().filter(|_| full).map(|it| it.id.to_string());
        return Ok(axum::Json(Page { items, next }).into_response());
    }
    let mut file = File::new(&[
        "id",
        "agent",
        "at_us",
        "why",
        "stream",
        "epoch",
        "seq",
        "has_place",
        "version",
        "octets",
    ]);
    for it in items {
        file.row(&[
            it.id.to_string(),
            it.agent.to_string(),
            it.at_us.as_us().to_string(),
            it.why,
            it.stream.unwrap_or_default().to_owned(),
            it.epoch.unwrap_or_default(),
            it.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            it.has_place.to_string(),
            it.version.unwrap_or_default(),
            it.octets.to_string(),
        ]);
    }
    Ok(file.response("disisihkan.csv"))
}

/// Tries again what could not be read: what can be read now takes its place among the
/// records, with what follows from it.
#[utoipa::path(post, path = "/api/v1/sites/{id}/aside/tries", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = AsideTried), (status = 404)))]
async fn again(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<AsideTried>, Problem> {
    let mut tx = hall.db().write().await?;
    let tried = aside::again(&hall, &mut tx, &who, id).await?;
    tx.commit().await?;
    Ok(axum::Json(AsideTried {
        read: tried.read,
        left: tried.left,
    }))
}

/// What a site's boxes were told, the newest first.
#[utoipa::path(get, path = "/api/v1/sites/{id}/commands", tag = "sites",
    params(("id" = String, Path, description = "`sit_…`")),
    responses((status = 200, body = Page<CommandView>), (status = 404)))]
async fn commands(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
) -> Result<axum::Json<Page<CommandView>>, Problem> {
    let mut read = hall.db().read().await?;
    let told = said::told(&mut read, &who, id, limit(None)?).await?;
    Ok(axum::Json(Page {
        items: told.into_iter().map(CommandView::from).collect(),
        next: None,
    }))
}

/// Tells a site's box to do something: at once if it is connected, else when it comes.
#[utoipa::path(post, path = "/api/v1/sites/{id}/commands", tag = "sites",
    request_body = CommandForm,
    params(("id" = String, Path, description = "`sit_…`"),
        ("Idempotency-Key" = Option<String>, Header, description = "the same request twice has one effect")),
    responses((status = 201, body = CommandMade), (status = 404), (status = 409), (status = 422)))]
async fn command(
    State(hall): State<Hall>,
    who: Who,
    Path(id): Path<Id<Site>>,
    Keyed { body, once }: Keyed<CommandForm>,
) -> Result<Response, Problem> {
    let mut tx = hall.db().write().await?;
    if let Some(answer) = once.replay(&mut tx, hall.now()).await? {
        return Ok(answer);
    }
    let (name, sent) = match body.kind {
        CommandWord::HowAreYou => said::ask_how(&hall, &mut tx, &who, id).await?,
    };
    let location = format!("/api/v1/sites/{id}/commands");
    let view = CommandMade { id: name };
    let answer = once.created(&mut tx, hall.now(), &location, &view).await?;
    tx.commit().await?;
    sent.go(&hall);
    Ok(answer)
}

/// Takes in what a box has written to a stick (`betang agent export`), and answers
/// with the receipt that goes back to it. The same file again changes nothing.
#[utoipa::path(post, path = "/api/v1/sites/carried", tag = "sites",
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = String, content_type = "application/octet-stream"),
        (status = 413), (status = 422)))]
async fn carried(State(hall): State<Hall>, who: Who, file: Bytes) -> Result<Response, Problem> {
    let receipt = said::carried(&hall, &who, &file).await?;
    let name = "attachment; filename=\"tanda-terima.betang\"";
    Ok(problem::file(
        "application/octet-stream",
        receipt.into(),
        &[("content-disposition", name.to_owned())],
    ))
}
