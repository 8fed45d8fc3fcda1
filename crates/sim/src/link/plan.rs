//! What goes wrong, and when.

use sync::share::Shares;

use super::pipe::Line;
use super::world::{Mutation, Setting, World};
use super::{BEGIN, Instant, SECOND};

/// Which ways of a link are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ways {
    /// Both.
    Both,
    /// What the box sends.
    Up,
    /// What the box hears.
    Down,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The link of a box is silent for so long.
    Cut(usize, Ways, Instant),
    /// The connection of a box is gone in the network; nobody is told.
    Rebind(usize),
    /// The program of a box is killed and started again.
    Kill(usize),
    /// The power of a box goes and comes back after so long.
    Power(usize, Instant),
    /// The power of a box goes with its next transaction: before it, or after.
    PowerAt(usize, bool),
    /// The disk of a box is empty after a repair.
    Wipe(usize),
    /// The disk of a box is copied.
    Image(usize),
    /// The copy is put back.
    Restore(usize),
    /// A second box is started with the copy.
    Clone(usize),
    /// The wall clock of a box is set by so many seconds.
    Step(usize, i64),
    /// The disk of a box takes no more, or takes again.
    Full(usize, bool),
    /// A bit of a record of a box turns.
    Rot(usize),
    /// The centre ends and is back after so long.
    Down(Instant),
    /// The centre ends with its next commit, before it or after, and comes back.
    DownAt(bool),
    /// The centre's tables are copied.
    Backup,
    /// The copy is put back.
    Restored,
    /// The centre's disk takes no more, or takes again.
    CentreFull(bool),
    /// A box may not any more, or may again.
    Allowed(usize, bool),
    /// The centre has a box do something.
    Command(usize),
}

/// How rough a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// 60 cuts of 5 to 120 s, ten kills and five rebinds for each box, and a centre
    /// that is started again now and then.
    Rough,
    /// That, and wiped, set back and copied cards, wrong clocks, full disks, turned
    /// bits, and a centre that is restored.
    Foul,
}

/// A rough day of villages that look whether there is an internet, as it is to be lived.
#[must_use]
pub fn looking(seed: u64, sites: usize, mishaps: bool) -> World {
    let mut rng = fastrand::Rng::with_seed(seed);
    World::new(Setting {
        seed,
        sites,
        line: Line {
            delay_us: rng.u64(10_000..400_000),
            ..Line::FAST
        },
        shares: Shares::default(),
        mutation: Mutation::None,
        mishaps: match mishaps {
            true => day(sites, Weather::Rough, &mut rng),
            false => Vec::new(),
        },
        living: false,
    })
}

/// A day's mishaps, by their time after its begin.
#[must_use]
pub fn day(sites: usize, weather: Weather, rng: &mut fastrand::Rng) -> Vec<(Instant, Mishap)> {
    const DAY: Instant = 24 * 3_600 * SECOND;
    let mut all = Vec::new();
    let at = |rng: &mut fastrand::Rng| rng.u64(..DAY);
    for site in 0..sites {
        for _ in 0..60 {
            let ways = [Ways::Both, Ways::Both, Ways::Up, Ways::Down][rng.usize(..4)];
            let long = rng.u64(5 * SECOND..=120 * SECOND);
            all.push((at(rng), Mishap::Cut(site, ways, long)));
        }
        for kill in 0..10 {
            let mishap = match kill % 4 {
                0 => Mishap::Kill(site),
                1 => Mishap::Power(site, rng.u64(5 * SECOND..600 * SECOND)),
                2 => Mishap::PowerAt(site, false),
                _ => Mishap::PowerAt(site, true),
            };
            all.push((at(rng), mishap));
        }
        for _ in 0..5 {
            all.push((at(rng), Mishap::Rebind(site)));
        }
        for _ in 0..4 {
            all.push((at(rng), Mishap::Command(site)));
        }
    }
    for after in [false, true] {
        all.push((at(rng), Mishap::DownAt(after)));
    }
    all.push((at(rng), Mishap::Down(rng.u64(10 * SECOND..1_800 * SECOND))));
    if weather == Weather::Foul {
        foul(sites, &mut all, rng);
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

fn foul(sites: usize, all: &mut Vec<(Instant, Mishap)>, rng: &mut fastrand::Rng) {
    const HOUR: Instant = 3_600 * SECOND;
    let within = |rng: &mut fastrand::Rng, from: u64, to: u64| rng.u64(from * HOUR..to * HOUR);
    for site in 0..sites {
        all.push((within(rng, 1, 12), Mishap::Image(site)));
        let later = within(rng, 13, 20);
        match site % 4 {
            0 => all.push((later, Mishap::Wipe(site))),
            1 => all.push((later, Mishap::Restore(site))),
            2 => all.push((later, Mishap::Clone(site))),
            _ => all.push((later, Mishap::Rot(site))),
        }
        all.push((
            within(rng, 0, 24),
            Mishap::Step(site, rng.i64(-20_000..20_000)),
        ));
        // What a full disk let go, and then a restored centre lost, is named by its
        // number; two boxes that gave the same numbers away cannot both name them.
        if site % 4 != 2 {
            let full = within(rng, 2, 20);
            all.push((full, Mishap::Full(site, true)));
            all.push((full + rng.u64(..2 * HOUR), Mishap::Full(site, false)));
        }
    }
    all.push((within(rng, 2, 10), Mishap::Backup));
    all.push((within(rng, 12, 22), Mishap::Restored));
    let full = within(rng, 2, 22);
    all.push((full, Mishap::CentreFull(true)));
    all.push((full + rng.u64(..HOUR), Mishap::CentreFull(false)));
}

/// A day of villages, and the night in which everything comes through.
#[must_use]
pub fn live(seed: u64, sites: usize, weather: Weather, mutation: Mutation) -> World {
    const HOUR: Instant = 3_600 * SECOND;
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut world = World::new(Setting {
        seed,
        sites,
        line: Line {
            delay_us: rng.u64(10_000..400_000),
            ..Line::FAST
        },
        shares: Shares::default(),
        mutation,
        mishaps: day(sites, weather, &mut rng),
        living: true,
    });
    world.run_until(BEGIN + 24 * HOUR);
    world.calm();
    world.run_until_drained(BEGIN + 30 * HOUR);
    world
}
