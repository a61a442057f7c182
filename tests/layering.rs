//! The arrows of the map in `src/lib.rs`: who may name whom. Reads the source; needs nothing but std.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each module, the others that it may name. What is not here may be named by nobody.
const MAY_USE: [(&str, &[&str]); 22] = [
    ("error", &[]),
    ("journal", &["error"]),
    ("paths", &["error"]),
    ("publish", &["error"]),
    ("model", &["error"]),
    ("cache", &[]),
    ("account", &["cache", "error"]),
    ("config", &["error", "model", "publish"]),
    ("store", &["error", "journal", "publish"]),
    ("sync", &["cache", "config", "error", "index", "journal", "publish", "store"]),
    ("index", &["error", "journal"]),
    ("follow", &["error", "index", "journal", "store"]),
    ("exchange", &["error", "journal"]),
    ("analysis", &["cache", "error", "follow", "index", "journal", "model", "store"]),
    ("search", &["cache", "config", "error", "follow", "index", "journal", "model", "store"]),
    ("care", &["cache", "error", "follow", "index", "journal", "model", "store"]),
    ("output", &["analysis", "error", "journal", "store"]),
    ("app", &["account", "cache", "config", "error", "index", "model", "output", "paths", "publish", "store", "sync"]),
    (
        "cli",
        &[
            "account", "analysis", "app", "cache", "care", "config", "error", "exchange", "follow", "index", "journal",
            "model", "output", "paths", "publish", "search", "store", "sync",
        ],
    ),
    ("main", &["cli"]),
    ("bin", &["error", "model"]),
    // Declares every module and names none of their items.
    ("lib", &[]),
];

/// Each engine, and the files or folders that alone may name it.
const ENGINES: [(&str, &[&str]); 19] = [
    ("rusqlite", &["store/"]),
    ("tantivy", &["index/text/"]),
    ("usearch", &["index/vector/"]),
    ("memmap2", &["index/vector/"]),
    ("redb", &["cache/"]),
    ("argon2", &["account/password.rs"]),
    ("postgres", &["sync/"]),
    ("r2d2", &["sync/"]),
    ("rustls", &["sync/"]),
    ("tokio_postgres_rustls", &["sync/"]),
    ("rust_bert", &["bin/journal-model/"]),
    ("tch", &["bin/journal-model/"]),
    ("clap", &["cli/", "bin/journal-model/"]),
    ("clap_complete", &["cli/"]),
    ("dialoguer", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("redis", &["sync/redis/"]),
    ("ureq", &["model/hub.rs", "sync/chroma/"]),
    ("toml_edit", &["config.rs"]),
];

/// What only some places may do, by the words that do it.
const DEEDS: [(&str, &[&str], &[&str]); 5] = [
    (
        "prints",
        &["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!(", "io::stdout(", "io::stderr("],
        &["output/", "app.rs", "cli/", "bin/"],
    ),
    ("ends the process", &["process::exit(", "process::abort("], &["bin/"]),
    ("reads the clock", &["Utc::now", "Local::now", "SystemTime::now"], &["app.rs"]),
    (
        "reads the environment",
        &["env::var", "env::temp_dir", "env::current_exe", "env::home_dir"],
        &["app.rs", "app/", "cli/", "bin/"],
    ),
    ("opens a socket to the world", &["TcpStream", "TcpListener", "UdpSocket"], &[]),
];

/// What the module that only knows what the program is about must do without.
const JOURNAL_IS_PURE: [&str; 6] = ["std::fs", "std::env", "std::net", "std::process", "std::io", "Instant::now"];

/// Everything that breaks a rule in one file; `path` is relative to `src`.
fn breaches(path: &str, source: &str) -> Vec<String> {
    let code = without_comments_and_tests(source);
    let module = path.split('/').next().unwrap().trim_end_matches(".rs");
    let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{path}: the module {module} is not on the map in tests/layering.rs")];
    };
    let mut found = Vec::new();
    for used in modules_named(&code) {
        let known = MAY_USE.iter().any(|(name, _)| *name == used);
        if known && used != module && !allowed.contains(&used.as_str()) {
            found.push(format!("{path}: {module} must not name {used}"));
        }
    }
    let words = words(&code);
    for (engine, places) in ENGINES {
        if words.contains(engine) && !places.iter().any(|place| path.starts_with(place)) {
            found.push(format!("{path}: {engine} is named outside {places:?}"));
        }
    }
    for (deed, forms, places) in DEEDS {
        for form in forms {
            if mentions(&code, form) && !places.iter().any(|place| path.starts_with(place)) {
                found.push(format!("{path}: {form} {deed} outside {places:?}"));
            }
        }
    }
    if module == "journal" {
        for form in JOURNAL_IS_PURE {
            if code.contains(form) {
                found.push(format!("{path}: journal is pure, and names {form}"));
            }
        }
    }
    found
}

/// The source up to its tests, without comments and without what is inside quotes.
fn without_comments_and_tests(source: &str) -> String {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
    let code = code.split("#[cfg(test)]\n#[allow(clippy::unwrap_used)]\nmod ").next().unwrap();
    let mut plain = String::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut quoted = false;
        let mut before = ' ';
        for character in line.chars() {
            if character == '"' && before != '\\' && before != '\'' {
                quoted = !quoted;
            }
            if !quoted {
                plain.push(character);
            }
            before = character;
        }
        plain.push('\n');
    }
    plain
}

/// Modules of this crate that are named: `crate::x`, `journaling_ai::x`, and in braces after either.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in ["crate::", "journaling_ai::"] {
        for (at, _) in code.match_indices(root) {
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '$') {
                continue;
            }
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                None => names.extend(first_word(rest)),
                Some(list) => {
                    let mut depth = 0;
                    let mut item = String::new();
                    for character in list.chars() {
                        match character {
                            '{' => depth += 1,
                            '}' if depth == 0 => break,
                            '}' => depth -= 1,
                            ',' if depth == 0 => names.extend(first_word(&std::mem::take(&mut item))),
                            _ if depth == 0 => item.push(character),
                            _ => {}
                        }
                    }
                    names.extend(first_word(&item));
                }
            }
        }
    }
    names
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Crates are named as `name::`, or in `use name`.
fn words(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for line in code.lines() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let pieces: Vec<&str> = line.split("::").collect();
        for piece in &pieces[..pieces.len() - 1] {
            let word = piece.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
            // `crate::config::clap` is a path of ours, not the crate.
            if piece.len() == word.len() && piece.as_ptr() != line.as_ptr() {
                continue;
            }
            found.insert(word);
        }
        if let Some(used) = line.trim_start().strip_prefix("use ") {
            found.insert(used.split(|c: char| !is_word(c)).next().unwrap_or_default());
        }
    }
    found
}

/// Whether the code has this form as words of their own, not as the end of another.
fn mentions(code: &str, form: &str) -> bool {
    let starts_word = |at: usize| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    code.match_indices(form).any(|(at, _)| starts_word(at))
}

fn source_files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_string();
            // Tests may look behind the curtain.
            let is_test = name.contains("/tests/") || name.ends_with("_tests.rs");
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !is_test {
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn the_source_keeps_to_the_map() {
    let files = source_files();
    assert!(files.len() > 80, "only {} files were found", files.len());
    let found: Vec<String> = files.iter().flat_map(|(path, source)| breaches(path, source)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_engine_is_used_where_it_is_allowed() {
    let files = source_files();
    for (engine, places) in ENGINES {
        let used = files.iter().any(|(path, source)| {
            places.iter().any(|place| path.starts_with(place))
                && words(&without_comments_and_tests(source)).contains(engine)
        });
        assert!(used, "{engine} is not named in {places:?}: the rule guards nothing");
    }
}

#[test]
fn the_arrows_have_no_circle() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(module, uses)| (*module, uses.iter().copied().collect())).collect();
    while !left.is_empty() {
        let free: Vec<&str> = left.iter().filter(|(_, uses)| uses.is_empty()).map(|(module, _)| *module).collect();
        assert!(!free.is_empty(), "a circle among {left:?}");
        for module in free {
            left.remove(module);
            left.values_mut().for_each(|uses| {
                uses.remove(module);
            });
        }
    }
}

#[test]
fn a_breach_is_caught() {
    for (path, source, word) in [
        ("store/x.rs", "use crate::cli::Cli;", "must not name cli"),
        ("journal/x.rs", "use crate::store::Store;", "must not name store"),
        ("journal/x.rs", "fn f() { std::fs::read(\"x\").ok(); }", "is pure"),
        ("index/x.rs", "use crate::{error::Error, store::{Store, Sort}};", "must not name store"),
        ("index/x.rs", "fn f(s: &crate::store::Store) {}", "must not name store"),
        ("bin/journal-model/x.rs", "use journaling_ai::store::Store;", "must not name store"),
        ("search/x.rs", "use rusqlite::Connection;", "rusqlite is named"),
        ("search/x.rs", "fn f(c: rusqlite::Connection) {}", "rusqlite is named"),
        ("app.rs", "use clap::Parser;", "clap is named"),
        ("model/serve.rs", "use tch::Tensor;", "tch is named"),
        ("store/x.rs", "use postgres::Client;", "postgres is named"),
        ("app.rs", "fn f(c: rustls::ClientConfig) {}", "rustls is named"),
        ("model/client.rs", "let a = ureq::get(u);", "ureq is named"),
        ("index/vector/x.rs", "use tantivy::Index;", "tantivy is named"),
        ("store/x.rs", "fn f() { println!(\"x\"); }", "prints"),
        ("store/x.rs", "fn f() { std::process::exit(1); }", "ends the process"),
        ("cli/x.rs", "fn f() { std::process::exit(1); }", "ends the process"),
        ("analysis/x.rs", "let now = Utc::now();", "reads the clock"),
        ("store/x.rs", "let home = std::env::var(\"HOME\");", "reads the environment"),
        ("model/socket.rs", "use std::net::TcpStream;", "socket to the world"),
        ("telemetry/mod.rs", "", "not on the map"),
    ] {
        let found = breaches(path, source);
        assert!(found.iter().any(|breach| breach.contains(word)), "{path}: {source}: {found:?}");
    }
    for (path, source) in [
        ("store/x.rs", "// use crate::cli::Cli;\nuse crate::journal::id::IdText;\nuse rusqlite::Connection;"),
        ("search/x.rs", "let hint = \"use rusqlite::Connection and println!()\";"),
        ("search/x.rs", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::cli::Cli;\n}"),
        ("output/mod.rs", "let mut stderr = io::stderr();"),
    ] {
        assert!(breaches(path, source).is_empty(), "{path}: {source}: {:?}", breaches(path, source));
    }
}
