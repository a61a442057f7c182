//! A private journal for the terminal.

pub mod cache;
pub mod config;
pub mod error;
pub mod index;
pub mod journal;
pub mod model;
pub mod paths;
pub mod publish;
pub mod store;
