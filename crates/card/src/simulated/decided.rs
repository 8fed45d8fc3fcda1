//! Programmes of the simulation, and lists by them: one that is adopted, one that is begun, and
//! one of businesses that is begun where there are any.
//!
//! They go the way of those that people write, rule on and adopt, by the hand that puts
//! made-up things in. What somebody else has written or begun is left as it is, and so is
//! a list that is there; only one of the hand's own that the house did not get to the end
//! of is gone on with.

use base::day::Day;
use card_core::decree::{Against, Answer};
use card_core::rule::Programme;
use hall::Hall;
use hall::guard::{Permission, Who};
use hall::problem::Problem;

use crate::decide::adopt::{self, Adopting, Counts, Decree, Signatory};
use crate::decide::draft::{self, Begin};
use crate::decide::{self, Sight};
use crate::programme;
use crate::room::Room;
use crate::sql::decision::{self, DecisionRow, State};
use crate::sql::programme as rows;
use crate::sql::run;

/// What a list by it is adopted of.
const PANGAN: &str = include_str!("../../../card-core/data/programmes/pangan.toml");

/// What a list by it is begun of.
const TUNAI: &str = include_str!("../../../card-core/data/programmes/tunai.toml");

/// What a list of businesses by it is begun of, where there are any.
const MODAL: &str = include_str!("../../../card-core/data/programmes/modal.toml");

/// What stands above their texts, and beside their versions.
const MADE_UP: &str = "SIMULASI, bukan kebijakan siapa pun";

/// Days that an adopted list is kept at least.
const KEEP_DAYS: i32 = 366;

/// Waits for the examination that goes on, then keeps the programmes, adopts a list and
/// begins another.
///
/// # Errors
/// What stands in the way of one.
pub(super) async fn put_in(
    hall: &Hall,
    room: &Room,
    who: &Who,
    has_businesses: bool,
) -> Result<(), Problem> {
    if !is_examined(hall, room).await? {
        return Ok(());
    }
    if let Some(version) = keep(hall, who, PANGAN).await? {
        adopted(hall, room, who, version).await?;
    }
    if let Some(version) = keep(hall, who, TUNAI).await? {
        begun(hall, who, version).await?;
    }
    if has_businesses && let Some(version) = keep(hall, who, MODAL).await? {
        begun(hall, who, version).await?;
    }
    Ok(())
}

/// Waits for the end of an examination; whether there is something to judge by then.
async fn is_examined(hall: &Hall, room: &Room) -> Result<bool, Problem> {
    let mut turns = room.turns();
    while room.stage().is_some() {
        let turned = hall.tasks().soft().run_until_cancelled(turns.changed());
        if turned.await.is_none() {
            return Ok(false);
        }
    }
    let mut read = hall.db().read().await?;
    let run = run::counting(&mut read).await?;
    Ok(run.is_some_and(|run| run.facts.is_some()) && !is_closing(hall))
}

/// What is not begun before the house closes is begun at the next start.
fn is_closing(hall: &Hall) -> bool {
    hall.tasks().soft().is_cancelled()
}

/// The text of an example as the simulation keeps it: marked, and in force this year.
fn text(example: &str, today: Day) -> String {
    let (head, rules) = example.split_once("[[aturan]]").unwrap_or((example, ""));
    let year = today.year();
    let head = head.lines().map(|line| match line.split_once(" = ") {
        Some((key @ ("nama" | "instansi"), said)) => {
            format!("{key} = {} (simulasi)\"\n", said.trim_end_matches('"'))
        }
        Some(("berlaku_dari", _)) => format!("berlaku_dari = {year:04}-01-01\n"),
        Some(("berlaku_sampai", _)) => format!("berlaku_sampai = {year:04}-12-31\n"),
        _ => format!("{line}\n"),
    });
    format!(
        "# {MADE_UP}.\n{}[[aturan]]{rules}",
        head.collect::<String>()
    )
}

/// Keeps a programme where there is none of that name; its slug and version, unless
/// somebody else has written the newest.
async fn keep(hall: &Hall, who: &Who, example: &str) -> Result<Option<(String, i64)>, Problem> {
    let text = text(example, hall.today());
    let programme = Programme::parse(&text)
        .map_err(|wrong| Problem::bug(format!("an example is no programme: {wrong}")))?;
    let slug = programme.slug;
    let mut tx = hall.db().write().await?;
    if let Some(row) = rows::find(&mut tx, &slug, None).await? {
        return Ok((row.by == who.person()).then_some((slug, row.version)));
    }
    let written = (slug.as_str(), text.as_str());
    let version = programme::keep(hall, who, &mut tx, written, Some(MADE_UP)).await?;
    tx.commit().await?;
    Ok(Some((slug, version)))
}

/// Begins a list where there never was one by that programme; the newest.
async fn begun(
    hall: &Hall,
    who: &Who,
    (slug, version): (String, i64),
) -> Result<DecisionRow, Problem> {
    let mut tx = hall.db().write().await?;
    let newest = decision::some(&mut tx, Some(&slug), None, None, 1).await?;
    if let Some(row) = newest.into_iter().next() {
        return Ok(row);
    }
    let begin = Begin {
        slug,
        version: Some(version),
        on: None,
        title: None,
    };
    let number = draft::begin(hall, who, &mut tx, begin).await?;
    let row = draft::find(&mut tx, number).await?;
    tx.commit().await?;
    Ok(row)
}

/// Begins a list, rules on all of it and has it adopted.
async fn adopted(hall: &Hall, room: &Room, who: &Who, kept: (String, i64)) -> Result<(), Problem> {
    let row = begun(hall, who, kept).await?;
    let is_ours = row.state == State::Draft && row.by == who.person();
    if !is_ours || is_closing(hall) {
        return Ok(());
    }
    ruled(hall, room, who, &row).await?;
    let at = hall.now().wall;
    let laid = decide::lay_at(hall, room, &row, at).await?;
    let undecided = Counts::new(&laid.tally(), None).undecided;
    // What people have changed about it meanwhile is theirs to go on with.
    if undecided > 0 || !laid.weighed.programme.is_in_force(row.on) || is_closing(hall) {
        return Ok(());
    }
    let today = hall.today();
    let adopting = Adopting {
        row,
        laid,
        at,
        decree: Decree {
            number: "SIMULASI/1".to_owned(),
            day: today.to_string(),
            signatories: vec![Signatory {
                name: "SIMULASI (bukan orang)".to_owned(),
                office: "Kepala Dinas Sosial (simulasi)".to_owned(),
            }],
        },
        keep_until: hall.end_of(today.plus(KEEP_DAYS).unwrap_or(today)),
    };
    adopt::begin(hall, room, who, adopting).await
}

/// Rules on each group that nobody has ruled on: who fails leaves, of whom it is not known
/// stays meanwhile.
async fn ruled(hall: &Hall, room: &Room, who: &Who, row: &DecisionRow) -> Result<(), Problem> {
    let laid = decide::lay(hall, room, row).await?;
    let sight = Sight::new(&laid.weighed.facts, who, Permission::CardCount);
    let it = laid.clone();
    let groups =
        decide::counting(hall, room, "counting a list", move || Ok(it.groups(&sight))).await?;
    let mut tx = hall.db().write().await?;
    for name in groups.into_keys() {
        if laid.decided.rulings.contains_key(&name) {
            continue;
        }
        let group = laid.weighed.group(&name);
        let leaves = group.is_some_and(|group| {
            let rule = &laid.weighed.programme.rules[group.rule];
            group.against == Against::Fails && rule.in_bulk
        });
        let (answer, reason) = match leaves {
            true => (
                Answer::Remove,
                "SIMULASI, bukan keputusan siapa pun: tidak lolos menurut aturan ini",
            ),
            false => (
                Answer::Hold,
                "SIMULASI, bukan keputusan siapa pun: tetap menerima sampai diperiksa di lapangan",
            ),
        };
        let ruled = (name.as_str(), answer, reason.to_owned());
        draft::rule(hall, who, &mut tx, &laid.weighed, row.number, ruled).await?;
    }
    tx.commit().await?;
    Ok(())
}
