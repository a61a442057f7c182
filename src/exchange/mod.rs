//! Files in and out: one format per file.

pub mod jsonl;
