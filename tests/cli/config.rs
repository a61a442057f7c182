//! `journal config`.

use crate::support::{Sandbox, field};
use std::fs;

#[test]
fn settings_are_listed_read_changed_and_reset() {
    let sandbox = Sandbox::new();
    let listed = sandbox.run(["config", "--json"]).ok().quiet().array("");
    assert!(field(&listed, "name").contains(&"list_limit".to_string()));
    let analyze = listed.iter().find(|setting| setting["name"] == "analyze").unwrap();
    assert_eq!((&analyze["value"], &analyze["origin"]), (&"manual".into(), &"file".into()));
    assert_eq!(sandbox.run(["config", "get", "list_limit"]).ok().text(), "20\n");
    assert_eq!(sandbox.run(["config", "set", "list_limit", "3", "--json"]).ok().json()["list_limit"], "3");
    assert_eq!(sandbox.run(["config", "get", "list_limit", "--jsonl"]).ok().json_lines()[0]["list_limit"], "3");
    for text in ["a", "b", "c", "d"] {
        sandbox.add([text]);
    }
    assert_eq!(sandbox.run(["list"]).ok().lines().len(), 3);
    sandbox.run(["config", "unset", "list_limit"]).ok();
    assert_eq!(sandbox.run(["list"]).ok().lines().len(), 4);
    assert_eq!(sandbox.run(["config", "path"]).ok().text().trim(), sandbox.config().to_str().unwrap());
}

#[test]
fn what_is_wrong_is_named_and_the_file_left_as_it_was() {
    let sandbox = Sandbox::new();
    let before = "# my settings\nanalyze = \"manual\" # for now\n";
    fs::write(sandbox.config(), before).unwrap();
    for (name, value) in [
        ("nosuch", "1"),
        ("list_limit", "many"),
        ("list_limit", "-1"),
        ("search_mode", "magic"),
        ("time_zone", "Mars/Base"),
        ("model", "nosuch"),
        ("entry_model", "nosuch"),
        ("topic_model", "vader"),
        ("analyze", "sometimes"),
    ] {
        let outcome = sandbox.run(["config", "set", name, value]);
        assert!(outcome.talk().contains(name) || outcome.talk().contains(value), "{outcome}");
        assert!(outcome.talk().starts_with("error:"), "{outcome}");
        assert_eq!(fs::read_to_string(sandbox.config()).unwrap(), before, "{outcome}");
    }
    sandbox.run(["config", "get", "nosuch"]).code(2).says("nosuch");
    sandbox.run(["config", "set", "list_limit", "5"]).ok();
    let after = fs::read_to_string(sandbox.config()).unwrap();
    assert!(after.starts_with(before) && after.contains("list_limit = 5"), "comments stay: {after}");
    for broken in ["list_limit = \"x\"", "lisst_limit = 3", "= 3", "analyze = ["] {
        fs::write(sandbox.config(), broken).unwrap();
        sandbox.run(["list"]).code(2).says(sandbox.config().to_str().unwrap());
    }
}
