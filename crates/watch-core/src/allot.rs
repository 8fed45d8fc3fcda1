//! Who may hold a session of a device that stands only so many.
//!
//! All pictures, probes and sounds of one device ask here. What somebody looks at goes
//! first, then what is being tried, then what is pulled whether watched or not, and sound
//! last; within one of these whoever asked first. Where all sessions are held and one of a
//! lesser need is among them, that one is told to let go, and what asked gets it once it
//! has: until then it counts. So there are never more than the device stands.
//!
//! ```text
//!          ask             grant             yield            leave
//!   none ──────▶ waiting ────────▶ holding ────────▶ leaving ───────▶ none
//! ```

use std::collections::BTreeMap;

/// What a session is wanted for, the first to go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Somebody looks at it now.
    Watched,
    /// Somebody tries what is there.
    Probe,
    /// It is pulled whether somebody watches or not.
    AlwaysOn,
    /// Sound, and what only lingers: never at the cost of a picture that is wanted.
    Spare,
}

impl Need {
    /// All of them, the first to go first.
    pub const ALL: [Self; 4] = [Self::Watched, Self::Probe, Self::AlwaysOn, Self::Spare];
}

/// Who has asked. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ask(u64);

/// What to tell somebody who has asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Told {
    /// Open the session.
    Granted(Ask),
    /// Close it and say when it is closed.
    Yield(Ask),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Waiting,
    Holding,
    Leaving,
}

/// The sessions of one device.
#[derive(Debug)]
pub struct Allotment {
    limit: usize,
    next: u64,
    asks: BTreeMap<Ask, (Need, Stand)>,
}

impl Allotment {
    /// Of a device that stands so many; one at least.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            next: 0,
            asks: BTreeMap::new(),
        }
    }

    /// Somebody wants a session; he waits until he is told.
    #[must_use]
    pub fn ask(&mut self, need: Need) -> Ask {
        let ask = Ask(self.next);
        self.next += 1;
        self.asks.insert(ask, (need, Stand::Waiting));
        ask
    }

    /// What he wants it for has changed.
    pub fn change(&mut self, ask: Ask, need: Need) {
        if let Some((was, _)) = self.asks.get_mut(&ask) {
            *was = need;
        }
    }

    /// He has none any more, or no longer wants one.
    pub fn leave(&mut self, ask: Ask) {
        self.asks.remove(&ask);
    }

    /// The device stands so many from now on; one at least.
    pub fn limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Whom to tell what, after any of the above.
    pub fn settle(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        while self.held() < self.limit
            && let Some(ask) = self.first(Stand::Waiting)
        {
            self.stand(ask, Stand::Holding);
            told.push(Told::Granted(ask));
        }
        // Those who are leaving make room; more are asked to only for what is left.
        loop {
            let leaving = self.count(Stand::Leaving);
            let excess = self.held().saturating_sub(self.limit);
            let last = self.last(Stand::Holding);
            let better = last.is_some_and(|(_, need)| {
                let waiting = self.asks.values();
                let before =
                    waiting.filter(|(other, stand)| *stand == Stand::Waiting && *other < need);
                before.count() + excess > leaving
            });
            let Some((ask, _)) = last.filter(|_| better || excess > leaving) else {
                return told;
            };
            self.stand(ask, Stand::Leaving);
            told.push(Told::Yield(ask));
        }
    }

    /// Sessions that are open, closing ones included.
    #[must_use]
    pub fn held(&self) -> usize {
        self.count(Stand::Holding) + self.count(Stand::Leaving)
    }

    /// Sessions that nobody holds or waits for.
    #[must_use]
    pub fn spare(&self) -> usize {
        self.limit
            .saturating_sub(self.held() + self.count(Stand::Waiting))
    }

    fn count(&self, stand: Stand) -> usize {
        let asks = self.asks.values();
        asks.filter(|(_, found)| *found == stand).count()
    }

    fn stand(&mut self, ask: Ask, stand: Stand) {
        if let Some((_, was)) = self.asks.get_mut(&ask) {
            *was = stand;
        }
    }

    fn first(&self, stand: Stand) -> Option<Ask> {
        let asks = self.asks.iter().filter(|(_, (_, found))| *found == stand);
        asks.min_by_key(|(ask, (need, _))| (*need, **ask))
            .map(|(ask, _)| *ask)
    }

    /// Of those who need it least, who came last.
    fn last(&self, stand: Stand) -> Option<(Ask, Need)> {
        let asks = self.asks.iter().filter(|(_, (_, found))| *found == stand);
        asks.max_by_key(|(ask, (need, _))| (*need, **ask))
            .map(|(ask, (need, _))| (*ask, *need))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn all(allotment: &mut Allotment, needs: &[Need]) -> Vec<Ask> {
        needs.iter().map(|need| allotment.ask(*need)).collect()
    }

    #[test]
    fn who_is_watched_goes_first_and_takes_from_what_is_always_on() {
        let mut box_of_two = Allotment::new(2);
        let asks = all(&mut box_of_two, &[Need::AlwaysOn, Need::AlwaysOn]);
        let both = [Told::Granted(asks[0]), Told::Granted(asks[1])];
        assert_eq!(box_of_two.settle(), both);
        let watched = box_of_two.ask(Need::Watched);
        assert_eq!(box_of_two.settle(), [Told::Yield(asks[1])]);
        assert_eq!(box_of_two.settle(), [], "one is on its way out already");
        box_of_two.leave(asks[1]);
        let again = box_of_two.ask(Need::AlwaysOn);
        assert_eq!(box_of_two.settle(), [Told::Granted(watched)]);
        assert_eq!(box_of_two.held(), 2);
        box_of_two.leave(watched);
        assert_eq!(box_of_two.settle(), [Told::Granted(again)]);
    }

    #[test]
    fn nobody_yields_to_his_like_and_the_order_is_kept() {
        let mut one = Allotment::new(1);
        let asks = all(&mut one, &[Need::Watched, Need::Watched, Need::Probe]);
        assert_eq!(one.settle(), [Told::Granted(asks[0])]);
        let later = one.ask(Need::Watched);
        assert_eq!(one.settle(), []);
        one.leave(asks[0]);
        assert_eq!(one.settle(), [Told::Granted(asks[1])]);
        one.leave(asks[1]);
        assert_eq!(one.settle(), [Told::Granted(later)]);
        one.leave(later);
        assert_eq!(one.settle(), [Told::Granted(asks[2])]);
    }

    #[test]
    fn whom_nobody_watches_any_more_makes_room_for_whom_somebody_does() {
        let mut one = Allotment::new(1);
        let asks = all(&mut one, &[Need::Watched, Need::Watched]);
        assert_eq!(one.settle(), [Told::Granted(asks[0])]);
        one.change(asks[0], Need::AlwaysOn);
        assert_eq!(one.settle(), [Told::Yield(asks[0])]);
    }

    #[test]
    fn a_lower_limit_is_come_to_by_those_who_need_it_least() {
        let mut three = Allotment::new(3);
        let asks = all(&mut three, &[Need::Spare, Need::Watched, Need::AlwaysOn]);
        assert_eq!(three.settle().len(), 3);
        three.limit(1);
        let told = [Told::Yield(asks[0]), Told::Yield(asks[2])];
        assert_eq!(three.settle(), told);
        three.leave(asks[0]);
        assert_eq!(three.settle(), []);
        three.leave(asks[2]);
        assert_eq!(three.held(), 1);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Ask(Need),
        Change(usize, Need),
        Leave(usize),
        Limit(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let need = || prop::sample::select(Need::ALL.to_vec());
        prop_oneof![
            4 => need().prop_map(Step::Ask),
            1 => (0..40_usize, need()).prop_map(|(at, need)| Step::Change(at, need)),
            4 => (0..40_usize).prop_map(Step::Leave),
            1 => (1..6_usize).prop_map(Step::Limit),
        ]
    }

    proptest! {
        /// A device that counts for itself: what it was told to stand is stood, whoever
        /// comes and goes, and nobody waits for what is free or held by a lesser need.
        #[test]
        fn a_device_never_has_more_than_it_stands(
            first in 1..6_usize, steps in prop::collection::vec(step(), 1..120),
        ) {
            let mut allotment = Allotment::new(first);
            let mut limit = first;
            let mut known: Vec<Ask> = Vec::new();
            let mut needs: BTreeMap<Ask, Need> = BTreeMap::new();
            let mut open: BTreeSet<Ask> = BTreeSet::new();
            let mut yielding: BTreeSet<Ask> = BTreeSet::new();
            for step in steps {
                match step {
                    Step::Ask(need) => {
                        let ask = allotment.ask(need);
                        known.push(ask);
                        needs.insert(ask, need);
                    }
                    Step::Change(at, need) => if let Some(ask) = known.get(at) {
                        allotment.change(*ask, need);
                        if let Some(was) = needs.get_mut(ask) { *was = need; }
                    },
                    Step::Leave(at) => if let Some(ask) = known.get(at) {
                        allotment.leave(*ask);
                        needs.remove(ask);
                        open.remove(ask);
                        yielding.remove(ask);
                    },
                    Step::Limit(to) => {
                        allotment.limit(to);
                        limit = to;
                    }
                }
                for told in allotment.settle() {
                    match told {
                        Told::Granted(ask) => {
                            prop_assert!(open.len() < limit, "one more than it stands");
                            prop_assert!(needs.contains_key(&ask) && open.insert(ask));
                        }
                        Told::Yield(ask) => {
                            prop_assert!(open.contains(&ask) && yielding.insert(ask));
                        }
                    }
                }
                prop_assert_eq!(allotment.held(), open.len());
                prop_assert!(open.len() - yielding.len() <= limit, "the excess is leaving");
                let waiting: Vec<_> = needs.iter().filter(|(ask, _)| !open.contains(ask)).collect();
                prop_assert!(waiting.is_empty() || open.len() >= limit, "one waits for what is free");
                // For each that needs it more than some holder there is one leaving.
                for (ask, need) in &open.iter().filter(|ask| !yielding.contains(ask))
                    .map(|ask| (*ask, needs[ask])).collect::<Vec<_>>() {
                    let before = waiting.iter().filter(|(_, other)| *other < need).count();
                    let excess = open.len().saturating_sub(limit);
                    prop_assert!(before + excess <= yielding.len(), "{:?} keeps what another needs", ask);
                }
            }
        }
    }
}
