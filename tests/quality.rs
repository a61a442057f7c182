//! How well a search finds: the real program over collections with judged queries, in BEIR form.
//!
//! `cargo test --test quality` judges the sample journal by the queries in `tests/quality`, and fails when
//! a search has become worse. `JOURNAL_QUALITY_SETS` names further collections, folders separated by
//! colons, whose figures are printed only; see `make bench-quality`.
#![allow(clippy::unwrap_used)]

#[path = "quality/collection.rs"]
mod collection;
#[path = "quality/measures.rs"]
mod measures;
mod support;

use collection::Collection;
use measures::{Figures, Mean};
use std::path::{Path, PathBuf};
use support::{Outcome, Sandbox};

/// How deep a list is judged.
const DEPTH: &str = "100";

const MODES: [&str; 3] = ["text", "semantic", "hybrid"];

/// What the own collection must reach, as nDCG@10 and recall@100 for text, semantic, hybrid: a little below
/// what was measured when a rule last changed.
const LEAST: [(f64, f64); 3] = [(0.42, 0.55), (0.53, 0.72), (0.56, 0.78)];

#[test]
fn what_is_looked_for_in_the_sample_journal_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = Collection::of_journal(&root.join("examples/sample-journal.jsonl"), &root.join("tests/quality"));
    let sandbox = Sandbox::new();
    let figures = judge(&sandbox, &own);
    print(&own, &figures);
    if !sandbox.has_model() {
        return;
    }
    for ((mode, reached), least) in MODES.into_iter().zip(&figures).zip(LEAST) {
        assert!(reached.ndcg >= least.0 && reached.recall >= least.1, "{mode}: {reached:?} is below {least:?}");
    }
    let [text, semantic, hybrid] = &figures[..] else { panic!("three modes") };
    assert!(hybrid.ndcg > text.ndcg && hybrid.ndcg > semantic.ndcg, "hybrid is below one of its parts");
}

#[test]
fn other_collections_are_judged_when_named() {
    let Some(sets) = std::env::var_os("JOURNAL_QUALITY_SETS") else { return };
    for folder in std::env::split_paths(&sets).filter(|folder| folder.join("corpus.jsonl").exists()) {
        let collection = Collection::of_folder(&folder);
        let mut sandbox = Sandbox::new();
        if let Some(kept) = std::env::var_os("JOURNAL_QUALITY_KEEP") {
            sandbox.move_to(PathBuf::from(kept).join(&collection.name));
        }
        print(&collection, &judge(&sandbox, &collection));
    }
}

/// Imports the collection unless it is there, analyses it, and asks every query in every mode.
fn judge(sandbox: &Sandbox, collection: &Collection) -> Vec<Figures> {
    if !sandbox.data().exists() {
        let lines = sandbox.folder().join("lines.jsonl");
        std::fs::write(&lines, collection.lines()).unwrap();
        sandbox.ok(&["import", lines.to_str().unwrap()]);
    }
    if sandbox.has_model() {
        sandbox.ok(&["analyze"]);
    }
    let asked = if sandbox.has_model() { &MODES[..] } else { &MODES[..1] };
    asked.iter().map(|mode| in_mode(sandbox, collection, mode)).collect()
}

fn in_mode(sandbox: &Sandbox, collection: &Collection, mode: &str) -> Figures {
    let (mut ndcg, mut recall) = (Mean::default(), Mean::default());
    for query in &collection.queries {
        let mut command = sandbox.command();
        command.args(["search", "--json", "--mode", mode, "--limit", DEPTH, "--", &query.text]);
        let answer = Outcome::of(command).expect(0).json();
        assert_eq!(answer["mode_used"], mode, "{}: {}", query.text, answer["reason"]);
        let found = support::ids(&answer["results"]);
        let found: Vec<u32> = found.iter().map(|id| query.relevance.get(id).copied().unwrap_or(0)).collect();
        let judged: Vec<u32> = query.relevance.values().copied().collect();
        ndcg.add(measures::ndcg(&found, &judged, 10));
        recall.add(measures::recall(&found, &judged, 100));
        if std::env::var_os("JOURNAL_QUALITY_VERBOSE").is_some() {
            println!("{mode}\t{}\t{:.3}\t{}", query.id, measures::ndcg(&found, &judged, 10), query.text);
        }
    }
    Figures { ndcg: ndcg.value(), recall: recall.value() }
}

fn print(collection: &Collection, figures: &[Figures]) {
    println!("\n{}: {} entries, {} queries", collection.name, collection.len(), collection.queries.len());
    println!("  {:<10} {:>8} {:>11}", "mode", "nDCG@10", "recall@100");
    for (mode, Figures { ndcg, recall }) in MODES.iter().zip(figures) {
        println!("  {mode:<10} {ndcg:>8.3} {recall:>11.3}");
    }
}
