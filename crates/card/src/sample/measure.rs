//! What the visits of a sample say of its list.

use std::collections::BTreeMap;

use card_core::measure::{self, Drawn, Measured, Visit};
use store::{Conn, Error};

use crate::sql::sample as rows;
use crate::sql::visit::{self, VisitRow};

/// Estimates from all visits of a sample.
pub(crate) async fn measured(conn: &mut Conn, number: i64) -> Result<Measured, Error> {
    let drawn = rows::villages(conn, number).await?;
    let visits = visit::all(conn, number).await?;
    estimate(&drawn, &visits)
}

fn estimate(drawn: &[Drawn], visits: &[VisitRow]) -> Result<Measured, Error> {
    let at: BTreeMap<&str, u32> = drawn.iter().map(|it| it.code.as_str()).zip(0..).collect();
    let visits = visits.iter().map(|it| {
        let village = at.get(it.area.as_str());
        Ok(Visit {
            village: *village.ok_or_else(|| Error::corrupt("card_visit.area_code"))?,
            receives: it.receives,
            weight: it.weight,
            outcome: it.outcome,
        })
    });
    let visits: Vec<Visit> = visits.collect::<Result<_, Error>>()?;
    Ok(measure::estimate(drawn, &visits))
}
