//! `journal analyze` where there is no model: indexes follow, and what is missing is said.

use crate::support::Sandbox;

#[test]
fn the_index_is_brought_up_to_date_and_the_rest_stays_pending() {
    let sandbox = Sandbox::with_sample();
    let report = sandbox.run(["analyze", "--json"]).ok().json();
    assert_eq!(report["indexed"], 207, "{report}");
    let again = sandbox.run(["analyze"]).ok().says("model");
    assert_eq!(again.text(), "Nothing is pending.\n");
    sandbox.add(["one more"]);
    assert_eq!(sandbox.run(["analyze", "--json"]).ok().json()["indexed"], 1);
}

#[test]
fn a_change_starts_it_in_the_background_unless_told_otherwise() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.config(), "").unwrap();
    sandbox.add(["text"]);
    let since = std::time::Instant::now();
    loop {
        let outcome = sandbox.run(["tasks", "--json"]).ok();
        let tasks = outcome.array("tasks");
        let text = tasks.iter().find(|task| task["task_id"] == "text_index").unwrap().clone();
        // Until it has ended, too: its journal must not be taken away under it.
        if text["pending"] == 0 && outcome.json()["running"] == false {
            break;
        }
        assert!(since.elapsed() < std::time::Duration::from_secs(20), "{text}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn one_model_alone_does_its_work() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["I love this wonderful day!"]);
    sandbox.database().execute("DELETE FROM sentiment_analysis", []).unwrap();
    let report = sandbox.run(["analyze", "--model", "vader", "--json"]).ok().quiet().json();
    assert_eq!((&report["sentiments"], &report["indexed"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(sandbox.show(&id)["sentiments"][0]["model_name"], "vader");
    assert_eq!(sandbox.run(["analyze", "--json"]).ok().json()["indexed"], 1, "the index was left alone");
    sandbox.run(["analyze", "--model", "nosuch"]).code(2).says("nosuch").says("vader, minilm-emotions-1");
    for model in ["minilm-emotions-1", "all-MiniLM-L6-v2"] {
        sandbox.run(["analyze", "--model", model]).code(15).says(model).says("hint:");
    }
}
