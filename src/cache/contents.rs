//! What the cache is known to hold: for those who look after it.

use crate::cache::Namespace;

/// How look-ups went. A command that writes nothing leaves no trace, so these are at least so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// Something was found.
    pub hits: u64,
    /// Nothing was found, or nothing that could be used.
    pub misses: u64,
}

/// What there is in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The namespace.
    pub namespace: Namespace,
    /// Entries, expired ones not yet swept included.
    pub entries: u64,
    /// Those that have expired: nobody sees them any more.
    pub expired: u64,
    /// What the entries are counted as, in bytes.
    pub bytes: u64,
    /// When the oldest was put, in seconds since 1970.
    pub oldest: Option<u64>,
    /// The last use that was noted, in seconds since 1970; putting is a use.
    pub last_used: Option<u64>,
    /// How look-ups went.
    pub looks: Looks,
}

impl Contents {
    pub(super) fn of(namespace: Namespace) -> Contents {
        Contents { namespace, entries: 0, expired: 0, bytes: 0, oldest: None, last_used: None, looks: Looks::default() }
    }
}

/// An entry with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Vec<u8>,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
    /// What it was made from, if that was said: see [`crate::cache::Put::made_from`].
    pub stamp: Option<String>,
}

/// A key that something is kept under, and what is known of it without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The namespace.
    pub namespace: Namespace,
    /// The rest of the key.
    pub id: String,
    /// What the entry is counted as, in bytes.
    pub bytes: u64,
    /// When it expires, in seconds since 1970.
    pub expires_at: u64,
}
