//! `journal` alone.

use crate::support::{Sandbox, field};

#[test]
fn the_last_entries_are_shown() {
    let sandbox = Sandbox::with_sample();
    let outcome = sandbox.run(Vec::<&str>::new()).ok().quiet();
    assert_eq!(outcome.lines().len(), 7);
    let items = sandbox.run(["--json"]).ok().array("");
    assert_eq!(field(&items, "short_id"), outcome.lines().iter().map(|line| line[..4].to_string()).collect::<Vec<_>>());
}

#[test]
fn help_and_version_need_no_journal() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(["--help"]).ok().quiet().text();
    for verb in [
        "add",
        "list",
        "show",
        "edit",
        "delete",
        "undo",
        "history",
        "search",
        "similar",
        "on-this-day",
        "random",
        "mood",
        "import",
        "export",
        "analyze",
        "tasks",
        "models",
        "reindex",
        "doctor",
        "config",
        "completions",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{verb} "))), "{verb}");
        let own = sandbox.run([verb, "--help"]).ok().quiet().text();
        assert!(own.contains("Usage: journal") && own.contains("--json"), "{own}");
    }
    assert!(sandbox.run(["--version"]).ok().text().starts_with("journal "));
    assert!(!sandbox.data().exists());
    sandbox.run(["nosuch"]).code(2).says("nosuch");
}
