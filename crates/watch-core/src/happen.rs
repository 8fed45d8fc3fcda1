//! What a camera says that happens before it, and what of that is written down.
//!
//! Devices say the state of a thing (that there is motion) again and again, and motion comes
//! and goes many times in a minute where a tree stands before the lens. Written down are a
//! beginning and an end of each, an end only when it has held for [`CALM`], and not more than
//! [`BEGINNINGS_MAX`] beginnings in a minute: the others are counted, and the count stands
//! with the next one.
//!
//! ```text
//!          on                    off                  CALM over
//!   off ────────▶ on (told) ────────────▶ on, calming ──────────▶ off (told)
//!                    ▲                        │ on
//!                    └────────────────────────┘
//! ```

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;

use base::now::{Mono, Now, Wall};

/// An end has to hold for so long.
pub const CALM: Duration = Duration::from_secs(3);

/// Beginnings of one camera that are written down within a minute, at most. Policy: the
/// others are counted, and their ends are not written either.
pub const BEGINNINGS_MAX: usize = 6;

/// Things of one camera that are told apart (a kind at a source), at most. Policy: others
/// are counted.
pub const THINGS_MAX: usize = 32;

/// Longest name of a source, in characters. Policy: it is cut.
pub const SOURCE_MAX: usize = 64;

const MINUTE: Duration = Duration::from_secs(60);

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something moves.
    Motion,
    /// The picture is another all at once: turned away, or covered.
    Scene,
    /// The picture is too dark.
    Dark,
    /// The picture is too bright.
    Bright,
    /// The picture is out of focus.
    Blurred,
    /// The device says that it is tampered with.
    Tamper,
    /// A contact at the device is closed: a door, a button, a detector.
    Input,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Motion,
        Self::Scene,
        Self::Dark,
        Self::Bright,
        Self::Blurred,
        Self::Tamper,
        Self::Input,
    ];

    /// The word of rows and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::Scene => "scene",
            Self::Dark => "dark",
            Self::Bright => "bright",
            Self::Blurred => "blurred",
            Self::Tamper => "tamper",
            Self::Input => "input",
        }
    }
}

/// How a thing is from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has begun.
    On,
    /// It has ended.
    Off,
    /// The device is not heard any more, so nobody knows.
    Unknown,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::On, Self::Off, Self::Unknown];

    /// The word of rows and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

/// What makers call what: the path of a topic without the prefixes of its names, what it is,
/// and which items of its data tell the state. From ONVIF's Imaging, Analytics and Device IO
/// services; the last rows are of makers (Hikvision, Dahua, Uniview say the standard's
/// topics, and these besides). A topic matches that is the path or goes on after it.
const TOPICS: &[(&str, Kind, &[&str])] = &[
    ("VideoSource/MotionAlarm", Kind::Motion, &["State"]),
    (
        "RuleEngine/CellMotionDetector/Motion",
        Kind::Motion,
        &["IsMotion", "State"],
    ),
    (
        "RuleEngine/MotionRegionDetector/Motion",
        Kind::Motion,
        &["State", "IsMotion"],
    ),
    ("VideoSource/GlobalSceneChange", Kind::Scene, &["State"]),
    ("VideoSource/ImageTooDark", Kind::Dark, &["State"]),
    ("VideoSource/ImageTooBright", Kind::Bright, &["State"]),
    ("VideoSource/ImageTooBlurry", Kind::Blurred, &["State"]),
    (
        "RuleEngine/TamperDetector/Tamper",
        Kind::Tamper,
        &["IsTamper", "State"],
    ),
    (
        "Device/Trigger/DigitalInput",
        Kind::Input,
        &["LogicalState", "State"],
    ),
    (
        "VideoAnalytics/Motion",
        Kind::Motion,
        &["IsMotion", "State"],
    ),
    (
        "Device/Trigger/AlarmIn",
        Kind::Input,
        &["LogicalState", "State"],
    ),
    (
        "Device/HardwareFailure/VideoTampering",
        Kind::Tamper,
        &["Tampering", "State"],
    ),
];

/// What a message of a device says; none if it is of no kind that is written down, or tells
/// no state.
///
/// `data` gives the value of an item by its name.
#[must_use]
pub fn read<'a>(topic: &str, data: impl Fn(&str) -> Option<&'a str>) -> Option<(Kind, bool)> {
    let plain = |part: &str| part.rsplit(':').next().unwrap_or_default().to_owned();
    let parts: Vec<String> = topic.trim().split('/').take(8).map(plain).collect();
    let path = parts.join("/");
    let matches = |own: &str| {
        let rest = path.strip_prefix(own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let (_, kind, items) = TOPICS.iter().find(|(own, ..)| matches(own))?;
    let said = items.iter().find_map(|item| data(item))?;
    match said.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "active" | "on" => Some((*kind, true)),
        "false" | "0" | "inactive" | "off" => Some((*kind, false)),
        _ => None,
    }
}

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// What.
    pub kind: Kind,
    /// Where at the device, as it says.
    pub source: String,
    /// How it is from then on.
    pub state: State,
    /// When the device says that it was, by its own clock.
    pub device: Option<Wall>,
    /// When the house heard of it.
    pub heard: Wall,
    /// Beginnings before it that were not written down.
    pub left_out: u32,
}

#[derive(Debug)]
struct Thing {
    /// Whether it is on, as the device said last.
    on: bool,
    /// Whether its beginning was written down.
    is_told: bool,
    /// Since when it is off, but not for long enough; and what would be written.
    calming: Option<(Mono, Option<Wall>, Wall)>,
}

/// What is known of one camera.
#[derive(Debug, Default)]
pub struct Happenings {
    things: BTreeMap<(Kind, String), Thing>,
    /// When the last beginnings were written down.
    begun: VecDeque<Mono>,
    left_out: u32,
}

impl Happenings {
    /// The device says how a thing is; what is to be written down, if anything.
    pub fn say(
        &mut self,
        kind: Kind,
        source: &str,
        on: bool,
        device: Option<Wall>,
        now: Now,
    ) -> Option<Happened> {
        let source = source.chars().filter(|c| !c.is_control());
        let source: String = source.take(SOURCE_MAX).collect();
        let key = (kind, source);
        let is_new = !self.things.contains_key(&key);
        if is_new && self.things.len() >= THINGS_MAX {
            self.left_out = self.left_out.saturating_add(u32::from(on));
            return None;
        }
        let thing = self.things.entry(key.clone()).or_insert(Thing {
            on: false,
            is_told: false,
            calming: None,
        });
        if !on {
            if thing.on && thing.calming.is_none() {
                thing.calming = Some((now.mono, device, now.wall));
            }
            return None;
        }
        thing.calming = None;
        if thing.on {
            return None;
        }
        thing.on = true;
        while let Some(first) = self.begun.front()
            && now.mono.since(*first) >= MINUTE
        {
            self.begun.pop_front();
        }
        if self.begun.len() >= BEGINNINGS_MAX {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.begun.push_back(now.mono);
        thing.is_told = true;
        Some(Happened {
            kind,
            source: key.1,
            state: State::On,
            device,
            heard: now.wall,
            left_out: std::mem::take(&mut self.left_out),
        })
    }

    /// The ends that have held for long enough by now.
    pub fn due(&mut self, now: Mono) -> Vec<Happened> {
        let mut all = Vec::new();
        for ((kind, source), thing) in &mut self.things {
            let Some((since, device, heard)) = thing.calming else {
                continue;
            };
            if now.since(since) < CALM {
                continue;
            }
            thing.on = false;
            thing.calming = None;
            if std::mem::take(&mut thing.is_told) {
                all.push(Happened {
                    kind: *kind,
                    source: source.clone(),
                    state: State::Off,
                    device,
                    heard,
                    left_out: 0,
                });
            }
        }
        all
    }

    /// When the next end is due.
    #[must_use]
    pub fn next(&self) -> Option<Mono> {
        let all = self.things.values().filter_map(|thing| thing.calming);
        all.map(|(since, ..)| since + CALM).min()
    }

    /// The device is not heard any more: what goes on is unknown from now on, and nothing is
    /// known of it.
    pub fn lose(&mut self, now: Now) -> Vec<Happened> {
        let things = std::mem::take(&mut self.things);
        let open = things.into_iter().filter(|(_, thing)| thing.is_told);
        let all = open.map(|((kind, source), thing)| match thing.calming {
            Some((_, device, heard)) => (kind, source, State::Off, device, heard),
            None => (kind, source, State::Unknown, None, now.wall),
        });
        let all = all.map(|(kind, source, state, device, heard)| Happened {
            kind,
            source,
            state,
            device,
            heard,
            left_out: 0,
        });
        all.collect()
    }

    /// Beginnings that were not written down and have not been told with one that was.
    #[must_use]
    pub const fn left_out(&self) -> u32 {
        self.left_out
    }
}

#[cfg(test)]
mod tests;
