//! Where a projection stands in the change log.

/// A row of the change log, by number and by the random value written beside it.
///
/// The number alone is not enough: after an older copy of the database is put back, the same
/// numbers come again with other contents. A projection whose row is gone or bears another nonce
/// rebuilds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Position {
    /// `change_log.seq`; 0 stands before the first row.
    pub seq: i64,
    /// `change_log.nonce` of that row; 0 when `seq` is 0.
    pub nonce: i64,
}

impl Position {
    /// Before the first row of the log.
    pub const START: Position = Position { seq: 0, nonce: 0 };
}
