//! Breaches: failures to protect data of people, and who was told of them within 72 hours
//! (UU 27/2022, article 46).
//!
//! ```text
//! found ──▶ open, an incident of the house ──▶ authority told, people told ──▶ closed
//! ```
//!
//! What has happened may name people: it lies sealed under a key of its own. The incident
//! that goes with it tells the number of the breach and its clock.

use std::time::Duration;

use base::now::{Now, Wall};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::incident::{self, Key, Opening, Severity};
use hall::print::said;
use hall::problem::Problem;
use hall::vault::{OwnKey, Vault, VaultError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use store::{Error, Tx};

use crate::sql::breach::{self as rows, BreachRow, Closed, State, Told, Whom};

/// Within this after it was found both are to be told: three times 24 hours, by UU 27/2022,
/// article 46.
pub(crate) const DUE: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Longest text about a breach, in characters.
pub(crate) const TEXT_MAX: usize = 4_000;

/// What the key of a breach is bound to.
const KEY: (&str, &str) = ("card_breach", "key");

/// The kind of the incident that goes with one.
const INCIDENT: &str = "card.breach";

/// The part of the house that says so.
const BY: &str = "card";

/// Which data a breach is about, and its class by UU 27/2022, article 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    /// Who somebody is.
    Identity,
    /// Where he lives.
    Address,
    /// With whom.
    Family,
    /// How he lives, and what he is given.
    Welfare,
    /// Numbers of cards and money that was paid.
    Finance,
    /// Of anybody under eighteen.
    Children,
    /// What people have said and asked.
    Words,
    /// Who works with the house.
    Staff,
}

impl Data {
    pub(crate) const ALL: [Self; 8] = [
        Self::Identity,
        Self::Address,
        Self::Family,
        Self::Welfare,
        Self::Finance,
        Self::Children,
        Self::Words,
        Self::Staff,
    ];

    /// The word that rows and requests use.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identitas",
            Self::Address => "alamat",
            Self::Family => "keluarga",
            Self::Welfare => "kesejahteraan",
            Self::Finance => "keuangan",
            Self::Children => "anak",
            Self::Words => "pernyataan",
            Self::Staff => "petugas",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// As a notice names it.
    const fn said(self) -> &'static str {
        match self {
            Self::Identity => "identitas (nama, NIK, nomor KK, tempat dan tanggal lahir)",
            Self::Address => "alamat dan wilayah tempat tinggal",
            Self::Family => "hubungan keluarga dan nama ibu kandung",
            Self::Welfare => "desil kesejahteraan dan bantuan yang diterima (spesifik: keuangan)",
            Self::Finance => "nomor kartu dan nilai yang dibayarkan (spesifik: keuangan)",
            Self::Children => "data anak (spesifik)",
            Self::Words => "isi sanggahan dan permintaan",
            Self::Staff => "data petugas",
        }
    }
}

/// What is sealed under the key of a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What has happened and what is done about it.
    Said,
    /// How somebody was told.
    Told(Whom),
    /// Why somebody was not.
    Closing,
}

impl Part {
    /// The associated data, by which the parts that share a key are told apart.
    fn place(self, number: i64) -> Vec<u8> {
        let part: &[u8] = match self {
            Self::Said => b"",
            Self::Told(Whom::Authority) => b"authority",
            Self::Told(Whom::People) => b"people",
            Self::Closing => b"closing",
        };
        [b"card_breach", &number.to_be_bytes()[..], part].concat()
    }
}

/// What has happened and what is done about it, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// What, when and how.
    pub(crate) what: String,
    /// What was done and will be.
    pub(crate) handling: String,
}

/// What is said of a breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) said: Said,
    pub(crate) authority_how: Option<String>,
    pub(crate) people_how: Option<String>,
    pub(crate) reason: Option<String>,
}

/// There is no such breach.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-breach", "There is no such breach.")
}

fn done() -> Problem {
    Problem::conflict(
        "card-breach-closed",
        "This breach was closed; what is written of it stays.",
    )
}

/// What is written down of a breach.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) data: Vec<Data>,
    pub(crate) people: Option<i64>,
    pub(crate) said: Said,
}

impl Record {
    fn words(&self) -> Vec<String> {
        let words = self.data.iter().map(|it| it.as_str().to_owned());
        words.collect()
    }
}

/// Writes a breach down, and opens the incident that goes with it.
pub(crate) async fn record(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    found: Wall,
    it: &Record,
) -> Result<BreachRow, Problem> {
    let now = hall.now();
    let number = rows::next(tx).await?;
    let key = hall.vault().own_key()?;
    let row = BreachRow {
        number,
        state: State::Open,
        found,
        due: found + DUE,
        data: it.words(),
        people: it.people,
        sealed: key.seal(&Part::Said.place(number), &written(&it.said)?)?,
        wrapped: hall.vault().wrap(KEY.0, &number.to_string(), KEY.1, &key)?,
        by: who.person(),
        at: now.wall,
        told_authority: None,
        told_people: None,
        closed: None,
    };
    rows::add(tx, &row).await?;
    let detail = json!({ "found_us": found, "data": row.data, "people": row.people });
    tell(now, who, tx, "card_breach.recorded", number, detail).await?;
    raise(now, tx, &row).await?;
    Ok(row)
}

fn written(said: &Said) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(said)
        .map_err(|error| Problem::bug(format!("a breach cannot be written: {error}")))
}

/// What is kept of what was done about a breach.
async fn tell(
    now: Now,
    who: &Who,
    tx: &mut Tx,
    verb: &'static str,
    number: i64,
    mut detail: Json,
) -> Result<(), Error> {
    detail["number"] = json!(number);
    let act = Act {
        verb,
        subject: format!("breach {number}"),
        detail,
    };
    audit::record(tx, now, who, act).await
}

/// Opens the incident that goes with a breach, or says it again with what is known by now.
async fn raise(now: Now, tx: &mut Tx, row: &BreachRow) -> Result<(), Error> {
    let opening = Opening {
        key: Key::new(INCIDENT, row.number),
        by: BY,
        severity: Severity::Critical,
        title: format!(
            "Kegagalan pelindungan data pribadi kartu, nomor {}: lembaga dan subjek data diberi tahu dalam 72 jam",
            row.number
        ),
        facts: Map::from_iter([
            ("number".to_owned(), json!(row.number)),
            ("due_us".to_owned(), json!(row.due)),
            ("people".to_owned(), json!(row.people)),
            (
                "told_authority".to_owned(),
                json!(row.told_authority.is_some()),
            ),
            ("told_people".to_owned(), json!(row.told_people.is_some())),
        ]),
        about: Vec::new(),
    };
    incident::open(tx, now, opening).await?;
    Ok(())
}

fn key(vault: &Vault, row: &BreachRow) -> Result<Option<OwnKey>, VaultError> {
    match row.wrapped.is_empty() {
        true => Ok(None),
        false => vault
            .unwrap_key(KEY.0, &row.number.to_string(), KEY.1, &row.wrapped)
            .map(Some),
    }
}

/// What is said of a breach; none where its key was destroyed.
fn opened(vault: &Vault, row: &BreachRow) -> Result<Option<Opened>, VaultError> {
    let Some(key) = key(vault, row)? else {
        return Ok(None);
    };
    let said = key.open(&Part::Said.place(row.number), &row.sealed)?;
    let text = |part: Part, sealed: &[u8]| {
        let text = String::from_utf8(key.open(&part.place(row.number), sealed)?);
        text.map_err(|_| VaultError::from(Error::corrupt("card_breach")))
    };
    let how = |whom: Whom| {
        let told = row.told(whom);
        told.map(|told| text(Part::Told(whom), &told.how))
            .transpose()
    };
    let closing = row.closed.as_ref().and_then(|it| it.reason.as_ref());
    Ok(Some(Opened {
        said: serde_json::from_slice(&said).map_err(|_| Error::corrupt("card_breach.sealed"))?,
        authority_how: how(Whom::Authority)?,
        people_how: how(Whom::People)?,
        reason: closing
            .map(|sealed| text(Part::Closing, sealed))
            .transpose()?,
    }))
}

/// Opens a breach; who did and what for is kept. None where its key was destroyed.
pub(crate) async fn open(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &BreachRow,
    purpose: &str,
) -> Result<Option<Opened>, Problem> {
    let detail = json!({ "purpose": purpose });
    let now = hall.now();
    tell(now, who, tx, "card_breach.opened", row.number, detail).await?;
    Ok(opened(hall.vault(), row)?)
}

/// What is known of a breach is another.
///
/// # Errors
/// `card-breach-closed` if it was.
pub(crate) async fn change(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: BreachRow,
    it: &Record,
) -> Result<(), Problem> {
    let now = hall.now();
    let key = key(hall.vault(), &row)?.ok_or_else(none)?;
    let row = BreachRow {
        data: it.words(),
        people: it.people,
        sealed: key.seal(&Part::Said.place(row.number), &written(&it.said)?)?,
        ..row
    };
    if !rows::change(tx, &row).await? {
        return Err(done());
    }
    let detail = json!({ "data": row.data, "people": row.people });
    tell(now, who, tx, "card_breach.changed", row.number, detail).await?;
    raise(now, tx, &row).await?;
    Ok(())
}

/// Somebody was told of a breach.
///
/// # Errors
/// `card-breach-told` if he was before: when that was stays.
pub(crate) async fn told(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    mut row: BreachRow,
    (whom, at, how): (Whom, Wall, &str),
) -> Result<(), Problem> {
    if row.state == State::Closed {
        return Err(done());
    }
    let now = hall.now();
    let key = key(hall.vault(), &row)?.ok_or_else(none)?;
    let told = Told {
        at,
        by: who.person(),
        how: key.seal(&Part::Told(whom).place(row.number), how.as_bytes())?,
    };
    if !rows::tell(tx, row.number, whom, &told).await? {
        return Err(Problem::conflict(
            "card-breach-told",
            "It was written down before that they were told.",
        ));
    }
    let detail = json!({ "whom": whom.as_str(), "told_us": at, "is_late": row.due <= at });
    tell(now, who, tx, "card_breach.told", row.number, detail).await?;
    match whom {
        Whom::Authority => row.told_authority = Some(told),
        Whom::People => row.told_people = Some(told),
    }
    raise(now, tx, &row).await?;
    Ok(())
}

/// Closes a breach, and clears its incident.
///
/// # Errors
/// `card-breach-untold` if somebody was not told and no reason says why.
pub(crate) async fn close(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &BreachRow,
    reason: Option<&str>,
) -> Result<(), Problem> {
    if row.state == State::Closed {
        return Err(done());
    }
    let untold: Vec<&str> = Whom::ALL
        .into_iter()
        .filter(|whom| row.told(*whom).is_none())
        .map(Whom::as_str)
        .collect();
    if !untold.is_empty() && reason.is_none() {
        return Err(Problem::conflict(
            "card-breach-untold",
            "Somebody was not told yet: tell him, or say why not.",
        ));
    }
    let now = hall.now();
    let key = key(hall.vault(), row)?.ok_or_else(none)?;
    let place = Part::Closing.place(row.number);
    let closed = Closed {
        by: who.person(),
        at: now.wall,
        reason: reason
            .map(|text| key.seal(&place, text.as_bytes()))
            .transpose()?,
    };
    if !rows::close(tx, row.number, &closed).await? {
        return Err(done());
    }
    let detail = json!({ "untold": untold });
    tell(now, who, tx, "card_breach.closed", row.number, detail).await?;
    incident::clear(tx, now, &Key::new(INCIDENT, row.number), BY).await?;
    Ok(())
}

/// Whether somebody is not told in time, or was not; of a closed one that he was told late.
pub(crate) fn is_late(row: &BreachRow, now: Wall) -> bool {
    Whom::ALL.into_iter().any(|whom| match row.told(whom) {
        Some(told) => row.due <= told.at,
        None => row.state == State::Open && row.due <= now,
    })
}

/// The notice of a breach, in Indonesian: which data, when and how it came out, and what is
/// done about it (article 46, paragraph 2). Who took it is kept.
pub(crate) async fn notice(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    row: &BreachRow,
    whom: Whom,
) -> Result<String, Problem> {
    let now = hall.now();
    let detail = json!({ "whom": whom.as_str() });
    tell(now, who, tx, "card_breach.noticed", row.number, detail).await?;
    let said = opened(hall.vault(), row)?.ok_or_else(none)?.said;
    let time = |at: Wall| said::time_with_offset(hall, at);
    Ok(text(row, whom, &said, &time(row.found), &time(row.due)))
}

fn text(row: &BreachRow, whom: Whom, said: &Said, found: &str, due: &str) -> String {
    let to = match whom {
        Whom::Authority => "Lembaga pelindungan data pribadi",
        Whom::People => "Subjek data pribadi yang datanya terungkap",
    };
    let data: Vec<String> = row
        .data
        .iter()
        .filter_map(|word| Data::parse(word))
        .map(|data| format!("   - {}", data.said()))
        .collect();
    let people = row.people.map_or_else(
        || "Jumlah orang yang terdampak: belum diketahui.".to_owned(),
        |people| format!("Jumlah orang yang terdampak: {}.", said::number(people)),
    );
    let rights = match whom {
        Whom::Authority => String::new(),
        Whom::People => "\nBapak/Ibu berhak meminta akses, perbaikan, atau pemusnahan data pribadi di kantor desa, kelurahan, atau Dinas Sosial. Jangan memberikan nomor kartu, PIN, atau kode kepada siapa pun yang mengaku petugas.\n".to_owned(),
    };
    format!(
        "PEMBERITAHUAN KEGAGALAN PELINDUNGAN DATA PRIBADI\n\
         (Undang-Undang Nomor 27 Tahun 2022, Pasal 46)\n\n\
         Nomor catatan : {}\n\
         Kepada        : {to}\n\
         Diketahui     : {found}\n\
         Batas waktu   : {due} (3 x 24 jam)\n\n\
         a. Data pribadi yang terungkap\n{}\n   {people}\n\n\
         b. Kapan dan bagaimana data pribadi terungkap\n{}\n\n\
         c. Upaya penanganan dan pemulihan\n{}\n{rights}",
        row.number,
        data.join("\n"),
        indented(&said.what),
        indented(&said.handling),
    )
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => String::new(),
        line => format!("   {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use base::id::Id;

    use super::*;

    fn row() -> BreachRow {
        let found = Wall::from_us(1_764_547_200_000_000);
        BreachRow {
            number: 1,
            state: State::Open,
            found,
            due: found + DUE,
            data: vec!["identitas".to_owned(), "anak".to_owned()],
            people: Some(1_200),
            sealed: Vec::new(),
            wrapped: Vec::new(),
            by: Id::from_bytes([1; 16]),
            at: found,
            told_authority: None,
            told_people: None,
            closed: None,
        }
    }

    #[test]
    fn it_is_late_once_anybody_is_not_told_within_seventy_two_hours() {
        let tick = Duration::from_micros(1);
        let told = |at| {
            Some(Told {
                at,
                by: Id::from_bytes([1; 16]),
                how: Vec::new(),
            })
        };
        let mut row = row();
        let due = row.due;
        assert!(!is_late(&row, due - tick));
        assert!(is_late(&row, due));
        row.told_authority = told(due - tick);
        assert!(is_late(&row, due), "the people");
        row.told_people = told(due - tick);
        assert!(!is_late(&row, due + DUE));
        row.told_people = told(due);
        assert!(is_late(&row, due));
        row.told_people = None;
        row.state = State::Closed;
        assert!(!is_late(&row, due + DUE), "it was said why not");
    }

    #[test]
    fn what_shares_a_key_has_places_of_its_own() {
        let parts = [
            Part::Said,
            Part::Told(Whom::Authority),
            Part::Told(Whom::People),
            Part::Closing,
        ];
        for (n, one) in parts.iter().enumerate() {
            for other in &parts[n + 1..] {
                assert_ne!(one.place(1), other.place(1));
            }
            assert_ne!(one.place(1), one.place(2));
        }
    }

    #[test]
    fn a_notice_says_what_the_law_asks_for() {
        let said = Said {
            what: "Berkas lampiran terkirim ke alamat yang salah.\n\nDibuka sekali.".to_owned(),
            handling: "Penerima menghapusnya.".to_owned(),
        };
        let text = text(&row(), Whom::People, &said, "kemarin", "lusa");
        for part in [
            "Pasal 46",
            "Subjek data pribadi",
            "   - identitas",
            "   - data anak (spesifik)",
            "terdampak: 1.200.",
            "   Berkas lampiran terkirim ke alamat yang salah.\n\n   Dibuka sekali.",
            "c. Upaya penanganan dan pemulihan\n   Penerima menghapusnya.",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
