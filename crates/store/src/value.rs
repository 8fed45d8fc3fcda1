//! What goes into a statement and comes out of a row.
//!
//! Four types, which both engines share, each of which may be absent. The type
//! of an absent value is known too, since PostgreSQL asks for it.

use base::id::{Id, Noun};
use base::now::Wall;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

use crate::Error;
use crate::table::Kind;

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

impl Value {
    /// What one engine refuses or bends is refused for both.
    pub(crate) fn storable(&self) -> Result<(), Error> {
        match self {
            Self::Text(Some(text)) if text.contains('\0') => {
                Err(Error::Unstorable("a text cannot hold a zero byte"))
            }
            // SQLite would keep it as absent.
            Self::Real(Some(real)) if real.is_nan() => Err(Error::Unstorable(
                "a number that is not a number cannot be kept",
            )),
            _ => Ok(()),
        }
    }
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
pub struct Row(pub(crate) Engined<SqliteRow, PgRow>);

/// What one engine or the other has given.
#[derive(Debug)]
pub(crate) enum Engined<S, P> {
    Sqlite(S),
    Postgres(P),
}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// If there is no such column, or it holds something else.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, Error> {
        T::from_column(self, column)
    }

    /// The value of the column that stands at that place, of a table whose columns are known.
    /// Tables are read through by it: it looks up no name.
    pub(crate) fn value(&self, at: usize, kind: Kind) -> Result<Value, Error> {
        Ok(match &self.0 {
            Engined::Sqlite(row) => match kind {
                Kind::Int => Value::Int(row.try_get(at)?),
                Kind::Text => Value::Text(row.try_get(at)?),
                // SQLite would hand out a text as bytes.
                Kind::Bytes if row.try_get_raw(at)?.type_info().name() == "TEXT" => {
                    return Err(Error::corrupt(format!("column {at}")));
                }
                Kind::Bytes => Value::Bytes(row.try_get(at)?),
                Kind::Real => Value::Real(row.try_get(at)?),
            },
            Engined::Postgres(row) => match kind {
                Kind::Int => Value::Int(row.try_get(at)?),
                Kind::Text => Value::Text(row.try_get(at)?),
                Kind::Bytes => Value::Bytes(row.try_get(at)?),
                Kind::Real => Value::Real(row.try_get(at)?),
            },
        })
    }

    /// What the engine says that this value is; SQLite says so per value.
    fn type_of(&self, column: &str) -> Result<String, Error> {
        Ok(match &self.0 {
            Engined::Sqlite(row) => row.try_get_raw(column)?.type_info().name().to_owned(),
            Engined::Postgres(row) => row.try_get_raw(column)?.type_info().name().to_owned(),
        })
    }

    fn read<T>(&self, column: &str) -> Result<Option<T>, Error>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        Ok(match &self.0 {
            Engined::Sqlite(row) => row.try_get::<Option<T>, _>(column)?,
            Engined::Postgres(row) => row.try_get::<Option<T>, _>(column)?,
        })
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
plain!(String);

impl FromColumn for Option<f64> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        // A whole number in an expression, as `COALESCE(x, 0)`, is an integer to
        // SQLite and a real to PostgreSQL.
        if let Engined::Sqlite(found) = &row.0
            && row.type_of(column)? == "INTEGER"
        {
            return Ok(found.try_get_unchecked::<Option<f64>, _>(column)?);
        }
        row.read::<f64>(column)
    }
}

impl FromColumn for Option<i64> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        // PostgreSQL makes `SELECT 1` and `length(x)` narrower than SQLite does.
        if let Engined::Postgres(found) = &row.0
            && row.type_of(column)? == "INT4"
        {
            return Ok(found.try_get::<Option<i32>, _>(column)?.map(i64::from));
        }
        row.read::<i64>(column)
    }
}

impl FromColumn for Option<Vec<u8>> {
    fn from_column(row: &Row, column: &str) -> Result<Self, Error> {
        // SQLite would hand out a text as bytes.
        if row.type_of(column)? == "TEXT" {
            return Err(Error::corrupt(column));
        }
        row.read::<Vec<u8>>(column)
    }
}

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

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl<N> From<Option<Id<N>>> for Value {
    fn from(id: Option<Id<N>>) -> Self {
        Self::Bytes(id.map(|id| id.as_bytes().to_vec()))
    }
}
