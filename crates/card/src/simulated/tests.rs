//! What the demonstration decides, on both engines.

use base::now::{Mono, Now, Wall};
use card_core::rule::Programme;
use hall::Hall;
use hall::clock::Clock;
use hall::config::Config;
use store::{Db, params};

use super::*;
use crate::decide::adopt::Counts;
use crate::decide::verify;
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
        let mut read = self.hall.db().read().await.expect("a reader");
        let rows = decision::some(&mut read, Some(slug), None, None, 9).await;
        let mut rows = rows.expect("lists");
        assert_eq!(rows.len(), 1, "{slug}");
        rows.remove(0)
    }

    /// How many rows there are.
    async fn count(&self, of: &'static str) -> i64 {
        let mut read = self.hall.db().read().await.expect("a reader");
        let rows = read.all(of, params![]).await.expect("rows");
        rows[0].get("n").expect("a number")
    }
}

const PROGRAMMES: &str = "SELECT COUNT(*) AS n FROM card_programme";
const DECISIONS: &str = "SELECT COUNT(*) AS n FROM card_decision";
const RULINGS: &str = "SELECT COUNT(*) AS n FROM card_ruling";
const JUDGED: &str = "SELECT COUNT(*) AS n FROM card_judged";
const RUNS: &str = "SELECT COUNT(*) AS n FROM card_run";
const ACTS: &str = "SELECT COUNT(*) AS n FROM hall_audit";

const ALL: [&str; 6] = [PROGRAMMES, DECISIONS, RULINGS, JUDGED, RUNS, ACTS];

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
        assert_eq!(programme.rules.len(), 4);
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
    let mut counts = Vec::new();
    for of in ALL {
        counts.push(house.count(of).await);
    }
    house.simulate().await;
    for (of, count) in ALL.into_iter().zip(counts) {
        assert_eq!(house.count(of).await, count, "{of}");
    }
}

async fn gone_on_with(db: Db) {
    let house = House::new(db).await;
    house.simulate().await;
    let half = "UPDATE card_decision SET state = 'writing' WHERE slug = 'pangan'";
    let mut tx = house.hall.db().write().await.expect("a writer");
    tx.execute(half, params![]).await.expect("half done");
    tx.commit().await.expect("half done");
    // The house stopped while it was written.
    let room = crate::open(&house.hall).await.expect("a room");
    assert_eq!(house.decision("pangan").await.state, State::Draft);
    assert_eq!(house.count(JUDGED).await, 0);
    let house = House { room, ..house };
    house.simulate().await;
    assert_eq!(house.decision("pangan").await.state, State::Adopted);
    assert_eq!(house.count(RULINGS).await, 3);

    // What people write is theirs.
    let sql = "DELETE FROM card_decision WHERE slug = 'tunai'";
    let theirs = "INSERT INTO card_programme (slug, version, text, sha256, by_person, added_us) \
                  SELECT slug, 2, text, 'x', $1, added_us FROM card_programme WHERE slug = 'tunai'";
    let mut tx = house.hall.db().write().await.expect("a writer");
    tx.execute(sql, params![]).await.expect("gone");
    tx.execute(theirs, params![vec![9_u8; 16]])
        .await
        .expect("written");
    tx.commit().await.expect("theirs");
    house.simulate().await;
    assert_eq!(house.count(DECISIONS).await, 1);
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
    let ended = decided::put_in(&house.hall, &house.room, &who).await;
    ended.expect("it goes");
    assert_eq!(house.count(PROGRAMMES).await, 0);
    let ended = house.room.simulate(&house.hall, &lists(), 400_000).await;
    ended.expect("it goes");
    assert_eq!(house.count(DECISIONS).await, 0);
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
    what_did_not_end_is_gone_on_with: gone_on_with;
    a_file_that_was_not_written_is_gone_on_with: brought_again;
    nothing_is_begun_in_a_house_that_closes: closing;
}
