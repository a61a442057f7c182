//! The embedded store against a real PostgreSQL with the architecture's schema.

#[path = "../support/postgres.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod import;
mod migrate;
mod parity;
mod schema;
mod statistics;
mod tls;
mod trends;
mod trigram;
mod values;
mod words;
