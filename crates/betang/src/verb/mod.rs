//! What a person asks of a house from the command line.

pub(crate) mod areas;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod cameras;
pub(crate) mod client;
pub(crate) mod emergency;
pub(crate) mod families;
pub(crate) mod fault;
pub(crate) mod import;
pub(crate) mod incidents;
mod ledger;
pub(crate) mod releases;
pub(crate) mod sheet;
pub(crate) mod shifts;
mod shown;
pub(crate) mod sites;
mod speed;
pub(crate) mod staff;
pub(crate) mod upgrade;
pub(crate) mod villages;
pub(crate) mod witness;
