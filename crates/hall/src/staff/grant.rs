//! What a person may do, and who may decide that.

use base::area::AreaCode;
use base::id::{Agency, Id, Person};
use base::now::{Now, Wall};
use serde_json::{Value as Json, json};
use store::Tx;

use crate::guard::{Place, Role, Who};
use crate::problem::Problem;
use crate::sql::staff::{self as rows, GrantRow};
use crate::sql::{agency, area};
use crate::{Hall, line};

/// Grants of one person that have not ended.
const GRANTS_MAX: usize = 20;

/// A grant that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// In which role.
    pub role: Role,
    /// Over this area. None: all.
    pub area: Option<AreaCode>,
    /// Over this branch of offices. None: all.
    pub agency: Option<Id<Agency>>,
    /// Since when. None: now, or as it was.
    pub from: Option<Wall>,
    /// Until before when. None: further notice.
    pub to: Option<Wall>,
}

impl Wanted {
    fn place(&self) -> Place {
        Place::new(self.area.clone(), self.agency)
    }

    fn is(&self, row: &GrantRow) -> bool {
        self.role == row.role
            && self.area == row.area
            && self.agency == row.agency
            && self.to == row.to
            && self.from.is_none_or(|from| from == row.from)
    }
}

/// Makes the grants of a person those that are wanted: which ended, which began.
pub(super) async fn regrant(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    person: Id<Person>,
    wanted: &[Wanted],
    has: &[GrantRow],
) -> Result<(Vec<GrantRow>, Vec<GrantRow>), Problem> {
    if wanted.len() > GRANTS_MAX {
        return Err(line::refuse("grants", format!("at most {GRANTS_MAX}")));
    }
    let now = hall.now();
    let mut ended = has.to_vec();
    let mut begun = Vec::new();
    for (i, wanted) in wanted.iter().enumerate() {
        if let Some(kept) = ended.iter().position(|row| wanted.is(row)) {
            ended.remove(kept);
            continue;
        }
        let row = judge(tx, who, now, i, wanted).await?;
        begun.push(GrantRow {
            id: hall.mint(),
            person,
            ..row
        });
    }
    for row in &ended {
        // To end one takes what it takes to give it; the caller's command of all
        // of them has been asked for before.
        rows::end_grant(tx, row.id, now.wall).await?;
    }
    for row in &begun {
        rows::insert_grant(tx, row, Some(who.person()), now.wall).await?;
    }
    Ok((ended, begun))
}

/// Whether a wanted grant can stand, and may be given by the caller.
async fn judge(
    tx: &mut Tx,
    who: &Who,
    now: Now,
    i: usize,
    wanted: &Wanted,
) -> Result<GrantRow, Problem> {
    let field = |name: &str| format!("grants.{i}.{name}");
    if wanted.role.needs_end() && wanted.to.is_none() {
        return Err(line::refuse(field("to_us"), "a relawan's grant has an end"));
    }
    // Nothing was allowed before it was given.
    let from = wanted.from.unwrap_or(now.wall).max(now.wall);
    if wanted.to.is_some_and(|to| to <= from || to <= now.wall) {
        return Err(line::refuse(field("to_us"), "is over before it begins"));
    }
    known(
        tx,
        &format!("grants.{i}."),
        wanted.area.as_ref(),
        wanted.agency,
    )
    .await?;
    if !commands(who, wanted.role, &wanted.place(), wanted.to) {
        return Err(Problem::denied(
            "not-yours-to-give",
            "Nobody gives more than he holds: in role, place and time.",
        )
        .field(field("role"), "is more than you can give there"));
    }
    let agency_path = match wanted.agency {
        Some(id) => agency::by_id(tx, id).await?.map(|row| row.path),
        None => None,
    };
    Ok(GrantRow {
        // The caller sets both.
        id: Id::from_bytes([0; 16]),
        person: who.person(),
        role: wanted.role,
        area: wanted.area.clone(),
        agency: wanted.agency,
        agency_path,
        from,
        to: wanted.to,
    })
}

/// Whether somebody may give, take and stand above a grant: he holds one whose
/// role may give that role, whose place covers that place, and that lasts as long.
pub(super) fn commands(who: &Who, role: Role, place: &Place, to: Option<Wall>) -> bool {
    who.grants().iter().any(|held| {
        held.role.may_give().contains(&role)
            && held.covers(place)
            && held.to.is_none_or(|end| to.is_some_and(|to| to <= end))
    })
}

/// Refuses an area or office that is not in its register.
pub(crate) async fn known(
    tx: &mut Tx,
    prefix: &str,
    area_code: Option<&AreaCode>,
    agency_id: Option<Id<Agency>>,
) -> Result<(), Problem> {
    if let Some(code) = area_code
        && !area::exists(tx, code).await?
    {
        return Err(line::refuse(
            format!("{prefix}area"),
            "is not in the register of areas",
        ));
    }
    if let Some(id) = agency_id
        && agency::by_id(tx, id).await?.is_none()
    {
        return Err(line::refuse(
            format!("{prefix}agency"),
            "is not in the register of agencies",
        ));
    }
    Ok(())
}

pub(super) fn told(grant: &GrantRow) -> Json {
    json!({
        "grant": grant.id,
        "role": grant.role,
        "area": grant.area,
        "agency": grant.agency,
        "from_us": grant.from,
        "to_us": grant.to,
    })
}
