//! What the built programs need: `journal` nothing of libtorch, `journal-model` it and the folder it
//! is installed in.
#![allow(clippy::unwrap_used)]

use std::process::Command;

const JOURNAL: &str = env!("CARGO_BIN_EXE_journal");

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The shared libraries that the program's own header names.
fn needed(program: &str) -> Vec<String> {
    let header = output("readelf", &["--dynamic", "--wide", program]);
    header
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .map(|line| line.split(['[', ']']).nth(1).unwrap().to_string())
        .collect()
}

/// Of the engine, or of what comes with it.
fn is_torch(library: &str) -> bool {
    ["torch", "c10", "gomp", "mkl", "cudart"].iter().any(|part| library.contains(part))
}

#[test]
fn journal_needs_no_torch() {
    let libraries = needed(JOURNAL);
    assert!(libraries.iter().any(|library| library.starts_with("libc.so")), "{libraries:?}");
    assert!(!libraries.iter().any(|library| is_torch(library)), "{libraries:?}");
    // Nor does anything that it needs.
    let loaded = output("ldd", &[JOURNAL]);
    // Without the addresses, which are other ones each time and spell anything.
    let names = |line: &str| line.split(" (0x").next().unwrap_or_default().to_string();
    assert!(!loaded.lines().map(names).any(|names| is_torch(&names)), "{loaded}");
}

#[cfg(feature = "model-server")]
#[test]
fn the_model_server_needs_torch_and_finds_it_where_it_is_installed() {
    let server = env!("CARGO_BIN_EXE_journal-model");
    let libraries = needed(server);
    assert!(libraries.iter().any(|library| library.starts_with("libtorch")), "{libraries:?}");
    let header = output("readelf", &["--dynamic", "--wide", server]);
    let run_path = header.lines().find(|line| line.contains("PATH)")).unwrap();
    assert!(run_path.contains("[$ORIGIN/../lib/journaling-ai"), "{run_path}");
}

#[test]
fn the_default_build_knows_no_torch() {
    let tree = |features: &[&str]| {
        let args = ["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none"];
        output(env!("CARGO"), &[&args, features].concat())
    };
    let engine = |tree: &str| {
        tree.lines().any(|line| ["torch-sys ", "tch ", "rust-bert "].iter().any(|name| line.starts_with(name)))
    };
    let plain = tree(&[]);
    assert!(plain.contains("rusqlite ") && !engine(&plain));
    assert!(engine(&tree(&["--features", "model-server"])), "the names are right");
}
