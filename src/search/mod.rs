//! Finding: what is shown of an entry that matched.

pub mod snippet;
