//! `journal completions`. That the committed scripts are fresh is checked in `tests/completions.rs`.

use crate::support::Sandbox;

#[test]
fn each_shell_gets_a_script_that_knows_the_verbs() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(["completions", shell]).ok().quiet().text();
        for verb in ["similar", "reindex", "models", "sync"] {
            assert!(script.contains(verb), "{verb} in {shell}");
        }
    }
    sandbox.run(["completions", "tcsh"]).code(2).says("tcsh");
    sandbox.run(["completions"]).code(2);
    assert!(!sandbox.data().exists(), "it opens no journal");
    sandbox.shell("journal completions bash > c && bash -n c && . ./c && complete -p journal").ok();
}
