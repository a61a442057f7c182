//! There and back: what is here is there, and what is there is at every machine.

use crate::machine::{Deployment, Machine, counts, expect_same};
use std::path::Path;

/// The journal that comes with the program.
fn sample() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample-journal.jsonl").display().to_string()
}

#[test]
fn init_makes_the_schema_and_links_once() {
    let deployment = Deployment::bare();
    let machine = Machine::new(&deployment);
    let refused = machine.run(&["sync"]).expect(1);
    assert!(refused.stderr.contains("journal sync init"), "{refused}");
    let plan = machine.json(&["sync", "init", "--dry-run"]);
    assert_eq!(plan["migrations"].as_array().unwrap().len(), 5, "{plan}");
    assert_eq!(deployment.count("SELECT count(*) FROM pg_class WHERE relname = 'users'"), 0);

    let first = machine.json(&["sync", "init"]);
    assert_eq!((&first["link"], first["migrations"].as_array().unwrap().len()), (&"added".into(), 5), "{first}");
    let again = machine.json(&["sync", "init"]);
    assert_eq!((&again["link"], again["migrations"].as_array().unwrap().len()), (&"same".into(), 0), "{again}");
    assert_eq!(deployment.count("SELECT count(*) FROM users"), 1);
    let unlinked = Machine::new(&deployment).run(&["sync"]).expect(2);
    assert!(unlinked.stderr.contains("journal sync init"), "{unlinked}");
}

#[test]
fn everything_goes_there_once() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    machine.ok(&["import", &sample()]);
    machine.ok(&["analyze"]);
    machine.ok(&["topics", "describe", "running", "On foot"]);
    machine.ok(&["user", "edit", "--profile", r#"{"name": "Ada", "n": 1.50}"#]);
    machine.add(&["A session's entry: tab\there, back\\slash, \u{1F389}"]);
    machine
        .database()
        .execute_batch(
            "INSERT INTO psychology_insights(user_id, insight_type, insight_data, confidence_level)
             SELECT id, 'sleep', '{\"b\":[1,2.50],\"a\":null}', 0.5 FROM users;
             INSERT INTO user_sessions(user_id, session_end, activities, ip_address, user_agent)
             SELECT id, '2099-01-01T00:00:00.000000Z', '[{\"command\":\"add\"}]', '10.1.2.3/8', 'test' FROM users",
        )
        .unwrap();

    machine.run(&["sync", "--dry-run", "push"]).expect(2);
    machine.run(&["sync", "--watch", "push"]).expect(2);
    machine.run(&["sync", "--watch", "--every", "never"]).expect(2);
    let plan = machine.json(&["sync", "--dry-run"]);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 0);
    let report = machine.sync();
    assert_eq!(plan["pushed"]["tables"], report["pushed"]["tables"]);
    assert!(counts(&report["pushed"])[0] > 700, "{report}");
    assert_eq!(counts(&report["pulled"]), [0, 0, 0], "{report}");
    expect_same(&machine.rows(), &deployment.rows());

    // A second one writes nothing, and neither does one that compares everything.
    let marks = "SELECT coalesce(sum(xmin::text::bigint), 0)::bigint + count(*) FROM journal_entries";
    let before = deployment.count(marks);
    let second = machine.json(&["sync", "push"]);
    assert_eq!(counts(&second["pushed"]), [0, 0, 0], "{second}");
    machine.ok(&["sync", "reset", "--yes"]);
    assert_eq!(machine.json(&["sync", "status"])["compares_everything"], true);
    let third = machine.sync();
    assert_eq!((counts(&third["pushed"]), counts(&third["pulled"])), ([0, 0, 0], [0, 0, 0]), "{third}");
    assert_eq!(deployment.count(marks), before);
    assert_eq!(machine.json(&["sync", "status"])["pending"], 0);
}

#[test]
fn a_second_machine_has_the_same_journal() {
    let deployment = Deployment::bare();
    let one = Machine::linked(&deployment);
    one.ok(&["import", &sample()]);
    let starred = one.add(&["Zymurgy", "--starred", "-m", "good", "--topic", "mine"]);
    one.sync();
    let two = Machine::linked(&deployment);
    two.add(&["Written at the second machine before it was linked with anything. #mine"]);
    let report = two.sync();
    assert!(report["complete"].as_bool().unwrap(), "{report}");
    one.sync();
    expect_same(&one.rows(), &two.rows());
    expect_same(&one.rows(), &deployment.rows());
    assert_eq!(one.ok(&["export"]).stdout, two.ok(&["export"]).stdout);
    assert_eq!(two.sandbox.search(&["Zymurgy", "--mode", "text"]).len(), 1);
    two.sandbox.expect_well();

    // Edits, deletions and what undo makes of them.
    one.ok(&["edit", &starred, "--title", "A title"]);
    one.ok(&["edit", &starred, "--mood", "bad"]);
    one.sync();
    assert_eq!(two.sync()["pulled"]["tables"]["journal_entries"]["updated"], 1);
    expect_same(&one.rows(), &two.rows());
    two.ok(&["delete", &starred, "--yes"]);
    two.sync();
    one.sync();
    assert_eq!(one.run(&["show", &starred]).code(), Some(3));
    expect_same(&one.rows(), &two.rows());
    two.ok(&["undo"]);
    two.sync();
    one.sync();
    one.ok(&["show", &starred]);
    expect_same(&one.rows(), &two.rows());
    expect_same(&one.rows(), &deployment.rows());
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
}

#[test]
fn one_way_at_a_time() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["From one"]);
    two.add(&["From two"]);
    one.ok(&["sync", "push"]);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 1);
    two.ok(&["sync", "pull"]);
    assert_eq!(two.texts(), ["From one", "From two"]);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 1);
    assert!(two.json(&["sync", "status"])["pending"].as_u64().unwrap() >= 2);
    two.ok(&["sync", "push"]);
    one.ok(&["sync", "pull"]);
    assert_eq!(one.texts(), two.texts());
    // After a pull alone, what is changed there is no conflict with what was here all the time.
    deployment.client().batch_execute("UPDATE journal_entries SET title = 'T', updated_at = now()").unwrap();
    for machine in [&one, &two, &one] {
        machine.ok(&["sync", "pull"]);
        machine.ok(&["analyze"]);
        machine.ok(&["sync"]);
    }
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty(), "{:?} {:?}", one.conflicts(), two.conflicts());
    expect_same(&one.rows(), &two.rows());
    expect_same(&one.rows(), &deployment.rows());
}

#[test]
fn a_deleted_account_is_deleted_there_and_nowhere_by_surprise() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["Gone with the account"]);
    one.sync();
    two.sync();
    one.ok(&["user", "delete", "tester@localhost", "--yes"]);
    one.ok(&["sync", "push"]);
    assert_eq!(deployment.count("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM journal_entries)"), 0);
    let refused = two.run(&["sync"]).expect(1);
    assert!(refused.stderr.contains("not in the deployment any more"), "{refused}");
    assert_eq!(two.texts(), ["Gone with the account"]);
    two.ok(&["sync", "init"]);
    two.sync();
    assert_eq!(two.texts(), ["Gone with the account"]);
    expect_same(&two.rows(), &deployment.rows());
}

#[test]
fn watching_goes_on_until_it_is_stopped() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    let mut command = one.command(&["sync", "--watch", "--every", "1s"]);
    let watch = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    two.add(&["Seen by the watcher"]);
    two.sync();
    let since = std::time::Instant::now();
    while one.texts().is_empty() {
        assert!(since.elapsed().as_secs() < 30, "nothing came");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // It says so when it has ended what it was at.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let id = rustix::process::Pid::from_raw(i32::try_from(watch.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let output = watch.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("taken: "), "{output:?}");
}
