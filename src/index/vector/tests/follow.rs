//! The snapshot follows the truth: additions, deletions, things put back, older copies restored.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;
use crate::error::{Error, Kind};

#[test]
fn snapshot_and_delta_find_what_a_full_scan_finds() {
    in_either_form(additions);
}

fn additions(index: &VectorIndex, says: &Says) {
    let mut truth = Truth::with(COUNT);
    let report = compact(index, &truth);
    assert_eq!((report.outcome, report.live), (Outcome::Built, COUNT));
    assert_eq!(report.bytes, std::fs::metadata(index.path()).unwrap().len());
    assert_eq!(std::fs::metadata(index.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(recall(index, &truth, says.held) >= says.recall);

    truth.add(300);
    assert!(recall(index, &truth, says.delta) >= says.recall);
    let newest = *truth.live.last().unwrap();
    let vector = truth.embeddings[&newest].clone();
    assert_eq!(search(index, &truth, &vector).hits[0].key, newest);

    assert_eq!(compact(index, &truth).outcome, Outcome::Current, "300 changes are few");
    truth.add(800);
    let report = compact(index, &truth);
    assert_eq!((report.outcome, report.added), (says.updated, 1100));
    assert!(recall(index, &truth, says.held) >= says.recall);
}

#[test]
fn deletions_edits_and_undeletions_are_followed() {
    in_either_form(deletions);
}

fn deletions(index: &VectorIndex, says: &Says) {
    let mut truth = Truth::with(COUNT);
    compact(index, &truth);
    let gone: Vec<i64> = (1..=COUNT as i64).filter(|id| id % 5 == 0).collect();
    truth.delete(gone.iter().copied());
    assert!(recall(index, &truth, says.held) >= says.recall);
    for id in &gone[..50] {
        let hits = search(index, &truth, &truth.embeddings[id]).hits;
        assert!(hits.len() == 10 && hits.iter().all(|hit| hit.key != *id));
    }
    truth.add(600);
    assert!(recall(index, &truth, says.delta) >= says.recall);
    let report = compact(index, &truth);
    assert_eq!((report.outcome, report.added, report.removed), (says.updated, 600, gone.len()));
    assert!(recall(index, &truth, says.held) >= says.recall);

    // An undone deletion brings an id back that is lower than the highest in the snapshot.
    truth.restore([gone[0], gone[7]]);
    for id in [gone[0], gone[7]] {
        let result = search(index, &truth, &truth.embeddings[&id]);
        assert_eq!((result.hits[0].key, result.how), (id, says.delta));
    }
    // Most of it gone: patching would leave a poor graph, so it is built anew.
    truth.delete(truth.live.clone().into_iter().filter(|id| id % 3 != 0).collect::<Vec<_>>());
    assert_eq!(compact(index, &truth).outcome, Outcome::Built);
    assert!(recall(index, &truth, says.held) >= says.recall);

    truth.delete(truth.live.clone());
    assert!(search(index, &truth, &truth.queries(1)[0]).hits.is_empty());
    assert_eq!(compact(index, &truth).outcome, Outcome::Empty);
    assert!(!index.path().exists());
}

#[test]
fn an_older_copy_of_the_truth_is_noticed() {
    in_either_form(older_copies);
}

fn older_copies(index: &VectorIndex, says: &Says) {
    let older = Truth::with(COUNT);
    let mut newer = older.clone();
    newer.add(50);
    compact(index, &newer);

    let mut restored = older.clone();
    restored.add(50); // The same log number and the same ids, with another nonce.
    let query = &restored.queries(1)[0];
    for truth in [&older, &restored] {
        let result = search(index, truth, query);
        assert_eq!(result.how, How::Exact);
        assert!(result.reason.unwrap().contains("another state"));
        assert_eq!(result.hits, expected(truth, query));
        assert!(matches!(index.verify(&mut &*truth).unwrap().state, State::Unusable(_)));
    }
    let report = compact(index, &restored);
    assert_eq!(report.outcome, Outcome::Built);
    assert!(report.reason.unwrap().contains("another state"));
    assert!(recall(index, &restored, says.held) >= says.recall);
}

#[test]
fn other_vectors_under_the_same_log_row_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(COUNT);
    let index = index(&dir);
    compact(&index, &truth);
    let mut other = truth.clone();
    let (first, last) = (other.embeddings[&1].clone(), other.embeddings[&(COUNT as i64)].clone());
    other.embeddings.insert(1, last);
    other.embeddings.insert(COUNT as i64, first);
    let query = &other.queries(1)[0];
    let result = search(&index, &other, query);
    assert_eq!((result.how, result.hits), (How::Exact, expected(&other, query)));
    assert!(result.reason.unwrap().contains("another state"));
    assert!(matches!(index.verify(&mut &other).unwrap().state, State::Unusable(_)));
    // Enough new ones that the snapshot would be patched, were it of this history.
    other.add(1100);
    let report = compact(&index, &other);
    assert_eq!(report.outcome, Outcome::Built);
    assert!(report.reason.is_some());
    assert_eq!(index.verify(&mut &other).unwrap().state, State::Usable);
}

#[test]
fn another_model_or_length_is_not_mixed_up() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(COUNT);
    let index = index(&dir);
    compact(&index, &truth);
    let other = VectorIndex { model: "another".into(), ..index.clone() };
    let query = &truth.queries(1)[0];
    assert!(search(&other, &truth, query).reason.unwrap().contains("has not been built"));
    std::fs::copy(index.path(), other.path()).unwrap();
    let result = search(&other, &truth, query);
    assert_eq!((result.how, result.hits), (How::Exact, expected(&truth, query)));
    assert!(result.reason.unwrap().contains("another collection or model"));

    let longer = VectorIndex { dims: 32, ..index.clone() };
    let verdict = longer.verify(&mut &Truth::with(0)).unwrap();
    assert!(matches!(verdict.state, State::Unusable(why) if why.contains("64 numbers")));
}

#[test]
fn one_compaction_at_a_time_and_the_next_sees_its_work() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(COUNT);
    let index = index(&dir);
    let (inside, started) = channel();
    let (go, wait) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let wait = wait;
            let mut first = true;
            let report = index.compact(|| Ok(&truth), LockPolicy::Wait, false, &mut |_, _| {
                if std::mem::take(&mut first) {
                    inside.send(()).unwrap();
                    wait.recv().unwrap();
                }
                Ok(())
            });
            assert_eq!(report.unwrap().outcome, Outcome::Built);
        });
        started.recv().unwrap();
        let report = index
            .compact::<&Truth>(
                || panic!("the source is opened only under the lock"),
                LockPolicy::Skip,
                false,
                &mut |_, _| Ok(()),
            )
            .unwrap();
        assert_eq!(report.outcome, Outcome::Busy);
        let second = scope.spawn(|| compact(&index, &truth));
        std::thread::sleep(Duration::from_millis(50));
        go.send(()).unwrap();
        assert_eq!(second.join().unwrap().outcome, Outcome::Current);
    });
}

#[test]
fn an_interrupted_compaction_changes_nothing_and_the_next_one_sweeps() {
    let dir = tempfile::tempdir().unwrap();
    let truth = Truth::with(COUNT);
    let index = index(&dir);
    compact(&index, &truth);
    let before = std::fs::read(index.path()).unwrap();
    let mut done = 0;
    let error = index
        .compact(|| Ok(&truth), LockPolicy::Wait, true, &mut |now, total| {
            assert_eq!(total, COUNT as u64);
            done = now;
            if now > 1000 { Err(Error::new(Kind::Interrupted, "interrupted")) } else { Ok(()) }
        })
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    assert!((1001..1100).contains(&done));
    assert_eq!(std::fs::read(index.path()).unwrap(), before);

    let name = index.path().file_name().unwrap().to_str().unwrap().to_owned();
    std::fs::write(dir.path().join(format!(".{name}.a1B2c3.tmp")), &before[..5000]).unwrap();
    std::fs::write(dir.path().join(".other.usearch.a1B2c3.tmp"), "not ours").unwrap();
    let report = compact(&index, &truth);
    assert_eq!((report.outcome, report.swept), (Outcome::Current, 1));
    assert_eq!(dir.path().read_dir().unwrap().count(), 3, "snapshot, lock, and what is not ours");
}

const CHILD: &str = "JOURNAL_TEST_COMPACT_CHILD";

/// Not a test of its own: what the process of the next test runs. Without the variable it ends.
#[test]
fn child() {
    let Ok(dir) = std::env::var(CHILD) else { return };
    let truth = older_and_newer().1;
    let index = VectorIndex::new(dir, Collection::User, "m", truth::DIMS).with_exact_limit(100);
    loop {
        index.compact(|| Ok(&truth), LockPolicy::Wait, true, &mut |_, _| Ok(())).unwrap();
    }
}

/// The same two truths in every process.
fn older_and_newer() -> (Truth, Truth) {
    let mut older = Truth::with(400);
    older.log = vec![Position { seq: 1, nonce: 11 }];
    let mut newer = older.clone();
    newer.add(200);
    newer.log = vec![older.log[0], Position { seq: 2, nonce: 22 }];
    (older, newer)
}

#[test]
fn a_killed_compaction_leaves_the_old_snapshot_or_the_new() {
    let dir = tempfile::tempdir().unwrap();
    let (older, newer) = older_and_newer();
    let index = VectorIndex::new(dir.path(), Collection::User, "m", truth::DIMS).with_exact_limit(100);
    let mut killed_while_writing = 0;
    for round in 0..40u64 {
        index.compact(|| Ok(&older), LockPolicy::Wait, true, &mut |_, _| Ok(())).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "index::vector::tests::follow::child"])
            .env(CHILD, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(10 + 3 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let verdict = index.verify(&mut &newer).unwrap();
        assert_eq!(verdict.state, State::Usable);
        assert!([400, 600].contains(&verdict.held));
        let report = compact(&index, &newer);
        assert_eq!((report.outcome, report.reason), (Outcome::Current, None));
        killed_while_writing += report.swept;
    }
    let left = dir.path().read_dir().unwrap().count();
    assert_eq!(left, 2, "snapshot and lock, after {killed_while_writing} temporary files were swept");
}
