//! The language of `journal search` with the real model: fields and `like:` in hybrid and semantic mode,
//! thresholds, and `similar` against the seed's rule.

use crate::meaning::model_folder;
use crate::support::{Sandbox, field, sample_lines};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Some of the sample and one entry of many passages, analysed once.
static ANALYSED: LazyLock<Mutex<Sandbox>> = LazyLock::new(|| {
    let sandbox = Sandbox::kept("cli-query").with("JOURNAL_MODEL_PATH", model_folder().parent().unwrap());
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    let lines: Vec<String> = sample_lines().iter().map(Value::to_string).collect();
    let file = sandbox.file("some.jsonl", lines[..90].join("\n"));
    sandbox.run(["import", &file]).ok();
    let long: Vec<String> = lines[90..130]
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["content"].as_str().unwrap().to_string())
        .collect();
    sandbox.pipe(["add", "-t", "Everything at once", "-d", "2025-08-01"], long.join("\n\n")).ok();
    sandbox.run(["analyze"]).ok();
    Mutex::new(sandbox)
});

fn analysed() -> MutexGuard<'static, Sandbox> {
    ANALYSED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn search(sandbox: &Sandbox, query: &str, args: &[&str]) -> Value {
    sandbox.run([&["search", "--json", "-n", "1000"], args, &["--", query]].concat()).ok().json()
}

fn hits(answer: &Value) -> &Vec<Value> {
    answer["results"].as_array().unwrap()
}

/// The vectors of the passages of each entry.
fn passages(sandbox: &Sandbox) -> Vec<(String, Vec<Vec<f32>>)> {
    let database = sandbox.database();
    let mut statement = database
        .prepare(
            "SELECT p.subject_id, e.vector FROM passages p JOIN embeddings e ON e.id = p.embedding_id
             WHERE p.collection = 'user_embeddings' ORDER BY p.subject_id, p.ordinal",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut found: Vec<(String, Vec<Vec<f32>>)> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let (id, bytes): (String, Vec<u8>) = (row.get(0).unwrap(), row.get(1).unwrap());
        let vector = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        match found.last_mut().filter(|(known, _)| *known == id) {
            Some((_, vectors)) => vectors.push(vector),
            None => found.push((id, vec![vector])),
        }
    }
    found
}

fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let sum: Vec<f32> = (0..vectors[0].len()).map(|at| vectors.iter().map(|vector| vector[at]).sum()).collect();
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter().map(|x| x / length).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn a_field_under_or_holds_in_every_mode() {
    let sandbox = analysed();
    let low = |hit: &Value| hit["mood_score"].as_f64().is_some_and(|mood| mood < -0.3);
    let all_low: BTreeSet<String> = {
        let entries = sandbox.run(["list", "--json", "-n", "1000"]).ok().array("");
        field(&entries.into_iter().filter(|entry| low(entry)).collect::<Vec<_>>(), "id").into_iter().collect()
    };
    assert!(all_low.len() > 2);
    for mode in ["text", "semantic", "hybrid"] {
        // One or the other: all of those with the mood, whatever they mean, and those that mean it.
        let answer = search(&sandbox, "trouble sleeping OR mood:<-0.3", &["--mode", mode]);
        let found: BTreeSet<String> = field(hits(&answer), "id").into_iter().collect();
        assert!(found.is_superset(&all_low), "{mode}");
        assert!(mode == "text" || hits(&answer).iter().any(|hit| !low(hit)), "{mode}");
        // Both: the filter comes before the ranking.
        let answer = search(&sandbox, "night (mood:<-0.3 OR topic:health)", &["--mode", mode]);
        assert_eq!(answer["mode_used"], mode);
        let health = |hit: &Value| hit["topics"].as_array().unwrap().iter().any(|topic| topic["name"] == "health");
        assert!(!hits(&answer).is_empty() && hits(&answer).iter().all(|hit| low(hit) || health(hit)), "{mode}");
        let answer = search(&sandbox, "night -mood:<0.1 -since:2025", &["--mode", mode]);
        assert!(!hits(&answer).is_empty(), "{mode}");
        for hit in hits(&answer) {
            assert!(hit["mood_score"].as_f64().is_none_or(|mood| mood >= 0.1), "{hit}");
            assert!(hit["entry_date"].as_str().unwrap() < "2025", "{hit}");
        }
        // Fields alone are listed, whatever the mode.
        assert_eq!(search(&sandbox, "mood:<-0.3", &["--mode", mode])["mode_used"], "filter");
    }
    assert_eq!(search(&sandbox, "night", &[])["mode_used"], "hybrid");
}

#[test]
fn like_ranks_by_likeness_and_joins_with_words() {
    let sandbox = analysed();
    let id = field(hits(&search(&sandbox, "trouble sleeping", &[])), "short_id").remove(0);
    let like = format!("like:{id}");
    let answer = search(&sandbox, &like, &[]);
    assert_eq!((&answer["mode_used"], &answer["reason"]), (&"semantic".into(), &Value::Null));
    let alone = hits(&answer);
    assert!(alone.len() > 3 && alone.iter().all(|hit| hit["short_id"] != *id));
    assert!(alone.is_sorted_by(|a, b| a["score"].as_f64() >= b["score"].as_f64()));
    assert!(alone.iter().all(|hit| hit["evidence"]["like"]["similarity"].as_f64() >= Some(0.2)));
    // The same as `similar`, which has a higher line.
    let similar = sandbox.run(["similar", &id, "--threshold", "0.2", "-n", "1000", "--json"]).ok().array("results");
    assert_eq!(field(alone, "id"), field(&similar, "id"));
    // With filters before the ranking, and a line of one's own.
    let later = search(&sandbox, &format!("{like} since:2024-08"), &["--threshold", "0.3"]);
    let expected: Vec<&Value> = alone
        .iter()
        .filter(|hit| hit["entry_date"].as_str() >= Some("2024-08") && hit["score"].as_f64() >= Some(0.3))
        .collect();
    assert_eq!(field(hits(&later), "id"), expected.iter().map(|hit| hit["id"].as_str().unwrap()).collect::<Vec<_>>());
    // With words, in every mode: what has the words or their meaning, the likest first.
    for mode in ["text", "semantic", "hybrid"] {
        let with = search(&sandbox, &format!("night {like}"), &["--mode", mode]);
        let plain = search(&sandbox, "night", &["--mode", mode]);
        let plain: BTreeSet<String> = field(hits(&plain), "id").into_iter().collect();
        assert!(!hits(&with).is_empty(), "{mode}");
        for hit in hits(&with) {
            assert!(plain.contains(hit["id"].as_str().unwrap()), "{mode}: {hit}");
            assert!(!hit["evidence"]["like"].is_null(), "{mode}: {hit}");
        }
        let without = search(&sandbox, &format!("night -{like}"), &["--mode", mode, "--threshold", "0.3"]);
        assert!(hits(&without).iter().all(|hit| hit["evidence"]["like"].is_null()), "{mode}");
    }
    // An entry of a moment ago is read when it is asked for.
    let new = sandbox.add(["Awake again until four, counting the bells"]);
    assert!(!hits(&search(&sandbox, &format!("like:{new}"), &[])).is_empty());
    sandbox.run(["delete", "--yes", &new]).ok();
    let shown = sandbox.run(["search", &like, "--explain", "-n", "1"]).ok().says(&format!("looked for: {like}")).text();
    assert!(shown.contains(&format!("like {id} #1 (similarity 0.")), "{shown}");
}

#[test]
fn similar_compares_whole_entries_as_the_seed_does() {
    let sandbox = analysed();
    let vectors = passages(&sandbox);
    let (long, parts) = vectors.iter().max_by_key(|(_, parts)| parts.len()).unwrap();
    assert!(parts.len() > 5, "one entry has many passages");
    for (subject, own) in vectors.iter().step_by(9).chain([&(long.clone(), parts.clone())]) {
        let own = mean(own);
        let mut expected: Vec<(f32, &String)> = vectors
            .iter()
            .filter(|(id, _)| id != subject)
            .map(|(id, vectors)| (cosine(&own, &mean(vectors)), id))
            .collect();
        expected.sort_by(|a, b| b.0.total_cmp(&a.0));
        let near = sandbox.run(["similar", subject, "--threshold", "-1", "-n", "1000", "--json"]).ok().array("results");
        assert_eq!(near.len(), expected.len());
        for (hit, (similarity, id)) in near.iter().zip(&expected) {
            assert!((hit["score"].as_f64().unwrap() - f64::from(*similarity)).abs() < 1e-4, "{id}: {hit}");
        }
        // The default is the seed's: ten at most, 0.7 at least.
        let near = sandbox.run(["similar", subject, "--json"]).ok().json();
        let above = expected.iter().filter(|(similarity, _)| *similarity >= 0.7).count().min(10);
        assert_eq!(hits(&near).len(), above);
        if above == 0 {
            assert_eq!(near["best"]["id"].as_str().unwrap(), expected[0].1);
        }
    }
    // A long entry is not found for one sentence of its many: by passages it would be.
    let text = "The cat sleeps on the stairs and will not move";
    let best = |threshold: &str| {
        sandbox.run(["similar", "--text", text, "--threshold", threshold, "-n", "1000", "--json"]).ok()
    };
    let place = best("-1").array("results").iter().position(|hit| hit["id"] == long.as_str()).unwrap();
    let by_passage = hits(&search(&sandbox, text, &["--mode", "semantic", "--threshold", "-1"]))
        .iter()
        .position(|hit| hit["id"] == long.as_str())
        .unwrap();
    println!("the long entry is #{} as a whole, #{} by its best passage", place + 1, by_passage + 1);
    assert!(place > by_passage, "{place} {by_passage}");
}

#[test]
fn similar_takes_an_id_a_text_or_standard_input() {
    let sandbox = analysed();
    let text = "lying awake at night again";
    let ranked = |outcome: crate::support::Outcome| field(&outcome.ok().array("results"), "id");
    let by_flag = ranked(sandbox.run(["similar", "--text", text, "--threshold", "0.2", "--json"]));
    assert!(!by_flag.is_empty());
    assert_eq!(ranked(sandbox.run(["similar", text, "--threshold", "0.2", "--json"])), by_flag);
    let words: Vec<&str> = ["similar", "--threshold", "0.2", "--json"].into_iter().chain(text.split(' ')).collect();
    assert_eq!(ranked(sandbox.run(words)), by_flag);
    assert_eq!(ranked(sandbox.pipe(["similar", "-", "--threshold", "0.2", "--json"], text)), by_flag);
    // A text of any length is read to its end, as entries are.
    let long = sandbox.export().lines().find(|line| line.contains("Everything at once")).unwrap().to_string();
    let long: Value = serde_json::from_str(&long).unwrap();
    let whole = format!("{}\n\n{}", long["title"].as_str().unwrap(), long["content"].as_str().unwrap());
    let near = sandbox.pipe(["similar", "-", "--json"], &whole).ok().array("results");
    assert_eq!(near[0]["id"], long["id"]);
    assert!(near[0]["score"].as_f64().unwrap() > 0.999, "{}", near[0]["score"]);
    // Nothing near enough: the best there was is named.
    let far = sandbox.run(["similar", "quantum chromodynamics on the lattice"]).ok();
    assert_eq!(far.text(), "");
    let far = far.says("Nothing found.").says("The nearest in meaning is ").says("alike: --threshold 0.");
    let line = far.talk();
    let threshold = line.split("--threshold ").nth(1).unwrap().split(' ').next().unwrap().to_string();
    let shown = sandbox.run(["similar", "quantum chromodynamics on the lattice", "--threshold", &threshold]).ok();
    assert_eq!(shown.lines().len(), 1, "{shown}");
    // So is the best of a search by meaning.
    let far = search(&sandbox, "quantum chromodynamics on the lattice", &["--mode", "semantic", "--threshold", "0.9"]);
    assert!(hits(&far).is_empty() && far["best"]["similarity"].as_f64() < Some(0.9), "{far}");
    sandbox.run(["similar", "zzzz"]).code(3).says("--text zzzz");
    sandbox.run(["similar", " "]).code(2);
    sandbox.run(["similar", text, "--threshold", "7"]).code(2);
    sandbox.run(["similar", "0000", "more", "words", "--threshold", "-1"]).ok();
}
