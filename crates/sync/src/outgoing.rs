//! What is on its way to the centre over one connection.
//!
//! Ends with the connection: what was not acknowledged goes again on the next one,
//! from where the centre says that it stands. Until the centre's word about a chain
//! has been held against what lies there, nothing of that chain goes.
//!
//! Bound: [`WINDOW`] batches of each lane on their way, and one more read and ready.
//! Policy: wait.

use std::collections::{BTreeMap, VecDeque};

use base::id::{Agent, Id};

use crate::batch::Batch;
use crate::frame::{Frame, Lane};
use crate::identity::{Chain, Cursor, Digest, Seq, Stream};
use crate::queue::Queue;
use crate::record::Row;
use crate::want::Want;

/// How many batches of a lane may be on their way. Over a satellite of 600 ms one
/// leaves the link idle most of the time; four of 60 KiB fill 3 Mbit/s.
pub const WINDOW: usize = 4;

/// The most words of the link that wait for the transport. They are answers, and an
/// end that asks more than it reads is given up.
pub const WORDS_MAX: usize = 64;

/// Rows to be read. Those that are not there are left out of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Of which chain.
    pub chain: Chain,
    /// The first number.
    pub from: Seq,
    /// The last number.
    pub to: Seq,
}

/// What lies at the site and what the centre holds are two different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forked;

#[derive(Debug)]
enum Reading {
    Batch(Want),
    /// The centre's word, to be held against the row that it names.
    Word {
        word: Cursor,
        greeting: bool,
    },
}

/// A batch that was sent and what its acknowledgement must say.
#[derive(Debug)]
struct Flight {
    lane: Lane,
    end: Cursor,
}

#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Of each chain that the centre's word was found right about, what was sent.
    sent: BTreeMap<Chain, Seq>,
    flights: Vec<Flight>,
    reading: Option<Reading>,
    words: VecDeque<(Cursor, bool)>,
    control: VecDeque<Frame>,
    urgent: Option<Batch>,
    bulk: Option<Batch>,
}

pub(crate) const fn lane(stream: Stream) -> Lane {
    match stream {
        Stream::Money | Stream::Event => Lane::Urgent,
        Stream::Sample => Lane::Bulk,
    }
}

impl Outgoing {
    /// Says a word of the link; false if too many wait.
    pub(crate) fn say(&mut self, frame: Frame) -> bool {
        self.control.push_back(frame);
        self.control.len() <= WORDS_MAX
    }

    /// What goes next.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        let batch = |batch: Batch| Frame::Batch(batch);
        self.control
            .pop_front()
            .or_else(|| self.urgent.take().map(batch))
            .or_else(|| self.bulk.take().map(batch))
    }

    /// What the centre says that it holds: of a greeting also less than before.
    pub(crate) fn heard(
        &mut self,
        word: Cursor,
        greeting: bool,
        queue: &mut Queue,
    ) -> Result<(), Forked> {
        let Some(head) = queue.head(word.chain) else {
            return Ok(());
        };
        let current = word.chain.epoch == queue.epoch();
        let flight = self
            .flights
            .iter()
            .find(|flight| (flight.end.chain, flight.end.seq) == (word.chain, word.seq));
        let known = if word.seq == head.seq {
            Some(head.digest)
        } else {
            flight.map(|flight| flight.end.digest)
        };
        match known {
            Some(digest) => return self.judge(word, digest, greeting, queue),
            // The centre holds more than was ever made here.
            None if word.seq > head.seq && current => return Err(Forked),
            None if word.seq > head.seq => {}
            None if !greeting && queue.acked(word.chain) >= Some(word.seq) => {}
            // There is nothing left to hold it against: it is believed.
            None if !queue.has_row(word.chain, word.seq) => self.believe(word, greeting, queue),
            None => self.words.push_back((word, greeting)),
        }
        Ok(())
    }

    fn judge(
        &mut self,
        word: Cursor,
        ours: Digest,
        greeting: bool,
        queue: &mut Queue,
    ) -> Result<(), Forked> {
        if word.digest == ours {
            self.believe(word, greeting, queue);
            return Ok(());
        }
        // Of an older epoch nothing is made any more, so nothing can be swallowed: it
        // is only never sent again.
        if word.chain.epoch == queue.epoch() {
            Err(Forked)
        } else {
            Ok(())
        }
    }

    fn believe(&mut self, word: Cursor, greeting: bool, queue: &mut Queue) {
        if greeting {
            self.sent.insert(word.chain, word.seq);
        } else {
            let landed =
                |flight: &Flight| flight.end.chain == word.chain && flight.end.seq <= word.seq;
            self.flights.retain(|flight| !landed(flight));
        }
        if greeting || queue.acked(word.chain) < Some(word.seq) {
            queue.settle(word.chain, word.seq);
        }
    }

    /// What to read next, if anything; one thing at a time. Batches only while the
    /// connection is open.
    pub(crate) fn read(&mut self, open: bool, queue: &Queue) -> Option<Read> {
        if self.reading.is_some() {
            return None;
        }
        if let Some((word, greeting)) = self.words.pop_front() {
            self.reading = Some(Reading::Word { word, greeting });
            return Some(Read {
                chain: word.chain,
                from: word.seq,
                to: word.seq,
            });
        }
        if !open {
            return None;
        }
        let want = queue.chains().find_map(|chain| {
            let lane = lane(chain.stream);
            let ready = match lane {
                Lane::Urgent => self.urgent.is_some(),
                Lane::Bulk => self.bulk.is_some(),
            };
            let flying = self
                .flights
                .iter()
                .filter(|flight| flight.lane == lane)
                .count();
            if ready || flying >= WINDOW {
                return None;
            }
            queue.want(chain, *self.sent.get(&chain)?)
        })?;
        self.reading = Some(Reading::Batch(want));
        Some(Read {
            chain: want.chain,
            from: want.read_from,
            to: want.read_to,
        })
    }

    /// What was read.
    pub(crate) fn rows(
        &mut self,
        rows: Vec<Row>,
        agent: Id<Agent>,
        queue: &mut Queue,
    ) -> Result<(), Forked> {
        match self.reading.take() {
            None => Ok(()),
            Some(Reading::Word { word, greeting }) => {
                let row = rows
                    .into_iter()
                    .find(|row| row.seq == word.seq && row.is_whole());
                match row {
                    None => {
                        self.believe(word, greeting, queue);
                        Ok(())
                    }
                    Some(row) => {
                        let ours = row.digest(agent);
                        self.judge(word, ours, greeting, queue)
                    }
                }
            }
            Some(Reading::Batch(want)) => {
                let batch = queue.batch(&want, rows);
                let Some((batch, end)) = batch
                    .and_then(|batch| Some((batch.end()?, batch)).map(|(end, batch)| (batch, end)))
                else {
                    // A batch full of rows that cannot be read, and one more: no digest is
                    // known to go on from, and the chain waits.
                    self.sent.remove(&want.chain);
                    return Ok(());
                };
                self.sent.insert(want.chain, end.seq);
                let lane = lane(want.chain.stream);
                self.flights.push(Flight { lane, end });
                match lane {
                    Lane::Urgent => self.urgent = Some(batch),
                    Lane::Bulk => self.bulk = Some(batch),
                }
                Ok(())
            }
        }
    }
}
