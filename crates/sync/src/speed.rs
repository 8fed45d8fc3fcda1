//! A test of how fast a line is, as the protocol ndt7 of Measurement Lab has it: one
//! WebSocket, messages that grow, and what either end has counted as JSON between them.
//!
//! Directions are named as the one who asks sees them: a download is sent by the house.
//! Both ends run the same [`Test`]: it says what to do next, and how the test ends. What
//! the other end says is read by [`read`], and believed about nothing but itself.
//!
//! A house takes few tests at a time, each with a rate and a total that it does not
//! pass, and only so many octets in an hour: [`Gate`].

use std::time::Duration;

use base::now::Mono;
use serde::Serialize;
use serde_json::Value as Json;

/// What both ends call it when the WebSocket begins.
pub const PROTOCOL: &str = "net.measurementlab.ndt.v7";

/// So long one direction is measured.
pub const RUN: Duration = Duration::from_secs(10);

/// And so long after its beginning it is over, whatever the other end does.
pub const OVER: Duration = Duration::from_secs(13);

/// How many octets the first message has.
pub const SIZE_FIRST: usize = 1 << 13;

/// And the largest that is sent. The protocol allows sixteen times that; one larger
/// than this would hold up for milliseconds whoever watches a camera.
pub const SIZE_MAX: usize = 1 << 20;

/// The largest message that is taken, in octets, as the protocol demands.
pub const TAKEN_MAX: usize = 1 << 24;

/// How often either end says what it has counted. The protocol allows ten a second.
pub const TELL_EVERY: Duration = Duration::from_millis(250);

/// The longest measurement that is read, in octets.
pub const TOLD_MAX: usize = 16 * 1024;

/// How many measurements of the other end are read; one that sends more ends the test.
pub const TOLD_TIMES_MAX: u32 = 200;

/// What a house gives and takes in one test at most, per second.
pub const RATE_MAX: u64 = 25_000_000;

/// And in all: more than ten seconds at that rate, so that what ends a test is its time.
pub const OCTETS_MAX: u64 = 300_000_000;

/// Tests that a house runs at a time.
pub const TESTS_MAX: usize = 2;

/// Octets that a house gives and takes in [`HOUR`] for tests.
pub const HOUR_OCTETS_MAX: u64 = 10_000_000_000;

/// The span of [`HOUR_OCTETS_MAX`].
pub const HOUR: Duration = Duration::from_secs(3_600);

/// How long to stay away from a house that has [`TESTS_MAX`] going on.
pub const ASK_AGAIN: Duration = OVER;

/// Which way the octets go, as the one who asks sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the house.
    Download,
    /// To the house.
    Upload,
}

impl Direction {
    /// The word of the protocol, which is also the last part of the path.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }
}

/// Why a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its ten seconds are over.
    Time,
    /// All octets that it may cost are spent.
    Cap,
    /// The other end has ended it.
    Other,
    /// The other end does not keep to the protocol, or the line broke.
    Broken,
}

impl End {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Cap => "cap",
            Self::Other => "other",
            Self::Broken => "broken",
        }
    }
}

/// What one end does in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It sends.
    Sends,
    /// It takes.
    Takes,
}

/// What one end may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets in all. What is sent stays within; what is taken may pass it by the rest
    /// of one message.
    pub octets: u64,
    /// Octets per second.
    pub rate: u64,
}

impl Limits {
    /// Those of a house.
    pub const OF_HOUSE: Self = Self {
        octets: OCTETS_MAX,
        rate: RATE_MAX,
    };
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Send a message of so many octets.
    Send(usize),
    /// Take a message, but wait for none longer than until then.
    Take(Mono),
    /// Neither send nor take before then: it would be faster than is allowed.
    Rest(Mono),
    /// Say what has been counted.
    Tell,
    /// Nothing more.
    End(End),
}

/// One end of one direction.
#[derive(Debug, Clone)]
pub struct Test {
    part: Part,
    limits: Limits,
    began: Mono,
    size: usize,
    octets: u64,
    tells: Mono,
}

impl Test {
    /// Begins now.
    #[must_use]
    pub fn new(now: Mono, part: Part, limits: Limits) -> Self {
        Self {
            part,
            limits,
            began: now,
            size: SIZE_FIRST,
            octets: 0,
            tells: now + TELL_EVERY,
        }
    }

    /// What to do now. The same until something is [moved](Self::moved) or
    /// [told](Self::told), or time goes on.
    #[must_use]
    pub fn turn(&self, now: Mono) -> Turn {
        let ends = self.began + RUN;
        if now >= ends {
            return Turn::End(End::Time);
        }
        let next = match self.part {
            Part::Sends => octets(self.size),
            Part::Takes => 1,
        };
        if self.octets.saturating_add(next) > self.limits.octets {
            return Turn::End(End::Cap);
        }
        if now >= self.tells {
            return Turn::Tell;
        }
        let until = self.tells.min(ends);
        let paid = self.began + span_of(self.octets, self.limits.rate);
        if paid > now {
            return Turn::Rest(paid.min(until));
        }
        match self.part {
            Part::Sends => Turn::Send(self.size),
            Part::Takes => Turn::Take(until),
        }
    }

    /// Until when nothing has to be done by itself.
    #[must_use]
    pub fn until(&self, now: Mono) -> Mono {
        let ends = self.began + RUN;
        if self.tells > now {
            self.tells.min(ends)
        } else {
            ends
        }
    }

    /// So many octets went, or came.
    pub fn moved(&mut self, count: usize) {
        self.octets = self.octets.saturating_add(octets(count));
        // As fast as the line shows itself to be: a slow one is never filled with a
        // message that takes it a second, a fast one not held up by small ones.
        while self.size < SIZE_MAX && octets(self.size) < self.octets / 16 {
            self.size *= 2;
        }
    }

    /// What has been counted was told.
    pub fn told(&mut self, now: Mono) {
        self.tells = now + TELL_EVERY;
    }

    /// Octets so far, without measurements.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// How long it has been going on.
    #[must_use]
    pub const fn elapsed(&self, now: Mono) -> Duration {
        now.since(self.began)
    }

    /// When it is over in any case.
    #[must_use]
    pub fn over(&self) -> Mono {
        self.began + OVER
    }
}

/// A count of octets in memory.
const fn octets(count: usize) -> u64 {
    count as u64
}

/// How long so many octets take.
fn span_of(octets: u64, rate: u64) -> Duration {
    let us = u128::from(octets) * 1_000_000 / u128::from(rate.max(1));
    Duration::from_micros(u64::try_from(us).unwrap_or(u64::MAX))
}

/// The ends of a test as the house sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Connection {
    /// Address and port of who asks.
    pub client: String,
    /// Where he has found the house.
    pub server: String,
    /// One name for this direction of this test.
    #[serde(rename = "UUID")]
    pub uuid: String,
}

/// A measurement as it is said.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Measurement<'a> {
    app_info: AppInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_info: Option<&'a Connection>,
    origin: &'static str,
    test: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AppInfo {
    elapsed_time: u64,
    num_bytes: u64,
}

/// What an end has counted, as the other reads it. The house says which connection it
/// is, who asks does not.
#[must_use]
pub fn measurement(
    direction: Direction,
    test: &Test,
    now: Mono,
    connection: Option<&Connection>,
) -> String {
    let said = Measurement {
        app_info: AppInfo {
            elapsed_time: u64::try_from(test.elapsed(now).as_micros()).unwrap_or(u64::MAX),
            num_bytes: test.octets,
        },
        connection_info: connection,
        origin: if connection.is_some() {
            "server"
        } else {
            "client"
        },
        test: direction.as_str(),
    };
    // Numbers and text are always JSON.
    serde_json::to_string(&said).unwrap_or_default()
}

/// What the other end has counted. Each is none where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// How long it has been measuring, in microseconds.
    pub elapsed_us: Option<u64>,
    /// How many octets it has sent or received.
    pub octets: Option<u64>,
    /// The shortest round trip that its kernel has seen, in microseconds.
    pub min_rtt_us: Option<u64>,
}

/// Why a measurement cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// It is longer than [`TOLD_MAX`].
    #[error("the measurement is longer than {TOLD_MAX} octets")]
    TooLong,
    /// It is no JSON object.
    #[error("the measurement is no JSON object")]
    NoObject,
    /// A part is of another kind than the protocol has it.
    #[error("{0} of the measurement is not what it should be")]
    Odd(&'static str),
}

/// Reads what the other end says. What is not known here is passed over.
///
/// # Errors
/// [`NotRead`], if it is too long, no object, or a known part is no natural number.
pub fn read(text: &[u8]) -> Result<Said, NotRead> {
    if text.len() > TOLD_MAX {
        return Err(NotRead::TooLong);
    }
    let said: Json = serde_json::from_slice(text).map_err(|_| NotRead::NoObject)?;
    if !said.is_object() {
        return Err(NotRead::NoObject);
    }
    Ok(Said {
        elapsed_us: natural(&said, "AppInfo", "ElapsedTime")?,
        octets: natural(&said, "AppInfo", "NumBytes")?,
        min_rtt_us: natural(&said, "TCPInfo", "MinRTT")?,
    })
}

/// A natural number that fits a signed column, in a part of an object; none where
/// either is absent or null.
fn natural(said: &Json, part: &'static str, name: &'static str) -> Result<Option<u64>, NotRead> {
    let part = match &said[part] {
        Json::Null => return Ok(None),
        Json::Object(part) => part,
        _ => return Err(NotRead::Odd(part)),
    };
    match part.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .filter(|number| i64::try_from(*number).is_ok())
            .map(Some)
            .ok_or(NotRead::Odd(name)),
    }
}

/// How many tests a house takes. Who finds it shut is told when to come back.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    running: usize,
    /// When the hour began, and what has been spent in it.
    hour: Option<(Mono, u64)>,
}

impl Gate {
    /// Lets a test in.
    ///
    /// # Errors
    /// How long to stay away, which is never zero: [`TESTS_MAX`] go on, or the hour's
    /// octets are spent or promised.
    pub fn enter(&mut self, now: Mono) -> Result<(), Duration> {
        if self.running >= TESTS_MAX {
            return Err(ASK_AGAIN);
        }
        let (began, spent) = self.hour(now);
        let promised = octets(self.running + 1).saturating_mul(OCTETS_MAX);
        if spent.saturating_add(promised) > HOUR_OCTETS_MAX {
            let left = HOUR.saturating_sub(now.since(began));
            return Err(left.max(ASK_AGAIN));
        }
        self.running += 1;
        self.hour = Some((began, spent));
        Ok(())
    }

    /// A test that was let in is over, and has moved so many octets.
    pub fn leave(&mut self, now: Mono, moved: u64) {
        self.running = self.running.saturating_sub(1);
        let (began, spent) = self.hour(now);
        self.hour = Some((began, spent.saturating_add(moved)));
    }

    /// Tests that go on.
    #[must_use]
    pub const fn running(&self) -> usize {
        self.running
    }

    fn hour(&self, now: Mono) -> (Mono, u64) {
        self.hour
            .filter(|(began, _)| now.since(*began) < HOUR)
            .unwrap_or((now, 0))
    }
}

#[cfg(test)]
mod tests;
