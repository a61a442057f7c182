//! Text in, meaning out.

pub mod classify;
pub mod drain;
pub mod embed;
pub mod emotions;
pub mod mood;
pub mod sentiment;
pub mod statistics;
pub mod suggest;
pub mod trends;
pub mod vader;
pub mod verdict;
