//! The deployment: the architecture's PostgreSQL, its schema, and what goes there and comes from there. Only
//! with the feature `sync`; the only place that names the crates of PostgreSQL and TLS.
//!
//! - [`postgres`]: where the server is, how to reach it, what its refusals mean.
//! - [`migrations`]: the schema there, numbered as here, with its own bookkeeping in `journal_cli`.
//! - [`adopt`]: tables that are there already: made of the same statements, or not.
//! - [`dump`]: a backup of the whole database before its schema is changed.
//! - [`session`]: a deployment and a journal that are linked. [`account`]: how they are.
//! - [`pull`]: what was changed there ([`changes`]), or all that differs ([`compare`]), is written here.
//! - [`push`]: what was changed here is written there ([`stage`]), one table after the other ([`rows`]).
//! - [`health`]: whether a deployment can be used.
//!
//! What becomes of a row that both sides have changed is decided in `store`, in the transaction that writes it.

pub mod account;
pub mod adopt;
mod changes;
mod compare;
pub mod dump;
pub mod health;
pub mod migrations;
pub mod postgres;
pub mod pull;
pub mod push;
mod rows;
pub mod session;
mod stage;
mod tls;
