//! A file that is not what it should be: a miss, then a fresh start, never an error.

use std::fs;
use std::path::Path;

use super::*;

fn filled(path: &Path) -> Vec<u8> {
    let cache = Cache::new(path, DEFAULT_MAX_BYTES);
    let puts: Vec<Put> = (0..400).map(|n| put(&n.to_string(), &format!("{n}").repeat(60))).collect();
    assert_eq!(cache.put_many(&puts, NOW), Health::Good);
    fs::read(path).unwrap()
}

/// Whatever the file holds: reads give what was put or nothing, and after one write the cache works.
fn survives(path: &Path, what: &str) {
    let cache = Cache::new(path, DEFAULT_MAX_BYTES);
    let ids: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    for (id, value) in ids.iter().zip(cache.get_many(ModelsSentiment, &ids, NOW)) {
        assert!(value.is_none_or(|value| value == id.repeat(60).as_bytes()), "{what}: {id}");
    }
    let _ = cache.usage();
    let puts: Vec<Put> = ids.iter().map(|id| put(id, &format!("new {id}"))).collect();
    match cache.put_many(&puts, NOW) {
        Health::Skipped(why) => panic!("{what}: {why}"),
        Health::Good | Health::Restarted(_) => {}
    }
    for (id, value) in ids.iter().zip(cache.get_many(ModelsSentiment, &ids, NOW)) {
        assert_eq!(value, Some(format!("new {id}").into_bytes()), "{what}: {id}");
    }
}

#[test]
fn noise_in_any_page_heals() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    let good = filled(&path);
    for page in 0..good.len().div_ceil(4096) {
        for fill in [None, Some(0), Some(0xff)] {
            let mut bytes = good.clone();
            let end = good.len().min(page * 4096 + 4096);
            bytes[page * 4096..end].fill_with(|| fill.unwrap_or_else(rand::random));
            fs::write(&path, bytes).unwrap();
            survives(&path, &format!("page {page} of {fill:?}"));
        }
    }
    // Single bytes, of the header above all. One flipped inside a key puts a row out of order.
    for at in (0..320).step_by(2).chain((320..good.len()).step_by(1999)) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x41;
        fs::write(&path, bytes).unwrap();
        survives(&path, &format!("byte {at}"));
    }
    let noise: Vec<u8> = good.iter().map(|_| rand::random()).collect();
    fs::write(&path, noise).unwrap();
    survives(&path, "all noise");
}

#[test]
fn a_file_cut_short_heals() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    let good = filled(&path);
    for length in [0, 1, 9, 64, 320, 4095, 4096, 8192, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        survives(&path, &format!("cut to {length}"));
    }
}

#[test]
fn damage_that_a_read_met_is_healed_by_the_next_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    let cache = cache(&dir);
    let _ = cache.put_many(&[put("a", &"needle".repeat(100))], NOW);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(12).position(|part| part == b"needleneedle").unwrap();
    bytes[at + 50] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(get(&cache, "a", NOW), None, "the engine does not notice, the checksum does");
    assert!(matches!(cache.put_many(&[put("b", "x")], NOW), Health::Restarted(_)));
    assert_eq!(cache.usage().entries, 1);
    assert_eq!(cache.put_many(&[put("c", "x")], NOW), Health::Good, "once");
}

#[test]
fn a_file_removed_while_open_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    let cache = cache(&dir);
    filled(&path);
    let reader = fs::File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(get(&cache, "3", NOW), None);
    assert_eq!(cache.put_many(&[put("a", "x")], NOW), Health::Good);
    assert_eq!(get(&cache, "a", NOW).unwrap(), "x");
    drop(reader);
}

#[test]
fn a_killed_creation_leaves_nothing_bad() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    // What a process killed while the engine lays out a new file leaves: a part of one, under the
    // temporary name, and no cache.
    let good = filled(&path);
    fs::remove_file(&path).unwrap();
    let left = dir.path().join(".cache.redb.q1W2e3.tmp");
    fs::write(&left, vec![0; good.len()]).unwrap();
    fs::write(dir.path().join(".other.tmp"), "not ours").unwrap();
    let cache = cache(&dir);
    assert_eq!(get(&cache, "3", NOW), None);
    assert_eq!(cache.put_many(&[put("a", "x")], NOW), Health::Good);
    assert_eq!(get(&cache, "a", NOW).unwrap(), "x");
    assert!(!left.exists() && dir.path().join(".other.tmp").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_a_miss_and_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    // Neither can be written by anyone, the superuser included.
    for place in [file.join("cache.redb"), Path::new("/proc/self/cache.redb").to_owned()] {
        let cache = Cache::new(&place, DEFAULT_MAX_BYTES);
        assert_eq!(get(&cache, "a", NOW), None);
        let health = cache.put_many(&[put("a", "x")], NOW);
        assert!(matches!(&health, Health::Skipped(_)), "{place:?}: {health:?}");
        assert!(health.note().unwrap().contains("not written"));
        assert_eq!(get(&cache, "a", NOW), None);
        assert_eq!(cache.invalidate_user("u"), Health::Good);
        assert_eq!(cache.clear(), Health::Good);
    }
    // A folder where the file should be gives way: the place is the cache's own.
    let place = dir.path().join("folder");
    fs::create_dir(&place).unwrap();
    let cache = Cache::new(&place, DEFAULT_MAX_BYTES);
    assert_eq!(get(&cache, "a", NOW), None);
    assert!(matches!(cache.put_many(&[put("a", "x")], NOW), Health::Restarted(_)));
    assert_eq!(get(&cache, "a", NOW).as_deref(), Some("x"));
}

#[test]
fn a_file_in_a_read_only_folder_is_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    filled(&path);
    let cache = cache(&dir);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(get(&cache, "7", NOW).unwrap(), "7".repeat(60));
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
}
