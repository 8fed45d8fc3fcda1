//! Who is whom: people of the house and people of the provider.

use base::id::{Id, Person};
use base::now::Wall;
use serde_json::json;
use store::Tx;

use super::token::Vouched;
use super::waiting::Purpose;
use super::{own_session, set};
use crate::audit::{self, Act, Actor};
use crate::guard::{Permission, Place, Who};
use crate::problem::Problem;
use crate::session::Arrival;
use crate::sql::identity::{self as rows, IdentityRow};
use crate::sql::staff as people;
use crate::{Hall, emergency, line, local};

/// Longest address or name that is expected, in characters.
const EXPECTED_MAX: usize = 254;

/// By what an administrator names somebody at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An e-mail address that the provider has verified.
    Email,
    /// The user name there.
    Username,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Email, Self::Username];

    /// The word of rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Somebody and who he is at the provider, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Who.
    pub person: Id<Person>,
    /// The name of that person.
    pub person_name: String,
    /// The provider.
    pub issuer: String,
    /// By what he is expected, and what that is. None: he has come.
    pub expected: Option<(String, String)>,
    /// What the provider called him when he was linked.
    pub shown: Option<String>,
    /// Since when he is linked. None: he has not come yet.
    pub linked: Option<Wall>,
}

impl From<IdentityRow> for Linked {
    fn from(row: IdentityRow) -> Self {
        Self {
            person: row.person,
            person_name: row.person_name,
            issuer: row.issuer,
            expected: row.expected_kind.zip(row.expected),
            shown: row.shown,
            linked: row.linked,
        }
    }
}

/// Those whom the caller may see, himself among them.
///
/// # Errors
/// If the database does not answer.
pub async fn list(hall: &Hall, who: &Who) -> Result<Vec<Linked>, Problem> {
    let (text, values) = who.visible(Permission::StaffRead, "p.area_code", "p.agency_id");
    let query = rows::list()
        .push(" AND (i.person_id = ", who.person())
        .raw(" OR ")
        .condition(&text, values)
        .raw(") ORDER BY i.id");
    let mut read = hall.db().read().await?;
    let found = rows::fetch(&mut read, &query).await?;
    Ok(found.into_iter().map(Linked::from).collect())
}

/// Whether somebody may link himself, and what that is bound to.
pub(super) fn may_link(who: &Who) -> Result<Purpose, Problem> {
    if !own_session(who) || emergency::is_it(who.person()) || local::is_door(who.person()) {
        return Err(Problem::denied(
            "session-needed",
            "Only a person who has logged in as himself links himself; nothing was begun.",
        ));
    }
    Ok(Purpose::Link(who.login(), who.person()))
}

/// Links whoever is here.
pub(super) async fn own(
    hall: &Hall,
    who: &Who,
    issuer: &str,
    vouched: &Vouched,
) -> Result<(), Problem> {
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let other = rows::by_subject(&mut tx, issuer, &vouched.subject).await?;
    if other.is_some_and(|row| row.person != who.person()) {
        return Err(taken());
    }
    write(hall, &mut tx, who.person(), issuer, vouched).await?;
    let act = Act {
        verb: "identity.linked",
        subject: who.person().to_string(),
        detail: json!({ "issuer": issuer, "by": "himself" }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    Ok(())
}

/// Links whom an administrator has named, at his first login; none if nobody is meant.
pub(super) async fn expected(
    hall: &Hall,
    tx: &mut Tx,
    arrival: Arrival,
    issuer: &str,
    vouched: &Vouched,
) -> Result<Option<IdentityRow>, Problem> {
    let said = [
        (Kind::Email, &vouched.email),
        (Kind::Username, &vouched.username),
    ];
    for (kind, value) in said {
        let Some(value) = value else { continue };
        let Some(row) = rows::by_expected(tx, issuer, kind.as_str(), value).await? else {
            continue;
        };
        if !row.active {
            return Ok(None);
        }
        write(hall, tx, row.person, issuer, vouched).await?;
        let actor = Actor {
            person: Some(row.person),
            address: arrival.address.map(|address| address.to_string()),
            ..Actor::house("login")
        };
        let act = Act {
            verb: "identity.linked",
            subject: row.person.to_string(),
            detail: json!({ "issuer": issuer, "by": kind.as_str() }),
        };
        audit::record_by(tx, hall.now(), &actor, act).await?;
        return Ok(Some(row));
    }
    Ok(None)
}

async fn write(
    hall: &Hall,
    tx: &mut Tx,
    person: Id<Person>,
    issuer: &str,
    vouched: &Vouched,
) -> Result<(), store::Error> {
    let shown = vouched.email.as_deref().or(vouched.username.as_deref());
    let of = (vouched.subject.as_str(), shown);
    rows::link(tx, hall.mint(), person, issuer, of, hall.now().wall).await
}

/// Says whom the provider will vouch for as this person, in place of what was said before.
///
/// # Errors
/// `person` (not found), `not-allowed`, `screen-person`, `identity-none`, `identity-taken`
/// or a bad field.
pub async fn expect(
    hall: &Hall,
    who: &Who,
    person: Id<Person>,
    kind: Kind,
    value: &str,
) -> Result<Linked, Problem> {
    let issuer = &set(hall)?.issuer;
    let value = line::read("value", value, EXPECTED_MAX)?;
    let value = match kind {
        Kind::Email if !value.contains('@') => {
            return Err(line::refuse("value", "is no e-mail address"));
        }
        Kind::Email => value.to_lowercase(),
        Kind::Username => value,
    };
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    his(hall, &mut tx, who, person).await?;
    let other = rows::by_expected(&mut tx, issuer, kind.as_str(), &value).await?;
    if other.is_some_and(|row| row.person != person) {
        return Err(taken());
    }
    let of = (kind.as_str(), value.as_str());
    rows::expect(&mut tx, hall.mint(), person, issuer, of, now.wall).await?;
    let act = Act {
        verb: "identity.expected",
        subject: person.to_string(),
        detail: json!({ "issuer": issuer, "by": kind.as_str() }),
    };
    audit::record(&mut tx, now, who, act).await?;
    let row = rows::of_person(&mut tx, person).await?;
    tx.commit().await?;
    row.map(Linked::from)
        .ok_or_else(|| Problem::bug("an identity is not there once it is written"))
}

/// Takes apart what is linked or expected. Sessions go on until they end.
///
/// # Errors
/// `identity` (not found) if there is nothing, or nothing that is his to take apart.
pub async fn remove(hall: &Hall, who: &Who, person: Id<Person>) -> Result<(), Problem> {
    let none = || Problem::not_found("identity", "Nothing is linked there.");
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    // Where a link turns the password off, it is not for its person to turn it on again.
    let free = hall
        .config()
        .oidc
        .as_ref()
        .is_none_or(|oidc| oidc.passwords);
    if person != who.person() || !free {
        his(hall, &mut tx, who, person).await.map_err(|_| none())?;
    }
    if !rows::remove(&mut tx, person).await? {
        return Err(none());
    }
    let act = Act {
        verb: "identity.unlinked",
        subject: person.to_string(),
        detail: json!({}),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    Ok(())
}

/// Somebody whose ways in the caller may set: the same rule as for a password.
async fn his(hall: &Hall, tx: &mut Tx, who: &Who, person: Id<Person>) -> Result<(), Problem> {
    let none = || Problem::not_found("person", "There is no such person, or none that you see.");
    let row = people::by_id(tx, person).await?.ok_or_else(none)?;
    let place = Place::new(row.area.clone(), row.agency);
    if !who.may(Permission::StaffRead, &place) {
        return Err(none());
    }
    if row.screen || emergency::is_it(person) || local::is_door(person) {
        return Err(Problem::conflict(
            "screen-person",
            "This is no human being; nothing was changed.",
        ));
    }
    who.require(Permission::StaffWrite, &place)?;
    crate::staff::stands_above(hall, tx, who, person).await
}

fn taken() -> Problem {
    Problem::conflict(
        "identity-taken",
        "Somebody else is linked to that account, or expected by that name. Nothing was \
         changed.",
    )
}
