//! Who is connected, whether a key lives twice, and how fast a crowd may return.
//!
//! A box that comes back has often left a connection behind that nobody has ended.
//! It has the same boot, or another one and does not answer any more. Two boxes with
//! one key are told from that by asking: if the older connection answers *after* the
//! newer has greeted, both live. Then there is an alarm, and if they make records in
//! one epoch each gets another, so that neither takes the other's numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use base::id::{Agent, Id};
use base::now::Mono;

use crate::frame::{Bye, Farewell};
use crate::identity::{Boot, Epoch};
use crate::link::Greeted;
use crate::redial::{WINDOW_MIN, WINDOW_NAMED_MAX};

/// How many greetings the centre takes in a second: each is a handshake and a few
/// rows read, and two cores do some hundred.
pub const GREETINGS_PER_S: u32 = 100;

/// How many it asks to come in a second: half of what it takes, so that hardly one of
/// those who come at random comes in vain.
const RETURNS_PER_S: u32 = GREETINGS_PER_S / 2;

/// How many may come at once before some are sent away.
const GREETINGS_BURST: u32 = 2 * GREETINGS_PER_S;

/// The most connections of one agent. Bound; policy: the oldest is ended.
const SEATS_MAX: usize = 4;

/// A connection, as the shell counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn(pub u64);

/// What to tell a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// [`crate::link::Input::Probe`].
    Probe(Conn),
    /// [`crate::link::Input::Close`].
    Close(Conn, Bye),
}

/// One key lives twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twins {
    /// Whose key.
    pub agent: Id<Agent>,
    /// The boots that were seen at once, the older connection's first.
    pub boots: (Boot, Boot),
}

#[derive(Debug)]
struct Seat {
    conn: Conn,
    boot: Boot,
    epoch: Option<Epoch>,
}

/// Who is connected.
#[derive(Debug, Default)]
pub struct Roster {
    /// Of each agent its connections, oldest first.
    seats: BTreeMap<Id<Agent>, Vec<Seat>>,
    conns: BTreeMap<Conn, Id<Agent>>,
    /// Greetings that may be taken at once, in thousandths, and as of when.
    credit: Option<(u64, Mono)>,
    /// How many agents may return at once.
    crowd: usize,
}

impl Roster {
    /// Nobody is connected, of so many agents that are known.
    #[must_use]
    pub fn new(known: usize) -> Self {
        Self {
            crowd: known,
            ..Self::default()
        }
    }

    /// Whether another connection is taken now; else after how long to come again.
    ///
    /// # Errors
    /// If too many come at once.
    pub fn admit(&mut self, now: Mono) -> Result<(), Bye> {
        let full = u64::from(GREETINGS_BURST) * 1_000;
        let (credit, since) = self.credit.unwrap_or((full, now));
        let ms = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
        let credit = credit
            .saturating_add(ms.saturating_mul(GREETINGS_PER_S.into()))
            .min(full);
        match credit.checked_sub(1_000) {
            Some(left) => {
                self.credit = Some((left, now));
                Ok(())
            }
            None => Err(Bye {
                why: Farewell::Busy,
                retry_after_s: 1,
                renew: None,
            }),
        }
    }

    /// Over how long those who are here should spread their return.
    #[must_use]
    pub fn window(&self) -> Duration {
        let crowd = u32::try_from(self.crowd).unwrap_or(u32::MAX);
        let window = Duration::from_secs((crowd / RETURNS_PER_S).into());
        window.clamp(WINDOW_MIN, WINDOW_NAMED_MAX)
    }

    /// A site has greeted by a connection.
    pub fn greeted(&mut self, conn: Conn, it: &Greeted) -> Vec<Order> {
        let seats = self.seats.entry(it.agent).or_default();
        let displaced = Bye {
            why: Farewell::Displaced,
            retry_after_s: 0,
            renew: None,
        };
        let mut orders = Vec::new();
        let full = seats.len() >= SEATS_MAX;
        for (at, seat) in seats.iter().enumerate() {
            // The same box has come back, and the other end of that one is gone.
            if seat.boot == it.boot || (full && at == 0) {
                orders.push(Order::Close(seat.conn, displaced));
            } else {
                orders.push(Order::Probe(seat.conn));
            }
        }
        seats.push(Seat {
            conn,
            boot: it.boot,
            epoch: it.epoch,
        });
        self.conns.insert(conn, it.agent);
        self.crowd = self.crowd.max(self.seats.len());
        orders
    }

    /// A connection has answered a probe.
    pub fn lives(&mut self, conn: Conn) -> (Option<Twins>, Vec<Order>) {
        let Some(seats) = self
            .conns
            .get(&conn)
            .and_then(|agent| self.seats.get(agent))
        else {
            return (None, Vec::new());
        };
        let Some(at) = seats.iter().position(|seat| seat.conn == conn) else {
            return (None, Vec::new());
        };
        let old = &seats[at];
        let Some(new) = seats[at + 1..].iter().find(|seat| seat.boot != old.boot) else {
            return (None, Vec::new());
        };
        let mut orders = Vec::new();
        if old.epoch == new.epoch {
            let bye = Bye {
                why: Farewell::Clone,
                retry_after_s: 0,
                renew: old.epoch,
            };
            orders.extend([old, new].map(|seat| Order::Close(seat.conn, bye)));
        }
        let twins = self.conns.get(&conn).map(|agent| Twins {
            agent: *agent,
            boots: (old.boot, new.boot),
        });
        (twins, orders)
    }

    /// A connection has ended.
    pub fn gone(&mut self, conn: Conn) {
        let Some(agent) = self.conns.remove(&conn) else {
            return;
        };
        if let Some(seats) = self.seats.get_mut(&agent) {
            seats.retain(|seat| seat.conn != conn);
            if seats.is_empty() {
                self.seats.remove(&agent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base::now::Wall;

    use super::*;
    use crate::batch::tests::agent;

    fn greeting(boot: u8, epoch: u64) -> Greeted {
        Greeted {
            agent: agent(),
            boot: Boot::from_bytes([boot; 16]),
            epoch: Some(Epoch::from_bits(epoch)),
            version: String::new(),
            wall: Wall::from_us(0),
        }
    }

    #[test]
    fn a_box_that_comes_back_is_no_twin() {
        let mut roster = Roster::default();
        assert!(roster.greeted(Conn(1), &greeting(1, 7)).is_empty());
        let orders = roster.greeted(Conn(2), &greeting(1, 7));
        assert!(matches!(
            orders[..],
            [Order::Close(
                Conn(1),
                Bye {
                    why: Farewell::Displaced,
                    ..
                }
            )]
        ));
        roster.gone(Conn(1));
        // After a boot the old connection is asked, and says nothing.
        assert_eq!(
            roster.greeted(Conn(3), &greeting(2, 7)),
            [Order::Probe(Conn(2))]
        );
        roster.gone(Conn(2));
        assert_eq!(roster.lives(Conn(2)), (None, Vec::new()));
        assert_eq!(roster.lives(Conn(3)), (None, Vec::new()));
    }

    #[test]
    fn two_that_answer_are_twins_and_get_an_epoch_each() {
        let mut roster = Roster::default();
        roster.greeted(Conn(1), &greeting(1, 7));
        roster.greeted(Conn(2), &greeting(2, 7));
        let (twins, orders) = roster.lives(Conn(1));
        assert!(twins.is_some());
        let renewed = |order: &Order| {
            matches!(
                order,
                Order::Close(
                    _,
                    Bye {
                        why: Farewell::Clone,
                        renew: Some(_),
                        ..
                    }
                )
            )
        };
        assert!(orders.len() == 2 && orders.iter().all(renewed));
        roster.gone(Conn(1));
        roster.gone(Conn(2));
        roster.greeted(Conn(3), &greeting(1, 8));
        roster.greeted(Conn(4), &greeting(2, 9));
        let (twins, orders) = roster.lives(Conn(3));
        assert!(
            twins.is_some() && orders.is_empty(),
            "the alarm stays, the harm does not"
        );
    }

    #[test]
    fn a_crowd_is_told_to_come_slowly_and_sent_away_if_it_does_not() {
        let mut roster = Roster::default();
        assert_eq!(roster.window(), WINDOW_MIN);
        for n in 0..3_000_u64 {
            let agent = Id::from_bytes(u128::from(n).to_be_bytes());
            roster.greeted(
                Conn(n),
                &Greeted {
                    agent,
                    ..greeting(1, 7)
                },
            );
        }
        assert_eq!(roster.window(), Duration::from_secs(60));
        let now = Mono::from_us(0);
        let taken = (0..1_000).filter(|_| roster.admit(now).is_ok()).count();
        assert_eq!(taken, 200);
        let later = now + Duration::from_secs(1);
        let taken = (0..1_000).filter(|_| roster.admit(later).is_ok()).count();
        assert_eq!(taken, 100);
    }
}
