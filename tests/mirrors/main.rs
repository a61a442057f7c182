//! The journal's mirrors: a real Redis and a real Chroma that follow it.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod chroma;
mod cut;
mod fixture;
mod redis;
mod servers;
mod tasks;
mod trouble;
