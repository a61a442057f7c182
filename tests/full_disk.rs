//! No room left on the disk, and a disk that cannot be written: on a small file system of its own,
//! where one can be mounted.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{Outcome, Sandbox};

/// A file system of a few megabytes, taken away when dropped.
struct Disk {
    place: PathBuf,
}

impl Disk {
    /// None where this user cannot mount anything.
    fn mount(place: PathBuf) -> Option<Disk> {
        fs::create_dir_all(&place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs"]).arg(&place);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Disk { place })
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        for size in [1 << 16, 4096, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.place.join("filler")
    }

    /// Nobody may have a file open for writing.
    fn remount(&self, how: &str, sandbox: &Sandbox) {
        for (id, _) in sandbox.processes() {
            support::kill(id);
        }
        sandbox.vanish();
        // A process that is gone from the list may still be giving back its files.
        for attempt in 0.. {
            let mut mount = Command::new("mount");
            mount.args(["-o", &format!("remount,{how}")]).arg(&self.place);
            let outcome = mount.output().unwrap();
            if outcome.status.success() {
                return;
            }
            assert!(attempt < 100, "{}", String::from_utf8_lossy(&outcome.stderr));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}

/// A journal on a disk of its own, with three entries; none where nothing can be mounted.
fn journal() -> Option<(Sandbox, Disk, Vec<String>)> {
    let mut sandbox = Sandbox::new();
    let Some(disk) = Disk::mount(sandbox.folder().join("disk")) else {
        eprintln!("SKIPPED: nothing can be mounted here");
        return None;
    };
    sandbox.move_to(disk.place.join("data"));
    let kept = ["The first one #kept", "A second one #kept", "And a third one #kept"].map(|text| sandbox.add(text));
    Some((sandbox, disk, kept.to_vec()))
}

/// The one draft outside the journal, taken away.
fn take_draft(sandbox: &Sandbox, outcome: &Outcome) -> String {
    let drafts = fs::read_dir(sandbox.folder().join("tmp")).unwrap().flatten().map(|entry| entry.path());
    let drafts: Vec<PathBuf> =
        drafts.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("unsaved-")).collect();
    assert_eq!(drafts.len(), 1, "{drafts:?}\n{outcome}");
    assert!(outcome.stderr.contains(drafts[0].to_str().unwrap()), "{outcome}");
    let text = fs::read_to_string(&drafts[0]).unwrap();
    fs::remove_file(&drafts[0]).unwrap();
    text
}

fn expect_full(outcome: &Outcome) {
    assert!(
        outcome.code() == Some(1)
            && outcome.stderr.contains("the disk is full")
            && !outcome.stderr.contains("panicked"),
        "{outcome}"
    );
}

fn expect_readable(sandbox: &Sandbox, kept: &[String], exported: &str) {
    assert_eq!(sandbox.ok(&["list", "--count"]).stdout.trim(), kept.len().to_string());
    assert_eq!(support::ids(&sandbox.json(&["list", "--topic", "kept"])).len(), kept.len());
    assert_eq!(sandbox.json(&["show", &kept[0]])["content"], "The first one #kept");
    assert_eq!(sandbox.json(&["stats"])["user_statistics"]["total_entries"], kept.len());
    assert_eq!(sandbox.ok(&["export"]).stdout, exported);
    sandbox.ok(&["history"]);
    sandbox.ok(&["tasks"]);
}

/// A text too long for the pages that the database has free.
fn long(start: &str) -> String {
    format!("{start} {}", "and so on ".repeat(20_000))
}

#[test]
fn a_full_disk_loses_nothing_and_says_so() {
    let Some((sandbox, disk, kept)) = journal() else { return };
    sandbox.ok(&["analyze"]);
    let exported = sandbox.ok(&["export"]).stdout;
    let words = ["search", "kept", "--mode", "words", "--json"];
    assert_eq!(support::ids(&sandbox.ok(&words).json()["results"]).len(), 3);
    disk.fill();

    let text = long("Written on a full disk");
    let file = sandbox.folder().join("text");
    fs::write(&file, &text).unwrap();
    let with_stdin = |args: &[&str]| {
        let mut command = sandbox.command();
        command.args(args).stdin(File::open(&file).unwrap());
        Outcome::of(command)
    };
    let add = with_stdin(&["add", "-"]);
    expect_full(&add);
    assert_eq!(take_draft(&sandbox, &add), text);
    let add = sandbox.run(&["add", "A short text on a full disk"]);
    expect_full(&add);
    assert_eq!(take_draft(&sandbox, &add), "A short text on a full disk");
    let edit = with_stdin(&["edit", &kept[0], "--content", "-"]);
    expect_full(&edit);
    assert_eq!(take_draft(&sandbox, &edit), text);
    let import = sandbox.folder().join("import.jsonl");
    fs::write(&import, serde_json::json!({"entry_date": "2025-01-01", "content": text}).to_string()).unwrap();
    expect_full(&sandbox.run(&["import", import.to_str().unwrap()]));
    expect_full(&sandbox.run(&["delete", &kept[1], "--yes"]));
    expect_full(&sandbox.run(&["reindex", "text"]));

    expect_readable(&sandbox, &kept, &exported);
    let found = sandbox.run(&words).expect(0);
    assert_eq!(support::ids(&found.json()["results"]).len(), 3, "{found}");
    if sandbox.has_model() {
        let near = sandbox.run(&["similar", &kept[0], "--threshold", "0.2", "--json"]).expect(0);
        assert_eq!(support::ids(&near.json()["results"]).len(), 2, "{near}");
    }
    let analyze = sandbox.run(&["analyze"]);
    assert!(matches!(analyze.code(), Some(0 | 1)) && !analyze.stderr.contains("panicked"), "{analyze}");

    disk.free();
    assert_eq!(sandbox.ok(&["export"]).stdout, exported);
    let id = sandbox.add("There is room again #kept");
    assert!(support::ids(&sandbox.ok(&words).json()["results"]).contains(&id));
    sandbox.ok(&["analyze"]);
    sandbox.expect_well();
}

/// The disk fills up while something is pending.
#[test]
fn a_disk_that_fills_up_before_the_projections_were_made() {
    let Some((sandbox, disk, kept)) = journal() else { return };
    let exported = sandbox.ok(&["export"]).stdout;
    disk.fill();
    expect_readable(&sandbox, &kept, &exported);
    for args in [&["search", "kept"][..], &["search", "kept", "--mode", "words"], &["analyze"], &["reindex"]] {
        expect_full(&sandbox.run(args));
    }
    disk.free();
    assert_eq!(sandbox.search(&["kept", "--mode", "words"]).len(), 3);
    sandbox.ok(&["analyze"]);
    sandbox.expect_well();
}

#[test]
fn a_disk_that_cannot_be_written_can_be_read() {
    let Some((sandbox, disk, kept)) = journal() else { return };
    sandbox.ok(&["analyze"]);
    sandbox.ok(&["search", "something kept"]);
    let exported = sandbox.ok(&["export"]).stdout;
    disk.remount("ro", &sandbox);
    expect_readable(&sandbox, &kept, &exported);
    let found = sandbox.run(&["search", "kept", "--mode", "words", "--json"]).expect(0);
    assert_eq!(support::ids(&found.json()["results"]).len(), 3, "{found}");
    let found = sandbox.run(&["search", "something kept", "--json"]).expect(0);
    assert_eq!(support::ids(&found.json()["results"]).len(), 3, "{found}");
    if sandbox.has_model() {
        let near = sandbox.run(&["similar", &kept[0], "--threshold", "0.2", "--json"]).expect(0);
        assert_eq!(support::ids(&near.json()["results"]).len(), 2, "{near}");
    }
    sandbox.expect_well();
    let unwritable = |outcome: &Outcome| {
        let said = outcome.stderr.contains("cannot be written") || outcome.stderr.contains("Read-only");
        assert!(outcome.code() == Some(1) && said && !outcome.stderr.contains("panicked"), "{outcome}");
    };
    let add = sandbox.run(&["add", "Written where nothing can be"]);
    unwritable(&add);
    assert_eq!(take_draft(&sandbox, &add), "Written where nothing can be");
    let edit = sandbox.run(&["edit", &kept[0], "--content", "Changed where nothing can be"]);
    unwritable(&edit);
    assert_eq!(take_draft(&sandbox, &edit), "Changed where nothing can be");
    for args in [&["delete", &kept[0], "--yes"][..], &["undo"], &["reindex"]] {
        unwritable(&sandbox.run(args));
    }
    disk.remount("rw", &sandbox);
    assert_eq!(sandbox.ok(&["export"]).stdout, exported);
    sandbox.add("Written again");
    sandbox.ok(&["analyze"]);
    sandbox.expect_well();
}

/// A journal of an older program on a full disk: it is refused, told why, and left as it is.
#[test]
fn an_older_journal_waits_until_there_is_room_for_its_copy() {
    let Some((sandbox, disk, kept)) = journal() else { return };
    let exported = sandbox.ok(&["export"]).stdout;
    sandbox.ok(&["migrate", "down", "--to", "004", "--yes", "--no-backup"]);
    let file = sandbox.data().join("journal.db");
    let before = fs::read(&file).unwrap();
    let _ = fs::remove_file(sandbox.data().join("statements.log"));
    disk.fill();
    for args in [&["list"][..], &["search", "kept"], &["migrate", "up"]] {
        let refused = sandbox.run(args).expect(1);
        let words = ["disk is full", "are free", "nothing was changed", "free some space"];
        assert!(words.iter().any(|words| refused.stderr.contains(words)), "{refused}");
    }
    let add = sandbox.run(&["add", "A text for an older journal"]).expect(1);
    assert_eq!(take_draft(&sandbox, &add), "A text for an older journal");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_ne!(sandbox.json(&["migrate", "status"])["pending"], 0);
    let left = fs::read_dir(sandbox.data().join("backups")).map_or(0, Iterator::count);
    assert_eq!(left, 0);

    disk.free();
    assert_eq!(sandbox.ok(&["export"]).stdout, exported);
    assert_eq!(sandbox.json(&["migrate", "status"])["backups"].as_array().unwrap().len(), 1);
    assert_eq!(sandbox.ok(&["list", "--count"]).stdout.trim(), kept.len().to_string());
    sandbox.ok(&["analyze"]);
    sandbox.expect_well();
    let exported = sandbox.ok(&["export"]).stdout;

    // On a disk that cannot be written it stays old, and says what it would take.
    sandbox.ok(&["migrate", "down", "--to", "004", "--yes", "--no-backup"]);
    disk.remount("ro", &sandbox);
    let list = sandbox.run(&["list"]).expect(1);
    assert!(list.stderr.contains("written by an older version") || list.stderr.contains("cannot be written"), "{list}");
    assert_ne!(sandbox.json(&["migrate", "status"])["pending"], 0);
    disk.remount("rw", &sandbox);
    assert_eq!(sandbox.ok(&["export"]).stdout, exported);
}

/// An empty folder that cannot be written: there is no journal, and none can be made.
#[test]
fn a_first_use_where_nothing_can_be_written() {
    let mut sandbox = Sandbox::without_model();
    let Some(disk) = Disk::mount(sandbox.folder().join("disk")) else {
        eprintln!("SKIPPED: nothing can be mounted here");
        return;
    };
    disk.remount("ro", &sandbox);
    for place in ["", "data"] {
        sandbox.move_to(disk.place.join(place));
        let add = sandbox.run(&["add", "The very first text"]);
        assert!(add.code() == Some(1) && !add.stderr.contains("panicked"), "{add}");
        assert_eq!(take_draft(&sandbox, &add), "The very first text");
        let list = sandbox.run(&["list"]);
        assert!(list.code() == Some(1) && list.stderr.contains("--data-dir"), "{list}");
    }
    assert!(fs::read_dir(Path::new(&disk.place)).unwrap().next().is_none());
}
