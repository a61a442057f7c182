//! Following the log.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::error::{Error, Kind};

#[test]
fn entries_are_added_changed_and_removed() {
    let mut truth = Truth::default();
    truth.write(1, "a red fox");
    truth.write(2, "a blue fox");
    let bench = Bench::new();
    let report = bench.catch_up(&truth);
    assert_eq!((report.applied, report.rebuilt.as_deref()), (2, Some("there was none")));
    assert_eq!(bench.found("fox"), [2, 1]);

    truth.write(1, "a red deer");
    truth.delete(2);
    truth.write(3, "a green fox");
    let report = bench.catch_up(&truth);
    assert_eq!(report, Report { applied: 3, rebuilt: None, position: truth.head() });
    assert_eq!(bench.found("fox"), [3]);
    assert_eq!(bench.found("deer"), [1]);
    assert_eq!(bench.index.verify().unwrap().entries, 2);

    assert_eq!(bench.catch_up(&truth), Report { applied: 0, rebuilt: None, position: truth.head() });
    assert_eq!(bench.index.position(), Some(truth.head()));
}

#[test]
fn an_empty_journal_is_an_empty_index() {
    let truth = Truth::default();
    let bench = Bench::of(&truth);
    assert!(bench.found("fox").is_empty());
    assert_eq!(bench.index.position(), Some(Position::START));
    assert_eq!(bench.catch_up(&truth).rebuilt, None);
}

#[test]
fn an_older_journal_put_back_is_noticed() {
    let mut truth = Truth::default();
    truth.write(1, "first");
    truth.write(2, "second");
    let mut backup = truth.clone().with_nonces_from(100);
    truth.write(3, "third");
    truth.write(4, "fourth");
    let bench = Bench::of(&truth);

    // The log is shorter than what was applied.
    let report = bench.catch_up(&backup);
    assert!(report.rebuilt.is_some());
    assert!(bench.found("third").is_empty());

    // The same numbers come again with other contents.
    bench.catch_up(&truth);
    for number in 5..9 {
        backup.write(number, "strange");
    }
    assert!(bench.catch_up(&backup).rebuilt.is_some());
    assert_eq!(bench.found("strange").len(), 4);
    assert!(bench.found("fourth").is_empty());
}

#[test]
fn a_failing_or_interrupted_source_leaves_the_index_as_it_was() {
    let mut truth = Truth::default();
    truth.write(1, "kept");
    let bench = Bench::of(&truth);
    truth.write(2, "new");
    let before = bench.index.position();
    let mut open = || -> Result<Box<dyn TextSource>> { Ok(Box::new(truth.clone())) };
    let mut stop = |_| Err(Error::new(Kind::Interrupted, "interrupted"));
    for rebuild in [false, true] {
        let result = match rebuild {
            true => bench.index.rebuild(&mut open, LockWait::No, &mut stop),
            false => bench.index.catch_up(&mut open, LockWait::No, &mut stop),
        };
        assert_eq!(result.unwrap_err().kind(), Kind::Interrupted);
        assert_eq!(bench.index.position(), before);
        assert_eq!(bench.found("kept"), [1]);
    }
    let mut fail = || -> Result<Box<dyn TextSource>> { Err(Error::failure("no database")) };
    assert!(bench.index.catch_up(&mut fail, LockWait::No, &mut |_| Ok(())).is_err());
    bench.catch_up(&truth);
    assert_eq!(bench.found("new"), [2]);
}

#[test]
fn a_busy_index_says_so_and_can_still_be_searched() {
    let mut truth = Truth::default();
    truth.write(1, "fox");
    let bench = Bench::of(&truth);
    truth.write(2, "fox");
    let lock = super::super::lock::Lock::take(bench.dir(), LockWait::No).unwrap();
    for wait in [LockWait::No, LockWait::UpTo(Duration::from_millis(20))] {
        let mut open = || -> Result<Box<dyn TextSource>> { Ok(Box::new(truth.clone())) };
        let error = bench.index.catch_up(&mut open, wait, &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.kind(), Kind::Busy);
    }
    assert_eq!(bench.found("fox"), [1]);
    drop(lock);
    bench.catch_up(&truth);
    assert_eq!(bench.found("fox"), [2, 1]);
}

#[test]
fn many_catch_ups_at_once_lose_nothing() {
    let truth = Arc::new(Mutex::new(Truth::default()));
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for worker in 0..8_u128 {
            let (truth, bench) = (&truth, &bench);
            scope.spawn(move || {
                for turn in 0..6 {
                    let number = worker * 10 + turn;
                    truth.lock().unwrap().write(number, &format!("fox w{worker}"));
                    if turn == 3 {
                        truth.lock().unwrap().delete(worker * 10);
                    }
                    let report = catch_up(&bench.index, truth).unwrap();
                    // Nobody finds the index damaged but the one that finds none.
                    assert!(report.rebuilt.is_none_or(|reason| reason == "there was none"));
                    // What was written before the catch-up is found after it.
                    assert!(bench.found(&format!("w{worker}")).contains(&number));
                }
            });
        }
    });
    assert_eq!(bench.found("fox").len(), 8 * 5);
    let verification = bench.index.verify().unwrap();
    assert_eq!(verification.entries, 40);
    assert_eq!(verification.position, truth.lock().unwrap().head());
    assert!(verification.strays.is_empty(), "{:?}", verification.strays);
    // What a damaged list has forgotten goes with the next catch-up.
    std::fs::write(bench.dir().join("0123456789abcdef0123456789abcdef.term"), "nobody's").unwrap();
    assert_eq!(bench.index.verify().unwrap().strays.len(), 1);
    truth.lock().unwrap().write(1_000, "fox");
    catch_up(&bench.index, &truth).unwrap();
    assert!(bench.index.verify().unwrap().strays.is_empty() && bench.found("fox").len() == 41);
    // Merges ran: a segment per commit would be up to 48.
    assert!(std::fs::read_dir(bench.dir()).unwrap().count() < 120);
}

#[test]
fn an_index_in_many_parts_is_made_one_and_finds_the_same() {
    let (mut truth, bench) = (Truth::default(), Bench::new());
    for number in 1..=6 {
        truth.write(number, if number % 2 == 0 { "a red fox" } else { "a blue fox" });
        bench.catch_up(&truth);
    }
    truth.delete(3);
    bench.catch_up(&truth);
    let parts = || {
        let files = std::fs::read_dir(bench.dir()).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "idx")).count()
    };
    let (red, fox) = (bench.search("red"), bench.search("fox"));
    assert!(parts() > 3, "{}", parts());
    assert!(bench.index.settle().unwrap());
    assert_eq!(parts(), 1, "and nothing of the others is left");
    assert_eq!((bench.search("red"), bench.search("fox")), (red, fox));
    assert_eq!(bench.index.position(), Some(truth.head()));
    assert!(!bench.index.settle().unwrap(), "there is nothing to be settled");
    let verification = bench.index.verify().unwrap();
    assert_eq!((verification.entries, verification.position), (5, truth.head()));
    assert!(verification.damaged.is_empty() && verification.strays.is_empty());
}

#[test]
fn scores_and_order_are_those_of_a_rebuilt_index() {
    let words = ["fox", "deer", "wolf", "bear", "owl", "night", "river", "stone"];
    let text = |seed: u64| {
        let pick =
            |n: u64| words[(seed.wrapping_mul(6_364_136_223_846_793_005).rotate_left(n as u32 * 7) % 8) as usize];
        (0..3 + seed % 9).map(pick).collect::<Vec<_>>().join(" ")
    };
    let mut truth = Truth::default();
    let followed = Bench::new();
    for round in 0..30_u64 {
        for step in 0..7 {
            let number = (round * 7 + step) % 90;
            truth.write(number.into(), &text(round * 31 + step));
        }
        truth.delete(u128::from(round * 13 % 90));
        followed.catch_up(&truth);
    }
    let rebuilt = Bench::of(&truth);
    for query in
        ["fox", "deer wolf", "owl OR bear", "\"night river\"", "-fox stone", "st*", "wlof~ night", "fox owl river"]
    {
        let filter = Filter::default();
        let (one, other) = (followed.search_with(query, &filter, true), rebuilt.search_with(query, &filter, true));
        assert!(!one.hits.is_empty(), "{query}");
        assert_eq!(one, other, "{query}");
    }
}
