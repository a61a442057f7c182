//! A private journal for the terminal.

pub mod cache;
pub mod error;
pub mod index;
pub mod journal;
