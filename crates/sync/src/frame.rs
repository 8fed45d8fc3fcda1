//! What the two ends say to each other, and its octets.
//!
//! A frame is one message of the transport:
//!
//! ```text
//! octet 0      what it is
//! octets 1-4   CRC-32C of octet 0 and the rest, little endian
//! the rest     a message of proto/edge.proto; of a batch, what batch.rs says
//! ```
//!
//! A frame is never longer than [`FRAME_MAX`], so that what is urgent waits for one
//! at most. Octets that are no frame end the connection that they came by and
//! nothing else.

use base::id::{Agent, Id};
use base::now::{Mono, Wall};
use prost::Message as _;

use crate::batch::{Batch, BatchError};
use crate::command::{Command, Ulid};
use crate::identity::{Boot, Chain, Cursor, Digest, Epoch, Seq, Stream};
use crate::record::crc32c;
use crate::wire;

/// The longest frame, in octets.
pub const FRAME_MAX: usize = 64 * 1024;

/// The most chains that a hello names: what three streams have in the epochs that a
/// site remembers.
pub const TAILS_MAX: usize = 3 * crate::queue::EPOCHS_MAX;

/// The longest name of a program, in octets.
pub const VERSION_MAX: usize = 64;

/// The protocols that this house speaks: the newest and the two before it.
pub const PROTOCOLS: Protocols = Protocols { min: 1, max: 1 };

/// Protocols from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    /// The oldest.
    pub min: u32,
    /// The newest.
    pub max: u32,
}

impl Protocols {
    /// The newest that both speak.
    #[must_use]
    pub const fn agree(self, other: Self) -> Option<u32> {
        let max = if self.max < other.max {
            self.max
        } else {
            other.max
        };
        if max < self.min || max < other.min {
            None
        } else {
            Some(max)
        }
    }
}

/// What goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Overtakes the other between two frames: words of the link, commands, money,
    /// events.
    Urgent,
    /// Telemetry.
    Bulk,
}

/// What a site has of one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Its newest record.
    pub head: Cursor,
    /// The oldest number it can still send.
    pub kept_from: Seq,
    /// Whether new records are made here.
    pub current: bool,
}

/// The first word of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// What it speaks.
    pub protocols: Protocols,
    /// Who it is.
    pub agent: Id<Agent>,
    /// Its boot.
    pub boot: Boot,
    /// Its program, for people.
    pub version: String,
    /// Its monotonic clock, to be sent back.
    pub mono: Mono,
    /// Its wall clock.
    pub wall: Wall,
    /// What it has.
    pub tails: Vec<Tail>,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// What is spoken from here on.
    pub protocol: u32,
    /// What the centre has, one for each tail.
    pub cursors: Vec<Cursor>,
    /// The monotonic clock of the hello.
    pub echo: Mono,
    /// The centre's clock.
    pub centre: Wall,
    /// How often each end asks whether the other lives, in seconds.
    pub ping_s: u32,
    /// Over how long to spread a return, in seconds.
    pub window_s: u32,
    /// Which edition of its configuration the site should have.
    pub config: u64,
}

/// Why a connection ends. Sent by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Farewell {
    /// This end is going to be started again.
    Closing,
    /// What came is no frame, or not its turn.
    Malformed,
    /// There is no protocol that both speak.
    Version,
    /// The agent may not any more.
    Revoked,
    /// The centre has no room.
    Full,
    /// The centre has another trouble.
    Trouble,
    /// Too many come at once.
    Busy,
    /// The same agent has come by another connection.
    Displaced,
    /// What the site has is not what went before: another epoch is needed.
    Fork,
    /// Two boxes live with one key.
    Clone,
}

impl Farewell {
    const ALL: [Self; 10] = [
        Self::Closing,
        Self::Malformed,
        Self::Version,
        Self::Revoked,
        Self::Full,
        Self::Trouble,
        Self::Busy,
        Self::Displaced,
        Self::Fork,
        Self::Clone,
    ];

    /// The word that rows, pages and metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closing => "closing",
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Revoked => "revoked",
            Self::Full => "full",
            Self::Trouble => "trouble",
            Self::Busy => "busy",
            Self::Displaced => "displaced",
            Self::Fork => "fork",
            Self::Clone => "clone",
        }
    }
}

/// The last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bye {
    /// Why.
    pub why: Farewell,
    /// Not to come back before, in seconds.
    pub retry_after_s: u32,
    /// The epoch that must not be gone on with.
    pub renew: Option<Epoch>,
}

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Site: here I am, and this I have.
    Hello(Hello),
    /// Centre: and this I have.
    Welcome(Welcome),
    /// Either: are you there?
    Ping {
        /// To be sent back.
        nonce: u64,
    },
    /// Either: I am.
    Pong {
        /// That of the ping.
        nonce: u64,
        /// The clock of who answers.
        wall: Wall,
    },
    /// Site: records.
    Batch(Batch),
    /// Centre: these are held for good.
    Ack(Cursor),
    /// Centre: do this.
    Command(Command),
    /// Either: the last word.
    Bye(Bye),
}

/// Why octets are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Fewer than a frame has, or more.
    #[error("a frame has 5 to {FRAME_MAX} octets, this has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// They are not those that were sent.
    #[error("the sum of a frame is wrong")]
    Sum,
    /// There is no frame of that kind.
    #[error("there is no frame of kind {found}")]
    Kind {
        /// Which.
        found: u8,
    },
    /// It is not the message.
    #[error("not the message of a frame of kind {kind}")]
    Message {
        /// What it says that it is.
        kind: u8,
    },
    /// A field that neither end can have written.
    #[error("a frame has an impossible {field}")]
    Field {
        /// Which.
        field: &'static str,
    },
    /// The batch in it is none.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

const HELLO: u8 = 1;
const WELCOME: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;
const BATCH: u8 = 5;
const ACK: u8 = 6;
const COMMAND: u8 = 7;
const BYE: u8 = 8;

impl Frame {
    /// What goes first.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Batch(Batch {
                chain:
                    Chain {
                        stream: Stream::Sample,
                        ..
                    },
                ..
            }) => Lane::Bulk,
            Self::Hello(_)
            | Self::Welcome(_)
            | Self::Ping { .. }
            | Self::Pong { .. }
            | Self::Batch(_)
            | Self::Ack(_)
            | Self::Command(_)
            | Self::Bye(_) => Lane::Urgent,
        }
    }

    /// Its octets.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, rest) = match self {
            Self::Hello(it) => (HELLO, hello_out(it).encode_to_vec()),
            Self::Welcome(it) => (WELCOME, welcome_out(it).encode_to_vec()),
            Self::Ping { nonce } => (PING, wire::Ping { nonce: *nonce }.encode_to_vec()),
            Self::Pong { nonce, wall } => {
                let it = wire::Pong {
                    nonce: *nonce,
                    wall_us: wall.as_us(),
                };
                (PONG, it.encode_to_vec())
            }
            Self::Batch(it) => (BATCH, it.encode()),
            Self::Ack(it) => (ACK, cursor_out(it).encode_to_vec()),
            Self::Command(it) => (COMMAND, command_out(it).encode_to_vec()),
            Self::Bye(it) => {
                let it = wire::Bye {
                    reason: it.why as u32,
                    retry_after_s: it.retry_after_s,
                    renew: it.renew.map(Epoch::bits),
                };
                (BYE, it.encode_to_vec())
            }
        };
        let sum = crc32c(&[&[kind], &rest]);
        [&[kind][..], &sum.to_le_bytes(), &rest].concat()
    }

    /// Reads octets of a stranger.
    ///
    /// # Errors
    /// If they are not a frame that the other end can have written.
    pub fn decode(octets: &[u8]) -> Result<Self, FrameError> {
        let found = octets.len();
        let [kind, a, b, c, d, rest @ ..] = octets else {
            return Err(FrameError::Length { found });
        };
        if found > FRAME_MAX {
            return Err(FrameError::Length { found });
        }
        if crc32c(&[&[*kind], rest]) != u32::from_le_bytes([*a, *b, *c, *d]) {
            return Err(FrameError::Sum);
        }
        let kind = *kind;
        let message = |_| FrameError::Message { kind };
        Ok(match kind {
            HELLO => Self::Hello(hello_in(wire::Hello::decode(rest).map_err(message)?)?),
            WELCOME => Self::Welcome(welcome_in(&wire::Welcome::decode(rest).map_err(message)?)?),
            PING => Self::Ping {
                nonce: wire::Ping::decode(rest).map_err(message)?.nonce,
            },
            PONG => {
                let it = wire::Pong::decode(rest).map_err(message)?;
                Self::Pong {
                    nonce: it.nonce,
                    wall: Wall::from_us(it.wall_us),
                }
            }
            BATCH => Self::Batch(Batch::decode(rest)?),
            ACK => Self::Ack(cursor_in(&wire::Cursor::decode(rest).map_err(message)?)?),
            COMMAND => Self::Command(command_in(wire::Command::decode(rest).map_err(message)?)?),
            BYE => {
                let it = wire::Bye::decode(rest).map_err(message)?;
                let why = usize::try_from(it.reason).ok();
                Self::Bye(Bye {
                    // A reason that a newer end has is trouble to this one.
                    why: why
                        .and_then(|at| Farewell::ALL.get(at).copied())
                        .unwrap_or(Farewell::Trouble),
                    retry_after_s: it.retry_after_s,
                    renew: it.renew.map(Epoch::from_bits),
                })
            }
            found => return Err(FrameError::Kind { found }),
        })
    }
}

fn sixteen(octets: &[u8], field: &'static str) -> Result<[u8; 16], FrameError> {
    octets.try_into().map_err(|_| FrameError::Field { field })
}

fn cursor_out(it: &Cursor) -> wire::Cursor {
    wire::Cursor {
        stream: it.chain.stream.number().into(),
        epoch: it.chain.epoch.bits(),
        seq: it.seq.get(),
        digest: it.digest.as_bytes().to_vec(),
    }
}

fn cursor_in(it: &wire::Cursor) -> Result<Cursor, FrameError> {
    let stream = Stream::from_number(it.stream).ok_or(FrameError::Field { field: "stream" })?;
    let digest = it.digest.as_slice().try_into();
    Ok(Cursor {
        chain: Chain {
            stream,
            epoch: Epoch::from_bits(it.epoch),
        },
        seq: Seq::new(it.seq),
        digest: Digest::from_bytes(digest.map_err(|_| FrameError::Field { field: "digest" })?),
    })
}

fn hello_out(it: &Hello) -> wire::Hello {
    wire::Hello {
        protocol_min: it.protocols.min,
        protocol_max: it.protocols.max,
        agent: it.agent.as_bytes().to_vec(),
        boot: it.boot.as_bytes().to_vec(),
        version: it.version.clone(),
        mono_ns: it.mono.as_us().saturating_mul(1_000),
        wall_us: it.wall.as_us(),
        tails: it
            .tails
            .iter()
            .map(|tail| wire::Tail {
                head: Some(cursor_out(&tail.head)),
                kept_from: tail.kept_from.get(),
                current: tail.current,
            })
            .collect(),
    }
}

fn hello_in(it: wire::Hello) -> Result<Hello, FrameError> {
    if it.version.len() > VERSION_MAX {
        return Err(FrameError::Field { field: "version" });
    }
    if it.tails.len() > TAILS_MAX {
        return Err(FrameError::Field {
            field: "number of tails",
        });
    }
    let mut tails = Vec::with_capacity(it.tails.len());
    for tail in &it.tails {
        let head = tail
            .head
            .as_ref()
            .ok_or(FrameError::Field { field: "head" })?;
        tails.push(Tail {
            head: cursor_in(head)?,
            kept_from: Seq::new(tail.kept_from),
            current: tail.current,
        });
    }
    Ok(Hello {
        protocols: Protocols {
            min: it.protocol_min,
            max: it.protocol_max,
        },
        agent: Id::from_bytes(sixteen(&it.agent, "agent")?),
        boot: Boot::from_bytes(sixteen(&it.boot, "boot")?),
        version: it.version,
        mono: Mono::from_us(it.mono_ns / 1_000),
        wall: Wall::from_us(it.wall_us),
        tails,
    })
}

fn welcome_out(it: &Welcome) -> wire::Welcome {
    wire::Welcome {
        protocol: it.protocol,
        cursors: it.cursors.iter().map(cursor_out).collect(),
        echo_ns: it.echo.as_us().saturating_mul(1_000),
        centre_us: it.centre.as_us(),
        ping_s: it.ping_s,
        window_s: it.window_s,
        config: it.config,
    }
}

fn welcome_in(it: &wire::Welcome) -> Result<Welcome, FrameError> {
    if it.cursors.len() > TAILS_MAX {
        return Err(FrameError::Field {
            field: "number of cursors",
        });
    }
    Ok(Welcome {
        protocol: it.protocol,
        cursors: it.cursors.iter().map(cursor_in).collect::<Result<_, _>>()?,
        echo: Mono::from_us(it.echo_ns / 1_000),
        centre: Wall::from_us(it.centre_us),
        ping_s: it.ping_s,
        window_s: it.window_s,
        config: it.config,
    })
}

fn command_out(it: &Command) -> wire::Command {
    wire::Command {
        id: it.id.as_bytes().to_vec(),
        kind: it.kind,
        expires_us: it.expires.as_us(),
        repeatable: it.repeatable,
        body: it.body.clone(),
    }
}

fn command_in(it: wire::Command) -> Result<Command, FrameError> {
    Ok(Command {
        id: Ulid::from_bytes(sixteen(&it.id, "command")?),
        kind: it.kind,
        expires: Wall::from_us(it.expires_us),
        repeatable: it.repeatable,
        body: it.body,
    })
}
