//! The scripts and units as they are read by the tools for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{ended, source};

fn scripts() -> Vec<PathBuf> {
    let in_folder = |folder: &str| fs::read_dir(source().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let scripts: Vec<PathBuf> = in_folder("bin").chain(in_folder("initdb")).collect();
    assert!(scripts.len() >= 9, "{scripts:?}");
    scripts
}

fn there(program: &str) -> bool {
    Command::new("sh").args(["-c", "command -v \"$0\" >/dev/null", program]).status().unwrap().success()
}

#[test]
fn scripts_are_bash_and_stop_at_the_first_failure() {
    for script in scripts() {
        ended(Command::new("bash").arg("-n").arg(&script)).succeeded();
        let text = fs::read_to_string(&script).unwrap();
        let strict = text.contains("\nset -euo pipefail\n") || text.contains("/common.sh\"\n");
        assert!(strict, "{}", script.display());
    }
}

#[test]
fn shellcheck_has_nothing_to_say() {
    if !there("shellcheck") {
        eprintln!("SKIPPED: there is no shellcheck (Debian: apt-get install shellcheck)");
        return;
    }
    ended(Command::new("shellcheck").arg("--external-sources").args(scripts())).succeeded();
}

#[test]
fn systemd_takes_the_units_and_each_timer_runs_a_script_that_is_there() {
    if !there("systemd-analyze") {
        eprintln!("SKIPPED: there is no systemd-analyze");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, bin: &Path| {
        let text = fs::read_to_string(source().join("systemd").join(name)).unwrap();
        let text = text.replace("/opt/journaling-ai/bin", bin.to_str().unwrap());
        fs::write(folder.path().join(name), text).unwrap();
    };
    let mut timers = 0;
    place("journaling-ai@.service", &source().join("bin"));
    for entry in fs::read_dir(source().join("systemd")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".timer") {
            continue;
        }
        place(&name, Path::new("/nowhere"));
        let text = fs::read_to_string(folder.path().join(&name)).unwrap();
        let of =
            |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_else(|| panic!("{name}: {key}"));
        // The service of this instance: the program it runs must be there.
        let verify = |unit: &str| {
            ended(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(folder.path().join(unit)))
        };
        for unit in [&name, of("Unit=")] {
            let verified = verify(unit).succeeded();
            assert_eq!(verified.err.trim(), "", "{unit}");
        }
        ended(Command::new("systemd-analyze").args(["calendar", of("OnCalendar=")])).succeeded();
        timers += 1;
    }
    assert_eq!(timers, 4);
    // A name that is no script is told.
    let wrong = folder.path().join("journaling-ai@nothing.service");
    assert!(!ended(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(wrong)).err.is_empty());
}
