//! A list that comes after an examination, taken into it alone.
//!
//! ```text
//! persons of the run before ─▶ index ─▶ late rows join or found ─▶ families ─▶ findings
//! ```
//!
//! Nothing of before is linked again: persons are as the run before has left them, pairs are
//! weighed by what the last examination of all has learned, and only rows of the late list
//! are held against all others. That two persons are one, or one is two, is asked of people
//! and never done here. Families and findings follow from persons, and are made anew, since
//! that costs little.
//!
//! It is a run of its own, so that it is seen when it is whole, what an adopted list rests on
//! stays what it was, and it can be taken back: then the run before counts again, whose rows
//! and findings are kept until the next examination of all.

use std::collections::BTreeSet;

use base::id::{Id, Person, Resident};
use base::now::{Now, Wall};
use card_core::household::Households;
use card_core::link::Settings;
use card_core::link::cluster::Clusters;
use card_core::link::late::{Cluster, Index};
use card_core::link::learn::Model;
use card_core::list::Kind;
use card_core::review::{self as core_review, Kind as PairKind};
use card_core::running;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx};

use super::memory::{self, Memory};
use super::{Asked, Decided, Examination, Outcome, Stage, Was, chosen, sweep, undo};
use crate::review::{self, Chosen};
use crate::room::Room;
use crate::seek::Seek;
use crate::sql::list::{self, ListRow};
use crate::sql::run::{self, RunRow};
use crate::sql::{decision, pair};

/// From so many of a hundred records on that were taken late, an examination of all is due:
/// how pairs look is not learned again, and blocks that were parted stay parted.
pub(crate) const DUE_PERCENT: u64 = 10;

/// A list that was taken late, and what became of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LateList {
    /// The run that took it, and the one that this went on from.
    pub(crate) run: i64,
    pub(crate) after: i64,
    /// When the last examination of all began.
    pub(crate) since: Wall,
    pub(crate) list: i64,
    pub(crate) kind: String,
    pub(crate) title: String,
    /// Rows that were taken, and those whose key was destroyed.
    pub(crate) rows: u64,
    pub(crate) erased: u64,
    /// Rows that came to somebody who was known before.
    pub(crate) joined: u64,
    /// Persons that nobody knew before.
    pub(crate) founded: u64,
    /// Families that nobody knew before.
    pub(crate) families: u64,
    /// Rows of lists that count no more, since this one has taken their place.
    pub(crate) replaced: u64,
    /// Pairs that people are asked about, since the linkage was not sure.
    pub(crate) grey: u64,
    /// That two persons are one, or one is two: people are asked.
    pub(crate) proposals: u64,
    pub(crate) by: Id<Person>,
    pub(crate) began: Wall,
    pub(crate) at: Wall,
    pub(crate) took_ms: u64,
}

/// The lists that were taken since the last examination of all, the oldest first.
pub(crate) fn taken(row: &RunRow) -> Result<Vec<LateList>, Error> {
    let taken = row.taken.clone().map(serde_json::from_value);
    let taken = taken.transpose();
    Ok(taken
        .map_err(|_| Error::corrupt("card_run.late"))?
        .unwrap_or_default())
}

fn kept(taken: &[LateList]) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(taken)
        .map_err(|error| Problem::bug(format!("a result cannot be written: {error}")))
}

/// The last examination of all that a run goes on from; itself where it is one.
pub(crate) fn whole(row: &RunRow, taken: &[LateList]) -> i64 {
    taken.first().map_or(row.number, |first| first.after)
}

/// When that began.
pub(crate) fn since(row: &RunRow, taken: &[LateList]) -> Wall {
    taken.first().map_or(row.began, |first| first.since)
}

/// Since when words on a pair of rows of such lists are not counted: those on rows of before
/// since the last examination of all began, those on a late row since that was taken.
pub(crate) fn counted_until(since: Wall, taken: &[LateList], lists: [i64; 2]) -> Wall {
    let late = taken.iter().filter(|it| lists.contains(&it.list));
    late.map(|it| it.began).max().unwrap_or(since)
}

/// Whether so many records were taken late that an examination of all is due.
pub(crate) fn is_due(taken: &[LateList], records: u64) -> bool {
    let late: u64 = taken.iter().map(|it| it.rows).sum();
    late * 100 >= records * DUE_PERCENT && late > 0
}

/// What a late list goes on from.
pub(super) struct Late {
    before: i64,
    since: Wall,
    outcome: Outcome,
    model: Box<Model>,
    taken: Vec<LateList>,
    began: Now,
}

/// The run that counts, if that is the one that is meant: by its own number, or by that of
/// the last examination of all.
async fn counting(conn: &mut Conn, number: i64) -> Result<(RunRow, Vec<LateList>), Problem> {
    let none = || Problem::not_found("card-run", "There is no such examination.");
    let row = run::counting(conn).await?.ok_or_else(none)?;
    let taken = taken(&row)?;
    if number != row.number && number != whole(&row, &taken) {
        run::find(conn, number).await?.ok_or_else(none)?;
        return Err(Problem::conflict(
            "card-late-run",
            format!(
                "Examination {number} is not the newest: take the list into examination {}.",
                row.number
            ),
        ));
    }
    Ok((row, taken))
}

/// Refuses while something is under way that writes runs; what did not end is taken away.
pub(crate) async fn idle(hall: &Hall, room: &Room) -> Result<(), Problem> {
    if room.stage().is_some() {
        return Err(examining());
    }
    Ok(sweep(hall).await?)
}

/// The same where others may have begun meanwhile.
async fn none_works(tx: &mut Tx) -> Result<(), Problem> {
    match run::working(tx).await?.is_empty() {
        true => Ok(()),
        false => Err(examining()),
    }
}

fn examining() -> Problem {
    Problem::conflict(
        "card-examining",
        "An examination goes on; wait for its end.",
    )
}

/// Makes ready to take a list into the newest examination. Nothing is begun before it is
/// started.
pub(crate) async fn begin(
    hall: &Hall,
    room: &Room,
    who: &Who,
    tx: &mut Tx,
    (number, list): (i64, i64),
) -> Result<Examination, Problem> {
    none_works(tx).await?;
    let (before, taken) = counting(tx, number).await?;
    let wrong = |_| Error::corrupt("card_run");
    let result = before.result.clone().unwrap_or_default();
    let outcome: Outcome = serde_json::from_value(result).map_err(wrong)?;
    let asked: Asked = serde_json::from_value(before.yardstick.clone()).map_err(wrong)?;
    let standing = list::standing(tx).await?;
    let lists = lists(hall, standing, &outcome, list)?;
    let model = run::model(tx, before.number).await?;
    let model = model.and_then(|octets| Model::read(&octets));
    let model = model.ok_or_else(|| {
        Problem::conflict(
            "card-late-model",
            "An older version of the house made this examination, and it does not tell what pairs look like: examine all lists once.",
        )
    })?;
    let now = hall.now();
    let late = (before.number, list);
    let number = run::begin(tx, who.person(), &before.yardstick, Some(late), now.wall).await?;
    if !taken.is_empty() {
        run::taken(tx, number, &kept(&taken)?).await?;
    }
    let act = Act {
        verb: "card_run.late_began",
        subject: format!("run {number}"),
        detail: json!({ "list": list, "after": before.number }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(Examination {
        hall: hall.clone(),
        room: room.clone(),
        number,
        person: who.person(),
        asked,
        lists,
        late: Some(Late {
            before: before.number,
            since: since(&before, &taken),
            outcome,
            model: Box::new(model),
            taken,
            began: now,
        }),
    })
}

/// The lists that count with the late one, that one last.
fn lists(
    hall: &Hall,
    standing: Vec<ListRow>,
    outcome: &Outcome,
    number: i64,
) -> Result<Vec<ListRow>, Problem> {
    let refuse = |slug, why: String| Err(Problem::conflict(slug, why));
    let find = |number: i64| standing.iter().find(|it| it.number == number);
    let late = find(number)
        .ok_or_else(|| Problem::not_found("card-list", "There is no such list that counts."))?;
    if outcome.lists.iter().any(|it| it.number == number) {
        return refuse(
            "card-late-taken",
            format!("List {number} is part of the newest examination already."),
        );
    }
    if late.kind == Kind::Dtsen {
        return refuse(
            "card-late-kind",
            "DTSEN is the register that all other lists are held against, and a new one takes the place of the whole old one: examine all lists.".to_owned(),
        );
    }
    let before: Option<Vec<&ListRow>> = outcome.lists.iter().map(|it| find(it.number)).collect();
    let Some(before) = before else {
        return refuse(
            "card-late-gone",
            "Lists of this examination were withdrawn since, and their rows still count in it: examine all lists.".to_owned(),
        );
    };
    let mut all: Vec<ListRow> = before.into_iter().cloned().collect();
    all.push(late.clone());
    let counts: BTreeSet<i64> = chosen(hall, all.clone())
        .iter()
        .map(|it| it.number)
        .collect();
    if !counts.contains(&number) {
        return refuse(
            "card-late-old",
            format!(
                "A newer list of the same owner and part was examined: list {number} does not count beside it."
            ),
        );
    }
    all.retain(|it| counts.contains(&it.number));
    Ok(all)
}

/// Persons as a run has left them; whose record it was is not known is alone.
fn clusters(was: &Was, count: usize) -> Clusters {
    let all = (0_u32..).zip(&was.known.persons[..count]);
    let mut by_person: Vec<(Id<Resident>, u32)> = all
        .filter_map(|(record, person)| Some(((*person)?, record)))
        .collect();
    by_person.sort_unstable();
    let mut of: Vec<u32> = (0_u32..).take(count).collect();
    let mut less = 0;
    for same in by_person.chunk_by(|one, next| one.0 == next.0) {
        same.iter().for_each(|it| of[it.1 as usize] = same[0].1);
        less += same.len() - 1;
    }
    Clusters {
        of,
        count: count - less,
        refused: 0,
    }
}

/// Clusters of which a record is gone that was there in the run before.
fn bereft(was: &Was, index: &Index) -> BTreeSet<Cluster> {
    let gone: BTreeSet<_> = was.gone.iter().map(|it| it.person).collect();
    let there = (0_u32..).zip(&was.known.persons);
    let there = there.filter(|(_, person)| person.is_some_and(|it| gone.contains(&it)));
    there
        .filter_map(|(record, _)| index.persons().of(record))
        .collect()
}

impl Examination {
    /// The number of the run.
    pub(crate) const fn number(&self) -> i64 {
        self.number
    }

    /// Begins what was made ready, with all that is written beside it.
    pub(crate) async fn start(self, tx: Tx) -> Result<(), Problem> {
        let stage = Stage {
            run: self.number,
            doing: "reading",
            done: 0,
            of: self.lists.iter().map(|it| it.rows.unsigned_abs()).sum(),
        };
        // Whoever looks before it is there would take it for one that did not end.
        self.room.put_stage(Some(stage));
        if let Err(error) = tx.commit().await {
            self.room.put_stage(None);
            return Err(error.into());
        }
        // Two of them at once would be twice the memory.
        self.room.put_seek(Seek::default());
        let tasks = self.hall.tasks().clone();
        tasks.spawn("card.late", self.run());
        Ok(())
    }

    /// Takes the rows of the last list to whom they belong.
    pub(super) async fn take(&self, late: &Late, mut memory: Memory) -> Result<Decided, Problem> {
        let was = self.known(&memory).await?;
        let mut read = self.hall.db().read().await?;
        let words = review::words(&mut read).await?;
        let before = Chosen {
            pairs: pair::of_run(&mut read, late.before).await?,
            bands: pair::bands(&mut read, late.before).await?,
        };
        drop(read);
        self.stage("taking", 0, memory.late.len() as u64);
        let (lists, listed, by) = (self.lists.clone(), self.listed(), self.yardstick(&memory));
        let (model, refused) = (late.model.clone(), late.outcome.refused_merges);
        let mut told = self.told(late, &memory, &was);
        let settings = Settings {
            threshold: self.asked.threshold,
            ..Settings::default()
        };
        let taking = self.hall.tasks().blocking("taking a late list", move || {
            let pool = rayon::ThreadPoolBuilder::new()
                .build()
                .map_err(|error| Problem::bug(format!("no threads: {error}")))?;
            // What people said of two records goes before what is probable.
            let said = review::said(&words, &lists, &memory);
            let known = memory.register.len();
            let clusters = clusters(&was, known);
            let register = std::mem::take(&mut memory.register);
            let records = std::mem::take(&mut memory.late);
            let (index, asked) = pool.install(|| {
                let mut index = Index::new(register, *model.clone(), &clusters, &said, settings);
                let last = lists.last();
                let rows = records.iter().zip(std::iter::repeat(last));
                let rows: Vec<_> = rows
                    .filter_map(|(record, list)| Some(memory::folded(list?, record)))
                    .collect();
                let taken = index.take_all(&rows);
                let asked = core_review::late(&index, &taken, &bereft(&was, &index));
                (index, asked)
            });
            drop(records);
            told.count(&asked);
            let clusters = index.persons().clusters();
            memory.register = index.into_register();
            let list: Vec<u16> = memory.told.iter().map(|told| told.list).collect();
            let heads: Vec<bool> = memory.told.iter().map(|told| told.is_head).collect();
            let households = Households::new(&memory.register, &clusters, &listed, &list, &heads);
            let answer = running::answer(&households, &listed, &memory.told, &by);
            let chosen = review::choose_late(before, &asked, &model, &households, &lists, &memory);
            Ok::<_, Problem>(Decided {
                memory,
                households,
                answer,
                refused,
                chosen,
                model,
                was: Some(was),
                taken: Some(told),
            })
        });
        taking
            .await
            .map_err(|undone| Problem::bug(undone.to_string()))?
    }

    /// What is told of the list before its rows are taken.
    fn told(&self, late: &Late, memory: &Memory, was: &Was) -> LateList {
        let list = self.lists.last();
        let counts = |number: i64| self.lists.iter().any(|it| it.number == number);
        let replaced = was.gone.iter().filter(|it| !counts(it.list));
        let all = list.map_or(0, |it| it.rows.unsigned_abs());
        let rows = memory.late.len() as u64;
        LateList {
            run: self.number,
            after: late.before,
            since: late.since,
            list: list.map_or(0, |it| it.number),
            kind: list.map_or("", |it| it.kind.as_str()).to_owned(),
            title: list.map(|it| it.title.clone()).unwrap_or_default(),
            rows,
            erased: all.saturating_sub(rows),
            joined: 0,
            founded: 0,
            families: 0,
            replaced: replaced.count() as u64,
            grey: 0,
            proposals: 0,
            by: self.person,
            began: late.began.wall,
            at: self.hall.now().wall,
            took_ms: 0,
        }
    }
}

impl LateList {
    /// What people are asked about it.
    fn count(&mut self, asked: &[core_review::Late]) {
        let proposes =
            |it: &&core_review::Late| matches!(it.kind, PairKind::Merge | PairKind::Split);
        self.proposals = asked.iter().filter(proposes).count() as u64;
        self.grey = asked.len() as u64 - self.proposals;
    }
}

impl Late {
    /// Writes down what became of the list, in the moment in which it counts.
    pub(super) async fn settle(
        &self,
        of: &Examination,
        tx: &mut Tx,
        taken: &LateList,
    ) -> Result<(), Problem> {
        let now = of.hall.now();
        let took = now.mono.since(self.began.mono);
        let told = LateList {
            at: now.wall,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            ..taken.clone()
        };
        let detail = json!({ "list": told.list, "rows": told.rows, "joined": told.joined,
            "founded": told.founded, "proposals": told.proposals });
        let mut all = self.taken.clone();
        all.push(told);
        run::taken(tx, of.number, &kept(&all)?).await?;
        let act = Act {
            verb: "card_run.late_done",
            subject: format!("run {}", of.number),
            detail,
        };
        audit::record_for(tx, now, of.person, act).await?;
        Ok(())
    }
}

/// Takes a list back that was taken late: from now on the run before counts again. Its
/// number.
///
/// # Errors
/// `card-late` if the list was not, `card-late-behind` if another was taken behind it,
/// `card-late-used` if people work with what it knows.
pub(crate) async fn take_back(
    hall: &Hall,
    room: &Room,
    who: &Who,
    (number, list): (i64, i64),
) -> Result<i64, Problem> {
    idle(hall, room).await?;
    let mut tx = hall.db().write().await?;
    none_works(&mut tx).await?;
    let (row, taken) = counting(&mut tx, number).await?;
    let place = taken.iter().position(|it| it.list == list);
    let place = place.ok_or_else(|| {
        Problem::not_found(
            "card-late",
            "That list was not taken late into the newest examination.",
        )
    })?;
    if let Some(behind) = taken.get(place + 1..).and_then(<[_]>::last) {
        return Err(Problem::conflict(
            "card-late-behind",
            format!(
                "List {} was taken behind it and rests on it: take that one back first.",
                behind.list
            ),
        ));
    }
    if let Some(used) = decision::by_run(&mut tx, row.number).await? {
        return Err(Problem::conflict(
            "card-late-used",
            format!(
                "List of who receives {used} was begun by what this list has brought: drop it first; one that was adopted stays, and so does what it rests on."
            ),
        ));
    }
    run::undoing(&mut tx, row.number).await?;
    let now = hall.now();
    let act = Act {
        verb: "card_run.late_undone",
        subject: format!("run {}", row.number),
        detail: json!({ "list": list, "after": taken[place].after }),
    };
    audit::record(&mut tx, now, who, act).await?;
    room.put_stage(Some(Stage {
        run: row.number,
        doing: "undoing",
        done: 0,
        of: 1,
    }));
    if let Err(error) = tx.commit().await {
        room.put_stage(None);
        return Err(error.into());
    }
    room.put_seek(Seek::default());
    let (it, its, number) = (hall.clone(), room.clone(), row.number);
    let undoing = async move {
        if let Err(error) = undo(&it, number, "").await {
            // The next run takes it away before it begins; nothing counts of it meanwhile.
            tracing::error!(%error, run = number, "a late list was not taken away");
        }
        its.let_go_of_all();
        its.put_stage(None);
    };
    hall.tasks().spawn("card.undo", undoing);
    Ok(row.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(rows: u64) -> LateList {
        LateList {
            run: 2,
            after: 1,
            since: Wall::from_us(0),
            list: 5,
            kind: "desa".to_owned(),
            title: String::new(),
            rows,
            erased: 0,
            joined: 0,
            founded: 0,
            families: 0,
            replaced: 0,
            grey: 0,
            proposals: 0,
            by: Id::from_bytes([1; 16]),
            began: Wall::from_us(0),
            at: Wall::from_us(0),
            took_ms: 0,
        }
    }

    #[test]
    fn an_examination_of_all_is_due_after_a_tenth_of_the_records() {
        for (rows, records, due) in [
            (&[][..], 0, false),
            (&[0], 100, false),
            (&[9], 100, false),
            (&[10], 100, true),
            (&[6, 3], 100, false),
            (&[6, 4], 100, true),
            (&[99_999], 1_000_000, false),
        ] {
            let taken: Vec<LateList> = rows.iter().map(|rows| late(*rows)).collect();
            assert_eq!(is_due(&taken, records), due, "{rows:?} of {records}");
        }
    }

    #[test]
    fn words_count_where_they_were_said_before_their_rows_were_taken() {
        let at = Wall::from_us;
        let of = |list, began| LateList {
            list,
            began: at(began),
            ..late(1)
        };
        let taken = [of(5, 20), of(6, 30)];
        for (lists, until) in [
            ([1, 2], 10),
            ([1, 5], 20),
            ([5, 5], 20),
            ([6, 5], 30),
            ([2, 6], 30),
        ] {
            assert_eq!(counted_until(at(10), &taken, lists), at(until), "{lists:?}");
        }
    }

    #[test]
    fn persons_of_before_are_clusters_by_their_first_records() {
        let id = |number| Some(Id::from_bytes([number; 16]));
        let persons = vec![id(7), id(3), None, id(7), id(3), id(9), id(1)];
        let known = super::super::Known {
            families: vec![None; persons.len()],
            persons,
            replaced: Vec::new(),
        };
        let was = Was {
            known,
            gone: Vec::new(),
        };
        // The last one came late and is none of before.
        let clusters = clusters(&was, 6);
        assert_eq!(clusters.of, [0, 1, 2, 0, 1, 5]);
        assert_eq!(clusters.count, 4);
    }
}
