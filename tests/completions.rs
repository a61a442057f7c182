//! The committed completion scripts are those of the program.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

#[test]
fn committed_scripts_are_fresh() {
    let home = tempfile::tempdir().unwrap();
    for (shell, file) in [("bash", "journal.bash"), ("zsh", "_journal"), ("fish", "journal.fish")] {
        let output = Command::new(env!("CARGO_BIN_EXE_journal"))
            .args(["completions", shell])
            .env_clear()
            .env("HOME", home.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        let committed = std::fs::read(&path).unwrap_or_default();
        let remedy = format!("completions/{file} is stale: journal completions {shell} > completions/{file}");
        assert!(committed == output.stdout, "{remedy}");
    }
}
