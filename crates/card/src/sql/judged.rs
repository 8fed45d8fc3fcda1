//! Whom an adopted list is about: `card_judged`.

use base::area::AreaCode;
use base::id::{Family, Id};
use card_core::decree::{Against, By, Standing};
use card_core::rule::Verdict;
use store::query::Query;
use store::{Conn, Error, Row, Tx, Value, params};

use super::{many, small, within, word};
use crate::subject::SubjectId;

/// Somebody an adopted list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JudgedRow {
    /// The id of a family or person, 16 octets.
    pub(crate) subject: [u8; 16],
    pub(crate) place: Option<i64>,
    pub(crate) area: Option<AreaCode>,
    pub(crate) standing: Standing,
    pub(crate) by: By,
    pub(crate) was: Verdict,
    pub(crate) rule: Option<String>,
    pub(crate) against: Option<Against>,
    pub(crate) list: i64,
    pub(crate) number: u32,
}

pub(crate) async fn write(tx: &mut Tx, decision: i64, rows: &[JudgedRow]) -> Result<(), Error> {
    let values: Vec<Value> = rows
        .iter()
        .flat_map(|row| {
            [
                decision.into(),
                row.subject.to_vec().into(),
                row.place.into(),
                row.area.as_ref().map_or("", AreaCode::as_str).into(),
                row.standing.as_str().into(),
                row.by.as_str().into(),
                row.was.as_str().into(),
                row.rule.as_deref().into(),
                row.against.map(Against::as_str).into(),
                row.list.into(),
                i64::from(row.number).into(),
            ]
        })
        .collect();
    many(
        tx,
        "INSERT INTO card_judged (decision, subject, place, area_code, verdict, decided_by, was, \
         rule, truth, list, number) VALUES ",
        11,
        &values,
    )
    .await
}

/// Takes away some rows of a list that was not adopted; whether there were any.
pub(crate) async fn forget(tx: &mut Tx, decision: i64, most: i64) -> Result<bool, Error> {
    let rows = tx
        .execute(
            "DELETE FROM card_judged WHERE decision = $1 AND subject IN \
             (SELECT subject FROM card_judged WHERE decision = $1 LIMIT $2) AND EXISTS \
             (SELECT 1 FROM card_decision WHERE number = $1 AND state = 'writing')",
            params![decision, most],
        )
        .await?;
    Ok(rows > 0)
}

const COLUMNS: &str = "SELECT subject, place, area_code, verdict, decided_by, was, rule, truth, \
     list, number FROM card_judged";

/// Rows of a list by subject, behind one.
pub(crate) async fn after(
    conn: &mut Conn,
    decision: i64,
    behind: &[u8],
    most: i64,
) -> Result<Vec<JudgedRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE decision = ", decision)
        .push(" AND subject > ", behind.to_vec())
        .push(" ORDER BY subject LIMIT ", most);
    conn.all_query(&query).await?.iter().map(judged).collect()
}

/// Those of one village that are on the annex, by their places; the empty area is that of
/// those of whom no village is known.
pub(crate) async fn annexed(
    conn: &mut Conn,
    decision: i64,
    area: &str,
) -> Result<Vec<JudgedRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE decision = ", decision)
        .push(" AND area_code = ", area)
        .raw(" AND place IS NOT NULL ORDER BY place");
    conn.all_query(&query).await?.iter().map(judged).collect()
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) standing: Option<Standing>,
    pub(crate) change: Option<Change>,
    pub(crate) rule: Option<&'a str>,
    pub(crate) against: Option<Against>,
    pub(crate) area: Option<&'a AreaCode>,
    /// Only behind this village and subject.
    pub(crate) behind: Option<(String, [u8; 16])>,
}

/// What became of somebody, beside the list before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Enters,
    Leaves,
    Stays,
    /// Did not receive by the rules, and now it is not known whether to.
    Unsure,
    /// Any of them but who stays.
    Any,
}

impl Change {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "enters" => Some(Self::Enters),
            "leaves" => Some(Self::Leaves),
            "stays" => Some(Self::Stays),
            "unsure" => Some(Self::Unsure),
            "any" => Some(Self::Any),
            _ => None,
        }
    }

    /// Whether it is what became of somebody.
    pub(crate) const fn is(self, was: Verdict, now: Standing) -> bool {
        let did = matches!(was, Verdict::Included);
        // Whoever is undecided receives until somebody decides.
        let does = matches!(now.verdict(), Verdict::Included);
        let unsure = matches!((was, now), (Verdict::Excluded, Standing::Unknown));
        match self {
            Self::Enters => does && !did,
            Self::Leaves => did && !does,
            Self::Stays => did && does,
            Self::Unsure => unsure,
            Self::Any => did != does || unsure,
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::Enters => " AND was <> 'included' AND verdict IN ('included', 'held')",
            Self::Leaves => " AND was = 'included' AND verdict NOT IN ('included', 'held')",
            Self::Stays => " AND was = 'included' AND verdict IN ('included', 'held')",
            Self::Unsure => " AND was = 'excluded' AND verdict = 'unknown'",
            Self::Any => {
                " AND ((was <> 'included' AND verdict IN ('included', 'held')) \
                 OR (was = 'included' AND verdict NOT IN ('included', 'held')) \
                 OR (was = 'excluded' AND verdict = 'unknown'))"
            }
        }
    }
}

/// Rows of a list by village and subject.
pub(crate) async fn some(
    conn: &mut Conn,
    decision: i64,
    asked: &Asked<'_>,
    sight: (String, Vec<Value>),
    most: i64,
) -> Result<Vec<JudgedRow>, Error> {
    let mut query = Query::new(COLUMNS)
        .push(" WHERE decision = ", decision)
        .condition(&format!(" AND {}", sight.0), sight.1);
    if let Some(standing) = asked.standing {
        query = query.push(" AND verdict = ", standing.as_str());
    }
    if let Some(change) = asked.change {
        query = query.raw(change.condition());
    }
    if let Some(rule) = asked.rule {
        // A group is of those who received.
        query = query.push(" AND was = 'included' AND rule = ", rule);
    }
    if let Some(against) = asked.against {
        query = query.push(" AND truth = ", against.as_str());
    }
    query = within(query, asked.area);
    if let Some((area, subject)) = &asked.behind {
        query = query.condition(
            " AND (area_code > ? OR (area_code = ? AND subject > ?))",
            vec![
                area.as_str().into(),
                area.as_str().into(),
                subject.to_vec().into(),
            ],
        );
    }
    let query = query.push(" ORDER BY area_code, subject LIMIT ", most);
    conn.all_query(&query).await?.iter().map(judged).collect()
}

/// Where somebody stands on a list.
pub(crate) async fn find(
    conn: &mut Conn,
    decision: i64,
    subject: SubjectId,
) -> Result<Option<JudgedRow>, Error> {
    let query = Query::new(COLUMNS)
        .push(" WHERE decision = ", decision)
        .push(" AND subject = ", subject.octets().to_vec());
    conn.all_query(&query)
        .await?
        .first()
        .map(judged)
        .transpose()
}

/// On which adopted lists a family, or one of some persons, is told of.
pub(crate) async fn of_family(
    conn: &mut Conn,
    family: Id<Family>,
    persons: &[[u8; 16]],
) -> Result<Vec<(i64, JudgedRow)>, Error> {
    let mut found = Vec::new();
    let subjects = std::iter::once(family.as_bytes()).chain(persons);
    for subject in subjects {
        let rows = conn
            .all(
                "SELECT decision, subject, place, area_code, verdict, decided_by, was, rule, \
                 truth, list, number FROM card_judged WHERE subject = $1 AND decision IN \
                 (SELECT number FROM card_decision WHERE state = 'adopted') \
                 ORDER BY decision DESC LIMIT 50",
                params![subject.to_vec()],
            )
            .await?;
        for row in &rows {
            found.push((row.get("decision")?, judged(row)?));
        }
    }
    Ok(found)
}

fn judged(row: &Row) -> Result<JudgedRow, Error> {
    let subject: Vec<u8> = row.get("subject")?;
    let against: Option<String> = row.get("truth")?;
    let wrong = || Error::corrupt("card_judged");
    Ok(JudgedRow {
        subject: subject.try_into().map_err(|_| wrong())?,
        place: row.get("place")?,
        area: match row.get::<String>("area_code")?.as_str() {
            "" => None,
            code => Some(code.parse().map_err(|_| wrong())?),
        },
        standing: word(row, "verdict", Standing::parse)?,
        by: word(row, "decided_by", By::parse)?,
        was: word(row, "was", Verdict::parse)?,
        rule: row.get("rule")?,
        against: against
            .map(|word| Against::parse(&word).ok_or_else(wrong))
            .transpose()?,
        list: row.get("list")?,
        number: small(row, "number")?,
    })
}
