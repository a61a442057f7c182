//! Prepares the lexicons of VADER, so that the program can search them without reading them first.
//!
//! Tells the linker how to make `journal` start soon, and where `journal-model`, and it alone, finds libtorch
//! at run time; and tells that program which engine it was built with.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    sort_lexicon("vader_lexicon");
    sort_lexicon("emoji_utf8_lexicon");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        start_soon();
    }
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
/// beside them a hash table of where each line begins. Where a key comes twice, the last line counts.
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
    // A third full at most, so that a key is found, or found missing, at the first or second look.
    let mut slots = vec![u32::MAX; (entries.len() * 3).next_power_of_two()];
    for (key, value) in entries {
        let mut slot = lexicon_hash(key.as_bytes()) as usize % slots.len();
        while slots[slot] != u32::MAX {
            slot = (slot + 1) % slots.len();
        }
        slots[slot] = sorted.len() as u32;
        sorted += &format!("{key}\t{value}\n");
    }
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (ending, content) in [("txt", sorted), ("slots", format!("{slots:?}"))] {
        let target = format!("{folder}/{name}.{ending}");
        fs::write(&target, content).unwrap_or_else(|error| panic!("{target}: {error}"));
    }
}

include!("src/analysis/vader/lexicon_hash.rs");

/// Lets `journal` start in half the time: every command is a process of its own.
///
/// Loaded anywhere, the program has 71,000 addresses to be filled in before it begins, on 450 pages that are copied
/// for it; loaded where it was linked for, none (`--version`: 3.5 and 1.9 ms). The libraries, the stack and the heap
/// lie at random places all the same. And the C++ library that usearch needs is linked in, rather than looked for,
/// loaded and bound (0.8 ms): a folder that holds nothing but the static form of it is searched before the others.
/// Where there is no such form, or another linker, the program is only slower to start.
fn start_soon() {
    println!("cargo:rustc-link-arg-bin=journal=-no-pie");
    let folder = format!("{}/static", env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let _ = fs::create_dir_all(&folder);
    for (name, source) in [("libstdc++.a", "libstdc++.a"), ("libgcc_s.a", "libgcc_eh.a")] {
        let target = format!("{folder}/{name}");
        let _ = fs::remove_file(&target);
        let Ok(found) = Command::new("cc").arg(format!("-print-file-name={source}")).output() else { return };
        let found = String::from_utf8_lossy(&found.stdout).trim().to_string();
        // A compiler that has no such file answers with its bare name.
        if Path::new(&found).is_absolute() {
            let _ = std::os::unix::fs::symlink(&found, &target);
        }
    }
    println!("cargo:rustc-link-arg-bin=journal=-L{folder}");
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
