//! Who has not been heard, and whether that has one cause.
//!
//! This is what can be said at once, before anything is proven: *no contact*, which is
//! not *down*. A village that cannot be heard may be well; what was there is decided when
//! its box has told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::now::Wall;

/// From so long without a word on a site is silent,
pub const SILENT: Duration = Duration::from_secs(300);

/// and from so many of its heartbeats on, where these are rarer.
const SILENT_BEATS: u32 = 5;

/// A site is late from so many halves of its heartbeat on.
const LATE_HALVES: u32 = 5;

/// Sites that fall silent within this have one cause,
pub const TOGETHER: Duration = Duration::from_secs(300);

/// if they are in so many villages at least,
pub const COMMON_MIN: usize = 4;

/// and in so many of a hundred of the villages of that provider there.
pub const COMMON_PERCENT: usize = 30;

/// Groups that there can be at one time: each has so many of all.
pub const GROUPS_MAX: usize = 100 / COMMON_PERCENT;

/// Whether a site is heard. Shown; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    /// It is.
    Heard,
    /// Its next word is overdue.
    Late,
    /// It has not been for [`SILENT`].
    Silent,
    /// It never was.
    Never,
}

impl Contact {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::Never => "never",
        }
    }
}

/// From how long without a word on a site is silent that speaks once in `every`.
#[must_use]
pub fn silent_after(every: Duration) -> Duration {
    SILENT.max(every * SILENT_BEATS)
}

/// Whether a site is heard that speaks once in `every`.
#[must_use]
pub fn contact(last: Option<Wall>, every: Duration, now: Wall) -> Contact {
    let Some(last) = last else {
        return Contact::Never;
    };
    let quiet = now.since(last);
    if quiet >= silent_after(every) {
        Contact::Silent
    } else if quiet * 2 >= every * LATE_HALVES {
        Contact::Late
    } else {
        Contact::Heard
    }
}

/// A site that was heard once, of one provider in one regency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice<S> {
    /// Which site.
    pub site: S,
    /// Its village.
    pub village: String,
    /// When it was heard last, if it is silent.
    pub silent: Option<Wall>,
}

/// Who of one provider in one regency fell silent together: each group has one cause.
/// The largest comes first; nobody is in two.
#[must_use]
pub fn together<S: Clone>(voices: &[Voice<S>]) -> Vec<Vec<S>> {
    let all = villages(voices.iter());
    let enough = COMMON_MIN.max((all * COMMON_PERCENT).div_ceil(100));
    let mut silent: Vec<_> = voices
        .iter()
        .filter_map(|voice| voice.silent.map(|since| (since, voice)))
        .collect();
    silent.sort_by_key(|(since, _)| *since);
    let mut groups = Vec::new();
    loop {
        let mut best = 0..0;
        let mut most = 0;
        let mut from = 0;
        // Of each end the widest group that ends there.
        let mut within: BTreeMap<&str, usize> = BTreeMap::new();
        for to in 0..silent.len() {
            *within.entry(&silent[to].1.village).or_default() += 1;
            while silent[to].0.since(silent[from].0) > TOGETHER {
                let village = silent[from].1.village.as_str();
                if let Some(left) = within.get_mut(village) {
                    *left -= 1;
                    if *left == 0 {
                        within.remove(village);
                    }
                }
                from += 1;
            }
            if within.len() > most {
                most = within.len();
                best = from..to + 1;
            }
        }
        if most < enough {
            return groups;
        }
        let group = silent.drain(best);
        groups.push(group.map(|(_, voice)| voice.site.clone()).collect());
    }
}

/// Villages that there have to be before the centre doubts itself,
pub const EVERYWHERE_MIN: usize = 8;

/// so many of a hundred of which, of two providers at least, grow quiet within
/// [`TOGETHER`],
pub const EVERYWHERE_PERCENT: usize = 80;

/// and in so many of a hundred of which it goes on until it is over.
pub const EVERYWHERE_LEFT_PERCENT: usize = 20;

/// A site that was heard once, of any provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anyone<S> {
    /// Its provider; none where nobody has said.
    pub provider: Option<String>,
    /// How it is heard: here quiet is late already, so that it is seen before each of them
    /// is called silent.
    pub voice: Voice<S>,
}

/// Who grew quiet when nearly all did, whoever provides their connections: then it is the
/// centre that is cut off, and no village. `before` is when the first of them was heard
/// last, if that goes on already. None while it is not so.
#[must_use]
pub fn everywhere<S: Clone>(all: &[Anyone<S>], before: Option<Wall>) -> Option<(Wall, Vec<S>)> {
    let voices = || all.iter().map(|it| &it.voice);
    let places = villages(voices());
    let share = |percent: usize| (places * percent).div_ceil(100);
    if places < EVERYWHERE_MIN {
        return None;
    }
    let since = match before {
        Some(before) => before,
        None => {
            let mut quiet: Vec<Wall> = voices().filter_map(|voice| voice.silent).collect();
            quiet.sort_unstable();
            // The first instant from which on nearly all of them lie within the span.
            let enough = share(EVERYWHERE_PERCENT);
            *quiet.iter().find(|from| {
                let group = within(all, **from);
                let providers = group.iter().map(|it| it.provider.as_deref());
                let providers: BTreeSet<_> = providers.collect();
                villages(group.iter().map(|it| &it.voice)) >= enough && providers.len() > 1
            })?
        }
    };
    let group = within(all, since);
    let quiet = villages(group.iter().map(|it| &it.voice));
    if before.is_some() && quiet < share(EVERYWHERE_LEFT_PERCENT).max(1) {
        return None;
    }
    Some((
        since,
        group.into_iter().map(|it| it.voice.site.clone()).collect(),
    ))
}

/// Who was heard last within the span from a time on.
fn within<S>(all: &[Anyone<S>], from: Wall) -> Vec<&Anyone<S>> {
    let lies = |it: &&Anyone<S>| {
        let last = it.voice.silent;
        last.is_some_and(|last| last >= from && last.since(from) <= TOGETHER)
    };
    all.iter().filter(lies).collect()
}

fn villages<'a, S: 'a>(voices: impl Iterator<Item = &'a Voice<S>>) -> usize {
    let mut names: Vec<_> = voices.map(|voice| voice.village.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Wall = Wall::from_us(1_767_225_600_000_000);

    #[test]
    fn nearly_all_of_several_providers_at_once_is_the_centre_itself() {
        let anyone = |n: u32, provider: &str, silent: Option<u64>| Anyone {
            provider: Some(provider.to_owned()),
            voice: Voice {
                site: n,
                village: format!("desa {n}"),
                silent: silent.map(|at| T + s(at)),
            },
        };
        let all = |quiet: &[(u32, u64)], providers: u32| -> Vec<Anyone<u32>> {
            (0..10)
                .map(|n| {
                    let provider = ["A", "B"][usize::try_from(n % providers).expect("few")];
                    let at = quiet.iter().find(|(of, _)| *of == n).map(|(_, at)| *at);
                    anyone(n, provider, at)
                })
                .collect()
        };
        let eight: Vec<(u32, u64)> = (0..8).map(|n| (n, u64::from(n) * 10)).collect();
        let found = everywhere(&all(&eight, 2), None).expect("eight of ten");
        assert_eq!(found, (T, (0..8).collect()));
        // Seven of ten are a bad day of many, and one provider is one provider.
        assert_eq!(everywhere(&all(&eight[..7], 2), None), None);
        assert_eq!(everywhere(&all(&eight, 1), None), None);
        // One that was silent long before is another matter, and is not counted in.
        let mut older = eight.clone();
        older[0].1 = 0;
        for (_, at) in &mut older[1..] {
            *at += 1_000;
        }
        assert_eq!(everywhere(&all(&older, 2), None), None);
        older.push((8, 1_080));
        let found = everywhere(&all(&older, 2), None).expect("eight others");
        assert_eq!(found, (T + s(1_010), (1..9).collect()));
        // They come back one after the other: it goes on until few are left.
        for left in [7, 2] {
            let found = everywhere(&all(&eight[..left], 2), Some(T));
            assert_eq!(found.map(|(_, sites)| sites.len()), Some(left), "{left}");
        }
        assert_eq!(everywhere(&all(&eight[..1], 2), Some(T)), None);
        // Five villages are too few to doubt oneself.
        let few: Vec<_> = all(&eight, 2).into_iter().take(5).collect();
        assert_eq!(everywhere(&few, None), None);
    }

    fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_site_is_late_before_it_is_silent() {
        let minute = s(60);
        let after = |n| contact(Some(T), minute, T + s(n));
        assert_eq!(after(149), Contact::Heard);
        assert_eq!(after(150), Contact::Late);
        assert_eq!(after(299), Contact::Late);
        assert_eq!(after(300), Contact::Silent);
        assert_eq!(contact(None, minute, T), Contact::Never);
        // A clock that was set back makes nobody silent.
        assert_eq!(contact(Some(T + s(9_999)), minute, T), Contact::Heard);
    }

    fn voices(silent: &[u64], well: usize) -> Vec<Voice<usize>> {
        let one = |(site, silent)| Voice {
            site,
            village: format!("62.01.01.{site:04}"),
            silent,
        };
        let silent = silent.iter().map(|n| Some(T + s(*n)));
        let well = std::iter::repeat_n(None, well);
        silent.chain(well).enumerate().map(one).collect()
    }

    #[test]
    fn many_that_fall_silent_together_have_one_cause() {
        // Four of thirteen within five minutes: 30.8 %.
        assert_eq!(together(&voices(&[0, 60, 120, 300], 9)), [vec![0, 1, 2, 3]]);
        // Four of fourteen: 28.6 %.
        assert!(together(&voices(&[0, 60, 120, 300], 10)).is_empty());
        // Three are a coincidence, however few there are.
        assert!(together(&voices(&[0, 60, 120], 0)).is_empty());
        // One second too late.
        assert!(together(&voices(&[0, 60, 120, 301], 2)).is_empty());
        // Two causes, an hour apart.
        let two = together(&voices(&[0, 1, 2, 3, 4, 3_600, 3_601, 3_602, 3_603], 0));
        assert_eq!(two, [vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8]]);
    }

    #[test]
    fn boxes_of_one_village_are_one_voice() {
        let mut crowd = voices(&[0, 1, 2, 3], 0);
        for voice in &mut crowd {
            voice.village = "62.01.01.2001".to_owned();
        }
        assert!(together(&crowd).is_empty());
    }
}
