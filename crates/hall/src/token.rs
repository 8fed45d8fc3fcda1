//! Keys of programs.
//!
//! A token acts as its person: it may do what that person may do at the moment of
//! the request, and nothing once the person is shut out. It is shown once.

use std::net::IpAddr;

use base::id::{Id, Person, Token};
use base::now::Wall;
use base::redact::Secret;
use serde_json::json;
use store::Tx;

use crate::Hall;
use crate::audit::{self, Act};
use crate::guard::{Permission, Place, Via, Who};
use crate::line;
use crate::problem::Problem;
use crate::session::{self, Opaque, Revoked, TOUCH};
use crate::sql::token::{self as rows, TokenRow};

/// What every token begins with, so that a scanner of leaked secrets knows it.
pub const PREFIX: &str = "btg_";

/// Tokens of one person. Policy: one more is refused.
const TOKENS_MAX: i64 = 50;

/// Who a token belongs to, if it still counts.
pub(crate) async fn who(
    hall: &Hall,
    secret: &str,
    address: Option<IpAddr>,
) -> Result<Option<Who>, Problem> {
    if !secret.starts_with(PREFIX) {
        return Ok(None);
    }
    let now = hall.now().wall;
    let mut read = hall.db().read().await?;
    let Some(row) = rows::by_secret(&mut read, &Opaque::hash(secret)).await? else {
        return Ok(None);
    };
    if row.expires.is_some_and(|expires| expires <= now) {
        return Ok(None);
    }
    let grants = session::held(&mut read, row.person, now).await?;
    drop(read);
    if row.used.is_none_or(|used| now.since(used) >= TOUCH) {
        session::touched(touch(hall, row.id, now).await);
    }
    Ok(Some(Who::new(
        row.person,
        row.person_name,
        Via::Token(row.id),
        grants,
        address,
        row.expires,
    )))
}

async fn touch(hall: &Hall, id: Id<Token>, now: Wall) -> Result<(), store::Error> {
    let mut tx = hall.db().write().await?;
    rows::touch(&mut tx, id, now).await?;
    tx.commit().await
}

/// A token as a list shows it: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: Id<Token>,
    /// Whose.
    pub person: Id<Person>,
    /// The name of that person.
    pub person_name: String,
    /// What its maker calls it.
    pub name: String,
    /// Since when.
    pub created: Wall,
    /// The newest request, to the minute.
    pub used: Option<Wall>,
    /// Until before when. None: until it is revoked.
    pub expires: Option<Wall>,
}

/// Makes a token for the caller, in the caller's transaction.
///
/// # Errors
/// `session-needed` if the caller came with a token himself: a key that leaked
/// must not make others that outlive it.
pub async fn make(
    hall: &Hall,
    tx: &mut Tx,
    who: &Who,
    name: &str,
    expires: Option<Wall>,
) -> Result<(Listed, Secret<String>), Problem> {
    if matches!(who.via(), Via::Token(_)) {
        return Err(Problem::denied(
            "session-needed",
            "A token cannot make another; log in for that.",
        ));
    }
    let name = line::read("name", name, line::NAME_MAX)?;
    let now = hall.now();
    if expires.is_some_and(|expires| expires <= now.wall) {
        return Err(line::refuse("expires_us", "is over already"));
    }
    if rows::count(tx, who.person()).await? >= TOKENS_MAX {
        return Err(Problem::exhausted(
            "tokens",
            format!("A person has at most {TOKENS_MAX} tokens; revoke one."),
        ));
    }
    let secret = Opaque::new(PREFIX)?;
    let row = TokenRow {
        id: hall.mint(),
        person: who.person(),
        person_name: who.name().to_owned(),
        area: None,
        agency: None,
        name,
        created: now.wall,
        used: None,
        expires,
    };
    rows::insert(tx, &row, &secret.hash).await?;
    let act = Act {
        verb: "token.made",
        subject: row.id.to_string(),
        detail: json!({ "name": row.name, "expires_us": row.expires }),
    };
    audit::record(tx, now, who, act).await?;
    Ok((listed(row), secret.text))
}

/// Tokens that have not been revoked, newest first: one's own, or all that one
/// may manage. Also what to begin the next page after, if there may be one.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    hall: &Hall,
    who: &Who,
    all: bool,
    after: Option<Id<Token>>,
    limit: i64,
) -> Result<(Vec<Listed>, Option<Id<Token>>), Problem> {
    let mut query = rows::list();
    if all {
        let (text, values) = who.visible(Permission::SessionsManage, "p.area_code", "p.agency_id");
        query = query.raw(" AND ").condition(&text, values);
    } else {
        query = query.push(" AND t.person_id = ", who.person());
    }
    if let Some(after) = after {
        query = query.push(" AND t.id < ", after);
    }
    query = query.push(" ORDER BY t.id DESC LIMIT ", limit);
    let mut read = hall.db().read().await?;
    let found = rows::fetch(&mut read, &query).await?;
    let next = found
        .last()
        .map(|row| row.id)
        .filter(|_| i64::try_from(found.len()) == Ok(limit));
    Ok((found.into_iter().map(listed).collect(), next))
}

/// Revokes a token of one's own, or of somebody whom one manages.
///
/// # Errors
/// `token` (not found) if there is none such, or none that is his to revoke.
pub async fn revoke(hall: &Hall, who: &Who, id: Id<Token>) -> Result<(), Problem> {
    let not_found = || Problem::not_found("token", "There is no such token, or it is revoked.");
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = rows::by_id(&mut tx, id).await?.ok_or_else(not_found)?;
    let place = Place::new(row.area.clone(), row.agency);
    if row.person != who.person() && !who.may(Permission::SessionsManage, &place) {
        return Err(not_found());
    }
    rows::revoke(&mut tx, id, now.wall).await?;
    let act = Act {
        verb: "token.revoked",
        subject: id.to_string(),
        detail: json!({ "name": row.name, "person": row.person }),
    };
    audit::record(&mut tx, now, who, act).await?;
    tx.commit().await?;
    hall.door().tell([Revoked {
        login: *id.as_bytes(),
        person: row.person,
    }]);
    Ok(())
}

fn listed(row: TokenRow) -> Listed {
    Listed {
        id: row.id,
        person: row.person,
        person_name: row.person_name,
        name: row.name,
        created: row.created,
        used: row.used,
        expires: row.expires,
    }
}
