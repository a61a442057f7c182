//! The real binary, as a person or a script runs it: one module for each verb, and some for what all
//! verbs promise together.
#![allow(clippy::unwrap_used)]

mod add;
mod analyze;
mod bare;
mod bulk;
mod cache;
#[cfg(feature = "model-server")]
mod classify;
mod completions;
mod config;
mod dates;
mod delete;
mod doctor;
mod edit;
mod editor;
mod exits;
mod export;
mod history;
mod import;
mod list;
mod login;
#[cfg(feature = "model-server")]
mod meaning;
mod migrate;
#[cfg(feature = "model-server")]
mod model_change;
#[cfg(feature = "model-server")]
mod model_kinds;
mod models;
#[cfg(feature = "model-server")]
mod models_hub;
mod mood;
#[cfg(feature = "model-server")]
mod moods;
mod on_this_day;
mod query;
#[cfg(feature = "model-server")]
mod query_meaning;
mod random;
mod reindex;
mod search;
mod session;
mod show;
mod similar;
mod stats;
mod streams;
#[cfg(feature = "model-server")]
mod suggest;
mod support;
mod tasks;
mod terminal;
mod topics;
mod undo;
mod user;
