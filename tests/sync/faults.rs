//! Whatever interrupts it, at whatever point: repeated, exactly the same rows, nothing twice.

use crate::machine::{Deployment, Machine, counts, expect_same};
use crate::proxy::{Event, Proxy};
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Changes on both sides, of each kind.
fn change(machine: &Machine, deployment: &Deployment, round: usize) {
    let first =
        machine.add(&[&format!("Added here in round {round}. #work"), "--topic", &format!("topic{}", round % 7)]);
    machine.add(&[&format!("Stays, of round {round}"), "--starred"]);
    machine.ok(&["edit", &first, "--title", &format!("Round {round}")]);
    if round % 3 == 2 {
        machine.ok(&["delete", &first, "--yes"]);
    }
    deployment
        .client()
        .batch_execute(&format!(
            "INSERT INTO journal_entries(user_id, content, entry_date) SELECT id, 'Added there in round {round}', '2026-02-01' FROM users;
             UPDATE journal_entries SET title = 'From there {round}', updated_at = now() + interval '1 minute'
                WHERE content LIKE 'Stays, of round {}'",
            round.saturating_sub(1)
        ))
        .unwrap();
}

/// Does the same again with this event at each point of the conversation, until one run gets through.
fn at_every_point(event: Event) {
    let deployment = Deployment::bare();
    let mut machine = Machine::linked(&deployment);
    let proxy = Proxy::before(deployment.url());
    machine.move_to(&proxy.url());
    let mut points = 0;
    for point in 0.. {
        change(&machine, &deployment, point);
        proxy.client.store(0, Ordering::SeqCst);
        proxy.plan(point, event);
        let mut command = machine.command(&["sync", "--json"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        proxy.client.store(child.id() as usize, Ordering::SeqCst);
        let output = child.wait_with_output().unwrap();
        let got_through = proxy.passed() <= point;
        match output.status.code() {
            Some(0) => {}
            Some(4) => assert!(!got_through, "{}", String::from_utf8_lossy(&output.stderr)),
            None if event == Event::Kill => assert!(!got_through),
            code => panic!("at {point}: {code:?} {}", String::from_utf8_lossy(&output.stderr)),
        }
        // Again, undisturbed.
        proxy.plan(usize::MAX, Event::Pass);
        machine.sync();
        let last = machine.sync();
        assert_eq!((counts(&last["pulled"]), counts(&last["pushed"])), ([0; 3], [0; 3]), "at {point}: {last}");
        machine.ok(&["analyze"]);
        machine.sync();
        expect_same(&machine.rows(), &deployment.rows());
        assert!(machine.conflicts().is_empty(), "at {point}: {:?}", machine.conflicts());
        if got_through {
            break;
        }
        points += 1;
    }
    assert!(points > 30, "only {points} points");
}

#[test]
fn a_first_push_is_interrupted_at_each_message() {
    for point in 0.. {
        let deployment = Deployment::bare();
        let mut machine = Machine::linked(&deployment);
        machine.add(&["The first. #work", "--topic", "other"]);
        machine.add(&["The second", "--starred", "-m", "good"]);
        let proxy = Proxy::before(deployment.url());
        machine.move_to(&proxy.url());
        proxy.plan(point, [Event::CutBefore, Event::CutAfter, Event::Kill][point % 3]);
        let mut command = machine.command(&["sync", "--json"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        proxy.client.store(child.id() as usize, Ordering::SeqCst);
        let output = child.wait_with_output().unwrap();
        let got_through = proxy.passed() <= point;
        assert!(output.status.success() || !got_through, "{}", String::from_utf8_lossy(&output.stderr));
        proxy.plan(usize::MAX, Event::Pass);
        machine.sync();
        expect_same(&machine.rows(), &deployment.rows());
        let last = machine.sync();
        assert_eq!((counts(&last["pulled"]), counts(&last["pushed"])), ([0; 3], [0; 3]), "at {point}: {last}");
        if got_through {
            assert!(point > 20, "{point} messages");
            return;
        }
    }
}

#[test]
fn a_large_first_push_goes_on_where_it_was_killed() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    let lines: String = (0..4500)
        .map(|number| {
            format!(
                "{{\"entry_date\": \"2026-01-01\", \"content\": \"Entry number {number} about bread and water. #kitchen\", \"topics\": [\"t{}\"]}}\n",
                number % 9
            )
        })
        .collect();
    let file = machine.sandbox.folder().join("many.jsonl");
    std::fs::write(&file, lines).unwrap();
    machine.ok(&["import", file.to_str().unwrap()]);
    let mut command = machine.command(&["sync"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Until the transaction with the entries has been committed.
    let mut client = deployment.client();
    let mut notes = || client.query_one("SELECT count(*) FROM journal_cli.changes", &[]).unwrap().get::<_, i64>(0);
    let before = notes();
    while notes() < before + 4500 {
        assert!(child.try_wait().unwrap().is_none(), "it is too quick to be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it was at ends on the server.
    std::thread::sleep(Duration::from_secs(1));
    let kept = notes() - before;
    let report = machine.sync();
    let rest = report["pushed"]["inserted"].as_i64().unwrap();
    assert!(kept >= 4500 && rest >= 4500, "{kept} rows before it was killed, {report}");
    assert_eq!(notes() - before, kept + rest, "nothing is written twice: {report}");
    expect_same(&machine.rows(), &deployment.rows());
}

#[test]
fn the_line_is_cut_after_each_message() {
    at_every_point(Event::CutAfter);
}

#[test]
fn the_line_is_cut_before_each_message() {
    at_every_point(Event::CutBefore);
}

#[test]
fn the_program_is_killed_at_each_message() {
    at_every_point(Event::Kill);
}

#[test]
fn a_slow_server_only_takes_longer() {
    let deployment = Deployment::bare();
    let mut machine = Machine::linked(&deployment);
    let proxy = Proxy::before(deployment.url());
    machine.move_to(&proxy.url());
    proxy.slow_down(Duration::from_millis(50));
    change(&machine, &deployment, 1);
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    // One that does nothing asks little.
    proxy.plan(usize::MAX, Event::Pass);
    machine.sync();
    assert!(proxy.passed() < 40, "{} messages for nothing", proxy.passed());
}

#[test]
fn a_server_that_is_away_or_says_no() {
    let deployment = Deployment::bare();
    let mut machine = Machine::linked(&deployment);
    machine.add(&["Stays here meanwhile"]);
    let url = deployment.url().to_string();
    machine.move_to("postgresql://postgres@127.0.0.1:1/nowhere");
    for args in [&["sync"][..], &["sync", "push"], &["sync", "pull"], &["sync", "doctor"], &["sync", "init"]] {
        let away = machine.run(args).expect(4);
        assert!(away.stderr.contains("JOURNAL_POSTGRES_URL"), "{away}");
    }
    let status = machine.run(&["sync", "status", "--json"]).expect(4);
    assert_eq!((&status.json()["reachable"], &status.json()["linked"][0]), (&false.into(), &"tester@localhost".into()));
    machine.move_to("");
    machine.run(&["sync"]).expect(2);
    machine.move_to("mysql://x");
    machine.run(&["sync"]).expect(2);
    machine.move_to(&url.replace("postgres@", "nobody:wrong@"));
    let refused = machine.run(&["sync"]).expect(4);
    assert!(!refused.stderr.contains("wrong"), "{refused}");
    machine.move_to(&url);
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
}

#[test]
fn a_password_that_is_wrong() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    drop(machine);
    let mut client = deployment.client();
    client
        .batch_execute(
            "DO $$ BEGIN CREATE ROLE keyed LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        )
        .unwrap();
    let file: String = client.query_one("SHOW hba_file", &[]).unwrap().get(0);
    let rules = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("local all keyed scram-sha-256\n{rules}")).unwrap();
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let mut machine = Machine::new(&deployment);
    machine.move_to(&deployment.url().replace("postgres@", "keyed:false@"));
    let refused = machine.run(&["sync", "init"]).expect(4);
    assert!(refused.stderr.contains("password") && !refused.stderr.contains("false@"), "{refused}");
}

#[test]
fn a_server_that_may_not_be_written() {
    let deployment = Deployment::bare();
    let (one, two) = (Machine::linked(&deployment), Machine::linked(&deployment));
    one.add(&["There already"]);
    one.sync();
    two.add(&["Not there yet"]);
    deployment
        .client()
        .batch_execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
        .unwrap();
    two.ok(&["sync", "pull"]);
    assert_eq!(two.texts().len(), 2);
    let refused = two.run(&["sync"]).expect(1);
    assert!(refused.stderr.contains("read-only") && refused.stderr.contains("primary"), "{refused}");
    two.run(&["sync", "doctor"]).expect(8);
    let mut client = deployment.client();
    client
        .batch_execute("SET transaction_read_only = off; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$")
        .unwrap();
    two.sync();
    expect_same(&two.rows(), &deployment.rows());
}

#[test]
fn an_older_and_a_newer_schema_and_a_missing_extension() {
    let deployment = Deployment::bare();
    let machine = Machine::linked(&deployment);
    machine.add(&["Text"]);
    machine.ok(&["migrate", "down", "--remote", "--to", "003", "--yes", "--no-backup"]);
    let old = machine.run(&["sync"]).expect(1);
    assert!(old.stderr.contains("003_system_topics") && old.stderr.contains("sync init"), "{old}");
    machine.ok(&["sync", "init", "--no-backup"]);
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    let mut client = deployment.client();
    client
        .batch_execute(
            "INSERT INTO journal_cli.migrations(number, name, checksum, program) VALUES (99, '099_later', '', '9.9.9')",
        )
        .unwrap();
    let new = machine.run(&["sync"]).expect(1);
    assert!(new.stderr.contains("9.9.9") && new.stderr.contains("install"), "{new}");
    client.batch_execute("DELETE FROM journal_cli.migrations WHERE number = 99").unwrap();
    client.batch_execute("DROP EXTENSION pg_trgm CASCADE").unwrap();
    let missing = machine.run(&["sync", "doctor"]).expect(8);
    assert!(missing.stdout.contains("pg_trgm is missing"), "{missing}");
    machine.sync();
}

#[test]
fn a_second_push_waits_and_then_says_so() {
    let deployment = Deployment::bare();
    let mut machine = Machine::linked(&deployment);
    machine.add(&["Waiting"]);
    let mut client = deployment.client();
    client.batch_execute("SELECT pg_advisory_lock(x'6a70757368696e67'::bigint)").unwrap();
    let url = format!("{}?options=-c%20lock_timeout%3D300ms", deployment.url());
    machine.move_to(&url);
    let busy = machine.run(&["sync"]).expect(7);
    assert!(busy.stderr.contains("another sync"), "{busy}");
    drop(client);
    machine.sync();
    // A row that another program holds.
    let entry = machine.add(&["Held"]);
    machine.sync();
    machine.ok(&["edit", &entry, "--title", "Mine"]);
    let mut client = deployment.client();
    let mut holder = client.transaction().unwrap();
    holder
        .batch_execute(&format!("UPDATE journal_entries SET title = 'Theirs', updated_at = now() WHERE id = '{entry}'"))
        .unwrap();
    machine.run(&["sync"]).expect(7);
    holder.commit().unwrap();
    machine.sync();
    assert_eq!(machine.conflicts().len(), 1);
    expect_same(&machine.rows(), &deployment.rows());
}

/// A file system of a few megabytes, taken away when dropped.
struct Disk(std::path::PathBuf);

impl Disk {
    /// None where this user cannot mount anything.
    fn mount() -> Option<Disk> {
        let place = tempfile::Builder::new().prefix("jpd").tempdir_in("/tmp").unwrap().keep();
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=48m,mode=777", "tmpfs"]).arg(&place);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Disk(place))
    }

    fn fill(&self) {
        use std::io::Write;
        let mut filler = std::fs::File::create(self.0.join("filler")).unwrap();
        for size in [1 << 16, 4096, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_server_whose_disk_is_full() {
    let Some(disk) = Disk::mount() else {
        println!("SKIPPED: this user cannot mount a small file system");
        return;
    };
    let deployment = Deployment::bare();
    let (address, name) = deployment.url().rsplit_once('/').unwrap();
    let mut keeper = postgres::Client::connect(&format!("{address}/postgres"), postgres::NoTls).unwrap();
    let place = disk.0.join("space");
    std::fs::create_dir(&place).unwrap();
    let data: String = keeper.query_one("SHOW data_directory", &[]).unwrap().get(0);
    let owner = std::fs::metadata(data).unwrap();
    use std::os::unix::fs::MetadataExt;
    std::os::unix::fs::chown(&place, Some(owner.uid()), Some(owner.gid())).unwrap();
    keeper.batch_execute(&format!("CREATE TABLESPACE small LOCATION '{}'", place.display())).unwrap();
    keeper.batch_execute(&format!("ALTER DATABASE {name} SET TABLESPACE small")).unwrap();

    let machine = Machine::linked(&deployment);
    machine.add(&["Fits"]);
    machine.sync();
    disk.fill();
    let words: Vec<String> = (0..60_000).map(|number| format!("word{number}")).collect();
    machine.add(&[&words.join(" ")[..100_000]]);
    for _ in 0..20 {
        let mut long: Vec<&str> = words.iter().map(String::as_str).collect();
        long.rotate_left(machine.texts().len() * 2000);
        machine.add(&[&long.join(" ")[..100_000]]);
    }
    let full = machine.run(&["sync"]).expect(1);
    assert!(full.stderr.contains("disk is full"), "{full}");
    assert_eq!(deployment.count("SELECT count(*) FROM journal_entries"), 1);
    std::fs::remove_file(disk.0.join("filler")).unwrap();
    machine.sync();
    expect_same(&machine.rows(), &deployment.rows());
    keeper.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
    keeper.batch_execute("DROP TABLESPACE small").unwrap();
}
