//! `journal history`.

use crate::support::{Sandbox, field};

#[test]
fn versions_of_an_entry_are_kept_also_after_its_end() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["-t", "Title", "first text"]);
    sandbox.run(["edit", &id, "--content", "second text"]).ok();
    sandbox.run(["edit", &id, "--star"]).ok();
    sandbox.run(["edit", &id, "--mood", "good"]).ok();
    sandbox.run(["delete", "--yes", &id]).ok();
    let versions = sandbox.run(["history", &id, "--json"]).ok().quiet().array("");
    assert_eq!(field(&versions, "version"), ["1", "2", "3"], "a star is no new text");
    assert_eq!(field(&versions, "content"), ["first text", "second text", "second text"]);
    assert_eq!(field(&versions, "deleted"), ["false", "false", "true"]);
    for name in ["at", "until", "title", "entry_date", "mood_score"] {
        assert!(versions[2].get(name).is_some(), "{name}");
    }
    assert_eq!(sandbox.run(["history", &id, "--version", "1"]).ok().text(), "first text\n");
    assert_eq!(sandbox.run(["history", &id, "--version", "2", "--json"]).ok().json()["content"], "second text");
    sandbox.run(["history", &id, "--version", "9"]).code(3).says("3");
    sandbox.run(["history", "zzzz"]).code(3);
    let text = sandbox.run(["history", &id]).ok().text();
    assert!(text.contains("deleted") && text.contains("first text"), "{text}");
}

#[test]
fn changes_are_listed_newest_first_with_what_was_undone() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["some words about a day"]);
    sandbox.run(["edit", &id, "--content", "other words"]).ok();
    sandbox.run(["undo"]).ok();
    let changes = sandbox.run(["history", "--json"]).ok().array("");
    assert_eq!(field(&changes, "command"), ["undo", "edit", "add"]);
    assert_eq!(field(&changes, "undone"), ["false", "true", "false"]);
    assert!(changes[2]["summary"].as_str().unwrap().contains("some words about a day"));
    assert_eq!(sandbox.run(["history", "-n", "1", "--jsonl"]).ok().json_lines().len(), 1);
    sandbox.run(["undo", "--redo"]).ok();
    assert_eq!(sandbox.show(&id)["content"], "other words");
    let text = sandbox.run(["history"]).ok().text();
    assert!(text.contains("redo") && text.lines().count() == 5, "{text}");
}
