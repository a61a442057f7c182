//! Every way a file can be wrong: the answer stays exact, and compaction heals it.

use std::fs;

use super::*;

/// Searches with the file as it is, then heals it.
fn survives(index: &VectorIndex, truth: &Truth, what: &str) {
    let query = &truth.queries(1)[0];
    let result = search(index, truth, query);
    assert_eq!(result.how, How::Exact, "{what}");
    assert!(result.reason.is_some(), "{what}");
    assert_eq!(result.hits, expected(truth, query), "{what}");
    let verdict = index.verify(&mut &*truth).unwrap();
    assert!(verdict.state != State::Usable && verdict.due, "{what}");
}

fn healed(index: &VectorIndex, truth: &Truth, says: &Says) {
    assert_eq!(compact(index, truth).outcome, Outcome::Built);
    let verdict = index.verify(&mut &*truth).unwrap();
    assert_eq!(verdict.state, State::Usable);
    assert_eq!(
        (verdict.live, verdict.held, verdict.missing, verdict.dead, verdict.due),
        (truth.live.len(), truth.live.len(), 0, 0, false)
    );
    assert_eq!(search(index, truth, &truth.queries(1)[0]).how, says.held);
}

#[test]
fn no_damage_makes_an_answer_wrong() {
    in_either_form(damages);
}

fn damages(index: &VectorIndex, says: &Says) {
    let truth = Truth::with(300);
    let path = index.path();
    survives(index, &truth, "never built");
    healed(index, &truth, says);
    let good = fs::read(&path).unwrap();

    for length in [0, 1, 7, 8, 127, 128, 129, 1000, 4096, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        survives(index, &truth, &format!("cut to {length}"));
    }
    healed(index, &truth, says);

    let longer = [&good[..], &[0; 40]].concat();
    fs::write(&path, longer).unwrap();
    survives(index, &truth, "40 bytes longer");

    // Each byte of the header, then every 37th of the rest, which meets keys, marks, padding, the
    // engine's own header, links and vectors.
    let places = (0..128).chain((128..good.len()).step_by(37));
    for at in places {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        fs::write(&path, bytes).unwrap();
        survives(index, &truth, &format!("byte {at} flipped"));
    }
    healed(index, &truth, says);

    for (what, fill) in [("zeros", 0u8), ("ones", 0xff)] {
        let mut bytes = good.clone();
        bytes[128..].fill(fill);
        fs::write(&path, &bytes).unwrap();
        survives(index, &truth, &format!("a body of {what}"));
        bytes.fill(fill);
        fs::write(&path, &bytes).unwrap();
        survives(index, &truth, &format!("all {what}"));
        let mut bytes = good.clone();
        let tail = bytes.len() - 5000;
        bytes[tail..].fill(fill);
        fs::write(&path, &bytes).unwrap();
        survives(index, &truth, &format!("a tail of {what}"));
    }
    let noise: Vec<u8> = (0..good.len()).map(|_| rand::random()).collect();
    fs::write(&path, noise).unwrap();
    survives(index, &truth, "noise");
    healed(index, &truth, says);

    fs::remove_file(&path).unwrap();
    survives(index, &truth, "removed");
    fs::create_dir(&path).unwrap();
    survives(index, &truth, "a folder in its place");
    fs::remove_dir(&path).unwrap();
    healed(index, &truth, says);
}

#[test]
fn a_well_formed_file_around_a_wrong_graph_is_refused() {
    // What a defect of ours, rather than of the disk, would leave: every checksum right.
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(300);
    let index = index(&dir);
    let position = truth.log[0];
    let graph = graph::Graph::with_capacity(truth::DIMS, 1, 1).unwrap();
    graph.add(1, &truth.embeddings[&1]).unwrap();
    let entries: Vec<(i64, u32)> =
        truth.embeddings.iter().map(|(key, vector)| (*key, snapshot::mark(vector))).collect();
    snapshot::write(&index, position, &entries, header::Form::Graph, &graph.image().unwrap()).unwrap();
    survives(&index, &truth, "300 keys listed, one held");
    healed(&index, &truth, &Says { held: How::Hnsw, delta: How::HnswDelta, updated: Outcome::Updated, recall: 0.99 });
}
