//! `/api/v1/card/indicators`: how well an adopted list meets whom it is for.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use card_core::measure::suppress::SMALLEST;
use card_core::rule::Subject;
use hall::Hall;
use hall::csv::File;
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Problem, Query};
use serde::Deserialize;
use store::Conn;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide::draft;
use crate::decide::draft::adopted;
use crate::indicators::{self, CarriedView, ErrorsView, FigureView, Indicators, ShareView};
use crate::programme::{self, Kept};
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow, State as Stage};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(find).guard(Permission::CardCount))
}

/// Lists that are looked at in one statement while the newest of families is looked for.
const LOOKED: i64 = 50;

/// Of which list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Form {
    /// The number of an adopted list; the newest of families when left out.
    decision: Option<i64>,
    /// `csv` for a file with one row a figure.
    format: Option<String>,
}

/// The list that is meant, and its rules.
async fn meant(conn: &mut Conn, number: Option<i64>) -> Result<(DecisionRow, Kept), Problem> {
    if let Some(number) = number {
        let row = adopted(draft::find(conn, number).await?)?;
        let kept = programme::find(conn, &row.slug, Some(row.version)).await?;
        return Ok((row, kept));
    }
    let mut behind = None;
    loop {
        let some = decision::some(conn, None, Some(Stage::Adopted), behind, LOOKED).await?;
        behind = some.last().map(|row| row.number);
        if behind.is_none() {
            return Err(Problem::not_found(
                "card-decision",
                "No list of families was adopted yet.",
            ));
        }
        for row in some {
            let kept = programme::find(conn, &row.slug, Some(row.version)).await?;
            if kept.programme.subject == Subject::Family {
                return Ok((row, kept));
            }
        }
    }
}

/// How well an adopted list meets whom it is for: errors by the rules of its programme, with
/// those of the linkage carried in; where the money goes; and what people found at the doors
/// of a probability sample. Numbers of fewer than ten are hidden.
#[utoipa::path(get, path = "/api/v1/card/indicators", tag = "card", params(Form),
    responses((status = 200, content((Indicators = "application/json"), (String = "text/csv"))),
        (status = 404), (status = 409)))]
async fn find(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    headers: HeaderMap,
    Query(form): Query<Form>,
) -> Result<Response, Problem> {
    let is_file = hall::csv::wanted(&headers, form.format.as_deref())?;
    let mut read = hall.db().read().await?;
    let (row, kept) = meant(&mut read, form.decision).await?;
    drop(read);
    let indicators = indicators::of(&hall, &room, &who, &row, &kept).await?;
    if is_file {
        return Ok(file(&indicators).response("indikator-ketepatan.csv"));
    }
    Ok(axum::Json(indicators).into_response())
}

/// A table of figures, each with its reference.
struct Table {
    file: File,
    list: String,
}

impl Table {
    fn put(&mut self, what: &str, by: &str, of: Option<&str>, cells: [Option<String>; 4]) {
        self.line(what, by, of, cells, String::new());
    }

    fn line(
        &mut self,
        what: &str,
        by: &str,
        of: Option<&str>,
        cells: [Option<String>; 4],
        note: String,
    ) {
        let [share, low, high, n] = cells.map(Option::unwrap_or_default);
        let of = of.unwrap_or("SEMUA").to_owned();
        let row = [
            self.list.clone(),
            what.to_owned(),
            by.to_owned(),
            of,
            share,
            low,
            high,
            n,
            note,
        ];
        self.file.row(&row);
    }

    /// A count, or that it is hidden: an empty cell alone would pass for none.
    fn count(&mut self, what: &str, by: &str, of: &str, count: Option<u64>) {
        let note = match count {
            Some(_) => String::new(),
            None => format!(
                "disembunyikan (kurang dari {SMALLEST}, atau mengungkap yang kurang dari {SMALLEST})"
            ),
        };
        let n = count.map(|n| n.to_string());
        self.line(what, by, Some(of), [None, None, None, n], note);
    }

    fn share(&mut self, what: &str, by: &str, share: Option<ShareView>, n: Option<u64>) {
        let cells = [
            share.map(|it| it.share.to_string()),
            share.map(|it| it.low.to_string()),
            share.map(|it| it.high.to_string()),
            n.map(|n| n.to_string()),
        ];
        self.put(what, by, None, cells);
    }

    fn carried(&mut self, what: &str, by: &str, share: Option<CarriedView>, n: u64) {
        let end = |end: fn(&CarriedView) -> Option<f64>| {
            let end = share.as_ref().and_then(end);
            end.map(|it| it.to_string())
        };
        let cells = [
            share.map(|it| it.share.to_string()),
            end(|it| it.low),
            end(|it| it.high),
            Some(n.to_string()),
        ];
        self.put(what, by, None, cells);
    }

    fn errors(&mut self, by: &str, errors: &ErrorsView) {
        let ErrorsView {
            inclusion,
            exclusion,
            ..
        } = *errors;
        self.carried("kesalahan inklusi", by, inclusion, errors.receiving);
        self.carried("kesalahan eksklusi", by, exclusion, errors.eligible);
        for it in &errors.by_rule {
            let what = match it.truth {
                "fails" => "penerima di luar aturan",
                _ => "penerima yang belum diketahui",
            };
            self.count(what, by, &it.name, it.subjects);
        }
    }

    fn figure(&mut self, what: &str, by: &str, of: Option<&str>, figure: &FigureView) {
        let share = figure.share;
        let cells = [
            share.map(|it| it.share.to_string()),
            share.map(|it| it.low.to_string()),
            share.map(|it| it.high.to_string()),
            Some(figure.answered.to_string()),
        ];
        self.put(what, by, of, cells);
    }
}

fn file(all: &Indicators) -> File {
    let mut table = Table {
        file: File::new(&[
            "daftar",
            "indikator",
            "acuan",
            "bagian",
            "nilai",
            "batas bawah",
            "batas atas",
            "n",
            "keterangan",
        ]),
        list: all.decision.to_string(),
    };
    table.errors("aturan program, daftar ini", &all.rules.after);
    if let Some(before) = &all.rules.before {
        table.errors("aturan program, penerima sebelumnya", before);
    }
    let linkage = "sampel pasangan baris yang ditinjau";
    table.share("ketelitian pemadanan", linkage, all.linkage.precision, None);
    table.share("kelengkapan pemadanan", linkage, all.linkage.recall, None);
    let decile = "desil menurut DTSEN";
    for it in &all.deciles {
        let of = it.decile.map_or_else(
            || "desil belum diketahui".to_owned(),
            |it| format!("desil {it}"),
        );
        table.count("penerima", decile, &of, it.subjects);
    }
    let only = |value: Option<f64>| [value.map(|it| it.to_string()), None, None, None];
    let share = only(all.bottom_share);
    table.put("bagian desil 1 dan 2", decile, None, share);
    let targeting = only(all.targeting);
    table.put("Coady-Grosh-Hoddinott", decile, None, targeting);
    for it in &all.regencies {
        let of = it.name.as_deref().unwrap_or("wilayah belum diketahui");
        table.count("penerima", "daftar ini", of, it.receiving);
        let rules = "aturan program, daftar ini";
        table.count("penerima di luar aturan", rules, of, it.by_rules_not);
    }
    if let Some(field) = &all.field {
        let by = field.reference.as_str();
        table.figure("kesalahan inklusi", by, None, &field.inclusion);
        table.figure("kesalahan eksklusi", by, None, &field.exclusion);
        table.figure(
            "kesalahan inklusi akibat pemadanan",
            by,
            None,
            &field.linkage_share,
        );
        for it in &field.regencies {
            let of = Some(it.name.as_deref().unwrap_or(&it.code));
            table.figure("kesalahan inklusi", by, of, &it.inclusion);
            table.figure("kesalahan eksklusi", by, of, &it.exclusion);
        }
    }
    table.file
}
