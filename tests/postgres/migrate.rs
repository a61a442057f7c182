//! `journal migrate --remote` on a real server, through the real program.

use crate::server::{Database, server};
use crate::support::{Outcome, Sandbox, kill};
use rand::Rng;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a deployment has when it is up to date.
const OBJECTS: &str = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i', 'm')";

fn command(sandbox: &Sandbox, url: &str, args: &[&str]) -> Command {
    let mut command = sandbox.command();
    command.args(["migrate", "--remote"]).args(args).env("JOURNAL_POSTGRES_URL", url);
    command
}

fn run(sandbox: &Sandbox, database: &Database, args: &[&str]) -> Outcome {
    Outcome::of(command(sandbox, &database.url(), args))
}

fn json(sandbox: &Sandbox, database: &Database, args: &[&str]) -> Value {
    run(sandbox, database, &[args, &["--json"]].concat()).expect(0).json()
}

fn number(database: &Database, sql: &str) -> i64 {
    database.client().query_one(sql, &[]).unwrap().get(0)
}

/// The names of all migrations there are.
fn names() -> Vec<String> {
    let folders = crate::server::migrations().into_iter();
    folders.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_string()).collect()
}

#[test]
fn up_status_down_and_up_again() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    let status = json(&sandbox, &database, &["status"]);
    assert_eq!(status["pending"], names().len());
    assert_eq!(number(&database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'journal_cli'"), 0);

    // The first needs no backup: there is nothing yet.
    let up = json(&sandbox, &database, &["up"]);
    assert_eq!(up["migrations"], serde_json::json!(names()));
    assert_eq!(up["backup"], Value::Null);
    let status = json(&sandbox, &database, &["status"]);
    assert_eq!(status["pending"], 0);
    for step in status["migrations"].as_array().unwrap() {
        assert_eq!((&step["state"], &step["program"]), (&"applied".into(), &env!("CARGO_PKG_VERSION").into()));
    }
    assert!(status["server_version"].as_str().unwrap().parse::<f64>().unwrap() >= 13.0);
    let objects = number(&database, OBJECTS);

    let again = run(&sandbox, &database, &["up"]).expect(0);
    assert!(again.stdout.contains("Nothing to do"), "{again}");
    assert_eq!(number(&database, OBJECTS), objects);

    let mut client = database.client();
    client
        .batch_execute(
            "INSERT INTO users(email, password_hash) VALUES ('a@b', 'x');
             INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'An entry', '2026-01-01' FROM users;
             REFRESH MATERIALIZED VIEW user_statistics",
        )
        .unwrap();
    let refused = run(&sandbox, &database, &["down", "--to", "000"]).expect(2);
    assert!(refused.stderr.contains("needs a yes"), "{refused}");
    let plan = json(&sandbox, &database, &["down", "--to", "000", "--dry-run"]);
    let lost = plan["lost"].as_array().unwrap();
    assert!(lost.iter().any(|loss| loss["table"] == "user_statistics" && loss["rows"] == 1), "{plan}");
    assert!(!lost.iter().any(|loss| loss["table"] == "journal_entries"), "{plan}");
    assert_eq!(number(&database, OBJECTS), objects);

    let down = json(&sandbox, &database, &["down", "--to", "000", "--yes"]);
    assert_eq!(down["migrations"].as_array().unwrap().len(), names().len() - 1);
    assert_eq!(number(&database, "SELECT count(*) FROM journal_cli.migrations"), 1);
    assert_eq!(number(&database, "SELECT count(*) FROM pg_matviews"), 0);
    // The backup is one that PostgreSQL's own program can read, and holds the entry.
    let dump = down["backup"].as_str().unwrap();
    let listed = Command::new("pg_restore").args(["--data-only", "-f", "-", dump]).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("An entry"), "{listed:?}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(dump).unwrap().permissions().mode() & 0o777, 0o600);

    let up = json(&sandbox, &database, &["up", "--to", "001"]);
    assert_eq!(up["migrations"].as_array().unwrap().len(), 1);
    assert!(up["backup"].as_str().unwrap().contains("remote-before-001"), "{up}");
    json(&sandbox, &database, &["up", "--no-backup"]);
    assert_eq!(number(&database, OBJECTS), objects);
    assert_eq!(number(&database, "SELECT count(*) FROM journal_entries"), 1);
    let beyond = run(&sandbox, &database, &["up", "--to", "000"]).expect(2);
    assert!(beyond.stderr.contains("beyond 000") && beyond.stderr.contains("down --remote --to 000"), "{beyond}");
    // All this is nothing to the journal: there is none yet.
    assert!(!sandbox.data().join("journal.db").exists());
}

#[test]
fn without_pg_dump_an_existing_schema_is_left_alone() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    json(&sandbox, &database, &["up", "--to", "000"]);
    let mut up = command(&sandbox, &database.url(), &["up"]);
    up.env("PATH", "/nonexistent");
    let refused = Outcome::of(up).expect(1);
    assert!(refused.stderr.contains("pg_dump is not installed") && refused.stderr.contains("--no-backup"), "{refused}");
    assert_eq!(number(&database, "SELECT count(*) FROM journal_cli.migrations"), 1);
    let mut up = command(&sandbox, &database.url(), &["up", "--no-backup"]);
    up.env("PATH", "/nonexistent");
    Outcome::of(up).expect(0);
}

#[test]
fn two_machines_at_once_do_no_harm() {
    let database = server().empty_database();
    let sandboxes: Vec<Sandbox> = (0..4).map(|_| Sandbox::without_model()).collect();
    let start = |sandbox: &Sandbox| {
        let mut command = command(sandbox, &database.url(), &["up", "--no-backup", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = sandboxes.iter().map(start).collect();
    let mut applied = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        applied
            .extend(document["migrations"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()));
    }
    applied.sort();
    assert_eq!(applied, names(), "each was applied once");
}

#[test]
fn killed_at_any_moment_it_is_before_or_after() {
    let sandbox = Sandbox::without_model();
    let timed = || {
        let database = server().empty_database();
        let since = Instant::now();
        json(&sandbox, &database, &["up"]);
        since.elapsed()
    };
    let whole = timed().min(timed());
    let mut random = rand::rng();
    let mut seen = std::collections::BTreeMap::<i64, usize>::new();
    for _ in 0..15 {
        let database = server().empty_database();
        let mut up = command(&sandbox, &database.url(), &["up", "--no-backup"]);
        let mut child = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.random_range(0..whole.as_micros() as u64)));
        kill(child.id());
        child.wait().unwrap();
        let up = json(&sandbox, &database, &["up", "--no-backup"]);
        *seen.entry(up["migrations"].as_array().unwrap().len() as i64).or_default() += 1;
        let status = json(&sandbox, &database, &["status"]);
        assert_eq!((&status["pending"], &status["changed"]), (&0.into(), &serde_json::json!([])));
    }
    eprintln!("killed while migrating ({whole:?} in all): {seen:?} (left to do: times)");
}

/// A migration that is killed half way, while it waits for a table.
#[test]
fn killed_in_the_middle_of_a_migration_it_is_taken_back_whole() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    json(&sandbox, &database, &["up", "--to", "000"]);
    let objects = number(&database, OBJECTS);
    let mut holder = database.client();
    // The indexes of the entries are made, that of the users has to wait.
    holder.batch_execute("BEGIN; INSERT INTO users(email, password_hash) VALUES ('held', 'x')").unwrap();
    let mut child = command(&sandbox, &database.url(), &["up", "--no-backup"]).stdout(Stdio::null()).spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted";
    wait(&database, waiting, 1);
    kill(child.id());
    child.wait().unwrap();
    holder.batch_execute("COMMIT").unwrap();
    let connections = "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'journaling_ai_backend' AND datname = current_database()";
    wait(&database, connections, 0);
    assert_eq!(number(&database, OBJECTS), objects);
    assert_eq!(number(&database, "SELECT count(*) FROM journal_cli.migrations"), 1);
    json(&sandbox, &database, &["up", "--no-backup"]);
    assert_eq!(json(&sandbox, &database, &["status"])["pending"], 0);
    assert_eq!(number(&database, "SELECT count(*) FROM users"), 1);
}

fn wait(database: &Database, sql: &str, wanted: i64) {
    let since = Instant::now();
    while number(database, sql) != wanted {
        assert!(since.elapsed() < Duration::from_secs(30), "{sql}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn one_that_waits_for_another_and_is_killed_leaves_nothing() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    let mut holder = database.client();
    let lock = i64::from_be_bytes(*b"journal_");
    holder.query_one("SELECT pg_advisory_lock($1)", &[&lock]).unwrap();
    let mut child = command(&sandbox, &database.url(), &["up"]).stdout(Stdio::null()).spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    wait(&database, waiting, 1);
    kill(child.id());
    child.wait().unwrap();
    assert_eq!(number(&database, OBJECTS), 0);
    holder.query_one("SELECT pg_advisory_unlock($1)", &[&lock]).unwrap();
    json(&sandbox, &database, &["up"]);
}

#[test]
fn who_cannot_get_in_is_told_why() {
    let sandbox = Sandbox::without_model();
    let database = server().empty_database();
    let url = database.url();
    let away = Outcome::of(command(&sandbox, "postgresql://me:secret@127.0.0.1:1/db", &["status"])).expect(4);
    assert!(away.stderr.contains("refused") && away.stderr.contains("JOURNAL_POSTGRES_URL"), "{away}");
    let missing = url.rsplit_once('/').unwrap().0.to_string() + "/not_there";
    let missing = Outcome::of(command(&sandbox, &missing, &["status"])).expect(4);
    assert!(missing.stderr.contains("not_there") && missing.stderr.contains("createdb"), "{missing}");
    let nobody = url.replace("postgres@", "nobody_knows:secret@");
    let nobody = Outcome::of(command(&sandbox, &nobody, &["up", "--json"])).expect(4);
    assert!(nobody.stderr.contains("nobody_knows") && !nobody.stderr.contains("secret"), "{nobody}");
    assert_eq!(serde_json::from_str::<Value>(&nobody.stderr).unwrap()["error"]["kind"], "network");

    // One who may look and not touch.
    let name = format!("reader_{}", std::process::id());
    database
        .client()
        .batch_execute(&format!("CREATE ROLE {name} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
        .unwrap();
    let reader = url.replace("postgres@", &format!("{name}@"));
    let refused = Outcome::of(command(&sandbox, &reader, &["up"])).expect(1);
    assert!(refused.stderr.contains("permission denied") && refused.stderr.contains("GRANT CREATE"), "{refused}");
    Outcome::of(command(&sandbox, &reader, &["status"])).expect(0);

    // Nothing listens where it is said to: a socket folder without a server.
    let nowhere = format!("postgresql://postgres@{}/db", sandbox.folder().to_str().unwrap().replace('/', "%2F"));
    Outcome::of(command(&sandbox, &nowhere, &["status"])).expect(4);
}

#[test]
fn a_wrong_password_is_told_and_never_shown() {
    let sandbox = Sandbox::without_model();
    let database = server().empty_database();
    let mut client = database.client();
    client.batch_execute("CREATE ROLE with_password LOGIN PASSWORD 'right'").unwrap();
    let file: String = client.query_one("SHOW hba_file", &[]).unwrap().get(0);
    let rules = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("local all with_password scram-sha-256\n{rules}")).unwrap();
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    let url = |password: &str| database.url().replace("postgres@", &format!("with_password{password}@"));
    let since = Instant::now();
    // The server reads its rules again in its own time.
    let refused = loop {
        let outcome = Outcome::of(command(&sandbox, &url(":a-wrong-one"), &["status"]));
        if outcome.code() == Some(4) {
            break outcome;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{outcome}");
    };
    assert!(refused.stderr.contains("password authentication failed"), "{refused}");
    assert!(refused.stderr.contains("pg_hba.conf") && !refused.stderr.contains("a-wrong-one"), "{refused}");
    Outcome::of(command(&sandbox, &url(":right"), &["status"])).expect(0);
    Outcome::of(command(&sandbox, &url(""), &["status"])).expect(4);

    // From a file, as a secret is handed to a service.
    let secret = sandbox.folder().join("url");
    fs::write(&secret, format!("{}\n", url(":right"))).unwrap();
    let mut status = sandbox.command();
    status.args(["migrate", "status", "--remote"]).env("JOURNAL_POSTGRES_URL_FILE", &secret);
    let status = Outcome::of(status).expect(0);
    assert!(status.stdout.contains("with_password:***@") && !status.stdout.contains("right"), "{status}");
    // The password reaches pg_dump as well.
    client.batch_execute("GRANT ALL ON SCHEMA public TO with_password").unwrap();
    let name: String = client.query_one("SELECT current_database()::text", &[]).unwrap().get(0);
    client.batch_execute(&format!("GRANT CREATE ON DATABASE {name} TO with_password")).unwrap();
    Outcome::of(command(&sandbox, &url(":right"), &["up", "--to", "000"])).expect(0);
    let up = Outcome::of(command(&sandbox, &url(":right"), &["up", "--json"])).expect(0).json();
    assert!(up["backup"].as_str().unwrap().contains("remote-before-001"), "{up}");
}

#[test]
fn a_database_that_does_not_keep_text_is_refused() {
    let sandbox = Sandbox::without_model();
    let database = server().empty_database();
    let mut client = database.client();
    for (name, options, word) in [
        ("in_latin", "ENCODING 'SQL_ASCII' LOCALE 'C'", "SQL_ASCII"),
        ("in_c", "ENCODING 'UTF8' LOCALE 'C'", "only A to Z"),
    ] {
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 {options}")).unwrap();
        let url = database.url().rsplit_once('/').unwrap().0.to_string() + "/" + name;
        let refused = Outcome::of(command(&sandbox, &url, &["up"])).expect(1);
        assert!(refused.stderr.contains(word) && refused.stderr.contains("CREATE DATABASE"), "{refused}");
    }
}

#[test]
fn a_newer_deployment_is_refused_with_the_version_it_needs() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    json(&sandbox, &database, &["up"]);
    database
        .client()
        .batch_execute("INSERT INTO journal_cli.migrations(number, name, checksum, program) VALUES (98, '098_future', '', '9.2.0')")
        .unwrap();
    for args in [&["up"][..], &["down", "--to", "000", "--yes"]] {
        let refused = run(&sandbox, &database, args).expect(1);
        assert!(refused.stderr.contains("needs journal 9.2.0 or later"), "{refused}");
    }
    let status = json(&sandbox, &database, &["status"]);
    assert_eq!(status["needs"], "9.2.0");
    database.client().batch_execute("DELETE FROM journal_cli.migrations WHERE number = 98").unwrap();
    database.client().batch_execute("UPDATE journal_cli.migrations SET checksum = 'x' WHERE number = 1").unwrap();
    let status = json(&sandbox, &database, &["status"]);
    assert_eq!(status["changed"], serde_json::json!(["001_indexes"]));
}

#[test]
fn tables_of_the_same_make_are_taken_over() {
    let (sandbox, database) = (Sandbox::without_model(), server().database());
    database.client().batch_execute("INSERT INTO users(email, password_hash) VALUES ('a@b', 'x')").unwrap();
    let status = json(&sandbox, &database, &["status"]);
    assert_eq!(status["found"].as_array().unwrap().len(), 7);
    let objects = number(&database, OBJECTS);
    let up = json(&sandbox, &database, &["up"]);
    // What is not the architecture's is applied in any case.
    let (ours, architecture): (Vec<String>, Vec<String>) =
        names().into_iter().map(|name| name.to_string()).partition(|name| name.contains("journal_cli"));
    assert_eq!(up["adopted"], serde_json::json!(architecture));
    assert_eq!(up["migrations"], serde_json::json!(ours));
    assert_eq!(number(&database, OBJECTS), objects);
    assert_eq!(number(&database, "SELECT count(*) FROM users"), 1);
    assert_eq!(json(&sandbox, &database, &["status"])["pending"], 0);

    // The same tables, in which a row that a migration makes is missing: that one is applied.
    let database = server().database();
    database.client().batch_execute("DELETE FROM topics").unwrap();
    let up = json(&sandbox, &database, &["up"]);
    assert_eq!(up["adopted"], serde_json::json!(["000_initial_schema", "001_indexes", "002_user_statistics"]));
    assert_eq!(up["migrations"][0], "003_system_topics");
    assert!(number(&database, "SELECT count(*) FROM topics WHERE is_system_topic") > 20);
}

/// The first tables of the architecture's own text, before its repairs.
const ARCHITECTURE: &str = "
    CREATE TABLE users (
        id UUID PRIMARY KEY DEFAULT gen_random_uuid(), email VARCHAR(255) UNIQUE NOT NULL,
        password_hash VARCHAR(255) NOT NULL, created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(), is_active BOOLEAN DEFAULT TRUE, profile JSONB
    );
    CREATE TABLE journal_entries (
        id UUID PRIMARY KEY DEFAULT gen_random_uuid(), user_id UUID REFERENCES users(id) ON DELETE CASCADE,
        title VARCHAR(500), content TEXT NOT NULL, entry_date DATE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(), updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
        mood_score DECIMAL(3,2) CHECK (mood_score >= -1 AND mood_score <= 1),
        word_count INTEGER GENERATED ALWAYS AS (array_length(string_to_array(trim(content), ' '), 1)) STORED,
        content_vector tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(title, '') || ' ' || content)) STORED
    );
    INSERT INTO users(email, password_hash) VALUES ('theirs', 'x');
    INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'Theirs', '2025-01-01' FROM users";

#[test]
fn tables_of_another_make_are_left_alone() {
    let (sandbox, database) = (Sandbox::without_model(), server().empty_database());
    database.client().batch_execute(ARCHITECTURE).unwrap();
    let objects = number(&database, OBJECTS);
    let refused = run(&sandbox, &database, &["up"]).expect(1);
    for words in ["journal_entries", "users", "content_vector", "Nothing was changed", "pg_dump --data-only"] {
        assert!(refused.stderr.contains(words), "{words}\n{refused}");
    }
    assert_eq!(number(&database, OBJECTS), objects);
    assert_eq!(number(&database, "SELECT count(*) FROM journal_entries"), 1);
    assert_eq!(number(&database, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'journal%'"), 0);
    let status = run(&sandbox, &database, &["status"]).expect(0);
    assert!(status.stdout.contains("journal has not made: journal_entries, users"), "{status}");

    // What the hint says to do.
    let fresh = server().empty_database();
    json(&sandbox, &fresh, &["up"]);
    let mut copy = Command::new("sh");
    copy.args(["-c", "pg_dump --data-only --column-inserts \"$0\" | psql -v ON_ERROR_STOP=1 \"$1\""]);
    let copied = copy.arg(database.url()).arg(fresh.url()).output().unwrap();
    assert!(copied.status.success(), "{copied:?}");
    assert_eq!(number(&fresh, "SELECT count(*) FROM journal_entries WHERE content = 'Theirs'"), 1);
}
