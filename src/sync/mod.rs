//! The deployment: the architecture's PostgreSQL, its schema, and what goes there and comes from there; its
//! Redis and its Chroma, which follow. Only with the feature `sync`; the only place that names the crates of
//! PostgreSQL, TLS and Redis.
//!
//! - [`postgres`]: where the server is, how to reach it, what its refusals mean.
//! - [`pool`]: connections to it, kept as the architecture's backend keeps them.
//! - [`migrations`]: the schema there, numbered as here, with its own bookkeeping in `journal_cli`.
//! - [`adopt`]: tables that are there already: made of the same statements, or not.
//! - [`dump`]: a backup of the whole database before its schema is changed.
//! - [`session`]: a deployment and a journal that are linked. [`account`]: how they are.
//! - [`pull`]: what was changed there ([`changes`]), or all that differs ([`compare`], which looks where the sums of
//!   [`digest`] differ), is written here.
//! - [`push`]: what was changed here is written there ([`stage`]), one table after the other ([`rows`]).
//! - [`health`]: whether a deployment can be used.
//! - [`mirror`]: what the mirrors have in common; [`redis`] and [`chroma`]: each of them.
//!
//! What becomes of a row that both sides have changed is decided in `store`, in the transaction that writes it.

pub mod account;
pub mod adopt;
mod changes;
pub mod chroma;
mod compare;
mod digest;
pub mod dump;
pub mod health;
pub mod migrations;
pub mod mirror;
pub mod pool;
pub mod postgres;
pub mod pull;
pub mod push;
pub mod redis;
mod rows;
pub mod session;
mod stage;
mod tls;
