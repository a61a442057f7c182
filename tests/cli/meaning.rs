//! The sample journal with the real model: search by meaning, similar entries, analysis, models. The
//! model's folder is `$JOURNAL_TEST_MODEL`, else where `make deps` puts it.

use crate::support::{Sandbox, field, sample, sample_lines};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Ten entries about lying awake that use none of the words of "trouble sleeping".
const AWAKE: [&str; 10] = [
    "018ec58e-c4e0-7bf0-8b27-3a3085745254",
    "01909f3c-0591-7ab3-825e-e8caf9ef1d1f",
    "0191baa2-a48a-7a3c-be23-112d40990c71",
    "019292ad-beac-7c6b-8e93-e3daea83c587",
    "019471f4-3695-7c46-88a7-b887b76dc283",
    "0195d032-5da1-7119-bc76-c068898fd211",
    "0198727c-a4d4-7e4d-b9ee-93f3fcfaf0ec",
    "0199e5ab-662c-7f4b-a753-cc1061b25844",
    "019b9b5f-0dc7-7c05-822b-79ad702f8739",
    "019c9cee-eb1f-7f93-a0bd-c4c438e3cb70",
];

pub(crate) fn model_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("JOURNAL_TEST_MODEL") {
        return folder.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
    cache.join("journaling-ai/build/models/all-MiniLM-L6-v2")
}

/// The sample, analysed once. It outlives the tests, in the folder that cargo keeps for them.
static ANALYSED: LazyLock<Mutex<Sandbox>> = LazyLock::new(|| {
    let folder = model_folder();
    assert!(folder.join("journal-model.json").exists(), "no model in {}: make deps", folder.display());
    let sandbox = Sandbox::kept("cli-meaning").with("JOURNAL_MODEL_PATH", folder.parent().unwrap());
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    sandbox.run(["import", sample().to_str().unwrap()]).ok();
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    assert!(report["analysed"].as_u64().unwrap() >= 207, "{report}");
    Mutex::new(sandbox)
});

fn analysed() -> MutexGuard<'static, Sandbox> {
    ANALYSED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn search(sandbox: &Sandbox, args: &[&str]) -> Value {
    let all: Vec<&str> = ["search", "--json"].iter().chain(args).copied().collect();
    sandbox.run(all).ok().json()
}

#[test]
fn entries_are_found_that_use_none_of_the_words() {
    let sandbox = analysed();
    let answer = search(&sandbox, &["trouble sleeping", "-n", "20"]);
    assert_eq!((&answer["mode_used"], &answer["reason"]), (&"hybrid".into(), &Value::Null));
    let hits = answer["results"].as_array().unwrap();
    let mut ranks = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        if AWAKE.contains(&hit["id"].as_str().unwrap()) {
            let evidence = &hit["evidence"];
            assert!(
                evidence["words"].is_null() && evidence["meaning"]["similarity"].as_f64() > Some(0.0),
                "{evidence}"
            );
            ranks.push(index + 1);
        }
    }
    let within = |most: usize| ranks.iter().filter(|rank| **rank <= most).count();
    println!("of ten, {} are among the first 10 and {} among the first 20: {ranks:?}", within(10), within(20));
    assert!(within(20) >= 4, "{ranks:?}");
    let text = sandbox.run(["search", "trouble sleeping", "--explain"]).ok().text();
    assert!(text.contains("meaning #1 (similarity 0.5"), "{text}");
}

#[test]
fn a_question_about_nothing_in_the_journal_finds_nothing() {
    let sandbox = analysed();
    assert_eq!(search(&sandbox, &["quantum chromodynamics", "--mode", "meaning"])["results"], serde_json::json!([]));
    assert!(search(&sandbox, &["", "--mode", "meaning"])["results"].as_array().unwrap().is_empty());
}

#[test]
fn evidence_negation_filters_and_passages() {
    let sandbox = analysed();
    let hits = |args: &[&str]| search(&sandbox, args)["results"].as_array().unwrap().clone();
    for hit in hits(&["lying awake at night", "--mode", "meaning", "-n", "10"]) {
        let meaning = &hit["evidence"]["meaning"];
        let entry = sandbox.show(hit["id"].as_str().unwrap());
        let whole = match entry["title"].as_str() {
            Some(title) => format!("{title}\n\n{}", entry["content"].as_str().unwrap()),
            None => entry["content"].as_str().unwrap().to_string(),
        };
        let at = |name: &str| usize::try_from(meaning[name].as_u64().unwrap()).unwrap();
        assert_eq!(meaning["passage"].as_str().unwrap(), &whole[at("byte_start")..at("byte_end")]);
        assert_eq!(hit["score"], meaning["similarity"]);
    }
    let without = hits(&["awake -cat", "-n", "50"]);
    assert!(
        without
            .iter()
            .all(|hit| !sandbox.show(hit["id"].as_str().unwrap())["content"].as_str().unwrap().contains(" cat "))
    );
    let spring = hits(&["trouble sleeping", "--since", "2025", "--until", "2025-06"]);
    assert!(!spring.is_empty() && spring.iter().all(|hit| hit["entry_date"].as_str().unwrap() < "2025-07"));
    assert!(spring.iter().any(|hit| !hit["evidence"]["meaning"].is_null()));
}

#[test]
fn pages_of_a_hybrid_search_give_each_entry_once() {
    let sandbox = analysed();
    let whole = field(search(&sandbox, &["rain on a run", "-n", "40"])["results"].as_array().unwrap(), "id");
    let first = search(&sandbox, &["rain on a run", "-n", "15"]);
    let first = first["results"].as_array().unwrap();
    let cursor = first[14]["cursor"].as_str().unwrap();
    let second = search(&sandbox, &["rain on a run", "-n", "15", "--cursor", cursor]);
    let paged = [field(first, "id"), field(second["results"].as_array().unwrap(), "id")].concat();
    assert_eq!(paged, whole[..30]);
}

#[test]
fn similar_to_an_entry_a_text_or_a_topic() {
    let sandbox = analysed();
    let awake = sandbox.run(["similar", AWAKE[0], "--threshold", "0.2", "--json", "-n", "8"]).ok().array("results");
    assert!(!awake.is_empty() && field(&awake, "id").iter().all(|id| id != AWAKE[0]), "not itself");
    assert!(awake.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()));
    let text = sandbox
        .run(["similar", "--text", "a grey cat with no manners", "--threshold", "0.2", "--json", "-n", "10"])
        .ok();
    let first = text
        .array("results")
        .iter()
        .take(5)
        .map(|hit| sandbox.show(hit["id"].as_str().unwrap()).to_string())
        .collect::<String>();
    assert!(first.contains("cat") || first.contains("Möhre"), "{text}");
    assert!(
        !sandbox
            .run(["similar", "--to-topic", "running", "--threshold", "0.2", "--json"])
            .ok()
            .array("results")
            .is_empty()
    );
    assert!(sandbox.run(["similar", AWAKE[0], "--threshold", "0.99", "--json"]).ok().array("results").is_empty());
    assert_eq!(
        sandbox.run(["similar", AWAKE[0], "--threshold", "-1", "-n", "300", "--json"]).ok().array("results").len(),
        206
    );
    let may = sandbox.run(["similar", AWAKE[0], "--on", "2025", "--threshold", "-1", "--json"]).ok().array("results");
    assert!(may.len() == 10 && may.iter().all(|hit| hit["entry_date"].as_str().unwrap().starts_with("2025")));
    sandbox.run(["similar", "zzzz"]).code(3);
    sandbox.run(["similar", "--to-topic", "nosuch"]).code(3);
}

#[test]
fn what_is_new_changed_or_deleted_is_followed() {
    let sandbox = analysed();
    let text = "Could not nod off; the pillow was a stone and the clock ticked until dawn";
    let id = sandbox.add([text]);
    let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
    let vectors = tasks.iter().find(|task| task["task_id"] == "entry_vectors").unwrap();
    assert_eq!((&vectors["pending"], &vectors["state"]), (&1.into(), &"waiting".into()));
    assert!(search(&sandbox, &["insomnia"])["reason"].as_str().unwrap().contains("not been analysed"));
    // `similar` analyses what it is asked about.
    let near = sandbox.run(["similar", &id, "--threshold", "0.2", "--json"]).ok().array("results");
    assert!(near.iter().any(|hit| AWAKE.contains(&hit["id"].as_str().unwrap())), "{near:?}");
    let found = |query: &str| {
        let hits = search(&sandbox, &[query, "--mode", "meaning", "-n", "10"]);
        field(hits["results"].as_array().unwrap(), "short_id").contains(&id)
    };
    assert!(found("lying awake until dawn"));
    sandbox.run(["edit", &id, "--content", "Bought a second-hand bicycle pump for two pounds"]).ok();
    sandbox.run(["analyze"]).ok();
    assert!(!found("lying awake until dawn") && found("cycling equipment bought cheaply"));
    sandbox.run(["delete", "--yes", &id]).ok();
    assert!(!found("cycling equipment bought cheaply"));
    sandbox.run(["undo"]).ok();
    sandbox.run(["analyze"]).ok();
    assert!(found("cycling equipment bought cheaply"));
    sandbox.run(["delete", "--yes", &id]).ok();
    sandbox.run(["analyze"]).ok();
    sandbox.run(["doctor"]).ok();
    sandbox.run(["reindex", "vectors"]).ok();
    assert!(!found("cycling equipment bought cheaply"));
}

#[test]
fn a_missing_or_damaged_vector_index_heals() {
    let sandbox = analysed();
    sandbox.run(["analyze"]).ok();
    sandbox.run(["reindex", "vectors"]).ok();
    let ids =
        || field(search(&sandbox, &["trouble sleeping", "--mode", "meaning"])["results"].as_array().unwrap(), "id");
    let before = ids();
    let folder = sandbox.data().join("index/vectors");
    for entry in fs::read_dir(&folder).unwrap() {
        fs::write(entry.unwrap().path(), vec![0x5a; 10_000]).unwrap();
    }
    assert_eq!(ids(), before);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(ids(), before);
    fs::write(sandbox.data().join("cache.redb"), vec![0x5a; 10_000]).unwrap();
    assert_eq!(ids(), before);
    sandbox.run(["analyze"]).ok();
    sandbox.run(["doctor"]).ok();
}

#[test]
fn what_the_model_has_seen_is_not_given_to_it_again() {
    let sandbox = Sandbox::new().with("JOURNAL_MODEL_PATH", model_folder().parent().unwrap());
    let lines: Vec<String> = sample_lines().iter().take(30).map(|line| format!("{line}\n")).collect();
    sandbox.run(["import", &sandbox.file("some.jsonl", lines.concat())]).ok();
    let analyse = || {
        let report = sandbox.run(["analyze", "--json"]).ok().json();
        ["analysed", "inferred", "from_cache", "from_store"].map(|name| report[name].as_u64().unwrap())
    };
    let [analysed, inferred, from_cache, from_store] = analyse();
    assert!(analysed >= 30 && inferred >= 30, "{analysed} {inferred}");
    assert_eq!((from_cache, from_store), (0, 0));
    assert_eq!(analyse(), [0; 4], "nothing has changed");
    let vectors = || {
        let database = sandbox.database();
        let mut statement = database.prepare("SELECT text_hash, hex(vector) FROM embeddings ORDER BY 1").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let before = vectors();

    // The journal knows which vector belongs to which text.
    sandbox.database().execute("DELETE FROM passages", []).unwrap();
    let [again, inferred, from_cache, from_store] = analyse();
    assert_eq!((again, inferred, from_cache), (analysed, 0, 0));
    assert!(from_store >= 30, "{from_store}");
    // So does the cache, for a day.
    sandbox.database().execute_batch("DELETE FROM passages; DELETE FROM embeddings").unwrap();
    let [again, inferred, from_cache, from_store] = analyse();
    assert_eq!((again, inferred, from_store), (analysed, 0, 0));
    assert!(from_cache >= 30, "{from_cache}");
    assert_eq!(vectors(), before);
    let key = format!("models:embeddings:{}", before[0].0);
    assert_eq!(sandbox.run(["cache", "get", &key]).ok().json().as_array().unwrap().len(), 384);
    let stats = sandbox.run(["cache", "stats", "--json"]).ok().json();
    let embeddings = stats["namespaces"].as_array().unwrap().iter().find(|n| n["namespace"] == "models:embeddings");
    assert_eq!(embeddings.unwrap()["hits"], from_cache);

    // Both gone: only then the model is asked, and an edit asks it for what is new.
    sandbox.database().execute_batch("DELETE FROM passages; DELETE FROM embeddings").unwrap();
    sandbox.run(["cache", "clear", "models"]).ok();
    assert!(analyse()[1] >= 30);
    sandbox.add(["Something new under the sun"]);
    assert_eq!(analyse()[1..], [1, 0, 0]);
    // To compute them again is what this is for.
    assert_eq!(sandbox.run(["reindex", "embeddings", "--json"]).ok().array("rebuilt")[0]["texts"], analysed + 1);
    assert_eq!(vectors().len(), before.len() + 1);
}

#[test]
fn the_model_is_installed_verified_and_removed() {
    let sandbox = analysed();
    let listed = sandbox.run(["models", "list", "--json"]).ok().array("");
    assert_eq!(listed[0]["installed"], true);
    assert_eq!(sandbox.run(["models", "verify", "--json"]).ok().json()["faults"], serde_json::json!([]));
    drop(sandbox);

    let own = Sandbox::new();
    let from = model_folder();
    let installed = own.run(["models", "install", "--from", from.to_str().unwrap(), "--json"]).ok().json();
    assert_eq!(installed["id"], "all-MiniLM-L6-v2");
    let folder = PathBuf::from(installed["folder"].as_str().unwrap());
    assert!(folder.starts_with(own.data()));
    own.run(["models", "verify"]).ok();
    let mut bytes = fs::read(folder.join("vocab.txt")).unwrap();
    bytes[100] ^= 1;
    fs::write(folder.join("vocab.txt"), bytes).unwrap();
    own.run(["models", "verify"]).code(5).says("vocab.txt").says("hint:");
    own.run(["doctor"]).says("").text();
    own.run(["models", "remove", "all-MiniLM-L6-v2", "--json"]).ok();
    assert!(!folder.exists());
}

#[test]
fn pages_of_words_and_meaning_stay_as_they_were_though_entries_are_added() {
    let sandbox = analysed();
    for args in
        [&["trouble sleeping"][..], &["walks by the water", "--on", "2025"], &["quiet evenings", "--mode", "meaning"]]
    {
        let ids = |more: &[&str]| {
            let answer = search(&sandbox, &[args, more].concat());
            let cursor =
                answer["results"].as_array().unwrap().last().map(|hit| hit["cursor"].as_str().unwrap().to_string());
            (field(answer["results"].as_array().unwrap(), "id"), cursor.filter(|_| answer["more"] == true))
        };
        let (whole, _) = ids(&["-n", "1000"]);
        assert!(whole.len() > 15, "{args:?}: {}", whole.len());
        let mut added = 0;
        let (mut pages, mut cursor) = ids(&["-n", "5"]);
        while let Some(at) = cursor {
            if added < 3 {
                sandbox.add([
                    "-d",
                    "2025-06-01",
                    "Trouble sleeping: lay awake in the quiet evening after a walk by the water.",
                ]);
                sandbox.run(["analyze"]).ok();
                added += 1;
            }
            let (page, next) = ids(&["-n", "5", "--cursor", &at]);
            pages.extend(page);
            cursor = next;
        }
        let (now, _) = ids(&["-n", "5"]);
        for _ in 0..added {
            sandbox.run(["undo"]).ok();
        }
        sandbox.run(["analyze"]).ok();
        assert_eq!(pages, whole, "{args:?}");
        assert!(!whole.contains(&now[0]), "what was added is the best now: {args:?}");
    }
}

/// What the emotion model said of an entry.
fn felt(sandbox: &Sandbox, id: &str) -> Option<Value> {
    let entry = sandbox.show(id);
    let said = entry["sentiments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|said| said["model_name"].as_str().unwrap().starts_with("minilm-emotions-1@"));
    said.cloned()
}

#[test]
fn emotions_are_read_from_the_vectors_and_follow_the_text() {
    let sandbox = analysed();
    let texts = [
        ("fear", "I am terrified of the operation tomorrow. My hands shake and I cannot stop worrying."),
        ("anger", "I am furious. He lied to me again, and I hate how he talks down to everyone."),
        ("sadness", "I cried all evening. I miss her so much, and the flat is empty without her."),
        ("joy", "What a wonderful day! I am so happy and grateful; we laughed the whole afternoon."),
    ];
    let ids: Vec<String> = texts.iter().map(|(_, text)| sandbox.add([*text])).collect();
    assert_eq!(felt(&sandbox, &ids[0]), None);
    let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
    let emotions = tasks.iter().find(|task| task["task_id"] == "emotions").unwrap();
    assert_eq!((&emotions["pending"], &emotions["state"]), (&4.into(), &"waiting".into()));

    // Without vectors there is nothing to read; each model does its own work.
    let outcome = sandbox.run(["analyze", "--model", "minilm-emotions-1"]).ok().says("read from: 4.");
    assert_eq!(outcome.text(), "There was nothing to do for this model.\n");
    let report = sandbox.run(["analyze", "--model", "all-MiniLM-L6-v2", "--json"]).ok().json();
    assert_eq!((&report["analysed"], &report["emotions"]), (&4.into(), &0.into()), "{report}");
    let report = sandbox.run(["analyze", "--model", "minilm-emotions-1", "--json"]).ok().json();
    assert_eq!((&report["analysed"], &report["emotions"]), (&0.into(), &4.into()), "{report}");
    for ((label, text), id) in texts.iter().zip(&ids) {
        let said = felt(&sandbox, id).unwrap();
        assert_eq!(said["sentiment_label"], *label, "{text}: {said}");
        assert_eq!(said["confidence_score"], said["emotions"][label], "{said}");
        assert!(said["confidence_score"].as_f64() > Some(0.3), "{said}");
    }
    let shown = sandbox.run(["show", &ids[0], "--analysis"]).ok().quiet().text();
    assert!(
        shown.contains("minilm-emotions-1@") && shown.contains("\tfear\t0.") && shown.contains("vader\tnegative\t"),
        "{shown}"
    );

    // A new text is read anew, and undoing brings back what was said of the old one.
    let before = felt(&sandbox, &ids[0]);
    sandbox.run(["edit", &ids[0], "--content", texts[3].1]).ok();
    assert_eq!(felt(&sandbox, &ids[0]), None);
    sandbox.run(["analyze"]).ok();
    assert_eq!(felt(&sandbox, &ids[0]).unwrap()["sentiment_label"], "joy");
    sandbox.run(["undo"]).ok();
    assert_eq!(felt(&sandbox, &ids[0]), before);
    assert_eq!(sandbox.show(&ids[0])["mood_source"], "model");

    // What was said travels with the entry, and is not asked again where it arrives.
    let lines = sandbox.run(["export"]).ok().text();
    let line = lines.lines().find(|line| line.contains("terrified of the operation")).unwrap();
    let other = Sandbox::new();
    other.run(["import", &other.file("one.jsonl", line)]).ok();
    assert_eq!(felt(&other, &sandbox.show(&ids[0])["id"].as_str().unwrap().to_string()), before);
    let tasks = other.run(["tasks", "--json"]).ok().array("tasks");
    assert!(tasks.iter().any(|task| task["task_id"] == "emotions" && task["pending"] == 0), "{tasks:?}");

    sandbox.run(["delete", "--yes", &ids[0], &ids[1], &ids[2], &ids[3]]).ok();
    sandbox.run(["analyze"]).ok();
    sandbox.run(["doctor"]).ok();
}
