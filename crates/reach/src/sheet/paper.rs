//! The evidence sheet on paper.

use std::ops::Range;

use base::day::Day;
use base::month::Month;
use hall::Hall;
use hall::areas::NamedArea;
use hall::incident::Named;
use hall::link::arrived::Head;
use hall::print::said::{self, number, percent};
use hall::print::{Block, Column, Figure, Sheet as Paper, Strips, Table};
use reach_core::judge::{RULE, State};
use reach_core::outage::Outage;
use reach_core::sheet::{Of, Told, cells};
use reach_core::slot::Slot;
use reach_core::speed::Way;
use reach_core::uptime::{Counts, share};

use crate::sql::speed::SpeedRow;

use super::{Beside, Evidence, standing, words};

/// Slots of one cell of a drawing: ten minutes.
const CELL: usize = 10;

/// The whole sheet.
pub(crate) fn print(hall: &Hall, it: &Evidence) -> Paper {
    let month = said::month(it.sheet.month);
    let (kind, name, below) = match &it.sheet.of {
        Of::Village(code) => (
            "LEMBAR BUKTI KONEKSI DESA",
            place(code.as_str(), it.area.as_deref().unwrap_or_default()),
            format!("{} · kode {code}", around(&it.around)),
        ),
        Of::Provider { name, within } => (
            "LEMBAR BUKTI KONEKSI PENYEDIA",
            name.clone(),
            match within {
                None => "semua wilayah".to_owned(),
                Some(code) => format!(
                    "hanya {} · kode {code}",
                    it.area.as_deref().unwrap_or_default()
                ),
            },
        ),
    };
    let mut blocks = vec![
        Block::Head {
            kind: format!("{kind} · {}", month.to_uppercase()),
            name: name.clone(),
            below,
        },
        Block::Facts(facts(hall, it)),
    ];
    let total = it.sheet.total();
    blocks.push(Block::Figures(figures(&total)));
    blocks.push(Block::Text(meaning(it)));
    blocks.push(Block::Heading("Menit menurut keadaan".to_owned()));
    blocks.push(states(&total));
    if it.sheet.sites.len() > 1 {
        blocks.push(Block::Heading("Lokasi".to_owned()));
        blocks.push(sites(it));
        let mean = words::share(it.sheet.village_mean());
        blocks.push(Block::Small(format!(
            "Rata-rata terbukti {} desa, setiap desa satu suara: {mean}.",
            number(small(it.sheet.villages().len()))
        )));
    }
    for (told, beside) in it.sheet.sites.iter().zip(&it.sites) {
        site(hall, it, told, beside, &mut blocks);
    }
    proof(hall, it, &mut blocks);
    Paper {
        title: format!("Lembar bukti koneksi {name}, {month}"),
        made: it.made,
        foot: format!("{name}, {month} · sidik {}", &it.digest[..16]),
        blocks,
    }
}

/// `Desa …`, or `Kelurahan …`: the code says which.
fn place(code: &str, name: &str) -> String {
    // The first digit of the last part is 1 for a kelurahan.
    let word = match code.as_bytes().get(9) {
        Some(b'1') => "Kelurahan",
        _ => "Desa",
    };
    format!("{word} {name}")
}

fn around(of: &[NamedArea]) -> String {
    let told = of.iter().map(|area| match area.code.as_str().len() {
        8 => format!("Kecamatan {}", area.name),
        _ => area.name.clone(),
    });
    told.collect::<Vec<_>>().join(", ")
}

fn small(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn facts(hall: &Hall, it: &Evidence) -> Vec<(String, String)> {
    let month = it.sheet.month;
    let slots = &it.sheet.slots;
    let mut facts = vec![
        (
            "Rentang",
            format!(
                "{} sampai {}, slot UTC {} sampai sebelum {}",
                said::day(month.first()),
                said::day(month.last()),
                slots.start.0,
                slots.end.0
            ),
        ),
        ("Menurut yang diketahui", said::time_of_zone(hall, it.known)),
        (
            "Aturan",
            format!("edisi {RULE}; angka bulat menit, persen dibulatkan ke bawah"),
        ),
        (
            "Dibuat",
            format!("{} oleh {}", said::time_of_zone(hall, it.made), it.by.1),
        ),
    ];
    if !it.is_whole {
        let why = "bulan ini belum seluruhnya lewat: hanya menit yang berakhir sepuluh menit sebelum \
                   saat di atas yang dihitung";
        facts.push(("Belum lengkap", why.to_owned()));
    }
    facts
        .into_iter()
        .map(|(name, fact)| (name.to_owned(), fact))
        .collect()
}

fn figures(of: &Counts) -> Vec<Figure> {
    let up = of.up + of.degraded;
    let excused = of.maintenance + of.force_majeure + of.ours;
    let figure = |label: &str, value: String, note: String| Figure {
        label: label.to_owned(),
        value,
        note,
    };
    vec![
        figure(
            "TERBUKTI",
            words::share(of.proved()),
            format!("{} dari {} menit", number(up), number(of.all)),
        ),
        figure(
            "TERUKUR",
            words::share(of.measured()),
            format!(
                "{} dari {} menit yang diketahui",
                number(up),
                number(of.all - of.unknown)
            ),
        ),
        figure(
            "KONTRAK",
            words::contract(of.contract(false)),
            format!(
                "{} menit dikecualikan; tanpa padam listrik: {}",
                number(excused),
                words::contract(of.contract(true))
            ),
        ),
        figure(
            "CAKUPAN",
            words::share(of.coverage()),
            format!("{} menit belum diketahui", number(of.unknown)),
        ),
    ]
}

fn meaning(it: &Evidence) -> String {
    if it.sheet.sites.is_empty() {
        let of = match it.sheet.of {
            Of::Village(_) => "di desa ini",
            Of::Provider { .. } => "dari penyedia ini",
        };
        return format!(
            "Belum ada perangkat {of}, jadi tidak ada satu menit pun yang terukur. \
             Yang dilaporkan orang tidak menjadi bukti."
        );
    }
    "Terbukti: menit yang terbukti terhubung dari semua menit; diam bukan keberhasilan. Terukur: dari \
     menit yang diketahui. Kontrak: tanpa menit yang dikecualikan; di bawah cakupan 95 % tidak cukup \
     bukti. Cakupan: bagian yang diketahui."
        .to_owned()
}

fn states(of: &Counts) -> Block {
    let parts = [
        (State::Up, of.up),
        (State::Degraded, of.degraded),
        (State::Down, of.down),
        (State::Off, of.off),
        (State::Unknown, of.unknown),
    ];
    let part = |(state, n): (State, u32)| hall::print::Part {
        mark: words::mark(state),
        word: words::state(state).to_owned(),
        figure: format!(
            "{} menit{}",
            number(n),
            share(n, of.all).map_or_else(String::new, |share| format!(" ({})", percent(share)))
        ),
        weight: n,
    };
    Block::Bar(parts.into_iter().map(part).collect())
}

/// One row for each site.
fn sites(it: &Evidence) -> Block {
    let is_provider = matches!(it.sheet.of, Of::Provider { .. });
    let row = |name: String, of: &Counts| {
        let mut cells = vec![name];
        cells.extend([of.all, of.up + of.degraded, of.down, of.off, of.unknown].map(number));
        cells.push(words::share(of.proved()));
        cells.push(words::share(of.coverage()));
        cells.push(words::contract(of.contract(false)));
        cells
    };
    let mut rows: Vec<_> = it
        .sheet
        .sites
        .iter()
        .zip(&it.sites)
        .map(|(told, beside)| {
            let form = &beside.member.site.form;
            let village = beside.village.as_ref().map(|area| area.name.as_str());
            let name = match (is_provider, village) {
                (true, Some(village)) => format!("{}, {village}", form.name),
                _ => form.name.clone(),
            };
            row(name, &told.counts)
        })
        .collect();
    rows.push(row("Jumlah".to_owned(), &it.sheet.total()));
    Block::Table(Table {
        columns: vec![
            Column::words("Lokasi", 22),
            Column::figures("Menit", 9),
            Column::figures("Terhubung", 10),
            Column::figures("Putus", 8),
            Column::figures("Padam", 8),
            Column::figures("Belum diketahui", 10),
            Column::figures("Terbukti", 10),
            Column::figures("Cakupan", 10),
            Column::figures("Kontrak", 11),
        ],
        rows,
        sums: 1,
        none: String::new(),
    })
}

fn site(hall: &Hall, it: &Evidence, told: &Told, beside: &Beside, blocks: &mut Vec<Block>) {
    let form = &beside.member.site.form;
    let is_only = it.sheet.sites.len() == 1;
    if !is_only {
        blocks.push(Block::Break);
    }
    blocks.push(Block::Heading(format!("Lokasi: {}", form.name)));
    let mut facts = vec![("Nomor".to_owned(), told.site.to_string())];
    if let Some(village) = &beside.village {
        let village_is = format!("{} · kode {}", village.name, village.code);
        facts.push(("Desa".to_owned(), village_is));
    }
    let provider = form.provider.clone();
    let provider = provider.unwrap_or_else(|| "belum diketahui".to_owned());
    facts.push(("Penyedia".to_owned(), provider));
    let contract = form.contract.clone();
    let contract = contract.unwrap_or_else(|| "belum diketahui".to_owned());
    facts.push(("Kontrak".to_owned(), contract));
    facts.push((
        "Menit yang dihitung".to_owned(),
        format!(
            "{} sejak {} sampai {}",
            number(told.counts.all),
            said::time(hall, told.slots.start.start()),
            said::time_of_zone(hall, told.slots.end.start())
        ),
    ));
    blocks.push(Block::Facts(facts));
    if !is_only {
        blocks.push(Block::Figures(figures(&told.counts)));
        blocks.push(states(&told.counts));
    }
    // Of a provider's many sites the days are not drawn: the file has their integers.
    if matches!(it.sheet.of, Of::Village(_)) {
        blocks.push(Block::Heading(
            "Setiap hari, dari jam 00 sampai 24".to_owned(),
        ));
        blocks.push(days(hall, it.sheet.month, told, beside));
    }
    blocks.push(Block::Heading("Gangguan".to_owned()));
    blocks.push(failures(hall, &told.outages));
    blocks.push(Block::Heading("Menit yang dikecualikan".to_owned()));
    blocks.push(exclusions(hall, told, beside));
    if let Some(all) = &beside.incidents {
        blocks.push(Block::Heading("Kejadian".to_owned()));
        blocks.push(incidents(hall, all));
    }
    blocks.push(Block::Heading("Uji kecepatan".to_owned()));
    blocks.push(speeds(hall, &beside.speeds));
    blocks.push(Block::Heading("Jurnal perangkat".to_owned()));
    blocks.push(journals(&beside.heads));
}

fn incidents(hall: &Hall, all: &[Named]) -> Block {
    let row = |it: &Named| {
        vec![
            format!("#{}", it.number),
            it.title
                .clone()
                .unwrap_or_else(|| "dicatat orang".to_owned()),
            said::short_time(hall, it.opened),
            it.cleared.map_or_else(
                || "belum selesai".to_owned(),
                |at| said::short_time(hall, at),
            ),
        ]
    };
    Block::Table(Table {
        columns: vec![
            Column::words("Nomor", 8),
            Column::words("Kejadian", 52),
            Column::words("Dibuka", 20),
            Column::words("Selesai", 20),
        ],
        rows: all.iter().map(row).collect(),
        sums: 0,
        none: "Tidak ada kejadian.".to_owned(),
    })
}

fn speeds(hall: &Hall, all: &[SpeedRow]) -> Block {
    let said = |of: Option<&Way>| {
        super::kbps(of).map_or_else(
            || "tidak terukur".to_owned(),
            |kbps| number(u32::try_from(kbps).unwrap_or(u32::MAX)),
        )
    };
    let row = |it: &SpeedRow| {
        let why = match it.command {
            Some(_) => "diminta",
            None => "mingguan",
        };
        vec![
            said::short_time(hall, it.at),
            said(it.down.as_ref()),
            said(it.up.as_ref()),
            why.to_owned(),
        ]
    };
    Block::Table(Table {
        columns: vec![
            Column::words("Waktu", 30),
            Column::figures("Unduh (kbit/s)", 25),
            Column::figures("Unggah (kbit/s)", 25),
            Column::words("Sebab", 20),
        ],
        rows: all.iter().map(row).collect(),
        sums: 0,
        none: "Tidak ada uji kecepatan pada bulan ini.".to_owned(),
    })
}

/// Where the box's own chain of digests stands: what was taken out of it or put into it
/// since can be shown by it.
fn journals(all: &[Head]) -> Block {
    let row = |it: &Head| {
        let agent = it.agent.to_string();
        vec![
            // Its end tells the boxes of one site apart.
            format!("…{}", &agent[agent.len() - 8..]),
            match it.stream {
                "event" => "peristiwa",
                "sample" => "contoh ukur",
                _ => "uang",
            }
            .to_owned(),
            it.epoch.clone(),
            number(small(usize::try_from(it.seq).unwrap_or(usize::MAX))),
            it.digest.clone(),
        ]
    };
    Block::Table(Table {
        columns: vec![
            Column::words("Perangkat", 12),
            Column::words("Aliran", 12),
            Column::words("Epoch", 20),
            Column::figures("Catatan ke-", 10),
            Column::words("Sidik SHA-256", 46),
        ],
        rows: all.iter().map(row).collect(),
        sums: 0,
        none: "Belum ada catatan perangkat sejak awal bulan.".to_owned(),
    })
}

/// A strip for each day.
fn days(hall: &Hall, month: Month, told: &Told, beside: &Beside) -> Block {
    let all = [
        State::Up,
        State::Degraded,
        State::Down,
        State::Off,
        State::Unknown,
    ];
    let span = |day: Day| -> Range<Slot> {
        let before = day.plus(-1).map(|before| Slot::of(hall.end_of(before)));
        let to = Slot::of(hall.end_of(day));
        before.unwrap_or(to)..to
    };
    let strip = |day: Day| {
        let cells = cells(&span(day), &told.slots, &beside.runs, CELL);
        let marks = cells.into_iter().map(|cell| cell.map(words::mark));
        (day.of_month().to_string(), marks.collect())
    };
    Block::Strips(Strips {
        legend: all
            .map(|it| (words::mark(it), words::state(it).to_owned()))
            .to_vec(),
        scale: ["00", "03", "06", "09", "12", "15", "18", "21"]
            .map(str::to_owned)
            .to_vec(),
        days: month.days().map(strip).collect(),
    })
}

fn failures(hall: &Hall, outages: &[Outage]) -> Block {
    let row = |it: &Outage| {
        let long = it.to.map(|to| u32::try_from(to.0 - it.from.0).unwrap_or(0));
        vec![
            said::short_time(hall, it.from.start()),
            it.to.map_or_else(
                || "belum berakhir".to_owned(),
                |to| said::short_time(hall, to.start()),
            ),
            long.map_or_else(|| "belum diketahui".to_owned(), said::minutes),
            number(it.down),
            number(it.off),
            number(it.unknown),
            match it.changes {
                0 => words::cause(it.cause).to_owned(),
                n => format!("{}, {n} kali berganti", words::cause(it.cause)),
            },
        ]
    };
    Block::Table(Table {
        columns: vec![
            Column::words("Mulai", 20),
            Column::words("Selesai", 20),
            Column::figures("Lamanya", 16),
            Column::figures("Menit putus", 8),
            Column::figures("Menit padam", 8),
            Column::figures("Belum diketahui", 11),
            Column::words("Sebab", 19),
        ],
        rows: outages.iter().map(row).collect(),
        sums: 0,
        none: "Tidak ada gangguan yang tercatat. Menit yang belum diketahui tidak membuka dan tidak menutup gangguan.".to_owned(),
    })
}

fn exclusions(hall: &Hall, told: &Told, beside: &Beside) -> Block {
    let rows = told.over.iter().zip(&beside.declared).map(|((_, it), of)| {
        let declared = of.as_ref().map_or_else(
            || "oleh pusat, dari catatannya sendiri".to_owned(),
            |of| format!("{}, {}", of.by, said::short_time(hall, of.row.declared)),
        );
        let decided = of.as_ref().and_then(|of| of.decided.as_ref());
        let decided = match (of, decided) {
            (None, _) => "tidak perlu".to_owned(),
            (_, None) => "belum".to_owned(),
            (_, Some((at, by, true))) => format!("disetujui {by}, {}", said::short_time(hall, *at)),
            (_, Some((at, by, false))) => format!("ditolak {by}, {}", said::short_time(hall, *at)),
        };
        let why = of.as_ref().map(|of| {
            let document = of.row.document.as_ref();
            let document = document.map(|it| format!(" ({it})")).unwrap_or_default();
            format!("{}{document}", of.why())
        });
        vec![
            words::overlay(it.overlay).to_owned(),
            format!(
                "{} sampai {}",
                said::short_time(hall, it.slots.start.start()),
                said::short_time(hall, it.slots.end.start())
            ),
            declared,
            decided,
            standing(it, of.as_ref()).to_owned(),
            why.unwrap_or_default(),
        ]
    });
    Block::Table(Table {
        columns: vec![
            Column::words("Jenis", 14),
            Column::words("Rentang", 22),
            Column::words("Diumumkan oleh", 18),
            Column::words("Keputusan", 18),
            Column::words("Dihitung sebagai", 14),
            Column::words("Alasan (dokumen)", 22),
        ],
        rows: rows.collect(),
        sums: 0,
        none: "Tidak ada.".to_owned(),
    })
}

fn proof(hall: &Hall, it: &Evidence, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("Bukti lembar ini".to_owned()));
    let of = match &it.sheet.of {
        Of::Village(code) => format!("village {code}"),
        Of::Provider { name, .. } => format!("provider {name}"),
    };
    let (entry, hash) = match &it.chain {
        Some((seq, hash)) => (number(*seq), hash.as_str()),
        None => ("0".to_owned(), "-"),
    };
    let lines = vec![
        format!("Sidik SHA-256 angka-angka lembar ini: {}", it.digest),
        format!("Kepala rantai audit saat dibuat: catatan ke-{entry}, {hash}"),
        "Angka lembar ini dapat disusun ulang oleh siapa pun dari catatan mentah perangkat, dengan \
         aturan yang tertulis dalam keputusan 0014 dan bentuk teks dalam keputusan 0017."
            .to_owned(),
        "Berkas JSON lembar ini memuat angka yang sama: betang villages ledger --verify --sheet \
         BERKAS membandingkannya dengan catatan."
            .to_owned(),
        format!(
            "Kode di samping memuat pokok lembar, bulan, dan sidiknya. Dicetak {}.",
            said::time_of_zone(hall, it.made)
        ),
    ];
    blocks.push(Block::Code {
        text: format!(
            "betang-sheet 1\n{of}\nmonth {}\nsha256 {}",
            it.sheet.month, it.digest
        ),
        lines,
    });
}
