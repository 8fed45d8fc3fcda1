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

use std::collections::{BTreeMap, BTreeSet};

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
use utoipa::ToSchema;

use crate::facts::{self, Written};
use crate::hold::{self, Hold};
use crate::import::kept;
use crate::room::Room;
use crate::seek::Seek;
use crate::sql::decision::{self, State as Stage};
use crate::sql::erasure::{self as rows, Belonged, Done, ErasureRow, FactsRow, Hanging, State};
use crate::sql::hold as held;
use crate::sql::list::{self, ListRow};
use crate::sql::record::{self, Sealed};
use crate::sql::request::{self, Kind};
use crate::sql::run;
use crate::strongbox::{self, By};
use crate::subject::SubjectId;
use crate::term;

/// What the key of a reason is bound to.
const KEY: (&str, &str) = ("card_erasure", "key");

/// Rows that are read in one statement.
const READ: usize = 200;

/// The associated data of a reason.
fn place(number: i64) -> String {
    format!("card_erasure {number} reason")
}

/// All that is known of a subject.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) subject: SubjectId,
    /// Its rows that can be opened still, by their lists.
    pub(crate) rows: Vec<(ListRow, Vec<Sealed>)>,
    /// Whoever these belonged to at any time, with itself.
    pub(crate) whose: BTreeSet<SubjectId>,
    /// Those of them who have no other row, such as itself: they are nobody afterwards.
    pub(crate) ending: BTreeSet<SubjectId>,
    /// How many of the rows count as those of somebody else now.
    pub(crate) moved: u64,
    /// To whom rows belonged, and from which run until before which.
    spans: Vec<Belonged>,
}

impl Reach {
    /// # Errors
    /// `card-subject` if nothing was ever known of it.
    pub(crate) async fn of(
        vault: &Vault,
        conn: &mut Conn,
        subject: SubjectId,
    ) -> Result<Self, Problem> {
        if !rows::is_known(conn, subject).await? {
            return Err(Problem::not_found(
                "card-subject",
                "No row of any list ever belonged to a family or person of that id.",
            ));
        }
        let places = rows::rows_of(conn, subject).await?;
        let mut reach = Self {
            subject,
            rows: Vec::new(),
            whose: BTreeSet::from([subject]),
            ending: BTreeSet::new(),
            moved: 0,
            spans: Vec::new(),
        };
        for place in &places {
            let belonged = rows::belonged(conn, *place).await?;
            let is_its = |it: &Belonged| it.person == subject || it.family == subject;
            let now = belonged.iter().find(|it| it.until.is_none());
            reach.moved += u64::from(now.is_some_and(|now| !is_its(now)));
            for it in &belonged {
                reach.whose.extend([it.person, it.family]);
            }
            reach.spans.extend(belonged);
        }
        for subject in &reach.whose {
            let all = rows::rows_of(conn, *subject).await?;
            if all.iter().all(|row| places.binary_search(row).is_ok()) {
                reach.ending.insert(*subject);
            }
        }
        let mut lists: BTreeMap<i64, ListRow> = list::all(conn)
            .await?
            .into_iter()
            .map(|list| (list.number, list))
            .collect();
        for of_list in places.chunk_by(|a, b| a.0 == b.0) {
            let numbers: Vec<u32> = of_list.iter().map(|it| it.1).collect();
            let mut sealed = Vec::with_capacity(numbers.len());
            for some in numbers.chunks(READ) {
                sealed.extend(record::kept(conn, of_list[0].0, some).await?);
            }
            sealed.sort_unstable_by_key(|row| row.number);
            let list = lists
                .remove(&of_list[0].0)
                .ok_or_else(|| Error::corrupt("card_member.list"))?;
            reach.rows.push((list, sealed));
        }
        reach.unseen(vault, conn).await?;
        Ok(reach)
    }

    /// Rows of lists that no examination has read, which the same number finds: of a person his
    /// NIK, of a family the number of its card as well.
    async fn unseen(&mut self, vault: &Vault, conn: &mut Conn) -> Result<(), Problem> {
        let mut hashes = BTreeSet::new();
        for (list, sealed) in &self.rows {
            for row in sealed {
                let Ok(Some(record)) = strongbox::open(vault, list.number, row) else {
                    continue;
                };
                hashes.extend(strongbox::hash(vault, By::Nik, &record.nik));
                if let SubjectId::Family(_) = self.subject {
                    hashes.extend(strongbox::hash(vault, By::Kk, &record.kk));
                }
            }
        }
        let mut more: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
        for hash in hashes {
            for (list, number) in record::unread(conn, hash).await? {
                more.entry(list).or_default().insert(number);
            }
        }
        if more.is_empty() {
            return Ok(());
        }
        for list in list::all(conn).await? {
            let Some(numbers) = more.remove(&list.number) else {
                continue;
            };
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let mut sealed = Vec::with_capacity(numbers.len());
            for some in numbers.chunks(READ) {
                sealed.extend(record::kept(conn, list.number, some).await?);
            }
            match self.rows.iter_mut().find(|it| it.0.number == list.number) {
                Some((_, rows)) => rows.extend(sealed),
                None => self.rows.push((list, sealed)),
            }
        }
        self.rows.sort_by_key(|(list, _)| list.number);
        for (_, rows) in &mut self.rows {
            rows.sort_unstable_by_key(|row| row.number);
        }
        Ok(())
    }

    /// How many rows it is.
    pub(crate) fn count(&self) -> i64 {
        let count: usize = self.rows.iter().map(|(_, rows)| rows.len()).sum();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The rows, by the numbers of their lists and their own.
    fn places(&self) -> BTreeSet<(i64, u32)> {
        let of = |(list, rows): &(ListRow, Vec<Sealed>)| {
            let list = list.number;
            rows.iter()
                .map(move |row| (list, row.number))
                .collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// Whether some of the rows counted by a run.
    fn is_at(&self, run: i64) -> bool {
        self.spans
            .iter()
            .any(|it| it.since <= run && it.until.is_none_or(|until| until > run))
    }

    /// Lists that have such rows and whose file is kept.
    pub(crate) fn raw_copies(&self) -> impl Iterator<Item = &ListRow> {
        let lists = self.rows.iter().map(|(list, _)| list);
        lists.filter(|list| list.raw_blob.is_some())
    }

    /// What keeps all of it, but for the request that is followed.
    pub(crate) async fn holds(
        &self,
        hall: &Hall,
        conn: &mut Conn,
        but: Option<i64>,
    ) -> Result<Vec<Hold>, Error> {
        let rows: Vec<(&ListRow, &[Sealed])> = self
            .rows
            .iter()
            .map(|(list, rows)| (list, rows.as_slice()))
            .collect();
        hold::of(hall, conn, &self.whose, &rows, but).await
    }

    /// What nobody destroys: what adopted lists rest on, and what they tell of it.
    pub(crate) async fn stays(&self, hall: &Hall, conn: &mut Conn) -> Result<Vec<Stays>, Error> {
        let now = hall.now().wall;
        let facts = rows::facts(conn).await?;
        let mut stays: Vec<Stays> = facts
            .iter()
            .filter(|it| it.is_adopted && self.is_at(it.run))
            .map(|it| Stays {
                number: Some(it.run),
                until_us: it.until.filter(|until| *until > now),
                what: "facts",
            })
            .collect();
        let mut told = BTreeSet::new();
        for subject in &self.whose {
            told.extend(held::told(conn, subject.octets()).await?);
        }
        stays.extend(told.into_iter().map(|(number, until_us)| Stays {
            number: Some(number),
            until_us,
            what: "judged",
        }));
        stays.push(Stays {
            number: None,
            until_us: None,
            what: "audit",
        });
        Ok(stays)
    }

    /// Examinations whose facts are to be written anew without it.
    async fn facts(&self, conn: &mut Conn) -> Result<Vec<FactsRow>, Error> {
        let mut facts = rows::facts(conn).await?;
        facts.retain(|it| !it.is_adopted && self.is_at(it.run));
        Ok(facts)
    }
}

/// Something that is not destroyed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = CardErasureStays)]
pub(crate) struct Stays {
    /// Of facts the number of the examination, of what lists tell that of the adopted list.
    pub(crate) number: Option<i64>,
    /// Until when at least. Null: for as long as there is the house; of facts, until there was
    /// another examination.
    #[schema(value_type = Option<i64>)]
    pub(crate) until_us: Option<Wall>,
    /// `facts` (what an examination knew on which an adopted list rests), `judged` (that an
    /// adopted list tells of an id, with its row) or `audit`.
    #[schema(value_type = String)]
    pub(crate) what: &'static str,
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
            None => "until it is answered, or closed".to_owned(),
        };
        problem.field(format!("{} {}", hold.why.as_str(), hold.number), until)
    })
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
    match hall.db().settle(&term::SETTLED).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!("the log beside the database holds what was deleted still"),
        Err(error) => tracing::warn!(%error, "what was deleted was not settled"),
    }
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
    findings: u64,
    index: u64,
    keys: u64,
    memberships: u64,
    objections: u64,
    pairs: u64,
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
    let counting = run::counting(&mut tx).await?.map_or(0, |run| run.number);
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
    name: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Problem> {
    let (Some(text), Some(sha256)) = (&row.record, &row.sha256) else {
        return Err(none());
    };
    let record: serde_json::Value =
        serde_json::from_str(text).map_err(|_| Error::corrupt("card_erasure.record"))?;
    Ok(paper::text(hall, &record, sha256, name))
}
