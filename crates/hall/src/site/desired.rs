//! What a site's box is to be like: said here, signed by the authority for sites, and
//! told to the box as a command.
//!
//! A version is the time at which it was made, in seconds, or one more than the last: so
//! it rises also for a house that was restored from an older day, and a box that has
//! heard of a later version than the house remembers still takes the next one.

use base::id::{Agent, Id, Person, Site};
use base::now::Wall;
use serde_json::{Value as Json, json};
use store::{Conn, Tx};
use sync::anchor::{self, Anchor};
use sync::desired::{Desired, House, seal};

use crate::audit::{self, Act};
use crate::enrol::Standing;
use crate::guard::{Permission, Who};
use crate::link::kinds;
use crate::link::said::{self, Sent};
use crate::problem::Problem;
use crate::sql::desired::{self as rows, DesiredRow};
use crate::sql::enrol as agents;
use crate::{Hall, line, site};

/// So long a box that is away may hear of it.
const LIFE: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 3_600);

/// Rows of a list.
const LIST_MAX: i64 = 100;

/// What a box is to be like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Seconds between two samples; none: as it was started.
    pub sample_every_s: Option<u32>,
    /// Where the house is, HOST:PORT, in the order they are tried; empty: where it was
    /// when the box was let in.
    pub houses: Vec<String>,
    /// Kibibytes of a release that may be fetched in an hour; none: as it was started.
    pub update_kib_per_hour: Option<u32>,
    /// Where it looks whether there is an internet; empty: as it was started.
    pub anchors: Vec<Anchor>,
    /// Octets that it may use on a day (UTC) for its own ends; none: as it was started.
    pub budget_octets: Option<u64>,
}

/// What a box was told to be like, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which box.
    pub agent: Id<Agent>,
    /// Only rises, for one box.
    pub version: i64,
    /// What it says.
    pub form: Form,
    /// Who.
    pub made_by: Id<Person>,
    /// When.
    pub made: Wall,
    /// told applied confirmed rolled_back refused.
    pub state: String,
    /// Why.
    pub why: Option<String>,
    /// Since when the house knows.
    pub heard: Wall,
}

/// Every word of [`Listed::state`].
pub const STATES: [&str; 5] = ["told", "applied", "confirmed", "rolled_back", "refused"];

/// Tells the box of a site to be like this.
///
/// # Errors
/// `site` (not found), `not-allowed`, `site-state` if no box is let in, or a bad field.
pub async fn set(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Site>,
    form: Form,
) -> Result<(Listed, Sent), Problem> {
    let place = site::readable(tx, who, id).await?.place();
    who.require(Permission::SitesWrite, &place)?;
    let house = |text: &String| {
        text.parse::<House>()
            .map_err(|error| line::refuse("houses", format!("{text}: {error}")))
    };
    let houses = form.houses.iter().map(house).collect::<Result<_, _>>()?;
    if !form.anchors.is_empty() {
        let wrong = |error: anchor::AnchorError| line::refuse("anchors", error.to_string());
        anchor::read(&form.anchors).map_err(wrong)?;
        anchor::apart(&form.anchors).map_err(wrong)?;
    }
    let agent = active(tx, id)
        .await?
        .ok_or_else(|| Problem::conflict("site-state", "No box is let in at this site."))?;
    let now = hall.now();
    let last = rows::of(tx, agent, 1)
        .await?
        .first()
        .map_or(0, |row| row.version);
    let version = (last + 1).max(now.wall.as_us() / 1_000_000);
    let desired = Desired {
        version: u64::try_from(version).map_err(|_| Problem::bug("a version below zero"))?,
        agent,
        made: now.wall,
        sample_every_s: form.sample_every_s,
        houses,
        update_kib_per_hour: form.update_kib_per_hour,
        anchors: form.anchors.clone(),
        budget_octets: form.budget_octets,
    };
    desired
        .check()
        .map_err(|error| line::refuse("form", error.to_string()))?;
    let octets = desired.encode();
    let (signature, key) = hall.authority().attest(&Desired::to_sign(&octets))?;
    let signed = seal(octets, signature, key);
    let what = (kinds::CONFIGURE, signed.clone());
    let (command, sent) = said::tell(hall, tx, who, agent, what, now.wall + LIFE).await?;
    let told = told(&form);
    let row = DesiredRow {
        agent,
        version,
        said: told.to_string(),
        signed,
        made_by: who.person(),
        made: now.wall,
        command,
        state: "told".to_owned(),
        why: None,
        heard: now.wall,
    };
    rows::insert(tx, &row).await?;
    let act = Act {
        verb: "site.configured",
        subject: id.to_string(),
        detail: json!({ "agent": agent, "version": version, "to": told }),
    };
    audit::record(tx, now, who, act).await?;
    Ok((listed(row), sent))
}

/// What a site's box was told to be like, the newest first.
///
/// # Errors
/// `site` (not found).
pub async fn list(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<Vec<Listed>, Problem> {
    site::readable(conn, who, id).await?;
    let Some(agent) = active(conn, id).await? else {
        return Ok(Vec::new());
    };
    let found = rows::of(conn, agent, LIST_MAX).await?;
    Ok(found.into_iter().map(listed).collect())
}

/// Which version a box should have, as the house greets it; zero if none. In doubt none:
/// it is told by a command, too.
pub(crate) async fn wanted(hall: &Hall, agent: Id<Agent>) -> u64 {
    let found = async {
        let mut read = hall.db().read().await?;
        rows::of(&mut read, agent, 1).await
    };
    match found.await {
        Ok(found) => found
            .first()
            .and_then(|row| u64::try_from(row.version).ok())
            .unwrap_or(0),
        Err(error) => {
            tracing::error!(%error, "the configuration of a box could not be read");
            0
        }
    }
}

async fn active(conn: &mut Conn, id: Id<Site>) -> Result<Option<Id<Agent>>, store::Error> {
    let all = agents::agents_of(conn, id).await?;
    let active = all.iter().find(|agent| agent.standing == Standing::Active);
    Ok(active.map(|agent| agent.id))
}

fn told(form: &Form) -> Json {
    json!({
        "sample_every_s": form.sample_every_s, "houses": form.houses,
        "update_kib_per_hour": form.update_kib_per_hour, "anchors": form.anchors,
        "budget_octets": form.budget_octets,
    })
}

fn listed(row: DesiredRow) -> Listed {
    let said: Json = serde_json::from_str(&row.said).unwrap_or_default();
    let number = |key: &str| said[key].as_u64().and_then(|n| u32::try_from(n).ok());
    let houses = said["houses"].as_array().into_iter().flatten();
    Listed {
        agent: row.agent,
        version: row.version,
        form: Form {
            sample_every_s: number("sample_every_s"),
            houses: houses
                .filter_map(|text| text.as_str().map(str::to_owned))
                .collect(),
            update_kib_per_hour: number("update_kib_per_hour"),
            // What an older house has written has none.
            anchors: serde_json::from_value(said["anchors"].clone()).unwrap_or_default(),
            budget_octets: said["budget_octets"].as_u64(),
        },
        made_by: row.made_by,
        made: row.made,
        state: row.state,
        why: row.why,
        heard: row.heard,
    }
}
