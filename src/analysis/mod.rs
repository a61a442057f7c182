//! Text in, meaning out.

pub mod drain;
pub mod embed;
pub mod sentiment;
pub mod statistics;
pub mod trends;
pub mod vader;
