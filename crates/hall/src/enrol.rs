//! How a box is let in.
//!
//! A person makes a [`code`] for a site and carries it there. The box makes its own
//! key and asks with the code; it is let in by a person who has compared
//! [six words](words), or by the rule that was set with the code: it came by the long
//! form, it stands near enough, its serial number is the expected one. Then, and not
//! before, the authority signs its key.
//!
//! A code is used up by the first key that comes with it. The same key may ask again
//! as often as it likes, which is how a box learns that it was let in. Letting a box
//! in replaces the one that was there before.
//!
//! What a certificate is worth is decided here at every use ([`judge`]) and not by the
//! certificate: whoever is revoked is so at once, and there is no list to be spread.

pub mod code;
pub mod words;

use std::time::Duration;

use base::fact::Fact;
use base::geo::Point;
use base::id::{Agent, Id, Site};
use base::kind::Kind;
use base::now::{Now, Wall};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Conn, Error, Tx, facts};

use crate::audit::{self, Act, Actor};
use crate::ca::{Request, sha256};
use crate::guard::{Permission, Who};
use crate::problem::Problem;
use crate::session::{self, Arrival};
use crate::site::{self, State, Step};
use crate::sql::enrol::{self as rows, AgentRow, CodeRow};
use crate::sql::site::{self as sites, SiteRow, StepRow};
use crate::{Hall, line};

use code::{Code, Fresh, Ticket};

/// So long a code is good for.
pub const CODE_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// A box that waits asks again so often.
pub const ASK_AGAIN: Duration = Duration::from_secs(15);

/// The furthest that a rule may let a box stand from its site, in metres.
const NEAR_MAX_M: i64 = 50_000;

/// Longest serial number and version, in characters.
const SERIAL_MAX: usize = 60;

/// Boxes that one site has ever had; more is a mistake or an attack.
const AGENTS_MAX: usize = 50;

/// Where a box stands with the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has asked.
    Pending,
    /// It is let in.
    Active,
    /// It was not let in.
    TurnedAway,
    /// Another has taken its place.
    Replaced,
    /// It was let in once and is no more.
    Revoked,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Active,
        Self::TurnedAway,
        Self::Replaced,
        Self::Revoked,
    ];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::TurnedAway => "turned_away",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
        }
    }

    /// The standing of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// The rule that comes with a code.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// A box that comes by the long form is let in by itself when it says that it
    /// stands no further from the site, in metres. None: a person decides.
    pub near_m: Option<i64>,
    /// The serial number on the case of the box that is expected.
    pub serial: Option<String>,
}

/// A code that was made, to be shown once.
#[derive(Debug)]
pub struct Issued {
    /// What goes into the QR: address, long form and the house's key.
    pub ticket: String,
    /// What is typed: address and short form.
    pub typed: String,
    /// The short form alone.
    pub short: String,
    /// Good until before.
    pub expires: Wall,
}

/// What a box says when it asks.
#[derive(Debug)]
pub struct Asking {
    /// The code it was given.
    pub code: Code,
    /// Its request for a certificate.
    pub request: Request,
    /// The serial number on its case.
    pub serial: Option<String>,
    /// The version of its program.
    pub version: Option<String>,
    /// Where it stands, as its installer's telephone or its dish says.
    pub point: Option<Point>,
}

/// What a box is answered.
#[derive(Debug)]
pub struct Answer {
    /// What it is called from now on.
    pub agent: Id<Agent>,
    /// The name of its site.
    pub site: String,
    /// Where it stands with the house: pending or active.
    pub standing: Standing,
    /// Its certificate and until when it is good, once it is let in.
    pub certificate: Option<(CertificateDer<'static>, Wall)>,
}

/// A box of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Which.
    pub id: Id<Agent>,
    /// Where it stands with the house.
    pub standing: Standing,
    /// To be compared with what the box shows, unless it knew the house beforehand.
    pub words: String,
    /// Whether it knew the house beforehand, by the long form of its code.
    pub knows_house: bool,
    /// The serial number on its case.
    pub serial: Option<String>,
    /// The version of its program, as it said last.
    pub version: Option<String>,
    /// Where it said it stood.
    pub point: Option<Point>,
    /// So far from its site, in metres, if both points are known.
    pub distance_m: Option<f64>,
    /// Where the request came from.
    pub address: Option<String>,
    /// When it asked.
    pub asked: Wall,
    /// When it was let in, turned away, replaced or revoked.
    pub decided: Option<Wall>,
    /// Until when its newest certificate is good.
    pub certificate_until: Option<Wall>,
    /// How it greeted last; nothing if it never has.
    pub greeting: Option<Greeting>,
    /// When its key was last seen living in two boxes at once.
    pub twins: Option<Wall>,
}

/// How a box has greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// When.
    pub at: Wall,
    /// How far its clock was ahead then, in microseconds; negative: behind.
    pub clock_off_us: i64,
}

/// What a key is worth at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Which box.
    pub agent: Id<Agent>,
    /// Of which site.
    pub site: Id<Site>,
    /// Where the box stands.
    pub standing: Standing,
    /// How far its site has come.
    pub state: State,
}

impl Judged {
    /// Whether what it says is taken for true.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.standing == Standing::Active && self.state == State::Active
    }
}

/// Makes a code for a site; codes of it that nobody has used are taken back.
///
/// # Errors
/// `site` (not found), `not-allowed`, a bad field, or `site-state` if the site is
/// suspended.
pub async fn issue(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    id: Id<Site>,
    terms: Terms,
) -> Result<Issued, Problem> {
    let site = decidable(tx, who, id).await?;
    if let Some(near) = terms.near_m {
        if !(1..=NEAR_MAX_M).contains(&near) {
            return Err(line::refuse("near_m", format!("1 to {NEAR_MAX_M} metres")));
        }
        if site.point.is_none() {
            let why = "the site has no point that a box could be near to";
            return Err(line::refuse("near_m", why));
        }
    }
    let serial = line::read_maybe("serial", terms.serial.as_deref(), SERIAL_MAX)?;
    let fresh = Fresh::draw().map_err(|_| Problem::bug("the system has no randomness"))?;
    let now = hall.now();
    let plain: String = fresh.short.expose().replace('-', "");
    let row = CodeRow {
        secret_hash: sha256(fresh.long.expose().as_bytes()).to_vec(),
        short_hash: short_hash(hall, &plain)?,
        site: id,
        made: now.wall,
        made_by: who.person(),
        expires: now.wall + CODE_LIFE,
        near_m: terms.near_m,
        serial,
        agent: None,
        withdrawn: None,
    };
    rows::withdraw_codes(tx, id, now.wall).await?;
    rows::insert_code(tx, &row).await?;
    step(tx, now, &site, Step::CodeMade, Some(who), None, None).await?;
    let act = Act {
        verb: "site.code_made",
        subject: id.to_string(),
        detail: json!({ "near_m": row.near_m, "serial": row.serial }),
    };
    audit::record(tx, now, who, act).await?;
    facts::append(tx, &Fact::SiteChanged { site: id }, now.wall).await?;
    let (host, port) = hall.sites_at();
    let house = hall.authority().house_key();
    Ok(Issued {
        ticket: Ticket::text(&host, port, fresh.long.expose(), Some(house)),
        typed: Ticket::text(&host, port, fresh.short.expose(), None),
        short: fresh.short.expose().clone(),
        expires: row.expires,
    })
}

/// A box asks to be let in, or whether it was.
///
/// # Errors
/// `rate`; `code` if there is no such code, or it was used, taken back or has
/// expired; `turned-away`; a bad field.
pub async fn ask(hall: &Hall, arrival: Arrival, asking: Asking) -> Result<Answer, Problem> {
    let spelt = match &asking.code {
        Code::Long(code) | Code::Short(code) => code.expose().clone(),
    };
    let attempt = session::attempt(hall, &format!("enrol {spelt}"), arrival)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let (found, knows_house) = match &asking.code {
        Code::Long(code) => {
            let hash = sha256(code.expose().as_bytes());
            (rows::code_by_secret(&mut tx, &hash).await?, true)
        }
        Code::Short(code) => {
            let hash = short_hash(hall, code.expose())?;
            (rows::code_by_short(&mut tx, &hash).await?, false)
        }
    };
    let code = found.ok_or_else(|| refused("There is no such code."))?;
    let site = sites::by_id(&mut tx, code.site)
        .await?
        .ok_or_else(|| Problem::bug("a code of no site"))?;
    let known = rows::agent_by_key(&mut tx, &asking.request.key_hash).await?;
    let agent = match (known, code.agent) {
        (Some(agent), Some(used)) if agent.id == used => agent,
        (_, Some(_)) => return Err(refused("The code was used by another box.")),
        (Some(_), None) => {
            return Err(refused(
                "This box has asked before, with another code: let it make a new key.",
            ));
        }
        (None, None) => {
            if code.withdrawn.is_some() {
                return Err(refused("The code was taken back; a newer one was made."));
            }
            if now.wall >= code.expires {
                return Err(refused("The code has expired; ask the office for another."));
            }
            first_time(
                hall,
                &mut tx,
                now,
                arrival,
                &asking,
                &code,
                &site,
                knows_house,
            )
            .await?
        }
    };
    let standing = agent.standing;
    let certificate = match standing {
        Standing::Pending => None,
        Standing::Active => {
            let signed = hall.authority().sign(asking.request, agent.id, now.wall)?;
            rows::certified(&mut tx, agent.id, signed.1).await?;
            Some(signed)
        }
        Standing::TurnedAway | Standing::Replaced | Standing::Revoked => {
            return Err(Problem::denied(
                "turned-away",
                "The office has not let this box in, or lets it in no more.",
            ));
        }
    };
    tx.commit().await?;
    session::succeeded(hall, attempt);
    Ok(Answer {
        agent: agent.id,
        site: site.name,
        standing,
        certificate,
    })
}

/// The site of a code that a person reads off its paper: to say where a box stands. The
/// code is not used up, and still counts for this when its box has used it.
///
/// # Errors
/// `rate`; `code` if there is no such code of a site that this caller may know of, or
/// it was taken back or has expired before a box used it.
pub async fn site_of(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    arrival: Arrival,
    code: &Code,
) -> Result<Id<Site>, Problem> {
    let attempt = session::attempt(hall, &format!("claim {}", who.person()), arrival)?;
    let (Code::Long(spelt) | Code::Short(spelt)) = code;
    let found = match code {
        Code::Long(_) => rows::code_by_secret(conn, &sha256(spelt.expose().as_bytes())).await?,
        Code::Short(_) => rows::code_by_short(conn, &short_hash(hall, spelt.expose())?).await?,
    };
    let none = || refused("There is no such code.");
    let row = found.ok_or_else(none)?;
    // One of a place that is not the caller's is as one that is not there.
    match site::readable(conn, who, row.site).await {
        Err(problem) if problem.kind() == Kind::NotFound => return Err(none()),
        other => other?,
    };
    if row.agent.is_none() && row.withdrawn.is_some() {
        return Err(refused("The code was taken back; a newer one was made."));
    }
    if row.agent.is_none() && hall.now().wall >= row.expires {
        return Err(refused("The code has expired; ask the office for another."));
    }
    session::succeeded(hall, attempt);
    Ok(row.site)
}

/// A key comes with a code that nobody has used.
#[expect(
    clippy::too_many_arguments,
    reason = "all of it is known to the one caller, and none of it belongs together"
)]
async fn first_time(
    hall: &Hall,
    tx: &mut Tx,
    now: Now,
    arrival: Arrival,
    asking: &Asking,
    code: &CodeRow,
    site: &SiteRow,
    knows_house: bool,
) -> Result<AgentRow, Problem> {
    if rows::agents_of(tx, site.id).await?.len() >= AGENTS_MAX {
        return Err(Problem::exhausted(
            "exhausted",
            "Too many boxes have asked for this site.",
        ));
    }
    let serial = line::read_maybe("serial", asking.serial.as_deref(), SERIAL_MAX)?;
    let mut agent = AgentRow {
        id: hall.mint(),
        site: site.id,
        public_key: asking.request.public_key.clone(),
        key_hash: asking.request.key_hash,
        standing: Standing::Pending,
        knows_house,
        version: line::read_maybe("version", asking.version.as_deref(), SERIAL_MAX)?,
        point: asking.point,
        address: arrival.address.map(|address| address.to_string()),
        asked: now.wall,
        decided: None,
        certificate_until: None,
        greeting: None,
        twins: None,
        serial,
    };
    rows::insert_agent(tx, &agent).await?;
    rows::use_code(tx, &code.secret_hash, agent.id, now.wall).await?;
    let state = step(tx, now, site, Step::Asked, None, Some(agent.id), None).await?;
    let actor = Actor {
        address: agent.address.clone(),
        ..Actor::house("enrol")
    };
    let act = |verb| Act {
        verb,
        subject: site.id.to_string(),
        detail: json!({
            "agent": agent.id, "serial": agent.serial, "version": agent.version,
            "point": agent.point, "knows_house": knows_house,
        }),
    };
    audit::record_by(tx, now, &actor, act("site.agent_asked")).await?;
    if by_rule(code, site, &agent) {
        let site = SiteRow {
            state,
            ..site.clone()
        };
        audit::record_by(tx, now, &actor, act("site.agent_let_in")).await?;
        let why = "by the rule of the code".to_owned();
        let_in(tx, now, &site, agent.id, None, Some(why)).await?;
        agent.standing = Standing::Active;
    }
    facts::append(tx, &Fact::SiteChanged { site: site.id }, now.wall).await?;
    Ok(agent)
}

/// Whether the rule of a code lets a box in without a person.
fn by_rule(code: &CodeRow, site: &SiteRow, agent: &AgentRow) -> bool {
    let Some(near) = code.near_m else {
        return false;
    };
    let serial_fits = code.serial.is_none() || code.serial == agent.serial;
    let distance = distance(site, agent);
    // Metres below 50,000 are exact as a double.
    #[expect(clippy::cast_precision_loss, reason = "at most NEAR_MAX_M")]
    let is_near = distance.is_some_and(|distance| distance <= near as f64);
    // Who was replaced has to be named by somebody.
    agent.knows_house && serial_fits && is_near && site.state != State::Active
}

fn distance(site: &SiteRow, agent: &AgentRow) -> Option<f64> {
    Some(site.point?.metres_to(agent.point?))
}

/// The boxes of a site, the newest first.
///
/// # Errors
/// `site` (not found).
pub async fn agents(
    hall: &Hall,
    conn: &mut Conn,
    who: &Who,
    id: Id<Site>,
) -> Result<Vec<Listed>, Problem> {
    let site = site::readable(conn, who, id).await?;
    let agents = rows::agents_of(conn, id).await?;
    Ok(agents
        .into_iter()
        .map(|agent| listed(hall, &site, agent))
        .collect())
}

/// Until when the code is good that is out for a site, if one is.
///
/// # Errors
/// If the database does not answer.
pub async fn code_until(conn: &mut Conn, id: Id<Site>, now: Wall) -> Result<Option<Wall>, Error> {
    let code = rows::open_code(conn, id, now).await?;
    Ok(code.map(|code| code.expires))
}

/// Lets a box in, or turns it away.
///
/// # Errors
/// `site` or `agent` (not found), `not-allowed`, or `site-state` if the box does not
/// wait for an answer.
pub async fn decide(
    hall: &Hall,
    who: &Who,
    id: Id<Site>,
    agent: Id<Agent>,
    is_in: bool,
    why: Option<String>,
) -> Result<Listed, Problem> {
    let why = line::read_maybe("why", why.as_deref(), line::NAME_MAX)?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let site = decidable(&mut tx, who, id).await?;
    let found = rows::agent(&mut tx, agent)
        .await?
        .filter(|found| found.site == id)
        .ok_or_else(|| Problem::not_found("agent", "This site has no such box."))?;
    if found.standing != Standing::Pending {
        return Err(Problem::conflict(
            "site-state",
            "This box does not wait for an answer.",
        ));
    }
    let act = Act {
        verb: if is_in {
            "site.agent_let_in"
        } else {
            "site.agent_turned_away"
        },
        subject: id.to_string(),
        detail: json!({ "agent": agent, "why": why }),
    };
    audit::record(&mut tx, now, who, act).await?;
    if is_in {
        let_in(&mut tx, now, &site, agent, Some(who), why).await?;
    } else {
        rows::decide(&mut tx, agent, Standing::TurnedAway, now.wall).await?;
        step(
            &mut tx,
            now,
            &site,
            Step::TurnedAway,
            Some(who),
            Some(agent),
            why,
        )
        .await?;
    }
    facts::append(&mut tx, &Fact::SiteChanged { site: id }, now.wall).await?;
    let decided = rows::agent(&mut tx, agent)
        .await?
        .ok_or_else(|| Problem::bug("a box that was just decided"))?;
    tx.commit().await?;
    Ok(listed(hall, &site, decided))
}

/// Suspends, resumes or revokes a site. What a revoked site's box says from now on is
/// kept apart and believed by nobody.
///
/// # Errors
/// `site` (not found), `not-allowed`, or `site-state`.
pub async fn turn(
    hall: &Hall,
    who: &Who,
    id: Id<Site>,
    taken: Step,
    why: Option<String>,
) -> Result<site::Listed, Problem> {
    let why = line::read_maybe("why", why.as_deref(), line::NAME_MAX)?;
    let verb = match taken {
        Step::Suspended => "site.suspended",
        Step::Resumed => "site.resumed",
        Step::Revoked => "site.revoked",
        _ => return Err(Problem::bug("a step that is not taken this way")),
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let site = decidable(&mut tx, who, id).await?;
    step(&mut tx, now, &site, taken, Some(who), None, why.clone()).await?;
    if taken == Step::Revoked {
        rows::withdraw_codes(&mut tx, id, now.wall).await?;
        for agent in rows::agents_of(&mut tx, id).await? {
            if matches!(agent.standing, Standing::Active | Standing::Pending) {
                rows::decide(&mut tx, agent.id, Standing::Revoked, now.wall).await?;
            }
        }
    }
    let act = Act {
        verb,
        subject: id.to_string(),
        detail: json!({ "why": why }),
    };
    audit::record(&mut tx, now, who, act).await?;
    facts::append(&mut tx, &Fact::SiteChanged { site: id }, now.wall).await?;
    let turned = site::find(&mut tx, who, id).await?;
    tx.commit().await?;
    Ok(turned)
}

/// What a key is worth at the moment; nothing if the house has never seen it.
///
/// # Errors
/// If the database does not answer.
pub async fn judge(conn: &mut Conn, key_hash: &[u8; 32]) -> Result<Option<Judged>, Error> {
    match rows::agent_by_key(conn, key_hash).await? {
        Some(agent) => judge_row(conn, &agent).await.map(Some),
        None => Ok(None),
    }
}

/// The same for a box that was looked up already.
pub(crate) async fn judge_row(conn: &mut Conn, agent: &AgentRow) -> Result<Judged, Error> {
    let site = sites::by_id(conn, agent.site)
        .await?
        .ok_or_else(|| Error::corrupt("a box of no site"))?;
    Ok(Judged {
        agent: agent.id,
        site: agent.site,
        standing: agent.standing,
        state: site.state,
    })
}

/// The next certificate for a box that shows an older one. It has to be for the same
/// key; an expired certificate may do this and nothing else.
///
/// # Errors
/// `turned-away` unless the box is let in; a request for another key.
pub async fn renew(
    hall: &Hall,
    key_hash: &[u8; 32],
    request: Request,
) -> Result<(CertificateDer<'static>, Wall), Problem> {
    if request.key_hash != *key_hash {
        return Err(line::refuse(
            "request",
            "is for another key than the certificate",
        ));
    }
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let judged = judge(&mut tx, key_hash)
        .await?
        .filter(|judged| judged.standing == Standing::Active)
        .ok_or_else(|| Problem::denied("turned-away", "This box is not let in."))?;
    let signed = hall.authority().sign(request, judged.agent, now.wall)?;
    rows::certified(&mut tx, judged.agent, signed.1).await?;
    let act = Act {
        verb: "site.certificate_renewed",
        subject: judged.site.to_string(),
        detail: json!({ "agent": judged.agent, "until_us": signed.1 }),
    };
    audit::record_by(&mut tx, now, &Actor::house("enrol"), act).await?;
    tx.commit().await?;
    Ok(signed)
}

/// The box takes the place of those that were there.
async fn let_in(
    tx: &mut Tx,
    now: Now,
    site: &SiteRow,
    agent: Id<Agent>,
    who: Option<&Who>,
    why: Option<String>,
) -> Result<(), Problem> {
    for other in rows::agents_of(tx, site.id).await? {
        if other.id != agent && other.standing == Standing::Active {
            rows::decide(tx, other.id, Standing::Replaced, now.wall).await?;
        }
    }
    rows::decide(tx, agent, Standing::Active, now.wall).await?;
    step(tx, now, site, Step::LetIn, who, Some(agent), why).await?;
    Ok(())
}

/// Takes a step, if it can be taken from where the site is.
async fn step(
    tx: &mut Tx,
    now: Now,
    site: &SiteRow,
    step: Step,
    who: Option<&Who>,
    agent: Option<Id<Agent>>,
    why: Option<String>,
) -> Result<State, Problem> {
    let state = site.state.after(step).ok_or_else(|| {
        Problem::conflict(
            "site-state",
            format!("The site is {}: this cannot be done.", site.state.as_str()),
        )
    })?;
    let row = SiteRow {
        state,
        ..site.clone()
    };
    sites::update(tx, &row, now.wall).await?;
    let row = StepRow {
        step,
        state,
        at: now.wall,
        by: who.map(Who::person),
        agent,
        why,
    };
    sites::add_step(tx, site.id, &row).await?;
    Ok(state)
}

/// The row of a site over which this caller may decide who is let in.
async fn decidable(conn: &mut Conn, who: &Who, id: Id<Site>) -> Result<SiteRow, Problem> {
    let site = site::readable(conn, who, id).await?;
    who.require(Permission::SitesEnrol, &site.place())?;
    Ok(site)
}

fn short_hash(hall: &Hall, code: &str) -> Result<Vec<u8>, Problem> {
    hall.vault()
        .blind_index("hall_enrol_code", "short_hash", code.as_bytes())
        .ok_or_else(|| Problem::bug("the vault has no key"))
}

fn refused(why: &str) -> Problem {
    Problem::denied("code", why)
}

fn listed(hall: &Hall, site: &SiteRow, agent: AgentRow) -> Listed {
    Listed {
        words: words::six_words(hall.authority().house_key(), &agent.key_hash),
        distance_m: distance(site, &agent),
        id: agent.id,
        standing: agent.standing,
        knows_house: agent.knows_house,
        serial: agent.serial,
        version: agent.version,
        point: agent.point,
        address: agent.address,
        asked: agent.asked,
        decided: agent.decided,
        certificate_until: agent.certificate_until,
        greeting: agent.greeting,
        twins: agent.twins,
    }
}
