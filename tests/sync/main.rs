//! `journal sync` against a real PostgreSQL, through the real program.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../support/postgres.rs"]
#[allow(dead_code)]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod basics;
mod clashes;
mod conflicts;
mod faults;
mod machine;
mod pool;
mod proxy;
mod queries;
mod random;
mod refusals;
mod writers;
