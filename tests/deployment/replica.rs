//! A streaming replica: it answers the architecture's queries as the first server does, and can take its place.

use std::time::{Duration, Instant};

use crate::cluster::{Place, Running, ended, rows, value};
use crate::queries::{ADA, OF_ALL, OF_ONE_USER, ROWS, for_user};
use crate::server::programs;

fn answers(running: &Running) -> Vec<Vec<String>> {
    let mut client = running.client("journaling_ai");
    let mine = OF_ONE_USER.map(|(_, query)| for_user(query, &format!("'{ADA}'"), false));
    let all = OF_ALL.map(|(_, query)| query.to_owned());
    mine.iter().chain(&all).map(|query| rows(&mut client, query)).collect()
}

/// Waits until the replica has replayed all that the first server has written.
fn caught_up(first: &Running, replica: &Running) {
    let written = first.value("postgres", "SELECT pg_current_wal_lsn()");
    let since = Instant::now();
    while replica.value("postgres", &format!("SELECT pg_last_wal_replay_lsn() >= '{written}'")) != "t" {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", replica.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_replica_answers_as_the_first_server_and_takes_its_place() {
    let place = Place::new();
    // The seed's three senders are enough for a copy and a replica.
    let first = place.deployed(&[]);
    first.client("journaling_ai").batch_execute(ROWS).unwrap();
    let data = place.path("replica");
    let mut copy = place.command(programs().join("pg_basebackup"));
    copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-password"]);
    copy.args(["--create-slot", "--slot=replica_1"]);
    copy.arg("--host").arg(&first.socket).args(["--username=postgres", "--pgdata"]).arg(&data);
    ended(&mut copy).succeeded();
    let config = format!("config_file={}", place.path("deployment/postgresql.conf").display());
    let replica = place.start(&data, &[&config, "cluster_name=replica_1"]);
    caught_up(&first, &replica);
    let expected = answers(&first);
    assert!(expected.iter().all(|rows| !rows.is_empty()));
    assert_eq!(answers(&replica), expected);

    // It follows, and refuses writes in words that a program can read.
    let write = format!(
        "INSERT INTO journal_entries(user_id, title, content, entry_date) VALUES ('{ADA}', 'Morning walk', 'Once more.', '2024-03-01');
         SELECT refresh_user_statistics()"
    );
    first.client("journaling_ai").batch_execute(&write).unwrap();
    caught_up(&first, &replica);
    assert_ne!(answers(&first), expected);
    assert_eq!(answers(&replica), answers(&first));
    let refused = replica.client("journaling_ai").batch_execute(&write).unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "25006", "{refused}");

    // Who must read what he has just written lets the commit wait for the replica.
    let mut writer = first.client("journaling_ai");
    writer.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'replica_1'").unwrap();
    writer.batch_execute("SELECT pg_reload_conf()").unwrap();
    let since = Instant::now();
    while value(&mut writer, "SELECT sync_state FROM pg_stat_replication") != "sync" {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", first.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    writer.batch_execute("SET synchronous_commit = remote_apply").unwrap();
    let mut reader = replica.client("journaling_ai");
    for number in 0..50 {
        let email = format!("{number}@example.net");
        writer.batch_execute(&format!("INSERT INTO users(email, password_hash) VALUES ('{email}', '!')")).unwrap();
        assert_eq!(value(&mut reader, &format!("SELECT count(*) FROM users WHERE email = '{email}'")), "1");
    }

    // The first server is lost.
    drop(writer);
    let last = answers(&first);
    drop(first);
    assert_eq!(value(&mut reader, "SELECT pg_promote()"), "t");
    replica.client("journaling_ai").batch_execute(&write).unwrap();
    let promoted = answers(&replica);
    assert_ne!(promoted, last);
    assert_eq!(value(&mut reader, "SELECT count(*) FROM users"), "53");
}
