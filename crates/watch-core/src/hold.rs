//! Who turns a camera, until when, and when the house stops it.
//!
//! One person at a time. He takes the hold, and keeps it by using it: what is not used for
//! [`LEASE`] is given back, and after [`LONGEST`] somebody else may have his turn. While the
//! camera moves, the wish to go on moving is renewed like a heart-beat; when none came for
//! [`PULSE`], the house stops the camera by itself, whatever became of him, his page or his
//! line.
//!
//! ```text
//!            take                move                 stop, PULSE over
//!   free ───────────▶ held ───────────────▶ moving ────────────────────▶ held
//!    ▲   leave, LEASE or LONGEST over, taken over, revoked: the camera is stopped first
//!    └───────────────────┴─────────────────────┘
//! ```

use std::time::Duration;

use base::now::Mono;

/// So long a hold that nobody uses lasts.
pub const LEASE: Duration = Duration::from_secs(30);

/// So long a hold lasts at most, however much it is used.
pub const LONGEST: Duration = Duration::from_secs(600);

/// So long a camera moves without anybody saying that it shall go on.
pub const PULSE: Duration = Duration::from_millis(1_500);

/// A camera that goes on moving is told again after so long, for it stops by itself where
/// it was told when to ([`OWN_STOP`]).
pub const RESEND: Duration = Duration::from_secs(1);

/// A camera that hears nothing more, since the house itself is gone, stops after so long
/// (ONVIF PTZ Service, ContinuousMove, Timeout).
pub const OWN_STOP: Duration = Duration::from_secs(3);

/// Names of presets that are written down of one hold, at most. Policy: more are counted.
pub const NOTED_MAX: usize = 32;

/// How fast a camera turns, in thousandths of what it can: right, up and nearer are above
/// zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Velocity {
    /// To the right.
    pub pan: i16,
    /// Up.
    pub tilt: i16,
    /// Nearer.
    pub zoom: i16,
}

impl Velocity {
    /// From parts of one; none if one is no number between -1 and 1.
    #[must_use]
    pub fn new(pan: f64, tilt: f64, zoom: f64) -> Option<Self> {
        let part = |value: f64| {
            let is_fit = value.is_finite() && (-1.0..=1.0).contains(&value);
            #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
            is_fit.then(|| (value * 1_000.0).round() as i16)
        };
        Some(Self {
            pan: part(pan)?,
            tilt: part(tilt)?,
            zoom: part(zoom)?,
        })
    }

    /// Whether it stands still.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    /// As parts of one: pan, tilt, zoom.
    #[must_use]
    pub fn parts(self) -> [f32; 3] {
        [self.pan, self.tilt, self.zoom].map(|part| f32::from(part) / 1_000.0)
    }
}

/// Why a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// He gave it back.
    Left,
    /// He did nothing with it for [`LEASE`].
    Idle,
    /// It lasted for [`LONGEST`].
    Long,
    /// Somebody with the right to took it from him.
    TakenOver,
    /// His login is over, or his rights have changed.
    Revoked,
    /// The camera is turned by another address now, or not at all.
    Changed,
    /// The house closes.
    Closing,
}

impl End {
    /// Every end.
    pub const ALL: [Self; 7] = [
        Self::Left,
        Self::Idle,
        Self::Long,
        Self::TakenOver,
        Self::Revoked,
        Self::Changed,
        Self::Closing,
    ];

    /// The word of rows and pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Idle => "idle",
            Self::Long => "long",
            Self::TakenOver => "taken_over",
            Self::Revoked => "revoked",
            Self::Changed => "changed",
            Self::Closing => "closing",
        }
    }
}

/// What was done in one hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deeds {
    /// Times that it was set in motion.
    pub moves: u32,
    /// How long it moved in all.
    pub moving: Duration,
    /// Times that the house had to stop it, since nobody said any more that it shall go on.
    pub cut: u32,
    /// Times that it was centred on a click.
    pub centred: u32,
    /// Presets that it went to, in order, [`NOTED_MAX`] at most.
    pub gone: Vec<String>,
    /// Presets that were kept, in order, [`NOTED_MAX`] at most.
    pub kept: Vec<String>,
    /// Presets beyond those.
    pub more: u32,
}

/// Something that is done at once and not by holding a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It goes to a preset.
    Go(String),
    /// Where it looks is kept as a preset.
    Keep(String),
    /// It is centred on a click.
    Centre,
}

/// What the camera is to be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Order {
    /// To move.
    Move(Velocity),
    /// To stop.
    Stop,
    /// Nothing.
    Nothing,
}

/// A hold that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Over<W> {
    /// Whose.
    pub who: W,
    /// Which number it had.
    pub number: u64,
    /// Why.
    pub end: End,
    /// What was done.
    pub deeds: Deeds,
    /// Whether the camera moves and is to be stopped.
    pub moves: bool,
}

/// What became of the wish to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Taken<W> {
    /// It is his from now on.
    New {
        /// The hold that somebody else had.
        before: Option<Over<W>>,
    },
    /// He has it already.
    Own,
    /// Another has it.
    Busy,
}

/// That somebody does not hold it, or no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hold is over")]
pub struct NotHeld;

#[derive(Debug)]
struct Hold<W> {
    who: W,
    number: u64,
    began: Mono,
    used: Mono,
    motion: Option<Motion>,
    deeds: Deeds,
}

#[derive(Debug, Clone, Copy)]
struct Motion {
    velocity: Velocity,
    began: Mono,
    renewed: Mono,
    sent: Mono,
}

/// The hold of one camera.
#[derive(Debug)]
pub struct Turning<W> {
    hold: Option<Hold<W>>,
    next: u64,
}

impl<W> Default for Turning<W> {
    fn default() -> Self {
        Self {
            hold: None,
            next: 0,
        }
    }
}

impl<W: Copy + Eq> Turning<W> {
    /// Who has it, under which number, and until when if he does nothing more.
    #[must_use]
    pub fn held(&self) -> Option<(W, u64, Mono)> {
        let hold = self.hold.as_ref()?;
        Some((hold.who, hold.number, hold.until()))
    }

    /// Somebody wants it; `over` says that he may, and wants to, take it from another.
    pub fn take(&mut self, who: W, over: bool, now: Mono) -> Taken<W> {
        if let Some(hold) = &mut self.hold {
            if hold.who == who {
                hold.used = now;
                return Taken::Own;
            }
            if !over {
                return Taken::Busy;
            }
        }
        let before = self.end(End::TakenOver, now);
        self.hold = Some(Hold {
            who,
            number: self.next,
            began: now,
            used: now,
            motion: None,
            deeds: Deeds::default(),
        });
        self.next += 1;
        Taken::New { before }
    }

    /// It shall move so, for [`PULSE`] from now; to move by nothing is to stop.
    ///
    /// # Errors
    /// If it is not his.
    pub fn steer(&mut self, who: W, velocity: Velocity, now: Mono) -> Result<Order, NotHeld> {
        let hold = self.of(who)?;
        hold.used = now;
        if velocity.is_zero() {
            return Ok(hold.rest(now));
        }
        match &mut hold.motion {
            Some(motion) if motion.velocity == velocity => {
                motion.renewed = now;
                if now.since(motion.sent) < RESEND {
                    return Ok(Order::Nothing);
                }
                motion.sent = now;
            }
            Some(motion) => {
                *motion = Motion {
                    velocity,
                    renewed: now,
                    sent: now,
                    ..*motion
                };
            }
            None => {
                hold.deeds.moves += 1;
                hold.motion = Some(Motion {
                    velocity,
                    began: now,
                    renewed: now,
                    sent: now,
                });
            }
        }
        Ok(Order::Move(velocity))
    }

    /// Something is done at once; a movement that goes on is over by it, and said whether
    /// the camera is to be stopped first.
    ///
    /// # Errors
    /// If it is not his.
    pub fn act(&mut self, who: W, deed: Deed, now: Mono) -> Result<Order, NotHeld> {
        let hold = self.of(who)?;
        hold.used = now;
        let order = hold.rest(now);
        let deeds = &mut hold.deeds;
        let list = match deed {
            Deed::Centre => {
                deeds.centred += 1;
                return Ok(order);
            }
            Deed::Go(name) => (&mut deeds.gone, name),
            Deed::Keep(name) => (&mut deeds.kept, name),
        };
        let (list, name) = list;
        if list.len() < NOTED_MAX {
            list.push(name);
        } else {
            deeds.more += 1;
        }
        Ok(order)
    }

    /// When to ask again what is due; none while nobody has it.
    #[must_use]
    pub fn due(&self) -> Option<Mono> {
        let hold = self.hold.as_ref()?;
        let stop = hold.motion.map(|motion| motion.renewed + PULSE);
        Some(stop.map_or(hold.until(), |stop| stop.min(hold.until())))
    }

    /// What is due by now: a stop, or the end of the hold.
    pub fn tick(&mut self, now: Mono) -> (Order, Option<Over<W>>) {
        let Some(hold) = &mut self.hold else {
            return (Order::Nothing, None);
        };
        if now >= hold.until() {
            let end = if now >= hold.began + LONGEST {
                End::Long
            } else {
                End::Idle
            };
            return (Order::Nothing, self.end(end, now));
        }
        match hold.motion {
            Some(motion) if now >= motion.renewed + PULSE => {
                hold.deeds.cut += 1;
                (hold.rest(now), None)
            }
            _ => (Order::Nothing, None),
        }
    }

    /// Ends whatever hold there is.
    pub fn end(&mut self, end: End, now: Mono) -> Option<Over<W>> {
        let mut hold = self.hold.take()?;
        let moves = hold.rest(now) == Order::Stop;
        Some(Over {
            who: hold.who,
            number: hold.number,
            end,
            deeds: hold.deeds,
            moves,
        })
    }

    fn of(&mut self, who: W) -> Result<&mut Hold<W>, NotHeld> {
        self.hold
            .as_mut()
            .filter(|hold| hold.who == who)
            .ok_or(NotHeld)
    }
}

impl<W> Hold<W> {
    fn until(&self) -> Mono {
        (self.used + LEASE).min(self.began + LONGEST)
    }

    /// It stands still from now on.
    fn rest(&mut self, now: Mono) -> Order {
        match self.motion.take() {
            Some(motion) => {
                self.deeds.moving += now.since(motion.began);
                Order::Stop
            }
            None => Order::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
