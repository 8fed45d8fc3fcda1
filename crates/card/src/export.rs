//! The annex of a list as a whole: asked for by one person, granted by another, taken by the
//! first within a day.
//!
//! ```text
//! asked ──▶ granted ──▶ taken, three times at most
//!    └────▶ refused
//! ```
//!
//! It is handed out village by village, each part made again and held against the cover before
//! a line of it leaves. Each line names the export, who asked and the day, so that a copy that
//! goes astray tells whose it was. The last line counts all lines and has the hash of all that
//! stands before it: a file without that line is not whole.

use std::convert::Infallible;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures::Stream;
use futures::stream;
use hall::Hall;
use hall::audit::{self, Act};
use hall::csv::File;
use hall::guard::{Permission, Who};
use hall::problem::Problem;
use hall::staff;
use serde_json::json;
use std::time::Duration;
use store::Tx;

use crate::decide::annex::{self, Head};
use crate::decide::{self, draft};
use crate::programme;
use crate::sql::decision::{self, DecisionRow, PartRow};
use crate::sql::export::{self as rows, Answered, ExportRow, State};
use crate::sql::judged;
use crate::text;

/// So long it can be taken once it was granted.
const OPEN: Duration = Duration::from_secs(24 * 3600);

/// So often it can be taken: a link may break.
pub(crate) const TIMES: i64 = 3;

/// Refuses whoever may not open all families of the province.
fn require(who: &Who) -> Result<(), Problem> {
    decide::require_whole(who, Permission::CardOpen)
}

/// How an export is called in the audit.
fn subject(number: i64) -> String {
    format!("export {number}")
}

/// There is no such export.
pub(crate) fn none() -> Problem {
    Problem::not_found("card-export", "There is no such export.")
}

/// What became of an export, by the time.
pub(crate) fn state(row: &ExportRow, hall: &Hall) -> &'static str {
    let until = row.answered.as_ref().and_then(|it| it.until);
    match row.state {
        State::Asked | State::Refused => row.state.as_str(),
        State::Granted if row.taken >= TIMES || until.is_none_or(|it| it <= hall.now().wall) => {
            "ended"
        }
        State::Granted if row.taken > 0 => "taken",
        State::Granted => row.state.as_str(),
    }
}

/// What somebody asked for it for; in words where that was destroyed.
pub(crate) fn purpose(hall: &Hall, row: &ExportRow) -> Result<String, Problem> {
    let name = row.number.to_string();
    Ok(text::told(
        hall.vault(),
        text::Of::Export,
        &name,
        &row.purpose,
    )?)
}

/// Asks for the annex of an adopted list as a whole.
///
/// # Errors
/// `not-allowed`, or `card-decision` where no such list was adopted.
pub(crate) async fn ask(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    decision: i64,
    purpose: &str,
) -> Result<ExportRow, Problem> {
    require(who)?;
    let list = draft::adopted(draft::find(tx, decision).await?)?;
    let parts = decision::parts(tx, list.number).await?;
    let (number, now) = (rows::next(tx).await?, hall.now());
    let name = number.to_string();
    let row = ExportRow {
        number,
        decision,
        rows: parts.iter().map(|part| part.rows).sum(),
        state: State::Asked,
        purpose: text::seal(hall.vault(), text::Of::Export, &name, purpose)?,
        by: who.person(),
        at: now.wall,
        answered: None,
        taken: 0,
        last: None,
    };
    rows::add(tx, &row).await?;
    let act = Act {
        verb: "card_export.asked",
        subject: subject(number),
        // What for stands with the export: it may name people, and the audit is kept for good.
        detail: json!({ "decision": decision, "rows": row.rows }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(row)
}

/// Grants or refuses what somebody else asked for.
///
/// # Errors
/// `not-allowed`, `card-export`, `card-second-person` for whoever asked, `card-export-answered`
/// if it was answered.
pub(crate) async fn answer(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    number: i64,
    is_granted: bool,
) -> Result<ExportRow, Problem> {
    decide::require(who)?;
    let row = rows::find(tx, number).await?.ok_or_else(none)?;
    if row.by == who.person() {
        return Err(Problem::conflict(
            "card-second-person",
            "Somebody else than who asked for it has to answer.",
        ));
    }
    let now = hall.now();
    let answered = Answered {
        by: who.person(),
        at: now.wall,
        until: is_granted.then_some(now.wall + OPEN),
    };
    if !rows::answer(tx, number, &answered).await? {
        return Err(Problem::conflict(
            "card-export-answered",
            "Somebody has answered before; what was answered stays.",
        ));
    }
    let act = Act {
        verb: match is_granted {
            true => "card_export.granted",
            false => "card_export.refused",
        },
        subject: subject(number),
        detail: json!({ "decision": row.decision, "rows": row.rows }),
    };
    audit::record(tx, now, who, act).await?;
    rows::find(tx, number).await?.ok_or_else(none)
}

/// Takes what was granted: from then on it is handed out. That it was taken is kept before a
/// line leaves.
///
/// # Errors
/// `not-allowed`, `card-export`, `card-export-closed` where it is not granted, its time is up
/// or it was taken often enough, `card-annex-altered` where the cover is not what was adopted.
pub(crate) async fn take(hall: &Hall, who: &Who, number: i64) -> Result<Taken, Problem> {
    require(who)?;
    let mut read = hall.db().read().await?;
    let row = rows::find(&mut read, number).await?.ok_or_else(none)?;
    if row.by != who.person() {
        return Err(Problem::denied(
            "not-allowed",
            "Only who has asked for it takes it.",
        ));
    }
    let list = draft::adopted(draft::find(&mut read, row.decision).await?)?;
    let kept = programme::find(&mut read, &list.slug, Some(list.version)).await?;
    let parts = decision::parts(&mut read, list.number).await?;
    let head = Head::of(&mut read, &list, &kept).await?;
    let names = staff::names(&mut read).await?;
    drop(read);
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if !rows::take(&mut tx, number, now.wall, TIMES).await? {
        return Err(Problem::conflict(
            "card-export-closed",
            "It is not granted, its time is up, or it was taken three times: ask again.",
        ));
    }
    let row = rows::find(&mut tx, number).await?.ok_or_else(none)?;
    if list.sha256.as_deref() != Some(&annex::seal(&head, &parts)) {
        return Err(altered());
    }
    let act = Act {
        verb: "card_export.taken",
        subject: subject(number),
        detail: json!({ "decision": row.decision, "rows": row.rows, "time": row.taken }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    let name = names.get(&row.by).map_or("", String::as_str);
    Ok(Taken {
        hall: hall.clone(),
        mark: format!("ekspor {number}; {name}; {}", hall.day_of(now.wall)),
        export: row,
        list,
        head,
        parts: parts.into_iter(),
        hash: Context::new(&SHA256),
        rows: 0,
    })
}

fn altered() -> Problem {
    Problem::conflict(
        "card-annex-altered",
        "The cover of this list, or a part of it, is not what was adopted: its hash is another. Nothing is handed out; have the list verified.",
    )
}

/// What is handed out.
pub(crate) struct Taken {
    hall: Hall,
    export: ExportRow,
    list: DecisionRow,
    head: Head,
    /// Those that are not handed out yet.
    parts: std::vec::IntoIter<PartRow>,
    /// What each line is marked with.
    mark: String,
    /// Of all that is handed out.
    hash: Context,
    /// How many rows are handed out.
    rows: u64,
}

impl Taken {
    /// The number of the list.
    pub(crate) const fn list(&self) -> i64 {
        self.list.number
    }

    /// The file, village by village: no more than one is held in memory.
    pub(crate) fn stream(mut self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        let heading = annex::heading(MARK);
        self.hash.update(&heading);
        let heading = stream::iter([Ok(Bytes::from(heading))]);
        let rest = stream::unfold(Some(self), async |taken| {
            let mut taken = taken?;
            let Some(part) = taken.parts.next() else {
                return Some((Ok(taken.whole()), None));
            };
            match taken.part(&part).await {
                Ok(lines) => Some((Ok(lines), Some(taken))),
                Err(problem) => Some((Ok(taken.broken(&part, &problem).await), None)),
            }
        });
        futures::StreamExt::chain(heading, rest)
    }

    /// The lines of a village, if they are those that were adopted.
    async fn part(&mut self, part: &PartRow) -> Result<Bytes, Problem> {
        if self.hall.tasks().soft().is_cancelled() {
            return Err(Problem::unavailable("closing", "The house is closing."));
        }
        let mut read = self.hall.db().read().await?;
        let placed = judged::annexed(&mut read, self.list.number, &part.area).await?;
        let opened = annex::opened(&self.hall, &mut read, placed).await?;
        drop(read);
        if annex::sealed_part(&self.head, &part.area, &opened) != *part {
            return Err(altered());
        }
        let lines = annex::marked(&self.head, &opened, &self.mark);
        self.hash.update(&lines);
        self.rows += opened.len() as u64;
        Ok(lines.into())
    }

    /// The last line of a file that is whole.
    fn whole(self) -> Bytes {
        let hash = audit::hex(self.hash.finish().as_ref());
        let said = ["SHA-256 semua oktet sebelum baris ini", &hash];
        line("UTUH", self.rows, said, &self.mark)
    }

    /// The last line of a file that is not. Who took it, and where it ends, is kept.
    async fn broken(self, part: &PartRow, problem: &Problem) -> Bytes {
        let number = self.export.number;
        tracing::error!(number, problem = problem.slug(), "an export broke off");
        if let Err(problem) = self.tell(part, problem).await {
            tracing::error!(number, problem = problem.slug(), "that it did is not kept");
        }
        let why = match problem.slug() {
            "card-annex-altered" => {
                "bagian ini tidak lagi sama dengan yang ditetapkan; mulai dari sini tidak ada yang diserahkan"
            }
            _ => "bagian ini tidak dapat dibaca sekarang; unduh lagi",
        };
        line("TIDAK UTUH", self.rows, [&part.area, why], &self.mark)
    }

    async fn tell(&self, part: &PartRow, problem: &Problem) -> Result<(), Problem> {
        let act = Act {
            verb: "card_export.broken",
            subject: subject(self.export.number),
            detail: json!({ "decision": self.list.number, "area": part.area, "rows": self.rows,
                "problem": problem.slug() }),
        };
        let mut tx = self.hall.db().write().await?;
        audit::record_for(&mut tx, self.hall.now(), self.export.by, act).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What the column is called that says whose copy it is.
const MARK: &str = "tanda salinan";

/// A last line, as wide as all others.
fn line(first: &str, rows: u64, [said, more]: [&str; 2], mark: &str) -> Bytes {
    let mut cells = vec![String::new(); annex::COLUMNS.len() + 1];
    for (cell, says) in cells.iter_mut().zip([first, &rows.to_string(), said, more]) {
        says.clone_into(cell);
    }
    if let Some(last) = cells.last_mut() {
        mark.clone_into(last);
    }
    let mut file = File::going_on();
    file.row(&cells);
    file.bytes().into()
}
