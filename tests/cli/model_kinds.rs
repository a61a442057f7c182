//! Entries and topics are each read by a model of their own: topics by the real MiniLM, entries by an MPNet
//! of one layer with made-up weights, as large as the real one in all that the program asks about.

use crate::meaning::model_folder;
use crate::model_change::{new_name, other_revision};
use crate::support::{Outcome, Sandbox, field, sample_lines};
use journaling_ai::cache::text_hash;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const MPNET: &str = "all-mpnet-base-v2@0ne1ayer";

/// Puts an MPNet where models are installed to: words and tokenizer of the tiny one of the tests.
fn install_mpnet(sandbox: &Sandbox) {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/tiny-mpnet");
    let folder = sandbox.data().join("models/all-mpnet-base-v2");
    fs::create_dir_all(folder.join("1_Pooling")).unwrap();
    let read = |name: &str| serde_json::from_slice::<Value>(&fs::read(tiny.join(name)).unwrap()).unwrap();
    let mut pooling = read("1_Pooling/config.json");
    pooling["word_embedding_dimension"] = 768.into();
    let mut config = read("config.json");
    for (name, value) in
        [("hidden_size", 768), ("num_attention_heads", 12), ("num_hidden_layers", 1), ("max_position_embeddings", 514)]
    {
        config[name] = value.into();
    }
    let mut files = vec![
        ("1_Pooling/config.json".to_string(), pooling.to_string().into_bytes()),
        ("config.json".to_string(), config.to_string().into_bytes()),
        ("sentence_bert_config.json".to_string(), br#"{"max_seq_length": 384, "do_lower_case": false}"#.to_vec()),
        ("model.safetensors".to_string(), weights()),
    ];
    for name in ["modules.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"] {
        files.push((name.to_string(), fs::read(tiny.join(name)).unwrap()));
    }
    let mut recorded = Map::new();
    for (name, bytes) in files {
        recorded.insert(
            name.clone(),
            json!({"bytes": bytes.len(), "sha256": data_encoding::HEXLOWER.encode(&sha(&bytes))}),
        );
        fs::write(folder.join(name), bytes).unwrap();
    }
    let manifest = json!({"id": "all-mpnet-base-v2", "kind": "embedding", "revision": "made up", "name": MPNET, "files": recorded});
    fs::write(folder.join("journal-model.json"), manifest.to_string()).unwrap();
}

fn sha(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).to_vec()
}

/// Made-up weights of one layer, the same each time.
fn weights() -> Vec<u8> {
    let layer = "encoder.layer.0.";
    let mut shapes = vec![
        ("embeddings.LayerNorm.bias".to_string(), vec![768]),
        ("embeddings.LayerNorm.weight".into(), vec![768]),
        ("embeddings.position_embeddings.weight".into(), vec![514, 768]),
        ("embeddings.word_embeddings.weight".into(), vec![495, 768]),
        ("encoder.relative_attention_bias.weight".into(), vec![32, 12]),
        (format!("{layer}intermediate.dense.bias"), vec![64]),
        (format!("{layer}intermediate.dense.weight"), vec![64, 768]),
        (format!("{layer}output.dense.bias"), vec![768]),
        (format!("{layer}output.dense.weight"), vec![768, 64]),
    ];
    for norm in ["attention.LayerNorm", "output.LayerNorm"] {
        shapes.extend(["bias", "weight"].map(|part| (format!("{layer}{norm}.{part}"), vec![768])));
    }
    for part in ["q", "k", "v", "o"] {
        shapes.push((format!("{layer}attention.attn.{part}.bias"), vec![768]));
        shapes.push((format!("{layer}attention.attn.{part}.weight"), vec![768, 768]));
    }
    let (mut header, mut numbers, mut state) = (Map::new(), Vec::new(), 1_u32);
    for (name, shape) in shapes {
        let begin = numbers.len();
        for _ in 0..shape.iter().product::<usize>() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            let number = match name.as_str() {
                _ if name.ends_with("LayerNorm.weight") => 1.0,
                "embeddings.word_embeddings.weight" => random,
                _ => random * 0.05,
            };
            numbers.extend(number.to_le_bytes());
        }
        header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, numbers.len()]}));
    }
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &numbers].concat()
}

/// A journal with the first entries of the sample, read by MiniLM.
fn read_by_minilm(name: &str, entries: usize) -> Sandbox {
    let sandbox = Sandbox::kept(name).with("JOURNAL_MODEL_PATH", model_folder().parent().unwrap());
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    let lines: Vec<String> = sample_lines().iter().take(entries).map(Value::to_string).collect();
    sandbox.run(["import", &sandbox.file("some.jsonl", lines.join("\n"))]).ok();
    sandbox.run(["analyze"]).ok();
    sandbox
}

/// How many entries or topics have passages, by the name of the model.
fn read(sandbox: &Sandbox, collection: &str) -> Vec<(String, u64)> {
    let database = sandbox.database();
    let sql = "SELECT model, count(*) FROM passages WHERE collection = ?1 AND ordinal = 0 GROUP BY 1";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([collection], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Entry, model, label, confidence and scores of everything but VADER's, by entry.
fn felt(sandbox: &Sandbox) -> Vec<[String; 5]> {
    let database = sandbox.database();
    let sql = "SELECT entry_id, model_name, sentiment_label, CAST(confidence_score AS TEXT), emotions
        FROM sentiment_analysis WHERE model_name NOT GLOB 'vader*' ORDER BY 1, 2";
    let mut statement = database.prepare(sql).unwrap();
    let rows =
        statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])).unwrap();
    rows.map(Result::unwrap).collect()
}

fn judges(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = felt(sandbox).into_iter().map(|[_, judge, ..]| judge).collect();
    names.dedup();
    names
}

fn analysed(sandbox: &Sandbox) -> [u64; 4] {
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    ["entries", "topics", "inferred", "emotions"].map(|name| report[name].as_u64().unwrap())
}

fn task(sandbox: &Sandbox, id: &str) -> (String, u64, String) {
    let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
    let task = tasks.iter().find(|task| task["task_id"] == id).unwrap();
    let name = task["model_name"].as_str().unwrap_or_default().to_string();
    (name, task["pending"].as_u64().unwrap(), task["state"].as_str().unwrap().to_string())
}

fn reads(sandbox: &Sandbox) -> [Value; 2] {
    let models = sandbox.run(["models", "list", "--json"]).ok().array("");
    ["all-MiniLM-L6-v2", "all-mpnet-base-v2"]
        .map(|id| models.iter().find(|model| model["id"] == id).unwrap()["reads"].clone())
}

fn ask(sandbox: &Sandbox, query: &str) -> Value {
    sandbox.run(["search", query, "--mode", "meaning", "--json"]).ok().json()
}

fn ids(answer: &Value) -> Vec<String> {
    field(answer["results"].as_array().unwrap(), "id")
}

fn scores(outcome: Outcome) -> Vec<(String, String)> {
    let hits = outcome.ok().array("results");
    hits.iter().map(|hit| (hit["id"].to_string(), hit["score"].to_string())).collect()
}

const QUERY: &str = "trouble sleeping";
const USER: &str = "user_embeddings";
const TOPIC: &str = "topic_embeddings";

#[test]
fn entries_are_read_by_mpnet_once_it_is_there_and_topics_as_before() {
    let sandbox = read_by_minilm("cli-kinds", 60);
    let minilm = new_name();
    let topics: u64 = sandbox.database().query_row("SELECT count(*) FROM topics", [], |row| row.get(0)).unwrap();
    assert_eq!(reads(&sandbox), [json!(["entries", "topics"]), json!([])]);
    assert_eq!(
        (read(&sandbox, USER), read(&sandbox, TOPIC)),
        (vec![(minilm.clone(), 60)], vec![(minilm.clone(), topics)])
    );
    let (before, feelings) = (ask(&sandbox, QUERY), felt(&sandbox));
    assert_eq!((feelings.len(), &before["model_name"]), (60, &minilm.as_str().into()));
    let revision = minilm.split_once('@').unwrap().1;
    assert_eq!(judges(&sandbox), [format!("minilm-emotions-1@{revision}")]);

    // It is there, and has read nothing: the old vectors answer.
    install_mpnet(&sandbox);
    assert_eq!(reads(&sandbox), [json!(["topics"]), json!(["entries"])]);
    let text = sandbox.run(["models", "list"]).ok().text();
    assert!(text.lines().any(|line| line.contains("all-mpnet-base-v2") && line.contains("entries")), "{text}");
    assert_eq!(task(&sandbox, "entry_vectors"), (MPNET.into(), 60, "waiting".into()));
    assert_eq!(task(&sandbox, "topic_vectors"), (minilm.clone(), 0, "done".into()));
    assert_eq!(task(&sandbox, "emotions").1, 0, "they are of the texts, and these are the same");
    let meanwhile = ask(&sandbox, QUERY);
    assert_eq!((&meanwhile["model_name"], &meanwhile["results"]), (&before["model_name"], &before["results"]));
    assert!(meanwhile["reason"].as_str().unwrap().contains(&format!("until {MPNET} has read all")), "{meanwhile}");
    let topic = ["similar", "--to-topic", "work", "--json", "--threshold", "-1", "-n", "5"];
    let by_minilm = sandbox.run(topic).ok().json();
    assert_eq!(by_minilm["model_name"], minilm.as_str());

    // It reads the entries and nothing else; nobody is judged again.
    let [entries, other, inferred, emotions] = analysed(&sandbox);
    assert_eq!((entries, other, emotions), (60, 0, 0));
    assert!(inferred >= 60, "{inferred}");
    assert_eq!(
        (read(&sandbox, USER), read(&sandbox, TOPIC)),
        (vec![(MPNET.into(), 60)], vec![(minilm.clone(), topics)])
    );
    assert_eq!(felt(&sandbox), feelings);
    let after = ask(&sandbox, QUERY);
    assert_eq!((&after["model_name"], &after["reason"]), (&MPNET.into(), &Value::Null));
    assert!(!after["results"].as_array().unwrap().is_empty());
    assert_eq!(analysed(&sandbox), [0; 4], "nothing has changed");
    // Its vectors are of 768 numbers; topics keep theirs, of name and description.
    let database = sandbox.database();
    let lengths = |model: &str| -> Vec<u64> {
        let sql = "SELECT DISTINCT length(vector) / 4 FROM embeddings WHERE model = ?1";
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([model], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!((lengths(MPNET), lengths(&minilm)), (vec![768], vec![384]));
    let mut statement = database
        .prepare(
            "SELECT t.name, t.description, x.text_hash FROM topics t
        JOIN passages p ON p.subject_id = t.id JOIN embeddings x ON x.id = p.embedding_id",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut described = 0;
    while let Some(row) = rows.next().unwrap() {
        let (name, about): (String, Option<String>) = (row.get(0).unwrap(), row.get(1).unwrap());
        let whole = format!("{name} {}", about.as_deref().unwrap_or_default());
        assert_eq!(row.get::<_, String>(2).unwrap(), text_hash(&minilm, whole.trim()), "{whole}");
        described += u64::from(about.is_some());
    }
    assert!(described > 10, "{described}");

    // A topic is compared as the model of the entries understands it, not by the other's vector.
    let by_mpnet = sandbox.run(topic).ok().json();
    assert_eq!(by_mpnet["model_name"], MPNET);
    let (name, about): (String, Option<String>) = database
        .query_row("SELECT name, description FROM topics WHERE name = 'work'", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let text = format!("{name} {}", about.unwrap_or_default());
    let as_text = ["similar", "--text", text.trim(), "--json", "--threshold", "-1", "-n", "5"];
    assert_eq!(scores(sandbox.run(topic)), scores(sandbox.run(as_text)));

    // What is new is read by MPNet, and by MiniLM for its emotions alone.
    let added = sandbox.add(["I am terrified of the operation tomorrow. My hands shake and I cannot stop worrying."]);
    assert_eq!(task(&sandbox, "emotions"), (format!("minilm-emotions-1@{revision}"), 1, "waiting".into()));
    assert_eq!(analysed(&sandbox), [1, 0, 2, 1]);
    let said = sandbox.show(&added)["sentiments"].clone();
    assert!(said.as_array().unwrap().iter().any(|said| said["sentiment_label"] == "fear"), "{said}");
    assert_eq!(read(&sandbox, USER), [(MPNET.into(), 61)]);
    assert_eq!(ask(&sandbox, QUERY)["reason"], Value::Null, "no change of the model is under way");
    assert_eq!(analysed(&sandbox), [0; 4]);
    sandbox.run(["delete", "--yes", &added]).ok();

    // The same is said of every entry as when its vectors were in the journal.
    sandbox.database().execute("DELETE FROM sentiment_analysis WHERE model_name NOT GLOB 'vader*'", []).unwrap();
    let report = sandbox.run(["analyze", "--model", "minilm-emotions-1", "--json"]).ok().json();
    assert_eq!((&report["emotions"], &report["analysed"]), (&60.into(), &0.into()), "{report}");
    let again = felt(&sandbox);
    for (before, again) in feelings.iter().zip(&again) {
        assert_eq!(before[..3], again[..3]);
        let apart = before[3].parse::<f64>().unwrap() - again[3].parse::<f64>().unwrap();
        assert!(apart.abs() < 0.001, "{before:?} {again:?}");
    }

    sandbox.run(["analyze", "--model", "all-mpnet-base-v2"]).ok().text();
    sandbox.run(["doctor"]).ok();
    let rebuilt = sandbox.run(["reindex", "vectors", "embeddings", "--json"]).ok().array("rebuilt");
    assert_eq!((&rebuilt[0]["model_name"], &rebuilt[0]["topic_model_name"]), (&MPNET.into(), &minilm.as_str().into()));
    assert_eq!(
        (&rebuilt[0]["texts"], field(&rebuilt, "part")[1..].join(" ")),
        (&(60 + topics).into(), format!("{USER} {TOPIC}"))
    );
    assert_eq!(
        (read(&sandbox, USER), read(&sandbox, TOPIC)),
        (vec![(MPNET.into(), 60)], vec![(minilm.clone(), topics)])
    );
    assert_eq!(ids(&ask(&sandbox, QUERY)), ids(&after));
    assert_eq!(felt(&sandbox), again);

    // Without it the entries go back to the other.
    sandbox.run(["models", "remove", "all-mpnet-base-v2"]).ok();
    assert_eq!(reads(&sandbox), [json!(["entries", "topics"]), json!([])]);
    assert_eq!(analysed(&sandbox)[..2], [60, 0]);
    assert_eq!((read(&sandbox, USER), felt(&sandbox)), (vec![(minilm, 60)], again));
    assert_eq!(ids(&ask(&sandbox, QUERY)), ids(&before));
}

#[test]
fn either_model_can_be_named_and_one_can_be_named_for_both() {
    let sandbox = read_by_minilm("cli-kinds-named", 5);
    let minilm = new_name();
    install_mpnet(&sandbox);
    let (both, none) = (json!(["entries", "topics"]), json!([]));
    assert_eq!(reads(&sandbox), [json!(["topics"]), json!(["entries"])]);
    sandbox.run(["config", "set", "model", "all-minilm-l6-v2"]).ok();
    assert_eq!(reads(&sandbox), [both.clone(), none.clone()], "as a configuration of an older program has it");
    assert_eq!(analysed(&sandbox), [0; 4]);
    let refused = sandbox.run(["analyze", "--model", "all-mpnet-base-v2"]).code(15);
    refused.says("reads nothing").says("entry_model");
    sandbox.run(["config", "set", "entry_model", "all-mpnet-base-v2"]).ok();
    assert_eq!(reads(&sandbox), [json!(["topics"]), json!(["entries"])]);
    sandbox.run(["config", "set", "model", "all-mpnet-base-v2"]).ok();
    assert_eq!(reads(&sandbox), [none, both]);
    // What the head has still to read, it reads from the old vectors before they go.
    sandbox.database().execute("DELETE FROM sentiment_analysis WHERE model_name NOT GLOB 'vader*'", []).unwrap();
    let [entries, _, inferred, emotions] = analysed(&sandbox);
    let made = "SELECT count(*) FROM embeddings WHERE model = ?1";
    let made: u64 = sandbox.database().query_row(made, [MPNET], |row| row.get(0)).unwrap();
    assert_eq!((entries, emotions, inferred), (5, 5, made));
    // All of it by one model: the stored vector of a topic is compared.
    assert_eq!((read(&sandbox, USER)[0].0.as_str(), read(&sandbox, TOPIC)[0].0.as_str()), (MPNET, MPNET));
    assert_eq!(sandbox.run(["similar", "--to-topic", "work", "--json"]).ok().json()["model_name"], MPNET);
    sandbox.run(["config", "set", "topic_model", "all-MiniLM-L6-v2"]).ok();
    let report = sandbox.run(["analyze", "--model", "all-MiniLM-L6-v2", "--json"]).ok().json();
    assert!(report["entries"] == 0 && report["topics"].as_u64() > Some(20), "{report}");
    assert_eq!((read(&sandbox, USER)[0].0.as_str(), &read(&sandbox, TOPIC)[0].0), (MPNET, &minilm));
    sandbox.run(["doctor"]).ok();
    for name in ["entry_model", "topic_model"] {
        sandbox.run(["config", "set", name, "nosuch"]).code(3).says(name).says("nosuch");
    }
}

#[test]
fn a_setting_that_names_another_model_begins_the_reading() {
    let sandbox = read_by_minilm("cli-kinds-background", 8);
    fs::write(sandbox.config(), "entry_model = \"all-MiniLM-L6-v2\"\nmodel_idle_seconds = 20\n").unwrap();
    install_mpnet(&sandbox);
    sandbox.run(["config", "unset", "entry_model"]).ok();
    let since = Instant::now();
    while read(&sandbox, USER) != [(MPNET.into(), 8)] {
        assert!(since.elapsed() < Duration::from_secs(120), "{:?}", read(&sandbox, USER));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(ask(&sandbox, QUERY)["model_name"], MPNET);
    // Until it has ended, too: its journal must not be taken away under it.
    while sandbox.run(["tasks", "--json"]).ok().json()["running"] == true {
        assert!(since.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(50));
    }
    // Topics are suggested all the same: their names are compared by the model that read them.
    let found = sandbox.run(["topics", "suggest", "--threshold", "0.1", "--json"]).ok().array("");
    assert!(!found.is_empty());
}

#[test]
fn a_judgement_belongs_to_the_text_the_revision_and_the_head() {
    let sandbox = Sandbox::kept("cli-kinds-judged");
    fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    let lines: Vec<String> = sample_lines().iter().take(10).map(Value::to_string).collect();
    sandbox.run(["import", &sandbox.file("some.jsonl", lines.join("\n"))]).ok();
    other_revision(&sandbox.data().join("models"));
    sandbox.run(["analyze"]).ok();
    assert_eq!(judges(&sandbox), ["minilm-emotions-1@0ther5"]);
    let other = felt(&sandbox);

    // Another revision: everything is judged again, from the vectors that it makes anyway.
    sandbox.run(["models", "install", "--from", model_folder().to_str().unwrap()]).ok();
    let judge = format!("minilm-emotions-1@{}", new_name().split_once('@').unwrap().1);
    assert_eq!(task(&sandbox, "emotions"), (judge.clone(), 10, "waiting".into()));
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    assert_eq!((&report["entries"], &report["emotions"]), (&10.into(), &10.into()), "{report}");
    let mine = felt(&sandbox);
    assert_eq!((judges(&sandbox), mine.len()), (vec![judge.clone()], 10));
    assert!(mine.iter().zip(&other).any(|(mine, other)| mine[4] != other[4]));
    assert_eq!(analysed(&sandbox), [0; 4]);

    // Another head, or one that did not say which revision it read: again, and no model is asked.
    for name in ["minilm-emotions-1", "minilm-emotions-0@0ther5"] {
        let database = sandbox.database();
        database
            .execute("UPDATE sentiment_analysis SET model_name = ?1 WHERE model_name NOT GLOB 'vader*'", [name])
            .unwrap();
        assert_eq!(analysed(&sandbox), [0, 0, 0, 10], "{name}");
        assert_eq!(felt(&sandbox), mine);
    }

    // What travels is not judged again where the same revision is; without any model, not even then.
    let lines = sandbox.export();
    let away = Sandbox::new();
    away.run(["import", &away.file("all.jsonl", &lines)]).ok();
    assert_eq!(task(&away, "emotions"), (String::new(), 0, "done".into()));
    assert_eq!(felt(&away), mine);
    let away = away.with("JOURNAL_MODEL_PATH", model_folder().parent().unwrap());
    assert_eq!(task(&away, "emotions"), (judge, 0, "done".into()));
    let database = sandbox.database();
    let vader = "SELECT count(*) FROM sentiment_analysis WHERE model_name = 'vader'";
    assert_eq!(database.query_row(vader, [], |row| row.get::<_, u64>(0)).unwrap(), 10, "it is left alone");
}
