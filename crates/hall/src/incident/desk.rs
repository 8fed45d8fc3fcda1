//! What people do with incidents: read, open by hand, look after.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use base::area::AreaCode;
use base::geo::Point;
use base::id::{Agency, Blob, Id, Incident, Person};
use base::now::Wall;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use store::{Conn, Tx, Value};
use utoipa::ToSchema;

use super::life::{Refusal, Severity, State};
use super::{
    About, By, Command, Fresh, Hand, MANUAL, SUBJECTS_MAX, Subject, changed, first, sight, take,
};
use base::kind::Kind;

use crate::guard::{Permission, Who};
use crate::problem::Problem;
use crate::sql::incident::{self as rows, IncidentRow, SubjectRow};
use crate::sql::staff;
use crate::{Hall, line, local, session};

/// Longest sentence that says what is wrong, in characters.
pub(crate) const TITLE_MAX: usize = 200;

/// Longest note or reason, in characters.
pub(crate) const TEXT_MAX: usize = 2_000;

/// Which incidents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filter {
    /// Only in these states; empty: in any.
    pub states: Vec<State>,
    /// Only this bad.
    pub severity: Option<Severity>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about something in this area.
    pub within: Option<AreaCode>,
    /// Only about this.
    #[serde(skip)]
    pub about: Option<Subject>,
    /// Only those that this person looks after.
    pub owner: Option<Id<Person>>,
    /// Only those that nobody looks after.
    pub unowned: bool,
    /// Only those that the caller looks after or watches.
    pub mine: bool,
    /// Only those whose time was overrun.
    pub overdue: bool,
    /// Only those whose time was overrun as often.
    pub level: Option<i64>,
    /// Only those opened since.
    pub since: Option<Wall>,
    /// What the last page ended with: a number.
    #[serde(skip)]
    pub before: Option<i64>,
}

/// An incident as its reader may see it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) row: IncidentRow,
    /// What it is about, as far as the reader may know.
    pub(crate) subjects: Vec<SubjectRow>,
    /// Subjects that are withheld.
    pub(crate) withheld: usize,
    /// Whether everything was shown, the words of people included.
    pub(crate) whole: bool,
}

impl Seen {
    fn new(row: IncidentRow, subjects: Vec<SubjectRow>, who: &Who) -> Self {
        let whole = sight::of(who, Permission::IncidentsRead, &subjects).all;
        let linked: Vec<_> = subjects
            .into_iter()
            .filter(|one| one.unlinked.is_none())
            .collect();
        let all = linked.len();
        let may = |one: &SubjectRow| who.may(Permission::IncidentsRead, &one.about.place);
        let subjects: Vec<_> = linked.into_iter().filter(may).collect();
        Self {
            withheld: all - subjects.len(),
            row,
            subjects,
            whole,
        }
    }

    /// What is wrong, in one sentence. None: a person has written it, and it may name
    /// what the reader may not know of.
    pub(crate) fn title(&self) -> Option<&str> {
        (self.whole || self.row.room.is_some()).then_some(self.row.title.as_str())
    }
}

/// An incident to be opened by a person.
#[derive(Debug, Clone)]
pub struct ByHand {
    /// What is wrong, in one sentence.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What else there is to say.
    pub note: Option<String>,
    /// What it is about; not empty.
    pub about: Vec<About>,
    /// Where it is.
    pub point: Option<Point>,
    /// The saved still that it is opened from.
    pub still: Option<Id<Blob>>,
}

/// An incident that a person has opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IncidentOpened)]
pub struct Opened {
    /// `inc_…`.
    #[schema(value_type = String)]
    pub id: Id<Incident>,
    /// The number by which people speak of it.
    pub number: i64,
}

/// Incidents that somebody may know of, the newest first. Also what to begin the next
/// page before, if there may be one.
pub(crate) async fn list(
    conn: &mut Conn,
    who: &Who,
    filter: &Filter,
    now: Wall,
    limit: i64,
) -> Result<(Vec<Seen>, Option<i64>), store::Error> {
    let (mut place, mut values) =
        who.visible(Permission::IncidentsRead, "s.area_code", "s.agency_id");
    if let Some(within) = &filter.within {
        place.push_str(" AND (s.area_code = ? OR s.area_code LIKE ?)");
        values.push(within.as_str().into());
        values.push(format!("{within}.%").into());
    }
    if let Some(subject) = &filter.about {
        place.push_str(" AND s.kind = ? AND s.subject = ?");
        values.push(subject.kind().into());
        values.push(subject.to_string().into());
    }
    let mut query = rows::somewhere(rows::list(), &place, values);
    if !filter.states.is_empty() {
        let marks = vec!["?"; filter.states.len()].join(", ");
        let words: Vec<Value> = filter.states.iter().map(|s| s.as_str().into()).collect();
        query = query
            .raw(" AND ")
            .condition(&format!("i.state IN ({marks})"), words);
    }
    if let Some(severity) = filter.severity {
        query = query.push(" AND i.severity = ", severity.as_str());
    }
    if let Some(kind) = &filter.kind {
        query = query.push(" AND i.kind = ", kind.as_str());
    }
    if let Some(owner) = filter.owner {
        query = query.push(" AND i.owner_id = ", owner);
    }
    if filter.unowned {
        query = query.raw(" AND i.owner_id IS NULL");
    }
    if filter.mine {
        query = rows::of_person(query, who.person());
    }
    if filter.overdue {
        query = query
            .raw(" AND i.state IN ('open', 'handled')")
            .push(" AND i.due_us <= ", now);
    }
    if let Some(level) = filter.level {
        query = query
            .raw(" AND i.state IN ('open', 'handled')")
            .push(" AND i.level >= ", level);
    }
    if let Some(since) = filter.since {
        query = query.push(" AND i.opened_us >= ", since);
    }
    if let Some(before) = filter.before {
        query = query.push(" AND i.number < ", before);
    }
    query = query.push(" ORDER BY i.number DESC LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let ends = found.first().zip(found.last());
    let mut subjects = match ends {
        Some((newest, oldest)) => rows::subjects_of(conn, oldest.number, newest.number).await?,
        None => BTreeMap::new(),
    };
    let next = found
        .last()
        .map(|row| row.number)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    let seen = found.into_iter().map(|row| {
        let subjects = subjects.remove(&row.id).unwrap_or_default();
        Seen::new(row, subjects, who)
    });
    Ok((seen.collect(), next))
}

/// How many incidents go on, and whose they are, without anybody's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offices {
    /// How many go on.
    pub open: usize,
    /// How many of those nobody looks after.
    pub unowned: usize,
    /// How many each office looks after; none: somebody of no single one.
    pub by_office: BTreeMap<Option<Id<Agency>>, usize>,
}

/// Incidents of some kinds that go on, as far as somebody may know of them, by the office
/// of whoever looks after them.
///
/// # Errors
/// If the database does not answer.
pub async fn offices(
    conn: &mut Conn,
    who: &Who,
    kinds: &[&str],
    within: Option<&AreaCode>,
    now: Wall,
) -> Result<Offices, store::Error> {
    const PAGE: i64 = 1_000;
    let mut found = Offices::default();
    // Each owner is looked up once.
    let mut of: BTreeMap<Id<Person>, Option<Id<Agency>>> = BTreeMap::new();
    for kind in kinds {
        let mut filter = Filter {
            states: State::ALL.into_iter().filter(|it| it.goes_on()).collect(),
            kind: Some((*kind).to_owned()),
            within: within.cloned(),
            ..Filter::default()
        };
        loop {
            let (page, next) = list(conn, who, &filter, now, PAGE).await?;
            for seen in &page {
                found.open += 1;
                let Some(owner) = seen.row.standing.owner else {
                    found.unowned += 1;
                    continue;
                };
                let office = match of.entry(owner) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(free) => {
                        let person = staff::by_id(conn, owner).await?;
                        *free.insert(person.and_then(|row| row.agency))
                    }
                };
                *found.by_office.entry(office).or_default() += 1;
            }
            match next {
                Some(before) => filter.before = Some(before),
                None => break,
            }
        }
    }
    Ok(found)
}

/// One incident, as far as this caller may know of it.
pub(crate) async fn find(conn: &mut Conn, who: &Who, id: Id<Incident>) -> Result<Seen, Problem> {
    let (row, subjects) = readable(conn, who, id).await?;
    Ok(Seen::new(row, subjects, who))
}

async fn readable(
    conn: &mut Conn,
    who: &Who,
    id: Id<Incident>,
) -> Result<(IncidentRow, Vec<SubjectRow>), Problem> {
    let none = || Problem::not_found("incident", "There is no such incident.");
    let row = rows::by_id(conn, id).await?.ok_or_else(none)?;
    let subjects = rows::subjects(conn, id).await?;
    if !sight::of(who, Permission::IncidentsRead, &subjects).some {
        return Err(none());
    }
    Ok((row, subjects))
}

/// Opens an incident by hand.
///
/// # Errors
/// `not-allowed` unless the caller may write at each of its places; a bad field.
pub async fn open(hall: &Hall, tx: &mut Tx, who: &Who, it: ByHand) -> Result<Opened, Problem> {
    if it.about.is_empty() || it.about.len() > SUBJECTS_MAX {
        let why = format!("1 to {SUBJECTS_MAX} of them");
        return Err(line::refuse("subjects", why));
    }
    for about in &it.about {
        who.require(Permission::IncidentsWrite, &about.place)?;
    }
    let fresh = Fresh {
        kind: MANUAL,
        key: None,
        title: line::read("title", &it.title, TITLE_MAX)?,
        facts: Json::from(Map::new()),
        severity: it.severity,
        about: it.about,
        point: it.point,
        still: it.still,
        text: line::read_maybe("note", it.note.as_deref(), TEXT_MAX)?,
    };
    let id = first(tx, hall.now(), fresh, &Hand::of(who)).await?;
    let row = rows::by_id(tx, id).await?;
    let number = row
        .map(|row| row.number)
        .ok_or_else(|| Problem::bug("an incident that was opened is not there"))?;
    Ok(Opened { id, number })
}

/// Does something with an incident; how it is then.
pub(crate) async fn act(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Incident>,
    command: Command,
    text: Option<String>,
) -> Result<Seen, Problem> {
    let now = hall.now();
    let (mut row, subjects) = readable(tx, who, id).await?;
    writable(who, &subjects, command)?;
    let text = line::read_maybe("text", text.as_deref(), TEXT_MAX)?;
    let owner = match command {
        Command::Assign(owner) => owner,
        Command::Take => Some(who.person()),
        _ => None,
    };
    if let Some(owner) = owner {
        may_own(tx, owner, &subjects, now.wall).await?;
    }
    if command == Command::Reopen
        && let Some(key) = &row.key
        && let Some(newest) = rows::newest(tx, key).await?
        && newest.id != row.id
        && newest.standing.state.goes_on()
    {
        return Err(state(format!(
            "The same is wrong again as number {}.",
            newest.number
        )));
    }
    let by = By::Person(who.person());
    let events = row
        .standing
        .decide(command, by, text.is_some(), now.wall)
        .map_err(|refusal| refused(&refusal))?;
    take(tx, now, &mut row, &events, &Hand::of(who), text.as_deref()).await?;
    rows::update(tx, &row).await?;
    changed(tx, id, now.wall).await?;
    find_again(tx, who, id).await
}

/// Says that an incident is about something else too. What a room owns is linked by that
/// room, which knows what it is called and where it lies.
///
/// # Errors
/// `incident` (not found), `not-allowed`, or `incident-state`.
pub async fn link(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Incident>,
    about: About,
) -> Result<Opened, Problem> {
    let now = hall.now();
    let (mut row, subjects) = readable(tx, who, id).await?;
    let known = subjects
        .iter()
        .find(|one| one.about.subject == about.subject);
    let nth = match known {
        Some(one) => one.nth,
        None if subjects.len() >= SUBJECTS_MAX => {
            return Err(state(format!("It is about {SUBJECTS_MAX} things already.")));
        }
        None => u32::try_from(subjects.len() + 1).unwrap_or(u32::MAX),
    };
    let command = Command::Link(nth);
    writable(who, &subjects, command)?;
    who.require(Permission::IncidentsWrite, &about.place)?;
    let events = row
        .standing
        .decide(command, By::Person(who.person()), false, now.wall)
        .map_err(|refusal| refused(&refusal))?;
    if known.is_none() {
        rows::add_subject(tx, id, nth, &about, now.wall).await?;
    }
    take(tx, now, &mut row, &events, &Hand::of(who), None).await?;
    rows::update(tx, &row).await?;
    changed(tx, id, now.wall).await?;
    Ok(Opened {
        id,
        number: row.number,
    })
}

/// An incident after something was done with it, for whoever did it. One who has taken
/// off the only subject that he may see is told so and sees no more of it.
async fn find_again(conn: &mut Conn, who: &Who, id: Id<Incident>) -> Result<Seen, Problem> {
    let row = rows::by_id(conn, id)
        .await?
        .ok_or_else(|| Problem::bug("an incident that was changed is not there"))?;
    let subjects = rows::subjects(conn, id).await?;
    Ok(Seen::new(row, subjects, who))
}

/// Who may write at one place may say something about it; what counts for all places
/// needs all of them.
fn writable(who: &Who, subjects: &[SubjectRow], command: Command) -> Result<(), Problem> {
    let linked = subjects.iter().filter(|one| one.unlinked.is_none());
    let mut places = linked.map(|one| &one.about.place);
    let write = Permission::IncidentsWrite;
    let may = match command {
        Command::Note | Command::Watch | Command::Unwatch => {
            places.any(|place| who.may(write, place))
        }
        _ => places.all(|place| who.may(write, place)),
    };
    if may {
        Ok(())
    } else {
        Err(Problem::denied(
            "not-allowed",
            format!("This needs {} at every place of it.", write.name()),
        ))
    }
}

/// Whoever looks after it is a human being who may write at all of its places.
async fn may_own(
    conn: &mut Conn,
    owner: Id<Person>,
    subjects: &[SubjectRow],
    now: Wall,
) -> Result<(), Problem> {
    let wrong = || line::refuse("owner", "is nobody who may look after it");
    let person = staff::by_id(conn, owner).await?.ok_or_else(wrong)?;
    let grants = session::held(conn, owner, now).await?;
    let write = Permission::IncidentsWrite;
    let may = |one: &SubjectRow| {
        let mut holding = grants.iter().filter(|grant| grant.role.holds(write));
        holding.any(|grant| grant.covers(&one.about.place))
    };
    let linked = || subjects.iter().filter(|one| one.unlinked.is_none());
    if person.active && !local::is_door(owner) && linked().all(may) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Who may look after an incident, by name.
pub(crate) async fn able(
    conn: &mut Conn,
    who: &Who,
    id: Id<Incident>,
    now: Wall,
) -> Result<Vec<(Id<Person>, String)>, Problem> {
    let (_, subjects) = readable(conn, who, id).await?;
    writable(who, &subjects, Command::Note)?;
    let mut able = Vec::new();
    for (person, name) in staff::names(conn).await? {
        match may_own(conn, person, &subjects, now).await {
            Ok(()) => able.push((person, name)),
            Err(problem) if problem.kind() == Kind::Invalid => {}
            Err(problem) => return Err(problem),
        }
    }
    able.sort_by_key(|(_, name)| name.to_lowercase());
    Ok(able)
}

fn state(detail: impl Into<String>) -> Problem {
    Problem::conflict("incident-state", detail)
}

fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::Already => state("It is so already."),
        Refusal::Owned(owner) => Problem::conflict(
            "incident-owned",
            "Somebody else looks after it; name the owner to change that.",
        )
        .field("owner", owner.to_string()),
        Refusal::NotNow(now) => state(format!("Not while it is {}.", now.as_str())),
        Refusal::StillSo => state(
            "What has opened it has not said that the cause is gone: clear it first, and say why.",
        ),
        Refusal::NoReason => line::refuse("text", "say why"),
        Refusal::Past => line::refuse("due_us", "has passed already"),
        Refusal::TooFar => line::refuse("due_us", "is more than a year away"),
        Refusal::NotLinked => {
            Problem::not_found("incident-subject", "The incident is not about that.")
        }
        Refusal::LastSubject => state("It has to be about something."),
    }
}
