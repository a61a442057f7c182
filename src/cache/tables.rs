//! The rows, and the two orders in which they go: by expiry and by last use.

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, TableError,
    WriteTransaction,
};

use crate::cache::contents::{Contents, Entry, Key, Looks};
use crate::cache::{Namespace, Put};

/// key → (expires at, last used, checksum and value)
const MAIN: TableDefinition<'_, &str, (u64, u64, &[u8])> = TableDefinition::new("main");
/// (expires at, key)
const BY_EXPIRY: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("by_expiry");
/// (last used, key)
const BY_USE: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("by_use");
/// key → what a value was made from; it is of use only while that is what there is
const STAMPS: TableDefinition<'_, &str, &str> = TableDefinition::new("stamps");
/// What all rows together are counted as, under [`BYTES`], and how look-ups went, under [`HITS`] and
/// [`MISSES`] with the namespace.
const TOTALS: TableDefinition<'_, &str, u64> = TableDefinition::new("totals");
const BYTES: &str = "bytes";
const HITS: &str = "hits:";
const MISSES: &str = "misses:";

/// A use is noted only when the last one noted is older than this, in seconds: noting it is a write.
const USE_GRANULARITY: u64 = 60;
/// Expired rows removed in one transaction, at most. Ten thousand take about half a second.
const SWEEP_STEPS: usize = 1_000;
/// Rows evicted in one transaction, at most.
const EVICT_STEPS: usize = 10_000;
const SUM_LEN: usize = 4;
/// What the engine and the two orders add to a key, each time it is stored.
const KEY_OVERHEAD: u64 = 32;

/// What a look-up met.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No such key, or expired.
    Nothing,
    /// Bytes that are not those that were put.
    Damaged,
    /// The value, and whether its last use was noted so long ago that it should be noted again.
    Value { value: Vec<u8>, stale_use: bool },
}

/// The tables of a read transaction.
pub(super) struct ReadTables {
    main: ReadOnlyTable<&'static str, (u64, u64, &'static [u8])>,
    totals: ReadOnlyTable<&'static str, u64>,
    /// A cache of an older program has none.
    stamps: Option<ReadOnlyTable<&'static str, &'static str>>,
}

impl ReadTables {
    pub(super) fn open(transaction: &ReadTransaction) -> Result<ReadTables, redb::Error> {
        let stamps = match transaction.open_table(STAMPS) {
            Ok(stamps) => Some(stamps),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(ReadTables { main: transaction.open_table(MAIN)?, totals: transaction.open_table(TOTALS)?, stamps })
    }

    /// Looks a key up.
    pub(super) fn find(&self, key: &str, now: u64) -> Result<Found, redb::Error> {
        let Some(row) = self.main.get(key)? else { return Ok(Found::Nothing) };
        let (expires, used, stored) = row.value();
        let Some((sum, value)) = stored.split_at_checked(SUM_LEN) else { return Ok(Found::Damaged) };
        if sum != checksum(key, expires, value) {
            return Ok(Found::Damaged);
        }
        if expires <= now {
            return Ok(Found::Nothing);
        }
        let stale_use = used.saturating_add(USE_GRANULARITY) < now;
        Ok(Found::Value { value: value.to_vec(), stale_use })
    }

    /// Whether what all rows are counted as has passed half of the bound.
    pub(super) fn half_full(&self, max_bytes: u64) -> Result<bool, redb::Error> {
        Ok(self.counted()?.1 > max_bytes / 2)
    }

    /// Whether there is a row under this key, expired or not.
    pub(super) fn holds(&self, key: &str) -> Result<bool, redb::Error> {
        Ok(self.main.get(key)?.is_some())
    }

    /// What a value was made from, if that was said.
    pub(super) fn stamp(&self, key: &str) -> Result<Option<String>, redb::Error> {
        let Some(stamps) = &self.stamps else { return Ok(None) };
        Ok(stamps.get(key)?.map(|stamp| stamp.value().to_owned()))
    }

    /// A row with what is known of it, unless it is missing, expired or damaged.
    pub(super) fn entry(&self, key: &str, now: u64) -> Result<Option<Entry>, redb::Error> {
        let Found::Value { value, .. } = self.find(key, now)? else { return Ok(None) };
        let expires_at = self.main.get(key)?.map_or(now, |row| row.value().0);
        Ok(Some(Entry { value, expires_at, stamp: self.stamp(key)? }))
    }

    /// What there is in each namespace. Reads every row.
    pub(super) fn contents(&self, now: u64) -> Result<Vec<Contents>, redb::Error> {
        let mut contents: Vec<Contents> = Namespace::ALL.map(Contents::of).into();
        for row in self.main.iter()? {
            let (key, row) = row?;
            let (key, (expires, used, stored)) = (key.value(), row.value());
            let Some((namespace, _)) = Namespace::of_key(key) else { continue };
            if let Some(contents) = contents.iter_mut().find(|contents| contents.namespace == namespace) {
                contents.entries += 1;
                contents.expired += u64::from(expires <= now);
                contents.bytes += cost(key, stored.len());
                let put = expires.saturating_sub(namespace.ttl());
                contents.oldest = Some(contents.oldest.map_or(put, |oldest| oldest.min(put)));
                contents.last_used = contents.last_used.max(Some(used));
            }
        }
        for contents in &mut contents {
            let count = |what: &str| -> Result<u64, redb::Error> {
                let name = format!("{what}{}", contents.namespace.prefix());
                Ok(self.totals.get(name.as_str())?.map_or(0, |count| count.value()))
            };
            contents.looks = Looks { hits: count(HITS)?, misses: count(MISSES)? };
        }
        Ok(contents)
    }

    /// The keys of rows that have not expired, in their order. Reads every row.
    pub(super) fn keys(&self, now: u64) -> Result<Vec<Key>, redb::Error> {
        let mut keys = Vec::new();
        for row in self.main.iter()? {
            let (key, row) = row?;
            let (key, (expires_at, _, stored)) = (key.value(), row.value());
            if let Some((namespace, id)) = Namespace::of_key(key).filter(|_| expires_at > now) {
                let bytes = cost(key, stored.len());
                keys.push(Key { namespace, id: id.to_string(), bytes, expires_at });
            }
        }
        Ok(keys)
    }

    /// The number of rows, and what they are counted as.
    pub(super) fn counted(&self) -> Result<(u64, u64), redb::Error> {
        Ok((self.main.len()?, self.totals.get(BYTES)?.map_or(0, |bytes| bytes.value())))
    }
}

/// The tables of a write transaction.
pub(super) struct Tables<'txn> {
    main: Table<'txn, &'static str, (u64, u64, &'static [u8])>,
    by_expiry: Table<'txn, (u64, &'static str), ()>,
    by_use: Table<'txn, (u64, &'static str), ()>,
    totals: Table<'txn, &'static str, u64>,
    stamps: Table<'txn, &'static str, &'static str>,
}

impl<'txn> Tables<'txn> {
    /// Opens the tables, creating those that are not there.
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Tables<'txn>, redb::Error> {
        Ok(Tables {
            main: transaction.open_table(MAIN)?,
            by_expiry: transaction.open_table(BY_EXPIRY)?,
            by_use: transaction.open_table(BY_USE)?,
            totals: transaction.open_table(TOTALS)?,
            stamps: transaction.open_table(STAMPS)?,
        })
    }

    /// Puts a value. One that alone passes the bound removes what was under its key, and is dropped.
    pub(super) fn put(&mut self, put: &Put, now: u64, max_bytes: u64) -> Result<(), redb::Error> {
        let (key, value, expires) = (put.key.as_str(), put.value.as_slice(), now.saturating_add(put.ttl));
        self.remove(key)?;
        let cost = cost(key, value.len() + SUM_LEN);
        if cost > max_bytes {
            return Ok(());
        }
        let stored = [&checksum(key, expires, value), value].concat();
        self.main.insert(key, (expires, now, stored.as_slice()))?;
        self.by_expiry.insert((expires, key), ())?;
        self.by_use.insert((now, key), ())?;
        if let Some(stamp) = &put.stamp {
            self.stamps.insert(key, stamp.as_str())?;
        }
        let total = self.total()?.saturating_add(cost);
        self.totals.insert(BYTES, total)?;
        Ok(())
    }

    /// Fails unless the value just put under this key is found there. A flipped byte inside the file
    /// can put keys out of order, which nothing else notices: rows would then be lost or old ones
    /// come back.
    pub(super) fn check(&self, key: &str, value: &[u8], max_bytes: u64) -> Result<(), redb::Error> {
        if cost(key, value.len() + SUM_LEN) > max_bytes {
            return Ok(());
        }
        match self.main.get(key)? {
            Some(row) if row.value().2.get(SUM_LEN..) == Some(value) => Ok(()),
            _ => Err(redb::Error::Corrupted("a row is not found where it was put".to_owned())),
        }
    }

    /// Removes a row, if it is there.
    pub(super) fn remove(&mut self, key: &str) -> Result<(), redb::Error> {
        let Some((expires, used, len)) = self.take(key)? else { return Ok(()) };
        self.by_expiry.remove((expires, key))?;
        self.by_use.remove((used, key))?;
        self.stamps.remove(key)?;
        let total = self.total()?.saturating_sub(cost(key, len));
        self.totals.insert(BYTES, total)?;
        Ok(())
    }

    /// Takes a row out of the main table: when it expires, its last use, its stored length.
    fn take(&mut self, key: &str) -> Result<Option<(u64, u64, usize)>, redb::Error> {
        Ok(self.main.remove(key)?.map(|row| {
            let (expires, used, stored) = row.value();
            (expires, used, stored.len())
        }))
    }

    /// Removes every row of a namespace. Returns how many there were.
    pub(super) fn clear(&mut self, namespace: Namespace) -> Result<u64, redb::Error> {
        // The colon after the prefix, and what sorts right after it.
        let (from, to) = (format!("{}:", namespace.prefix()), format!("{};", namespace.prefix()));
        let mut keys = Vec::new();
        for row in self.main.range(from.as_str()..to.as_str())? {
            keys.push(row?.0.value().to_owned());
        }
        keys.iter().try_for_each(|key| self.remove(key))?;
        Ok(keys.len() as u64)
    }

    /// Whether no row is left.
    pub(super) fn is_empty(&self) -> Result<bool, redb::Error> {
        Ok(self.main.is_empty()?)
    }

    /// Adds to what is known of how look-ups go.
    pub(super) fn count(&mut self, namespace: Namespace, looks: Looks) -> Result<(), redb::Error> {
        for (what, more) in [(HITS, looks.hits), (MISSES, looks.misses)] {
            let name = format!("{what}{}", namespace.prefix());
            let before = self.totals.get(name.as_str())?.map_or(0, |count| count.value());
            if more > 0 {
                self.totals.insert(name.as_str(), before.saturating_add(more))?;
            }
        }
        Ok(())
    }

    /// Notes that a row was used, unless that was noted lately.
    pub(super) fn touch(&mut self, key: &str, now: u64) -> Result<(), redb::Error> {
        let (expires, used, stored) = match self.main.get(key)? {
            Some(row) => {
                let (expires, used, stored) = row.value();
                (expires, used, stored.to_vec())
            }
            None => return Ok(()),
        };
        if used.saturating_add(USE_GRANULARITY) < now {
            self.main.insert(key, (expires, now, stored.as_slice()))?;
            self.by_use.remove((used, key))?;
            self.by_use.insert((now, key), ())?;
        }
        Ok(())
    }

    /// Removes expired rows, earliest first, up to a number of them.
    pub(super) fn sweep(&mut self, now: u64) -> Result<(), redb::Error> {
        let mut expired = Vec::new();
        for row in self.by_expiry.range(..(now.saturating_add(1), ""))?.take(SWEEP_STEPS) {
            expired.push(row?.0.value().1.to_owned());
        }
        expired.iter().try_for_each(|key| self.remove(key))
    }

    /// Removes the rows that were not used for longest until the bound holds, up to a number of them.
    pub(super) fn evict(&mut self, max_bytes: u64) -> Result<(), redb::Error> {
        for _ in 0..EVICT_STEPS {
            if self.total()? <= max_bytes {
                break;
            }
            let Some(key) = self.by_use.first()?.map(|row| row.0.value().1.to_owned()) else { break };
            self.remove(&key)?;
        }
        Ok(())
    }

    fn total(&self) -> Result<u64, redb::Error> {
        Ok(self.totals.get(BYTES)?.map_or(0, |bytes| bytes.value()))
    }
}

/// What a row is counted as: about the room it takes in the file. Pages are 4 KiB and larger ones
/// powers of two, so a value of 3 KiB has a page of its own, and one of 5 KiB takes eight.
fn cost(key: &str, stored: usize) -> u64 {
    let key = key.len() as u64 + KEY_OVERHEAD;
    (key + stored as u64).next_power_of_two() + 2 * key
}

/// The engine does not notice a changed byte inside a value, so each value carries a checksum of
/// itself, its key and its expiry.
fn checksum(key: &str, expires: u64, value: &[u8]) -> [u8; SUM_LEN] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&expires.to_le_bytes());
    hasher.update(value);
    hasher.finalize().to_le_bytes()
}
