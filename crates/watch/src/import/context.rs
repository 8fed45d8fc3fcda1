//! What rows of cameras are judged against: read once, before the first row.

use std::collections::BTreeMap;

use base::id::{Agency, Id};
use hall::agencies::{self, Listed};
use hall::gazetteer::Gazetteer;
use hall::guard::Who;
use hall::intake::{Intake, Said, excerpt};
use store::Conn;

use crate::ingest::gate::Gate;
use crate::sql::camera::{self, CameraRow, LegalRow, StreamRow};

/// Whom a short name leads to.
#[derive(Debug)]
pub(crate) enum Known {
    /// A camera in service.
    Here(Box<Found>),
    /// One that was taken out of service, which keeps its name.
    Retired,
    /// An old name of the camera that is called so now.
    Moved(String),
}

/// A camera that is there.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) row: CameraRow,
    pub(crate) streams: Vec<StreamRow>,
    pub(crate) legal: LegalRow,
}

/// What rows are judged against.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) who: Who,
    pub(crate) may_change: bool,
    pub(crate) gate: Gate,
    pub(crate) gazetteer: Gazetteer,
    offices: Vec<Listed>,
    known: BTreeMap<String, Known>,
}

impl Context {
    /// Reads what the rows of an import name.
    pub(crate) async fn load(
        conn: &mut Conn,
        who: &Who,
        intake: &Intake,
        gate: &Gate,
    ) -> Result<Self, store::Error> {
        let shorts: Vec<String> = intake
            .table()
            .map(|table| table.values("short").into_iter().collect())
            .unwrap_or_default();
        let mut known = BTreeMap::new();
        for (short, moved) in camera::moved(conn, &shorts).await? {
            known.insert(short, Known::Moved(moved));
        }
        for short in camera::retired(conn, &shorts).await? {
            known.insert(short, Known::Retired);
        }
        let rows = camera::by_shorts(conn, &shorts).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut streams = camera::streams(conn, &ids).await?;
        let mut legal = camera::legal(conn, &ids).await?;
        for row in rows {
            let found = Found {
                streams: streams.remove(&row.id).unwrap_or_default(),
                legal: legal.remove(&row.id).unwrap_or_default(),
                row,
            };
            known.insert(found.row.short.clone(), Known::Here(Box::new(found)));
        }
        let mut offices = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = agencies::list(conn, None, after, 5_000).await?;
            offices.extend(page);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(Self {
            who: who.clone(),
            may_change: intake.may_change(),
            gate: gate.clone(),
            gazetteer: Gazetteer::load(conn).await?,
            offices,
            known,
        })
    }

    /// Whom a short name leads to.
    pub(crate) fn known(&self, short: &str) -> Option<&Known> {
        self.known.get(short)
    }

    /// The name of an office.
    pub(crate) fn office(&self, id: Option<Id<Agency>>) -> String {
        let office = self.offices.iter().find(|office| Some(office.id) == id);
        office.map_or_else(String::new, |office| {
            office.short.clone().unwrap_or_else(|| office.name.clone())
        })
    }

    /// The office of a name or short name.
    pub(crate) fn agency(&self, name: &str) -> Result<Id<Agency>, (Said, Said)> {
        let wanted = plain(name);
        let called: Vec<&Listed> = self
            .offices
            .iter()
            .filter(|office| {
                plain(&office.name) == wanted
                    || office
                        .short
                        .as_deref()
                        .is_some_and(|short| plain(short) == wanted)
            })
            .collect();
        let name = excerpt(name);
        match called.as_slice() {
            [one] => Ok(one.id),
            [] => Err((
                Said::with(
                    format!("tidak ada OPD bernama {name}"),
                    format!("there is no agency named {name}"),
                ),
                Said::new(
                    "tulis nama atau singkatan seperti di Pengaturan, atau tambahkan OPD itu dahulu",
                    "write its name or short name as in the settings, or add the agency first",
                ),
            )),
            several => {
                let full = |office: &&Listed| match office.parent {
                    Some(parent) => format!("{} ({})", office.name, self.office(Some(parent))),
                    None => office.name.clone(),
                };
                let all = several.iter().map(full).collect::<Vec<_>>().join("; ");
                Err((
                    Said::with(
                        format!("ada {} OPD bernama {name}: {all}", several.len()),
                        format!("there are {} agencies named {name}: {all}", several.len()),
                    ),
                    Said::new("tulis nama lengkapnya", "write its full name"),
                ))
            }
        }
    }
}

fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}
