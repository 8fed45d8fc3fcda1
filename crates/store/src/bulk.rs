//! Rows as PostgreSQL takes them in bulk: the binary form of its COPY ("Binary Format" in its
//! manual, under COPY).

use crate::{Error, Value};

/// What it begins with: a signature, no flags, no extension.
pub(crate) const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with, in the place of a row's number of columns.
pub(crate) const END: [u8; 2] = (-1_i16).to_be_bytes();

/// What stands for nothing, in the place of a value's length.
const NOTHING: [u8; 4] = (-1_i32).to_be_bytes();

/// These rows, without what it begins and ends with.
///
/// # Errors
/// [`Error::Unstorable`] where a value is one that a table does not take, or is longer than
/// the form can say.
pub(crate) fn rows(rows: &[Vec<Value>]) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::new();
    for row in rows {
        let columns = i16::try_from(row.len()).map_err(|_| too_long())?;
        octets.extend(columns.to_be_bytes());
        for value in row {
            value.storable()?;
            match value {
                Value::Int(it) => put(&mut octets, it.map(i64::to_be_bytes).as_ref())?,
                Value::Real(it) => put(&mut octets, it.map(f64::to_be_bytes).as_ref())?,
                Value::Text(it) => put(&mut octets, it.as_ref())?,
                Value::Bytes(it) => put(&mut octets, it.as_ref())?,
            }
        }
    }
    Ok(octets)
}

fn put<T: AsRef<[u8]>>(into: &mut Vec<u8>, value: Option<&T>) -> Result<(), Error> {
    let Some(value) = value.map(T::as_ref) else {
        into.extend(NOTHING);
        return Ok(());
    };
    let length = i32::try_from(value.len()).map_err(|_| too_long())?;
    into.extend(length.to_be_bytes());
    into.extend(value);
    Ok(())
}

const fn too_long() -> Error {
    Error::Unstorable("a value is longer than can be carried")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn rows_stand_in_it_as_the_manual_says() {
        let row = params![258_i64, None::<&str>, "ab", 1.5].to_vec();
        let octets = rows(&[row]).expect("rows");
        let told = [
            &[0, 4][..],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2],
            &[0xff; 4],
            &[0, 0, 0, 2, b'a', b'b'],
            &[0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(octets, told.concat());
    }

    #[test]
    fn what_a_table_does_not_take_is_not_carried() {
        for wrong in [params!["a\0b"], params![f64::NAN]] {
            assert!(rows(&[wrong.to_vec()]).is_err(), "{wrong:?}");
        }
    }
}
