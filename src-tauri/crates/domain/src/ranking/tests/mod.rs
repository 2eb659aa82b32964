//! Votes of made-up people, and what the table makes of them.

mod calibration;
mod generated;
mod properties;
mod reference;
mod table;

pub(super) use self::generated::{Generator, vote};
