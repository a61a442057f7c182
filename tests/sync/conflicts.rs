//! Both sides have changed the same row: the later stands, the other is kept.

use crate::machine::{Deployment, Machine, expect_same};

/// Two machines that have the same entry.
fn pair(deployment: &Deployment) -> (Machine, Machine, String) {
    let (one, two) = (Machine::linked(deployment), Machine::linked(deployment));
    let entry = one.add(&["The text they share. #work", "--topic", "common", "--starred"]);
    one.sync();
    two.sync();
    (one, two, entry)
}

fn settle(machines: &[&Machine], deployment: &Deployment) {
    for _ in 0..2 {
        machines.iter().for_each(|machine| drop(machine.sync()));
    }
    for machine in machines {
        expect_same(&machine.rows(), &deployment.rows());
    }
}

#[test]
fn the_later_edit_stands_and_the_other_is_kept() {
    let deployment = Deployment::bare();
    let (one, two, entry) = pair(&deployment);
    one.ok(&["edit", &entry, "--title", "Earlier"]);
    two.ok(&["edit", &entry, "--title", "Later"]);
    // The later edit comes there first, and then the other way round.
    two.sync();
    one.sync();
    settle(&[&one, &two], &deployment);
    assert_eq!(one.json(&["show", &entry])["title"], "Later");
    let found = one.conflicts();
    assert_eq!(
        (found.len(), &found[0]["stands"], &found[0]["other"]["row"]["title"]),
        (1, &"theirs".into(), &"Earlier".into())
    );
    assert!(two.conflicts().is_empty());

    one.ok(&["edit", &entry, "--title", "Earlier again"]);
    two.ok(&["edit", &entry, "--title", "Later again"]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    assert_eq!(one.json(&["show", &entry])["title"], "Later again");
    let found = two.conflicts();
    assert_eq!(
        (found.len(), &found[0]["stands"], &found[0]["other"]["row"]["title"]),
        (1, &"ours".into(), &"Earlier again".into())
    );

    // What gave way can be put back, and taken back.
    let number = found[0]["id"].to_string();
    assert!(two.ok(&["sync", "conflicts", "show", &number]).stdout.contains("Earlier again"));
    two.ok(&["sync", "conflicts", "resolve", &number, "--keep", "theirs"]);
    assert!(two.conflicts().is_empty());
    two.run(&["sync", "conflicts", "resolve", &number, "--keep", "theirs"]).expect(2);
    settle(&[&two, &one], &deployment);
    assert_eq!(one.json(&["show", &entry])["title"], "Earlier again");
    two.ok(&["undo"]);
    settle(&[&two, &one], &deployment);
    assert_eq!(one.json(&["show", &entry])["title"], "Later again");
    one.run(&["sync", "conflicts", "show", "99"]).expect(3);
}

#[test]
fn equal_edits_and_edits_of_different_things_are_no_conflict() {
    let deployment = Deployment::bare();
    let (one, two, entry) = pair(&deployment);
    one.ok(&["edit", &entry, "--title", "Another title"]);
    two.ok(&["topics", "assign", "travel", &entry]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    let shown = one.json(&["show", &entry]);
    assert_eq!(shown["title"], "Another title");
    assert!(shown["topics"].as_array().unwrap().iter().any(|topic| topic["name"] == "travel"), "{shown}");
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
}

#[test]
fn deleted_stays_deleted_and_an_edit_of_it_is_kept() {
    let deployment = Deployment::bare();
    let (one, two, entry) = pair(&deployment);
    one.ok(&["delete", &entry, "--yes"]);
    two.ok(&["edit", &entry, "--title", "Edited meanwhile"]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    assert_eq!(two.texts(), Vec::<String>::new());
    let found = two.conflicts();
    assert_eq!(found[0]["other"]["row"]["title"], "Edited meanwhile", "{found:?}");
    two.ok(&["sync", "conflicts", "resolve", &found[0]["id"].to_string(), "--keep", "ours"]);
    settle(&[&two, &one], &deployment);
    let shown = one.json(&["show", &entry]);
    assert_eq!((&shown["title"], &shown["starred"]), (&"Edited meanwhile".into(), &true.into()), "{shown}");
    assert_eq!(shown["topics"].as_array().unwrap().len(), 2, "{shown}");

    // And the other way: deleted here, changed there.
    two.ok(&["edit", &entry, "--title", "Edited again"]);
    one.ok(&["delete", &entry, "--yes"]);
    two.sync();
    one.sync();
    settle(&[&one, &two], &deployment);
    assert_eq!(two.texts(), Vec::<String>::new());
    let found = one.conflicts();
    assert_eq!((found.len(), &found[0]["other"]["row"]["title"]), (1, &"Edited again".into()), "{found:?}");
    one.ok(&["sync", "conflicts", "resolve", &found[0]["id"].to_string(), "--keep", "theirs"]);
    settle(&[&one, &two], &deployment);
    let shown = two.json(&["show", &entry]);
    assert_eq!((&shown["title"], &shown["starred"]), (&"Edited again".into(), &true.into()), "{shown}");
    assert_eq!(shown["topics"].as_array().unwrap().len(), 2, "{shown}");
}

#[test]
fn a_star_on_what_was_deleted_keeps_it_too() {
    let deployment = Deployment::bare();
    let (one, two, entry) = pair(&deployment);
    one.ok(&["delete", &entry, "--yes"]);
    two.ok(&["topics", "assign", "travel", &entry]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    let found = two.conflicts();
    assert!(found.iter().any(|conflict| conflict["other"]["row"]["id"] == entry.as_str()), "{found:?}");
}

#[test]
fn clocks_that_are_wrong_by_hours_lose_nothing() {
    let deployment = Deployment::bare();
    let (mut one, mut two, entry) = pair(&deployment);
    one.set_clock("2030-01-01T00:00:00Z");
    two.set_clock("2020-01-01T00:00:00Z");
    // One after the other: what was edited last stands, whatever the clocks say.
    one.ok(&["edit", &entry, "--title", "From the future"]);
    one.sync();
    two.sync();
    two.ok(&["edit", &entry, "--title", "From the past, and later"]);
    two.sync();
    one.sync();
    assert_eq!(one.json(&["show", &entry])["title"], "From the past, and later");
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
    // At once: the clocks decide, and the other version is kept.
    one.ok(&["edit", &entry, "--title", "A"]);
    two.ok(&["edit", &entry, "--title", "B"]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    // An edit is never older than what it changes, so one of the two clocks does not rule alone.
    let stands = two.json(&["show", &entry])["title"].as_str().unwrap().to_string();
    let gave_way = two.conflicts()[0]["other"]["row"]["title"].as_str().unwrap().to_string();
    let mut both = [stands, gave_way];
    both.sort();
    assert_eq!(both, ["A", "B"]);
    // Deleting is not a matter of clocks.
    two.ok(&["delete", &entry, "--yes"]);
    two.sync();
    one.sync();
    assert_eq!(one.texts(), Vec::<String>::new());
}

#[test]
fn a_copied_folder_and_a_restored_backup_are_noticed() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let first = machine.add(&["First"]);
    machine.sync();
    let data = machine.sandbox.data().to_path_buf();
    let copy = data.with_extension("copy");
    machine.database().execute_batch(&format!("VACUUM INTO '{}'", copy.display())).unwrap();
    let second = machine.add(&["Second, after the copy was taken"]);
    machine.ok(&["edit", &first, "--title", "Changed after the copy was taken"]);
    machine.sync();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    std::fs::rename(&copy, data.join("journal.db")).unwrap();
    let third = machine.add(&["Third, in the restored journal"]);
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    for id in [&first, &second, &third] {
        machine.ok(&["show", id]);
    }
    assert_eq!(machine.json(&["show", &first])["title"], "Changed after the copy was taken");
}

#[test]
fn a_restored_server_gets_back_what_it_lost() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let first = machine.add(&["First"]);
    machine.sync();
    let mut client = deployment.client();
    // As an older copy of the database would be: rows, notes and cursors of then.
    client
        .batch_execute(
            "CREATE TABLE saved AS SELECT * FROM journal_cli.changes;
             CREATE TABLE saved_entries AS SELECT id, title, updated_at FROM journal_entries;
             CREATE TABLE saved_replicas AS SELECT * FROM journal_cli.replicas",
        )
        .unwrap();
    machine.add(&["Second"]);
    machine.ok(&["edit", &first, "--title", "Lost there"]);
    machine.sync();
    client
        .batch_execute(
            "ALTER TABLE journal_entries DISABLE TRIGGER ALL; ALTER TABLE journal_cli.entry_details DISABLE TRIGGER ALL;
             DELETE FROM journal_entries WHERE content = 'Second';
             DELETE FROM journal_cli.entry_details d WHERE NOT EXISTS (SELECT FROM journal_entries e WHERE e.id = d.entry_id);
             DELETE FROM sentiment_analysis d WHERE NOT EXISTS (SELECT FROM journal_entries e WHERE e.id = d.entry_id);
             UPDATE journal_entries e SET title = s.title, updated_at = s.updated_at FROM saved_entries s WHERE s.id = e.id;
             ALTER TABLE journal_entries ENABLE TRIGGER ALL; ALTER TABLE journal_cli.entry_details ENABLE TRIGGER ALL;
             DELETE FROM journal_cli.changes c WHERE NOT EXISTS (SELECT FROM saved s WHERE s.seq = c.seq);
             DELETE FROM journal_cli.tombstones;
             DELETE FROM journal_cli.replicas; INSERT INTO journal_cli.replicas SELECT * FROM saved_replicas",
        )
        .unwrap();
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    assert_eq!(machine.json(&["show", &first])["title"], "Lost there");
    assert!(machine.conflicts().is_empty(), "{:?}", machine.conflicts());
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 2);
}
