//! What statements cost, over all commands: each leaves a few lines when it ends.
//!
//! `statements.log` has one line for each statement of a command: calls, total and longest time in
//! microseconds, runs that scanned, rows they went through, text. A line is added by one write without
//! waiting for the disk; when the file has grown, its lines are added up. Lines that another command adds in
//! that moment are lost: these are figures, not the journal. Texts of statements hold no values, so no
//! word of the journal comes here.

use crate::error::{Error, Result};
use crate::store::Statement;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The size, in bytes, at which a file is added up or put aside.
const BOUND: u64 = 1024 * 1024;

/// How many statements are kept when lines are added up: those that took longest in all.
const KEPT: usize = 500;

/// The first line of `statements.log` up to the time since when costs are recorded.
const SINCE: &str = "# since ";

/// What has been recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Since when.
    pub since: Option<String>,
    /// Every statement once; those that took longest in all first.
    pub statements: Vec<Statement>,
}

/// Adds the costs of this command.
pub fn record(path: &Path, statements: &[Statement], now: DateTime<Utc>) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    // A line that was cut short by a full disk must not spoil the next.
    let mut text = if length == 0 { head(&seconds(now)) } else { "\n".to_string() };
    lines(&mut text, statements);
    file.write_all(text.as_bytes())?;
    if length > BOUND && file.try_lock().is_ok() {
        let recorded = read(path)?;
        let mut text = head(recorded.since.as_deref().unwrap_or_default());
        lines(&mut text, &recorded.statements[..recorded.statements.len().min(KEPT)]);
        replace(path, &text)?;
    }
    Ok(())
}

fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn head(since: &str) -> String {
    format!("{SINCE}{since}\n")
}

fn lines(text: &mut String, statements: &[Statement]) {
    for one in statements {
        let (total, max) = (one.total.as_micros(), one.max.as_micros());
        let _ = writeln!(text, "{}\t{total}\t{max}\t{}\t{}\t{}", one.calls, one.scans, one.scanned_rows, one.query);
    }
}

/// Whole or not at all, and without waiting for the disk.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Everything recorded, added up; a missing file is empty.
pub fn read(path: &Path) -> io::Result<Recorded> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Recorded::default()),
        Err(error) => return Err(error),
    };
    let mut found: HashMap<String, Statement> = HashMap::new();
    for line in text.lines() {
        let Some(one) = read_line(line) else { continue };
        match found.get_mut(&one.query) {
            Some(statement) => {
                statement.calls += one.calls;
                statement.total += one.total;
                statement.max = statement.max.max(one.max);
                statement.scans += one.scans;
                statement.scanned_rows += one.scanned_rows;
            }
            None => {
                found.insert(one.query.clone(), one);
            }
        }
    }
    let mut statements: Vec<Statement> = found.into_values().collect();
    statements.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| one.query.cmp(&other.query)));
    let since = text.lines().next().and_then(|line| line.strip_prefix(SINCE)).map(str::to_string);
    Ok(Recorded { since, statements })
}

fn read_line(line: &str) -> Option<Statement> {
    let mut fields = line.splitn(6, '\t');
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (calls, total, max, scans, scanned_rows) = (number()?, number()?, number()?, number()?, number()?);
    let query = fields.next()?.to_string();
    let (total, max) = (Duration::from_micros(total), Duration::from_micros(max));
    Some(Statement { query, calls, total, max, scans, scanned_rows })
}

/// Forgets what was recorded.
///
/// # Errors
/// When a file cannot be removed.
pub fn reset(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("cannot remove", path, error)),
        _ => Ok(()),
    }
}

/// Writes slow statements down, one JSON object a line; `plan` says how each is run. When the file has
/// grown it is put aside as `slow.log.1`.
pub fn record_slow(
    path: &Path,
    slow: &[&Statement],
    plan: impl Fn(&str) -> Option<Vec<String>>,
    now: DateTime<Utc>,
) -> io::Result<()> {
    if path.metadata().is_ok_and(|file| file.len() > BOUND) {
        fs::rename(path, put_aside(path))?;
    }
    let mut text = String::new();
    for one in slow {
        let line = json!({
            "at": seconds(now), "query": one.query, "calls": one.calls, "max_time": milliseconds(one.max),
            "total_time": milliseconds(one.total), "plan": plan(&one.query),
        });
        let _ = writeln!(text, "{line}");
    }
    let mut file: File = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn put_aside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.1", path.display()))
}

/// A time in milliseconds, to the microsecond.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn statement(query: &str, micros: u64) -> Statement {
        let time = Duration::from_micros(micros);
        Statement { query: query.into(), calls: 1, total: time, max: time, scans: 1, scanned_rows: 10 }
    }

    #[test]
    fn lines_add_up_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statements.log");
        let now = DateTime::UNIX_EPOCH;
        let long = "SELECT ".to_string() + &"x, ".repeat(100);
        let some: Vec<Statement> = (0..100).map(|number| statement(&format!("{long}{number}"), 100 + number)).collect();
        for _ in 0..100 {
            record(&path, &some, now).unwrap();
        }
        assert!(path.metadata().unwrap().len() < BOUND + 100_000);
        let recorded = read(&path).unwrap();
        assert_eq!(recorded.since.as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(recorded.statements.len(), 100);
        let first = &recorded.statements[0];
        assert_eq!((first.calls, first.scans, first.scanned_rows), (100, 100, 1000));
        assert_eq!((first.max.as_micros(), first.total.as_micros()), (199, 19_900));

        // A torn line, and one of another program.
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(b"12\t34\nhello\n1\t2\t3");
        fs::write(&path, text).unwrap();
        record(&path, &[statement("SELECT 1", 5)], now).unwrap();
        assert_eq!(read(&path).unwrap().statements.len(), 101);
    }

    #[test]
    fn the_slow_log_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slow.log");
        let slow = statement(&"x".repeat(600_000), 5_000_000);
        for _ in 0..3 {
            record_slow(&path, &[&slow], |_| Some(vec!["SCAN x".into()]), DateTime::UNIX_EPOCH).unwrap();
        }
        assert!(put_aside(&path).exists());
        let line: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(line["max_time"], 5000.0);
        assert_eq!(line["plan"][0], "SCAN x");
    }
}
