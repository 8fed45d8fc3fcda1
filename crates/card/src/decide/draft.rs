//! A list on its way: begun, ruled on, given up.

use base::day::Day;
use base::id::{Exception, Id, Objection};
use card_core::decree::{self, Answer};
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use serde_json::json;
use store::Tx;

use super::Weighed;
use crate::programme;
use crate::sql::decision::{self, DecisionRow, RulingRow, State};
use crate::sql::exception::{self, ExceptionRow};
use crate::sql::run;
use crate::subject::SubjectId;
use crate::text;

/// What a draft is begun with.
#[derive(Debug, Clone)]
pub(crate) struct Begin {
    pub(crate) slug: String,
    pub(crate) version: Option<i64>,
    pub(crate) on: Option<Day>,
    pub(crate) title: Option<String>,
}

/// What is done stays done.
pub(crate) fn done() -> Problem {
    Problem::conflict(
        "card-decided",
        "This list is no draft any more; what was adopted is never changed.",
    )
}

/// Begins a draft; its number.
pub(crate) async fn begin(hall: &Hall, who: &Who, tx: &mut Tx, it: Begin) -> Result<i64, Problem> {
    let kept = programme::find(tx, &it.slug, it.version).await?;
    let none = || {
        Problem::conflict(
            "card-no-facts",
            "No examination keeps what rules are judged by: examine the lists first.",
        )
    };
    let run = run::counting(tx).await?.ok_or_else(none)?;
    if run.facts.is_none() {
        return Err(none());
    }
    let slug = Some(it.slug.as_str());
    for state in [State::Draft, State::Writing] {
        if let Some(open) = decision::some(tx, slug, Some(state), None, 1)
            .await?
            .first()
        {
            return Err(Problem::conflict(
                "card-draft",
                "There is an open draft of this programme: go on with it, or drop it.",
            )
            .field("number", open.number.to_string()));
        }
    }
    let before = decision::some(tx, slug, Some(State::Adopted), None, 1).await?;
    let now = hall.now();
    let row = DecisionRow {
        number: 0,
        slug: it.slug,
        version: kept.row.version,
        run: run.number,
        on: it.on.unwrap_or_else(|| hall.today()),
        baseline: before.first().map(|row| row.number),
        state: State::Draft,
        title: it.title.unwrap_or_else(|| kept.programme.name.clone()),
        by: who.person(),
        began: now.wall,
        result: None,
        decree: None,
        sha256: None,
        adopted_by: None,
        adopted: None,
        keep_until: None,
        headless: None,
        failure: None,
    };
    let number = decision::begin(tx, &row).await?;
    let act = Act {
        verb: "card_decision.drafted",
        subject: format!("list {number}"),
        detail: json!({ "programme": row.slug, "version": row.version, "run": row.run,
            "on": row.on, "baseline": row.baseline }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(number)
}

/// A list that can still be ruled on.
pub(crate) async fn open(tx: &mut Tx, number: i64) -> Result<DecisionRow, Problem> {
    let row = find(tx, number).await?;
    match row.state {
        State::Draft => Ok(row),
        State::Writing | State::Adopted | State::Dropped => Err(done()),
    }
}

/// A list.
pub(crate) async fn find(conn: &mut store::Conn, number: i64) -> Result<DecisionRow, Problem> {
    decision::find(conn, number)
        .await?
        .ok_or_else(|| Problem::not_found("card-decision", "There is no such list."))
}

/// A list that was adopted.
pub(crate) fn adopted(row: DecisionRow) -> Result<DecisionRow, Problem> {
    match row.state {
        State::Adopted => Ok(row),
        State::Draft | State::Writing | State::Dropped => Err(Problem::not_found(
            "card-decision",
            "There is no such list that was adopted.",
        )),
    }
}

/// Rules on a group.
pub(crate) async fn rule(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    weighed: &Weighed,
    number: i64,
    ruled: (&str, Answer, String),
) -> Result<(), Problem> {
    let (name, answer, reason) = ruled;
    let group = weighed.group(name);
    if group.is_none() && name != super::absent_group() {
        return Err(Problem::not_found(
            "card-group",
            "There is no such group in this list.",
        ));
    }
    let alone = group.is_some_and(|group| !weighed.programme.rules[group.rule].in_bulk);
    if answer == Answer::Remove && alone {
        return Err(Problem::conflict(
            "card-not-in-bulk",
            "By this rule nobody is removed in bulk: decide about each alone, or hold all of them.",
        ));
    }
    let now = hall.now();
    let ruling = RulingRow {
        group: name.to_owned(),
        answer,
        reason,
        by: who.person(),
        at: now.wall,
    };
    decision::rule(tx, number, &ruling).await?;
    let act = Act {
        verb: "card_decision.ruled",
        subject: format!("list {number}"),
        // The reason stands with the ruling: what somebody writes there may name people.
        detail: json!({ "group": name, "answer": answer.as_str() }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(())
}

/// Decides about one subject, in all lists of a programme from now on.
pub(crate) async fn except(
    hall: &Hall,
    who: &Who,
    tx: &mut Tx,
    it: Excepted<'_>,
) -> Result<Id<Exception>, Problem> {
    let id: Id<Exception> = hall.mint();
    let now = hall.now();
    let row = ExceptionRow {
        id,
        slug: it.slug.to_owned(),
        subject: *it.subject.octets(),
        area: it.area,
        answer: it.answer,
        reason: text::seal(
            hall.vault(),
            text::Of::Exception,
            &id.to_string(),
            it.reason,
        )?,
        objection: it.objection,
        by: who.person(),
        at: now.wall,
        ended: None,
    };
    let ended = exception::add(tx, &row).await?;
    // The reason may name people, and the audit is kept for good: it is told by its id.
    let act = Act {
        verb: "card_exception.added",
        subject: it.subject.to_string(),
        detail: json!({ "exception": id, "programme": it.slug, "answer": it.answer.as_str(),
            "objection": it.objection, "ended": ended }),
    };
    audit::record(tx, now, who, act).await?;
    Ok(id)
}

/// What is decided about one subject.
#[derive(Debug, Clone)]
pub(crate) struct Excepted<'a> {
    pub(crate) slug: &'a str,
    pub(crate) subject: SubjectId,
    pub(crate) area: Option<base::area::AreaCode>,
    pub(crate) answer: decree::Exception,
    pub(crate) reason: &'a str,
    pub(crate) objection: Option<Id<Objection>>,
}

/// Why somebody decided about one subject.
pub(crate) fn reason(hall: &Hall, row: &ExceptionRow) -> Result<String, Problem> {
    let name = row.id.to_string();
    Ok(text::told(
        hall.vault(),
        text::Of::Exception,
        &name,
        &row.reason,
    )?)
}
