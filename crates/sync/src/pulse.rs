//! Whether the other end lives.
//!
//! Hearing something is no proof that one is heard: a link may be cut one way only.
//! So an end counts as alive by its answers to what it was asked, and each end asks.

use std::collections::VecDeque;
use std::time::Duration;

use base::now::Mono;

/// How often an end asks, if nothing else was said.
pub const EVERY: Duration = Duration::from_secs(60);

/// The shortest and the longest that may be said.
pub const EVERY_MIN: Duration = Duration::from_secs(30);
/// See [`EVERY_MIN`]; beyond it mobile networks forget the connection.
pub const EVERY_MAX: Duration = Duration::from_secs(300);

/// Questions that may be open: after two and a half spans the other is dead.
const OPEN_MAX: usize = 3;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Beat {
    /// Nothing.
    Rest,
    /// Ask.
    Ping {
        /// By this number.
        nonce: u64,
    },
    /// Give it up.
    Dead,
}

/// One end's knowledge of whether the other lives.
#[derive(Debug)]
pub struct Pulse {
    every: Duration,
    /// When it asked last what was answered since.
    proven: Mono,
    due: Mono,
    open: VecDeque<(u64, Mono)>,
    next: u64,
}

impl Pulse {
    /// The other has just answered. `nonce` is where to count from: random, so that
    /// an answer to another connection proves nothing.
    #[must_use]
    pub fn new(now: Mono, every: Duration, nonce: u64) -> Self {
        let every = every.clamp(EVERY_MIN, EVERY_MAX);
        Self {
            every,
            proven: now,
            due: now + every,
            open: VecDeque::new(),
            next: nonce,
        }
    }

    /// What is due.
    pub fn tick(&mut self, now: Mono) -> Beat {
        if now >= self.dead_at() {
            return Beat::Dead;
        }
        if now < self.due {
            return Beat::Rest;
        }
        Beat::Ping {
            nonce: self.ask(now),
        }
    }

    /// Asks now, whether it is due or not.
    pub fn ask(&mut self, now: Mono) -> u64 {
        let nonce = self.next;
        self.next = self.next.wrapping_add(1);
        self.due = now + self.every;
        if self.open.len() == OPEN_MAX {
            self.open.pop_front();
        }
        self.open.push_back((nonce, now));
        nonce
    }

    /// An answer: when what it answers was asked, if it was.
    pub fn pong(&mut self, nonce: u64) -> Option<Mono> {
        let at = self.open.iter().position(|(open, _)| *open == nonce)?;
        let (_, asked) = self.open[at];
        self.open.drain(..=at);
        self.proven = self.proven.max(asked);
        Some(asked)
    }

    /// When [`tick`](Self::tick) is due.
    #[must_use]
    pub fn deadline(&self) -> Mono {
        self.due.min(self.dead_at())
    }

    fn dead_at(&self) -> Mono {
        self.proven + self.every * 5 / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Mono {
        Mono::from_us(s * 1_000_000)
    }

    #[test]
    fn an_end_that_answers_lives_and_one_that_only_speaks_does_not() {
        let mut it = Pulse::new(at(0), EVERY, 40);
        assert_eq!(it.tick(at(59)), Beat::Rest);
        assert_eq!(it.tick(at(60)), Beat::Ping { nonce: 40 });
        assert_eq!(it.pong(41), None, "an answer to nothing");
        assert_eq!(it.pong(40), Some(at(60)));
        assert_eq!(it.pong(40), None, "answered once");
        assert_eq!(it.tick(at(120)), Beat::Ping { nonce: 41 });
        assert_eq!(it.tick(at(180)), Beat::Ping { nonce: 42 });
        assert_eq!(it.tick(at(209)), Beat::Rest);
        assert_eq!(it.deadline(), at(210));
        assert_eq!(
            it.tick(at(210)),
            Beat::Dead,
            "two and a half spans after the last proof"
        );
    }

    #[test]
    fn a_late_answer_proves_no_more_than_when_it_was_asked() {
        let mut it = Pulse::new(at(0), EVERY, 0);
        assert_eq!(it.tick(at(60)), Beat::Ping { nonce: 0 });
        assert_eq!(it.tick(at(120)), Beat::Ping { nonce: 1 });
        assert_eq!(it.pong(0), Some(at(60)));
        assert_eq!(it.tick(at(180)), Beat::Ping { nonce: 2 });
        assert_eq!(it.tick(at(210)), Beat::Dead);
    }

    #[test]
    fn spans_stay_within_their_bounds() {
        let mut it = Pulse::new(at(0), Duration::ZERO, 0);
        assert_eq!(it.tick(at(29)), Beat::Rest);
        assert_eq!(it.tick(at(30)), Beat::Ping { nonce: 0 });
    }
}
