//! Which channels of a recorder are still to be asked, and when to stop.
//!
//! The first is asked alone: a box that refuses our password or is not there is asked
//! once and not sixteen times, since boxes lock whoever guesses. Told how many channels
//! there are, all are asked; otherwise until two in a row have nothing at their path.

use std::collections::BTreeMap;

use crate::supervise::Reason;

/// Channels without anything after which no more are asked.
pub const ABSENT_IN_A_ROW: u32 = 2;

/// What a channel answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It described a stream.
    Described,
    /// It did not.
    Failed(Reason),
}

/// The channels of one recorder, while they are asked.
#[derive(Debug)]
pub struct Enumeration {
    wanted: Option<u32>,
    most: u32,
    next: u32,
    answers: BTreeMap<u32, Answer>,
    stopped: bool,
}

impl Enumeration {
    /// Of so many channels, or of as many as there are, `most` at most.
    #[must_use]
    pub fn new(wanted: Option<u32>, most: u32) -> Self {
        Self {
            wanted: wanted.map(|wanted| wanted.min(most)),
            most,
            next: 1,
            answers: BTreeMap::new(),
            stopped: false,
        }
    }

    /// The channel to be asked next, if one may be asked now.
    pub fn begin(&mut self) -> Option<u32> {
        let first_is_open = self.next > 1 && self.answers.is_empty();
        if self.stopped || first_is_open || self.next > self.last() {
            return None;
        }
        let channel = self.next;
        self.next += 1;
        Some(channel)
    }

    /// What a channel answered.
    pub fn answered(&mut self, channel: u32, answer: Answer) {
        let alone = self.answers.is_empty();
        self.answers.insert(channel, answer);
        let hopeless = matches!(
            answer,
            Answer::Failed(
                Reason::WrongPassword
                    | Reason::Refused
                    | Reason::Unreachable
                    | Reason::Silent
                    | Reason::Protocol
            )
        );
        self.stopped |= alone && hopeless;
    }

    /// Whether the first channel has ended it: the box refuses, or is not there.
    #[must_use]
    pub const fn is_hopeless(&self) -> bool {
        self.stopped
    }

    /// The last channel that is asked, as far as is known now.
    #[must_use]
    pub fn last(&self) -> u32 {
        if let Some(wanted) = self.wanted {
            return wanted;
        }
        let absent =
            |channel: &u32| self.answers.get(channel) == Some(&Answer::Failed(Reason::NoSuchPath));
        let ends = |channel: &u32| (0..ABSENT_IN_A_ROW).all(|later| absent(&(channel + later)));
        let end = (1..=self.most).find(ends);
        end.map_or(self.most, |channel| channel + ABSENT_IN_A_ROW - 1)
    }

    /// Whether a channel that was asked lies behind the end: it was asked before the
    /// end was known and is not to be shown, unless it has something.
    #[must_use]
    pub fn is_behind(&self, channel: u32) -> bool {
        let last = if self.wanted.is_some() {
            self.last()
        } else {
            // The two that ended it are none of the box either.
            match self.last() {
                last if last < self.most => last - ABSENT_IN_A_ROW,
                last => last,
            }
        };
        channel > last && self.answers.get(&channel) != Some(&Answer::Described)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asks a box with `at_once` at a time, the later first; the channels asked.
    fn ask(
        mut it: Enumeration,
        at_once: usize,
        is: impl Fn(u32) -> Answer,
    ) -> (Vec<u32>, Enumeration) {
        let (mut open, mut asked) = (Vec::new(), Vec::new());
        loop {
            while open.len() < at_once
                && let Some(channel) = it.begin()
            {
                open.push(channel);
                asked.push(channel);
            }
            let Some(channel) = open.pop() else {
                return (asked, it);
            };
            it.answered(channel, is(channel));
        }
    }

    fn holds(channels: u32) -> impl Fn(u32) -> Answer {
        move |channel| {
            if channel <= channels {
                Answer::Described
            } else {
                Answer::Failed(Reason::NoSuchPath)
            }
        }
    }

    #[test]
    fn a_box_that_refuses_is_asked_once() {
        for (reason, asked) in [
            (Reason::WrongPassword, 1),
            (Reason::Refused, 1),
            (Reason::Unreachable, 1),
            (Reason::Silent, 1),
            (Reason::SessionLimit, 16),
            (Reason::NoSuchPath, 16),
        ] {
            let it = Enumeration::new(Some(16), 256);
            let (all, _) = ask(it, 8, |_| Answer::Failed(reason));
            assert_eq!(all.len(), asked, "{reason:?}");
        }
        // One channel that may not be seen is no wrong password.
        let (all, _) = ask(Enumeration::new(Some(8), 256), 4, |channel| match channel {
            3 => Answer::Failed(Reason::WrongPassword),
            _ => Answer::Described,
        });
        assert_eq!(all.len(), 8);
    }

    #[test]
    fn a_hole_is_passed_over_and_two_in_a_row_end_it() {
        let (all, it) = ask(Enumeration::new(None, 256), 1, |channel| match channel {
            4 => Answer::Failed(Reason::NoSuchPath),
            _ => holds(7)(channel),
        });
        assert_eq!(all, (1..=9).collect::<Vec<_>>());
        let shown: Vec<_> = all
            .into_iter()
            .filter(|it_is| !it.is_behind(*it_is))
            .collect();
        assert_eq!(shown, (1..=7).collect::<Vec<_>>(), "the hole is shown");
    }

    proptest! {
        #[test]
        fn all_that_a_box_has_is_found(channels in 1_u32..64, at_once in 1_usize..10) {
            let (all, it) = ask(Enumeration::new(None, 256), at_once, holds(channels));
            let shown: Vec<_> = {
                let mut all = all.clone();
                all.sort_unstable();
                all.into_iter().filter(|channel| !it.is_behind(*channel)).collect()
            };
            prop_assert_eq!(shown, (1..=channels).collect::<Vec<_>>());
            // As many more as were open when the end was found, and no others.
            let more = usize::try_from(channels + ABSENT_IN_A_ROW).expect("small") + at_once;
            prop_assert!(all.len() <= more);
        }

        #[test]
        fn as_many_as_were_said_are_asked(wanted in 1_u32..300, at_once in 1_usize..10) {
            let (mut all, _) = ask(Enumeration::new(Some(wanted), 256), at_once, holds(3));
            all.sort_unstable();
            prop_assert_eq!(all, (1..=wanted.min(256)).collect::<Vec<_>>());
        }
    }
}
