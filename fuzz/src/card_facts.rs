//! What an examination knows of families and persons, as it lies sealed. What is read is
//! written again as it was, whoever stands for a family stands on one of the lists, and all
//! are judged by programmes that ask every column.
//!
//! Does not cover: the seal around it, which tests of the hall try.

pub fn run(bytes: &[u8]) {
    if let Some((families, persons)) = card::doors::facts(bytes) {
        assert!(families <= persons, "nobody is no family");
    }
}
