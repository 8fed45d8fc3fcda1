//! What keeps rows from being destroyed: adopted lists, and objections that nobody has
//! answered.

use base::now::Wall;
use store::query::Query;
use store::{Conn, Error, Value, params};

use super::small;

/// Adopted lists that tell of a subject and are kept still: their numbers, and until when.
pub(crate) async fn decisions(
    conn: &mut Conn,
    subject: &[u8; 16],
    now: Wall,
) -> Result<Vec<(i64, Wall)>, Error> {
    conn.all(
        "SELECT d.number, d.keep_until_us FROM card_judged j \
         JOIN card_decision d ON d.number = j.decision \
         WHERE j.subject = $1 AND d.state = 'adopted' AND d.keep_until_us > $2 \
         ORDER BY d.number",
        params![subject.to_vec(), now],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("number")?, row.get("keep_until_us")?)))
    .collect()
}

/// Adopted lists that tell of a subject, kept or not: their numbers, and until when they are.
pub(crate) async fn told(
    conn: &mut Conn,
    subject: &[u8; 16],
) -> Result<Vec<(i64, Option<Wall>)>, Error> {
    conn.all(
        "SELECT d.number, d.keep_until_us FROM card_judged j \
         JOIN card_decision d ON d.number = j.decision \
         WHERE j.subject = $1 AND d.state = 'adopted' ORDER BY d.number",
        params![subject.to_vec()],
    )
    .await?
    .iter()
    .map(|row| Ok((row.get("number")?, row.get("keep_until_us")?)))
    .collect()
}

/// Objections about a subject that nobody has answered: the numbers that people say.
pub(crate) async fn objections(conn: &mut Conn, subject: &[u8; 16]) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_objection WHERE subject = $1 AND state = 'open' ORDER BY number",
        params![subject.to_vec()],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// The family and the person that rows belonged to at any time.
const WHOSE: [&str; 2] = ["m.person", "m.family"];

/// Rows of a list, from one to another, that an adopted list holds: until when.
pub(crate) async fn by_decisions(
    conn: &mut Conn,
    list: i64,
    (first, last): (u32, u32),
    now: Wall,
) -> Result<Vec<(u32, Wall)>, Error> {
    let mut held = Vec::new();
    for whose in WHOSE {
        let values: Vec<Value> = vec![
            list.into(),
            i64::from(first).into(),
            i64::from(last).into(),
            now.into(),
        ];
        let query =
            Query::new("SELECT m.number, MAX(d.keep_until_us) AS until_us FROM card_member m")
                .condition(
                    &format!(" JOIN card_judged j ON j.subject = {whose}"),
                    Vec::new(),
                )
                .raw(" JOIN card_decision d ON d.number = j.decision AND d.state = 'adopted'")
                .condition(
                    " WHERE m.list = ? AND m.number >= ? AND m.number <= ? AND d.keep_until_us > ?",
                    values,
                )
                .raw(" GROUP BY m.number");
        for row in conn.all_query(&query).await? {
            held.push((small(&row, "number")?, row.get("until_us")?));
        }
    }
    Ok(held)
}

/// Rows of a list, from one to another, about whose person or family an objection is open.
pub(crate) async fn by_objections(
    conn: &mut Conn,
    list: i64,
    (first, last): (u32, u32),
) -> Result<Vec<u32>, Error> {
    let mut held = Vec::new();
    for whose in WHOSE {
        let values: Vec<Value> = vec![list.into(), i64::from(first).into(), i64::from(last).into()];
        let query = Query::new("SELECT DISTINCT m.number FROM card_member m")
            .condition(
                &format!(" JOIN card_objection o ON o.subject = {whose} AND o.state = 'open'"),
                Vec::new(),
            )
            .condition(
                " WHERE m.list = ? AND m.number >= ? AND m.number <= ?",
                values,
            );
        for row in conn.all_query(&query).await? {
            held.push(small(&row, "number")?);
        }
    }
    Ok(held)
}
