//! What the program is about. Pure: no I/O, no clock, no sibling modules.

pub mod filter;
pub mod log;
pub mod query;
