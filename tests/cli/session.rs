//! Sessions: time spent writing.

use crate::support::{Sandbox, Terminal, field, plain};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

fn sessions(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.run(["session", "list", "--json"]).ok().quiet().array("")
}

fn locks(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.data().join("sessions")).map_or(0, |folder| folder.count())
}

#[test]
fn time_in_the_editor_is_a_session() {
    let sandbox = Sandbox::new().without("JOURNAL_NOW");
    let editor = sandbox.script("editor", "sleep 1.3; echo 'written slowly' > \"$1\"");
    let sandbox = sandbox.with("EDITOR", editor);
    assert!(sessions(&sandbox).is_empty());
    let shown = Terminal::open(&sandbox, 80, &["add"]).close(0);
    let id = shown.split_whitespace().skip_while(|word| *word != "Saved").nth(1).unwrap().to_string();
    let entry = sandbox.show(&id);
    let found = sessions(&sandbox);
    assert_eq!(found.len(), 1);
    let activities = &found[0]["activities"];
    assert_eq!(activities["pages_visited"], serde_json::json!(["add"]));
    assert_eq!(activities["entries"], serde_json::json!([entry["id"]]));
    let spent = activities["time_spent"].as_u64().unwrap();
    assert!((1..30).contains(&spent), "{activities}");
    let (start, end) = (found[0]["session_start"].as_str().unwrap(), found[0]["session_end"].as_str().unwrap());
    assert!(start < end, "{start} {end}");
    assert_eq!(found[0]["user_agent"], concat!("journal/", env!("CARGO_PKG_VERSION")));
    assert_eq!(found[0]["ip_address"], Value::Null);
    assert_eq!(found[0]["user_id"], entry["user_id"]);
    assert_eq!(locks(&sandbox), 0);
    // It is no step of undo, and an undo leaves it.
    assert_eq!(field(&sandbox.run(["history", "--json"]).ok().array(""), "command"), ["add"]);
    sandbox.run(["undo"]).ok().says("written slowly");
    sandbox.run(["undo"]).code(3);
    assert_eq!(sessions(&sandbox), found);
    let listed = plain(&Terminal::open(&sandbox, 80, &["session", "list"]).close(0));
    assert!(listed.contains("add") && listed.contains(" s ") && listed.contains(&id), "{listed}");
}

#[test]
fn editing_and_answering_are_sessions_too_and_settings_are_none() {
    let sandbox = Sandbox::new();
    let editor = sandbox.script("editor", "echo 'more text' >> \"$1\"");
    let unchanged = sandbox.script("unchanged", "true");
    let failing = sandbox.script("failing", "exit 3");
    let sandbox = sandbox.with("EDITOR", editor);
    let id = sandbox.add(["text"]);
    Terminal::open(&sandbox, 80, &["edit", &id]).close(0);
    let sandbox = sandbox.with("EDITOR", unchanged);
    Terminal::open(&sandbox, 80, &["edit", &id]).close(0);
    Terminal::open(&sandbox, 80, &["config", "edit"]).close(0);
    let sandbox = sandbox.with("EDITOR", failing);
    Terminal::open(&sandbox, 80, &["add"]).close(1);
    let mut terminal = Terminal::open(&sandbox, 80, &["delete", &id]);
    terminal.expect("Delete this entry?");
    terminal.send("n");
    terminal.close(0);
    let pages: Vec<String> = sessions(&sandbox)
        .iter()
        .map(|session| session["activities"]["pages_visited"][0].as_str().unwrap().into())
        .collect();
    let mut sorted = pages.clone();
    sorted.sort();
    assert_eq!(sorted, ["add", "delete", "edit", "edit"], "{pages:?}");
    assert!(sessions(&sandbox).iter().all(|session| session["session_end"].is_string()));
    sandbox.run(["add", "from the command line"]).ok();
    assert_eq!((sessions(&sandbox).len(), locks(&sandbox)), (4, 0));
}

#[test]
fn a_session_that_was_killed_is_open_until_the_next_begins() {
    let sandbox = Sandbox::new();
    let killed = sandbox.path("killed");
    let editor = sandbox.script("editor", &format!("trap '' HUP; kill -9 $PPID; touch '{}'", killed.display()));
    let sandbox = sandbox.with("EDITOR", editor);
    let terminal = Terminal::open(&sandbox, 80, &["add"]);
    let since = Instant::now();
    while !killed.exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "the editor was not run");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(terminal);
    let open = sandbox.run(["session", "list", "--open", "--json"]).ok().array("");
    assert_eq!((open.len(), &open[0]["session_end"], locks(&sandbox)), (1, &Value::Null, 1));
    assert!(Terminal::open(&sandbox, 80, &["session", "list"]).close(0).contains("open"));
    // One that another machine began has no lock here, and one that goes on holds it.
    sandbox
        .database()
        .execute_batch("INSERT INTO user_sessions(user_id, user_agent) SELECT id, 'Mozilla/5.0' FROM users")
        .unwrap();
    let journal = crate::support::JOURNAL;
    let inner = sandbox.script("inner", "echo 'from within' > \"$1\"");
    let outer = sandbox.script("outer", &format!("EDITOR='{inner}' '{journal}' add && '{journal}' session list --open --json > '{}'; echo 'from outside' > \"$1\"", sandbox.path("seen").display()));
    let sandbox = sandbox.with("EDITOR", outer);
    Terminal::open(&sandbox, 80, &["add"]).close(0);
    let seen: Vec<Value> = serde_json::from_str(&fs::read_to_string(sandbox.path("seen")).unwrap()).unwrap();
    let mut agents = field(&seen, "user_agent");
    agents.sort();
    assert_eq!(agents, ["Mozilla/5.0", concat!("journal/", env!("CARGO_PKG_VERSION"))], "the one around is not closed");
    let left = sandbox.run(["session", "list", "--open", "--json"]).ok().array("");
    assert_eq!(field(&left, "user_agent"), ["Mozilla/5.0"]);
    let stale = sessions(&sandbox).into_iter().find(|session| session["id"] == open[0]["id"]).unwrap();
    assert_eq!(stale["session_end"], stale["session_start"]);
    assert_eq!((&stale["activities"]["interrupted"], &stale["activities"]["time_spent"]), (&true.into(), &0.into()));
    assert_eq!((sandbox.count(), locks(&sandbox)), (2, 0));
}

#[test]
fn nobody_is_kept_from_writing() {
    let sandbox = Sandbox::new();
    let editor = sandbox.script("editor", "echo 'written all the same' > \"$1\"");
    let sandbox = sandbox.with("EDITOR", editor);
    sandbox.add(["first"]);
    fs::write(sandbox.data().join("sessions"), "in the way").unwrap();
    Terminal::open(&sandbox, 80, &["add"]).close(0);
    assert_eq!((sandbox.count(), sessions(&sandbox).len()), (2, 0));
    fs::remove_file(sandbox.data().join("sessions")).unwrap();
    sandbox
        .database()
        .execute_batch("CREATE TRIGGER t BEFORE INSERT ON user_sessions BEGIN SELECT RAISE(ABORT, 'no'); END")
        .unwrap();
    Terminal::open(&sandbox, 80, &["add"]).close(0);
    assert_eq!((sandbox.count(), sessions(&sandbox).len(), locks(&sandbox)), (3, 0, 0));
}

#[test]
fn a_list_has_pages_and_days() {
    let sandbox = Sandbox::new();
    sandbox.add(["text"]);
    let database = sandbox.database();
    for day in 10..16 {
        database
            .execute(
                "INSERT INTO user_sessions(user_id, session_start, session_end, activities, user_agent)
                 SELECT id, ?1, ?2, ?3, 'test' FROM users",
                (
                    // Half past eleven at night in Berlin.
                    format!("2026-03-{day}T22:30:00.000000Z"),
                    format!("2026-03-{day}T23:50:00.000000Z"),
                    "{\"pages_visited\": [\"add\", \"list\"], \"time_spent\": 4800}",
                ),
            )
            .unwrap();
    }
    let list = |args: &[&str]| {
        let found = sandbox.run([&["session", "list", "--json"], args].concat()).ok().array("");
        found.iter().map(|session| session["session_start"].as_str().unwrap()[8..10].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(&[]), ["15", "14", "13", "12", "11", "10"]);
    assert_eq!(list(&["--since", "2026-03-14"]), ["15", "14"]);
    assert_eq!(list(&["--until", "2026-03-11"]), ["11", "10"]);
    assert_eq!(list(&["--since", "2026-03-12", "--until", "2026-03-12"]), ["12"]);
    let first = sandbox.run(["session", "list", "-n", "4", "--json"]).ok().array("");
    let cursor = first[3]["cursor"].as_str().unwrap();
    assert_eq!(list(&["-n", "4", "--cursor", cursor]), ["11", "10"]);
    sandbox.run(["session", "list", "--cursor", "x"]).code(2).says("cursor");
    sandbox.run(["session", "list", "--since", "someday"]).code(2);
    let lines = sandbox.run(["session", "list"]).ok().lines();
    assert_eq!(lines[0], "2026-03-15T22:30:00.000000Z\t2026-03-15T23:50:00.000000Z\t4800\tadd, list\ttest");
    let shown = plain(&Terminal::open(&sandbox, 80, &["session", "list", "-n", "2"]).close(0));
    assert!(
        shown.contains("2026-03-15 23:30") && shown.contains("1 h 20 min") && shown.contains("more: --cursor"),
        "{shown}"
    );
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    assert!(sandbox.run(["--user", "bob@example.org", "session", "list"]).ok().says("No session").text().is_empty());
}
