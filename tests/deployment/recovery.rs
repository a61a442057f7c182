//! Archived WAL, base backups, and recovery to a point in time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::backup::fill;
use crate::cluster::{Place, Running, ended, value};

/// Ends the segment that is being written, and waits until it is archived.
fn archived(place: &Place, running: &Running) {
    let mut client = running.client("postgres");
    let file = value(&mut client, "SELECT pg_walfile_name(pg_current_wal_lsn())");
    value(&mut client, "SELECT pg_switch_wal()");
    let since = Instant::now();
    while !place.path("backups/wal").join(&file).exists() {
        assert!(since.elapsed() < Duration::from_secs(60), "{file}: {}", running.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn base_backup(place: &Place, running: &Running) -> String {
    place.run(running, "base-backup", &[]).succeeded().out.trim().to_owned()
}

fn entries(running: &Running) -> String {
    running.value("journaling_ai", "SELECT count(*) FROM journal_entries")
}

/// The server's time, once it is surely another than before.
fn now(running: &Running) -> String {
    std::thread::sleep(Duration::from_millis(1100));
    running.value("journaling_ai", "SELECT clock_timestamp()")
}

#[test]
fn deleted_rows_are_there_again_at_the_moment_before() {
    let place = Place::new();
    let running = place.deployed(&[]);
    fill(&running);
    base_backup(&place, &running);
    let first = now(&running);
    let write =
        "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'Afterwards.', '2026-01-01' FROM users";
    running.client("journaling_ai").batch_execute(write).unwrap();
    let second = now(&running);
    running.client("journaling_ai").batch_execute("DELETE FROM journal_entries").unwrap();
    archived(&place, &running);
    assert_eq!(entries(&running), "0");

    for (number, (moment, expected)) in [(&second, "301"), (&first, "300")].into_iter().enumerate() {
        let folder = place.path(&format!("recovered-{number}"));
        place.run(&running, "recover-to", &[moment, folder.to_str().unwrap()]).succeeded();
        // As the first server runs, and beside it.
        let config = format!("config_file={}", place.path("deployment/postgresql.conf").display());
        let recovered = place.start(&folder, &[&config]);
        assert_eq!(entries(&recovered), expected, "at {moment}");
        let mut client = recovered.client("journaling_ai");
        assert_eq!(value(&mut client, "SELECT pg_is_in_recovery()"), "t", "it waits, and can be looked at");
        assert_eq!(value(&mut client, "SHOW archive_mode"), "off", "and leaves the archive alone");
        value(&mut client, "SELECT pg_wal_replay_resume()");
        let since = Instant::now();
        while value(&mut client, "SELECT pg_is_in_recovery()") == "t" {
            assert!(since.elapsed() < Duration::from_secs(60), "{}", recovered.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        client.batch_execute("DELETE FROM journal_entries WHERE content = 'Afterwards.'").unwrap();
        assert_eq!(entries(&recovered), "300", "it is a server like any other");
    }
    assert_eq!(entries(&running), "0", "the first server was left alone");

    let before_all = "2020-01-01 00:00:00+00";
    let folder = place.path("refused");
    let folder = folder.to_str().unwrap();
    place.run(&running, "recover-to", &[before_all, folder]).failed("was complete by 2020-01-01 00:00:00+00");
    place.run(&running, "recover-to", &["2026-01-01 10:00", folder]).failed("names no zone");
    place.run(&running, "recover-to", &["2026-01-01", folder]).failed("names no zone");
    place.run(&running, "recover-to", &["2026-13-01 10:00+00", folder]).failed("is no moment");
    let taken = place.path("recovered-0");
    place.run(&running, "recover-to", &[&second, taken.to_str().unwrap()]).failed("is not empty: nothing was changed");
    assert!(!Path::new(folder).exists());
}

#[test]
fn a_base_backup_that_was_changed_is_not_recovered_from() {
    let place = Place::new();
    let running = place.deployed(&[]);
    let base = base_backup(&place, &running);
    let file = Path::new(&base).join("global/pg_control");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(file, bytes).unwrap();
    let folder = place.path("recovered");
    place.run(&running, "recover-to", &[&now(&running), folder.to_str().unwrap()]).failed("is not what was backed up");
}

#[test]
fn old_base_backups_go_when_no_moment_needs_them_and_their_wal_with_them() {
    let place = Place::new();
    let running = place.deployed(&[]);
    let backups = place.path("backups");
    let first = base_backup(&place, &running);
    archived(&place, &running);
    let needed = fs::read_to_string(Path::new(&first).join("backup_label")).unwrap();
    fs::rename(&first, backups.join("base_20200101_040000")).unwrap();
    archived(&place, &running);
    let second = base_backup(&place, &running);
    fs::rename(&second, backups.join("base_20200108_040000")).unwrap();
    let label = fs::read_to_string(backups.join("base_20200108_040000/backup_label")).unwrap();
    let start = |label: &str| label.split_once("(file ").unwrap().1.split(')').next().unwrap().to_owned();
    assert!(place.path("backups/wal").join(start(&needed)).exists());

    // Both are old. The newer of them is what the last thirty days begin with.
    std::thread::sleep(Duration::from_millis(1100));
    let third = base_backup(&place, &running);
    assert!(!backups.join("base_20200101_040000").exists());
    assert!(backups.join("base_20200108_040000").exists() && Path::new(&third).exists());
    assert!(!place.path("backups/wal").join(start(&needed)).exists(), "WAL that nothing kept needs");
    assert!(place.path("backups/wal").join(start(&label)).exists(), "WAL that the oldest kept starts with");

    // A failure removes nothing.
    let mut failing = place.against(&running, "base-backup", &[]);
    ended(failing.env("PGUSER", "journaling_user").env("KEEP_DAYS", "0")).failed("pg_basebackup failed");
    assert!(backups.join("base_20200108_040000").exists());
    let left = fs::read_dir(&backups)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".base-"));
    assert_eq!(left.count(), 0);
}

#[test]
fn the_archive_command_never_writes_over_a_file() {
    let place = Place::new();
    let wal = place.path("backups/wal");
    let archive =
        |from: &Path, name: &str| ended(place.script("bin/archive-wal").arg(from).arg(name).env("WAL_DIR", &wal));
    let one = place.write("one", "the first server's");
    let other = place.write("other", "another server's");
    let name = "000000010000000000000001";
    archive(&one, name).succeeded();
    archive(&other, name).failed("is there already, with other contents: not written");
    assert_eq!(fs::read_to_string(wal.join(name)).unwrap(), "the first server's");
    // The server asks again when it died before it had noted the success.
    archive(&one, name).succeeded();

    // Nothing half-written stays when there is nothing to read, or no place to write.
    archive(&place.path("missing"), "000000010000000000000002").failed("missing");
    let names: Vec<_> = fs::read_dir(&wal).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [name]);
    let nowhere = ended(place.script("bin/archive-wal").arg(&one).arg("x").env("WAL_DIR", place.path("nowhere")));
    nowhere.failed("nowhere");
    ended(&mut place.script("bin/archive-wal")).failed("usage");
}

#[test]
fn two_servers_on_one_archive_stop_at_the_first_clash() {
    let place = Place::new();
    let running = place.deployed(&[]);
    let mut client = running.client("postgres");
    let file = value(&mut client, "SELECT pg_walfile_name(pg_current_wal_lsn())");
    // What another server of the same history would have put there.
    place.write(&format!("backups/wal/{file}"), "another server's");
    client.batch_execute("CREATE TABLE t(n int)").unwrap();
    value(&mut client, "SELECT pg_switch_wal()");
    let since = Instant::now();
    while value(&mut client, "SELECT last_failed_wal FROM pg_stat_archiver") != file {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", running.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(fs::read_to_string(place.path("backups/wal").join(&file)).unwrap(), "another server's");
    assert!(running.log().contains("with other contents: not written"), "{}", running.log());
    let kept = format!("SELECT count(*) FROM pg_ls_waldir() WHERE name = '{file}'");
    assert_eq!(value(&mut client, &kept), "1", "the server keeps what is not archived");
}
