//! `journal models install` from a hub of our own that holds the real model and behaves as told.

use crate::meaning::model_folder;
use crate::support::{Hub, Manners, Sandbox, fixture};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const REPOSITORY: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// How much of the weights comes before the connection breaks for the first time.
const FIRST_PART: usize = 7_000_000;

/// A hub with the real model.
fn hub() -> Hub {
    Hub::start(vec![(REPOSITORY, model_folder())])
}

#[test]
fn the_hub_that_the_environment_names_is_asked_for_the_pinned_revision() {
    let hub = hub();
    hub.behaves(Manners { breaks_after: Some(FIRST_PART), ..Manners::default() });
    let sandbox = Sandbox::new().with("HF_ENDPOINT", &hub.url);
    assert_eq!(sandbox.run(["models", "install", "--json"]).ok().json()["id"], "all-MiniLM-L6-v2");
    let verified = sandbox.run(["models", "verify", "--json"]).ok().json();
    assert_eq!((&verified["checked"], &verified["faults"]), (&9.into(), &serde_json::json!([])));

    let asked = hub.paths();
    let begins = format!("/{REPOSITORY}/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf/");
    assert!(asked.iter().all(|(path, _)| path.starts_with(&begins)), "{asked:?}");
    assert_eq!(asked.iter().map(|(path, _)| path).collect::<BTreeSet<_>>().len(), 9, "{asked:?}");
    let weights: Vec<Option<usize>> =
        asked.iter().filter(|(path, _)| path.ends_with(".safetensors")).map(|(_, from)| *from).collect();
    assert_eq!(weights[0], None);
    // What was there when the connection broke is not fetched again, as far as it had arrived.
    assert!(weights.len() == 2 && weights[1].is_some_and(|from| (1..=FIRST_PART).contains(&from)), "{weights:?}");

    for address in ["ftp://example.org", "https://", "huggingface.co"] {
        let sandbox = Sandbox::new().with("HF_ENDPOINT", address);
        sandbox.run(["models", "install"]).code(2).says("HF_ENDPOINT").says(address);
    }
}

#[test]
fn a_download_that_was_killed_goes_on_where_it_ended() {
    let hub = hub();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", format!("{}/", hub.url));
    let half = 40_000_000;
    hub.behaves(Manners { stalls_after: Some(half), ..Manners::default() });
    let mut child = sandbox.command(["models", "install"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let part = || -> Option<u64> {
        let folder = fs::read_dir(sandbox.data().join("models")).ok()?.flatten().next()?.path();
        Some(fs::metadata(folder.join("model.safetensors.part")).ok()?.len())
    };
    let since = Instant::now();
    while part() != Some(half as u64) {
        assert!(since.elapsed() < Duration::from_secs(60), "{:?} bytes came", part());
        thread::sleep(Duration::from_millis(20));
    }
    // Nobody else fetches the same model meanwhile.
    sandbox.run(["models", "install"]).code(7).says("being fetched");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(sandbox.run(["models", "list", "--json"]).ok().array("")[0]["installed"], false);

    hub.behaves(Manners::default());
    let installed = sandbox.run(["models", "install", "--json"]).ok().json();
    assert_eq!(hub.asked(), [("model.safetensors".to_string(), half)]);
    assert_eq!(installed["id"], "all-MiniLM-L6-v2");
    let verdict = sandbox.run(["models", "verify", "--json"]).ok().json();
    assert_eq!((&verdict["checked"], &verdict["faults"]), (&9.into(), &serde_json::json!([])));
    let left: Vec<_> = fs::read_dir(sandbox.data().join("models")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["all-MiniLM-L6-v2"]);
}

#[test]
fn wrong_files_are_refused_and_fetched_anew_later() {
    let hub = hub();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", &hub.url);
    let nothing = || assert_eq!(sandbox.run(["models", "list", "--json"]).ok().array("")[0]["installed"], false);
    hub.behaves(Manners { falsifies: Some("vocab.txt"), ..Manners::default() });
    sandbox.run(["models", "install"]).code(4).says("vocab.txt").says("SHA-256").says("hint:").says("--from");
    assert!(hub.asked().iter().all(|(file, _)| file != "model.safetensors"), "{:?}", hub.asked());
    nothing();
    hub.behaves(Manners { truncates: Some(("vocab.txt", 1000)), ..Manners::default() });
    sandbox.run(["models", "install"]).code(4).says("vocab.txt").says("SHA-256");
    // What had come before is not asked for again, and nothing wrong is gone on from.
    assert!(hub.asked().iter().all(|(file, from)| file == "vocab.txt" && *from == 0), "{:?}", hub.asked());
    nothing();
    // Settings have no known hash: what cannot be understood is found by reading it.
    sandbox.run(["models", "remove", "all-MiniLM-L6-v2"]).code(15);
    fs::remove_dir_all(sandbox.data().join("models")).unwrap();
    hub.behaves(Manners { truncates: Some(("config.json", 100)), ..Manners::default() });
    sandbox.run(["models", "install"]).code(5).says("config.json");
    nothing();
    hub.behaves(Manners::default());
    sandbox.run(["models", "install"]).ok();
    assert!(
        hub.asked().iter().all(|(file, _)| file.ends_with(".json") && file != "tokenizer.json"),
        "{:?}",
        hub.asked()
    );
    sandbox.run(["models", "verify"]).ok();
}

#[test]
fn from_a_folder_or_an_archive_no_network_is_needed() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", format!("http://{nobody}"));
    sandbox.run(["models", "install"]).code(4).says(&nobody.to_string()).says("--from");
    let archive = sandbox.path("model.tar.gz");
    let folder = model_folder();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let parent = folder.parent().unwrap().to_str().unwrap();
    let archive = archive.to_str().unwrap();
    sandbox.shell(&format!("tar -C '{parent}' -cf - '{name}' | gzip -1 > '{archive}'")).ok();
    sandbox.run(["models", "install", "--from", archive]).ok();
    sandbox.run(["models", "verify"]).ok();

    // Cut short, with a link where the weights should be, or a way out: refused, and what was there stays.
    let bytes = fs::read(archive).unwrap();
    let cut = sandbox.file("cut.tar.gz", &bytes[..bytes.len() / 2]);
    sandbox.run(["models", "install", "--from", &cut]).code(5).says("cut.tar.gz");
    sandbox.shell("mkdir evil && ln -s /etc/passwd evil/model.safetensors && tar -cf evil.tar evil").ok();
    let evil = sandbox.path("evil.tar");
    sandbox.run(["models", "install", "--from", evil.to_str().unwrap()]).code(5).says("link");
    sandbox.shell("mkdir inner && cd inner && tar -P -cf ../climbs.tar ../config.toml").ok();
    let climbs = sandbox.path("climbs.tar");
    sandbox.run(["models", "install", "--from", climbs.to_str().unwrap()]).code(5).says("leads out");
    sandbox.run(["models", "verify"]).ok();
}

/// Where the hub has the classifiers.
const SST2: &str = "distilbert/distilbert-base-uncased-finetuned-sst-2-english";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn a_known_classifier_is_asked_for_by_its_revision_and_nothing_else_is_taken_for_it() {
    let hub = Hub::start(vec![(SST2, fixture("tiny-distilbert"))]);
    let sandbox = Sandbox::new().with("HF_ENDPOINT", &hub.url);
    sandbox.run(["models", "install", "distilbert-sst2"]).code(4).says("vocab.txt").says("SHA-256");
    let asked = hub.paths();
    let begins = format!("/{SST2}/resolve/714eb0fa89d2f80546fda750413ed43d93601a13/");
    assert!(asked.iter().all(|(path, _)| path.starts_with(&begins)), "{asked:?}");
    assert_eq!(hub.asked()[0].0, "config.json");
    assert_eq!(sandbox.run(["models", "list", "--json"]).ok().array("")[2]["installed"], false);
}

#[test]
fn any_classifier_of_the_hub_is_installed_by_its_commit_and_hash() {
    let hub = Hub::start(vec![("someone/feelings", fixture("tiny-roberta")), (REPOSITORY, model_folder())]);
    let sandbox = Sandbox::new().with("HF_ENDPOINT", &hub.url);
    let install = |args: &[&str]| {
        let begin = ["models", "install", "--name", "feelings", "--hub", "someone/feelings"];
        sandbox.run(begin.iter().chain(args).copied())
    };
    install(&[]).code(2).says("--revision");
    for (args, words) in
        [(&["--revision", "main"][..], "40 hexadecimal"), (&["--revision", COMMIT, "--sha256", "12"], "64 hexadecimal")]
    {
        install(args).code(2).says(words);
    }
    let wrong = "0".repeat(64);
    install(&["--revision", COMMIT, "--sha256", &wrong]).code(4).says("model.safetensors").says("SHA-256").says(&wrong);
    let installed = install(&["--revision", COMMIT, "--json"]).ok().json();
    assert_eq!((&installed["id"], installed["labels"].as_array().unwrap().len()), (&"feelings".into(), 7));
    let hash = installed["sha256"].as_str().unwrap();
    // The same with its hash, and what had come meanwhile under another name for the weights is no matter.
    install(&["--revision", COMMIT, "--sha256", &hash.to_uppercase(), "--json"]).ok();
    install(&["--revision", COMMIT]).ok().says("as the hub sent them").says(hash);
    assert_eq!(sandbox.run(["models", "verify", "feelings", "--json"]).ok().json()["faults"], serde_json::json!([]));
    let asked = hub.paths();
    assert!(
        asked.iter().all(|(path, _)| path.starts_with(&format!("/someone/feelings/resolve/{COMMIT}/"))),
        "{asked:?}"
    );
    let left: Vec<_> = fs::read_dir(sandbox.data().join("models")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["feelings"]);

    // Cut short with no hash to tell, or no classifier at all: refused, and asked for anew next time.
    hub.behaves(Manners { truncates: Some(("model.safetensors", 5000)), ..Manners::default() });
    install(&["--revision", COMMIT]).code(5).says("model.safetensors");
    hub.behaves(Manners::default());
    install(&["--revision", COMMIT]).ok();
    let other = ["models", "install", "--name", "x", "--hub", REPOSITORY, "--revision", COMMIT];
    sandbox.run(other).code(2).says("\"bert\", for no labels");
    let climbs = ["models", "install", "--name", "x", "--hub", "../etc", "--revision", COMMIT];
    sandbox.run(climbs).code(2).says("OWNER/NAME");
}
