//! The rows, and the two orders in which they go: by expiry and by last use.

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, TableDefinition, WriteTransaction,
};

/// key → (expires at, last used, checksum and value)
const MAIN: TableDefinition<'_, &str, (u64, u64, &[u8])> = TableDefinition::new("main");
/// (expires at, key)
const BY_EXPIRY: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("by_expiry");
/// (last used, key)
const BY_USE: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("by_use");
/// What all rows together are counted as, under [`BYTES`].
const TOTALS: TableDefinition<'_, &str, u64> = TableDefinition::new("totals");
const BYTES: &str = "bytes";

/// A use is written down only when the last one noted is older than this: noting it is a write.
const USE_GRANULARITY: u64 = 24 * 60 * 60;
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
}

impl ReadTables {
    pub(super) fn open(transaction: &ReadTransaction) -> Result<ReadTables, redb::Error> {
        Ok(ReadTables { main: transaction.open_table(MAIN)?, totals: transaction.open_table(TOTALS)? })
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

    /// Whether there is a row under this key, expired or not.
    pub(super) fn holds(&self, key: &str) -> Result<bool, redb::Error> {
        Ok(self.main.get(key)?.is_some())
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
}

impl<'txn> Tables<'txn> {
    /// Opens the tables, creating those that are not there.
    pub(super) fn open(transaction: &'txn WriteTransaction) -> Result<Tables<'txn>, redb::Error> {
        Ok(Tables {
            main: transaction.open_table(MAIN)?,
            by_expiry: transaction.open_table(BY_EXPIRY)?,
            by_use: transaction.open_table(BY_USE)?,
            totals: transaction.open_table(TOTALS)?,
        })
    }

    /// Puts a value. One that alone passes the bound removes what was under its key, and is dropped.
    pub(super) fn put(
        &mut self,
        key: &str,
        expires: u64,
        now: u64,
        value: &[u8],
        max_bytes: u64,
    ) -> Result<(), redb::Error> {
        self.remove(key)?;
        let cost = cost(key, value.len() + SUM_LEN);
        if cost > max_bytes {
            return Ok(());
        }
        let stored = [&checksum(key, expires, value), value].concat();
        self.main.insert(key, (expires, now, stored.as_slice()))?;
        self.by_expiry.insert((expires, key), ())?;
        self.by_use.insert((now, key), ())?;
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
