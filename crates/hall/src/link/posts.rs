//! The same frames by POST, where no line lasts.
//!
//! Nobody in between can read a line of TLS 1.3 or refuse its upgrade; but there are
//! networks that end whatever lasts longer than one question and its answer. A box
//! whose lines reached the right house [`BARREN_MAX`] times in a row and brought
//! nothing sends what it has in bodies of POSTs, each a connection of its own, and
//! tries a line again after [`POSTS_FOR`].
//!
//! A body is the frames of `crates/sync/src/carry.rs`, the greeting first, and so is
//! its answer. To the machine of the box all of them are one line: the greetings that
//! come again stay here. What the house has to say waits for the next POST, and a box
//! that has nothing to send still asks whether the house lives.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base::now::Mono;
use futures::future::BoxFuture;
use sync::carry;
use sync::frame::Frame;

use super::carriage::Moved;
use super::dial::{DialError, Papers, Way};
use super::door::BATCH;

/// Lines in a row that brought nothing, before it is tried by POST.
pub(super) const BARREN_MAX: u32 = 3;

/// How long it goes by POST before a line is tried again.
const POSTS_FOR: Duration = Duration::from_secs(600);

/// Failures of POSTs in a row, before it is a line's turn again.
const FAILED_MAX: u32 = 3;

/// No frame is put into a body that is longer. With the last one it stays far below
/// [`carry::BODY_MAX`], and at 40 kbit/s it leaves within half a minute.
const BODY_FULL: usize = 64 * 1024;

/// Which way frames go next.
#[derive(Debug, Default)]
pub(super) struct Habit {
    barren: u32,
    failed: u32,
}

impl Habit {
    /// Whether the next connection is one for POSTs.
    pub(super) const fn is_by_post(&self) -> bool {
        self.barren >= BARREN_MAX
    }

    /// A line has ended that had reached the house. It brought something if the house
    /// acknowledged by it, or said itself that it ends.
    pub(super) const fn line_ended(&mut self, brought: bool) {
        self.barren = if brought { 0 } else { self.barren + 1 };
    }

    /// A POST was answered.
    pub(super) const fn answered(&mut self) {
        self.failed = 0;
    }

    /// A POST failed.
    pub(super) const fn failed(&mut self) {
        self.failed += 1;
        if self.failed >= FAILED_MAX {
            (self.barren, self.failed) = (0, 0);
        }
    }

    /// It went by POST for long enough: one line is tried, and if it brings nothing it
    /// is POSTs again.
    pub(super) const fn try_a_line(&mut self) {
        self.barren = BARREN_MAX - 1;
    }
}

/// POSTs that the machine takes for one line.
pub(super) struct Posts {
    way: Way,
    papers: Arc<Papers>,
    until: Mono,
    out: Vec<Vec<u8>>,
    octets: usize,
    is_greeted: bool,
    heard: VecDeque<Vec<u8>>,
    flight: Option<BoxFuture<'static, Result<Vec<u8>, DialError>>>,
}

impl std::fmt::Debug for Posts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Posts")
            .field("way", &self.way)
            .field("octets", &self.octets)
            .finish_non_exhaustive()
    }
}

impl Posts {
    pub(super) fn new(way: Way, papers: Papers, now: Mono) -> Self {
        Self {
            way,
            papers: Arc::new(papers),
            until: now + POSTS_FOR,
            out: Vec::new(),
            octets: 0,
            is_greeted: false,
            heard: VecDeque::new(),
            flight: None,
        }
    }

    /// Whether another frame may be put into the next body.
    pub(super) const fn has_room(&self) -> bool {
        self.flight.is_none() && self.octets < BODY_FULL
    }

    /// Puts a frame into the next body.
    pub(super) fn push(&mut self, frame: Vec<u8>) {
        self.octets += frame.len();
        self.out.push(frame);
    }

    /// Sends the body, if there is something in it and none is on its way. `hello` goes
    /// before it, unless the machine greets itself in it.
    pub(super) fn send(&mut self, hello: impl FnOnce() -> Vec<u8>) {
        if self.flight.is_some() || self.out.is_empty() {
            return;
        }
        if self.is_greeted {
            self.out.insert(0, hello());
        }
        let body = carry::join(self.out.iter().map(Vec::as_slice));
        self.out.clear();
        self.octets = 0;
        let (way, papers) = (self.way.clone(), Arc::clone(&self.papers));
        self.flight = Some(Box::pin(async move {
            let line = way.connect(Some(&papers)).await?;
            line.post_octets(BATCH, body.into()).await
        }));
    }

    /// Whether nothing is on its way and it is time to try a line again.
    pub(super) fn is_over(&self, now: Mono) -> bool {
        self.flight.is_none() && self.heard.is_empty() && now >= self.until
    }

    /// What happens next. Nothing is lost if this is given up and asked again.
    pub(super) async fn moved(&mut self) -> Result<Moved, DialError> {
        if let Some(frame) = self.heard.pop_front() {
            return Ok(Moved::Frame(frame));
        }
        let Some(flight) = self.flight.as_mut() else {
            return std::future::pending().await;
        };
        let answer = flight.await;
        self.flight = None;
        let answer = answer?;
        let frames = carry::split(&answer, carry::BODY_MAX)
            .map_err(|error| DialError::Broken(error.to_string()))?;
        for octets in frames {
            let is_welcome = matches!(Frame::decode(octets), Ok(Frame::Welcome(_)));
            if !(is_welcome && self.is_greeted) {
                self.heard.push_back(octets.to_vec());
            }
            self.is_greeted |= is_welcome;
        }
        Ok(self.heard.pop_front().map_or(Moved::Room, Moved::Frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_bring_nothing_lead_to_posts_and_one_that_does_leads_back() {
        let mut it = Habit::default();
        for _ in 0..BARREN_MAX - 1 {
            it.line_ended(false);
        }
        it.line_ended(true);
        assert!(!it.is_by_post(), "not in a row");
        for _ in 0..BARREN_MAX {
            assert!(!it.is_by_post());
            it.line_ended(false);
        }
        assert!(it.is_by_post());
        it.answered();
        it.try_a_line();
        assert!(!it.is_by_post());
        it.line_ended(false);
        assert!(it.is_by_post(), "one try is enough");
        it.try_a_line();
        it.line_ended(true);
        it.line_ended(false);
        assert!(!it.is_by_post(), "lines last again");
    }

    #[test]
    fn posts_that_fail_too_are_given_up() {
        let mut it = Habit::default();
        for _ in 0..BARREN_MAX {
            it.line_ended(false);
        }
        for _ in 0..FAILED_MAX - 1 {
            it.failed();
        }
        it.answered();
        it.failed();
        assert!(it.is_by_post(), "not in a row");
        for _ in 0..FAILED_MAX {
            it.failed();
        }
        assert!(!it.is_by_post());
    }
}
