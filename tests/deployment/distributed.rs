//! The schema in partitions by user: the architecture's queries read one partition, and answer as before.

use std::fs;

use crate::cluster::{Place, Running, ended, rows, source};
use crate::queries::{ADA, OF_ALL, OF_ONE_USER, ROWS, for_user};

const TABLES: [&str; 5] =
    ["journal_entries", "sentiment_analysis", "entry_topics", "user_sessions", "psychology_insights"];

fn deployed() -> (Place, Running) {
    let place = Place::new();
    let running = place.deployed(&["archive_mode=off"]);
    running.client("journaling_ai").batch_execute(ROWS).unwrap();
    (place, running)
}

fn partition(place: &Place, running: &Running) -> crate::cluster::Ended {
    let mut psql = place.command("/usr/bin/env");
    psql.args(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f"]).arg(place.path("deployment/sql/partition-by-user.sql"));
    psql.env("PGHOST", &running.socket).env("PGUSER", "journaling_user").env("PGDATABASE", "journaling_ai");
    ended(&mut psql)
}

/// The answers of the queries, for a schema by user or not.
fn answers(running: &Running, by_user: bool) -> Vec<(&'static str, Vec<String>)> {
    let mut client = running.client("journaling_ai");
    let mine = OF_ONE_USER.map(|(name, query)| (name, for_user(query, &format!("'{ADA}'"), by_user)));
    let all = OF_ALL.map(|(name, query)| (name, query.to_owned()));
    mine.into_iter().chain(all).map(|(name, query)| (name, rows(&mut client, &query))).collect()
}

/// The partitions that a plan names.
fn partitions(plan: &[String]) -> Vec<String> {
    let words = plan.iter().flat_map(|line| line.split([' ', '(', ')', ':']));
    let number = |word: &str| {
        TABLES.iter().find_map(|table| {
            word.strip_prefix(&format!("{table}_")).filter(|tail| tail.parse::<u32>().is_ok()).map(|_| word.to_owned())
        })
    };
    let mut found: Vec<String> = words.filter_map(number).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn each_query_of_a_user_reads_that_users_partition_and_answers_as_before() {
    let (place, running) = deployed();
    let before = answers(&running, false);
    assert!(before.iter().all(|(name, rows)| !rows.is_empty() || panic!("{name} finds nothing")));
    partition(&place, &running).succeeded();
    assert_eq!(answers(&running, true), before);

    let mut client = running.client("journaling_ai");
    for (name, query) in OF_ONE_USER {
        let query = for_user(query, &format!("'{ADA}'"), true);
        let plan = rows(&mut client, &format!("EXPLAIN (COSTS OFF) {query}"));
        let read = partitions(&plan);
        let numbers: std::collections::BTreeSet<&str> =
            read.iter().map(|name| name.rsplit_once('_').unwrap().1).collect();
        assert_eq!(numbers.len(), 1, "{name}: {plan:#?}");
        // The tables of a join are cut by the same number: a user's rows are together.
        assert_eq!(read.len(), if query.contains("JOIN") { 2 } else { 1 }, "{name}: {plan:#?}");
    }
    // A plan made before the user is known leaves the others out when it runs.
    client.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
    let generic = for_user(OF_ONE_USER[1].1, "$1", true);
    client.batch_execute(&format!("PREPARE by_week(uuid) AS {generic}")).unwrap();
    let plan = rows(&mut client, &format!("EXPLAIN (COSTS OFF) EXECUTE by_week('{ADA}')")).join("\n");
    assert!(plan.contains("Subplans Removed: 7"), "{plan}");

    // A user who goes takes everything along, through keys of two columns.
    let gone = format!("DELETE FROM users WHERE id = '{ADA}'");
    client.batch_execute(&gone).unwrap();
    for table in TABLES {
        assert_eq!(
            rows(&mut client, &format!("SELECT count(*) FROM {table} WHERE user_id = '{ADA}'")),
            ["0"],
            "{table}"
        );
    }
    client.batch_execute("SELECT refresh_user_statistics()").unwrap();
    assert_eq!(rows(&mut client, "SELECT count(*), sum(total_entries) FROM user_statistics"), ["2\t600"]);
    assert_eq!(
        rows(&mut client, "SELECT count(*) FROM before_partitions.journal_entries"),
        ["600"],
        "it follows users too"
    );
}

#[test]
fn rows_of_nobody_are_told_and_nothing_moves() {
    let (place, running) = deployed();
    let mut client = running.client("journaling_ai");
    client.batch_execute("INSERT INTO journal_entries(content, entry_date) VALUES ('Whose?', '2024-01-01')").unwrap();
    partition(&place, &running).failed("900 of 901 rows of journal_entries have a user");
    assert_eq!(rows(&mut client, "SELECT count(*) FROM journal_entries"), ["901"]);
    assert_eq!(rows(&mut client, "SELECT to_regnamespace('before_partitions')"), ["NULL"]);
}

#[test]
fn keys_without_the_user_are_what_the_server_refuses() {
    let (_place, running) = deployed();
    let mut client = running.client("postgres");
    let refused = |client: &mut postgres::Client, sql: &str| {
        client.batch_execute(sql).unwrap_err().as_db_error().unwrap().message().to_owned()
    };
    let told = refused(&mut client, "CREATE TABLE a(id uuid PRIMARY KEY, user_id uuid) PARTITION BY HASH (user_id)");
    assert_eq!(told, "unique constraint on partitioned table must include all partitioning columns");
    client
        .batch_execute("CREATE TABLE b(id uuid, user_id uuid, PRIMARY KEY (user_id, id)) PARTITION BY HASH (user_id)")
        .unwrap();
    let told = refused(&mut client, "CREATE TABLE c(entry_id uuid REFERENCES b(id))");
    assert_eq!(told, "there is no unique constraint matching given keys for referenced table \"b\"");
}

#[test]
fn the_page_names_what_there_is() {
    let page = fs::read_to_string(source().join("beyond-one-machine.md")).unwrap();
    let script = fs::read_to_string(source().join("sql/partition-by-user.sql")).unwrap();
    // Each index that a plan of the page shows is one that the script makes, on a partition.
    let plans: Vec<&str> = page.lines().filter(|line| line.contains(" Scan ")).collect();
    assert!(plans.len() >= 8, "{plans:#?}");
    for table in TABLES {
        assert!(page.contains(table) && script.contains(&format!("CREATE TABLE {table} (")), "{table}");
        assert!(page.contains(&format!("create_distributed_table('{table}', 'user_id'")), "{table}");
    }
    for table in ["users", "topics"] {
        assert!(page.contains(&format!("create_reference_table('{table}')")), "{table}");
    }
}
