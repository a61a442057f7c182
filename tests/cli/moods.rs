//! Moods that are made of words and of emotions, with the real model: nobody's mood is overwritten, and
//! none of it is a change of the entry.

use crate::meaning::model_folder;
use crate::support::Sandbox;
use serde_json::{Value, json};

const BOTH: &str = "vader+minilm-emotions-1";

fn sandbox() -> Sandbox {
    let folder = model_folder();
    let sandbox = Sandbox::new().with("JOURNAL_MODEL_PATH", folder.parent().unwrap());
    std::fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    sandbox
}

fn said<'a>(entry: &'a Value, model: &str) -> &'a Value {
    let sentiments = entry["sentiments"].as_array().unwrap();
    // The emotions bear the revision of the model whose vectors were read.
    let is = |name: &str| name.split('@').next() == Some(model);
    sentiments.iter().find(|said| is(said["model_name"].as_str().unwrap())).unwrap_or(&Value::Null)
}

fn moods(report: &Value) -> u64 {
    report["moods"].as_u64().unwrap()
}

fn pending(sandbox: &Sandbox) -> u64 {
    let tasks = sandbox.run(["tasks", "--json"]).ok().array("tasks");
    tasks.iter().map(|task| task["pending"].as_u64().unwrap()).sum()
}

fn last_change(sandbox: &Sandbox) -> i64 {
    sandbox.database().query_row("SELECT max(seq) FROM change_log", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_mood_is_made_of_words_and_emotions_where_nobody_gave_one() {
    let sandbox = sandbox();
    let text = "We laughed so hard that I fell off the bench. What a lovely evening!";
    let inferred = sandbox.add([text]);
    let own = sandbox.add(["-m", "-0.7", "What a wonderful day, I am so happy!"]);
    let line = r#"{"entry_date":"2026-03-01","content":"I am so happy today.","mood_score":-0.3}"#;
    sandbox.run(["import", &sandbox.file("one.jsonl", line)]).ok();
    let imported = sandbox.run(["list", "--on", "2026-03-01"]).ok().text()[..4].to_string();
    let german = sandbox.add(["Der Zug fuhr um acht, und alles war gut. Danach sind wir noch lange am Fluss entlang \
        gegangen, bis es dunkel wurde und die Laternen angingen, und keiner wollte schlafen gehen."]);
    let wordless = sandbox.add(["He stood in the corridor for an hour and nobody came."]);

    let before = sandbox.show(&inferred);
    assert_eq!((&before["mood_source"], &before["mood_model"]), (&json!("model"), &json!("vader")));
    assert!(sandbox.run(["show", &inferred]).ok().text().contains(" (vader)"));
    let others = [&own, &imported, &german].map(|id| sandbox.show(id));
    assert_eq!(others.each_ref().map(|entry| &entry["mood_model"]), [&Value::Null; 3]);
    assert_eq!(sandbox.show(&wordless)["mood_score"], Value::Null);
    let history = sandbox.run(["history", "--json"]).ok().text();

    assert_eq!(moods(&sandbox.run(["analyze", "--json"]).ok().json()), 5);
    let after = sandbox.show(&inferred);
    assert_eq!((&after["mood_source"], &after["mood_model"]), (&json!("model"), &json!(BOTH)), "{after}");
    let scores = &said(&after, "minilm-emotions-1")["emotions"];
    let score = |label: &str| scores[label].as_f64().unwrap();
    let valence = score("joy") - score("anger") - score("disgust") - score("fear") - score("sadness");
    let compound = said(&after, "vader")["emotions"]["compound"].as_f64().unwrap();
    // Both sentences have a word that VADER knows.
    let expected = (2.0 * compound + valence) / 3.0;
    assert!((after["mood_score"].as_f64().unwrap() - expected).abs() < 0.0051, "{expected}: {after}");
    assert_eq!(said(&after, BOTH)["emotions"]["mood"], after["mood_score"]);
    assert_ne!(after["mood_score"], before["mood_score"]);
    let shown = sandbox.run(["show", &inferred, "--analysis"]).ok().text();
    assert!(shown.contains(&format!(" ({BOTH})")) && shown.contains(&format!("{BOTH}\tpositive\t")), "{shown}");

    // It is no change of the entry, no step of undo, and no version of its own.
    assert_eq!(after["updated_at"], before["updated_at"]);
    assert_eq!(sandbox.run(["history", "--json"]).ok().text(), history);
    let versions = sandbox.run(["history", &inferred, "--json"]).ok().array("");
    assert_eq!(versions.len(), 1, "{versions:?}");
    assert_eq!(versions[0]["mood_score"], after["mood_score"]);

    // What a person or a file said stands, and what cannot be judged is not.
    for (id, before) in [&own, &imported, &german].into_iter().zip(&others) {
        let after = sandbox.show(id);
        for name in ["mood_score", "mood_source", "mood_model", "updated_at"] {
            assert_eq!(after[name], before[name], "{name} of {id}");
        }
    }
    assert_eq!(said(&sandbox.show(&german), BOTH)["emotions"], json!({}));
    // Where VADER knows no word the emotions have one.
    let wordless = sandbox.show(&wordless);
    assert_eq!(said(&wordless, "vader")["confidence_score"], 0.0);
    assert_eq!((&wordless["mood_source"], &wordless["mood_model"]), (&json!("model"), &json!(BOTH)), "{wordless}");

    // Then there is nothing left to do, and nothing is done.
    let head = last_change(&sandbox);
    assert_eq!((moods(&sandbox.run(["analyze", "--json"]).ok().json()), pending(&sandbox)), (0, 0));
    assert_eq!(last_change(&sandbox), head);
    let found = sandbox.run(["search", "bench", "--mood", "0.01..", "--mode", "words", "--json"]).ok().array("results");
    assert_eq!(found.len(), 1, "the index knows the new moods");
    let list = sandbox.run(["mood", "--json"]).ok().array("");
    assert!(list.iter().any(|week| week["avg_mood"].is_number()), "{list:?}");
    sandbox.run(["doctor"]).ok();
}

#[test]
fn undo_works_through_moods_that_came_in_between() {
    let sandbox = sandbox();
    let id = sandbox.add(["I hate this endless rain. We laughed about it all the same."]);
    let vader = sandbox.show(&id)["mood_score"].clone();
    sandbox.run(["edit", &id, "--star"]).ok();
    sandbox.run(["analyze"]).ok();
    let both = sandbox.show(&id)["mood_score"].clone();
    assert_ne!(both, vader);
    // The entry as it was before the star had VADER's mood; the next analysis sees to it.
    sandbox.run(["undo"]).ok();
    let entry = sandbox.show(&id);
    assert_eq!(
        (&entry["starred"], &entry["mood_score"], &entry["mood_model"]),
        (&json!(false), &vader, &json!("vader"))
    );
    assert_eq!(moods(&sandbox.run(["analyze", "--json"]).ok().json()), 1);
    assert_eq!(sandbox.show(&id)["mood_score"], both);
    assert_eq!(moods(&sandbox.run(["analyze", "--json"]).ok().json()), 0);
    // And the entry itself.
    sandbox.run(["undo"]).ok().says("Taken back: added");
    assert_eq!(sandbox.count(), 0);
    sandbox.run(["undo", "--redo"]).ok();
    assert_eq!(sandbox.show(&id)["mood_score"], both);

    // A person's mood stands in the way of an undo as ever, and one that is taken back is inferred again.
    sandbox.run(["edit", &id, "--mood", "0.9"]).ok();
    assert_eq!(moods(&sandbox.run(["analyze", "--json"]).ok().json()), 0);
    assert_eq!((&sandbox.show(&id)["mood_score"], &sandbox.show(&id)["mood_model"]), (&json!(0.9), &Value::Null));
    sandbox.run(["edit", &id, "--mood", "none"]).ok();
    sandbox.run(["analyze"]).ok();
    let entry = sandbox.show(&id);
    assert_eq!((&entry["mood_score"], &entry["mood_model"]), (&both, &json!(BOTH)));
    // One that is taken away stays away.
    let bulk = json!({"id": entry["id"], "mood_score": null, "updated_at": entry["updated_at"]}).to_string();
    sandbox.pipe(["bulk", "moods", "-"], bulk).ok();
    sandbox.run(["analyze"]).ok();
    assert_eq!(sandbox.show(&id)["mood_score"], Value::Null);
}

#[test]
fn an_editor_may_be_open_while_a_mood_is_made() {
    let sandbox = sandbox();
    let id = sandbox.add(["A quiet day. I was glad of it."]);
    let seen = sandbox.show(&id);
    sandbox.run(["analyze"]).ok();
    assert_ne!(sandbox.show(&id)["mood_score"], seen["mood_score"]);
    let bulk = json!({"id": seen["id"], "mood_score": 0.4, "updated_at": seen["updated_at"]}).to_string();
    let done = sandbox.pipe(["bulk", "moods", "-", "--json"], bulk).ok();
    assert_eq!(sandbox.show(&id)["mood_score"], 0.4, "{done}");
}

#[test]
fn a_journal_of_an_older_release_gets_the_new_moods_and_resumes() {
    let sandbox = sandbox();
    for number in 0..12 {
        sandbox.add([&format!("Day {number}: I was happy with the talk, and tired. The bus was late again.")]);
    }
    sandbox.run(["analyze"]).ok();
    let new = sandbox.export();
    // As an older release leaves it: every entry has VADER's mood, no row of ours. Half of it done.
    let database = sandbox.database();
    database.execute("DELETE FROM sentiment_analysis WHERE model_name = ?1 AND rowid % 3 <> 0", [BOTH]).unwrap();
    database
        .execute(
            "UPDATE journal_entries SET mood_score = round((SELECT json_extract(emotions, '$.compound') FROM sentiment_analysis s
                WHERE s.entry_id = journal_entries.id AND s.model_name = 'vader'), 2)",
            [],
        )
        .unwrap();
    assert_ne!(sandbox.export(), new);
    let report = sandbox.run(["analyze", "--model", "minilm-emotions-1", "--json"]).ok().json();
    assert_eq!((&report["inferred"], moods(&report)), (&json!(0), 12), "{report}");
    let moods_of = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["mood_score"].clone()).collect()
    };
    assert_eq!(moods_of(&sandbox.export()), moods_of(&new));
    assert_eq!(moods(&sandbox.run(["analyze", "--json"]).ok().json()), 0);
}
