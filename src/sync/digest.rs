//! Which parts of a table are not the same here and there, told by sums: a part whose rows have the same sum of
//! hashes on both sides need not be looked at. What crosses the line is a sum for each part instead of every row.
//!
//! The parts are cut by the end of the first id of the key, where ids are random whoever made them. The hash is
//! PostgreSQL's own, 64 bits of Bob Jenkins' lookup3. Where a server writes a value in another way than expected,
//! the sums differ and the rows themselves are compared: that costs time and is never wrong.

use super::postgres::explain;
use super::rows::{place, readable};
use super::session::{Doing, Progress, Watcher};
use crate::error::{Error, Result};
use crate::store::{ColumnType, REPLICATED, Snapshot, Table, Values};
use postgres::Transaction;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// How many rows are read here between two looks at whether somebody wants it to end.
const BATCH: usize = 5000;

/// Up to so many entries there are 16 parts of a table, up to so many 256, and beyond 4,096.
const FEW_ENTRIES: u64 = 500;
const MANY_ENTRIES: u64 = 50_000;

/// What stands for no value, and what stands between two: characters that no journal is written with.
const NULL: &str = "\u{1}";
const BETWEEN: &str = "\u{1f}";

/// How many rows a part has, and the sum of their hashes.
type Sums = HashMap<String, (i64, i128)>;

/// What of a table is to be compared row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parts {
    /// All there is.
    All,
    /// The parts whose ids end so.
    Ending(BTreeSet<String>),
    /// Nothing: what is here was never there.
    OnlyHere,
    /// Nothing: what is there was never here.
    OnlyThere,
}

impl Parts {
    /// How the ids of the rows end that are to be compared; nothing when all are.
    pub(super) fn endings(&self) -> Option<Vec<&str>> {
        match self {
            Parts::Ending(endings) => Some(endings.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}

/// For each of the replicated tables, the parts that differ. The server adds while we do.
pub(super) fn differing(
    transaction: &mut Transaction<'_>,
    here: &Snapshot,
    users: &[Uuid],
    watcher: &mut Watcher,
) -> Result<Vec<Parts>> {
    let mut found = Vec::with_capacity(REPLICATED.len());
    for (table, (some_there, gone_there)) in REPLICATED.into_iter().zip(has_some(transaction, users)?) {
        let (some_here, gone_here) = here.has_some(table, users)?;
        found.push(match (some_here, some_there) {
            (false, false) => Some(Parts::Ending(BTreeSet::new())),
            (true, false) => Some(if gone_there { Parts::All } else { Parts::OnlyHere }),
            (false, true) => Some(if gone_here { Parts::All } else { Parts::OnlyThere }),
            (true, true) => None,
        });
    }
    let both: Vec<&'static Table> =
        REPLICATED.into_iter().zip(&found).filter(|(_, parts)| parts.is_none()).map(|(table, _)| table).collect();
    let mut summed = compare_sums(transaction, here, &both, users, watcher)?.into_iter();
    Ok(found.into_iter().filter_map(|parts| parts.or_else(|| summed.next())).collect())
}

/// Of each table, whether the server has rows of these users, and whether one was ever deleted.
fn has_some(transaction: &mut Transaction<'_>, users: &[Uuid]) -> Result<Vec<(bool, bool)>> {
    let asked = REPLICATED.iter().map(|table| {
        format!(
            "EXISTS (SELECT FROM {} t WHERE {}),
             EXISTS (SELECT FROM journal_cli.tombstones WHERE table_name = '{}')",
            place(table),
            readable(table, "$1"),
            table.name
        )
    });
    let sql = format!("SELECT {}", asked.collect::<Vec<_>>().join(", "));
    let row = transaction.query_one(&sql, &[&users]).map_err(|error| explain(&error))?;
    Ok((0..REPLICATED.len()).map(|at| (row.get(2 * at), row.get(2 * at + 1))).collect())
}

fn compare_sums(
    transaction: &mut Transaction<'_>,
    here: &Snapshot,
    tables: &[&'static Table],
    users: &[Uuid],
    watcher: &mut Watcher,
) -> Result<Vec<Parts>> {
    let entries = tables.iter().find(|table| table.name == "journal_entries");
    let digits = match entries.map_or(Ok(0), |table| here.count_replicated(table, users))? {
        few if few <= FEW_ENTRIES => 1,
        some if some <= MANY_ENTRIES => 2,
        _ => 3,
    };
    std::thread::scope(|scope| {
        let there = scope.spawn(move || {
            transaction.batch_execute(AS_EXPECTED).map_err(|error| explain(&error))?;
            tables.iter().map(|table| sums_there(transaction, table, users, digits)).collect::<Result<Vec<_>>>()
        });
        let mut done = 0;
        let ours: Result<Vec<Sums>> =
            tables.iter().map(|table| sums_here(here, table, users, digits, &mut done, watcher)).collect();
        let theirs = there.join().map_err(|_| Error::failure("the comparison with the deployment broke off"))?;
        Ok(ours?.iter().zip(&theirs?).map(|(ours, theirs)| parts(ours, theirs, digits)).collect())
    })
}

/// How the server is to write what it adds up.
const AS_EXPECTED: &str = "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'";

fn parts(ours: &Sums, theirs: &Sums, digits: usize) -> Parts {
    let endings: BTreeSet<String> =
        ours.keys().chain(theirs.keys()).filter(|ending| ours.get(*ending) != theirs.get(*ending)).cloned().collect();
    if endings.len() * 2 > 16usize.pow(digits as u32) { Parts::All } else { Parts::Ending(endings) }
}

fn sums_there(transaction: &mut Transaction<'_>, table: &Table, users: &[Uuid], digits: usize) -> Result<Sums> {
    let columns = table.columns.iter().map(|column| format!("coalesce(t.{}::text, E'\\x01')", column.name));
    let row = columns.collect::<Vec<_>>().join(" || E'\\x1f' || ");
    let sql = format!(
        "SELECT {}, count(*), sum(hashtextextended(({row}) COLLATE \"C\", 0))::text FROM {} t WHERE {} GROUP BY 1",
        ending(table, digits),
        place(table),
        readable(table, "$1")
    );
    let rows = transaction.query(&sql, &[&users]).map_err(|error| explain(&error))?;
    rows.iter()
        .map(|row| {
            let sum: String = row.get(2);
            let sum = sum.parse().map_err(|_| Error::failure(format!("the server added up to '{sum}'")))?;
            Ok((row.get(0), (row.get(1), sum)))
        })
        .collect()
}

/// The end of the first id of the key of a row `t`.
pub(super) fn ending(table: &Table, digits: usize) -> String {
    format!("right(t.{}::text, {digits})", table.key[0])
}

fn sums_here(
    here: &Snapshot,
    table: &'static Table,
    users: &[Uuid],
    digits: usize,
    done: &mut usize,
    watcher: &mut Watcher,
) -> Result<Sums> {
    let key = table.columns.iter().position(|column| column.name == table.key[0]);
    let mut sums = Sums::new();
    let mut text = String::new();
    here.each_replicated_row(table, users, &mut |row| {
        *done += 1;
        if done.is_multiple_of(BATCH) {
            watcher(Progress { done: *done, total: *done, doing: Doing::Comparing })?;
        }
        write(table, row, &mut text);
        let id = key.and_then(|key| row[key].as_deref()).unwrap_or_default();
        let hash = hash(text.as_bytes()) as i64;
        let ending = &id[id.len().saturating_sub(digits)..];
        let sum = match sums.get_mut(ending) {
            Some(sum) => sum,
            None => sums.entry(ending.to_string()).or_default(),
        };
        sum.0 += 1;
        sum.1 += i128::from(hash);
        Ok(())
    })?;
    Ok(sums)
}

/// A row as the server concatenates it.
fn write(table: &Table, row: &Values, text: &mut String) {
    text.clear();
    for (at, (column, value)) in table.columns.iter().zip(row).enumerate() {
        if at > 0 {
            text.push_str(BETWEEN);
        }
        match (column.kind, value) {
            (_, None) => text.push_str(NULL),
            (ColumnType::Timestamp, Some(value)) => instant(value, text),
            (ColumnType::Json, Some(value)) => document(value, text),
            (_, Some(value)) => text.push_str(value),
        }
    }
}

/// `2026-01-02T03:04:05.120000Z` as `2026-01-02 03:04:05.12+00`.
fn instant(value: &str, text: &mut String) {
    let value = value.strip_suffix('Z').unwrap_or(value);
    let value = if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value };
    match value.split_once('T') {
        Some((date, time)) => {
            text.push_str(date);
            text.push(' ');
            text.push_str(time);
        }
        None => text.push_str(value),
    }
    text.push_str("+00");
}

/// JSON as `jsonb` prints it: of an object the short keys first.
fn document(json: &str, text: &mut String) {
    match json.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
            text.push('{');
            for (at, (key, value)) in fields.into_iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                text.push_str(&serde_json::to_string(&key).unwrap_or_default());
                text.push_str(": ");
                document(value.get(), text);
            }
            text.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            text.push('[');
            for (at, item) in items.into_iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                document(item.get(), text);
            }
            text.push(']');
        }
        _ => text.push_str(json),
    }
}

/// `hash_bytes_extended` of PostgreSQL with the seed 0, on a machine that writes the least byte first: lookup3 by
/// Bob Jenkins, <http://burtleburtle.net/bob/c/lookup3.c>.
fn hash(bytes: &[u8]) -> u64 {
    let start = 0x9e37_79b9_u32.wrapping_add(bytes.len() as u32).wrapping_add(3_923_095);
    let (mut a, mut b, mut c) = (start, start, start);
    let (blocks, rest) = bytes.as_chunks::<12>();
    for block in blocks {
        a = a.wrapping_add(word(&block[..4]));
        b = b.wrapping_add(word(&block[4..8]));
        c = c.wrapping_add(word(&block[8..]));
        (a, b, c) = mix(a, b, c);
    }
    a = a.wrapping_add(word(&rest[..rest.len().min(4)]));
    b = b.wrapping_add(word(&rest[rest.len().min(4)..rest.len().min(8)]));
    // The lowest byte of the third word is the length's.
    c = c.wrapping_add(word(&rest[rest.len().min(8)..]) << 8);
    let (b, c) = finish(a, b, c);
    u64::from(b) << 32 | u64::from(c)
}

/// Up to four bytes as a number, the least first.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn mix(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    for (one, two, three) in [(4, 6, 8), (16, 19, 4)] {
        a = a.wrapping_sub(c) ^ c.rotate_left(one);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(two);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(three);
        b = b.wrapping_add(a);
    }
    (a, b, c)
}

fn finish(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32) {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    (b, c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `SELECT n, hashtextextended(repeat('aé', n), 0)` has it.
    #[test]
    fn the_hash_is_the_servers() {
        for (times, expected) in [
            (0, -6_939_563_903_564_495_251),
            (1, -3_611_740_968_324_815_817),
            (2, 2_501_452_414_268_782_773),
            (3, -1_654_073_867_135_302_880),
            (4, 8_322_682_127_194_637_531),
            (5, -6_644_953_577_388_775_140),
            (30, 6_630_974_540_598_843_243),
        ] {
            assert_eq!(hash("aé".repeat(times).as_bytes()) as i64, expected, "{times}");
        }
    }

    #[test]
    fn instants_are_written_as_the_server_does() {
        for (ours, theirs) in [
            ("2026-01-02T03:04:05.120000Z", "2026-01-02 03:04:05.12+00"),
            ("2026-01-02T03:04:50.000000Z", "2026-01-02 03:04:50+00"),
            ("2026-01-02T03:04:05.000001Z", "2026-01-02 03:04:05.000001+00"),
        ] {
            let mut text = String::new();
            instant(ours, &mut text);
            assert_eq!(text, theirs);
        }
    }

    #[test]
    fn documents_are_written_as_the_server_does() {
        for (ours, theirs) in [
            (
                "{\"compound\":-0.296,\"joy\":0.50,\"ab\":[1,{\"b\":null,\"a\":true}]}",
                "{\"ab\": [1, {\"a\": true, \"b\": null}], \"joy\": 0.50, \"compound\": -0.296}",
            ),
            ("{}", "{}"),
            ("[]", "[]"),
            ("\"a\\n\"", "\"a\\n\""),
        ] {
            let mut text = String::new();
            document(ours, &mut text);
            assert_eq!(text, theirs);
        }
    }

    #[test]
    fn parts_that_differ_are_looked_at_and_most_of_all_is_all() {
        let sums = |of: &[(&str, i128)]| of.iter().map(|(ending, sum)| ((*ending).to_string(), (1, *sum))).collect();
        let (ours, theirs): (Sums, Sums) =
            (sums(&[("00", 1), ("01", 2), ("02", 3)]), sums(&[("00", 1), ("01", 9), ("03", 3)]));
        let Parts::Ending(endings) = parts(&ours, &theirs, 2) else { panic!("few differ") };
        assert_eq!(endings.into_iter().collect::<Vec<_>>(), ["01", "02", "03"]);
        assert_eq!(parts(&ours, &ours, 2), Parts::Ending(BTreeSet::new()));
        let many: Sums = (0..129).map(|number| (format!("{number:02x}"), (1, 1))).collect();
        assert_eq!(parts(&many, &Sums::new(), 2), Parts::All);
    }
}
