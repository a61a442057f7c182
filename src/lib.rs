//! A private journal for the terminal: one SQLite database is the truth, everything else follows its
//! change log.
//!
//! # The map, in reading order
//!
//! - [`journal`]: what the program is about: entry, mood, tag, date, query, passage, id. Pure.
//! - [`store`]: the truth, in SQLite. Every write is one transaction that holds the write lock from
//!   its start; triggers log every change. Two projections live inside it: the statistics of days, and
//!   the trigrams of topic names.
//! - [`index`]: projections on disk: [`index::text`] (tantivy), [`index::vector`] (usearch). They
//!   know no database; they ask through traits.
//! - [`follow`]: answers those questions from the store: the one place that knows both.
//! - [`cache`]: model results, statistics, answers, profiles, logins, in redb. May vanish at any time; what is made of
//!   the journal bears the position of the log, and is nothing when the log stands elsewhere.
//! - [`account`]: passwords, logins and how often one may try. They guard the commands, not the file.
//! - [`model`]: our side of the model server: protocol, client, serve loop, files. No torch.
//! - [`analysis`]: sentiment, emotions, moods, trends, topic suggestions, statistics, passages to vectors, and `drain`,
//!   which does what is pending.
//! - [`search`]: by words, by meaning, fused, with evidence.
//! - [`exchange`]: files in and out. [`care`]: `doctor`, and what SQL statements cost.
//! - `sync`: the deployment's PostgreSQL: connection, migrations, and replication both ways. What becomes of a
//!   row that both sides have changed is decided in `store::replica`. Only with the feature `sync`.
//! - [`output`]: how results look. Opens nothing.
//! - [`config`], [`paths`], [`publish`], [`error`]: settings, places, whole files, failures.
//! - [`app`]: the composition root: opens each part on first use; time, randomness and the
//!   environment enter here.
//! - [`cli`]: the only place that names clap: one verb, one file.
//!
//! `src/bin/journal-model/` is the model server, a program of its own: the only place that names
//! rust-bert and libtorch, so that the linker keeps them out of `journal`.
//!
//! # Arrows
//!
//! ```text
//! main → cli → app → {search, analysis, care, exchange, sync, account} → {follow} → {store, index, cache, model} → journal
//!                     output → {journal, results}
//! ```
//!
//! `tests/layering.rs` holds them.
//!
//! # What holds at every instruction
//!
//! 1. A command that says an entry is saved has committed it (`synchronous = FULL`).
//! 2. Every change writes a change-log row in its transaction, by SQL trigger, with the image of the
//!    row before: history, undo and every projection come from it.
//! 3. A projection stores the position it has reached, `(seq, nonce)`, in its own commit. When that
//!    row is gone or bears another nonce, the projection belongs to another history and is built
//!    anew.
//! 4. A missing, stale, locked or damaged projection never stops the journal: `add`, `list`, `show`,
//!    `edit` and `export` work on SQLite alone.
//! 5. Each collection is read by a model of its own; vectors of two are never compared.
//! 6. What is pending is what has no result; there is no queue to keep true. A changed text loses its
//!    analysis by trigger, so nothing stale survives, whoever wrote.
//! 7. A migration is one transaction with its number, and a copy of the journal as it was is on the disk
//!    before the first.
//!
//! # Deliberately absent
//!
//! No constraint, index or generated column uses a function of ours: any SQLite client may read and
//! write the file. No network code outside [`model::hub`] and `sync`. No async runtime. No queue table.

pub mod account;
pub mod analysis;
pub mod app;
pub mod cache;
pub mod care;
pub mod cli;
pub mod config;
pub mod error;
pub mod exchange;
pub mod follow;
pub mod index;
pub mod journal;
pub mod model;
pub mod output;
pub mod paths;
pub mod publish;
pub mod search;
pub mod store;
#[cfg(feature = "sync")]
pub mod sync;
