//! An incident as its reader may see it.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::id::{Agency, Blob, Id, Incident, Person};
use base::now::Wall;
use serde::Serialize;
use serde_json::Value as Json;
use store::Conn;
use utoipa::ToSchema;

use super::{IncidentStateWord, LatLon};
use crate::areas::{self, NamedArea};
use crate::guard::Who;
use crate::incident::desk::Seen;
use crate::incident::{Event, Severity, SeverityWord, State, Subject};
use crate::problem::Problem;
use crate::sql::incident::{self as rows, StepRow, SubjectRow};
use crate::sql::staff;
use crate::{Hall, site};

/// Steps that come with an incident: the newest. The others are a list of their own.
const STEPS_SHOWN: i64 = 200;

crate::words! {
    /// What has happened to an incident.
    IncidentStepWord = Event::WORDS
}

crate::words! {
    /// What a subject of an incident is.
    SubjectKindWord = Subject::KINDS
}

/// A person, as he is named to whoever may see what he does.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NamedPerson)]
pub(in crate::http) struct PersonView {
    /// `prs_…`.
    #[schema(value_type = String)]
    id: Id<Person>,
    /// What the person is called.
    name: String,
}

impl PersonView {
    pub(crate) const fn new(id: Id<Person>, name: String) -> Self {
        Self { id, name }
    }

    pub(in crate::http) fn name(&self) -> &str {
        &self.name
    }

    pub(in crate::http) fn of(names: &BTreeMap<Id<Person>, String>, id: Id<Person>) -> Self {
        Self {
            name: names.get(&id).cloned().unwrap_or_default(),
            id,
        }
    }
}

/// Whom to call, as the register says now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubjectContact)]
struct ContactView {
    /// Whom.
    name: Option<String>,
    /// By which number.
    phone: Option<String>,
}

/// What an incident is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentSubject)]
pub(super) struct SubjectView {
    /// Its number in the incident.
    nth: u32,
    /// What it is.
    #[schema(value_type = SubjectKindWord)]
    kind: &'static str,
    /// An area code or a printed id; empty for the house itself.
    id: String,
    /// What it was called when it was linked.
    name: String,
    /// Where it lay then; null for the house itself.
    area: Option<NamedArea>,
    /// Whose it was then.
    #[schema(value_type = Option<String>)]
    agency: Option<Id<Agency>>,
    /// Where the register tells of it, with whom to call and when; null for the house.
    see: Option<String>,
    /// Whom to call at a site; only with one incident, and only for whoever may see the
    /// site.
    contact: Option<ContactView>,
}

/// An incident.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentView {
    /// `inc_…`.
    #[schema(value_type = String)]
    id: Id<Incident>,
    /// The number by which people speak of it.
    number: i64,
    /// What kind: a word of the room that opened it, or `manual`.
    kind: String,
    /// The part of the house that opened it; null: a person did.
    room: Option<String>,
    /// Who opened it by hand.
    opened_by: Option<PersonView>,
    /// What is wrong, in one sentence; null where a person has written it and it is about
    /// something that the caller may not see.
    title: Option<String>,
    /// What the room has measured, newest.
    #[schema(value_type = Object)]
    facts: Json,
    /// How bad it is.
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    /// How far it has come.
    #[schema(value_type = IncidentStateWord)]
    state: State,
    /// Who looks after it; null: nobody yet.
    owner: Option<PersonView>,
    /// By when the next thing has to happen.
    #[schema(value_type = i64)]
    due_us: Wall,
    /// Whether a person has said by when.
    due_set: bool,
    /// Whether that time has passed and it still goes on.
    overdue: bool,
    /// How often the time was overrun, 0 to 3.
    level: u8,
    /// When it was opened.
    #[schema(value_type = i64)]
    opened_us: Wall,
    /// When it was said last, and how often it was.
    #[schema(value_type = i64)]
    seen_us: Wall,
    /// How often it was said.
    seen: i64,
    /// Since when the cause is gone.
    #[schema(value_type = Option<i64>)]
    cleared_us: Option<Wall>,
    /// Since when it is in the files.
    #[schema(value_type = Option<i64>)]
    closed_us: Option<Wall>,
    /// When the last step was taken, and how many there are.
    #[schema(value_type = i64)]
    changed_us: Wall,
    /// How many steps there are.
    steps_total: i64,
    /// What it is about, as far as the caller may know.
    subjects: Vec<SubjectView>,
    /// Subjects that the caller may not see.
    withheld: usize,
    /// Subjects that were too many to be linked.
    left_out: i64,
    /// Where it is, if somebody has pointed there.
    point: Option<LatLon>,
    /// The saved still that it was opened from.
    #[schema(value_type = Option<String>)]
    still: Option<Id<Blob>>,
}

/// The columns of the file.
pub(super) const COLUMNS: [&str; 19] = [
    "number",
    "id",
    "severity",
    "state",
    "kind",
    "title",
    "owner",
    "due_us",
    "overdue",
    "level",
    "opened_us",
    "seen_us",
    "seen",
    "cleared_us",
    "closed_us",
    "changed_us",
    "subjects",
    "withheld",
    "left_out",
];

impl IncidentView {
    /// A row of the file.
    pub(super) fn cells(self) -> [String; COLUMNS.len()] {
        let time = |at: Option<Wall>| at.map(|at| at.as_us().to_string()).unwrap_or_default();
        let subjects: Vec<_> = self
            .subjects
            .iter()
            .map(|one| match one.kind {
                "house" => "pusat".to_owned(),
                _ => format!("{} ({})", one.name, one.id),
            })
            .collect();
        [
            self.number.to_string(),
            self.id.to_string(),
            self.severity.as_str().to_owned(),
            self.state.as_str().to_owned(),
            self.kind,
            self.title.unwrap_or_default(),
            self.owner.map(|owner| owner.name).unwrap_or_default(),
            self.due_us.as_us().to_string(),
            if self.overdue { "1" } else { "0" }.to_owned(),
            self.level.to_string(),
            self.opened_us.as_us().to_string(),
            self.seen_us.as_us().to_string(),
            self.seen.to_string(),
            time(self.cleared_us),
            time(self.closed_us),
            self.changed_us.as_us().to_string(),
            subjects.join("; "),
            self.withheld.to_string(),
            self.left_out.to_string(),
        ]
    }
}

/// One incident with what has happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentShown {
    #[serde(flatten)]
    incident: IncidentView,
    /// Who wants to be told of it.
    watchers: Vec<PersonView>,
    /// Whether the caller wants to.
    watching: bool,
    /// What has happened to it, in order: the newest 200 steps.
    steps: Vec<StepView>,
}

/// A step of an incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentStep)]
pub(super) struct StepView {
    /// The how manyth.
    seq: i64,
    /// What has happened.
    #[schema(value_type = IncidentStepWord)]
    step: &'static str,
    /// How far the incident had come then.
    #[schema(value_type = IncidentStateWord)]
    state: State,
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Who; null: the part of the house that `room` names.
    by: Option<PersonView>,
    /// The part of the house.
    room: Option<String>,
    /// Of `owned`: who looks after it from then on; null: nobody.
    owner: Option<PersonView>,
    /// Of `opened` and `rated`.
    #[schema(value_type = Option<SeverityWord>)]
    severity: Option<Severity>,
    /// Of `due_set`.
    #[schema(value_type = Option<i64>)]
    due_us: Option<Wall>,
    /// Of `escalated`.
    level: Option<u8>,
    /// Of `linked` and `unlinked`: the number of the subject.
    subject: Option<u32>,
    /// What was said.
    text: Option<String>,
    /// Whether something was said that the caller may not read, since the incident is
    /// about something that he may not see.
    withheld: bool,
}

impl StepView {
    pub(super) const fn seq(&self) -> i64 {
        self.seq
    }
}

/// Incidents as their reader may see them.
pub(super) async fn views(
    conn: &mut Conn,
    found: Vec<Seen>,
    now: Wall,
) -> Result<Vec<IncidentView>, Problem> {
    let names = staff::names(conn).await?;
    let codes: Vec<AreaCode> = found
        .iter()
        .flat_map(|seen| &seen.subjects)
        .filter_map(|one| one.about.place.area.clone())
        .collect();
    let areas = areas::names(conn, codes.iter()).await?;
    let view = |seen: Seen| {
        let title = seen.title().map(str::to_owned);
        let it = seen.row.standing;
        IncidentView {
            id: seen.row.id,
            number: seen.row.number,
            kind: seen.row.kind,
            room: seen.row.room,
            opened_by: seen.row.opened_by.map(|by| PersonView::of(&names, by)),
            title,
            facts: seen.row.facts,
            severity: it.severity,
            state: it.state,
            owner: it.owner.map(|owner| PersonView::of(&names, owner)),
            due_us: it.due,
            due_set: it.due_set,
            overdue: it.state.goes_on() && it.due <= now,
            level: it.level,
            opened_us: seen.row.opened,
            seen_us: seen.row.seen_at,
            seen: seen.row.seen,
            cleared_us: it.cleared,
            closed_us: it.closed,
            changed_us: seen.row.changed,
            steps_total: seen.row.steps,
            subjects: seen
                .subjects
                .into_iter()
                .map(|one| subject(one, &areas))
                .collect(),
            withheld: seen.withheld,
            left_out: seen.row.left_out,
            point: seen.row.point.filter(|_| seen.whole).map(LatLon::from),
            still: seen.row.still.filter(|_| seen.whole),
        }
    };
    Ok(found.into_iter().map(view).collect())
}

/// One of them, with its newest steps and whom to call.
pub(super) async fn show(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    seen: Seen,
) -> Result<IncidentShown, Problem> {
    let names = staff::names(conn).await?;
    let after = (seen.row.steps - STEPS_SHOWN).max(0);
    let steps = step_views(conn, &seen, after, STEPS_SHOWN).await?;
    let watchers = seen.row.standing.watchers.clone();
    let sites: Vec<_> = seen
        .subjects
        .iter()
        .map(|one| match &one.about.subject {
            Subject::Site(id) => Some(*id),
            _ => None,
        })
        .collect();
    let mut views = views(conn, vec![seen], hall.now().wall).await?;
    let mut incident = views
        .pop()
        .ok_or_else(|| Problem::bug("one incident is no incident"))?;
    for (view, site) in incident.subjects.iter_mut().zip(sites) {
        if let Some(id) = site
            && let Ok(listed) = site::find(conn, who, id).await
        {
            view.contact = Some(ContactView {
                name: listed.form.contact_name,
                phone: listed.form.contact_phone,
            });
        }
    }
    Ok(IncidentShown {
        incident,
        watching: watchers.contains(&who.person()),
        watchers: watchers
            .into_iter()
            .map(|person| PersonView::of(&names, person))
            .collect(),
        steps,
    })
}

/// Steps after a number, in order.
pub(super) async fn step_views(
    conn: &mut Conn,
    seen: &Seen,
    after: i64,
    limit: i64,
) -> Result<Vec<StepView>, Problem> {
    let names = staff::names(conn).await?;
    let steps = rows::steps(conn, seen.row.id, after, limit).await?;
    let view = |row: StepRow| {
        let (mut owner, mut severity, mut due, mut level, mut subject) =
            (None, row.severity, None, None, None);
        match row.event {
            Event::Owned(person) => owner = person,
            Event::Rated(rated) => severity = Some(rated),
            Event::DueSet { to, .. } => due = Some(to),
            Event::Escalated(reached) => level = Some(reached),
            Event::Linked(nth) | Event::Unlinked(nth) => subject = Some(nth),
            _ => {}
        }
        StepView {
            seq: row.seq,
            step: row.event.as_str(),
            state: row.state,
            at_us: row.at,
            by: row.by.map(|by| PersonView::of(&names, by)),
            room: row.room,
            owner: owner.map(|owner| PersonView::of(&names, owner)),
            severity,
            due_us: due,
            level,
            subject,
            withheld: row.text.is_some() && !seen.whole,
            text: row.text.filter(|_| seen.whole),
        }
    };
    Ok(steps.into_iter().map(view).collect())
}

fn subject(row: SubjectRow, areas: &BTreeMap<AreaCode, String>) -> SubjectView {
    let about = row.about;
    let id = about.subject.to_string();
    let list = match &about.subject {
        Subject::House => None,
        Subject::Area(_) => Some("areas"),
        Subject::Site(_) => Some("sites"),
        Subject::Camera(_) => Some("cameras"),
        Subject::Point(_) => Some("points"),
    };
    SubjectView {
        nth: row.nth,
        kind: about.subject.kind(),
        see: list.map(|list| format!("/api/v1/{list}/{id}")),
        id,
        name: about.name,
        area: about.place.area.map(|code| NamedArea {
            name: areas.get(&code).cloned().unwrap_or_default(),
            code,
        }),
        agency: about.place.agency,
        contact: None,
    }
}
