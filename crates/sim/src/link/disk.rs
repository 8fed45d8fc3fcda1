//! An outbox on a disk that forgets what was not synced.
//!
//! A transaction is seen by the program as soon as it is done. A power cut takes
//! those since the last that was synced: all, or only the newest of them, since some
//! reached the card by themselves. A killed program loses none.

use std::collections::BTreeMap;

use base::id::{Agent, Id};
use sync::batch::Gap;
use sync::command::{Noted, Ulid};
use sync::identity::{Chain, Cursor, Epoch, Seq};
use sync::outbox::{Op, Outbox, Transaction};
use sync::outgoing::Read;
use sync::record::Row;
use sync::renewal::Renewal;
use sync::shelf::{Span, Stored};

/// What stands under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// A record.
    Row(Row),
    /// From this number on there are none.
    Gap(Gap),
}

/// What lies on a disk.
#[derive(Debug, Clone)]
pub struct Image {
    agent: Id<Agent>,
    epoch: Epoch,
    chains: Vec<(Cursor, Seq)>,
    slots: BTreeMap<(Chain, Seq), Slot>,
    commands: BTreeMap<Ulid, Noted>,
}

/// What a change of the disk has done to records, for who keeps count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// A record was put in.
    Put(Row),
    /// A record was taken out, and a gap says so.
    Dropped(Row),
    /// A record was taken out that the centre is known to hold.
    Forgotten(Row),
    /// Numbers of one chain are numbers of another from now on.
    Moved {
        /// Which chain.
        from: Chain,
        /// Which chain they are of now.
        to: Chain,
        /// Those up to here stay.
        behind: Seq,
    },
}

/// A disk.
#[derive(Debug, Clone)]
pub struct Disk {
    /// What the program sees.
    live: Image,
    /// What a power cut leaves.
    synced: Image,
    /// What was done since.
    loose: Vec<Transaction>,
    /// Whether it takes no more.
    pub full: bool,
}

impl Image {
    fn new(agent: Id<Agent>, epoch: Epoch) -> Self {
        let (chains, slots, commands) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            agent,
            epoch,
            chains,
            slots,
            commands,
        }
    }

    /// Every record that lies there.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.slots.values().filter_map(|slot| match slot {
            Slot::Row(row) => Some(row),
            Slot::Gap(_) => None,
        })
    }

    fn chain(&mut self, chain: Chain) -> &mut (Cursor, Seq) {
        let at = self.chains.iter().position(|(head, _)| head.chain == chain);
        let at = at.unwrap_or_else(|| {
            self.chains
                .push((Cursor::start(self.agent, chain), Seq::ZERO));
            self.chains.len() - 1
        });
        &mut self.chains[at]
    }

    fn apply(&mut self, it: &Transaction, traces: &mut Vec<Trace>) {
        for op in &it.ops {
            match op {
                Op::Insert { row, digest } => {
                    let head = Cursor {
                        chain: row.chain,
                        seq: row.seq,
                        digest: *digest,
                    };
                    self.chain(row.chain).0 = head;
                    self.slots
                        .insert((row.chain, row.seq), Slot::Row(row.clone()));
                    traces.push(Trace::Put(row.clone()));
                }
                Op::Gap { chain, gap } => {
                    let old: Vec<_> = self
                        .slots
                        .range((*chain, gap.from)..=(*chain, gap.to))
                        .map(|(key, _)| *key)
                        .collect();
                    for key in old {
                        if let Some(Slot::Row(row)) = self.slots.remove(&key) {
                            traces.push(Trace::Dropped(row));
                        }
                    }
                    self.slots.insert((*chain, gap.from), Slot::Gap(*gap));
                }
                Op::Forget { chain, to } => {
                    let first = (*chain, Seq::ZERO);
                    let old: Vec<_> = self
                        .slots
                        .range(first..=(*chain, *to))
                        .map(|(key, _)| *key)
                        .collect();
                    for key in old {
                        if let Some(Slot::Row(row)) = self.slots.remove(&key) {
                            traces.push(Trace::Forgotten(row));
                        }
                    }
                }
                Op::Acked { chain, seq } => self.chain(*chain).1 = *seq,
                Op::Command(noted) => {
                    self.commands.insert(noted.id, *noted);
                }
                Op::CommandOver(id) => {
                    self.commands.remove(id);
                }
            }
        }
    }

    fn renew(&mut self, renewal: &Renewal, traces: &mut Vec<Trace>) {
        for (old, acked) in &renewal.moves {
            let mut walk = renewal.walk(*old, *acked);
            let keys = self
                .slots
                .range((*old, Seq::ZERO)..=(*old, Seq::new(u64::MAX)));
            let behind = |slot: &Slot| match slot {
                Slot::Row(row) => row.seq > *acked,
                Slot::Gap(gap) => gap.to > *acked,
            };
            let keys: Vec<_> = keys
                .filter(|(_, slot)| behind(slot))
                .map(|(key, _)| *key)
                .collect();
            for key in keys {
                let moved = match self.slots.remove(&key) {
                    Some(Slot::Row(row)) => Slot::Row(walk.row(row).0),
                    Some(Slot::Gap(gap)) => Slot::Gap(walk.gap(gap)),
                    None => continue,
                };
                let seq = match &moved {
                    Slot::Row(row) => row.seq,
                    Slot::Gap(gap) => gap.from,
                };
                self.slots.insert((walk.head().chain, seq), moved);
            }
            let left = walk.left(self.chain(*old).0);
            *self.chain(*old) = (left, left.seq);
            *self.chain(walk.head().chain) = (walk.head(), Seq::ZERO);
            traces.push(Trace::Moved {
                from: *old,
                to: walk.head().chain,
                behind: *acked,
            });
        }
        self.epoch = renewal.to;
        let gone = |chain: &Chain| renewal.forget.contains(&chain.epoch);
        self.chains.retain(|(head, _)| !gone(&head.chain));
        self.slots.retain(|(chain, _), slot| {
            if let Slot::Row(row) = slot
                && gone(chain)
            {
                traces.push(Trace::Forgotten(row.clone()));
            }
            !gone(chain)
        });
    }
}

impl Disk {
    /// One with a new outbox.
    #[must_use]
    pub fn new(agent: Id<Agent>, epoch: Epoch) -> Self {
        let image = Image::new(agent, epoch);
        Self {
            live: image.clone(),
            synced: image,
            loose: Vec::new(),
            full: false,
        }
    }

    /// One that an image was written to.
    #[must_use]
    pub fn restored(image: Image) -> Self {
        Self {
            live: image.clone(),
            synced: image,
            loose: Vec::new(),
            full: false,
        }
    }

    /// What a power cut would leave: what a copy of the card has.
    #[must_use]
    pub fn image(&self) -> Image {
        self.synced.clone()
    }

    /// What the program sees.
    #[must_use]
    pub const fn live(&self) -> &Image {
        &self.live
    }

    /// The outbox as it lies there.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        let mut chains: Vec<Stored> = Vec::new();
        for (head, acked) in &self.live.chains {
            chains.push(Stored {
                head: *head,
                acked: *acked,
                spans: Vec::new(),
            });
        }
        for ((chain, _), slot) in &self.live.slots {
            let span = match slot {
                Slot::Row(row) => Span {
                    from: row.seq,
                    to: row.seq,
                    at: row.at,
                    until: row.at,
                    octets: u32::try_from(row.record.len()).unwrap_or(u32::MAX),
                    gap: None,
                },
                Slot::Gap(gap) => Span {
                    from: gap.from,
                    to: gap.to,
                    at: gap.from_time,
                    until: gap.to_time,
                    octets: 0,
                    gap: Some(gap.reason),
                },
            };
            if let Some(stored) = chains.iter_mut().find(|stored| stored.head.chain == *chain) {
                stored.spans.push(span);
            }
        }
        let commands = self.live.commands.values().copied().collect();
        Outbox {
            agent: self.live.agent,
            epoch: self.live.epoch,
            chains,
            commands,
        }
    }

    /// Rows, as they are read.
    #[must_use]
    pub fn read(&self, it: &Read) -> Vec<Row> {
        let found = self
            .live
            .slots
            .range((it.chain, it.from)..=(it.chain, it.to));
        let rows = found.filter_map(|(_, slot)| match slot {
            Slot::Row(row) => Some(row.clone()),
            Slot::Gap(_) => None,
        });
        rows.collect()
    }

    /// Does a transaction; a full disk takes out and puts nothing in.
    pub fn apply(&mut self, it: Transaction) -> Option<Vec<Trace>> {
        if self.full
            && it
                .ops
                .iter()
                .any(|op| matches!(op, Op::Insert { .. } | Op::Command(_)))
        {
            return None;
        }
        let mut traces = Vec::new();
        self.live.apply(&it, &mut traces);
        let sync = it.sync;
        self.loose.push(it);
        if sync {
            for it in self.loose.drain(..) {
                self.synced.apply(&it, &mut Vec::new());
            }
        }
        Some(traces)
    }

    /// Takes the outbox into another epoch, synced.
    pub fn renew(&mut self, renewal: &Renewal) -> Vec<Trace> {
        let mut traces = Vec::new();
        self.live.renew(renewal, &mut traces);
        self.synced = self.live.clone();
        self.loose.clear();
        traces
    }

    /// The power goes; gives back what is lost with it.
    pub fn power_cut(&mut self, rng: &mut fastrand::Rng) -> Vec<Row> {
        let stay = rng.usize(..=self.loose.len());
        let lost = self.loose.split_off(stay);
        for it in self.loose.drain(..) {
            self.synced.apply(&it, &mut Vec::new());
        }
        self.live = self.synced.clone();
        let rows = lost
            .into_iter()
            .flat_map(|it| it.ops)
            .filter_map(|op| match op {
                Op::Insert { row, .. } => Some(row),
                Op::Gap { .. }
                | Op::Forget { .. }
                | Op::Acked { .. }
                | Op::Command(_)
                | Op::CommandOver(_) => None,
            });
        rows.collect()
    }

    /// A bit of a record turns; gives back what the record was.
    pub fn rot(&mut self, rng: &mut fastrand::Rng) -> Option<Row> {
        let keys: Vec<_> = self
            .live
            .slots
            .iter()
            .filter(|(_, slot)| matches!(slot, Slot::Row(_)))
            .map(|(key, _)| *key)
            .collect();
        let key = *keys.get(rng.usize(..keys.len().max(1)))?;
        let mut was = None;
        for image in [&mut self.live, &mut self.synced] {
            if let Some(Slot::Row(row)) = image.slots.get_mut(&key) {
                was = Some(row.clone());
                row.record[0] ^= 1;
            }
        }
        was
    }

    /// Takes rows out as if the centre held them: a mutation.
    pub fn lose(&mut self, it: &Read) {
        for image in [&mut self.live, &mut self.synced] {
            image
                .slots
                .retain(|(chain, seq), _| *chain != it.chain || *seq < it.from || *seq > it.to);
        }
    }

    /// Whether the centre holds everything that lies there.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.live
            .chains
            .iter()
            .all(|(head, acked)| acked == &head.seq)
    }
}
