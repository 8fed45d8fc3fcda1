//! Store and forward between a village and the centre.
//!
//! A site keeps what happens in an outbox on its disk and sends it when it can; the
//! centre takes it in once and says so. Days without a link, a power cut in the middle
//! of anything, a wiped card, a card that was copied, a centre that was restored from
//! yesterday: none loses what was kept for good, and none counts it twice.
//!
//! Everything here decides and nothing here does: octets, instants, random seeds and
//! what lies on the disk come in as arguments, frames and effects come out as values.
//!
//! | module | question it answers |
//! |---|---|
//! | [`identity`] | which record is which, and what came before it? |
//! | [`record`] | what does a record say of itself? |
//! | [`batch`] | how do many travel, and what says that some are gone? |
//! | [`frame`] | what do the two ends say to each other? |
//! | [`queue`] | what is kept, in which order does it go, what may be let go? |
//! | [`want`] | which rows does the next batch need, and what does it say? |
//! | [`outbox`] | what lies on the disk, and how is it changed? |
//! | [`share`] | how much of the disk may a stream use? |
//! | [`shelf`] | what is there of one stream and epoch, by its numbers? |
//! | [`outgoing`] | what is on its way over this connection? |
//! | [`renewal`] | how does an outbox go on in another epoch? |
//! | [`clock`] | what time is it at a site, and what time was it? |
//! | [`pulse`] | does the other end live? |
//! | [`redial`] | when to try again? |
//! | [`command`] | how is nothing done twice? |
//! | [`site`] | a site's end of the link |
//! | [`link`] | the centre's end of one connection |
//! | [`commit`] | what does the centre write, and is a batch the next? |
//! | [`roster`] | who is connected, and does a key live twice? |
//! | [`carry`] | how does it go on foot? |
//! | [`key`] | who may say what a program is? |
//! | [`release`] | what is signed about a program, and does a box take it? |
//! | [`ledger`] | what is on the disk about programs? |
//! | [`trial`] | which program is started, and does a new one stand? |
//! | [`fetch`] | how does a release come without holding up what matters? |
//! | [`anchor`] | where does a box look whether there is an internet? |
//! | [`desired`] | what is a box to be like, and when does it go back? |
//! | [`speed`] | how fast is the line, and how much of it may a test cost? |

pub mod anchor;
pub mod batch;
pub mod carry;
pub mod clock;
pub mod command;
pub mod commit;
pub mod desired;
pub mod fetch;
pub mod frame;
pub mod identity;
pub mod key;
pub mod ledger;
pub mod link;
pub mod outbox;
pub mod outgoing;
pub mod pulse;
pub mod queue;
pub mod record;
pub mod redial;
pub mod release;
pub mod renewal;
pub mod roster;
pub mod share;
pub mod shelf;
pub mod site;
pub mod speed;
pub mod trial;
pub mod want;
mod wire;
