//! Shifts: whose turn it is to look after what happens at a place, and what he leaves
//! to the next (serah terima).
//!
//! A desk is an area: the province for the command centre, a regency for one of its
//! own. It has one shift at a time. Whoever has it writes what he leaves; another
//! person accepts exactly that, and has the shift from then on. **Signed** means that
//! both acts stand in the audit chain, each by the login of whoever did it, with the
//! SHA-256 of the text that both have seen: what the chain proves needs no second
//! signature ([`crate::audit`]).

mod handover;

use base::area::AreaCode;
use base::fact::Fact;
use base::id::{AuditEntry, Id, Person, Shift};
use base::now::{Now, Wall};
use serde_json::json;
use store::{Conn, Error, Tx, facts};

use crate::audit::{self, Act, hex};
use crate::ca::sha256;
use crate::guard::{Permission, Place, Who};
use crate::incident::desk::TEXT_MAX;
use crate::problem::Problem;
use crate::sql::shift::{self as rows, HandoverRow, NoteRow, ShiftRow};
use crate::{Hall, areas, line, local};

/// What ends a shift.
pub(crate) const ENDS: [&str; 2] = ["handed_over", "left"];

const READ: Permission = Permission::IncidentsRead;
const WRITE: Permission = Permission::IncidentsWrite;

/// Which shifts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only at this desk.
    pub(crate) area: Option<AreaCode>,
    /// Only those that go on.
    pub(crate) going_on: bool,
    /// What the last page ended with: a number.
    pub(crate) before: Option<i64>,
}

/// What a shift left to the next, and whether that is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    pub(crate) row: HandoverRow,
    /// Whether the text that is kept has the hash that was written down with it.
    pub(crate) is_as_written: bool,
    /// The entries of the audit chain that name this hash: by whoever wrote the text, and
    /// by whoever accepted it.
    pub(crate) written_entry: Option<Id<AuditEntry>>,
    pub(crate) accepted_entry: Option<Id<AuditEntry>>,
}

/// Shifts that somebody may know of, the newest first. Also what to begin the next page
/// before, if there may be one.
pub(crate) async fn list(
    conn: &mut Conn,
    who: &Who,
    filter: &Filter,
    limit: i64,
) -> Result<(Vec<ShiftRow>, Option<i64>), Error> {
    // A desk is of no office: grants over one do not reach it.
    let (text, values) = who.visible(READ, "h.area_code", "NULL");
    let mut query = rows::list().raw(" AND ").condition(&text, values);
    if let Some(area) = &filter.area {
        query = query.push(" AND h.area_code = ", area.as_str());
    }
    if filter.going_on {
        query = query.raw(" AND h.ended_us IS NULL");
    }
    if let Some(before) = filter.before {
        query = query.push(" AND h.number < ", before);
    }
    query = query.push(" ORDER BY h.number DESC LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.number)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found, next))
}

/// One shift with its log, if this caller may know of it.
pub(crate) async fn find(
    conn: &mut Conn,
    who: &Who,
    id: Id<Shift>,
) -> Result<(ShiftRow, Vec<NoteRow>), Problem> {
    let row = readable(conn, who, id).await?;
    let notes = rows::notes(conn, id).await?;
    Ok((row, notes))
}

/// Begins a shift where none goes on.
pub(crate) async fn begin(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    area: &AreaCode,
) -> Result<ShiftRow, Problem> {
    if !areas::exists(tx, area).await? {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    who.require(WRITE, &place(area))?;
    somebody(who)?;
    if let Some(other) = rows::going_on(tx, area).await? {
        return Err(Problem::conflict(
            "shift-taken",
            "Somebody has the shift there; take it over by its hand-over.",
        )
        .field("shift", other.id.to_string()));
    }
    let now = hall.now();
    let row = fresh(hall, tx, who, now, area, None).await?;
    let act = Act {
        verb: "shift.begun",
        subject: row.id.to_string(),
        detail: json!({ "number": row.number, "area": area }),
    };
    audit::record(tx, now, who, act).await?;
    changed(tx, row.id, now.wall).await?;
    Ok(row)
}

/// Writes something into the log of a shift that goes on.
pub(crate) async fn note(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Shift>,
    text: &str,
) -> Result<ShiftRow, Problem> {
    let row = going_on(tx, who, id).await?;
    let text = line::read("text", text, TEXT_MAX)?;
    let now = hall.now();
    let seq = rows::add_note(tx, id, now.wall, who.person(), &text).await?;
    let act = Act {
        verb: "shift.noted",
        subject: id.to_string(),
        detail: json!({ "seq": seq, "text_sha256": hex(&sha256(text.as_bytes())) }),
    };
    audit::record(tx, now, who, act).await?;
    changed(tx, id, now.wall).await?;
    Ok(row)
}

/// Writes what whoever has the shift leaves to the next. Written again, the newest
/// counts.
pub(crate) async fn hand_over(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Shift>,
    message: Option<&str>,
) -> Result<Proven, Problem> {
    let row = going_on(tx, who, id).await?;
    if row.person != who.person() {
        return Err(
            Problem::conflict("shift-state", "Whoever has the shift hands it over.")
                .field("person", row.person.to_string()),
        );
    }
    let message = line::read_maybe("message", message, TEXT_MAX)?;
    let now = hall.now();
    let (text, listed) = handover::compose(hall, tx, &row, message.as_deref(), now.wall).await?;
    let mut written = HandoverRow {
        nth: 0,
        sha256: hex(&sha256(text.as_bytes())),
        text,
        written: now.wall,
        written_by: who.person(),
        accepted: None,
        accepted_by: None,
    };
    written.nth = rows::add_handover(tx, id, &written).await?;
    let act = Act {
        verb: HANDED_OVER,
        subject: id.to_string(),
        detail: json!({ "nth": written.nth, "sha256": written.sha256, "incidents": listed }),
    };
    audit::record(tx, now, who, act).await?;
    changed(tx, id, now.wall).await?;
    proven(tx, id, written).await
}

/// Accepts what was left, as it was read: the shift is the caller's from now on. The new
/// shift.
pub(crate) async fn accept(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Shift>,
    read: &str,
) -> Result<ShiftRow, Problem> {
    let row = going_on(tx, who, id).await?;
    somebody(who)?;
    let left = rows::handover(tx, id).await?.ok_or_else(none_left)?;
    if left.written_by == who.person() {
        return Err(Problem::conflict(
            "shift-state",
            "Nobody accepts what he has written himself.",
        ));
    }
    if left.sha256 != read {
        return Err(Problem::conflict(
            "handover-changed",
            "What is left was written anew since you read it; read it again.",
        )
        .field("sha256", left.sha256));
    }
    let now = hall.now();
    rows::accept(tx, id, left.nth, now.wall, who.person()).await?;
    rows::end(tx, id, now.wall, ENDS[0], who.person(), None).await?;
    let next = fresh(hall, tx, who, now, &row.area, Some(id)).await?;
    let act = Act {
        verb: ACCEPTED,
        subject: id.to_string(),
        detail: json!({
            "nth": left.nth, "sha256": left.sha256, "next": next.id, "from": left.written_by,
        }),
    };
    audit::record(tx, now, who, act).await?;
    changed(tx, id, now.wall).await?;
    changed(tx, next.id, now.wall).await?;
    Ok(next)
}

/// Ends a shift that nobody hands over, with the reason: whoever had it has gone, or
/// nobody comes.
pub(crate) async fn leave(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Shift>,
    why: &str,
) -> Result<ShiftRow, Problem> {
    going_on(tx, who, id).await?;
    let why = line::read("why", why, TEXT_MAX)?;
    let now = hall.now();
    rows::end(tx, id, now.wall, ENDS[1], who.person(), Some(&why)).await?;
    let act = Act {
        verb: "shift.left",
        subject: id.to_string(),
        detail: json!({ "why_sha256": hex(&sha256(why.as_bytes())) }),
    };
    audit::record(tx, now, who, act).await?;
    changed(tx, id, now.wall).await?;
    readable(tx, who, id).await
}

/// What a shift has left to the next, with its proof.
pub(crate) async fn left(conn: &mut Conn, who: &Who, id: Id<Shift>) -> Result<Proven, Problem> {
    readable(conn, who, id).await?;
    let row = rows::handover(conn, id).await?.ok_or_else(none_left)?;
    proven(conn, id, row).await
}

const HANDED_OVER: &str = "shift.handed_over";
const ACCEPTED: &str = "shift.accepted";

/// Entries of one shift that are looked through for the two that prove its hand-over.
/// Bound; policy: the newest, so one that was written anew more often is not proven here
/// and `betang audit` finds it.
const ENTRIES: i64 = 200;

async fn proven(conn: &mut Conn, id: Id<Shift>, row: HandoverRow) -> Result<Proven, Problem> {
    let written_entry = entry(conn, id, HANDED_OVER, &row.sha256, Some(row.written_by)).await?;
    let accepted_entry = match row.accepted_by {
        Some(by) => entry(conn, id, ACCEPTED, &row.sha256, Some(by)).await?,
        None => None,
    };
    Ok(Proven {
        is_as_written: hex(&sha256(row.text.as_bytes())) == row.sha256,
        written_entry,
        accepted_entry,
        row,
    })
}

/// The entry by which somebody has put his name to a text.
async fn entry(
    conn: &mut Conn,
    id: Id<Shift>,
    verb: &str,
    hash: &str,
    by: Option<Id<Person>>,
) -> Result<Option<Id<AuditEntry>>, Error> {
    let filter = audit::Filter {
        verb: Some(verb.to_owned()),
        subject: Some(id.to_string()),
        actor: by.map(|person| person.to_string()),
        ..audit::Filter::default()
    };
    let (entries, _) = audit::list(conn, &filter, ENTRIES).await?;
    let found = entries
        .into_iter()
        .find(|entry| entry.detail["sha256"] == hash);
    Ok(found.map(|entry| entry.id))
}

/// A shift is had by a human being, and not by the door of the machine.
fn somebody(who: &Who) -> Result<(), Problem> {
    if local::is_door(who.person()) {
        return Err(Problem::denied(
            "not-allowed",
            "A shift is a person's: log in, or send a token of yours.",
        ));
    }
    Ok(())
}

async fn fresh(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    now: Now,
    area: &AreaCode,
    after: Option<Id<Shift>>,
) -> Result<ShiftRow, Error> {
    let mut row = ShiftRow {
        id: hall.mint(),
        number: 0,
        area: area.clone(),
        person: who.person(),
        from: now.wall,
        after,
        ended: None,
        ended_how: None,
        ended_by: None,
        ended_why: None,
    };
    row.number = rows::insert(tx, &row).await?;
    Ok(row)
}

async fn readable(conn: &mut Conn, who: &Who, id: Id<Shift>) -> Result<ShiftRow, Problem> {
    rows::by_id(conn, id)
        .await?
        .filter(|row| who.may(READ, &place(&row.area)))
        .ok_or_else(|| Problem::not_found("shift", "There is no such shift."))
}

/// A shift that goes on and that the caller may change.
async fn going_on(conn: &mut Conn, who: &Who, id: Id<Shift>) -> Result<ShiftRow, Problem> {
    let row = readable(conn, who, id).await?;
    who.require(WRITE, &place(&row.area))?;
    if row.ended.is_some() {
        return Err(Problem::conflict("shift-state", "The shift has ended."));
    }
    Ok(row)
}

async fn changed(tx: &mut Tx, shift: Id<Shift>, now: Wall) -> Result<(), Error> {
    facts::append(tx, &Fact::ShiftChanged { shift }, now).await
}

fn place(area: &AreaCode) -> Place {
    Place::new(Some(area.clone()), None)
}

fn none_left() -> Problem {
    Problem::not_found("handover", "Nothing was left to the next shift yet.")
}
