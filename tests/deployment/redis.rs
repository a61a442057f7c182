//! The two `redis.conf` on real servers: values read back, and what they do when the memory is full.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Place, ended, source};

/// A server with one of the files; only where it listens and writes is the test's.
struct Redis {
    process: Child,
    socket: PathBuf,
    password: Option<String>,
}

impl Redis {
    fn start(place: &Place, file: &str, arguments: &[&str]) -> Redis {
        let folder = place.make(&format!("redis-{file}"));
        let socket = folder.join("socket");
        let mut command = place.command("/usr/bin/env");
        command.arg("redis-server").arg(place.path("deployment").join(file));
        command.args(["--port", "0", "--unixsocket"]).arg(&socket).arg("--dir").arg(&folder);
        command.arg("--logfile").arg(folder.join("log")).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::inherit());
        let process = command.spawn().unwrap();
        let mut redis = Redis { process, socket, password: None };
        let since = Instant::now();
        while !redis.ask(&["PING"]).contains(['P', 'N']) {
            assert!(
                redis.process.try_wait().unwrap().is_none() && since.elapsed() < Duration::from_secs(30),
                "these tests need a redis-server that takes {file} (Debian: apt-get install redis-server): {}",
                fs::read_to_string(folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        redis
    }

    /// What the server answers, a line for each part.
    fn ask(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.arg("-s").arg(&self.socket).args(words);
        command.env_remove("REDISCLI_AUTH");
        if let Some(password) = &self.password {
            command.env("REDISCLI_AUTH", password);
        }
        let ended = ended(&mut command);
        ended.out.trim_end().to_owned()
    }

    fn setting(&self, name: &str) -> String {
        let answer = self.ask(&["CONFIG", "GET", name]);
        answer.split_once('\n').map(|(_, value)| value.to_owned()).unwrap_or_default()
    }

    /// Values that together are larger than the memory this server may use; what it said to the last of them.
    fn overfill(&self) -> String {
        self.ask(&["CONFIG", "SET", "maxmemory", "4mb"]);
        // A script that has begun is not refused in the middle: so there are several.
        let script = "for i = ARGV[1] - 499, ARGV[1] do
            redis.call('SET', 'models:embeddings:' .. i, string.rep('x', 2000), 'EX', 86400) end";
        let upto = (500..=6000).step_by(500).map(|last| self.ask(&["EVAL", script, "0", &last.to_string()]));
        upto.last().unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The lines of a file that set something.
fn lines(file: &str) -> Vec<String> {
    let text = fs::read_to_string(source().join(file)).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn the_cache_has_the_settings_of_the_architecture_and_no_others() {
    let expected = [
        "maxmemory 2gb",
        "maxmemory-policy allkeys-lru",
        "save 900 1",
        "save 300 10",
        "save 60 10000",
        "tcp-keepalive 300",
        "timeout 0",
        "loglevel notice",
        "logfile \"/var/log/redis/redis-server.log\"",
    ];
    assert_eq!(lines("redis.conf"), expected);
    let place = Place::new();
    let redis = Redis::start(&place, "redis.conf", &[]);
    let read_back = [
        ("maxmemory", "2147483648"),
        ("maxmemory-policy", "allkeys-lru"),
        ("save", "900 1 300 10 60 10000"),
        ("tcp-keepalive", "300"),
        ("timeout", "0"),
        ("loglevel", "notice"),
    ];
    for (name, value) in read_back {
        assert_eq!(redis.setting(name), value, "{name}");
    }
    let profiles: Vec<String> = (0..100).map(|user| format!("api:user_data:{user}")).collect();
    for profile in &profiles {
        redis.ask(&["SET", profile, "{}", "EX", "3600"]);
    }
    assert_eq!(redis.overfill(), "", "a cache makes room");
    assert_ne!(
        redis.ask(&["INFO", "stats"]).lines().find(|line| line.starts_with("evicted_keys")),
        Some("evicted_keys:0\r")
    );
    // Of all that was used within the same second, which ones go is chance.
    let last: Vec<String> = (5901..=6000).map(|number| format!("models:embeddings:{number}")).collect();
    let asked: Vec<&str> = ["EXISTS"].into_iter().chain(last.iter().map(String::as_str)).collect();
    assert_ne!(redis.ask(&asked), "0", "of what came last some is there");
    let asked: Vec<&str> = ["EXISTS"].into_iter().chain(profiles.iter().map(String::as_str)).collect();
    assert!(redis.ask(&asked).parse::<usize>().unwrap() < profiles.len(), "and of the others some have gone");
}

#[test]
fn logins_and_tasks_are_neither_evicted_nor_lost() {
    let place = Place::new();
    let redis = Redis::start(&place, "redis-durable.conf", &[]);
    let read_back = [
        ("maxmemory", "536870912"),
        ("maxmemory-policy", "noeviction"),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("save", "900 1 300 10 60 10000"),
        ("tcp-keepalive", "300"),
        ("timeout", "0"),
        ("loglevel", "notice"),
    ];
    for (name, value) in read_back {
        assert_eq!(redis.setting(name), value, "{name}");
    }
    let names: Vec<String> =
        lines("redis-durable.conf").iter().map(|line| line.split(' ').next().unwrap().into()).collect();
    assert!(
        names.iter().all(|name| name == "logfile" || read_back.iter().any(|(known, _)| known == name)),
        "{names:?}"
    );

    for task in 1..=100 {
        redis.ask(&["LPUSH", "tasks:queue:ai_analysis", &task.to_string()]);
    }
    redis.ask(&["SET", "auth:sessions:1", "{}", "EX", "604800"]);
    let refused = redis.overfill();
    assert!(refused.contains("OOM"), "{refused}");
    assert_eq!(redis.ask(&["LLEN", "tasks:queue:ai_analysis"]), "100");
    // Killed, as by a power cut a second later.
    std::thread::sleep(Duration::from_millis(1100));
    drop(redis);
    let redis = Redis::start(&place, "redis-durable.conf", &[]);
    assert_eq!(redis.ask(&["LLEN", "tasks:queue:ai_analysis"]), "100");
    assert_eq!(redis.ask(&["EXISTS", "auth:sessions:1"]), "1");
}

#[test]
fn secrets_are_made_once_and_let_in_who_knows_them() {
    let place = Place::new();
    let folder = place.path("deployment/secrets");
    let made = ended(&mut place.script("bin/make-secrets")).succeeded();
    assert_eq!(made.out.lines().count(), 7, "{}", made.out);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("postgres.url")), 0o600);
    assert_eq!(mode(&folder.join("redis.url")), 0o600);
    let password = read("redis_password");
    assert_eq!(password.len(), 48);
    assert_ne!(password, read("postgres_password"));
    assert!(!read("redis_users").contains(&password), "Redis is told a hash");
    assert!(read("redis.url").contains(&password) && read("postgres.url").contains(&read("journaling_user_password")));

    let again = ended(&mut place.script("bin/make-secrets")).succeeded();
    assert_eq!((again.out.as_str(), read("redis_password")), ("", password.clone()));

    let users = folder.join("redis_users");
    let mut redis = Redis::start(&place, "redis.conf", &["--aclfile", users.to_str().unwrap()]);
    assert!(redis.ask(&["GET", "x"]).contains("NOAUTH"));
    redis.password = Some("another".into());
    assert!(redis.ask(&["GET", "x"]).contains("NOAUTH"));
    redis.password = Some(password);
    assert_eq!(redis.ask(&["PING"]), "PONG");
}
