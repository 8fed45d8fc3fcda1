//! A list of points, from a file: which places are to be connected, for whom they are open
//! and what they cost.
//!
//! A point is known by its village and its name. How far it has come is not taken from a
//! list: that is said in steps, with what shows it.

use std::collections::{BTreeMap, BTreeSet};

use base::area::AreaCode;
use base::day::Day;
use base::geo::Point as Degrees;
use base::id::{Id, Point};
use base::money::{Amount, Rupiah, RupiahError};
use base::now::Wall;
use hall::Hall;
use hall::guard::{Permission, Who};
use hall::intake::{Altered, Column, Contract, Intake, Judged, Outcome, Reads, Row, Said, excerpt};
use hall::line;
use reach_core::code::System;
use reach_core::register::{Found, Register, Written};
use store::{Conn, Error};

use super::judge::doubt_words;
use crate::http::points::{HOURS_MAX, KINDS, RADIUS_MAX_M, USERS_MAX, place};
use crate::room::Room;
use crate::sql::money::{self, MoneyRow};
use crate::sql::point::{self, PointRow};

/// Rows of one file at most: several for each village of the largest province.
const ROWS_MAX: usize = 20_000;

/// A list of points.
pub(crate) static POINTS: Contract = Contract {
    subject: "points",
    name: Said::new("Titik", "Points"),
    columns: COLUMNS,
    key: None,
    title: "name",
    rows_max: ROWS_MAX,
    classification: "internal",
};

const fn column(
    key: &'static str,
    reads: Reads,
    name: Said,
    about: Said,
    example: &'static str,
    synonyms: &'static [&'static str],
) -> Column {
    Column {
        key,
        name,
        about,
        example,
        reads,
        required: false,
        synonyms,
    }
}

const fn rupiah(
    key: &'static str,
    name: Said,
    about: Said,
    synonyms: &'static [&'static str],
) -> Column {
    column(key, Reads::Digits, name, about, "1.500.000", synonyms)
}

static COLUMNS: &[Column] = &[
    column(
        "code",
        Reads::Digits,
        Said::new("kode desa", "village code"),
        Said::new(
            "kode Kemendagri bertitik; tanpa kode, isi kabupaten, kecamatan, dan desa",
            "the Kemendagri code with its dots; without one fill regency, district and village",
        ),
        "62.11.07.2007",
        &["kode", "kode kemendagri", "kode wilayah", "kode kelurahan"],
    ),
    column(
        "regency",
        Reads::Text,
        Said::new("kabupaten/kota", "regency"),
        Said::new("nama kabupaten atau kota", "name of the regency or city"),
        "Pulang Pisau",
        &["kabupaten", "kab kota", "kab", "kota"],
    ),
    column(
        "district",
        Reads::Text,
        Said::new("kecamatan", "district"),
        Said::new("nama kecamatan", "name of the district"),
        "Jabiren Raya",
        &["nama kecamatan", "kec"],
    ),
    column(
        "village",
        Reads::Text,
        Said::new("desa/kelurahan", "village"),
        Said::new("nama desa atau kelurahan", "name of the village"),
        "Tumbang Nusa",
        &["desa", "kelurahan", "nama desa", "nama kelurahan"],
    ),
    Column {
        key: "name",
        name: Said::new("nama titik", "point"),
        about: Said::new(
            "nama titiknya; bersama desanya, titik dikenali dari nama ini",
            "what it is called; a point is known by its village and this name",
        ),
        example: "Kantor Desa Tumbang Nusa",
        reads: Reads::Text,
        required: true,
        synonyms: &["titik", "nama lokasi", "lokasi", "nama", "name"],
    },
    column(
        "kind",
        Reads::Text,
        Said::new("jenis", "kind"),
        Said::new(
            "kantor desa, sekolah, pustu, titik publik, atau lainnya",
            "kantor desa, sekolah, pustu, titik publik or lainnya",
        ),
        "kantor desa",
        &["jenis titik", "jenis lokasi", "kategori"],
    ),
    column(
        "lat_deg",
        Reads::Number,
        Said::new("lintang", "latitude"),
        Said::new("derajat, selatan negatif", "degrees, south is negative"),
        "-2,31",
        &["latitude", "lat", "koordinat lintang"],
    ),
    column(
        "lon_deg",
        Reads::Number,
        Said::new("bujur", "longitude"),
        Said::new("derajat, timur positif", "degrees, east is positive"),
        "114,05",
        &["longitude", "lon", "long", "koordinat bujur"],
    ),
    column(
        "open_to_citizens",
        Reads::Flag,
        Said::new("terbuka untuk warga", "open to citizens"),
        Said::new("ya atau tidak", "ya or tidak"),
        "ya",
        &["terbuka", "untuk umum", "akses publik"],
    ),
    column(
        "open_hours",
        Reads::Text,
        Said::new("jam buka", "hours"),
        Said::new("kapan warga boleh memakainya", "when citizens may use it"),
        "08.00-15.00",
        &["jam", "jam layanan", "jam operasional"],
    ),
    column(
        "radius_m",
        Reads::Number,
        Said::new("jangkauan (m)", "reach (m)"),
        Said::new("0 sampai 50.000 meter", "0 to 50,000 metres"),
        "100",
        &["jangkauan", "radius"],
    ),
    column(
        "users_a_day",
        Reads::Number,
        Said::new("pemakai sehari", "users a day"),
        Said::new("0 sampai 100.000 orang", "0 to 100,000 people"),
        "40",
        &["pemakai", "pengguna", "pengguna per hari"],
    ),
    column(
        "budget_line",
        Reads::Digits,
        Said::new("kode rekening", "budget line"),
        Said::new("baris anggaran", "line of the budget"),
        "5.1.02.02.01.0063",
        &["rekening", "kode anggaran"],
    ),
    column(
        "contract",
        Reads::Digits,
        Said::new("nomor kontrak", "contract"),
        Said::new("nomor kontraknya", "number of the contract"),
        "600/…",
        &["kontrak", "no kontrak"],
    ),
    column(
        "grant_paper",
        Reads::Digits,
        Said::new("nomor NPHD", "grant"),
        Said::new("nomor naskah hibah", "number of the grant"),
        "900/…",
        &["nphd", "no nphd", "naskah hibah"],
    ),
    column(
        "handover_paper",
        Reads::Digits,
        Said::new("nomor BAST", "hand-over"),
        Said::new("nomor berita acara serah terima", "number of the hand-over"),
        "027/…",
        &["bast", "no bast", "berita acara"],
    ),
    column(
        "payer",
        Reads::Text,
        Said::new("pembayar", "payer"),
        Said::new("siapa yang membayar", "who pays"),
        "Dinas Kominfo",
        &["dibayar oleh", "sumber dana"],
    ),
    column(
        "paid_until",
        Reads::Day,
        Said::new("dibayar sampai", "paid until"),
        Said::new("hari terakhir, TTTT-BB-HH", "the last day, YYYY-MM-DD"),
        "2026-12-31",
        &["lunas sampai", "langganan sampai"],
    ),
    rupiah(
        "price_rupiah",
        Said::new("harga perangkat (Rp)", "price of the equipment (Rp)"),
        Said::new("rupiah bulat", "whole rupiah"),
        &["harga", "harga perangkat"],
    ),
    rupiah(
        "monthly_rupiah",
        Said::new("iuran bulanan (Rp)", "monthly fee (Rp)"),
        Said::new("rupiah bulat setiap bulan", "whole rupiah each month"),
        &["iuran", "biaya bulanan", "langganan bulanan"],
    ),
    rupiah(
        "planned_rupiah",
        Said::new("dianggarkan (Rp)", "planned (Rp)"),
        Said::new("rupiah bulat dalam anggaran", "whole rupiah in the budget"),
        &["anggaran", "pagu", "dianggarkan"],
    ),
    rupiah(
        "committed_rupiah",
        Said::new("dikontrakkan (Rp)", "committed (Rp)"),
        Said::new(
            "rupiah bulat dalam kontrak",
            "whole rupiah bound by contract",
        ),
        &["nilai kontrak", "dikontrakkan"],
    ),
    rupiah(
        "paid_rupiah",
        Said::new("dibayarkan (Rp)", "paid (Rp)"),
        Said::new("rupiah bulat yang sudah dibayar", "whole rupiah paid out"),
        &["realisasi", "sudah dibayar", "dibayarkan"],
    ),
];

/// What a row becomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// As it is, if it is there.
    pub(crate) old: Option<PointRow>,
    pub(crate) row: PointRow,
    /// Another version of what it costs, if the row says something else of that.
    pub(crate) money: Option<MoneyRow>,
}

/// What rows are judged against: read once, before the first row.
struct Context<'c> {
    hall: &'c Hall,
    who: &'c Who,
    register: &'c Register,
    may_change: bool,
    /// By village and name without case.
    known: BTreeMap<(AreaCode, String), Vec<PointRow>>,
    costs: BTreeMap<Id<Point>, MoneyRow>,
    now: Wall,
}

/// Judges a list against the house as it is. None: it was written.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn judge(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    who: &Who,
    intake: &Intake,
) -> Result<Option<Judged<Plan>>, Error> {
    let Some(table) = intake.table() else {
        return Ok(None);
    };
    let query = point::list().raw(" AND p.retired_us IS NULL ORDER BY p.id");
    let rows = point::fetch(conn, &query).await?;
    let mut known: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let key = (row.area.clone(), plain(&row.name));
        known.entry(key).or_default().push(row);
    }
    let context = Context {
        hall,
        who,
        register: room.register(),
        may_change: intake.may_change(),
        known,
        costs: money::within(conn, None, None).await?,
        now: hall.now().wall,
    };
    let mut seen = BTreeSet::new();
    Ok(Some(table.judge(|row| judged(&context, &mut seen, row))))
}

/// A name as it is recognised: without case and doubled blanks.
fn plain(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

fn judged(
    context: &Context<'_>,
    seen: &mut BTreeSet<(AreaCode, String)>,
    row: &mut Row<'_>,
) -> Outcome<Plan> {
    let name = one_line(row, "name", line::NAME_MAX);
    if name.is_none() && !row.is_refused_for("name") {
        row.missing("name");
    }
    let name = name.unwrap_or_default();
    let Some(village) = village(context, row) else {
        return Outcome::Refused;
    };
    let key = (village.clone(), plain(&name));
    if !seen.insert(key.clone()) {
        row.fault(
            "name",
            Said::new(
                "titik ini sudah ada di baris sebelumnya",
                "the point stands in an earlier row",
            ),
            Said::new("keluarkan baris ini dari impor", "leave this row out"),
        );
    }
    let known = context
        .known
        .get(&key)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if known.len() > 1 {
        row.fault(
            "name",
            Said::with(
                format!("ada {} titik bernama ini di desa itu", known.len()),
                format!("{} points have this name in the village", known.len()),
            ),
            Said::new(
                "beri nama yang berbeda di halaman desa dahulu",
                "give them different names on the page of the village first",
            ),
        );
    }
    let old = known.first().cloned();
    let mut changes = Vec::new();
    let blank = PointRow::new(context.hall, village, context.now);
    let mut new = old.clone().unwrap_or(PointRow { name, ..blank });
    describe(row, &mut new, &mut changes);
    let cost = cost(context, row, &new, &mut changes);
    for (permission, needed, what) in [
        (
            Permission::PointsWrite,
            true,
            ("mengubah titik", "change points"),
        ),
        (
            Permission::MoneyWrite,
            cost.is_some(),
            ("mencatat uang", "say what points cost"),
        ),
    ] {
        if needed && !context.who.may(permission, &place(&new)) {
            row.fault(
                "village",
                Said::with(
                    format!("Anda tidak berwenang {} di {}", what.0, new.area),
                    format!("you may not {} in {}", what.1, new.area),
                ),
                Said::new("keluarkan baris ini dari impor", "leave the row out"),
            );
        }
    }
    let is_there = old.is_some();
    new.changed = context.now;
    let plan = Plan {
        old,
        row: new,
        money: cost,
    };
    match (is_there, changes.is_empty()) {
        (false, _) => Outcome::Add(plan),
        (true, true) => Outcome::Same,
        (true, false) if context.may_change => Outcome::Change(plan, changes),
        (true, false) => Outcome::Exists,
    }
}

/// The village that a row means; a fault if nobody can tell.
fn village(context: &Context<'_>, row: &mut Row<'_>) -> Option<AreaCode> {
    let text = |key: &str| row.text(key).map(str::to_owned);
    let (code, regency) = (text("code"), text("regency"));
    let (district, village) = (text("district"), text("village"));
    let system = code.as_ref().map(|_| System::Kemendagri);
    let written = Written {
        code: code.as_deref(),
        system,
        regency: regency.as_deref(),
        district: district.as_deref(),
        village: village.as_deref(),
    };
    match context.register.find(&written) {
        Found::Village(code, _) => Some(code),
        Found::Asked(doubt, candidates) => {
            let (id, en) = doubt_words(doubt);
            let could: Vec<String> = candidates
                .iter()
                .filter_map(|code| context.register.village(code))
                .map(|it| format!("{} {} ({})", it.code, it.name, it.regency))
                .collect();
            let could = could.join("; ");
            let key = if code.is_some() { "code" } else { "village" };
            row.fault(
                key,
                Said::new(id, en),
                Said::with(
                    format!("tulis kode Kemendagri desanya. {could}"),
                    format!("write the Kemendagri code of the village. {could}"),
                ),
            );
            None
        }
    }
}

/// What a row says of the point itself. What it leaves empty stays as it is.
fn describe(row: &mut Row<'_>, new: &mut PointRow, changes: &mut Vec<Altered>) {
    let mut change = |field: &'static str, from: String, to: String| {
        if from != to {
            changes.push(Altered { field, from, to });
        }
    };
    if let Some(written) = row.text("kind").map(str::to_owned) {
        match kind(&written) {
            Some(kind) => {
                change("kind", new.kind.clone(), kind.to_owned());
                kind.clone_into(&mut new.kind);
            }
            None => row.fault(
                "kind",
                Said::with(
                    format!("{} tidak dikenal", excerpt(&written)),
                    format!("{} is not known", excerpt(&written)),
                ),
                Said::with(
                    format!("tulis salah satu: {}", KINDS.join(", ")),
                    format!("write one of {}", KINDS.join(", ")),
                ),
            ),
        }
    } else if new.kind.is_empty() {
        "lainnya".clone_into(&mut new.kind);
        row.note(
            "kind",
            Said::new(
                "jenisnya belum dikatakan; dicatat sebagai lainnya",
                "nobody has said the kind; it is put down as lainnya",
            ),
        );
    }
    let told = |it: Option<Degrees>| {
        it.map_or_else(String::new, |it| {
            format!("{}, {}", it.lat_deg(), it.lon_deg())
        })
    };
    match (row.decimal("lat_deg"), row.decimal("lon_deg")) {
        (None, None) => {}
        (Some(lat), Some(lon)) => match Degrees::new(lat, lon) {
            Ok(at) => {
                change("lat_deg", told(new.degrees), told(Some(at)));
                new.degrees = Some(at);
            }
            Err(error) => row.fault(
                "lat_deg",
                Said::with("bukan lintang dan bujur".to_owned(), error.to_string()),
                Said::new(
                    "tulis derajat desimal, misalnya -2,31 dan 114,05",
                    "write decimal degrees, such as -2.31 and 114.05",
                ),
            ),
        },
        (Some(_), None) => row.missing("lon_deg"),
        (None, Some(_)) => row.missing("lat_deg"),
    }
    if let Some(open) = row.flag("open_to_citizens") {
        let said = |it: Option<bool>| match it {
            None => String::new(),
            Some(true) => "ya".to_owned(),
            Some(false) => "tidak".to_owned(),
        };
        change(
            "open_to_citizens",
            said(new.open_to_citizens),
            said(Some(open)),
        );
        new.open_to_citizens = Some(open);
    }
    if let Some(hours) = one_line(row, "open_hours", HOURS_MAX) {
        change(
            "open_hours",
            new.open_hours.clone().unwrap_or_default(),
            hours.clone(),
        );
        new.open_hours = Some(hours);
    }
    for (field, most, at) in [
        ("radius_m", RADIUS_MAX_M, &mut new.radius_m),
        ("users_a_day", USERS_MAX, &mut new.users_a_day),
    ] {
        let Some(number) = row.decimal(field) else {
            continue;
        };
        match whole(number).filter(|number| (0..=most).contains(number)) {
            Some(number) => {
                let from = at.map_or_else(String::new, |it| it.to_string());
                change(field, from, number.to_string());
                *at = Some(number);
            }
            None => row.fault(
                field,
                Said::with(
                    format!("bukan bilangan bulat 0 sampai {most}"),
                    format!("is no whole number of 0 to {most}"),
                ),
                Said::new("perbaiki angkanya", "mend the number"),
            ),
        }
    }
}

/// A cell that has to be one line of text; a fault if it is not.
fn one_line(row: &mut Row<'_>, field: &'static str, most: usize) -> Option<String> {
    let text = row.text(field)?.to_owned();
    match line::read(field, &text, most) {
        Ok(text) => Some(text),
        Err(problem) => {
            let why = problem.fields().first().map(|it| it.detail.clone());
            row.fault(
                field,
                Said::with(
                    format!("bukan satu baris teks sampai {most} huruf"),
                    why.unwrap_or_default(),
                ),
                Said::new("perbaiki isinya", "mend the text"),
            );
            None
        }
    }
}

fn whole(number: f64) -> Option<i64> {
    let rounded = number.round();
    // Every whole number below 2^53 is one of these exactly.
    ((number - rounded).abs() < f64::EPSILON && rounded.abs() < 9e15)
        .then(|| format!("{rounded:.0}").parse().ok())?
}

/// The kind of place that somebody means.
fn kind(written: &str) -> Option<&'static str> {
    let plain = plain(&written.replace(['_', '-'], " "));
    let first = plain.split(' ').next().unwrap_or_default();
    if let Some(kind) = KINDS.iter().find(|kind| kind.replace('_', " ") == plain) {
        return Some(kind);
    }
    match plain.as_str() {
        "kantor kelurahan" | "kantor lurah" | "kantor kepala desa" | "balai desa" => {
            return Some("kantor_desa");
        }
        "puskesmas pembantu" => return Some("pustu"),
        "tempat umum" | "fasilitas umum" => return Some("titik_publik"),
        _ => {}
    }
    let schools = ["sekolah", "sd", "sdn", "smp", "smpn", "sma", "sman", "smk"];
    schools.contains(&first).then_some("sekolah")
}

/// Another version of what it costs, with all that the row says and, for the rest, what
/// was said before; none if the row says nothing new of it.
fn cost(
    context: &Context<'_>,
    row: &mut Row<'_>,
    of: &PointRow,
    changes: &mut Vec<Altered>,
) -> Option<MoneyRow> {
    let before = context.costs.get(&of.id);
    let mut new = before.cloned().unwrap_or_else(|| MoneyRow {
        seq: 0,
        budget_line: None,
        contract: None,
        grant_paper: None,
        handover_paper: None,
        payer: None,
        paid_until: None,
        price: Amount::Unknown,
        monthly: Amount::Unknown,
        planned: Amount::Unknown,
        committed: Amount::Unknown,
        paid: Amount::Unknown,
        said: context.now,
        by: context.who.person(),
    });
    let from = changes.len();
    for (field, at) in [
        ("budget_line", &mut new.budget_line),
        ("contract", &mut new.contract),
        ("grant_paper", &mut new.grant_paper),
        ("handover_paper", &mut new.handover_paper),
        ("payer", &mut new.payer),
    ] {
        let Some(text) = one_line(row, field, line::NAME_MAX) else {
            continue;
        };
        if at.as_ref() != Some(&text) {
            let from = at.replace(text.clone()).unwrap_or_default();
            changes.push(Altered {
                field,
                from,
                to: text,
            });
        }
    }
    if let Some(text) = row.text("paid_until").map(str::to_owned)
        && let Ok(day) = text.parse::<Day>()
        && new.paid_until != Some(day)
    {
        let was = new.paid_until.replace(day);
        changes.push(Altered {
            field: "paid_until",
            from: was.map_or_else(String::new, |day| day.to_string()),
            to: day.to_string(),
        });
    }
    for (field, at) in [
        ("price_rupiah", &mut new.price),
        ("monthly_rupiah", &mut new.monthly),
        ("planned_rupiah", &mut new.planned),
        ("committed_rupiah", &mut new.committed),
        ("paid_rupiah", &mut new.paid),
    ] {
        let Some(text) = row.text(field).map(str::to_owned) else {
            continue;
        };
        // A number of a workbook has its decimals behind a point, whatever it looks like.
        let broken = row.was_number(field) && text.contains('.');
        match Rupiah::read(&text)
            .ok()
            .filter(|_| !broken)
            .ok_or(RupiahError)
        {
            Ok(rupiah) if *at != Amount::Known(rupiah) => {
                let was = Option::<Rupiah>::from(std::mem::replace(at, Amount::Known(rupiah)));
                changes.push(Altered {
                    field,
                    from: was.map_or_else(String::new, |it| it.to_string()),
                    to: rupiah.to_string(),
                });
            }
            Ok(_) => {}
            Err(error) => row.fault(
                field,
                Said::with(
                    format!("{} bukan rupiah bulat", excerpt(&text)),
                    format!("{}: {error}", excerpt(&text)),
                ),
                Said::new(
                    "tulis rupiah bulat, misalnya 1.500.000",
                    "write whole rupiah, such as 1,500,000",
                ),
            ),
        }
    }
    if changes.len() == from {
        return None;
    }
    new.seq += 1;
    new.said = context.now;
    new.by = context.who.person();
    Some(new)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_columns_answer_to_one_word() {
        let mut owners = BTreeMap::new();
        for column in POINTS.columns {
            let words = [column.key, &*column.name.id, &*column.name.en];
            for word in words.into_iter().chain(column.synonyms.iter().copied()) {
                let owner = owners.insert(plain(word), column.key);
                assert!(
                    owner.is_none_or(|owner| owner == column.key),
                    "{word}: {owner:?}"
                );
            }
        }
    }

    #[test]
    fn kinds_are_what_people_write() {
        for (written, expected) in [
            ("Kantor Desa", Some("kantor_desa")),
            ("kantor_desa", Some("kantor_desa")),
            ("SDN 2", Some("sekolah")),
            ("Puskesmas Pembantu", Some("pustu")),
            ("Titik Publik", Some("titik_publik")),
            ("lainnya", Some("lainnya")),
            ("Kantor Camat", None),
            ("Balai Latihan Kerja", None),
            ("Puskesmas", None),
            ("warung", None),
        ] {
            assert_eq!(kind(written), expected, "{written}");
        }
    }
}
