//! Other programs that write to the deployment in plain SQL are followed.

use crate::machine::{Deployment, Machine, counts, expect_same};

fn user(deployment: &Deployment) -> String {
    deployment.client().query_one("SELECT id::text FROM users WHERE email = 'tester@localhost'", &[]).unwrap().get(0)
}

#[test]
fn what_a_plain_writer_does_comes_here() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let kept = machine.add(&["Mine. #work", "-m", "good"]);
    machine.sync();
    let user = user(&deployment);
    let mut writer = deployment.client();
    writer
        .batch_execute(&format!(
            "INSERT INTO journal_entries(user_id, title, content, entry_date, mood_score)
             SELECT '{user}', 'T' || i, 'Written by the backend ' || i, '2026-02-01', 0.25 FROM generate_series(1, 20) i;
             INSERT INTO sentiment_analysis(entry_id, model_name, sentiment_label, confidence_score, emotions)
             SELECT id, 'backend', 'positive', 0.9, '{{\"joy\": 0.5}}' FROM journal_entries WHERE title LIKE 'T%';
             INSERT INTO topics(name, user_id) VALUES ('from there', '{user}');
             INSERT INTO entry_topics(entry_id, topic_id) SELECT e.id, t.id FROM journal_entries e, topics t
                WHERE e.title LIKE 'T%' AND t.name = 'from there';
             UPDATE journal_entries SET mood_score = -0.5, updated_at = now() WHERE id = '{kept}'"
        ))
        .unwrap();
    let report = machine.sync();
    assert_eq!(report["pulled"]["tables"]["journal_entries"]["inserted"], 20, "{report}");
    assert_eq!(report["pulled"]["tables"]["journal_entries"]["updated"], 1, "{report}");
    expect_same(&machine.rows(), &deployment.rows());
    let entry = &machine.json(&["list", "--topic", "from there", "--limit", "1", "--full"])[0];
    assert_eq!((&entry["mood_score"], &entry["mood_source"]), (&0.25.into(), &"import".into()), "{entry}");
    assert_eq!(machine.json(&["show", &kept])["mood_source"], "import");
    // A model does not take the place of what the backend said.
    machine.ok(&["analyze"]);
    assert_eq!(machine.json(&["show", &kept])["mood_score"], -0.5);

    machine.sync();
    writer
        .batch_execute("DELETE FROM topics WHERE name = 'from there'; DELETE FROM journal_entries WHERE title = 'T3'")
        .unwrap();
    let report = machine.sync();
    assert_eq!(report["pulled"]["tables"]["journal_entries"]["deleted"], 1, "{report}");
    expect_same(&machine.rows(), &deployment.rows());
    writer.batch_execute("TRUNCATE journal_entries CASCADE").unwrap();
    machine.sync();
    assert_eq!(machine.texts(), Vec::<String>::new());
    expect_same(&machine.rows(), &deployment.rows());
    machine.sandbox.run(&["search", "x", "--mode", "text"]);
    machine.sandbox.expect_well();
}

#[test]
fn a_writer_without_rights_on_our_schema_is_noted_too() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let user = user(&deployment);
    let mut writer = deployment.client();
    writer
        .batch_execute(&format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backend') THEN CREATE ROLE backend; END IF; END $$;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO backend;
             SET ROLE backend;
             INSERT INTO journal_entries(user_id, content, entry_date) VALUES ('{user}', 'By a backend', '2026-02-01')"
        ))
        .unwrap();
    assert!(writer.batch_execute("SELECT FROM journal_cli.changes").is_err());
    machine.sync();
    assert_eq!(machine.texts(), ["By a backend"]);
}

#[test]
fn transactions_that_end_out_of_order_are_not_missed() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    machine.sync();
    let user = user(&deployment);
    let insert = |text: &str| {
        format!("INSERT INTO journal_entries(user_id, content, entry_date) VALUES ('{user}', '{text}', '2026-02-01')")
    };
    let (mut early, mut late) = (deployment.client(), deployment.client());
    let mut early = early.transaction().unwrap();
    early.batch_execute(&insert("early, and ends last")).unwrap();
    let mut late = late.transaction().unwrap();
    late.batch_execute(&insert("late, and ends first")).unwrap();
    late.commit().unwrap();
    machine.sync();
    early.commit().unwrap();
    machine.sync();
    assert_eq!(machine.texts(), ["early, and ends last", "late, and ends first"]);
    assert_eq!(counts(&machine.sync()["pulled"]), [0, 0, 0]);
}

#[test]
fn the_rows_of_others_stay_there() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    deployment
        .client()
        .batch_execute(
            "INSERT INTO users(id, email, password_hash) VALUES ('00000000-0000-4000-8000-000000000001', 'other@example.org', '!');
             INSERT INTO journal_entries(user_id, content, entry_date)
                VALUES ('00000000-0000-4000-8000-000000000001', 'Nobody else''s business', '2026-02-01');
             INSERT INTO topics(user_id, name) VALUES ('00000000-0000-4000-8000-000000000001', 'secret')",
        )
        .unwrap();
    for _ in 0..2 {
        let report = machine.sync();
        assert_eq!(counts(&report["pulled"]), [0, 0, 0], "{report}");
        assert!(!machine.rows().iter().any(|row| row.contains("business") || row.contains("secret")));
        machine.ok(&["sync", "reset", "--yes"]);
    }
    assert_eq!(deployment.count("SELECT count(*) FROM users"), 2);

    // An entry that changes hands goes here, and comes back.
    let entry = machine.add(&["Passed on"]);
    machine.sync();
    let mut client = deployment.client();
    client
        .batch_execute(&format!(
            "UPDATE journal_entries SET user_id = '00000000-0000-4000-8000-000000000001' WHERE id = '{entry}'"
        ))
        .unwrap();
    machine.sync();
    assert_eq!(machine.texts(), Vec::<String>::new());
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries WHERE content = 'Passed on'"), 1);
}

#[test]
fn a_table_that_was_emptied_by_mistake_empties_no_journal() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    deployment
        .client()
        .batch_execute(
            "INSERT INTO journal_entries(user_id, content, entry_date)
             SELECT id, 'Entry ' || i, '2026-02-01' FROM users, generate_series(1, 80) i",
        )
        .unwrap();
    machine.sync();
    deployment.client().batch_execute("TRUNCATE journal_entries CASCADE").unwrap();
    for args in [&["sync"][..], &["sync", "pull"]] {
        let refused = machine.run(args).expect(1);
        assert!(refused.stderr.contains("80 of the 80") && refused.stderr.contains("--accept-deletions"), "{refused}");
    }
    assert_eq!(machine.texts().len(), 80);
    assert_eq!(counts(&machine.json(&["sync", "--dry-run"])["pulled"])[2], 160);
    machine.ok(&["sync", "--accept-deletions"]);
    assert_eq!(machine.texts().len(), 0);
    expect_same(&machine.rows(), &deployment.rows());
}
