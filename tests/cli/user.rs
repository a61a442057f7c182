//! `journal user`: users, their profiles, and what goes with them.

use crate::support::{Sandbox, Terminal, field};
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;
use std::fs;

/// Every row of every table, but for the log and what is made again from the rest.
fn everything(sandbox: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let database = sandbox.database();
    let mut tables = database
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT IN ('change_log', 'operations', 'passages')",
        )
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() >= 12, "{tables:?}");
    let rows = |table: &String| {
        let mut statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows: Vec<String> = statement
            .query_map([], |row| {
                let values: Vec<Sql> = (0..columns).map(|column| row.get(column).unwrap()).collect();
                Ok(format!("{values:?}"))
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        rows.sort();
        rows
    };
    tables.iter().map(|table| (table.clone(), rows(table))).collect()
}

/// How many rows of each of the architecture's tables there are, beside the system topics of every
/// journal.
fn counts(sandbox: &Sandbox) -> Vec<usize> {
    let mut all = everything(sandbox);
    let shipped = |row: &String| row.contains("019b76da-a800-7000-8000-");
    all.get_mut("topics").unwrap().retain(|row| !shipped(row));
    let tables = ["users", "journal_entries", "entry_details", "sentiment_analysis", "topics", "entry_topics"];
    tables.iter().chain(&["user_sessions", "psychology_insights"]).map(|table| all[*table].len()).collect()
}

/// Ada and Bob, each with something in every table, and a topic that belongs to nobody.
fn two_users() -> Sandbox {
    let sandbox = Sandbox::new();
    for email in ["ada@example.org", "bob@example.org"] {
        sandbox.run(["user", "add", email, "--profile", r#"{"name": "A", "n": 1.50}"#]).ok();
        sandbox.run(["--user", email, "add", "-m", "good", "I love this wonderful day #office #porch"]).ok();
        sandbox.run(["--user", email, "add", "-t", "Second", "--starred", "Rain again #office"]).ok();
    }
    let database = sandbox.database();
    database
        .execute_batch(
            "INSERT INTO topics(name, is_system_topic) VALUES ('Health', 1);
             INSERT INTO entry_topics(entry_id, topic_id, relevance_score)
                SELECT e.id, t.id, 0.35 FROM journal_entries e, topics t WHERE t.name = 'Health';
             INSERT INTO user_sessions(user_id, session_end, activities, user_agent, ip_address)
                SELECT id, NULL, '{\"pages_visited\": [\"add\"], \"time_spent\": 1200}', 'Mozilla/5.0', '10.0.0.1' FROM users;
             INSERT INTO psychology_insights(user_id, insight_type, insight_data, confidence_level, is_active)
                SELECT id, 'correlation', '{\"r\": 0.4, \"n\": 30}', 0.75, 0 FROM users;",
        )
        .unwrap();
    sandbox
}

#[test]
fn deleting_a_user_takes_everything_of_theirs_and_undo_brings_back_every_byte() {
    let sandbox = two_users();
    let ada = "ada@example.org";
    sandbox.pipe(["user", "password", ada, "--password-stdin"], "correct horse").ok();
    sandbox.pipe(["login", ada, "--password-stdin"], "correct horse").ok();
    let before = everything(&sandbox);
    assert!(before["users"].iter().any(|row| row.contains("$argon2id$")));
    assert_eq!(counts(&sandbox), [2, 4, 4, 4, 5, 10, 2, 2]);
    // Bob, who is named, deletes Ada, the first user.
    let gone = sandbox.run(["--user", "bob@example.org", "user", "delete", "ada@example.org", "--yes", "--json"]);
    let gone = gone.ok().quiet().json();
    assert_eq!(gone["email"], "ada@example.org");
    assert_eq!(
        gone["held"],
        serde_json::json!({"entries": 2, "topics": 2, "sentiments": 2, "insights": 1, "sessions": 1, "vectors": 0})
    );
    assert_eq!(counts(&sandbox), [1, 2, 2, 2, 3, 5, 1, 1], "what is Bob's or nobody's stays");
    let without = everything(&sandbox);
    for table in ["users", "journal_entries", "topics", "entry_topics"] {
        assert!(without[table].iter().all(|row| before[table].contains(row)), "{table}");
    }
    sandbox.run(["--user", "ada@example.org", "list"]).code(3).says("ada@example.org");
    // Bob is the first user now, until Ada is back with her password.
    sandbox.run(["undo"]).ok().says("deleted the user ada@example.org with 2 entries");
    assert_eq!(everything(&sandbox), before);
    sandbox.run(["--user", ada, "list"]).code(6);
    sandbox.run(["--user", "bob@example.org", "undo", "--redo"]).ok();
    assert_eq!(counts(&sandbox), [1, 2, 2, 2, 3, 5, 1, 1]);
    sandbox.run(["undo"]).ok();
    assert_eq!(everything(&sandbox), before);
    sandbox.run(["doctor"]).ok();
    sandbox.pipe(["login", ada, "--password-stdin"], "correct horse").ok();
    let found = sandbox.run(["search", "wonderful", "--mode", "words", "--json"]).ok().array("results");
    assert_eq!(found.len(), 1, "the index follows");
}

#[test]
fn whoever_deletes_themselves_is_brought_back_also_when_nobody_is_left() {
    let sandbox = two_users();
    // What Bob adds and takes back leaves a tombstone.
    let state = || {
        let mut all = everything(&sandbox);
        all.remove("tombstones");
        all
    };
    let before = state();
    // Ada is the user in use, and goes. A plain undo brings her back, not something of Bob's.
    sandbox.run(["user", "delete", "ada@example.org", "--yes"]).ok().says("journal undo --user ada@example.org");
    sandbox.run(["undo"]).ok().says("deleted the user ada@example.org");
    assert_eq!(state(), before);
    // After Bob has done something, by name only.
    sandbox.run(["user", "delete", "ada@example.org", "--yes"]).ok();
    sandbox.run(["add", "Bob goes on"]).ok();
    sandbox.run(["--user", "ada@example.org", "list"]).code(3).says("journal undo");
    sandbox.run(["undo"]).ok().says("Bob goes on");
    sandbox.run(["--user", "ada@example.org", "undo"]).ok().says("deleted the user ada@example.org");
    assert_eq!(state(), before);
    // Nobody is left; the next command makes another user, of the same address even.
    for email in ["ada@example.org", "bob@example.org"] {
        sandbox.run(["--user", email, "user", "delete", email, "--yes"]).ok();
    }
    assert_eq!(counts(&sandbox), [0, 0, 0, 0, 1, 0, 0, 0]);
    assert!(sandbox.run(["user", "list", "--json"]).ok().array("").is_empty());
    sandbox.run(["--user", "bob@example.org", "list"]).ok().says("The journal is empty");
    sandbox.run(["--user", "bob@example.org", "undo"]).ok().says("deleted the user bob@example.org");
    sandbox.run(["--user", "ada@example.org", "undo"]).ok().says("deleted the user ada@example.org");
    assert_eq!(state(), before);
}

#[test]
fn an_undo_takes_nobody_along_who_has_written_since() {
    let sandbox = Sandbox::new();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["--user", "bob@example.org", "add", "precious"]).ok();
    sandbox.run(["undo"]).code(1).says("has written since");
    sandbox.run(["--user", "bob@example.org", "undo"]).ok();
    sandbox.run(["undo"]).ok().says("added the user bob@example.org");
    assert_eq!(field(&sandbox.run(["user", "list", "--json"]).ok().array(""), "email"), ["ada@example.org"]);
    // The address is taken by somebody who has written: nothing is mixed up.
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["user", "delete", "bob@example.org", "--yes"]).ok();
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["--user", "bob@example.org", "add", "another Bob"]).ok();
    sandbox.run(["user", "edit", "ada@example.org", "--set", "a=1"]).ok();
    sandbox.run(["undo"]).ok();
    sandbox.run(["undo"]).code(1).says("has written since");
    // And when it is the user's own undo that would bring the address back.
    let sandbox = Sandbox::new();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["user", "delete", "bob@example.org", "--yes"]).ok();
    let bob = ["--user", "bob@example.org"];
    sandbox.run(["user", "edit", "ada@example.org", "--email", "bob@example.org"]).ok();
    sandbox.run([&bob[..], &["add", "Ada under another name"]].concat()).ok();
    sandbox.run([&bob[..], &["undo"]].concat()).ok();
    sandbox.run([&bob[..], &["undo"]].concat()).ok().says("changed the user");
    sandbox.run(["undo"]).ok().says("deleted the user bob@example.org");
}

#[test]
fn deleting_shows_what_will_go_and_asks() {
    let sandbox = two_users();
    let before = everything(&sandbox);
    sandbox.run(["user", "delete", "bob@example.org"]).code(2).says("--yes");
    sandbox.run(["user", "delete", "nobody@example.org", "--yes"]).code(3).says("ada@example.org, bob@example.org");
    for (key, users) in [("n", 2), ("\u{1b}", 2), ("y", 1)] {
        let mut terminal = Terminal::open(&sandbox, 100, &["user", "delete", "bob@example.org"]);
        terminal.expect("2 entries, 2 topics, 2 sentiments, 1 insight, 1 session");
        terminal.expect("Delete bob@example.org?");
        terminal.send(key);
        terminal.close(0);
        assert_eq!(everything(&sandbox)["users"].len(), users, "{key:?}");
    }
    sandbox.run(["undo"]).ok();
    assert_eq!(everything(&sandbox), before);
}

#[test]
fn users_are_listed_chosen_and_keep_to_themselves() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.config(), "# mine\nanalyze = \"manual\" # by hand\n").unwrap();
    let first = sandbox.add(["the first entry"]);
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    let list = sandbox.run(["user", "list", "--json"]).ok().quiet().array("");
    assert_eq!(field(&list, "in_use"), ["true", "false"]);
    assert_eq!(field(&list, "entries"), ["1", "0"]);
    assert_eq!(field(&list, "has_password"), ["false", "false"]);
    assert_eq!(list[0]["created_at"], "2026-03-16T10:00:00.000000Z");
    assert_eq!(list[1]["created_at"], "2026-03-16T10:00:00.000001Z", "the first stays the first");
    sandbox.run(["user", "use", "nobody@example.org"]).code(3);
    sandbox.run(["user", "use", "ada@example.org"]).ok().says("ada@example.org");
    let config = fs::read_to_string(sandbox.config()).unwrap();
    assert!(config.starts_with("# mine\nanalyze = \"manual\" # by hand\n"), "{config}");
    assert_eq!((sandbox.count(), sandbox.run(["show", &first]).code(3).talk().is_empty()), (0, false));
    sandbox.add(["Ada's entry"]);
    let list = sandbox.run(["user", "list"]).ok().lines();
    assert!(list[1].starts_with("*\tada@example.org\t1\t2026-03-16\tyes\tno"), "{list:?}");
    let shown = Terminal::open(&sandbox, 80, &["user", "list"]).close(0);
    assert!(shown.contains("User") && shown.contains("ada@example.org"), "{shown}");
    // The steps of undo are each one's own.
    sandbox.run(["undo"]).ok().says("Ada's entry");
    sandbox.run(["undo"]).code(3);
}

#[test]
fn what_cannot_be_an_address_is_refused() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(256);
    for (email, why) in [("", "empty"), (" a@b", "white space"), ("a\u{7}b", "control"), (long.as_str(), "255")] {
        sandbox.run(["user", "add", email]).code(2).says(why);
        sandbox.run(["user", "edit", "--email", email]).code(2).says(why);
    }
    Sandbox::new().run(["--user", "a\tb", "add", "text"]).code(2).says("control");
    sandbox.run(["user", "add", "Ada@example.org"]).ok();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    let error = sandbox.run(["user", "add", "ada@example.org", "--json"]).code(2).error();
    assert_eq!(error["kind"], "usage");
}

#[test]
fn a_profile_is_json_and_changes_are_steps_of_undo() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("profile.json", "{\"name\": \"Ada\", \"pi\": 3.1400, \"langs\": [\"en\"]}\n");
    let added = sandbox.run(["user", "add", "ada@example.org", "--profile", &format!("@{file}"), "--json"]).ok().json();
    assert_eq!(added["profile"]["langs"][0], "en");
    let stored = |sandbox: &Sandbox| -> Option<String> {
        sandbox.database().query_row("SELECT profile FROM users", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(stored(&sandbox).unwrap(), r#"{"langs":["en"],"name":"Ada","pi":3.1400}"#, "as it was written");
    let edit = |args: &[&str]| sandbox.run([&["user", "edit"], args].concat());
    edit(&["--set", "name=Ada Lovelace", "--set", "langs=[\"en\", \"fr\"]", "--unset", "pi"]).ok().says("journal undo");
    assert_eq!(stored(&sandbox).unwrap(), r#"{"langs":["en", "fr"],"name":"Ada Lovelace"}"#);
    edit(&["--email", "ada@home.example"]).ok();
    edit(&["--active", "false"]).ok();
    sandbox.run(["list"]).code(6).says("not active");
    sandbox.run(["user", "use", "ada@home.example"]).code(6);
    edit(&["--active", "true"]).ok();
    sandbox.run(["list"]).ok();
    sandbox.pipe(["user", "edit", "--profile", "-"], "{\"only\": true}").ok();
    edit(&["--profile", ""]).ok();
    assert_eq!(stored(&sandbox), None);
    edit(&["--profile", ""]).ok().says("nothing saved");
    for wrong in [
        &["--profile", "[1]"][..],
        &["--set", "a"],
        &["--set", "a={"],
        &["--unset", "a"],
        &["--profile", "@/nosuch"],
        &[],
    ] {
        let code = if wrong == ["--profile", "@/nosuch"] { 3 } else { 2 };
        edit(wrong).code(code);
    }
    for _ in 0..2 {
        sandbox.run(["undo"]).ok();
    }
    sandbox.run(["undo"]).ok();
    sandbox.run(["undo"]).code(6).says("not active");
    edit(&["--active", "true"]).ok();
    let shown = sandbox.run(["user", "show", "--json"]).ok().json();
    assert_eq!((&shown["email"], &shown["profile"]["langs"][1]), (&"ada@home.example".into(), &"fr".into()));
    assert_eq!(shown["holds"]["entries"], 0);
    let text = sandbox.run(["user", "show"]).ok().text();
    assert!(text.contains("Ada Lovelace") && text.contains("nothing written"), "{text}");
}
