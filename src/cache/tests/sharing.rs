//! Many writers of one file: threads, processes, and processes that are killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

/// Room for some forty of the values of the processes that pass it.
const BOUND: u64 = 100_000;

const CHILD: &str = "JOURNAL_TEST_CACHE_CHILD";

#[test]
fn eight_threads_write_at_once() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let cache = cache(&dir);
            scope.spawn(move || {
                for round in 0..10 {
                    let id = format!("{writer}-{round}");
                    assert_eq!(cache.put_many(&[put(&id, &id)], NOW), Health::Good);
                    assert_eq!(get(&cache, &id, NOW).unwrap(), id);
                }
            });
        }
    });
    assert_eq!(cache(&dir).usage().entries, 80);
}

/// Not a test of its own: what the processes of the tests below run. Without the variable it ends.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (name, dir) = task.split_once(' ').unwrap();
    let bound = if name.starts_with("bounded") { BOUND } else { DEFAULT_MAX_BYTES };
    let cache = Cache::new(Path::new(dir).join("cache.redb"), bound);
    for round in 0.. {
        let id = format!("{name}-{round}");
        if name.starts_with("bounded") {
            let puts: Vec<Put> =
                (0..20).map(|n| Put::bytes(TasksResults, &format!("{id}-{n}"), vec![7; 2000])).collect();
            let health = cache.put_many(&puts, NOW + round);
            assert_eq!(health, Health::Good);
            assert!(cache.usage().bytes <= BOUND);
            if round == 14 {
                return;
            }
            continue;
        }
        match cache.put_many(&[put(&id, &id.repeat(20))], NOW) {
            Health::Good | Health::Skipped(_) => {}
            // Nothing damages the file here, so nothing may make a writer throw it away.
            Health::Restarted(why) => std::fs::write(Path::new(dir).join("restarted"), why).unwrap(),
        }
        let found = get(&cache, &id, NOW);
        assert!(found.is_none_or(|value| value == id.repeat(20)));
        if name.starts_with("counted") && round == 9 {
            return;
        }
    }
}

fn start(name: &str, dir: &tempfile::TempDir) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cache::tests::sharing::child", "--test-threads", "1"])
        .env(CHILD, format!("{name} {}", dir.path().display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn eight_processes_write_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..8).map(|n| start(&format!("counted{n}"), &dir)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert!(!dir.path().join("restarted").exists());
    assert_eq!(cache(&dir).usage().entries, 80);
}

#[test]
fn processes_that_all_pass_the_bound_keep_it_and_count_alike() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..4).map(|n| start(&format!("bounded{n}"), &dir)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert!(!dir.path().join("restarted").exists());
    let cache = Cache::new(dir.path().join("cache.redb"), BOUND);
    let (usage, contents) = (cache.usage(), cache.contents(NOW));
    assert!(usage.bytes <= BOUND && usage.bytes > BOUND / 2, "{usage:?}");
    assert_eq!(contents.iter().map(|contents| contents.bytes).sum::<u64>(), usage.bytes, "the total is the sum");
    assert_eq!(contents.iter().map(|contents| contents.entries).sum::<u64>(), usage.entries);
    // Of the last round of each, which are all used at one moment, something is there.
    let last = (0..4).filter(|n| cache.get(TasksResults, &format!("bounded{n}-14-19"), NOW + 14).is_some()).count();
    assert!(last >= 1);
}

#[test]
fn killed_writers_leave_a_cache_that_works() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..25u64 {
        let children: Vec<Child> = (0..3).map(|n| start(&format!("endless{round}-{n}"), &dir)).collect();
        std::thread::sleep(Duration::from_millis(3 + round * 3));
        for mut child in children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let cache = cache(&dir);
        let id = format!("after {round}");
        assert_eq!(cache.put_many(&[put(&id, "x")], NOW), Health::Good);
        assert_eq!(get(&cache, &id, NOW).unwrap(), "x");
        assert_eq!(get(&cache, "after 0", NOW).unwrap(), "x", "what was committed stays");
    }
    assert!(!dir.path().join("restarted").exists(), "a kill is not damage");
}
