//! Projections on disk: what can be found again faster than by reading the truth, and rebuilt from it.

pub mod vector;
