//! `journal edit` by flags. The editor has a file of its own.

use crate::support::{Sandbox, field};

#[test]
fn flags_change_what_they_name_and_nothing_else() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["-t", "Before", "-d", "2026-03-01 08:00", "-m", "good", "Text with #one and #two"]);
    let before = sandbox.show(&id);
    type Change<'a> = (&'a [&'a str], &'a str, serde_json::Value);
    let changes: [Change; 8] = [
        (&["--title", "After"], "title", "After".into()),
        (&["--title", ""], "title", serde_json::Value::Null),
        (&["--date", "2026-02-02"], "entry_date", "2026-02-02".into()),
        (&["--date", "2026-02-03 09:30"], "written_at", "2026-02-03T08:30:00.000000Z".into()),
        (&["--mood", "-0.25"], "mood_score", (-0.25).into()),
        (&["--star"], "starred", true.into()),
        (&["--unstar"], "starred", false.into()),
        (&["--tz", "Asia/Tokyo"], "time_zone", "Asia/Tokyo".into()),
    ];
    for (flags, name, value) in changes {
        let args: Vec<&str> = ["edit", &id, "--json"].iter().chain(flags).copied().collect();
        let after = sandbox.run(args).ok().quiet().json();
        assert_eq!(after[name], value, "{flags:?}");
        assert_eq!(after["content"], before["content"]);
        assert_eq!(sandbox.show(&id), after);
    }
    let after = sandbox.show(&id);
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str(), "though the clock stands still");
    assert_eq!((&after["id"], &after["created_at"]), (&before["id"], &before["created_at"]));
}

#[test]
fn topics_follow_the_tags_of_the_text() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["--topic", "kept", "Text with #one and #two"]);
    let topics = || {
        let mut names = field(sandbox.show(&id)["topics"].as_array().unwrap(), "name");
        names.sort();
        names
    };
    assert_eq!(topics(), ["kept", "one", "two"]);
    sandbox.run(["edit", &id, "--content", "Now #two and #three"]).ok().says("journal undo");
    assert_eq!(topics(), ["kept", "three", "two"]);
    sandbox.run(["edit", &id, "--topic", "#four", "--remove-topic", "kept"]).ok();
    assert_eq!(topics(), ["four", "three", "two"]);
}

#[test]
fn a_new_text_is_judged_anew_unless_the_writer_has_spoken() {
    let sandbox = Sandbox::new();
    let judged = sandbox.add(["I love this wonderful day!"]);
    let said = sandbox.add(["-m", "great", "I love this wonderful day!"]);
    for id in [&judged, &said] {
        sandbox.pipe(["edit", id, "--content", "-"], "I hate this terrible, awful day.\n").ok();
        let entry = sandbox.show(id);
        assert_eq!(entry["content"], "I hate this terrible, awful day.");
        assert_eq!(entry["sentiments"][0]["sentiment_label"], "negative");
        assert_eq!(entry["sentiments"].as_array().unwrap().len(), 1);
    }
    assert!(sandbox.show(&judged)["mood_score"].as_f64().unwrap() < -0.5);
    assert_eq!(sandbox.show(&said)["mood_score"], 0.8);
    sandbox.run(["edit", &said, "--mood", "none"]).ok();
    assert_eq!(sandbox.show(&said)["mood_source"], "model");
}

#[test]
fn a_change_that_cannot_be_is_refused_and_its_text_kept() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["text"]);
    sandbox.run(["edit", &id]).code(2).says("nothing to change");
    for nothing in ["", " \n"] {
        sandbox.run(["edit", &id, "--content", nothing]).code(2).says("empty");
    }
    sandbox.run(["edit", &id, "--star", "--unstar"]).code(2);
    sandbox.run(["edit", &id, "--mood", "purple"]).code(2).says("purple");
    sandbox.run(["edit", "zzzz", "--star"]).code(3).says("zzzz");
    assert!(sandbox.drafts().is_empty());
    let outcome = sandbox.pipe(["edit", &id, "--content", "-"], "new text with a \0 in it").code(2).says("offset 16");
    assert_eq!(std::fs::read(&sandbox.drafts()[0]).unwrap(), b"new text with a \0 in it", "{outcome}");
    assert_eq!(sandbox.show(&id)["content"], "text");
}
