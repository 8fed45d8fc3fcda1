//! What boxes have measured: each record a row.

use std::time::Duration;

use base::now::Wall;
use hall::link::arrived::{Arrived, Clocks};
use hall::link::{kinds, said};
use prost::Message as _;
use reach_core::speed::Tested;
use store::{Error, Tx};

use crate::sql::speed::{self as rows, SpeedRow};

/// Takes in what has arrived, in the transaction in which it is read.
pub(crate) async fn take(tx: &mut Tx, arrived: &[Arrived], clocks: &Clocks) -> Result<(), Error> {
    for one in arrived.iter().filter(|one| one.says.kind == kinds::SPEED) {
        // A body that is not what its kind says shows nothing.
        let Ok(tested) = Tested::decode(one.says.body.as_slice()) else {
            continue;
        };
        // Of a box that does not know the time, it is what it is when it comes.
        let over = clocks.of(one.agent, &one.says).unwrap_or(one.received);
        let over = over.min(one.received);
        let command: Option<[u8; 16]> = tested.command.as_slice().try_into().ok();
        let asked_by = match command {
            Some(id) => said::asker(tx, one.agent, id).await?,
            None => None,
        };
        let row = SpeedRow {
            agent: one.agent,
            boot: *one.says.boot.as_bytes(),
            mono_us: i64::try_from(one.says.mono.as_us()).unwrap_or(i64::MAX),
            site: one.site,
            at: began(over, &tested),
            received: one.received,
            command: command.map(Vec::from),
            asked_by,
            cap: tested.cap,
            spent: tested.spent,
            fault: tested.fault(),
            down: tested.down,
            up: tested.up,
        };
        rows::put(tx, &row).await?;
    }
    Ok(())
}

fn began(over: Wall, tested: &Tested) -> Wall {
    over - Duration::from_millis(tested.ago_ms.into())
}
