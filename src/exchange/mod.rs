//! Files in and out: one format per file.

pub mod bulk;
pub mod jsonl;
