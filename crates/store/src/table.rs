//! Tables as they are taken from one database into another, whatever is in them.
//!
//! A row is a list of values, a table its rows in pages, each of which goes on behind the
//! last row of the one before. A table's digest is the sum of the digests of its rows, so
//! that it is the same in whichever order an engine hands them out; it finds what has
//! rotted or been lost, and does not withstand somebody who forges it.

use std::collections::BTreeMap;
use std::ops::AsyncFnMut;

use aws_lc_rs::digest::{Context, SHA256};

use crate::db::Engine;
use crate::migrate::columns;
use crate::query::Sql;
use crate::{Conn, Error, Row, Value, dialect, params};

/// Rows of one page at most.
const ROWS_MAX: usize = 1_000;

/// Values of one statement at most: SQLite takes 32,766.
const VALUES_MAX: usize = 16_000;

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// By name, which both engines sort alike.
    pub(crate) columns: Vec<Column>,
    /// Which columns are its primary key; none where it has no such key.
    pub(crate) key: Vec<usize>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// One of the four types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bytes,
    Real,
}

/// The tables that are there, by name.
pub(crate) async fn tables(conn: &mut Conn) -> Result<Vec<Table>, Error> {
    let mut found: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for (table, column, data_type) in columns(conn).await? {
        let kind = match data_type.trim_end_matches(" not null") {
            "bigint" => Kind::Int,
            "text" => Kind::Text,
            "bytea" => Kind::Bytes,
            "double precision" => Kind::Real,
            _ => return Err(Error::corrupt(format!("the type of {table}.{column}"))),
        };
        let column = Column {
            name: column,
            kind,
            required: data_type.ends_with(" not null"),
        };
        found.entry(table).or_default().push(column);
    }
    let keys: Sql = match conn.engine() {
        Engine::Sqlite => dialect::SQLITE_KEYS.into(),
        Engine::Postgres => dialect::POSTGRES_KEYS.into(),
    };
    let mut of_tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in conn.all(keys, params![]).await? {
        let of = of_tables.entry(row.get("table_name")?).or_default();
        of.push(row.get("column_name")?);
    }
    let table = |(name, columns): (String, Vec<Column>)| {
        let named = of_tables.remove(&name).unwrap_or_default();
        let key = named
            .iter()
            .filter_map(|part| columns.iter().position(|column| column.name == *part))
            .collect();
        Table { name, columns, key }
    };
    Ok(found.into_iter().map(table).collect())
}

impl Table {
    /// Which column is called so.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Rows of one page.
    fn page(&self) -> usize {
        (VALUES_MAX / self.columns.len().max(1)).clamp(1, ROWS_MAX)
    }

    /// Hands out all rows of a snapshot, page by page.
    pub(crate) async fn pages(
        &self,
        conn: &mut Conn,
        mut each: impl AsyncFnMut(Vec<Vec<Value>>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut found = self.page_behind(conn, None).await?;
        while let Some(last) = found.last() {
            let behind = self.place_of(last)?;
            let rows: Result<Vec<_>, _> = found.iter().map(|row| self.read(row)).collect();
            if found.len() < self.page() {
                return each(rows?).await;
            }
            // The engine reads on while the page is worked on.
            let read = self.page_behind(conn, Some(behind));
            (found, ()) = tokio::try_join!(read, each(rows?))?;
        }
        Ok(())
    }

    /// The rows of one page, the first or that behind a row.
    async fn page_behind(
        &self,
        conn: &mut Conn,
        behind: Option<Vec<Value>>,
    ) -> Result<Vec<Row>, Error> {
        let sql = self.select(conn.engine(), behind.is_some());
        conn.all(Sql::built(sql), &behind.unwrap_or_default()).await
    }

    /// One page by the primary key, where there is none by where the engine has put the
    /// rows. `behind` takes up after a row.
    fn select(&self, engine: Engine, behind: bool) -> String {
        let columns: Vec<_> = self.columns.iter().map(|it| it.name.as_str()).collect();
        let (order, address, after) = if self.key.is_empty() {
            match engine {
                Engine::Sqlite => ("rowid".to_owned(), ", rowid AS address", "$1".to_owned()),
                Engine::Postgres => (
                    "ctid".to_owned(),
                    ", ctid::text AS address",
                    "$1::text::tid".to_owned(),
                ),
            }
        } else {
            let key: Vec<_> = self.key.iter().map(|at| columns[*at]).collect();
            let marks: Vec<_> = (1..=key.len()).map(|at| format!("${at}")).collect();
            (key.join(", "), "", marks.join(", "))
        };
        let condition = match (behind, self.key.len()) {
            (false, _) => String::new(),
            (true, 0 | 1) => format!(" WHERE {order} > {after}"),
            (true, _) => format!(" WHERE ({order}) > ({after})"),
        };
        format!(
            "SELECT {}{address} FROM {}{condition} ORDER BY {order} LIMIT {}",
            columns.join(", "),
            self.name,
            self.page()
        )
    }

    /// Behind what the next page goes on.
    fn place_of(&self, row: &Row) -> Result<Vec<Value>, Error> {
        if self.key.is_empty() {
            let number = row.get::<Option<i64>>("address");
            return Ok(vec![match number {
                Ok(number) => Value::Int(number),
                Err(_) => Value::Text(row.get("address")?),
            }]);
        }
        self.key
            .iter()
            .map(|at| row.value(*at, self.columns[*at].kind))
            .collect()
    }

    fn read(&self, row: &Row) -> Result<Vec<Value>, Error> {
        self.columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let wrong = |error| match error {
                    Error::Corrupt { .. } => {
                        Error::corrupt(format!("{}.{}", self.name, column.name))
                    }
                    error => error,
                };
                row.value(at, column.kind).map_err(wrong)
            })
            .collect()
    }

    /// Itself and its columns, as a statement names them.
    pub(crate) fn named(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|it| it.name.as_str()).collect();
        format!("{} ({})", self.name, columns.join(", "))
    }

    /// Puts rows into one of SQLite.
    pub(crate) async fn insert(&self, conn: &mut Conn, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        let mut rest = rows.into_iter();
        loop {
            let some = rest.by_ref().take(self.page());
            let values: Vec<Value> = some.flatten().collect();
            if values.is_empty() {
                return Ok(());
            }
            let sql = self.insertion(values.len() / self.columns.len());
            conn.execute(Sql::built(sql), &values).await?;
        }
    }

    /// For SQLite, which looks for each `$1` among all that have a name, so that a page of
    /// thousands costs their square; its `?` has none.
    fn insertion(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let rows = vec![row; rows].join(", ");
        format!("INSERT INTO {} VALUES {rows}", self.named())
    }

    /// What tells a row from others of its table, as octets.
    pub(crate) fn name_of(&self, row: &[Value]) -> Vec<u8> {
        let mut octets = Vec::new();
        for at in &self.key {
            put(&row[*at], |some| octets.extend_from_slice(some));
        }
        octets
    }

    /// How many rows there are.
    pub(crate) async fn rows(&self, conn: &mut Conn) -> Result<u64, Error> {
        let sql = format!("SELECT COUNT(*) AS n FROM {}", self.name);
        let row = conn.one(Sql::built(sql), params![]).await?;
        Ok(u64::try_from(row.get::<i64>("n")?).unwrap_or_default())
    }

    /// How many rows there are, and their digest.
    pub(crate) async fn tally(&self, conn: &mut Conn) -> Result<Tally, Error> {
        let mut tally = Tally::default();
        self.pages(conn, async |rows| {
            rows.iter().for_each(|row| tally.add(row));
            Ok(())
        })
        .await?;
        Ok(tally)
    }
}

impl Column {
    /// Nothing, in a column of this kind: absent where it may be.
    pub(crate) fn nothing(&self) -> Value {
        match (self.kind, self.required) {
            (Kind::Int, false) => Value::Int(None),
            (Kind::Int, true) => Value::Int(Some(0)),
            (Kind::Text, false) => Value::Text(None),
            (Kind::Text, true) => Value::Text(Some(String::new())),
            (Kind::Bytes, false) => Value::Bytes(None),
            (Kind::Bytes, true) => Value::Bytes(Some(Vec::new())),
            (Kind::Real, false) => Value::Real(None),
            (Kind::Real, true) => Value::Real(Some(0.0)),
        }
    }
}

/// How many rows a table has, and the sum of their digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    /// Least word first.
    sum: [u64; 4],
}

impl Tally {
    /// One row more.
    pub(crate) fn add(&mut self, row: &[Value]) {
        let mut hash = Context::new(&SHA256);
        for value in row {
            put(value, |some| hash.update(some));
        }
        let digest = hash.finish();
        let mut carry = false;
        for (word, octets) in self.sum.iter_mut().zip(digest.as_ref().chunks_exact(8)) {
            let more = octets
                .iter()
                .fold(0, |word, octet| (word << 8) | u64::from(*octet));
            let (first, over) = word.overflowing_add(more);
            let (second, again) = first.overflowing_add(u64::from(carry));
            *word = second;
            carry = over || again;
        }
        self.rows += 1;
    }

    /// The digest, as hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.sum.iter().map(|word| format!("{word:016x}")).collect()
    }
}

/// A value as it counts in a digest: its type, how long it is, and its octets.
fn put(value: &Value, mut into: impl FnMut(&[u8])) {
    let mut piece = |kind: u8, octets: Option<&[u8]>| {
        into(&[kind, u8::from(octets.is_some())]);
        let octets = octets.unwrap_or_default();
        into(&(octets.len() as u64).to_be_bytes());
        into(octets);
    };
    match value {
        // Numbers sort as their octets do.
        Value::Int(int) => {
            let octets = int.map(|int| (int.cast_unsigned() ^ (1 << 63)).to_be_bytes());
            piece(1, octets.as_ref().map(<[u8; 8]>::as_slice));
        }
        Value::Text(text) => piece(2, text.as_deref().map(str::as_bytes)),
        Value::Bytes(bytes) => piece(3, bytes.as_deref()),
        // SQLite keeps no negative zero.
        Value::Real(real) => {
            let octets = real.map(|real| (real + 0.0).to_bits().to_be_bytes());
            piece(4, octets.as_ref().map(<[u8; 8]>::as_slice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: &[&[Value]]) -> Tally {
        let mut tally = Tally::default();
        rows.iter().for_each(|row| tally.add(row));
        tally
    }

    #[test]
    fn the_order_of_rows_is_nothing_to_a_digest_and_all_else_is() {
        let (one, two): (&[Value], &[Value]) = (params![1_i64, "a"], params![2_i64, "b"]);
        assert_eq!(tally(&[one, two]), tally(&[two, one]));
        for other in [
            &[one][..],
            &[one, one],
            &[one, two, two],
            &[one, params![2_i64, "c"]],
            &[one, params!["b", 2_i64]],
            &[one, params![2_i64, "b".as_bytes()]],
            &[one, params![2_i64, None::<&str>]],
            &[params![1_i64, "a", 2_i64, "b"]],
        ] {
            assert_ne!(tally(other), tally(&[one, two]), "{other:?}");
        }
        // Where one value ends counts too.
        assert_ne!(tally(&[params!["ab", "c"]]), tally(&[params!["a", "bc"]]));
        assert_ne!(tally(&[params![None::<&str>]]), tally(&[params![""]]));
        assert_eq!(tally(&[params![-0.0]]), tally(&[params![0.0]]));
    }

    #[test]
    fn sums_carry_and_rows_have_names() {
        // Enough rows that each word has run over.
        let mut many = Tally::default();
        let rows: Vec<_> = (0_i64..64).map(|it| vec![Value::from(it)]).collect();
        rows.iter().for_each(|row| many.add(row));
        let mut back = Tally::default();
        rows.iter().rev().for_each(|row| back.add(row));
        assert_eq!((many, many.rows), (back, 64));
        assert_eq!(many.hex().len(), 64);
        let table = Table {
            name: "t".to_owned(),
            columns: Vec::new(),
            key: vec![1, 0],
        };
        let name = |a: i64, b: i64| table.name_of(params![b, a]);
        assert!(name(1, 2) < name(1, 3) && name(1, 3) < name(2, 0));
        assert!(name(-1, 0) < name(0, -5));
    }
}
