//! `/api/v1/areas`: the register of areas and their outlines.

use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use base::area::{AreaCode, AreaLevel};
use base::geo::Point;
use base::now::Wall;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tower_http::compression::CompressionLayer;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LatLon, Page, cursor, limit, refuse};
use crate::Hall;
use crate::areas::{self, Area, AreaLevelWord, Outlines};
use crate::csv::{self, File};
use crate::guard::{Guarded as _, Permission, Who};
use crate::problem::{self, Json, Path, Problem, Query};

/// Bytes of an imported file: outlines of all villages, unsimplified.
const IMPORT_MAX: usize = 64 << 20;

/// RFC 7946 §12.
const GEOJSON: &str = "application/geo+json";

pub(super) fn routes() -> OpenApiRouter<Hall> {
    let import = OpenApiRouter::new()
        .routes(routes!(import).guard(Permission::AreasWrite))
        .layer(DefaultBodyLimit::max(IMPORT_MAX));
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::AreasRead))
        .routes(routes!(outline).guard(Permission::AreasRead))
        .routes(routes!(outlines).guard(Permission::AreasRead))
        .routes(routes!(show).guard(Permission::AreasRead))
        // All villages are 474 kB and pack to 41; nothing secret is among them, so
        // the packed length gives nothing away.
        .layer(CompressionLayer::new())
        .merge(import)
}

/// Which areas.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Rows of this page, 1 to 5000.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only of this depth.
    #[param(value_type = Option<AreaLevelWord>)]
    level: Option<AreaLevel>,
    /// Only directly below this code.
    #[param(value_type = Option<String>)]
    parent: Option<AreaCode>,
    /// Only this code and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Part of the name, or the beginning of the code.
    q: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// An area.
#[derive(Debug, Serialize, ToSchema)]
struct AreaView {
    /// The Kemendagri code.
    #[schema(value_type = String)]
    code: AreaCode,
    /// As the decree writes it.
    name: String,
    /// How deep the code goes.
    #[schema(value_type = AreaLevelWord)]
    level: AreaLevel,
    /// The code around it; null for a province.
    #[schema(value_type = Option<String>)]
    parent: Option<AreaCode>,
    /// Somewhere in it; null where no point is known.
    point: Option<LatLon>,
    /// `indicative`: kilometres off, and not the village office. `surveyed`:
    /// somebody stood there.
    point_quality: String,
    /// Of the point, above the sea.
    elevation_m: Option<f64>,
    /// Kode pos.
    postal_code: Option<String>,
    /// The decree that lists it.
    decree: String,
    /// In force since; null since before this register.
    #[schema(value_type = Option<i64>)]
    valid_from_us: Option<Wall>,
    /// In force until before; null still.
    #[schema(value_type = Option<i64>)]
    valid_to_us: Option<Wall>,
    /// Codes that took its place.
    #[schema(value_type = Vec<String>)]
    successors: Vec<AreaCode>,
}

impl From<Area> for AreaView {
    fn from(area: Area) -> Self {
        Self {
            parent: area.code.parent(),
            code: area.code,
            name: area.name,
            level: area.level,
            point: area.point.map(LatLon::from),
            point_quality: area.point_quality,
            elevation_m: area.elevation_m,
            postal_code: area.postal_code,
            decree: area.decree,
            valid_from_us: area.valid_from,
            valid_to_us: area.valid_to,
            successors: area.successors,
        }
    }
}

/// Areas, by code.
#[utoipa::path(get, path = "/api/v1/areas", tag = "areas", params(Filter),
    responses((status = 200, body = Page<AreaView>)))]
async fn list(
    State(hall): State<Hall>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let csv = csv::wanted(&headers, filter.format.as_deref())?;
    let limit = limit(filter.limit)?;
    let wanted = areas::Filter {
        level: filter.level,
        parent: filter.parent,
        within: filter.within,
        q: filter.q,
        after: cursor(filter.cursor.as_deref())?,
    };
    let mut read = hall.db().read().await?;
    let (found, next) = areas::list(&mut read, &wanted, limit).await?;
    if csv {
        return Ok(file(found));
    }
    Ok(axum::Json(Page {
        items: found.into_iter().map(AreaView::from).collect(),
        next: next.map(|code| code.to_string()),
    })
    .into_response())
}

/// Public data: an export of it needs no entry in the audit.
fn file(areas: Vec<Area>) -> Response {
    let mut file = File::new(&[
        "code",
        "name",
        "level",
        "lat_deg",
        "lon_deg",
        "point_quality",
        "elevation_m",
        "postal_code",
        "decree",
    ]);
    for area in areas {
        let number = |number: Option<f64>| number.map(|n| n.to_string()).unwrap_or_default();
        file.row(&[
            area.code.to_string(),
            area.name,
            area.level.as_str().to_owned(),
            number(area.point.map(Point::lat_deg)),
            number(area.point.map(Point::lon_deg)),
            area.point_quality,
            number(area.elevation_m),
            area.postal_code.unwrap_or_default(),
            area.decree,
        ]);
    }
    file.response("wilayah.csv")
}

/// One area.
#[utoipa::path(get, path = "/api/v1/areas/{code}", tag = "areas",
    params(("code" = String, Path, description = "Kemendagri code", example = "62.71.01")),
    responses((status = 200, body = AreaView), (status = 404)))]
async fn show(
    State(hall): State<Hall>,
    Path(code): Path<AreaCode>,
) -> Result<axum::Json<AreaView>, Problem> {
    let mut read = hall.db().read().await?;
    let area = areas::find(&mut read, &code)
        .await?
        .ok_or_else(|| Problem::not_found("area", "There is no such area in the register."))?;
    Ok(axum::Json(area.into()))
}

/// The outline of the province, and of its regencies where they were imported:
/// GeoJSON (RFC 7946).
#[utoipa::path(get, path = "/api/v1/areas/outline", tag = "areas",
    responses((status = 200, body = Outlines, content_type = GEOJSON), (status = 304)))]
async fn outline(State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut read = hall.db().read().await?;
    let found = areas::outline(&mut read, &hall.config().province).await?;
    geojson(&headers, &found)
}

/// Which outlines.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of areas of this depth; districts when left out.
    #[param(value_type = Option<AreaLevelWord>)]
    level: Option<AreaLevel>,
    /// Only this code and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
}

/// The outlines that were imported, of one depth: GeoJSON (RFC 7946). None of them
/// are where nobody imported any.
#[utoipa::path(get, path = "/api/v1/areas/outlines", tag = "areas", params(Wanted),
    responses((status = 200, body = Outlines, content_type = GEOJSON), (status = 304)))]
async fn outlines(
    State(hall): State<Hall>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let level = wanted.level.unwrap_or(AreaLevel::District);
    let within = wanted.within.as_ref().unwrap_or(&hall.config().province);
    let mut read = hall.db().read().await?;
    let found = areas::outlines(&mut read, level, within).await?;
    geojson(&headers, &found)
}

/// Outlines change when somebody imports some; a page asks each time and is sent
/// them only then.
fn geojson(headers: &HeaderMap, outlines: &Outlines) -> Result<Response, Problem> {
    let text = serde_json::to_vec(outlines).map_err(|error| Problem::bug(error.to_string()))?;
    Ok(problem::unless_same(headers, GEOJSON, text.into()))
}

/// Where an import comes from.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Origin {
    /// Who made the outlines, in words that a reader in a year understands.
    source: Option<String>,
}

/// How many there were.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedView {
    /// Areas whose outline was saved.
    areas: usize,
}

/// Imports outlines: a GeoJSON feature collection whose features carry their
/// Kemendagri code as `code` or `kode`. All of it or, with a report, none.
#[utoipa::path(post, path = "/api/v1/areas/outlines", tag = "areas", params(Origin),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, body = ImportedView), (status = 422)))]
async fn import(
    State(hall): State<Hall>,
    who: Who,
    Query(origin): Query<Origin>,
    Json(collection): Json<serde_json::Value>,
) -> Result<axum::Json<ImportedView>, Problem> {
    let source = origin
        .source
        .ok_or_else(|| refuse("source", "is required: who made the outlines?"))?;
    let mut tx = hall.db().write().await?;
    let areas = areas::import_polygons(&hall, &mut tx, &who, &source, &collection).await?;
    tx.commit().await?;
    Ok(axum::Json(ImportedView { areas }))
}
