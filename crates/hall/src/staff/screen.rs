//! The person as which a screen is here: a grant of the role `layar`, and no way in.

use base::fact::Fact;
use base::id::{Id, Person};
use base::now::Wall;
use store::{Error, Tx, facts};

use super::grant::{Wanted, regrant};
use crate::Hall;
use crate::guard::{Place, Role, Who};
use crate::problem::Problem;
use crate::sql::staff::{self as rows, GrantRow, PersonRow};

/// Adds the person of a screen over a place, in the caller's transaction. Its grant lasts
/// as long as the caller may give it there, which is for good unless his own ends.
///
/// # Errors
/// `not-yours-to-give`, or a bad field.
pub(crate) async fn add_screen(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    name: String,
    place: Place,
) -> Result<(Id<Person>, GrantRow), Problem> {
    let row = PersonRow {
        id: hall.mint(),
        name,
        username: None,
        active: true,
        area: place.area.clone(),
        agency: place.agency,
        seen: None,
        screen: true,
    };
    rows::insert(tx, &row, hall.now().wall).await?;
    let wanted = Wanted {
        role: Role::Layar,
        to: longest(who, &place),
        area: place.area,
        agency: place.agency,
        from: None,
    };
    let (_, begun) = regrant(hall, tx, who, row.id, &[wanted], &[]).await?;
    let grant = begun
        .into_iter()
        .next()
        .ok_or_else(|| Problem::bug("a screen was given no grant"))?;
    Ok((row.id, grant))
}

/// Until when somebody may let a screen hang there; none for good.
fn longest(who: &Who, place: &Place) -> Option<Wall> {
    let ends: Vec<_> = who
        .grants()
        .iter()
        .filter(|held| held.role.may_give().contains(&Role::Layar) && held.covers(place))
        .map(|held| held.to)
        .collect();
    let endless = ends.iter().any(Option::is_none);
    ends.into_iter().flatten().max().filter(|_| !endless)
}

/// Ends what the person of a screen may do, for good.
///
/// # Errors
/// If the database does not answer.
pub(crate) async fn retire_screen(tx: &mut Tx, person: Id<Person>, now: Wall) -> Result<(), Error> {
    for grant in rows::grants_to_come(tx, person, now).await? {
        rows::end_grant(tx, grant.id, now).await?;
    }
    if let Some(row) = rows::by_id(tx, person).await? {
        let gone = PersonRow {
            active: false,
            ..row
        };
        rows::update(tx, &gone, now).await?;
    }
    facts::append(tx, &Fact::GrantsChanged { person }, now).await
}
