//! The statistics: a projection inside the database that follows the change log.
//!
//! `user_days` has a row for each user and day with entries. Catching up counts exactly the days that
//! rows of the log name: the day an entry was on before, from the image, and the day it is on now. A
//! day is counted from its entries, never added to, so that doing it twice changes nothing. The
//! position is written in the same transaction.

use super::connection::wait_a_little;
use super::filtering::conditions;
use super::value::{read_date, read_timestamp};
use super::{Store, log};
use crate::error::{Error, Kind, Result};
use crate::journal::day::{Day, hour_of_writing};
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::mood::Mood;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The projection's name in `projection_state` and `projection_positions`.
const NAME: &str = "user_statistics";

/// The `user_id` under which entries of nobody are counted.
const NOBODY: &str = "";

/// So many rows of the log are followed without asking whether counting everything is quicker.
const FEW: i64 = 20_000;

/// What of an entry is counted.
const COUNTED: &str = "SELECT e.entry_date, e.word_count, e.mood_score, d.written_at, d.time_zone, e.user_id
    FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id";

/// The days that rows of the log after a position name. The joins begin at the log, whatever the
/// planner believes.
const TOUCHED: &str = "SELECT json_extract(before, '$.user_id'), json_extract(before, '$.entry_date')
        FROM change_log WHERE seq > ?1 AND +table_name = 'journal_entries' AND before IS NOT NULL
    UNION
    SELECT e.user_id, e.entry_date FROM change_log c CROSS JOIN journal_entries e ON e.id = c.row_id
        WHERE c.seq > ?1 AND +c.table_name IN ('journal_entries', 'entry_details')";

/// A day of a user. Entries of nobody are counted too, as the architecture's view does.
type Key = (Option<String>, String);

/// Everything that is counted of a user's entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// The days with entries, oldest first.
    pub days: Vec<Day>,
    /// Topics by the number of entries they are attached to, most first.
    pub topics: Vec<(String, u64)>,
    /// Closed sessions: how many, and how long they were together.
    pub sessions: (u64, TimeDelta),
}

impl Store {
    /// Counts the entries of a user that pass the filter, their most used topics, and the sessions
    /// that began between two instants.
    ///
    /// Days come from the projection, which is brought up to date first; where the filter asks for more
    /// than days, or nothing can be written, the entries themselves are counted.
    pub fn counts(
        &mut self,
        user: Uuid,
        filter: &Filter,
        topics: usize,
        sessions: [Option<DateTime<Utc>>; 2],
    ) -> Result<Counts> {
        let projected = filter.is_by_day() && self.catch_up_statistics()?;
        let snapshot = self.connection.unchecked_transaction()?;
        Ok(Counts {
            days: if projected { kept(&snapshot, user, filter)? } else { counted(&snapshot, user, filter)? },
            topics: most_used(&snapshot, user, filter, topics)?,
            sessions: time_in_sessions(&snapshot, user, sessions)?,
        })
    }

    /// Brings the statistics up to date. False when they cannot be: the journal is read-only, locked or
    /// the disk is full.
    pub fn catch_up_statistics(&mut self) -> Result<bool> {
        if stands(&self.connection)? == Some(log::head(&self.connection)?) {
            return Ok(true);
        }
        // Whoever imports for a minute is not waited for.
        self.connection.busy_handler(Some(wait_briefly))?;
        let outcome = self.write(None, |connection| Ok((follow(connection)?, String::new())));
        self.connection.busy_handler(Some(wait_a_little))?;
        match outcome {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == Kind::Corrupt => Err(error),
            // A projection never stops the journal.
            Err(_) => Ok(false),
        }
    }

    /// Counts all days from nothing. Returns how many there are.
    pub fn rebuild_statistics(&mut self) -> Result<u64> {
        self.write(None, |connection| {
            rebuild(connection)?;
            let days = connection.query_row("SELECT count(*) FROM user_days", [], |row| row.get(0))?;
            Ok((days, String::new()))
        })
    }

    /// How many days are kept otherwise than their entries say; `None` when the statistics are behind
    /// the log, and nothing is wrong with that.
    pub fn verify_statistics(&self) -> Result<Option<u64>> {
        let snapshot = self.connection.unchecked_transaction()?;
        if stands(&snapshot)? != Some(log::head(&snapshot)?) {
            return Ok(None);
        }
        let is = all_kept(&snapshot)?;
        let should = count_all(&snapshot)?;
        let differing = should.iter().filter(|(key, day)| is.get(*key) != Some(day)).count()
            + is.keys().filter(|key| !should.contains_key(*key)).count();
        Ok(Some(differing as u64))
    }
}

/// Waits at most some 200 ms in all for the lock.
fn wait_briefly(tries: i32) -> bool {
    tries < 100 && wait_a_little(tries)
}

/// Where the statistics stand, when they can go on from there.
fn stands(connection: &Connection) -> Result<Option<Position>> {
    let position = connection
        .prepare_cached("SELECT seq, nonce FROM projection_positions WHERE name = ?1")?
        .query_row([NAME], |row| Ok(Position { seq: row.get(0)?, nonce: row.get(1)? }))
        .optional()?;
    match position {
        Some(position) if log::holds(connection, NAME, position)? => Ok(Some(position)),
        _ => Ok(None),
    }
}

/// Brings the days up to the last row of the log, in a transaction of the caller.
fn follow(connection: &Connection) -> Result<()> {
    let Some(position) = stands(connection)? else { return rebuild(connection) };
    let rows = log::head(connection)?.seq - position.seq;
    // A row of the log costs some four times an entry: 100,000 of them took 0.96 s to follow, and as many
    // entries 0.24 s to count. After an import there are five rows for each.
    let entries = || connection.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get::<_, i64>(0));
    if rows > FEW && rows > entries()? / 4 {
        return rebuild(connection);
    }
    for (user, date) in touched(connection, position.seq)? {
        recount(connection, user.as_deref(), &date)?;
    }
    move_to_head(connection)
}

fn touched(connection: &Connection, after: i64) -> Result<Vec<Key>> {
    let mut statement = connection.prepare_cached(TOUCHED)?;
    let keys = statement.query_map([after], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

fn recount(connection: &Connection, user: Option<&str>, date: &str) -> Result<()> {
    let mut day = Day::new(read_date(date)?);
    let mut statement = connection.prepare_cached(&format!("{COUNTED} WHERE e.user_id IS ?1 AND e.entry_date = ?2"))?;
    let mut rows = statement.query((user, date))?;
    while let Some(row) = rows.next()? {
        add(&mut day, row)?;
    }
    connection
        .prepare_cached("DELETE FROM user_days WHERE user_id = ?1 AND entry_date = ?2")?
        .execute((user.unwrap_or(NOBODY), date))?;
    if day.entries > 0 {
        keep(connection, user, &day)?;
    }
    Ok(())
}

fn rebuild(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM user_days", [])?;
    for ((user, _), day) in count_all(connection)? {
        keep(connection, user.as_deref(), &day)?;
    }
    move_to_head(connection)
}

fn move_to_head(connection: &Connection) -> Result<()> {
    let head = log::head(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO projection_positions(name, seq, nonce) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET seq = excluded.seq, nonce = excluded.nonce",
        )?
        .execute((NAME, head.seq, head.nonce))?;
    Ok(())
}

fn keep(connection: &Connection, user: Option<&str>, day: &Day) -> Result<()> {
    let hours: Vec<String> = day.hours.iter().map(i64::to_string).collect();
    connection
        .prepare_cached(
            "INSERT INTO user_days(user_id, entry_date, entries, words, mood_count, mood_sum, hours)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            user.unwrap_or(NOBODY),
            day.date.to_string(),
            day.entries,
            day.words,
            day.mood_count,
            day.mood_sum,
            format!("[{}]", hours.join(",")),
        ))?;
    Ok(())
}

/// Every day of everybody, from the entries.
fn count_all(connection: &Connection) -> Result<BTreeMap<Key, Day>> {
    let mut days = BTreeMap::new();
    let mut statement = connection.prepare(COUNTED)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let date: String = row.get(0)?;
        let first = Day::new(read_date(&date)?);
        add(days.entry((row.get(5)?, date)).or_insert(first), row)?;
    }
    Ok(days)
}

/// The days of a user whose entries pass the filter, from the entries.
fn counted(connection: &Connection, user: Uuid, filter: &Filter) -> Result<Vec<Day>> {
    let (clauses, values) = conditions(connection, user, filter)?;
    let mut statement = connection.prepare(&format!("{COUNTED} WHERE {}", clauses.join(" AND ")))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let date = read_date(&row.get::<_, String>(0)?)?;
        add(days.entry(date).or_insert(Day::new(date)), row)?;
    }
    Ok(days.into_values().collect())
}

/// Counts the entry of a row of [`COUNTED`].
fn add(day: &mut Day, row: &Row) -> Result<()> {
    let text = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    // Two digits, as the schema sees to.
    let mood = row.get::<_, Option<f64>>(2)?.and_then(|score| Mood::from_hundredths((score * 100.0).round() as i64));
    let hour = match (text(3)?, text(4)?.and_then(|zone| zone.parse().ok())) {
        (Some(at), Some(zone)) => hour_of_writing(day.date, read_timestamp(at)?, zone),
        _ => None,
    };
    day.count(row.get::<_, Option<i64>>(1)?.unwrap_or(0), mood, hour);
    Ok(())
}

/// The days of a user as they are kept.
fn kept(connection: &Connection, user: Uuid, filter: &Filter) -> Result<Vec<Day>> {
    let mut statement = connection.prepare_cached(
        "SELECT entry_date, entries, words, mood_count, mood_sum, hours FROM user_days
         WHERE user_id = ?1 AND entry_date BETWEEN ?2 AND ?3 ORDER BY entry_date",
    )?;
    let since = filter.since.map_or("0000-01-01".to_string(), |date| date.to_string());
    let until = filter.until.map_or("9999-12-31".to_string(), |date| date.to_string());
    let mut rows = statement.query((user.to_string(), since, until))?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        days.push(kept_day(row)?);
    }
    Ok(days)
}

fn all_kept(connection: &Connection) -> Result<BTreeMap<Key, Day>> {
    let mut statement = connection.prepare(
        "SELECT entry_date, entries, words, mood_count, mood_sum, hours, nullif(user_id, '') FROM user_days",
    )?;
    let mut rows = statement.query([])?;
    let mut days = BTreeMap::new();
    while let Some(row) = rows.next()? {
        days.insert((row.get(6)?, row.get(0)?), kept_day(row)?);
    }
    Ok(days)
}

fn kept_day(row: &Row) -> Result<Day> {
    let text = row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?;
    let hours = read_hours(text).ok_or_else(|| {
        Error::new(Kind::Corrupt, format!("the statistics hold '{text}' where hours should be"))
            .hint("`journal reindex statistics` counts everything again")
    })?;
    Ok(Day {
        date: read_date(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
        entries: row.get(1)?,
        words: row.get(2)?,
        mood_count: row.get(3)?,
        mood_sum: row.get(4)?,
        hours,
    })
}

/// Reads an array of 24 whole numbers. There are thousands of them, so it is done by hand.
fn read_hours(text: &str) -> Option<[i64; 24]> {
    let mut hours = [0i64; 24];
    let mut hour = 0;
    for byte in text.strip_prefix('[')?.strip_suffix(']')?.bytes() {
        match byte {
            b',' => hour += 1,
            b' ' => {}
            digit => {
                let digit = i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
                let count = hours.get_mut(hour)?;
                *count = count.checked_mul(10)?.checked_add(digit)?;
            }
        }
    }
    (hour == 23).then_some(hours)
}

/// Topics by name: a system topic and one's own of the same name are one.
fn most_used(connection: &Connection, user: Uuid, filter: &Filter, limit: usize) -> Result<Vec<(String, u64)>> {
    let one_user: bool = connection.query_row("SELECT count(*) <= 1 FROM users", [], |row| row.get(0))?;
    let (sql, values) = if one_user && filter.is_open() {
        // All attachments are this user's, so the index alone answers.
        let sql = "SELECT t.name, (SELECT count(*) FROM entry_topics et WHERE et.topic_id = t.id) FROM topics t";
        (sql.to_string(), Vec::new())
    } else {
        let (clauses, values) = conditions(connection, user, filter)?;
        let sql = format!(
            "SELECT t.name, count(*) FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id
             JOIN entry_topics et ON et.entry_id = e.id JOIN topics t ON t.id = et.topic_id
             WHERE {} GROUP BY t.id",
            clauses.join(" AND ")
        );
        (sql, values)
    };
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut named: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        *named.entry(row.get(0)?).or_default() += row.get::<_, u64>(1)?;
    }
    let mut topics: Vec<(String, u64)> = named.into_iter().filter(|(_, entries)| *entries > 0).collect();
    // The sort keeps names with the same count in order.
    topics.sort_by_key(|(_, entries)| std::cmp::Reverse(*entries));
    topics.truncate(limit);
    Ok(topics)
}

fn time_in_sessions(
    connection: &Connection,
    user: Uuid,
    [since, until]: [Option<DateTime<Utc>>; 2],
) -> Result<(u64, TimeDelta)> {
    let mut statement = connection.prepare_cached(
        "SELECT session_start, session_end FROM user_sessions
         WHERE user_id = ?1 AND session_start IS NOT NULL AND session_end IS NOT NULL",
    )?;
    let mut rows = statement.query([user.to_string()])?;
    let (mut count, mut time) = (0, TimeDelta::zero());
    while let Some(row) = rows.next()? {
        let start = read_timestamp(&row.get::<_, String>(0)?)?;
        let end = read_timestamp(&row.get::<_, String>(1)?)?;
        if since.is_none_or(|since| start >= since) && until.is_none_or(|until| start < until) {
            count += 1;
            time += end - start;
        }
    }
    Ok((count, time))
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
