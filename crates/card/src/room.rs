//! The room as a whole: what it is opened with and what it hands out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use base::area::AreaCode;
use base::id::{Id, Intake};
use card_core::facts::Facts;
use hall::Hall;
use hall::areas::{self, Filter};
use store::Error;
use tokio::sync::{Mutex as AsyncMutex, Semaphore, watch};
use utoipa_axum::router::OpenApiRouter;

use crate::decide::{Weighed, adopt};
use crate::erase;
use crate::examine::Stage;
use crate::gauges;
use crate::http;
use crate::import::desk::Work;
use crate::import::kept;
use crate::listed::Listed;
use crate::photo;
use crate::seek::{self, Seek};
use crate::sql::settled;
use crate::term;
use crate::text;

/// Areas of one page while the register is read.
const AREAS: i64 = 5_000;

/// Files that are read at once: a workbook is held meanwhile.
const READING: usize = 2;

/// Photographs that are decoded at once: one of many pixels takes some hundred MB.
const PHOTO_TURNS: usize = 1;

/// Photographs that may wait for that, with the one that is decoded; whoever comes then is
/// refused and told to come again.
const PHOTO_PLACES: usize = 8;

/// Examinations of which it is held what they know, and lists whose rules are held weighed:
/// the newest, and an older one to compare with.
const OPENED: usize = 2;

/// Countings over everybody that go on at once: each takes all cores.
const COUNTING: usize = 2;

/// The areas of the house.
#[derive(Debug, Default)]
pub(crate) struct Areas {
    names: BTreeMap<AreaCode, String>,
    /// The provinces that the house is for: the first two digits of its codes.
    provinces: BTreeSet<String>,
}

impl Areas {
    /// Whether an area is in the register.
    pub(crate) fn has(&self, code: &AreaCode) -> bool {
        self.names.contains_key(code)
    }

    /// What an area is called.
    pub(crate) fn name(&self, code: &AreaCode) -> Option<&str> {
        self.names.get(code).map(String::as_str)
    }

    /// Whether a province, by the first two digits of its codes, is one of the house.
    pub(crate) fn has_province(&self, digits: &str) -> bool {
        self.provinces.contains(digits)
    }
}

/// The open room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The register of areas changes only before a start.
    areas: Areas,
    /// What is known of imports that are open, and what is being done with them.
    works: Mutex<BTreeMap<Id<Intake>, Work>>,
    /// How far an examination has come, while one goes on.
    stage: Mutex<Option<Stage>>,
    /// What examinations know, opened: those that were asked for last.
    facts: Mutex<Vec<(i64, Arc<Facts>)>>,
    /// Lists whose rules were weighed: those that were asked for last.
    weighed: Mutex<Vec<(i64, Arc<Weighed>)>>,
    /// Adopted lists that were counted: those that were asked for last.
    listed: Mutex<Vec<(i64, Arc<Listed>)>>,
    /// How far lists have come that are being adopted: rows written, of how many.
    adopting: Mutex<BTreeMap<i64, (u64, u64)>>,
    /// Everybody, for whoever looks for somebody without a number.
    seek: Mutex<Seek>,
    /// Facts are opened, and rules weighed, by one at a time: others find them held.
    /// Facts are opened, rules weighed and lists counted by one at a time: others find them
    /// held.
    opening: AsyncMutex<()>,
    weighing: AsyncMutex<()>,
    listing: AsyncMutex<()>,
    /// Who counts over everybody holds one of these.
    counting: Semaphore,
    /// Files that are read at once.
    reading: Semaphore,
    /// Who sends a photograph has a place, and then a turn.
    photo_places: Semaphore,
    photo_turns: Semaphore,
    /// Counts up whenever one of them has come to an end.
    turns: watch::Sender<u64>,
}

/// Opens the room: reads the register of areas, and takes away what was half done when
/// the house stopped.
///
/// # Errors
/// If the database does not answer.
pub async fn open(hall: &Hall) -> Result<Room, Error> {
    let mut read = hall.db().read().await?;
    let mut areas = Areas::default();
    let mut filter = Filter::default();
    loop {
        let (page, next) = areas::list(&mut read, &filter, AREAS).await?;
        for area in page.into_iter().filter(|area| area.valid_to.is_none()) {
            areas
                .provinces
                .extend(area.code.as_str().get(..2).map(str::to_owned));
            areas.names.insert(area.code, area.name);
        }
        match next {
            Some(after) => filter.after = Some(after),
            None => break,
        }
    }
    drop(read);
    kept::sweep(hall).await?;
    photo::sweep(hall).await?;
    if let Err(problem) = erase::sweep(hall).await {
        // Their keys are gone: they are in nobody's way.
        tracing::warn!(
            problem = problem.slug(),
            "files without keys lie there still"
        );
    }
    crate::examine::sweep(hall).await?;
    adopt::sweep(hall).await?;
    text::sweep(hall).await?;
    // Copies that an earlier version left, or people put there, may hold what is destroyed.
    let mut tx = hall.db().write().await?;
    settled::destroyed(&mut tx, hall.now().wall).await?;
    tx.commit().await?;
    Ok(Room {
        inner: Arc::new(Inner {
            areas,
            works: Mutex::default(),
            stage: Mutex::default(),
            facts: Mutex::default(),
            weighed: Mutex::default(),
            listed: Mutex::default(),
            adopting: Mutex::default(),
            seek: Mutex::default(),
            opening: AsyncMutex::default(),
            weighing: AsyncMutex::default(),
            listing: AsyncMutex::default(),
            counting: Semaphore::new(COUNTING),
            reading: Semaphore::new(READING),
            photo_places: Semaphore::new(PHOTO_PLACES),
            photo_turns: Semaphore::new(PHOTO_TURNS),
            turns: watch::Sender::new(0),
        }),
    })
}

/// Starts what the room does by itself.
pub fn start(hall: &Hall, room: &Room) {
    let (it, its) = (hall.clone(), room.clone());
    hall.tasks().spawn("card.kept", kept::let_go(it, its));
    let (it, its) = (hall.clone(), room.clone());
    hall.tasks()
        .spawn("card.terms", term::enforce_daily(it, its));
    gauges::tell(hall);
}

impl Room {
    /// The areas of the house.
    pub(crate) fn areas(&self) -> &Areas {
        &self.inner.areas
    }

    fn works(&self) -> MutexGuard<'_, BTreeMap<Id<Intake>, Work>> {
        self.inner
            .works
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Who reads a file holds one of these.
    pub(crate) fn reading(&self) -> &Semaphore {
        &self.inner.reading
    }

    /// Who sends a photograph holds a place, if there is one, and then waits for a turn.
    pub(crate) fn picturing(&self) -> (&Semaphore, &Semaphore) {
        (&self.inner.photo_places, &self.inner.photo_turns)
    }

    /// What is known of an open import, or being done with it.
    pub(crate) fn work(&self, id: Id<Intake>) -> Option<Work> {
        self.works().get(&id).cloned()
    }

    /// From now on this is known of it.
    pub(crate) fn put_work(&self, id: Id<Intake>, work: Work) {
        self.works().insert(id, work);
        self.turn();
    }

    /// From now on nothing is known of it: what was.
    pub(crate) fn take_work(&self, id: Id<Intake>) -> Option<Work> {
        let was = self.works().remove(&id);
        self.turn();
        was
    }

    /// How far an examination has come, while one goes on.
    pub(crate) fn stage(&self) -> Option<Stage> {
        *self
            .inner
            .stage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it has come so far; none: it is over.
    pub(crate) fn put_stage(&self, stage: Option<Stage>) {
        *self
            .inner
            .stage
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = stage;
        if stage.is_none() {
            self.turn();
        }
    }

    /// What an examination knows, if it was opened lately.
    pub(crate) fn facts(&self, run: i64) -> Option<Arc<Facts>> {
        held(&self.inner.facts, run)
    }

    /// Keeps it open for whoever asks next.
    pub(crate) fn put_facts(&self, run: i64, facts: &Arc<Facts>) {
        hold(&self.inner.facts, run, facts);
    }

    /// The rules of a list, if they were weighed lately.
    pub(crate) fn weighed(&self, decision: i64) -> Option<Arc<Weighed>> {
        held(&self.inner.weighed, decision)
    }

    /// Holds them for whoever asks next.
    pub(crate) fn put_weighed(&self, decision: i64, weighed: &Arc<Weighed>) {
        hold(&self.inner.weighed, decision, weighed);
    }

    /// An adopted list, if it was counted lately.
    pub(crate) fn listed(&self, decision: i64) -> Option<Arc<Listed>> {
        held(&self.inner.listed, decision)
    }

    /// Holds it for whoever asks next.
    pub(crate) fn put_listed(&self, decision: i64, listed: &Arc<Listed>) {
        hold(&self.inner.listed, decision, listed);
    }

    /// Holds neither a list nor its rules nor what its examination knows any more.
    pub(crate) fn let_go(&self, decision: i64, run: i64) {
        drop_held(&self.inner.listed, decision);
        drop_held(&self.inner.weighed, decision);
        drop_held(&self.inner.facts, run);
    }

    fn adoptions(&self) -> MutexGuard<'_, BTreeMap<i64, (u64, u64)>> {
        let adopting = self.inner.adopting.lock();
        adopting.unwrap_or_else(PoisonError::into_inner)
    }

    /// How far a list has come that is being adopted.
    pub(crate) fn adopting(&self, decision: i64) -> Option<(u64, u64)> {
        self.adoptions().get(&decision).copied()
    }

    /// From now on it has come so far; none: it is over.
    pub(crate) fn put_adopting(&self, decision: i64, stage: Option<(u64, u64)>) {
        match stage {
            Some(stage) => {
                self.adoptions().insert(decision, stage);
            }
            None => {
                self.adoptions().remove(&decision);
                self.turn();
            }
        }
    }

    /// What is in memory of everybody.
    pub(crate) fn seek(&self) -> MutexGuard<'_, Seek> {
        seek::of(&self.inner.seek)
    }

    /// From now on this is in memory of everybody.
    pub(crate) fn put_seek(&self, seek: Seek) {
        *self.seek() = seek;
        self.turn();
    }

    /// Who opens facts holds this.
    pub(crate) fn opening(&self) -> &AsyncMutex<()> {
        &self.inner.opening
    }

    /// Who weighs rules holds this.
    pub(crate) fn weighing(&self) -> &AsyncMutex<()> {
        &self.inner.weighing
    }

    /// Who counts an adopted list holds this.
    pub(crate) fn listing(&self) -> &AsyncMutex<()> {
        &self.inner.listing
    }

    /// Who counts over everybody holds one of these.
    pub(crate) fn counting(&self) -> &Semaphore {
        &self.inner.counting
    }

    /// Holds nothing any more of what examinations know; whoever asks has it opened again.
    pub(crate) fn let_go_of_all(&self) {
        let facts = self.inner.facts.lock();
        facts.unwrap_or_else(PoisonError::into_inner).clear();
        let weighed = self.inner.weighed.lock();
        weighed.unwrap_or_else(PoisonError::into_inner).clear();
        let listed = self.inner.listed.lock();
        listed.unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn turn(&self) {
        self.inner.turns.send_modify(|turns| *turns += 1);
    }

    /// Tells whenever an import or an examination has come further.
    pub(crate) fn turns(&self) -> watch::Receiver<u64> {
        self.inner.turns.subscribe()
    }

    /// What the room answers over HTTP.
    #[must_use]
    pub fn routes(&self) -> OpenApiRouter<Hall> {
        http::routes().layer(Extension(self.clone()))
    }

    /// The same operations for the description of the API, without a room behind them.
    #[must_use]
    pub fn routes_described() -> OpenApiRouter<Hall> {
        http::routes()
    }
}

type Held<T> = Mutex<Vec<(i64, Arc<T>)>>;

fn held<T>(all: &Held<T>, number: i64) -> Option<Arc<T>> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let found = all.iter().find(|it| it.0 == number);
    found.map(|it| Arc::clone(&it.1))
}

fn hold<T>(all: &Held<T>, number: i64, one: &Arc<T>) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|it| it.0 != number);
    all.insert(0, (number, Arc::clone(one)));
    all.truncate(OPENED);
}

fn drop_held<T>(all: &Held<T>, number: i64) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|it| it.0 != number);
}
