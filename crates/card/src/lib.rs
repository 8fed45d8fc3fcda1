//! The card room's hands: lists of families, who is who on them, and the running list.
//!
//! ```text
//! lists ──▶ import ──▶ sealed rows ──▶ examine ──▶ findings ──▶ pages
//!              │                          └ card-core says who is who, and what speaks
//!              └ each row under its own key      against a row of the running list
//! ```
//!
//! Nothing of a person stands in the clear but the village: a row is opened where somebody
//! who may asks for it, and in memory while all of them are examined.
//!
//! | module | noun |
//! |---|---|
//! | `doors` | what reads bytes of strangers, for the fuzz targets |
//! | `http` | the API of lists, examinations, findings and families |
//! | `import` | a list of people, from a file |
//! | `record` | what a row says, as it lies sealed |
//! | `strongbox` | rows sealed and opened, and by what they are found |
//! | `examine` | all lists linked, and the running list answered |
//! | `facts` | what an examination knows, kept for whoever judges by it |
//! | `programme` | who should receive, as somebody wrote it |
//! | `decide` | who receives: rules weighed, what people ruled, lists that were adopted |
//! | `objection` | what somebody says against where he stands on a list |
//! | `hold` | what may not be destroyed yet |
//! | `erase` | all that is known of a family or person, destroyed by decree |
//! | `term` | how long what is kept, and who lets it go |
//! | `subject` | whom a programme is about |
//! | `words` | what rules ask and columns say, in words |
//! | `review` | pairs that people are asked about, and what they said |
//! | `simulated` | lists of the demonstration, brought in by the house |
//! | `sql` | the room's tables |
//! | `room` | the room as a whole |

mod decide;
#[doc(hidden)]
pub mod doors;
mod erase;
mod examine;
mod facts;
mod hold;
mod http;
mod import;
mod objection;
mod programme;
mod record;
mod review;
mod room;
pub mod simulated;
mod sql;
mod strongbox;
mod subject;
mod term;
mod words;

pub use room::{Room, open, start};

/// The room's tables.
pub const SCHEMA: store::migrate::Schema = store::schema!(
    "card",
    "schema",
    [
        (1, "lists"),
        (2, "decisions"),
        (3, "reviews"),
        (4, "samples"),
        (5, "erasures")
    ]
);
