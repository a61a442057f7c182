//! What is in `examples/deployment`, used: its settings, scripts and pages on real servers of the tests' own.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../support/postgres.rs"]
mod server;

mod backup;
mod cluster;
mod compose;
mod distributed;
mod pg_cron;
mod queries;
mod recovery;
mod redis;
mod replica;
mod restore;
mod scripts;
mod settings;
mod shards;
mod sync;
