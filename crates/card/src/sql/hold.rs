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

/// Requests about a subject that nobody has answered, but for the one for destruction that is
/// followed: the numbers that people say.
pub(crate) async fn requests(
    conn: &mut Conn,
    subject: &[u8; 16],
    but: Option<i64>,
) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_request WHERE subject = $1 AND state = 'open' \
         AND (number <> $2 OR kind <> 'erasure') ORDER BY number",
        params![subject.to_vec(), but.unwrap_or(0)],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// Open samples in which a subject is to be visited: their numbers.
pub(crate) async fn samples(conn: &mut Conn, subject: &[u8; 16]) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT s.number FROM card_visit v \
         JOIN card_sample s ON s.number = v.sample AND s.state = 'open' \
         WHERE v.subject = $1 ORDER BY s.number",
        params![subject.to_vec()],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// Lists that are being adopted: their numbers.
pub(crate) async fn adoptions(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    conn.all(
        "SELECT number FROM card_decision WHERE state = 'writing' ORDER BY number",
        params![],
    )
    .await?
    .iter()
    .map(|row| row.get("number"))
    .collect()
}

/// The family and the person that rows belonged to at any time, and the business that they are
/// of: the table, and the column of it.
const WHOSE: [(&str, &str); 3] = [
    ("card_member m", "m.person"),
    ("card_member m", "m.family"),
    ("card_business m", "m.business"),
];

/// Rows of a list, from one to another, that an adopted list holds: until when.
pub(crate) async fn by_decisions(
    conn: &mut Conn,
    list: i64,
    (first, last): (u32, u32),
    now: Wall,
) -> Result<Vec<(u32, Wall)>, Error> {
    let mut held = Vec::new();
    for (table, whose) in WHOSE {
        let values: Vec<Value> = vec![
            list.into(),
            i64::from(first).into(),
            i64::from(last).into(),
            now.into(),
        ];
        let query = Query::new("SELECT m.number, MAX(d.keep_until_us) AS until_us FROM ")
            .raw(table)
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

/// What is open about a subject, as joined to whose a row is.
const OPEN: [&str; 3] = [
    "card_objection o ON o.subject = {} AND o.state = 'open'",
    "card_request o ON o.subject = {} AND o.state = 'open'",
    "card_visit v ON v.subject = {} JOIN card_sample o ON o.number = v.sample \
     AND o.state = 'open'",
];

/// Rows of a list, from one to another, about whose person or family an objection, a request or
/// a sample is open.
pub(crate) async fn by_open(
    conn: &mut Conn,
    list: i64,
    (first, last): (u32, u32),
) -> Result<Vec<u32>, Error> {
    let mut held = Vec::new();
    let both = WHOSE
        .iter()
        .flat_map(|(table, whose)| OPEN.map(|open| (table, whose, open)));
    for (table, whose, open) in both {
        let values: Vec<Value> = vec![list.into(), i64::from(first).into(), i64::from(last).into()];
        let query = Query::new("SELECT DISTINCT m.number FROM ")
            .raw(table)
            .condition(&format!(" JOIN {}", open.replace("{}", whose)), Vec::new())
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
