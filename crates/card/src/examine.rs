//! An examination: all standing lists linked, and the running list answered.
//!
//! ```text
//! sealed rows ─▶ register (in memory) ─▶ linked ─▶ persons, families ─▶ findings
//! ```
//!
//! It goes on by itself and is seen when it is whole: rows that say whose a record is name
//! the run from which on they count, and the newest run that is done counts. Who was found
//! to be somebody before stays that one: a person keeps the id under which most of his
//! records stood.

mod asked;
mod known;
pub(crate) mod late;
pub(crate) mod memory;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::area::AreaCode;
use base::day::Day;
use base::id::{Family, Id, Person, Resident};
use card_core::facts::{Facts, Gathering, ListOf};
use card_core::household::{Households, Listed};
use card_core::identity;
use card_core::link::learn::Model;
use card_core::link::{self, Settings, Step};
use card_core::list::Kind;
use card_core::number;
use card_core::running::{self, Answer, What, Yardstick};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error};
use utoipa::ToSchema;

pub(crate) use self::asked::Asked;
use self::known::Known;
use self::late::{Late, LateList};
use self::memory::Memory;
pub(crate) use self::undone::sweep;
use self::undone::{forget, undo};
use crate::facts::{self, Written};
use crate::review::{self, Chosen};
use crate::room::Room;
use crate::seek::Seek;
use crate::sql::finding::{self, FindingRow, Runs, TotalRow};
use crate::sql::list::{self, ListRow};
use crate::sql::member::{self, MemberRow};
use crate::sql::pair;
use crate::sql::record;
use crate::sql::run;
use crate::strongbox;

/// Rows that are read or written at once.
const CHUNK: usize = 4_000;

/// How far an examination has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardRunStage)]
pub(crate) struct Stage {
    /// The number of the run.
    pub(crate) run: i64,
    /// `reading`, `comparing`, `merging`, `taking` (a list that came late), `writing` or
    /// `undoing`.
    #[schema(value_type = String)]
    pub(crate) doing: &'static str,
    /// So much of it is done,
    pub(crate) done: u64,
    /// of so much.
    pub(crate) of: u64,
}

/// What came of an examination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CardRunResult)]
pub(crate) struct Outcome {
    /// The lists that were examined.
    pub(crate) lists: Vec<ExaminedList>,
    /// Records of all of them.
    pub(crate) records: u64,
    /// Records whose key was destroyed: they say nothing.
    pub(crate) erased: u64,
    /// Persons that they are of.
    pub(crate) persons: u64,
    /// Families that these belong to.
    pub(crate) families: u64,
    /// Persons of whom no record names a family card.
    pub(crate) without_card: u64,
    /// Merges that were refused, since most pairs spoke against them.
    pub(crate) refused_merges: u64,
    /// Rows of the running list.
    pub(crate) rows: u64,
    /// Rows against which nothing speaks.
    pub(crate) fine: u64,
    /// Families that should receive, on the list or not.
    pub(crate) eligible: u64,
    /// The names of programmes, in the order of their bits.
    pub(crate) programmes: Vec<String>,
    /// Records that belong to another person than in the run before.
    pub(crate) moved_records: u64,
    /// Household businesses.
    #[serde(default)]
    pub(crate) businesses: u64,
    /// Those of them whose owner no other list knows.
    #[serde(default)]
    pub(crate) owners_unknown: u64,
}

/// A list that was examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CardExaminedList)]
pub(crate) struct ExaminedList {
    /// Its number.
    pub(crate) number: i64,
    /// What it is a list of.
    pub(crate) kind: String,
    /// What it is called.
    pub(crate) title: String,
    /// The day whose state it tells.
    pub(crate) as_of: Option<String>,
    /// Its rows.
    pub(crate) rows: i64,
}

/// Begins an examination; its number.
pub(crate) async fn begin(
    hall: &Hall,
    room: &Room,
    who: &Who,
    asked: Asked,
) -> Result<i64, Problem> {
    asked.check()?;
    let mut tx = hall.db().write().await?;
    let chosen = chosen(hall, list::standing(&mut tx).await?);
    if !chosen.iter().any(|list| list.kind == Kind::Kpm) {
        return Err(Problem::conflict(
            "card-no-list",
            "There is no running list yet: bring a list of recipients (KPM) in first.",
        ));
    }
    let working = run::working(&mut tx).await?;
    if !working.is_empty() && room.stage().is_none() {
        // Its end could not be written down when it failed.
        drop(tx);
        sweep(hall).await?;
        return Box::pin(begin(hall, room, who, asked)).await;
    }
    if !working.is_empty() {
        return Err(Problem::conflict(
            "card-examining",
            "An examination goes on; wait for its end.",
        ));
    }
    let now = hall.now();
    let yardstick = serde_json::to_value(&asked)
        .map_err(|error| Problem::bug(format!("a yardstick cannot be written: {error}")))?;
    let number = run::begin(&mut tx, who.person(), &yardstick, None, now.wall).await?;
    let act = Act {
        verb: "card_run.began",
        subject: format!("run {number}"),
        detail: json!({ "yardstick": yardstick, "lists": chosen.iter().map(|it| it.number).collect::<Vec<_>>() }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    let stage = Stage {
        run: number,
        doing: "reading",
        done: 0,
        of: chosen.iter().map(|it| it.rows.unsigned_abs()).sum(),
    };
    room.put_stage(Some(stage));
    // Two of them at once would be twice the memory.
    room.put_seek(Seek::default());
    let examination = Examination {
        hall: hall.clone(),
        room: room.clone(),
        number,
        person: who.person(),
        asked,
        lists: chosen,
        late: None,
    };
    hall.tasks().spawn("card.examine", examination.run());
    Ok(number)
}

/// How new a list is: by the day whose state it tells, else by the day on which it came.
fn age(hall: &Hall, list: &ListRow) -> (Day, i64) {
    let came = || hall.day_of(list.written);
    (list.as_of.unwrap_or_else(came), list.number)
}

/// Of lists that replace each other the newest of each owner and part, and all of the
/// others; of running lists one. In the order of their numbers.
pub(crate) fn chosen(hall: &Hall, standing: Vec<ListRow>) -> Vec<ListRow> {
    let mut seen: Vec<(Kind, String, String)> = Vec::new();
    let mut standing = standing;
    standing.sort_by_key(|list| std::cmp::Reverse(age(hall, list)));
    let mut chosen: Vec<ListRow> = standing
        .into_iter()
        .filter(|list| {
            let owner = match list.kind {
                Kind::Kpm | Kind::Dtsen => String::new(),
                _ => list
                    .owner
                    .clone()
                    .unwrap_or_else(|| list.title.clone())
                    .to_lowercase(),
            };
            let key = (list.kind, owner, list.part.clone());
            let first = !seen.contains(&key);
            if first {
                seen.push(key);
            }
            first || !list.kind.replaces()
        })
        .collect();
    chosen.sort_by_key(|list| list.number);
    chosen
}

/// Whether other lists would be examined now than were by a run.
pub(crate) async fn is_stale(
    hall: &Hall,
    conn: &mut Conn,
    result: Option<&serde_json::Value>,
) -> Result<bool, Error> {
    let now = chosen(hall, list::standing(conn).await?);
    let was = result.and_then(|it| it["lists"].as_array());
    let was = was.map_or(&[][..], Vec::as_slice);
    let mut was: Vec<Option<i64>> = was.iter().map(|it| it["number"].as_i64()).collect();
    // One that was taken late stands last.
    was.sort_unstable();
    Ok(now.iter().map(|it| Some(it.number)).ne(was))
}

/// An examination that goes on.
pub(crate) struct Examination {
    hall: Hall,
    room: Room,
    number: i64,
    person: Id<Person>,
    asked: Asked,
    lists: Vec<ListRow>,
    /// What it goes on from where it takes one list only, the last one.
    late: Option<Late>,
}

/// Who is who, and what was found.
struct Decided {
    memory: Memory,
    households: Households,
    answer: Answer,
    refused: u64,
    chosen: Chosen,
    model: Box<Model>,
    /// Whose each record was, where that was asked before.
    was: Option<Was>,
    /// What has become of the rows of a list that came late.
    taken: Option<LateList>,
}

/// Whose each record was, and rows that count no more.
struct Was {
    known: Known,
    gone: Vec<MemberRow>,
}

impl Examination {
    async fn run(self) {
        let ended = self.whole().await;
        if let Err(problem) = &ended {
            tracing::error!(
                run = self.number,
                problem = problem.slug(),
                "an examination failed"
            );
            if let Err(error) = undo(&self.hall, self.number, problem.slug()).await {
                tracing::error!(%error, "a half examination was not taken away");
            }
        } else {
            tracing::info!(run = self.number, "an examination is whole");
        }
        self.room.put_stage(None);
    }

    fn stage(&self, doing: &'static str, done: u64, of: u64) {
        self.room.put_stage(Some(Stage {
            run: self.number,
            doing,
            done,
            of,
        }));
    }

    async fn whole(&self) -> Result<(), Problem> {
        let tell = |done, of| self.stage("reading", done, of);
        let is_late = self.late.is_some();
        let memory = memory::read(&self.hall, &self.room, &self.lists, is_late, &tell).await?;
        let decided = match &self.late {
            None => self.decide(memory).await?,
            Some(late) => self.take(late, memory).await?,
        };
        self.write(decided).await
    }

    /// By what the running list is held against all records.
    fn yardstick(&self, memory: &Memory) -> Yardstick {
        let named = |name: &String| {
            let mut names = self.asked.not_excluding.iter();
            names.any(|it| it.to_uppercase() == *name)
        };
        let programmes = memory.programmes.iter().enumerate();
        let excluding = programmes.filter(|(_, name)| !named(name));
        Yardstick {
            decile_max: self.asked.decile_max,
            excluding: excluding.fold(0, |bits, (at, _)| bits | (1_u32 << at)),
        }
    }

    /// Links all records and holds the running list against them.
    async fn decide(&self, memory: Memory) -> Result<Decided, Problem> {
        let lists: Vec<Listed> = self.listed();
        let by = self.yardstick(&memory);
        let (room, number) = (self.room.clone(), self.number);
        let mut read = self.hall.db().read().await?;
        let words = review::words(&mut read).await?;
        drop(read);
        let rows = self.lists.clone();
        let threshold = self.asked.threshold;
        let deciding = self.hall.tasks().blocking("linking lists", move || {
            let pool = rayon::ThreadPoolBuilder::new()
                .build()
                .map_err(|error| Problem::bug(format!("no threads: {error}")))?;
            let tell = |step: Step| {
                let (doing, done, of) = match step {
                    Step::Compared { rules, of } => ("comparing", rules as u64, of as u64),
                    Step::Learning => ("comparing", 1, 1),
                    Step::Merging => ("merging", 0, 1),
                };
                room.put_stage(Some(Stage {
                    run: number,
                    doing,
                    done,
                    of,
                }));
            };
            let Memory { register, told, .. } = &memory;
            // What people said of two records goes before what is probable.
            let said = review::said(&words, &rows, &memory);
            let settings = Settings {
                threshold,
                ..Settings::default()
            };
            let linked = pool.install(|| link::link_as_said(register, &settings, &said, &tell));
            let list: Vec<u16> = told.iter().map(|told| told.list).collect();
            let heads: Vec<bool> = told.iter().map(|told| told.is_head).collect();
            let households = Households::new(register, &linked.clusters, &lists, &list, &heads);
            let answer = running::answer(&households, &lists, told, &by);
            let chosen = review::choose(&linked, &households, &rows, &memory, number);
            Ok::<_, Problem>(Decided {
                chosen,
                refused: linked.clusters.refused,
                model: Box::new(linked.model),
                households,
                answer,
                memory,
                was: None,
                taken: None,
            })
        });
        deciding
            .await
            .map_err(|undone| Problem::bug(undone.to_string()))?
    }

    fn listed(&self) -> Vec<Listed> {
        let mut by_age: Vec<usize> = (0..self.lists.len()).collect();
        by_age.sort_by_key(|at| age(&self.hall, &self.lists[*at]));
        let mut listed: Vec<Listed> = self
            .lists
            .iter()
            .map(|list| Listed {
                kind: list.kind,
                order: 0,
            })
            .collect();
        for (order, at) in (1..).zip(by_age) {
            listed[at].order = order;
        }
        listed
    }

    /// Writes whose each record is, and what was found; then the run counts.
    async fn write(&self, decided: Decided) -> Result<(), Problem> {
        let Decided {
            memory,
            households,
            answer,
            refused,
            chosen,
            model,
            was,
            mut taken,
        } = decided;
        let Was { known, gone } = match was {
            Some(was) => was,
            None => self.known(&memory).await?,
        };
        self.end(&gone).await?;
        let family_of: Vec<u32> = (0..memory.told.len()).map(|at| households.of(at)).collect();
        let (was_person, was_family) = match self.late {
            None => known.votes(&memory.register),
            Some(_) => known.late_votes(&memory.register, &households.person, &family_of),
        };
        let (mut people, mut homes) = (BTreeSet::new(), 0);
        let persons = identity::keep(
            &households.person,
            households.family.len(),
            &was_person,
            || {
                let id = self.hall.mint();
                people.insert(id);
                id
            },
        );
        let families = identity::keep(
            &family_of,
            households.families as usize,
            &was_family,
            || {
                homes += 1;
                self.hall.mint()
            },
        );
        if let Some(taken) = &mut taken {
            let late = memory
                .told
                .len()
                .saturating_sub(usize::try_from(taken.rows).unwrap_or(0));
            let is_known = |person: &&u32| !people.contains(&persons[**person as usize]);
            let joined = households.person[late..].iter().filter(is_known);
            taken.joined = joined.count() as u64;
            (taken.founded, taken.families) = (people.len() as u64, homes);
        }
        let row = |at: usize| {
            let told = &memory.told[at];
            MemberRow {
                list: self.lists[usize::from(told.list)].number,
                number: told.row,
                person: persons[households.person[at] as usize],
                family: families[family_of[at] as usize],
            }
        };
        let (of, mut moved) = (memory.told.len() as u64, 0);
        for from in (0..memory.told.len()).step_by(CHUNK) {
            memory::go_on(&self.hall)?;
            let to = (from + CHUNK).min(memory.told.len());
            let mut tx = self.hall.db().write().await?;
            let mut new = Vec::with_capacity(to - from);
            for at in from..to {
                let now = row(at);
                let was = known.persons[at].zip(known.families[at]);
                if was == Some((now.person, now.family)) {
                    continue;
                }
                if was.is_some() {
                    moved += 1;
                    member::end(&mut tx, self.number, now.list, now.number).await?;
                }
                new.push(now);
            }
            member::write(&mut tx, self.number, &new).await?;
            tx.commit().await?;
            self.stage("writing", to as u64, of);
        }
        self.found(&memory, &answer, |at| row(at).family).await?;
        self.unsure(&chosen).await?;
        let mut outcome = Outcome {
            lists: self.lists.iter().map(examined).collect(),
            records: of,
            erased: memory.erased,
            persons: households.family.len() as u64,
            families: households.families.into(),
            without_card: households.without_card.into(),
            refused_merges: refused,
            rows: answer.rows,
            fine: answer.fine,
            eligible: answer.eligible,
            programmes: memory.programmes.clone(),
            moved_records: moved,
            businesses: 0,
            owners_unknown: 0,
        };
        let (facts, written) = self.knows(memory, households, &persons, &families).await?;
        // Whoever stands on lists of businesses alone is nobody whom rules know.
        outcome.persons = facts.persons.len() as u64;
        outcome.families = facts.families.len() as u64;
        outcome.businesses = facts.businesses.len() as u64;
        let unknown = facts.businesses.iter().filter(|it| it.owner.is_none());
        outcome.owners_unknown = unknown.count() as u64;
        let ended = Ended {
            outcome,
            model,
            taken,
        };
        if let Err(problem) = self.settle(&ended, &written).await {
            written.forget(&self.hall).await;
            return Err(problem);
        }
        self.room.put_facts(self.number, &facts);
        Ok(())
    }

    /// What rules are judged by, sealed.
    async fn knows(
        &self,
        mut memory: Memory,
        households: Households,
        persons: &[Id<Resident>],
        families: &[Id<Family>],
    ) -> Result<(Arc<Facts>, Written), Problem> {
        let persons: Vec<[u8; 16]> = persons.iter().map(|it| *it.as_bytes()).collect();
        let families: Vec<[u8; 16]> = families.iter().map(|it| *it.as_bytes()).collect();
        let (listed, lists) = (self.listed(), self.lists.iter().map(named).collect());
        let gathering = self.hall.tasks().blocking("gathering facts", move || {
            let programmes = std::mem::take(&mut memory.programmes);
            let grants = std::mem::take(&mut memory.grants);
            let gathering = Gathering {
                register: &memory.register,
                households: &households,
                lists: &listed,
                told: &memory.told,
                areas: &memory.areas,
                persons: &persons,
                families: &families,
                businesses: &memory.businesses,
            };
            Arc::new(gathering.facts(lists, programmes, grants))
        });
        let facts = gathering
            .await
            .map_err(|undone| Problem::bug(undone.to_string()))?;
        let written = facts::seal(&self.hall, self.number, Arc::clone(&facts)).await?;
        Ok((facts, written))
    }

    /// Whose each record was in the run before.
    async fn known(&self, memory: &Memory) -> Result<Was, Problem> {
        let mut known = Known::new(memory.told.len());
        let at_list: BTreeMap<i64, u16> = (0..)
            .zip(&self.lists)
            .map(|(at, it)| (it.number, at))
            .collect();
        let (mut behind, mut gone) = ((0, 0), Vec::new());
        let mut replaced: BTreeMap<i64, Vec<MemberRow>> = BTreeMap::new();
        loop {
            let mut read = self.hall.db().read().await?;
            let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
            let rows = member::counting(&mut read, behind, most).await?;
            drop(read);
            let Some(last) = rows.last() else {
                break;
            };
            behind = (last.list, last.number.into());
            for row in rows {
                let Some(list) = at_list.get(&row.list) else {
                    gone.push(row);
                    replaced.entry(row.list).or_default().push(row);
                    continue;
                };
                // Records are in the order of lists and rows.
                let key = (*list, row.number);
                let told = &memory.told;
                match told.binary_search_by_key(&key, |told| (told.list, told.row)) {
                    Ok(at) => {
                        known.persons[at] = Some(row.person);
                        known.families[at] = Some(row.family);
                    }
                    Err(_) => gone.push(row),
                }
            }
        }
        for (list, members) in replaced {
            self.replaced(list, &members, &mut known).await?;
        }
        known.replaced.sort_unstable();
        Ok(Was { known, gone })
    }

    /// Ends rows of lists that count no more.
    async fn end(&self, gone: &[MemberRow]) -> Result<(), Problem> {
        for some in gone.chunks(CHUNK) {
            let mut tx = self.hall.db().write().await?;
            for row in some {
                member::end(&mut tx, self.number, row.list, row.number).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Whose the NIKs of a list were that another has taken the place of.
    async fn replaced(
        &self,
        list: i64,
        members: &[MemberRow],
        known: &mut Known,
    ) -> Result<(), Problem> {
        let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let (mut last, mut members) = (0, members.iter().peekable());
        loop {
            memory::go_on(&self.hall)?;
            let mut read = self.hall.db().read().await?;
            let rows = record::after(&mut read, list, last, most).await?;
            drop(read);
            let Some(newest) = rows.last() else {
                return Ok(());
            };
            last = newest.number.into();
            for row in rows {
                // Both are in the order of their numbers.
                while members.next_if(|it| it.number < row.number).is_some() {}
                let Some(member) = members.next_if(|it| it.number == row.number) else {
                    continue;
                };
                let record = strongbox::open(self.hall.vault(), list, &row)?;
                let nik = record.and_then(|it| number::read(&it.nik).sound());
                if let Some(nik) = nik {
                    known
                        .replaced
                        .push((nik.value(), member.person, member.family));
                }
            }
        }
    }

    async fn found(
        &self,
        memory: &Memory,
        answer: &Answer,
        family: impl Fn(usize) -> Id<Family>,
    ) -> Result<(), Problem> {
        let place = |record: u32| {
            let told = &memory.told[record as usize];
            (self.lists[usize::from(told.list)].number, told.row)
        };
        let mut before = None;
        let rows: Vec<FindingRow> = answer
            .findings
            .iter()
            .map(|it| {
                let at = it.record as usize;
                let (list, number) = place(it.record);
                let is_further = before == Some(it.record);
                before = Some(it.record);
                let rupiah = match it.what {
                    What::LeftOut => self.asked.rupiah_each,
                    _ => memory.told[at].rupiah.map(i64::from),
                };
                FindingRow {
                    list,
                    number,
                    what: it.what,
                    area: memory.areas[at].clone(),
                    family: family(at),
                    rupiah,
                    value: it.value.into(),
                    with: it.shown_by.map(place),
                    is_further,
                }
            })
            .collect();
        for some in rows.chunks(CHUNK) {
            memory::go_on(&self.hall)?;
            let mut tx = self.hall.db().write().await?;
            finding::write(&mut tx, self.number, some).await?;
            tx.commit().await?;
        }
        let totals = self.totals(memory);
        let mut tx = self.hall.db().write().await?;
        finding::write_totals(&mut tx, self.number, &totals).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes the pairs that people are asked about.
    async fn unsure(&self, chosen: &Chosen) -> Result<(), Problem> {
        for some in chosen.pairs.chunks(CHUNK) {
            memory::go_on(&self.hall)?;
            let mut tx = self.hall.db().write().await?;
            pair::write(&mut tx, self.number, some).await?;
            tx.commit().await?;
        }
        let mut tx = self.hall.db().write().await?;
        pair::write_bands(&mut tx, self.number, &chosen.bands).await?;
        tx.commit().await?;
        Ok(())
    }

    /// How long the running list is in each area.
    fn totals(&self, memory: &Memory) -> Vec<TotalRow> {
        let mut totals: BTreeMap<Option<&AreaCode>, TotalRow> = BTreeMap::new();
        for (told, area) in memory.told.iter().zip(&memory.areas) {
            if self.lists[usize::from(told.list)].kind != Kind::Kpm {
                continue;
            }
            let total = totals.entry(area.as_ref()).or_insert_with(|| TotalRow {
                area: area.clone(),
                rows: 0,
                rupiah: 0,
                unknown: 0,
            });
            total.rows += 1;
            match told.rupiah {
                Some(rupiah) => total.rupiah += i64::from(rupiah),
                None => total.unknown += 1,
            }
        }
        totals.into_values().collect()
    }

    async fn settle(&self, ended: &Ended, facts: &Written) -> Result<(), Problem> {
        let outcome = &ended.outcome;
        let result = serde_json::to_value(outcome)
            .map_err(|error| Problem::bug(format!("a result cannot be written: {error}")))?;
        let now = self.hall.now();
        let mut tx = self.hall.db().write().await?;
        facts.record(&self.hall, &mut tx).await?;
        run::learned(&mut tx, self.number, &ended.model.octets()).await?;
        run::done(&mut tx, self.number, &result, facts.kept(), now.wall).await?;
        if let Some((late, taken)) = self.late.as_ref().zip(ended.taken.as_ref()) {
            late.settle(self, &mut tx, taken).await?;
            return Ok(tx.commit().await?);
        }
        let act = Act {
            verb: "card_run.done",
            subject: format!("run {}", self.number),
            detail: json!({ "records": outcome.records, "persons": outcome.persons, "rows": outcome.rows, "fine": outcome.fine }),
        };
        audit::record_for(&mut tx, now, self.person, act).await?;
        tx.commit().await?;
        // What was found before is told by this run from now on.
        if let Err(error) = forget(&self.hall, Runs::Before(self.number)).await {
            // The next one takes it away; it is in nobody's way.
            tracing::warn!(%error, "what was found before was not taken away");
        }
        if let Err(problem) = facts::let_go(&self.hall, self.number).await {
            tracing::warn!(
                problem = problem.slug(),
                "what was known before was not taken away"
            );
        }
        Ok(())
    }
}

/// What an examination ends with.
struct Ended {
    outcome: Outcome,
    model: Box<Model>,
    taken: Option<LateList>,
}

fn named(list: &ListRow) -> ListOf {
    ListOf {
        number: list.number,
        kind: list.kind.as_str().to_owned(),
        title: list.title.clone(),
        as_of: list.as_of,
    }
}

fn examined(list: &ListRow) -> ExaminedList {
    ExaminedList {
        number: list.number,
        kind: list.kind.as_str().to_owned(),
        title: list.title.clone(),
        as_of: list.as_of.map(|day| day.to_string()),
        rows: list.rows,
    }
}
