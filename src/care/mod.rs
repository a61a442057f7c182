//! Care for years of someone's life.

pub mod doctor;
