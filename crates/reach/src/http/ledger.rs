//! `/api/v1/ledger`: how much of a span connections were there, and by which measure.

use std::collections::BTreeMap;
use std::ops::Range;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::AreaCode;
use base::day::Day;
use base::id::{Excuse, Id, Site};
use base::month::Month;
use base::now::Wall;
use hall::Hall;
use hall::areas;
use hall::csv::{self, File};
use hall::guard::{Guarded as _, Permission, Who};
use hall::problem::{Path, Problem, Query};
use http::HeaderMap;
use reach_core::evidence::Seen;
use reach_core::judge::{Cause, RULE, Run, State as Was};
use reach_core::outage::{Outage, outages};
use reach_core::slot::{Slot, count};
use reach_core::uptime::{Counts, Kept as Contract, Overlay, mean};
use serde::{Deserialize, Serialize};
use store::Conn;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{last_of, limit, paged, refuse};
use crate::ledger::{self, Kept, Member, regency};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(list).guard(Permission::SitesRead))
        .routes(routes!(of_site).guard(Permission::SitesRead))
        .routes(routes!(of_village).guard(Permission::SitesRead))
}

/// Days of one question at most: more than a year of months laid end to end.
const DAYS_MAX: i32 = 400;

hall::words! {
    /// What the ledger is added up by.
    LedgerByWord = By::ALL.map(By::as_str)
}

hall::words! {
    /// How a connection was.
    pub(super) LinkStateWord = Was::ALL.map(Was::as_str)
}

hall::words! {
    /// Why it was so.
    LinkCauseWord = Cause::ALL.map(Cause::as_str)
}

hall::words! {
    /// What is laid over minutes.
    pub(super) OverlayWord = Overlay::ALL.map(Overlay::as_str)
}

hall::words! {
    /// Whether something can be said of a contract: share, not_enough (too little is
    /// known), nothing (everything was excused).
    ContractWord = ["share", "not_enough", "nothing"]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Site,
    Village,
    Regency,
    Provider,
}

impl By {
    const ALL: [Self; 4] = [Self::Site, Self::Village, Self::Regency, Self::Provider];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Village => "village",
            Self::Regency => "regency",
            Self::Provider => "provider",
        }
    }
}

/// Which span, and as it was known when.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// The first day; left out: the first of this month.
    #[param(value_type = Option<String>)]
    from: Option<Day>,
    /// The last day; left out: today.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
}

/// Which sites, and added up by what.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// The first day; left out: the first of this month.
    #[param(value_type = Option<String>)]
    from: Option<Day>,
    /// The last day; left out: today.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
    /// Only this area and what lies in it.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// Only of this provider.
    provider: Option<String>,
    /// What it is added up by; left out: sites.
    #[param(value_type = Option<LedgerByWord>)]
    by: Option<String>,
    /// Rows of this page, 1 to 5000.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
}

/// `csv` for a file.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Format {
    /// `csv` for a file.
    format: Option<String>,
}

/// Slots (minutes of UTC) of a span, counted.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = LedgerCounts)]
pub(super) struct CountsView {
    /// All of them: up, degraded, down, off and unknown add up to them.
    pub(super) all: u32,
    /// Something went through.
    pub(super) up: u32,
    /// The same, and worse than it should.
    pub(super) degraded: u32,
    /// The box was at work, tried, and nothing went through.
    down: u32,
    /// The box was without power.
    off: u32,
    /// Nobody can say.
    pub(super) unknown: u32,
    /// Excused as maintenance that was announced and agreed to.
    maintenance: u32,
    /// Excused as force majeure.
    force_majeure: u32,
    /// Excused since the house itself was not there.
    ours: u32,
    /// Of the excused those that were up or degraded.
    excused_up: u32,
    /// Of the excused those without power.
    excused_off: u32,
}

impl From<Counts> for CountsView {
    fn from(it: Counts) -> Self {
        Self {
            all: it.all,
            up: it.up,
            degraded: it.degraded,
            down: it.down,
            off: it.off,
            unknown: it.unknown,
            maintenance: it.maintenance,
            force_majeure: it.force_majeure,
            ours: it.ours,
            excused_up: it.excused_up,
            excused_off: it.excused_off,
        }
    }
}

/// What can be said of a contract.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = LedgerContract)]
pub(super) struct ContractView {
    /// Whether something can be said.
    #[schema(value_type = ContractWord)]
    verdict: &'static str,
    /// The share, in hundredths of a percent, rounded down.
    share_bp: Option<u32>,
}

impl From<Contract> for ContractView {
    fn from(it: Contract) -> Self {
        let (verdict, share_bp) = match it {
            Contract::Share(share) => ("share", Some(share)),
            Contract::NotEnough => ("not_enough", None),
            Contract::Nothing => ("nothing", None),
        };
        Self { verdict, share_bp }
    }
}

/// The numbers of a site or of many. Shares are hundredths of a percent, rounded down;
/// null of nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerNumbers)]
pub(super) struct Numbers {
    /// The slots behind them.
    pub(super) counts: CountsView,
    /// Up of all: silence is no success.
    pub(super) proved_bp: Option<u32>,
    /// Up of all of which is known how they were.
    measured_bp: Option<u32>,
    /// How much is known.
    pub(super) coverage_bp: Option<u32>,
    /// Up of all that is held against a provider.
    contract: ContractView,
    /// The same where the contract excludes cuts of power.
    contract_without_power: ContractView,
}

impl From<Counts> for Numbers {
    fn from(it: Counts) -> Self {
        Self {
            counts: it.into(),
            proved_bp: it.proved(),
            measured_bp: it.measured(),
            coverage_bp: it.coverage(),
            contract: it.contract(false).into(),
            contract_without_power: it.contract(true).into(),
        }
    }
}

/// A line of the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerLine)]
struct Line {
    /// The site's id, the code of the village or regency, or the provider's name.
    key: String,
    /// What it is called.
    name: String,
    /// How many sites are in it.
    sites: usize,
    /// How many villages are in it.
    villages: usize,
    /// The mean of its villages' proved shares, each village one vote, in hundredths of a
    /// percent, rounded down; null of no village.
    village_mean_bp: Option<u32>,
    #[serde(flatten)]
    numbers: Numbers,
}

/// A page of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerPage)]
struct Page {
    /// From which slot on.
    from_slot: i64,
    /// Up to which, without it; those that have not ended are in no number.
    to_slot: i64,
    /// By which edition of the rule.
    rule: u32,
    /// What it is added up by.
    #[schema(value_type = LedgerByWord)]
    by: &'static str,
    /// The lines, by their key.
    items: Vec<Line>,
    /// What to send as `cursor` for the next page; null on the last.
    next: Option<String>,
}

/// Slots after each other of which the same was decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerRun)]
struct RunView {
    /// From which slot on.
    from_slot: i64,
    /// Up to which, without it.
    to_slot: i64,
    /// The same as times, microseconds since 1970 UTC.
    from_us: i64,
    /// Up to when.
    to_us: i64,
    /// How it was.
    #[schema(value_type = LinkStateWord)]
    state: &'static str,
    /// Why.
    #[schema(value_type = LinkCauseWord)]
    cause: &'static str,
    /// On which evidence: heard, tried, https, dns, tcp, portal, gone, rebooted, power,
    /// orderly, crashed.
    basis: Vec<&'static str>,
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        Self {
            from_slot: run.slots.start.0,
            to_slot: run.slots.end.0,
            from_us: run.slots.start.start().as_us(),
            to_us: run.slots.end.start().as_us(),
            state: run.verdict.state.as_str(),
            cause: run.verdict.cause.as_str(),
            basis: basis(run.verdict.basis),
        }
    }
}

fn basis(seen: Seen) -> Vec<&'static str> {
    let words = [
        (Seen::HEARD, "heard"),
        (Seen::TRIED, "tried"),
        (Seen::HTTPS, "https"),
        (Seen::DNS, "dns"),
        (Seen::TCP, "tcp"),
        (Seen::PORTAL, "portal"),
        (Seen::GONE, "gone"),
        (Seen::REBOOTED, "rebooted"),
        (Seen::POWER, "power"),
        (Seen::ORDERLY, "orderly"),
        (Seen::CRASHED, "crashed"),
    ];
    let here = words.into_iter().filter(|(bit, _)| seen.has(*bit));
    here.map(|(_, word)| word).collect()
}

/// A span in which a connection failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerOutage)]
pub(super) struct OutageView {
    /// From when on.
    from_us: i64,
    /// Up to when; null: it has not ended, as far as is known.
    to_us: Option<i64>,
    /// Slots in it that were down.
    down: u32,
    /// Without power.
    off: u32,
    /// Nobody can say.
    unknown: u32,
    /// Why, for most of them.
    #[schema(value_type = LinkCauseWord)]
    cause: &'static str,
    /// How often it came and went; zero: it just failed.
    changes: u32,
}

impl From<&Outage> for OutageView {
    fn from(it: &Outage) -> Self {
        Self {
            from_us: it.from.start().as_us(),
            to_us: it.to.map(|to| to.start().as_us()),
            down: it.down,
            off: it.off,
            unknown: it.unknown,
            cause: it.cause.as_str(),
            changes: it.changes,
        }
    }
}

/// Minutes that are not held against anybody, or that somebody wants not to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerExcused)]
struct ExcusedView {
    /// What was declared; null: the house itself was not there.
    #[schema(value_type = Option<String>)]
    excuse: Option<Id<Excuse>>,
    /// What they are.
    #[schema(value_type = OverlayWord)]
    overlay: &'static str,
    /// From when on.
    from_us: i64,
    /// Up to when.
    to_us: i64,
    /// Whether it counts.
    counts: bool,
    /// Whether it was declared when it had begun already.
    late: bool,
}

/// What is known of one site in a span.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteLedger)]
struct SiteView {
    /// Which.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// What it is called.
    name: String,
    /// Who provides the connection.
    provider: Option<String>,
    /// From which slot on, and up to which: those in which it was active and that have
    /// ended.
    from_slot: i64,
    /// Up to which, without it.
    to_slot: i64,
    #[serde(flatten)]
    numbers: Numbers,
    /// What was decided, in order; where there is none nothing is known.
    runs: Vec<RunView>,
    /// When it failed.
    outages: Vec<OutageView>,
    /// What is laid over it.
    excused: Vec<ExcusedView>,
    /// By which edition of the rule.
    rule: u32,
}

/// What is known of the sites of a village.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VillageLedger)]
struct VillageView {
    /// Which village.
    #[schema(value_type = String)]
    village: AreaCode,
    /// Its sites.
    sites: Vec<SiteView>,
}

impl Span {
    /// The slots of it: days are those of the house's zone.
    pub(super) fn slots(self, hall: &Hall) -> Result<Range<Slot>, Problem> {
        let to = self.to.unwrap_or_else(|| hall.today());
        let from = self.from.unwrap_or_else(|| Month::of(to).first());
        if from > to {
            return Err(refuse("from", "lies behind `to`"));
        }
        if to.since(from) >= DAYS_MAX {
            return Err(refuse("from", format!("use at most {DAYS_MAX} days")));
        }
        let begins = from
            .plus(-1)
            .map_or(Wall::from_us(0), |day| hall.end_of(day));
        Ok(Slot::of(begins)..Slot::of(hall.end_of(to)))
    }

    fn known(self, hall: &Hall) -> Option<Wall> {
        self.known.map(|day| last_of(hall, day))
    }
}

/// Connections of a span, added up.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "reach", params(Filter),
    responses((status = 200, body = Page)))]
async fn list(
    State(hall): State<Hall>,
    who: Who,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let span = Span {
        from: filter.from,
        to: filter.to,
        known: filter.known,
    };
    let slots = span.slots(&hall)?;
    let by = match filter.by.as_deref() {
        None => By::Site,
        Some(word) => By::ALL
            .into_iter()
            .find(|by| by.as_str() == word)
            .ok_or_else(|| refuse("by", "use site, village, regency or provider"))?,
    };
    let page = limit(filter.limit)?;
    let is_file = csv::wanted(&headers, filter.format.as_deref())?;
    let ended = Slot::of(hall.now().wall);
    let mut read = hall.db().read().await?;
    let mut members = ledger::members(&mut read).await?;
    members.retain(|member| {
        let form = &member.site.form;
        let lies = filter
            .within
            .as_ref()
            .is_none_or(|area| area.contains(&form.area));
        let of = filter.provider.is_none() || form.provider == filter.provider;
        lies && of && who.may(Permission::SitesRead, &member.site.place())
    });
    let known = span.known(&hall);
    let kept = ledger::kept(&mut read, &members, &slots, ended, known).await?;
    let mut groups: BTreeMap<String, Vec<(&Member, &Kept)>> = BTreeMap::new();
    for (member, kept) in members.iter().zip(&kept) {
        if let Some(key) = key(by, member) {
            groups.entry(key).or_default().push((member, kept));
        }
    }
    let names = match by {
        By::Site => members
            .iter()
            .map(|member| (member.site.id.to_string(), member.site.form.name.clone()))
            .collect(),
        By::Provider => BTreeMap::new(),
        By::Village | By::Regency => {
            let codes: Vec<AreaCode> = groups.keys().filter_map(|key| key.parse().ok()).collect();
            let names = areas::names(&mut read, codes.iter()).await?;
            names
                .into_iter()
                .map(|(code, name)| (code.to_string(), name))
                .collect()
        }
    };
    let after = filter.cursor.as_deref();
    let lines = groups
        .iter()
        .filter(|(key, _)| is_file || after.is_none_or(|after| key.as_str() > after))
        .map(|(key, group)| line(key, &names, group));
    if is_file {
        return Ok(file(lines));
    }
    let (items, next) = paged(lines, page, |line: &Line| line.key.clone());
    let page = Page {
        from_slot: slots.start.0,
        to_slot: slots.end.0,
        rule: RULE,
        by: by.as_str(),
        items,
        next,
    };
    Ok(axum::Json(page).into_response())
}

/// What a site is added up under; none where it has no such thing.
fn key(by: By, member: &Member) -> Option<String> {
    match by {
        By::Site => Some(member.site.id.to_string()),
        By::Village => member.village.as_ref().map(AreaCode::to_string),
        By::Regency => regency(&member.site.form.area).map(|code| code.to_string()),
        By::Provider => member.site.form.provider.clone(),
    }
}

fn line(key: &str, names: &BTreeMap<String, String>, group: &[(&Member, &Kept)]) -> Line {
    let mut villages: BTreeMap<&AreaCode, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for (member, kept) in group {
        all = all.plus(kept.counts);
        if let Some(village) = &member.village {
            let of = villages.entry(village).or_default();
            *of = of.plus(kept.counts);
        }
    }
    let shares = villages.values().filter_map(Counts::proved);
    Line {
        key: key.to_owned(),
        name: names.get(key).cloned().unwrap_or_else(|| key.to_owned()),
        sites: group.len(),
        villages: villages.len(),
        village_mean_bp: mean(shares.map(|share| (share, 1))),
        numbers: all.into(),
    }
}

fn file(lines: impl Iterator<Item = Line>) -> Response {
    let mut file = File::new(&[
        "kunci",
        "nama",
        "lokasi",
        "desa",
        "menit",
        "terhubung",
        "terganggu",
        "putus",
        "padam",
        "belum_diketahui",
        "pemeliharaan",
        "keadaan_kahar",
        "pusat",
        "dikecualikan_terhubung",
        "dikecualikan_padam",
        "terbukti_bp",
        "terukur_bp",
        "cakupan_bp",
        "kontrak_bp",
        "kontrak_tanpa_listrik_bp",
        "rata_rata_desa_bp",
    ]);
    let maybe = |share: Option<u32>| share.map_or(String::new(), |share| share.to_string());
    for line in lines {
        let n = &line.numbers;
        let c = n.counts;
        let mut cells = vec![line.key, line.name];
        cells.extend([line.sites, line.villages].map(|n| n.to_string()));
        let counts = [
            c.all,
            c.up,
            c.degraded,
            c.down,
            c.off,
            c.unknown,
            c.maintenance,
            c.force_majeure,
            c.ours,
            c.excused_up,
            c.excused_off,
        ];
        cells.extend(counts.map(|n| n.to_string()));
        cells.extend([n.proved_bp, n.measured_bp, n.coverage_bp].map(maybe));
        cells.extend([n.contract.share_bp, n.contract_without_power.share_bp].map(maybe));
        cells.push(maybe(line.village_mean_bp));
        file.row(&cells);
    }
    file.response("ledger.csv")
}

/// What is known of one site: its minutes, its outages, and what is laid over them.
#[utoipa::path(get, path = "/api/v1/sites/{site}/ledger", tag = "reach",
    params(("site" = String, Path, description = "Id of the site."), Span, Format),
    responses((status = 200, body = SiteView), (status = 404)))]
async fn of_site(
    State(hall): State<Hall>,
    who: Who,
    Path(site): Path<Id<Site>>,
    Query(asked): Query<SpanAndFormat>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let slots = asked.span().slots(&hall)?;
    let is_file = csv::wanted(&headers, asked.format.as_deref())?;
    let mut read = hall.db().read().await?;
    let member = readable(&mut read, &who, site).await?;
    let known = asked.span().known(&hall);
    let members = [member];
    let mut views = sites(&hall, &mut read, &members, &slots, known).await?;
    let view = views.pop().ok_or_else(no_site)?;
    if is_file {
        return Ok(runs_file(&hall, &view));
    }
    Ok(axum::Json(view).into_response())
}

/// A span, and whether the answer is a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SpanAndFormat {
    from: Option<Day>,
    to: Option<Day>,
    known: Option<Day>,
    format: Option<String>,
}

impl SpanAndFormat {
    const fn span(&self) -> Span {
        Span {
            from: self.from,
            to: self.to,
            known: self.known,
        }
    }
}

fn no_site() -> Problem {
    Problem::not_found("site", "There is no such site.")
}

/// A site that has a ledger and that the caller may know of.
pub(super) async fn readable(
    conn: &mut Conn,
    who: &Who,
    site: Id<Site>,
) -> Result<Member, Problem> {
    let members = ledger::members(conn).await?;
    members
        .into_iter()
        .find(|member| member.site.id == site)
        .filter(|member| who.may(Permission::SitesRead, &member.site.place()))
        .ok_or_else(no_site)
}

async fn sites(
    hall: &Hall,
    conn: &mut Conn,
    members: &[Member],
    slots: &Range<Slot>,
    known: Option<Wall>,
) -> Result<Vec<SiteView>, Problem> {
    let ended = Slot::of(hall.now().wall);
    let kept = ledger::kept(conn, members, slots, ended, known).await?;
    let views = members.iter().zip(kept).map(|(member, kept)| SiteView {
        site: member.site.id,
        name: member.site.form.name.clone(),
        provider: member.site.form.provider.clone(),
        from_slot: kept.slots.start.0,
        to_slot: kept.slots.end.0,
        numbers: kept.counts.into(),
        runs: kept.runs.iter().map(RunView::from).collect(),
        outages: outages(&kept.runs).iter().map(OutageView::from).collect(),
        excused: kept
            .excused
            .iter()
            .map(|(excuse, it)| ExcusedView {
                excuse: *excuse,
                overlay: it.overlay.as_str(),
                from_us: it.slots.start.start().as_us(),
                to_us: it.slots.end.start().as_us(),
                counts: it.counts(),
                late: it.is_late(),
            })
            .collect(),
        rule: RULE,
    });
    Ok(views.collect())
}

fn runs_file(hall: &Hall, view: &SiteView) -> Response {
    let mut file = File::new(&[
        "dari_slot",
        "sampai_slot",
        "dari",
        "sampai",
        "menit",
        "keadaan",
        "sebab",
        "bukti",
    ]);
    let at = |us: i64| hall.clock().rfc3339(Wall::from_us(us));
    for run in &view.runs {
        let minutes = count(&(Slot(run.from_slot)..Slot(run.to_slot)));
        file.row(&[
            run.from_slot.to_string(),
            run.to_slot.to_string(),
            at(run.from_us),
            at(run.to_us),
            minutes.to_string(),
            run.state.to_owned(),
            run.cause.to_owned(),
            run.basis.join(" "),
        ]);
    }
    file.response("site-ledger.csv")
}

/// What is known of the sites of a village.
#[utoipa::path(get, path = "/api/v1/villages/{code}/ledger", tag = "reach",
    params(("code" = String, Path, description = "Kemendagri code of the village."), Span),
    responses((status = 200, body = VillageView)))]
async fn of_village(
    State(hall): State<Hall>,
    who: Who,
    Path(village): Path<AreaCode>,
    Query(span): Query<Span>,
) -> Result<axum::Json<VillageView>, Problem> {
    let slots = span.slots(&hall)?;
    let mut read = hall.db().read().await?;
    let members: Vec<_> = ledger::members(&mut read)
        .await?
        .into_iter()
        .filter(|member| member.village.as_ref() == Some(&village))
        .filter(|member| who.may(Permission::SitesRead, &member.site.place()))
        .collect();
    let known = span.known(&hall);
    let sites = sites(&hall, &mut read, &members, &slots, known).await?;
    Ok(axum::Json(VillageView { village, sites }))
}
