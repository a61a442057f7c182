//! Classifiers as people use them: installed, asked, believed only as far as they say something. The models
//! are tiny and random, and answer what the Python reference answers.

use crate::support::{Outcome, Sandbox, fixture, sample};
use journaling_ai::cache::{Cache, Namespace, Put};
use journaling_ai::model::protocol::decode_vector;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Installs the tiny sentiment model under the name `mine` and the tiny emotion model as `feel`.
fn with_classifiers() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 5\n").unwrap();
    install(&sandbox, "mine", &fixture("tiny-distilbert"))
        .ok()
        .says("NEGATIVE, POSITIVE")
        .says("config set classifiers mine");
    install(&sandbox, "feel", &fixture("tiny-roberta")).ok();
    sandbox
}

fn install(sandbox: &Sandbox, name: &str, from: &Path) -> Outcome {
    sandbox.run(["models", "install", "--name", name, "--from", from.to_str().unwrap()])
}

/// A copy of a tiny model, with another configuration.
fn changed(sandbox: &Sandbox, model: &str, name: &str, change: impl FnOnce(&mut Value)) -> std::path::PathBuf {
    let folder = sandbox.path(name);
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(fixture(model)).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let path = folder.join("config.json");
    let mut config = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
    folder
}

/// What `analyze` reports of the one classifier that it ran.
fn analyze(sandbox: &Sandbox, model: &str) -> Value {
    let report = sandbox.run(["analyze", "--model", model, "--json"]).ok().json();
    report["classifiers"][0].clone()
}

fn counts(judged: &Value) -> [u64; 3] {
    ["entries", "inferred", "from_cache"].map(|name| judged[name].as_u64().unwrap())
}

/// What a model said of an entry.
fn said(sandbox: &Sandbox, id: &str, model: &str) -> Value {
    let rows = sandbox.show(id)["sentiments"].as_array().unwrap().clone();
    let of = |row: &&Value| row["model_name"].as_str().unwrap().split('@').next() == Some(model);
    let found: Vec<Value> = rows.iter().filter(of).cloned().collect();
    assert!(found.len() == 1, "{model}: {rows:?}");
    found[0].clone()
}

#[track_caller]
fn assert_scores(row: &Value, labels: &[&str], expected: &[f32]) {
    for (label, score) in labels.iter().zip(expected) {
        let found = row["emotions"][label].as_f64().unwrap_or_else(|| panic!("{label}: {row}"));
        assert!((found - f64::from(*score)).abs() < 2e-4, "{label} {score}: {row}");
    }
}

#[test]
fn a_classifier_judges_each_entry_once_and_moods_stay_as_they_are() {
    const EMOTIONS: [&str; 7] = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"];
    let sandbox = with_classifiers();
    let mut entries = Vec::new();
    for (model, fixture_name) in [("mine", "tiny-distilbert"), ("feel", "tiny-roberta")] {
        let rows = fs::read(fixture(fixture_name).join("expected.json")).unwrap();
        let rows: Vec<Value> = serde_json::from_slice(&rows).unwrap();
        for text in ["ok", "Bada", "The day was long.", "Don't panic: it's 12:30, I'm at gate B-17 (again)!"] {
            let row = rows.iter().find(|row| row["text"] == text).unwrap();
            let scores = decode_vector(row["numbers"].as_str().unwrap()).unwrap();
            entries.push((model, sandbox.add(["--mood", "0.9", text]), scores));
        }
    }
    let unasked = sandbox.add(["What a lovely day!"]);
    let mood_of_vader = sandbox.show(&unasked)["mood_score"].clone();
    // Of nine entries four are there twice.
    assert_eq!(counts(&analyze(&sandbox, "mine")), [9, 5, 0]);
    assert_eq!(counts(&analyze(&sandbox, "feel")), [9, 5, 0]);
    for (model, id, scores) in &entries {
        let row = said(&sandbox, id, model);
        let labels: &[&str] = if *model == "mine" { &["NEGATIVE", "POSITIVE"] } else { &EMOTIONS };
        assert_scores(&row, labels, scores);
        let best = scores.iter().copied().fold(0.0, f32::max);
        assert!((row["confidence_score"].as_f64().unwrap() - f64::from(best)).abs() < 2e-4, "{row}");
        let strongest = labels[scores.iter().position(|score| *score == best).unwrap()];
        let label = if *model == "mine" { strongest.to_lowercase() } else { strongest.to_string() };
        assert_eq!(row["sentiment_label"], label);
        let entry = sandbox.show(id);
        assert_eq!((&entry["mood_score"], &entry["mood_source"]), (&json!(0.9), &json!("user")), "{entry}");
    }
    let entry = sandbox.show(&unasked);
    assert_eq!((&entry["mood_score"], &entry["mood_source"]), (&mood_of_vader, &json!("model")));

    let shown = sandbox.run(["show", &entries[0].1, "--analysis"]).ok().text();
    assert!(shown.contains("mine@") && shown.contains("\tnegative\t0.99\tNEGATIVE 0.99, POSITIVE 0.01"), "{shown}");
    let exported = sandbox.export();
    let line: Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    let models: Vec<&str> =
        line["sentiments"].as_array().unwrap().iter().map(|row| row["model_name"].as_str().unwrap()).collect();
    assert!(models[0].starts_with("feel@") && models[1].starts_with("mine@") && models[2] == "vader", "{models:?}");
    // No step of undo: the last is still the entry.
    sandbox.run(["undo"]).ok();
    assert_eq!(sandbox.count(), 8);
}

#[test]
fn what_was_judged_within_a_day_is_not_given_to_the_model_again() {
    let sandbox = with_classifiers();
    let (first, second) = (sandbox.add(["The day was long."]), sandbox.add(["The day was long."]));
    assert_eq!(counts(&analyze(&sandbox, "mine")), [2, 1, 0]);
    assert_eq!(counts(&analyze(&sandbox, "mine")), [0, 0, 0]);
    let kept = sandbox.run(["cache", "keys", "models", "--json"]).ok().array("");
    assert_eq!(kept.len(), 1, "{kept:?}");
    let key = kept[0]["key"].as_str().unwrap();
    assert!(key.starts_with("models:sentiment:") && key.len() == 17 + 64, "{key}");
    assert_eq!(kept[0]["expires_at"], "2026-03-17T10:00:00.000000Z");
    let value = sandbox.run(["cache", "get", key]).ok().json();
    let row = said(&sandbox, &first, "mine");
    for name in ["sentiment_label", "confidence_score", "emotions"] {
        assert_eq!(value[name], row[name], "{name}");
    }

    // Something else under the key is nothing.
    let cache = Cache::new(sandbox.data().join("cache.redb"), 1 << 28);
    let hash = key.rsplit(':').next().unwrap();
    let now = chrono::DateTime::parse_from_rfc3339(crate::support::NOW).unwrap().timestamp().unsigned_abs();
    let good = cache.get(Namespace::ModelsSentiment, hash, now).unwrap();
    for wrong in ["{}", r#"{"sentiment_label":"joy","confidence_score":7.0,"emotions":null}"#] {
        let _ = cache.put_many(&[Put::bytes(Namespace::ModelsSentiment, hash, wrong.into())], now);
        sandbox.database().execute("DELETE FROM sentiment_analysis WHERE model_name <> 'vader'", []).unwrap();
        assert_eq!(counts(&analyze(&sandbox, "mine")), [2, 1, 0], "{wrong}");
    }
    assert_eq!(cache.get(Namespace::ModelsSentiment, hash, now).unwrap(), good);

    // The rows are lost, the text comes again, or was changed and changed back: no inference.
    sandbox.database().execute("DELETE FROM sentiment_analysis WHERE model_name <> 'vader'", []).unwrap();
    let third = sandbox.add(["The day was long."]);
    assert_eq!(counts(&analyze(&sandbox, "mine")), [3, 0, 1]);
    assert_eq!(said(&sandbox, &third, "mine")["emotions"], row["emotions"]);
    sandbox.run(["edit", &second, "--content", "Another."]).ok();
    assert_eq!(counts(&analyze(&sandbox, "mine")), [1, 1, 0]);
    sandbox.run(["edit", &second, "--content", "The day was long."]).ok();
    assert_eq!(counts(&analyze(&sandbox, "mine")), [1, 0, 1]);
    // Another model knows nothing of it.
    assert_eq!(counts(&analyze(&sandbox, "feel")), [3, 1, 0]);

    let forget = || sandbox.database().execute("DELETE FROM sentiment_analysis WHERE model_name LIKE 'mine@%'", []);
    forget().unwrap();
    let tomorrow = sandbox
        .command(["analyze", "--model", "mine", "--json"])
        .env("JOURNAL_NOW", "2026-03-17T10:00:00Z")
        .output()
        .unwrap();
    let tomorrow: Value = serde_json::from_slice(&tomorrow.stdout).unwrap();
    assert_eq!(counts(&tomorrow["classifiers"][0]), [3, 1, 0], "a day later it is asked again");
    forget().unwrap();
    sandbox.run(["cache", "clear", "models"]).ok();
    assert_eq!(counts(&analyze(&sandbox, "mine")), [3, 1, 0]);
}

#[test]
fn a_long_entry_is_the_mean_of_its_passages_each_by_its_length() {
    let sandbox = with_classifiers();
    // Eight word pieces each: fifteen sentences are 120 pieces, and sixteen too many.
    let (one, other) = ("The day was long. ", "Not a long day. ");
    let sentences = format!("{}{}", one.repeat(15), other.repeat(9));
    let whole = sandbox.add([sentences.trim_end()]);
    let (head, tail) = (sandbox.add([one.repeat(15).trim_end()]), sandbox.add([other.repeat(9).trim_end()]));
    assert_eq!(counts(&analyze(&sandbox, "mine")), [3, 3, 0]);
    let negative = |id: &str| said(&sandbox, id, "mine")["emotions"]["NEGATIVE"].as_f64().unwrap();
    assert!((negative(&head) - negative(&tail)).abs() > 1e-3, "{} {}", negative(&head), negative(&tail));
    let (long, short) = (one.len() as f64 * 15.0, other.len() as f64 * 9.0 - 1.0);
    let mean = (negative(&head) * long + negative(&tail) * short) / (long + short);
    assert!((negative(&whole) - mean).abs() < 3e-4, "{} {mean}", negative(&whole));
}

#[test]
fn another_revision_judges_again_and_no_label_is_given_a_meaning_it_does_not_have() {
    let sandbox = with_classifiers();
    let id = sandbox.add(["The day was long."]);
    analyze(&sandbox, "mine");
    let before = said(&sandbox, &id, "mine");
    let unnamed = changed(&sandbox, "tiny-distilbert", "unnamed", |config| {
        config.as_object_mut().unwrap().remove("id2label");
    });
    install(&sandbox, "mine", &unnamed).ok();
    assert_eq!(said(&sandbox, &id, "mine"), before, "until it is judged again");
    assert_eq!(counts(&analyze(&sandbox, "mine")), [1, 1, 0]);
    let after = said(&sandbox, &id, "mine");
    assert_ne!(after["model_name"], before["model_name"]);
    assert_eq!(after["sentiment_label"], "LABEL_0");
    assert_eq!(after["emotions"]["LABEL_0"], before["emotions"]["NEGATIVE"]);

    let stars = changed(&sandbox, "tiny-distilbert", "stars", |config| {
        config["id2label"] = json!({"0": "5 stars", "1": "1 star"});
    });
    install(&sandbox, "mine", &stars).ok();
    analyze(&sandbox, "mine");
    let row = said(&sandbox, &id, "mine");
    assert_eq!(
        (&row["sentiment_label"], &row["emotions"]["5 stars"]),
        (&json!("positive"), &before["emotions"]["NEGATIVE"])
    );
}

#[test]
fn the_classifiers_of_the_configuration_run_by_themselves() {
    let sandbox = with_classifiers();
    sandbox.run(["config", "set", "classifiers", "mine, feel"]).ok();
    assert_eq!(sandbox.run(["config", "get", "classifiers"]).ok().text(), "mine,feel\n");
    let id = sandbox.add(["The day was long."]);
    let task = |id: &str| {
        let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
        tasks.iter().find(|task| task["task_id"] == id).unwrap_or_else(|| panic!("{id}: {tasks:?}")).clone()
    };
    assert_eq!((&task("mine")["pending"], &task("mine")["state"]), (&json!(1), &json!("waiting")));
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    let judged: Vec<[u64; 3]> = report["classifiers"].as_array().unwrap().iter().map(counts).collect();
    assert_eq!(judged, [[1, 1, 0], [1, 1, 0]], "{report}");
    assert_eq!(task("feel")["state"], "done");
    said(&sandbox, &id, "feel");

    // In the background, and one that is not there is named and holds nothing up.
    fs::write(sandbox.config(), "model_idle_seconds = 5\nclassifiers = [\"gone\", \"mine\"]\n").unwrap();
    let id = sandbox.add(["Another day."]);
    let since = Instant::now();
    while task("mine")["pending"] != 0 || sandbox.run(["tasks", "--json"]).ok().json()["running"] == true {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", task("mine"));
        std::thread::sleep(Duration::from_millis(50));
    }
    said(&sandbox, &id, "mine");
    assert_eq!((&task("gone")["pending"], &task("gone")["state"]), (&json!(2), &json!("blocked")));
    assert!(task("gone")["reason"].as_str().unwrap().contains("not installed"));
    sandbox.run(["analyze"]).ok().says("Without a classifier: the model gone is not installed");

    sandbox.run(["config", "set", "classifiers", "all-mpnet-base-v2"]).code(2).says("classifiers");
    sandbox.run(["config", "set", "model", "distilbert-sst2"]).code(2).says("labels, not vectors");
    sandbox.run(["analyze", "--model", "distilbert-sst2"]).code(15).says("models install distilbert-sst2");
    sandbox.run(["analyze", "--model", "gone"]).code(2).says("feel, mine");
}

#[test]
fn interrupted_work_is_kept_and_goes_on() {
    let sandbox = with_classifiers();
    let lines: String =
        (0..4000).map(|n| format!("{{\"entry_date\":\"2026-01-01\",\"content\":\"Number {n}.\"}}\n")).collect();
    let file = sandbox.file("many.jsonl", lines);
    sandbox.run(["import", &file]).ok();
    let mut command = sandbox.command(["analyze", "--model", "mine"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let database = sandbox.database();
    let done = || -> u64 {
        let sql = "SELECT count(*) FROM sentiment_analysis WHERE model_name LIKE 'mine@%'";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let since = Instant::now();
    while done() == 0 {
        assert!(since.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    sandbox.shell(&format!("kill -INT {}", child.id())).ok();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = done();
    assert!((1..4000).contains(&before), "{before}");
    assert_eq!(counts(&analyze(&sandbox, "mine")), [4000 - before, 4000 - before, 0]);
    assert_eq!(done(), 4000);
}

#[test]
fn what_is_no_classifier_or_a_trap_is_refused_and_nothing_is_left() {
    let sandbox = Sandbox::new();
    let good = fixture("tiny-distilbert");
    for name in ["../x", ".x", "a b", "distilbert-sst2", "vader", "minilm-emotions-1"] {
        install(&sandbox, name, &good).code(2).says("cannot be called");
    }
    sandbox.run(["models", "install", "--name", "mine"]).code(2).says("--from PATH");
    sandbox.run(["models", "install", "--from", good.to_str().unwrap()]).code(2).says("--name NAME");
    sandbox.run(["models", "install", "distilbert-sst2", "--from", good.to_str().unwrap()]).code(2).says("2 layers");
    install(&sandbox, "mine", &fixture("tiny-mpnet")).code(2).says("DistilBertForSequenceClassification");
    install(&sandbox, "mine", Path::new("/nosuch/folder")).code(3).says("/nosuch/folder");
    let long = "x".repeat(51);
    let folder = changed(&sandbox, "tiny-roberta", "long", |config| config["id2label"]["3"] = json!(long));
    install(&sandbox, "mine", &folder).code(2).says("50 characters");
    let folder = changed(&sandbox, "tiny-roberta", "cut", |_| {});
    let weights = fs::OpenOptions::new().write(true).open(folder.join("model.safetensors")).unwrap();
    weights.set_len(9000).unwrap();
    install(&sandbox, "mine", &folder).code(5).says("model.safetensors");
    let folder = changed(&sandbox, "tiny-roberta", "huge", |_| {});
    for (name, bytes) in [("config.json", 1 << 21), ("tokenizer.json", 1 << 27), ("model.safetensors", 1_u64 << 40)] {
        // With nothing in it, so that it takes no room.
        fs::OpenOptions::new().write(true).open(folder.join(name)).unwrap().set_len(bytes).unwrap();
        install(&sandbox, "mine", &folder).code(5).says("more than").says(name);
        fs::copy(fixture("tiny-roberta").join(name), folder.join(name)).unwrap();
    }
    sandbox.shell("mkdir evil && ln -s /etc/passwd evil/config.json && tar -cf evil.tar evil").ok();
    install(&sandbox, "mine", &sandbox.path("evil.tar")).code(5).says("link");
    let left = fs::read_dir(sandbox.data().join("models")).map(|entries| entries.count()).unwrap_or(0);
    assert_eq!(left, 0);

    // From an archive, with other files beside it; then damaged where it lies.
    let parent = good.parent().unwrap().to_str().unwrap();
    sandbox.shell(&format!("tar -C '{parent}' -czf all.tar.gz tiny-distilbert/ --transform 's,^,a/b/,'")).ok();
    install(&sandbox, "mine", &sandbox.path("all.tar.gz")).ok();
    let listed = sandbox.run(["models", "list", "--json"]).ok().array("");
    let mine = listed.iter().find(|model| model["id"] == "mine").unwrap();
    assert_eq!((&mine["kind"], &mine["labels"]), (&json!("classifier"), &json!(["NEGATIVE", "POSITIVE"])));
    let folder = sandbox.data().join("models/mine");
    let mut names: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected = [
        "config.json",
        "journal-model.json",
        "model.safetensors",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ];
    assert_eq!(names, expected);
    sandbox.add(["text"]);
    let path = folder.join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    bytes[10] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    sandbox.run(["models", "verify", "mine"]).code(5).says("model.safetensors");
    sandbox.run(["analyze", "--model", "mine"]).code(5).says("model.safetensors");
    // By itself, too: the rest is done, and it is said what is not.
    install(&sandbox, "feel", &fixture("tiny-roberta")).ok();
    sandbox.run(["config", "set", "classifiers", "mine,feel"]).ok();
    let report = sandbox.run(["analyze", "--json"]).code(8);
    assert_eq!(counts(&report.json()["classifiers"][1]), [1, 1, 0]);
    let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
    let task = tasks.iter().find(|task| task["task_id"] == "mine").unwrap();
    assert!(task["state"] == "blocked" && task["reason"].as_str().unwrap().contains("model.safetensors"), "{task}");
    sandbox.run(["models", "remove", "mine"]).ok();
    sandbox.run(["analyze", "--model", "mine"]).code(2).says("there is no model 'mine'");
}

#[test]
fn a_classifier_of_ones_own_judges_texts_of_any_language() {
    // Nobody knows which languages a classifier of one's own was trained on: it judges what it is given.
    let sandbox = with_classifiers();
    sandbox.run(["import", sample().to_str().unwrap()]).ok();
    let german = "Der Zug fuhr um acht, und alles war gut. Danach sind wir noch lange am Fluss entlang gegangen.";
    let id = sandbox.add([german]);
    assert_eq!(counts(&analyze(&sandbox, "mine")), [208, 208, 0]);
    assert!(said(&sandbox, &id, "mine")["confidence_score"].as_f64() > Some(0.5));
}
