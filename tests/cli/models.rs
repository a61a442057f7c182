//! `journal models` as far as it needs no model.

use crate::support::{Sandbox, field};

#[test]
fn known_models_are_listed() {
    let sandbox = Sandbox::new();
    let models = sandbox.run(["models", "list", "--json"]).ok().quiet().array("");
    assert_eq!(
        field(&models, "id"),
        ["all-MiniLM-L6-v2", "all-mpnet-base-v2", "distilbert-sst2", "roberta-go-emotions"]
    );
    assert_eq!((&models[2]["kind"], &models[2]["labels"][1]), (&"classifier".into(), &"POSITIVE".into()));
    assert_eq!(models[3]["labels"].as_array().unwrap().len(), 28);
    assert_eq!((&models[0]["dimensions"], &models[1]["dimensions"]), (&384.into(), &768.into()));
    assert_eq!((&models[0]["installed"], &models[1]["installed"]), (&false.into(), &false.into()));
    for name in ["kind", "about", "dimensions", "reads", "model_name", "folder"] {
        assert!(models[0].get(name).is_some(), "{name}");
    }
    let text = sandbox.run(["models", "list"]).ok().text();
    assert!(text.contains("not installed") && text.contains("vader"), "{text}");
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let sandbox = Sandbox::new();
    let empty = sandbox.path("empty");
    std::fs::create_dir(&empty).unwrap();
    sandbox.run(["models"]).code(2);
    sandbox.run(["models", "install", "--from", "/nosuch/model"]).code(3).says("/nosuch/model");
    let outcome = sandbox.run(["models", "install", "--from", empty.to_str().unwrap()]);
    assert!(outcome.talk().contains("config.json") || outcome.talk().contains(empty.to_str().unwrap()), "{outcome}");
    sandbox.run(["models", "install", "nosuch", "--from", empty.to_str().unwrap()]).code(3).says("nosuch");
    sandbox.run(["models", "verify"]).code(15);
    sandbox.run(["models", "remove", "nosuch"]).code(3);
}
