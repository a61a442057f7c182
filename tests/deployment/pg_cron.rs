//! The nightly refresh by pg_cron, where the server has it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::cluster::{Place, rows, value};
use crate::server::programs;

/// Whether this server has the extension. `make test-tools` installs it where there is a package.
fn installed() -> bool {
    let output = Command::new(programs().join("pg_config")).arg("--sharedir").output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    std::path::Path::new(&folder).join("extension/pg_cron.control").exists()
}

#[test]
fn pg_cron_refreshes_the_statistics_and_a_backup_can_do_without_it() {
    if !installed() {
        eprintln!("SKIPPED: this PostgreSQL has no pg_cron (Debian: apt-get install postgresql-15-cron)");
        return;
    }
    let place = Place::new();
    let data = place.initdb();
    let config = format!("config_file={}", place.path("deployment/postgresql.pg-cron.conf").display());
    let running = place.start(&data, &[&config, "archive_mode=off"]);
    place.set_up(&running);
    let mut client = running.client("journaling_ai");
    let jobs = rows(&mut client, "SELECT jobname, schedule, command, username FROM cron.job");
    assert_eq!(jobs, ["refresh-stats\t0 2 * * *\tSELECT refresh_user_statistics();\tjournaling_user"]);
    client
        .batch_execute(
            "INSERT INTO users(email, password_hash) VALUES ('ada@example.org', '!');
             INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'Walked.', '2026-01-02' FROM users;
             SELECT cron.alter_job(jobid, schedule := '* * * * *') FROM cron.job",
        )
        .unwrap();
    assert_eq!(value(&mut client, "SELECT count(*) FROM user_statistics"), "0");

    // Meanwhile: the drill restores into a database where pg_cron cannot be.
    place.run(&running, "backup-database", &[]).succeeded();
    place.run(&running, "restore-drill", &[]).succeeded();

    let since = Instant::now();
    while value(&mut client, "SELECT count(*) FROM user_statistics") == "0" {
        let runs = rows(&mut client, "SELECT status, return_message FROM cron.job_run_details");
        assert!(since.elapsed() < Duration::from_secs(90), "{runs:?}\n{}", running.log());
        std::thread::sleep(Duration::from_millis(500));
    }
    let total = value(&mut client, "SELECT total_entries FROM user_statistics");
    assert_eq!(total, "1");
}
