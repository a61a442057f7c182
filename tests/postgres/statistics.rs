//! `user_statistics`, which follows the change log, against the materialised view after a refresh.

use crate::server::server;
use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use journaling_ai::journal::entry::NewEntry;
use journaling_ai::journal::filter::Filter;
use journaling_ai::journal::mood::{Mood, MoodSource};
use journaling_ai::store::{Change, Clock, Store};
use postgres::Client;
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rusqlite::Connection;
use serde_json::Value;
use std::process::Command;
use uuid::Uuid;

/// A row of `user_statistics`.
#[derive(Debug, PartialEq)]
struct Row {
    user_id: Option<String>,
    total_entries: i64,
    avg_mood: Option<f64>,
    dates: [Option<String>; 2],
    active_months: i64,
}

fn ours(connection: &Connection) -> Vec<Row> {
    let mut statement = connection.prepare("SELECT * FROM user_statistics ORDER BY user_id").unwrap();
    let rows = statement.query_map([], |row| {
        Ok(Row {
            user_id: row.get("user_id")?,
            total_entries: row.get("total_entries")?,
            avg_mood: row.get("avg_mood")?,
            dates: [row.get("first_entry_date")?, row.get("last_entry_date")?],
            active_months: row.get("active_months")?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn theirs(client: &mut Client) -> Vec<Row> {
    client.batch_execute("SELECT refresh_user_statistics()").unwrap();
    let sql = "SELECT user_id::text, total_entries, avg_mood::float8, first_entry_date::text, last_entry_date::text,
        active_months FROM user_statistics ORDER BY user_id NULLS FIRST";
    let rows = client.query(sql, &[]).unwrap();
    rows.iter()
        .map(|row| Row {
            user_id: row.get(0),
            total_entries: row.get(1),
            avg_mood: row.get(2),
            dates: [row.get(3), row.get(4)],
            active_months: row.get(5),
        })
        .collect()
}

/// The same users and entries on the server.
fn copy(connection: &Connection, client: &mut Client) {
    client.batch_execute("TRUNCATE users CASCADE; DELETE FROM journal_entries").unwrap();
    let mut users = connection.prepare("SELECT id, email FROM users").unwrap();
    let mut rows = users.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (id, email): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let sql = "INSERT INTO users(id, email, password_hash) VALUES ($1::text::uuid, $2, '!')";
        client.execute(sql, &[&id, &email]).unwrap();
    }
    let mut entries =
        connection.prepare("SELECT id, user_id, content, entry_date, mood_score FROM journal_entries").unwrap();
    let mut rows = entries.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let text = |column: usize| row.get::<_, Option<String>>(column).unwrap();
        let mood: Option<f64> = row.get(4).unwrap();
        let sql = "INSERT INTO journal_entries(id, user_id, content, entry_date, mood_score)
            VALUES ($1::text::uuid, $2::text::uuid, $3, $4::text::date, $5::float8::numeric)";
        client.execute(sql, &[&text(0), &text(1), &text(2), &text(3), &mood]).unwrap();
    }
}

fn assert_equal(ours: &[Row], theirs: &[Row], done: &[String]) {
    let exact = |rows: &[Row]| -> Vec<_> {
        rows.iter()
            .map(|row| (row.user_id.clone(), row.total_entries, row.dates.clone(), row.active_months))
            .collect::<Vec<_>>()
    };
    assert_eq!(exact(ours), exact(theirs), "{done:#?}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let is_near = match (ours.avg_mood, theirs.avg_mood) {
            (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
            (ours, theirs) => ours == theirs,
        };
        assert!(is_near, "{ours:?} {theirs:?} {done:#?}");
    }
}

#[test]
fn the_view_is_the_materialised_view_after_any_operations() {
    let database = server().database();
    let mut client = database.client();
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock { now: || DateTime::UNIX_EPOCH + TimeDelta::days(20_000), new_id: |_| Uuid::new_v4() };
    let mut store = Store::open(folder.path(), clock).unwrap();
    let me = store.default_user("me@localhost").unwrap();
    // Any other client of the database.
    let plain = Connection::open(folder.path().join("journal.db")).unwrap();
    plain.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF").unwrap();
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut done: Vec<String> = Vec::new();
    for round in 0..40 {
        for _ in 0..random.random_range(1..15) {
            let ids: Vec<String> = plain
                .prepare("SELECT id FROM journal_entries ORDER BY id")
                .and_then(|mut ids| ids.query_map([], |row| row.get(0))?.collect())
                .unwrap();
            let id = ids.get(random.random_range(0..ids.len().max(1))).map(|id| id.parse().unwrap());
            let date = NaiveDate::from_ymd_opt(2023, 11, 25).unwrap() + Days::new(random.random_range(0..800));
            let mood = Mood::from_hundredths(random.random_range(-130..=130)).map(|mood| (mood, MoodSource::User));
            let (what, id) = (random.random_range(0..12), id);
            done.push(format!("{round}: {what} {id:?} {date} {mood:?}"));
            match (what, id) {
                (0..5, _) => {
                    let mut new = NewEntry::new("a few words", date);
                    (new.mood, new.mood_source) = (mood.map(|mood| mood.0), mood.map(|mood| mood.1));
                    store.add(me, &new).unwrap();
                }
                (5 | 6, Some(id)) => {
                    let change = Change { entry_date: Some(date), mood: Some(mood), ..Change::default() };
                    let seen = store.entry(id).unwrap().updated_at;
                    store.edit(id, seen, &change).unwrap();
                }
                (7, Some(id)) => store.delete(me, &[id]).unwrap(),
                // There may be nothing to take back, or it has changed since.
                (8, _) => drop(store.undo(me, random.random())),
                (9, _) => {
                    let other = Uuid::new_v4().to_string();
                    let sql = "INSERT INTO users(id, email, password_hash) VALUES (?1, ?1, '!')";
                    plain.execute(sql, [&other]).unwrap();
                    for offset in 0..3 {
                        let date = (date + Days::new(offset * 20)).to_string();
                        let sql = "INSERT INTO journal_entries(user_id, content, entry_date, mood_score)
                            VALUES (?1, 'x', ?2, round(?3, 2))";
                        plain.execute(sql, (&other, date, mood.map(|mood| mood.0.value()))).unwrap();
                    }
                }
                (10, _) => {
                    let sql = "DELETE FROM users WHERE id = (SELECT max(id) FROM users WHERE id <> ?1)";
                    plain.execute(sql, [me.to_string()]).unwrap();
                }
                (_, Some(id)) => {
                    let sql = "UPDATE journal_entries SET user_id = NULL, entry_date = ?2 WHERE id = ?1";
                    plain.execute(sql, (id.to_string(), date.to_string())).unwrap();
                }
                (_, None) => {}
            }
        }
        assert!(store.catch_up_statistics().unwrap());
        copy(&plain, &mut client);
        let (ours, theirs) = (ours(&plain), theirs(&mut client));
        assert_equal(&ours, &theirs, &done);
        // The command says the same.
        let days = store.counts(me, &Filter::default(), 5, [None, None]).unwrap().days;
        let mine = ours.iter().find(|row| row.user_id.as_deref() == Some(&me.to_string()));
        assert_eq!(days.iter().map(|day| day.entries).sum::<i64>(), mine.map_or(0, |row| row.total_entries));
        if round % 10 == 9 {
            let said = stats(folder.path());
            let row = mine.unwrap();
            assert_eq!(said["total_entries"], row.total_entries);
            assert_eq!(said["active_months"], row.active_months);
            assert_eq!(said["first_entry_date"].as_str(), row.dates[0].as_deref());
            assert_eq!(said["last_entry_date"].as_str(), row.dates[1].as_deref());
            assert!((said["avg_mood"].as_f64().unwrap() - row.avg_mood.unwrap()).abs() < 1e-9);
        }
    }
    let left: i64 = plain.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap();
    assert!(left > 50, "{left} entries: no test");
}

/// `user_statistics` of `journal stats --json`.
fn stats(data: &std::path::Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_journal"))
        .args(["stats", "--json", "--user", "me@localhost"])
        .env_clear()
        .envs([("HOME", data), ("JOURNAL_DATA_DIR", data)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["user_statistics"].clone()
}
