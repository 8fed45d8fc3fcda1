//! What somebody wants changed while the network runs: a line of text.
//!
//! ```text
//! SITE up|down|both [delay=MS] [jitter=MS] [loss=PERMILLE] [rate=KBIT] [queue=OCTETS] [only=PORT] [cut|heal]
//! SITE rebind ADDRESS      the world sees it there from now on
//! SITE toward PLACE        who answers it from now on
//! counts                   what became of packets so far
//! ```

use std::net::Ipv4Addr;
use std::str::FromStr;

use super::lane::{DELAY_MAX, QUEUE_MAX, Shape};

/// Which lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the site.
    Up,
    /// To the site.
    Down,
    /// Both.
    Both,
}

/// One thing to be changed about a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Microseconds one way.
    Delay(u64),
    /// Microseconds on top at most.
    Jitter(u64),
    /// Of a thousand.
    Loss(u64),
    /// Bits in a second.
    Rate(u64),
    /// Octets.
    Queue(u64),
    /// Whether nothing comes through.
    Cut(bool),
    /// A port of TCP; nought: any packet.
    Only(u16),
}

impl Change {
    /// Changes it.
    pub const fn apply(self, shape: &mut Shape) {
        match self {
            Self::Delay(us) => shape.delay_us = us,
            Self::Jitter(us) => shape.jitter_us = us,
            Self::Loss(permille) => shape.loss_permille = permille,
            Self::Rate(bits) => shape.rate = bits,
            Self::Queue(octets) => shape.queue = octets,
            Self::Cut(is_cut) => shape.is_cut = is_cut,
            Self::Only(port) => shape.only = port,
        }
    }
}

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Shape the lanes of a site.
    Shape {
        /// Which site.
        site: String,
        /// Which lanes.
        way: Way,
        /// What about them.
        changes: Vec<Change>,
    },
    /// Give a site another address in the world.
    Rebind {
        /// Which site.
        site: String,
        /// Which address.
        public: Ipv4Addr,
    },
    /// Lead a site somewhere else.
    Toward {
        /// Which site.
        site: String,
        /// Where to.
        place: String,
    },
    /// Say what became of packets.
    Counts,
}

/// Why a line is no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It is not one of the four.
    #[error("not an order: {0}")]
    Unknown(String),
    /// One of its words cannot be read.
    #[error("{word}: {why}")]
    Word {
        /// Which.
        word: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(line: &str) -> Result<Self, OrderError> {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let bad = |word: &str, why| OrderError::Word {
            word: word.to_owned(),
            why,
        };
        match words.as_slice() {
            ["counts"] => Ok(Self::Counts),
            [site, "rebind", public] => Ok(Self::Rebind {
                site: (*site).to_owned(),
                public: public
                    .parse()
                    .map_err(|_| bad(public, "not an IPv4 address"))?,
            }),
            [site, "toward", place] => Ok(Self::Toward {
                site: (*site).to_owned(),
                place: (*place).to_owned(),
            }),
            [site, way @ ("up" | "down" | "both"), changes @ ..] if !changes.is_empty() => {
                let changes = changes.iter().map(|word| change(word));
                Ok(Self::Shape {
                    site: (*site).to_owned(),
                    way: match *way {
                        "up" => Way::Up,
                        "down" => Way::Down,
                        _ => Way::Both,
                    },
                    changes: changes.collect::<Result<_, _>>()?,
                })
            }
            _ => Err(OrderError::Unknown(line.trim().to_owned())),
        }
    }
}

fn change(word: &str) -> Result<Change, OrderError> {
    let bad = |why| OrderError::Word {
        word: word.to_owned(),
        why,
    };
    match word {
        "cut" => return Ok(Change::Cut(true)),
        "heal" => return Ok(Change::Cut(false)),
        _ => {}
    }
    let (key, value) = word.split_once('=').ok_or_else(|| bad("not a change"))?;
    let value: u64 = value.parse().map_err(|_| bad("not a whole number"))?;
    let within = |value: u64, max: u64| match value <= max {
        true => Ok(value),
        false => Err(bad("too much")),
    };
    let thousand = value.saturating_mul(1_000);
    match key {
        "delay" => within(thousand, DELAY_MAX).map(Change::Delay),
        "jitter" => within(thousand, DELAY_MAX).map(Change::Jitter),
        "loss" => within(value, 1_000).map(Change::Loss),
        "rate" => within(thousand, 1_000_000_000_000).map(Change::Rate),
        "queue" => within(value, QUEUE_MAX).map(Change::Queue),
        "only" => u16::try_from(value)
            .map(Change::Only)
            .map_err(|_| bad("too much")),
        _ => Err(bad("not a change")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_to_be_changed() {
        assert_eq!(
            "desa-1 both delay=600 loss=20 rate=40 only=443 heal".parse(),
            Ok(Order::Shape {
                site: "desa-1".to_owned(),
                way: Way::Both,
                changes: vec![
                    Change::Delay(600_000),
                    Change::Loss(20),
                    Change::Rate(40_000),
                    Change::Only(443),
                    Change::Cut(false),
                ],
            })
        );
        assert_eq!(
            "desa-1 rebind 100.64.0.9".parse(),
            Ok(Order::Rebind {
                site: "desa-1".to_owned(),
                public: Ipv4Addr::new(100, 64, 0, 9),
            })
        );
        assert_eq!("counts".parse(), Ok(Order::Counts));
    }

    #[test]
    fn what_cannot_be_done_is_said_by_its_word() {
        for (line, why) in [
            ("", "not an order: "),
            ("desa-1 up", "not an order: desa-1 up"),
            ("desa-1 up speed=1", "speed=1: not a change"),
            ("desa-1 up loss=2%", "loss=2%: not a whole number"),
            ("desa-1 up loss=1001", "loss=1001: too much"),
            ("desa-1 up delay=60001", "delay=60001: too much"),
            ("desa-1 up only=65536", "only=65536: too much"),
            ("desa-1 rebind ::1", "::1: not an IPv4 address"),
        ] {
            let said = line.parse::<Order>().expect_err(line).to_string();
            assert_eq!(said, why);
        }
    }
}
