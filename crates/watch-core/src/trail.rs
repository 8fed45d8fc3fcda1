//! Which pictures of the last minute are still there, of all streams of the house.
//!
//! Behind the ring of a stream, from which its viewers are served, lies its trail: the
//! groups of pictures of the last [`SPAN`]. Somebody who has just seen something can step
//! back and look again, or save it. Frames are those of the ring: only reference counts
//! are taken.
//!
//! Bound: one budget in octets for all trails of the house and for what is being looked at
//! of them. Policy, when it is short: of the trail that was looked at longest ago the oldest
//! group goes first. A trail that somebody watches now goes after all that nobody watches;
//! of those alike the longest gives way, so that they shrink together. Always a whole group
//! goes and never a part: a trail begins with a key frame or is empty. A frame for which no
//! room can be made is not kept, nor what refers to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use base::now::{Mono, Wall};
use base::unit::Bytes;

use crate::frame::{Frame, TICKS_PER_SECOND};

/// How far back a trail reaches. The group in which that instant lies is kept whole.
pub const SPAN: Duration = Duration::from_secs(60);

/// Two pictures farther apart have a gap between them: cameras of the field send one a
/// second or more.
pub const GAP: Duration = Duration::from_secs(2);

/// So much of the budget may be held for those who look back, at most: a half, so that
/// trails go on growing meanwhile.
const PINNED_SHARE: u64 = 2;

/// The trails of all streams, by what streams are called.
#[derive(Debug)]
pub struct Trails<K> {
    trails: BTreeMap<K, Trail>,
    pins: BTreeMap<Pin, Bytes>,
    next_pin: u64,
    /// Of all groups in all trails.
    held: Bytes,
    /// Of all that is being looked at.
    pinned: Bytes,
    budget: Bytes,
}

/// What somebody looks at is held until it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pin(u64);

/// There is no room to hold that much for somebody who looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{asked} would be held for whoever looks back; {free} are left for that")]
pub struct Short {
    /// What it would take.
    pub asked: Bytes,
    /// What there is.
    pub free: Bytes,
}

/// A key frame and what refers to it.
#[derive(Debug, Clone)]
pub struct Group {
    frames: Vec<Arc<Frame>>,
    weight: Bytes,
    /// What came before it is known to be missing.
    broken: bool,
}

#[derive(Debug, Default)]
struct Trail {
    groups: VecDeque<Group>,
    /// Whether the next frame may join the newest group.
    open: bool,
    /// What comes next does not follow on what came last.
    broken: bool,
    watched: bool,
    looked: Option<Mono>,
}

/// How much is held of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// When its oldest picture arrived.
    pub from: Wall,
    /// When its newest picture arrived.
    pub to: Wall,
    /// Pictures.
    pub frames: usize,
    /// Groups of them.
    pub groups: usize,
    /// What they take in memory.
    pub weight: Bytes,
}

/// What is held of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// What may be held at most.
    pub budget: Bytes,
    /// In trails.
    pub held: Bytes,
    /// For those who look back.
    pub pinned: Bytes,
    /// Streams of which something is held.
    pub streams: usize,
}

/// Time without pictures: nothing is known of what happened in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When the last picture before it arrived.
    pub from: Wall,
    /// When the first picture after it arrived.
    pub to: Wall,
    /// Which picture of the stretch that is, from 0.
    pub after: usize,
}

/// Pictures of one stream that follow on each other, from a key frame on.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    frames: Vec<Arc<Frame>>,
    /// Before which of them something is known to be missing.
    breaks: Vec<usize>,
}

impl<K: Ord + Copy> Trails<K> {
    /// Empty trails that together take so much at most; of nothing, nothing is held.
    #[must_use]
    pub const fn bounded(budget: Bytes) -> Self {
        Self {
            trails: BTreeMap::new(),
            pins: BTreeMap::new(),
            next_pin: 0,
            held: Bytes::ZERO,
            pinned: Bytes::ZERO,
            budget,
        }
    }

    /// Takes the next frame of a stream that somebody watches now, or nobody does. Returns
    /// the groups that went for it, so that the caller lets go of them where it holds no
    /// lock.
    pub fn push(&mut self, key: K, frame: Arc<Frame>, watched: bool) -> Vec<Group> {
        let mut gone = Vec::new();
        let now = frame.arrived.mono;
        let trail = self.trails.entry(key).or_default();
        trail.watched = watched;
        if watched {
            trail.looked = Some(now);
        }
        if frame.key {
            trail.open = false;
        } else if !trail.open {
            return gone;
        }
        trail.age(now, &mut gone);
        self.held = less(self.held, weight_of(&gone));
        let weight = weight(&frame);
        if !self.make_room(weight, &mut gone) {
            self.shut(key);
            return gone;
        }
        let Some(trail) = self.trails.get_mut(&key) else {
            return gone;
        };
        if frame.key {
            trail.groups.push_back(Group {
                frames: Vec::new(),
                weight: Bytes::ZERO,
                broken: std::mem::take(&mut trail.broken),
            });
            trail.open = true;
        }
        // Making room may have taken the very group that it would have joined.
        if !trail.open {
            return gone;
        }
        if let Some(group) = trail.groups.back_mut() {
            group.frames.push(frame);
            group.weight += weight;
            self.held += weight;
        }
        gone
    }

    /// What the stream brings next does not follow on what it brought last: its session
    /// ended, or pictures were left out.
    pub fn broke(&mut self, key: K) {
        if let Some(trail) = self.trails.get_mut(&key) {
            trail.open = false;
            trail.broken = true;
            trail.watched = false;
        }
    }

    /// Lets go of what is older than [`SPAN`], also of streams that bring nothing more.
    pub fn expire(&mut self, now: Mono) -> Vec<Group> {
        let mut gone = Vec::new();
        for trail in self.trails.values_mut() {
            trail.age(now, &mut gone);
        }
        self.trails
            .retain(|_, trail| !trail.groups.is_empty() || trail.open);
        self.held = less(self.held, weight_of(&gone));
        gone
    }

    /// Lets go of all of a stream: it is no more.
    pub fn forget(&mut self, key: K) -> Vec<Group> {
        let gone = self.trails.remove(&key);
        let gone = gone.map_or_else(Vec::new, |trail| trail.groups.into());
        self.held = less(self.held, weight_of(&gone));
        gone
    }

    /// How much is held of a stream; none: nothing.
    #[must_use]
    pub fn held(&self, key: K) -> Option<Held> {
        let trail = self.trails.get(&key)?;
        let first = trail.groups.front()?.frames.first()?;
        let last = trail.groups.back()?.frames.last()?;
        let groups = trail.groups.iter();
        Some(Held {
            from: first.arrived.wall,
            to: last.arrived.wall,
            frames: groups.clone().map(|group| group.frames.len()).sum(),
            groups: trail.groups.len(),
            weight: groups.fold(Bytes::ZERO, |sum, group| sum + group.weight),
        })
    }

    /// What is held of the house.
    #[must_use]
    pub fn sum(&self) -> Sum {
        let some = |trail: &&Trail| !trail.groups.is_empty();
        Sum {
            budget: self.budget,
            held: self.held,
            pinned: self.pinned,
            streams: self.trails.values().filter(some).count(),
        }
    }

    /// All that is held of a stream, from its first key frame on; none: nothing. That it is
    /// taken counts as looking at it.
    pub fn look(&mut self, key: K, now: Mono) -> Option<Stretch> {
        let trail = self.trails.get_mut(&key)?;
        trail.looked = Some(now);
        let mut stretch = Stretch::default();
        for group in &trail.groups {
            if group.broken && !stretch.frames.is_empty() {
                stretch.breaks.push(stretch.frames.len());
            }
            stretch.frames.extend(group.frames.iter().cloned());
        }
        (!stretch.frames.is_empty()).then_some(stretch)
    }

    /// Holds a stretch for somebody who looks at it. It counts as if it were a copy, also
    /// while its frames are in a trail still.
    ///
    /// # Errors
    /// If it would be more than a half of the budget together with what others look at.
    pub fn pin(&mut self, stretch: &Stretch) -> Result<(Pin, Vec<Group>), Short> {
        let asked = stretch.weight();
        let free = less(Bytes::new(self.budget.as_u64() / PINNED_SHARE), self.pinned);
        if asked > free {
            return Err(Short { asked, free });
        }
        let mut gone = Vec::new();
        // Always, since what is not pinned is in trails, which can be emptied.
        if !self.make_room(asked, &mut gone) {
            return Err(Short { asked, free });
        }
        let pin = Pin(self.next_pin);
        self.next_pin += 1;
        self.pins.insert(pin, asked);
        self.pinned += asked;
        Ok((pin, gone))
    }

    /// It is looked at no more.
    pub fn unpin(&mut self, pin: Pin) {
        if let Some(weight) = self.pins.remove(&pin) {
            self.pinned = less(self.pinned, weight);
        }
    }

    /// Lets groups go until so much more fits; whether it does.
    fn make_room(&mut self, more: Bytes, gone: &mut Vec<Group>) -> bool {
        if self.pinned + more > self.budget {
            return false;
        }
        while self.held + self.pinned + more > self.budget {
            let Some(key) = self.victim() else {
                return false;
            };
            let Some(trail) = self.trails.get_mut(&key) else {
                return false;
            };
            if let Some(group) = trail.groups.pop_front() {
                self.held = less(self.held, group.weight);
                gone.push(group);
            }
            trail.open &= !trail.groups.is_empty();
        }
        true
    }

    /// Whose oldest group goes next.
    fn victim(&self) -> Option<K> {
        let some = self.trails.iter().filter(|(_, it)| !it.groups.is_empty());
        some.min_by_key(|(_, trail)| {
            let looked = trail.looked.filter(|_| !trail.watched);
            (trail.watched, looked, Reverse(trail.span()))
        })
        .map(|(key, _)| *key)
    }

    /// A frame was left out: what follows refers to it, up to the next key frame.
    fn shut(&mut self, key: K) {
        if let Some(trail) = self.trails.get_mut(&key) {
            trail.open = false;
            trail.broken = true;
        }
    }
}

impl Trail {
    /// Lets go of groups that ended before [`SPAN`] began.
    fn age(&mut self, now: Mono, gone: &mut Vec<Group>) {
        while let Some(front) = self.groups.front() {
            let next = self.groups.get(1).and_then(|next| next.frames.first());
            let end = next.or(front.frames.last()).map(|frame| frame.arrived.mono);
            if end.is_none_or(|end| now.since(end) <= SPAN) {
                return;
            }
            gone.extend(self.groups.pop_front());
            self.open &= !self.groups.is_empty();
        }
    }

    fn span(&self) -> Duration {
        let first = self.groups.front().and_then(|group| group.frames.first());
        let last = self.groups.back().and_then(|group| group.frames.last());
        match (first, last) {
            (Some(first), Some(last)) => last.arrived.mono.since(first.arrived.mono),
            _ => Duration::ZERO,
        }
    }
}

impl Stretch {
    /// The pictures, the first a key frame.
    #[must_use]
    pub fn frames(&self) -> &[Arc<Frame>] {
        &self.frames
    }

    /// When the first and the last picture arrived; none of nothing.
    #[must_use]
    pub fn span(&self) -> Option<(Wall, Wall)> {
        let (first, last) = (self.frames.first()?, self.frames.last()?);
        Some((first.arrived.wall, last.arrived.wall))
    }

    /// What it takes in memory.
    #[must_use]
    pub fn weight(&self) -> Bytes {
        let frames = self.frames.iter();
        frames.fold(Bytes::ZERO, |sum, frame| sum + weight(frame))
    }

    /// The part of it between two times: from the key frame at or before the first of them
    /// to the last picture at or before the second; none if no picture lies there.
    #[must_use]
    pub fn part(&self, from: Wall, to: Wall) -> Option<Self> {
        let keys = (0..self.frames.len()).filter(|at| self.frames[*at].key);
        let first = keys
            .take_while(|at| *at == 0 || self.frames[*at].arrived.wall <= from)
            .last()?;
        let end = first
            + self.frames[first..]
                .iter()
                .take_while(|frame| frame.arrived.wall <= to)
                .count();
        let last = self.frames[first..end].last()?;
        if last.arrived.wall < from {
            return None;
        }
        let breaks = self.breaks.iter();
        Some(Self {
            frames: self.frames[first..end].to_vec(),
            breaks: breaks
                .filter(|at| (first + 1..end).contains(at))
                .map(|at| at - first)
                .collect(),
        })
    }

    /// Where pictures are missing, in order.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let pairs = self.frames.windows(2).enumerate();
        pairs
            .filter_map(|(at, pair)| {
                let [before, after] = pair else { return None };
                let apart = after.time.ticks().saturating_sub(before.time.ticks());
                let long = apart > GAP.as_secs() * TICKS_PER_SECOND;
                (long || self.breaks.contains(&(at + 1))).then_some(Gap {
                    from: before.arrived.wall,
                    to: after.arrived.wall,
                    after: at + 1,
                })
            })
            .collect()
    }
}

/// What a frame takes in a trail: itself, and its place in a list.
fn weight(frame: &Arc<Frame>) -> Bytes {
    let place = u64::try_from(size_of::<Arc<Frame>>()).unwrap_or(u64::MAX);
    frame.weight() + Bytes::new(place)
}

fn weight_of(groups: &[Group]) -> Bytes {
    let groups = groups.iter();
    groups.fold(Bytes::ZERO, |sum, group| sum + group.weight)
}

fn less(from: Bytes, by: Bytes) -> Bytes {
    Bytes::new(from.as_u64().saturating_sub(by.as_u64()))
}

#[cfg(test)]
mod tests;
