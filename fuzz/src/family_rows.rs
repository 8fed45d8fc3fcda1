//! Lists of families as files, CSV and XLSX: the first octet says which kind of list, the
//! rest is the file. It is the same however it arrives, each row is counted once, what is
//! written is read again as it was.
//!
//! Does not cover: sealing, and the tables, which tests of the room try.

pub fn run(bytes: &[u8]) {
    let Some((kind, file)) = bytes.split_first() else {
        return;
    };
    if let Some((rows, refused)) = card::doors::list(*kind, file) {
        assert!(refused <= rows, "no more refused than there are");
    }
}
