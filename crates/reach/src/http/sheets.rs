//! `/api/v1/villages/{code}/sheet` and `/api/v1/providers/sheet`: the evidence of a month.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::area::{AreaCode, AreaLevel};
use base::day::Day;
use base::id::{Agent, Excuse, Id, Person, Site};
use base::month::Month;
use base::now::Wall;
use hall::areas::{self, NamedArea};
use hall::audit::{self, Act};
use hall::guard::{Guarded as _, Permission, Who};
use hall::incident::Named;
use hall::print::Unprinted;
use hall::problem::{self, Path, Problem, Query};
use hall::{Hall, print};
use http::HeaderMap;
use reach_core::judge::RULE;
use reach_core::sheet::{Of, Told};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ledger::{Numbers, OutageView, OverlayWord};
use super::{last_of, refuse};
use crate::ledger::{self, Member};
use crate::sheet::{self, Beside, Declared, Evidence, paper};

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new()
        .routes(routes!(of_village).guard(Permission::SitesRead))
        .routes(routes!(of_provider).guard(Permission::SitesRead))
}

hall::words! {
    /// Of whom a sheet is.
    SheetOfWord = ["village", "provider"]
}

/// As what a sheet is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Pdf,
    Png,
}

impl Format {
    /// Those of an evidence sheet.
    const ALL: [Self; 2] = [Self::Json, Self::Pdf];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
        }
    }

    /// By the parameter, else by what the caller accepts, else JSON.
    pub(super) fn wanted(
        asked: Option<&str>,
        headers: &HeaderMap,
        all: &[Self],
    ) -> Result<Self, Problem> {
        let accepts = headers.get(http::header::ACCEPT);
        let accepts = accepts.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let mut all = all.iter().copied();
        match asked {
            Some(word) => {
                let words: Vec<_> = all.clone().map(Self::as_str).collect();
                all.find(|it| it.as_str() == word)
                    .ok_or_else(|| refuse("format", format!("use {}", words.join(", "))))
            }
            None => Ok(all
                .find(|it| accepts.starts_with(it.content_type()))
                .unwrap_or(Self::Json)),
        }
    }
}

/// Of which month, and as known when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The month, YYYY-MM, of the house's zone.
    #[param(value_type = String)]
    month: Month,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
    /// Only what the house knew at this instant, microseconds since 1970 UTC: `known_us` of
    /// a sheet makes that sheet again.
    known_us: Option<i64>,
    /// `pdf` for a paper, `json` for what stands on it.
    format: Option<String>,
}

/// Of whom, of which month, and as known when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedOfProvider {
    /// The provider, as sites name it.
    provider: String,
    /// Only its sites in this area.
    #[param(value_type = Option<String>)]
    within: Option<AreaCode>,
    /// The month, YYYY-MM, of the house's zone.
    #[param(value_type = String)]
    month: Month,
    /// Only what the house knew at the end of this day.
    #[param(value_type = Option<String>)]
    known: Option<Day>,
    /// Only what the house knew at this instant, microseconds since 1970 UTC: `known_us` of
    /// a sheet makes that sheet again.
    known_us: Option<i64>,
    /// `pdf` for a paper, `json` for what stands on it.
    format: Option<String>,
}

/// The evidence of a month, of a village or of a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvidenceSheet)]
struct View {
    /// Of whom it is.
    #[schema(value_type = SheetOfWord)]
    of: &'static str,
    /// The village.
    village: Option<NamedArea>,
    /// The areas around it, from the narrowest on.
    around: Vec<NamedArea>,
    /// The provider.
    provider: Option<String>,
    /// The area that it is narrowed to.
    within: Option<NamedArea>,
    /// Of which month.
    #[schema(value_type = String)]
    month: Month,
    /// The zone whose month it is (IANA name).
    zone: String,
    /// From which slot (minute of UTC) on the month is,
    from_slot: i64,
    /// and up to which, without it.
    to_slot: i64,
    /// As known at this instant.
    #[schema(value_type = i64)]
    known_us: Wall,
    /// Whether all minutes of the month are in it. One that had not ended ten minutes
    /// before `known_us` is not.
    whole: bool,
    /// By which edition of the rule.
    rule: u32,
    /// The sites, by the order of their ids.
    sites: Vec<SiteView>,
    /// All together.
    total: TotalView,
    /// SHA-256 of the canonical text of its integers (decision 0017), hexadecimal.
    digest: String,
    /// The head of the audit chain when it was made.
    chain: Option<HeadView>,
    /// When it was made.
    #[schema(value_type = i64)]
    made_us: Wall,
    /// By whom.
    made_by: PersonView,
}

/// The head of the audit chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetChain)]
struct HeadView {
    /// Number of the last entry.
    seq: i64,
    /// Its hash, hexadecimal.
    hash: String,
}

/// Somebody who has done something that stands on a sheet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetPerson)]
struct PersonView {
    /// Who.
    #[schema(value_type = String)]
    id: Id<Person>,
    /// By what name.
    name: String,
}

/// All sites of a sheet together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetTotal)]
struct TotalView {
    /// How many sites.
    sites: usize,
    /// In how many villages.
    villages: usize,
    /// The mean of its villages' proved shares, each village one vote, in hundredths of a
    /// percent, rounded down; null of no village.
    village_mean_bp: Option<u32>,
    #[serde(flatten)]
    numbers: Numbers,
}

/// A site on a sheet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetSite)]
struct SiteView {
    /// Which.
    #[schema(value_type = String)]
    site: Id<Site>,
    /// What it is called.
    name: String,
    /// The village that it brings online.
    village: Option<NamedArea>,
    /// Who provides the connection.
    provider: Option<String>,
    /// Under which contract.
    contract_paper: Option<String>,
    /// The slots that count: from this one on,
    from_slot: i64,
    /// up to this one, without it.
    to_slot: i64,
    #[serde(flatten)]
    numbers: Numbers,
    /// When it failed in them.
    outages: Vec<OutageView>,
    /// What is laid over them.
    excused: Vec<ExclusionView>,
    /// What was opened as an incident and went on in the month; null where the reader may
    /// not know of incidents.
    incidents: Option<Vec<IncidentNamed>>,
    /// How fast it was in the month, the oldest first.
    speeds: Vec<SpeedNamed>,
    /// Where the journals of its boxes stand when the sheet is made: each is a chain of
    /// digests that the box itself has made.
    journals: Vec<JournalView>,
}

/// An incident that a sheet names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetIncident)]
struct IncidentNamed {
    /// The number by which people speak of it.
    number: i64,
    /// What kind; `manual`: a person has opened it.
    kind: String,
    /// What is wrong, in Bahasa Indonesia; null where a person has said it in words of
    /// his own.
    title: Option<String>,
    /// When it was opened,
    #[schema(value_type = i64)]
    opened_us: Wall,
    /// and when it was over; null: it goes on.
    #[schema(value_type = Option<i64>)]
    cleared_us: Option<Wall>,
}

/// A test of speed that a sheet names.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetSpeed)]
struct SpeedNamed {
    /// When.
    #[schema(value_type = i64)]
    at_us: Wall,
    /// Download, kbit/s; null: nothing was measured.
    down_kbps: Option<u64>,
    /// Upload, kbit/s.
    up_kbps: Option<u64>,
    /// Whether somebody had asked for it.
    asked: bool,
}

/// Where a journal of a box stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetJournal)]
struct JournalView {
    /// Which box, `agt_…`.
    #[schema(value_type = String)]
    agent: Id<Agent>,
    /// `money`, `event` or `sample`.
    stream: &'static str,
    /// The epoch, 16 hexadecimal digits.
    epoch: String,
    /// The number of the last record that is held,
    seq: u64,
    /// and its digest (decision 0011), hexadecimal.
    digest: String,
}

fn named(it: &Named) -> IncidentNamed {
    IncidentNamed {
        number: it.number,
        kind: it.kind.clone(),
        title: it.title.clone(),
        opened_us: it.opened,
        cleared_us: it.cleared,
    }
}

/// Minutes that are not held against anybody, or that somebody wants not to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SheetExclusion)]
struct ExclusionView {
    /// What was declared; null: the house itself was not there.
    #[schema(value_type = Option<String>)]
    excuse: Option<Id<Excuse>>,
    /// What they are.
    #[schema(value_type = OverlayWord)]
    overlay: &'static str,
    /// From which slot on,
    from_slot: i64,
    /// and up to which, without it.
    to_slot: i64,
    /// Whether it counts.
    counts: bool,
    /// Whether it was declared when it had begun already.
    late: bool,
    /// Why.
    why: Option<String>,
    /// Which document says so.
    document: Option<String>,
    /// When it was declared,
    #[schema(value_type = Option<i64>)]
    declared_us: Option<Wall>,
    /// and by whom.
    declared_by: Option<PersonView>,
    /// When it was decided, as far as was known; null: it was not.
    #[schema(value_type = Option<i64>)]
    decided_us: Option<Wall>,
    /// By whom.
    decided_by: Option<PersonView>,
    /// Whether it was agreed to.
    agreed: Option<bool>,
}

fn site(told: &Told, beside: &Beside) -> SiteView {
    let form = &beside.member.site.form;
    let over = told.over.iter().zip(&beside.declared);
    SiteView {
        site: told.site,
        name: form.name.clone(),
        village: beside.village.clone(),
        provider: form.provider.clone(),
        contract_paper: form.contract.clone(),
        from_slot: told.slots.start.0,
        to_slot: told.slots.end.0,
        numbers: told.counts.into(),
        outages: told.outages.iter().map(OutageView::from).collect(),
        incidents: beside
            .incidents
            .as_ref()
            .map(|all| all.iter().map(named).collect()),
        speeds: beside
            .speeds
            .iter()
            .map(|row| SpeedNamed {
                at_us: row.at,
                down_kbps: sheet::kbps(row.down.as_ref()),
                up_kbps: sheet::kbps(row.up.as_ref()),
                asked: row.command.is_some(),
            })
            .collect(),
        journals: beside
            .heads
            .iter()
            .map(|head| JournalView {
                agent: head.agent,
                stream: head.stream,
                epoch: head.epoch.clone(),
                seq: head.seq,
                digest: head.digest.clone(),
            })
            .collect(),
        excused: over
            .map(|((excuse, it), declared)| {
                let row = declared.as_ref().map(|it| &it.row);
                let decided = declared.as_ref().and_then(|it| it.decided.as_ref());
                ExclusionView {
                    excuse: *excuse,
                    overlay: it.overlay.as_str(),
                    from_slot: it.slots.start.0,
                    to_slot: it.slots.end.0,
                    counts: it.counts(),
                    late: it.is_late(),
                    why: row.map(|row| row.why.clone()),
                    document: row.and_then(|row| row.document.clone()),
                    declared_us: row.map(|row| row.declared),
                    declared_by: declared.as_ref().map(declarer),
                    decided_us: decided.map(|(at, ..)| *at),
                    decided_by: declared.as_ref().and_then(decider),
                    agreed: decided.map(|(.., agreed)| *agreed),
                }
            })
            .collect(),
    }
}

fn declarer(it: &Declared) -> PersonView {
    PersonView {
        id: it.row.by,
        name: it.by.clone(),
    }
}

fn decider(it: &Declared) -> Option<PersonView> {
    let (_, id, _) = it.row.decided?;
    let (_, name, _) = it.decided.as_ref()?;
    Some(PersonView {
        id,
        name: name.clone(),
    })
}

fn view(hall: &Hall, it: Evidence) -> View {
    let sheet = &it.sheet;
    let named = |code: &AreaCode| NamedArea {
        code: code.clone(),
        name: it.area.clone().unwrap_or_default(),
    };
    let (of, village, provider, within) = match &sheet.of {
        Of::Village(code) => ("village", Some(named(code)), None, None),
        Of::Provider { name, within } => {
            let within = within.as_ref().map(named);
            ("provider", None, Some(name.clone()), within)
        }
    };
    View {
        of,
        village,
        provider,
        within,
        month: sheet.month,
        zone: zone(hall),
        from_slot: sheet.slots.start.0,
        to_slot: sheet.slots.end.0,
        known_us: it.known,
        whole: it.is_whole,
        rule: RULE,
        sites: sheet
            .sites
            .iter()
            .zip(&it.sites)
            .map(|(told, beside)| site(told, beside))
            .collect(),
        total: TotalView {
            sites: sheet.sites.len(),
            villages: sheet.villages().len(),
            village_mean_bp: sheet.village_mean(),
            numbers: sheet.total().into(),
        },
        around: it.around,
        digest: it.digest,
        chain: it.chain.map(|(seq, hash)| HeadView { seq, hash }),
        made_us: it.made,
        made_by: PersonView {
            id: it.by.0,
            name: it.by.1,
        },
    }
}

/// The name of the house's zone.
pub(super) fn zone(hall: &Hall) -> String {
    let name = hall.config().zone.iana_name();
    name.unwrap_or("UTC").to_owned()
}

/// As known when: an instant that has passed.
fn known(hall: &Hall, day: Option<Day>, at: Option<i64>) -> Result<Wall, Problem> {
    let now = hall.now().wall;
    let asked = match (day, at) {
        (Some(_), Some(_)) => return Err(refuse("known_us", "not together with `known`")),
        (Some(day), None) => last_of(hall, day),
        (None, Some(at)) => Wall::from_us(at),
        (None, None) => now,
    };
    Ok(asked.min(now))
}

/// A month that has begun.
pub(super) fn begun(hall: &Hall, month: Month) -> Result<Month, Problem> {
    match month.first() > hall.today() {
        true => Err(refuse("month", "has not begun")),
        false => Ok(month),
    }
}

/// The evidence of a month of a village: what is proven of each of its sites.
#[utoipa::path(get, path = "/api/v1/villages/{code}/sheet", tag = "reach",
    params(("code" = String, Path, description = "Kemendagri code of the village."), Wanted),
    responses((status = 200, content((View = "application/json"), (String = "application/pdf"))),
        (status = 404), (status = 409)))]
async fn of_village(
    State(hall): State<Hall>,
    who: Who,
    Path(code): Path<AreaCode>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(wanted.format.as_deref(), &headers, &Format::ALL)?;
    let month = begun(&hall, wanted.month)?;
    let known = known(&hall, wanted.known, wanted.known_us)?;
    let mut read = hall.db().read().await?;
    if code.level() != AreaLevel::Village || !areas::exists(&mut read, &code).await? {
        return Err(Problem::not_found("area", "There is no such village."));
    }
    let mut members = ledger::members(&mut read).await?;
    members.retain(|member| member.village.as_ref() == Some(&code) && sees(&who, member));
    let name = format!("lembar-bukti-{code}-{month}");
    let of = Of::Village(code);
    let evidence = sheet::make(&hall, &mut read, &who, of, month, (members, known)).await?;
    drop(read);
    answer(&hall, &who, evidence, format, &name).await
}

/// The evidence of a month of a provider: what is proven of each of its sites that the
/// caller may see.
#[utoipa::path(get, path = "/api/v1/providers/sheet", tag = "reach",
    params(WantedOfProvider),
    responses((status = 200, content((View = "application/json"), (String = "application/pdf"))),
        (status = 404), (status = 409)))]
async fn of_provider(
    State(hall): State<Hall>,
    who: Who,
    Query(wanted): Query<WantedOfProvider>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(wanted.format.as_deref(), &headers, &Format::ALL)?;
    let month = begun(&hall, wanted.month)?;
    let known = known(&hall, wanted.known, wanted.known_us)?;
    let mut read = hall.db().read().await?;
    let mut members = ledger::members(&mut read).await?;
    members.retain(|member| {
        let form = &member.site.form;
        let lies = wanted.within.as_ref();
        let lies = lies.is_none_or(|area| area.contains(&form.area));
        lies && form.provider.as_ref() == Some(&wanted.provider) && sees(&who, member)
    });
    if members.is_empty() {
        let why = "No site of this provider was ever active there.";
        return Err(Problem::not_found("provider", why));
    }
    let name = format!("lembar-bukti-penyedia-{month}");
    let of = Of::Provider {
        name: wanted.provider,
        within: wanted.within,
    };
    let evidence = sheet::make(&hall, &mut read, &who, of, month, (members, known)).await?;
    drop(read);
    answer(&hall, &who, evidence, format, &name).await
}

fn sees(who: &Who, member: &Member) -> bool {
    who.may(Permission::SitesRead, &member.site.place())
}

async fn answer(
    hall: &Hall,
    who: &Who,
    evidence: Evidence,
    format: Format,
    name: &str,
) -> Result<Response, Problem> {
    if format == Format::Json {
        return Ok(axum::Json(view(hall, evidence)).into_response());
    }
    let sheet = &evidence.sheet;
    let (subject, within) = match &sheet.of {
        Of::Village(code) => (code.to_string(), None),
        Of::Provider { name, within } => (name.clone(), within.clone()),
    };
    let act = Act {
        verb: "sheet.exported",
        subject,
        detail: json!({
            "month": sheet.month, "within": within, "known_us": evidence.known,
            "sites": sheet.sites.len(), "digest": evidence.digest, "format": format.as_str(),
        }),
    };
    let paper = paper::print(hall, &evidence);
    file(hall, who, paper, format, name, act).await
}

/// Prints, and writes down who took it.
pub(super) async fn file(
    hall: &Hall,
    who: &Who,
    paper: print::Sheet,
    format: Format,
    name: &str,
    act: Act,
) -> Result<Response, Problem> {
    let work = move || match format {
        Format::Png => paper.picture(PICTURE_WIDE),
        Format::Pdf | Format::Json => paper.pdf(),
    };
    let printed = hall.tasks().blocking("printing a sheet", work).await;
    let printed = printed.map_err(|undone| Problem::bug(undone.to_string()))?;
    let octets = printed.map_err(unprinted)?;
    let mut tx = hall.db().write().await?;
    audit::record(&mut tx, hall.now(), who, act).await?;
    tx.commit().await?;
    let saved = format!("attachment; filename=\"{name}.{}\"", format.as_str());
    Ok(problem::file(
        format.content_type(),
        octets.into(),
        &[("content-disposition", saved)],
    ))
}

/// Pixels across a picture: A4 at 150 to the inch.
const PICTURE_WIDE: u16 = 1_240;

fn unprinted(why: Unprinted) -> Problem {
    match why {
        Unprinted::Pages | Unprinted::Rows | Unprinted::Chars => Problem::conflict(
            "sheet-too-long",
            format!("Ask for a part of it, or take it as JSON: {why}."),
        ),
        Unprinted::Picture | Unprinted::Code | Unprinted::Drawn(_) => Problem::bug(why.to_string()),
    }
}
