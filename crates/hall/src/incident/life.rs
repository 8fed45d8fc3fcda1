//! The life of an incident: from what is wrong to what was done about it.
//!
//! ```text
//! open ─taken note of→ handled ─the cause is gone→ cleared ─with a reason→ closed
//!   ↑  └──────────── the cause is gone ──────────────↑  │                    │
//!   └──────────────── again, or by a person ────────────┴────────────────────┘
//! ```
//!
//! Pure: a command and the incident go in, events or a refusal come out, and the
//! incident is what its events lead to. Rooms and people speak the same commands; what
//! differs is who is heard: what a room still says, a person overrules with a reason.

use std::collections::BTreeSet;
use std::time::Duration;

use base::id::{Id, Person};
use base::now::Wall;
use serde::{Deserialize, Serialize};

use super::due::{self, DUE_MAX, Overrun};

/// How far an incident has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has taken note of it.
    Open,
    /// Somebody has taken note of it.
    Handled,
    /// The cause is gone.
    Cleared,
    /// It was put to the files, with a reason.
    Closed,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should look at it.
    Notice,
    /// Something does not work, or soon will not.
    Warning,
    /// People, money or evidence are at stake now.
    Critical,
}

impl State {
    /// Every state, in the order of life.
    pub const ALL: [Self; 4] = [Self::Open, Self::Handled, Self::Cleared, Self::Closed];

    /// The word of rows and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Handled => "handled",
            Self::Cleared => "cleared",
            Self::Closed => "closed",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether what is wrong still is.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Open | Self::Handled)
    }
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Self; 3] = [Self::Notice, Self::Warning, Self::Critical];

    /// The word of rows and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// An incident as its events have made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come.
    pub state: State,
    /// How bad it is.
    pub severity: Severity,
    /// Who looks after it.
    pub owner: Option<Id<Person>>,
    /// Who wants to be told.
    pub watchers: BTreeSet<Id<Person>>,
    /// By when the next thing has to happen.
    pub due: Wall,
    /// Whether a person has said so.
    pub due_set: bool,
    /// How often the time was overrun.
    pub level: u8,
    /// Since when the cause is gone.
    pub cleared: Option<Wall>,
    /// Since when it is in the files.
    pub closed: Option<Wall>,
    /// Whether a room has opened it, which says when the cause is gone.
    pub by_room: bool,
    /// The subjects that are linked, by number.
    pub linked: BTreeSet<u32>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A person.
    Person(Id<Person>),
    /// A room, or the house itself.
    House,
}

/// What somebody wants to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Something is to be remembered.
    Note,
    /// Somebody has taken note of it.
    Acknowledge,
    /// Whoever speaks looks after it, if nobody else does.
    Take,
    /// That person looks after it from now on; none: nobody.
    Assign(Option<Id<Person>>),
    /// Whoever speaks wants to be told.
    Watch,
    /// And no more.
    Unwatch,
    /// It is that bad.
    Rate(Severity),
    /// The next thing has to happen by then.
    SetDue(Wall),
    /// The cause is gone.
    Clear,
    /// It goes to the files.
    Close,
    /// It is wrong again.
    Reopen,
    /// It is about that too.
    Link(u32),
    /// It is not about that.
    Unlink(u32),
    /// Time goes by.
    Tick {
        /// For how long its time was seen [out of reach](due::is_out_of_reach).
        waited: Duration,
    },
}

/// What has happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was opened.
    Opened,
    /// Something was said.
    Noted,
    /// Somebody took note of it.
    Acknowledged,
    /// Somebody looks after it, or nobody does any more.
    Owned(Option<Id<Person>>),
    /// Somebody wants to be told.
    Watched(Id<Person>),
    /// And no more.
    Unwatched(Id<Person>),
    /// It is that bad.
    Rated(Severity),
    /// The next thing has to happen by another time.
    DueSet {
        /// By when.
        to: Wall,
        /// Whether a person has said so.
        by_person: bool,
    },
    /// The cause is gone.
    Cleared,
    /// It went to the files.
    Closed,
    /// It is wrong again.
    Reopened,
    /// The time was overrun, for the how manyth time.
    Escalated(u8),
    /// It is about that too.
    Linked(u32),
    /// It is not about that.
    Unlinked(u32),
}

impl Event {
    /// The words of all events, as steps are kept.
    pub const WORDS: [&'static str; 14] = [
        "opened",
        "noted",
        "acknowledged",
        "owned",
        "watched",
        "unwatched",
        "rated",
        "due_set",
        "cleared",
        "closed",
        "reopened",
        "escalated",
        "linked",
        "unlinked",
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Noted => "noted",
            Self::Acknowledged => "acknowledged",
            Self::Owned(_) => "owned",
            Self::Watched(_) => "watched",
            Self::Unwatched(_) => "unwatched",
            Self::Rated(_) => "rated",
            Self::DueSet { .. } => "due_set",
            Self::Cleared => "cleared",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Escalated(_) => "escalated",
            Self::Linked(_) => "linked",
            Self::Unlinked(_) => "unlinked",
        }
    }
}

/// Why it cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is so already.
    Already,
    /// Somebody else looks after it.
    Owned(Id<Person>),
    /// Not in the state that it is in.
    NotNow(State),
    /// The room that opened it has not said that the cause is gone: whoever knows
    /// better clears it first.
    StillSo,
    /// Somebody has to say why.
    NoReason,
    /// The time has passed already.
    Past,
    /// The time is more than [`DUE_MAX`] away.
    TooFar,
    /// It is not about that.
    NotLinked,
    /// It has to be about something.
    LastSubject,
}

impl Standing {
    /// An incident that has just been opened, and is about nothing yet.
    #[must_use]
    pub fn new(severity: Severity, by_room: bool, at: Wall) -> Self {
        Self {
            state: State::Open,
            severity,
            owner: None,
            watchers: BTreeSet::new(),
            due: at + due::to_note(severity),
            due_set: false,
            level: 0,
            cleared: None,
            closed: None,
            by_room,
            linked: BTreeSet::new(),
        }
    }

    /// What becomes of a command. `why` is whether something was said with it.
    ///
    /// # Errors
    /// Why it cannot be so.
    pub fn decide(
        &self,
        command: Command,
        by: By,
        why: bool,
        now: Wall,
    ) -> Result<Vec<Event>, Refusal> {
        let person = match by {
            By::Person(person) => Some(person),
            By::House => None,
        };
        let me = person.ok_or(Refusal::NotNow(self.state));
        let reason = |needed: bool| {
            if needed && person.is_some() && !why {
                Err(Refusal::NoReason)
            } else {
                Ok(())
            }
        };
        match command {
            Command::Note => {
                reason(true)?;
                Ok(vec![Event::Noted])
            }
            Command::Acknowledge => match self.state {
                State::Open => Ok(vec![Event::Acknowledged]),
                State::Handled => Err(Refusal::Already),
                state => Err(Refusal::NotNow(state)),
            },
            Command::Take => {
                let me = me?;
                self.not_closed()?;
                match self.owner {
                    Some(owner) if owner != me => Err(Refusal::Owned(owner)),
                    Some(_) if self.state != State::Open => Err(Refusal::Already),
                    _ => self.own(Some(me), true),
                }
            }
            Command::Assign(owner) => {
                if owner == self.owner {
                    return Err(Refusal::Already);
                }
                self.own(owner, owner.is_some() && owner == person)
            }
            Command::Watch => {
                let me = me?;
                if self.watchers.contains(&me) {
                    return Err(Refusal::Already);
                }
                Ok(vec![Event::Watched(me)])
            }
            Command::Unwatch => {
                let me = me?;
                if !self.watchers.contains(&me) {
                    return Err(Refusal::Already);
                }
                Ok(vec![Event::Unwatched(me)])
            }
            Command::Rate(severity) => {
                self.not_closed()?;
                if severity == self.severity {
                    return Err(Refusal::Already);
                }
                Ok(vec![Event::Rated(severity)])
            }
            Command::SetDue(to) => {
                self.going_on()?;
                if to <= now {
                    return Err(Refusal::Past);
                }
                if to > now + DUE_MAX {
                    return Err(Refusal::TooFar);
                }
                if self.due_set && to == self.due {
                    return Err(Refusal::Already);
                }
                let by_person = true;
                Ok(vec![Event::DueSet { to, by_person }])
            }
            Command::Clear => {
                if self.state == State::Cleared {
                    return Err(Refusal::Already);
                }
                self.going_on()?;
                // Whoever knows better than the room that looks says from where.
                reason(self.by_room)?;
                Ok(vec![Event::Cleared])
            }
            Command::Close => {
                if self.state == State::Closed {
                    return Err(Refusal::Already);
                }
                if self.by_room && self.state.goes_on() {
                    return Err(Refusal::StillSo);
                }
                reason(true)?;
                Ok(vec![Event::Closed])
            }
            Command::Reopen => {
                if self.state.goes_on() {
                    return Err(Refusal::Already);
                }
                reason(true)?;
                Ok(vec![Event::Reopened])
            }
            Command::Link(nth) => {
                self.not_closed()?;
                if self.linked.contains(&nth) {
                    return Err(Refusal::Already);
                }
                Ok(vec![Event::Linked(nth)])
            }
            Command::Unlink(nth) => {
                self.not_closed()?;
                if !self.linked.contains(&nth) {
                    return Err(Refusal::NotLinked);
                }
                if self.linked.len() == 1 {
                    return Err(Refusal::LastSubject);
                }
                Ok(vec![Event::Unlinked(nth)])
            }
            Command::Tick { waited } => Ok(match due::overrun(self, now, waited) {
                None => Vec::new(),
                Some(Overrun::Level(level)) => vec![Event::Escalated(level)],
                Some(Overrun::Mended) => {
                    let (to, by_person) = (now, false);
                    vec![Event::DueSet { to, by_person }]
                }
            }),
        }
    }

    /// Who takes it over has taken note of it; who is given it has not.
    fn own(&self, owner: Option<Id<Person>>, notes: bool) -> Result<Vec<Event>, Refusal> {
        self.not_closed()?;
        let mut events = Vec::new();
        if notes && self.state == State::Open {
            events.push(Event::Acknowledged);
        }
        if owner != self.owner {
            events.push(Event::Owned(owner));
        }
        Ok(events)
    }

    const fn not_closed(&self) -> Result<(), Refusal> {
        match self.state {
            State::Closed => Err(Refusal::NotNow(State::Closed)),
            State::Open | State::Handled | State::Cleared => Ok(()),
        }
    }

    const fn going_on(&self) -> Result<(), Refusal> {
        match self.state {
            State::Open | State::Handled => Ok(()),
            state => Err(Refusal::NotNow(state)),
        }
    }

    /// What an event that happened then makes of it.
    pub fn apply(&mut self, event: &Event, at: Wall) {
        match *event {
            Event::Opened | Event::Noted => {}
            Event::Acknowledged => {
                self.state = State::Handled;
                if !self.due_set {
                    self.wait(at + due::to_mend(self.severity));
                }
            }
            Event::Owned(owner) => self.owner = owner,
            Event::Watched(person) => {
                self.watchers.insert(person);
            }
            Event::Unwatched(person) => {
                self.watchers.remove(&person);
            }
            Event::Rated(severity) => {
                self.severity = severity;
                // What became worse is due sooner; nothing is put off by calling it
                // harmless.
                if let Some(span) = due::span(self.state, severity)
                    && !self.due_set
                {
                    self.due = self.due.min(at + span);
                }
            }
            Event::DueSet { to, by_person } => {
                self.due_set = by_person;
                if by_person {
                    self.wait(to);
                } else {
                    // A clock was put right: what was told stays told.
                    self.due = to;
                }
            }
            Event::Cleared => {
                self.state = State::Cleared;
                self.cleared = Some(at);
            }
            Event::Closed => {
                self.state = State::Closed;
                self.closed = Some(at);
                // One without a room is over when somebody says so.
                self.cleared = self.cleared.or(Some(at));
            }
            Event::Reopened => {
                self.state = State::Open;
                self.cleared = None;
                self.closed = None;
                self.due_set = false;
                self.wait(at + due::to_note(self.severity));
            }
            Event::Escalated(level) => self.level = level,
            Event::Linked(nth) => {
                self.linked.insert(nth);
            }
            Event::Unlinked(nth) => {
                self.linked.remove(&nth);
            }
        }
    }

    /// Another time, which nobody has overrun yet.
    const fn wait(&mut self, due: Wall) {
        self.due = due;
        self.level = 0;
    }

    /// Whether a room that says it again speaks of this one still: it goes on, or it has
    /// been over for less than [`due::FLAPPING`].
    #[must_use]
    pub fn is_same(&self, now: Wall) -> bool {
        let over = self.cleared.map_or(Duration::ZERO, |at| now.since(at));
        self.state.goes_on() || over < due::FLAPPING
    }
}

#[cfg(test)]
mod tests;
