//! Whose secret it is, and what may be seen by it.

use std::net::SocketAddr;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base::id::{Id, Loan, Viewing};
use base::redact::Secret;
use hall::audit::{self, Act, Actor};
use hall::problem::Problem;
use serde_json::json;
use store::{Conn, Error};
use watch_core::lend::proof::{self, Proof};

use crate::hub::StreamKey;
use crate::room::Room;
use crate::sql::camera::{self, CameraRow};
use crate::sql::loan::{self, LoanRow};
use crate::sql::viewing::{self, Began};

/// How what is kept of a secret is bound to its place (hall vault).
const PROOF: (&str, &str) = ("watch_loan", "proof_sealed");

/// Letters of a secret, which recorders take in any field, and nobody mistakes when he
/// types them (Crockford base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Letters of a secret: eighty random bits, and as many as recorders take.
const SECRET: usize = 16;

/// Letters of a name behind its beginning.
const NAME: usize = 7;

/// A name and a secret that nobody has had before.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) username: String,
    pub(crate) secret: Secret<String>,
}

impl Fresh {
    /// Draws both.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub(crate) fn draw() -> Result<Self, Problem> {
        let none = |()| Problem::bug("the system has no randomness");
        Ok(Self {
            username: format!("b{}", letters::<NAME>().map_err(none)?),
            secret: Secret::new(letters::<SECRET>().map_err(none)?),
        })
    }

    /// What is kept of the secret, for its row.
    pub(crate) fn sealed(&self, room: &Room, id: Id<Loan>) -> Result<Vec<u8>, Problem> {
        let kept = proof::kept(&self.username, self.secret.expose());
        let vault = room.inner.hall.vault();
        Ok(vault.seal(PROOF.0, &id.to_string(), PROOF.1, kept.as_bytes())?)
    }
}

/// So many random letters; fails without randomness.
pub(crate) fn letters<const COUNT: usize>() -> Result<String, ()> {
    let mut octets = [0; COUNT];
    SystemRandom::new().fill(&mut octets).map_err(|_| ())?;
    // 256 is a multiple of 32: no letter is more likely than another.
    let letters = octets.map(|octet| char::from(LETTERS[usize::from(octet % 32)]));
    Ok(letters.iter().collect())
}

/// The loan that a proof shows; none if it shows none, or one that counts no more.
pub(crate) async fn loan_of(
    room: &Room,
    proof: &Proof,
    nonce: &str,
    word: &str,
) -> Result<Option<LoanRow>, Error> {
    let hall = &room.inner.hall;
    let mut read = hall.db().read().await?;
    let Some((row, sealed)) = loan::by_username(&mut read, &proof.user).await? else {
        return Ok(None);
    };
    drop(read);
    let place = row.id.to_string();
    let kept = match hall.vault().open(PROOF.0, &place, PROOF.1, &sealed) {
        Ok(kept) => String::from_utf8_lossy(&kept).into_owned(),
        Err(error) => {
            tracing::error!(loan.id = %row.id, %error, "the proof of a loan cannot be opened");
            return Ok(None);
        }
    };
    let holds = proof.holds(&kept, nonce, word) && row.stands(hall.now().wall);
    Ok(holds.then_some(row))
}

/// The camera of that name, if it is one that is lent.
pub(crate) async fn camera_of(
    conn: &mut Conn,
    loan: Id<Loan>,
    name: &str,
) -> Result<Option<CameraRow>, Error> {
    let row = match name.parse() {
        Ok(id) => camera::by_id(conn, id).await?,
        Err(_) => camera::by_short(conn, name).await?,
    };
    let Some(row) = row else { return Ok(None) };
    let lent = loan::cameras(conn, &[loan]).await?.remove(&loan);
    let lent = lent
        .unwrap_or_default()
        .iter()
        .any(|it| it.camera == row.id);
    Ok(lent.then_some(row))
}

/// Writes down that a picture is taken, before the first leaves; whether the loan still
/// counts.
pub(crate) async fn write(
    room: &Room,
    viewing: Id<Viewing>,
    id: Id<Loan>,
    key: StreamKey,
    peer: SocketAddr,
    sound: bool,
) -> Result<bool, Error> {
    let hall = &room.inner.hall;
    let now = hall.now();
    let mut tx = hall.db().write().await?;
    let row = loan::by_id(&mut tx, id).await?;
    let Some(row) = row.filter(|row| row.stands(now.wall)) else {
        return Ok(false);
    };
    let address = peer.ip().to_canonical().to_string();
    let began = Began {
        id: viewing,
        camera: key.camera,
        layer: key.layer,
        person: row.person,
        login: *row.id.as_bytes(),
        loan: Some(row.id),
        remote: Some(&address),
        from: now.wall,
    };
    viewing::begin(&mut tx, &began).await?;
    loan::used(&mut tx, row.id, &address, now.wall).await?;
    let actor = Actor {
        person: None,
        via: row.id.to_string(),
        address: Some(address.clone()),
    };
    if row.first.is_none() {
        let act = Act {
            verb: "loan.used",
            subject: row.id.to_string(),
            detail: json!({ "name": row.name, "camera": key.camera }),
        };
        audit::record_by(&mut tx, now, &actor, act).await?;
    }
    let act = Act {
        verb: "camera.watch",
        subject: key.camera.to_string(),
        detail: json!({ "viewing": viewing, "layer": key.layer.as_str(), "sound": sound,
            "loan": row.id, "name": row.name }),
    };
    audit::record_by(&mut tx, now, &actor, act).await?;
    tx.commit().await?;
    Ok(true)
}
