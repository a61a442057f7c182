//! The deployment: the architecture's PostgreSQL, its schema, and what goes there. Only with the feature
//! `sync`; the only place that names the crates of PostgreSQL, TLS and Redis.
//!
//! - [`postgres`]: where the server is, how to reach it, what its refusals mean.
//! - [`migrations`]: the schema there, numbered as here, with its own bookkeeping in `journal_cli`.
//! - [`adopt`]: tables that are there already: made of the same statements, or not.
//! - [`dump`]: a backup of the whole database before its schema is changed.
//! - [`mirror`]: what the mirrors have in common; [`redis`] and [`chroma`]: each of them.

pub mod adopt;
pub mod chroma;
pub mod dump;
pub mod migrations;
pub mod mirror;
pub mod postgres;
pub mod redis;
mod tls;
