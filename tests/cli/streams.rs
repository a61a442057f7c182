//! Data on standard output, talk on standard error, colour where it is wanted.

use crate::support::Sandbox;

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let sandbox = Sandbox::with_sample();
    for (command, lines) in [
        ("journal export", 1),
        ("journal list --full -n 1000", 1),
        ("journal list --json -n 1000", 1),
        ("journal search rain --mode words -n 1000 --jsonl", 1),
        ("journal export --json", 1),
        ("journal history", 1),
        ("journal completions bash", 1),
    ] {
        let script = format!("{command} 2>talk | head -{lines}; echo ${{PIPESTATUS[0]}}; cat talk");
        let outcome = sandbox.shell(&script).ok().quiet();
        assert_eq!(outcome.lines()[1..], ["0"], "{command}\n{outcome}");
    }
    // Many times what a pipe holds.
    sandbox.pipe(["add"], "word ".repeat(200_000)).ok();
    let outcome = sandbox.shell("journal export 2>talk | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}; cat talk").ok();
    assert_eq!(outcome.text(), "0\n");
}

#[test]
fn a_full_disk_is_a_failure() {
    let sandbox = Sandbox::with_sample();
    sandbox.shell("journal list --full -n 1000 > /dev/full").code(1).says("cannot write");
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let sandbox = Sandbox::with_sample();
    let coloured = |sandbox: &Sandbox, args: &[&str]| {
        let outcome = sandbox.run(args.to_vec());
        outcome.text().contains('\u{1b}') || outcome.talk().contains('\u{1b}')
    };
    for args in [&["list"][..], &["search", "rain"], &["show", "zzzz"], &["mood"], &["config"], &[]] {
        assert!(!coloured(&sandbox, args), "{args:?}");
    }
    assert!(coloured(&sandbox, &["search", "rain", "--color", "always"]));
    assert!(coloured(&sandbox, &["show", "zzzz", "--color", "always"]));
    assert!(!coloured(&sandbox, &["search", "rain", "--color", "never"]));
    let plain = Sandbox::with_sample().with("NO_COLOR", "1");
    assert!(coloured(&plain, &["search", "rain", "--color", "always"]), "the flag wins");
    assert!(!coloured(&sandbox, &["list", "--json", "--color", "always"]), "JSON is never coloured");
}

#[test]
fn talk_can_be_silenced_but_not_errors() {
    let sandbox = Sandbox::with_sample();
    sandbox.run(["search", "rain"]).ok().says("note:");
    sandbox.run(["search", "rain", "--quiet"]).ok().quiet();
    sandbox.run(["list", "--on", "1999", "--quiet"]).ok().quiet();
    sandbox.run(["show", "zzzz", "--quiet"]).code(3).says("zzzz");
}

#[test]
fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_sample();
    sandbox.run(["search", "rain"]).ok();
    sandbox.pipe(["add"], b"\xff").code(2);
    let mut folders = vec![sandbox.data()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                seen += 1;
                assert_eq!(path.metadata().unwrap().permissions().mode() & 0o177, 0, "{}", path.display());
            }
        }
    }
    assert!(seen > 5);
}
