//! `journal show`.

use crate::support::Sandbox;

#[test]
fn one_id_is_an_object_and_several_are_an_array() {
    let sandbox = Sandbox::with_sample();
    let ids = ["018dfbc6-38d1-71a9-acee-7c5570bcf751", "018e0105-e760-73c5-9def-0ba4c45ce9cf"];
    let one = sandbox.run(["show", ids[0], "--json"]).ok().quiet().json();
    assert!(one.is_object() && one["content"].as_str().unwrap().starts_with("Third attempt"));
    let two = sandbox.run(["show", ids[0], ids[1], "--json"]).ok().array("");
    assert_eq!((two.len(), &two[0]), (2, &one));
    assert_eq!(sandbox.run(["show", ids[0], ids[1], "--jsonl"]).ok().json_lines(), two);
}

#[test]
fn the_whole_text_is_shown_with_what_is_known_about_it() {
    let sandbox = Sandbox::new();
    let text = "First line\n\n\tsecond\u{1b}[31m line";
    let id = sandbox.pipe(["add", "-t", "Title", "-m", "0.5", "--starred", "--topic", "t"], text).ok().text();
    let shown = sandbox.run(["show", id.trim()]).ok().text();
    for part in ["2026-03-16 Mon 11:00", "mood +0.50", "★", "#t", "\nTitle\n", text] {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
    let away = sandbox.show(&sandbox.add(["--tz", "Asia/Tokyo", "x"]));
    let shown = sandbox.run(["show", away["short_id"].as_str().unwrap()]).ok().text();
    assert!(shown.contains("19:00 (Asia/Tokyo)"), "{shown}");
}

#[test]
fn ids_are_found_by_their_tail_in_any_case() {
    let sandbox = Sandbox::with_sample();
    let entry = sandbox.show("018dfbc6-38d1-71a9-acee-7c5570bcf751");
    let short = entry["short_id"].as_str().unwrap();
    for id in [short.to_uppercase(), short.to_string(), "018DFBC6-38D1-71A9-ACEE-7C5570BCF751".into()] {
        assert_eq!(sandbox.show(&id)["id"], entry["id"], "{id}");
    }
    sandbox.run(["show", "zzzz"]).code(3).says("zzzz").says("hint:");
    sandbox.run(["show", short, "zzzz"]).code(3);
    for wrong in ["x", "not an id", "018dfbc6-38d1", "🦆🦆🦆🦆"] {
        sandbox.run(["show", wrong]).code(2).says(wrong);
    }
}

#[test]
fn what_each_model_said_is_shown_with_its_name_and_how_sure_it_is() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["I love this wonderful day!"]);
    assert!(!sandbox.run(["show", &id]).ok().quiet().text().contains("vader\t"));
    let line = format!(
        r#"{{"entry_id":"{id}","model_name":"my-model","sentiment_label":"glad","confidence_score":0.75,"emotions":{{"awe":0.1,"joy":0.9}}}}"#
    );
    sandbox.pipe(["bulk", "sentiments", "-"], line).ok();
    let shown = sandbox.run(["show", &id, "--analysis"]).ok().says("journal tasks").text();
    assert!(shown.ends_with('\n') && shown.contains("my-model\tglad\t0.75\tjoy 0.90, awe 0.10\n"), "{shown}");
    let vader = shown.lines().find(|line| line.starts_with("vader\tpositive\t")).unwrap();
    let entry = sandbox.show(&id);
    let score = entry["sentiments"][1]["emotions"]["compound"].as_f64().unwrap();
    assert!(vader.contains(&format!("compound {score:.2}")), "{vader}");
}
