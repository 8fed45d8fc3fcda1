//! Six words that two people compare.
//!
//! A box that was given only a typed code does not know whether the house that
//! answered is the right one. It shows six words made of the house's key and its
//! own, and the page that lets boxes in shows the six that it sees. Whoever stands
//! between the two has another key towards one of them, so the words differ.
//!
//! The words are proquints (arXiv:0901.4016): consonant, vowel, consonant, vowel,
//! consonant, 16 bits each, which every Indonesian can read out. 96 bits leave
//! nothing to be gained by trying keys until the words agree.

use aws_lc_rs::digest::{Context, SHA256};

use super::code::HouseKey;

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";

/// The words for a house and a box, with blanks between.
///
/// Both keys are the SHA-256 of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
#[must_use]
pub fn six_words(house: HouseKey, key_of_box: &[u8; 32]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(b"betang-six-words-1");
    context.update(&house.0);
    context.update(key_of_box);
    let digest = context.finish();
    let words: Vec<_> = digest
        .as_ref()
        .chunks_exact(2)
        .take(6)
        .map(|pair| word(u16::from_be_bytes([pair[0], pair[1]])))
        .collect();
    words.join(" ")
}

fn word(bits: u16) -> String {
    let consonant = |shift: u16| char::from(CONSONANTS[usize::from((bits >> shift) & 15)]);
    let vowel = |shift: u16| char::from(VOWELS[usize::from((bits >> shift) & 3)]);
    [
        consonant(12),
        vowel(10),
        consonant(6),
        vowel(4),
        consonant(0),
    ]
    .iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the paper: an IPv4 address is two words.
    #[test]
    fn words_are_proquints() {
        for (address, spelt) in [
            ([127, 0, 0, 1], "lusab babad"),
            ([63, 84, 220, 193], "gutih tugad"),
            ([140, 98, 193, 141], "mudof sakat"),
            ([147, 67, 119, 2], "natag lisaf"),
            ([212, 58, 253, 68], "tibup zujah"),
            ([198, 81, 129, 136], "sinid makam"),
        ] {
            let [a, b, c, d] = address;
            let words = [[a, b], [c, d]].map(|pair| word(u16::from_be_bytes(pair)));
            assert_eq!(words.join(" "), spelt);
        }
    }

    #[test]
    fn another_key_on_either_side_makes_other_words() {
        let ours = six_words(HouseKey([1; 32]), &[2; 32]);
        assert_eq!(ours.split(' ').count(), 6);
        assert_eq!(ours, six_words(HouseKey([1; 32]), &[2; 32]));
        assert_ne!(ours, six_words(HouseKey([3; 32]), &[2; 32]));
        assert_ne!(ours, six_words(HouseKey([1; 32]), &[3; 32]));
    }
}
