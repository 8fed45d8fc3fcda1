//! What the outbox has of one chain, by its numbers.
//!
//! ```text
//!   gone        kept        pending         not yet durable
//!  ───────┬──────────────┬──────────────┬──────────────────▶ numbers
//!      kept_from       acked         durable              head
//! ```
//!
//! Up to `acked` the centre holds everything, and what is kept is kept for a centre
//! that is set back to an older day. Behind it nothing is lost without a gap that
//! says so. A [`Span`] is one record or one gap, so the spans of a shelf have no
//! holes; the octets themselves lie on the disk.

use std::collections::VecDeque;
use std::time::Duration;

use base::now::Wall;

use crate::batch::{Gap, Reason};
use crate::identity::{Chain, Cursor, Digest, Seq};

/// What a row costs on the disk beside its octets: keys, digest, times, and its part
/// of the page and of the index. A guess, on the safe side.
pub const ROW_OCTETS: u64 = 160;

/// One record, or one gap. Stored: a row of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first number.
    pub from: Seq,
    /// Its last number; of a record the same.
    pub to: Seq,
    /// Event time of the first.
    pub at: Wall,
    /// Event time of the last; of a record the same.
    pub until: Wall,
    /// The length of the record's octets; of a gap zero.
    pub octets: u32,
    /// Why there is no record; none where there is one.
    pub gap: Option<Reason>,
}

impl Span {
    /// What it costs on the disk.
    pub(crate) fn cost(&self) -> u64 {
        ROW_OCTETS + u64::from(self.octets)
    }

    /// As a gap, from some number within it on.
    pub(crate) fn as_gap(&self, from: Seq, reason: Reason) -> Gap {
        Gap {
            from: from.max(self.from),
            to: self.to,
            from_time: self.at,
            to_time: self.until,
            reason,
        }
    }
}

/// A chain as the outbox stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its newest record; at the start what [`Cursor::start`] says.
    pub head: Cursor,
    /// Up to where the centre holds everything.
    pub acked: Seq,
    /// Its rows by their numbers, oldest first.
    pub spans: Vec<Span>,
}

/// What the outbox has of one chain.
#[derive(Debug)]
pub(crate) struct Shelf {
    chain: Chain,
    spans: VecDeque<Span>,
    head: Seq,
    head_digest: Digest,
    acked: Seq,
    durable: Seq,
    /// What kept spans cost.
    kept: u64,
    /// What pending spans cost.
    pending: u64,
}

impl Shelf {
    pub(crate) fn open(stored: Stored) -> Self {
        let mut shelf = Self {
            chain: stored.head.chain,
            spans: stored.spans.into(),
            head: stored.head.seq,
            head_digest: stored.head.digest,
            acked: stored.acked.min(stored.head.seq),
            // What can be read may still lie in memory only, if the program was
            // killed and the machine was not.
            durable: stored.acked.min(stored.head.seq),
            kept: 0,
            pending: 0,
        };
        shelf.weigh();
        shelf
    }

    pub(crate) const fn chain(&self) -> Chain {
        self.chain
    }

    pub(crate) const fn head(&self) -> Cursor {
        Cursor {
            chain: self.chain,
            seq: self.head,
            digest: self.head_digest,
        }
    }

    pub(crate) const fn acked(&self) -> Seq {
        self.acked
    }

    pub(crate) const fn durable(&self) -> Seq {
        self.durable
    }

    pub(crate) const fn kept_octets(&self) -> u64 {
        self.kept
    }

    pub(crate) const fn pending_octets(&self) -> u64 {
        self.pending
    }

    /// The oldest number that can still be sent.
    pub(crate) fn kept_from(&self) -> Seq {
        self.spans
            .front()
            .map_or(self.head.next(), |span| span.from)
    }

    pub(crate) fn push(&mut self, span: Span, digest: Digest) {
        self.head = span.to;
        self.head_digest = digest;
        self.pending += span.cost();
        self.spans.push_back(span);
    }

    pub(crate) fn set_durable(&mut self, through: Seq) {
        self.durable = self.durable.max(through);
    }

    /// Says up to where the centre holds everything; it may hold less than before.
    pub(crate) fn set_acked(&mut self, seq: Seq) {
        let before = self.pending_from();
        self.acked = seq.min(self.head);
        let after = self.pending_from();
        let moved = self.spans.range(before.min(after)..before.max(after));
        let moved: u64 = moved.map(Span::cost).sum();
        if before <= after {
            (self.kept, self.pending) = (self.kept + moved, self.pending - moved);
        } else {
            (self.kept, self.pending) = (self.kept - moved, self.pending + moved);
        }
    }

    fn weigh(&mut self) {
        let sum = |spans: &mut dyn Iterator<Item = &Span>| spans.map(Span::cost).sum();
        let split = self.pending_from();
        self.kept = sum(&mut self.spans.range(..split));
        self.pending = sum(&mut self.spans.range(split..));
    }

    /// Where the spans begin that the centre does not hold whole.
    fn pending_from(&self) -> usize {
        self.spans.partition_point(|span| span.to <= self.acked)
    }

    /// The spans that speak about numbers after one, oldest first.
    pub(crate) fn after(&self, seq: Seq) -> impl Iterator<Item = &Span> {
        self.spans
            .range(self.spans.partition_point(|span| span.to <= seq)..)
    }

    /// Gives the oldest away that the centre holds.
    pub(crate) fn forget(&mut self) -> Option<Span> {
        let oldest = self
            .spans
            .front()
            .filter(|span| span.to <= self.acked)
            .copied()?;
        self.spans.pop_front();
        self.kept -= oldest.cost();
        Some(oldest)
    }

    /// Drops the oldest pending record, and with it the gaps beside it; none is left
    /// that may go.
    pub(crate) fn drop_oldest(&mut self) -> Option<Gap> {
        let from = self.pending_from();
        let at = (from..self.spans.len()).find(|at| self.spans[*at].gap.is_none())?;
        if self.spans[at].to >= self.durable {
            return None;
        }
        let mut whole = self.spans[at];
        let (mut first, mut last) = (at, at);
        if let Some(before) = at.checked_sub(1).filter(|before| *before >= from) {
            let neighbour = self.spans[before];
            // One that the centre knows in part keeps its own name.
            if neighbour.gap.is_some() && neighbour.from > self.acked {
                (whole.from, whole.at, first) = (neighbour.from, neighbour.at, before);
            }
        }
        if let Some(neighbour) = self.spans.get(at + 1).filter(|span| span.gap.is_some()) {
            (whole.to, whole.until, last) = (neighbour.to, neighbour.until, at + 1);
        }
        whole.octets = 0;
        Some(self.replace(first..=last, whole, Reason::Full))
    }

    /// Thins the older half of what is pending to one record in each slot of time.
    pub(crate) fn thin(&mut self, slot: Duration) -> Vec<Gap> {
        let from = self.pending_from();
        let half = from + (self.spans.len() - from) / 2;
        let slot_us = i64::try_from(slot.as_micros()).unwrap_or(i64::MAX).max(1);
        let slot_of = |span: &Span| span.at.as_us().div_euclid(slot_us);
        let mut gaps = Vec::new();
        let mut thinned: VecDeque<Span> = self.spans.range(..from).copied().collect();
        let mut filled = None;
        let mut open: Option<Span> = None;
        for (at, span) in self.spans.range(from..).enumerate() {
            let at = at + from;
            let spared = at >= half || span.to >= self.durable || span.gap.is_some();
            if spared || filled != Some(slot_of(span)) {
                filled = span.gap.is_none().then(|| slot_of(span)).or(filled);
                gaps.extend(close(&mut open, &mut thinned));
                thinned.push_back(*span);
            } else {
                let whole = open.get_or_insert(Span {
                    octets: 0,
                    gap: None,
                    ..*span
                });
                (whole.to, whole.until) = (span.to, span.until);
            }
        }
        gaps.extend(close(&mut open, &mut thinned));
        if !gaps.is_empty() {
            self.spans = thinned;
            self.weigh();
        }
        gaps
    }

    fn replace(
        &mut self,
        range: std::ops::RangeInclusive<usize>,
        whole: Span,
        reason: Reason,
    ) -> Gap {
        let whole = Span {
            gap: Some(reason),
            ..whole
        };
        let gone: u64 = self.spans.range(range.clone()).map(Span::cost).sum();
        let at = *range.start();
        self.spans.drain(range);
        self.spans.insert(at, whole);
        self.pending = self.pending - gone + whole.cost();
        whole.as_gap(whole.from, reason)
    }
}

/// Ends a run that is thinned away; gaps of the same kind that touch become one.
fn close(open: &mut Option<Span>, thinned: &mut VecDeque<Span>) -> Option<Gap> {
    let mut whole = Span {
        gap: Some(Reason::Thinned),
        ..open.take()?
    };
    if let Some(before) = thinned
        .back()
        .filter(|span| span.gap == Some(Reason::Thinned))
    {
        (whole.from, whole.at) = (before.from, before.at);
        thinned.pop_back();
    }
    thinned.push_back(whole);
    Some(whole.as_gap(whole.from, Reason::Thinned))
}
