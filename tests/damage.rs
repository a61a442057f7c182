//! Files damaged, missing, in each other's place; no room and no right to write. The journal goes on.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use support::{Outcome, Sandbox, ids};

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Damage {
    Deleted,
    Noise,
    Emptied,
    Halved,
    OneByte,
}

const DAMAGES: [Damage; 5] = [Damage::Deleted, Damage::Noise, Damage::Emptied, Damage::Halved, Damage::OneByte];

impl Damage {
    fn apply(self, path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        match self {
            Damage::Deleted => return fs::remove_file(path).unwrap(),
            Damage::Noise => noise(&mut bytes),
            Damage::Emptied => bytes.clear(),
            Damage::Halved => bytes.truncate(bytes.len() / 2),
            Damage::OneByte => {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 0x55;
                }
            }
        }
        // In place, as a failing disk or a careless program would do it.
        fs::write(path, bytes).unwrap();
    }
}

/// Bytes that look like nothing, the same ones every time.
fn noise(bytes: &mut [u8]) {
    scramble(bytes, 1);
}

fn scramble(bytes: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = (state >> 24) as u8;
    }
}

/// A journal with a few entries, every projection made, and what is known of it.
struct Journal {
    sandbox: Sandbox,
    /// The entries about walnuts.
    walnuts: BTreeSet<String>,
    /// The entry that is nearest in meaning to the one with the walnut pie.
    count: usize,
}

const PIE: &str = "Baked a walnut pie for the neighbours, and it went well.";

impl Journal {
    fn new() -> Journal {
        let sandbox = Sandbox::new();
        let mut walnuts = BTreeSet::new();
        walnuts.insert(sandbox.add(PIE));
        sandbox.ok(&["search", "walnut"]);
        let gone = sandbox.add("This walnut will not stay.");
        for text in ["A cake with walnuts from the oven.", "Walnut trees along the road to the sea #trip"] {
            walnuts.insert(sandbox.add(text));
        }
        sandbox.add("Nothing but rain.");
        sandbox.ok(&["search", "walnut"]);
        sandbox.ok(&["delete", &gone, "--yes"]);
        sandbox.ok(&["analyze"]);
        sandbox.ok(&["search", "something with nuts"]);
        let journal = Journal { sandbox, walnuts, count: 4 };
        journal.sandbox.expect_well();
        journal
    }

    /// Every file that is not the truth, by what it is for: names of segments change.
    fn projections(&self) -> BTreeMap<String, PathBuf> {
        let data = self.sandbox.data();
        let mut found = BTreeMap::new();
        for folder in ["", "index", "index/text", "index/vectors"] {
            for entry in fs::read_dir(data.join(folder)).unwrap().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if !entry.file_type().unwrap().is_file() || name.starts_with("journal.db") {
                    continue;
                }
                let is_segment = name.split('.').next().is_some_and(|stem| stem.len() == 32);
                let role = if is_segment { name.rsplit('.').next().unwrap_or_default() } else { &name };
                found.entry(format!("{folder}/{role}")).or_insert(entry.path());
            }
        }
        found
    }

    /// Everything a person does every day works, with right results and at most one line on stderr.
    fn expect_to_work(&mut self, what: &str) {
        let run = |args: &[&str]| {
            let outcome = self.sandbox.run(args);
            assert!(
                outcome.code() == Some(0)
                    && outcome.stderr.lines().count() <= 1
                    && !outcome.stderr.contains("panicked"),
                "{what}\n{outcome}"
            );
            outcome
        };
        let words = run(&["search", "walnut", "--mode", "words", "--json"]).json();
        assert_eq!(ids(&words["results"]).into_iter().collect::<BTreeSet<_>>(), self.walnuts, "{what}: {words:#}");
        let pie = ids(&words["results"]).into_iter().find(|id| self.walnuts.contains(id)).unwrap();
        let hybrid = run(&["search", "walnut", "--json"]).json();
        let found: Vec<String> = ids(&hybrid["results"]);
        assert!(self.walnuts.iter().all(|id| found.contains(id)), "{what}: {hybrid:#}");
        if self.sandbox.has_model() {
            assert_eq!(hybrid["mode_used"], "hybrid", "{what}: {hybrid:#}");
            let near = run(&["similar", &pie, "--threshold", "0.2", "--limit", "2", "--json"]).json();
            let near: BTreeSet<String> = ids(&near["results"]).into_iter().collect();
            let rest: BTreeSet<String> = self.walnuts.iter().filter(|id| **id != pie).cloned().collect();
            assert_eq!(near, rest, "{what}");
        }
        self.count += 1;
        let marker = format!("marker{}", self.count);
        let added = run(&["add", &format!("{marker} of an ordinary evening"), "--json"]).json();
        let listed = run(&["list", "--count"]).stdout;
        assert_eq!(listed.trim(), self.count.to_string(), "{what}");
        assert_eq!(run(&["show", &pie, "--json"]).json()["id"], pie, "{what}");
        let found = run(&["search", &marker, "--mode", "words", "--json"]).json();
        assert_eq!(ids(&found["results"]), [added["id"].as_str().unwrap()], "{what}");
    }

    fn expect_healed(&self, what: &str) {
        let outcome = self.sandbox.run(&["analyze"]);
        assert_eq!(outcome.code(), Some(0), "{what}\n{outcome}");
        let findings = self.sandbox.findings();
        assert!(findings.is_empty(), "{what}: {findings:#?}");
    }
}

#[test]
fn each_projection_file_damaged_in_each_way() {
    let mut journal = Journal::new();
    let roles: Vec<String> = journal.projections().into_keys().collect();
    for role in ["index/text/meta.json", "index/text/idx", "index/text/del", "index/text/.seal.json", "/cache.redb"] {
        assert!(roles.iter().any(|known| known == role) || !journal.sandbox.has_model(), "no {role} in {roles:?}");
    }
    for damage in DAMAGES {
        for role in &roles {
            // A merge may have done away with the kind of file.
            let Some(path) = journal.projections().remove(role) else { continue };
            let is_empty = fs::metadata(&path).unwrap().len() == 0;
            if is_empty && damage != Damage::Deleted {
                continue;
            }
            let what = format!("{damage:?} {role}");
            damage.apply(&path);
            journal.expect_to_work(&what);
            journal.expect_healed(&what);
        }
    }
}

#[test]
fn a_folder_where_a_file_should_be_and_a_file_where_a_folder_should_be() {
    let mut journal = Journal::new();
    let data = journal.sandbox.data().to_path_buf();
    let model = journal.sandbox.has_model();
    for place in ["index/text", "index/vectors", "index"] {
        fs::remove_dir_all(data.join(place)).unwrap();
        fs::write(data.join(place), "not a folder").unwrap();
        journal.expect_to_work(&format!("a file as {place}"));
        journal.expect_healed(&format!("a file as {place}"));
    }
    let roles = ["index/text/meta.json", "index/text/idx", "/cache.redb"];
    let snapshots = journal.projections().into_keys().filter(|role| role.ends_with(".usearch")).collect::<Vec<_>>();
    assert!(!snapshots.is_empty() || !model);
    for role in roles.into_iter().map(str::to_owned).chain(snapshots) {
        let Some(path) = journal.projections().remove(&role) else { continue };
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "something").unwrap();
        journal.expect_to_work(&format!("a folder as {role}"));
        journal.expect_healed(&format!("a folder as {role}"));
    }
}

#[test]
fn all_projections_at_once_and_the_model_server_gone() {
    let mut journal = Journal::new();
    for damage in DAMAGES {
        for path in journal.projections().into_values() {
            damage.apply(&path);
        }
        for (id, _) in journal.sandbox.processes() {
            support::kill(id);
        }
        journal.expect_to_work(&format!("{damage:?} everything"));
        journal.expect_healed(&format!("{damage:?} everything"));
    }
}

/// From 10,000 vectors on, a snapshot answers. What is wrong with it costs time and never a result.
#[test]
fn a_large_vector_snapshot_damaged_in_each_way() {
    const MANY: usize = 10_504;
    let sandbox = Sandbox::new();
    if !sandbox.has_model() {
        eprintln!("SKIPPED: this build has no model server");
        return;
    }
    let lines: String = (0..MANY)
        .map(|number| format!("{{\"entry_date\":\"2024-01-01\",\"content\":\"Number {number}\"}}\n"))
        .collect();
    let file = sandbox.folder().join("many.jsonl");
    fs::write(&file, lines).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    let models = sandbox.json(&["models", "list"]);
    let model = models.as_array().unwrap().iter().find_map(|model| model["model_name"].as_str()).unwrap().to_owned();
    insert_vectors(sandbox.data(), &model);
    sandbox.ok(&["reindex", "vectors"]);

    let subjects = ids(&sandbox.json(&["list", "--limit", "3"]));
    let ask = |id: &str| sandbox.json(&["similar", id, "--limit", "8", "--threshold", "0.5"]);
    let by_graph: Vec<_> = subjects.iter().map(|id| ask(id)).collect();
    assert!(by_graph.iter().all(|found| found["vectors"] == "hnsw" && found["reason"].is_null()), "{:#}", by_graph[0]);
    let folder = sandbox.data().join("index/vectors");
    let snapshot = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let snapshot = snapshot.filter(|path| path.to_string_lossy().contains("user_embeddings"));
    let snapshot = snapshot.into_iter().find(|path| path.extension().is_some_and(|end| end == "usearch")).unwrap();
    let good = fs::read(&snapshot).unwrap();
    for damage in DAMAGES {
        fs::write(&snapshot, &good).unwrap();
        damage.apply(&snapshot);
        for (id, by_graph) in subjects.iter().zip(&by_graph) {
            let found = ask(id);
            assert_eq!(found["vectors"], "exact", "{damage:?}");
            assert!(found["reason"].as_str().unwrap().contains("the vector index"), "{found:#}");
            // Groups of eight lie so close together that the graph finds all of a group.
            assert_eq!(ids(&found["results"]), ids(&by_graph["results"]), "{damage:?}");
            assert_eq!(found["results"].as_array().unwrap().len(), 7, "{damage:?}");
        }
    }
    sandbox.ok(&["reindex", "vectors"]);
    assert_eq!(ask(&subjects[0])["vectors"], "hnsw");
    sandbox.ok(&["reindex", "text"]);
    // The topics and the sentiments are as they should be; the entries' vectors are ours.
    sandbox.expect_well();
}

/// Gives each entry a vector; eight in a row have nearly the same.
fn insert_vectors(data: &Path, model: &str) {
    let mut database = rusqlite::Connection::open(data.join("journal.db")).unwrap();
    let transaction = database.transaction().unwrap();
    let entries: Vec<(String, i64)> = {
        let mut entries = transaction.prepare("SELECT id, length(content) FROM journal_entries ORDER BY id").unwrap();
        entries.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    for (number, (id, length)) in entries.iter().enumerate() {
        let mut bytes = [0; 2 * 384];
        scramble(&mut bytes, number as u64 / 8 + 1);
        let numbers = bytes.as_chunks::<2>().0.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32768.0);
        let mut vector: Vec<f32> = numbers.collect();
        // Its own place in the group.
        vector[number % 8] += 0.5 + 0.3 * (number % 8) as f32;
        let unit = journaling_ai::index::vector::normalise(&vector).unwrap();
        let blob: Vec<u8> = unit.iter().flat_map(|number| number.to_le_bytes()).collect();
        transaction
            .prepare_cached("INSERT INTO embeddings(model, text_hash, vector) VALUES (?1, ?2, ?3)")
            .unwrap()
            .execute((model, format!("{number}"), blob))
            .unwrap();
        let key = transaction.last_insert_rowid();
        transaction
            .prepare_cached("INSERT INTO passages VALUES ('user_embeddings', ?1, ?2, 0, 0, ?3, ?4)")
            .unwrap()
            .execute((id, model, length, key))
            .unwrap();
    }
    transaction.commit().unwrap();
}

/// Runs something that cannot succeed: exit code 5, plain words, no panic.
fn expect_corrupt(outcome: &Outcome) {
    assert!(
        outcome.code() == Some(5) && outcome.stderr.contains("damaged") && !outcome.stderr.contains("panicked"),
        "{outcome}"
    );
}

#[test]
fn what_is_not_a_database_is_left_as_it_is() {
    let sandbox = Sandbox::without_model();
    fs::create_dir_all(sandbox.data()).unwrap();
    let path = sandbox.data().join("journal.db");
    let mut bytes = vec![0; 50_000];
    noise(&mut bytes);
    fs::write(&path, &bytes).unwrap();
    for args in [
        &["list"][..],
        &["show", "abcd"],
        &["search", "x"],
        &["analyze"],
        &["reindex"],
        &["doctor"],
        &["export"],
        &["history"],
        &["undo"],
        &["tasks"],
        &["delete", "abcd", "--yes"],
        &["add", "A text that must not be lost"],
    ] {
        let outcome = sandbox.run(args);
        expect_corrupt(&outcome);
        assert!(outcome.stderr.contains(path.to_str().unwrap()), "{outcome}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "{outcome}");
    }
    let draft = fs::read_dir(sandbox.data().join("drafts")).unwrap().flatten().next().unwrap();
    assert_eq!(fs::read_to_string(draft.path()).unwrap(), "A text that must not be lost");
}

#[test]
fn a_database_with_noise_in_the_middle_is_left_as_it_is() {
    let sandbox = Sandbox::without_model();
    let lines: String = (0..1500)
        .map(|n| {
            format!("{{\"entry_date\":\"2024-01-01\",\"content\":\"Entry {n} {}\"}}\n", "of many words ".repeat(20))
        })
        .collect();
    let file = sandbox.folder().join("many.jsonl");
    fs::write(&file, lines).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    let path = sandbox.data().join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 8, bytes.len() * 7 / 8);
    noise(&mut bytes[from..to]);
    fs::write(&path, &bytes).unwrap();

    let doctor = sandbox.run(&["doctor", "--json"]);
    assert_eq!(doctor.code(), Some(5), "{doctor}");
    let export = sandbox.run(&["export"]);
    expect_corrupt(&export);
    let add = sandbox.run(&["add", "Another text that must not be lost"]);
    for args in [&["list", "--limit", "10000"][..], &["search", "words"], &["analyze"], &["reindex"]] {
        let outcome = sandbox.run(args);
        // What does not lie in the noise can still be read.
        assert!(matches!(outcome.code(), Some(0 | 5)) && !outcome.stderr.contains("panicked"), "{outcome}");
        if outcome.code() == Some(5) {
            expect_corrupt(&outcome);
        }
    }
    if add.code() != Some(0) {
        expect_corrupt(&add);
        let draft = fs::read_dir(sandbox.data().join("drafts")).unwrap().flatten().next().unwrap();
        assert_eq!(fs::read_to_string(draft.path()).unwrap(), "Another text that must not be lost");
        assert!(fs::read(&path).unwrap() == bytes, "the file was changed");
    }
}
