//! A row that one side refuses does not keep the others back.

use crate::machine::{Deployment, Machine, expect_same};

#[test]
fn a_row_that_the_server_refuses() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    deployment
        .client()
        .batch_execute("ALTER TABLE journal_entries ADD CONSTRAINT no_seven CHECK (content NOT LIKE '%7%')")
        .unwrap();
    for number in 0..20 {
        machine.add(&[&format!("Entry number {number}. #work")]);
    }
    let partial = machine.run(&["sync"]).expect(8);
    assert!(partial.stderr.contains("no_seven") && partial.stderr.contains("Everything else went"), "{partial}");
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 18);
    let status = machine.json(&["sync", "status"]);
    let waiting = status["waiting"].as_array().unwrap();
    let refused =
        waiting.iter().filter(|row| row["reason"].as_str().is_some_and(|why| why.contains("no_seven"))).count();
    assert_eq!(refused, 2, "{status}");
    assert!(machine.run(&["sync", "doctor"]).expect(8).stdout.contains("no_seven"));
    // Nothing else is said a second time, and nothing else is written.
    let again = machine.run(&["sync", "--json"]).expect(8).json();
    assert_eq!(again["pushed"]["tables"], serde_json::json!({}), "{again}");
    deployment.client().batch_execute("ALTER TABLE journal_entries DROP CONSTRAINT no_seven").unwrap();
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    machine.ok(&["sync", "doctor"]);
}

#[test]
fn a_row_that_the_journal_refuses() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    deployment
        .client()
        .batch_execute(
            "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'Long ago', '0044-03-15 BC' FROM users;
             INSERT INTO journal_entries(user_id, content, entry_date, created_at)
                SELECT id, 'For ever', '2026-02-01', 'infinity' FROM users;
             INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'As usual', '2026-02-01' FROM users",
        )
        .unwrap();
    let partial = machine.run(&["sync"]).expect(8);
    assert!(partial.stderr.contains("entry_date") && partial.stderr.contains("created_at"), "{partial}");
    assert_eq!(machine.texts(), ["As usual"]);
    machine.run(&["sync"]).expect(8);
    deployment
        .client()
        .batch_execute("UPDATE journal_entries SET entry_date = '2026-02-01', created_at = '2026-02-01Z' WHERE content <> 'As usual'")
        .unwrap();
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
}

#[test]
fn children_of_a_refused_row_follow_it_later() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let mut client = deployment.client();
    client
        .batch_execute(
            "INSERT INTO journal_entries(id, user_id, content, entry_date)
                SELECT '00000000-0000-4000-8000-000000000001', id, 'Old', '0044-03-15 BC' FROM users;
             INSERT INTO sentiment_analysis(entry_id, model_name, sentiment_label, confidence_score)
                VALUES ('00000000-0000-4000-8000-000000000001', 'm', 'l', 0.5)",
        )
        .unwrap();
    machine.run(&["sync"]).expect(8);
    client.batch_execute("UPDATE journal_entries SET entry_date = '2026-02-01'").unwrap();
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
}
