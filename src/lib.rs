//! A private journal for the terminal.

pub mod analysis;
pub mod app;
pub mod cache;
pub mod care;
pub mod cli;
pub mod config;
pub mod error;
pub mod exchange;
pub mod follow;
pub mod index;
pub mod journal;
pub mod model;
pub mod output;
pub mod paths;
pub mod publish;
pub mod search;
pub mod store;
