//! The cache in use: lifetimes, bounds, many writers, and every kind of damage.
#![allow(clippy::unwrap_used)]

mod damage;
mod sharing;

use std::os::unix::fs::PermissionsExt;

use super::*;
use Namespace::{ApiResponse, ModelsSentiment, ModelsTopics, TasksResults};

const NOW: u64 = 1_700_000_000;
const DAY: u64 = 86_400;

fn cache(dir: &tempfile::TempDir) -> Cache {
    Cache::new(dir.path().join("cache.redb"), DEFAULT_MAX_BYTES)
}

fn put(id: &str, value: &str) -> Put {
    Put::bytes(ModelsSentiment, id, value.into())
}

fn get(cache: &Cache, id: &str, now: u64) -> Option<String> {
    cache.get(ModelsSentiment, id, now).map(|value| String::from_utf8(value).unwrap())
}

#[test]
fn what_is_put_is_found_until_it_expires() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    assert_eq!(get(&cache, "a", NOW), None);
    assert_eq!(cache.put_many(&[], NOW), Health::Good);
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "look-ups and empty puts create nothing");

    let vector = [0.25f32, -1.0, f32::MIN_POSITIVE];
    let json = serde_json::json!({"label": "joy", "score": 0.9});
    let puts = [
        put("a", "first"),
        put("a", "second"),
        Put::bytes(ApiResponse, "r", b"answer".to_vec()),
        Put::json(ModelsTopics, "u", &json).unwrap(),
        Put::vector("h", &vector),
    ];
    assert_eq!(cache.put_many(&puts, NOW), Health::Good);
    let other = self::cache(&dir);
    assert_eq!(get(&other, "a", NOW + DAY - 1).unwrap(), "second");
    assert_eq!(get(&other, "a", NOW + DAY), None);
    assert_eq!(other.get(ApiResponse, "r", NOW + 299).unwrap(), b"answer");
    assert_eq!(other.get(ApiResponse, "r", NOW + 300), None);
    assert_eq!(other.get_json::<serde_json::Value>(ModelsTopics, "u", NOW), Some(json));
    assert_eq!(other.get_json::<Vec<u8>>(ModelsTopics, "u", NOW), None, "another shape is a miss");
    assert_eq!(other.get_vectors(&["x", "h"], 3, NOW), [None, Some(vector.to_vec())]);
    assert_eq!(other.get_vectors(&["h"], 4, NOW), [None], "another length is a miss");
    assert_eq!(other.get_many(ModelsSentiment, &["z", "a"], NOW), [None, Some(b"second".to_vec())]);

    let path = dir.path().join("cache.redb");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(other.usage().entries, 4);
    assert_eq!(other.clear(), Health::Good);
    assert_eq!((get(&other, "a", NOW), other.usage()), (None, Usage::default()));
}

#[test]
fn expired_rows_are_swept_by_later_writes() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    let short: Vec<Put> = (0..1500).map(|n| Put::bytes(ApiResponse, &n.to_string(), vec![7; 50])).collect();
    let _ = cache.put_many(&short, NOW);
    let _ = cache.put_many(&[put("long", "kept")], NOW);
    assert_eq!(cache.usage().entries, 1501);
    let _ = cache.put_many(&[put("b", "x")], NOW + 300);
    assert_eq!(cache.usage().entries, 502, "a thousand in one step");
    let _ = cache.put_many(&[put("c", "x")], NOW + 300);
    let usage = cache.usage();
    assert_eq!(usage.entries, 3);
    assert_eq!(get(&cache, "long", NOW + 300).unwrap(), "kept");
    // The count of bytes has followed every row: it is what three rows alone would be counted as.
    let fresh = tempfile::tempdir().unwrap();
    let only = self::cache(&fresh);
    let _ = only.put_many(&[put("long", "kept"), put("b", "x"), put("c", "x")], NOW);
    assert_eq!(only.usage().bytes, usage.bytes);
}

#[test]
fn the_size_bound_holds_and_the_least_recently_used_go_first() {
    let dir = tempfile::tempdir().unwrap();
    let bound = 2 << 20;
    let cache = Cache::new(dir.path().join("cache.redb"), bound);
    for round in 0..60u64 {
        let puts: Vec<Put> =
            (0..100).map(|n| Put::bytes(TasksResults, &format!("{round}-{n}"), vec![round as u8; 2000])).collect();
        assert_eq!(cache.put_many(&puts, NOW + round), Health::Good);
        let usage = cache.usage();
        assert!(usage.bytes <= bound, "{usage:?}");
        assert!(usage.file_bytes <= 3 * bound, "{usage:?}");
        assert!(cache.get(TasksResults, &format!("{round}-99"), NOW + round).is_some());
    }
    assert!(cache.usage().entries > 450);
    assert_eq!(cache.get(TasksResults, "0-0", NOW), None);
    // One that is larger than the bound takes nothing else with it.
    let before = cache.usage().entries;
    let _ = cache.put_many(&[Put::bytes(TasksResults, "huge", vec![1; 3 << 20])], NOW + 100);
    assert_eq!((cache.get(TasksResults, "huge", NOW + 100), cache.usage().entries), (None, before));
    // A lowered bound is reached by the next write.
    let lower = Cache::new(dir.path().join("cache.redb"), bound / 8);
    let _ = lower.put_many(&[put("x", "y")], NOW + 101);
    assert!(lower.usage().bytes <= bound / 8);
    assert_eq!(get(&lower, "x", NOW + 101).unwrap(), "y");
}

#[test]
fn a_use_is_noted_only_after_a_day_and_only_with_another_write() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache.redb"), 14_000);
    let long = |id: &str| Put { key: ModelsSentiment.key(id), ttl: 30 * DAY, value: vec![1; 2000] };
    let _ = cache.put_many(&[long("read")], NOW);
    let _ = cache.put_many(&[long("unread"), long("also unread")], NOW + 1);
    let bytes = std::fs::read(dir.path().join("cache.redb")).unwrap();
    assert!(cache.get(ModelsSentiment, "read", NOW + 3600).is_some());
    assert!(cache.touched.lock().unwrap().is_empty(), "used within the day");
    assert!(cache.get(ModelsSentiment, "read", NOW + DAY + 1).is_some());
    assert_eq!(std::fs::read(dir.path().join("cache.redb")).unwrap(), bytes, "a read writes nothing");
    let _ = cache.put_many(&[long("new 1"), long("new 2")], NOW + DAY + 1);
    assert!(cache.get(ModelsSentiment, "read", NOW + DAY + 2).is_some());
    assert_eq!(cache.get(ModelsSentiment, "also unread", NOW + DAY + 2), None);
}

#[test]
fn a_users_entries_are_removed_together() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    assert_eq!(cache.invalidate_user("u1"), Health::Good);
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    let puts: Vec<Put> = Namespace::ALL
        .iter()
        .flat_map(|namespace| ["u1", "u2"].map(|user| Put::bytes(*namespace, user, b"x".to_vec())))
        .collect();
    let _ = cache.put_many(&puts, NOW);
    assert_eq!(cache.invalidate_user("u1"), Health::Good);
    for namespace in Namespace::ALL {
        let kept = !Namespace::OF_A_USER.contains(&namespace);
        assert_eq!(cache.get(namespace, "u1", NOW).is_some(), kept, "{namespace:?}");
        assert!(cache.get(namespace, "u2", NOW).is_some());
    }
    let bytes = std::fs::read(dir.path().join("cache.redb")).unwrap();
    assert_eq!(cache.invalidate_user("u1"), Health::Good);
    assert_eq!(std::fs::read(dir.path().join("cache.redb")).unwrap(), bytes, "nothing there, nothing written");
    assert_eq!(cache.invalidate(ModelsSentiment, "u2"), Health::Good);
    assert_eq!(cache.get(ModelsSentiment, "u2", NOW), None);
}
