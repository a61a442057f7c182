//! Exit codes, and the error document that goes with each.

use crate::support::Sandbox;
use std::fs;

#[test]
fn each_kind_of_failure_has_its_code_its_message_and_its_hint() {
    let sandbox = Sandbox::with_sample();
    let bad = sandbox.file("bad.jsonl", "nonsense\n");
    let file = sandbox.file("a-file", "");
    let noise = sandbox.path("noise");
    fs::create_dir(&noise).unwrap();
    fs::write(noise.join("journal.db"), vec![0x5a; 20_000]).unwrap();
    let noise = noise.to_str().unwrap();
    sandbox.pipe(["user", "add", "guarded@example.org", "--password-stdin"], "correct horse").ok();
    let cases: [(i32, &str, &[&str]); 14] = [
        (1, "failure", &["--data-dir", &file, "list"]),
        (3, "not_found", &["import", "/nosuch"]),
        (2, "usage", &["list", "--since", "someday"]),
        (2, "usage", &["list", "--nosuch"]),
        (2, "usage", &["nosuch"]),
        (2, "usage", &["list", "--limit", "many"]),
        (2, "usage", &["--config", &bad, "list"]),
        (3, "not_found", &["show", "zzzz"]),
        (3, "not_found", &["--user", "nobody@example.org", "list"]),
        (3, "not_found", &["list", "--topic", "nosuch"]),
        (5, "corrupt", &["--data-dir", noise, "list"]),
        (6, "denied", &["--user", "guarded@example.org", "list"]),
        (5, "corrupt", &["--data-dir", noise, "add", "text"]),
        (15, "model_unavailable", &["similar", "--text", "x"]),
    ];
    for (code, kind, args) in cases {
        let error = sandbox.run([args, &["--json"]].concat()).code(code).error();
        assert_eq!((&error["code"], &error["kind"]), (&code.into(), &kind.into()), "{args:?}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{args:?}: {error}");
        assert_eq!(error["retryable"], false, "{args:?}: {error}");
        assert!(error.get("hint").is_some(), "{args:?}: {error}");
        let said = sandbox.run(args.to_vec()).code(code).talk();
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{args:?}: {said}");
        let jsonl = sandbox.run([args, &["--jsonl"]].concat()).code(code);
        assert_eq!(jsonl.error()["code"], code, "{args:?}: {jsonl}");
    }
    sandbox.run(["import", &bad]).code(8);
    sandbox.run(["list", "--on", "1999"]).code(0);
    sandbox.run(["search", "nosuchwordatall", "--mode", "words"]).code(0);
    assert_eq!(fs::read(format!("{noise}/journal.db")).unwrap(), vec![0x5a; 20_000], "what is damaged is left alone");
}

#[test]
fn a_failure_while_the_text_is_given_keeps_the_text() {
    let sandbox = Sandbox::new();
    let noise = sandbox.path("noise");
    fs::create_dir(&noise).unwrap();
    fs::write(noise.join("journal.db"), vec![0x5a; 20_000]).unwrap();
    let outcome = sandbox.pipe(["add", "--data-dir", noise.to_str().unwrap()], "worth keeping").code(5);
    let kept = fs::read_dir(noise.join("drafts")).unwrap().next().unwrap().unwrap().path();
    let outcome = outcome.says(kept.to_str().unwrap());
    assert_eq!(fs::read_to_string(&kept).unwrap(), "worth keeping", "{outcome}");
    // A data folder that cannot even be made.
    let file = sandbox.file("a-file", "");
    let outcome = sandbox.pipe(["add", "--data-dir", &file], "worth keeping").code(1);
    let kept = fs::read_dir(sandbox.path("tmp")).unwrap().next().unwrap_or_else(|| panic!("{outcome}")).unwrap().path();
    assert_eq!(fs::read_to_string(&kept).unwrap(), "worth keeping", "{outcome}");
    outcome.says(kept.to_str().unwrap());
}
