//! What can be wrong with a camera, as a word that can be asked for.

use std::fmt;
use std::str::FromStr;

/// One thing that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It hangs up on everybody.
    Drop,
    /// It keeps its connections and sends no pictures.
    Freeze,
    /// So many packets of a thousand never leave it.
    Loss(u16),
    /// Its password is another one than was told.
    Password,
    /// It speaks H.265 only.
    H265,
    /// A key frame every ten seconds only.
    LongGop,
    /// Its clock is so many seconds ahead.
    Clock(i32),
    /// Its stamps jump by an hour every two seconds.
    Stamps,
    /// It changes the size of its picture every ten seconds, in mid-stream.
    Resize,
    /// 200 Mbit/s, most of it filler.
    Flood,
}

/// A word that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fault; there are {WORDS}")]
pub struct NoFault(String);

/// The words, for people.
pub const WORDS: &str = "none, drop, freeze, loss=PERMILLE, password, h265, long-gop, \
    clock=SECONDS, stamps, resize, flood";

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let none = || NoFault(text.to_owned());
        let (word, value) = text.split_once('=').unwrap_or((text, ""));
        Ok(match (word, value) {
            ("none", "") => Self::None,
            ("drop", "") => Self::Drop,
            ("freeze", "") => Self::Freeze,
            ("password", "") => Self::Password,
            ("h265", "") => Self::H265,
            ("long-gop", "") => Self::LongGop,
            ("stamps", "") => Self::Stamps,
            ("resize", "") => Self::Resize,
            ("flood", "") => Self::Flood,
            ("loss", value) => match value.parse() {
                Ok(permille @ 0..=1000) => Self::Loss(permille),
                _ => return Err(none()),
            },
            ("clock", value) => Self::Clock(value.parse().map_err(|_| none())?),
            _ => return Err(none()),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Drop => f.write_str("drop"),
            Self::Freeze => f.write_str("freeze"),
            Self::Loss(permille) => write!(f, "loss={permille}"),
            Self::Password => f.write_str("password"),
            Self::H265 => f.write_str("h265"),
            Self::LongGop => f.write_str("long-gop"),
            Self::Clock(seconds) => write!(f, "clock={seconds}"),
            Self::Stamps => f.write_str("stamps"),
            Self::Resize => f.write_str("resize"),
            Self::Flood => f.write_str("flood"),
        }
    }
}

impl Fault {
    /// Whether sessions that stand cannot go on from one to the other.
    #[must_use]
    pub fn breaks(self, then: Self) -> bool {
        let seen = |fault| match fault {
            Self::Drop => Some(Self::Drop),
            Self::Password => Some(Self::Password),
            Self::H265 => Some(Self::H265),
            Self::LongGop => Some(Self::LongGop),
            Self::None
            | Self::Freeze
            | Self::Loss(_)
            | Self::Clock(_)
            | Self::Stamps
            | Self::Resize
            | Self::Flood => None,
        };
        seen(self) != seen(then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_asked_for_by_its_word() {
        for fault in [
            Fault::None,
            Fault::Drop,
            Fault::Freeze,
            Fault::Loss(30),
            Fault::Password,
            Fault::H265,
            Fault::LongGop,
            Fault::Clock(-3600),
            Fault::Stamps,
            Fault::Resize,
            Fault::Flood,
        ] {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        for word in ["", "frost", "loss", "loss=1001", "clock=noon", "drop=1"] {
            assert!(word.parse::<Fault>().is_err(), "{word}");
        }
    }
}
