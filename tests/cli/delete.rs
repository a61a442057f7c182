//! `journal delete`.

use crate::support::Sandbox;

#[test]
fn without_a_terminal_it_wants_a_yes() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["text"]);
    for args in [&["delete", &id][..], &["delete", &id, "--no-input"]] {
        sandbox.run(args.to_vec()).code(2).says("--yes");
    }
    assert_eq!(sandbox.count(), 1);
    sandbox.run(["delete", &id, "--yes"]).ok().says("journal undo");
    assert_eq!(sandbox.count(), 0);
    sandbox.run(["show", &id]).code(3);
    sandbox.run(["delete", &id, "--yes"]).code(3);
}

#[test]
fn several_are_deleted_together_or_not_at_all() {
    let sandbox = Sandbox::new();
    let [a, b, c] = ["one", "two", "three"].map(|text| sandbox.add([text]));
    sandbox.run(["delete", "--yes", &a, "zzzz", &b]).code(3);
    assert_eq!(sandbox.count(), 3);
    let deleted = sandbox.run(["delete", "--yes", "--json", &a, &b, &a]).ok().quiet().json();
    assert_eq!(deleted["deleted"].as_array().unwrap().len(), 2, "named twice, deleted once");
    assert_eq!(sandbox.run(["list"]).ok().lines().len(), 1);
    assert_eq!(sandbox.show(&c)["content"], "three");
    sandbox.run(["undo"]).ok().says("2 entries");
    assert_eq!(sandbox.show(&b)["content"], "two");
}

#[test]
fn what_is_deleted_is_not_found_any_more() {
    let sandbox = Sandbox::with_sample();
    let found = |query: &str| sandbox.run(["search", query, "--json"]).ok().array("results");
    let before = found("notebook");
    for hit in &before {
        sandbox.run(["delete", "--yes", hit["id"].as_str().unwrap()]).ok();
    }
    assert!(!before.is_empty() && found("notebook").is_empty());
    for _ in &before {
        sandbox.run(["undo"]).ok();
    }
    assert_eq!(found("notebook").len(), before.len());
}
