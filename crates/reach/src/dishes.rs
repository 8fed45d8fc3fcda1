//! What the house makes of what dishes say: the newest word of each, and an incident where
//! no roof has to be climbed to mend it.
//!
//! Records come late and in any order. The word with the newest event stands; what was so
//! before it is in the records and opens nothing any more.

use std::collections::BTreeMap;

use base::id::{Id, Site};
use base::now::{Now, Wall};
use hall::incident::{self, About, Key, Opening, Severity};
use hall::link::arrived::{Arrived, Clocks};
use hall::link::kinds;
use prost::Message as _;
use reach_core::dish::{Said, Word};
use serde_json::{Map, json};
use store::{Error, Tx};

use crate::sql::dish::{self as rows, DishRow};

/// Who opens incidents here.
const BY: &str = "reach";

/// The dish may not be used until somebody pays.
const BILL: &str = "dish.bill";

/// It may not be used where it stands.
const MOVED: &str = "dish.moved";

/// It may not be used, for a reason that only its code tells.
const FORBIDDEN: &str = "dish.forbidden";

/// All of these: at most one of them is open of a site.
const KINDS: [&str; 3] = [BILL, MOVED, FORBIDDEN];

/// Takes in what has arrived, in the transaction in which it is read.
pub(crate) async fn take(
    tx: &mut Tx,
    now: Now,
    arrived: &[Arrived],
    clocks: &Clocks,
) -> Result<(), Error> {
    let mut by_site: BTreeMap<Id<Site>, Vec<(Wall, Said)>> = BTreeMap::new();
    for one in arrived.iter().filter(|one| one.says.kind == kinds::DISH) {
        // A body that is not what its kind says shows nothing.
        let Ok(said) = Said::decode(one.says.body.as_slice()) else {
            continue;
        };
        // Of a box that does not know the time, it is what it is when it comes.
        let at = clocks.of(one.agent, &one.says).unwrap_or(one.received);
        let at = at.min(one.received);
        by_site.entry(one.site).or_default().push((at, said));
    }
    for (site, mut words) in by_site {
        words.sort_by_key(|(at, _)| *at);
        let was = rows::of_site(tx, site).await?;
        let stands = words
            .into_iter()
            .fold(was.clone(), |row, (at, said)| next(site, row, at, said));
        let Some(stands) = stands.filter(|row| was.as_ref() != Some(row)) else {
            continue;
        };
        rows::put(tx, &stands).await?;
        let news = |row: &DishRow| (row.word, row.said.is_served(), row.said.disablement);
        if was.as_ref().map(news) != Some(news(&stands)) {
            tell(tx, now, &stands).await?;
        }
    }
    Ok(())
}

/// What stands after another word.
fn next(site: Id<Site>, row: Option<DishRow>, at: Wall, said: Said) -> Option<DishRow> {
    let word = said.word();
    match row {
        Some(row) if row.at >= at => Some(row),
        Some(row) if row.word == word => Some(DishRow { at, said, ..row }),
        Some(_) | None => Some(DishRow {
            site,
            word,
            since: at,
            at,
            said,
        }),
    }
}

/// Opens what follows from a word, and clears what is over: only a dish that says that it
/// may be used, or that something else forbids it, ends what was wrong. One that cannot be
/// asked, has just been started or does not say leaves it as it is.
async fn tell(tx: &mut Tx, now: Now, row: &DishRow) -> Result<(), Error> {
    let (kind, title) = match row.word {
        word if word.is_bill() => (
            Some(BILL),
            "Antena satelit tidak dilayani: tagihan atau langganan, bukan sambungan yang rusak",
        ),
        Word::Moved => (Some(MOVED), "Antena satelit tidak dilayani di tempat ini"),
        Word::Forbidden => (Some(FORBIDDEN), "Antena satelit tidak boleh dipakai"),
        _ if row.said.is_served() => (None, ""),
        _ => return Ok(()),
    };
    for other in KINDS.into_iter().filter(|it| Some(*it) != kind) {
        incident::clear(tx, now, &Key::new(other, row.site), BY).await?;
    }
    let Some(kind) = kind else {
        return Ok(());
    };
    let opening = Opening {
        key: Key::new(kind, row.site),
        by: BY,
        severity: Severity::Warning,
        title: title.to_owned(),
        facts: Map::from_iter([
            ("word".to_owned(), json!(row.word.as_str())),
            ("code".to_owned(), json!(row.said.disablement)),
            ("since_us".to_owned(), json!(row.since)),
        ]),
        about: About::site(tx, row.site).await?.into_iter().collect(),
    };
    let _ = incident::open(tx, now, opening).await?;
    Ok(())
}
