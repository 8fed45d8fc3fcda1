//! What the house says of itself to whoever is signed in.

use base::area::AreaCode;
use base::now::Now;
use store::{Conn, Error, Tx};

use crate::Hall;
use crate::areas;
use crate::sql::area;

/// What is remembered when simulated data has been put in.
const SIMULATED: &str = "simulation";

/// The version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the house says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// What the top line calls it.
    pub name: String,
    /// The code of its province.
    pub province: AreaCode,
    /// The name of its province; empty if the register lacks it.
    pub province_name: String,
    /// Whether simulated data was ever put in. It cannot be taken back: what was
    /// shown once may still be around.
    pub simulated: bool,
    /// The version of the program.
    pub version: &'static str,
}

/// What the house says of itself.
///
/// # Errors
/// If the database does not answer.
pub async fn read(hall: &Hall, conn: &mut Conn) -> Result<House, Error> {
    let config = hall.config();
    Ok(House {
        name: config.name.clone(),
        province_name: areas::name(conn, &config.province)
            .await?
            .unwrap_or_default(),
        province: config.province.clone(),
        simulated: is_simulated(conn).await?,
        version: VERSION,
    })
}

/// Whether simulated data was ever put in.
///
/// # Errors
/// If the database does not answer.
pub async fn is_simulated(conn: &mut Conn) -> Result<bool, Error> {
    Ok(area::seeded(conn, SIMULATED).await?.is_some())
}

/// Remembers that simulated data has been put in, in the transaction that does.
///
/// # Errors
/// If the database does not answer.
pub async fn mark_simulated(tx: &mut Tx, now: Now) -> Result<(), Error> {
    area::mark_seeded(tx, SIMULATED, &[], now.wall).await
}
