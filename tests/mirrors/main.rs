//! The journal's mirrors: a real Redis and a real Chroma that follow it.
#![allow(clippy::unwrap_used)]

#[path = "../support/postgres.rs"]
#[allow(dead_code)]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod chroma;
mod cut;
mod deployment;
mod fixture;
mod redis;
mod servers;
mod tasks;
mod trouble;
