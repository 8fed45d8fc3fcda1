//! SQLite and PostgreSQL behind one handle.
//!
//! One SQL text for both engines (`$1` placeholders, `ON CONFLICT`, `RETURNING`,
//! four column types); the few differences stand in `dialect`. There is no
//! repository and no mock: rooms write SQL in their `sql/` folders and tests run
//! it on both.
//!
//! | module | noun |
//! |---|---|
//! | [`db`] | the handle: who may open, read and write |
//! | [`conn`] | what one does inside a transaction |
//! | [`value`] | parameters and rows |
//! | [`query`] | statements put together from parts |
//! | [`migrate`] | steps from an older schema to this one |
//! | [`facts`] | the outbox |
//! | [`jobs`] | work that outlives a restart |
//! | [`blob`] | files by their hash |
//! | `bulk` | many rows for PostgreSQL at once |
//! | `table` | rows of any table, and what tells that they are all there |
//! | `fill` | a database that is made and filled at once, or not at all |
//! | [`backup`] | all of a house, its keys apart, and the way back |
//! | [`copies`] | copies of a file before a migration, and what goes from them |
//! | [`rollback`] | a copy of before a migration in the place of what came after |
//! | [`copy`] | all tables from one engine to the other |

pub mod backup;
pub mod blob;
mod bulk;
mod conn;
pub mod copies;
pub mod copy;
pub mod db;
mod dialect;
mod error;
pub mod facts;
mod fill;
pub mod jobs;
pub mod migrate;
pub mod query;
pub mod rollback;
mod table;
#[cfg(feature = "test")]
pub mod test;
pub mod value;

pub use conn::{Conn, Read, Tx};
pub use db::{Db, Engine, Place};
pub use error::Error;
pub use query::{Query, Sql};
pub use value::{FromColumn, Row, Value};
