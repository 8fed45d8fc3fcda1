//! What goes next: which rows a batch needs, and the batch that they make.

use std::collections::VecDeque;

use base::now::Wall;

use crate::batch::{Batch, Gap, OCTETS_MAX, PIECES_MAX, Piece, Reason};
use crate::identity::{Chain, Digest, Seq};
use crate::queue::Queue;
use crate::record::Row;

/// What to read for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Of which chain.
    pub chain: Chain,
    /// The first number the batch speaks about.
    pub from: Seq,
    /// The last number it speaks about.
    pub to: Seq,
    /// The first row to read.
    pub read_from: Seq,
    /// The last row to read: one behind the batch, which names the digest at its end
    /// if the row there cannot be read.
    pub read_to: Seq,
}

/// What goes next.
impl Queue {
    /// What to read for the batch that follows a number; none if all that is durable
    /// has been sent.
    #[must_use]
    pub fn want(&self, chain: Chain, after: Seq) -> Option<Want> {
        let shelf = self.shelf(chain)?;
        if after >= shelf.durable() {
            return None;
        }
        let (mut to, mut octets, mut pieces) = (None, 0, 0);
        let mut spans = shelf
            .after(after)
            .take_while(|span| span.to <= shelf.durable())
            .peekable();
        let read_from = spans
            .peek()
            .map_or(after.next(), |span| span.from.max(after.next()));
        for span in spans {
            let size = usize::try_from(span.octets)
                .unwrap_or(usize::MAX)
                .saturating_add(64);
            octets += size;
            pieces += 1;
            let full = octets > OCTETS_MAX || pieces >= PIECES_MAX;
            if full && to.is_some() {
                break;
            }
            // A batch ends where the digest is known: at a record, or at the head.
            if span.gap.is_none() || span.to == shelf.head().seq {
                to = Some(span.to);
            }
        }
        // Nothing is left of what was acknowledged: that is said in one gap, as soon as
        // the digest at its end can be read.
        let nothing_left = to.is_none();
        let to = to.unwrap_or(shelf.durable());
        let behind = shelf.after(to).find(|span| span.gap.is_none());
        let loose = behind.is_some_and(|span| span.to > shelf.durable());
        if nothing_left && loose {
            return None;
        }
        let read_to = behind.map_or(to, |span| span.to);
        Some(Want {
            chain,
            from: after.next(),
            to,
            read_from,
            read_to,
        })
    }

    /// Makes the batch of what was read. Rows that are not there or are not whole
    /// become gaps; so does what is dropped by now. None if nothing is left that a
    /// batch could end with.
    #[must_use]
    pub fn batch(&self, want: &Want, rows: Vec<Row>) -> Option<Batch> {
        let shelf = self.shelf(want.chain)?;
        let mut rows: VecDeque<_> = rows.into();
        let mut pieces = Vec::new();
        let mut prev = None;
        let first = shelf.after(want.from.prev()).next();
        let kept_from = first.map_or(shelf.head().seq.next(), |span| span.from);
        if want.from < kept_from {
            let at = first.map_or(Wall::from_us(0), |span| span.at);
            let to = kept_from.prev().min(want.to);
            let reason = Reason::Forgotten;
            let gap = Gap {
                from: want.from,
                to,
                from_time: at,
                to_time: at,
                reason,
            };
            pieces.push(Piece::Gap { gap, digest: None });
        }
        for span in shelf
            .after(want.from.prev())
            .take_while(|span| span.to <= want.to)
        {
            while rows.front().is_some_and(|row| row.seq < span.from) {
                rows.pop_front();
            }
            let row = rows.pop_front_if(|row| row.seq == span.from);
            match row.filter(|row| span.gap.is_none() && row.is_whole()) {
                Some(row) => {
                    chain_on(&mut pieces, &mut prev, row.prev);
                    let Row {
                        seq,
                        origin,
                        record,
                        ..
                    } = row;
                    pieces.push(Piece::Record {
                        seq,
                        origin,
                        record,
                    });
                }
                None => {
                    let reason = span.gap.unwrap_or(Reason::Unreadable);
                    let gap = span.as_gap(want.from, reason);
                    pieces.push(Piece::Gap { gap, digest: None });
                }
            }
        }
        // Where it ends in a gap, the digest there is known of the head or by the row
        // behind; else the batch ends earlier.
        if matches!(pieces.last(), Some(Piece::Gap { .. })) {
            let end = pieces.last().map_or(Seq::ZERO, Piece::to);
            let behind = rows
                .into_iter()
                .find(|row| row.seq == end.next() && row.is_whole());
            if end == shelf.head().seq {
                chain_on(&mut pieces, &mut prev, shelf.head().digest);
            } else if let Some(row) = behind {
                chain_on(&mut pieces, &mut prev, row.prev);
            } else {
                while matches!(pieces.last(), Some(Piece::Gap { .. })) {
                    pieces.pop();
                }
            }
        }
        (!pieces.is_empty()).then_some(Batch {
            agent: self.agent(),
            chain: want.chain,
            prev,
            pieces,
        })
    }
}

/// Says the digest that is known to stand at the end of the pieces so far.
fn chain_on(pieces: &mut [Piece], prev: &mut Option<Digest>, known: Digest) {
    match pieces.last_mut() {
        None => *prev = Some(known),
        Some(Piece::Gap { digest, .. }) => *digest = Some(known),
        Some(Piece::Record { .. }) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity::Stream;
    use crate::queue::tests::{append, batch, chain, queue, small, store};
    use crate::share::Shares;

    #[test]
    fn samples_are_thinned_and_then_dropped_and_gaps_say_so() {
        let (mut queue, mut rows) = (queue(small(26)), Vec::new());
        for at in 0..400 {
            append(&mut queue, Stream::Sample, at).expect("samples are taken");
            store(&mut queue, &mut rows);
        }
        let fill = queue.fill(Stream::Sample);
        assert!(fill.pending <= fill.share, "{fill:?}");
        let whole = batch(&queue, &rows, Stream::Sample, Seq::ZERO).expect("a batch");
        assert_eq!((whole.first(), whole.last()), (Seq::new(1), Seq::new(400)));
        assert!(whole.trace().is_some(), "the chain goes on behind each gap");
        let reason = |reason| {
            let of =
                |piece: &&Piece| matches!(piece, Piece::Gap { gap, .. } if gap.reason == reason);
            whole.pieces.iter().filter(of).count()
        };
        assert!(reason(Reason::Full) == 1 && reason(Reason::Thinned) > 5);
    }

    #[test]
    fn an_unreadable_row_is_a_gap_wherever_it_lies() {
        for rotten in 0..4 {
            let (mut queue, mut rows) = (queue(Shares::default()), Vec::new());
            for at in 0..4 {
                append(&mut queue, Stream::Money, at).expect("money is taken");
            }
            store(&mut queue, &mut rows);
            rows[rotten].record[3] ^= 1;
            let it = batch(&queue, &rows, Stream::Money, Seq::ZERO).expect("a batch");
            let gap = it
                .pieces
                .iter()
                .position(|piece| matches!(piece, Piece::Gap { .. }));
            assert_eq!((gap, it.last()), (Some(rotten), Seq::new(4)));
            let end = it.end().map(|end| end.digest);
            assert_eq!(
                end,
                queue.head(chain(Stream::Money)).map(|head| head.digest)
            );
        }
    }

    proptest! {
        /// Whatever happens: shares hold, batches that follow each other have no holes
        /// and no digest that does not fit, and what is pending is all there or named.
        #[test]
        fn numbers_have_no_holes(
            steps in prop::collection::vec((0_u8..6, 0_u64..40), 1..120),
        ) {
            let (mut queue, mut rows, mut at) = (queue(small(12)), Vec::new(), 0);
            for (step, size) in steps {
                match step {
                    0 => {
                        let head = queue.head(chain(Stream::Sample)).expect("a chain").seq;
                        queue.settle(chain(Stream::Sample), Seq::new(head.get() * size / 40));
                    }
                    1 => queue.relieve(),
                    _ => {
                        for _ in 0..size {
                            at += 1;
                            append(&mut queue, Stream::Sample, at).expect("samples are taken");
                        }
                    }
                }
                store(&mut queue, &mut rows);
                let fill = queue.fill(Stream::Sample);
                prop_assert!(fill.pending + fill.kept <= fill.share);
                let mut after = queue.acked(chain(Stream::Sample)).expect("a chain");
                let mut digest = None;
                while let Some(it) = batch(&queue, &rows, Stream::Sample, after) {
                    prop_assert_eq!(it.first(), after.next());
                    if let (Some(prev), Some(digest)) = (it.prev, digest) {
                        prop_assert_eq!(prev, digest);
                    }
                    let end = it.end().expect("it can be followed");
                    (after, digest) = (end.seq, Some(end.digest));
                }
                let head = queue.head(chain(Stream::Sample)).expect("a chain");
                prop_assert_eq!(after, head.seq);
                prop_assert!(digest.is_none_or(|digest| digest == head.digest));
            }
        }
    }
}
