//! Sorts the lexicons of VADER, so that the program can search them without reading them first.
//!
//! Tells the linker where `journal-model`, and it alone, finds libtorch at run time, and tells that
//! program which engine it was built with.

use std::collections::BTreeMap;
use std::env;
use std::fs;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    sort_lexicon("vader_lexicon");
    sort_lexicon("emoji_utf8_lexicon");
    if env::var_os("CARGO_FEATURE_MODEL_SERVER").is_none() {
        return;
    }
    // The installed layout comes first and is relative, so that the whole folder can be moved; the
    // libraries find each other beside themselves.
    let origin = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => "@loader_path",
        _ => "$ORIGIN",
    };
    run_path(&format!("{origin}/../lib/journaling-ai"));
    // Then the libraries it was linked with, for runs from the build folder. torch-sys tells its
    // direct dependents alone where they are; everybody else has said so in LIBTORCH.
    let linked = env::var("DEP_TCH_LIBTORCH_LIB")
        .ok()
        .or_else(|| env::var("LIBTORCH").ok().map(|folder| format!("{folder}/lib")));
    if let Some(linked) = linked {
        run_path(&linked);
    }

    let locked = fs::read_to_string("Cargo.lock").unwrap_or_default();
    let engine = ["rust-bert", "tch"]
        .map(|package| format!("{package} {}", version(&locked, package).unwrap_or("unknown")))
        .join(", ");
    println!("cargo:rustc-env=JOURNAL_MODEL_ENGINE={engine}");
}

/// Writes a lexicon's lines of "key TAB value TAB ..." as lines of "key TAB value", sorted by key, and
/// beside them where each line begins. Where a key comes twice, the last line counts.
fn sort_lexicon(name: &str) {
    let source = format!("src/analysis/vader/{name}.txt");
    println!("cargo:rerun-if-changed={source}");
    let text = fs::read_to_string(&source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let entries: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.trim().split('\t');
            Some((fields.next()?, fields.next()?))
        })
        .collect();
    let mut sorted = String::new();
    let mut starts = Vec::new();
    for (key, value) in entries {
        starts.push(sorted.len());
        sorted += &format!("{key}\t{value}\n");
    }
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (ending, content) in [("txt", sorted), ("starts", format!("{starts:?}"))] {
        let target = format!("{folder}/{name}.{ending}");
        fs::write(&target, content).unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}

fn run_path(folder: &str) {
    println!("cargo:rustc-link-arg-bin=journal-model=-Wl,-rpath,{folder}");
}

/// The locked version of a package that occurs once.
fn version<'a>(locked: &'a str, package: &str) -> Option<&'a str> {
    let versions: Vec<&str> = locked
        .split("[[package]]")
        .filter(|block| block.contains(&format!("name = \"{package}\"\n")))
        .filter_map(|block| block.split("version = \"").nth(1)?.split('"').next())
        .collect();
    match versions.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}
