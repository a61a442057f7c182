//! `journal reindex`.

use crate::support::{Sandbox, field};

#[test]
fn projections_are_built_anew_and_give_the_same_answers() {
    let sandbox = Sandbox::with_sample();
    let search = || field(&sandbox.run(["search", "rain", "--mode", "words", "--json"]).ok().array("results"), "id");
    let before = search();
    let report = sandbox.run(["reindex", "--json"]).ok().quiet().array("rebuilt");
    assert_eq!(field(&report, "part"), ["cache", "text", "topics", "statistics"]);
    assert_eq!((&report[1]["entries"], &report[3]["days"]), (&207.into(), &196.into()));
    assert_eq!(search(), before);
    assert!(sandbox.run(["reindex", "text"]).ok().text().contains("207 entries"));
    sandbox.run(["reindex", "embeddings"]).code(15).says("model");
    sandbox.run(["reindex", "nosuch"]).code(2);
    let empty = Sandbox::new();
    assert_eq!(empty.run(["reindex", "--json"]).ok().array("rebuilt")[1]["entries"], 0);
}
