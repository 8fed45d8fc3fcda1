//! A box asks to be let in, and for its next certificate.

use std::path::Path;
use std::time::Duration;

use base::geo::Point;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use serde_json::json;
use sync::release::PublicKey;

use super::dial::{DialError, Way};
use super::door::{Ask, Signed, Told};
use super::identity::{Identity, IdentityError, Key};
use super::meter::Meter;
use super::slots::Slots;
use crate::enrol::code::{Code, HouseKey, Ticket};
use crate::enrol::words::six_words;
use crate::enrol::{ASK_AGAIN, Standing};

/// What a box says about itself.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The serial number on its case.
    pub serial: Option<String>,
    /// Where it stands.
    pub point: Option<Point>,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The house was reached, and shows this key. Where the ticket did not name it,
    /// the words are to be compared with those on the page that lets boxes in.
    Reached {
        /// Six words, if somebody has to compare them.
        words: Option<String>,
    },
    /// Nobody has decided yet; it asks again after so long.
    Waiting {
        /// The name of the site.
        site: String,
        /// So long.
        again: Duration,
    },
    /// The house did not answer this time; it asks again after so long.
    Silent {
        /// Why.
        why: String,
        /// So long.
        again: Duration,
    },
    /// It is let in, and knows who it is.
    In(Box<Identity>),
}

/// Why a box is not let in.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Its own files cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The house cannot be reached, is another, or says no.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// What the house answered is nothing that was agreed.
    #[error("the house's answer cannot be read: {0}")]
    Answer(String),
}

/// A box on its way in.
#[derive(Debug)]
pub struct Applicant<'f> {
    folder: &'f Path,
    key: Key,
    ticket: Ticket,
    about: About,
    /// The house that answered first; no other will do from then on.
    house: Option<HouseKey>,
}

impl<'f> Applicant<'f> {
    /// Reads or makes the box's key.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn new(folder: &'f Path, ticket: Ticket, about: About) -> Result<Self, ApplyError> {
        Ok(Self {
            key: Key::open(folder)?,
            house: ticket.house,
            folder,
            ticket,
            about,
        })
    }

    /// Asks, and says each step, until it is let in or refused. A house that does not
    /// answer is asked again.
    ///
    /// # Errors
    /// If the house refuses or is another one, or the box's files cannot be used.
    pub async fn until_in(mut self, mut say: impl FnMut(Step)) -> Result<Identity, ApplyError> {
        let mut is_new = true;
        loop {
            let again = match self.ask(&mut is_new, &mut say).await {
                Ok(Asked::In(identity)) => {
                    say(Step::In(identity.clone()));
                    return Ok(*identity);
                }
                Ok(Asked::Waits(again)) => again,
                Err(ApplyError::Dial(
                    error @ (DialError::Unreachable { .. }
                    | DialError::Broken(_)
                    | DialError::TimedOut),
                )) => {
                    let again = ASK_AGAIN;
                    let why = error.to_string();
                    say(Step::Silent { why, again });
                    again
                }
                Err(error) => return Err(error),
            };
            tokio::time::sleep(again).await;
        }
    }

    async fn ask(
        &mut self,
        is_new: &mut bool,
        say: &mut impl FnMut(Step),
    ) -> Result<Asked, ApplyError> {
        let way = Way {
            host: self.ticket.host.clone(),
            port: self.ticket.port,
            house: self.house,
            meter: Meter::default(),
        };
        let line = way.connect(None).await?;
        let house = line.house;
        if std::mem::take(is_new) {
            let compare = self.ticket.house.is_none();
            let words = compare.then(|| six_words(house, &self.key.hash()));
            say(Step::Reached { words });
        }
        self.house = Some(house);
        let code = match &self.ticket.code {
            Code::Long(code) | Code::Short(code) => code.expose().clone(),
        };
        let asked = Ask {
            code,
            request: BASE64.encode(self.key.request()?),
            serial: self.about.serial.clone(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            point: self.about.point,
        };
        let told: Told = read(line.post("/edge/v1/enrol", &json!(asked)).await?)?;
        let (Standing::Active, Some(signed)) = (told.standing, told.certificate) else {
            let again = told.ask_again_s.map_or(ASK_AGAIN, Duration::from_secs);
            // A house that says "at once" is not asked without a pause.
            let again = again.clamp(Duration::from_secs(1), Duration::from_secs(600));
            say(Step::Waiting {
                site: told.site,
                again,
            });
            return Ok(Asked::Waits(again));
        };
        let identity = Identity {
            host: self.ticket.host.clone(),
            port: self.ticket.port,
            house: house.to_string(),
            agent: told.agent,
            site: told.site,
            certificate: pem(&signed)?,
            certificate_until_us: signed.until_us,
        };
        // They come by the line that was just found to be the right one, and once: who
        // takes the house over later cannot change what runs here.
        let keys: Result<Vec<PublicKey>, _> =
            told.release_keys.iter().map(|key| key.parse()).collect();
        let keys = keys.map_err(|error| ApplyError::Answer(error.to_string()))?;
        if !keys.is_empty() {
            Slots::of(self.folder).trust(&keys)?;
        }
        identity.write(self.folder)?;
        Ok(Asked::In(Box::new(identity)))
    }
}

enum Asked {
    Waits(Duration),
    In(Box<Identity>),
}

/// Gets the next certificate with the one that is there, expired or not, and keeps it.
///
/// # Errors
/// If the house cannot be reached or refuses; what is there stays.
pub async fn renew(
    folder: &Path,
    identity: &Identity,
    key: &Key,
    way: &Way,
) -> Result<Identity, ApplyError> {
    let papers = identity.papers(key)?;
    let line = way.connect(Some(&papers)).await?;
    let asked = json!({ "request": BASE64.encode(key.request()?) });
    let signed: Signed = read(line.post("/edge/v1/renew", &asked).await?)?;
    let renewed = Identity {
        certificate: pem(&signed)?,
        certificate_until_us: signed.until_us,
        ..identity.clone()
    };
    renewed.write(folder)?;
    Ok(renewed)
}

fn read<T: DeserializeOwned>(answer: serde_json::Value) -> Result<T, ApplyError> {
    serde_json::from_value(answer).map_err(|error| ApplyError::Answer(error.to_string()))
}

/// RFC 7468 §5.
fn pem(signed: &Signed) -> Result<String, ApplyError> {
    let der = BASE64
        .decode(&signed.der)
        .map_err(|error| ApplyError::Answer(error.to_string()))?;
    super::trust::Shown::by(&CertificateDer::from(der.as_slice()))
        .ok_or_else(|| ApplyError::Answer("no certificate".to_owned()))?;
    let text = BASE64.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(str::from_utf8(line).unwrap_or_default());
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    Ok(pem)
}
