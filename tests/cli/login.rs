//! Passwords and logins.

use crate::support::{Sandbox, Terminal, plain};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const PASSWORD: &str = "correct horse battery";

/// A journal of one user with this password, and one entry.
fn guarded() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    let id = sandbox.add(["-t", "Secret", "what nobody reads #work"]);
    sandbox.pipe(["user", "password", "--password-stdin"], format!("{PASSWORD}\n")).ok().says("ada@example.org");
    (sandbox, id)
}

fn log_in(sandbox: &Sandbox) {
    sandbox.pipe(["login", "--password-stdin"], PASSWORD).ok().says("Logged in as ada@example.org");
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn nothing_of_a_guarded_user_is_read_or_written_without_a_login() {
    let (sandbox, id) = guarded();
    let sample = crate::support::sample();
    let verbs: [&[&str]; 23] = [
        &[],
        &["add", "text"],
        &["list"],
        &["list", "--count"],
        &["show", &id],
        &["edit", &id, "--star"],
        &["delete", &id, "--yes"],
        &["undo"],
        &["undo", "--redo"],
        &["history"],
        &["history", &id],
        &["search", "nobody", "--mode", "text"],
        &["search", "is:starred"],
        &["on-this-day"],
        &["random"],
        &["mood"],
        &["export"],
        &["import", sample.to_str().unwrap()],
        &["session", "list"],
        &["user", "show"],
        &["user", "edit", "--set", "a=1"],
        &["user", "delete", "ada@example.org", "--yes"],
        &["--user", "ada@example.org", "list"],
    ];
    for args in verbs {
        let refused = sandbox.run(args.to_vec()).code(6).says("journal login ada@example.org");
        assert_eq!(refused.text(), "", "{refused}");
        assert!(!refused.talk().contains("Secret"), "{refused}");
    }
    let error = sandbox.run(["list", "--json"]).code(6).error();
    assert_eq!((&error["kind"], &error["retryable"]), (&"denied".into(), &false.into()));
    // A text that was given is kept; an editor is not even opened.
    assert_eq!(sandbox.drafts().len(), 1);
    let sandbox = sandbox.with("EDITOR", "touch was-opened");
    Terminal::open(&sandbox, 80, &["add"]).close(6);
    assert!(!sandbox.path("was-opened").exists());
    // What is of no user goes on, as does everybody else.
    for args in [&["analyze"][..], &["tasks"], &["user", "list"], &["config"], &["doctor"]] {
        assert!(!sandbox.run(args.to_vec()).code(0).text().contains("Secret"));
    }
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["--user", "bob@example.org", "list"]).ok();
    log_in(&sandbox);
    assert_eq!(sandbox.count(), 1);
    assert_eq!(sandbox.show(&id)["starred"], false);
    sandbox.run(["logout"]).ok().says("Logged out");
    sandbox.run(["list"]).code(6);
    sandbox.run(["logout"]).ok().says("was not logged in");
}

#[test]
fn a_password_is_kept_as_a_hash_alone_and_a_token_by_its_holder_alone() {
    let (sandbox, _) = guarded();
    log_in(&sandbox);
    let hash: String = sandbox.database().query_row("SELECT password_hash FROM users", [], |row| row.get(0)).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && hash.len() <= 255, "{hash}");
    let all: Vec<PathBuf> = ["data", "run", "tmp", "home"].iter().flat_map(|name| files(&sandbox.path(name))).collect();
    let token_file = all.iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("login-")).unwrap();
    assert!(token_file.starts_with(sandbox.path("run")));
    assert_eq!(fs::metadata(token_file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(token_file).unwrap();
    assert_eq!(token.len(), 64);
    let holds =
        |path: &Path, text: &str| fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes());
    for path in &all {
        assert!(!holds(path, PASSWORD), "{}", path.display());
        assert!(path == token_file || !holds(path, &token), "{}", path.display());
    }
    let cache = sandbox.data().join("cache.redb");
    assert!(holds(&cache, "auth:sessions:") && holds(&cache, "auth:refresh:"));
    // The image of the user before a change is in the log, and in no output.
    sandbox.run(["user", "edit", "--set", "a=1"]).ok();
    for args in [
        &["user", "list", "--json"][..],
        &["user", "show", "--json"],
        &["user", "edit", "--set", "a=2", "--json"],
        &["undo", "--json"],
        &["history", "--json"],
        &["export"],
        &["doctor", "--json"],
        &["tasks", "--json"],
        &["login", "--json", "--password-file", &sandbox.file("p", PASSWORD)],
    ] {
        let shown = sandbox.run(args.to_vec()).ok();
        for secret in ["$argon2", "password_hash", &hash, PASSWORD, &token] {
            assert!(!shown.to_string().contains(secret), "{secret}: {shown}");
        }
    }
}

#[test]
fn at_a_terminal_the_password_is_asked_for_and_never_shown() {
    let sandbox = Sandbox::new();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    let mut terminal = Terminal::open(&sandbox, 80, &["user", "password"]);
    terminal.expect("New password: ");
    terminal.send(&format!("{PASSWORD}\n"));
    terminal.expect("The same again: ");
    terminal.send(&format!("{PASSWORD}x\u{7f}\n"));
    let shown = terminal.close(0);
    assert!(!shown.contains(PASSWORD) && shown.contains("journal login"), "{shown}");

    let mut terminal = Terminal::open(&sandbox, 80, &["login"]);
    terminal.expect("Password of ada@example.org: ");
    terminal.send("not the right one\n");
    let shown = terminal.close(6);
    assert!(shown.contains("4 more") && !shown.contains("not the right one"), "{shown}");
    let mut terminal = Terminal::open(&sandbox, 80, &["login"]);
    terminal.expect("Password of ada@example.org: ");
    terminal.control('c');
    terminal.close(130);
    sandbox.run(["list"]).code(6);
    let mut terminal = Terminal::open(&sandbox, 80, &["login"]);
    terminal.expect("Password of ada@example.org: ");
    terminal.send(&format!("typed wrong\u{15}{PASSWORD}\r"));
    assert!(plain(&terminal.close(0)).contains("Logged in"));
    sandbox.run(["list"]).ok();

    // Changing it asks for the one there is; two that differ, and a short one, change nothing.
    for (second, third, code, why) in [
        ("another long one", "another long onf", 2, "differ"),
        ("short", "", 2, "8 characters"),
        ("another long one", "another long one", 0, "is set"),
    ] {
        let mut terminal = Terminal::open(&sandbox, 80, &["user", "password"]);
        terminal.expect("now: ");
        terminal.send(&format!("{PASSWORD}\n"));
        terminal.expect("New password: ");
        terminal.send(&format!("{second}\n"));
        if !third.is_empty() {
            terminal.expect("The same again: ");
            terminal.send(&format!("{third}\n"));
        }
        let shown = terminal.close(code);
        assert!(shown.contains(why), "{shown}");
    }
    sandbox.run(["list"]).code(6);
    Terminal::open(&sandbox, 80, &["login", "--no-input"]).close(2);
    let mut terminal = Terminal::open(&sandbox, 80, &["user", "add", "bob@example.org", "--password"]);
    terminal.expect("New password: ");
    terminal.send("a third long one\n");
    terminal.expect("again: ");
    terminal.send("a third long one\n");
    terminal.close(0);
    sandbox.run(["--user", "bob@example.org", "list"]).code(6);
}

#[test]
fn scripts_name_a_file_or_a_variable() {
    let (sandbox, _) = guarded();
    let file = sandbox.file("password", format!("{PASSWORD}\r\n"));
    let with = |name: &str, value: &str, args: &[&str]| {
        let mut command = sandbox.command(args.to_vec());
        command.env(name, value).stdin(std::process::Stdio::null());
        let output = command.output().unwrap();
        crate::support::Outcome::new(&command, output)
    };
    with("JOURNAL_PASSWORD_FILE", &file, &["list", "--count"]).ok();
    with("JOURNAL_PASSWORD", PASSWORD, &["list", "--count"]).ok();
    with("JOURNAL_PASSWORD", "wrong password", &["list"]).code(6).says("not the password");
    with("JOURNAL_PASSWORD_FILE", "/nosuch", &["list"]).code(3).says("/nosuch");
    sandbox.run(["list"]).code(6);
    sandbox.run(["login", "--password-file", &file]).ok();
    sandbox.run(["list"]).ok();
    // To change it the one there is is wanted, logged in or not.
    let other = sandbox.file("other", "another long one");
    sandbox.run(["user", "password", "--password-file", &other]).code(2).says("JOURNAL_PASSWORD_FILE");
    with("JOURNAL_PASSWORD_FILE", &file, &["user", "password", "--remove"]).ok().says("no password any more");
    sandbox.run(["list"]).ok();
    sandbox.run(["login"]).ok().says("no password");
    for (text, why) in [("short", "8 characters"), ("two lines\nof them", "line break"), (&"x".repeat(2000), "1024")] {
        sandbox.pipe(["user", "password", "--password-stdin"], text).code(2).says(why);
    }
    sandbox.pipe(["user", "password", "--password-stdin"], b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe").code(2).says("UTF-8");
    sandbox.run(["list"]).ok();
    // An editor is not told.
    let seen = sandbox.path("seen");
    let editor = sandbox.script("editor", &format!("env > '{}'; echo text > \"$1\"", seen.display()));
    let sandbox = sandbox.with("EDITOR", editor).with("JOURNAL_PASSWORD", PASSWORD);
    Terminal::open(&sandbox, 80, &["add"]).close(0);
    assert!(!fs::read_to_string(seen).unwrap().contains(PASSWORD));
}

#[test]
fn a_login_lasts_thirty_days_one_password_and_as_long_as_the_cache() {
    let (sandbox, _) = guarded();
    log_in(&sandbox);
    let at = |sandbox: Sandbox, time: &str| sandbox.with("JOURNAL_NOW", time);
    let sandbox = at(sandbox, "2026-03-23T09:00:00Z");
    sandbox.run(["list"]).ok();
    let sandbox = at(sandbox, "2026-04-10T10:00:00Z");
    sandbox.run(["list"]).ok();
    let sandbox = at(sandbox, "2026-04-15T10:00:01Z");
    sandbox.run(["list"]).code(6);
    log_in(&sandbox);
    sandbox.run(["list"]).ok();
    fs::remove_file(sandbox.data().join("cache.redb")).unwrap();
    sandbox.run(["list"]).code(6);
    log_in(&sandbox);
    fs::write(sandbox.data().join("cache.redb"), vec![7; 100_000]).unwrap();
    sandbox.run(["list"]).code(6);
    log_in(&sandbox);
    sandbox.run(["list"]).ok();
    // An undo brings no old password back, and no login.
    sandbox.run(["user", "edit", "--set", "a=1"]).ok();
    let new = sandbox.file("new", "another long one");
    let sandbox = sandbox.with("JOURNAL_PASSWORD", PASSWORD);
    sandbox.run(["user", "password", "--password-file", &new]).ok();
    let sandbox = sandbox.without("JOURNAL_PASSWORD");
    sandbox.run(["undo"]).code(6);
    sandbox.run(["login", "--password-file", &new]).ok();
    sandbox.run(["undo"]).ok().says("changed the user");
    sandbox.run(["list"]).ok();
    sandbox.pipe(["login", "--password-stdin"], PASSWORD).code(6);
    // Another machine's folder of sockets has no token.
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    let elsewhere = sandbox.path("elsewhere");
    let sandbox = sandbox.with("XDG_RUNTIME_DIR", elsewhere);
    sandbox.run(["list"]).code(6);
}

#[test]
fn five_wrong_passwords_close_the_door_for_an_hour() {
    let (sandbox, _) = guarded();
    for left in [4, 3, 2, 1] {
        let wrong = sandbox.pipe(["login", "--password-stdin"], "wrong password").code(6);
        wrong.says(&format!("{left} more may be tried"));
    }
    sandbox
        .pipe(["login", "--password-stdin"], "wrong password")
        .code(6)
        .says("try again in 60 minutes, after 11:00 UTC");
    sandbox.pipe(["login", "--password-stdin"], PASSWORD).code(6).says("none is looked at");
    let sandbox = sandbox.with("JOURNAL_PASSWORD", PASSWORD);
    sandbox.run(["list"]).code(6).says("none is looked at");
    sandbox.run(["user", "password", "--remove"]).code(6);
    let sandbox = sandbox.without("JOURNAL_PASSWORD").with("JOURNAL_NOW", "2026-03-16T11:00:00Z");
    log_in(&sandbox);
    // The right one begins the count anew.
    sandbox.pipe(["login", "--password-stdin"], "wrong password").code(6).says("4 more");
    log_in(&sandbox);
    sandbox.pipe(["login", "--password-stdin"], "wrong password").code(6).says("4 more");
}

#[test]
fn an_account_of_a_deployment_logs_in_here() {
    let (sandbox, _) = guarded();
    let set = |hash: &str| sandbox.database().execute("UPDATE users SET password_hash = ?1", [hash]).unwrap();
    // Made by argon2-cffi 25.1 with its defaults.
    set("$argon2id$v=19$m=65536,t=3,p=4$NkeowtmXeNFlKHViYcQHfQ$x0H0tuDGPC36tqRAg96y71G2y/Q54BKxBeo0t3YrM5s");
    sandbox.pipe(["login", "--password-stdin"], "correct horse battery staple").ok();
    sandbox.run(["list"]).ok();
    set("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW");
    sandbox.run(["list"]).code(6);
    sandbox.pipe(["login", "--password-stdin"], "abc123xyz").code(6).says("cannot check: 2b");
}
