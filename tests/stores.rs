//! Stores of every released schema version open, migrate and are whole afterwards.
//!
//! `tests/fixtures/stores/NNN.db.gz` is the database of a program whose last migration was NNN, made by that
//! program with `scripts/store-fixture`, which says how the next one is made; `NNN.jsonl` are its entries as
//! that program exported them. 004 is the first that was released; 000 to 003 were made of it by
//! `journal migrate down`, and hold what these versions could hold.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use flate2::read::GzDecoder;
use journaling_ai::store::{LATEST, MIGRATIONS};
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::Sandbox;

/// The entries of the older stores are those of this one.
const FIRST_RELEASE: i64 = 4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores")
}

/// The numbers of the last migrations of the stores there are.
fn stores() -> Vec<i64> {
    let names = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut numbers: Vec<i64> = names.filter_map(|name| name.strip_suffix(".db.gz")?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// Puts a store where the sandbox has its journal.
fn put(number: i64, sandbox: &Sandbox) {
    fs::create_dir_all(sandbox.data()).unwrap();
    let mut packed = GzDecoder::new(File::open(folder().join(format!("{number:03}.db.gz"))).unwrap());
    io::copy(&mut packed, &mut File::create(sandbox.data().join("journal.db")).unwrap()).unwrap();
}

/// Entries by id, with the fields that the program of this version could keep.
fn entries(export: &str, number: i64) -> BTreeMap<String, Value> {
    let kept: &[&str] = if number < 2 {
        &["id", "title", "content", "entry_date", "created_at", "mood_score", "topics", "sentiments"]
    } else {
        &[
            "id",
            "title",
            "content",
            "entry_date",
            "created_at",
            "updated_at",
            "mood_score",
            "mood_source",
            "topics",
            "sentiments",
            "starred",
            "written_at",
            "time_zone",
            "import_source",
            "import_id",
            "metadata",
        ]
    };
    let entries = export.lines().map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        let fields = kept.iter().map(|name| ((*name).to_string(), entry[*name].clone())).collect();
        (entry["id"].as_str().unwrap().to_string(), Value::Object(fields))
    });
    entries.collect()
}

#[test]
fn a_store_of_every_release_opens_migrates_and_is_whole() {
    let stores = stores();
    assert!(stores.starts_with(&[0, 1, 2, 3, 4]), "{stores:?}");
    for number in stores {
        let sandbox = Sandbox::without_model();
        put(number, &sandbox);
        let file = sandbox.data().join("journal.db");
        let before = fs::read(&file).unwrap();

        // Looking at it changes nothing.
        let status = sandbox.json(&["migrate", "status"]);
        assert_eq!(status["schema_version"], number + 1);
        assert_eq!(status["latest"], LATEST);
        let pending = status["migrations"].as_array().unwrap().iter().filter(|step| step["state"] == "pending").count();
        assert_eq!(status["pending"], pending);
        assert!(pending > 0 || number + 1 == LATEST, "{status}");
        assert_eq!(fs::read(&file).unwrap(), before);

        let export = sandbox.ok(&["export"]).stdout;
        let expected = fs::read_to_string(folder().join(format!("{:03}.jsonl", number.max(FIRST_RELEASE)))).unwrap();
        assert_eq!(entries(&export, number), entries(&expected, number), "store {number:03}");
        let status = sandbox.json(&["migrate", "status"]);
        assert_eq!((&status["schema_version"], &status["pending"]), (&LATEST.into(), &0.into()));

        // The copy is the store as it was, and opens by itself.
        let backups = status["backups"].as_array().unwrap().clone();
        assert_eq!(backups.len(), usize::from(pending > 0), "{backups:?}");
        for backup in backups {
            let copy = Connection::open(backup.as_str().unwrap()).unwrap();
            let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!(version, number + 1);
            let count: usize = copy.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap();
            assert_eq!(count, expected.lines().count());
            let log = format!("{}-wal", backup.as_str().unwrap());
            assert!(!Path::new(&log).exists());
        }

        sandbox.ok(&["search", "東京", "--mode", "words"]);
        sandbox.ok(&["analyze"]);
        sandbox.expect_well();
        if number > 0 {
            // The last operation was a deletion; from 001 on there is a log to take it back by.
            sandbox.ok(&["undo"]);
            let found = sandbox.search(&["title:deleted OR \"text that will be deleted\"", "--mode", "words"]);
            assert_eq!(found.len(), 1, "store {number:03}");
            sandbox.ok(&["analyze"]);
            sandbox.expect_well();
        }
        if number >= FIRST_RELEASE {
            let edited = sandbox.search(&["\"text that was edited\"", "--mode", "words"]);
            let versions = sandbox.ok(&["history", &edited[0]]).stdout;
            assert!(versions.contains("A text that will be edited"), "{versions}");
        }
    }
}

/// A store of the first schema with so much in it that its migration takes a while.
fn large(sandbox: &Sandbox) -> usize {
    put(0, sandbox);
    let store = Connection::open(sandbox.data().join("journal.db")).unwrap();
    store
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             INSERT INTO journal_entries(user_id, content, entry_date)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
                SELECT (SELECT id FROM users), 'Entry ' || i || ' ' || hex(randomblob(600)), '2024-05-06' FROM n;
             PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL;",
        )
        .unwrap();
    store.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap()
}

/// Every object of the schema, after so many migrations.
fn schema(store: &Connection) -> Vec<String> {
    let mut statement = store
        .prepare("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1")
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_migration_killed_at_any_moment_is_before_or_after() {
    let sandbox = Sandbox::without_model();
    let count = large(&sandbox);
    let data = sandbox.data().to_path_buf();
    let original = fs::read(data.join("journal.db")).unwrap();

    // What the schema is after each migration, from the way down of a whole one.
    let mut schemas = BTreeMap::new();
    let since = Instant::now();
    sandbox.ok(&["migrate", "up"]);
    let whole = since.elapsed();
    for migration in MIGRATIONS.iter().rev() {
        sandbox.ok(&["migrate", "down", "--to", migration.name, "--yes", "--no-backup"]);
        let store = Connection::open(data.join("journal.db")).unwrap();
        schemas.insert(migration.version(), schema(&store));
    }

    let mut random = rand::rngs::StdRng::seed_from_u64(20_261_122);
    let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
    let mut version = LATEST;
    for round in 0..60 {
        // What is whole goes down again, or begins anew; what was killed in between goes on once from there.
        let down = version == LATEST && random.random_bool(0.5);
        if !down && (version == LATEST || round % 3 == 0) {
            for name in ["journal.db-wal", "journal.db-shm"] {
                let _ = fs::remove_file(data.join(name));
            }
            fs::write(data.join("journal.db"), &original).unwrap();
            let _ = fs::remove_dir_all(data.join("backups"));
        }
        let args: &[&str] = if down { &["migrate", "down", "--to", "000", "--yes"] } else { &["migrate", "up"] };
        let mut command = sandbox.command();
        let mut child = command.args(args).arg("--quiet").stdout(std::process::Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        if round % 2 == 0 {
            // At any moment.
            std::thread::sleep(Duration::from_micros(random.random_range(0..whole.as_micros() as u64)));
        } else {
            // Once the copy is there the migrations themselves begin.
            let copied = || {
                fs::read_dir(data.join("backups"))
                    .into_iter()
                    .flatten()
                    .flatten()
                    .any(|file| file.path().extension().is_some_and(|end| end == "db"))
            };
            while since.elapsed() < whole && !copied() {
                std::thread::sleep(Duration::from_micros(50));
            }
            std::thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
        }
        support::kill(child.id());
        child.wait().unwrap();

        let store = Connection::open(data.join("journal.db")).unwrap();
        version = store.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        *seen.entry(version).or_default() += 1;
        assert_eq!(schema(&store), schemas[&version], "round {round}: version {version} is not whole");
        let left: usize = store.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap();
        assert_eq!(left, count);
        let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
    println!("killed while migrating ({whole:?} in all): {seen:?} (version: times)");

    sandbox.ok(&["migrate", "up"]);
    assert_eq!(sandbox.ok(&["list", "--count"]).stdout.trim(), count.to_string());
    for backup in fs::read_dir(data.join("backups")).unwrap() {
        let path = backup.unwrap().path();
        // What a killed process has left half is taken away when the next copy is made.
        if path.file_name().unwrap().to_string_lossy().starts_with(".tmp-") {
            continue;
        }
        let copy = Connection::open(&path).unwrap();
        let left: usize = copy.query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap();
        assert_eq!(left, count, "{}", path.display());
    }
    // The index is made of all of it once, and doctor has nothing to say.
    sandbox.ok(&["search", "entry", "--mode", "words", "--limit", "1"]);
    sandbox.expect_well();
}
