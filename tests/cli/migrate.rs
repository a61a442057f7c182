//! `journal migrate`.

use crate::support::{Sandbox, Terminal, field};
use journaling_ai::store::MIGRATIONS;
use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

/// The program of this version, and the first release's last migration.
const FIRST_RELEASE: &str = "004_sync_state";

fn states(status: &Value) -> Vec<(String, String)> {
    let steps = status["migrations"].as_array().unwrap();
    field(steps, "name").into_iter().zip(field(steps, "state")).collect()
}

fn database(sandbox: &Sandbox) -> Connection {
    Connection::open(sandbox.data().join("journal.db")).unwrap()
}

fn backups(sandbox: &Sandbox) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(sandbox.data().join("backups")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn status_makes_nothing() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(["migrate", "status"]).ok();
    assert!(outcome.text().contains("no journal in"), "{outcome}");
    assert!(sandbox.run(["migrate"]).ok().text().contains("no journal in"));
    let status = sandbox.run(["migrate", "status", "--json"]).ok().json();
    assert_eq!(status["schema_version"], 0);
    assert!(states(&status).iter().all(|(_, state)| state == "pending"));
    assert!(!sandbox.data().exists());
}

#[test]
fn a_new_journal_is_up_to_date_and_signed_and_has_no_copies() {
    let sandbox = Sandbox::new();
    sandbox.add(["A first entry"]);
    let outcome = sandbox.run(["migrate", "status"]).ok();
    assert!(outcome.text().contains("up to date"), "{outcome}");
    let status = sandbox.run(["migrate", "status", "--json"]).ok().json();
    for step in status["migrations"].as_array().unwrap() {
        assert_eq!(step["state"], "applied", "{step}");
        assert_eq!(step["program"], env!("CARGO_PKG_VERSION"), "{step}");
        assert_eq!(step["applied_at"], "2026-03-16T10:00:00.000000Z", "{step}");
    }
    assert!(sandbox.run(["migrate", "up"]).ok().text().contains("Nothing to do"));
    assert!(backups(&sandbox).is_empty());
}

#[test]
fn down_says_what_goes_and_asks_and_the_next_command_brings_it_up_again() {
    let sandbox = Sandbox::with_sample();
    let export = sandbox.export();
    let status = sandbox.run(["migrate", "status", "--json"]).ok().json();

    // Not without a yes, and not on a rehearsal.
    sandbox.run(["migrate", "down", "--to", "001"]).code(2).says("needs a yes").says("--dry-run");
    let plan = sandbox.run(["migrate", "down", "--to", "001", "--dry-run", "--json"]).ok().json();
    assert_eq!(plan["dry_run"], true);
    let lost = plan["lost"].as_array().unwrap();
    let details = lost.iter().find(|loss| loss["table"] == "entry_details").unwrap();
    assert_eq!(details["rows"], export.lines().count());
    assert!(!lost.iter().any(|loss| loss["table"] == "journal_entries"), "{plan}");
    let shown = sandbox.run(["migrate", "down", "--to", "001", "--dry-run"]).ok();
    assert!(shown.text().contains(&format!("goes: entry_details ({} rows)", export.lines().count())), "{shown}");
    assert_eq!(sandbox.run(["migrate", "status", "--json"]).ok().json(), status);
    assert!(backups(&sandbox).is_empty());

    let down = sandbox.run(["migrate", "down", "--to", FIRST_RELEASE, "--yes"]).ok();
    assert!(down.text().contains("011_topic_suggestions: taken back"), "{down}");
    let down = down.says("older program").says("before-");
    drop(down);
    let version: i64 = database(&sandbox).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 5);
    assert_eq!(backups(&sandbox).len(), 1);
    let status = sandbox.run(["migrate", "status"]).ok();
    assert!(status.text().contains("pending"), "{status}");
    assert!(sandbox.run(["migrate", "down", "--to", "004", "--yes"]).ok().text().contains("Nothing to do"));

    let list = sandbox.run(["list", "-n", "1"]).ok().says("brought up to date").says("before-");
    drop(list);
    sandbox.run(["list", "-n", "1"]).ok().quiet();
    assert_eq!(sandbox.export(), export);
    assert_eq!(backups(&sandbox).len(), 2);
    assert_eq!(sandbox.run(["doctor", "--json"]).ok().json()["clean"], true);
}

#[test]
fn a_terminal_is_shown_what_goes_and_may_say_no() {
    let sandbox = Sandbox::new();
    sandbox.add(["An entry"]);
    let mut terminal = Terminal::open(&sandbox, 100, &["migrate", "down", "--to", "001"]);
    terminal.expect("entry_details (1 row)");
    terminal.expect("Go on?");
    terminal.send("n");
    assert!(terminal.close(0).contains("Nothing changed."));
    assert!(sandbox.run(["migrate", "status"]).ok().text().contains("up to date"));
    assert!(backups(&sandbox).is_empty());
}

#[test]
fn a_copy_can_be_put_back_and_the_last_five_are_kept() {
    let sandbox = Sandbox::new();
    sandbox.add(["Before it went down #kept"]);
    let export = sandbox.export();
    sandbox.run(["migrate", "down", "--to", "001", "--yes"]).ok();
    let copy = backups(&sandbox).remove(0);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let latest = MIGRATIONS.last().unwrap().name;
    assert_eq!(copy.file_name().unwrap().to_str().unwrap(), format!("before-{}-20260316T100000Z.db", &latest[..3]));

    fs::copy(&copy, sandbox.data().join("journal.db")).unwrap();
    for name in ["journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(sandbox.data().join(name));
    }
    assert_eq!(sandbox.export(), export);
    sandbox.run(["doctor"]).ok();

    for _ in 0..4 {
        sandbox.run(["migrate", "down", "--to", "004", "--yes"]).ok();
        sandbox.run(["migrate", "up"]).ok();
    }
    assert_eq!(backups(&sandbox).len(), 5);
    sandbox.run(["migrate", "down", "--to", "004", "--yes", "--no-backup"]).ok();
    let up = sandbox.run(["migrate", "up", "--no-backup", "--json"]).ok().json();
    assert_eq!(up["migrations"].as_array().unwrap().last().unwrap(), latest);
    assert_eq!(up["backup"], Value::Null);
    assert_eq!(backups(&sandbox).len(), 5);
}

#[test]
fn a_newer_journal_is_refused_with_the_version_it_needs_and_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.add(["Written before the future came"]);
    let store = database(&sandbox);
    store
        .execute_batch(
            "CREATE TABLE future(x); PRAGMA user_version = 100;
             INSERT INTO schema_migrations(number, name, applied_at, program) VALUES
                (98, '098_sooner', '2030-01-01T00:00:00.000000Z', '8.1.0'),
                (99, '099_future', '2031-01-01T00:00:00.000000Z', '9.2.0')",
        )
        .unwrap();
    drop(store);
    for args in
        [&["list"][..], &["add", "More"], &["doctor"], &["migrate", "up"], &["migrate", "down", "--to", "004", "--yes"]]
    {
        let outcome = sandbox.run(args.iter().copied()).code(1);
        let outcome = outcome.says("needs journal 9.2.0 or later").says("schema version is 100");
        drop(outcome.says("install that version"));
    }
    assert!(sandbox.run(["list", "--json"]).code(1).error()["message"].as_str().unwrap().contains("9.2.0"));
    let status = sandbox.run(["migrate", "status", "--json"]).ok().json();
    assert_eq!(status["needs"], "9.2.0");
    assert_eq!(states(&status).last().unwrap(), &("099_future".to_string(), "unknown".to_string()));
    let shown = sandbox.run(["migrate", "status"]).ok();
    assert!(shown.text().contains("The journal needs journal 9.2.0 or later"), "{shown}");
    let count: i64 =
        database(&sandbox).query_row("SELECT count(*) FROM journal_entries", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);

    // One that does not say so.
    database(&sandbox).execute_batch("DROP TABLE schema_migrations").unwrap();
    sandbox.run(["list"]).code(1).says("needs a newer journal");
}

#[test]
fn wrong_targets_are_told() {
    let sandbox = Sandbox::new();
    sandbox.run(["migrate", "down", "--to", "001", "--yes"]).code(3).says("there is no journal");
    sandbox.add(["An entry"]);
    sandbox
        .run(["migrate", "down", "--to", "77", "--yes"])
        .code(2)
        .says("no migration '77'")
        .says("000_initial_schema");
    sandbox.run(["migrate", "up", "--to", "001"]).code(2).says("beyond 001_change_log").says("down --to 001");
    sandbox.run(["migrate", "down", "--to", "001", "--yes"]).ok();
    sandbox.run(["migrate", "down", "--to", "3", "--yes"]).code(2).says("not come to 003_meaning").says("up --to 003");
    let up = sandbox.run(["migrate", "up", "--to", "3", "--json"]).ok().json();
    assert_eq!(up["migrations"], serde_json::json!(["002_entry_details", "003_meaning"]));
    sandbox.run(["migrate", "down"]).code(2);
}

#[test]
fn many_who_open_an_older_journal_at_once_migrate_it_once() {
    let sandbox = Sandbox::with_sample();
    let count = sandbox.count();
    sandbox.run(["migrate", "down", "--to", "001", "--yes", "--no-backup"]).ok();
    let start = || sandbox.command(["add", "At once"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(|_| start()).collect();
    let mut told = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        told += usize::from(said.contains("brought up to date"));
    }
    assert_eq!(told, 1);
    assert_eq!(backups(&sandbox).len(), 1);
    assert_eq!(sandbox.count(), count + 8);
    assert_eq!(sandbox.run(["doctor", "--json"]).ok().json()["clean"], true);
}

#[test]
fn half_a_copy_of_a_killed_process_is_taken_away() {
    let sandbox = Sandbox::new();
    sandbox.add(["An entry"]);
    fs::create_dir(sandbox.data().join("backups")).unwrap();
    sandbox.file("data/backups/.tmp-before-005-20260316T100000Z-abc", "half");
    sandbox.run(["migrate", "down", "--to", "004", "--yes"]).ok();
    assert_eq!(backups(&sandbox).len(), 1);
}

#[test]
#[cfg(feature = "sync")]
fn a_deployment_has_to_be_named_and_its_password_is_never_shown() {
    let sandbox = Sandbox::new();
    sandbox.run(["migrate", "status", "--remote"]).code(2).says("no deployment").says("JOURNAL_POSTGRES_URL");
    let refused = sandbox.run(["config", "set", "postgres_url", "postgresql://me:secret@localhost/db"]).code(2);
    assert!(!refused.talk().contains("secret"), "{refused}");
    drop(refused.says("postgres_url_file"));

    let file = sandbox.file("url", "postgresql://me:secret@127.0.0.1:1/db\n");
    sandbox.run(["config", "set", "postgres_url_file", &file]).ok();
    let away = sandbox.run(["migrate", "status", "--remote"]).code(4);
    assert!(!away.talk().contains("secret") && away.talk().contains("me:***@127.0.0.1:1"), "{away}");
    drop(away.says("the journal itself needs no server"));
    let sandbox = sandbox.with("JOURNAL_POSTGRES_URL", "postgresql://me:secret@127.0.0.1:none/db");
    let wrong = sandbox.run(["migrate", "up", "--remote"]).code(2);
    assert!(!wrong.talk().contains("secret"), "{wrong}");
    let sandbox = sandbox.with("JOURNAL_POSTGRES_URL", "").with("JOURNAL_POSTGRES_URL_FILE", "/nowhere/url");
    sandbox.run(["migrate", "up", "--remote"]).code(3).says("/nowhere/url");

    // A password in the file of settings is not shown either.
    fs::write(sandbox.config(), "postgres_url = \"postgresql://me:secret@127.0.0.1:1/db\"\n").unwrap();
    for args in [&["config"][..], &["config", "get", "postgres_url"], &["config", "--json"]] {
        let shown = sandbox.run(args.iter().copied()).ok();
        assert!(!shown.text().contains("secret") && shown.text().contains("***"), "{shown}");
    }
}
