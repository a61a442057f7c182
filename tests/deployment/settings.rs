//! `postgresql.conf` on a real server: taken whole, with the architecture's values.

use std::fs;

use crate::cluster::{Place, rows, source, value};

/// What the architecture sets, as `SHOW` says it.
const ARCHITECTURE: [(&str, &str); 6] = [
    ("log_min_duration_statement", "1s"),
    ("log_statement_stats", "on"),
    ("log_lock_waits", "on"),
    ("wal_level", "replica"),
    ("archive_mode", "on"),
    ("max_wal_senders", "3"),
];

#[test]
fn the_server_takes_every_line_of_postgresql_conf() {
    let place = Place::new();
    let data = place.initdb();
    let config = format!("config_file={}", place.path("deployment/postgresql.conf").display());
    let running = place.start(&data, &[&config]);
    let mut client = running.client("postgres");
    for (name, expected) in ARCHITECTURE {
        assert_eq!(value(&mut client, &format!("SHOW {name}")), expected, "{name}");
    }
    assert_eq!(value(&mut client, "SHOW archive_command"), "/opt/journaling-ai/bin/archive-wal \"%p\" \"%f\"");

    let text = fs::read_to_string(source().join("postgresql.conf")).unwrap();
    let written = text.lines().filter(|line| !line.starts_with('#') && line.contains('=')).count();
    // The two that the test sets beside the file are the command line's, and are no lines of it.
    let taken =
        "SELECT count(*) FROM pg_file_settings WHERE applied AND error IS NULL AND sourcefile LIKE '%/postgresql.conf'";
    assert_eq!(value(&mut client, taken), written.to_string());
    assert_eq!(rows(&mut client, "SELECT name, error FROM pg_file_settings WHERE error IS NOT NULL"), [""; 0]);
}

#[test]
fn the_queries_for_slow_statements_and_unused_indexes_answer() {
    let place = Place::new();
    let running = place.deployed(&[]);
    let mut client = running.client("journaling_ai");
    client.batch_execute("SELECT count(*) FROM journal_entries").unwrap();
    // The architecture's, with the names that the columns have had since PostgreSQL 13. The view is in the
    // database `postgres`, and shows the statements of all.
    let slow = "SELECT query, calls, total_exec_time, mean_exec_time, rows,
            100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0) AS hit_percent
        FROM pg_stat_statements ORDER BY total_exec_time DESC";
    let statements = rows(&mut running.client("postgres"), slow);
    assert!(statements.iter().any(|row| row.contains("count(*) FROM journal_entries")), "{statements:#?}");

    let unused = "SELECT schemaname, relname, indexrelname, idx_tup_read, idx_tup_fetch FROM pg_stat_user_indexes s
        JOIN pg_index i USING (indexrelid) WHERE idx_scan = 0 AND NOT indisunique ORDER BY 1, 2, 3";
    let unused = rows(&mut client, unused);
    assert!(unused.iter().any(|row| row.contains("idx_journal_entries_content_trgm")), "{unused:#?}");
    let scanned = "SELECT schemaname, relname, seq_scan, seq_tup_read, seq_tup_read / seq_scan AS avg_rows_per_scan
        FROM pg_stat_user_tables WHERE seq_scan > 0 ORDER BY seq_tup_read DESC LIMIT 20";
    assert!(!rows(&mut client, scanned).is_empty());
}
