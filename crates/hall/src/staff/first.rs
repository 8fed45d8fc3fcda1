//! How the first administrator comes to be.
//!
//! Either by a password of the configuration, or by a code that the program
//! prints and whoever set it up opens in a browser. Both work only while nobody has a
//! way in.

use base::id::{Id, Person};
use base::redact::Secret;
use serde_json::json;
use store::Tx;

use super::{read_username, told};
use crate::audit::{self, Act, Actor};
use crate::guard::Role;
use crate::problem::Problem;
use crate::session::{self, Arrival, Opaque, Opened};
use crate::sql::staff::{self as rows, GrantRow, PersonRow};
use crate::{Hall, line, password};

/// So long the code of the first administrator can be used.
const CODE_VALID: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// What the code of the first administrator is kept under.
const FIRST_ADMIN: &str = "first_admin";

/// How the first administrator comes to be.
#[derive(Debug)]
pub enum FirstAdmin {
    /// `admin` was made with the password of the configuration.
    Created,
    /// Nobody is there: whoever opens the link with this code becomes it. The code
    /// is shown here and never again; a later start makes another.
    Link(Secret<String>),
    /// Somebody is there already.
    AlreadyThere,
}

/// Sees to it that somebody can come in, at each start.
///
/// # Errors
/// If the database does not answer.
pub async fn first_admin(
    hall: &Hall,
    password: Option<Secret<String>>,
) -> Result<FirstAdmin, Problem> {
    let mut read = hall.db().read().await?;
    let someone = rows::any(&mut read).await?;
    drop(read);
    if someone {
        return Ok(FirstAdmin::AlreadyThere);
    }
    let house = Actor::house("first start");
    let Some(password) = password.filter(|password| !password.expose().is_empty()) else {
        let code = Opaque::new("")?;
        let now = hall.now();
        let mut tx = hall.db().write().await?;
        let expires = now.wall + CODE_VALID;
        rows::replace_code(&mut tx, FIRST_ADMIN, &code.hash, now.wall, expires).await?;
        let act = Act {
            verb: "first_code.made",
            subject: String::new(),
            detail: json!({ "expires_us": expires }),
        };
        audit::record_by(&mut tx, now, &house, act).await?;
        tx.commit().await?;
        return Ok(FirstAdmin::Link(code.text));
    };
    if password::check(&password, "admin").is_err() {
        // Whoever sets up the house may choose it; he is told once.
        tracing::warn!("the password of the first administrator is easy to guess; change it");
    }
    let secret = hall.door().hasher.hash(hall.tasks(), password).await?;
    let mut tx = hall.db().write().await?;
    settle(hall, &mut tx, &house, "Administrator", "admin", &secret).await?;
    tx.commit().await?;
    Ok(FirstAdmin::Created)
}

/// Makes the first administrator of whoever has the code, and logs him in.
///
/// # Errors
/// `first-code` if the code is not, or no longer, the one; `set-up-already` if
/// somebody is there; a bad field.
pub async fn become_first(
    hall: &Hall,
    arrival: Arrival,
    agent: Option<&str>,
    code: &Secret<String>,
    new: (&str, &str, Secret<String>),
) -> Result<Opened, Problem> {
    let (name, username, password) = new;
    let already = || {
        Problem::conflict(
            "set-up-already",
            "The first administrator is there; ask for an account.",
        )
    };
    let door = hall.door();
    let attempt = session::attempt(hall, FIRST_ADMIN, arrival)?;
    let mut read = hall.db().read().await?;
    if rows::any(&mut read).await? {
        return Err(already());
    }
    drop(read);
    let name = line::read("name", name, line::NAME_MAX)?;
    let username = read_username(username)?;
    password::check(&password, &username)?;
    let secret = door.hasher.hash(hall.tasks(), password).await?;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    if rows::any(&mut tx).await? {
        return Err(already());
    }
    let hash = Opaque::hash(code.expose().trim());
    if !rows::use_code(&mut tx, FIRST_ADMIN, &hash, now.wall).await? {
        return Err(Problem::denied(
            "first-code",
            "The code is not the newest one, or older than a day. Each start of the \
             program prints another.",
        ));
    }
    let actor = Actor {
        address: arrival.address.map(|address| address.to_string()),
        ..Actor::house("first code")
    };
    let person = settle(hall, &mut tx, &actor, &name, &username, &secret).await?;
    let opened = session::open(hall, &mut tx, arrival, agent, person, name).await?;
    tx.commit().await?;
    session::succeeded(hall, attempt);
    Ok(opened)
}

/// Makes an administrator over all, by the house itself.
async fn settle(
    hall: &Hall,
    tx: &mut Tx,
    actor: &Actor,
    name: &str,
    username: &str,
    secret: &str,
) -> Result<Id<Person>, Problem> {
    let now = hall.now();
    let row = PersonRow {
        id: hall.mint(),
        name: name.to_owned(),
        username: Some(username.to_owned()),
        active: true,
        area: None,
        agency: None,
        seen: None,
        screen: false,
    };
    rows::insert(tx, &row, now.wall).await?;
    rows::insert_login(tx, hall.mint(), row.id, username, secret, now.wall).await?;
    let grant = GrantRow {
        id: hall.mint(),
        person: row.id,
        role: Role::Admin,
        area: None,
        agency: None,
        agency_path: None,
        from: now.wall,
        to: None,
    };
    rows::insert_grant(tx, &grant, None, now.wall).await?;
    let act = Act {
        verb: "person.added",
        subject: row.id.to_string(),
        detail: json!({ "name": name, "username": username, "grants": [told(&grant)] }),
    };
    audit::record_by(tx, now, actor, act).await?;
    Ok(row.id)
}
