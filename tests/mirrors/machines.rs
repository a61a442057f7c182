//! Two machines with one account, one PostgreSQL, one Redis and one Chroma, through the real program.

use crate::deployment::{Deployment, mirror};
use crate::fixture::{MODEL, read, store, user, vector};
use crate::redis::{contents, document};
use crate::support::{Sandbox, ids};
use crate::trouble::everything;
use journaling_ai::cache::text_hash;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Analyses these entries as a machine with a model does.
fn analyse(sandbox: &Sandbox, entries: &[&String]) {
    sandbox.ok(&["analyze"]);
    entries.iter().for_each(|id| drop(read(&mut store(sandbox), id, MODEL, 8, 1)));
}

/// The entries of a machine by id, each with its text.
fn texts(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let all = ids(&sandbox.json(&["list", "--limit", "100"]));
    all.into_iter()
        .map(|id| {
            let shown = sandbox.json(&["show", &id]);
            (id, shown["content"].as_str().unwrap().to_string())
        })
        .collect()
}

/// What Redis has, but for where each machine stands.
fn cached(deployment: &Deployment) -> BTreeMap<String, (Vec<Vec<u8>>, bool)> {
    let mut all = contents(&mut deployment.redis.client());
    all.retain(|key, _| !key.starts_with("journal_cli:"));
    all
}

/// Expects that a sync had nothing to send.
fn expect_idle(synced: &Value) {
    let (redis, chroma) = (mirror(synced, "redis"), mirror(synced, "chroma"));
    for (mirror, names) in [
        (redis, &["users", "answers", "embeddings", "sentiments", "queued", "withdrawn"][..]),
        (chroma, &["added", "updated", "deleted"][..]),
    ] {
        assert!(names.iter().all(|name| mirror[*name] == json!(0)), "{synced}");
    }
}

#[test]
fn two_machines_leave_what_both_have() {
    let deployment = Deployment::start();
    let (one, two) = (Sandbox::without_model(), Sandbox::without_model());
    let shared: Vec<String> = ["Stays.", "Edited by one.", "Edited by two.", "Deleted by one.", "Deleted by two."]
        .map(|text| one.add(text))
        .into();
    analyse(&one, &shared.iter().collect::<Vec<_>>());
    deployment.run(&one, &["init"]).expect(0);
    deployment.json(&one, &[], 0);

    // The other machine takes them, and has read none of them: what is there stays, and nothing is asked for anew.
    let (before, records) = (cached(&deployment), everything(&deployment.chroma));
    deployment.run(&two, &["init", "--link", "--no-backup"]).expect(0);
    let taken = deployment.json(&two, &[], 0);
    assert_eq!(taken["pulled"]["tables"]["journal_entries"]["inserted"], json!(5), "{taken}");
    let chroma = mirror(&taken, "chroma");
    assert_eq!(
        (&chroma["added"], &chroma["updated"], &chroma["deleted"]),
        (&json!(0), &json!(0), &json!(0)),
        "{chroma}"
    );
    assert_eq!(mirror(&taken, "redis")["queued"], json!(0), "{taken}");
    assert_eq!((cached(&deployment), everything(&deployment.chroma)), (before, records));
    // Then it reads them too: the same vectors are there already.
    analyse(&two, &shared.iter().collect::<Vec<_>>());
    let read_too = deployment.json(&two, &[], 0);
    assert_eq!(mirror(&read_too, "chroma")["added"], json!(0), "{read_too}");
    deployment.json(&one, &[], 0);

    // Both write, and neither knows of the other.
    let from_one = one.add("Written by one.");
    one.ok(&["edit", &shared[1], "--content", "Edited by one, and lovely."]);
    one.ok(&["delete", "--yes", &shared[3]]);
    analyse(&one, &[&from_one, &shared[1]]);
    let from_two = two.add("Written by two.");
    two.ok(&["edit", &shared[2], "--content", "Edited by two, and sad."]);
    two.ok(&["delete", "--yes", &shared[4]]);
    analyse(&two, &[&from_two, &shared[2]]);
    let unread = two.add("Written by two, and read by nobody.");
    let me = user(&one);
    assert_eq!(user(&two), me);
    let stale = [format!("api:analytics:{me}"), format!("models:topics:{me}"), format!("api:response:{me}:x")];
    for machine in [&one, &two, &one] {
        stale.iter().for_each(|key| drop(deployment.redis.cli(&["SET", key, "stale"])));
        assert_eq!(deployment.json(machine, &[], 0)["complete"], json!(true));
        stale.iter().for_each(|key| assert_eq!(deployment.redis.cli(&["EXISTS", key]), "0", "{key}"));
    }

    let union = texts(&one);
    assert_eq!(union, texts(&two));
    let mut expected: BTreeMap<String, String> = [
        (&shared[0], "Stays."),
        (&shared[1], "Edited by one, and lovely."),
        (&shared[2], "Edited by two, and sad."),
        (&from_one, "Written by one."),
        (&from_two, "Written by two."),
        (&unread, "Written by two, and read by nobody."),
    ]
    .map(|(id, text)| (id.clone(), text.to_string()))
    .into();
    assert_eq!(union, expected);

    // Chroma: one record for each that was read, with its latest text and vector.
    expected.remove(&unread);
    let records = everything(&deployment.chroma);
    let rows = records["user_embeddings"].as_array().unwrap();
    let found: BTreeMap<String, String> =
        rows.iter().map(|row| (row[0].as_str().unwrap().into(), row[1].as_str().unwrap().into())).collect();
    assert_eq!((rows.len(), &found), (5, &expected));
    for row in rows {
        let numbers: Vec<f32> = row[3].as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as f32).collect();
        assert_eq!(numbers, vector(row[1].as_str().unwrap(), 8), "{row}");
        assert_eq!(row[2]["user_id"], json!(me));
    }

    // Redis: the profile, the vectors and judgements of the latest texts, and the one task there is.
    let (there, mut client) = (cached(&deployment), deployment.redis.client());
    let profile: Value = store(&one).account(me).unwrap().profile.map_or(Value::Null, |text| text.parse().unwrap());
    assert_eq!(document(&mut client, &format!("api:user_data:{me}")), profile);
    for text in expected.values() {
        let bytes: Vec<u8> = vector(text, 8).iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(there[&format!("models:embeddings:{}", text_hash(MODEL, text))].0, [bytes], "{text}");
        assert!(there.contains_key(&format!("models:sentiment:{}", text_hash("vader", text))), "{text}");
    }
    let tasks: Vec<Value> =
        there["tasks:queue:ai_analysis"].0.iter().map(|task| serde_json::from_slice(task).unwrap()).collect();
    assert_eq!((tasks.len(), &tasks[0]["entry_id"]), (1, &json!(unread)), "{tasks:?}");
    let users: BTreeSet<&str> = there.keys().filter_map(|key| key.strip_prefix("api:user_data:")).collect();
    assert_eq!(users, BTreeSet::from([me.to_string().as_str()]));

    // Nothing is left to do, and nobody undoes what the other has done.
    for machine in [&two, &one, &two, &one] {
        deployment.json(machine, &[], 0);
    }
    for machine in [&two, &one] {
        expect_idle(&deployment.json(machine, &[], 0));
    }
    assert_eq!((cached(&deployment), everything(&deployment.chroma)), (there, records.clone()));
    // Not even a machine that compares everything, and has read what the other has.
    analyse(&one, &[&from_two, &shared[2]]);
    deployment.run(&one, &["reset", "--yes"]).expect(0);
    let compared = deployment.json(&one, &[], 0);
    let chroma = mirror(&compared, "chroma");
    assert_eq!(
        (&chroma["anew"], &chroma["unchanged"], &chroma["added"]),
        (&json!(true), &json!(5), &json!(0)),
        "{chroma}"
    );
    assert_eq!(mirror(&compared, "redis")["queued"], json!(0), "{compared}");
    assert_eq!(everything(&deployment.chroma), records);
}
