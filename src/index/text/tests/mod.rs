//! Tests of the whole index, over a truth in memory.

#![allow(clippy::unwrap_used)]

mod damage;
mod find;
mod follow;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::{TextIndex, TextRequest, TextResults};
use crate::error::Result;
use crate::index::{Document, LockWait, Report, TextSource};
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::query::Query;

pub(super) const USER: Uuid = Uuid::from_u128(1);

/// A journal in memory with a change log. Clones share nothing: a clone is a backup.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    log: Vec<(Position, Uuid)>,
    entries: BTreeMap<Uuid, Document>,
    nonces: i64,
}

impl Truth {
    /// Nonces that no other truth hands out.
    pub(super) fn with_nonces_from(mut self, nonces: i64) -> Truth {
        self.nonces = nonces;
        self
    }

    fn note(&mut self, id: Uuid) {
        self.nonces += 1;
        let position = Position { seq: self.log.len() as i64 + 1, nonce: self.nonces };
        self.log.push((position, id));
    }

    pub(super) fn put(&mut self, entry: Document) {
        self.note(entry.id);
        self.entries.insert(entry.id, entry);
    }

    /// An entry with this number and text, otherwise plain.
    pub(super) fn write(&mut self, number: u128, content: &str) {
        self.put(entry(number, content));
    }

    pub(super) fn delete(&mut self, number: u128) {
        self.note(id(number));
        self.entries.remove(&id(number));
    }

    pub(super) fn head(&self) -> Position {
        self.log.last().map_or(Position::START, |(position, _)| *position)
    }
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number + 1_000)
}

pub(super) fn entry(number: u128, content: &str) -> Document {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    Document {
        id: id(number),
        user_id: USER,
        title: None,
        content: content.to_owned(),
        entry_date: first.checked_add_days(Days::new(number as u64 % 1000)).unwrap(),
        created_at: number as i64,
        mood: None,
        starred: false,
        topics: Vec::new(),
    }
}

impl TextSource for Truth {
    fn head(&mut self) -> Result<Position> {
        Ok(Truth::head(self))
    }

    fn holds(&mut self, position: Position) -> Result<bool> {
        Ok(position == Position::START || self.log.iter().any(|(row, _)| *row == position))
    }

    fn changed(&mut self, after: i64) -> Result<Vec<Uuid>> {
        let mut ids: Vec<Uuid> = self.log.iter().filter(|(row, _)| row.seq > after).map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    fn document(&mut self, id: Uuid) -> Result<Option<Document>> {
        Ok(self.entries.get(&id).cloned())
    }

    fn each(&mut self, visit: &mut dyn FnMut(Document) -> Result<()>) -> Result<()> {
        self.entries.values().cloned().try_for_each(visit)
    }

    fn count(&mut self) -> Result<u64> {
        Ok(self.entries.len() as u64)
    }
}

/// An index in a temporary folder.
pub(super) struct Bench {
    pub(super) index: TextIndex,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        Bench { index: TextIndex::new(folder.path().join("below/text")), _folder: folder }
    }

    pub(super) fn of(truth: &Truth) -> Bench {
        let bench = Bench::new();
        bench.catch_up(truth);
        bench
    }

    pub(super) fn dir(&self) -> &Path {
        self.index.dir()
    }

    pub(super) fn catch_up(&self, truth: &Truth) -> Report {
        catch_up(&self.index, &Arc::new(Mutex::new(truth.clone()))).unwrap()
    }

    pub(super) fn search(&self, query: &str) -> TextResults {
        self.search_with(query, &Filter::default(), false)
    }

    pub(super) fn search_with(&self, query: &str, filter: &Filter, relax: bool) -> TextResults {
        let query = parse(query);
        let request = TextRequest { user: USER, query: &query, filter, without: &HashSet::new(), limit: 1000, relax };
        self.index.search(&request).unwrap()
    }

    /// The numbers of the entries found, in order.
    pub(super) fn found(&self, query: &str) -> Vec<u128> {
        numbers(&self.search(query))
    }
}

/// A query; its dates are those of a Wednesday.
pub(super) fn parse(text: &str) -> Query {
    Query::parse(text, NaiveDate::from_ymd_opt(2026, 11, 18).unwrap()).unwrap()
}

pub(super) fn numbers(results: &TextResults) -> Vec<u128> {
    results.hits.iter().map(|hit| hit.id.as_u128() - 1_000).collect()
}

/// Catches up with whatever the truth is at the moment of each snapshot.
pub(super) fn catch_up(index: &TextIndex, truth: &Arc<Mutex<Truth>>) -> Result<Report> {
    let snapshot = || -> Result<Box<dyn TextSource>> { Ok(Box::new(truth.lock().unwrap().clone())) };
    index.catch_up(&mut { snapshot }, LockWait::Forever, &mut |_| Ok(()))
}
