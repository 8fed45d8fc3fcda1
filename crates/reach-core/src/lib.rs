//! The reach room's brain.
//!
//! Everything here decides and nothing here does: claims, rows, registers and days
//! come in as arguments, and what comes out is a result with its reason as a value.
//! The hands are in the crate `reach`.
//!
//! | module | question it answers |
//! |---|---|
//! | [`name`] | are two ways of writing a name the same name? |
//! | [`code`] | what is a code in a list, and of which system is a column of them? |
//! | [`register`] | which village does a row mean, and when must a person be asked? |
//! | [`property`] | what can be said of a village, and how is a cell of it read? |
//! | [`view`] | what does the house say, on what does it rest, and why? |
//! | [`reconcile`] | in what do several lists differ, to the last row? |
//! | [`flow`] | how far has a point come, and may it take this step? |
//! | [`calendar`] | which day is so many working days later? |
//! | [`target`] | how many points were to stand by a day? |
//! | [`stand`] | was a village to be online, do people say so, and is it proven? |
//! | [`price`] | what does a month that is proven cost? |
//! | [`round`] | what does a box say of its village's connection? |
//! | [`router`] | what does a router say of itself by an agent of OpenWISP? |
//! | [`slot`] | which minute is it? |
//! | [`evidence`] | what is known of each minute? |
//! | [`fold`] | what do records show? |
//! | [`judge`] | was the connection there, and why was it not? |
//! | [`amend`] | what becomes of verdicts when more is known? |
//! | [`uptime`] | how much of a month was it there, by which measure? |
//! | [`outage`] | when did it fail, for how long, and was that one failure? |
//! | [`sheet`] | what stands on a month's evidence sheet, and over which words is its digest? |
//! | [`silence`] | who has not been heard, and have they one cause? |
//! | [`lookout`] | what does a box look at, and when? |
//! | [`presence`] | when was its program at work? |
//! | [`dish`] | what does a dish say of itself, and is it the bill or the link? |
//! | [`purse`] | how many octets may it use for that? |
//! | [`speed`] | when does it measure how fast the connection is, what may that cost, and what is a figure worth? |
//! | [`probe`] | which addresses answer to the centre, and which question was not answered? |
//! | [`echo`] | what does a packet of ICMP say? |
//! | [`pace`] | how fast may something be done? |
//! | [`node`] | which addresses may the centre ask by itself, and what does a list of them say? |
//! | [`answering`] | does an address answer to the centre, and since when? |

pub mod amend;
pub mod answering;
pub mod calendar;
pub mod code;
pub mod dish;
pub mod echo;
pub mod evidence;
pub mod flow;
pub mod fold;
pub mod judge;
pub mod lookout;
pub mod name;
pub mod node;
pub mod outage;
pub mod pace;
pub mod presence;
pub mod price;
pub mod probe;
pub mod property;
pub mod purse;
pub mod reconcile;
pub mod register;
pub mod round;
pub mod router;
pub mod sheet;
pub mod silence;
pub mod slot;
pub mod speed;
pub mod stand;
pub mod target;
pub mod uptime;
pub mod view;
