//! How long what is kept, and who lets it go.
//!
//! ```text
//! a table of terms ──▶ once a day ──▶ what is past its term and not held is destroyed
//!  (changed by people, with a reason)        │
//!                                            └▶ what is held is counted, and looked at again
//! ```
//!
//! Nothing of the table is law by itself: where an act says how long, it is named; else it is a
//! measure of the house, which people may change for their province within its bounds.

use std::collections::BTreeMap;
use std::time::Duration;

use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act, Actor};
use hall::guard::Who;
use hall::line;
use hall::problem::Problem;
use serde_json::json;
use store::blob::Sha256;
use store::{Conn, Error, Tx};

use crate::import::kept;
use crate::photo::{self, Ended, Kind};
use crate::room::Room;
use crate::sql::decision::{self, State as Stage};
use crate::sql::erasure::{self, Hanging};
use crate::sql::list::{self, ListRow};
use crate::sql::photo::{self as photos, Gone};
use crate::sql::record;
use crate::sql::run;
use crate::sql::settled;
use crate::sql::term::{self as rows, LastRow, Say};
use crate::{erase, examine, hold, settle};

/// Rows that are destroyed in one transaction: others write between.
const CHUNK: i64 = 500;

/// Rows that are destroyed in one go; what is left is for the next day.
const DAILY: i64 = 100_000;

/// Photographs that are looked at in one transaction: of each it is asked what holds it.
const PHOTOS_CHUNK: i64 = 50;

/// Photographs that are destroyed in one go; what is left is for the next day.
const PHOTOS_DAILY: i64 = 5_000;

/// How often it is looked whether a day is over.
const LOOK: Duration = Duration::from_secs(3_600);

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Longest that anything is kept, in days: a hundred years.
const DAYS_MAX: i64 = 36_525;

/// What has a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    RawCopy,
    Imports,
    ListRows,
    Facts,
    Objections,
    Exceptions,
    Drafts,
    PhotosHouse,
    PhotosPerson,
    PhotosPaper,
}

/// How long something is kept if nobody says otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed {
    /// So many days; none: by a date of its own.
    pub(crate) days: Option<i64>,
    /// So many at least; none: it is not changed here.
    pub(crate) days_min: Option<i64>,
    /// By which act, or whose measure it is.
    pub(crate) basis: &'static str,
    /// What is destroyed, and from when on the days count.
    pub(crate) does: &'static str,
}

impl Term {
    pub(crate) const ALL: [Self; 10] = [
        Self::RawCopy,
        Self::Imports,
        Self::ListRows,
        Self::Facts,
        Self::Objections,
        Self::Exceptions,
        Self::Drafts,
        Self::PhotosHouse,
        Self::PhotosPerson,
        Self::PhotosPaper,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RawCopy => "raw_copy",
            Self::Imports => "imports",
            Self::ListRows => "list_rows",
            Self::Facts => "facts",
            Self::Objections => "objections",
            Self::Exceptions => "exceptions",
            Self::Drafts => "drafts",
            Self::PhotosHouse => "photos_house",
            Self::PhotosPerson => "photos_person",
            Self::PhotosPaper => "photos_paper",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// The table of terms.
    pub(crate) const fn fixed(self) -> Fixed {
        match self {
            Self::RawCopy => Fixed {
                days: None,
                days_min: None,
                basis: "UU 27/2022 pasal 44: dimusnahkan setelah masa retensinya; tanggalnya dinyatakan saat daftar ditulis",
                does: "Berkas asli sebuah daftar: kunci dan berkasnya, setelah tanggal simpannya.",
            },
            Self::Imports => Fixed {
                days: Some(1),
                days_min: None,
                basis: "ukuran rumah ini",
                does: "Berkas yang diunggah dan tidak dilanjutkan: kunci dan berkasnya, sejak diunggah.",
            },
            Self::ListRows => Fixed {
                days: Some(5 * 365),
                days_min: Some(365),
                basis: "ukuran rumah ini; UU 27/2022 pasal 43 dan 44",
                does: "Baris daftar yang ditarik atau diganti: kunci, isi, indeks, dan kata orang tentangnya, sejak daftar itu tidak berlaku. Yang ditahan dilewati dan dihitung.",
            },
            Self::Facts => Fixed {
                days: None,
                days_min: None,
                basis: "tanggal simpan daftar penetapan yang bertumpu padanya",
                does: "Yang diketahui sebuah pemeriksaan lama: kunci dan berkasnya, setelah tanggal simpan semua daftar penetapan yang bertumpu padanya. Nama berkasnya tetap.",
            },
            Self::Objections => Fixed {
                days: Some(10 * 365),
                days_min: Some(2 * 365),
                basis: "ukuran rumah ini",
                does: "Isi sanggahan dan jawabannya: kunci dan isinya, sejak dijawab. Yang menyangkut daftar penetapan yang masih disimpan dilewati dan dihitung.",
            },
            Self::Exceptions => Fixed {
                days: Some(10 * 365),
                days_min: Some(2 * 365),
                basis: "ukuran rumah ini",
                does: "Alasan keputusan perorangan beserta kuncinya, sejak keputusan itu diakhiri. Keputusannya tetap.",
            },
            Self::Drafts => Fixed {
                days: Some(365),
                days_min: Some(30),
                basis: "ukuran rumah ini",
                does: "Keputusan kelompok beserta alasannya dalam rancangan yang dibatalkan, sejak rancangan itu dimulai.",
            },
            Self::PhotosHouse => Fixed {
                days: Some(365),
                days_min: Some(90),
                basis: "ukuran rumah ini",
                does: "Foto rumah: kunci dan berkasnya, sejak diambil. Yang ditahan dilewati dan dihitung.",
            },
            Self::PhotosPerson => Fixed {
                days: Some(365),
                days_min: Some(90),
                basis: "ukuran rumah ini; UU 27/2022 pasal 4 ayat (2): memperlihatkan orang",
                does: "Foto orang: kunci dan berkasnya, sejak diambil. Yang ditahan dilewati dan dihitung.",
            },
            Self::PhotosPaper => Fixed {
                days: Some(5 * 365),
                days_min: Some(365),
                basis: "ukuran rumah ini; UU 27/2022 pasal 4 ayat (2): memperlihatkan orang",
                does: "Foto dokumen: kunci dan berkasnya, sejak diambil. Yang menjadi dasar daftar penetapan yang masih disimpan ditahan, dilewati dan dihitung.",
            },
        }
    }
}

/// For how many days things are kept, as people have said, else as the house does.
pub(crate) async fn days(conn: &mut Conn) -> Result<BTreeMap<Term, Option<i64>>, Error> {
    let mut days: BTreeMap<Term, Option<i64>> = Term::ALL
        .into_iter()
        .map(|term| (term, term.fixed().days))
        .collect();
    for (what, said) in rows::said(conn).await? {
        if let Some(term) = Term::parse(&what) {
            days.insert(term, Some(said));
        }
    }
    Ok(days)
}

/// Before when what is past its term began to be kept for nothing.
fn cut(now: Wall, days: i64) -> Wall {
    now - DAY * u32::try_from(days).unwrap_or(u32::MAX)
}

/// When so many days are over.
pub(crate) fn after(since: Wall, days: i64) -> Wall {
    since + DAY * u32::try_from(days).unwrap_or(u32::MAX)
}

/// How much is past its term, were it so many days.
pub(crate) async fn due(
    conn: &mut Conn,
    term: Term,
    days: Option<i64>,
    now: Wall,
) -> Result<i64, Error> {
    let cut = cut(now, days.unwrap_or(0));
    match term {
        Term::RawCopy => rows::raw_copies(conn, now).await,
        Term::Imports => rows::imports(conn, now - kept::KEPT).await,
        Term::ListRows => rows::rows(conn, cut).await,
        Term::Facts => {
            let facts = rows::facts(conn, now).await?;
            Ok(i64::try_from(facts.len()).unwrap_or(i64::MAX))
        }
        Term::Objections => rows::objections(conn, cut).await,
        Term::Exceptions => rows::exceptions(conn, cut).await,
        Term::Drafts => rows::rulings(conn, cut).await,
        Term::PhotosHouse => photos::due(conn, Kind::House, cut).await,
        Term::PhotosPerson => photos::due(conn, Kind::Person, cut).await,
        Term::PhotosPaper => photos::due(conn, Kind::Paper, cut).await,
    }
}

/// How much of that is held, by the last look, and when the first of it is not any more.
pub(crate) async fn held(
    conn: &mut Conn,
    term: Term,
    days: Option<i64>,
    now: Wall,
) -> Result<(i64, Option<Wall>), Error> {
    let cut = cut(now, days.unwrap_or(0));
    match term {
        Term::ListRows => rows::held_rows(conn, cut, now).await,
        Term::Objections => rows::held_objections(conn, cut, now).await,
        Term::PhotosHouse | Term::PhotosPerson | Term::PhotosPaper => {
            let last = rows::last(conn).await?;
            let last = last.into_iter().find(|it| it.what == term.as_str());
            Ok(last.map_or((0, None), |it| (it.held, it.until)))
        }
        Term::RawCopy | Term::Imports | Term::Facts | Term::Exceptions | Term::Drafts => {
            Ok((0, None))
        }
    }
}

/// Whether something may be kept for so many days.
///
/// # Errors
/// What has to be said instead.
pub(crate) fn check(term: Term, days: i64) -> Result<(), Problem> {
    let Some(least) = term.fixed().days_min else {
        return Err(line::refuse("days", "is not changed here"));
    };
    match (least..=DAYS_MAX).contains(&days) {
        true => Ok(()),
        false => Err(line::refuse("days", format!("use {least} to {DAYS_MAX}"))),
    }
}

/// Says how long something is kept from now on.
///
/// # Errors
/// `card-count` if another number would be past that term at once.
pub(crate) async fn change(
    hall: &Hall,
    who: &Who,
    term: Term,
    (days, reason): (i64, &str),
    expected: i64,
) -> Result<(), Problem> {
    check(term, days)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let due = due(&mut tx, term, Some(days), now.wall).await?;
    if due != expected {
        return Err(Problem::conflict(
            "card-count",
            "Another number would be past that term at once: look again.",
        )
        .field("due", due.to_string()));
    }
    let was = self::days(&mut tx).await?.remove(&term).flatten();
    let say = Say {
        what: term.as_str(),
        days,
        reason,
        by: who.person(),
        at: now.wall,
    };
    rows::say(&mut tx, &say).await?;
    let act = Act {
        verb: "card_term.changed",
        subject: format!("term {}", term.as_str()),
        detail: json!({ "days": days, "was": was, "reason": reason, "due": due }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    Ok(())
}

/// When it is looked next whether something is past its term.
pub(crate) fn next(last: Option<&LastRow>, now: Wall) -> Wall {
    last.map_or(now, |last| last.at + DAY)
}

/// Enforces terms once a day, until the house closes.
pub(crate) async fn enforce_daily(hall: Hall, room: Room) {
    let stop = hall.tasks().soft().clone();
    loop {
        if let Err(problem) = enforce(&hall, &room).await {
            tracing::error!(
                problem = problem.slug(),
                "what is past its term was not destroyed"
            );
        }
        let pause = tokio::time::sleep(LOOK);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// What came of a term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ran {
    destroyed: i64,
    held: i64,
    until: Option<Wall>,
}

/// Enforces each term whose last time is a day ago.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn enforce(hall: &Hall, room: &Room) -> Result<(), Problem> {
    for term in Term::ALL {
        let now = hall.now().wall;
        let mut read = hall.db().read().await?;
        let last = rows::last(&mut read).await?;
        let days = days(&mut read).await?.remove(&term).flatten();
        drop(read);
        let last = last.into_iter().find(|row| row.what == term.as_str());
        let is_over = next(last.as_ref(), now) <= now;
        // Files have an eye on them already, by the hour.
        if !is_over || matches!(term, Term::RawCopy | Term::Imports) {
            continue;
        }
        match one(hall, room, term, days, now).await {
            Ok(Some(ran)) => {
                noted(hall, term, ran, now).await?;
            }
            Ok(None) => {}
            // The others are enforced all the same.
            Err(problem) => tracing::error!(
                term = term.as_str(),
                problem = problem.slug(),
                "a term was not enforced"
            ),
        }
    }
    settle::settle(hall).await;
    erase::sweep(hall).await
}

/// Enforces one term; none where it has to wait, or the house closes.
async fn one(
    hall: &Hall,
    room: &Room,
    term: Term,
    days: Option<i64>,
    now: Wall,
) -> Result<Option<Ran>, Problem> {
    let cut = cut(now, days.unwrap_or(0));
    let mut ran = Ran::default();
    match term {
        Term::RawCopy | Term::Imports => return Ok(None),
        Term::ListRows => return list_rows(hall, room, cut, now).await,
        Term::Facts => return facts(hall, room, now).await,
        Term::PhotosHouse => return photographs(hall, term, Kind::House, cut).await,
        Term::PhotosPerson => return photographs(hall, term, Kind::Person, cut).await,
        Term::PhotosPaper => return photographs(hall, term, Kind::Paper, cut).await,
        Term::Drafts => {
            let mut tx = hall.db().write().await?;
            ran.destroyed = number(rows::end_rulings(&mut tx, cut).await?);
            destroyed(hall, &mut tx, term, None, ran.destroyed).await?;
            tx.commit().await?;
        }
        Term::Objections | Term::Exceptions => loop {
            if hall.tasks().soft().is_cancelled() {
                return Ok(None);
            }
            let mut tx = hall.db().write().await?;
            let gone = match term {
                Term::Objections => rows::end_objections(&mut tx, cut, now, CHUNK).await?,
                _ => rows::end_exceptions(&mut tx, cut, CHUNK).await?,
            };
            destroyed(hall, &mut tx, term, None, number(gone)).await?;
            tx.commit().await?;
            ran.destroyed += number(gone);
            if number(gone) < CHUNK {
                break;
            }
        },
    }
    let mut read = hall.db().read().await?;
    (ran.held, ran.until) = held(&mut read, term, days, now).await?;
    Ok(Some(ran))
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Writes down what a part of a term destroys, in the transaction that does: whatever cuts it
/// off, the audit tells of all that is gone.
async fn destroyed(
    hall: &Hall,
    tx: &mut Tx,
    term: Term,
    list: Option<i64>,
    count: i64,
) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    let now = hall.now();
    settled::destroyed(tx, now.wall).await?;
    let act = Act {
        verb: "card_term.destroyed",
        subject: format!("term {}", term.as_str()),
        detail: json!({ "list": list, "destroyed": count }),
    };
    audit::record_by(tx, now, &Actor::house("card.terms"), act).await
}

/// Writes down what came of a term; where nothing was destroyed only that it was looked.
async fn noted(hall: &Hall, term: Term, ran: Ran, at: Wall) -> Result<(), Problem> {
    let mut tx = hall.db().write().await?;
    let row = LastRow {
        what: term.as_str().to_owned(),
        at,
        destroyed: ran.destroyed,
        held: ran.held,
        until: ran.until,
    };
    rows::ran(&mut tx, &row).await?;
    if ran.destroyed > 0 {
        let act = Act {
            verb: "card_term.enforced",
            subject: format!("term {}", term.as_str()),
            detail: json!({ "destroyed": ran.destroyed, "held": ran.held }),
        };
        audit::record_by(&mut tx, hall.now(), &Actor::house("card.terms"), act).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether something goes on that reads rows, or rests on them.
async fn is_busy(hall: &Hall, room: &Room) -> Result<bool, Error> {
    let mut read = hall.db().read().await?;
    let writing = decision::some(&mut read, None, Some(Stage::Writing), None, 1).await?;
    Ok(room.stage().is_some() || !writing.is_empty())
}

/// Rows of lists that were withdrawn, or that others have taken the place of.
async fn list_rows(hall: &Hall, room: &Room, cut: Wall, now: Wall) -> Result<Option<Ran>, Problem> {
    if is_busy(hall, room).await? {
        return Ok(None);
    }
    let mut tx = hall.db().write().await?;
    let standing = list::standing(&mut tx).await?;
    let counting = examine::chosen(hall, standing);
    let counting: Vec<i64> = counting.iter().map(|list| list.number).collect();
    rows::mark(&mut tx, &counting, now).await?;
    let ended = rows::ended(&mut tx, cut, now).await?;
    let hanging = rows::hanging(&mut tx).await?;
    let lists = list::all(&mut tx).await?;
    tx.commit().await?;
    let mut ran = Ran::default();
    // What hung on rows when a run was cut off goes first.
    for list in hanging {
        let mut tx = hall.db().write().await?;
        unhang(&mut tx, list).await?;
        tx.commit().await?;
    }
    for list in lists.iter().filter(|list| ended.contains(&list.number)) {
        if !one_list(hall, list, &mut ran).await? {
            return Ok(None);
        }
    }
    let mut read = hall.db().read().await?;
    (ran.held, ran.until) = rows::held_rows(&mut read, cut, now).await?;
    Ok(Some(ran))
}

/// Destroys the rows of a list that nothing holds, as many as are for one day; whether the house
/// stays open.
async fn one_list(hall: &Hall, list: &ListRow, ran: &mut Ran) -> Result<bool, Problem> {
    let (mut last, mut first, mut gone) = (0, None, 0);
    let mut has_raw = list.raw_blob.is_some();
    let now = hall.now().wall;
    let is_whole = loop {
        if hall.tasks().soft().is_cancelled() {
            return Ok(false);
        }
        if ran.destroyed + gone >= DAILY {
            break false;
        }
        let mut tx = hall.db().write().await?;
        let sealed = record::after(&mut tx, list.number, last, CHUNK).await?;
        let Some(newest) = sealed.last() else {
            break true;
        };
        last = i64::from(newest.number);
        let held = hold::of_rows(hall, &mut tx, list, &sealed).await?;
        let kept = sealed.iter().filter(|row| !row.wrapped.is_empty());
        let (held, free): (Vec<_>, Vec<_>) = kept
            .cloned()
            .map(|row| (held.get(&row.number).copied(), row))
            .partition(|it| it.0.is_some());
        // Of what waits for an answer nobody knows when: tomorrow.
        let ends = held.iter().filter_map(|it| it.0);
        let ends = ends.map(|until| until.unwrap_or(now + DAY));
        first = first.into_iter().chain(ends).min();
        let free: Vec<_> = free.into_iter().map(|it| it.1).collect();
        if !free.is_empty() {
            let (keys, _) = erase::wipe(hall.vault(), &mut tx, list.number, &free).await?;
            gone += number(keys);
            rows::hang(&mut tx, list.number).await?;
            destroyed(
                hall,
                &mut tx,
                Term::ListRows,
                Some(list.number),
                number(keys),
            )
            .await?;
            // No row can be cut out of a sealed file: it goes with the first of them.
            if std::mem::take(&mut has_raw) {
                kept::end_raw(hall, &mut tx, list, &Actor::house("card.terms")).await?;
                rows::add(&mut tx, Term::RawCopy.as_str(), now).await?;
            }
        }
        tx.commit().await?;
    };
    let mut tx = hall.db().write().await?;
    if gone > 0 {
        unhang(&mut tx, list.number).await?;
    }
    rows::look(&mut tx, list.number, first.filter(|_| is_whole)).await?;
    tx.commit().await?;
    ran.destroyed += gone;
    Ok(true)
}

/// Takes away what hangs on rows of a list whose keys are destroyed.
async fn unhang(tx: &mut Tx, list: i64) -> Result<(), Error> {
    for what in [Hanging::Findings, Hanging::Pairs, Hanging::Words] {
        erasure::unhang_keyless(tx, what, list).await?;
    }
    rows::unhung(tx, list).await
}

/// Photographs of a kind whose term is over, but for what is held. Each some are one transaction.
async fn photographs(
    hall: &Hall,
    term: Term,
    kind: Kind,
    cut: Wall,
) -> Result<Option<Ran>, Problem> {
    let (mut ran, mut behind) = (Ran::default(), 0);
    while ran.destroyed < PHOTOS_DAILY {
        if hall.tasks().soft().is_cancelled() {
            return Ok(None);
        }
        let mut tx = hall.db().write().await?;
        let counting = run::counting(&mut tx).await?.map_or(0, |it| it.number);
        let some = photos::outlived(&mut tx, kind, cut, (behind, PHOTOS_CHUNK)).await?;
        let Some(last) = some.last() else {
            break;
        };
        behind = last.number;
        let now = hall.now().wall;
        let mut gone = 0;
        for row in &some {
            let holds = photo::holds(hall, &mut tx, counting, row).await?;
            if !holds.is_empty() {
                ran.held += 1;
                // Of what waits for an answer nobody knows when: tomorrow.
                let until = holds.iter().map(|it| it.until.unwrap_or(now + DAY)).max();
                ran.until = ran.until.into_iter().chain(until).min();
                continue;
            }
            let over = Gone {
                at: now,
                by: None,
                why: Ended::Term,
                decree: None,
            };
            gone += i64::from(photo::end(&mut tx, row, &over).await?);
        }
        destroyed(hall, &mut tx, term, None, gone).await?;
        tx.commit().await?;
        ran.destroyed += gone;
    }
    Ok(Some(ran))
}

/// What examinations knew on which only lists rest whose dates are over.
async fn facts(hall: &Hall, room: &Room, now: Wall) -> Result<Option<Ran>, Problem> {
    if is_busy(hall, room).await? {
        return Ok(None);
    }
    let mut tx = hall.db().write().await?;
    let over = rows::facts(&mut tx, now).await?;
    for (run, blob) in &over {
        rows::end_facts(&mut tx, *run).await?;
        if let Some(hash) = Sha256::parse(blob) {
            erasure::leave(&mut tx, &hash, now).await?;
        }
    }
    destroyed(
        hall,
        &mut tx,
        Term::Facts,
        None,
        i64::try_from(over.len()).unwrap_or(i64::MAX),
    )
    .await?;
    tx.commit().await?;
    if !over.is_empty() {
        room.let_go_of_all();
    }
    Ok(Some(Ran {
        destroyed: i64::try_from(over.len()).unwrap_or(i64::MAX),
        ..Ran::default()
    }))
}
