//! Care for years of someone's life.

pub mod doctor;
pub mod queries;
pub mod statements;
