//! What reads bytes of strangers, for the fuzz targets in `fuzz/` and nobody else.

pub use crate::agent::dish::unframed as dish_answer;
pub use crate::agent::question::{Answer, answer, question};
pub use prost::Message;
pub use reach_core::code::{Shape, shape};
pub use reach_core::dish::{Reader as DishReader, Said as DishSaid, wire as dish_wire};
pub use reach_core::echo;
pub use reach_core::property::Property;
pub use reach_core::register::{Found, Register, Village, Written, key};
pub use reach_core::round::{Began, Round};
pub use reach_core::router;
