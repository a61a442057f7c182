//! Backup, retention, restore and drill, on a server with the schema and rows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{Place, Running, ended, rows, value};

/// A server with 300 entries, and what goes with them.
fn filled() -> (Place, Running) {
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
fn everything(running: &Running, database: &str) -> Vec<String> {
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

fn databases(running: &Running) -> Vec<String> {
    rows(&mut running.client("postgres"), "SELECT datname FROM pg_database WHERE datname LIKE 'journaling%' ORDER BY 1")
}

/// The names of the files in the folder of backups, sorted; without the locks.
fn files(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("backups")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("lock") && name != "wal")
        .collect();
    names.sort();
    names
}

/// Makes a backup and gives its file.
fn back_up(place: &Place, running: &Running) -> PathBuf {
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

fn age(file: &Path, days: u32) {
    let when = format!("{days} days ago");
    assert!(Command::new("touch").args(["-d", &when]).arg(file).status().unwrap().success());
}

#[test]
fn what_was_backed_up_comes_back_equal() {
    let (place, running) = filled();
    let before = everything(&running, "journaling_ai");
    assert!(before.len() > 1200, "{}", before.len());
    let dump = back_up(&place, &running);
    assert!(fs::read(&dump).unwrap().starts_with(b"PGDMP"), "custom format");
    for file in files(&place) {
        assert_eq!(fs::metadata(place.path("backups").join(&file)).unwrap().permissions().mode() & 0o077, 0, "{file}");
    }
    assert_eq!(files(&place).len(), 3, "{:?}", files(&place));
    let counts = fs::read_to_string(dump.with_extension("counts")).unwrap();
    assert!(
        counts.contains("public.journal_entries\t300\n") && counts.contains("public.entry_topics\t600\n"),
        "{counts}"
    );

    running.client("postgres").batch_execute("DROP DATABASE journaling_ai").unwrap();
    place.run(&running, "restore-database", &["latest"]).succeeded();
    assert_eq!(everything(&running, "journaling_ai"), before);
    // The role of the deployment owns what it owned, and can go on.
    running
        .client("journaling_ai")
        .batch_execute("SET ROLE journaling_user; SELECT refresh_user_statistics()")
        .unwrap();
}

#[test]
fn a_restore_writes_over_nothing_and_replacing_keeps_what_was_there() {
    let (place, running) = filled();
    let dump = back_up(&place, &running);
    let dump = dump.to_str().unwrap();
    let before = everything(&running, "journaling_ai");
    running
        .client("journaling_ai")
        .batch_execute("DELETE FROM journal_entries WHERE entry_date < '2024-03-01'")
        .unwrap();
    let changed = everything(&running, "journaling_ai");

    place.run(&running, "restore-database", &[dump]).failed("has 7 tables: nothing was changed");
    assert_eq!(everything(&running, "journaling_ai"), changed);

    // Somebody is using it.
    let user = running.client("journaling_ai");
    place.run(&running, "restore-database", &["--replace", dump]).failed("is in use: it is as it was");
    drop(user);
    assert_eq!(everything(&running, "journaling_ai"), changed);
    assert_eq!(databases(&running), ["journaling_ai"]);

    place.run(&running, "restore-database", &["--replace", dump]).succeeded();
    assert_eq!(everything(&running, "journaling_ai"), before);
    let kept = databases(&running);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(everything(&running, &kept[1]), changed);
    let owned =
        "SELECT string_agg(DISTINCT pg_get_userbyid(datdba) || coalesce(datacl::text, ''), ' ') FROM pg_database
        WHERE datname LIKE 'journaling%'";
    assert_eq!(running.value("postgres", owned), "journaling_user{journaling_user=CTc/journaling_user}");
}

#[test]
fn a_damaged_backup_is_refused() {
    let (place, running) = filled();
    let dump = back_up(&place, &running);
    let name = dump.to_str().unwrap();
    let whole = fs::read(&dump).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&dump, &bytes).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("its checksum differs");
    fs::write(&dump, &whole[..middle]).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("its checksum differs");
    place.run(&running, "restore-drill", &[]).failed("its checksum differs");
    fs::write(&dump, &whole).unwrap();
    fs::rename(format!("{name}.sha256"), place.path("away")).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("has no checksum beside it");
    assert_eq!(databases(&running), ["journaling_ai"]);
    fs::rename(place.path("away"), format!("{name}.sha256")).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).succeeded();
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

#[test]
fn the_drill_restores_compares_checks_and_leaves_nothing() {
    let (place, running) = filled();
    place.run(&running, "restore-drill", &[]).failed("there is no backup of journaling_ai");
    let dump = back_up(&place, &running);
    let told = place.run(&running, "restore-drill", &[]).succeeded().err;
    assert!(told.contains("can be restored, and is sound"), "{told}");

    age(&dump, 2);
    place.run(&running, "restore-drill", &[]).failed("can be restored, but is 48 hours old");

    // Counts that are not those of the dump, sealed as if they were.
    let counts = dump.with_extension("counts");
    let text = fs::read_to_string(&counts).unwrap();
    fs::write(&counts, text.replace("journal_entries\t300", "journal_entries\t301")).unwrap();
    let name = dump.file_name().unwrap().to_str().unwrap();
    let seal = format!("sha256sum {name} {} >{name}.sha256", name.replace(".dump", ".counts"));
    assert!(Command::new("sh").current_dir(place.path("backups")).args(["-c", &seal]).status().unwrap().success());
    place.run(&running, "restore-drill", &[]).failed("the restored rows are not those of the backup");

    // A backup of what is no journal any more.
    running.client("journaling_ai").batch_execute("DROP TABLE psychology_insights").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    back_up(&place, &running);
    place.run(&running, "restore-drill", &[]).failed("there is no psychology_insights");
    assert_eq!(databases(&running), ["journaling_ai"]);
}

#[test]
fn counts_and_dump_are_of_one_moment() {
    let (place, running) = filled();
    // Somebody writes all the time.
    let mut writer = running.client("journaling_ai");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let one =
                "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'More.', '2026-01-01' FROM users";
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                writer.batch_execute(one).unwrap();
            }
        });
        let dump = back_up(&place, &running);
        let drill = place.run(&running, "restore-drill", &[]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        drill.succeeded();
        assert!(dump.exists());
    });
    let counted = value(&mut running.client("journaling_ai"), "SELECT count(*) FROM journal_entries");
    assert!(counted.parse::<u32>().unwrap() > 300, "{counted}");
}
