//! On which adopted lists a family is told of.

use axum::Extension;
use axum::extract::State;
use base::id::{Family, Id};
use base::now::Wall;
use hall::Hall;
use hall::guard::{Guarded as _, Permission, Place, Who};
use hall::problem::{Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::decide::draft;
use crate::facts;
use crate::programme;
use crate::room::Room;
use crate::sql::{judged, run};
use crate::subject::SubjectId;

pub(super) fn routes() -> OpenApiRouter<Hall> {
    OpenApiRouter::new().routes(routes!(of_family).guard(Permission::CardRead))
}

/// Where a family, one of it or a business of one, stands on an adopted list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamilyDecision)]
struct FamilyDecision {
    /// The number of the list.
    number: i64,
    /// Of which programme,
    slug: String,
    /// what that is called,
    programme_name: String,
    /// what is given,
    item: String,
    /// in which unit,
    unit: String,
    /// how many,
    amount: u32,
    /// and what that is in a cycle, in rupiah. Null: not known.
    rupiah: Option<i64>,
    /// When it was adopted.
    #[schema(value_type = Option<i64>)]
    adopted_us: Option<Wall>,
    /// The family, the person or the business.
    subject: String,
    /// `included`, `held`, `excluded` or `unknown`.
    #[schema(value_type = String)]
    verdict: &'static str,
    /// Who decided: `rules`, `group` or `person`.
    #[schema(value_type = String)]
    by: &'static str,
    /// The rule that speaks first against it.
    rule_name: Option<String>,
}

/// Adopted lists that tell of a family.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardFamilyDecisions)]
struct FamilyDecisions {
    /// The newest first.
    items: Vec<FamilyDecision>,
    /// There is no next page.
    next: Option<String>,
}

/// On which adopted lists a family, a person or a business of it, is told of. Whoever the rules exclude
/// and did not receive before is on none: the list itself tells why.
#[utoipa::path(get, path = "/api/v1/card/families/{id}/decisions", tag = "card",
    params(("id" = String, Path, description = "`fam_…`")),
    responses((status = 200, body = FamilyDecisions)))]
async fn of_family(
    State(hall): State<Hall>,
    Extension(room): Extension<Room>,
    who: Who,
    Path(id): Path<Id<Family>>,
) -> Result<axum::Json<FamilyDecisions>, Problem> {
    let mut read = hall.db().read().await?;
    let run = run::counting(&mut read).await?;
    drop(read);
    let facts = match &run {
        Some(run) if run.facts.is_some() => Some(facts::open(&hall, &room, run.number).await?),
        _ => None,
    };
    let family = facts.as_ref().and_then(|facts| facts.family(id.as_bytes()));
    let persons: Vec<[u8; 16]> = match (&facts, family) {
        (Some(facts), Some(at)) => {
            let persons = facts.persons_of(&facts.families[at as usize]);
            let businesses = facts.businesses.iter();
            let businesses = businesses.filter(|it| it.family == Some(at));
            let persons = persons.iter().map(|it| it.id);
            persons.chain(businesses.map(|it| it.id)).collect()
        }
        _ => Vec::new(),
    };
    let mut read = hall.db().read().await?;
    let mut items = Vec::new();
    for (number, row) in judged::of_family(&mut read, id, &persons).await? {
        if !who.may(Permission::CardRead, &Place::new(row.area.clone(), None)) {
            continue;
        }
        let decision = draft::find(&mut read, number).await?;
        let version = Some(decision.version);
        let kept = programme::find(&mut read, &decision.slug, version).await?;
        let programme = &kept.programme;
        let rules = &programme.rules;
        let rule = row.rule.as_ref();
        let rule = rule.and_then(|id| rules.iter().find(|it| it.id == *id));
        items.push(FamilyDecision {
            number,
            slug: decision.slug,
            programme_name: programme.name.clone(),
            item: programme.item.clone(),
            unit: programme.unit.clone(),
            amount: programme.amount,
            rupiah: programme.rupiah_each(),
            adopted_us: decision.adopted,
            subject: SubjectId::of(programme.subject, row.subject).to_string(),
            verdict: row.standing.as_str(),
            by: row.by.as_str(),
            rule_name: rule.map(|rule| rule.name.clone()),
        });
    }
    items.sort_by_key(|it| std::cmp::Reverse(it.number));
    Ok(axum::Json(FamilyDecisions { items, next: None }))
}
