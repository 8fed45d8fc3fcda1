//! Targets and holidays: `reach_target`, `reach_holiday_year`, `reach_holiday`.

use base::area::AreaCode;
use base::day::Day;
use base::id::{Agency, Id, Person, Target};
use base::now::Wall;
use reach_core::calendar::{Calendar, Holidays};
use reach_core::flow::State;
use store::query::Query;
use store::{Conn, Error, Row, Tx, params};

use super::{code, day, small, word};

/// A target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetRow {
    pub(crate) id: Id<Target>,
    pub(crate) name: String,
    pub(crate) area: AreaCode,
    pub(crate) agency: Option<Id<Agency>>,
    pub(crate) owner: String,
    pub(crate) reached: State,
    pub(crate) goal: u32,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) calendar: Calendar,
    pub(crate) set: Wall,
    pub(crate) by: Id<Person>,
    pub(crate) withdrawn: Option<Wall>,
}

/// A year whose holidays are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YearRow {
    pub(crate) year: i64,
    pub(crate) source: String,
    pub(crate) at: Wall,
    /// Each day, and what it is.
    pub(crate) days: Vec<(Day, String)>,
}

const SELECT: &str = "SELECT t.id, t.name, t.area_code, t.agency_id, t.owner, t.reached, t.goal, \
     t.start_day, t.end_day, t.calendar, t.set_us, t.set_by, t.withdrawn_us \
     FROM reach_target t WHERE 1 = 1";

/// Begins a list; conditions on `t` may follow.
pub(crate) fn list() -> Query {
    Query::new(SELECT)
}

pub(crate) async fn fetch(conn: &mut Conn, query: &Query) -> Result<Vec<TargetRow>, Error> {
    conn.all_query(query).await?.iter().map(target).collect()
}

pub(crate) async fn by_id(conn: &mut Conn, id: Id<Target>) -> Result<Option<TargetRow>, Error> {
    let query = list().push(" AND t.id = ", id);
    Ok(fetch(conn, &query).await?.pop())
}

pub(crate) async fn insert(tx: &mut Tx, row: &TargetRow) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_target (id, name, area_code, agency_id, owner, reached, goal, \
         start_day, end_day, calendar, set_us, set_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            row.id,
            row.name.as_str(),
            row.area.as_str(),
            row.agency,
            row.owner.as_str(),
            row.reached.as_str(),
            i64::from(row.goal),
            row.start.to_string(),
            row.end.to_string(),
            row.calendar.as_str(),
            row.set,
            row.by
        ],
    )
    .await?;
    Ok(())
}

/// Takes a target back; it stays.
pub(crate) async fn withdraw(tx: &mut Tx, id: Id<Target>, now: Wall) -> Result<(), Error> {
    tx.execute(
        "UPDATE reach_target SET withdrawn_us = $2 WHERE id = $1 AND withdrawn_us IS NULL",
        params![id, now],
    )
    .await?;
    Ok(())
}

/// Every year that is entered.
pub(crate) async fn holidays(conn: &mut Conn) -> Result<Holidays, Error> {
    let mut holidays = Holidays::default();
    for year in years(conn, None).await? {
        let days = year.days.iter().map(|(day, _)| *day);
        let number = i32::try_from(year.year).map_err(|_| Error::corrupt("year"))?;
        holidays.enter(number, days);
    }
    Ok(holidays)
}

/// The years that are entered, or one of them.
pub(crate) async fn years(conn: &mut Conn, year: Option<i64>) -> Result<Vec<YearRow>, Error> {
    let of = |query: Query| match year {
        Some(year) => query.push(" WHERE year = ", year),
        None => query,
    };
    let query = of(Query::new(
        "SELECT year, source, at_us FROM reach_holiday_year",
    ));
    let mut years: Vec<YearRow> = Vec::new();
    for row in conn.all_query(&query.raw(" ORDER BY year")).await? {
        years.push(YearRow {
            year: row.get("year")?,
            source: row.get("source")?,
            at: row.get("at_us")?,
            days: Vec::new(),
        });
    }
    let query = of(Query::new("SELECT day, year, name FROM reach_holiday"));
    for row in conn.all_query(&query.raw(" ORDER BY day")).await? {
        let year: i64 = row.get("year")?;
        if let Some(entered) = years.iter_mut().find(|entered| entered.year == year) {
            entered.days.push((day(&row, "day")?, row.get("name")?));
        }
    }
    Ok(years)
}

/// Enters a year, in the place of what was entered of it.
pub(crate) async fn enter(tx: &mut Tx, row: &YearRow, by: Id<Person>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reach_holiday_year (year, source, at_us, by_person) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (year) DO UPDATE SET source = excluded.source, at_us = excluded.at_us, \
         by_person = excluded.by_person",
        params![row.year, row.source.as_str(), row.at, by],
    )
    .await?;
    tx.execute(
        "DELETE FROM reach_holiday WHERE year = $1",
        params![row.year],
    )
    .await?;
    for (day, name) in &row.days {
        tx.execute(
            "INSERT INTO reach_holiday (day, year, name) VALUES ($1, $2, $3)",
            params![day.to_string(), row.year, name.as_str()],
        )
        .await?;
    }
    Ok(())
}

fn target(row: &Row) -> Result<TargetRow, Error> {
    Ok(TargetRow {
        id: row.get("id")?,
        name: row.get("name")?,
        area: code(row, "area_code")?,
        agency: row.get("agency_id")?,
        owner: row.get("owner")?,
        reached: word(row, "reached", State::parse)?,
        goal: small(row, "goal")?,
        start: day(row, "start_day")?,
        end: day(row, "end_day")?,
        calendar: word(row, "calendar", Calendar::parse)?,
        set: row.get("set_us")?,
        by: row.get("set_by")?,
        withdrawn: row.get("withdrawn_us")?,
    })
}
