//! The page for whoever leads, on paper: one page, whatever there is to say.

use hall::Hall;
use hall::print::said::{self, number, rupiah};
use hall::print::{Block, Column, Figure, Mark, Part, Sheet as Paper, Table};
use reach_core::slot::Slot;

use super::super::money::{TotalView, Totals};
use super::super::targets::TargetView;
use super::{IncidentsView, View};
use crate::sheet::words::share;

/// Rows of a table here at most; how many more there are is said.
const ROWS: usize = 5;

/// Longest name here, in characters.
const NAME: usize = 60;

/// The page, with as many rows as fit it.
pub(super) fn print(hall: &Hall, it: &View) -> Paper {
    let mut rows = ROWS;
    loop {
        let paper = of_rows(hall, it, rows);
        if rows == 0 || paper.pages() == Ok(1) {
            return paper;
        }
        rows -= 1;
    }
}

fn of_rows(hall: &Hall, it: &View, rows: usize) -> Paper {
    let mut blocks = vec![
        Block::Head {
            kind: format!(
                "LEMBAR PIMPINAN · KONEKSI DESA · {}",
                said::day(it.on).to_uppercase()
            ),
            name: it.within.name.clone(),
            below: age(hall, it),
        },
        Block::Figures(figures(it)),
        Block::Heading("Titik yang terbukti dan yang belum".to_owned()),
        Block::Bar(points(it)),
        Block::Heading("Rencana, laporan, terukur".to_owned()),
        targets(&it.targets, rows),
        Block::Small(sources(hall, it)),
        Block::Heading("Siapa yang bertindak".to_owned()),
    ];
    match &it.incidents {
        Some(of) => blocks.extend(who_acts(of, rows)),
        None => blocks.push(withheld("Kejadian")),
    }
    blocks.push(Block::Heading("Uang".to_owned()));
    match &it.money {
        Some(of) => blocks.extend(money(of)),
        None => blocks.push(withheld("Uang")),
    }
    Paper {
        title: format!("Koneksi desa {}, {}", it.within.name, said::day(it.on)),
        made: it.made_us,
        foot: format!(
            "Dibuat {} · angka belum diketahui tidak pernah ditulis nol · tanpa data pribadi",
            said::time_of_zone(hall, it.made_us)
        ),
        blocks,
    }
}

fn withheld(what: &str) -> Block {
    Block::Small(format!(
        "{what} tidak ditampilkan: di luar hak pembuat lembar ini."
    ))
}

fn n(of: usize) -> String {
    number(i64::try_from(of).unwrap_or(i64::MAX))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// How old it is what stands here.
fn age(hall: &Hall, it: &View) -> String {
    match it.heard_us {
        None => "Belum ada lokasi yang pernah terdengar: belum ada yang terukur.".to_owned(),
        Some(heard) => {
            let minutes = it.made_us.since(heard).as_secs() / 60;
            let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
            format!(
                "Lokasi terakhir terdengar {} ({} sebelum dibuat). Sumber: buku menit, aturan edisi {}.",
                said::time_of_zone(hall, heard),
                said::minutes(minutes),
                it.ledger.rule
            )
        }
    }
}

fn figures(it: &View) -> Vec<Figure> {
    let (points, ledger) = (&it.points, &it.ledger);
    let counts = &ledger.numbers.counts;
    let figure = |label: &str, value: String, note: String| Figure {
        label: label.to_owned(),
        value,
        note,
    };
    let month = said::month(ledger.month);
    vec![
        figure(
            "TITIK TERBUKTI",
            format!("{} dari {}", n(points.proven), n(points.all)),
            "ada menit terbukti dalam 24 jam terakhir".to_owned(),
        ),
        figure(
            "BELUM TERBUKTI",
            n(points.unproven + points.without_box),
            format!(
                "{} punya perangkat, {} belum",
                n(points.unproven),
                n(points.without_box)
            ),
        ),
        figure(
            "MENIT TERBUKTI",
            share(ledger.numbers.proved_bp),
            format!(
                "{}: {} dari {} menit",
                month,
                number(counts.up + counts.degraded),
                number(counts.all)
            ),
        ),
        figure(
            "CAKUPAN",
            share(ledger.numbers.coverage_bp),
            format!(
                "{} menit belum diketahui, {} lokasi",
                number(counts.unknown),
                n(ledger.sites)
            ),
        ),
    ]
}

fn points(it: &View) -> Vec<Part> {
    let parts = [
        (Mark::Good, "terbukti", it.points.proven),
        (
            Mark::Out,
            "punya perangkat, belum terbukti",
            it.points.unproven,
        ),
        (
            Mark::Unknown,
            "tanpa perangkat: belum diketahui",
            it.points.without_box,
        ),
    ];
    let part = |(mark, word, many): (Mark, &str, usize)| Part {
        mark,
        word: word.to_owned(),
        figure: format!("{} titik", n(many)),
        weight: u32::try_from(many).unwrap_or(u32::MAX),
    };
    parts.into_iter().map(part).collect()
}

fn targets(all: &[TargetView], most: usize) -> Block {
    let maybe = |of: Option<u32>| of.map_or_else(|| "belum diketahui".to_owned(), number);
    let row = |it: &TargetView| {
        let progress = &it.progress;
        vec![
            short(&it.name),
            short(&it.owner),
            said::day(it.end),
            number(it.goal),
            maybe(progress.planned),
            number(progress.reported),
            maybe(progress.measured),
        ]
    };
    let mut rows: Vec<_> = all.iter().take(most).map(row).collect();
    if all.len() > most {
        rows.push(vec![format!("dan {} target lain", n(all.len() - most))]);
    }
    Block::Table(Table {
        columns: vec![
            Column::words("Target", 22),
            Column::words("Penanggung jawab", 17),
            Column::words("Sampai", 18),
            Column::figures("Seluruhnya", 10),
            Column::figures("Rencana hari ini", 10),
            Column::figures("Laporan", 10),
            Column::figures("Terukur", 11),
        ],
        rows,
        sums: 0,
        none: "Belum ada target.".to_owned(),
    })
}

fn sources(hall: &Hall, it: &View) -> String {
    let reported = match it.reported_us {
        Some(at) => format!("terakhir untuk keadaan {}", said::day(hall.day_of(at))),
        None => "belum ada".to_owned(),
    };
    let measured = said::time_of_zone(hall, Slot(it.points.to_slot).start());
    format!(
        "Rencana: dari target, dihitung sampai {}. Laporan: kata orang tentang titik, {reported}. \
         Terukur: buku menit, 24 jam sampai {measured}. Tiga angka yang tidak pernah menjadi satu.",
        said::day(it.on)
    )
}

fn who_acts(of: &IncidentsView, most: usize) -> Vec<Block> {
    let told = match (of.open, of.unowned) {
        (0, _) => "Tidak ada kejadian koneksi yang terbuka.".to_owned(),
        (open, 0) => format!("{} kejadian koneksi terbuka, semuanya ditangani.", n(open)),
        (open, unowned) => format!(
            "{} kejadian koneksi terbuka, {} belum ada petugas.",
            n(open),
            n(unowned)
        ),
    };
    let mut blocks = vec![Block::Text(told)];
    if !of.offices.is_empty() {
        let row = |it: &super::OfficeView| {
            let name = it.name.as_deref().unwrap_or("tanpa OPD");
            vec![short(name), n(it.incidents)]
        };
        let mut rows: Vec<_> = of.offices.iter().take(most).map(row).collect();
        if of.offices.len() > most {
            rows.push(vec![format!("dan {} OPD lain", n(of.offices.len() - most))]);
        }
        blocks.push(Block::Table(Table {
            columns: vec![
                Column::words("OPD yang menangani", 70),
                Column::figures("Kejadian terbuka", 26),
            ],
            rows,
            sums: 0,
            none: String::new(),
        }));
    }
    blocks
}

fn money(all: &Totals) -> Vec<Block> {
    let row = |name: &str, total: &TotalView| {
        let known = match total.known {
            0 => "belum diketahui".to_owned(),
            _ => rupiah(total.known_rupiah),
        };
        vec![name.to_owned(), known, n(total.known), n(total.unknown)]
    };
    let month = &all.per_proven_month;
    let per = month.rupiah.map_or("belum diketahui".to_owned(), rupiah);
    vec![
        Block::Table(Table {
            columns: vec![
                Column::words("Jumlah", 30),
                Column::figures("Yang diketahui", 26),
                Column::figures("Titik diketahui", 20),
                Column::figures("Titik belum diketahui", 20),
            ],
            rows: vec![
                row("Direncanakan", &all.planned),
                row("Terikat kontrak", &all.committed),
                row("Dibayar", &all.paid),
                row("Biaya koneksi setiap bulan", &all.monthly),
            ],
            sums: 0,
            none: String::new(),
        }),
        Block::Facts(vec![
            ("Biaya per titik-bulan terbukti".to_owned(), per),
            (
                "Titik terpasang yang biayanya belum diketahui".to_owned(),
                number(month.fee_unknown),
            ),
        ]),
    ]
}
