//! The register of areas, and their outlines.
//!
//! Codes, names and indicative points come embedded (`assets/areas/areas.csv`,
//! where their licences stand beside them) and are copied into the database when
//! they have changed. Outlines below the province are imported by the operator.
//! A code that a newer list lacks keeps its row: old records point at it.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base::area::{AreaCode, AreaCodeError, AreaLevel};
use base::geo::Point;
use base::now::Wall;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{Conn, Db, Error, Tx};
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::problem::Problem;
use crate::sql::area::{self as rows, AreaRow};
use crate::{Hall, line};

/// The embedded list: code, name, level, lat, lon, elevation_m, postal_code.
const LIST: &str = include_str!("../../../assets/areas/areas.csv");

/// What the embedded list follows.
const DECREE: &str = "Kepmendagri 300.2.2-2430/2025";

/// What is remembered of the list when it has been copied.
const SEED: &str = "areas";

/// Features of one import: all villages of the largest province, twice.
const FEATURES_MAX: usize = 20_000;

/// Errors of an import that are told at once; more say no more.
const ERRORS_MAX: usize = 50;

/// Names of the property that holds the code, as offices write it.
const CODE_PROPERTIES: [&str; 4] = ["code", "kode", "KODE", "kode_wilayah"];

/// An area as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// The Kemendagri code.
    pub code: AreaCode,
    /// As the decree writes it.
    pub name: String,
    /// How deep the code goes.
    pub level: AreaLevel,
    /// Somewhere in it, if a point is known.
    pub point: Option<Point>,
    /// `indicative` or `surveyed`.
    pub point_quality: String,
    /// Of the point, above the sea.
    pub elevation_m: Option<f64>,
    /// Kode pos.
    pub postal_code: Option<String>,
    /// The decree that lists it.
    pub decree: String,
    /// In force since. None: since before this register.
    pub valid_from: Option<Wall>,
    /// In force until before. None: still.
    pub valid_to: Option<Wall>,
    /// What took its place.
    pub successors: Vec<AreaCode>,
}

/// What a list is asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this depth.
    pub level: Option<AreaLevel>,
    /// Only directly below this one.
    pub parent: Option<AreaCode>,
    /// Only this one and what lies in it.
    pub within: Option<AreaCode>,
    /// Part of the name, or the beginning of the code.
    pub q: Option<String>,
    /// Only after this code.
    pub after: Option<AreaCode>,
}

/// Copies the embedded list into the database, if it differs from what was copied
/// last; how many rows it has then.
///
/// # Errors
/// If the database does not answer, or the list is not one.
pub async fn seed(db: &Db, now: Wall) -> Result<usize, Error> {
    seed_from(db, LIST, now).await
}

async fn seed_from(db: &Db, list: &str, now: Wall) -> Result<usize, Error> {
    let hash = digest(&SHA256, list.as_bytes());
    let mut read = db.read().await?;
    if rows::seeded(&mut read, SEED).await?.as_deref() == Some(hash.as_ref()) {
        return Ok(0);
    }
    drop(read);
    let areas = parse(list).map_err(Error::corrupt)?;
    let mut tx = db.write().await?;
    rows::put(&mut tx, &areas).await?;
    rows::mark_seeded(&mut tx, SEED, hash.as_ref(), now).await?;
    tx.commit().await?;
    Ok(areas.len())
}

#[derive(Deserialize)]
struct Line {
    code: String,
    name: String,
    level: String,
    lat: Option<f64>,
    lon: Option<f64>,
    elevation_m: Option<f64>,
    postal_code: Option<String>,
}

/// Reads the list; an error names the line.
fn parse(list: &str) -> Result<Vec<AreaRow>, String> {
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let mut areas = Vec::new();
    for (n, line) in reader.deserialize::<Line>().enumerate() {
        let wrong = |why: String| format!("areas.csv line {}: {why}", n + 2);
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let code: AreaCode = line
            .code
            .parse()
            .map_err(|error: base::area::AreaCodeError| wrong(error.to_string()))?;
        if line.level != code.level().as_str() {
            return Err(wrong(format!("{code} is not a {}", line.level)));
        }
        let point = match (line.lat, line.lon) {
            (Some(lat), Some(lon)) => {
                Some(Point::new(lat, lon).map_err(|error| wrong(error.to_string()))?)
            }
            (None, None) => None,
            _ => return Err(wrong("half a point".to_owned())),
        };
        areas.push(AreaRow {
            level: code.level(),
            code,
            name: line.name,
            point,
            point_quality: "indicative".to_owned(),
            elevation_m: line.elevation_m,
            postal_code: line.postal_code.filter(|code| !code.is_empty()),
            decree: DECREE.to_owned(),
            valid_from: None,
            valid_to: None,
            successors: Vec::new(),
        });
    }
    Ok(areas)
}

/// Whether the code is in the register.
///
/// # Errors
/// If the database does not answer.
pub async fn exists(conn: &mut Conn, code: &AreaCode) -> Result<bool, Error> {
    rows::exists(conn, code).await
}

/// An area by its Kemendagri code, in answers about other things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedArea {
    /// Kemendagri code.
    #[schema(value_type = String)]
    pub code: AreaCode,
    /// Its name; empty when the register does not know the code.
    pub name: String,
}

/// The name of one area.
///
/// # Errors
/// If the database does not answer.
pub async fn name(conn: &mut Conn, code: &AreaCode) -> Result<Option<String>, Error> {
    Ok(rows::by_code(conn, code).await?.map(|row| row.name))
}

/// The names of the given areas, for lists of other things.
///
/// # Errors
/// If the database does not answer.
pub async fn names<'c>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'c AreaCode>,
) -> Result<BTreeMap<AreaCode, String>, Error> {
    let mut wanted: Vec<&AreaCode> = codes.into_iter().collect();
    wanted.sort();
    wanted.dedup();
    let mut found = BTreeMap::new();
    // Far below the number of parameters that either engine takes.
    for some in wanted.chunks(500) {
        found.append(&mut rows::names(conn, some).await?);
    }
    Ok(found)
}

/// Areas by code. Also what to begin the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    limit: i64,
) -> Result<(Vec<Area>, Option<AreaCode>), Error> {
    let mut query = rows::list();
    if let Some(level) = filter.level {
        query = query.push(" AND level = ", level.as_str());
    }
    if let Some(parent) = &filter.parent {
        query = query.push(" AND parent = ", parent.as_str());
    }
    if let Some(within) = &filter.within {
        query = query
            .push(" AND (code = ", within.as_str())
            .push(" OR code LIKE ", format!("{within}.%"))
            .raw(")");
    }
    if let Some(q) = &filter.q {
        let contains = crate::sql::containing(q);
        let begins = contains.trim_start_matches('%').to_owned();
        query = query
            .push(" AND (LOWER(name) LIKE ", contains)
            .push(" ESCAPE '!' OR code LIKE ", begins)
            .raw(" ESCAPE '!')");
    }
    if let Some(after) = &filter.after {
        query = query.push(" AND code > ", after.as_str());
    }
    query = query.push(" ORDER BY code LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.code.clone())
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(area).collect(), next))
}

/// One area.
///
/// # Errors
/// If the database does not answer.
pub async fn find(conn: &mut Conn, code: &AreaCode) -> Result<Option<Area>, Error> {
    Ok(rows::by_code(conn, code).await?.map(area))
}

/// Outlines as GeoJSON (RFC 7946).
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum Outlines {
    /// All of them, by code.
    FeatureCollection {
        /// One for each area.
        features: Vec<Outline>,
    },
}

/// The outline of one area as GeoJSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum Outline {
    /// Of this one.
    Feature {
        /// The Kemendagri code.
        #[schema(value_type = String)]
        id: AreaCode,
        /// What the outline is of.
        properties: Outlined,
        /// Longitude first, degrees, WGS 84.
        #[schema(value_type = Geometry)]
        geometry: Json,
    },
}

/// What an outline is of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outlined {
    /// The Kemendagri code.
    #[schema(value_type = String)]
    pub code: AreaCode,
    /// As the decree writes it.
    pub name: String,
    /// How deep the code goes.
    #[schema(value_type = AreaLevelWord)]
    pub level: AreaLevel,
    /// Who made the outline, in the words of the importer.
    pub source: String,
}

crate::words! {
    /// How deep a code goes.
    pub AreaLevelWord = AreaLevel::ALL.map(AreaLevel::as_str)
}

/// The outline of the province, and of its regencies where they were imported.
///
/// # Errors
/// If the database does not answer.
pub async fn outline(conn: &mut Conn, province: &AreaCode) -> Result<Outlines, Error> {
    let mut features = imported(conn, AreaLevel::Province, province).await?;
    if features.is_empty()
        && let Some(geometry) = embedded_outline(province)
    {
        features.push(Outline::Feature {
            id: province.clone(),
            properties: Outlined {
                code: province.clone(),
                name: name(conn, province).await?.unwrap_or_default(),
                level: AreaLevel::Province,
                source: OUTLINE_SOURCE.to_owned(),
            },
            geometry,
        });
    }
    features.extend(imported(conn, AreaLevel::Regency, province).await?);
    Ok(Outlines::FeatureCollection { features })
}

/// The imported outlines of one level that lie in an area, or are its own.
///
/// # Errors
/// If the database does not answer.
pub async fn outlines(
    conn: &mut Conn,
    level: AreaLevel,
    within: &AreaCode,
) -> Result<Outlines, Error> {
    let features = imported(conn, level, within).await?;
    Ok(Outlines::FeatureCollection { features })
}

async fn imported(
    conn: &mut Conn,
    level: AreaLevel,
    within: &AreaCode,
) -> Result<Vec<Outline>, Error> {
    let mut features = Vec::new();
    for row in rows::polygons(conn, level, within).await? {
        let geometry = serde_json::from_str(&row.geojson)
            .map_err(|_| Error::corrupt("hall_area_polygon.geojson"))?;
        features.push(Outline::Feature {
            id: row.code.clone(),
            properties: Outlined {
                code: row.code,
                name: row.name,
                level,
                source: row.source,
            },
            geometry,
        });
    }
    Ok(features)
}

/// The embedded outline of the province.
const OUTLINE: &str = include_str!("../../../assets/areas/outline.geojson");

/// Where it comes from.
const OUTLINE_SOURCE: &str = "Natural Earth 1:10m (public domain)";

/// The geometry of the embedded outline, which is that of the embedded list's
/// province; none for another.
fn embedded_outline(province: &AreaCode) -> Option<Json> {
    let own = LIST.lines().nth(1)?.split(',').next()?;
    if own != province.as_str() {
        return None;
    }
    let outline: Json = serde_json::from_str(OUTLINE).ok()?;
    Some(outline["geometry"].clone())
}

/// Imports outlines: all of a file, or with a report by feature none of it.
///
/// A feature has a Polygon or MultiPolygon and its Kemendagri code in the property
/// `code` or `kode`. The code has to be in the register.
///
/// # Errors
/// `outline`, with what is wrong with which feature; `not-allowed`.
pub async fn import_polygons(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    source: &str,
    collection: &Json,
) -> Result<usize, Problem> {
    who.require(Permission::AreasWrite, &Place::HOUSE)?;
    let source = line::read("source", source, line::NAME_MAX)?;
    let features = collection["features"]
        .as_array()
        .filter(|_| collection["type"] == "FeatureCollection")
        .ok_or_else(|| refused().field("type", "is not FeatureCollection"))?;
    if features.len() > FEATURES_MAX {
        return Err(refused().field("features", format!("at most {FEATURES_MAX}")));
    }
    let mut errors = Vec::new();
    let mut outlines: BTreeMap<AreaCode, String> = BTreeMap::new();
    for (i, feature) in features.iter().enumerate() {
        match read_feature(tx, feature).await? {
            Ok((code, geometry)) => {
                if outlines.insert(code.clone(), geometry).is_some() {
                    errors.push((i, format!("{code} is there twice")));
                }
            }
            Err(why) => errors.push((i, why)),
        }
    }
    if !errors.is_empty() {
        let problem = errors.iter().take(ERRORS_MAX);
        return Err(problem.fold(
            Problem::invalid(
                "outline",
                format!(
                    "{} of {} features cannot stand; nothing was saved.",
                    errors.len(),
                    features.len()
                ),
            ),
            |problem, (i, why)| problem.field(format!("features.{i}"), why.as_str()),
        ));
    }
    let now = hall.now();
    for (code, geometry) in &outlines {
        rows::put_polygon(tx, code, geometry, &source, now.wall).await?;
    }
    let act = Act {
        verb: "outline.imported",
        subject: hall.config().province.to_string(),
        detail: json!({ "source": source, "areas": outlines.len() }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(outlines.len())
}

fn refused() -> Problem {
    Problem::invalid("outline", "This is no GeoJSON of areas; nothing was saved.")
}

/// The code of a feature, and what of it is kept; whether the register knows the
/// code is not asked.
pub(crate) fn read_alone(feature: &Json) -> Result<(AreaCode, String), String> {
    let code = code_of(feature)?;
    geometry(&feature["geometry"]).map(|geometry| (code, geometry))
}

fn code_of(feature: &Json) -> Result<AreaCode, String> {
    let properties = &feature["properties"];
    let code = CODE_PROPERTIES
        .iter()
        .find_map(|name| properties[*name].as_str())
        .ok_or("has no property code or kode")?;
    code.parse()
        .map_err(|error: AreaCodeError| format!("{code}: {error}"))
}

async fn read_feature(
    conn: &mut Conn,
    feature: &Json,
) -> Result<Result<(AreaCode, String), String>, Error> {
    let code = match code_of(feature) {
        Ok(code) => code,
        Err(why) => return Ok(Err(why)),
    };
    if !rows::exists(conn, &code).await? {
        return Ok(Err(format!("{code} is not in the register of areas")));
    }
    Ok(geometry(&feature["geometry"]).map(|geometry| (code, geometry)))
}

type Ring = Vec<Vec<f64>>;

/// The shape of an area as GeoJSON: rings of positions, longitude first.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    /// One outer ring, then holes.
    Polygon(Vec<Ring>),
    /// Several of those.
    MultiPolygon(Vec<Vec<Ring>>),
}

/// The geometry as it is kept, or what is wrong with it.
fn geometry(json: &Json) -> Result<String, String> {
    let geometry = Geometry::deserialize(json)
        .map_err(|error| format!("neither Polygon nor MultiPolygon: {error}"))?;
    let rings: Vec<&Ring> = match &geometry {
        Geometry::Polygon(rings) => rings.iter().collect(),
        Geometry::MultiPolygon(polygons) => polygons.iter().flatten().collect(),
    };
    if rings.is_empty() {
        return Err("has no ring".to_owned());
    }
    for ring in rings {
        if ring.len() < 4 {
            return Err("a ring has fewer than four positions".to_owned());
        }
        for position in ring {
            let [lon, lat, ..] = position[..] else {
                return Err("a position has no longitude and latitude".to_owned());
            };
            Point::new(lat, lon).map_err(|error| error.to_string())?;
        }
        let bits = |position: &Vec<f64>| -> Vec<u64> {
            position.iter().map(|number| number.to_bits()).collect()
        };
        if ring.first().map(bits) != ring.last().map(bits) {
            return Err("a ring does not end where it begins".to_owned());
        }
    }
    serde_json::to_string(&geometry).map_err(|error| error.to_string())
}

fn area(row: AreaRow) -> Area {
    Area {
        code: row.code,
        name: row.name,
        level: row.level,
        point: row.point,
        point_quality: row.point_quality,
        elevation_m: row.elevation_m,
        postal_code: row.postal_code,
        decree: row.decree,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        successors: row.successors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SCHEMA;

    const NOW: Wall = Wall::from_us(1_700_000_000_000_000);

    #[test]
    fn the_embedded_list_is_whole() {
        let areas = parse(LIST).expect("the embedded list");
        let count = |level| areas.iter().filter(|area| area.level == level).count();
        assert_eq!(count(AreaLevel::Province), 1);
        assert_eq!(count(AreaLevel::Regency), 14);
        assert_eq!(count(AreaLevel::District), 136);
        assert_eq!(count(AreaLevel::Village), 1571);
        let codes: std::collections::BTreeSet<_> = areas.iter().map(|area| &area.code).collect();
        assert_eq!(codes.len(), areas.len());
        for area in &areas {
            let parent = area.code.parent();
            assert!(
                parent.is_none_or(|parent| codes.contains(&parent)),
                "{area:?}"
            );
        }
    }

    #[test]
    fn the_embedded_outline_is_of_the_province() {
        let geometry_of = embedded_outline(&"62".parse().expect("a code")).expect("an outline");
        geometry(&geometry_of).expect("a geometry");
        assert_eq!(embedded_outline(&"63".parse().expect("a code")), None);
    }

    #[test]
    fn a_list_that_is_none_says_which_line() {
        let head = "code,name,level,lat,lon,elevation_m,postal_code\n";
        for (line, why) in [
            ("62,X,province,,,,\n62.7,Y,regency,,,,", "line 3"),
            ("62,X,regency,,,,", "62 is not a regency"),
            ("62,X,province,1.0,,,", "half a point"),
            ("62,X,province,99,100,,", "latitude"),
        ] {
            let error = parse(&format!("{head}{line}")).expect_err("no list");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn geometries_are_judged() {
        let square = json!([[110.0, -2.0], [111.0, -2.0], [111.0, -3.0], [110.0, -2.0]]);
        let polygon = |rings: Json| json!({ "type": "Polygon", "coordinates": rings });
        assert!(geometry(&polygon(json!([square]))).is_ok());
        assert!(geometry(&json!({ "type": "MultiPolygon", "coordinates": [[square]] })).is_ok());
        for (bad, why) in [
            (
                json!({ "type": "Point", "coordinates": [1, 2] }),
                "neither Polygon",
            ),
            (json!(null), "neither Polygon"),
            (polygon(json!([])), "no ring"),
            (
                polygon(json!([[[1, 2], [2, 3], [1, 2]]])),
                "fewer than four",
            ),
            (
                polygon(json!([[[1, 2], [2, 3], [3, 4], [4, 5]]])),
                "does not end",
            ),
            (
                polygon(json!([[[1, 2], [2], [3, 4], [1, 2]]])),
                "no longitude",
            ),
            (
                polygon(json!([[[1, 2], [2, 99], [3, 4], [1, 2]]])),
                "latitude",
            ),
        ] {
            let error = geometry(&bad).expect_err("no geometry");
            assert!(error.contains(why), "{error}");
        }
    }

    async fn seeded(db: Db) {
        let head = "code,name,level,lat,lon,elevation_m,postal_code\n";
        let first = format!(
            "{head}62,Kalimantan Tengah,province,,,,\n62.71,Kota X,regency,-2.2,113.9,20,\n62.72,Y,regency,,,,\n"
        );
        assert_eq!(seed_from(&db, &first, NOW).await.expect("seeded"), 3);
        assert_eq!(seed_from(&db, &first, NOW).await.expect("seeded"), 0);
        let mut tx = db.write().await.expect("a transaction");
        tx.execute(
            "UPDATE hall_area SET point_quality = 'surveyed', lat_deg = -2.5, lon_deg = 113.5, \
             successors = '62.73 62.74' WHERE code = '62.71'",
            store::params![],
        )
        .await
        .expect("a survey");
        tx.commit().await.expect("a commit");
        let second = first
            .replace("Kota X", "Kota Palangka Raya")
            .replace("62.72,Y", "62.72,Z");
        assert_eq!(seed_from(&db, &second, NOW).await.expect("seeded"), 3);
        let mut read = db.read().await.expect("a snapshot");
        let code = |text: &str| text.parse::<AreaCode>().expect("a code");
        let city = find(&mut read, &code("62.71"))
            .await
            .expect("a look")
            .expect("there");
        assert_eq!(city.name, "Kota Palangka Raya");
        assert_eq!(city.point, Point::new(-2.5, 113.5).ok());
        assert_eq!(city.point_quality, "surveyed");
        assert_eq!(city.successors, [code("62.73"), code("62.74")]);
        assert_eq!(city.decree, DECREE);
        let names_of = [code("62"), code("62.72"), code("62.99")];
        let names = names(&mut read, &names_of).await.expect("names");
        assert_eq!(names.len(), 2);
        assert_eq!(names[&code("62.72")], "Z");

        let listed = async |read: &mut store::Read, filter: Filter, limit| {
            let (areas, next) = list(read, &filter, limit).await.expect("a list");
            let codes: Vec<_> = areas.iter().map(|area| area.code.to_string()).collect();
            (codes.join(" "), next.map(|code| code.to_string()))
        };
        let by = |q: &str| Filter {
            q: Some(q.to_owned()),
            ..Filter::default()
        };
        for (filter, limit, codes, next) in [
            (Filter::default(), 2, "62 62.71", Some("62.71")),
            (
                Filter {
                    after: Some(code("62.71")),
                    ..Filter::default()
                },
                2,
                "62.72",
                None,
            ),
            (
                Filter {
                    parent: Some(code("62")),
                    ..Filter::default()
                },
                9,
                "62.71 62.72",
                None,
            ),
            (
                Filter {
                    level: Some(AreaLevel::Province),
                    ..Filter::default()
                },
                9,
                "62",
                None,
            ),
            (
                Filter {
                    within: Some(code("62.72")),
                    ..Filter::default()
                },
                9,
                "62.72",
                None,
            ),
            (by("palangka"), 9, "62.71", None),
            (by("62.7"), 9, "62.71 62.72", None),
            (by("%"), 9, "", None),
        ] {
            let found = listed(&mut read, filter.clone(), limit).await;
            assert_eq!(
                found,
                (codes.to_owned(), next.map(str::to_owned)),
                "{filter:?}"
            );
        }
    }

    store::on_both_engines!(
        a_newer_list_keeps_what_people_added,
        &[SCHEMA],
        async |db: Db| {
            seeded(db).await;
        }
    );
}
