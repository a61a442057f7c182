//! `journal similar` where there is no model, and what it asks for.

use crate::support::Sandbox;

#[test]
fn it_wants_exactly_one_thing_to_compare_with() {
    let sandbox = Sandbox::new();
    sandbox.run(["similar"]).code(2);
    sandbox.run(["similar", "abcd", "--text", "x"]).code(2);
    sandbox.run(["similar", "abcd", "--to-topic", "x"]).code(2);
}

#[test]
fn without_a_model_it_says_how_to_get_one() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["text"]);
    for args in [&["similar", &id][..], &["similar", "--text", "x"], &["similar", "--to-topic", "x"]] {
        sandbox.run(args.to_vec()).code(15).says("journal models install");
        let error = sandbox.run([args, &["--json"]].concat()).code(15).error();
        assert_eq!((&error["kind"], &error["retryable"]), (&"model_unavailable".into(), &false.into()));
    }
}
