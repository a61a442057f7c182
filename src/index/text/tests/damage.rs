//! Damage of every kind ends in an index that is right.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use super::*;
use crate::error::Kind;

/// A journal whose index has deletions, several segments and titles.
fn journal() -> (Truth, Bench) {
    let mut truth = Truth::default();
    for number in 0..40 {
        truth.put(Document { title: Some(format!("day {number}")), ..entry(number, "a fox by the river at night") });
    }
    let bench = Bench::of(&truth);
    truth.delete(7);
    truth.write(8, "an owl");
    bench.catch_up(&truth);
    truth.write(41, "a fox alone");
    bench.catch_up(&truth);
    seal(&truth, &bench);
    (truth, bench)
}

/// Lets the clock tick, so that the seal covers every file.
fn seal(truth: &Truth, bench: &Bench) {
    std::thread::sleep(std::time::Duration::from_millis(12));
    assert_eq!(bench.catch_up(truth), Report { applied: 0, rebuilt: None, position: truth.head() });
    assert!(is_sealed(bench));
}

fn is_sealed(bench: &Bench) -> bool {
    super::super::open::for_reading(bench.dir(), &bench.index.fields).unwrap().sealed
}

fn copy(bench: &Bench) -> Bench {
    let copy = Bench::new();
    fs::create_dir_all(copy.dir()).unwrap();
    for file in files(bench) {
        fs::copy(&file, copy.dir().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

fn files(bench: &Bench) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(bench.dir()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// After any damage a search gives what was there, or an error that says so; then a catch-up heals.
fn heals(truth: &Truth, bench: &Bench, right: &TextResults, what: &str) {
    let query = parse("fox");
    let filter = Filter::default();
    let request =
        TextRequest { user: USER, query: &query, filter: &filter, without: &HashSet::new(), limit: 100, relax: false };
    match bench.index.search(&request) {
        Ok(results) => assert_eq!(results.hits, right.hits, "{what}"),
        Err(error) => assert!(matches!(error.kind(), Kind::Corrupt | Kind::NotFound), "{what}: {error:?}"),
    }
    bench.catch_up(truth);
    assert_eq!(bench.search("fox").hits, right.hits, "{what}");
    let verification = bench.index.verify().unwrap();
    assert_eq!((verification.entries, verification.damaged.len()), (40, 0), "{what}");
    // And it can be followed further.
    let mut truth = truth.clone();
    truth.write(50, "one more fox");
    bench.catch_up(&truth);
    assert_eq!(bench.found("fox").len(), right.hits.len() + 1, "{what}");
}

fn damage_each_file(what: &str, damage: impl Fn(&PathBuf)) {
    let (truth, whole) = journal();
    let right = Bench::of(&truth).search("fox");
    let names: Vec<_> = files(&whole).iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert!(names.len() > 14, "{names:?}");
    for name in names {
        let bench = copy(&whole);
        seal(&truth, &bench);
        damage(&bench.dir().join(&name));
        heals(&truth, &bench, &right, &format!("{what} of {name:?}"));
    }
}

#[test]
fn a_missing_file_is_healed() {
    damage_each_file("loss", |file| fs::remove_file(file).unwrap());
}

#[test]
fn noise_in_a_file_is_healed() {
    damage_each_file("noise", |file| {
        let length = fs::metadata(file).unwrap().len().max(64);
        let noise: Vec<u8> = (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 7) as u8).collect();
        fs::write(file, noise).unwrap();
    });
}

#[test]
fn a_flipped_byte_is_healed() {
    damage_each_file("a flipped byte", |file| {
        let mut bytes = fs::read(file).unwrap();
        let at = bytes.len() / 3;
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x55;
        }
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn a_cut_or_empty_file_is_healed() {
    damage_each_file("cut", |file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
    damage_each_file("emptying", |file| fs::write(file, b"").unwrap());
}

#[test]
fn wrong_counts_in_the_list_of_segments_are_noticed() {
    let (truth, bench) = journal();
    let path = bench.dir().join("meta.json");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replacen("\"max_doc\": 40", "\"max_doc\": 39", 1);
    assert_ne!(text, changed, "{text}");
    fs::write(&path, changed).unwrap();
    let query = parse("fox");
    let filter = Filter::default();
    let request =
        TextRequest { user: USER, query: &query, filter: &filter, without: &HashSet::new(), limit: 9, relax: false };
    assert_eq!(bench.index.search(&request).unwrap_err().kind(), Kind::Corrupt);
    bench.catch_up(&truth);
    assert_eq!(bench.found("fox").len(), 39);
}

#[test]
fn the_folder_may_be_gone_or_a_file() {
    let (truth, bench) = journal();
    let right = bench.search("fox");
    let heals = |truth, bench, what| heals(truth, bench, &right, what);
    fs::remove_dir_all(bench.dir()).unwrap();
    heals(&truth, &bench, "loss of the folder");
    fs::remove_dir_all(bench.dir()).unwrap();
    fs::write(bench.dir(), "not a folder").unwrap();
    heals(&truth, &bench, "a file in place of the folder");
    fs::remove_dir_all(bench.dir()).unwrap();
    fs::create_dir(bench.dir()).unwrap();
    heals(&truth, &bench, "an empty folder");
}

#[test]
fn what_killed_processes_left_is_swept() {
    let (mut truth, bench) = journal();
    let (new, old) = (super::super::lock::beside(bench.dir(), ".new"), super::super::lock::beside(bench.dir(), ".old"));
    fs::create_dir(&new).unwrap();
    fs::write(new.join("half"), "x").unwrap();
    fs::create_dir(&old).unwrap();
    fs::write(bench.dir().join(".tmpAbCdEf"), "x").unwrap();
    truth.write(60, "fox");
    assert_eq!(bench.catch_up(&truth).rebuilt, None);
    assert!(!new.exists() && !old.exists() && !bench.dir().join(".tmpAbCdEf").exists());
}

#[test]
fn another_version_is_rebuilt() {
    let (truth, bench) = journal();
    let path = bench.dir().join("meta.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"content_words\"", "\"content_wordz\"");
    fs::write(&path, text).unwrap();
    assert_eq!(bench.catch_up(&truth).rebuilt.as_deref(), Some("it was built by another version"));
    assert_eq!(bench.found("owl"), [8]);
}

#[test]
fn a_copied_index_is_checked_once_and_sealed_again() {
    let (truth, bench) = journal();
    let copy = copy(&bench);
    assert!(!is_sealed(&copy));
    seal(&truth, &copy);
    assert_eq!(copy.found("owl"), [8]);
}
