//! Backups on a server with the schema and rows: what is kept, what goes, and what a failure leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{Place, Running, ended, rows};

/// A server with 300 entries, and what goes with them.
pub(crate) fn filled() -> (Place, Running) {
    let place = Place::new();
    let running = place.deployed(&["archive_mode=off"]);
    fill(&running);
    (place, running)
}

/// Rows of every table.
pub(crate) fn fill(running: &Running) {
    let mut client = running.client("journaling_ai");
    let sql = "INSERT INTO users(email, password_hash, profile) VALUES ('ada@example.org', '!', '{\"name\": \"Ada\"}');
        INSERT INTO journal_entries(user_id, title, content, entry_date, mood_score)
            SELECT id, 'Morning walk ' || n, E'I went for a walk.\\n\\tÜber Berge, ' || n || ' of them.', date '2024-01-01' + n, n % 200 / 100.0 - 1
            FROM users, generate_series(1, 300) n;
        INSERT INTO sentiment_analysis(entry_id, model_name, sentiment_label, confidence_score, emotions)
            SELECT id, 'vader', 'positive', 0.875, '{\"joy\": 0.8}' FROM journal_entries;
        INSERT INTO entry_topics(entry_id, topic_id, relevance_score)
            SELECT e.id, t.id, 0.5 FROM journal_entries e, topics t WHERE t.name IN ('nature', 'exercise');
        INSERT INTO user_sessions(user_id, ip_address, activities) SELECT id, '10.1.0.0/16', '{}' FROM users;
        INSERT INTO psychology_insights(user_id, insight_type, insight_data) SELECT id, 'pattern', '[1, 2.50]' FROM users;
        REFRESH MATERIALIZED VIEW user_statistics;";
    client.batch_execute(sql).unwrap();
}

/// Every row of every table, as text.
pub(crate) fn everything(running: &Running, database: &str) -> Vec<String> {
    let mut client = running.client(database);
    let tables = [
        "users",
        "journal_entries",
        "sentiment_analysis",
        "topics",
        "entry_topics",
        "user_sessions",
        "psychology_insights",
        "user_statistics",
    ];
    tables
        .iter()
        .flat_map(|table| rows(&mut client, &format!("SELECT '{table}', t.* FROM {table} t ORDER BY t::text")))
        .collect()
}

pub(crate) fn databases(running: &Running) -> Vec<String> {
    rows(&mut running.client("postgres"), "SELECT datname FROM pg_database WHERE datname LIKE 'journaling%' ORDER BY 1")
}

/// The names of the files in the folder of backups, sorted; without the locks.
pub(crate) fn files(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("backups")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("lock") && name != "wal")
        .collect();
    names.sort();
    names
}

/// Makes a backup and gives its file.
pub(crate) fn back_up(place: &Place, running: &Running) -> PathBuf {
    let ended = place.run(running, "backup-database", &[]).succeeded();
    PathBuf::from(ended.out.trim())
}

/// An old backup of this database, and what only looks like one.
fn old_backup(place: &Place, days: u32) -> Vec<String> {
    let stem = "journaling_ai_20200101_030000";
    let names: Vec<String> = ["counts", "dump", "dump.sha256"].iter().map(|end| format!("{stem}.{end}")).collect();
    for name in &names {
        age(&place.write(&format!("backups/{name}"), "old"), days);
    }
    names
}

pub(crate) fn age(file: &Path, days: u32) {
    let when = format!("{days} days ago");
    assert!(Command::new("touch").args(["-d", &when]).arg(file).status().unwrap().success());
}

#[test]
fn old_backups_go_after_a_success_and_only_they() {
    let (place, running) = filled();
    let old = old_backup(&place, 32);
    let others =
        ["journaling_ai_20200202_030000.dump", "other_20200101_030000.dump", "journaling_ai_copy.dump", "notes.txt"];
    for name in others {
        age(&place.write(&format!("backups/{name}"), "kept"), if name == others[0] { 29 } else { 400 });
    }
    back_up(&place, &running);
    let left = files(&place);
    assert!(old.iter().all(|name| !left.contains(name)), "{left:?}");
    assert!(others.iter().all(|name| left.contains(&(*name).to_owned())), "{left:?}");
    assert_eq!(left.len(), others.len() + 3, "{left:?}");
}

#[test]
fn a_backup_that_fails_leaves_the_old_ones_and_nothing_else() {
    let (place, running) = filled();
    let old = old_backup(&place, 400);
    // A real refusal: a table that the role may count but not lock, as pg_dump must.
    let deny = "CREATE ROLE half LOGIN; GRANT pg_read_all_data TO half; ALTER TABLE users ENABLE ROW LEVEL SECURITY";
    running.client("journaling_ai").batch_execute(deny).unwrap();
    running.client("postgres").batch_execute("GRANT CONNECT ON DATABASE journaling_ai TO half").unwrap();
    let mut half = place.against(&running, "backup-database", &[]);
    ended(half.env("PGUSER", "half")).failed("pg_dump failed: no backup was made, and no old one removed");
    assert_eq!(files(&place), old);

    // pg_dump dies after half of its output.
    let shim = place.write(
        "bin-pg_dump",
        "#!/bin/sh\nfor word; do case $word in --file=*) echo PGDMPxx >\"${word#*=}\";; esac; done; exit 1\n",
    );
    fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&shim, place.make("shims").join("pg_dump")).unwrap();
    let path = |command: &Command| {
        let found = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap();
        format!("{}:{}", place.path("shims").display(), found.to_str().unwrap())
    };
    let mut dying = place.against(&running, "backup-database", &[]);
    let shims_first = path(&dying);
    ended(dying.env("PATH", &shims_first)).failed("pg_dump failed");
    // It says that it succeeded, and wrote rubbish.
    let lying = fs::read_to_string(place.path("shims/pg_dump")).unwrap().replace("exit 1", "exit 0");
    fs::write(place.path("shims/pg_dump"), lying).unwrap();
    let mut dying = place.against(&running, "backup-database", &[]);
    ended(dying.env("PATH", &shims_first)).failed("");
    assert_eq!(files(&place), old);

    // No server, no such database, a wrong setting.
    let mut gone = place.against(&running, "backup-database", &[]);
    ended(gone.env("PGHOST", place.path("nowhere"))).failed("cannot connect to journaling_ai");
    let mut misnamed = place.against(&running, "backup-database", &[]);
    ended(misnamed.env("PGDATABASE", "journalling")).failed("cannot connect to journalling");
    let mut wrong = place.against(&running, "backup-database", &[]);
    ended(wrong.env("KEEP_DAYS", "-1")).failed("KEEP_DAYS is not a whole number: '-1'");
    assert_eq!(files(&place), old);
}

#[test]
fn a_copy_elsewhere_is_part_of_the_success() {
    let (place, running) = filled();
    let old = old_backup(&place, 400);
    let mut failing = place.against(&running, "backup-database", &[]);
    ended(failing.env("COPY_COMMAND", "exit 3")).failed("COPY_COMMAND failed: no old backup was removed");
    let left = files(&place);
    assert!(old.iter().all(|name| left.contains(name)) && left.len() == 6, "{left:?}");

    std::thread::sleep(std::time::Duration::from_millis(1100));
    let remote = place.make("object storage");
    let mut copying = place.against(&running, "backup-database", &[]);
    copying.env("COPY_COMMAND", "for file; do cp \"$file\" \"$REMOTE/\"; done").env("REMOTE", &remote);
    let made = ended(&mut copying).succeeded();
    let name = Path::new(made.out.trim()).file_name().unwrap().to_str().unwrap().to_owned();
    let left = files(&place);
    assert!(old.iter().all(|name| !left.contains(name)), "{left:?}");
    // What was copied can be restored from there.
    let copy = remote.join(name);
    place.run(&running, "restore-database", &[copy.to_str().unwrap(), "elsewhere"]).succeeded();
    assert_eq!(everything(&running, "elsewhere"), everything(&running, "journaling_ai"));
}
