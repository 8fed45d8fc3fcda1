//! A list is adopted: its rows are written, and from then on never changed.
//!
//! It is written in many transactions and stands with the last. What was half written when
//! the house stopped is taken away, and the list is a draft again.

use base::id::{Id, Person};
use base::now::Wall;
use card_core::compare::Tally;
use card_core::decree::Standing;
use card_core::rule::Verdict;
use hall::Hall;
use hall::audit::{self, Act};
use hall::guard::Who;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Error;
use utoipa::ToSchema;

use super::annex::{self, Head};
use super::{CHUNK, Decided, Laid, counting};
use crate::erase;
use crate::programme;
use crate::room::Room;
use crate::sql::decision::{self, Adopted, DecisionRow, Failure, State};
use crate::sql::judged::{self, JudgedRow};

/// Who signs a decree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardSignatory)]
pub(crate) struct Signatory {
    /// The name.
    pub(crate) name: String,
    /// As what.
    pub(crate) office: String,
}

/// The decree that a list is annexed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CardDecree)]
pub(crate) struct Decree {
    /// Its number.
    pub(crate) number: String,
    /// Its day.
    pub(crate) day: String,
    /// Who signs it.
    pub(crate) signatories: Vec<Signatory>,
}

/// How many stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = CardTally)]
pub(crate) struct Counts {
    /// Who receives.
    pub(crate) included: u64,
    /// Who receives as before, until somebody knows better.
    pub(crate) held: u64,
    /// Who does not.
    pub(crate) excluded: u64,
    /// Who does not, since it is not known whether to.
    pub(crate) unknown: u64,
    /// Who received before, and nobody has decided yet. None of a list that is adopted.
    pub(crate) undecided: u64,
    /// What those who receive get in a cycle, undecided ones with them. Null: it is not
    /// known what one gets.
    pub(crate) rupiah: Option<i64>,
}

impl Counts {
    /// Of a tally, where one gets so much.
    pub(crate) fn new(tally: &Tally, each: Option<i64>) -> Self {
        Self {
            included: tally.of(Standing::Included),
            held: tally.of(Standing::Held),
            excluded: tally.of(Standing::Excluded),
            unknown: tally.of(Standing::Unknown),
            undecided: tally.of(Standing::Undecided),
            rupiah: tally.rupiah(each),
        }
    }
}

/// All that adopting a list takes.
pub(crate) struct Adoption {
    hall: Hall,
    room: Room,
    row: DecisionRow,
    laid: Laid,
    decree: Decree,
    person: Id<Person>,
    at: Wall,
    keep_until: Wall,
}

/// A draft as it was looked at, and what is to become of it.
pub(crate) struct Adopting {
    pub(crate) row: DecisionRow,
    pub(crate) laid: Laid,
    /// When it was looked at: what is decided about subjects after that is for the next list.
    pub(crate) at: Wall,
    pub(crate) decree: Decree,
    pub(crate) keep_until: Wall,
}

/// Begins to adopt a draft.
pub(crate) async fn begin(
    hall: &Hall,
    room: &Room,
    who: &Who,
    it: Adopting,
) -> Result<(), Problem> {
    let Adopting {
        row,
        laid,
        at,
        decree,
        keep_until,
    } = it;
    let mut tx = hall.db().write().await?;
    if !decision::write(&mut tx, row.number).await? {
        return Err(super::draft::done());
    }
    erase::is_of_today(&mut tx, at).await?;
    // What somebody decided since it was looked at is not what is adopted.
    let seen = Decided::of(&mut tx, &row, at).await?;
    let now = Decided::of(&mut tx, &row, hall.now().wall).await?;
    if seen != now || !laid.is_of(seen) {
        return Err(Problem::conflict(
            "card-count",
            "Somebody has decided something since the list was looked at: look again.",
        ));
    }
    let act = Act {
        verb: "card_decision.adopting",
        subject: format!("list {}", row.number),
        detail: json!({ "decree": decree }),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    room.put_adopting(row.number, Some((0, 1)));
    let adoption = Adoption {
        hall: hall.clone(),
        room: room.clone(),
        person: who.person(),
        row,
        laid,
        at,
        decree,
        keep_until,
    };
    hall.tasks().spawn("card.adopt", adoption.run());
    Ok(())
}

impl Adoption {
    async fn run(self) {
        let number = self.row.number;
        if let Err(problem) = self.whole().await {
            tracing::error!(number, problem = problem.slug(), "a list was not adopted");
            if let Err(error) = undo(&self.hall, number, problem.slug()).await {
                tracing::error!(%error, "a half list was not taken away");
            }
        } else {
            tracing::info!(number, "a list is adopted");
        }
        self.room.put_adopting(number, None);
    }

    async fn whole(&self) -> Result<(), Problem> {
        let laid = self.laid.clone();
        let rows = counting(&self.hall, &self.room, "laying a list out", move || {
            Ok(rows(&laid))
        })
        .await?;
        let of = 2 * rows.len() as u64;
        let mut done = 0;
        for some in rows.chunks(CHUNK) {
            self.go_on()?;
            let mut tx = self.hall.db().write().await?;
            judged::write(&mut tx, self.row.number, some).await?;
            tx.commit().await?;
            done += some.len() as u64;
            self.room.put_adopting(self.row.number, Some((done, of)));
        }
        let mut read = self.hall.db().read().await?;
        let kept = programme::find(&mut read, &self.row.slug, Some(self.row.version)).await?;
        let head = Head::of(&mut read, &self.row, &kept).await?;
        drop(read);
        let placed: Vec<JudgedRow> = rows.into_iter().filter(|row| row.place.is_some()).collect();
        let mut parts = Vec::new();
        for of_one in placed.chunk_by(|a, b| a.area == b.area) {
            self.go_on()?;
            let mut read = self.hall.db().read().await?;
            let opened = annex::opened(&self.hall, &mut read, of_one.to_vec()).await?;
            drop(read);
            let area = of_one[0].area.as_ref().map_or("", |code| code.as_str());
            parts.push(annex::sealed_part(&head, area, &opened));
            done += of_one.len() as u64;
            self.room
                .put_adopting(self.row.number, Some((done.min(of), of)));
        }
        let tally = self.laid.tally();
        let counts = Counts::new(&tally, head.rupiah(1));
        let written = |error| Problem::bug(format!("a list cannot be told: {error}"));
        let now = self.hall.now();
        let adopted = Adopted {
            result: serde_json::to_value(counts).map_err(written)?,
            decree: serde_json::to_value(&self.decree).map_err(written)?,
            sha256: annex::seal(&head, &parts),
            by: self.person,
            at: self.at,
            keep_until: self.keep_until,
            headless: self
                .laid
                .headless(None)
                .and_then(|it| i64::try_from(it).ok()),
        };
        let mut tx = self.hall.db().write().await?;
        decision::write_parts(&mut tx, self.row.number, &parts).await?;
        if !decision::adopt(&mut tx, self.row.number, &adopted).await? {
            return Err(super::draft::done());
        }
        let act = Act {
            verb: "card_decision.adopted",
            subject: format!("list {}", self.row.number),
            detail: json!({
                "programme": self.row.slug, "version": self.row.version, "run": self.row.run,
                "sha256": adopted.sha256, "counts": counts,
            }),
        };
        audit::record_for(&mut tx, now, self.person, act).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The house closes: a list can be adopted again.
    fn go_on(&self) -> Result<(), Problem> {
        match self.hall.tasks().soft().is_cancelled() {
            true => Err(Problem::unavailable("closing", "The house is closing.")),
            false => Ok(()),
        }
    }
}

/// The rows of a list, by village and subject, those who receive with their places.
pub(super) fn rows(laid: &Laid) -> Vec<JudgedRow> {
    let weighed = &laid.weighed;
    let mut rows: Vec<JudgedRow> = (0..weighed.judged.len())
        .filter(|at| {
            let (standing, _) = laid.settle(*at);
            standing != Standing::Excluded
                || weighed.before(*at) == Verdict::Included
                || laid.exception(*at).is_some()
        })
        .map(|at| laid.row(at))
        .collect();
    rows.extend(weighed.absent.iter().map(|row| laid.absent_row(row)));
    rows.sort_unstable_by(|a, b| (&a.area, a.subject).cmp(&(&b.area, b.subject)));
    let places = rows.iter_mut().filter(|row| row.standing.receives());
    for (place, row) in (1..).zip(places) {
        row.place = Some(place);
    }
    rows
}

/// Takes away what was written of a list that was not adopted, for a problem of that slug; it
/// is a draft again.
async fn undo(hall: &Hall, number: i64, problem: &str) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let row = decision::find(&mut read, number).await?;
    drop(read);
    // What is adopted stays, whatever failed behind it.
    if row.is_none_or(|row| row.state != State::Writing) {
        return Ok(());
    }
    let most = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    loop {
        let mut tx = hall.db().write().await?;
        let more = judged::forget(&mut tx, number, most).await?;
        tx.commit().await?;
        if !more {
            break;
        }
    }
    let mut tx = hall.db().write().await?;
    decision::forget_parts(&mut tx, number).await?;
    let failure = Failure {
        problem: problem.to_owned(),
        at: hall.now().wall,
    };
    decision::fail(&mut tx, number, &failure).await?;
    tx.commit().await
}

/// A list that nobody writes any more is a draft again.
pub(crate) async fn heal(hall: &Hall, room: &Room, row: &DecisionRow) -> Result<(), Error> {
    if row.state == State::Writing && room.adopting(row.number).is_none() {
        // It would have been undone then, had the database answered.
        undo(hall, row.number, "unavailable").await?;
    }
    Ok(())
}

/// Lists that were being adopted when the house stopped are drafts again.
pub(crate) async fn sweep(hall: &Hall) -> Result<(), Error> {
    let mut read = hall.db().read().await?;
    let writing = decision::some(&mut read, None, Some(State::Writing), None, 100).await?;
    drop(read);
    for row in writing {
        undo(hall, row.number, "closing").await?;
        tracing::warn!(
            number = row.number,
            "a list that was being adopted is a draft again"
        );
    }
    Ok(())
}
