//! The compose files: their structure, and the checks of health they ask for.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::{fs, thread};

use serde_json::Value;

use crate::cluster::{Ended, ended, source};

/// A compose file, read by Python's YAML.
fn compose(name: &str) -> Value {
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let file = source().join(name);
    let with = |python: &str| ended(Command::new(python).args(["-c", read]).arg(&file));
    let found = ["python3", "/usr/bin/python3"].into_iter().map(with).find(|ended| ended.code == Some(0));
    let found = found.expect("this test needs Python's yaml (Debian: apt-get install python3-yaml)");
    serde_json::from_str(&found.out).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value[key].as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

#[test]
fn every_service_is_pinned_kept_watched_and_reached_from_this_machine_only() {
    let file = compose("compose.yaml");
    let services = file["services"].as_object().unwrap();
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(["chroma", "postgres", "redis-cache", "redis-durable"]));
    let mut ports = BTreeSet::new();
    for (name, service) in services {
        let image = service["image"].as_str().unwrap();
        let (_, version) = image.split_once(':').unwrap_or_else(|| panic!("{name}: {image} names no version"));
        assert!(version.split(['.', '-']).filter(|part| part.parse::<u32>().is_ok()).count() >= 2, "{name}: {image}");
        for port in list(service, "ports") {
            let outer = port.strip_prefix("127.0.0.1:").unwrap_or_else(|| panic!("{name} is open to others: {port}"));
            assert!(ports.insert(outer.split(':').next().unwrap().to_owned()), "{name}: {port} is taken");
        }
        assert!(service["network_mode"].is_null() || service["network_mode"] == "none", "{name}");
        for mount in list(service, "volumes") {
            let from = mount.split(':').next().unwrap();
            match from.strip_prefix("./") {
                Some(path) => {
                    assert!(source().join(path).exists(), "{name}: there is no {path}");
                    assert!(mount.ends_with(":ro"), "{name} may change {path}");
                }
                None => assert!(file["volumes"].as_object().unwrap().contains_key(from), "{name}: no volume {from}"),
            }
        }
        for secret in list(service, "secrets") {
            assert!(file["secrets"][secret]["file"].as_str().is_some(), "{name}: no secret {secret}");
        }
        assert!(!service["healthcheck"]["test"].as_array().unwrap().is_empty(), "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        assert!(
            list(service, "volumes")
                .iter()
                .any(|mount| mount.contains(":/data") || mount.contains(":/var/lib/postgresql/data")),
            "{name}"
        );
    }
    assert_eq!(ports.len(), 4, "{ports:?}");
}

#[test]
fn secrets_are_in_files_and_nowhere_else() {
    let file = compose("compose.yaml");
    let made = fs::read_to_string(source().join("bin/make-secrets")).unwrap();
    for (name, secret) in file["secrets"].as_object().unwrap() {
        let path = secret["file"].as_str().unwrap();
        assert_eq!(path, format!("./secrets/{name}"));
        assert!(made.contains(name.as_str()), "make-secrets makes no {name}");
    }
    for (name, service) in file["services"].as_object().unwrap() {
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            let secret = ["PASSWORD", "SECRET", "TOKEN", "KEY"].iter().any(|word| variable.contains(word));
            assert!(!secret || value.as_str().unwrap().starts_with("/run/secrets/"), "{name}: {variable}");
        }
        assert!(!service["command"].to_string().contains("requirepass"), "{name}");
    }
    // They are never committed.
    let ignored = fs::read_to_string(source().join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/secrets/"), "{ignored}");
}

#[test]
fn the_file_with_pg_cron_changes_what_is_there() {
    let base = compose("compose.yaml");
    let more = compose("compose.pg-cron.yaml");
    let dockerfile = more["services"]["postgres"]["build"]["dockerfile_inline"].as_str().unwrap();
    let image = base["services"]["postgres"]["image"].as_str().unwrap();
    assert!(dockerfile.starts_with(&format!("FROM {image}\n")), "{dockerfile}");
    let mount = list(&more["services"]["postgres"], "volumes")[0].to_owned();
    assert!(source().join(mount.split(':').next().unwrap().trim_start_matches("./")).exists());
    // `include` is relative to the file, and both are in one folder in the container.
    assert!(mount.contains(":/etc/postgresql/"));
    assert!(
        list(&base["services"]["postgres"], "volumes")
            .iter()
            .any(|mount| mount.contains(":/etc/postgresql/postgresql.conf"))
    );
}

#[test]
fn docker_reads_the_files() {
    let version = Command::new("docker").args(["compose", "version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: there is no docker compose");
        return;
    }
    for files in [&["-f", "compose.yaml"][..], &["-f", "compose.yaml", "-f", "compose.pg-cron.yaml"]] {
        let mut command = Command::new("docker");
        command.arg("compose").args(files).args(["config", "--quiet"]).current_dir(source());
        ended(&mut command).succeeded();
    }
}

#[test]
fn the_server_of_the_container_finds_a_folder_for_backups() {
    let file = compose("compose.yaml");
    let service = &file["services"]["postgres"];
    let entry = list(service, "entrypoint");
    assert_eq!((entry.len(), entry[0], entry[1]), (4, "bash", "-c"));
    let folder = tempfile::tempdir().unwrap();
    let me = ended(Command::new("id").arg("-un")).out;
    let group = ended(Command::new("id").arg("-gn")).out;
    // As the image has it, but for the place and the account.
    let script = entry[2].replace("$$", "$").replace("/backups", &format!("{}/backups", folder.path().display()));
    let script = script.replace("--owner=postgres", &format!("--owner={}", me.trim()));
    let script = script.replace("--group=postgres", &format!("--group={}", group.trim()));
    let shim = folder.path().join("docker-entrypoint.sh");
    fs::write(&shim, "#!/bin/sh\nprintf '%s|' \"$@\"\n").unwrap();
    fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let words: Vec<&str> = service["command"].as_str().unwrap().split(' ').collect();
    let started =
        ended(Command::new("bash").args(["-c", &script, entry[3]]).args(&words).env("PATH", path)).succeeded();
    assert_eq!(started.out, "postgres|-c|config_file=/etc/postgresql/postgresql.conf|-c|listen_addresses=*|");
    assert!(folder.path().join("backups/postgresql/wal").is_dir());
}

/// What the check of Chroma's health makes of a server that answers like this.
fn chroma_seems(answer: &'static str) -> Ended {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut part) = (String::new(), [0; 512]);
        // It may come in several parts.
        while !request.ends_with("\r\n\r\n") {
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "{request:?}");
            request += &String::from_utf8_lossy(&part[..length]);
        }
        let _ = stream.write_all(answer.as_bytes());
        request
    });
    let file = compose("compose.yaml");
    let check = list(&file["services"]["chroma"]["healthcheck"], "test");
    assert_eq!(check[..3], ["CMD", "bash", "-c"]);
    let check = check[3].replace("/8000", &format!("/{port}"));
    let ended = ended(Command::new("bash").args(["-c", &check]));
    let request = server.join().unwrap();
    assert!(request.starts_with("GET /api/v2/heartbeat HTTP/1.0\r\nHost: localhost\r\n\r\n"), "{request:?}");
    ended
}

#[test]
fn the_health_of_chroma_is_its_heartbeat() {
    chroma_seems("HTTP/1.0 200 OK\r\n\r\n{\"nanosecond heartbeat\":1764354413000000000}").succeeded();
    chroma_seems("HTTP/1.0 503 Service Unavailable\r\n\r\n{\"error\":\"starting\"}").failed("");
}
