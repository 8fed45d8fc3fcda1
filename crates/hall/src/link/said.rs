//! What sites have said and what they were told, as people see it.

use std::collections::BTreeMap;
use std::time::Duration;

use base::id::{Agent, Id, Person, Site};
use base::now::{Mono, Wall};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use store::{Conn, Tx};
use sync::carry;
use sync::command::{Command, Ulid};
use sync::identity::{Chain, Epoch, Seq, Stream};
use sync::record::{Envelope, Kind, Quality};

use super::centre::Caller;
use super::kinds;
use super::site::word;
use crate::Hall;
use crate::audit::{self, Act, hex};
use crate::ca::sha256;
use crate::enrol::Standing;
use crate::guard::{Permission, Who};
use crate::problem::Problem;
use crate::site;
use crate::sql::enrol as agents;
use crate::sql::link::{self as rows, Mark, Said};

/// So long a command may wait for its box, unless somebody says otherwise.
const COMMAND_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// A record that a site has said, or a gap in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Which box.
    pub agent: Id<Agent>,
    /// `money`, `event` or `sample`.
    pub stream: &'static str,
    /// The epoch, 16 hexadecimal digits.
    pub epoch: String,
    /// Its number.
    pub seq: u64,
    /// The last number of a gap; of a record the same as `seq`.
    pub to_seq: u64,
    /// The name it was made under: epoch and number.
    pub made: Option<(String, u64)>,
    /// What it is; a number where this house does not know the kind, `gap` for a gap.
    pub kind: String,
    /// Why there is a gap.
    pub gap: Option<String>,
    /// How many records of these numbers were held for their term and let go; the others
    /// of them are here.
    pub let_go: Option<u64>,
    /// When it happened, as the box knew it.
    pub event: Wall,
    /// When it was held here.
    pub received: Wall,
    /// Whether the box itself brought it, over a connection; none for a gap, and of records
    /// of which that was not written down.
    pub by_line: Option<bool>,
    /// What it says, where that is of the box itself and of nobody; none for a gap.
    pub inside: Option<Inside>,
}

/// What a record says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Which boot, 32 hexadecimal digits.
    pub boot: String,
    /// When, on the clock of that boot.
    pub mono: Mono,
    /// Whether the box knew the house's time then.
    pub synced: bool,
    /// The edition of the body.
    pub ver: u32,
    /// The body, base64.
    pub body: String,
}

/// Kinds whose bodies speak of a box, or of the dish beside it, and of no person.
const OF_BOXES: [Kind; 9] = [
    Kind::CLOCK,
    kinds::VITALS,
    kinds::STARTED,
    kinds::UPDATED,
    kinds::CONFIGURED,
    kinds::ROUND,
    kinds::BEGAN,
    kinds::DISH,
    kinds::SPEED,
];

/// What the boxes of a site have said, by box, stream, epoch and number. Also what to
/// begin the next page after, if there may be one.
///
/// # Errors
/// `site` (not found); `query` if the cursor is none of this list.
pub async fn heard(
    conn: &mut Conn,
    who: &Who,
    id: Id<Site>,
    after: Option<&str>,
    limit: i64,
) -> Result<(Vec<Heard>, Option<String>), Problem> {
    site::readable(conn, who, id).await?;
    let after = after.map(mark).transpose()?;
    let found = rows::said(conn, id, after, limit).await?;
    let next = found
        .last()
        .map(written)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(heard_of).collect(), next))
}

/// When each site was heard last that ever was, whoever asks.
///
/// # Errors
/// If the database does not answer.
pub async fn heard_last(conn: &mut Conn) -> Result<BTreeMap<Id<Site>, Wall>, store::Error> {
    rows::heard(conn, None).await
}

/// A command and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which: 32 hexadecimal digits.
    pub id: String,
    /// For which box.
    pub agent: Id<Agent>,
    /// What it was to do.
    pub kind: String,
    /// Who wanted it.
    pub by: Option<Id<Person>>,
    /// When.
    pub made: Wall,
    /// Not to be begun from then on.
    pub expires: Wall,
    /// How it ended, if it is known.
    pub ended: Option<String>,
    /// When that was heard.
    pub ended_at: Option<Wall>,
    /// What the box had to say, if it is text.
    pub answer: Option<String>,
}

/// The commands for a site's boxes, the newest first.
///
/// # Errors
/// `site` (not found).
pub async fn told(
    conn: &mut Conn,
    who: &Who,
    id: Id<Site>,
    limit: i64,
) -> Result<Vec<Told>, Problem> {
    site::readable(conn, who, id).await?;
    let found = rows::commands(conn, id, limit).await?;
    Ok(found
        .into_iter()
        .map(|row| Told {
            id: hex(row.id.as_bytes()),
            agent: row.agent,
            kind: kinds::command(row.kind),
            by: row.by,
            made: row.made,
            expires: row.expires,
            ended: row.ended,
            ended_at: row.ended_at,
            answer: row.answer.and_then(|bytes| String::from_utf8(bytes).ok()),
        })
        .collect())
}

/// Tells the box of a site to say how it is: at once if it is connected, else with its
/// next connection. Its id.
///
/// # Errors
/// `site` (not found), `not-allowed`, or `site-state` if no box is let in.
pub async fn ask_how(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Site>,
) -> Result<(String, Sent), Problem> {
    let site = site::readable(tx, who, id).await?;
    who.require(Permission::SitesWrite, &site.place())?;
    let agent = let_in(tx, id).await?;
    let now = hall.now();
    let what = (kinds::HOW_ARE_YOU, Vec::new());
    let (command, sent) = tell(hall, tx, who, agent, what, now.wall + COMMAND_LIFE).await?;
    let name = hex(command.as_bytes());
    let act = Act {
        verb: "site.commanded",
        subject: id.to_string(),
        detail: json!({ "agent": agent, "command": name,
            "kind": kinds::command(kinds::HOW_ARE_YOU.into()) }),
    };
    audit::record(tx, now, who, act).await?;
    Ok((name, sent))
}

/// So long a box may hear of it that it is to measure.
const MEASURE_LIFE: Duration = Duration::from_secs(3_600);

/// Tells the box of a site to measure how fast its connection is, within the hour and for
/// so many octets at most. Its id. Whoever calls has looked whether he may.
///
/// # Errors
/// `site` (not found), or `site-state` if no box is let in.
pub async fn measure(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Site>,
    octets: u64,
    body: Vec<u8>,
) -> Result<(String, Sent), Problem> {
    site::readable(tx, who, id).await?;
    let agent = let_in(tx, id).await?;
    let now = hall.now();
    let order = Order {
        kind: kinds::MEASURE,
        body,
        expires: now.wall + MEASURE_LIFE,
        // Twice is twice the octets.
        repeatable: false,
    };
    let (command, sent) = give(hall, tx, who, agent, order).await?;
    let name = hex(command.as_bytes());
    let act = Act {
        verb: "site.commanded",
        subject: id.to_string(),
        detail: json!({ "agent": agent, "command": name, "octets": octets,
            "kind": kinds::command(kinds::MEASURE.into()) }),
    };
    audit::record(tx, now, who, act).await?;
    Ok((name, sent))
}

/// The box that is let in at a site.
async fn let_in(tx: &mut Tx, id: Id<Site>) -> Result<Id<Agent>, Problem> {
    agents::agents_of(tx, id)
        .await?
        .iter()
        .find(|agent| agent.standing == Standing::Active)
        .map(|agent| agent.id)
        .ok_or_else(|| Problem::conflict("site-state", "No box is let in at this site."))
}

/// Whether a site's box was told to measure and its end is not known, and may still come.
///
/// # Errors
/// If the database does not answer.
pub async fn measures(conn: &mut Conn, id: Id<Site>, now: Wall) -> Result<bool, store::Error> {
    rows::goes_on(conn, id, kinds::MEASURE, now).await
}

/// Who has given a box that command; none if nobody has.
///
/// # Errors
/// If the database does not answer.
pub async fn asker(
    conn: &mut Conn,
    agent: Id<Agent>,
    command: [u8; 16],
) -> Result<Option<Id<Person>>, store::Error> {
    rows::commander(conn, agent, Ulid::from_bytes(command)).await
}

/// Tells a box to do something that doing twice is doing once; the name of the command.
pub(crate) async fn tell(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    agent: Id<Agent>,
    what: (u32, Vec<u8>),
    expires: Wall,
) -> Result<(Ulid, Sent), Problem> {
    let order = Order {
        kind: what.0,
        body: what.1,
        expires,
        repeatable: true,
    };
    give(hall, tx, who, agent, order).await
}

/// What a box is told to do.
struct Order {
    kind: u32,
    body: Vec<u8>,
    expires: Wall,
    /// Whether doing it twice is doing it once.
    repeatable: bool,
}

async fn give(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    agent: Id<Agent>,
    order: Order,
) -> Result<(Ulid, Sent), Problem> {
    // The layout of a ULID is that of our ids: milliseconds, then randomness.
    let ulid: Id<Agent> = hall.mint();
    let command = Command {
        id: Ulid::from_bytes(*ulid.as_bytes()),
        kind: order.kind,
        expires: order.expires,
        repeatable: order.repeatable,
        body: order.body,
    };
    let now = hall.now().wall;
    rows::command(tx, agent, &command, Some(who.person()), now).await?;
    Ok((command.id, Sent { agent, command }))
}

/// A command that is written and not sent yet: it goes out once it is held.
#[derive(Debug)]
#[must_use]
pub struct Sent {
    agent: Id<Agent>,
    command: Command,
}

impl Sent {
    /// It is held: tells the box, if it is connected.
    pub fn go(self, hall: &Hall) {
        hall.sites().command(self.agent, self.command);
    }
}

/// Takes in what a box has written to a stick; the receipt that goes back to it.
///
/// # Errors
/// `carried` if the file is none, was cut off or changed, or is of no box that this
/// caller may know of; `not-allowed`.
pub async fn carried(hall: &Hall, who: &Who, file: &[u8]) -> Result<Vec<u8>, Problem> {
    let wrong = |why: String| Problem::invalid("carried", why);
    let (label, frames) = carry::unpack(file).map_err(|error| wrong(error.to_string()))?;
    let frames: Vec<Vec<u8>> = frames.into_iter().map(<[u8]>::to_vec).collect();
    let unknown = || wrong("It is of no box that is known here.".to_owned());
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let agent = agents::agent(&mut tx, label.agent)
        .await?
        .ok_or_else(unknown)?;
    let site = site::readable(&mut tx, who, agent.site)
        .await
        .map_err(|_| unknown())?;
    who.require(Permission::SitesWrite, &site.place())?;
    let act = Act {
        verb: "site.carried",
        subject: site.id.to_string(),
        detail: json!({
            "agent": agent.id, "made_us": label.made, "frames": frames.len(),
            "sha256": hex(&sha256(file)),
        }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    let caller = Caller {
        agent: agent.id,
        site: agent.site,
        key_hash: agent.key_hash,
    };
    let centre = hall.sites().clone();
    let answers = centre.take_in(hall.clone(), caller, frames).await;
    let label = carry::Label {
        agent: agent.id,
        centre: hall.authority().house_key().to_string(),
        made: now.wall,
    };
    Ok(carry::pack(&label, answers.iter().map(Vec::as_slice)))
}

fn heard_of(said: Said) -> Heard {
    let envelope = said.raw.as_deref().map(Envelope::decode);
    let inside = match envelope {
        Some(Ok(it)) if OF_BOXES.contains(&it.kind) => Some(Inside {
            boot: hex(it.boot.as_bytes()),
            mono: it.mono,
            synced: it.quality == Quality::Synced,
            ver: it.ver,
            body: BASE64.encode(&it.body),
        }),
        Some(_) | None => None,
    };
    Heard {
        inside,
        agent: said.agent,
        stream: word(said.at.stream),
        epoch: epoch(said.at.epoch),
        seq: said.from.get(),
        to_seq: said.to.get(),
        made: said.made.map(|(made, seq)| (epoch(made), seq.get())),
        kind: said.kind.map_or_else(|| "gap".to_owned(), kinds::record),
        gap: said.gap,
        let_go: said.let_go.and_then(|records| u64::try_from(records).ok()),
        event: said.event,
        received: said.received,
        by_line: said.by_line,
    }
}

fn epoch(epoch: Epoch) -> String {
    format!("{:016x}", epoch.bits())
}

/// Where a page ended, as a cursor: box, stream, epoch, number.
fn written(said: &Said) -> String {
    let stream = said.at.stream.number();
    let (epoch, from) = (epoch(said.at.epoch), said.from.get());
    format!("{}.{stream}.{epoch}.{from}", said.agent)
}

fn mark(text: &str) -> Result<Mark, Problem> {
    let read = || {
        let mut parts = text.split('.');
        let agent = parts.next()?.parse().ok()?;
        let stream = Stream::from_number(parts.next()?.parse().ok()?)?;
        let epoch = Epoch::from_bits(u64::from_str_radix(parts.next()?, 16).ok()?);
        let from = Seq::new(parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Mark {
            agent,
            at: Chain { stream, epoch },
            from,
        })
    };
    read().ok_or_else(|| {
        Problem::invalid("query", "A parameter cannot stand.")
            .field("cursor", "is not one of this list")
    })
}
