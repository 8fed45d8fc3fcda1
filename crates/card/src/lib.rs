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
//! | `gauges` | how the room is, in numbers |
//! | `http` | the API of lists, examinations, findings and families |
//! | `import` | a list of people, from a file |
//! | `record` | what a row says, as it lies sealed |
//! | `strongbox` | rows sealed and opened, and by what they are found |
//! | `examine` | all lists linked, and the running list answered |
//! | `facts` | what an examination knows, kept for whoever judges by it |
//! | `programme` | who should receive, as somebody wrote it |
//! | `decide` | who receives: rules weighed, what people ruled, lists that were adopted |
//! | `listed` | an adopted list, counted over everybody |
//! | `sample` | some of a list whom people visit, drawn by chance |
//! | `indicators` | how well a list meets whom it is for |
//! | `objection` | what somebody says against where he stands on a list |
//! | `photo` | photographs of families, each with a key and a term of its own |
//! | `export` | the annex of a list as a whole, which a second person grants |
//! | `request` | what somebody asks about data of his own, and until when it is answered |
//! | `correction` | what owners of lists are to put right in theirs |
//! | `dossier` | all that is held of somebody |
//! | `looks` | who has looked at what of people |
//! | `breach` | a failure to protect what is kept, and who was told |
//! | `processing` | the record of what is done with data of people, and of which class it is |
//! | `hold` | what may not be destroyed yet |
//! | `erase` | all that is known of a family or person, destroyed by decree |
//! | `term` | how long what is kept, and who lets it go |
//! | `settle` | what is destroyed leaves the file and its copies too |
//! | `subject` | whom a programme is about |
//! | `text` | words of somebody's own, each under a key of its own |
//! | `words` | what rules ask and columns say, in words |
//! | `seek` | everybody, held in memory for whoever looks for somebody without a number |
//! | `review` | pairs that people are asked about, and what they said |
//! | `simulated` | lists of the demonstration, brought in by the house |
//! | `sql` | the room's tables |
//! | `room` | the room as a whole |

mod breach;
mod correction;
mod decide;
#[doc(hidden)]
pub mod doors;
mod dossier;
mod erase;
mod examine;
mod export;
mod facts;
mod gauges;
mod hold;
mod http;
mod import;
mod indicators;
mod listed;
mod looks;
mod objection;
mod photo;
mod processing;
mod programme;
mod record;
mod request;
mod review;
mod room;
mod sample;
mod seek;
mod settle;
pub mod simulated;
mod sql;
mod strongbox;
mod subject;
mod term;
mod text;
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
        (5, "erasures"),
        (6, "requests"),
        (7, "exports"),
        (8, "late"),
        (9, "texts"),
        (10, "settled"),
        (11, "office"),
        (12, "businesses"),
        (13, "photos"),
    ]
);

/// The room's columns of keys: what they have sealed is destroyed with them. Backups hold
/// them apart.
pub const KEYS: &[store::backup::KeyColumn] = &[
    key("card_key", "wrapped", true),
    key("card_import", "file_key", false),
    key("card_list", "file_key", false),
    key("card_run", "facts_key", false),
    key("card_objection", "wrapped", false),
    key("card_erasure", "reason_key", false),
    key("card_request", "wrapped", false),
    key("card_breach", "wrapped", false),
    key("card_exception", "wrapped", false),
    key("card_export", "wrapped", false),
    key("card_photo", "wrapped", false),
];

const fn key(
    table: &'static str,
    column: &'static str,
    row_goes: bool,
) -> store::backup::KeyColumn {
    store::backup::KeyColumn {
        table,
        column,
        row_goes,
    }
}
