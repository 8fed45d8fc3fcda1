//! What the demonstration decides, on both engines.

use base::now::{Mono, Now, Wall};
use card_core::rule::Programme;
use hall::Hall;
use hall::audit;
use hall::clock::Clock;
use hall::config::Config;
use store::Db;

use super::*;
use crate::decide::adopt::Counts;
use crate::decide::{self, verify};
use crate::examine::Stage;
use crate::sql::decision::{self, DecisionRow, State};
use crate::sql::programme;

/// 2025-12-01 00:00 UTC.
const START: Wall = Wall::from_us(1_764_547_200_000_000);

const WHO: &str = "nik,no_kk,nama,tgl_lahir,jk,ibu_kandung,hubungan,alamat,kode_desa";

const NAMES: [&str; 8] = [
    "TAMBUN BUNGAI",
    "KAMELOH USOP",
    "SLAMET SUPARMAN",
    "RUSMINI LESTARI",
    "MARKUS NARANG",
    "SALUNDIK DOHONG",
    "ENDANG HARTATI",
    "PENYANG MIHING",
];

fn who(person: usize) -> String {
    let (name, mother) = (NAMES[person - 1], NAMES[person]);
    format!(
        "62021114067500{person:02},62021101011500{person:02},{name},1975-06-14,L,{mother},KEPALA,\
         Jl. Mawar {person},62.02.01.1009"
    )
}

/// A list of some of seven families of one each, with a column more.
fn list(kind: &'static str, column: &str, rows: &[(usize, &str)]) -> SimulatedList {
    let rows = rows
        .iter()
        .map(|(person, more)| format!("{},{more}\n", who(*person)));
    SimulatedList {
        kind,
        title: format!("{kind} (simulasi)"),
        owner: "uji (simulasi)".to_owned(),
        as_of: "2025-11-01".parse().expect("a day"),
        csv: format!("{WHO},{column}\n{}", rows.collect::<String>()),
    }
}

/// Of those who receive 1 stays, 2 and 3 fail, of 4 nothing is known; 5 enters.
fn lists() -> [SimulatedList; 3] {
    [
        list("dtsen", "desil", &[(1, "1"), (2, "1"), (3, "5"), (5, "2")]),
        list(
            "bansos",
            "program",
            &[(2, "PKH"), (6, "SEMBAKO"), (7, "BLT DD")],
        ),
        list("kpm", "nilai", &[(1, ""), (2, ""), (3, ""), (4, "")]),
    ]
}

struct House {
    hall: Hall,
    room: Room,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::hand(Now {
            mono: Mono::from_us(1_000_000_000),
            wall: START,
        });
        hall::areas::seed(&db, START).await.expect("areas");
        let data = folder.path().join("data").display().to_string();
        let config = Config::load(None, [], &[("data", data)]).expect("a configuration");
        let hall = Hall::open(db, clock, config).await.expect("a hall");
        let mut tx = hall.db().write().await.expect("a writer");
        let marked = hall::house::mark_simulated(&mut tx, hall.now()).await;
        marked.expect("a mark");
        tx.commit().await.expect("a mark");
        let room = crate::open(&hall).await.expect("a room");
        Self {
            hall,
            room,
            _folder: folder,
        }
    }

    async fn simulate(&self) {
        let done = self.room.simulate(&self.hall, &lists(), 400_000).await;
        done.expect("made-up lists");
        let mut turns = self.room.turns();
        while self.decision("pangan").await.state == State::Writing {
            turns.changed().await.expect("a room");
        }
    }

    async fn hand(&self) -> Who {
        let mut tx = self.hall.db().write().await.expect("a writer");
        let who = simulated::hand(&self.hall, &mut tx).await.expect("a hand");
        tx.commit().await.expect("a hand");
        who
    }

    async fn decision(&self, slug: &str) -> DecisionRow {
        let mut rows = self.decisions(slug).await;
        assert_eq!(rows.len(), 1, "{slug}");
        rows.remove(0)
    }

    async fn decisions(&self, slug: &str) -> Vec<DecisionRow> {
        let mut read = self.hall.db().read().await.expect("a reader");
        let rows = decision::some(&mut read, Some(slug), None, None, 9).await;
        rows.expect("lists")
    }

    /// Whatever is done is written down: where that stands.
    async fn head(&self) -> Option<(i64, String)> {
        let mut read = self.hall.db().read().await.expect("a reader");
        audit::head(&mut read).await.expect("a head")
    }
}

async fn decided(db: Db) {
    let house = House::new(db).await;
    house.simulate().await;
    let mut read = house.hall.db().read().await.expect("a reader");
    let kept = programme::newest(&mut read).await.expect("programmes");
    let slugs: Vec<_> = kept
        .iter()
        .map(|it| (it.slug.as_str(), it.version))
        .collect();
    assert_eq!(slugs, [("pangan", 1), ("tunai", 1)]);
    for row in &kept {
        assert!(row.text.starts_with("# SIMULASI"), "{}", row.text);
        let programme = Programme::parse(&row.text).expect("a programme");
        assert!(
            programme.name.ends_with(" (simulasi)"),
            "{}",
            programme.name
        );
        assert!(programme.is_in_force(house.hall.today()));
        assert_eq!(programme.rules.len(), 5);
    }
    let row = house.decision("pangan").await;
    assert_eq!(row.state, State::Adopted);
    let result = row.result.clone().expect("a result");
    let counts: Counts = serde_json::from_value(result).expect("counts");
    assert_eq!((counts.included, counts.held, counts.undecided), (2, 1, 0));
    let decree = row.decree.clone().expect("a decree");
    assert_eq!(decree["number"], "SIMULASI/1");
    let rulings = decision::rulings(&mut read, row.number).await;
    let rulings = rulings.expect("rulings");
    assert!(rulings.iter().all(|it| it.reason.starts_with("SIMULASI")));
    let ruled: Vec<_> = rulings
        .iter()
        .map(|it| (it.group.as_str(), it.answer.as_str()))
        .collect();
    assert_eq!(
        ruled,
        [
            ("bantuan-lain:fails", "remove"),
            ("desil:fails", "remove"),
            ("desil:unknown", "hold"),
        ]
    );
    drop(read);
    let verified = verify::verify(&house.hall, &house.room, &row).await;
    assert!(verified.expect("a verification").is_sound);
    assert_eq!(house.decision("tunai").await.state, State::Draft);

    // A second start changes nothing.
    let head = house.head().await;
    house.simulate().await;
    assert_eq!(house.head().await, head);
}

/// Where there are businesses, a list of them is begun; an examination of before knew none.
async fn traded(db: Db) {
    let house = House::new(db).await;
    house.simulate().await;
    assert_eq!(house.decisions("modal").await, []);
    let usaha = SimulatedList {
        kind: "usaha",
        title: "usaha (simulasi)".to_owned(),
        owner: "uji (simulasi)".to_owned(),
        as_of: "2025-11-01".parse().expect("a day"),
        csv: format!(
            "nik,no_kk,nama,nama_usaha,omzet,kode_desa\n\
             6202111406750001,6202110101150001,{},Warung Hulu,1500000,62.02.01.1009\n",
            NAMES[0]
        ),
    };
    let all: Vec<SimulatedList> = lists().into_iter().chain([usaha]).collect();
    for _ in 0..2 {
        let done = house.room.simulate(&house.hall, &all, 400_000).await;
        done.expect("made-up lists");
        assert_eq!(house.decision("modal").await.state, State::Draft);
        let mut read = house.hall.db().read().await.expect("a reader");
        let run = run::counting(&mut read).await.expect("an answer");
        assert_eq!(run.map(|run| run.number), Some(2));
    }
}

async fn gone_on_with(db: Db) {
    let house = House::new(db).await;
    house.simulate().await;
    let number = house.decision("pangan").await.number;
    let mut tx = house.hall.db().write().await.expect("a writer");
    let half = decision::moves(&mut tx, number, State::Adopted, State::Writing).await;
    assert!(half.expect("half done"));
    tx.commit().await.expect("half done");
    // The house stopped while it was written.
    let room = crate::open(&house.hall).await.expect("a room");
    assert_eq!(house.decision("pangan").await.state, State::Draft);
    let rows = decide::rows(&house.hall, number).await.expect("rows");
    assert!(rows.is_empty());
    let house = House { room, ..house };
    house.simulate().await;
    assert_eq!(house.decision("pangan").await.state, State::Adopted);
    let rows = decide::rows(&house.hall, number).await.expect("rows");
    assert_eq!(rows.iter().filter(|it| it.standing.receives()).count(), 3);
}

async fn theirs(db: Db) {
    let house = House::new(db).await;
    let mut tx = house.hall.db().write().await.expect("a writer");
    let (text, by) = (
        include_str!("../../../card-core/data/programmes/tunai.toml"),
        house.hall.mint(),
    );
    let kept = programme::add(&mut tx, "tunai", text, "0", None, by, START).await;
    assert_eq!(kept.expect("a version"), 1);
    tx.commit().await.expect("a version");
    house.simulate().await;
    assert_eq!(house.decisions("tunai").await, []);
    // What people have dropped stays so.
    let number = house.decision("pangan").await.number;
    let mut tx = house.hall.db().write().await.expect("a writer");
    let dropped = decision::moves(&mut tx, number, State::Adopted, State::Dropped).await;
    assert!(dropped.expect("dropped"));
    tx.commit().await.expect("dropped");
    let head = house.head().await;
    house.simulate().await;
    assert_eq!(house.head().await, head);
}

async fn brought_again(db: Db) {
    let house = House::new(db).await;
    let who = house.hand().await;
    let [dtsen, ..] = lists();
    let (kind, body) = (Kind::Dtsen, Body::from(dtsen.csv));
    let opened = desk::open(&house.hall, &house.room, &who, kind, "dtsen.csv", body).await;
    let opened = opened.expect("a file");
    // The house stopped before that was written.
    let room = crate::open(&house.hall).await.expect("a room");
    let house = House { room, ..house };
    house.simulate().await;
    let mut read = house.hall.db().read().await.expect("a reader");
    let standing = list::standing(&mut read).await.expect("lists");
    assert_eq!(standing.len(), 3);
    assert!(standing.iter().any(|it| it.source == opened.source));
}

async fn closing(db: Db) {
    let house = House::new(db).await;
    let who = house.hand().await;
    house.room.put_stage(Some(Stage {
        run: 1,
        doing: "reading",
        done: 0,
        of: 1,
    }));
    house.hall.tasks().soft().cancel();
    let ended = decided::put_in(&house.hall, &house.room, &who, true).await;
    ended.expect("it goes");
    let ended = house.room.simulate(&house.hall, &lists(), 400_000).await;
    ended.expect("it goes");
    let mut read = house.hall.db().read().await.expect("a reader");
    let kept = programme::newest(&mut read).await.expect("programmes");
    assert_eq!(kept, []);
}

macro_rules! on_both {
    ($($name:ident: $body:ident;)+) => {$(
        store::on_both_engines!(
            $name,
            &[hall::SCHEMA, crate::SCHEMA],
            async |db: Db| $body(db).await
        );
    )+};
}

on_both! {
    one_list_is_adopted_and_one_begun_once: decided;
    a_list_of_businesses_is_begun_where_there_are_any: traded;
    what_did_not_end_is_gone_on_with: gone_on_with;
    what_people_have_written_and_dropped_is_theirs: theirs;
    a_file_that_was_not_written_is_gone_on_with: brought_again;
    nothing_is_begun_in_a_house_that_closes: closing;
}
