//! What goes to Chroma, read back by its own client.

use crate::fixture::{MODEL, read, read_topic, store, to_chroma, user, vector, would_go_to_chroma};
use crate::servers::Chroma;
use crate::support::{Sandbox, ids};
use crate::trouble::everything;
use journaling_ai::sync::chroma::Report;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn counts(report: &Report) -> (u64, u64, u64, u64) {
    (report.added, report.updated, report.deleted, report.unchanged)
}

fn records(chroma: &Chroma, collection: &str) -> BTreeMap<String, Value> {
    let all = everything(chroma);
    let rows = all[collection].as_array().unwrap_or_else(|| panic!("no {collection} in {all}"));
    rows.iter().map(|row| (row[0].as_str().unwrap().to_string(), row.clone())).collect()
}

#[test]
fn records_are_the_entries_and_follow_them() {
    let (sandbox, chroma) = (Sandbox::without_model(), Chroma::start());
    let one =
        sandbox.json(&["add", "--title", "River", "--mood", "0.5", "--date", "2026-02-03", "A walk by the river."]);
    let one = one["id"].as_str().unwrap().to_string();
    let two = sandbox.add("Something else, of two passages, and rather long.");
    let unread = sandbox.add("No model has read this.");
    let vectors = {
        let mut store = store(&sandbox);
        read(&mut store, &one, MODEL, 8, 1);
        read(&mut store, &two, MODEL, 8, 2)
    };
    let url = chroma.url();
    let would = would_go_to_chroma(&sandbox, &url);
    assert_eq!(counts(&would), (2, 0, 0, 0));
    assert_eq!(everything(&chroma), json!({}), "a dry run sends nothing");
    let report = to_chroma(&sandbox, &url).unwrap();
    assert_eq!((counts(&report), report.anew), ((2, 0, 0, 0), true));

    let spaces = chroma.python(
        "json.dump({c.name: [c.configuration_json['hnsw']['space'], (c.metadata or {}).get('model_name')] for c in client.list_collections()}, sys.stdout)",
        &json!(null),
    );
    assert_eq!(
        spaces,
        json!({"user_embeddings": ["cosine", MODEL], "topic_embeddings": ["cosine", null],
            "insight_embeddings": ["cosine", null], "global_embeddings": ["cosine", null]})
    );
    let found = records(&chroma, "user_embeddings");
    assert_eq!(found.len(), 2);
    assert!(!found.contains_key(&unread));
    let (text, metadata) = (&found[&one][1], &found[&one][2]);
    assert_eq!(text, "A walk by the river.");
    assert_eq!(metadata["user_id"], json!(user(&sandbox)));
    assert_eq!((&metadata["entry_id"], &metadata["entry_date"]), (&json!(one), &json!("2026-02-03")));
    assert_eq!((&metadata["title"], &metadata["mood_score"]), (&json!("River"), &json!(0.5)));
    assert_eq!((&metadata["model_name"], &metadata["word_count"]), (&json!(MODEL), &json!(5)));
    let numbers =
        |row: &Value| row[3].as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect::<Vec<_>>();
    assert_eq!(numbers(&found[&one]), vector("River\n\nA walk by the river.", 8));
    let sum: Vec<f32> = vectors[0].iter().zip(&vectors[1]).map(|(a, b)| a + b).collect();
    let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
    for (number, sum) in numbers(&found[&two]).iter().zip(&sum) {
        assert!((number - sum / length).abs() < 1e-6);
    }

    // A second run looks, and sends nothing.
    assert_eq!(to_chroma(&sandbox, &url).unwrap(), Report::default());
    // A mood and a title are no other vector; without a title there is none there.
    sandbox.ok(&["edit", &two, "--mood", "-0.2"]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 1, 0, 0));
    assert_eq!(records(&chroma, "user_embeddings")[&two][2]["mood_score"], json!(-0.2));
    sandbox.ok(&["edit", &two, "--mood", "none"]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 1, 0, 0));
    assert_eq!(records(&chroma, "user_embeddings")[&two][2].get("mood_score"), None);
    // A star is nothing that goes there.
    sandbox.ok(&["edit", &two, "--star"]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()).0, 0);
    // Another text has no vector until it is read, and then another one.
    sandbox.ok(&["edit", &one, "--content", "A swim in the river."]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 0, 1, 0));
    read(&mut store(&sandbox), &one, MODEL, 8, 1);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (1, 0, 0, 0));
    assert_eq!(records(&chroma, "user_embeddings")[&one][1], "A swim in the river.");
    // Deleted is gone, and undone is back.
    sandbox.ok(&["delete", "--yes", &one]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 0, 1, 0));
    assert_eq!(records(&chroma, "user_embeddings").keys().collect::<Vec<_>>(), [&two]);
    sandbox.ok(&["undo"]);
    read(&mut store(&sandbox), &one, MODEL, 8, 1);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (1, 0, 0, 0));
}

#[test]
fn what_was_lost_or_is_of_another_model_is_made_anew() {
    let (sandbox, chroma) = (Sandbox::without_model(), Chroma::start());
    let entries: Vec<String> = (0..5).map(|number| sandbox.add(&format!("Entry {number}."))).collect();
    let url = chroma.url();
    let read_all = |model: &str, dimensions: usize| {
        let mut store = store(&sandbox);
        entries.iter().for_each(|id| drop(read(&mut store, id, model, dimensions, 1)));
        store.sweep_passages("user_embeddings", model).unwrap();
    };
    read_all(MODEL, 8);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (5, 0, 0, 0));
    let nothing = json!(null);
    // Two records go there behind our back, and one comes that is not ours: the next comparison puts that right,
    // and lets others' be.
    let (ours, stale) = (user(&sandbox).to_string(), "01a00000-0000-7000-8000-000000000000");
    chroma.python(
        "c = client.get_collection('user_embeddings')
c.delete(ids=given['gone'])
c.add(ids=[given['stale'], 'other'], embeddings=[[1.0] * 8, [1.0] * 8], metadatas=[{'user_id': given['user']}, {'user_id': 'somebody'}])
json.dump(None, sys.stdout)",
        &json!({"gone": entries[..2], "user": ours, "stale": stale}),
    );
    let address = journaling_ai::sync::chroma::Address::parse(&url).unwrap();
    assert!(store(&sandbox).unfollow(address.name()).unwrap());
    let report = to_chroma(&sandbox, &url).unwrap();
    assert_eq!((counts(&report), report.anew), ((2, 0, 1, 3), true));
    let there = records(&chroma, "user_embeddings");
    assert!(there.contains_key("other") && !there.contains_key(stale) && there.len() == 6);

    // The whole collection goes: its id is another one, so it is noticed without a change here.
    chroma.python("client.delete_collection('user_embeddings'); json.dump(None, sys.stdout)", &nothing);
    let report = to_chroma(&sandbox, &url).unwrap();
    assert_eq!((counts(&report), report.anew), ((5, 0, 0, 0), true));

    // Another model, with longer vectors: the collection cannot hold them, and is made anew.
    read_all("longer-model@89abcdef", 12);
    let report = to_chroma(&sandbox, &url).unwrap();
    assert_eq!(counts(&report), (5, 0, 0, 0));
    assert!(report.remade[0].contains("longer-model") && report.remade[0].contains(MODEL), "{report:?}");
    let there = records(&chroma, "user_embeddings");
    assert_eq!(there[&entries[0]][3].as_array().unwrap().len(), 12);
    // Another journal that sends there has the model too, and learns by the id that its vectors are gone.
    assert_eq!(to_chroma(&sandbox, &url).unwrap(), Report::default());

    // One that somebody has made with Chroma's own distance.
    chroma.python(
        "client.delete_collection('user_embeddings'); client.create_collection('user_embeddings'); json.dump(None, sys.stdout)",
        &nothing,
    );
    let report = to_chroma(&sandbox, &url).unwrap();
    assert!(report.remade[0].contains("its distance is l2"), "{report:?}");
    assert_eq!(counts(&report), (5, 0, 0, 0));
}

#[test]
fn topics_are_records_of_their_own() {
    let (sandbox, chroma) = (Sandbox::without_model(), Chroma::start());
    sandbox.add("Out with the dog. #walk");
    let url = chroma.url();
    // The collection is made before there is a model for it, which it then learns.
    to_chroma(&sandbox, &url).unwrap();
    let user = user(&sandbox);
    let (walk, sleep) = {
        let store = store(&sandbox);
        (store.topic(user, "walk").unwrap(), store.topic(user, "sleep").unwrap())
    };
    for id in [walk, sleep] {
        read_topic(&mut store(&sandbox), id, MODEL, 6);
    }
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (2, 0, 0, 0));
    let found = records(&chroma, "topic_embeddings");
    let (mine, everybodys) = (&found[&walk.to_string()], &found[&sleep.to_string()]);
    assert_eq!((&mine[1], &mine[2]["name"], &mine[2]["user_id"]), (&json!("walk"), &json!("walk"), &json!(user)));
    assert_eq!((&everybodys[2]["is_system_topic"], everybodys[2].get("user_id")), (&json!(true), None));
    let model = chroma.python(
        "json.dump(client.get_collection('topic_embeddings').metadata['model_name'], sys.stdout)",
        &json!(null),
    );
    assert_eq!(model, json!(MODEL));
    // Another name is another text, which has to be read first.
    sandbox.ok(&["topics", "rename", "walk", "walking"]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 0, 1, 0));
    read_topic(&mut store(&sandbox), walk, MODEL, 6);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (1, 0, 0, 0));
    sandbox.ok(&["topics", "delete", "--yes", "walking"]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()), (0, 0, 1, 0));
    assert_eq!(records(&chroma, "topic_embeddings").keys().collect::<Vec<_>>(), [&sleep.to_string()]);
}

#[test]
fn what_another_machine_has_read_stays_while_it_is_of_the_same_text() {
    let (sandbox, chroma) = (Sandbox::without_model(), Chroma::start());
    let entries: Vec<String> = (0..3).map(|number| sandbox.add(&format!("Entry {number}."))).collect();
    let url = chroma.url();
    entries.iter().for_each(|id| drop(read(&mut store(&sandbox), id, MODEL, 8, 1)));
    to_chroma(&sandbox, &url).unwrap();
    // As for a machine that has taken the entries from PostgreSQL and not read them yet.
    store(&sandbox).forget_vectors(&["user_embeddings"]).unwrap();
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()).2, 0);
    assert_eq!(records(&chroma, "user_embeddings").len(), 3);
    sandbox.ok(&["edit", &entries[0], "--content", "Entry nought."]);
    sandbox.ok(&["delete", "--yes", &entries[1]]);
    assert_eq!(counts(&to_chroma(&sandbox, &url).unwrap()).2, 2);
    assert_eq!(records(&chroma, "user_embeddings").keys().collect::<Vec<_>>(), [&entries[2]]);
}

#[test]
fn a_tenant_and_a_database_are_made_when_they_are_not_there() {
    let (sandbox, chroma) = (Sandbox::without_model(), Chroma::start());
    let entry = sandbox.add("An entry.");
    read(&mut store(&sandbox), &entry, MODEL, 4, 1);
    let url = format!("{}/?tenant=journaling&database=journaling_ai", chroma.url());
    assert_eq!(to_chroma(&sandbox, &url).unwrap().added, 1);
    assert_eq!(everything(&chroma), json!({}));
    let found = chroma.python(
        "client = chromadb.HttpClient(host='127.0.0.1', port=given, tenant='journaling', database='journaling_ai')
json.dump(client.get_collection('user_embeddings').get()['ids'], sys.stdout)",
        &json!(chroma.port()),
    );
    assert_eq!(found, json!([entry]));
}

/// The architecture's `find_similar_entries`, with what it gets wrong put right: a collection is asked, not the
/// client, and what is in its answer is put together by position.
const FIND_SIMILAR: &str = "
def find_similar_entries(query_embedding, user_id, limit=10, similarity_threshold=0.7):
    results = client.get_collection('user_embeddings').query(
        query_embeddings=[query_embedding], n_results=limit, where={'user_id': user_id},
        include=['metadatas', 'documents', 'distances'])
    rows = zip(results['ids'][0], results['documents'][0], results['distances'][0], results['metadatas'][0])
    return [{'entry_id': id, 'content': document, 'similarity': 1 - distance, 'metadata': metadata}
            for id, document, distance, metadata in rows if (1 - distance) >= similarity_threshold]

vectors = client.get_collection('user_embeddings').get(ids=given['asked'], include=['embeddings'])
own = dict(zip(vectors['ids'], vectors['embeddings'].tolist()))
out = []
for id in given['asked']:
    # The entry itself is the nearest; `journal similar` leaves it out.
    found = find_similar_entries(own[id], given['user'], given['limit'] + 1, given['threshold'])
    out.append([[one['entry_id'], one['similarity'], one['content']] for one in found if one['entry_id'] != id][:given['limit']])
json.dump(out, sys.stdout)
";

#[test]
fn chroma_and_the_journal_answer_alike() {
    let (sandbox, chroma) = (Sandbox::new(), Chroma::start());
    if !sandbox.has_model() {
        eprintln!("SKIPPED: this build has no model server");
        return;
    }
    // Days that are told again in other words, so that there is something alike.
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample-journal.jsonl");
    sandbox.ok(&["import", sample.to_str().unwrap()]);
    let lines = std::fs::read_to_string(&sample).unwrap();
    let contents = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let again: String = contents
        .take(100)
        .map(|entry| {
            let content = format!("{} I keep thinking of it.", entry["content"].as_str().unwrap());
            json!({"content": content, "entry_date": entry["entry_date"]}).to_string() + "\n"
        })
        .collect();
    let file = sandbox.folder().join("again.jsonl");
    std::fs::write(&file, again).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    // Somebody else's entries are in the same collection, and in nobody's answer.
    sandbox.ok(&["user", "add", "other@example.org"]);
    let mut command = sandbox.command();
    command.args(["import", file.to_str().unwrap(), "--user", "other@example.org"]);
    crate::support::Outcome::of(command).expect(0);
    sandbox.ok(&["analyze"]);
    let report = to_chroma(&sandbox, &chroma.url()).unwrap();
    assert!(report.added >= 400, "{report:?}");

    // Topics too, each by the model that reads them; those of the system are nobody's.
    let topics = records(&chroma, "topic_embeddings");
    let sleep = topics.values().find(|row| row[2]["name"] == "sleep").unwrap_or_else(|| panic!("{topics:?}"));
    assert_eq!((&sleep[2]["is_system_topic"], sleep[2].get("user_id")), (&json!(true), None));
    assert!(sleep[1].as_str().unwrap().starts_with("sleep Falling asleep"), "{sleep}");
    assert_eq!(sleep[3].as_array().unwrap().len(), 384);
    assert!(topics.len() > 25, "{}", topics.len());
    let all = ids(&sandbox.json(&["list", "--limit", "1000"]));
    assert!(all.len() >= 300, "{}", all.len());
    let asked: Vec<String> = all.iter().step_by(10).cloned().collect();
    let mut found = 0;
    for (threshold, limit) in [(0.7, 10), (0.3, 20)] {
        let given = json!({"asked": asked, "user": user(&sandbox), "limit": limit, "threshold": threshold});
        let theirs = chroma.python(FIND_SIMILAR, &given);
        for (id, theirs) in asked.iter().zip(theirs.as_array().unwrap()) {
            let (limit, threshold) = (limit.to_string(), threshold.to_string());
            let ours = sandbox.json(&["similar", id, "-n", &limit, "--threshold", &threshold, "--explain"]);
            let ours: Vec<(String, f64)> = ours["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| (hit["id"].as_str().unwrap().to_string(), hit["score"].as_f64().unwrap()))
                .collect();
            let theirs: Vec<(String, f64)> = theirs
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row[0].as_str().unwrap().to_string(), row[1].as_f64().unwrap()))
                .collect();
            // Chroma's graph is approximate, though of some 500 vectors it has missed none so far: what is asked is
            // that both name the same entries with the same similarity. Where two are as near, either may come
            // first; at the edge of threshold or limit either may be the last.
            let edge = ours.iter().chain(&theirs).map(|(_, score)| *score).fold(f64::MAX, f64::min) + 1e-3;
            for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
                let other: BTreeMap<&String, f64> = other.iter().map(|(id, score)| (id, *score)).collect();
                for (name, score) in one.iter().filter(|(_, score)| *score > edge) {
                    let same = other.get(name).is_some_and(|other| (other - score).abs() < 1e-3);
                    assert!(same, "like {id}: {name} ({score})\nours: {ours:?}\ntheirs: {theirs:?}");
                }
            }
            assert!(ours.len().abs_diff(theirs.len()) <= 1, "{ours:?}\n{theirs:?}");
            found += ours.len();
        }
    }
    assert!(found > 100, "only {found} entries were alike: that says little");
}
