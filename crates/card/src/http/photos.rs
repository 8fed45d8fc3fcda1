//! `/api/v1/card/families/{id}/photos`: photographs of a family.
//!
//! That there is one, what it shows, when it was taken and how large it is is told masked, to
//! whoever may read families of a whole district; a village sees none. One is opened by itself,
//! for a purpose that is kept: there is no address that shows it, no small copy, and no browser
//! keeps it.

use axum::Extension;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::id::{Family, Id, Person, Resident};
use base::now::Wall;
use bytes::Bytes;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::problem::{self, Json, Path, Problem, Query};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Tx};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::erasures::{Decree, HoldView};
use super::families;
use crate::photo::{self, Ended, For, Kind, Removal, Sent};
use crate::room::Room;
use crate::sql::member::MemberRow;
use crate::sql::photo::{Gone, PhotoRow};
use crate::term::{self, Term};
use crate::{erase, settle};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let upload = OpenApiRouter::new()
        .routes(routes!(add).guard(Permission::CardOpen))
        .layer(DefaultBodyLimit::max(photo::OCTETS_MAX));
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::CardRead))
        .routes(routes!(open).guard(Permission::CardOpen))
        .routes(routes!(remove).guard(Permission::CardOpen))
        .merge(upload)
}

/// Longest number of a decree, in characters.
const DECREE_MAX: usize = 100;

/// That a photograph was destroyed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPhotoGone)]
struct GoneView {
    /// When, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// What whoever did it is called. Null: the house, or somebody of whom that is not known.
    by_name: Option<String>,
    /// `wrong`, `unclear`, `replaced` or `asked`; `term`, `erasure`, or `lost` (its key
    /// came back with no backup).
    #[schema(value_type = String)]
    why: &'static str,
    /// By which decree, where it was held.
    decree: Option<Decree>,
}

/// A photograph, masked: that there is one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPhoto)]
pub(super) struct PhotoView {
    /// Counts up from one.
    number: i64,
    /// `rsd_…`: of whom. Null: of the family.
    #[schema(value_type = Option<String>)]
    person: Option<Id<Resident>>,
    /// `house`, `person` or `paper`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// The class of its data: `umum`, or `spesifik` where it shows somebody.
    #[schema(value_type = String)]
    class: &'static str,
    /// What it was taken for: `verification`, `sample`, `objection` or `request`.
    #[schema(value_type = String)]
    taken_for: &'static str,
    /// The number of that; null of a verification.
    taken_in: Option<i64>,
    /// When it was taken, as whoever sent it says, microseconds since 1970 UTC.
    #[schema(value_type = i64)]
    taken_us: Wall,
    /// `prs_…`: who sent it.
    #[schema(value_type = String)]
    by: Id<Person>,
    /// What that one is called.
    by_name: Option<String>,
    /// When it was kept.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Pixels from side to side.
    width: u32,
    /// Pixels from top to bottom.
    height: u32,
    /// Octets of JPEG.
    octets: u32,
    /// When its term is over, if nothing holds it. Null once it is destroyed.
    #[schema(value_type = Option<i64>)]
    until_us: Option<Wall>,
    /// What keeps it from being removed without a decree.
    holds: Vec<HoldView>,
    /// That it was destroyed. Null: it is there.
    gone: Option<GoneView>,
}

/// Photographs of a family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardPhotos)]
struct Photos {
    /// The newest first, with those that were destroyed.
    items: Vec<PhotoView>,
    /// How many may be kept at once.
    most: usize,
}

const fn term_of(kind: Kind) -> Term {
    match kind {
        Kind::House => Term::PhotosHouse,
        Kind::Person => Term::PhotosPerson,
        Kind::Paper => Term::PhotosPaper,
    }
}

pub(super) async fn views(
    hall: &Hall,
    conn: &mut Conn,
    run: i64,
    rows: Vec<PhotoRow>,
) -> Result<Vec<PhotoView>, Problem> {
    let names = staff::names(conn).await?;
    let days = term::days(conn).await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let holds = match row.ended {
            None => photo::holds(hall, conn, run, &row).await?,
            Some(_) => Vec::new(),
        };
        let days = days.get(&term_of(row.kind)).copied().flatten();
        let until = days.map(|days| term::after(row.taken, days));
        views.push(PhotoView {
            number: row.number,
            person: row.person,
            kind: row.kind.as_str(),
            class: row.kind.class(),
            taken_for: row.taken_for.as_str(),
            taken_in: row.taken_in,
            taken_us: row.taken,
            by_name: names.get(&row.by).cloned(),
            by: row.by,
            at_us: row.at,
            width: row.width,
            height: row.height,
            octets: row.octets,
            until_us: until.filter(|_| row.ended.is_none()),
            holds: holds.into_iter().map(HoldView::from).collect(),
            gone: row.ended.map(|gone| GoneView {
                at_us: gone.at,
                by_name: gone.by.and_then(|by| names.get(&by).cloned()),
                why: gone.why.as_str(),
                decree: gone.decree.map(|(number, day)| Decree { number, day }),
            }),
        });
    }
    Ok(views)
}

/// A village sees no photographs: what is done with them is for whoever has a district.
fn beyond_a_village(
    who: &Who,
    permission: Permission,
    area: Option<&AreaCode>,
) -> Result<(), Problem> {
    let district = area.and_then(|area| match area.level() {
        AreaLevel::Village => area.parent(),
        _ => Some(area.clone()),
    });
    who.require(permission, &Place::new(district, None))
}

/// The rows of a family of which somebody may see photographs.
async fn seen(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    (who, permission): (&Who, Permission),
    id: Id<Family>,
) -> Result<(i64, Vec<MemberRow>), Problem> {
    let (run, rows, area) = families::rows_of(hall, room, conn, (who, permission), id).await?;
    beyond_a_village(who, permission, area.as_ref())?;
    Ok((run, rows))
}

async fn one(
    conn: &mut Conn,
    run: i64,
    (id, of): (Id<Family>, &[MemberRow]),
    number: i64,
) -> Result<PhotoRow, Problem> {
    let found = photo::of_family(conn, run, id, of).await?;
    let mut found = found.into_iter();
    found.find(|it| it.number == number).ok_or_else(photo::none)
}

/// The photographs of a family, masked: what each shows, since when and how large, and none of
/// them. A village sees none.
#[utoipa::path(get, path = "/api/v1/card/families/{id}/photos", tag = "card",
    params(("id" = String, Path, description = "`fam_…`")),
    responses((status = 200, body = Photos), (status = 403), (status = 404)))]
async fn list(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Family>>,
) -> Result<axum::Json<Photos>, Problem> {
    let mut read = hall.db().read().await?;
    let by = (&who, Permission::CardRead);
    let (run, rows) = seen(&hall, &room, &mut read, by, id).await?;
    let found = photo::of_family(&mut read, run, id, &rows).await?;
    Ok(axum::Json(Photos {
        items: views(&hall, &mut read, run, found).await?,
        most: photo::PHOTOS_MAX,
    }))
}

/// What is said with a photograph.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Said {
    /// `house`, `person` or `paper`.
    kind: String,
    /// `rsd_…`: whom it shows, or whose paper it is. Of a house nobody.
    #[param(value_type = Option<String>)]
    person: Option<Id<Resident>>,
    /// `verification`, `sample`, `objection` or `request`.
    taken_for: String,
    /// The number of the open sample, of the objection or the request. Of a verification none.
    taken_in: Option<i64>,
    /// When it was taken, microseconds since 1970 UTC. Left out: now.
    #[param(value_type = Option<i64>)]
    taken_us: Option<Wall>,
}

/// Keeps a photograph of a family, JPEG or PNG, up to 12 MiB and 32 million pixels. It is decoded
/// and written anew, small, upright, and without place and whatever else the camera has noted.
/// The same file again is the same photograph.
#[utoipa::path(post, path = "/api/v1/card/families/{id}/photos", tag = "card",
    request_body(content = String, content_type = "application/octet-stream"),
    params(("id" = String, Path, description = "`fam_…`"), Said),
    responses((status = 201, body = PhotoView), (status = 403), (status = 404), (status = 409),
        (status = 413), (status = 422), (status = 429)))]
async fn add(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Family>>,
    Query(said): Query<Said>,
    octets: Bytes,
) -> Result<Response, Problem> {
    let wrong = |field, words: String| line::refuse(field, format!("use one of {words}"));
    let kind = Kind::parse(&said.kind)
        .ok_or_else(|| wrong("kind", Kind::ALL.map(Kind::as_str).join(", ")))?;
    let taken_for = For::parse(&said.taken_for)
        .ok_or_else(|| wrong("taken_for", For::ALL.map(For::as_str).join(", ")))?;
    let sent = Sent {
        family: id,
        person: said.person,
        kind,
        taken_for,
        taken_in: said.taken_in,
        taken: said.taken_us.unwrap_or(hall.now().wall),
    };
    let by = (&who, Permission::CardOpen);
    let mut read = hall.db().read().await?;
    let (_, rows) = seen(&hall, &room, &mut read, by, id).await?;
    // Before a core is kept busy with it.
    photo::check(&mut read, &sent, &rows, hall.now().wall).await?;
    drop(read);
    let made = photo::make(&hall, &room, octets).await?;
    match kept(&hall, &room, &who, (sent, &made)).await {
        Ok((view, is_new)) => {
            if !is_new {
                made.forget(&hall).await;
            }
            let at = format!("/api/v1/card/families/{id}/photos/{}", view.number);
            Ok(problem::created(&at, axum::Json(view)))
        }
        Err(problem) => {
            made.forget(&hall).await;
            Err(problem)
        }
    }
}

/// All of it that is in the tables: whose it is is asked once more.
async fn kept(
    hall: &Hall,
    room: &Room,
    who: &Who,
    (sent, made): (Sent, &photo::Made),
) -> Result<(PhotoView, bool), Problem> {
    let mut tx = hall.db().write().await?;
    let by = (who, Permission::CardOpen);
    let (run, rows) = seen(hall, room, &mut tx, by, sent.family).await?;
    let (row, is_new) = photo::add(hall, who, &mut tx, (sent, made), (run, &rows)).await?;
    let view = view(hall, &mut tx, run, row).await?;
    tx.commit().await?;
    Ok((view, is_new))
}

async fn view(hall: &Hall, tx: &mut Tx, run: i64, row: PhotoRow) -> Result<PhotoView, Problem> {
    let view = views(hall, tx, run, vec![row]).await?.pop();
    view.ok_or_else(|| Problem::bug("a photograph without a view"))
}

/// What a photograph is opened for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardPhotoOpenForm, example = json!({ "purpose": "sanggah di loket desa" }))]
struct OpenForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Opens one photograph. Who did, when and for what is kept; nobody else keeps the picture.
#[utoipa::path(post, path = "/api/v1/card/families/{id}/photos/{number}/opening", tag = "card",
    request_body = OpenForm,
    params(("id" = String, Path, description = "`fam_…`"),
        ("number" = i64, Path, description = "of the photograph")),
    responses((status = 200, content((Vec<u8> = "image/jpeg"))), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
async fn open(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((id, number)): Path<(Id<Family>, i64)>,
    Json(form): Json<OpenForm>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::PURPOSE_MAX)?;
    // What is seen is written down before it is seen.
    let mut tx = hall.db().write().await?;
    let by = (&who, Permission::CardOpen);
    let (run, rows) = seen(&hall, &room, &mut tx, by, id).await?;
    let row = one(&mut tx, run, (id, &rows), number).await?;
    if row.ended.is_some() {
        return Err(photo::gone());
    }
    let act = Act {
        verb: "card_photo.opened",
        subject: row.subject().to_string(),
        detail: json!({ "purpose": purpose, "photo": number, "kind": row.kind.as_str() }),
    };
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let octets = photo::open(&hall, &row).await?;
    let headers = [
        ("cache-control", "no-store".to_owned()),
        ("content-disposition", "inline".to_owned()),
    ];
    Ok(problem::file("image/jpeg", octets.into(), &headers))
}

/// Why a photograph goes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardPhotoRemovalForm, example = json!({ "why": "wrong", "decree": null }))]
struct RemovalForm {
    /// `wrong` (it shows somebody or something else), `unclear`, `replaced` or `asked` (whoever
    /// is on it asked for that).
    why: String,
    /// By which decree: where something holds it, and only there.
    #[serde(default)]
    decree: Option<Decree>,
}

/// Destroys a photograph: its key, and then its file. What holds it is overcome by a decree alone,
/// by whoever looks after data of people and has not added it.
#[utoipa::path(post, path = "/api/v1/card/families/{id}/photos/{number}/removal", tag = "card",
    request_body = RemovalForm,
    params(("id" = String, Path, description = "`fam_…`"),
        ("number" = i64, Path, description = "of the photograph")),
    responses((status = 200, body = PhotoView), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
async fn remove(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((id, number)): Path<(Id<Family>, i64)>,
    Json(form): Json<RemovalForm>,
) -> Result<axum::Json<PhotoView>, Problem> {
    let why = Ended::parse(&form.why).filter(|it| Ended::SAID.contains(it));
    let words = Ended::SAID.map(Ended::as_str).join(", ");
    let why = why.ok_or_else(|| line::refuse("why", format!("use one of {words}")))?;
    let decree: Option<(String, Day)> = match form.decree {
        None => None,
        Some(it) => {
            // Who destroys what is held does it for the whole province.
            super::erasures::require(&who)?;
            Some((line::read("decree", &it.number, DECREE_MAX)?, it.day))
        }
    };
    let mut tx = hall.db().write().await?;
    let by = (&who, Permission::CardOpen);
    let (run, rows) = seen(&hall, &room, &mut tx, by, id).await?;
    let row = one(&mut tx, run, (id, &rows), number).await?;
    let is_again = |gone: &Gone| gone.by == Some(who.person()) && gone.why == why;
    if row.ended.as_ref().is_some_and(is_again) {
        // The same again, since its answer was lost.
        return Ok(axum::Json(view(&hall, &mut tx, run, row).await?));
    }
    let it = Removal { why, decree };
    photo::remove(&hall, &who, &mut tx, (run, &row), it).await?;
    let row = one(&mut tx, run, (id, &rows), number).await?;
    let view = view(&hall, &mut tx, run, row).await?;
    tx.commit().await?;
    settle::settle(&hall).await;
    if let Err(problem) = erase::sweep(&hall).await {
        // Its key is gone; the next hour goes on.
        tracing::warn!(
            problem = problem.slug(),
            "a file whose key is destroyed lies there still"
        );
    }
    Ok(axum::Json(view))
}
