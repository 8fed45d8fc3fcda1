//! Networks of offices, and the rule that goes by them.
//!
//! A network has a name and ranges of addresses. Whoever is seen from an address of one
//! is in the office; which address that is, [`crate::proxy`] settles. Who has a second
//! factor is asked for it everywhere else. The rule of the house, once somebody has
//! turned it on, lets nobody in from elsewhere who has none ([`crate::factor`]).
//!
//! The address of a proxy is never an office: it stands there when the proxy did not say
//! whom it speaks for.

mod range;

use std::net::IpAddr;

use base::id::{Id, Network, Person};
use base::now::Wall;
use serde_json::json;
use store::{Conn, Error, Tx};

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::line;
use crate::problem::Problem;
use crate::session::Revoked;
use crate::sql::factor;
use crate::sql::network::{self as rows, NetworkRow};

pub use range::Range;

/// Networks of a house. Policy: one more is refused.
const NETWORKS_MAX: usize = 100;

/// Ranges of one network. Policy: more are refused.
const RANGES_MAX: usize = 32;

/// A network as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Network>,
    /// What it is called.
    pub name: String,
    /// Its ranges, as CIDR.
    pub ranges: Vec<String>,
    /// Which area or office it is of, in somebody's words.
    pub place: Option<String>,
}

/// What somebody says of a network.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// Its ranges, as CIDR.
    pub ranges: Vec<String>,
    /// Which area or office it is of, in his own words.
    pub place: Option<String>,
}

/// The name of the network that an address lies in. None: it is in no office.
///
/// # Errors
/// If the database does not answer.
pub async fn inside(
    hall: &Hall,
    conn: &mut Conn,
    address: Option<IpAddr>,
) -> Result<Option<String>, Error> {
    let proxies = &hall.config().trusted_proxies;
    let Some(address) = address.filter(|address| !proxies.contains(address)) else {
        return Ok(None);
    };
    let holds = |row: &NetworkRow| row.ranges.iter().any(|range| range.contains(address));
    Ok(rows::all(conn)
        .await?
        .into_iter()
        .find(holds)
        .map(|row| row.name))
}

/// All networks, by name.
///
/// # Errors
/// `not-allowed`.
pub async fn list(hall: &Hall, who: &Who) -> Result<Vec<Listed>, Problem> {
    who.require(Permission::SettingsRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    let all = rows::all(&mut read).await?;
    Ok(all.into_iter().map(listed).collect())
}

/// Names a network, in the caller's transaction.
///
/// # Errors
/// `not-allowed`, `network-taken`, `exhausted` or a bad field.
pub async fn add(hall: &Hall, tx: &mut Tx, who: &Who, wanted: &Wanted) -> Result<Listed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let row = read(hall.mint(), wanted)?;
    let all = rows::all(tx).await?;
    free(&all, &row)?;
    if all.len() >= NETWORKS_MAX {
        return Err(Problem::exhausted(
            "exhausted",
            format!("A house has at most {NETWORKS_MAX} networks; put ranges together."),
        ));
    }
    let now = hall.now();
    rows::insert(tx, &row, now.wall).await?;
    let act = Act {
        verb: "network.added",
        subject: row.id.to_string(),
        detail: told(&row),
    };
    audit::record(tx, now, who, act).await?;
    Ok(listed(row))
}

/// Says something else of a network. Who is in the office by it no more is asked from the
/// next request on.
///
/// # Errors
/// `network` (not found), `not-allowed`, `network-taken` or a bad field.
pub async fn change(
    hall: &Hall,
    who: &Who,
    id: Id<Network>,
    wanted: &Wanted,
) -> Result<Listed, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let row = read(id, wanted)?;
    let mut tx = hall.db().write().await?;
    let old = rows::by_id(&mut tx, id).await?.ok_or_else(not_found)?;
    free(&rows::all(&mut tx).await?, &row)?;
    if row == old {
        return Ok(listed(row));
    }
    let now = hall.now();
    rows::update(&mut tx, &row, now.wall).await?;
    let act = Act {
        verb: "network.changed",
        subject: id.to_string(),
        detail: json!({ "from": told(&old), "to": told(&row) }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let unshown = unshown(&mut tx).await?;
    tx.commit().await?;
    hall.door().tell(unshown);
    Ok(listed(row))
}

/// Takes a network away.
///
/// # Errors
/// `network` (not found) or `not-allowed`.
pub async fn remove(hall: &Hall, who: &Who, id: Id<Network>) -> Result<(), Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let mut tx = hall.db().write().await?;
    let old = rows::by_id(&mut tx, id).await?.ok_or_else(not_found)?;
    rows::remove(&mut tx, id).await?;
    let act = Act {
        verb: "network.removed",
        subject: id.to_string(),
        detail: told(&old),
    };
    audit::record(&mut tx, hall.now(), who, act).await?;
    let unshown = unshown(&mut tx).await?;
    tx.commit().await?;
    hall.door().tell(unshown);
    Ok(())
}

/// How the house stands to the rule, or would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Since when it is on, and who has turned it on. None: it is off.
    pub rule: Option<(Wall, String)>,
    /// The address that the caller is seen from, and the network it lies in.
    pub address: Option<String>,
    /// The name of that network. None: he is in no office.
    pub here: Option<String>,
    /// Whether he has a second factor.
    pub own: bool,
    /// Active people with a way in who have one.
    pub with: i64,
    /// Those who have none: from elsewhere they do not come in.
    pub without: Vec<(Id<Person>, String)>,
}

/// Who would be shut out from where, before anybody turns the rule on.
///
/// # Errors
/// `not-allowed`.
pub async fn outlook(hall: &Hall, who: &Who) -> Result<Outlook, Problem> {
    who.require(Permission::SettingsRead, &Place::HOUSE)?;
    let mut read = hall.db().read().await?;
    look(hall, &mut read, who).await
}

async fn look(hall: &Hall, conn: &mut Conn, who: &Who) -> Result<Outlook, Problem> {
    let mut with = 0;
    let mut without = Vec::new();
    for person in factor::everybody(conn).await? {
        if person.has {
            with += 1;
        } else {
            without.push((person.id, person.name));
        }
    }
    Ok(Outlook {
        rule: rows::rule(conn).await?,
        address: who.address().map(|address| address.to_string()),
        here: inside(hall, conn, who.address()).await?,
        own: factor::has(conn, who.person()).await?,
        with,
        without,
    })
}

/// Turns the rule on or off. Whoever turns it on says how many he was told have no second
/// factor, so that nobody does it without having looked.
///
/// # Errors
/// `not-allowed`; `factor-outlook` if it is another number by now; `factor-self` if he
/// would shut himself out.
pub async fn set_rule(
    hall: &Hall,
    who: &Who,
    on: bool,
    without: Option<usize>,
) -> Result<Outlook, Problem> {
    who.require(Permission::SettingsWrite, &Place::HOUSE)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let before = look(hall, &mut tx, who).await?;
    if before.rule.is_some() == on {
        return Ok(before);
    }
    if on && without != Some(before.without.len()) {
        return Err(Problem::conflict(
            "factor-outlook",
            format!(
                "{} people have no second factor now; look at who they are. The rule was not \
                 turned on.",
                before.without.len()
            ),
        ));
    }
    if on && before.here.is_none() && !before.own {
        return Err(Problem::conflict(
            "factor-self",
            "You have no second factor and are in none of the networks: you would shut \
             yourself out. The rule was not turned on.",
        ));
    }
    let mut unshown_now = Vec::new();
    if on {
        rows::turn_on(&mut tx, who.person(), now.wall).await?;
        unshown_now = unshown(&mut tx).await?;
    } else {
        rows::turn_off(&mut tx).await?;
    }
    let act = Act {
        verb: if on {
            "factor_rule.turned_on"
        } else {
            "factor_rule.turned_off"
        },
        subject: String::new(),
        detail: json!({ "without": before.without.len(), "with": before.with }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let after = look(hall, &mut tx, who).await?;
    tx.commit().await?;
    hall.door().tell(unshown_now);
    Ok(after)
}

/// The logins whose streams end so that they are looked at anew.
async fn unshown(tx: &mut Tx) -> Result<Vec<Revoked>, Error> {
    let sessions = factor::unshown(tx).await?;
    let revoked = |(session, person): (Id<base::id::Session>, _)| Revoked {
        login: *session.as_bytes(),
        person,
    };
    Ok(sessions.into_iter().map(revoked).collect())
}

fn read(id: Id<Network>, wanted: &Wanted) -> Result<NetworkRow, Problem> {
    let name = line::read("name", &wanted.name, line::NAME_MAX)?;
    let place = line::read_maybe("place", wanted.place.as_deref(), line::NAME_MAX)?;
    if wanted.ranges.is_empty() || wanted.ranges.len() > RANGES_MAX {
        return Err(line::refuse("ranges", format!("1 to {RANGES_MAX} ranges")));
    }
    let mut ranges = Vec::new();
    for text in &wanted.ranges {
        let range = Range::parse(text.trim()).map_err(|why| line::refuse("ranges", why))?;
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    Ok(NetworkRow {
        id,
        name,
        ranges,
        place,
    })
}

fn free(all: &[NetworkRow], row: &NetworkRow) -> Result<(), Problem> {
    let name = row.name.to_lowercase();
    let taken = all
        .iter()
        .any(|other| other.id != row.id && other.name.to_lowercase() == name);
    if taken {
        return Err(
            Problem::conflict("network-taken", "There is a network of this name.")
                .field("name", "is taken"),
        );
    }
    Ok(())
}

fn not_found() -> Problem {
    Problem::not_found("network", "There is no such network.")
}

fn told(row: &NetworkRow) -> serde_json::Value {
    let ranges: Vec<_> = row.ranges.iter().map(Range::to_string).collect();
    json!({ "name": row.name, "ranges": ranges, "place": row.place })
}

fn listed(row: NetworkRow) -> Listed {
    Listed {
        id: row.id,
        ranges: row.ranges.iter().map(Range::to_string).collect(),
        name: row.name,
        place: row.place,
    }
}

#[cfg(test)]
mod tests {
    use base::now::{Mono, Now};

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::schema::SCHEMA;

    #[tokio::test]
    async fn a_proxy_is_no_office() {
        let base = store::test::sqlite();
        let db = store::test::open(&base, &[SCHEMA]).await;
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        let flags = [("data", data), ("trusted_proxies", "10.62.0.1".to_owned())];
        let config = Config::load(None, [], &flags).expect("a configuration");
        let clock = Clock::hand(Now {
            mono: Mono::from_us(0),
            wall: Wall::from_us(0),
        });
        let hall = Hall::open(db, clock, config).await.expect("a hall");
        let row = NetworkRow {
            id: hall.mint(),
            name: "Kantor".to_owned(),
            ranges: vec![Range::parse("10.62.0.0/16").expect("a range")],
            place: None,
        };
        let mut tx = hall.db().write().await.expect("a transaction");
        rows::insert(&mut tx, &row, hall.now().wall)
            .await
            .expect("a row");
        for (address, office) in [
            (Some("10.62.0.2"), Some("Kantor")),
            (Some("10.62.0.1"), None),
            (Some("10.63.0.2"), None),
            (None, None),
        ] {
            let at = address.and_then(|address| address.parse().ok());
            let found = inside(&hall, &mut tx, at).await.expect("an answer");
            assert_eq!(found.as_deref(), office, "{address:?}");
        }
    }
}
