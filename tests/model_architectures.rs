//! Every architecture the model server can run, held to the numbers of the Python reference, in the real
//! process; and folders that are wrong, cut short or hostile. The models are tiny and random:
//! `scripts/reference-tiny-models.py` made them, and what they answer.
#![cfg(feature = "model-server")]
#![allow(clippy::unwrap_used)]

#[path = "support/model.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use journaling_ai::error::Kind;
use journaling_ai::model::protocol::decode_vector;
use journaling_ai::model::{ModelClient, ModelRef};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::Place;

/// How far a number may be from the reference's.
const TOLERANCE: f32 = 1e-5;

#[derive(Deserialize)]
struct Expected {
    text: String,
    pieces: usize,
    ids: Vec<i64>,
    numbers: String,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn model(folder: &Path) -> ModelRef {
    let name = folder.file_name().unwrap().to_str().unwrap().to_string();
    ModelRef { id: name.clone(), name: format!("{name}@1"), folder: folder.to_path_buf() }
}

fn expected(name: &str) -> Vec<Expected> {
    serde_json::from_slice(&fs::read(fixture(name).join("expected.json")).unwrap()).unwrap()
}

fn texts(expected: &[Expected]) -> Vec<String> {
    expected.iter().map(|row| row.text.clone()).collect()
}

#[track_caller]
fn assert_close(found: &[f32], row: &Expected) {
    let expected = decode_vector(&row.numbers).unwrap();
    assert_eq!(found.len(), expected.len());
    let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart <= TOLERANCE, "{apart} for {:?}", row.text);
}

/// A copy of a fixture to be changed.
fn copy(place: &Place, fixture_name: &str, name: &str) -> PathBuf {
    let target = place.folder.path().join(name);
    let mut pending = vec![(fixture(fixture_name), target.clone())];
    while let Some((from, to)) = pending.pop() {
        fs::create_dir(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                pending.push((entry.path(), to));
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    target
}

fn change_json(path: PathBuf, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

fn change_weights(folder: &Path, change: impl FnOnce(&mut Map<String, Value>, &mut Vec<u8>)) {
    let path = folder.join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let (length, rest) = bytes.split_first_chunk().unwrap();
    let (header, numbers) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
    let (mut header, mut numbers) = (serde_json::from_slice(header).unwrap(), numbers.to_vec());
    change(&mut header, &mut numbers);
    let header = serde_json::to_vec(&header).unwrap();
    fs::write(path, [&(header.len() as u64).to_le_bytes()[..], &header, &numbers].concat()).unwrap();
}

/// All texts in one request, in which they are padded to each other's length, and each alone.
fn vectors_equal_the_reference(client: &mut ModelClient, model: &ModelRef) {
    let expected = expected("tiny-mpnet");
    let texts = texts(&expected);
    for (row, vector) in expected.iter().zip(client.embed(model, &texts).unwrap()) {
        assert_close(&vector, row);
        assert_close(&client.embed(model, std::slice::from_ref(&row.text)).unwrap()[0], row);
    }
}

#[test]
fn mpnet_gives_the_vectors_of_the_reference() {
    let place = Place::new();
    let mut client = place.client();
    let expected = expected("tiny-mpnet");
    let original = model(&fixture("tiny-mpnet"));
    let info = client.info(&original).unwrap();
    assert_eq!((info.dimensions, info.max_pieces), (32, 160));
    let pieces: Vec<usize> = expected.iter().map(|row| row.pieces).collect();
    assert_eq!(client.count(&original, &texts(&expected)).unwrap(), pieces);
    assert!(pieces.contains(&0) && pieces.iter().filter(|count| **count > 158).count() >= 3, "{pieces:?}");
    assert!(expected.iter().any(|row| row.ids[1..].contains(&1)), "a padding piece inside a text");
    vectors_equal_the_reference(&mut client, &original);

    // Weights saved as part of a larger model, and rules that must be put together from the words.
    let renamed = copy(&place, "tiny-mpnet", "renamed");
    change_weights(&renamed, |header, _| {
        *header = std::mem::take(header)
            .into_iter()
            .map(
                |(name, tensor)| {
                    if name == "__metadata__" { (name, tensor) } else { (format!("mpnet.{name}"), tensor) }
                },
            )
            .collect();
    });
    fs::remove_file(renamed.join("tokenizer.json")).unwrap();
    vectors_equal_the_reference(&mut client, &model(&renamed));
}

#[test]
fn classifiers_give_the_scores_of_the_reference() {
    let place = Place::new();
    let mut client = place.client();
    let emotions = ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"];
    for (name, labels, window) in
        [("tiny-distilbert", &["NEGATIVE", "POSITIVE"][..], 128), ("tiny-roberta", &emotions[..], 96)]
    {
        let expected = expected(name);
        let without_rules = copy(&place, name, &format!("{name}-without-rules"));
        fs::remove_file(without_rules.join("tokenizer.json")).unwrap();
        for folder in [fixture(name), without_rules] {
            let model = model(&folder);
            let info = client.info(&model).unwrap();
            assert_eq!((info.dimensions, info.max_pieces), (labels.len(), window));
            let pieces: Vec<usize> = expected.iter().map(|row| row.pieces).collect();
            assert_eq!(client.count(&model, &texts(&expected)).unwrap(), pieces);
            let together = client.classify(&model, &texts(&expected)).unwrap();
            assert_eq!(together.labels, labels);
            for (row, scores) in expected.iter().zip(&together.scores) {
                assert_close(scores, row);
                let alone = client.classify(&model, std::slice::from_ref(&row.text)).unwrap();
                assert_close(&alone.scores[0], row);
            }
            let sums: Vec<f32> = together.scores.iter().map(|scores| scores.iter().sum()).collect();
            let shared = sums.iter().all(|sum| (sum - 1.0).abs() < TOLERANCE);
            assert_eq!(shared, name == "tiny-distilbert", "{sums:?}");
        }
        let error = client.embed(&model(&fixture(name)), &["text".to_string()]).unwrap_err();
        assert!(error.kind() == Kind::Usage && error.message().contains("labels, not vectors"), "{error}");
    }
    // Two labels without names, as the reference saves and calls them.
    let unnamed = copy(&place, "tiny-distilbert", "unnamed");
    change_json(unnamed.join("config.json"), |config| drop(config.as_object_mut().unwrap().remove("id2label")));
    let expected = expected("tiny-distilbert");
    let unnamed = client.classify(&model(&unnamed), &texts(&expected)).unwrap();
    assert_eq!(unnamed.labels, ["LABEL_0", "LABEL_1"]);
    expected.iter().zip(&unnamed.scores).for_each(|(row, scores)| assert_close(scores, row));

    let error = client.classify(&model(&fixture("tiny-mpnet")), &["text".to_string()]).unwrap_err();
    assert!(error.kind() == Kind::Usage && error.message().contains("vectors, not labels"), "{error}");
}

type Change = fn(&Path);

fn config(folder: &Path, name: &str, value: Value) {
    change_json(folder.join("config.json"), |config| config[name] = value);
}

fn cut(folder: &Path, bytes: u64) {
    let path = folder.join("model.safetensors");
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length.saturating_sub(bytes)).unwrap();
}

const BIAS: &str = "encoder.relative_attention_bias.weight";

/// What is done to an MPNet, and what its refusal says.
const WRONG_ENCODERS: &[(Change, &str)] = &[
    (|folder| cut(folder, 1), "cannot lie"),
    (|folder| cut(folder, 150_000), "cannot lie"),
    (|folder| cut(folder, u64::MAX), "too few for a header"),
    (|folder| fs::write(folder.join("model.safetensors"), [0xff; 64]).unwrap(), "claims a header"),
    (|folder| fs::write(folder.join("model.safetensors"), "<html>404</html>").unwrap(), "claims a header"),
    (|folder| fs::remove_file(folder.join("model.safetensors")).unwrap(), "has no file"),
    (|folder| change_weights(folder, |_, numbers| numbers.extend([0; 4])), "its tensors end at byte"),
    (|folder| change_weights(folder, |header, _| drop(header.remove(BIAS))), "overlap or leave a gap"),
    (
        |folder| {
            change_weights(folder, |header, _| {
                let moved = header.remove(BIAS).unwrap();
                header.insert("other".into(), moved);
            });
        },
        "encoder.relative_attention_bias.weight is missing",
    ),
    (
        |folder| change_weights(folder, |header, _| header[BIAS]["shape"] = json!([4, 32])),
        "shape [4, 32] instead of [32, 4]",
    ),
    (
        |folder| change_weights(folder, |header, _| header[BIAS]["dtype"] = json!("I32")),
        "does not consist of 32-bit or 16-bit floats",
    ),
    (|folder| change_weights(folder, |header, _| header[BIAS]["shape"] = json!([1_u64 << 62, 4])), "cannot lie"),
    (
        |folder| {
            change_weights(folder, |header, _| {
                let of_another = header["embeddings.LayerNorm.bias"]["data_offsets"].clone();
                header["embeddings.LayerNorm.weight"]["data_offsets"] = of_another;
            });
        },
        "overlap or leave a gap",
    ),
    (
        |folder| {
            change_weights(folder, |header, numbers| {
                let at = usize::try_from(header[BIAS]["data_offsets"][0].as_u64().unwrap()).unwrap();
                numbers[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
            });
        },
        "not a finite number",
    ),
    (|folder| config(folder, "hidden_size", json!(64)), "instead of [495, 64]"),
    (|folder| config(folder, "hidden_size", json!(1_u64 << 60)), "hidden_size is 1152921504606846976"),
    (|folder| config(folder, "num_hidden_layers", json!(3)), "encoder.layer.2.attention.attn.q.weight is missing"),
    (|folder| config(folder, "num_hidden_layers", json!(1_000_000_000)), "num_hidden_layers is 1000000000"),
    (|folder| config(folder, "num_attention_heads", json!(5)), "does not divide"),
    (|folder| config(folder, "num_attention_heads", json!(0)), "num_attention_heads is 0"),
    (|folder| config(folder, "relative_attention_num_buckets", json!(16)), "only 32 can be run"),
    (|folder| config(folder, "hidden_act", json!("relu")), "hidden_act is \"relu\""),
    (|folder| config(folder, "layer_norm_eps", json!("x")), "layer_norm_eps"),
    (|folder| config(folder, "max_position_embeddings", json!(4)), "holds none"),
    (|folder| config(folder, "model_type", json!("gpt2")), "model_type is \"gpt2\""),
    (|folder| config(folder, "architectures", json!(["MPNetForSequenceClassification"])), "for labels"),
    (|folder| fs::write(folder.join("config.json"), "{").unwrap(), "cannot understand"),
    (|folder| fs::remove_file(folder.join("config.json")).unwrap(), "has no file"),
    (
        |folder| change_json(folder.join("modules.json"), |modules| modules[2]["type"] = json!("models.Dense")),
        "models.Dense",
    ),
    (
        |folder| {
            change_json(folder.join("1_Pooling/config.json"), |pooling| {
                pooling["pooling_mode_mean_tokens"] = json!(false);
                pooling["pooling_mode_cls_token"] = json!(true);
            });
        },
        "another vector than the mean",
    ),
    (|folder| fs::write(folder.join("tokenizer.json"), "[]").unwrap(), "tokenizer.json"),
    (
        |folder| change_json(folder.join("tokenizer.json"), |rules| rules["model"]["type"] = json!("Magic")),
        "tokenizer.json",
    ),
    (
        |folder| change_json(folder.join("tokenizer.json"), |rules| rules["model"]["vocab"]["t"] = json!(99_999)),
        "the piece 99999, and the weights are for 495",
    ),
];

/// What is done to a RoBERTa, and what its refusal says.
const WRONG_CLASSIFIERS: &[(Change, &str)] = &[
    (|folder| config(folder, "id2label", json!({"0": "a", "2": "b"})), "id2label"),
    (|folder| config(folder, "id2label", json!({"0": "a", "1": "b"})), "classifier.out_proj.weight has the shape"),
    (|folder| config(folder, "problem_type", json!("regression")), "problem_type is \"regression\""),
    (|folder| config(folder, "pad_token_id", json!(7)), "pad_token_id is 7"),
    (|folder| config(folder, "position_embedding_type", json!("relative_key")), "only \"absolute\""),
    (
        |folder| {
            fs::remove_file(folder.join("tokenizer.json")).unwrap();
            change_json(folder.join("vocab.json"), |words| drop(words.as_object_mut().unwrap().remove("<s>")));
        },
        "special piece <s>",
    ),
];

#[test]
fn wrong_cut_and_hostile_folders_are_refused_one_by_one() {
    let place = Place::new();
    let mut client = place.client();
    let process = client.status().unwrap().process_id;
    let kinds = [("tiny-mpnet", WRONG_ENCODERS), ("tiny-roberta", WRONG_CLASSIFIERS)];
    for (name, changes) in kinds {
        for (number, (change, words)) in changes.iter().enumerate() {
            let folder = copy(&place, name, &format!("{name}-{number}"));
            change(&folder);
            let (model, text) = (model(&folder), ["text".to_string()]);
            let outcome = if name == "tiny-mpnet" {
                client.embed(&model, &text).map(drop)
            } else {
                client.classify(&model, &text).map(drop)
            };
            let error = outcome.expect_err(words);
            assert_eq!(error.kind(), Kind::Corrupt, "{error}");
            assert!(error.message().contains(words), "{words:?} is not in: {error}");
        }
    }
    let status = client.status().unwrap();
    assert_eq!(status.process_id, process, "it went on through all of them");
    assert!(status.loaded.is_empty(), "{:?}", status.loaded);
    vectors_equal_the_reference(&mut client, &model(&fixture("tiny-mpnet")));
}
