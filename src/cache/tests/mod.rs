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
fn what_was_used_stays_when_others_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.redb");
    // Four of the values below pass half of the bound, eight the whole.
    let bound = 31_000;
    let open = || Cache::new(&path, bound);
    let long = |id: &str| Put::bytes(ModelsSentiment, id, vec![1; 2000]);
    let _ = open().put_many(&[long("a"), long("b"), long("c")], NOW);
    let bytes = std::fs::read(&path).unwrap();
    let reader = open();
    assert!(reader.get(ModelsSentiment, "a", NOW + 100).is_some());
    assert_eq!(reader.put_many(&[], NOW + 100), Health::Good);
    assert!(std::fs::read(&path).unwrap() == bytes, "there is room for all: a read costs no write");

    let more: Vec<Put> = ["d", "e", "f", "g"].map(long).into();
    let _ = open().put_many(&more, NOW + 200);
    let usage = open().usage();
    assert!(usage.bytes > bound / 2 && usage.bytes <= bound, "{usage:?}");
    // Another process, which puts nothing itself.
    let reader = open();
    assert!(reader.get(ModelsSentiment, "a", NOW + 300).is_some());
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(reader.put_many(&[], NOW + 300), Health::Good);
    let noted = std::fs::read(&path).unwrap();
    assert!(noted != bytes, "the use was noted");
    assert!(reader.get(ModelsSentiment, "a", NOW + 310).is_some());
    assert_eq!(reader.put_many(&[], NOW + 310), Health::Good);
    assert!(std::fs::read(&path).unwrap() == noted, "it was noted a moment ago");

    let more: Vec<Put> = ["h", "i", "j", "k", "l"].map(long).into();
    let _ = open().put_many(&more, NOW + 400);
    let kept = |id: &str| open().get(ModelsSentiment, id, NOW + 401).is_some();
    assert!(kept("a"), "the oldest, but used since");
    assert!(!kept("b") && !kept("c"), "as old, and not used");
    assert!(kept("l"));
}

#[test]
fn a_value_is_given_only_while_what_it_was_made_from_is_so() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    let value = serde_json::json!({"name": "Ada"});
    let puts = |stamp: &str| [Put::json(ModelsTopics, "u", &value).unwrap().made_from(stamp)];
    let get = |stamp: &str, now| cache.get_made_from::<serde_json::Value>(ModelsTopics, "u", stamp, now);
    assert_eq!(get("1.7", NOW), None);
    let _ = cache.put_many(&puts("1.7"), NOW);
    assert_eq!(get("1.7", NOW), Some(value.clone()));
    assert_eq!((get("1.8", NOW), get("2.7", NOW), get("", NOW)), (None, None, None));
    assert_eq!(get("1.7", NOW + 7200), None, "it expires as others do");
    let entry = cache.entry(ModelsTopics, "u", NOW).unwrap();
    assert_eq!((entry.stamp.as_deref(), entry.expires_at), (Some("1.7"), NOW + 7200));
    assert_eq!(entry.value, serde_json::to_vec(&value).unwrap(), "the value itself is as a client expects it");
    let _ = cache.put_many(&puts("2.1"), NOW + 1);
    assert_eq!((get("1.7", NOW + 1), get("2.1", NOW + 1)), (None, Some(value.clone())));
    // One that does not say is of no use to one who asks; nor is the stamp of a value that went.
    let _ = cache.put_many(&[Put::json(ModelsTopics, "u", &value).unwrap()], NOW + 2);
    assert_eq!(get("2.1", NOW + 2), None);
    assert_eq!(cache.get_json(ModelsTopics, "u", NOW + 2), Some(value));
}

#[test]
fn what_is_held_is_counted_by_namespace() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    let of = |contents: &[Contents], namespace| *contents.iter().find(|c| c.namespace == namespace).unwrap();
    assert!(cache.contents(NOW).iter().all(|contents| *contents == Contents::of(contents.namespace)));
    let _ = get(&cache, "a", NOW);
    let puts = [put("a", "x"), put("b", "y"), Put::bytes(ApiResponse, "r", vec![1; 5000])];
    let _ = cache.put_many(&puts, NOW);
    assert!(get(&cache, "a", NOW).is_some());
    let _ = cache.put_many(&[put("c", "z")], NOW + 400);
    let contents = cache.contents(NOW + 300);
    let sentiment = of(&contents, ModelsSentiment);
    assert_eq!((sentiment.entries, sentiment.expired, sentiment.oldest), (3, 0, Some(NOW)));
    assert_eq!((sentiment.last_used, sentiment.looks), (Some(NOW + 400), Looks { hits: 1, misses: 1 }));
    assert_eq!(of(&contents, ApiResponse).entries, 0, "swept with the last write");
    assert_eq!(contents.iter().map(|contents| contents.bytes).sum::<u64>(), cache.usage().bytes);

    let _ = cache.put_many(&[Put::bytes(ApiResponse, "r", vec![1; 5000])], NOW + 400);
    let (health, cleared) = cache.clear_namespaces(&[ModelsSentiment, ModelsTopics]);
    assert_eq!((health, cleared), (Health::Good, vec![(ModelsSentiment, 3), (ModelsTopics, 0)]));
    assert_eq!((get(&cache, "a", NOW), cache.usage().entries), (None, 1));
    assert!(cache.get(ApiResponse, "r", NOW + 401).is_some());
    assert_eq!(cache.clear_namespaces(&Namespace::ALL).1.iter().map(|(_, count)| count).sum::<u64>(), 1);
    assert_eq!(cache.usage(), Usage::default(), "an empty cache takes no room");
}

#[test]
fn removed_and_put_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let cache = cache(&dir);
    let _ = cache.put_many(&[put("a", "1"), put("b", "2")], NOW);
    assert_eq!(cache.change(&[(ModelsSentiment, "a"), (ModelsSentiment, "b")], &[put("b", "3")], NOW), Health::Good);
    assert_eq!((get(&cache, "a", NOW), get(&cache, "b", NOW).as_deref()), (None, Some("3")));
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
