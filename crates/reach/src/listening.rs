//! Who is heard at this moment.

use std::time::Duration;

use base::now::Wall;
use hall::Hall;
use hall::link::said;
use hall::site::State;
use reach_core::silence::{Contact, contact};
use store::{Conn, Error};

use crate::ledger::{self, Member};

/// How often a box speaks.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// A site that is active, and whether it is heard.
#[derive(Debug, Clone)]
pub(crate) struct Voiced {
    pub(crate) member: Member,
    pub(crate) contact: Contact,
    pub(crate) connected: bool,
    /// When it was heard last; of one that is connected: now.
    pub(crate) heard: Option<Wall>,
}

/// All sites that are active.
pub(crate) async fn voices(hall: &Hall, conn: &mut Conn, now: Wall) -> Result<Vec<Voiced>, Error> {
    let members = ledger::members(conn).await?;
    let last = said::heard_last(conn).await?;
    let connected = hall.sites().connected();
    let active = members.into_iter();
    let active = active.filter(|member| member.site.state == State::Active);
    Ok(active
        .map(|member| {
            let id = member.site.id;
            let connected = connected.contains(&id);
            // Its line answers, or it would have ended by now.
            let heard = match connected {
                true => Some(now),
                false => last.get(&id).copied(),
            };
            Voiced {
                contact: contact(heard, HEARTBEAT, now),
                member,
                connected,
                heard,
            }
        })
        .collect())
}
