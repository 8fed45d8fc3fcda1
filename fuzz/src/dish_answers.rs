//! What a dish, or who answers in its place, sends to a box; and what a box says of it, as
//! the centre reads it.
//!
//! Does not cover: HTTP around the answer, and the record around what is said.

use reach::agent::told;
use reach::doors::{DishReader, DishSaid, Message, dish_answer, dish_wire};

pub fn run(bytes: &[u8]) {
    if let Ok(octets) = dish_answer(bytes)
        && let Ok(response) = dish_wire::Response::decode(octets.as_slice())
    {
        let mut reader = DishReader::default();
        let said = match response.answer {
            Some(dish_wire::response::Answer::DishGetStatus(status)) => {
                Some(reader.minute(&octets, &status, None))
            }
            Some(dish_wire::response::Answer::DishGetHistory(history)) => {
                let status = dish_wire::Status::default();
                Some(reader.minute(&[], &status, Some(&history)))
            }
            None => None,
        };
        if let Some(said) = said {
            assert!(said.encoded_len() < 32 * 1024, "it fits into a record");
            let again = DishSaid::decode(said.encode_to_vec().as_slice());
            assert_eq!(again.map(|it| it.word()), Ok(said.word()));
        }
    }
    if DishSaid::decode(bytes).is_ok() {
        assert!(told("dish", bytes).is_some(), "it can be told");
    }
}
