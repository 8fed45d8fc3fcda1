//! Who is heard at this moment.

use std::time::Duration;

use base::now::Wall;
use hall::Hall;
use hall::link::said;
use hall::site::State;
use reach_core::silence::{Contact, contact};
use store::{Conn, Error};

use crate::ledger::{self, Member};
use crate::sql::router::{self, ReportRow};

/// How often a box speaks.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// How often an agent of OpenWISP does, unless somebody has set it otherwise.
const REPORTS: Duration = Duration::from_secs(300);

/// A site that is active, and whether it is heard.
#[derive(Debug, Clone)]
pub(crate) struct Voiced {
    pub(crate) member: Member,
    pub(crate) contact: Contact,
    pub(crate) connected: bool,
    /// When it was heard last; of one that is connected: now.
    pub(crate) heard: Option<Wall>,
    /// How often it speaks.
    pub(crate) every: Duration,
    /// What its router said last, of what could be read.
    pub(crate) report: Option<ReportRow>,
}

/// All sites that are active, and those that a router tells of without a box.
pub(crate) async fn voices(hall: &Hall, conn: &mut Conn, now: Wall) -> Result<Vec<Voiced>, Error> {
    let members = ledger::members(conn).await?;
    let last = said::heard_last(conn).await?;
    let mut reports = router::newest(conn).await?;
    let connected = hall.sites().connected();
    let mut voices = Vec::new();
    for member in members {
        let id = member.site.id;
        let state = member.site.state;
        let has_box = state == State::Active;
        let is_shut = matches!(state, State::Suspended | State::Revoked);
        if !has_box && (!member.has_router || is_shut) {
            continue;
        }
        let (reported, report) = reports.remove(&id).unzip();
        let connected = connected.contains(&id);
        // Its line answers, or it would have ended by now.
        let heard = match connected {
            true => Some(now),
            false => last.get(&id).copied().max(reported),
        };
        let every = if has_box { HEARTBEAT } else { REPORTS };
        voices.push(Voiced {
            contact: contact(heard, every, now),
            member,
            connected,
            heard,
            every,
            report: report.flatten(),
        });
    }
    Ok(voices)
}
