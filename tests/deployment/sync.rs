//! `journal sync` with this deployment: what its README promises of the role, of a restore, and of a replica that
//! takes over.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cluster::{Ended, Place, Running, ended};
use crate::server::programs;

/// A journal of its own, told where the deployment is by a file, as the README says.
struct Journal {
    folder: tempfile::TempDir,
}

impl Journal {
    fn new() -> Journal {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "analyze = \"manual\"\n").unwrap();
        Journal { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Names the server that the journal is synced with, as the role of the deployment.
    fn point_to(&self, running: &Running) {
        let socket = running.socket.to_str().unwrap().replace('/', "%2F");
        std::fs::write(self.path("postgres.url"), format!("postgresql://journaling_user@{socket}/journaling_ai\n"))
            .unwrap();
        self.run(&["config", "set", "postgres_url_file", self.path("postgres.url").to_str().unwrap()]).succeeded();
    }

    fn run(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_journal"));
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", programs().display()))
            .env("HOME", self.folder.path());
        command.env("JOURNAL_MODEL_PATH", self.path("none")).arg("--no-input");
        command.arg("--data-dir").arg(self.path("data")).arg("--config").arg(self.path("config.toml"));
        ended(command.args(words))
    }

    fn add(&self, text: &str) {
        self.run(&["add", text]).succeeded();
    }
}

/// The texts that are there, in order.
fn texts(running: &Running) -> String {
    running
        .value("journaling_ai", "SELECT coalesce(string_agg(content, ' ' ORDER BY content), '') FROM journal_entries")
}

#[test]
fn the_role_of_the_deployment_is_enough_and_a_restored_server_is_brought_up_to_date() {
    let place = Place::new();
    let running = place.bare(&["archive_mode=off"]);
    place.role(&running);
    let journal = Journal::new();
    journal.point_to(&running);
    journal.add("one");
    journal.run(&["sync", "init"]).succeeded();
    journal.run(&["sync"]).succeeded();
    assert_eq!(texts(&running), "one");

    // The nightly scripts, with what sync has made beside the architecture's tables.
    place.run(&running, "refresh-statistics", &[]).succeeded();
    assert_eq!(running.value("journaling_ai", "SELECT total_entries FROM user_statistics"), "1");
    place.run(&running, "backup-database", &[]).succeeded();
    place.run(&running, "restore-drill", &[]).succeeded();

    journal.add("two");
    journal.run(&["sync"]).succeeded();
    assert_eq!(texts(&running), "one two");
    place.run(&running, "restore-database", &["--replace", "latest"]).succeeded();
    assert_eq!(texts(&running), "one");
    journal.add("three");
    journal.run(&["sync"]).succeeded();
    assert_eq!(texts(&running), "one three two", "what the backup had not yet is sent again");
    let list = journal.run(&["list", "--jsonl"]).succeeded().out;
    assert_eq!(list.lines().count(), 3, "and nothing is lost here: {list}");
}

#[test]
fn a_replica_that_takes_over_is_sent_what_it_had_not_received() {
    let place = Place::new();
    let first = place.deployed(&[]);
    let journal = Journal::new();
    journal.point_to(&first);
    journal.add("one");
    journal.run(&["sync", "init"]).succeeded();
    journal.run(&["sync"]).succeeded();

    let data = place.path("replica");
    let mut copy = place.command(programs().join("pg_basebackup"));
    copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-password"]);
    copy.arg("--host").arg(&first.socket).args(["--username=postgres", "--pgdata"]).arg(&data);
    ended(&mut copy).succeeded();
    let config = format!("config_file={}", place.path("deployment/postgresql.conf").display());
    let replica = place.start(&data, &[&config]);
    assert_eq!(texts(&replica), "one");

    // The line to the replica breaks; the first server goes on for a while, and is lost.
    let cut = "ALTER SYSTEM SET primary_conninfo = ''";
    replica.client("postgres").batch_execute(cut).unwrap();
    replica.client("postgres").batch_execute("SELECT pg_reload_conf()").unwrap();
    let since = Instant::now();
    while first.value("postgres", "SELECT count(*) FROM pg_stat_replication") != "0" {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", replica.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    journal.add("two");
    journal.run(&["sync"]).succeeded();
    assert_eq!((texts(&first), texts(&replica)), ("one two".into(), "one".into()));
    drop(first);
    assert_eq!(replica.value("postgres", "SELECT pg_promote()"), "t");

    journal.point_to(&replica);
    journal.add("three");
    journal.run(&["sync"]).succeeded();
    assert_eq!(texts(&replica), "one three two");
}
