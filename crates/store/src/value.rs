//! What goes into a statement and comes out of a row.
//!
//! Four types, which both engines share, each of which may be absent. The type
//! of an absent value is known too, since PostgreSQL asks for it.

use base::id::{Id, Noun};
use base::now::Wall;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::Error;

/// One parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA.
    Bytes(Option<Vec<u8>>),
    /// DOUBLE PRECISION.
    Real(Option<f64>),
}

/// Parameters of a statement, in the order of their placeholders.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Value::from($value)),*] as &[$crate::Value]
    };
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row(pub(crate) Engined);

#[derive(Debug)]
pub(crate) enum Engined {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// If there is no such column, or it holds something else.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, Error> {
        T::from_column(self, column)
    }

    fn read<T>(&self, column: &str) -> Result<Option<T>, Error>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        // SQLite knows the type of a value and not of a column: a check against
        // the declared type would refuse an absent one.
        let value = match &self.0 {
            Engined::Sqlite(row) => row.try_get_unchecked::<Option<T>, _>(column),
            Engined::Postgres(row) => row.try_get::<Option<T>, _>(column),
        };
        Ok(value?)
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// If there is no such column, or it holds something else.
    fn from_column(row: &Row, column: &str) -> Result<Self, Error>;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl FromColumn for Option<$type> {
            fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
                row.read::<$type>(column)
            }
        }
    )*};
}
plain!(i64, String, Vec<u8>, f64);

macro_rules! required {
    ($($type:ty),*) => {$(
        impl FromColumn for $type {
            fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
                Option::<$type>::from_column(row, column)?.ok_or_else(|| Error::corrupt(column))
            }
        }
    )*};
}
required!(i64, String, Vec<u8>, f64, bool, Wall);

impl FromColumn for Option<bool> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        Ok(row.read::<i64>(column)?.map(|flag| flag != 0))
    }
}

impl FromColumn for Option<Wall> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        Ok(row.read::<i64>(column)?.map(Wall::from_us))
    }
}

impl<N: Noun> FromColumn for Option<Id<N>> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        row.read::<Vec<u8>>(column)?
            .map(|bytes| {
                <[u8; 16]>::try_from(bytes)
                    .map(Id::from_bytes)
                    .map_err(|_| Error::corrupt(column))
            })
            .transpose()
    }
}

impl<N: Noun> FromColumn for Id<N> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        Option::<Self>::from_column(row, column)?.ok_or_else(|| Error::corrupt(column))
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $made:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        }
    )*};
}

from! {
    i64 => |value| Self::Int(Some(value));
    Option<i64> => |value| Self::Int(value);
    bool => |value| Self::Int(Some(i64::from(value)));
    Option<bool> => |value| Self::Int(value.map(i64::from));
    f64 => |value| Self::Real(Some(value));
    Option<f64> => |value| Self::Real(value);
    &str => |value| Self::Text(Some(value.to_owned()));
    Option<&str> => |value| Self::Text(value.map(str::to_owned));
    String => |value| Self::Text(Some(value));
    Option<String> => |value| Self::Text(value);
    &[u8] => |value| Self::Bytes(Some(value.to_vec()));
    Vec<u8> => |value| Self::Bytes(Some(value));
    Option<Vec<u8>> => |value| Self::Bytes(value);
    Wall => |value| Self::Int(Some(value.as_us()));
    Option<Wall> => |value| Self::Int(value.map(Wall::as_us));
}

impl<N> From<Id<N>> for Value {
    fn from(id: Id<N>) -> Self {
        Self::Bytes(Some(id.as_bytes().to_vec()))
    }
}

impl<N> From<Option<Id<N>>> for Value {
    fn from(id: Option<Id<N>>) -> Self {
        Self::Bytes(id.map(|id| id.as_bytes().to_vec()))
    }
}
