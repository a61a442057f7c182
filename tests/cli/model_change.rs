//! A change of the model with the real model: the old one answers until the new one has read
//! everything, nothing is mixed, and a change cut short goes on.

use crate::meaning::model_folder;
use crate::support::{Sandbox, field, sample_lines};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A model with one layer less than the real one under its id: quick to make, and with other vectors.
pub(crate) fn other_revision(folder: &Path) -> PathBuf {
    let (from, to) = (model_folder(), folder.join("all-MiniLM-L6-v2"));
    fs::create_dir_all(to.join("1_Pooling")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&fs::read(from.join("journal-model.json")).unwrap()).unwrap();
    for path in manifest["files"].as_object().unwrap().keys().filter(|path| *path != "config.json") {
        symlink(from.join(path), to.join(path)).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&fs::read(from.join("config.json")).unwrap()).unwrap();
    config["num_hidden_layers"] = 5.into();
    let config = config.to_string();
    manifest["name"] = "all-MiniLM-L6-v2@0ther5".into();
    manifest["files"]["config.json"]["bytes"] = config.len().into();
    fs::write(to.join("config.json"), config).unwrap();
    fs::write(to.join("journal-model.json"), manifest.to_string()).unwrap();
    to
}

const OLD: &str = "all-MiniLM-L6-v2@0ther5";

/// A journal with the first entries of the sample, read by the other revision, which lies where models
/// are installed to.
fn read_by_the_old(name: &str, entries: usize) -> Sandbox {
    let sandbox = Sandbox::kept(name);
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    let lines: Vec<String> = sample_lines().iter().take(entries).map(Value::to_string).collect();
    let file = sandbox.file("some.jsonl", lines.join("\n"));
    sandbox.run(["import", &file]).ok();
    other_revision(&sandbox.data().join("models"));
    sandbox.run(["analyze"]).ok();
    sandbox
}

pub(crate) fn new_name() -> String {
    let manifest: Value =
        serde_json::from_slice(&fs::read(model_folder().join("journal-model.json")).unwrap()).unwrap();
    manifest["name"].as_str().unwrap().to_string()
}

fn ask(sandbox: &Sandbox, query: &str) -> Value {
    sandbox.run(["search", query, "--mode", "meaning", "--json", "-n", "50"]).ok().json()
}

/// Ids and similarities.
fn ranking(answer: &Value) -> Vec<(String, f64)> {
    let hits = answer["results"].as_array().unwrap();
    hits.iter().map(|hit| (hit["id"].as_str().unwrap().to_string(), hit["score"].as_f64().unwrap())).collect()
}

/// Entries read, by the name their passages are kept under.
fn read(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let database = sandbox.database();
    let mut statement = database
        .prepare("SELECT model, count(*) FROM passages WHERE collection = 'user_embeddings' AND ordinal = 0 GROUP BY 1")
        .unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

fn how_many(sandbox: &Sandbox, name: &str) -> u64 {
    read(sandbox).into_iter().find(|(known, _)| known == name).map_or(0, |(_, count)| count)
}

const QUERY: &str = "trouble sleeping";

#[test]
fn another_revision_answers_when_it_has_read_everything_and_not_before() {
    let sandbox = read_by_the_old("cli-model-change", 100);
    let (new, all) = (new_name(), 100);
    let before = ask(&sandbox, QUERY);
    assert_eq!((&before["model_name"], &before["reason"]), (&OLD.into(), &Value::Null));
    let id = before["results"][0]["id"].as_str().unwrap().to_string();
    let near_before = sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().json();
    let cursor = before["results"][2]["cursor"].as_str().unwrap().to_string();
    let page = || sandbox.run(["search", QUERY, "--mode", "meaning", "--json", "--cursor", &cursor]).ok().json();
    assert_eq!(ranking(&page())[..3], ranking(&before)[3..6]);
    assert_eq!(page()["reason"], Value::Null);

    // The revision is replaced; what it had read stays, and so does the revision until it is not needed.
    sandbox.run(["models", "install", "--from", model_folder().to_str().unwrap()]).ok();
    let kept = sandbox.data().join("models").join(OLD);
    assert!(kept.join("config.json").exists());
    let answer = ask(&sandbox, QUERY);
    assert_eq!(answer["model_name"], OLD);
    assert_eq!(ranking(&answer), ranking(&before));
    let reason = answer["reason"].as_str().unwrap();
    assert!(
        reason.contains(&format!("{OLD} answers until {new} has read all entries (0 of {all} so far)")),
        "{reason}"
    );

    // Killed when it has read some of them.
    let mut analysis = sandbox.command(["analyze"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let since = Instant::now();
    while how_many(&sandbox, &new) == 0 {
        assert!(since.elapsed() < Duration::from_secs(120), "nothing was read");
        std::thread::sleep(Duration::from_millis(20));
    }
    analysis.kill().unwrap();
    analysis.wait().unwrap();
    let so_far = how_many(&sandbox, &new);
    assert!(so_far > 0 && so_far < all && how_many(&sandbox, OLD) == all, "{so_far}");

    // A question that has not been asked before is read by the old one too.
    for query in [QUERY, "lying awake at night"] {
        let answer = ask(&sandbox, query);
        assert_eq!((&answer["model_name"], &answer["mode_used"]), (&OLD.into(), &"semantic".into()));
        assert!(answer["reason"].as_str().unwrap().contains(&format!("({so_far} of {all} so far)")), "{answer}");
    }
    assert_eq!(ranking(&ask(&sandbox, QUERY)), ranking(&before));
    let near = sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().json();
    assert_eq!((&near["model_name"], ranking(&near)), (&OLD.into(), ranking(&near_before)));
    sandbox.run(["search", QUERY]).ok().says(&format!("{OLD} answers until"));

    // What is written meanwhile is found by its words, and said to be; its neighbours are found.
    let added = sandbox.add(["The zeppelin kept me awake, hardly any sleep."]);
    let found = sandbox.run(["search", "zeppelin", "--json"]).ok().json();
    assert_eq!(found["results"].as_array().unwrap()[0]["short_id"].as_str().unwrap(), added);
    let reason = found["reason"].as_str().unwrap();
    assert!(reason.contains("1 entry has not been analysed by it and could be found by words only"), "{reason}");
    let near = sandbox.run(["similar", &added, "--threshold", "0.2", "--json"]).ok().json();
    assert!(near["model_name"] == OLD && !near["results"].as_array().unwrap().is_empty(), "{near}");
    assert_eq!(how_many(&sandbox, &new), so_far, "similar does not wait for the whole change");

    // The next analysis goes on where the killed one ended, and the new one answers alone.
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    let topics: u64 = sandbox.database().query_row("SELECT count(*) FROM topics", [], |row| row.get(0)).unwrap();
    assert_eq!(report["analysed"].as_u64(), Some(all + 1 - so_far + topics), "{so_far} had been read");
    assert_eq!(read(&sandbox), [(new.clone(), all + 1)]);
    assert!(!kept.exists(), "the old revision is not needed any more");
    let after = ask(&sandbox, QUERY);
    assert_eq!((&after["model_name"], &after["reason"]), (&new.clone().into(), &Value::Null));
    assert!(field(after["results"].as_array().unwrap(), "short_id").contains(&added));
    assert_ne!(ranking(&after), ranking(&before));
    assert!(page()["reason"].as_str().unwrap().contains("another model ranked the pages before"), "{}", page());
    sandbox.run(["doctor"]).ok();

    // The same as if there had never been another.
    sandbox.run(["reindex", "embeddings"]).ok();
    assert_eq!(
        field(after["results"].as_array().unwrap(), "id"),
        field(ask(&sandbox, QUERY)["results"].as_array().unwrap(), "id")
    );
}

#[test]
fn other_rules_of_passages_are_another_reading_by_the_same_model() {
    let sandbox = read_by_the_old("cli-model-rules", 12);
    // As a release with other rules would have left it.
    let relabelled = format!("{OLD}+p9");
    sandbox.database().execute("UPDATE passages SET model = ?1", [&relabelled]).unwrap();
    let before = ask(&sandbox, QUERY);
    assert_eq!(before["model_name"], relabelled.as_str());
    assert!(before["reason"].as_str().unwrap().contains(&format!("until {OLD} has read all")), "{before}");
    assert!(!before["results"].as_array().unwrap().is_empty());
    let pending = sandbox.run(["tasks", "--json"]).ok().text();
    assert!(pending.contains("waiting"), "{pending}");
    // Passages that are cut as before have their vectors: no model is asked.
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    assert!(report["inferred"] == 0 && report["from_store"].as_u64() >= Some(12), "{report}");
    assert_eq!(read(&sandbox), [(OLD.to_string(), 12)]);
    let after = ask(&sandbox, QUERY);
    assert_eq!((&after["model_name"], ranking(&after)), (&OLD.into(), ranking(&before)));
}

#[test]
fn an_old_model_that_is_gone_reads_no_question_but_its_vectors_are_compared() {
    let sandbox = read_by_the_old("cli-model-gone", 12);
    let id = ask(&sandbox, QUERY)["results"][0]["id"].as_str().unwrap().to_string();
    let near_before = ranking(&sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().json());
    fs::remove_dir_all(sandbox.data().join("models/all-MiniLM-L6-v2")).unwrap();
    // Without any model at all, an entry is still compared with the others.
    let near = sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().json();
    assert_eq!((&near["model_name"], ranking(&near)), (&OLD.into(), near_before.clone()));
    sandbox.run(["search", QUERY, "--mode", "meaning"]).code(15);
    sandbox.run(["models", "install", "--from", model_folder().to_str().unwrap()]).ok();
    let near = sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().json();
    assert_eq!((&near["model_name"], ranking(&near)), (&OLD.into(), near_before));
    let found = sandbox.run(["search", "sleep", "--json"]).ok().json();
    assert_eq!((&found["mode_used"], &found["model_name"]), (&"text".into(), &Value::Null));
    assert!(found["reason"].as_str().unwrap().contains("have not been analysed yet"), "{found}");
    sandbox.run(["analyze"]).ok();
    assert_eq!(read(&sandbox), [(new_name(), 12)]);
}

#[test]
fn a_search_that_notices_the_change_begins_it_in_the_background() {
    let sandbox = read_by_the_old("cli-model-background", 12);
    sandbox.run(["models", "install", "--from", model_folder().to_str().unwrap()]).ok();
    assert_eq!(ask(&sandbox, QUERY)["model_name"], OLD);
    assert_eq!(read(&sandbox), [(OLD.to_string(), 12)]);
    fs::write(sandbox.config(), "model_idle_seconds = 20\n").unwrap();
    assert_eq!(ask(&sandbox, QUERY)["model_name"], OLD);
    let since = Instant::now();
    while read(&sandbox) != [(new_name(), 12)] {
        assert!(since.elapsed() < Duration::from_secs(120), "{:?}", read(&sandbox));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(ask(&sandbox, QUERY)["model_name"], new_name().as_str());
}

#[test]
fn a_model_that_is_chosen_before_it_is_installed_takes_nothing_away() {
    let sandbox = read_by_the_old("cli-model-chosen", 12);
    let before = ask(&sandbox, QUERY);
    sandbox.run(["config", "set", "model", "all-mpnet-base-v2"]).ok();
    let answer = ask(&sandbox, QUERY);
    assert_eq!((&answer["model_name"], ranking(&answer)), (&OLD.into(), ranking(&before)));
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains("the model that reads entries is not installed"), "{reason}");
    sandbox.add(["The zeppelin kept me awake."]);
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    assert!(report["without_model"].is_string(), "{report}");
    assert_eq!(read(&sandbox), [(OLD.to_string(), 12)]);
    assert_eq!(ranking(&ask(&sandbox, QUERY)), ranking(&before));
}
