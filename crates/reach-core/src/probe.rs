//! Which addresses answer to the centre, and which question was not answered?
//!
//! A round asks each address several times, spread over seconds, since one packet that
//! is lost is no news. An answer belongs to a question when address, sequence and nonce
//! are its own; the identifier is not looked at, since the kernel sets it. What comes
//! twice is a duplicate. What comes after its round is over is counted as late: neither
//! as an answer of the next round nor as a loss there.
//!
//! The round does nothing by itself: it says what is due, is told what was sent and what
//! has come, and says when it is over. Whoever runs it reads everything that has come
//! before he asks whether it is over; so being held up makes a round long and loses
//! nothing.

use core::net::IpAddr;
use std::hash::{DefaultHasher, Hasher as _};
use std::num::NonZeroU32;
use std::time::Duration;

use base::now::Mono;

use crate::echo::Refusal;
use crate::pace::Pace;

/// Questions of a round to one address, at most.
pub const COUNT_MAX: u8 = 16;

/// Addresses of a round, at most: each has a state for each question.
pub const TARGETS_MAX: usize = 1_000_000;

/// How many rounds an answer is known for after its own.
pub const LATE_ROUNDS: u32 = 3;

/// Questions are sent in grains of this: what is due within one goes in one batch.
pub const GRAIN: Duration = Duration::from_millis(10);

/// How a round is run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Questions to each address.
    pub count: u8,
    /// Over how long they are spread.
    pub spread: Duration,
    /// Questions a second, all together.
    pub rate: NonZeroU32,
    /// How long the last one's answer is waited for.
    pub wait: Duration,
}

/// Why there is no such round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unplannable {
    /// No question, or more than [`COUNT_MAX`].
    Count(u8),
    /// More addresses than [`TARGETS_MAX`].
    Targets(usize),
}

/// What the nonces of a round are made of; nobody else knows it.
#[derive(Clone, Copy)]
pub struct Secret(pub [u64; 2]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A question that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// To whom.
    pub to: IpAddr,
    /// Its number in the header.
    pub sequence: u16,
    /// What it holds.
    pub nonce: u64,
}

/// What something that has come was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The first answer to a question of this round.
    Answer,
    /// One more.
    Duplicate,
    /// An answer to a question of a round before.
    Late,
    /// A refusal of a question of this round that nobody has answered.
    Refused,
    /// Nothing of ours.
    Stranger,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Not yet asked.
    Waits,
    /// Asked then.
    Asked(Mono),
    /// Answered after so many microseconds.
    Answered(u32),
    /// Refused on its way.
    Refused(Refusal),
    /// Never left this machine.
    Unsent(Refusal),
}

/// A round.
#[derive(Debug)]
pub struct Round {
    plan: Plan,
    number: u32,
    secret: Secret,
    /// By address, each once.
    targets: Vec<IpAddr>,
    /// All first questions, then all second ones, and so on.
    states: Vec<State>,
    /// Answers over the first, and late ones, by target.
    beyond: Vec<(u32, u32)>,
    /// How many questions have been dealt with.
    dealt: usize,
    /// How many are asked and neither answered nor refused.
    open: usize,
    pace: Pace,
    start: Mono,
    /// From one question to an address to the next, in microseconds.
    pass_us: u64,
    last_sent: Mono,
}

/// What came of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Which.
    pub address: IpAddr,
    /// Questions that have left this machine.
    pub sent: u32,
    /// Of these, answered.
    pub received: u32,
    /// Of these, refused by somebody on the way and not answered.
    pub refused: u32,
    /// Questions that this machine could not send.
    pub unsent: u32,
    /// Answers over the first to a question.
    pub duplicates: u32,
    /// Answers that came after their round was over.
    pub late: u32,
    /// Why the last one that was refused or not sent was.
    pub refusal: Option<Refusal>,
    /// How long answers took.
    pub rtt: Option<Rtt>,
}

/// How long answers took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rtt {
    /// The fastest.
    pub min_us: u32,
    /// The middle one; of an even number the lower of both.
    pub median_us: u32,
    /// The slowest.
    pub max_us: u32,
}

impl Round {
    /// A round with a number of its own, which begins now. An address that is named
    /// twice is asked as one.
    ///
    /// # Errors
    /// If the plan has no question or too many, or there are too many addresses.
    pub fn new(
        plan: Plan,
        targets: impl IntoIterator<Item = IpAddr>,
        secret: Secret,
        number: u32,
        now: Mono,
    ) -> Result<Self, Unplannable> {
        if !(1..=COUNT_MAX).contains(&plan.count) {
            return Err(Unplannable::Count(plan.count));
        }
        let mut targets: Vec<IpAddr> = targets.into_iter().collect();
        targets.sort_unstable();
        targets.dedup();
        if targets.len() > TARGETS_MAX {
            return Err(Unplannable::Targets(targets.len()));
        }
        let rate = u64::from(plan.rate.get());
        let asked = us(plan.spread) / u64::from(plan.count);
        let apart = if plan.count > 1 { asked } else { 0 };
        let by_rate = targets.len() as u64 * 1_000_000 / rate;
        // What is due in two grains, so that the grain itself holds nothing up.
        let burst = (rate * us(GRAIN) / 500_000).max(1);
        let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new);
        Ok(Self {
            plan,
            number,
            secret,
            states: vec![State::Waits; targets.len() * usize::from(plan.count)],
            beyond: vec![(0, 0); targets.len()],
            dealt: 0,
            open: 0,
            pace: Pace::new(plan.rate, burst.unwrap_or(NonZeroU32::MAX), now),
            start: now,
            pass_us: apart.max(by_rate),
            last_sent: now,
            targets,
        })
    }

    /// Which number it has.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// What is to be sent now, `most` at the most, in this order. Each is said again
    /// until [`Round::sent`] or [`Round::unsent`] has dealt with it.
    pub fn due(&mut self, now: Mono, most: usize, into: &mut Vec<Question>) {
        into.clear();
        let most = most.min(self.pace.may(now));
        let end = self.states.len().min(self.dealt.saturating_add(most));
        for at in self.dealt..end {
            if self.due_at(at) > now {
                break;
            }
            let (target, turn) = self.place(at);
            let to = self.targets[target];
            into.push(Question {
                to,
                sequence: sequence(self.number, turn),
                nonce: self.secret.nonce(to, self.number, turn),
            });
        }
    }

    /// The first `count` of what was due were sent, after `now` was read.
    pub fn sent(&mut self, now: Mono, count: usize) {
        if count == 0 {
            return;
        }
        let end = self.states.len().min(self.dealt.saturating_add(count));
        for state in &mut self.states[self.dealt..end] {
            *state = State::Asked(now);
            self.pace.take();
            self.open += 1;
        }
        self.dealt = end;
        self.last_sent = now;
    }

    /// The first of what was due cannot be sent.
    pub fn unsent(&mut self, why: Refusal) {
        if let Some(state) = self.states.get_mut(self.dealt) {
            *state = State::Unsent(why);
            self.pace.take();
            self.dealt += 1;
        }
    }

    /// An answer has come.
    pub fn answered(&mut self, now: Mono, from: IpAddr, sequence: u16, nonce: u64) -> Heard {
        let Ok(target) = self.targets.binary_search(&from) else {
            return Heard::Stranger;
        };
        let (back, turn) = self.back(sequence);
        if nonce
            != self
                .secret
                .nonce(from, self.number.wrapping_sub(back), turn)
        {
            return Heard::Stranger;
        }
        if back > 0 {
            self.beyond[target].1 = self.beyond[target].1.saturating_add(1);
            return Heard::Late;
        }
        let Some(state) = self.state(target, turn) else {
            return Heard::Stranger;
        };
        match *state {
            State::Asked(at) => {
                *state = State::Answered(short(now.since(at)));
                self.open -= 1;
                Heard::Answer
            }
            // Refused by one and answered by another: it came through. When it was asked
            // is not known any more, so it is no measure of time.
            State::Refused(_) => {
                *state = State::Answered(u32::MAX);
                Heard::Answer
            }
            State::Answered(_) => {
                self.beyond[target].0 = self.beyond[target].0.saturating_add(1);
                Heard::Duplicate
            }
            // Nobody can answer what was not asked.
            State::Waits | State::Unsent(_) => Heard::Stranger,
        }
    }

    /// Somebody on the way refuses a question; without a nonce where it was not quoted
    /// so far.
    pub fn refused(
        &mut self,
        to: IpAddr,
        sequence: u16,
        nonce: Option<u64>,
        why: Refusal,
    ) -> Heard {
        self.close(to, sequence, nonce, State::Refused(why))
    }

    /// A question that was called sent has not left this machine after all.
    pub fn held_back(&mut self, question: Question, why: Refusal) -> Heard {
        let Question {
            to,
            sequence,
            nonce,
        } = question;
        self.close(to, sequence, Some(nonce), State::Unsent(why))
    }

    fn close(&mut self, to: IpAddr, sequence: u16, nonce: Option<u64>, as_what: State) -> Heard {
        let Ok(target) = self.targets.binary_search(&to) else {
            return Heard::Stranger;
        };
        let (back, turn) = self.back(sequence);
        let whole = self.secret.nonce(to, self.number.wrapping_sub(back), turn);
        if back > 0 || nonce.is_some_and(|nonce| nonce != whole) {
            return Heard::Stranger;
        }
        match self.state(target, turn) {
            Some(state @ State::Asked(_)) => {
                *state = as_what;
                self.open -= 1;
                Heard::Refused
            }
            _ => Heard::Stranger,
        }
    }

    /// When there is something to do without being told anything; none: it is over.
    #[must_use]
    pub fn next(&self, now: Mono) -> Option<Mono> {
        if self.dealt < self.states.len() {
            return Some(self.due_at(self.dealt).max(self.pace.next()));
        }
        let end = self.last_sent + self.plan.wait;
        (self.open > 0 && now < end).then_some(end)
    }

    /// What came of each address, by address.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> + '_ {
        let one = |(target, address): (usize, &IpAddr)| {
            let (duplicates, late) = self.beyond[target];
            let mut tally = Tally {
                address: *address,
                sent: 0,
                received: 0,
                refused: 0,
                unsent: 0,
                duplicates,
                late,
                refusal: None,
                rtt: None,
            };
            let mut took = Vec::with_capacity(usize::from(self.plan.count));
            for state in self.states.iter().skip(target).step_by(self.targets.len()) {
                tally.count(*state, &mut took);
            }
            took.sort_unstable();
            tally.rtt = took.first().zip(took.last()).map(|(min, max)| Rtt {
                min_us: *min,
                median_us: took[(took.len() - 1) / 2],
                max_us: *max,
            });
            tally
        };
        self.targets.iter().enumerate().map(one)
    }

    /// When a question is due: evenly, by grains.
    fn due_at(&self, at: usize) -> Mono {
        let after = self.pass_us * at as u64 / self.targets.len() as u64;
        let grain = us(GRAIN);
        self.start + Duration::from_micros(after / grain * grain)
    }

    /// Whose question it is, and the how manieth.
    fn place(&self, at: usize) -> (usize, u8) {
        let turn = at / self.targets.len();
        (
            at % self.targets.len(),
            u8::try_from(turn).unwrap_or(u8::MAX),
        )
    }

    fn state(&mut self, target: usize, turn: u8) -> Option<&mut State> {
        // A turn that this plan does not have is beyond the end.
        self.states
            .get_mut(usize::from(turn) * self.targets.len() + target)
    }

    /// How many rounds ago a number was used, and for the how manieth question.
    fn back(&self, sequence: u16) -> (u32, u8) {
        let stride = u16::from(COUNT_MAX);
        let turn = u8::try_from(sequence % stride).unwrap_or(u8::MAX);
        let rounds = u32::from(u16::MAX / stride) + 1;
        let back = self.number.wrapping_sub(u32::from(sequence / stride)) % rounds;
        // What is older than is known, or of a round that was not yet, has the nonce of
        // no round.
        (if back > LATE_ROUNDS { u32::MAX } else { back }, turn)
    }
}

impl Tally {
    fn count(&mut self, state: State, took: &mut Vec<u32>) {
        match state {
            State::Waits => {}
            State::Asked(_) => self.sent += 1,
            State::Answered(rtt) => {
                self.sent += 1;
                self.received += 1;
                took.extend((rtt != u32::MAX).then_some(rtt));
            }
            State::Refused(why) => {
                self.sent += 1;
                self.refused += 1;
                self.refusal = Some(why);
            }
            State::Unsent(why) => {
                self.unsent += 1;
                self.refusal = Some(why);
            }
        }
    }
}

impl Secret {
    /// Of one question: who does not know the secret can neither guess it nor make that
    /// of another question from it.
    fn nonce(self, to: IpAddr, number: u32, turn: u8) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0[0]);
        hasher.write_u64(self.0[1]);
        match to {
            IpAddr::V4(to) => hasher.write(&to.octets()),
            IpAddr::V6(to) => hasher.write(&to.octets()),
        }
        hasher.write_u32(number);
        hasher.write_u8(turn);
        hasher.finish()
    }
}

/// The number of a question in its header: which round, and the how manieth.
fn sequence(number: u32, turn: u8) -> u16 {
    let rounds = u32::from(u16::MAX / u16::from(COUNT_MAX)) + 1;
    let round = u16::try_from(number % rounds).unwrap_or(0);
    round * u16::from(COUNT_MAX) + u16::from(turn)
}

fn us(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// The longest is kept for what has no measure.
fn short(span: Duration) -> u32 {
    u32::try_from(us(span))
        .unwrap_or(u32::MAX)
        .min(u32::MAX - 1)
}

#[cfg(test)]
mod tests;
