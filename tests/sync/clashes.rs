//! Unique keys that both sides have used for rows of their own.

use crate::machine::{Deployment, Machine, expect_same};

fn settle(machines: &[&Machine], deployment: &Deployment) {
    for _ in 0..3 {
        machines.iter().for_each(|machine| drop(machine.sync()));
    }
    for machine in machines {
        expect_same(&machine.rows(), &deployment.rows());
    }
}

#[test]
fn both_have_made_the_same_topic() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["At one. #river"]);
    one.ok(&["topics", "describe", "river", "As one knows it"]);
    two.add(&["At two. #river"]);
    two.ok(&["topics", "describe", "river", "As two knows it"]);
    one.sync();
    two.sync();
    settle(&[&one, &two], &deployment);
    assert_eq!(deployment.count("SELECT count(*) FROM topics WHERE name = 'river'"), 1);
    assert_eq!(one.json(&["list", "--topic", "river"]).as_array().unwrap().len(), 2);
    let found = two.conflicts();
    assert_eq!(found[0]["other"]["row"]["description"], "As two knows it", "{found:?}");
    two.ok(&["sync", "conflicts", "resolve", &found[0]["id"].to_string(), "--keep", "ours"]);
    settle(&[&two, &one], &deployment);
    assert_eq!(deployment.count("SELECT count(*) FROM topics WHERE description = 'As two knows it'"), 1);
}

#[test]
fn names_that_are_swapped_go_both_ways() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["X #left"]);
    one.add(&["Y #right"]);
    settle(&[&one, &two], &deployment);
    for (from, to) in [("left", "between"), ("right", "left"), ("between", "right")] {
        one.ok(&["topics", "rename", from, to]);
    }
    settle(&[&one, &two], &deployment);
    assert_eq!(two.json(&["list", "--topic", "right", "--full"])[0]["content"], "X #left");
    // A new one under the name of one that was deleted.
    two.ok(&["topics", "delete", "left", "--yes"]);
    two.add(&["Z #left"]);
    settle(&[&two, &one], &deployment);
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
}

#[test]
fn both_have_judged_the_same_entry() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    deployment
        .client()
        .batch_execute(
            "INSERT INTO journal_entries(user_id, content, entry_date)
             SELECT id, 'A wonderful, happy day with good friends ' || i, '2026-02-01' FROM users, generate_series(1, 5) i",
        )
        .unwrap();
    for machine in [&one, &two] {
        machine.ok(&["sync", "pull"]);
        machine.ok(&["analyze"]);
    }
    assert!(one.rows().iter().any(|row| row.starts_with("sentiment_analysis")));
    settle(&[&one, &two], &deployment);
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
    // The text changes there, and the judgement that is there stays as it was.
    deployment
        .client()
        .batch_execute("UPDATE journal_entries SET content = 'A sad, terrible loss', updated_at = now()")
        .unwrap();
    for machine in [&one, &two] {
        machine.ok(&["sync", "pull"]);
        machine.ok(&["analyze"]);
    }
    settle(&[&one, &two], &deployment);
    assert!(one.conflicts().is_empty() && two.conflicts().is_empty());
}

#[test]
fn two_people_with_one_address_are_not_made_one() {
    let deployment = Deployment::bare();
    let one = Machine::linked(&deployment);
    one.add(&["Hers"]);
    one.sync();
    let stranger = Machine::new(&deployment);
    stranger.add(&["His"]);
    let refused = stranger.run(&["sync", "init"]).expect(2);
    assert!(refused.stderr.contains("--link") && refused.stderr.contains("user edit"), "{refused}");
    stranger.run(&["sync"]).expect(2);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 1);
    stranger.ok(&["user", "edit", "--email", "his@example.org"]);
    stranger.ok(&["sync", "init"]);
    stranger.sync();
    assert_eq!(stranger.texts(), ["His"]);
    assert_eq!(deployment.count("SELECT count(*) FROM users"), 2);
    stranger.run(&["sync", "init", "--account", "nobody@example.org"]).expect(2);
    Machine::new(&deployment).run(&["sync", "init", "--account", "nobody@example.org"]).expect(3);
}

#[test]
fn an_account_with_a_password_asks_for_it() {
    let deployment = Deployment::bare();
    let one = Machine::new(&deployment);
    one.ok(&["user", "edit", "--email", "ada@example.org"]);
    let secret = one.sandbox.folder().join("secret");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    one.ok(&["user", "password", "--password-file", secret.to_str().unwrap()]);
    let with_secret = |machine: &Machine, args: &[&str], file: &std::path::Path| {
        let mut command = machine.command(args);
        command.env("JOURNAL_PASSWORD_FILE", file);
        crate::support::Outcome::of(command)
    };
    with_secret(&one, &["add", "Ada's"], &secret).expect(0);
    with_secret(&one, &["sync", "init"], &secret).expect(0);
    with_secret(&one, &["sync"], &secret).expect(0);

    let two = Machine::new(&deployment);
    two.add(&["Also Ada's"]);
    two.run(&["sync", "init", "--account", "ada@example.org"]).expect(2);
    let wrong = one.sandbox.folder().join("wrong");
    std::fs::write(&wrong, "wrong horse battery\n").unwrap();
    with_secret(&two, &["sync", "init", "--account", "ada@example.org"], &wrong).expect(6);
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 1);
    with_secret(&two, &["sync", "init", "--account", "ada@example.org"], &secret).expect(0);
    with_secret(&two, &["sync"], &secret).expect(0);
    with_secret(&one, &["sync"], &secret).expect(0);
    assert_eq!(one.texts(), ["Ada's", "Also Ada's"]);
    assert_eq!(one.texts(), two.texts());
    expect_same(&one.rows(), &deployment.rows());
    expect_same(&two.rows(), &deployment.rows());
    two.sandbox.run(&["list"]).expect(6);
}
