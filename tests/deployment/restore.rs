//! Restoring: what was backed up comes back equal, writes over nothing, and is drilled.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::backup::{age, back_up, databases, everything, files, filled};
use crate::cluster::value;

#[test]
fn what_was_backed_up_comes_back_equal() {
    let (place, running) = filled();
    let before = everything(&running, "journaling_ai");
    assert!(before.len() > 1200, "{}", before.len());
    let dump = back_up(&place, &running);
    assert!(fs::read(&dump).unwrap().starts_with(b"PGDMP"), "custom format");
    for file in files(&place) {
        assert_eq!(fs::metadata(place.path("backups").join(&file)).unwrap().permissions().mode() & 0o077, 0, "{file}");
    }
    assert_eq!(files(&place).len(), 3, "{:?}", files(&place));
    let counts = fs::read_to_string(dump.with_extension("counts")).unwrap();
    assert!(
        counts.contains("public.journal_entries\t300\n") && counts.contains("public.entry_topics\t600\n"),
        "{counts}"
    );

    running.client("postgres").batch_execute("DROP DATABASE journaling_ai").unwrap();
    place.run(&running, "restore-database", &["latest"]).succeeded();
    assert_eq!(everything(&running, "journaling_ai"), before);
    // The role of the deployment owns what it owned, and can go on.
    running
        .client("journaling_ai")
        .batch_execute("SET ROLE journaling_user; SELECT refresh_user_statistics()")
        .unwrap();
}

#[test]
fn a_restore_writes_over_nothing_and_replacing_keeps_what_was_there() {
    let (place, running) = filled();
    let dump = back_up(&place, &running);
    let dump = dump.to_str().unwrap();
    let before = everything(&running, "journaling_ai");
    running
        .client("journaling_ai")
        .batch_execute("DELETE FROM journal_entries WHERE entry_date < '2024-03-01'")
        .unwrap();
    let changed = everything(&running, "journaling_ai");

    place.run(&running, "restore-database", &[dump]).failed("tables: nothing was changed");
    assert_eq!(everything(&running, "journaling_ai"), changed);

    // Somebody is using it.
    let user = running.client("journaling_ai");
    place.run(&running, "restore-database", &["--replace", dump]).failed("is in use: it is as it was");
    drop(user);
    assert_eq!(everything(&running, "journaling_ai"), changed);
    assert_eq!(databases(&running), ["journaling_ai"]);

    place.run(&running, "restore-database", &["--replace", dump]).succeeded();
    assert_eq!(everything(&running, "journaling_ai"), before);
    let kept = databases(&running);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(everything(&running, &kept[1]), changed);
    let owned =
        "SELECT string_agg(DISTINCT pg_get_userbyid(datdba) || coalesce(datacl::text, ''), ' ') FROM pg_database
        WHERE datname LIKE 'journaling%'";
    assert_eq!(running.value("postgres", owned), "journaling_user{journaling_user=CTc/journaling_user}");
}

#[test]
fn a_damaged_backup_is_refused() {
    let (place, running) = filled();
    let dump = back_up(&place, &running);
    let name = dump.to_str().unwrap();
    let whole = fs::read(&dump).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&dump, &bytes).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("its checksum differs");
    fs::write(&dump, &whole[..middle]).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("its checksum differs");
    place.run(&running, "restore-drill", &[]).failed("its checksum differs");
    fs::write(&dump, &whole).unwrap();
    fs::rename(format!("{name}.sha256"), place.path("away")).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).failed("has no checksum beside it");
    assert_eq!(databases(&running), ["journaling_ai"]);
    fs::rename(place.path("away"), format!("{name}.sha256")).unwrap();
    place.run(&running, "restore-database", &[name, "elsewhere"]).succeeded();
}

#[test]
fn the_drill_restores_compares_checks_and_leaves_nothing() {
    let (place, running) = filled();
    place.run(&running, "restore-drill", &[]).failed("there is no backup of journaling_ai");
    let dump = back_up(&place, &running);
    let told = place.run(&running, "restore-drill", &[]).succeeded().err;
    assert!(told.contains("can be restored, and is sound"), "{told}");

    age(&dump, 2);
    place.run(&running, "restore-drill", &[]).failed("can be restored, but is 48 hours old");

    // Counts that are not those of the dump, sealed as if they were.
    let counts = dump.with_extension("counts");
    let text = fs::read_to_string(&counts).unwrap();
    fs::write(&counts, text.replace("journal_entries\t300", "journal_entries\t301")).unwrap();
    let name = dump.file_name().unwrap().to_str().unwrap();
    let seal = format!("sha256sum {name} {} >{name}.sha256", name.replace(".dump", ".counts"));
    assert!(Command::new("sh").current_dir(place.path("backups")).args(["-c", &seal]).status().unwrap().success());
    place.run(&running, "restore-drill", &[]).failed("the restored rows are not those of the backup");

    // A backup of what is no journal any more.
    running.client("journaling_ai").batch_execute("DROP TABLE psychology_insights").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    back_up(&place, &running);
    place.run(&running, "restore-drill", &[]).failed("there is no psychology_insights");
    assert_eq!(databases(&running), ["journaling_ai"]);
}

#[test]
fn counts_and_dump_are_of_one_moment() {
    let (place, running) = filled();
    // Somebody writes all the time.
    let mut writer = running.client("journaling_ai");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let one =
                "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'More.', '2026-01-01' FROM users";
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                writer.batch_execute(one).unwrap();
            }
        });
        let dump = back_up(&place, &running);
        let drill = place.run(&running, "restore-drill", &[]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        drill.succeeded();
        assert!(dump.exists());
    });
    let counted = value(&mut running.client("journaling_ai"), "SELECT count(*) FROM journal_entries");
    assert!(counted.parse::<u32>().unwrap() > 300, "{counted}");
}
