//! What may not be destroyed yet, and until when.
//!
//! ```text
//! an adopted list tells of its person or family ──▶ until that list's date
//! it says a payment ──────────────────────────────▶ ten years after the list's day
//! an objection or request about them is open ─────▶ until somebody answers
//! they are to be visited for a sample ────────────▶ until it is closed
//! a list is being adopted, whomever it tells of ───▶ until it is
//! ```
//!
//! Whoever a row belonged to at any time counts, not only whom it belongs to now: what was
//! decided was decided about him. Erasures ask for all of a subject, terms for rows of a list.

use std::collections::{BTreeMap, BTreeSet};

use base::day::Day;
use base::now::Wall;
use card_core::list::Kind;
use hall::Hall;
use store::{Conn, Error};

use crate::sql::hold as rows;
use crate::sql::list::ListRow;
use crate::sql::record::Sealed;
use crate::strongbox;
use crate::subject::SubjectId;

/// Years for which a row that says a payment is kept: a measure of the house, since audits
/// reach back.
const PAYMENT_YEARS: i32 = 10;

/// Why something is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// An adopted list tells of it.
    Decision,
    /// It says a payment.
    Payment,
    /// An objection is open.
    Objection,
    /// A request of theirs is open.
    Request,
    /// They are to be visited.
    Sample,
    /// A list is being adopted: whom it tells of stands nowhere yet.
    Adoption,
}

impl Why {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Payment => "payment",
            Self::Objection => "objection",
            Self::Request => "request",
            Self::Sample => "sample",
            Self::Adoption => "adoption",
        }
    }
}

/// Something that keeps rows from being destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hold {
    pub(crate) why: Why,
    /// The number of the adopted list, of the list that says the payment, of the objection, the
    /// request, the sample or the list that is being adopted.
    pub(crate) number: i64,
    /// Until when; none: until somebody answers, closes or has adopted it.
    pub(crate) until: Option<Wall>,
}

/// What holds all that is known of some subjects, each once: rows by their lists. `but` is the
/// request that is being followed.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of(
    hall: &Hall,
    conn: &mut Conn,
    subjects: &BTreeSet<SubjectId>,
    rows_of: &[(&ListRow, &[Sealed])],
    but: Option<i64>,
) -> Result<Vec<Hold>, Error> {
    let now = hall.now().wall;
    let mut holds = BTreeSet::new();
    for subject in subjects {
        for (number, until) in rows::decisions(conn, subject.octets(), now).await? {
            holds.insert(Hold {
                why: Why::Decision,
                number,
                until: Some(until),
            });
        }
        let octets = subject.octets();
        for (why, numbers) in [
            (Why::Objection, rows::objections(conn, octets).await?),
            (Why::Request, rows::requests(conn, octets, but).await?),
            (Why::Sample, rows::samples(conn, octets).await?),
        ] {
            holds.extend(numbers.into_iter().map(|number| Hold {
                why,
                number,
                until: None,
            }));
        }
    }
    holds.extend(rows::adoptions(conn).await?.into_iter().map(|number| Hold {
        why: Why::Adoption,
        number,
        until: None,
    }));
    for (list, rows) in rows_of {
        let until = payments_until(hall, list).filter(|until| *until > now);
        let Some(until) = until else {
            continue;
        };
        if rows.iter().any(|row| is_payment(hall, list.number, row)) {
            holds.insert(Hold {
                why: Why::Payment,
                number: list.number,
                until: Some(until),
            });
        }
    }
    Ok(holds.into_iter().collect())
}

/// Which of some rows of a list, in the order of their numbers, are held, and until when; none:
/// until somebody answers.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn of_rows(
    hall: &Hall,
    conn: &mut Conn,
    list: &ListRow,
    sealed: &[Sealed],
) -> Result<BTreeMap<u32, Option<Wall>>, Error> {
    let mut held = BTreeMap::new();
    let (Some(first), Some(last)) = (sealed.first(), sealed.last()) else {
        return Ok(held);
    };
    if !rows::adoptions(conn).await?.is_empty() {
        return Ok(sealed.iter().map(|row| (row.number, None)).collect());
    }
    let now = hall.now().wall;
    let span = (first.number, last.number);
    if let Some(until) = payments_until(hall, list).filter(|until| *until > now) {
        let paid = sealed
            .iter()
            .filter(|row| is_payment(hall, list.number, row));
        held.extend(paid.map(|row| (row.number, Some(until))));
    }
    for (number, until) in rows::by_decisions(conn, list.number, span, now).await? {
        let later = held
            .get(&number)
            .copied()
            .flatten()
            .map_or(until, |it| until.max(it));
        held.insert(number, Some(later));
    }
    for number in rows::by_open(conn, list.number, span).await? {
        held.insert(number, None);
    }
    Ok(held)
}

/// Until when rows of a list that say a payment are kept; none where its rows say none.
pub(crate) fn payments_until(hall: &Hall, list: &ListRow) -> Option<Wall> {
    if !matches!(list.kind, Kind::Kpm | Kind::Gagal) {
        return None;
    }
    let day = list.as_of.unwrap_or_else(|| hall.day_of(list.written));
    Some(hall.end_of(years_later(day, PAYMENT_YEARS)))
}

/// The same day so many years later; the last of February for the 29th.
fn years_later(day: Day, years: i32) -> Day {
    let year = day.year() + years;
    let same = Day::new(year, day.month(), day.of_month());
    same.or_else(|| Day::new(year, day.month(), 28))
        .unwrap_or(day)
}

/// Whether a row says a payment; one that cannot be read might.
fn is_payment(hall: &Hall, list: i64, row: &Sealed) -> bool {
    match strongbox::open(hall.vault(), list, row) {
        Ok(record) => record.is_some_and(|record| record.rupiah.is_some()),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_years_later_is_a_day_that_there_is() {
        for (day, later) in [
            ("2025-11-30", "2035-11-30"),
            ("2024-02-29", "2034-02-28"),
            ("2018-02-28", "2028-02-28"),
        ] {
            let day: Day = day.parse().expect("a day");
            assert_eq!(years_later(day, PAYMENT_YEARS).to_string(), later);
        }
    }
}
