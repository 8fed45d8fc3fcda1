//! What points cost: `reach_money`.

use std::collections::BTreeMap;

use base::area::AreaCode;
use base::day::Day;
use base::id::{Id, Person, Point};
use base::money::{Amount, Rupiah};
use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::maybe_day;

/// One version of what a point costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MoneyRow {
    pub(crate) seq: i64,
    pub(crate) budget_line: Option<String>,
    pub(crate) contract: Option<String>,
    pub(crate) grant_paper: Option<String>,
    pub(crate) handover_paper: Option<String>,
    pub(crate) payer: Option<String>,
    pub(crate) paid_until: Option<Day>,
    pub(crate) price: Amount,
    pub(crate) monthly: Amount,
    pub(crate) planned: Amount,
    pub(crate) committed: Amount,
    pub(crate) paid: Amount,
    pub(crate) said: Wall,
    pub(crate) by: Id<Person>,
}

/// The newest version of each point of an area that was said by a time.
pub(crate) async fn within(
    conn: &mut Conn,
    area: Option<&AreaCode>,
    known: Option<Wall>,
) -> Result<BTreeMap<Id<Point>, MoneyRow>, Error> {
    let known = known.unwrap_or(Wall::from_us(i64::MAX));
    let mut query = Query::new(
        "SELECT m.point_id, m.seq, m.budget_line, m.contract, m.grant_paper, m.handover_paper, \
         m.payer, m.paid_until, m.price_rupiah, m.monthly_rupiah, m.planned_rupiah, \
         m.committed_rupiah, m.paid_rupiah, m.said_us, m.by_person FROM reach_money m \
         JOIN reach_point p ON p.id = m.point_id WHERE m.seq = (SELECT MAX(n.seq) \
         FROM reach_money n WHERE n.point_id = m.point_id AND n.said_us <= ",
    )
    .push("", known)
    .raw(")");
    if let Some(area) = area {
        query = super::point::within(query, area);
    }
    conn.all_query(&query)
        .await?
        .iter()
        .map(|row| Ok((row.get("point_id")?, money(row)?)))
        .collect()
}

/// Every version of what a point costs, the newest first.
pub(crate) async fn of_point(conn: &mut Conn, point: Id<Point>) -> Result<Vec<MoneyRow>, Error> {
    conn.all(
        "SELECT seq, budget_line, contract, grant_paper, handover_paper, payer, paid_until, \
         price_rupiah, monthly_rupiah, planned_rupiah, committed_rupiah, paid_rupiah, said_us, \
         by_person FROM reach_money WHERE point_id = $1 ORDER BY seq DESC",
        params![point],
    )
    .await?
    .iter()
    .map(money)
    .collect()
}

pub(crate) async fn append(tx: &mut Tx, point: Id<Point>, row: &MoneyRow) -> Result<(), Error> {
    let rupiah = |amount: Amount| Option::<Rupiah>::from(amount).map(Rupiah::as_i64);
    tx.execute(
        "INSERT INTO reach_money (point_id, seq, budget_line, contract, grant_paper, \
         handover_paper, payer, paid_until, price_rupiah, monthly_rupiah, planned_rupiah, \
         committed_rupiah, paid_rupiah, said_us, by_person) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            point,
            row.seq,
            row.budget_line.as_deref(),
            row.contract.as_deref(),
            row.grant_paper.as_deref(),
            row.handover_paper.as_deref(),
            row.payer.as_deref(),
            row.paid_until.map(|day| day.to_string()),
            rupiah(row.price),
            rupiah(row.monthly),
            rupiah(row.planned),
            rupiah(row.committed),
            rupiah(row.paid),
            row.said,
            row.by
        ],
    )
    .await?;
    Ok(())
}

fn money(row: &Row) -> Result<MoneyRow, Error> {
    Ok(MoneyRow {
        seq: row.get("seq")?,
        budget_line: row.get("budget_line")?,
        contract: row.get("contract")?,
        grant_paper: row.get("grant_paper")?,
        handover_paper: row.get("handover_paper")?,
        payer: row.get("payer")?,
        paid_until: maybe_day(row, "paid_until")?,
        price: amount(row, "price_rupiah")?,
        monthly: amount(row, "monthly_rupiah")?,
        planned: amount(row, "planned_rupiah")?,
        committed: amount(row, "committed_rupiah")?,
        paid: amount(row, "paid_rupiah")?,
        said: row.get("said_us")?,
        by: row.get("by_person")?,
    })
}

fn amount(row: &Row, column: &str) -> Result<Amount, Error> {
    let rupiah: Option<i64> = row.get(column)?;
    let known = rupiah.map(|rupiah| Rupiah::new(rupiah).map_err(|_| Error::corrupt(column)));
    Ok(Amount::from(known.transpose()?))
}
