//! Everybody, held in memory for whoever looks for somebody without a number.
//!
//! The records of the newest examination are read and linked once more, and an index over
//! them stands in memory, plain, and nowhere else. It goes after an hour in which nobody has
//! asked, when a newer examination begins, and with the house.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::id::{Family, Id, Resident};
use base::now::Wall;
use card_core::link::explain::Why;
use card_core::link::late::{Index, Wide};
use card_core::link::register::Row;
use card_core::link::{self, Settings};
use hall::Hall;
use hall::problem::Problem;
use serde::{Deserialize, Serialize};
use store::Conn;

use crate::examine::{Outcome, memory};
use crate::review;
use crate::room::Room;
use crate::sql::list::{self, ListRow};
use crate::sql::{member, run};

/// How long the index stands that nobody asks.
const KEPT: Duration = Duration::from_secs(3_600);

/// Less probable ones are not shown: who says little about himself is never very probable, and
/// still the likest.
const SAME_MIN: f64 = 1e-6;

/// How far the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// It is not in memory.
    #[default]
    Away,
    /// It is being made: so many rows are read, of how many.
    Coming(u64, u64),
    /// Whoever looks finds.
    Here,
}

/// What is in memory, and how it came to be.
#[derive(Debug, Default)]
pub(crate) struct Seek {
    pub(crate) stage: Stage,
    pub(crate) held: Option<Held>,
    /// Which making counts: one that was let go of is not wanted any more.
    making: Option<Arc<()>>,
    /// Why it did not come to be, the last time.
    pub(crate) failure: Option<&'static str>,
}

/// The index over all records of an examination.
pub(crate) struct Held {
    index: Index,
    wide: Wide,
    /// The lists, and of each record its list among them and its row.
    lists: Vec<i64>,
    places: Vec<(u16, u32)>,
    /// Of which examination.
    pub(crate) run: i64,
    pub(crate) octets: usize,
    pub(crate) took: Duration,
    used: Wall,
}

impl fmt::Debug for Held {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Held")
            .field("run", &self.run)
            .field("records", &self.places.len())
            .finish_non_exhaustive()
    }
}

impl Held {
    pub(crate) const fn records(&self) -> usize {
        self.places.len()
    }

    /// When it goes if nobody asks any more.
    pub(crate) fn until(&self) -> Wall {
        self.used + KEPT
    }
}

/// What somebody is looked for by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) birth: String,
    pub(crate) sex: String,
    pub(crate) birthplace: String,
    pub(crate) mother: String,
    pub(crate) address: String,
    /// Ten digits.
    pub(crate) village: String,
}

impl Wanted {
    fn row(&self) -> Row<'_> {
        Row {
            name: &self.name,
            birth: &self.birth,
            sex: &self.sex,
            birthplace: &self.birthplace,
            mother: &self.mother,
            address: &self.address,
            village: &self.village,
            ..Row::default()
        }
    }
}

/// A record that is like who is looked for, the likest of a person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Like {
    pub(crate) list: i64,
    pub(crate) row: u32,
    pub(crate) person: Id<Resident>,
    pub(crate) family: Id<Family>,
    /// How probable it is that this is who is looked for.
    pub(crate) same: f64,
    pub(crate) why: Why,
}

/// Locks what may have been left half done by a panic: the index is then let go of.
pub(crate) fn of(seek: &Mutex<Seek>) -> std::sync::MutexGuard<'_, Seek> {
    seek.lock().unwrap_or_else(|poison: PoisonError<_>| {
        let mut seek = poison.into_inner();
        *seek = Seek::default();
        seek
    })
}

/// Begins to make the index of the newest examination; nothing happens where it is there, or
/// on its way.
///
/// # Errors
/// `card-run` if there was no examination, `card-examining` while one goes on.
pub(crate) async fn begin(hall: &Hall, room: &Room) -> Result<(), Problem> {
    if room.stage().is_some() {
        return Err(Problem::conflict(
            "card-examining",
            "An examination goes on; wait for its end.",
        ));
    }
    let mut read = hall.db().read().await?;
    let newest = run::counting(&mut read).await?;
    let all = list::standing(&mut read).await?;
    drop(read);
    let newest =
        newest.ok_or_else(|| Problem::not_found("card-run", "There was no examination yet."))?;
    let result = newest.result.unwrap_or_default();
    let outcome: Outcome =
        serde_json::from_value(result).map_err(|_| store::Error::corrupt("card_run.result"))?;
    let of_run = |row: &ListRow| outcome.lists.iter().any(|it| it.number == row.number);
    let mut lists: Vec<ListRow> = all.into_iter().filter(of_run).collect();
    lists.sort_by_key(|list| list.number);
    let threshold = newest.yardstick["threshold"].as_f64();
    let making = Arc::new(());
    {
        let mut seek = room.seek();
        let is_there = match seek.stage {
            Stage::Away => false,
            Stage::Coming(..) => true,
            Stage::Here => seek.held.as_ref().is_some_and(|it| it.run == newest.number),
        };
        if is_there {
            return Ok(());
        }
        let of = lists.iter().map(|it| it.rows.unsigned_abs()).sum();
        *seek = Seek {
            stage: Stage::Coming(0, of),
            making: Some(Arc::clone(&making)),
            ..Seek::default()
        };
    }
    let (it, its) = (hall.clone(), room.clone());
    let coming = async move {
        let (hall, room) = (it, its);
        let is_wanted = |room: &Room| {
            let seek = room.seek();
            seek.making
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(it, &making))
        };
        let number = newest.number;
        match make(&hall, &room, number, lists, threshold).await {
            Ok(held) => {
                if !is_wanted(&room) {
                    return;
                }
                room.put_seek(Seek {
                    stage: Stage::Here,
                    held: Some(held),
                    ..Seek::default()
                });
                stand(&hall, &room, number).await;
            }
            Err(problem) => {
                tracing::error!(run = number, problem = problem.slug(), "no index was made");
                if !is_wanted(&room) {
                    return;
                }
                room.put_seek(Seek {
                    failure: Some(problem.slug()),
                    ..Seek::default()
                });
            }
        }
    };
    hall.tasks().spawn("card.seek", coming);
    Ok(())
}

async fn make(
    hall: &Hall,
    room: &Room,
    run: i64,
    lists: Vec<ListRow>,
    threshold: Option<f64>,
) -> Result<Held, Problem> {
    let began = hall.now().mono;
    let tell = |done, of| {
        let mut seek = room.seek();
        if let Stage::Coming(..) = seek.stage {
            seek.stage = Stage::Coming(done, of);
        }
    };
    let memory = memory::read(hall, room, &lists, false, &tell).await?;
    let mut read = hall.db().read().await?;
    let words = review::words(&mut read).await?;
    drop(read);
    let now = hall.now().wall;
    let linking = hall.tasks().blocking("linking for a search", move || {
        let pool = rayon::ThreadPoolBuilder::new()
            .build()
            .map_err(|error| Problem::bug(format!("no threads: {error}")))?;
        let said = review::said(&words, &lists, &memory);
        let settings = Settings {
            threshold: threshold.unwrap_or(Settings::default().threshold),
            ..Settings::default()
        };
        let places = memory.told.iter().map(|told| (told.list, told.row));
        let places: Vec<(u16, u32)> = places.collect();
        let register = memory.register;
        let index = pool.install(|| {
            let linked = link::link_as_said(&register, &settings, &said, &|_| ());
            let (model, clusters) = (linked.model, linked.clusters);
            Index::new(register, model, &clusters, &said, settings)
        });
        let wide = Wide::new(&index);
        let octets = index.octets() + wide.octets() + places.len() * size_of::<(u16, u32)>();
        Ok::<_, Problem>(Held {
            octets,
            wide,
            index,
            lists: lists.iter().map(|list| list.number).collect(),
            places,
            run,
            took: Duration::ZERO,
            used: now,
        })
    });
    let mut held = linking
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    let ended = hall.now();
    held.took = ended.mono.since(began);
    held.used = ended.wall;
    Ok(held)
}

/// Stands by until the index goes.
async fn stand(hall: &Hall, room: &Room, run: i64) {
    let stop = hall.tasks().soft().clone();
    loop {
        let pause = tokio::time::sleep(KEPT / 12);
        let is_closing = stop.run_until_cancelled(pause).await.is_none();
        let now = hall.now().wall;
        let mut seek = room.seek();
        match &seek.held {
            Some(held) if held.run == run && !is_closing && now < held.until() => {}
            Some(held) if held.run == run => {
                *seek = Seek::default();
                return;
            }
            _ => return,
        }
    }
}

/// Whom the index finds that is like somebody, the likest first.
///
/// # Errors
/// `card-index-away` if it is not in memory.
pub(crate) async fn look(
    hall: &Hall,
    room: &Room,
    conn: &mut Conn,
    wanted: &Wanted,
) -> Result<(i64, Vec<Like>), Problem> {
    let (it, wanted, now) = (room.clone(), wanted.clone(), hall.now().wall);
    // Stand-ins for days that nobody knows have many, and each is compared.
    let looking = hall.tasks().blocking("looking for somebody", move || {
        let mut seek = it.seek();
        let held = seek.held.as_mut().ok_or_else(|| {
            Problem::conflict(
                "card-index-away",
                "All records have to be in memory for that: have them loaded.",
            )
        })?;
        held.used = now;
        let meeting = held.index.meets_wide(&wanted.row(), &held.wide);
        let met = meeting.met.iter().filter_map(|met| {
            let likest = met.records.first()?;
            let (list, row) = *held.places.get(likest.record as usize)?;
            let why = held.index.explain(likest);
            (likest.same >= SAME_MIN).then_some((held.lists[usize::from(list)], row, *likest, why))
        });
        let met: Vec<_> = met.collect();
        Ok::<_, Problem>((held.run, met))
    });
    let (run, met) = looking
        .await
        .map_err(|undone| Problem::bug(undone.to_string()))??;
    let mut found = Vec::new();
    for (list, row, likest, why) in met {
        let Some(of) = member::at_run(conn, run, list, row).await? else {
            continue;
        };
        found.push(Like {
            list,
            row,
            person: of.person,
            family: of.family,
            same: likest.same,
            why,
        });
    }
    Ok((run, found))
}
