//! What the program is about. Pure: no I/O, no clock, no sibling modules but `error`.

pub mod anniversary;
pub mod day;
pub mod decimal;
pub mod email;
pub mod entry;
pub mod filter;
pub mod id;
pub mod lexemes;
pub mod log;
pub mod mood;
pub mod passage;
pub mod query;
pub mod spelling;
pub mod tag;
pub mod topic;
pub mod trigram;
pub mod when;
