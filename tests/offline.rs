//! Nothing but `models install` without `--from` touches the network, and what needs SQLite alone
//! opens nothing else: as the kernel sees it, through strace.
#![allow(clippy::unwrap_used)]

#[path = "cli/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use support::{JOURNAL, Sandbox, sample};

/// Whether strace works here. It must on the machines that decide about a change.
fn strace_works() -> bool {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if works.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "strace does not work here: apt-get install strace");
    eprintln!("SKIPPED: strace does not work here");
    false
}

/// Runs a command and all it starts; gives the calls of these kinds, one a line.
fn traced(kinds: &str, sandbox: &Sandbox, program: &str, args: &[&str]) -> Vec<String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new("strace");
    command.args(["--follow-forks", "--seccomp-bpf", "--string-limit=400", "-e", &format!("trace={kinds}"), "-o"]);
    command.arg(log.path()).arg(program).args(args);
    let plain = sandbox.command(args);
    command.env_clear().current_dir(sandbox.path("."));
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0..=15)), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let calls = fs::read_to_string(log.path()).unwrap();
    assert!(calls.contains("+++ exited with"), "{args:?}: strace saw nothing: {calls}");
    calls.lines().map(str::to_string).collect()
}

/// Calls that could reach another machine: of any address family but that of local sockets.
fn reaching_out(calls: &[String]) -> Vec<&String> {
    let family = |call: &str| {
        let names = call.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names.filter(|word| word.starts_with("AF_") || word.starts_with("PF_")).map(str::to_string).collect::<Vec<_>>()
    };
    calls.iter().filter(|call| family(call).iter().any(|family| family != "AF_UNIX" && family != "AF_UNSPEC")).collect()
}

/// A line of arguments for every verb; `{id}` is an entry, `{sample}` a file, `{out}` another.
const EVERY_VERB: [&str; 56] = [
    "",
    "add a line #tag",
    "add --json another line",
    "list --full",
    "list --json",
    "show {id}",
    "edit {id} --title T --content other",
    "delete --yes {id}",
    "undo",
    "undo --redo",
    "undo",
    "history",
    "history {id}",
    "search rain",
    "search rain --mode text",
    "search rain --mode semantic",
    "search mood:<0 like:{id}",
    "similar {id}",
    "on-this-day --days 3",
    "random",
    "mood --by month",
    "stats",
    "topics",
    "topics find slep",
    "bulk moods /dev/null",
    "user add other@example.org",
    "user list",
    "user show",
    "user edit --set name=Ada",
    "user delete --yes other@example.org",
    "user password --password-file {sample}",
    "user add guarded@example.org --password-file {secret}",
    "login guarded@example.org --password-file {secret}",
    "--user guarded@example.org list",
    "logout guarded@example.org",
    "session list",
    "import {sample}",
    "export -o {out}",
    "analyze",
    "tasks",
    "cache stats",
    "cache get tasks:results:analyze",
    "cache clear",
    "models list",
    "models verify",
    "models install --from {sample}",
    "reindex",
    "doctor",
    "doctor --queries",
    // No deployment is named: there is nothing to be reached.
    "sync",
    "sync status",
    "migrate status",
    "migrate down --to 004 --yes",
    "migrate up",
    "config list",
    "completions bash",
];

fn verbs(help: &str) -> BTreeSet<String> {
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let name =
        |line: &str| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()).map(String::from);
    commands.lines().filter_map(name).collect()
}

fn run_every_verb(sandbox: &Sandbox) {
    let id = sandbox.add(["an entry to work on"]);
    let out = sandbox.path("out.jsonl");
    let secret = sandbox.file("secret", "correct horse\n");
    for line in EVERY_VERB {
        let args: Vec<String> = line
            .split_whitespace()
            .map(|word| {
                word.replace("{id}", &id)
                    .replace("{sample}", sample().to_str().unwrap())
                    .replace("{out}", out.to_str().unwrap())
                    .replace("{secret}", &secret)
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let calls = traced("network", sandbox, JOURNAL, &args);
        assert!(reaching_out(&calls).is_empty(), "journal {line}: {:#?}", reaching_out(&calls));
    }
}

#[test]
fn no_verb_reaches_out() {
    if !strace_works() {
        return;
    }
    let sandbox = Sandbox::new();
    // The background analysis is one of the processes that are followed.
    fs::write(sandbox.config(), "").unwrap();
    let covered: BTreeSet<String> = EVERY_VERB
        .iter()
        .filter_map(|line| line.split(' ').next())
        .filter(|verb| !verb.is_empty() && !verb.starts_with('-'))
        .map(str::to_string)
        .collect();
    let mut all = verbs(&sandbox.run(["--help"]).ok().text());
    all.retain(|verb| verb != "help");
    assert_eq!(all, covered, "every verb is tried");
    run_every_verb(&sandbox);

    let calls = traced("network", &sandbox, "/bin/bash", &["-c", "echo > /dev/udp/127.0.0.1/9"]);
    assert!(!reaching_out(&calls).is_empty(), "a breach would be seen: {calls:#?}");
}

#[cfg(feature = "model-server")]
#[test]
fn nor_does_the_model_server() {
    if !strace_works() {
        return;
    }
    let folder = match std::env::var_os("JOURNAL_TEST_MODEL") {
        Some(folder) => std::path::PathBuf::from(folder),
        None => {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
            let cache = cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
            cache.join("journaling-ai/build/models/all-MiniLM-L6-v2")
        }
    };
    let sandbox = Sandbox::new().with("JOURNAL_MODEL_PATH", folder.parent().unwrap());
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 1\n").unwrap();
    for text in ["A river in the rain", "The cat slept on the boiler"] {
        sandbox.add([text]);
    }
    // The server is started by the command, and followed until it leaves.
    for args in [&["analyze"][..], &["search", "wet weather"], &["similar", "--text", "pets"], &["doctor"]] {
        let calls = traced("network", &sandbox, JOURNAL, args);
        assert!(reaching_out(&calls).is_empty(), "{args:?}: {:#?}", reaching_out(&calls));
        if args != ["doctor"] {
            assert!(calls.iter().any(|call| call.contains("listen(")), "{args:?}: the server was not seen: {calls:#?}");
        }
    }
    assert_eq!(sandbox.run(["tasks", "--json"]).ok().array("tasks")[2]["state"], "done");
}

#[test]
fn what_needs_the_truth_alone_opens_nothing_else() {
    if !strace_works() {
        return;
    }
    let sandbox = Sandbox::with_sample();
    // Everything is there to be opened.
    sandbox.run(["search", "rain"]).ok();
    let id = sandbox.add(["text"]);
    let data = sandbox.data().to_str().unwrap().to_string();
    let opened = |args: &[&str]| -> Vec<String> {
        let calls = traced("open,openat", &sandbox, JOURNAL, args);
        let inside = calls.iter().filter_map(|call| call.split('"').nth(1)?.strip_prefix(&data).map(str::to_string));
        inside.filter(|path| ["/index", "/cache", "/models"].iter().any(|part| path.starts_with(part))).collect()
    };
    for args in [
        &["add", "text"][..],
        &["add", "--json", "text"],
        &["list"],
        &["list", "--json", "--full", "--topic", "cat"],
        &["show", &id],
        &["edit", &id, "--star"],
        &["export"],
        &["history"],
        &["undo"],
        &["delete", "--yes", &id],
        &["mood"],
        &[],
    ] {
        assert_eq!(opened(args), [""; 0], "{args:?}");
    }
    let searched = opened(&["search", "rain"]);
    assert!(searched.iter().any(|path| path.starts_with("/index/text/")), "{searched:?}");
}
