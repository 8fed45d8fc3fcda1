//! The sheet of reasons: why somebody receives or does not, on paper, for whoever asks at the
//! counter of a village.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use base::id::Person;
use card_core::decree::{By, Standing};
use card_core::rule::Subject;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::print::said::{self, rupiah};
use hall::print::{Block, Column, Sheet as Paper, Table};
use hall::problem::{self, Json, Path, Problem};
use hall::{line, staff};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::subjects::{self, Told};
use crate::decide::adopt::Decree;
use crate::decide::reasons::{ChangeView, Evidence, NodeView, ReasonView};
use crate::decide::{annex, draft};
use crate::record::{Record, masked_name, masked_number};
use crate::room::Room;
use crate::sql::decision::State as Stage;
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(print).guard(Permission::CardOpen))
}

/// What a sheet is printed for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardSheetForm, example = json!({ "purpose": "diminta keluarga di kantor desa" }))]
struct SheetForm {
    /// What for. It is written into the audit.
    purpose: String,
}

/// Prints why somebody stands where he does on a list: each rule with its legal source, what
/// was found and where, who decided, and how to object. PDF/A, in Indonesian.
#[utoipa::path(post, path = "/api/v1/card/decisions/{number}/subjects/{subject}/sheet",
    tag = "card", request_body = SheetForm,
    params(("number" = i64, Path, description = "of the list"),
        ("subject" = String, Path, description = "`fam_…`, `rsd_…` or `biz_…`")),
    responses((status = 200, content((Vec<u8> = "application/pdf"))), (status = 404),
        (status = 409), (status = 422)))]
async fn print(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path((number, subject)): Path<(i64, SubjectId)>,
    Json(form): Json<SheetForm>,
) -> Result<Response, Problem> {
    let purpose = line::read("purpose", &form.purpose, super::super::PURPOSE_MAX)?;
    let told = subjects::told(&hall, &room, &who, Permission::CardOpen, number, subject).await?;
    let mut read = hall.db().read().await?;
    let record = annex::record(&hall, &mut read, (told.row.list, told.row.number)).await?;
    let names = staff::names(&mut read).await?;
    let why_alone = match &told.exception {
        Some(row) => Some(draft::reason(&hall, row)?),
        None => None,
    };
    drop(read);
    let sheet = Sheet {
        hall: &hall,
        room: &room,
        told: &told,
        record: record.as_ref(),
        names: &names,
        why_alone,
        printed_by: who.name().to_owned(),
    };
    let paper = sheet.paper(subject);
    let work = move || paper.pdf();
    let printed = hall.tasks().blocking("printing a sheet", work).await;
    let printed = printed.map_err(|undone| Problem::bug(undone.to_string()))?;
    let octets = printed.map_err(|why| {
        Problem::conflict("sheet-too-long", format!("The sheet is too long: {why}."))
    })?;
    let act = Act {
        verb: "card_sheet.printed",
        subject: subject.to_string(),
        detail: json!({ "list": number, "purpose": purpose }),
    };
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), &who, act).await?;
    tx.commit().await?;
    let saved = format!("attachment; filename=\"lembar-alasan-{number}.pdf\"");
    Ok(problem::file(
        "application/pdf",
        octets.into(),
        &[("content-disposition", saved)],
    ))
}

/// What a sheet tells.
struct Sheet<'a> {
    hall: &'a Hall,
    room: &'a Room,
    told: &'a Told,
    record: Option<&'a Record>,
    names: &'a BTreeMap<base::id::Id<Person>, String>,
    why_alone: Option<String>,
    printed_by: String,
}

impl Sheet<'_> {
    fn paper(&self, subject: SubjectId) -> Paper {
        let decision = &self.told.decision;
        let programme = &self.told.laid.weighed.programme;
        let now = self.hall.now().wall;
        let kind = match decision.state {
            Stage::Adopted => "LEMBAR ALASAN",
            Stage::Draft | Stage::Writing => "LEMBAR ALASAN · RANCANGAN, BELUM DITETAPKAN",
            Stage::Dropped => "LEMBAR ALASAN · RANCANGAN YANG DIBUANG",
        };
        let name = match self.record {
            Some(record) if subject.subject() == Subject::Business => record.business.clone(),
            Some(record) => record.name.clone(),
            None => "(kunci data sudah dimusnahkan)".to_owned(),
        };
        let mut blocks = vec![
            Block::Head {
                kind: format!("{kind} · {}", programme.name.to_uppercase()),
                name,
                below: self.place(),
            },
            Block::Heading("Keputusan".to_owned()),
            Block::Text(self.verdict()),
            Block::Facts(self.about(subject)),
            Block::Heading("Aturan satu per satu".to_owned()),
            self.rules(),
        ];
        if let Some(changes) = &self.told.changes {
            blocks.push(Block::Heading(format!(
                "Yang berubah sejak daftar {}",
                decision.baseline.unwrap_or_default()
            )));
            blocks.push(changed(changes));
        }
        blocks.push(Block::Heading("Bila tidak sesuai".to_owned()));
        blocks.push(Block::Text(
            "Siapa pun yang merasa keputusan ini tidak sesuai dapat menyanggah di kantor desa, kelurahan atau Dinas Sosial dengan menunjukkan lembar ini. Sanggahan dicatat dengan nomor dan diputuskan oleh orang, bukan oleh komputer; jawabannya diberikan dengan alasan."
                .to_owned(),
        ));
        blocks.push(Block::Small(
            "Belum diketahui bukan tidak berhak: nilai yang tidak ada di daftar mana pun tidak dihitung nol. Nilai di lembar ini adalah yang tertulis di daftar sumber pada tanggalnya."
                .to_owned(),
        ));
        Paper {
            title: format!("Lembar alasan, daftar {}", decision.number),
            made: now,
            foot: format!(
                "Daftar {} · dicetak {} oleh {}",
                decision.number,
                said::time_of_zone(self.hall, now),
                self.printed_by
            ),
            blocks,
        }
    }

    fn place(&self) -> String {
        let area = self.told.row.area.as_ref();
        let mut parts: Vec<&str> = Vec::new();
        let mut next = area.cloned();
        while let Some(code) = next {
            if let Some(name) = self.room.areas().name(&code) {
                parts.push(name);
            }
            next = code.parent();
        }
        match parts.is_empty() {
            true => "wilayah belum diketahui".to_owned(),
            false => parts.join(", "),
        }
    }

    fn verdict(&self) -> String {
        let (told, programme) = (self.told, &self.told.laid.weighed.programme);
        let subject = match programme.subject {
            Subject::Family => "Keluarga",
            Subject::Person => "Orang",
            Subject::Business => "Usaha",
        };
        let (unit, item) = (&programme.unit, &programme.item);
        let what = match item.to_lowercase().starts_with(&unit.to_lowercase()) {
            true => format!("{} {item}", programme.amount),
            false => format!("{} {unit} {item}", programme.amount),
        };
        let verdict = match told.row.standing {
            Standing::Included => format!("{subject} ini masuk daftar penerima: {what}"),
            Standing::Held => {
                format!("{subject} ini ditahan di daftar penerima sampai ada kepastian: {what}")
            }
            Standing::Excluded => format!("{subject} ini tidak masuk daftar penerima"),
            Standing::Unknown => format!(
                "{subject} ini tidak masuk daftar penerima karena belum diketahui apakah berhak"
            ),
            Standing::Undecided => {
                format!("Tentang {} ini belum diputuskan", subject.to_lowercase())
            }
        };
        let against = told.row.rule.as_deref().map(|rule| {
            let rules = &programme.rules;
            let name = rules.iter().find(|it| it.id == rule);
            name.map_or("tidak ada lagi di daftar mana pun", |it| it.name.as_str())
        });
        match against {
            Some(name) if told.row.standing != Standing::Included => {
                format!("{verdict}. Aturan yang menentukan: {name}.")
            }
            _ => format!("{verdict}."),
        }
    }

    /// Whose a business is, as its list names them: masked, since whoever asks about a business
    /// need not be its owner.
    fn owner(&self) -> String {
        let laid = &self.told.laid;
        let at = laid
            .weighed
            .place(SubjectId::of(Subject::Business, self.told.row.subject));
        let business = at.map(|at| &laid.weighed.facts.businesses[at]);
        let name = match self.record {
            Some(record) if !record.name.is_empty() => masked_name(&record.name),
            _ => "tidak disebut".to_owned(),
        };
        match business.is_some_and(|it| it.owner.is_some()) {
            true => name,
            false => format!("{name}; belum ditemukan di daftar lain"),
        }
    }

    fn decided_by(&self) -> String {
        let told = self.told;
        let named = |name: Option<&String>| match name {
            Some(name) => name.clone(),
            None => "petugas yang tidak terdaftar lagi".to_owned(),
        };
        match (told.row.by, &told.exception, &told.ruling) {
            (By::Person, Some(row), _) => format!(
                "{}, tentang yang bersangkutan sendiri, {}: {}",
                named(self.names.get(&row.by)),
                said::time_of_zone(self.hall, row.at),
                self.why_alone.as_deref().unwrap_or_default()
            ),
            (By::Group, _, Some(ruling)) => format!(
                "{}, tentang semua yang kena aturan itu, {}: {}",
                named(ruling.by_name.as_ref()),
                said::time_of_zone(self.hall, ruling.at_us),
                ruling.reason
            ),
            _ => "menurut aturan; ditetapkan bersama seluruh daftar".to_owned(),
        }
    }

    fn about(&self, subject: SubjectId) -> Vec<(String, String)> {
        let decision = &self.told.decision;
        let programme = &self.told.laid.weighed.programme;
        let fact = |name: &str, value: String| (name.to_owned(), value);
        let mut facts = vec![fact("Nomor", subject.to_string())];
        if subject.subject() == Subject::Business {
            facts.push(fact("Pemilik", self.owner()));
        }
        facts.extend([
            fact(
                match subject.subject() {
                    Subject::Business => "NIK pemilik",
                    Subject::Family | Subject::Person => "NIK",
                },
                match self.record {
                    Some(record) if !record.nik.is_empty() => masked_number(&record.nik),
                    _ => "belum diketahui".to_owned(),
                },
            ),
            fact("Diputuskan oleh", self.decided_by()),
            fact(
                "Program",
                format!("{} (versi {})", programme.name, decision.version),
            ),
            fact("Instansi", programme.agency.clone()),
            fact("Dasar", programme.source.clone()),
            fact(
                "Nilai per siklus",
                match programme.rupiah_each() {
                    Some(each) => rupiah(each),
                    None => "belum diketahui".to_owned(),
                },
            ),
            fact(
                "Diperiksa",
                format!(
                    "pemeriksaan {}, keadaan per {}",
                    decision.run,
                    said::day(decision.on)
                ),
            ),
        ]);
        let decree = decision.decree.clone();
        let decree: Option<Decree> = decree.and_then(|it| serde_json::from_value(it).ok());
        if let Some(decree) = decree {
            facts.push(fact(
                "Keputusan",
                format!("{}, {}", decree.number, decree.day),
            ));
        }
        if let Some(place) = self.told.row.place {
            facts.push(fact("Nomor lampiran", place.to_string()));
        }
        if let Some(sha256) = &decision.sha256 {
            facts.push(fact("SHA-256 daftar", sha256.clone()));
        }
        facts
    }

    fn rules(&self) -> Block {
        let rows = self.told.reasons.iter().map(|reason| {
            let mut values: Vec<String> = Vec::new();
            let mut sources: Vec<String> = Vec::new();
            gather(&reason.tree, &mut values, &mut sources);
            vec![
                named(reason),
                outcome(reason.outcome).to_owned(),
                values.join("; "),
                sources.join("; "),
            ]
        });
        Block::Table(Table {
            columns: vec![
                Column::words("Aturan dan dasarnya", 34),
                Column::words("Hasil", 14),
                Column::words("Yang tertulis", 26),
                Column::words("Menurut sumber", 26),
            ],
            rows: rows.collect(),
            sums: 0,
            none: "Tidak ada lagi daftar yang menyebutnya.".to_owned(),
        })
    }
}

fn named(reason: &ReasonView) -> String {
    match &reason.source {
        Some(source) => format!("{} ({}; {source})", reason.name, reason.kind),
        None => format!("{} ({})", reason.name, reason.kind),
    }
}

fn outcome(word: &str) -> &'static str {
    match word {
        "holds" => "mendukung",
        "fails" => "menolak",
        _ => "belum diketahui",
    }
}

/// What leaves found, each once, and where.
fn gather(node: &NodeView, values: &mut Vec<String>, sources: &mut Vec<String>) {
    if let (Some(words), Some(value)) = (&node.words, &node.value) {
        let line = format!("{words} — {value}");
        if !values.contains(&line) {
            values.push(line);
        }
        for row in &node.by {
            let line = source(row);
            if !sources.contains(&line) {
                sources.push(line);
            }
        }
    }
    node.of.iter().for_each(|it| gather(it, values, sources));
}

fn source(row: &Evidence) -> String {
    match row.as_of {
        Some(day) => format!("{}, per {}, baris {}", row.title, said::day(day), row.row),
        None => format!("{}, baris {}", row.title, row.row),
    }
}

fn changed(changes: &[ChangeView]) -> Block {
    match changes.is_empty() {
        true => Block::Text("Tidak ada aturan yang hasilnya berubah.".to_owned()),
        false => Block::Facts(
            changes
                .iter()
                .map(|change| (change.rule.clone(), change.words()))
                .collect(),
        ),
    }
}
