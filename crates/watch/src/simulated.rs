//! Cameras of the simulation, put into the register by the house itself.
//!
//! They go through the same tables, vault, audit and facts as those that people
//! add, and the house says from then on, on every page, that it holds made-up data.

use base::area::AreaCode;
use base::fact::Fact;
use base::geo::Point;
use base::now::Now;
use hall::audit::{self, Act, Actor};
use hall::house;
use store::{Tx, facts};
use url::Url;

use crate::http::cameras::switched;
use crate::hub::Layer;
use crate::jobs::PASSWORD;
use crate::room::{Error, Room};
use crate::sql::camera::{self, CameraRow, Contact, LegalRow, StreamRow};
use crate::sql::sound::{self, SoundRow, Switch};

/// What the simulation says of one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// Short name; what the camera is found by again.
    pub short: String,
    /// As officials would call it.
    pub name: String,
    /// kantor, `ruang_publik`, `proyek_strategis` or lainnya.
    pub kind: String,
    /// Kemendagri code.
    pub area: AreaCode,
    /// Where it is drawn on the map.
    pub point: Point,
    /// `rtsp://…` of the full picture.
    pub main: Url,
    /// `rtsp://…` of the small one.
    pub sub: Url,
    /// What it asks for.
    pub credentials: Option<(String, String)>,
    /// Pulled even when nobody watches.
    pub always_on: bool,
    /// By which right it would film; without, its card is incomplete.
    pub legal: Option<SimulatedLegal>,
    /// Why it would be heard; without, it may not be.
    pub sound: Option<SimulatedSound>,
}

/// A made-up reason to hear a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedSound {
    /// What it would be for.
    pub purpose: String,
    /// The regulation it would rest on.
    pub basis: String,
}

/// A made-up legal card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedLegal {
    /// Pengendali data.
    pub controller: String,
    /// What it would be for.
    pub purpose: String,
    /// The regulation it would rest on.
    pub basis: String,
}

/// How long the cards of the simulation say that pictures are kept, in days.
const RETENTION_DAYS: i64 = 30;

impl Room {
    /// How many cameras in service are not of the simulation.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn real_cameras(&self) -> Result<usize, Error> {
        let mut read = self.inner.hall.db().read().await?;
        let rows = camera::fetch(&mut read, &camera::list()).await?;
        Ok(rows.iter().filter(|row| !row.simulated).count())
    }

    /// Sees to it that these cameras are there, at these addresses. What people
    /// have changed of one since, or retired, stays as they left it.
    ///
    /// # Errors
    /// If the database does not answer or a password cannot be sealed.
    pub async fn simulate(&self, cameras: &[Simulated]) -> Result<(), Error> {
        let hall = &self.inner.hall;
        let now = hall.now();
        let mut tx = hall.db().write().await?;
        house::mark_simulated(&mut tx, now).await?;
        for simulated in cameras {
            match camera::by_short(&mut tx, &simulated.short).await? {
                Some(row) if row.simulated => self.moved(&mut tx, &row, simulated, now).await?,
                // Somebody took the name for another camera.
                Some(_) => {}
                None if camera::short_is_taken(&mut tx, &simulated.short, None).await? => {}
                None => self.added(&mut tx, simulated, now).await?,
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// The simulation may listen on another port than last time.
    async fn moved(
        &self,
        tx: &mut Tx,
        row: &CameraRow,
        simulated: &Simulated,
        now: Now,
    ) -> Result<(), Error> {
        let streams = camera::streams(tx, &[row.id]).await?.remove(&row.id);
        let mut streams = streams.unwrap_or_default();
        let mut changed = false;
        for stream in &mut streams {
            let url = match stream.layer {
                Layer::Main => &simulated.main,
                Layer::Sub => &simulated.sub,
            };
            changed |= stream.url != url.as_str();
            stream.url = url.to_string();
        }
        if changed {
            camera::put_streams(tx, row.id, &streams).await?;
            self.told(tx, row, "camera.changed", now).await?;
        }
        Ok(())
    }

    async fn added(&self, tx: &mut Tx, simulated: &Simulated, now: Now) -> Result<(), Error> {
        let hall = &self.inner.hall;
        let mut row = CameraRow::new(hall, now.wall);
        simulated.short.clone_into(&mut row.short);
        simulated.name.clone_into(&mut row.name);
        simulated.kind.clone_into(&mut row.kind);
        row.area = simulated.area.clone();
        row.point = Some(simulated.point);
        row.always_on = simulated.always_on;
        row.simulated = true;
        row.contact = Contact {
            name: Some("Petugas Simulasi".to_owned()),
            phone: None,
            duty: Some("Senin–Jumat 07.00–16.00 WIB".to_owned()),
        };
        row.address = simulated.main.authority().to_owned();
        let mut sealed = None;
        if let Some((username, password)) = &simulated.credentials {
            let key = row.device.to_string();
            let (table, column) = PASSWORD;
            sealed = Some(
                hall.vault()
                    .seal(table, &key, column, password.as_bytes())?,
            );
            row.username = Some(username.clone());
        }
        let streams = [(Layer::Main, &simulated.main), (Layer::Sub, &simulated.sub)];
        let streams = streams.map(|(layer, url)| StreamRow {
            id: hall.mint(),
            layer,
            url: url.to_string(),
            codec: None,
            width_px: None,
            height_px: None,
        });
        camera::put_device(tx, &row, sealed, now.wall).await?;
        camera::put(tx, &row).await?;
        camera::put_streams(tx, row.id, &streams).await?;
        if let Some(legal) = &simulated.legal {
            let card = LegalRow {
                controller: Some(legal.controller.clone()),
                purpose: Some(legal.purpose.clone()),
                basis: Some(legal.basis.clone()),
                agreement: Some("SIMULASI".to_owned()),
                agreement_until: None,
                sign_on_site: Some(true),
                zone: Some("publik".to_owned()),
                retention_days: Some(RETENTION_DAYS),
            };
            camera::put_legal(tx, row.id, &card, now.wall).await?;
        }
        if let Some(wanted) = &simulated.sound {
            let switch = Switch {
                on: true,
                purpose: wanted.purpose.clone(),
                basis: wanted.basis.clone(),
            };
            let act = switched(row.id, &switch);
            audit::record_by(tx, now, &Actor::house("simulation"), act).await?;
            let sound = SoundRow {
                switch,
                by: None,
                changed: now.wall,
            };
            sound::put(tx, row.id, &sound).await?;
        }
        self.told(tx, &row, "camera.added", now).await
    }

    async fn told(
        &self,
        tx: &mut Tx,
        row: &CameraRow,
        verb: &'static str,
        now: Now,
    ) -> Result<(), Error> {
        let act = Act {
            verb,
            subject: row.id.to_string(),
            detail: serde_json::json!({}),
        };
        audit::record_by(tx, now, &Actor::house("simulation"), act).await?;
        facts::append(tx, &Fact::CameraChanged { camera: row.id }, now.wall).await?;
        Ok(())
    }
}
