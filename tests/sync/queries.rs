//! After a push the architecture's own queries, as repaired, answer there what the commands answer here.

use crate::machine::{Deployment, Machine};
use std::collections::BTreeSet;
use std::path::Path;

fn pushed() -> (Machine, Deployment) {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample-journal.jsonl");
    machine.ok(&["import", sample.to_str().unwrap()]);
    machine.ok(&["analyze"]);
    machine.sync();
    (machine, deployment)
}

#[test]
fn the_same_words_are_found() {
    let (machine, deployment) = pushed();
    let mut client = deployment.client();
    let mut hits = 0;
    for query in ["morning walk", "sleep", "running", "work talk", "river", "family dinner", "nowhere at all"] {
        let sql = "SELECT e.id::text, ts_rank_cd(content_vector, plainto_tsquery('english', $1)) AS rank
            FROM journal_entries e WHERE e.user_id = (SELECT id FROM users WHERE email = 'tester@localhost')
                AND e.content_vector @@ plainto_tsquery('english', $1) ORDER BY rank DESC, e.created_at DESC";
        let theirs: BTreeSet<String> = client.query(sql, &[&query]).unwrap().iter().map(|row| row.get(0)).collect();
        let found = machine.json(&["search", "--mode", "text", "-n", "10000", query]);
        let ours: BTreeSet<String> = found["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|hit| hit["evidence"]["words"]["matched"] == "all")
            .map(|hit| hit["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ours, theirs, "{query}");
        hits += ours.len();
    }
    assert!(hits > 20, "only {hits}");
}

#[test]
fn the_same_topics_are_like_a_name() {
    let (machine, deployment) = pushed();
    let mut client = deployment.client();
    let mut hits = 0;
    for text in ["slep", "runing", "travle", "work", "famly"] {
        let theirs: Vec<(String, f32)> = client
            .query(
                "SELECT t.name, similarity(t.name, $1) AS sim_score FROM topics t WHERE t.name % $1
                 ORDER BY sim_score DESC, t.name COLLATE \"C\", t.id LIMIT 10",
                &[&text],
            )
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        let found = machine.json(&["topics", "find", text]);
        let ours: Vec<(String, f32)> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| (hit["name"].as_str().unwrap().to_owned(), hit["sim_score"].as_f64().unwrap() as f32))
            .collect();
        assert_eq!(ours, theirs, "{text}");
        hits += ours.len();
    }
    assert!(hits >= 5, "only {hits}");
}

#[test]
fn the_same_moods_pages_and_statistics() {
    let (machine, deployment) = pushed();
    let mut client = deployment.client();
    for by in ["week", "month"] {
        let ours = machine.json(&["mood", "--by", by, "--since", "2020-01-01"]);
        let sql = format!(
            "SELECT date_trunc('{by}', e.entry_date::timestamp)::date::text, AVG(e.mood_score)::float8, COUNT(*),
                STDDEV(e.mood_score)::float8
             FROM journal_entries e WHERE e.user_id = (SELECT id FROM users) AND e.entry_date >= '2020-01-01'
             GROUP BY 1 ORDER BY 1"
        );
        let theirs = client.query(&sql, &[]).unwrap();
        let ours = ours.as_array().unwrap();
        assert!(ours.len() == theirs.len() && ours.len() > 5, "{by}: {} and {}", ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours[by].as_str(), Some(theirs.get::<_, &str>(0)));
            assert_eq!(ours["entry_count"].as_i64(), Some(theirs.get(2)));
            for (name, column) in [("avg_mood", 1), ("mood_variance", 3)] {
                let theirs: Option<f64> = theirs.get(column);
                match (ours[name].as_f64(), theirs) {
                    (None, None) => {}
                    (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-9, "{name}: {ours} {theirs}"),
                    odd => panic!("{name}: {odd:?}"),
                }
            }
        }
    }
    let page: Vec<String> = client
        .query("SELECT id::text FROM journal_entries WHERE user_id = (SELECT id FROM users) ORDER BY created_at DESC, id DESC LIMIT 20", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(crate::support::ids(&machine.json(&["list", "--sort", "created", "-n", "20"])), page);

    client.batch_execute("SELECT refresh_user_statistics()").unwrap();
    let theirs = client
        .query_one(
            "SELECT total_entries, avg_mood::float8, first_entry_date::text, last_entry_date::text, active_months FROM user_statistics",
            &[],
        )
        .unwrap();
    machine.ok(&["stats"]);
    let ours = machine
        .database()
        .query_row(
            "SELECT total_entries, avg_mood, first_entry_date, last_entry_date, active_months FROM user_statistics",
            [],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, f64>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                    row.get::<_, i64>(4)?,
                ))
            },
        )
        .unwrap();
    assert_eq!((ours.0, ours.2, ours.3, ours.4), (theirs.get(0), theirs.get(2), theirs.get(3), theirs.get(4)));
    assert!((ours.1 - theirs.get::<_, f64>(1)).abs() < 1e-9);
}
