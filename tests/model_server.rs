//! The real model server with the real weights, through the client `journal` uses.
//!
//! The model's folder is `$JOURNAL_TEST_MODEL`, else where `make deps` puts it.
#![cfg(feature = "model-server")]
#![allow(clippy::unwrap_used)]

#[path = "model_server/stress.rs"]
mod stress;
#[path = "support/model.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use journaling_ai::error::{Error, Kind};
use journaling_ai::model::install::install_from;
use journaling_ai::model::protocol::decode_vector;
use journaling_ai::model::registry::DEFAULT_EMBEDDING_MODEL;
use journaling_ai::model::{InstalledModel, ModelClient, ModelFolders, ModelRef};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use support::Place;

/// The folder of the fetched model. A missing one fails the test with the command that fetches it.
static MODEL: LazyLock<InstalledModel> = LazyLock::new(|| {
    let folder = match std::env::var_os("JOURNAL_TEST_MODEL") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let cache = cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
            cache.join("journaling-ai/build/models").join(DEFAULT_EMBEDDING_MODEL)
        }
    };
    ModelFolders::new(vec![folder.parent().unwrap().to_path_buf()])
        .locate(DEFAULT_EMBEDDING_MODEL)
        .unwrap_or_else(|error| panic!("{error} in {}; fetch it: make deps", folder.display()))
});

fn model() -> ModelRef {
    MODEL.reference()
}

#[derive(Deserialize)]
struct Reference {
    text: String,
    pieces: usize,
    vector: String,
}

/// Texts and vectors made by `scripts/reference-embeddings.py`.
fn reference() -> Vec<Reference> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/embeddings/all-MiniLM-L6-v2.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn vectors_and_counts_equal_the_reference_in_a_batch_and_alone() {
    let place = Place::new();
    let mut client = place.client();
    let reference = reference();
    assert_eq!(reference.len(), 50);
    let texts: Vec<String> = reference.iter().map(|row| row.text.clone()).collect();

    let pieces: Vec<usize> = reference.iter().map(|row| row.pieces).collect();
    assert_eq!(client.count(&model(), &texts).unwrap(), pieces);
    assert!(client.status().unwrap().loaded.is_empty(), "counting needs no weights");

    let info = client.info(&model()).unwrap();
    assert_eq!((info.dimensions, info.max_pieces), (384, 256));
    let together = client.embed(&model(), &texts).unwrap();
    for (row, vector) in reference.iter().zip(&together) {
        let expected = decode_vector(&row.vector).unwrap();
        // Also on a processor with bfloat16, of which some numbers are a hundred times as far away.
        let apart = expected.iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(vector.len() == 384 && apart <= 1e-5, "{apart} for {:?}", row.text);
    }
    for (text, vector) in texts.iter().zip(&together) {
        let alone = client.embed(&model(), std::slice::from_ref(text)).unwrap();
        let apart = alone[0].iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart <= 1e-5, "{apart} for {text:?}");
    }
    assert_eq!(client.status().unwrap().loaded, [model().name]);
}

/// What a processor with bfloat16 computes: near enough to be the same model's vectors, on every text.
#[test]
fn vectors_of_the_fastest_numbers_are_those_of_the_reference_within_the_bound() {
    let mut place = Place::new();
    place.exact = false;
    let mut client = place.client();
    let reference = reference();
    let texts: Vec<String> = reference.iter().map(|row| row.text.clone()).collect();
    let vectors = client.embed(&model(), &texts).unwrap();
    let losses: Vec<f64> = reference
        .iter()
        .zip(&vectors)
        .map(|(row, vector)| 1.0 - cosine(&decode_vector(&row.vector).unwrap(), vector))
        .collect();
    let (mean, most) = (losses.iter().sum::<f64>() / losses.len() as f64, losses.iter().copied().fold(0.0, f64::max));
    // 0.00002 and 0.00008 were measured on thousands of real texts; 0.001 on average would be allowed.
    assert!(mean <= 1e-4 && most <= 5e-4, "{mean} on average, {most} at most");
    for (text, vector) in texts.iter().zip(&vectors) {
        let alone = client.embed(&model(), std::slice::from_ref(text)).unwrap();
        assert!(cosine(&alone[0], vector) >= 1.0 - 5e-4, "{text:?} depends on what stands beside it");
    }
}

#[test]
fn clients_that_start_together_share_one_server() {
    let place = Place::new();
    let together = Barrier::new(4);
    let processes: Vec<u32> = thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|number| {
                let (together, place) = (&together, &place);
                scope.spawn(move || {
                    together.wait();
                    let mut client = ModelClient::connect_or_start(place.config()).unwrap();
                    let vectors = client.embed(&model(), &[format!("client {number}")]).unwrap();
                    assert_eq!(vectors[0].len(), 384);
                    client.status().unwrap().process_id
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(processes, [processes[0]; 4]);
}

#[test]
fn it_leaves_when_idle_and_the_next_request_starts_another() {
    let mut place = Place::new();
    place.idle = Duration::from_secs(1);
    let mut client = place.client();
    let first = client.status().unwrap().process_id;
    // The connection stays open and silent, as that of a suspended program would.
    let since = Instant::now();
    while place.paths.socket.exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "the server did not leave");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(since.elapsed() >= Duration::from_millis(900));
    assert_eq!(client.count(&model(), &["still here".to_string()]).unwrap(), [2]);
    assert_ne!(client.status().unwrap().process_id, first);
}

#[test]
fn a_server_killed_in_the_middle_is_replaced_and_the_request_repeated() {
    let place = Place::new();
    let mut client = place.client();
    client.info(&model()).unwrap();
    let first = client.status().unwrap().process_id;
    let long: Vec<String> = (0..64).map(|n| format!("{n} {}", "a word and another ".repeat(60))).collect();
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let process = Pid::from_raw(i32::try_from(first).unwrap()).unwrap();
        kill_process(process, Signal::KILL).unwrap();
        Instant::now()
    });
    let vectors = client.embed(&model(), &long).unwrap();
    let ended = Instant::now();
    assert!(killer.join().unwrap() < ended, "the request was over before the server was killed");
    assert_eq!(vectors.len(), 64);
    let status = client.status().unwrap();
    assert_ne!(status.process_id, first);
    // The request that was repeated, and the one before this that asked how things are.
    assert_eq!(status.requests, 1);
}

#[test]
fn what_a_dying_server_says_is_in_the_error() {
    // The real server, whose lock is in the way of itself.
    let mut place = Place::new();
    fs::create_dir_all(&place.paths.lock).unwrap();
    let error = ModelClient::connect_or_start(place.config()).unwrap_err();
    assert_eq!(error.kind(), Kind::ModelUnavailable);
    assert!(error.message().contains("cannot open"), "{error}");
    assert!(error.message().contains(place.paths.lock.to_str().unwrap()), "{error}");
    assert!(error.hint_text().unwrap().contains(place.paths.stderr_log.to_str().unwrap()));
    fs::remove_dir(&place.paths.lock).unwrap();

    // One whose libraries are missing, as the dynamic loader puts it.
    place.server = place.folder.path().join("broken");
    let script = "#!/bin/sh\necho 'error while loading shared libraries: libtorch_cpu.so' >&2\nexit 127\n";
    fs::write(&place.server, script).unwrap();
    fs::set_permissions(&place.server, fs::Permissions::from_mode(0o755)).unwrap();
    let error = ModelClient::connect_or_start(place.config()).unwrap_err();
    assert!(error.message().contains("127"), "{error}");
    assert!(error.message().contains("loading shared libraries: libtorch_cpu.so"), "{error}");
    assert!(!error.message().contains("cannot open"), "an older server's words: {error}");
}

#[test]
fn a_damaged_or_unknown_model_fails_the_request_alone() {
    let place = Place::new();
    let mut client = place.client();
    let empty = place.folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let failed = |client: &mut ModelClient, model: &ModelRef| -> Error {
        client.embed(model, &["text".to_string()]).unwrap_err()
    };
    let error = failed(&mut client, &ModelRef { folder: empty.clone(), ..model() });
    assert!(error.message().contains("config.json"), "{error}");

    for name in ["config.json", "tokenizer.json", "special_tokens_map.json"] {
        fs::copy(model().folder.join(name), empty.join(name)).unwrap();
    }
    fs::write(empty.join("model.safetensors"), "no weights").unwrap();
    let error = failed(&mut client, &ModelRef { folder: empty, name: "other".into(), ..model() });
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.message().contains("model.safetensors"), "{error}");

    let error = failed(&mut client, &ModelRef { id: "all-mpnet-base-v2".into(), name: "third".into(), ..model() });
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.message().contains("does not hold all-mpnet-base-v2"), "{error}");
    assert_eq!(client.embed(&model(), &["text".to_string()]).unwrap().len(), 1);
}

#[test]
fn the_fetched_model_is_what_the_program_would_have_installed() {
    let fetched = &*MODEL;
    let home = tempfile::tempdir().unwrap();
    let folders = ModelFolders::new(vec![home.path().join("models"), fetched.folder.parent().unwrap().into()]);
    assert_eq!(folders.locate(DEFAULT_EMBEDDING_MODEL).unwrap(), *fetched);
    let error = folders.remove(DEFAULT_EMBEDDING_MODEL).unwrap_err();
    assert!(error.message().contains("does not change"), "{error}");

    let installed = install_from(DEFAULT_EMBEDDING_MODEL, &fetched.folder, &folders).unwrap();
    assert_eq!(installed.name, fetched.name);
    assert_eq!((installed.bytes, &installed.revision), (fetched.bytes, &fetched.revision));
    assert!(installed.folder.starts_with(home.path()) && installed.name.len() <= 100);
    assert_eq!(folders.list().unwrap(), [installed.clone()]);
    let manifest = |model: &InstalledModel| -> serde_json::Value {
        serde_json::from_slice(&fs::read(model.folder.join("journal-model.json")).unwrap()).unwrap()
    };
    assert_eq!(manifest(&installed), manifest(fetched));
    let verdict = folders.verify(DEFAULT_EMBEDDING_MODEL).unwrap();
    assert!(verdict.checked == 9 && verdict.faults.is_empty(), "{verdict:?}");

    // One changed letter is found by reading, a missing end at a glance.
    let vocabulary = installed.folder.join("vocab.txt");
    let mut bytes = fs::read(&vocabulary).unwrap();
    bytes[1000] ^= 1;
    fs::write(&vocabulary, &bytes).unwrap();
    assert!(folders.locate(DEFAULT_EMBEDDING_MODEL).is_ok());
    let faults = folders.verify(DEFAULT_EMBEDDING_MODEL).unwrap().faults;
    assert!(faults.len() == 1 && faults[0].contains("vocab.txt"), "{faults:?}");
    fs::write(&vocabulary, &bytes[..500]).unwrap();
    let error = folders.locate(DEFAULT_EMBEDDING_MODEL).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert!(error.message().contains("vocab.txt has 500 bytes"), "{error}");

    folders.remove(DEFAULT_EMBEDDING_MODEL).unwrap();
    assert_eq!(fs::read_dir(home.path().join("models")).unwrap().count(), 0);
    assert_eq!(folders.locate(DEFAULT_EMBEDDING_MODEL).unwrap(), *fetched);
}
