//! What the centre has a site do, and that nothing is done twice.
//!
//! A command is sent on each connection until its outcome is held at the centre, so
//! it comes more than once. One that must not be done twice is noted as begun, on
//! the disk, before it is begun; if the power goes in between, the site says that it
//! was *interrupted* and leaves it to people. The outcome is a record like any other
//! and survives like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use base::now::Wall;
use prost::Message as _;

use crate::wire;

/// The most commands that a site remembers. Bound of [`Desk`]; policy: another is
/// refused, and the outcome says so.
pub const COMMANDS_MAX: usize = 256;

/// How long after its expiry a command is remembered: clocks differ.
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

/// The identity of a command: 48 bits of milliseconds, then randomness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid([u8; 16]);

impl Ulid {
    /// From its octets.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Which.
    pub id: Ulid,
    /// What to do; the rooms number theirs.
    pub kind: u32,
    /// Not to be begun from this time on.
    pub expires: Wall,
    /// Whether doing it twice is doing it once.
    pub repeatable: bool,
    /// How.
    pub body: Vec<u8>,
}

/// How a command ended. Stored and sent by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It was done.
    Done,
    /// It was tried and did not work.
    Failed,
    /// It came too late and was not begun.
    Expired,
    /// It was begun, and whether it was done is not known.
    Interrupted,
    /// The site remembers too many to take another.
    Refused,
}

impl End {
    const ALL: [Self; 5] = [
        Self::Done,
        Self::Failed,
        Self::Expired,
        Self::Interrupted,
        Self::Refused,
    ];
}

/// What became of a command. Stored, as the body of a record of kind
/// [`Kind::OUTCOME`](crate::record::Kind::OUTCOME).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which command.
    pub id: Ulid,
    /// How it ended.
    pub end: End,
    /// What there is to say.
    pub body: Vec<u8>,
}

impl Outcome {
    /// The body of its record.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        let end = self.end as u32 + 1;
        wire::Outcome {
            id: self.id.0.to_vec(),
            end,
            body: self.body,
        }
        .encode_to_vec()
    }

    /// Reads the body of its record; none if it is not one.
    #[must_use]
    pub fn decode(body: &[u8]) -> Option<Self> {
        let it = wire::Outcome::decode(body).ok()?;
        let end = usize::try_from(it.end.checked_sub(1)?).ok()?;
        Some(Self {
            id: Ulid(it.id.try_into().ok()?),
            end: *End::ALL.get(end)?,
            body: it.body,
        })
    }
}

/// How far a command is. Stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Which.
    pub id: Ulid,
    /// Whether its outcome is a record by now; else it was begun.
    pub over: bool,
    /// When it expires.
    pub expires: Wall,
}

/// What to do about a command that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Nothing: it runs, or its outcome is on its way.
    Known,
    /// Begin it.
    Run,
    /// Note this on the disk, and then begin it.
    NoteAndRun(Noted),
    /// Do not begin it; this is its outcome, and this is to be noted.
    Answer(End, Noted),
}

/// The commands that a site remembers.
#[derive(Debug, Default)]
pub struct Desk {
    noted: BTreeMap<Ulid, Noted>,
    running: BTreeSet<Ulid>,
}

impl Desk {
    /// What the disk has of them, and of those the ones that were interrupted: their
    /// outcomes are to be written.
    #[must_use]
    pub fn open(noted: &[Noted]) -> (Self, Vec<Noted>) {
        let interrupted = noted.iter().filter(|noted| !noted.over);
        let interrupted = interrupted
            .map(|noted| Noted {
                over: true,
                ..*noted
            })
            .collect();
        let noted = noted.iter().map(|noted| (noted.id, *noted)).collect();
        (
            Self {
                noted,
                running: BTreeSet::new(),
            },
            interrupted,
        )
    }

    /// A command has come.
    pub fn take(&mut self, command: &Command, wall: Wall) -> Verdict {
        let Command { id, expires, .. } = *command;
        if self.noted.contains_key(&id) || self.running.contains(&id) {
            return Verdict::Known;
        }
        let over = Noted {
            id,
            over: true,
            expires,
        };
        if wall >= expires {
            self.noted.insert(id, over);
            return Verdict::Answer(End::Expired, over);
        }
        let only_running = |id: &&Ulid| !self.noted.contains_key(*id);
        if self.noted.len() + self.running.iter().filter(only_running).count() >= COMMANDS_MAX {
            return Verdict::Answer(End::Refused, over);
        }
        self.running.insert(id);
        if command.repeatable {
            return Verdict::Run;
        }
        let begun = Noted {
            id,
            over: false,
            expires,
        };
        self.noted.insert(id, begun);
        Verdict::NoteAndRun(begun)
    }

    /// A command has ended: what is to be noted, with its outcome, if it ran.
    pub fn done(&mut self, command: &Command) -> Option<Noted> {
        let Command { id, expires, .. } = *command;
        if !self.running.remove(&id) {
            return None;
        }
        let over = Noted {
            id,
            over: true,
            expires,
        };
        self.noted.insert(id, over);
        Some(over)
    }

    /// What was to be noted is lost, and it was not begun: it may come again.
    pub fn undo(&mut self, id: Ulid) {
        self.running.remove(&id);
        self.noted.remove(&id);
    }

    /// Those that need not be remembered any more.
    pub fn sweep(&mut self, wall: Wall) -> Vec<Ulid> {
        let old = self
            .noted
            .values()
            .filter(|noted| noted.over && noted.expires + REMEMBERED < wall);
        let old: Vec<_> = old.map(|noted| noted.id).collect();
        for id in &old {
            self.noted.remove(id);
        }
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(id: u8, repeatable: bool) -> Command {
        Command {
            id: Ulid([id; 16]),
            kind: 64,
            expires: Wall::from_us(1_000),
            repeatable,
            body: Vec::new(),
        }
    }

    fn noted(id: u8, over: bool) -> Noted {
        Noted {
            id: Ulid([id; 16]),
            over,
            expires: Wall::from_us(1_000),
        }
    }

    #[test]
    fn what_must_not_be_done_twice_is_noted_before_it_is_begun() {
        let (mut desk, _) = Desk::open(&[]);
        let now = Wall::from_us(10);
        assert_eq!(
            desk.take(&command(1, false), now),
            Verdict::NoteAndRun(noted(1, false))
        );
        assert_eq!(desk.take(&command(1, false), now), Verdict::Known);
        // The power goes here.
        let (mut desk, interrupted) = Desk::open(&[noted(1, false)]);
        assert_eq!(interrupted, [noted(1, true)]);
        assert_eq!(
            desk.take(&command(1, false), now),
            Verdict::Known,
            "it is never begun again"
        );
    }

    #[test]
    fn what_may_be_done_twice_is_begun_again_after_a_power_cut() {
        let (mut desk, _) = Desk::open(&[]);
        assert_eq!(
            desk.take(&command(1, true), Wall::from_us(10)),
            Verdict::Run
        );
        let (mut desk, interrupted) = Desk::open(&[]);
        assert!(interrupted.is_empty());
        assert_eq!(
            desk.take(&command(1, true), Wall::from_us(10)),
            Verdict::Run
        );
        assert_eq!(desk.done(&command(1, true)), Some(noted(1, true)));
        assert_eq!(desk.done(&command(1, true)), None, "ended once");
        assert_eq!(
            desk.take(&command(1, true), Wall::from_us(10)),
            Verdict::Known
        );
    }

    #[test]
    fn what_comes_too_late_is_answered_once_and_forgotten_in_time() {
        let (mut desk, _) = Desk::open(&[]);
        let late = Wall::from_us(1_000);
        assert_eq!(
            desk.take(&command(1, true), late),
            Verdict::Answer(End::Expired, noted(1, true))
        );
        assert_eq!(desk.take(&command(1, true), late), Verdict::Known);
        assert!(desk.sweep(late).is_empty());
        assert_eq!(
            desk.sweep(late + REMEMBERED + Duration::from_secs(1)),
            [Ulid([1; 16])]
        );
    }

    #[test]
    fn more_than_a_site_remembers_are_refused() {
        let (mut desk, _) = Desk::open(&[]);
        for id in 0..=255 {
            let taken = desk.take(&command(id, id % 2 == 0), Wall::from_us(10));
            assert!(!matches!(taken, Verdict::Answer(..)));
        }
        let one = Command {
            id: Ulid([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6]),
            ..command(0, true)
        };
        let refused = desk.take(&one, Wall::from_us(10));
        assert!(matches!(refused, Verdict::Answer(End::Refused, _)));
    }

    #[test]
    fn a_body_is_read_as_it_was_written() {
        for end in End::ALL {
            let it = Outcome {
                id: Ulid([3; 16]),
                end,
                body: b"why".to_vec(),
            };
            assert_eq!(Outcome::decode(&it.clone().encode()), Some(it));
        }
        assert_eq!(Outcome::decode(&[]), None);
    }
}
