//! What has been done, by whom: an append-only chain.
//!
//! An entry is written in the transaction of what it tells, so neither exists
//! without the other. Each holds the hash of the one before it; [`verify`] walks
//! the chain and names the first row that is not as it was written.
//!
//! What it can tell: a row altered, removed, moved, added by another hand, and a
//! tail cut off as long as the head row was left alone. What it cannot: a chain
//! rewritten from some row to its end together with its head. Against that helps
//! only what others hold: a signed [checkpoint](seal) of each day, over a tree of the
//! same rows (`docs/decisions/0030-what-witnesses-hold.md`).
//!
//! | module | noun |
//! |---|---|
//! | `list` | the chain as a reader asks for it |
//! | [`merkle`], [`tile`] | the tree over it, by itself, and as it is kept and served |
//! | [`tree`] | the tree of this house |
//! | [`note`] | checkpoints as texts, and the key that signs them |
//! | [`seal`] | checkpoints that this house has made |
//! | [`keep`] | one each day, and where it goes |
//! | [`held`] | the chain against checkpoints of before |
//! | [`proof`] | one entry, for somebody who has nothing of the house |
//!
//! `hall_audit` is stored; the encoding that is hashed is written down in
//! `schema/0003_audit.sql` and never changes.

pub mod held;
pub mod keep;
mod list;
pub mod merkle;
pub mod note;
pub(crate) mod paper;
mod place;
pub mod proof;
pub mod seal;
pub mod tile;
pub mod tree;

use std::fmt::Write as _;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use base::id::{AuditEntry, Id, Person};
use base::now::{Now, Wall};
use serde::Serialize;
use serde_json::Value as Json;
use store::{Conn, Error, Tx};
use utoipa::ToSchema;

use crate::guard::{Via, Who};
use crate::sql::audit::{self as rows, EntryRow};

pub use list::{Also, Entry, Filter, list};

/// What was done.
#[derive(Debug, Clone)]
pub struct Act {
    /// `noun.past_tense`, for example `camera.added`.
    pub verb: &'static str,
    /// The printed id, code or name of what it was done to.
    pub subject: String,
    /// What else a reader in a year needs. Never a password, token or NIK.
    pub detail: Json,
}

/// By whom, as the chain keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Nobody is known before a login; the house itself is nobody.
    pub person: Option<Id<Person>>,
    /// The printed id of a session or token, or a part of the house.
    pub via: String,
    /// Where the request came from.
    pub address: Option<String>,
}

impl Actor {
    /// A part of the house, by its name.
    #[must_use]
    pub fn house(part: &'static str) -> Self {
        Self {
            person: None,
            via: part.to_owned(),
            address: None,
        }
    }
}

impl From<&Who> for Actor {
    fn from(who: &Who) -> Self {
        Self {
            person: Some(who.person()),
            via: match who.via() {
                Via::Session(id) => id.to_string(),
                Via::Token(id) => id.to_string(),
            },
            address: who.address().map(|address| address.to_string()),
        }
    }
}

/// Adds an entry to the chain, in the transaction of what it tells.
///
/// # Errors
/// If the database does not answer.
pub async fn record(tx: &mut Tx, now: Now, who: &Who, act: Act) -> Result<(), Error> {
    record_by(tx, now, &Actor::from(who), act).await
}

/// The same for what a person has done that ended after his request did.
///
/// # Errors
/// If the database does not answer.
pub async fn record_for(tx: &mut Tx, now: Now, person: Id<Person>, act: Act) -> Result<(), Error> {
    let actor = Actor {
        person: Some(person),
        ..Actor::house("afterwards")
    };
    record_by(tx, now, &actor, act).await
}

/// The same for an actor without credentials: the house, or a failed login.
///
/// # Errors
/// If the database does not answer.
pub async fn record_by(tx: &mut Tx, now: Now, actor: &Actor, act: Act) -> Result<(), Error> {
    // Writers come one at a time, so the head is nobody else's until commit.
    let head = rows::head(tx).await?;
    let (last, prev) = head.map_or((0, START.to_vec()), |head| (head.seq, head.hash));
    let mut row = EntryRow {
        seq: last + 1,
        id: entry_id(last + 1, now.wall, &prev),
        at: now.wall,
        actor: actor.person.map(|person| person.to_string()),
        via: actor.via.clone(),
        address: actor.address.clone(),
        verb: act.verb.to_owned(),
        // PostgreSQL keeps no NUL in a text.
        subject: act.subject.replace('\0', "\u{fffd}"),
        detail: canonical(&act.detail),
        prev,
        hash: Vec::new(),
    };
    row.hash = hash(&row, row.seq);
    rows::append(tx, &row).await
}

/// The hash before the first row.
const START: [u8; 32] = [0; 32];

/// Entries are many and made inside transactions, so their ids come from the
/// chain itself instead of from the house's generator: time, then the hash of
/// what came before.
fn entry_id(seq: i64, at: Wall, prev: &[u8]) -> Id<AuditEntry> {
    let mut context = Context::new(&SHA256);
    context.update(prev);
    context.update(&seq.to_be_bytes());
    let digest = context.finish();
    let seed = digest
        .as_ref()
        .first_chunk()
        .map_or(0, |bytes: &[u8; 8]| u64::from_be_bytes(*bytes));
    Id::mint(at, &mut fastrand::Rng::with_seed(seed))
}

/// What the hash of a row is taken over, were it at the given place.
fn hash(row: &EntryRow, seq: i64) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(b"betang-audit-1");
    context.update(&seq.to_be_bytes());
    context.update(&row.at.as_us().to_be_bytes());
    let fields: [Option<&[u8]>; 7] = [
        Some(row.id.as_bytes()),
        row.actor.as_deref().map(str::as_bytes),
        Some(row.via.as_bytes()),
        row.address.as_deref().map(str::as_bytes),
        Some(row.verb.as_bytes()),
        Some(row.subject.as_bytes()),
        Some(row.detail.as_bytes()),
    ];
    for field in fields {
        let length = field.map_or(u64::MAX, |bytes| {
            u64::try_from(bytes.len()).unwrap_or(u64::MAX - 1)
        });
        context.update(&length.to_be_bytes());
        context.update(field.unwrap_or_default());
    }
    context.update(&row.prev);
    context.finish().as_ref().to_vec()
}

/// JSON with sorted keys and no blanks, whatever order the map was built in.
fn canonical(value: &Json) -> String {
    fn write(value: &Json, out: &mut String) {
        match value {
            Json::Object(map) => {
                let mut keys: Vec<_> = map.keys().collect();
                keys.sort();
                out.push('{');
                for (i, key) in keys.into_iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push_str(&Json::from(key.as_str()).to_string());
                    out.push(':');
                    write(&map[key], out);
                }
                out.push('}');
            }
            Json::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write(item, out);
                }
                out.push(']');
            }
            // PostgreSQL keeps no NUL in a text; nothing that is said needs one.
            Json::String(text) => {
                out.push_str(&Json::from(text.replace('\0', "\u{fffd}")).to_string());
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => out.push_str(&value.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// What a walk along the chain has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Every row is as it was written, and none is missing.
    Whole {
        /// How many rows there are.
        rows: i64,
        /// The hash of the last one in hexadecimal. Kept elsewhere, it proves later
        /// that the chain up to this row was not rewritten.
        head: String,
    },
    /// A row is not as it was written. Rows before it are.
    Broken {
        /// The first row that is wrong, by its number in the chain.
        seq: i64,
        /// In which way.
        fault: Fault,
    },
}

/// In which way a row is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Its contents do not have its hash.
    Altered,
    /// It is not there, and later ones are.
    Removed,
    /// It was written as another number: rows were swapped or renumbered.
    Moved {
        /// The number it was written as.
        written_as: i64,
    },
    /// It is sound by itself and does not follow from the one before it.
    Foreign,
    /// It and all after it are not there, and the head row knows of them.
    CutOff {
        /// The last row that was written.
        last: i64,
    },
    /// It is beyond the last one that the head row knows of.
    Unannounced,
    /// The chain is sound, and the head row is missing or says something else.
    Head,
}

/// The last row by its number, and its hash in hexadecimal: what is kept of it elsewhere
/// proves later that the chain up to it was not rewritten. None: nothing was done yet.
///
/// # Errors
/// If the database does not answer.
pub async fn head(conn: &mut Conn) -> Result<Option<(i64, String)>, Error> {
    let head = rows::head(conn).await?;
    Ok(head.map(|head| (head.seq, hex(&head.hash))))
}

/// What the newest row of a verb about a subject tells: what a room holds its own rows
/// against. None: there is none, or it tells no JSON.
///
/// # Errors
/// If the database does not answer.
pub async fn newest(
    conn: &mut Conn,
    verb: &str,
    subject: &str,
) -> Result<Option<serde_json::Value>, Error> {
    let query = rows::list()
        .push(" AND e.verb = ", verb)
        .push(" AND e.subject = ", subject)
        .raw(" ORDER BY e.seq DESC LIMIT 1");
    let found = rows::fetch(conn, &query).await?;
    let row = found.first();
    Ok(row.and_then(|row| serde_json::from_str(&row.detail).ok()))
}

/// What was done after an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// When the first of it was.
    pub first: Wall,
    /// When the last of it was.
    pub last: Wall,
    /// How often each verb.
    pub verbs: BTreeMap<String, u64>,
}

/// What was done after the entry of a number; none where nothing was.
///
/// # Errors
/// If the database does not answer.
pub async fn since(conn: &mut Conn, seq: i64) -> Result<Option<Since>, Error> {
    let mut told: Option<Since> = None;
    let mut seq = seq;
    loop {
        let page = rows::after(conn, seq, PAGE).await?;
        let Some(end) = page.last() else { break };
        seq = end.seq;
        for row in page {
            let told = told.get_or_insert_with(|| Since {
                first: row.at,
                last: row.at,
                verbs: BTreeMap::new(),
            });
            told.last = row.at;
            *told.verbs.entry(row.verb).or_default() += 1;
        }
    }
    Ok(told)
}

/// Rows per read of the walk.
const PAGE: i64 = 1000;

/// Walks the chain from its start, as of one snapshot.
///
/// # Errors
/// If the database does not answer. A broken chain is an answer and no error.
pub async fn verify(conn: &mut Conn) -> Result<Verdict, Error> {
    let head = rows::head(conn).await?;
    let mut last = 0;
    let mut prev = START.to_vec();
    loop {
        let page = rows::after(conn, last, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let seq = last + 1;
            if let Some(fault) = judge(&row, seq, &prev, head.as_ref().map_or(0, |h| h.seq)) {
                return Ok(Verdict::Broken { seq, fault });
            }
            last = seq;
            prev = row.hash;
        }
    }
    let known = head.as_ref().map_or(0, |head| head.seq);
    let fault = if last < known {
        Some((last + 1, Fault::CutOff { last: known }))
    } else if last > known && head.is_some() {
        Some((known + 1, Fault::Unannounced))
    } else if head.is_some_and(|head| head.hash != prev) || last > known {
        Some((last, Fault::Head))
    } else {
        None
    };
    Ok(match fault {
        Some((seq, fault)) => Verdict::Broken { seq, fault },
        None => Verdict::Whole {
            rows: last,
            head: hex(&prev),
        },
    })
}

/// What is wrong with the row that stands at a place of the chain.
fn judge(row: &EntryRow, seq: i64, prev: &[u8], known: i64) -> Option<Fault> {
    let own = row.hash == hash(row, row.seq);
    if row.seq == seq && own && row.prev == prev {
        return None;
    }
    if !own {
        // Once only, on a broken chain: for every number it may have had.
        let most = known.max(row.seq);
        if let Some(written_as) = (1..=most).find(|n| *n != row.seq && hash(row, *n) == row.hash) {
            return Some(if row.seq == seq {
                Fault::Moved { written_as }
            } else {
                Fault::Removed
            });
        }
    }
    if row.seq != seq {
        return Some(Fault::Removed);
    }
    Some(if own { Fault::Foreign } else { Fault::Altered })
}

/// Bytes as hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use base::now::Mono;
    use serde_json::json;
    use store::{Db, params};

    use super::*;
    use crate::schema::SCHEMA;

    fn at(n: i64) -> Now {
        Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(1_700_000_000_000_000 + n),
        }
    }

    async fn filled(db: &Db) {
        let mut tx = db.write().await.expect("a transaction");
        for n in 1..=6 {
            let actor = Actor {
                person: Some(Id::from_bytes([7; 16])),
                via: "ses_test".to_owned(),
                address: (n % 2 == 0).then(|| "192.0.2.7".to_owned()),
            };
            let act = Act {
                verb: "thing.made",
                subject: format!("thing {n}"),
                detail: json!({"z": n, "a": ["x", {"d": null, "b": true}]}),
            };
            record_by(&mut tx, at(n), &actor, act)
                .await
                .expect("an entry");
        }
        tx.commit().await.expect("a commit");
    }

    async fn after(db: &Db, statements: &'static [&'static str]) -> Verdict {
        let mut tx = db.write().await.expect("a transaction");
        for statement in statements {
            tx.execute(*statement, params![]).await.expect("a change");
        }
        // Dropped with the transaction: the next case begins with a sound chain.
        verify(&mut tx).await.expect("a verdict")
    }

    async fn named(db: Db) {
        filled(&db).await;
        let mut read = db.read().await.expect("a snapshot");
        let whole = verify(&mut read).await.expect("a verdict");
        drop(read);
        assert!(matches!(whole, Verdict::Whole { rows: 6, .. }), "{whole:?}");
        let cases: [(&'static [&'static str], i64, Fault); 15] = [
            (
                &["UPDATE hall_audit SET subject = 'thing X' WHERE seq = 3"],
                3,
                Fault::Altered,
            ),
            (
                &["UPDATE hall_audit SET at_us = at_us + 1 WHERE seq = 1"],
                1,
                Fault::Altered,
            ),
            (
                &["UPDATE hall_audit SET address = NULL WHERE seq = 2"],
                2,
                Fault::Altered,
            ),
            (
                &["UPDATE hall_audit SET address = '' WHERE seq = 5"],
                5,
                Fault::Altered,
            ),
            (
                &["UPDATE hall_audit SET verb = 'thing', subject = 'made' WHERE seq = 6"],
                6,
                Fault::Altered,
            ),
            (
                &["UPDATE hall_audit SET prev = hash WHERE seq = 4"],
                4,
                Fault::Altered,
            ),
            (&["DELETE FROM hall_audit WHERE seq = 1"], 1, Fault::Removed),
            (&["DELETE FROM hall_audit WHERE seq = 4"], 4, Fault::Removed),
            (
                &[
                    "DELETE FROM hall_audit WHERE seq = 4",
                    "UPDATE hall_audit SET seq = 4 WHERE seq = 5",
                    "UPDATE hall_audit SET seq = 5 WHERE seq = 6",
                ],
                4,
                Fault::Moved { written_as: 5 },
            ),
            (
                &[
                    "UPDATE hall_audit SET seq = -1 WHERE seq = 2",
                    "UPDATE hall_audit SET seq = 2 WHERE seq = 5",
                    "UPDATE hall_audit SET seq = 5 WHERE seq = -1",
                ],
                2,
                Fault::Moved { written_as: 5 },
            ),
            (
                &["DELETE FROM hall_audit WHERE seq > 4"],
                5,
                Fault::CutOff { last: 6 },
            ),
            (&["DELETE FROM hall_audit"], 1, Fault::CutOff { last: 6 }),
            (&["DELETE FROM hall_audit_head"], 6, Fault::Head),
            (
                &["UPDATE hall_audit_head SET seq = 5"],
                6,
                Fault::Unannounced,
            ),
            (
                &["UPDATE hall_audit_head SET hash = (SELECT hash FROM hall_audit WHERE seq = 5)"],
                6,
                Fault::Head,
            ),
        ];
        for (statements, seq, fault) in cases {
            assert_eq!(
                after(&db, statements).await,
                Verdict::Broken { seq, fault },
                "after {statements:?}"
            );
        }
    }

    store::on_both_engines!(the_first_bad_row_is_named, &[SCHEMA], async |db: Db| {
        named(db).await;
    });

    async fn rewritten(db: Db) {
        filled(&db).await;
        // Row 4 made again by somebody who knows the encoding, but not the row after it.
        let mut tx = db.write().await.expect("a transaction");
        let mut row = rows::after(&mut tx, 3, 1)
            .await
            .expect("rows")
            .pop()
            .expect("row 4");
        row.subject = "thing X".to_owned();
        row.hash = hash(&row, 4);
        tx.execute(
            "UPDATE hall_audit SET subject = $1, hash = $2 WHERE seq = 4",
            params![row.subject.as_str(), row.hash.as_slice()],
        )
        .await
        .expect("a change");
        assert_eq!(
            verify(&mut tx).await.expect("a verdict"),
            Verdict::Broken {
                seq: 5,
                fault: Fault::Foreign
            }
        );
    }

    store::on_both_engines!(a_rewritten_row_betrays_itself, &[SCHEMA], async |db: Db| {
        rewritten(db).await;
    });

    async fn not_without_its_effect(db: Db) {
        filled(&db).await;
        let mut tx = db.write().await.expect("a transaction");
        let act = Act {
            verb: "thing.made",
            subject: String::new(),
            detail: Json::Null,
        };
        record_by(&mut tx, at(9), &Actor::house("test"), act)
            .await
            .expect("an entry");
        drop(tx);
        let mut read = db.read().await.expect("a snapshot");
        let verdict = verify(&mut read).await.expect("a verdict");
        assert!(
            matches!(verdict, Verdict::Whole { rows: 6, .. }),
            "{verdict:?}"
        );
    }

    store::on_both_engines!(
        an_undone_effect_leaves_no_entry,
        &[SCHEMA],
        async |db: Db| {
            not_without_its_effect(db).await;
        }
    );

    #[test]
    fn canonical_json_has_one_form() {
        let one = json!({"b": [1, {"y": "ü\u{0}", "x": 1.5}], "a": null});
        assert_eq!(
            canonical(&one),
            "{\"a\":null,\"b\":[1,{\"x\":1.5,\"y\":\"ü\u{fffd}\"}]}"
        );
    }

    #[test]
    fn the_encoding_never_changes() {
        let row = EntryRow {
            seq: 1,
            id: Id::from_bytes([1; 16]),
            at: Wall::from_us(1_700_000_000_000_000),
            actor: None,
            via: "first start".to_owned(),
            address: Some("192.0.2.7".to_owned()),
            verb: "person.added".to_owned(),
            subject: "prs_x".to_owned(),
            detail: "{}".to_owned(),
            prev: START.to_vec(),
            hash: Vec::new(),
        };
        insta::assert_snapshot!(hex(&hash(&row, 1)));
    }
}
