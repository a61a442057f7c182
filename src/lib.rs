//! A private journal for the terminal.

pub mod error;
pub mod index;
pub mod journal;
pub mod search;
