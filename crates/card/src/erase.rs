//! A family or person of whom all that lists say is destroyed.
//!
//! ```text
//! previewed ─▶ proposed by one, with a decree ─▶ confirmed by another ─▶ keys destroyed
//!                       └▶ dropped                                        └▶ a record of it
//! ```
//!
//! It goes by rows: whatever row ever belonged to the subject loses its key and what is sealed
//! under it, what it is found by, and what hangs on it. A file that has such a row ends before
//! its term, since nothing can be cut out of one that is sealed. All of the tables is one
//! transaction; files lose their keys in it, and are taken off the disk after it, by the next
//! start if need be. Nothing is destroyed where anything is held ([`crate::hold`]).
//!
//! The record of it names ids that were made by chance, and numbers of lists and rows.

mod paper;
mod reach;

use std::collections::BTreeSet;

use base::day::Day;
use base::id::{Id, Person};
use base::now::Wall;
use hall::Hall;
use hall::audit::{self, Act, Actor};
use hall::guard::Who;
use hall::line;
use hall::problem::Problem;
use hall::vault::Vault;
use serde::Serialize;
use serde_json::json;
use store::blob::Sha256;
use store::{Conn, Error, Tx};

use crate::examine::late;
use crate::facts::{self, Written};
use crate::hold::{Hold, Why};
use crate::import::kept;
use crate::photo;
use crate::room::Room;
use crate::seek::Seek;
use crate::settle;
use crate::sql::decision::{self, State as Stage};
use crate::sql::erasure::{self as rows, Done, ErasureRow, FactsRow, Hanging, State};
use crate::sql::record::Sealed;
use crate::sql::request::{self, Kind};
use crate::sql::run;
use crate::sql::settled;
use crate::strongbox;
use crate::subject::SubjectId;

pub(crate) use reach::{Reach, Stays, sought, unread};

/// What the key of a reason is bound to.
const KEY: (&str, &str) = ("card_erasure", "key");

/// The associated data of a reason.
fn place(number: i64) -> String {
    format!("card_erasure {number} reason")
}

/// Something is held.
pub(crate) fn is_held(hall: &Hall, holds: &[Hold]) -> Problem {
    let problem = Problem::conflict(
        "card-held",
        "Nothing was destroyed: some of it has to be kept until these dates.",
    );
    holds.iter().fold(problem, |problem, hold| {
        let until = match hold.until {
            Some(until) => format!("until {}", hall.clock().rfc3339(until)),
            None if hold.why == Why::Adoption => "until it is adopted".to_owned(),
            None => "until it is answered, or closed".to_owned(),
        };
        problem.field(format!("{} {}", hold.why.as_str(), hold.number), until)
    })
}

/// Whether what it destroyed has left the file of the database and the copies beside it; none
/// where it is not done.
pub(crate) fn is_settled(row: &ErasureRow, since: Option<Wall>) -> Option<bool> {
    row.confirmed
        .map(|done| since.is_none_or(|since| since > done))
}

/// There is no such erasure.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-erasure", "There is no erasure of that number.")
}

/// It waits for nobody any more.
fn done() -> Problem {
    Problem::conflict("card-erasure-done", "It was done, or dropped, before.")
}

fn miscounted(rows: i64) -> Problem {
    Problem::conflict(
        "card-count",
        "There are more rows or fewer than was said: look at the preview again.",
    )
    .field("rows", rows.to_string())
}

/// What is proposed.
#[derive(Debug, Clone)]
pub(crate) struct Proposal {
    pub(crate) subject: SubjectId,
    pub(crate) decree: String,
    pub(crate) decree_day: Day,
    pub(crate) reason: String,
    pub(crate) request: Option<i64>,
    /// How many rows the preview said.
    pub(crate) rows: i64,
}

/// Proposes to destroy all of a subject.
///
/// # Errors
/// `card-subject`, `card-erased`, `card-count`, `card-held`.
pub(crate) async fn propose(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    it: Proposal,
) -> Result<ErasureRow, Problem> {
    let reach = Reach::of(hall.vault(), tx, it.subject).await?;
    if let Some(number) = it.request {
        let asked = request::find(tx, number).await?;
        let is_it = asked.is_some_and(|asked| {
            let about = asked.subject.is_some_and(|it| reach.whose.contains(&it));
            asked.kind == Kind::Erasure && about
        });
        if !is_it {
            let why = "is no request for destruction about them";
            return Err(line::refuse("request", why));
        }
    }
    check(hall, tx, &reach, it.rows, it.request).await?;
    let now = hall.now();
    let row = ErasureRow {
        number: 0,
        subject: it.subject,
        state: State::Proposed,
        rows: it.rows,
        decree: it.decree,
        decree_day: it.decree_day,
        request: it.request,
        reason: Vec::new(),
        reason_key: Vec::new(),
        by: who.person(),
        at: now.wall,
        confirmed_by: None,
        confirmed: None,
        record: None,
        sha256: None,
    };
    let number = rows::add(tx, &row).await?;
    let key = hall.vault().own_key()?;
    let reason = key.seal(place(number).as_bytes(), it.reason.as_bytes())?;
    let wrapped = hall.vault().wrap(KEY.0, &number.to_string(), KEY.1, &key)?;
    rows::says(tx, number, &reason, &wrapped).await?;
    let act = Act {
        verb: "card_erasure.proposed",
        subject: format!("erasure {number}"),
        detail: json!({ "subject": it.subject, "rows": it.rows, "request": it.request,
            "decree": row.decree, "decree_day": row.decree_day.to_string() }),
    };
    audit::record(tx, now, who, act).await?;
    rows::find(tx, number).await?.ok_or_else(none)
}

/// Whether there are so many rows, and nothing holds them but for the request that is followed.
async fn check(
    hall: &Hall,
    conn: &mut Conn,
    reach: &Reach,
    rows: i64,
    but: Option<i64>,
) -> Result<(), Problem> {
    let count = reach.count();
    if count == 0 {
        return Err(Problem::conflict(
            "card-erased",
            "Its rows are destroyed already: there is nothing left to destroy.",
        ));
    }
    if rows != count {
        return Err(miscounted(count));
    }
    let holds = reach.holds(hall, conn, but).await?;
    match holds.is_empty() {
        true => Ok(()),
        false => Err(is_held(hall, &holds)),
    }
}

/// Why it was proposed; none where that is not kept any more.
pub(crate) fn reason(vault: &Vault, row: &ErasureRow) -> Result<Option<String>, Problem> {
    if row.reason_key.is_empty() {
        return Ok(None);
    }
    let name = row.number.to_string();
    let key = vault.unwrap_key(KEY.0, &name, KEY.1, &row.reason_key)?;
    let octets = key.open(place(row.number).as_bytes(), &row.reason)?;
    Ok(Some(String::from_utf8_lossy(&octets).into_owned()))
}

/// Nobody goes on with one that was proposed.
///
/// # Errors
/// `card-erasure`, `card-erasure-done`.
pub(crate) async fn give_up(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    number: i64,
) -> Result<(), Problem> {
    let row = rows::find(tx, number).await?.ok_or_else(none)?;
    if !rows::give_up(tx, number).await? {
        return Err(done());
    }
    let act = Act {
        verb: "card_erasure.dropped",
        subject: format!("erasure {number}"),
        detail: json!({ "subject": row.subject }),
    };
    audit::record(tx, hall.now(), who, act).await?;
    Ok(())
}

/// Facts that were written anew, and the file in whose place they come.
struct Anew {
    run: i64,
    was: String,
    /// None where there was nothing of the subject among them.
    now: Option<Written>,
}

/// Confirms what another person has proposed, and does it.
///
/// # Errors
/// `card-second-person`, `card-count`, `card-held`, `card-examining`, `card-adopting`,
/// `card-erasure-done`.
pub(crate) async fn confirm(
    hall: &Hall,
    room: &Room,
    who: &Who,
    number: i64,
    count: i64,
) -> Result<(), Problem> {
    let mut read = hall.db().read().await?;
    let row = ready(&mut read, who, number).await?;
    idle(&mut read, room).await?;
    let reach = Reach::of(hall.vault(), &mut read, row.subject).await?;
    if count != row.rows {
        return Err(miscounted(reach.count()));
    }
    check(hall, &mut read, &reach, count, row.request).await?;
    let facts = reach.facts(&mut read).await?;
    drop(read);
    // What takes long comes before anybody waits for the writer.
    let mut anew = Vec::with_capacity(facts.len());
    for it in facts {
        match rewritten(hall, room, &reach, &it).await {
            Ok(now) => anew.push(Anew {
                run: it.run,
                was: it.blob,
                now,
            }),
            Err(problem) => {
                forget(hall, anew).await;
                return Err(problem);
            }
        }
    }
    // Nobody holds what was known before on from here.
    let weighing = room.weighing().lock().await;
    let opening = room.opening().lock().await;
    let written = write(hall, room, who, &reach, number, &anew).await;
    if written.is_ok() {
        room.let_go_of_all();
    }
    drop((opening, weighing));
    if let Err(problem) = written {
        forget(hall, anew).await;
        return Err(problem);
    }
    // Everybody may be in memory as well.
    room.put_seek(Seek::default());
    settle::settle(hall).await;
    if let Err(problem) = sweep(hall).await {
        // Their keys are gone; the next start goes on.
        tracing::warn!(
            problem = problem.slug(),
            "files whose keys are destroyed lie there still"
        );
    }
    Ok(())
}

/// One that waits for a second person, who is the caller.
async fn ready(conn: &mut Conn, who: &Who, number: i64) -> Result<ErasureRow, Problem> {
    let row = rows::find(conn, number).await?.ok_or_else(none)?;
    if row.state != State::Proposed {
        return Err(done());
    }
    if row.by == who.person() {
        return Err(Problem::conflict(
            "card-second-person",
            "You have proposed it: another person confirms it.",
        ));
    }
    Ok(row)
}

/// Nothing goes on that reads rows, or rests on them.
async fn idle(conn: &mut Conn, room: &Room) -> Result<(), Problem> {
    if !run::working(conn).await?.is_empty() || room.stage().is_some() {
        return Err(examining());
    }
    let writing = decision::some(conn, None, Some(Stage::Writing), None, 1).await?;
    match writing.first() {
        None => Ok(()),
        Some(list) => Err(Problem::conflict(
            "card-adopting",
            format!("List {} is being adopted; wait for its end.", list.number),
        )),
    }
}

fn examining() -> Problem {
    Problem::conflict(
        "card-examining",
        "An examination goes on, or went on just now; wait for its end and try again.",
    )
}

async fn forget(hall: &Hall, anew: Vec<Anew>) {
    for written in anew.into_iter().filter_map(|it| it.now) {
        written.forget(hall).await;
    }
}

/// What an examination knows, without the subject; none where it does not know of it.
async fn rewritten(
    hall: &Hall,
    room: &Room,
    reach: &Reach,
    it: &FactsRow,
) -> Result<Option<Written>, Problem> {
    let known = facts::open(hall, room, it.run).await?;
    let ids: BTreeSet<[u8; 16]> = reach.ending.iter().map(|it| *it.octets()).collect();
    let places = reach.places();
    let taking = hall.tasks().blocking("taking somebody out", move || {
        let mut facts = known.as_ref().clone();
        facts.without(&ids, &places).then_some(facts)
    });
    let left = taking
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))?;
    match left {
        Some(facts) => facts::seal(hall, it.run, facts.into()).await.map(Some),
        None => Ok(None),
    }
}

/// How much was destroyed, by what it was. In the order of the letters, as the record is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Destroyed {
    exceptions: u64,
    exports: u64,
    findings: u64,
    index: u64,
    keys: u64,
    memberships: u64,
    objections: u64,
    pairs: u64,
    photos: u64,
    requests: u64,
    words: u64,
}

/// A decree, as a record names it.
#[derive(Debug, Clone, Serialize)]
struct Decree<'a> {
    day: String,
    number: &'a str,
}

/// What was destroyed, for good: fields stand in the order of their letters, so that these
/// octets are canonical.
#[derive(Debug, Clone, Serialize)]
struct Record<'a> {
    confirmed_by: Id<Person>,
    confirmed_us: Wall,
    decree: Decree<'a>,
    destroyed: Destroyed,
    /// Whoever has no row any more.
    ended: &'a BTreeSet<SubjectId>,
    erasure: i64,
    /// Examinations whose facts were written anew.
    facts: Vec<i64>,
    proposed_by: Id<Person>,
    proposed_us: Wall,
    /// Lists whose files ended.
    raw_copies: Vec<i64>,
    request: Option<i64>,
    /// `list:row`.
    rows: Vec<String>,
    stays: Vec<Stays>,
    subject: SubjectId,
    version: u8,
}

/// The part of it that is in the tables.
async fn write(
    hall: &Hall,
    room: &Room,
    who: &Who,
    seen: &Reach,
    number: i64,
    anew: &[Anew],
) -> Result<(), Problem> {
    let mut tx = hall.db().write().await?;
    let row = ready(&mut tx, who, number).await?;
    idle(&mut tx, room).await?;
    let reach = Reach::of(hall.vault(), &mut tx, row.subject).await?;
    check(hall, &mut tx, &reach, row.rows, row.request).await?;
    let places = reach.places();
    if places != seen.places() || reach.ending != seen.ending {
        return Err(miscounted(reach.count()));
    }
    let now = hall.now();
    let stays = reach.stays(hall, &mut tx).await?;
    let mut destroyed = Destroyed::default();
    let counting = match run::counting(&mut tx).await? {
        // A late list that is taken back does not bring back who is erased.
        Some(row) => late::whole(&row, &late::taken(&row)?),
        None => 0,
    };
    for (list, sealed) in &reach.rows {
        let (keys, index) = wipe(hall.vault(), &mut tx, list.number, sealed).await?;
        destroyed.keys += keys;
        destroyed.index += index;
    }
    let all: Vec<(i64, u32)> = places.iter().copied().collect();
    destroyed.findings = rows::unhang(&mut tx, Hanging::Findings, &all).await?;
    destroyed.pairs = rows::unhang(&mut tx, Hanging::Pairs, &all).await?;
    destroyed.words = rows::unhang(&mut tx, Hanging::Words, &all).await?;
    for place in &all {
        destroyed.memberships += rows::end(&mut tx, counting, *place).await?;
    }
    for subject in &reach.ending {
        destroyed.objections += rows::objections(&mut tx, subject.octets()).await?;
        destroyed.requests += rows::requests(&mut tx, subject.octets()).await?;
        destroyed.exceptions += rows::exceptions(&mut tx, subject.octets(), now.wall).await?;
        destroyed.exports += rows::exports(&mut tx, subject.octets()).await?;
        destroyed.photos += photo::erased(&mut tx, who, *subject, now.wall).await?;
    }
    let mut raw_copies = Vec::new();
    for list in reach.raw_copies() {
        kept::end_raw(hall, &mut tx, list, &Actor::from(who)).await?;
        raw_copies.push(list.number);
    }
    let facts = replaced(hall, &mut tx, &reach, anew).await?;
    let record = Record {
        confirmed_by: who.person(),
        confirmed_us: now.wall,
        decree: Decree {
            day: row.decree_day.to_string(),
            number: &row.decree,
        },
        destroyed,
        ended: &reach.ending,
        erasure: number,
        facts,
        proposed_by: row.by,
        proposed_us: row.at,
        raw_copies,
        request: row.request,
        rows: all
            .iter()
            .map(|(list, at)| format!("{list}:{at}"))
            .collect(),
        stays,
        subject: row.subject,
        version: 1,
    };
    let written = |error| Problem::bug(format!("a record cannot be written: {error}"));
    let text = serde_json::to_string(&record).map_err(written)?;
    let sha256 = Sha256::of(text.as_bytes());
    let it = Done {
        by: who.person(),
        at: now.wall,
        record: &text,
        sha256: sha256.as_str(),
    };
    if !rows::done(&mut tx, number, &it).await? {
        return Err(done());
    }
    settled::destroyed(&mut tx, now.wall).await?;
    let act = Act {
        verb: "card_erasure.done",
        subject: format!("erasure {number}"),
        detail: json!({ "sha256": sha256.as_str(),
            "record": serde_json::to_value(&record).map_err(written)? }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    Ok(())
}

/// Facts that were written anew come in the place of those before; of which examinations.
async fn replaced(
    hall: &Hall,
    tx: &mut Tx,
    reach: &Reach,
    anew: &[Anew],
) -> Result<Vec<i64>, Problem> {
    let is = reach.facts(tx).await?;
    let is = is.iter().map(|it| (it.run, it.blob.as_str()));
    if !is.eq(anew.iter().map(|it| (it.run, it.was.as_str()))) {
        return Err(examining());
    }
    let mut runs = Vec::new();
    for it in anew {
        let Some(now) = &it.now else {
            continue;
        };
        now.record(hall, tx).await?;
        let kept = now.kept();
        if !rows::rewrite(tx, it.run, &it.was, (&kept.blob, &kept.key)).await? {
            return Err(examining());
        }
        if let Some(was) = Sha256::parse(&it.was) {
            rows::leave(tx, &was, hall.now().wall).await?;
        }
        runs.push(it.run);
    }
    Ok(runs)
}

/// Destroys what rows of a list say, with their keys, and what they are found by: how many
/// keys, and how many entries.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn wipe(
    vault: &Vault,
    tx: &mut Tx,
    list: i64,
    sealed: &[Sealed],
) -> Result<(u64, u64), Error> {
    let (mut hashes, mut index) = (Vec::new(), 0);
    for row in sealed {
        match strongbox::open(vault, list, row) {
            Ok(Some(record)) => {
                let all = strongbox::hashes(vault, &record, row.area.as_ref());
                hashes.extend(all.into_iter().map(|hash| (hash, row.number)));
            }
            // What cannot be read is looked for everywhere.
            Ok(None) | Err(_) => index += rows::unfind_any(tx, list, row.number).await?,
        }
    }
    hashes.sort_unstable();
    index += rows::unfind(tx, list, &hashes).await?;
    let numbers: Vec<u32> = sealed.iter().map(|row| row.number).collect();
    let keys = rows::keys(tx, list, &numbers).await?;
    rows::empty(tx, list, &numbers).await?;
    Ok((keys, index))
}

/// Takes files off the disk whose keys are destroyed.
///
/// # Errors
/// If the database does not answer, or a file cannot be removed.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Problem> {
    let mut read = hall.db().read().await?;
    let left = rows::left(&mut read).await?;
    drop(read);
    for blob in left {
        kept::remove(hall, &blob).await?;
        let mut tx = hall.db().write().await?;
        rows::removed(&mut tx, &blob).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What somebody looked at before an erasure is not what is there: it may tell of whoever was
/// erased.
///
/// # Errors
/// `card-count` if something was erased since then.
pub(crate) async fn is_of_today(conn: &mut Conn, seen: Wall) -> Result<(), Problem> {
    match rows::is_later(conn, seen).await? {
        false => Ok(()),
        true => Err(Problem::conflict(
            "card-count",
            "Somebody was erased since the list was looked at: look again.",
        )),
    }
}

/// The record as people read and sign it, in Indonesian, with the hash of what is kept.
///
/// # Errors
/// `card-erasure` if it was not done.
pub(crate) fn paper(
    hall: &Hall,
    row: &ErasureRow,
    is_settled: bool,
    name: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Problem> {
    let (Some(text), Some(sha256)) = (&row.record, &row.sha256) else {
        return Err(none());
    };
    let record: serde_json::Value =
        serde_json::from_str(text).map_err(|_| Error::corrupt("card_erasure.record"))?;
    Ok(paper::text(hall, &record, (sha256, is_settled), name))
}
