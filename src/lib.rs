//! A private journal for the terminal.

pub mod error;
pub mod journal;
pub mod model;
pub mod store;
