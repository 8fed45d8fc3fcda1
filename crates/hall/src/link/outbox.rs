//! The outbox of a box, on its disk: carries out what [`sync::queue`] has decided.
//!
//! It makes no choice of its own. A transaction of the queue is one transaction of the
//! database, done whole or not at all; every one of them is synced, since one commit a
//! minute costs a card nothing that matters.

use std::path::Path;

use base::id::{Agent, Id};
use base::now::Wall;
use prost::Message;
use serde::Serialize;
use store::migrate::Schema;
use store::{Db, Error, Place};
use sync::identity::{Chain, Cursor, Epoch, Seq};
use sync::outbox::{Op, Outbox, Transaction};
use sync::record::Row;
use sync::renewal::Renewal;

use crate::sql::outbox as rows;

/// Every step of `hall_box*`, oldest first.
pub const SCHEMA: Schema = store::schema!("box", "schema/box", [(1, "outbox")]);

/// The file in a box's data folder.
const FILE: &str = "outbox.sqlite";

/// How the file of a damaged outbox is called until the house has been told of it, and
/// from then on; between them the microsecond in which it was found.
const DAMAGED: &str = "outbox-damaged-";
const TOLD: &str = "outbox-told-";

/// An outbox was damaged and put aside. Sent and stored for years: fields are only added.
#[derive(Clone, PartialEq, Eq, Message, Serialize)]
pub struct Wrecked {
    /// The file's name in the box's folder.
    #[prost(string, tag = "1")]
    pub file: String,
    /// How large it is.
    #[prost(uint64, tag = "2")]
    pub octets: u64,
}

/// The damaged outbox that the house has not been told of, if there is one.
#[must_use]
pub fn wreck(folder: &Path) -> Option<Wrecked> {
    let mut found = files(folder, DAMAGED).into_iter();
    let file = found.find(|name| name.ends_with(".sqlite"))?;
    let octets = std::fs::metadata(folder.join(&file)).map_or(0, |file| file.len());
    Some(Wrecked { file, octets })
}

/// The house is told of it, or will be: it is in the outbox.
///
/// # Errors
/// If the folder cannot be used.
pub fn told(folder: &Path, wreck: &Wrecked) -> std::io::Result<()> {
    for file in files(folder, DAMAGED) {
        if let Some(when) = file.strip_prefix(DAMAGED)
            && file.starts_with(&wreck.file)
        {
            std::fs::rename(folder.join(&file), folder.join(format!("{TOLD}{when}")))?;
        }
    }
    Ok(())
}

/// Files of the folder that begin so, by name.
fn files(folder: &Path, begin: &str) -> Vec<String> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = found.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(begin)).collect();
    names.sort();
    names
}

/// A box's outbox.
#[derive(Debug, Clone)]
pub struct Disk {
    db: Db,
}

impl Disk {
    /// Opens the outbox of a folder for an agent, or makes it. One that belongs to
    /// another agent is put aside under that one's name: it was another key's to send. One
    /// that is damaged is put aside too ([`wreck`]) and the box goes on with a new one, in
    /// another epoch: a box that cannot speak helps nobody.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub async fn open(
        folder: &Path,
        agent: Id<Agent>,
        now: Wall,
        rng: &mut fastrand::Rng,
    ) -> Result<(Self, Outbox), Error> {
        let path = folder.join(FILE);
        let mut db = match sound(&path, now).await? {
            Some(db) => db,
            None => {
                put_aside(folder, now).map_err(|error| unusable(&path, &error))?;
                database(&path, now).await?
            }
        };
        if let Some(other) = whose(&db).await?.filter(|whose| *whose != agent) {
            db.close().await;
            let aside = folder.join(format!("outbox-{other}.sqlite"));
            std::fs::rename(&path, &aside).map_err(|error| unusable(&path, &error))?;
            tracing::warn!(aside = %aside.display(), "the outbox of another key was put aside");
            db = database(&path, now).await?;
        }
        if whose(&db).await?.is_none() {
            let mut tx = db.write().await?;
            rows::own(&mut tx, agent, Epoch::mint(rng)).await?;
            tx.commit().await?;
        }
        let disk = Self { db };
        let outbox = disk.read().await?;
        Ok((disk, outbox))
    }

    /// Everything but the octets of the records.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn read(&self) -> Result<Outbox, Error> {
        let mut read = self.db.read().await?;
        rows::read(&mut read)
            .await?
            .ok_or_else(|| Error::corrupt("hall_box"))
    }

    /// The rows of a chain from a number to a number.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rows(&self, chain: Chain, from: Seq, to: Seq) -> Result<Vec<Row>, Error> {
        let mut read = self.db.read().await?;
        rows::rows(&mut read, chain, from, to).await
    }

    /// Carries a transaction out.
    ///
    /// # Errors
    /// If it is undone: `Full` when the disk is.
    pub async fn store(&self, transaction: Transaction) -> Result<(), Error> {
        if transaction.ops.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        let born = rows::next_born(&mut tx).await?;
        for op in transaction.ops {
            match op {
                Op::Insert { row, digest } => {
                    rows::insert(&mut tx, &row).await?;
                    let head = Cursor {
                        chain: row.chain,
                        seq: row.seq,
                        digest,
                    };
                    rows::head(&mut tx, head, born).await?;
                }
                Op::Gap { chain, gap } => {
                    rows::remove(&mut tx, chain, gap.from, gap.to).await?;
                    rows::put_gap(&mut tx, chain, &gap).await?;
                }
                Op::Forget { chain, to } => {
                    rows::remove(&mut tx, chain, Seq::ZERO, to).await?;
                }
                Op::Acked { chain, seq } => rows::acked(&mut tx, chain, seq).await?,
                Op::Command(noted) => rows::note(&mut tx, &noted).await?,
                Op::CommandOver(id) => rows::forget_command(&mut tx, id).await?,
            }
        }
        tx.commit().await
    }

    /// Takes the outbox into another epoch, as [`Renewal`] says.
    ///
    /// # Errors
    /// If it is undone; the outbox is as it was.
    pub async fn renew(&self, renewal: &Renewal) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        let born = rows::next_born(&mut tx).await?;
        for (old, behind) in &renewal.moves {
            let Some(head) = rows::head_of(&mut tx, *old).await? else {
                continue;
            };
            let mut walk = renewal.walk(*old, *behind);
            let moved = rows::rows(&mut tx, *old, behind.next(), head.seq).await?;
            let gaps = rows::gaps(&mut tx, *old, *behind).await?;
            rows::remove(&mut tx, *old, Seq::ZERO, head.seq).await?;
            let mut gaps = gaps.into_iter().peekable();
            for row in moved {
                while let Some(gap) = gaps.next_if(|gap| gap.from < row.seq) {
                    let gap = walk.gap(gap);
                    rows::put_gap(&mut tx, walk.head().chain, &gap).await?;
                }
                let (row, _) = walk.row(row);
                rows::insert(&mut tx, &row).await?;
            }
            for gap in gaps {
                let gap = walk.gap(gap);
                rows::put_gap(&mut tx, walk.head().chain, &gap).await?;
            }
            let left = walk.left(head);
            rows::head(&mut tx, left, born).await?;
            rows::acked(&mut tx, *old, left.seq).await?;
            rows::head(&mut tx, walk.head(), born).await?;
        }
        for epoch in &renewal.forget {
            rows::forget_epoch(&mut tx, *epoch).await?;
        }
        rows::own(&mut tx, renewal.agent, renewal.to).await?;
        tx.commit().await
    }

    /// Closes it.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Opens the outbox if it is whole; none if it is damaged.
async fn sound(path: &Path, now: Wall) -> Result<Option<Db>, Error> {
    let db = match database(path, now).await {
        Ok(db) => db,
        Err(Error::Corrupt { .. } | Error::Damaged { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let whole = match db.is_whole().await {
        Ok(true) => readable(&db).await,
        Ok(false) => Ok(false),
        Err(error) => Err(error),
    };
    match whole {
        Ok(true) => Ok(Some(db)),
        Ok(false) | Err(Error::Corrupt { .. }) => {
            db.close().await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn readable(db: &Db) -> Result<bool, Error> {
    let mut read = db.read().await?;
    rows::read(&mut read).await.map(|_| true)
}

/// Puts a damaged outbox aside with what SQLite keeps beside it. One damaged file is
/// kept, the newest: a card that rots would fill up with them.
fn put_aside(folder: &Path, now: Wall) -> std::io::Result<()> {
    for older in [DAMAGED, TOLD]
        .iter()
        .flat_map(|begin| files(folder, begin))
    {
        std::fs::remove_file(folder.join(older))?;
    }
    let aside = folder.join(format!("{DAMAGED}{}.sqlite", now.as_us()));
    // What was written last may stand in the log beside it and nowhere else. The file goes
    // first: a log without one is nobody's, and a file without its log is an older one.
    for beside in ["", "-wal", "-shm"] {
        let named = |file: &Path| {
            let mut name = file.as_os_str().to_owned();
            name.push(beside);
            name
        };
        match std::fs::rename(named(&folder.join(FILE)), named(&aside)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    tracing::warn!(aside = %aside.display(), "the outbox is damaged and was put aside");
    std::fs::File::open(folder)?.sync_all()
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::Place {
        place: path.display().to_string(),
        why: error.to_string(),
    }
}

async fn database(path: &Path, now: Wall) -> Result<Db, Error> {
    let path = path.to_owned();
    let db = Db::open(&Place::Sqlite { path }).await?;
    match db.migrate(&[SCHEMA], now).await {
        Ok(_) => {}
        // A newer release was tried here and went back. Steps of the box's tables only
        // ever add what an older program can leave alone, and nothing is missing.
        Err(error @ Error::Newer { .. }) => tracing::warn!(%error, "the outbox is newer"),
        Err(error) => {
            // Whoever closes it later would take the log of the one that comes after it.
            db.close().await;
            return Err(error);
        }
    }
    Ok(db)
}

async fn whose(db: &Db) -> Result<Option<Id<Agent>>, Error> {
    let mut read = db.read().await?;
    Ok(rows::whose(&mut read).await?.map(|(agent, _)| agent))
}

#[cfg(test)]
mod tests {
    use base::now::Wall;
    use sync::identity::Stream;
    use sync::queue::Queue;
    use sync::share::Shares;

    use super::*;

    fn agent(n: u8) -> Id<Agent> {
        Id::from_bytes([n; 16])
    }

    const NOW: Wall = Wall::from_us(1_800_000_000_000_000);

    async fn open(folder: &Path, agent: Id<Agent>) -> (Disk, Outbox) {
        let mut rng = fastrand::Rng::with_seed(7);
        let opened = Disk::open(folder, agent, NOW, &mut rng).await;
        opened.expect("an outbox")
    }

    /// Puts events in and gives what the queue then says.
    async fn keep(disk: &Disk, queue: &mut Queue, bodies: &[&[u8]]) {
        for body in bodies {
            queue
                .append(Stream::Event, NOW, body.to_vec())
                .expect("there is room");
        }
        let transaction = queue.take(true).expect("something to write");
        disk.store(transaction).await.expect("written");
        queue.stored();
    }

    fn chain(queue: &Queue) -> Chain {
        Chain {
            stream: Stream::Event,
            epoch: queue.epoch(),
        }
    }

    #[tokio::test]
    async fn what_was_kept_is_there_when_it_is_opened_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (disk, outbox) = open(folder.path(), agent(1)).await;
        let mut queue = Queue::open(&outbox, Shares::default());
        keep(&disk, &mut queue, &[b"one", b"two", b"three"]).await;
        disk.close().await;
        let (disk, outbox) = open(folder.path(), agent(1)).await;
        let again = Queue::open(&outbox, Shares::default());
        assert_eq!(again.head(chain(&queue)), queue.head(chain(&queue)));
        let rows = disk.rows(chain(&queue), Seq::new(2), Seq::new(9)).await;
        let rows = rows.expect("rows");
        let bodies: Vec<_> = rows.iter().map(|row| row.record.as_slice()).collect();
        assert_eq!(bodies, [b"two".as_slice(), b"three"]);
        assert!(rows.iter().all(Row::is_whole));
    }

    #[tokio::test]
    async fn in_another_epoch_everything_is_there_under_its_first_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (disk, outbox) = open(folder.path(), agent(1)).await;
        let mut queue = Queue::open(&outbox, Shares::default());
        keep(&disk, &mut queue, &[b"one", b"two", b"three"]).await;
        let old = chain(&queue);
        let to = Epoch::from_bits(u64::MAX - 1);
        disk.renew(&queue.renewal(to)).await.expect("renewed");
        let outbox = disk.read().await.expect("an outbox");
        assert_eq!(outbox.epoch, to);
        let queue = Queue::open(&outbox, Shares::default());
        let head = queue.head(chain(&queue)).expect("a chain");
        assert_eq!(head.seq, Seq::new(3));
        let rows = disk.rows(chain(&queue), Seq::ZERO, head.seq).await;
        let rows = rows.expect("rows");
        for (n, row) in (1..).zip(&rows) {
            let made = row.origin.expect("a first name");
            assert_eq!((made.epoch, made.seq), (old.epoch, Seq::new(n)));
        }
        assert_eq!(
            rows.last().map(|row| row.digest(agent(1))),
            Some(head.digest)
        );
        let left = disk.rows(old, Seq::ZERO, Seq::new(9)).await.expect("rows");
        assert!(left.is_empty(), "{left:?}");
    }

    /// Overwrites part of the file, as a card does that rots.
    fn rot(folder: &Path, from: usize, octets: usize) {
        let path = folder.join(FILE);
        let mut file = std::fs::read(&path).expect("an outbox");
        assert!(file.len() >= from + octets, "{}", file.len());
        file[from..from + octets].fill(0xa5);
        std::fs::write(&path, file).expect("written");
    }

    #[tokio::test]
    async fn a_damaged_outbox_is_put_aside_and_told_of_once() {
        for (from, octets) in [(0, 100), (4_096, 4_096), (8_192, 20_000)] {
            let folder = tempfile::tempdir().expect("a folder");
            let folder = folder.path();
            let (disk, outbox) = open(folder, agent(1)).await;
            assert_eq!(wreck(folder), None);
            let mut queue = Queue::open(&outbox, Shares::default());
            keep(&disk, &mut queue, &[&[7; 30_000], b"two"]).await;
            let before = queue.epoch();
            disk.close().await;
            rot(folder, from, octets);
            let mut rng = fastrand::Rng::with_seed(8);
            let (disk, outbox) = Disk::open(folder, agent(1), NOW, &mut rng)
                .await
                .unwrap_or_else(|error| panic!("{from}: {error}"));
            assert_ne!(outbox.epoch, before, "{from}: another epoch");
            assert!(outbox.chains.is_empty(), "{from}");
            let found = wreck(folder).unwrap_or_else(|| panic!("{from}: it is aside"));
            assert!(found.octets > 30_000, "{found:?}");
            told(folder, &found).expect("renamed");
            assert_eq!(wreck(folder), None, "{from}: told once");
            let kept = files(folder, TOLD);
            let kept = kept.iter().filter(|name| name.ends_with(".sqlite"));
            assert_eq!(kept.count(), 1, "{from}: and kept");

            // Another one later: the newest alone is kept.
            disk.close().await;
            rot(folder, 0, 100);
            let later = NOW + std::time::Duration::from_secs(1);
            let (disk, _) = Disk::open(folder, agent(1), later, &mut rng)
                .await
                .unwrap_or_else(|error| panic!("{from}: {error}"));
            disk.close().await;
            assert!(wreck(folder).is_some() && files(folder, TOLD).is_empty());
        }
    }

    #[tokio::test]
    async fn the_outbox_of_another_key_is_put_aside_and_not_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let (disk, outbox) = open(folder.path(), agent(1)).await;
        let mut queue = Queue::open(&outbox, Shares::default());
        keep(&disk, &mut queue, &[b"one"]).await;
        disk.close().await;
        let (_disk, outbox) = open(folder.path(), agent(2)).await;
        assert!(outbox.chains.is_empty());
        let aside = folder.path().join(format!("outbox-{}.sqlite", agent(1)));
        assert!(aside.exists());
    }
}
