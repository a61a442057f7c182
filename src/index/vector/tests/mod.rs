//! The index against a truth in memory: whatever happens to the file, the answers stay right.
#![allow(clippy::unwrap_used)]

mod damage;
mod follow;
mod truth;

use std::collections::BTreeSet;

use super::*;
use truth::Truth;

/// Small enough to be quick, large enough for a graph of several levels.
const COUNT: usize = 2500;

/// An index that goes through its snapshot, a graph, from 100 candidates on.
fn index(dir: &tempfile::TempDir) -> VectorIndex {
    let index = VectorIndex::new(dir.path(), Collection::User, "all-MiniLM-L6-v2@1", truth::DIMS);
    index.with_exact_limit(100).with_graph_up_to(usize::MAX)
}

/// What a search and a compaction say of a snapshot of one form.
struct Says {
    held: How,
    delta: How,
    updated: Outcome,
    /// The share of the nearest that are found at least.
    recall: f64,
}

/// Tries something with an index of either form, each in a folder of its own.
fn in_either_form(try_it: impl Fn(&VectorIndex, &Says)) {
    let (graph, codes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    try_it(&index(&graph), &Says { held: How::Hnsw, delta: How::HnswDelta, updated: Outcome::Updated, recall: 0.99 });
    // Of 64 bits a code says little where neighbours lie as close as here; of a model's 384 it finds all.
    let says = Says { held: How::Codes, delta: How::CodesDelta, updated: Outcome::Built, recall: 0.95 };
    try_it(&index(&codes).with_graph_up_to(0), &says);
}

fn compact(index: &VectorIndex, truth: &Truth) -> CompactReport {
    index.compact(|| Ok(truth), LockPolicy::Wait, false, &mut |_, _| Ok(())).unwrap()
}

fn search(index: &VectorIndex, truth: &Truth, query: &[f32]) -> VectorResult {
    index.search(&mut &*truth, query, Candidates::All, 10).unwrap()
}

/// What a scan of everything that is live gives.
fn expected(truth: &Truth, query: &[f32]) -> Vec<Hit> {
    truth.nearest(query, truth.live.iter().copied(), 10)
}

/// The share of expected hits found, over many queries; panics on a score that is not exact, a key
/// that is not live, an order that is not kept, or a way that is not the one named.
fn recall(index: &VectorIndex, truth: &Truth, how: How) -> f64 {
    let (mut found, mut all) = (0, 0);
    for query in truth.queries(60) {
        let result = search(index, truth, &query);
        assert_eq!((result.how, &result.reason), (how, &None));
        assert!(result.hits.iter().all(|hit| truth.live.contains(&hit.key)));
        for hit in &result.hits {
            assert_eq!(hit.similarity, dot(&query, &truth.embeddings[&hit.key]).clamp(-1.0, 1.0));
        }
        assert!(
            result
                .hits
                .is_sorted_by(|a, b| (b.similarity, a.key) <= (a.similarity, b.key) || a.similarity > b.similarity)
        );
        let keys: BTreeSet<i64> = result.hits.iter().map(|hit| hit.key).collect();
        let expected = expected(truth, &query);
        assert_eq!(keys.len(), expected.len(), "no key twice, and as many as there are");
        found += expected.iter().filter(|hit| keys.contains(&hit.key)).count();
        all += expected.len();
    }
    f64::from(found as u32) / f64::from(all as u32)
}

#[test]
fn file_names_are_safe_and_distinct() {
    let names = [
        "all-MiniLM-L6-v2@c9745ed1",
        "ALL-minilm-L6-v2@c9745ed1",
        "../../etc/passwd",
        "",
        "...",
        "日本語モデル",
        "日本語モデル２",
        "a/b",
        "a:b",
        "a\0b\n",
        &"x".repeat(100),
        &"x".repeat(99),
    ];
    let mut seen = BTreeSet::new();
    for name in names {
        for collection in Collection::ALL {
            let path = VectorIndex::new("/d", collection, name, 3).path();
            assert_eq!(path.parent(), Some(Path::new("/d")), "{name:?}");
            let file = path.file_name().unwrap().to_str().unwrap();
            assert!(file.starts_with(collection.name()) && file.ends_with(".usearch"), "{file}");
            assert!(file.len() < 120 && file.bytes().all(|b| b.is_ascii_graphic()), "{file}");
            assert!(seen.insert(file.to_ascii_lowercase()), "{file} twice");
        }
    }
}

#[test]
fn few_candidates_are_scanned_without_a_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(100);
    assert_eq!(recall(&index(&dir), &truth, How::Exact), 1.0);
    let empty = Truth::with(0);
    let result = search(&index(&dir), &empty, &truth.queries(1)[0]);
    assert_eq!(result, VectorResult { hits: vec![], how: How::Exact, reason: None });
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "a search writes nothing");
}

#[test]
fn a_filter_is_applied_before_ranking() {
    in_either_form(filters);
}

fn filters(index: &VectorIndex, says: &Says) {
    let truth = Truth::with(COUNT);
    compact(index, &truth);
    for query in truth.queries(20) {
        let mut far: Vec<i64> = truth.live.iter().copied().collect();
        far.sort_by(|a, b| truth.score(&query, *a).total_cmp(&truth.score(&query, *b)));
        // The 150 that are least like the query, so that no unfiltered search would see them.
        far.truncate(150);
        far.sort_unstable();
        for keys in [&far[..], &far[..30], &far[..1]] {
            let result = index.search(&mut &truth, &query, Candidates::Keys(keys), 10).unwrap();
            assert_eq!(result.hits, truth.nearest(&query, keys.iter().copied(), 10));
        }
        let none = index.search(&mut &truth, &query, Candidates::Keys(&[]), 10).unwrap();
        assert_eq!(none.hits, []);
    }
    // Half of everything: through the snapshot, with the filter.
    let half: Vec<i64> = truth.live.iter().copied().filter(|key| key % 2 == 0).collect();
    let (mut found, mut all) = (0, 0);
    for query in truth.queries(40) {
        let result = index.search(&mut &truth, &query, Candidates::Keys(&half), 10).unwrap();
        assert_eq!(result.how, says.held);
        let expected = truth.nearest(&query, half.iter().copied(), 10);
        assert_eq!(result.hits.len(), 10);
        assert!(result.hits.iter().all(|hit| hit.key % 2 == 0));
        found += expected.iter().filter(|hit| result.hits.contains(hit)).count();
        all += expected.len();
    }
    assert!(found as f64 >= says.recall * all as f64, "{found} of {all}");
}

#[test]
fn a_query_that_means_nothing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(10);
    let index = index(&dir);
    let mut not_a_number = truth.queries(1)[0].clone();
    not_a_number[3] = f32::NAN;
    for query in [vec![], vec![1.0], vec![0.0; truth::DIMS], not_a_number] {
        let error = index.search(&mut &truth, &query, Candidates::All, 3).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Usage);
    }
}

#[test]
fn a_damaged_stored_vector_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let index = index(&dir);
    for bad in [vec![0.0; truth::DIMS], vec![f32::NAN; truth::DIMS], vec![1.0; 3]] {
        let mut truth = Truth::with(COUNT);
        compact(&index, &truth);
        let before = std::fs::read(index.path()).unwrap();
        truth.embeddings.insert(17, bad);
        truth.log();
        let few: Vec<i64> = (1..50).collect();
        let query = &truth.queries(1)[0];
        let error = index.search(&mut &truth, query, Candidates::Keys(&few), 3).unwrap_err();
        assert!(error.message().contains("embedding 17"), "{error}");
        let error = index.compact(|| Ok(&truth), LockPolicy::Wait, true, &mut |_, _| Ok(())).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Corrupt);
        assert_eq!(std::fs::read(index.path()).unwrap(), before);
    }
    let mut truth = Truth::with(50);
    truth.embeddings.remove(&5);
    let error = index.search(&mut &truth, &truth.queries(1)[0], Candidates::All, 3).unwrap_err();
    assert!(error.message().contains("1 of 50"), "{error}");
}
