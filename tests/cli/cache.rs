//! `journal cache`: what is kept, that it is used, and that nothing stale is ever shown.

use crate::support::{NOW, Outcome, Sandbox, Terminal, plain};
use journaling_ai::cache::{Cache, DEFAULT_MAX_BYTES, Namespace, Put};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;

const HOUR: u64 = 3600;

/// Where it is tomorrow already.
const FAR_EAST: &str = "Pacific/Kiritimati";

fn now() -> u64 {
    chrono::DateTime::parse_from_rfc3339(NOW).unwrap().timestamp().unsigned_abs()
}

fn cache(sandbox: &Sandbox) -> Cache {
    Cache::new(sandbox.data().join("cache.redb"), DEFAULT_MAX_BYTES)
}

fn user(sandbox: &Sandbox) -> String {
    sandbox.run(["user", "show", "--json"]).ok().json()["id"].as_str().unwrap().to_string()
}

fn of<'a>(stats: &'a Value, namespace: &str) -> &'a Value {
    let found = stats["namespaces"].as_array().unwrap().iter().find(|item| item["namespace"] == namespace);
    found.unwrap_or_else(|| panic!("{namespace}: {stats}"))
}

#[test]
fn what_is_kept_is_counted_shown_and_removed() {
    let sandbox = Sandbox::new();
    let empty = sandbox.run(["cache", "stats", "--json"]).ok().quiet().json();
    assert_eq!((&empty["entries"], &empty["file_bytes"]), (&0.into(), &0.into()));
    sandbox.run(["cache", "get", "tasks:results:analyze"]).code(3).says("there is nothing under");
    sandbox.run(["cache", "clear"]).ok().says("Removed 0 entries");
    assert!(!sandbox.data().exists(), "looking makes nothing");

    sandbox.add(["Slept badly #sleep"]);
    assert!(!sandbox.data().join("cache.redb").exists());
    sandbox.run(["analyze"]).ok();
    let stats = sandbox.run(["cache", "stats", "--json"]).ok().json();
    let kinds: Vec<&str> =
        stats["namespaces"].as_array().unwrap().iter().map(|item| item["namespace"].as_str().unwrap()).collect();
    assert_eq!(kinds, Namespace::ALL.map(Namespace::prefix));
    for (namespace, ttl) in
        [("api:analytics", 6 * HOUR), ("api:user_data", HOUR), ("tasks:status", HOUR), ("tasks:results", 24 * HOUR)]
    {
        let item = of(&stats, namespace);
        assert_eq!((&item["entries"], &item["ttl_seconds"]), (&1.into(), &ttl.into()), "{item}");
        assert_eq!(item["oldest_at"], "2026-03-16T10:00:00.000000Z");
    }
    assert_eq!((&stats["entries"], &stats["limit_bytes"]), (&4.into(), &(256 << 20).into()));
    let text = sandbox.run(["cache", "stats"]).ok().quiet().text();
    assert!(text.contains("tasks:status\t1\t") && text.lines().count() == 11, "{text}");
    let screen = plain(&Terminal::open(&sandbox, 100, &["cache", "stats"]).close(0));
    assert!(screen.contains("6 hours") && screen.contains("4 entries") && screen.contains("268.4 MB"), "{screen}");

    let results = sandbox.run(["cache", "get", "tasks:results:analyze"]).ok().quiet().json();
    assert_eq!(results["indexed"], 1);
    let whole = sandbox.run(["cache", "get", "tasks:results:analyze", "--json"]).ok().json();
    assert_eq!((&whole["value"], &whole["expires_at"]), (&results, &"2026-03-17T10:00:00.000000Z".into()));
    let raw = sandbox.run(["cache", "get", "tasks:results:analyze", "--raw"]).ok().text();
    assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), results);
    sandbox.run(["cache", "get", "tasks:queue:x"]).code(2).says("models:embeddings:…");
    sandbox.run(["cache", "clear", "nosuch"]).code(2).says("models");

    let cleared = sandbox.run(["cache", "clear", "tasks", "--json"]).ok().json();
    assert_eq!(cleared["entries"], 2, "{cleared}");
    assert_eq!(sandbox.run(["cache", "stats", "--json"]).ok().json()["entries"], 2);
    sandbox.run(["cache", "clear"]).ok().says("Removed 2 entries");
    assert!(!sandbox.data().join("cache.redb").exists(), "an empty cache takes no room");
}

#[test]
fn a_vector_is_printed_as_numbers() {
    let sandbox = Sandbox::new();
    sandbox.add(["text"]);
    let _ = cache(&sandbox).put_many(&[Put::vector("abc", &[0.25, -1.0, 0.1])], now());
    let vector = sandbox.run(["cache", "get", "models:embeddings:abc"]).ok().json();
    assert_eq!(vector[1], -1.0);
    assert_eq!(vector.as_array().unwrap().len(), 3);
    assert_eq!(vector[2].as_f64().unwrap() as f32, 0.1);
    let raw = sandbox.command(["cache", "get", "models:embeddings:abc", "--raw"]).output().unwrap();
    assert_eq!(raw.stdout, [0.25f32, -1.0, 0.1].map(f32::to_le_bytes).concat());
}

#[test]
fn statistics_come_from_the_cache_while_nothing_changes() {
    let sandbox = Sandbox::with_sample();
    let stats = || sandbox.run(["stats", "--json"]).ok().quiet();
    let computed = stats().text();
    sandbox.run(["analyze"]).ok();
    assert_eq!(stats().text(), computed);
    let id = user(&sandbox);
    let key = format!("api:analytics:{id}");
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json(), serde_json::from_str::<Value>(&computed).unwrap());

    // A value that nobody would compute shows where the answer comes from.
    let cache = cache(&sandbox);
    let entry = cache.entry(Namespace::ApiAnalytics, &id, now()).unwrap();
    let put = Put::json(Namespace::ApiAnalytics, &id, &json!({"told": 999})).unwrap();
    let _ = cache.put_many(&[put.made_from(entry.stamp.unwrap())], now());
    assert_eq!(stats().json(), json!({"told": 999}));
    assert_eq!(
        sandbox.run(["stats", "--json", "--since", "2000"]).ok().json()["user_statistics"]["total_entries"],
        207
    );
    assert!(sandbox.run(["stats"]).ok().text().contains("total_entries\t207"));
    let tomorrow = sandbox.command(["stats", "--json"]).env("TZ", FAR_EAST).output().unwrap();
    assert!(!String::from_utf8(tomorrow.stdout).unwrap().contains("told"), "another day, another streak");

    sandbox.add(["one more"]);
    assert_eq!(stats().json()["user_statistics"]["total_entries"], 208);
    sandbox.run(["cache", "get", &key]).code(3).says("before the last change").says("journal analyze");
    sandbox.run(["analyze"]).ok();
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json(), stats().json());
}

/// Every answer is kept, however fast it was.
fn keep_all(sandbox: &Sandbox) {
    fs::write(sandbox.config(), "analyze = \"manual\"\ncache_answers_ms = 0\n").unwrap();
}

#[test]
fn what_took_long_is_answered_from_the_cache_while_nothing_changes() {
    let sandbox = Sandbox::with_sample();
    sandbox.run(["topics", "list"]).ok();
    sandbox.run(["config", "set", "cache_answers_ms", "60000"]).ok();
    sandbox.run(["topics", "list"]).ok();
    keep_all(&sandbox);
    let _ = cache(&sandbox).clear();
    let ask = |args: &[&str]| sandbox.run(args).ok().text();
    let questions: [&[&str]; 8] = [
        &["topics", "list"],
        &["topics", "list", "--json"],
        &["topics", "list", "--jsonl", "--sort", "name"],
        &["mood", "--since", "2000"],
        &["mood", "--since", "2000", "--by", "month", "--json"],
        &["stats"],
        &["stats", "--since", "2025", "--json"],
        &["stats", "--topic", "work"],
    ];
    let computed: Vec<String> = questions.iter().map(|question| ask(question)).collect();
    let keys = sandbox.run(["cache", "keys", "api", "--json"]).ok().array("");
    assert_eq!(keys.len(), questions.len(), "{keys:?}");
    // As it was the first time, to the last byte; and it is from there that it comes.
    assert_eq!(questions.iter().map(|question| ask(question)).collect::<Vec<_>>(), computed);
    let id = user(&sandbox);
    let mut lists = 0;
    for key in &keys {
        assert_eq!(key["expires_at"], "2026-03-16T10:05:00.000000Z");
        let key = key["key"].as_str().unwrap();
        let kept = sandbox.run(["cache", "get", key]).ok().json();
        assert_eq!(kept["user_id"], id.as_str(), "{key}");
        let cache = cache(&sandbox);
        let entry = cache.entry(Namespace::ApiResponse, key.strip_prefix("api:response:").unwrap(), now()).unwrap();
        if kept["response"].is_array() && kept["route"] == "topics list" {
            assert_eq!(kept["response"], serde_json::from_str::<Value>(&computed[1]).unwrap());
            let told = json!({"user_id": id, "route": "topics list", "response": ["told"]});
            let put = Put::json(Namespace::ApiResponse, key.strip_prefix("api:response:").unwrap(), &told).unwrap();
            let _ = cache.put_many(&[put.made_from(entry.stamp.unwrap())], now());
            assert_eq!(sandbox.run(["topics", "list", "--json"]).ok().json(), json!(["told"]));
            lists += 1;
        }
    }
    assert_eq!(lists, 1);
    let later =
        sandbox.command(["topics", "list", "--json"]).env("JOURNAL_NOW", "2026-03-16T10:05:00Z").output().unwrap();
    assert_eq!(String::from_utf8(later.stdout).unwrap(), computed[1], "five minutes later it is made anew");
    assert_eq!(ask(&["topics", "list", "--json", "--all"]).contains("told"), false, "another question");
    // Another terminal is another answer, and so is another zone.
    let narrow = plain(&Terminal::open(&sandbox, 60, &["topics", "list"]).close(0));
    let wide = plain(&Terminal::open(&sandbox, 120, &["topics", "list"]).close(0));
    assert!(!narrow.contains("About") && wide.contains("About"), "{narrow}{wide}");
    assert_eq!(plain(&Terminal::open(&sandbox, 120, &["topics", "list"]).close(0)), wide);

    ask(&["stats"]);
    let keys = sandbox.run(["cache", "keys", "api", "--json"]).ok().array("");
    let key = keys[0]["key"].as_str().unwrap();
    sandbox.run(["topics", "add", "toil"]).ok();
    sandbox.run(["cache", "get", key]).code(3).says("before the last change");
    assert!(ask(&["topics", "list", "--json"]).contains("toil"));
}

#[test]
fn an_answer_is_for_whom_it_was_made() {
    let sandbox = Sandbox::new();
    keep_all(&sandbox);
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    sandbox.add(["text #mine"]);
    sandbox.run(["user", "add", "bob@example.org"]).ok();
    sandbox.run(["add", "--user", "bob@example.org", "text #other"]).ok();
    let list = |user: &str| sandbox.run(["topics", "list", "--user", user]).ok().text();
    for _ in 0..2 {
        assert!(list("ada@example.org").contains("mine") && !list("ada@example.org").contains("other"));
        assert!(list("bob@example.org").contains("other"));
    }
    sandbox.pipe(["user", "password", "--user", "ada@example.org", "--password-stdin"], "correct horse\n").ok();
    let _ = cache(&sandbox).clear();
    let mut list = sandbox.command(["topics", "list", "--user", "ada@example.org"]);
    assert!(list.env("JOURNAL_PASSWORD", "correct horse").output().unwrap().status.success());
    let keys = sandbox.run(["cache", "keys", "api", "--json"]).ok().array("");
    assert_eq!(keys.len(), 1, "{keys:?}");
    let key = keys[0]["key"].as_str().unwrap();
    sandbox.run(["cache", "get", key]).code(6).says("journal login");
    sandbox.run(["cache", "get", key, "--raw"]).code(6);
}

#[test]
fn a_profile_is_written_through() {
    let sandbox = Sandbox::new();
    sandbox.add(["text"]);
    let key = format!("api:user_data:{}", user(&sandbox));
    sandbox.run(["user", "edit", "--set", "name=Ada"]).ok();
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json(), json!({"name": "Ada"}));
    sandbox.run(["undo"]).ok();
    sandbox.run(["cache", "get", &key]).code(3);
    sandbox.run(["analyze"]).ok();
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json(), Value::Null);
    sandbox.database().execute("UPDATE users SET profile = '{\"name\": \"Bob\"}'", []).unwrap();
    sandbox.run(["cache", "get", &key]).code(3);
    sandbox.run(["analyze"]).ok();
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json(), json!({"name": "Bob"}));
}

#[test]
fn logins_are_shown_without_what_they_are_recognised_by() {
    let sandbox = Sandbox::new();
    sandbox.run(["user", "add", "ada@example.org"]).ok();
    sandbox.add(["text"]);
    sandbox.run(["analyze"]).ok();
    let id = user(&sandbox);
    sandbox.pipe(["user", "password", "--password-stdin"], "correct horse\n").ok();
    let (session, analytics) = (format!("auth:sessions:{id}"), format!("api:analytics:{id}"));
    sandbox.run(["analyze"]).ok();
    sandbox.run(["cache", "get", &analytics]).code(6).says("journal login");
    sandbox.pipe(["login", "--password-stdin"], "wrong one").code(6);
    sandbox.run(["cache", "get", &format!("auth:rate_limit:{id}")]).code(6);
    sandbox.pipe(["login", "--password-stdin"], "correct horse").ok();
    sandbox.run(["cache", "get", &analytics]).ok();

    let shown = sandbox.run(["cache", "get", &session]).ok();
    let kept: Value = cache(&sandbox).get_json(Namespace::AuthSessions, &id, now()).unwrap();
    for secret in ["token_hash", "password_mark"] {
        assert_eq!(shown.json()[secret], "not shown");
        assert!(!shown.text().contains(kept[secret].as_str().unwrap()));
    }
    assert_eq!((&shown.json()["user_id"], &shown.json()["expires_at"]), (&kept["user_id"], &kept["expires_at"]));
    sandbox.run(["cache", "get", &session, "--raw"]).code(2).says("auth:");

    sandbox.run(["cache", "clear"]).ok();
    sandbox.run(["list"]).ok();
    // Whoever has tried too often does not begin again by this.
    let tries = Put::json(Namespace::AuthRateLimit, &id, &json!({"failures": 5, "since": now()})).unwrap();
    let _ = cache(&sandbox).put_many(&[tries], now());
    let cleared = sandbox.run(["cache", "clear", "auth", "--json"]).ok().json();
    assert_eq!(cleared["entries"], 2, "{cleared}");
    sandbox.run(["list"]).code(6);
    sandbox.pipe(["login", "--password-stdin"], "correct horse").code(6).says("wrong passwords");
}

#[test]
fn a_copy_that_was_put_back_and_went_another_way_is_another_journal() {
    let sandbox = Sandbox::new();
    sandbox.add(["--mood", "0.5", "the first"]);
    let user = user(&sandbox);
    let mut world = World { sandbox, travelled: false, user, kept: 0, whole: 0 };
    world.act(Deed::Backup);
    let head = |world: &World| -> (i64, i64) {
        let sql = "SELECT seq, nonce FROM change_log ORDER BY seq DESC LIMIT 1";
        world.sandbox.database().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let average = |world: &World| world.run(&["stats", "--json"]).ok().json()["user_statistics"]["avg_mood"].clone();
    world.run(&["add", "--mood", "0.9", "one way"]).ok();
    world.act(Deed::Analyze);
    let (seq, nonce) = head(&world);
    assert_eq!(average(&world), 0.7);
    world.act(Deed::Restore);
    world.run(&["add", "--mood", "0.1", "the other"]).ok();
    let now = head(&world);
    assert!(now.0 == seq && now.1 != nonce, "the same number, another change");
    assert_eq!(average(&world), 0.3);
}

/// What somebody does to a journal.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Add(u8),
    Edit,
    Delete,
    Undo,
    Redo,
    Profile(u8),
    Analyze,
    /// Another program writes.
    Outside(u8),
    /// A copy of the journal is put aside.
    Backup,
    /// The copy is put back.
    Restore,
    Clear,
    /// To where it is another day, and back.
    Travel,
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => any::<u8>().prop_map(Deed::Add),
        1 => Just(Deed::Edit),
        1 => Just(Deed::Delete),
        2 => Just(Deed::Undo),
        1 => Just(Deed::Redo),
        2 => any::<u8>().prop_map(Deed::Profile),
        6 => Just(Deed::Analyze),
        2 => any::<u8>().prop_map(Deed::Outside),
        1 => Just(Deed::Backup),
        2 => Just(Deed::Restore),
        1 => Just(Deed::Clear),
        1 => Just(Deed::Travel),
    ]
}

/// What whole answers are kept of, in every form.
const QUESTIONS: [&[&str]; 3] =
    [&["topics", "list", "--json"], &["mood", "--since", "2000", "--jsonl"], &["stats", "--topic", "work"]];

/// A journal, whose it is, and where they are.
struct World {
    sandbox: Sandbox,
    travelled: bool,
    user: String,
    /// How often an answer stood in the cache when it was asked for.
    kept: usize,
    /// How many whole answers stood there that could be given.
    whole: usize,
}

impl World {
    fn run(&self, args: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(args.iter().copied());
        if self.travelled {
            command.env("TZ", FAR_EAST);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        Outcome::new(&command, output)
    }

    /// Copies the journal, which nobody has open.
    fn copy(&self, from: &str, to: &str) {
        self.sandbox.database().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let path = |name: &str| self.sandbox.data().join(name);
        if !path(from).exists() {
            return;
        }
        fs::copy(path(from), path(to)).unwrap();
        for beside in ["-wal", "-shm"] {
            let _ = fs::remove_file(path(&format!("{to}{beside}")));
        }
    }

    /// Whole answers in the cache that were made of the journal as it stands.
    fn valid_answers(&self) -> usize {
        let head = "SELECT seq || '.' || nonce || ' ' FROM change_log ORDER BY seq DESC LIMIT 1";
        let head: Result<String, _> = self.sandbox.database().query_row(head, [], |row| row.get(0));
        let (Ok(head), cache) = (head, cache(&self.sandbox)) else { return 0 };
        let keys = cache.keys(now()).into_iter().filter(|key| key.namespace == Namespace::ApiResponse);
        keys.filter_map(|key| cache.entry(key.namespace, &key.id, now())?.stamp)
            .filter(|stamp| stamp.starts_with(&head))
            .count()
    }

    fn newest(&self) -> Option<String> {
        let listed = self.run(&["list", "-n", "1", "--json"]).ok().array("");
        Some(listed.first()?["id"].as_str()?.to_string())
    }

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Add(mood) => {
                let text = format!("A day like that {}", ["#work", "#cat", "#home"][usize::from(mood % 3)]);
                self.run(&["add", "--mood", &format!("0.{}", mood % 10), &text]).ok();
            }
            Deed::Edit => drop(self.newest().map(|id| self.run(&["edit", &id, "--content", "two words"]).ok())),
            Deed::Delete => drop(self.newest().map(|id| self.run(&["delete", "--yes", &id]).ok())),
            // There may be nothing to take back.
            Deed::Undo => drop(self.run(&["undo"])),
            Deed::Redo => drop(self.run(&["undo", "--redo"])),
            Deed::Profile(n) => drop(self.run(&["user", "edit", "--set", &format!("n={n}")]).ok()),
            Deed::Analyze => drop(self.run(&["analyze"]).ok()),
            Deed::Outside(n) => {
                let database = self.sandbox.database();
                match n % 3 {
                    0 => database.execute("UPDATE journal_entries SET mood_score = -1", []),
                    1 => database.execute("UPDATE users SET profile = json_object('m', ?1)", [n]),
                    _ => database.execute("DELETE FROM journal_entries WHERE rowid % 3 = 1", []),
                }
                .unwrap();
            }
            Deed::Backup => self.copy("journal.db", "aside.db"),
            Deed::Restore => self.copy("aside.db", "journal.db"),
            Deed::Clear => drop(self.run(&["cache", "clear"]).ok()),
            Deed::Travel => self.travelled = !self.travelled,
        }
    }

    /// What is answered with the cache is what is answered without it.
    fn look(&mut self) -> Result<(), TestCaseError> {
        let at = |name: &str| self.sandbox.data().join(name);
        let key = format!("api:analytics:{}", self.user);
        let is_kept = self.run(&["cache", "get", &key]).succeeded();
        self.whole += self.valid_answers();
        let ask = || QUESTIONS.map(|question| self.run(question).ok().text());
        let whole = ask();
        let answered = self.run(&["stats", "--json"]).ok().text();
        let profile = self.run(&["cache", "get", &format!("api:user_data:{}", self.user)]);
        let there = fs::rename(at("cache.redb"), at("away")).is_ok();
        let computed = self.run(&["stats", "--json"]).ok().text();
        let computed_anew = ask();
        let _ = fs::remove_file(at("cache.redb"));
        if there {
            fs::rename(at("away"), at("cache.redb")).unwrap();
        }
        prop_assert_eq!(answered, computed);
        prop_assert_eq!(whole, computed_anew);
        if profile.succeeded() {
            prop_assert_eq!(&profile.json(), &self.run(&["user", "show", "--json"]).ok().json()["profile"]);
        }
        self.kept += usize::from(is_kept);
        Ok(())
    }
}

#[test]
fn nothing_stale_is_shown_whoever_wrote_and_whatever_was_put_back() {
    let (kept, answered) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let mut runner = TestRunner::new(Config { cases: 5, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(deeds(), 20..30), |deeds| {
        let sandbox = Sandbox::new();
        keep_all(&sandbox);
        sandbox.add(["the first #work"]);
        let user = user(&sandbox);
        let mut world = World { sandbox, travelled: false, user, kept: 0, whole: 0 };
        for deed in deeds {
            world.act(deed);
            world.look()?;
        }
        answered.set(answered.get() + world.whole);
        kept.set(kept.get() + world.kept);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(answered.get() > 3, "whole answers were there {} times only", answered.get());
    assert!(kept.get() > 5, "the cache answered {} times only: this shows nothing", kept.get());
}
