//! Who receives: rules judged by what an examination knows, and what people decided.
//!
//! ```text
//! programme ─┐
//! facts ─────┼─▶ weighed ─▶ settled by rulings and exceptions ─▶ adopted: rows, annex, hash
//! before ────┘
//! ```
//!
//! A draft holds no rows: all of it follows from a programme, an examination, the list before
//! it and what people ruled, and is counted anew whenever it is looked at.

pub(crate) mod adopt;
pub(crate) mod annex;
pub(crate) mod draft;
pub(crate) mod reasons;
pub(crate) mod simulate;
pub(crate) mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::now::Wall;
use card_core::compare::{Compared, Sides, Tally};
use card_core::decree::{Against, Answer, By, Case, Exception, Group, Standing};
use card_core::facts::Facts;
use card_core::rule::{self, ABSENT, Judged, Programme, Subject, Verdict};
use hall::Hall;
use hall::guard::{Held, Permission, Place, Who};
use hall::problem::Problem;
use store::Conn;

use crate::facts;
use crate::programme;
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow, RulingRow};
use crate::sql::exception;
use crate::sql::judged::{self, JudgedRow};
use crate::sql::member;
use crate::subject::SubjectId;

/// Rows that are read or written at once.
const CHUNK: usize = 4_000;

/// Whether somebody holds a permission over the whole province, of whichever agency.
pub(crate) fn is_whole(who: &Who, permission: Permission) -> bool {
    who.grants().iter().any(|grant: &Held| {
        let area = grant.area.as_ref();
        grant.role.holds(permission)
            && grant.agency.is_none()
            && area.is_none_or(|area| area.level() == AreaLevel::Province)
    })
}

/// Whoever has to hold a permission over the whole province.
pub(crate) fn require_whole(who: &Who, permission: Permission) -> Result<(), Problem> {
    match is_whole(who, permission) {
        true => Ok(()),
        false => Err(Problem::denied(
            "not-allowed",
            format!("This needs {} over the whole province.", permission.name()),
        )),
    }
}

/// Who decides for the whole province, since a programme is one for all of it.
pub(crate) fn require(who: &Who) -> Result<(), Problem> {
    require_whole(who, Permission::CardDecide)
}

/// Whether somebody holds a permission where a subject lives; over the whole province also
/// where no area is known.
pub(crate) fn may(who: &Who, permission: Permission, area: Option<&AreaCode>) -> bool {
    who.may(permission, &Place::new(area.cloned(), None))
        || (area.is_none() && is_whole(who, permission))
}

/// Runs work of many threads where nobody waits for it; others wait for it.
pub(crate) async fn counting<T: Send + 'static>(
    hall: &Hall,
    room: &Room,
    what: &'static str,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    // The semaphore is closed with the house and not before.
    let _turn = room
        .counting()
        .acquire()
        .await
        .map_err(|_| Problem::unavailable("closing", "The house is closing."))?;
    let counting = hall.tasks().blocking(what, move || {
        let pool = rayon::ThreadPoolBuilder::new()
            .build()
            .map_err(|error| Problem::bug(format!("no threads: {error}")))?;
        pool.install(work)
    });
    counting
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))?
}

/// Whose place among subjects a subject has.
pub(crate) fn octets(facts: &Facts, subject: Subject, at: usize) -> [u8; 16] {
    facts.id(subject, at)
}

/// Rules, judged, beside the list before.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) programme: Programme,
    pub(crate) facts: Arc<Facts>,
    pub(crate) on: Day,
    pub(crate) judged: Judged,
    /// Where each subject stood before; none: nobody received.
    pub(crate) before: Option<Vec<Verdict>>,
    /// Those who received and of whom no list tells any more.
    pub(crate) absent: Vec<JudgedRow>,
    /// Those who received and were found to be another one: by the id that they had.
    pub(crate) merged: BTreeMap<[u8; 16], usize>,
    /// The family of each subject, as [`Facts::homes`] tells it.
    pub(crate) owners: Vec<u32>,
    /// Persons by their ids; families are in that order anyway.
    by_id: Vec<u32>,
}

/// Beside what rules are weighed.
#[derive(Debug, Clone)]
pub(crate) enum Beside {
    /// An adopted list: its rows, and whom of those whose id is gone their records belong to
    /// now.
    List {
        rows: Vec<JudgedRow>,
        now: BTreeMap<[u8; 16], [u8; 16]>,
    },
    /// The running list.
    Running,
    /// Other rules.
    Programme(Box<Programme>),
    /// Nothing.
    Nobody,
}

impl Beside {
    /// The baseline of a list.
    pub(crate) async fn of(
        hall: &Hall,
        facts: &Facts,
        subject: Subject,
        run: i64,
        list: Option<i64>,
    ) -> Result<Self, Problem> {
        let Some(number) = list else {
            return Ok(match subject {
                // The running list is one of families.
                Subject::Family => Self::Running,
                Subject::Person | Subject::Business => Self::Nobody,
            });
        };
        let rows = rows(hall, number).await?;
        let mut persons: Vec<([u8; 16], u32)> = Vec::new();
        let known = |id: &[u8; 16], persons: &[([u8; 16], u32)]| match subject {
            Subject::Family => facts.family(id).is_some(),
            Subject::Person => persons.binary_search_by_key(id, |it| it.0).is_ok(),
            Subject::Business => facts.business(id).is_some(),
        };
        if subject == Subject::Person {
            persons = people(facts);
        }
        if subject == Subject::Business {
            // What makes one is its own name and its owner's number: it becomes no other.
            let now = BTreeMap::new();
            return Ok(Self::List { rows, now });
        }
        let gone: Vec<&JudgedRow> = rows
            .iter()
            .filter(|row| !known(&row.subject, &persons))
            .collect();
        if !gone.is_empty() && persons.is_empty() {
            persons = people(facts);
        }
        let mut read = hall.db().read().await?;
        let then = decision::find(&mut read, number).await?;
        let then = then.map_or(run, |row| row.run);
        drop(read);
        let mut now = BTreeMap::new();
        for some in gone.chunks(CHUNK) {
            let mut read = hall.db().read().await?;
            for row in some {
                // Whoever stood there then, or whose row it is now: a row that counts no more
                // belongs to nobody.
                for at in [run, then] {
                    let member = member::at_run(&mut read, at, row.list, row.number).await?;
                    let Some(member) = member else {
                        continue;
                    };
                    let id = match subject {
                        Subject::Person | Subject::Business => Some(*member.person.as_bytes()),
                        Subject::Family if facts.family(member.family.as_bytes()).is_some() => {
                            Some(*member.family.as_bytes())
                        }
                        Subject::Family => {
                            let person = member.person.as_bytes();
                            let found = persons.binary_search_by_key(person, |it| it.0);
                            let family = found.ok().map(|place| persons[place].1);
                            family.map(|family| facts.families[family as usize].id)
                        }
                    };
                    if let Some(id) = id.filter(|id| known(id, &persons)) {
                        now.insert(row.subject, id);
                        break;
                    }
                }
            }
        }
        Ok(Self::List { rows, now })
    }
}

/// The ids of all persons with their families, by id.
fn people(facts: &Facts) -> Vec<([u8; 16], u32)> {
    let owners = facts.owners();
    let mut people: Vec<([u8; 16], u32)> = facts
        .persons
        .iter()
        .zip(owners)
        .map(|(person, family)| (person.id, family))
        .collect();
    people.sort_unstable();
    people
}

/// All rows of an adopted list, by subject.
pub(crate) async fn rows(hall: &Hall, number: i64) -> Result<Vec<JudgedRow>, Problem> {
    let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let mut rows: Vec<JudgedRow> = Vec::new();
    loop {
        let behind = rows.last().map(|row| row.subject);
        let behind = behind.as_ref().map_or(&[][..], |it| &it[..]);
        let mut read = hall.db().read().await?;
        let some = judged::after(&mut read, number, behind, most).await?;
        drop(read);
        if some.is_empty() {
            return Ok(rows);
        }
        rows.extend(some);
    }
}

impl Weighed {
    /// Judges, in the pool of the caller.
    pub(crate) fn new(programme: Programme, facts: Arc<Facts>, on: Day, beside: Beside) -> Self {
        let judged = rule::judge(&programme, &facts, on);
        let owners = facts.homes(programme.subject);
        let mut weighed = Self {
            before: None,
            absent: Vec::new(),
            merged: BTreeMap::new(),
            by_id: by_id(programme.subject, &facts),
            programme,
            facts,
            on,
            judged,
            owners,
        };
        match beside {
            Beside::Nobody => {}
            Beside::Running => weighed.running(),
            Beside::Programme(other) => {
                let other = rule::judge(&other, &weighed.facts, on);
                let verdicts = (0..other.len()).map(|at| other.verdict(at));
                weighed.before = Some(verdicts.collect());
            }
            Beside::List { rows, now } => weighed.list(rows, &now),
        }
        weighed
    }

    fn running(&mut self) {
        let families = self.facts.families.iter();
        let before = families.map(|family| match family.running {
            Some(_) => Verdict::Included,
            None => Verdict::Excluded,
        });
        self.before = Some(before.collect());
    }

    fn list(&mut self, rows: Vec<JudgedRow>, now: &BTreeMap<[u8; 16], [u8; 16]>) {
        let subject = self.programme.subject;
        let mut before = vec![Verdict::Excluded; self.judged.len()];
        for row in rows {
            let verdict = row.standing.verdict();
            let id = SubjectId::of(subject, row.subject);
            let place = self.place(id).or_else(|| {
                // Found to be another one: what it received, that one did.
                let at = self.place(SubjectId::of(subject, *now.get(&row.subject)?))?;
                self.merged.insert(row.subject, at);
                Some(at)
            });
            match place {
                Some(at) if before[at] == Verdict::Included => {}
                Some(at) if verdict == Verdict::Excluded && before[at] != verdict => {}
                Some(at) => before[at] = verdict,
                None if row.standing.receives() => self.absent.push(row),
                None => {}
            }
        }
        self.before = Some(before);
        self.absent.sort_unstable_by_key(|row| row.subject);
    }

    /// Where a subject stood before.
    pub(crate) fn before(&self, at: usize) -> Verdict {
        let before = self.before.as_ref();
        before.map_or(Verdict::Excluded, |before| before[at])
    }

    /// The octets of a subject.
    pub(crate) fn octets(&self, at: usize) -> [u8; 16] {
        octets(&self.facts, self.programme.subject, at)
    }

    /// The id of a subject.
    pub(crate) fn subject(&self, at: usize) -> SubjectId {
        SubjectId::of(self.programme.subject, self.octets(at))
    }

    /// The place of a subject; none where nothing is known of it.
    pub(crate) fn place(&self, subject: SubjectId) -> Option<usize> {
        match subject {
            _ if subject.subject() != self.programme.subject => None,
            SubjectId::Family(id) => self.facts.family(id.as_bytes()).map(|at| at as usize),
            SubjectId::Business(id) => {
                let found = self.facts.business(id.as_bytes());
                found.map(|at| at as usize)
            }
            SubjectId::Person(id) => {
                let id_of = |at: &u32| self.facts.persons[*at as usize].id;
                let found = self.by_id.binary_search_by_key(id.as_bytes(), id_of);
                found.ok().map(|place| self.by_id[place] as usize)
            }
        }
    }

    /// Where a subject lives, or a business is: a place among the areas of the facts.
    pub(crate) fn lies(&self, at: usize) -> Option<u32> {
        let subject = self.programme.subject;
        self.facts.area_of(subject, at, self.owners[at])
    }

    /// The code of that area.
    pub(crate) fn area(&self, at: usize) -> Option<AreaCode> {
        let code = self.facts.areas.get(self.lies(at)? as usize)?;
        code.parse().ok()
    }

    /// The id of a subject's family, where it is known.
    pub(crate) fn family(&self, at: usize) -> Option<[u8; 16]> {
        let family = self.facts.families.get(self.owners[at] as usize)?;
        Some(family.id)
    }

    /// The list and row under which a subject stands on an annex.
    pub(crate) fn row(&self, at: usize) -> (i64, u32) {
        let place = match self.programme.subject {
            Subject::Family => self.facts.representative(&self.facts.families[at]),
            Subject::Person => self.facts.persons[at].stands,
            Subject::Business => self.facts.businesses[at].stands,
        };
        (self.facts.lists[usize::from(place.list)].number, place.row)
    }

    /// What somebody's case is.
    pub(crate) fn case(&self, at: usize, exception: Option<Exception>) -> Case {
        Case {
            verdict: self.judged.verdict(at),
            group: Group::of(&self.programme, &self.judged, at),
            before: self.before(at),
            exception,
        }
    }

    /// How a group is called.
    pub(crate) fn group_name(&self, group: Group) -> String {
        let rule = self.programme.rules.get(group.rule);
        let rule = rule.map_or("", |rule| rule.id.as_str());
        format!("{rule}:{}", group.against.as_str())
    }

    /// The group of a name.
    pub(crate) fn group(&self, name: &str) -> Option<Group> {
        let (rule, against) = name.rsplit_once(':')?;
        let rule = self.programme.rules.iter().position(|it| it.id == rule)?;
        let against = Against::parse(against)?;
        Some(Group { rule, against })
    }
}

fn by_id(subject: Subject, facts: &Facts) -> Vec<u32> {
    let mut by_id: Vec<u32> = match subject {
        Subject::Family | Subject::Business => Vec::new(),
        Subject::Person => (0_u32..).take(facts.persons.len()).collect(),
    };
    by_id.sort_unstable_by_key(|at| facts.persons[*at as usize].id);
    by_id
}

/// The name of the group of those of whom no list tells any more.
pub(crate) fn absent_group() -> String {
    format!("{ABSENT}:{}", Against::Unknown.as_str())
}

/// What people have decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    /// About groups, by their names.
    pub(crate) rulings: BTreeMap<String, RulingRow>,
    /// About one subject each, by its octets.
    pub(crate) exceptions: BTreeMap<[u8; 16], Exception>,
}

impl Decided {
    /// What was decided about a list: of exceptions those that counted at a time.
    pub(crate) async fn of(conn: &mut Conn, row: &DecisionRow, at: Wall) -> Result<Self, Problem> {
        let rulings = decision::rulings(conn, row.number).await?;
        let exceptions = exception::counting(conn, &row.slug, at).await?;
        Ok(Self {
            rulings: rulings
                .into_iter()
                .map(|it| (it.group.clone(), it))
                .collect(),
            exceptions: exceptions
                .into_iter()
                .map(|it| (it.subject, it.answer))
                .collect(),
        })
    }
}

/// A list as it stands: rules weighed, and what people decided.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub(crate) weighed: Arc<Weighed>,
    pub(crate) decided: Arc<Decided>,
    /// What was ruled, by rule and by how it speaks against.
    answers: Vec<[Option<Answer>; 2]>,
    /// What was ruled about those of whom no list tells any more.
    absent: Option<Answer>,
}

impl Laid {
    pub(crate) fn new(weighed: Arc<Weighed>, mut decided: Decided) -> Self {
        // What was decided about one who was found to be another goes with him.
        for (was, at) in &weighed.merged {
            if let Some(exception) = decided.exceptions.get(was).copied() {
                let now = weighed.octets(*at);
                decided.exceptions.entry(now).or_insert(exception);
            }
        }
        let answer = |name: String| decided.rulings.get(&name).map(|ruling| ruling.answer);
        let answers = weighed.programme.rules.iter().map(|rule| {
            [Against::Fails, Against::Unknown]
                .map(|against| answer(format!("{}:{}", rule.id, against.as_str())))
        });
        Self {
            answers: answers.collect(),
            absent: answer(absent_group()),
            weighed,
            decided: Arc::new(decided),
        }
    }

    /// Whether it was laid by exactly that.
    pub(crate) fn is_of(&self, decided: Decided) -> bool {
        *Self::new(Arc::clone(&self.weighed), decided).decided == *self.decided
    }

    /// How many were decided about alone against what the rules say now, and how many decisions
    /// are about nobody who is known.
    pub(crate) fn contrary(&self) -> (u64, u64) {
        let weighed = &self.weighed;
        let subject = weighed.programme.subject;
        let (mut contrary, mut strange) = (0, 0);
        for (octets, exception) in &self.decided.exceptions {
            let place = weighed.place(SubjectId::of(subject, *octets));
            match place.map(|at| weighed.judged.verdict(at)) {
                Some(verdict) => {
                    let says = matches!(exception, Exception::Include);
                    contrary += u64::from(says != (verdict == Verdict::Included));
                }
                None if weighed.merged.contains_key(octets) => {}
                None => strange += 1,
            }
        }
        (contrary, strange)
    }

    /// As it would be if whoever rules went along with each rule.
    pub(crate) fn by_rules_alone(mut self) -> Self {
        self.answers.fill([Some(Answer::Remove); 2]);
        self.absent = Some(Answer::Remove);
        self
    }

    /// What was decided about a subject alone.
    pub(crate) fn exception(&self, at: usize) -> Option<Exception> {
        if self.decided.exceptions.is_empty() {
            return None;
        }
        let octets = self.weighed.octets(at);
        self.decided.exceptions.get(&octets).copied()
    }

    /// What somebody's case is.
    pub(crate) fn case(&self, at: usize) -> Case {
        self.weighed.case(at, self.exception(at))
    }

    /// Where a subject stands, and who decided it.
    pub(crate) fn settle(&self, at: usize) -> (Standing, By) {
        self.case(at)
            .settle(|group| self.answers[group.rule][group.against as usize])
    }

    /// Where each of those stands of whom no list tells any more, and who decided it.
    pub(crate) fn settle_absent(&self, row: &JudgedRow) -> (Standing, By) {
        match self.decided.exceptions.get(&row.subject) {
            Some(Exception::Include) => (Standing::Held, By::Person),
            Some(Exception::Exclude) => (Standing::Excluded, By::Person),
            None => match self.absent {
                Some(Answer::Hold) => (Standing::Held, By::Group),
                Some(Answer::Remove) => (Standing::Excluded, By::Group),
                None => (Standing::Undecided, By::Rules),
            },
        }
    }

    /// A subject as a row of the list, without its place on the annex.
    pub(crate) fn row(&self, at: usize) -> JudgedRow {
        let weighed = &self.weighed;
        let (standing, by) = self.settle(at);
        let group = Group::of(&weighed.programme, &weighed.judged, at);
        let rule = group.and_then(|group| weighed.programme.rules.get(group.rule));
        let (list, number) = weighed.row(at);
        JudgedRow {
            subject: weighed.octets(at),
            place: None,
            area: weighed.area(at),
            standing,
            by,
            was: weighed.before(at),
            rule: rule.map(|rule| rule.id.clone()),
            against: group.map(|group| group.against),
            list,
            number,
        }
    }

    /// One of whom no list tells any more, as a row of the list.
    pub(crate) fn absent_row(&self, row: &JudgedRow) -> JudgedRow {
        let (standing, by) = self.settle_absent(row);
        JudgedRow {
            place: None,
            standing,
            by,
            was: Verdict::Included,
            rule: Some(ABSENT.to_owned()),
            against: Some(Against::Unknown),
            ..row.clone()
        }
    }

    /// Compares with the list before, of those whom somebody may see. In the pool of the
    /// caller.
    pub(crate) fn compare(&self, letters: usize, sight: &Sight, near: bool) -> Compared {
        let sides = Sides {
            programme: &self.weighed.programme,
            judged: &self.weighed.judged,
            facts: &self.weighed.facts,
            on: self.weighed.on,
            before: self.weighed.before.as_deref(),
            owners: &self.weighed.owners,
            sees: Some(&sight.areas),
            letters,
            near,
        };
        let mut compared = sides.compare(|at| self.settle(at).0);
        for row in &self.weighed.absent {
            if sight.sees(row.area.as_ref()) {
                let area = row.area.as_ref().map_or("", AreaCode::as_str);
                compared.take_absent(area, letters, self.settle_absent(row).0);
            }
        }
        compared
    }

    /// Those who receive and would not any more, by whom a person has to rule on: how many,
    /// and how many of them nobody decided about alone.
    pub(crate) fn groups(&self, sight: &Sight) -> BTreeMap<String, (u64, u64)> {
        let mut by_group: BTreeMap<Group, (u64, u64)> = BTreeMap::new();
        for at in 0..self.weighed.judged.len() {
            if self.weighed.before(at) != Verdict::Included || !sight.sees_of(&self.weighed, at) {
                continue;
            }
            let case = self.case(at);
            if let Some(group) = case.group {
                let count = by_group.entry(group).or_default();
                count.0 += 1;
                count.1 += u64::from(case.exception.is_none());
            }
        }
        let named = by_group
            .into_iter()
            .map(|(group, count)| (self.weighed.group_name(group), count));
        let mut groups: BTreeMap<String, (u64, u64)> = named.collect();
        for row in &self.weighed.absent {
            if sight.sees(row.area.as_ref()) {
                let alone = self.decided.exceptions.contains_key(&row.subject);
                let count = groups.entry(absent_group()).or_default();
                count.0 += 1;
                count.1 += u64::from(!alone);
            }
        }
        groups
    }

    /// How many families would receive of which nobody is known as a head: they may be parts
    /// of others, under a slip of a number, and be paid twice. None where the rules let in no
    /// such family, or judge persons.
    pub(crate) fn headless(&self, sight: Option<&Sight>) -> Option<u64> {
        let weighed = &self.weighed;
        let programme = &weighed.programme;
        if programme.subject != Subject::Family || programme.asks_for_head() {
            return None;
        }
        let families = weighed.facts.families.iter().enumerate();
        let headless = families.filter(|(at, family)| {
            !weighed.facts.has_head(family)
                && self.settle(*at).0.verdict() == Verdict::Included
                && sight.is_none_or(|sight| sight.sees_of(weighed, *at))
        });
        Some(headless.count() as u64)
    }

    /// How many stand where, all of them.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for at in 0..self.weighed.judged.len() {
            tally.add(self.settle(at).0);
        }
        for row in &self.weighed.absent {
            tally.add(self.settle_absent(row).0);
        }
        tally
    }
}

/// Which areas somebody may see.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// Of the areas of facts, with one more for none.
    areas: Vec<bool>,
    who: Who,
    permission: Permission,
}

impl Sight {
    pub(crate) fn new(facts: &Facts, who: &Who, permission: Permission) -> Self {
        let sees = |code: Option<AreaCode>| may(who, permission, code.as_ref());
        let known = facts.areas.iter().map(|code| sees(code.parse().ok()));
        Self {
            areas: known.chain([sees(None)]).collect(),
            who: who.clone(),
            permission,
        }
    }

    /// Whether a subject is seen.
    pub(crate) fn sees_of(&self, weighed: &Weighed, at: usize) -> bool {
        let none = weighed.facts.areas.len();
        let area = weighed.lies(at).map_or(none, |area| area as usize);
        self.areas.get(area).copied().unwrap_or(false)
    }

    /// Whether it is seen what lies there.
    pub(crate) fn sees(&self, area: Option<&AreaCode>) -> bool {
        may(&self.who, self.permission, area)
    }
}

/// Rules of a list, weighed; it is counted once and then held for whoever asks next.
pub(crate) async fn weigh(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
) -> Result<Arc<Weighed>, Problem> {
    if let Some(weighed) = room.weighed(row.number) {
        return Ok(weighed);
    }
    // Whoever comes meanwhile finds it held.
    let _one = room.weighing().lock().await;
    if let Some(weighed) = room.weighed(row.number) {
        return Ok(weighed);
    }
    let mut read = hall.db().read().await?;
    let kept = programme::find(&mut read, &row.slug, Some(row.version)).await?;
    drop(read);
    let facts = facts::open(hall, room, row.run).await?;
    let subject = kept.programme.subject;
    let beside = Beside::of(hall, &facts, subject, row.run, row.baseline).await?;
    let on = row.on;
    let weighed = counting(hall, room, "weighing a list", move || {
        Ok(Arc::new(Weighed::new(kept.programme, facts, on, beside)))
    })
    .await?;
    room.put_weighed(row.number, &weighed);
    Ok(weighed)
}

/// A list as it stands; of a draft with what counted at a time.
pub(crate) async fn lay_at(
    hall: &Hall,
    room: &Room,
    row: &DecisionRow,
    at: Wall,
) -> Result<Laid, Problem> {
    let weighed = weigh(hall, room, row).await?;
    let mut read = hall.db().read().await?;
    // What was decided after a list was adopted is for the next.
    let at = row.adopted.unwrap_or(at);
    let decided = Decided::of(&mut read, row, at).await?;
    Ok(Laid::new(weighed, decided))
}

/// A list as it stands.
pub(crate) async fn lay(hall: &Hall, room: &Room, row: &DecisionRow) -> Result<Laid, Problem> {
    lay_at(hall, room, row, hall.now().wall).await
}
