//! The journal's mirrors: a real Redis and a real Chroma that follow it.
#![allow(clippy::unwrap_used)]

#[path = "../support/postgres.rs"]
#[allow(dead_code)]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod away;
mod chroma;
mod cut;
mod deployment;
mod fixture;
mod machines;
mod marker;
mod redis;
mod roles;
mod servers;
mod tasks;
mod trouble;
