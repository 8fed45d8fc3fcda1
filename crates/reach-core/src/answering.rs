//! Does an address answer to the centre, and since when?
//!
//! What a round says of an address holds from that round on until another one says
//! otherwise. What was not asked is not known: when no round came for [`GAP`], what was
//! said before ends one round after the last that said it, and what is said next begins
//! anew.

use std::time::Duration;

use base::now::Wall;

use crate::probe::Tally;

/// How often an address is asked.
pub const EVERY: Duration = Duration::from_secs(60);

/// Rounds that are missing for longer are a gap.
pub const GAP: Duration = Duration::from_secs(300);

/// For how long it is kept when an address answered.
pub const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// What a round says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answering {
    /// It answers.
    Answers,
    /// It was asked, and nothing came within the time of the round.
    Silent,
    /// That cannot be told: no question left this machine, or answers were lost in it.
    Unknown,
}

impl Answering {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Answers, Self::Silent, Self::Unknown];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
        }
    }

    /// That of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// What a round says of an address; `is_whole` unless this machine has lost answers
    /// of it.
    #[must_use]
    pub const fn of(tally: &Tally, is_whole: bool) -> Self {
        if tally.received > 0 {
            Self::Answers
        } else if tally.sent == 0 || !is_whole {
            Self::Unknown
        } else {
            Self::Silent
        }
    }
}

/// How an address is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// By echoes.
    Icmp,
    /// By asking for connections.
    Tcp,
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Icmp, Self::Tcp];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Icmp => "icmp",
            Self::Tcp => "tcp",
        }
    }

    /// That of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What was the same from a time to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// What.
    pub answering: Answering,
    /// From when on.
    pub from: Wall,
    /// Until before when.
    pub to: Wall,
}

/// How an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What the last round has said.
    pub answering: Answering,
    /// The first round that has said so, each one since.
    pub since: Wall,
    /// The last round.
    pub last: Wall,
}

impl Standing {
    /// After the first round.
    #[must_use]
    pub const fn begin(answering: Answering, at: Wall) -> Self {
        Self {
            answering,
            since: at,
            last: at,
        }
    }

    /// After one more round, and what has ended with it. A clock that was set back stands
    /// still until it has come up again.
    #[must_use]
    pub fn after(self, answering: Answering, at: Wall) -> (Self, Option<Span>) {
        let at = at.max(self.last);
        let is_gap = at.since(self.last) > GAP;
        if answering == self.answering && !is_gap {
            return (Self { last: at, ..self }, None);
        }
        let to = if is_gap { self.last + EVERY } else { at };
        (Self::begin(answering, at), self.until(to))
    }

    /// What has ended when it is not asked any more.
    #[must_use]
    pub fn end(self, at: Wall) -> Option<Span> {
        self.until(self.holds_to(at))
    }

    /// Until when its last round tells how it is, as of a time.
    #[must_use]
    pub fn holds_to(self, at: Wall) -> Wall {
        let at = at.max(self.last);
        if at.since(self.last) > GAP {
            self.last + EVERY
        } else {
            at
        }
    }

    fn until(self, to: Wall) -> Option<Span> {
        (self.since < to).then_some(Span {
            answering: self.answering,
            from: self.since,
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(sent: u32, received: u32) -> Tally {
        Tally {
            address: [10, 62, 0, 7].into(),
            sent,
            received,
            refused: 0,
            unsent: 5 - sent,
            duplicates: 0,
            late: 3,
            refusal: None,
            rtt: None,
        }
    }

    #[test]
    fn one_answer_is_enough_and_nothing_is_lost_that_was_not_asked() {
        for (sent, received, is_whole, says) in [
            (5, 5, true, Answering::Answers),
            (5, 1, true, Answering::Answers),
            (5, 1, false, Answering::Answers),
            (5, 0, true, Answering::Silent),
            (1, 0, true, Answering::Silent),
            (5, 0, false, Answering::Unknown),
            (0, 0, true, Answering::Unknown),
        ] {
            let found = Answering::of(&tally(sent, received), is_whole);
            assert_eq!(found, says, "{sent} {received} {is_whole}");
        }
    }

    #[test]
    fn a_change_ends_what_was_before() {
        let at = |minute: i64| Wall::from_us(minute * 60_000_000);
        let standing = Standing::begin(Answering::Answers, at(0));
        let (standing, ended) = standing.after(Answering::Answers, at(1));
        assert_eq!((standing.since, ended), (at(0), None));
        let (standing, ended) = standing.after(Answering::Silent, at(2));
        let span = |answering, from, to| {
            Some(Span {
                answering,
                from: at(from),
                to: at(to),
            })
        };
        assert_eq!(ended, span(Answering::Answers, 0, 2));
        // Not asked for an hour: the last round tells of its own minute.
        let (standing, ended) = standing.after(Answering::Silent, at(62));
        assert_eq!(ended, span(Answering::Silent, 2, 3));
        assert_eq!((standing.since, standing.last), (at(62), at(62)));
        // The clock is set back.
        let (standing, ended) = standing.after(Answering::Answers, at(50));
        assert_eq!((standing.since, ended), (at(62), None));
        assert_eq!(standing.end(at(63)), span(Answering::Answers, 62, 63));
        assert_eq!(standing.end(at(90)), span(Answering::Answers, 62, 63));
    }

    fn says() -> impl Strategy<Value = Answering> {
        proptest::sample::select(Answering::ALL.to_vec())
    }

    proptest! {
        /// Laid beside an account by the minute, made by another rule: a minute is as the
        /// last round in or before it said, if that is not too long ago.
        #[test]
        fn spans_are_what_the_minutes_were(
            rounds in proptest::collection::vec((says(), 1_i64..12), 1..60),
        ) {
            let wall = |minute: i64| Wall::from_us(minute * 60_000_000);
            let (mut minute, mut told, mut spans) = (0, Vec::new(), Vec::new());
            let mut standing: Option<Standing> = None;
            for (answering, pause) in rounds {
                minute += pause;
                told.push((minute, answering));
                standing = Some(match standing {
                    None => Standing::begin(answering, wall(minute)),
                    Some(before) => {
                        let (after, ended) = before.after(answering, wall(minute));
                        spans.extend(ended);
                        after
                    }
                });
            }
            let end = minute + 1;
            spans.extend(standing.and_then(|it| it.end(wall(end))));
            let by_spans: Vec<_> = (0..end).map(|minute| {
                let mut of = spans.iter().filter(|it| it.from <= wall(minute) && wall(minute) < it.to);
                let found = of.next().map(|it| it.answering);
                assert!(of.next().is_none(), "two spans of one minute");
                found
            }).collect();
            let by_rounds: Vec<_> = (0..end).map(|minute| {
                let before = told.iter().rev().find(|(at, _)| *at <= minute)?;
                let next = told.iter().find(|(at, _)| *at > minute).map_or(end, |(at, _)| *at);
                let is_near = next - before.0 <= 5 || minute == before.0;
                is_near.then_some(before.1)
            }).collect();
            prop_assert_eq!(by_spans, by_rounds);
        }
    }
}
