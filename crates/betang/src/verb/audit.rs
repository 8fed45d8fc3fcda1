//! `betang audit verify`: walks the chain.
//!
//! Reads the database itself and not the API: who doubts the house does not ask
//! it. Works beside a running house.

use std::process::ExitCode;

use hall::audit::{self, Fault, Verdict};
use hall::config::Config;
use store::Db;

use crate::cli::say;
use crate::compose::place;

pub(crate) async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let db = Db::open_to_read(&place(config)).await?;
    let is_whole = walk(&db).await?;
    db.close().await;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Walks the chain and says how it is; whether it is whole.
pub(crate) async fn walk(db: &Db) -> anyhow::Result<bool> {
    let mut read = db.read().await?;
    Ok(match audit::verify(&mut read).await? {
        Verdict::Whole { rows, head } => {
            say(format!("whole: {rows} rows, head {head}"));
            true
        }
        Verdict::Broken { seq, fault } => {
            say(format!("broken at row {seq}: {}", words(fault)));
            false
        }
    })
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::Altered => "it was altered".to_owned(),
        Fault::Removed => "it was removed".to_owned(),
        Fault::Moved { written_as } => format!("it was written as row {written_as}"),
        Fault::Foreign => "it does not follow from the row before it".to_owned(),
        Fault::CutOff { last } => format!("it and all up to row {last} were cut off"),
        Fault::Unannounced => "it was added by another hand".to_owned(),
        Fault::Head => "the head row is missing or says something else".to_owned(),
    }
}
