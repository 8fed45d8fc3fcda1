//! All that is known of a subject: whatever row ever belonged to it, in every list, and
//! whatever no examination has read that the same numbers find.

use std::collections::{BTreeMap, BTreeSet};

use base::now::Wall;
use hall::Hall;
use hall::problem::Problem;
use hall::vault::Vault;
use serde::Serialize;
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::hold::{self, Hold};
use crate::sql::erasure::{self as rows, Belonged, FactsRow};
use crate::sql::hold as held;
use crate::sql::list::{self, ListRow};
use crate::sql::photo;
use crate::sql::record::{self, Sealed};
use crate::strongbox::{self, By};
use crate::subject::SubjectId;

/// Rows that are read in one statement.
const READ: usize = 200;

/// All that is known of a subject.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) subject: SubjectId,
    /// Its rows that can be opened still, by their lists.
    pub(crate) rows: Vec<(ListRow, Vec<Sealed>)>,
    /// Whoever these belonged to at any time, with itself.
    pub(crate) whose: BTreeSet<SubjectId>,
    /// Those of them who have no other row, such as itself: they are nobody afterwards.
    pub(crate) ending: BTreeSet<SubjectId>,
    /// How many of the rows count as those of somebody else now.
    pub(crate) moved: u64,
    /// To whom rows belonged, and from which run until before which.
    spans: Vec<Belonged>,
}

impl Reach {
    /// # Errors
    /// `card-subject` if nothing was ever known of it.
    pub(crate) async fn of(
        vault: &Vault,
        conn: &mut Conn,
        subject: SubjectId,
    ) -> Result<Self, Problem> {
        if !rows::is_known(conn, subject).await? {
            return Err(Problem::not_found(
                "card-subject",
                "No row of any list ever belonged to a family or person of that id.",
            ));
        }
        let places = rows::rows_of(conn, subject).await?;
        let mut reach = Self {
            subject,
            rows: Vec::new(),
            whose: BTreeSet::from([subject]),
            ending: BTreeSet::new(),
            moved: 0,
            spans: Vec::new(),
        };
        for place in &places {
            let belonged = rows::belonged(conn, *place).await?;
            let is_its = |it: &Belonged| it.person == subject || it.family == subject;
            let now = belonged.iter().find(|it| it.until.is_none());
            reach.moved += u64::from(now.is_some_and(|now| !is_its(now)));
            for it in &belonged {
                reach.whose.extend([it.person, it.family]);
            }
            // What was decided about a business was decided about whoever owns it.
            reach.whose.extend(rows::business(conn, *place).await?);
            reach.spans.extend(belonged);
        }
        for subject in &reach.whose {
            let all = rows::rows_of(conn, *subject).await?;
            if all.iter().all(|row| places.binary_search(row).is_ok()) {
                reach.ending.insert(*subject);
            }
        }
        let mut lists: BTreeMap<i64, ListRow> = list::all(conn)
            .await?
            .into_iter()
            .map(|list| (list.number, list))
            .collect();
        for of_list in places.chunk_by(|a, b| a.0 == b.0) {
            let numbers: Vec<u32> = of_list.iter().map(|it| it.1).collect();
            let mut sealed = Vec::with_capacity(numbers.len());
            for some in numbers.chunks(READ) {
                sealed.extend(record::kept(conn, of_list[0].0, some).await?);
            }
            sealed.sort_unstable_by_key(|row| row.number);
            let list = lists
                .remove(&of_list[0].0)
                .ok_or_else(|| Error::corrupt("card_member.list"))?;
            reach.rows.push((list, sealed));
        }
        reach.unseen(vault, conn).await?;
        Ok(reach)
    }

    /// Rows of lists that no examination has read, which the same number finds: of a person his
    /// NIK, of a family the number of its card as well.
    async fn unseen(&mut self, vault: &Vault, conn: &mut Conn) -> Result<(), Problem> {
        let known = self.rows.iter().flat_map(|(list, sealed)| {
            let number = list.number;
            sealed.iter().map(move |row| (number, row))
        });
        let hashes = sought(vault, self.subject, known);
        let mut more = unread(conn, &hashes).await?;
        if more.is_empty() {
            return Ok(());
        }
        for list in list::all(conn).await? {
            let Some(numbers) = more.remove(&list.number) else {
                continue;
            };
            let numbers: Vec<u32> = numbers.into_iter().collect();
            let mut sealed = Vec::with_capacity(numbers.len());
            for some in numbers.chunks(READ) {
                sealed.extend(record::kept(conn, list.number, some).await?);
            }
            match self.rows.iter_mut().find(|it| it.0.number == list.number) {
                Some((_, rows)) => rows.extend(sealed),
                None => self.rows.push((list, sealed)),
            }
        }
        self.rows.sort_by_key(|(list, _)| list.number);
        for (_, rows) in &mut self.rows {
            rows.sort_unstable_by_key(|row| row.number);
        }
        Ok(())
    }

    /// How many rows it is.
    pub(crate) fn count(&self) -> i64 {
        let count: usize = self.rows.iter().map(|(_, rows)| rows.len()).sum();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    /// The rows, by the numbers of their lists and their own.
    pub(super) fn places(&self) -> BTreeSet<(i64, u32)> {
        let of = |(list, rows): &(ListRow, Vec<Sealed>)| {
            let list = list.number;
            rows.iter()
                .map(move |row| (list, row.number))
                .collect::<Vec<_>>()
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// Whether some of the rows counted by a run.
    fn is_at(&self, run: i64) -> bool {
        self.spans
            .iter()
            .any(|it| it.since <= run && it.until.is_none_or(|until| until > run))
    }

    /// Lists that have such rows and whose file is kept.
    pub(crate) fn raw_copies(&self) -> impl Iterator<Item = &ListRow> {
        let lists = self.rows.iter().map(|(list, _)| list);
        lists.filter(|list| list.raw_blob.is_some())
    }

    /// What keeps all of it, but for the request that is followed.
    pub(crate) async fn holds(
        &self,
        hall: &Hall,
        conn: &mut Conn,
        but: Option<i64>,
    ) -> Result<Vec<Hold>, Error> {
        let rows: Vec<(&ListRow, &[Sealed])> = self
            .rows
            .iter()
            .map(|(list, rows)| (list, rows.as_slice()))
            .collect();
        hold::of(hall, conn, &self.whose, &rows, but).await
    }

    /// What nobody destroys: what adopted lists rest on, and what they tell of it.
    pub(crate) async fn stays(&self, hall: &Hall, conn: &mut Conn) -> Result<Vec<Stays>, Error> {
        let now = hall.now().wall;
        let facts = rows::facts(conn).await?;
        let mut stays: Vec<Stays> = facts
            .iter()
            .filter(|it| it.is_adopted && self.is_at(it.run))
            .map(|it| Stays {
                number: Some(it.run),
                until_us: it.until.filter(|until| *until > now),
                what: "facts",
            })
            .collect();
        let mut told = BTreeSet::new();
        for subject in &self.whose {
            told.extend(held::told(conn, subject.octets()).await?);
        }
        stays.extend(told.into_iter().map(|(number, until_us)| Stays {
            number: Some(number),
            until_us,
            what: "judged",
        }));
        stays.push(Stays {
            number: None,
            until_us: None,
            what: "audit",
        });
        Ok(stays)
    }

    /// Photographs that go with whoever is nobody afterwards.
    pub(crate) async fn photos(&self, conn: &mut Conn) -> Result<usize, Error> {
        let ids: Vec<[u8; 16]> = self.ending.iter().map(|it| *it.octets()).collect();
        let found = photo::under(conn, &ids).await?;
        Ok(found.iter().filter(|it| it.ended.is_none()).count())
    }

    /// Examinations whose facts are to be written anew without it.
    pub(super) async fn facts(&self, conn: &mut Conn) -> Result<Vec<FactsRow>, Error> {
        let mut facts = rows::facts(conn).await?;
        facts.retain(|it| !it.is_adopted && self.is_at(it.run));
        Ok(facts)
    }
}

/// What rows of a subject are found by: of a person his NIK, of a family the number of its card
/// as well.
pub(crate) fn sought<'a>(
    vault: &Vault,
    subject: SubjectId,
    known: impl Iterator<Item = (i64, &'a Sealed)>,
) -> BTreeSet<i64> {
    let mut hashes = BTreeSet::new();
    if let SubjectId::Business(_) = subject {
        // Its rows are known as they come; its owner has others.
        return hashes;
    }
    for (list, row) in known {
        let Ok(Some(record)) = strongbox::open(vault, list, row) else {
            continue;
        };
        hashes.extend(strongbox::hash(vault, By::Nik, &record.nik));
        if let SubjectId::Family(_) = subject {
            hashes.extend(strongbox::hash(vault, By::Kk, &record.kk));
        }
    }
    hashes
}

/// Rows of lists that no examination has read, by list, which these find.
pub(crate) async fn unread(
    conn: &mut Conn,
    hashes: &BTreeSet<i64>,
) -> Result<BTreeMap<i64, BTreeSet<u32>>, Error> {
    let mut more: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
    for hash in hashes {
        for (list, number) in record::unread(conn, *hash).await? {
            more.entry(list).or_default().insert(number);
        }
    }
    Ok(more)
}

/// Something that is not destroyed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = CardErasureStays)]
pub(crate) struct Stays {
    /// Of facts the number of the examination, of what lists tell that of the adopted list.
    pub(crate) number: Option<i64>,
    /// Until when at least. Null: for as long as there is the house; of facts, until there was
    /// another examination.
    #[schema(value_type = Option<i64>)]
    pub(crate) until_us: Option<Wall>,
    /// `facts` (what an examination knew on which an adopted list rests), `judged` (that an
    /// adopted list tells of an id, with its row) or `audit`.
    #[schema(value_type = String)]
    pub(crate) what: &'static str,
}
