//! What a site keeps, in which order it goes, and what may be let go.
//!
//! The rows lie in the outbox on the disk; here are their numbers. Whatever the
//! queue decides that touches rows it says as an [`Op`]; the shell carries out what
//! it [takes](Queue::take) in one transaction and answers [`stored`](Queue::stored).
//! When a transaction fails, what is here is no longer what is there: the shell
//! opens the outbox again.
//!
//! Rules, each with its reason:
//!
//! 1. **Nothing is sent before it is durable.** A number that was sent and is then
//!    lost in a power cut would be given to another record, and the centre would
//!    hold what the site never had.
//! 2. **Each stream has a share of the disk, and nobody borrows.** Bound: [`Shares`].
//!    Policy, in the order in which things go: what the centre holds already, oldest
//!    first; samples between five-minute marks; the oldest samples and events, each
//!    with a gap in its place. Money is never let go: from nine tenths of its share
//!    on, new redemptions are refused, and the last tenth is for what belongs to
//!    those that were begun.
//! 3. **What is acknowledged is kept**, up to [`KEEP`], so that a centre that was
//!    restored from an older day can be fed again.
//! 4. **An acknowledgement is a number and a digest.** One that names another record
//!    than ours under that number confirms nothing.

use std::collections::VecDeque;
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use base::unit::Bytes;

use crate::frame::Tail;
use crate::identity::{Chain, Cursor, Epoch, Seq, Stream};
use crate::outbox::{Op, Outbox, Transaction};
use crate::record::{RECORD_MAX, Row, crc32c};
use crate::renewal::Renewal;
use crate::share::{Fill, Refusal, Shares};
use crate::shelf::{Shelf, Span, Stored};

/// How long what is acknowledged is kept at most. A backup of a day is the common
/// case, and a long weekend the rare one.
pub const KEEP: Duration = Duration::from_secs(3 * 24 * 3_600);

/// How often what is old is let go.
pub const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// How many epochs a site remembers, the current one counted. One is forgotten with
/// all that is kept of it.
pub const EPOCHS_MAX: usize = 4;

/// Samples are thinned to one in each of these.
pub const THIN_SLOT: Duration = Duration::from_secs(5 * 60);

/// What is let go at once when a share is full: a sixteenth of it, so that not each
/// record pays for the next.
const ROOM_PART: u64 = 16;

/// What a site keeps.
#[derive(Debug)]
pub struct Queue {
    agent: Id<Agent>,
    epoch: Epoch,
    shares: Shares,
    /// Older epochs first; of the current one a shelf for each stream.
    shelves: Vec<Shelf>,
    ops: Vec<Op>,
    taken: u64,
    /// What the transaction that is out makes durable, if it syncs.
    out: Option<Vec<(Chain, Seq)>>,
    disk_full: bool,
    /// What the centre held, hour by hour; three days of it.
    marks: VecDeque<(Mono, Vec<(Chain, Seq)>)>,
}

/// In and out of the disk.
impl Queue {
    /// Opens what lies in the outbox.
    #[must_use]
    pub fn open(outbox: &Outbox, shares: Shares) -> Self {
        let mut shelves: Vec<_> = outbox.chains.iter().cloned().map(Shelf::open).collect();
        for stream in Stream::ALL {
            let chain = Chain {
                stream,
                epoch: outbox.epoch,
            };
            if shelves.iter().all(|shelf| shelf.chain() != chain) {
                let head = Cursor::start(outbox.agent, chain);
                shelves.push(Shelf::open(Stored {
                    head,
                    acked: Seq::ZERO,
                    spans: Vec::new(),
                }));
            }
        }
        Self {
            agent: outbox.agent,
            epoch: outbox.epoch,
            shares,
            shelves,
            ops: Vec::new(),
            taken: 0,
            out: None,
            disk_full: false,
            marks: VecDeque::new(),
        }
    }

    /// What has to be changed on the disk, if anything has; nothing while a
    /// transaction is out. With `sync` also an empty one that makes samples durable.
    pub fn take(&mut self, sync: bool) -> Option<Transaction> {
        let sync = sync && self.is_loose();
        if self.out.is_some() || (self.ops.is_empty() && !sync) {
            return None;
        }
        let ops = std::mem::take(&mut self.ops);
        let sync = sync || ops.iter().any(Op::syncs);
        let heads = self
            .shelves
            .iter()
            .map(|shelf| (shelf.chain(), shelf.head().seq));
        self.out = Some(if sync { heads.collect() } else { Vec::new() });
        self.taken += 1;
        Some(Transaction {
            number: self.taken,
            ops,
            sync,
        })
    }

    /// The transaction that was out is done.
    pub fn stored(&mut self) {
        for (chain, seq) in self.out.take().unwrap_or_default() {
            if let Some(shelf) = self.shelf_mut(chain) {
                shelf.set_durable(seq);
            }
        }
        self.disk_full = false;
    }

    /// Whether everything that was decided lies on the disk.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.out.is_none() && self.ops.is_empty() && !self.is_loose()
    }

    /// The transaction that the next append will be in.
    #[must_use]
    pub const fn next_transaction(&self) -> u64 {
        self.taken + 1
    }

    /// Whether a sample lies there that a power cut would take.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.shelves
            .iter()
            .any(|shelf| shelf.durable() < shelf.head().seq)
    }

    /// The disk has no room, though the shares say that it should: lets go of what
    /// can go, and refuses money until a transaction is through. Redemptions that
    /// the centre holds are kept even now: they are few.
    pub fn relieve(&mut self) {
        self.disk_full = true;
        for at in 0..self.shelves.len() {
            let stream = self.shelves[at].chain().stream;
            while stream != Stream::Money && self.forget(at) {}
            if stream == Stream::Sample {
                self.thin(at);
                let goal = self.shelves[at].pending_octets() / 8 * 7;
                self.drop_to(at, goal);
            }
        }
    }

    /// Says a change of the outbox that another part of the site has decided.
    pub fn note(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// How full a share is.
    #[must_use]
    pub fn fill(&self, stream: Stream) -> Fill {
        let of = |cost: fn(&Shelf) -> u64| {
            let shelves = self
                .shelves
                .iter()
                .filter(|shelf| shelf.chain().stream == stream);
            Bytes::new(shelves.map(cost).sum())
        };
        Fill {
            pending: of(Shelf::pending_octets),
            kept: of(Shelf::kept_octets),
            share: Bytes::new(self.shares.of(stream)),
        }
    }
}

/// Admission.
impl Queue {
    /// Takes an encoded record into a stream of the current epoch.
    ///
    /// # Errors
    /// If money is refused, or the record is too long; nothing is changed then.
    pub fn append(&mut self, stream: Stream, at: Wall, record: Vec<u8>) -> Result<Seq, Refusal> {
        let octets = u32::try_from(record.len()).unwrap_or(u32::MAX);
        if record.len() > RECORD_MAX {
            return Err(Refusal::Long {
                found: record.len(),
            });
        }
        let mut span = Span {
            from: Seq::ZERO,
            to: Seq::ZERO,
            at,
            until: at,
            octets,
            gap: None,
        };
        self.admit(stream, span.cost())?;
        self.make_room(stream, span.cost());
        let (agent, chain) = (
            self.agent,
            Chain {
                stream,
                epoch: self.epoch,
            },
        );
        let shelf = self
            .shelf_mut(chain)
            .expect("the current epoch has each stream");
        let Cursor {
            seq, digest: prev, ..
        } = shelf.head();
        let seq = seq.next();
        (span.from, span.to) = (seq, seq);
        let digest = prev.after(agent, chain, seq, None, &record);
        shelf.push(span, digest);
        let crc = crc32c(&[&record]);
        let row = Row {
            chain,
            seq,
            prev,
            origin: None,
            at,
            record,
            crc,
        };
        self.ops.push(Op::Insert { row, digest });
        Ok(seq)
    }

    fn admit(&self, stream: Stream, cost: u64) -> Result<(), Refusal> {
        if stream != Stream::Money {
            return Ok(());
        }
        if self.disk_full {
            return Err(Refusal::Disk);
        }
        let Fill { pending, share, .. } = self.fill(stream);
        if pending.as_u64() + cost > share.as_u64() / 10 * 9 {
            return Err(Refusal::Money { pending, share });
        }
        Ok(())
    }

    fn make_room(&mut self, stream: Stream, cost: u64) {
        let share = self.shares.of(stream);
        let used = |queue: &Self| {
            let Fill { pending, kept, .. } = queue.fill(stream);
            pending.as_u64() + kept.as_u64()
        };
        if used(self) + cost <= share {
            return;
        }
        let goal = share - share / ROOM_PART;
        let of_stream: Vec<_> = (0..self.shelves.len())
            .filter(|at| self.shelves[*at].chain().stream == stream)
            .collect();
        let mut left = (used(self) + cost).saturating_sub(goal);
        for at in &of_stream {
            while left > 0 && self.shelves[*at].kept_octets() > 0 {
                let before = self.shelves[*at].kept_octets();
                self.forget(*at);
                left = left.saturating_sub(before - self.shelves[*at].kept_octets());
            }
        }
        if stream == Stream::Money {
            return;
        }
        for at in &of_stream {
            if left > 0 && stream == Stream::Sample {
                self.thin(*at);
                left = (used(self) + cost).saturating_sub(goal);
            }
        }
        for at in of_stream {
            let pending = self.shelves[at].pending_octets();
            self.drop_to(at, pending.saturating_sub(left));
            left = left.saturating_sub(pending.saturating_sub(self.shelves[at].pending_octets()));
        }
    }

    /// Drops the oldest pending records of a shelf until no more than that is left.
    fn drop_to(&mut self, at: usize, goal: u64) {
        let shelf = &mut self.shelves[at];
        while shelf.pending_octets() > goal {
            let Some(gap) = shelf.drop_oldest() else {
                return;
            };
            let chain = shelf.chain();
            match self.ops.last_mut() {
                // It has grown out of the one before, which is no row yet.
                Some(Op::Gap {
                    chain: last,
                    gap: before,
                }) if *last == chain && gap.from <= before.from && before.to <= gap.to => {
                    *before = gap;
                }
                _ => self.ops.push(Op::Gap { chain, gap }),
            }
        }
    }

    fn thin(&mut self, at: usize) {
        let chain = self.shelves[at].chain();
        let gaps = self.shelves[at].thin(THIN_SLOT);
        self.ops
            .extend(gaps.into_iter().map(|gap| Op::Gap { chain, gap }));
    }

    /// Gives the oldest kept row of a shelf away.
    fn forget(&mut self, at: usize) -> bool {
        let chain = self.shelves[at].chain();
        let Some(span) = self.shelves[at].forget() else {
            return false;
        };
        match self.ops.last_mut() {
            Some(Op::Forget { chain: last, to }) if *last == chain => *to = span.to,
            _ => self.ops.push(Op::Forget { chain, to: span.to }),
        }
        true
    }
}

/// What the centre holds.
impl Queue {
    /// The centre holds a chain up to there: what is behind is kept now. It may be
    /// less than it held before, and then what is behind is pending again.
    pub fn settle(&mut self, chain: Chain, seq: Seq) {
        let Some(shelf) = self.shelf_mut(chain) else {
            return;
        };
        let seq = seq.min(shelf.head().seq);
        if shelf.acked() != seq {
            shelf.set_acked(seq);
            self.ops.push(Op::Acked { chain, seq });
        }
    }

    /// Lets go of what the centre has held for [`KEEP`], as far as this program has
    /// seen it: event times may be wrong, and a wrong one must not make it go early.
    /// To be called every [`SWEEP_EVERY`].
    pub fn sweep(&mut self, now: Mono) {
        let acked = self
            .shelves
            .iter()
            .map(|shelf| (shelf.chain(), shelf.acked()));
        self.marks.push_back((now, acked.collect()));
        while self
            .marks
            .front()
            .is_some_and(|(at, _)| now.since(*at) >= KEEP)
        {
            for (chain, seq) in self
                .marks
                .pop_front()
                .map_or_else(Vec::new, |(_, marks)| marks)
            {
                let at = self.shelves.iter().position(|shelf| shelf.chain() == chain);
                while at.is_some_and(|at| self.shelves[at].kept_from() <= seq && self.forget(at)) {}
            }
        }
    }

    /// What to tell the centre that there is: the current epoch's chains also when
    /// nothing has been made in them, since the centre may know better.
    #[must_use]
    pub fn tails(&self) -> Vec<Tail> {
        let newest = self.shelves.iter().rev().take(crate::frame::TAILS_MAX);
        newest
            .map(|shelf| Tail {
                head: shelf.head(),
                kept_from: shelf.kept_from(),
                current: shelf.chain().epoch == self.epoch,
            })
            .collect()
    }

    /// The epoch that new records are made in.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whose it is.
    #[must_use]
    pub const fn agent(&self) -> Id<Agent> {
        self.agent
    }

    /// The newest record of a chain.
    #[must_use]
    pub fn head(&self, chain: Chain) -> Option<Cursor> {
        self.shelf(chain).map(Shelf::head)
    }

    /// Up to where the centre holds a chain, as far as is known.
    #[must_use]
    pub fn acked(&self, chain: Chain) -> Option<Seq> {
        self.shelf(chain).map(Shelf::acked)
    }

    /// How to take everything that lies here into another epoch, also what the centre
    /// is known to hold: a centre that was set back may have lost it, and knows the
    /// rest by its name. Of the older epochs only the newest stay.
    #[must_use]
    pub fn renewal(&self, to: Epoch) -> Renewal {
        let mut epochs: Vec<_> = self
            .shelves
            .iter()
            .map(|shelf| shelf.chain().epoch)
            .collect();
        epochs.dedup();
        let kept = epochs.len().saturating_sub(EPOCHS_MAX - 1);
        let current = |shelf: &&Shelf| shelf.chain().epoch == self.epoch;
        Renewal {
            agent: self.agent,
            to,
            moves: self
                .shelves
                .iter()
                .filter(current)
                .map(|shelf| (shelf.chain(), shelf.kept_from().prev()))
                .collect(),
            forget: epochs.drain(..kept).collect(),
        }
    }

    /// Every chain, in the order in which they are sent: money before events before
    /// samples, and of each what is older first.
    pub fn chains(&self) -> impl Iterator<Item = Chain> {
        Stream::ALL.into_iter().flat_map(|stream| {
            let of = self.shelves.iter().map(Shelf::chain);
            of.filter(move |chain| chain.stream == stream)
        })
    }

    /// Whether a row lies there that can be read.
    #[must_use]
    pub fn has_row(&self, chain: Chain, seq: Seq) -> bool {
        let span = self
            .shelf(chain)
            .and_then(|shelf| shelf.after(seq.prev()).next());
        span.is_some_and(|span| span.from == seq && span.gap.is_none())
    }

    pub(crate) fn shelf(&self, chain: Chain) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| shelf.chain() == chain)
    }

    fn shelf_mut(&mut self, chain: Chain) -> Option<&mut Shelf> {
        self.shelves.iter_mut().find(|shelf| shelf.chain() == chain)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::batch::Batch;
    use crate::batch::tests::agent;
    use crate::record::Row;

    const EPOCH: Epoch = Epoch::from_bits(7);

    pub(crate) fn chain(stream: Stream) -> Chain {
        Chain {
            stream,
            epoch: EPOCH,
        }
    }

    pub(crate) fn queue(shares: Shares) -> Queue {
        Queue::open(&Outbox::new(agent(), EPOCH), shares)
    }

    fn minute(at: u64) -> Wall {
        Wall::from_us(0) + Duration::from_secs(at * 60)
    }

    pub(crate) fn small(kib: u64) -> Shares {
        let share = Bytes::new(kib * 1024);
        Shares {
            money: share,
            event: share,
            sample: share,
        }
    }

    /// Appends, and carries out what is said to be done on a list of rows.
    pub(crate) fn store(queue: &mut Queue, rows: &mut Vec<Row>) {
        while let Some(it) = queue.take(true) {
            for op in it.ops {
                match op {
                    Op::Insert { row, .. } => rows.push(row),
                    Op::Gap { chain, gap } => rows
                        .retain(|row| row.chain != chain || row.seq < gap.from || row.seq > gap.to),
                    Op::Forget { chain, to } => {
                        rows.retain(|row| row.chain != chain || row.seq > to);
                    }
                    Op::Acked { .. } | Op::Command(_) | Op::CommandOver(_) => {}
                }
            }
            queue.stored();
        }
    }

    /// The batch behind a number, of rows that lie there.
    pub(crate) fn batch(queue: &Queue, rows: &[Row], stream: Stream, after: Seq) -> Option<Batch> {
        let want = queue.want(chain(stream), after)?;
        let read = |row: &&Row| {
            row.chain == want.chain && row.seq >= want.read_from && row.seq <= want.read_to
        };
        queue.batch(&want, rows.iter().filter(read).cloned().collect())
    }

    pub(crate) fn append(queue: &mut Queue, stream: Stream, at: u64) -> Result<Seq, Refusal> {
        queue.append(stream, minute(at), vec![7; 100])
    }

    #[test]
    fn nothing_is_sent_before_it_is_durable() {
        let (mut queue, mut rows) = (queue(Shares::default()), Vec::new());
        append(&mut queue, Stream::Sample, 0).expect("samples are taken");
        assert_eq!(queue.want(chain(Stream::Sample), Seq::ZERO), None);
        let first = queue.take(false).expect("a transaction");
        assert!(!first.sync);
        queue.stored();
        assert_eq!(
            queue.want(chain(Stream::Sample), Seq::ZERO),
            None,
            "a power cut takes it"
        );
        append(&mut queue, Stream::Money, 1).expect("money is taken");
        assert!(queue.take(false).is_some_and(|it| it.sync));
        append(&mut queue, Stream::Sample, 2).expect("samples are taken");
        queue.stored();
        let want = queue
            .want(chain(Stream::Sample), Seq::ZERO)
            .expect("it is durable now");
        assert_eq!(want.to, Seq::new(1), "and what came later is not");
        store(&mut queue, &mut rows);
        assert!(queue.is_settled());
    }

    #[test]
    fn what_is_opened_may_lie_in_memory_only() {
        let (mut first, mut rows) = (queue(Shares::default()), Vec::new());
        append(&mut first, Stream::Event, 0).expect("events are taken");
        store(&mut first, &mut rows);
        let head = first.head(chain(Stream::Event)).expect("a chain");
        let span = Span {
            from: head.seq,
            to: head.seq,
            at: minute(0),
            until: minute(0),
            octets: 100,
            gap: None,
        };
        let stored = Stored {
            head,
            acked: Seq::ZERO,
            spans: vec![span],
        };
        let outbox = Outbox {
            chains: vec![stored],
            ..Outbox::new(agent(), EPOCH)
        };
        let mut again = Queue::open(&outbox, Shares::default());
        assert_eq!(again.want(chain(Stream::Event), Seq::ZERO), None);
        assert!(
            again
                .take(true)
                .is_some_and(|it| it.sync && it.ops.is_empty())
        );
        again.stored();
        assert!(again.want(chain(Stream::Event), Seq::ZERO).is_some());
    }

    #[test]
    fn money_is_refused_in_time_and_never_dropped() {
        let (mut queue, mut rows) = (queue(small(26)), Vec::new());
        let taken = (0..200)
            .take_while(|at| append(&mut queue, Stream::Money, *at).is_ok())
            .count();
        assert_eq!(taken, 92, "nine tenths of the share");
        let refused = append(&mut queue, Stream::Money, 200);
        assert!(matches!(refused, Err(Refusal::Money { .. })), "{refused:?}");
        store(&mut queue, &mut rows);
        assert_eq!(rows.len(), taken);
        queue.settle(chain(Stream::Money), Seq::new(50));
        append(&mut queue, Stream::Money, 201).expect("the centre has made room");
        store(&mut queue, &mut rows);
        assert!(
            rows.iter().any(|row| row.seq == Seq::new(51)),
            "what it does not hold stays"
        );
    }

    #[test]
    fn what_is_acknowledged_stays_until_room_is_needed_and_can_be_sent_again() {
        let (mut queue, mut rows) = (queue(small(26)), Vec::new());
        for at in 0..50 {
            append(&mut queue, Stream::Event, at).expect("events are taken");
        }
        store(&mut queue, &mut rows);
        queue.settle(chain(Stream::Event), Seq::new(50));
        store(&mut queue, &mut rows);
        assert_eq!(
            (rows.len(), queue.fill(Stream::Event).pending),
            (50, Bytes::ZERO)
        );
        // The centre was set back.
        queue.settle(chain(Stream::Event), Seq::new(30));
        let again = batch(&queue, &rows, Stream::Event, Seq::new(30)).expect("a batch");
        assert_eq!((again.first(), again.last()), (Seq::new(31), Seq::new(50)));
        for at in 50..110 {
            append(&mut queue, Stream::Event, at).expect("events are taken");
        }
        store(&mut queue, &mut rows);
        assert!(
            rows.iter().any(|row| row.seq == Seq::new(31)),
            "what it holds goes first"
        );
        // Further back than what is left: that is said.
        let before = batch(&queue, &rows, Stream::Event, Seq::new(2)).expect("a batch");
        let gap = before
            .pieces
            .first()
            .map(|piece| (piece.from(), piece.to()));
        let kept = rows.iter().map(|row| row.seq).min().expect("rows");
        assert_eq!(gap, Some((Seq::new(3), kept.prev())));
        assert!(before.trace().is_some());
    }

    #[test]
    fn what_is_old_goes_by_when_it_was_acknowledged() {
        let (mut queue, mut rows) = (queue(Shares::default()), Vec::new());
        append(&mut queue, Stream::Money, 0).expect("money is taken");
        store(&mut queue, &mut rows);
        queue.settle(chain(Stream::Money), Seq::new(1));
        let start = Mono::from_us(0);
        queue.sweep(start);
        queue.sweep(start + KEEP / 2);
        store(&mut queue, &mut rows);
        assert_eq!(rows.len(), 1);
        queue.sweep(start + KEEP);
        store(&mut queue, &mut rows);
        assert!(rows.is_empty());
    }
}
