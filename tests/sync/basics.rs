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
    let status = two.json(&["sync", "status"]);
    assert!(status["pending"].as_u64().unwrap() >= 2, "{status}");
    assert_eq!(status["compares_everything"], false, "{status}");
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
fn pushing_alone_compares_once_and_takes_nothing() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["From one"]);
    let shared = two.add(&["From two"]);
    two.sync();
    one.ok(&["sync", "push"]);
    let status = one.json(&["sync", "status"]);
    assert_eq!(status["compares_everything"], false, "{status}");
    assert!(status["changed_there"].as_u64().unwrap() >= 2, "{status}");
    assert_eq!(one.texts(), ["From one"]);

    // What was changed on both sides since is left to a pull, and goes nowhere before it.
    one.ok(&["sync", "pull"]);
    let linked_anew = Machine::linked(&deployment);
    linked_anew.ok(&["sync", "pull"]);
    linked_anew.ok(&["sync", "reset", "--yes"]);
    linked_anew.ok(&["edit", &shared, "--title", "Here"]);
    two.ok(&["edit", &shared, "--title", "There"]);
    two.sync();
    for _ in 0..2 {
        let held = linked_anew.run(&["sync", "push", "--json"]).expect(8).json();
        assert!(held["pushed"]["tables"]["journal_entries"].is_null() && held["complete"] == false, "{held}");
        let waiting = held["waiting"].as_array().unwrap();
        assert!(waiting.iter().any(|row| row["id"].as_str().is_some_and(|id| id.len() == 36)), "{held}");
    }
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries WHERE title = 'There'"), 1);
    let added = linked_anew.add(&["Goes all the same"]);
    linked_anew.run(&["sync", "push"]).expect(8);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 3);
    linked_anew.ok(&["sync"]);
    assert_eq!(linked_anew.conflicts().len(), 1);
    for machine in [&one, &two, &linked_anew, &one, &two, &linked_anew] {
        machine.ok(&["sync"]);
        machine.ok(&["analyze"]);
        machine.ok(&["sync"]);
    }
    for machine in [&one, &two, &linked_anew] {
        machine.ok(&["show", &added]);
        expect_same(&machine.rows(), &deployment.rows());
    }
}

#[test]
fn comparing_what_is_the_same_takes_few_bytes_and_finds_what_is_not() {
    let deployment = Deployment::bare();
    let proxy = crate::proxy::Proxy::before(deployment.url());
    let mut machine = Machine::linked(&deployment);
    machine.ok(&["import", &sample()]);
    machine.add(&["With a time and a number", "--starred", "-m", "good", "--date", "2024-02-29 23:59:59"]);
    machine.ok(&["analyze"]);
    machine.sync();
    machine.move_to(&proxy.url());
    machine.ok(&["sync", "reset", "--yes"]);
    proxy.answered();
    let same = machine.sync();
    let few = proxy.answered();
    assert_eq!((counts(&same["pushed"]), counts(&same["pulled"])), ([0, 0, 0], [0, 0, 0]), "{same}");

    // Behind the back of everybody.
    deployment
        .client()
        .batch_execute(
            "SET session_replication_role = replica;
             UPDATE sentiment_analysis SET confidence_score = 0.123 WHERE id = (SELECT id FROM sentiment_analysis LIMIT 1);
             DELETE FROM entry_topics WHERE (entry_id, topic_id) = (SELECT entry_id, topic_id FROM entry_topics LIMIT 1)",
        )
        .unwrap();
    machine.ok(&["sync", "reset", "--yes"]);
    proxy.answered();
    let found = machine.sync();
    let more = proxy.answered();
    let tables = &found["pushed"]["tables"];
    assert_eq!(tables["entry_topics"]["inserted"], 1, "{found}");
    assert_eq!(tables["sentiment_analysis"]["updated"], 1, "{found}");
    expect_same(&machine.rows(), &deployment.rows());

    // Without the sums all of it would come: every row there, in its parts.
    let rows = machine.rows().len() as u64;
    println!("{rows} rows: {few} bytes when all is the same, {more} when two rows are not");
    assert!(few < rows * 60 && more < rows * 80, "{few} and {more} bytes for {rows} rows");
}

#[test]
fn old_notes_of_changes_go_and_who_was_away_compares_everything() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    let gone = one.add(&["Will be gone"]);
    one.add(&["Stays"]);
    one.sync();
    two.sync();
    one.ok(&["delete", &gone, "--yes"]);
    one.sync();
    let notes = || deployment.count("SELECT count(*) FROM journal_cli.changes");
    let before = notes();
    one.add(&["Nobody prunes what is new"]);
    one.sync();
    assert!(notes() > before);
    deployment
        .client()
        .batch_execute(
            "UPDATE journal_cli.changes SET at = at - interval '91 days';
             UPDATE journal_cli.meta SET pruned_at = now() - interval '2 days'",
        )
        .unwrap();
    let old = notes();
    one.add(&["After a quarter of a year"]);
    one.sync();
    assert!(notes() < old && notes() > 0, "{} notes, {old} before", notes());
    assert_eq!(one.json(&["sync", "status"])["compares_everything"], false);
    let status = two.json(&["sync", "status"]);
    assert_eq!(status["compares_everything"], true, "{status}");
    two.sync();
    assert_eq!(two.texts(), ["After a quarter of a year", "Nobody prunes what is new", "Stays"]);
    expect_same(&two.rows(), &deployment.rows());
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
