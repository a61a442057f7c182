//! How values look in the database: see `migrations/sqlite/000_initial_schema`.

use crate::error::{Error, Kind, Result};
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use uuid::Uuid;

/// RFC 3339 in UTC with microseconds.
pub fn timestamp(instant: DateTime<Utc>) -> String {
    instant.trunc_subsecs(6).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

pub(super) fn read_timestamp(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).map_err(|_| odd("timestamp", text))
}

pub(super) fn read_date(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| odd("date", text))
}

pub(super) fn read_uuid(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| odd("id", text))
}

fn odd(what: &str, text: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the database holds '{text}' where a {what} should be"))
        .hint("run `journal doctor`")
}
