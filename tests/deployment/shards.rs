//! The schema over three servers by user, with postgres_fdw: each query of a user is answered by one shard, as one
//! server with everything answers it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::cluster::{Place, Running, ended, rows, value};
use crate::queries::{ADA, OF_ALL, OF_ONE_USER, ROWS, for_user};

const SHARDS: usize = 2;

fn psql(place: &Place, running: &Running, user: &str, arguments: &[&str]) {
    let mut psql = place.command("/usr/bin/env");
    psql.args(["psql", "-Xq", "-v", "ON_ERROR_STOP=1"]).args(arguments);
    psql.env("PGHOST", &running.socket).env("PGUSER", user).env("PGDATABASE", "journaling_ai");
    ended(&mut psql).succeeded();
}

/// Copies a query's rows from one server into another's table.
fn copy(from: &Running, query: &str, to: &Running, target: &str) {
    let mut text = Vec::new();
    let mut reader = from.client("journaling_ai");
    std::io::copy(&mut reader.copy_out(&format!("COPY ({query}) TO STDOUT")).unwrap(), &mut text).unwrap();
    let mut writer = to.client("journaling_ai");
    let mut input = writer.copy_in(&format!("COPY {target} FROM STDIN")).unwrap();
    std::io::Write::write_all(&mut input, &text).unwrap();
    input.finish().unwrap();
}

/// Waits until a query gives this.
fn arrives(at: &Running, query: &str, expected: &str) {
    let since = Instant::now();
    while at.value("journaling_ai", query) != expected {
        assert!(since.elapsed() < Duration::from_secs(60), "{query}\n{}", at.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn each_query_of_a_user_is_answered_by_one_shard() {
    // One server that has everything, to compare with.
    let whole_place = Place::new();
    let whole = whole_place.deployed(&["archive_mode=off"]);
    whole.client("journaling_ai").batch_execute(ROWS).unwrap();

    let places: Vec<Place> = (0..=SHARDS).map(|_| Place::new()).collect();
    // The front gives changes of users and topics to the shards, which takes more than the seed's three senders.
    let settings = ["archive_mode=off", "wal_level=logical", "max_wal_senders=10"];
    let servers: Vec<Running> = places.iter().map(|place| place.deployed(&settings)).collect();
    let (front, shards) = servers.split_first().unwrap();
    let script = |place: &Place, name: &str| place.path("deployment/sql").join(name).to_str().unwrap().to_owned();
    copy(&whole, "SELECT * FROM users", front, "users");
    front.client("journaling_ai").batch_execute("CREATE PUBLICATION everywhere FOR TABLE users, topics").unwrap();
    for (number, (place, shard)) in places[1..].iter().zip(shards).enumerate() {
        psql(place, shard, "journaling_user", &["-f", &script(place, "partition-by-user.sql")]);
        let mut client = shard.client("journaling_ai");
        client.batch_execute("TRUNCATE users, topics CASCADE").unwrap();
        let host = front.socket.display();
        let subscription = format!(
            "CREATE SUBSCRIPTION shard_{number} CONNECTION 'host={host} dbname=journaling_ai user=postgres' PUBLICATION everywhere"
        );
        client.batch_execute(&subscription).unwrap();
    }
    for shard in shards {
        arrives(shard, "SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM topics)", "3 25");
    }
    let mut client = front.client("journaling_ai");
    client.batch_execute("CREATE EXTENSION postgres_fdw").unwrap();
    for (number, shard) in shards.iter().enumerate() {
        let server = format!(
            "CREATE SERVER shard_{number} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{}', dbname 'journaling_ai', use_remote_estimate 'on');
             CREATE USER MAPPING FOR postgres SERVER shard_{number} OPTIONS (user 'journaling_user');
             CREATE USER MAPPING FOR journaling_user SERVER shard_{number} OPTIONS (user 'journaling_user', password_required 'false');",
            shard.socket.display()
        );
        client.batch_execute(&server).unwrap();
    }
    psql(
        &places[0],
        front,
        "postgres",
        &["-v", "partitions=8", "-v", "shards=2", "-f", &script(&places[0], "shards.sql")],
    );

    // All rows go in through the front, which sends each where it belongs.
    let of_entry = "JOIN journal_entries e ON e.id = entry_id";
    let entries = "id, user_id, title, content, entry_date, created_at, updated_at, mood_score";
    let moved = [
        (format!("SELECT {entries} FROM journal_entries"), format!("journal_entries({entries})")),
        (
            format!(
                "SELECT s.id, e.user_id, entry_id, model_name, sentiment_label, confidence_score, emotions, analyzed_at
                FROM sentiment_analysis s {of_entry}"
            ),
            "sentiment_analysis".into(),
        ),
        (format!("SELECT e.user_id, l.* FROM entry_topics l {of_entry}"), "entry_topics".into()),
        ("SELECT * FROM user_sessions".into(), "user_sessions".into()),
        ("SELECT * FROM psychology_insights".into(), "psychology_insights".into()),
    ];
    for (query, target) in &moved {
        copy(&whole, query, front, target);
    }
    // Users that hash to both shards: else this would show nothing.
    let held: Vec<String> =
        shards.iter().map(|shard| shard.value("journaling_ai", "SELECT count(*) FROM journal_entries")).collect();
    assert!(held.iter().all(|count| count != "0"), "{held:?}");
    assert_eq!(held.iter().map(|count| count.parse::<u32>().unwrap()).sum::<u32>(), 900);
    for shard in shards {
        shard.client("journaling_ai").batch_execute("ANALYZE").unwrap();
    }
    // Through the role of the deployment, as a backend would.
    client.batch_execute("SET ROLE journaling_user; SELECT refresh_user_statistics(); RESET ROLE").unwrap();

    let mut client = front.client("journaling_ai");
    let mut reference = whole.client("journaling_ai");
    for (name, query) in OF_ONE_USER {
        let by_user = for_user(query, &format!("'{ADA}'"), true);
        let expected = rows(&mut reference, &for_user(query, &format!("'{ADA}'"), false));
        assert!(!expected.is_empty(), "{name}");
        assert_eq!(rows(&mut client, &by_user), expected, "{name}");
        let plan = rows(&mut client, &format!("EXPLAIN (COSTS OFF, VERBOSE) {by_user}")).join("\n");
        let asked: BTreeSet<&str> = plan
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter_map(|word| word.rsplit_once('_'))
            .filter(|(table, number)| {
                moved.iter().any(|(_, name)| name.starts_with(table)) && number.parse::<u32>().is_ok()
            })
            .map(|(_, number)| number)
            .collect();
        assert_eq!(asked.len(), 1, "{name}: {plan}");
    }
    for (name, query) in OF_ALL {
        assert_eq!(rows(&mut client, query), rows(&mut reference, query), "{name}");
    }
    // What lies together is joined there.
    let joined = "SELECT s.sentiment_label, avg(e.mood_score) FROM journal_entries e
        JOIN sentiment_analysis s ON s.user_id = e.user_id AND s.entry_id = e.id GROUP BY 1 ORDER BY 1";
    let plan = rows(&mut client, &format!("EXPLAIN (COSTS OFF, VERBOSE) {joined}")).join("\n");
    assert_eq!(plan.matches("INNER JOIN public.sentiment_analysis").count(), 8, "{plan}");
    let alone = "SELECT s.sentiment_label, avg(e.mood_score) FROM journal_entries e
        JOIN sentiment_analysis s ON s.entry_id = e.id GROUP BY 1 ORDER BY 1";
    assert_eq!(rows(&mut client, joined), rows(&mut reference, alone));

    // The shard's keys hold for who writes through the front: no analysis of an entry of another user.
    let stray = format!(
        "INSERT INTO sentiment_analysis(user_id, entry_id, model_name, sentiment_label, confidence_score)
         SELECT '{ADA}', id, 'stray', 'x', 0.5 FROM journal_entries WHERE user_id <> '{ADA}' LIMIT 1"
    );
    let refused = client.batch_execute(&stray).unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23503", "{refused}");
    let twice = format!(
        "INSERT INTO journal_entries({entries}) SELECT {entries} FROM journal_entries WHERE user_id = '{ADA}' LIMIT 1"
    );
    assert_eq!(client.batch_execute(&twice).unwrap_err().code().unwrap().code(), "23505");
    assert_eq!(value(&mut client, "SELECT count(*) FROM sentiment_analysis"), "1800");

    // A new user is known to the shards a moment later, and writes.
    let new = "019b0000-0000-7000-8000-00000000000f";
    client
        .batch_execute(&format!("INSERT INTO users(id, email, password_hash) VALUES ('{new}', 'new@example.org', '!')"))
        .unwrap();
    for shard in shards {
        arrives(shard, &format!("SELECT count(*) FROM users WHERE id = '{new}'"), "1");
    }
    client
        .batch_execute(&format!(
            "INSERT INTO journal_entries(user_id, content, entry_date) VALUES ('{new}', 'Hello.', '2026-01-01')"
        ))
        .unwrap();
    // Keys do not cascade from what is replicated: a user's rows are deleted before the user.
    client
        .batch_execute(&format!(
            "DELETE FROM journal_entries WHERE user_id = '{new}'; DELETE FROM users WHERE id = '{new}'"
        ))
        .unwrap();
    for shard in shards {
        arrives(shard, &format!("SELECT count(*) FROM users WHERE id = '{new}'"), "0");
    }
    assert_eq!(value(&mut client, "SELECT count(*) FROM journal_entries"), "900");
}
