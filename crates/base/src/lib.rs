//! The words of the house.
//!
//! Typed ids, instants, days, areas, points, units, money, error kinds, facts and secrets:
//! the nouns that every room uses and no room owns.
//! Nothing here reads a clock, a socket or a file, and nothing here allocates
//! an identity by itself: time and randomness come in as arguments.
//!
//! | module | noun | source |
//! |---|---|---|
//! | [`id`] | [`id::Id`], an identity that names its kind | RFC 9562 §5.7 |
//! | [`now`] | [`now::Now`], one reading of both clocks | - |
//! | [`area`] | [`area::AreaCode`], a Kemendagri area code | Kepmendagri 300.2.2-2430/2025 |
//! | [`day`], [`month`] | [`day::Day`], [`month::Month`], of the calendar | ISO 8601 |
//! | [`geo`] | [`geo::Point`], WGS 84 degrees | EPSG:4326 |
//! | [`money`] | [`money::Amount`], rupiah that may be unknown | - |
//! | [`unit`] | [`unit::Bytes`], [`unit::BitsPerSecond`] | - |
//! | [`kind`] | [`kind::Kind`], what a caller may do about a failure | - |
//! | [`fact`] | [`fact::Fact`], something that has happened | - |
//! | [`redact`] | [`redact::Secret`], a value that never prints | - |

pub mod area;
pub mod day;
pub mod fact;
pub mod geo;
pub mod id;
pub mod kind;
pub mod money;
pub mod month;
pub mod now;
pub mod redact;
pub mod unit;
