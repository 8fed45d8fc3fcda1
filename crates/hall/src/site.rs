//! Sites: places that dial in.
//!
//! A site is where a box of the house stands, or will: a village office, the mast of
//! a camera, a regency's node, a point where aid is handed out. What the box is and
//! whether it may speak is another matter ([`crate::enrol`]); how far the site has
//! come is one state, and every step towards it is kept with who and when ([`life`]).

pub mod desired;
pub mod life;

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::fact::Fact;
use base::geo::Point;
use base::id::{Agency, Agent, Id, Person, Site};
use base::now::Wall;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx, facts};

use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Who};
use crate::problem::Problem;
use crate::sql::site::{self as rows, SiteRow, StepRow};
use crate::{Hall, agencies, areas, line};

pub use life::{State, Step};

/// Longest telephone number, in characters.
const PHONE_MAX: usize = 40;

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The office of a village.
    KantorDesa,
    /// Where a camera stands.
    LokasiKamera,
    /// A node of a regency.
    SimpulKabupaten,
    /// Where aid is handed out.
    TitikPenyaluran,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::KantorDesa,
        Self::LokasiKamera,
        Self::SimpulKabupaten,
        Self::TitikPenyaluran,
    ];

    /// The word of rows and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KantorDesa => "kantor_desa",
            Self::LokasiKamera => "lokasi_kamera",
            Self::SimpulKabupaten => "simpul_kabupaten",
            Self::TitikPenyaluran => "titik_penyaluran",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A site of the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Which.
    pub id: Id<Site>,
    /// What people say about it, without its state.
    pub form: Form,
    /// How far it has come.
    pub state: State,
}

/// What people say about a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What it is called.
    pub name: String,
    /// What kind of place it is.
    pub kind: Kind,
    /// Where it lies.
    pub area: AreaCode,
    /// Whose it is.
    pub agency: Option<Id<Agency>>,
    /// Where its box stands.
    pub point: Option<Point>,
    /// Whom to call there.
    pub contact_name: Option<String>,
    /// By which number.
    pub contact_phone: Option<String>,
    /// Who provides the connection.
    pub provider: Option<String>,
    /// Under which contract.
    pub contract: Option<String>,
}

/// One step of a site's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What has happened.
    pub step: Step,
    /// The state behind it.
    pub state: State,
    /// When.
    pub at: Wall,
    /// Who; nobody if it was the box itself, or the rule of its code.
    pub by: Option<Id<Person>>,
    /// The box it was about.
    pub agent: Option<Id<Agent>>,
    /// What the person said.
    pub why: Option<String>,
}

/// Which sites.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this area and what lies in it.
    pub within: Option<AreaCode>,
    /// Only those that have come so far.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Part of the name, or the beginning of the area's code.
    pub q: Option<String>,
    /// What the last page ended with.
    pub after: Option<Id<Site>>,
}

impl SiteRow {
    pub(crate) fn place(&self) -> Place {
        Place::new(Some(self.area.clone()), self.agency)
    }
}

/// All sites, whoever asks: for rooms that make something of them.
///
/// # Errors
/// If the database does not answer.
pub async fn all(conn: &mut Conn) -> Result<Vec<Listed>, Error> {
    let query = rows::list().raw(" ORDER BY s.id");
    Ok(rows::fetch(conn, &query)
        .await?
        .into_iter()
        .map(listed)
        .collect())
}

/// When each of some sites (of all, if none are named) became active first, and when one
/// that is revoked was; those that never were active are not there.
///
/// # Errors
/// If the database does not answer.
pub async fn lives(
    conn: &mut Conn,
    sites: Option<&[Id<Site>]>,
) -> Result<BTreeMap<Id<Site>, (Wall, Option<Wall>)>, Error> {
    rows::lives(conn, sites).await
}

/// How far a site has come, whoever asks; none if there is no such site.
///
/// # Errors
/// If the database does not answer.
pub async fn state(conn: &mut Conn, id: Id<Site>) -> Result<Option<State>, Error> {
    Ok(rows::by_id(conn, id).await?.map(|row| row.state))
}

impl Listed {
    /// Where it lies, as rights see it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::new(Some(self.form.area.clone()), self.form.agency)
    }
}

/// Sites in the order they were registered. Also what to begin the next page after,
/// if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    conn: &mut Conn,
    who: &Who,
    filter: &Filter,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Site>>), Error> {
    let (condition, values) = who.visible(Permission::SitesRead, "s.area_code", "s.agency_id");
    let mut query = rows::list().raw(" AND ").condition(&condition, values);
    if let Some(within) = &filter.within {
        query = query
            .push(" AND (s.area_code = ", within.as_str())
            .push(" OR s.area_code LIKE ", format!("{within}.%"))
            .raw(")");
    }
    if let Some(state) = filter.state {
        query = query.push(" AND s.state = ", state.as_str());
    }
    if let Some(kind) = filter.kind {
        query = query.push(" AND s.kind = ", kind.as_str());
    }
    if let Some(q) = &filter.q {
        let pattern = crate::sql::containing(q);
        query = query
            .push(" AND (LOWER(s.name) LIKE ", pattern.as_str())
            .push(" ESCAPE '!' OR s.area_code LIKE ", pattern)
            .raw(" ESCAPE '!')");
    }
    if let Some(after) = filter.after {
        query = query.push(" AND s.id > ", after);
    }
    query = query.push(" ORDER BY s.id LIMIT ", limit);
    let found = rows::fetch(conn, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(listed).collect(), next))
}

/// One site, if this caller may know of it.
///
/// # Errors
/// `site` (not found).
pub async fn find(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<Listed, Problem> {
    Ok(listed(readable(conn, who, id).await?))
}

/// What has happened to a site, the newest first.
///
/// # Errors
/// `site` (not found).
pub async fn steps(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<Vec<Taken>, Problem> {
    readable(conn, who, id).await?;
    let steps = rows::steps(conn, id).await?;
    Ok(steps
        .into_iter()
        .map(|row| Taken {
            step: row.step,
            state: row.state,
            at: row.at,
            by: row.by,
            agent: row.agent,
            why: row.why,
        })
        .collect())
}

/// Adds a site to the register.
///
/// # Errors
/// `not-allowed`, or a bad field.
pub async fn add(hall: &Hall, tx: &mut Tx, who: &Who, form: Form) -> Result<Listed, Problem> {
    let row = SiteRow {
        id: hall.mint(),
        ..checked(tx, form, State::Planned).await?
    };
    who.require(Permission::SitesWrite, &row.place())?;
    let now = hall.now();
    rows::insert(tx, &row, now.wall).await?;
    let step = StepRow {
        step: Step::Added,
        state: row.state,
        at: now.wall,
        by: Some(who.person()),
        agent: None,
        why: None,
    };
    rows::add_step(tx, row.id, &step).await?;
    let act = Act {
        verb: "site.added",
        subject: row.id.to_string(),
        detail: told(&row),
    };
    audit::record(tx, now, who, act).await?;
    facts::append(tx, &Fact::SiteChanged { site: row.id }, now.wall).await?;
    Ok(listed(row))
}

/// Says something else about a site. Its state is not changed by this.
///
/// # Errors
/// `site` (not found), `not-allowed`, or a bad field.
pub async fn change(hall: &Hall, who: &Who, id: Id<Site>, form: Form) -> Result<Listed, Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let old = readable(&mut tx, who, id).await?;
    who.require(Permission::SitesWrite, &old.place())?;
    let row = SiteRow {
        id,
        ..checked(&mut tx, form, old.state).await?
    };
    // Out of the old place and into the new one: both must be one's own.
    who.require(Permission::SitesWrite, &row.place())?;
    if row == old {
        return Ok(listed(row));
    }
    rows::update(&mut tx, &row, now.wall).await?;
    let act = Act {
        verb: "site.changed",
        subject: id.to_string(),
        detail: json!({ "from": told(&old), "to": told(&row) }),
    };
    audit::record(&mut tx, now, who, act).await?;
    facts::append(&mut tx, &Fact::SiteChanged { site: id }, now.wall).await?;
    tx.commit().await?;
    Ok(listed(row))
}

/// The row of a site, if this caller may know of it.
pub(crate) async fn readable(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<SiteRow, Problem> {
    rows::by_id(conn, id)
        .await?
        .filter(|row| who.may(Permission::SitesRead, &row.place()))
        .ok_or_else(|| Problem::not_found("site", "There is no such site."))
}

async fn checked(conn: &mut Conn, form: Form, state: State) -> Result<SiteRow, Problem> {
    if !areas::exists(conn, &form.area).await? {
        return Err(line::refuse("area", "is not in the register of areas"));
    }
    if let Some(agency) = form.agency
        && !agencies::exists(conn, agency).await?
    {
        return Err(line::refuse("agency", "is not in the register of agencies"));
    }
    Ok(SiteRow {
        id: Id::from_bytes([0; 16]),
        name: line::read("name", &form.name, line::NAME_MAX)?,
        kind: form.kind,
        area: form.area,
        agency: form.agency,
        point: form.point,
        contact_name: maybe("contact_name", form.contact_name, line::NAME_MAX)?,
        contact_phone: maybe("contact_phone", form.contact_phone, PHONE_MAX)?,
        provider: maybe("provider", form.provider, line::NAME_MAX)?,
        contract: maybe("contract", form.contract, line::NAME_MAX)?,
        state,
    })
}

fn maybe(
    field: &'static str,
    text: Option<String>,
    most: usize,
) -> Result<Option<String>, Problem> {
    line::read_maybe(field, text.as_deref(), most)
}

/// What the audit keeps of a site: not whom to call, which is personal.
fn told(row: &SiteRow) -> serde_json::Value {
    json!({
        "name": row.name, "kind": row.kind, "area": row.area, "agency": row.agency,
        "point": row.point, "provider": row.provider, "contract": row.contract,
    })
}

fn listed(row: SiteRow) -> Listed {
    Listed {
        id: row.id,
        state: row.state,
        form: Form {
            name: row.name,
            kind: row.kind,
            area: row.area,
            agency: row.agency,
            point: row.point,
            contact_name: row.contact_name,
            contact_phone: row.contact_phone,
            provider: row.provider,
            contract: row.contract,
        },
    }
}
