//! The cache: results that can be had again, kept for a while so that they need not be.
//!
//! It may vanish at any time, and nothing it does is ever an error to the user. A look-up that
//! fails in any way is a miss. All writes of a command are made in one transaction at its end;
//! when that fails, or panics, the file is deleted and the cache starts empty, once, and the
//! caller is told by a [`Health`] that it may pass on or drop.
//!
//! Time comes in as an argument, in seconds since 1970; there is no clock here.
//!
//! Reading order: [`Namespace`] (what is kept, under which key, for how long), [`Cache`],
//! `tables` (rows, expiry, eviction), `contents` (what is known of what is held), `file` (creating, locking, starting over), `guard` (panics).

mod contents;
mod file;
mod guard;
mod namespace;
mod tables;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use contents::{Contents, Entry, Key, Looks};
use file::CacheFile;
pub use namespace::{Namespace, text_hash};
use tables::{Found, ReadTables, Tables};

/// The size bound in bytes when the configuration names none: 256 MiB.
pub const DEFAULT_MAX_BYTES: u64 = 256 << 20;

/// How an operation on the cache went. Never a failure of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Health {
    /// As it should.
    Good,
    /// Nothing was written, for this reason; what was there is still there.
    Skipped(String),
    /// The cache was damaged, for this reason; it was deleted, and holds only what was just put.
    Restarted(String),
}

impl Health {
    /// What to tell the user who asked for details. `None` when there is nothing to tell.
    pub fn note(&self) -> Option<String> {
        match self {
            Health::Good => None,
            Health::Skipped(why) => Some(format!("the cache was not written: {why}")),
            Health::Restarted(why) => Some(format!("the cache was started anew: {why}")),
        }
    }
}

/// A value to keep, its key, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    key: String,
    ttl: u64,
    value: Vec<u8>,
    stamp: Option<String>,
}

impl Put {
    /// Bytes as they are.
    pub fn bytes(namespace: Namespace, id: &str, value: Vec<u8>) -> Put {
        Put { key: namespace.key(id), ttl: namespace.ttl(), value, stamp: None }
    }

    /// Says what the value was made from, in words of the caller's, such as the position in the change
    /// log: kept beside the value, which stays what a client of the deployment expects.
    /// [`Cache::get_made_from`] gives it only while that is still so.
    pub fn made_from(mut self, stamp: impl Into<String>) -> Put {
        self.stamp = Some(stamp.into());
        self
    }

    /// A value as JSON. `None` if it has no JSON form, such as a map with keys that are not text.
    pub fn json(namespace: Namespace, id: &str, value: &impl Serialize) -> Option<Put> {
        serde_json::to_vec(value).ok().map(|value| Put::bytes(namespace, id, value))
    }

    /// A text's vector, as little-endian f32 numbers, under [`Namespace::ModelsEmbeddings`].
    pub fn vector(text_hash: &str, vector: &[f32]) -> Put {
        let value = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
        Put::bytes(Namespace::ModelsEmbeddings, text_hash, value)
    }
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Entries, expired ones not yet swept included.
    pub entries: u64,
    /// What they are counted as, in bytes: this is what the size bound limits.
    pub bytes: u64,
    /// The length of the file in bytes.
    pub file_bytes: u64,
}

/// The cache in one file. Making one touches nothing on disk; many processes may use one file.
#[derive(Debug)]
pub struct Cache {
    file: CacheFile,
    max_bytes: u64,
    /// Keys that were read, and whose last noted use is some time ago.
    touched: Mutex<BTreeSet<String>>,
    /// Whether a read found more than half of the bound taken: then it matters which were used last.
    half_full: AtomicBool,
    /// How look-ups went, to be added up with the next write.
    looks: Mutex<BTreeMap<Namespace, Looks>>,
    /// Whether a read met damage, so that the next write starts anew.
    damaged: AtomicBool,
}

impl Cache {
    /// The cache in this file, created with its folder when first written, holding at most about
    /// `max_bytes`.
    pub fn new(path: impl Into<PathBuf>, max_bytes: u64) -> Cache {
        Cache {
            file: CacheFile::new(path.into()),
            max_bytes,
            touched: Mutex::default(),
            half_full: AtomicBool::new(false),
            looks: Mutex::default(),
            damaged: AtomicBool::new(false),
        }
    }

    /// The value under a key, unless it is missing or expired or cannot be read.
    pub fn get(&self, namespace: Namespace, id: &str, now: u64) -> Option<Vec<u8>> {
        self.get_many(namespace, &[id], now).pop().flatten()
    }

    /// The values under several keys, one for each id in its place, read at one moment.
    pub fn get_many<I: AsRef<str>>(&self, namespace: Namespace, ids: &[I], now: u64) -> Vec<Option<Vec<u8>>> {
        let keys: Vec<String> = ids.iter().map(|id| namespace.key(id.as_ref())).collect();
        let read = self.read(|tables| {
            if tables.half_full(self.max_bytes)? {
                self.half_full.store(true, Ordering::Relaxed);
            }
            keys.iter().map(|key| tables.find(key, now)).collect::<Result<Vec<_>, _>>()
        });
        let values: Vec<Option<Vec<u8>>> = match read {
            Some(found) => keys.into_iter().zip(found).map(|(key, found)| self.hit(key, found)).collect(),
            None => vec![None; keys.len()],
        };
        let hits = values.iter().filter(|value| value.is_some()).count();
        self.looked(namespace, hits, values.len() - hits);
        values
    }

    /// The JSON value under a key that was made from this, as [`Put::made_from`] said; one that was
    /// made from anything else is a miss.
    pub fn get_made_from<T: DeserializeOwned>(
        &self,
        namespace: Namespace,
        id: &str,
        stamp: &str,
        now: u64,
    ) -> Option<T> {
        let key = namespace.key(id);
        let found = self.read(|tables| {
            let is_so = tables.stamp(&key)?.as_deref() == Some(stamp);
            Ok(if is_so { tables.find(&key, now)? } else { Found::Nothing })
        });
        let value = found.and_then(|found| serde_json::from_slice(&self.hit(key, found)?).ok());
        self.looked(namespace, usize::from(value.is_some()), usize::from(value.is_none()));
        value
    }

    /// An entry with what is known of it, whatever it was made from. Not counted as a use.
    pub fn entry(&self, namespace: Namespace, id: &str, now: u64) -> Option<Entry> {
        self.read(|tables| tables.entry(&namespace.key(id), now)).flatten()
    }

    /// Reads; one that fails is as good as a cache that is not there.
    fn read<T>(&self, work: impl FnOnce(&ReadTables) -> Result<T, redb::Error>) -> Option<T> {
        self.file.read(work).unwrap_or_else(|_| {
            self.damaged.store(true, Ordering::Relaxed);
            None
        })
    }

    fn looked(&self, namespace: Namespace, hits: usize, misses: usize) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = looks.entry(namespace).or_default();
        looks.hits += hits as u64;
        looks.misses += misses as u64;
    }

    /// The JSON value under a key, unless it is missing, expired, unreadable or of another shape.
    pub fn get_json<T: DeserializeOwned>(&self, namespace: Namespace, id: &str, now: u64) -> Option<T> {
        serde_json::from_slice(&self.get(namespace, id, now)?).ok()
    }

    /// The vectors of several texts by [`text_hash`], one for each in its place. One that has not
    /// `dims` finite numbers is a miss.
    pub fn get_vectors<I: AsRef<str>>(&self, text_hashes: &[I], dims: usize, now: u64) -> Vec<Option<Vec<f32>>> {
        let values = self.get_many(Namespace::ModelsEmbeddings, text_hashes, now);
        values.into_iter().map(|value| vector(&value?, dims)).collect()
    }

    fn hit(&self, key: String, found: Found) -> Option<Vec<u8>> {
        match found {
            Found::Nothing => None,
            Found::Damaged => {
                self.damaged.store(true, Ordering::Relaxed);
                None
            }
            Found::Value { value, stale_use } => {
                if stale_use {
                    self.touched.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
                }
                Some(value)
            }
        }
    }

    /// Keeps these values, replacing older ones under the same keys; of two with one key the last
    /// counts. In the same transaction some expired entries are removed and, while the size bound
    /// is passed, those that were not used for longest. A value larger than the bound is dropped.
    ///
    /// Meant to be called once, at the end of a command. With nothing to put it does nothing, unless
    /// more than half of the bound is taken: then what was read is noted as used, for it may soon
    /// matter which entries go.
    pub fn put_many(&self, puts: &[Put], now: u64) -> Health {
        self.change(&[], puts, now)
    }

    /// Like [`Cache::put_many`]; in the same transaction these entries are removed before.
    pub fn change(&self, removed: &[(Namespace, &str)], puts: &[Put], now: u64) -> Health {
        let mut touched = std::mem::take(&mut *self.touched.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.half_full.load(Ordering::Relaxed) {
            touched.clear();
        }
        if removed.is_empty() && puts.is_empty() && touched.is_empty() {
            return Health::Good;
        }
        let looks = std::mem::take(&mut *self.looks.lock().unwrap_or_else(PoisonError::into_inner));
        self.write(&|tables| {
            looks.iter().try_for_each(|(namespace, looks)| tables.count(*namespace, *looks))?;
            for key in &touched {
                tables.touch(key, now)?;
            }
            removed.iter().try_for_each(|(namespace, id)| tables.remove(&namespace.key(id)))?;
            for put in puts {
                tables.put(put, now, self.max_bytes)?;
            }
            let mut last = BTreeMap::new();
            last.extend(puts.iter().map(|put| (put.key.as_str(), put)));
            for put in last.into_values() {
                tables.check(&put.key, &put.value, self.max_bytes)?;
            }
            tables.sweep(now)?;
            tables.evict(self.max_bytes)
        })
    }

    /// Removes what is kept about a user: profile, analytics and topic suggestions.
    pub fn invalidate_user(&self, user_id: &str) -> Health {
        let keys = Namespace::OF_A_USER.map(|namespace| namespace.key(user_id));
        self.remove(&keys)
    }

    /// Removes one entry, if it is there.
    pub fn invalidate(&self, namespace: Namespace, id: &str) -> Health {
        self.remove(&[namespace.key(id)])
    }

    fn remove(&self, keys: &[String]) -> Health {
        if !self.file.exists() {
            return Health::Good;
        }
        // Most of the time there is nothing to remove, and a look costs no flush to the disk.
        let there = self.file.read(|tables| {
            let mut there = false;
            for key in keys {
                there |= tables.holds(key)?;
            }
            Ok(there)
        });
        if let Ok(Some(false)) = there {
            return Health::Good;
        }
        self.write(&|tables| keys.iter().try_for_each(|key| tables.remove(key)))
    }

    /// Removes what is kept in these namespaces. Gives how many entries of each there were.
    pub fn clear_namespaces(&self, namespaces: &[Namespace]) -> (Health, Vec<(Namespace, u64)>) {
        if !self.file.exists() {
            return (Health::Good, namespaces.iter().map(|namespace| (*namespace, 0)).collect());
        }
        let cleared = Mutex::new(Vec::new());
        let left = AtomicBool::new(true);
        let health = self.write(&|tables| {
            let mut counts = Vec::new();
            for namespace in namespaces {
                counts.push((*namespace, tables.clear(*namespace)?));
            }
            left.store(!tables.is_empty()?, Ordering::Relaxed);
            *cleared.lock().unwrap_or_else(PoisonError::into_inner) = counts;
            Ok(())
        });
        let cleared = cleared.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The engine gives no space back by itself.
        if health == Health::Good && !left.into_inner() {
            return (self.file.delete_empty(), cleared);
        }
        (health, cleared)
    }

    /// What there is in each namespace; nothing when it cannot be read. Reads the whole file.
    pub fn contents(&self, now: u64) -> Vec<Contents> {
        self.read(|tables| tables.contents(now)).unwrap_or_else(|| Namespace::ALL.map(Contents::of).into())
    }

    /// What something is kept under, in the order of the keys; nothing when it cannot be read. Reads the whole
    /// file.
    pub fn keys(&self, now: u64) -> Vec<Key> {
        self.read(|tables| tables.keys(now)).unwrap_or_default()
    }

    /// The size bound, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Removes everything.
    pub fn clear(&self) -> Health {
        self.file.delete()
    }

    /// What the cache holds; nothing when it cannot be read.
    pub fn usage(&self) -> Usage {
        let counted = self.file.read(|tables| tables.counted()).ok().flatten();
        let (entries, bytes) = counted.unwrap_or_default();
        Usage { entries, bytes, file_bytes: self.file.len() }
    }

    fn write(&self, work: &dyn Fn(&mut Tables<'_>) -> Result<(), redb::Error>) -> Health {
        self.file.write(self.damaged.swap(false, Ordering::Relaxed), self.max_bytes, work)
    }
}

/// Bytes as a vector of so many finite numbers.
fn vector(bytes: &[u8], dims: usize) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    let vector: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    (rest.is_empty() && vector.len() == dims && vector.iter().all(|number| number.is_finite())).then_some(vector)
}
