//! What a person sees: tables that fit, colours, prompts, progress.

use crate::support::{Sandbox, Terminal, plain, sample};
use std::fs;
use unicode_width::UnicodeWidthStr;

#[test]
fn lines_fit_narrow_and_wide_terminals_in_every_script() {
    let sandbox = Sandbox::with_sample();
    sandbox.add([
        "-t",
        "👨‍👩‍👧‍👦 家族の日記 🇯🇵 today and a very long title that will never fit a narrow terminal",
        "--topic",
        "とても長い日本語のトピック名前",
        "text",
    ]);
    sandbox
        .run(["user", "edit", "--set", "motto=a text that will never fit a narrow terminal, nor one of eighty columns"])
        .ok();
    sandbox.run(["user", "add", "a.person.with.a.long.name@a.long.name.of.a.machine.example.org"]).ok();
    let sandbox = sandbox.with("EDITOR", "true");
    Terminal::open(&sandbox, 80, &["add"]).close(0);
    for columns in [40, 80, 120] {
        for args in [
            &[][..],
            &["list", "--no-pager", "-n", "1000"],
            &["search", "rain", "--mode", "words", "--no-pager", "-n", "100", "--explain"],
            &["search", "水", "--mode", "words", "--no-pager"],
            &["search", "mood:>0", "--no-pager", "--explain", "-n", "1000"],
            &["on-this-day", "--days", "20", "--no-pager"],
            &["mood", "--no-pager"],
            &["stats", "--no-pager"],
            &["stats", "--no-pager", "--topic", "とても長い日本語のトピック名前"],
            &["history", "--no-pager"],
            &["tasks"],
            &["models", "list"],
            &["config"],
            &["user", "list"],
            &["user", "show"],
            &["session", "list", "--no-pager"],
        ] {
            let shown = plain(&Terminal::open(&sandbox, columns, args).close(0));
            // A bar that was drawn and wiped away begins each time at the left.
            for line in shown.split(['\n', '\r']) {
                assert!(
                    line.width() <= usize::from(columns),
                    "{args:?} in {columns}: {} columns\n{line}",
                    line.width()
                );
            }
            assert!(shown.lines().count() > 1, "{args:?}: {shown}");
        }
    }
}

#[test]
fn colour_follows_the_terminal_and_the_wish() {
    let sandbox = Sandbox::with_sample();
    assert!(Terminal::open(&sandbox, 80, &["list", "--no-pager"]).close(0).contains("\u{1b}["));
    assert!(!Terminal::open(&sandbox, 80, &["list", "--no-pager", "--color", "never"]).close(0).contains("\u{1b}["));
    let sandbox = sandbox.with("NO_COLOR", "1");
    assert!(!Terminal::open(&sandbox, 80, &["list", "--no-pager"]).close(0).contains("\u{1b}["));
}

#[test]
fn an_entry_cannot_command_the_terminal() {
    let sandbox = Sandbox::new();
    let evil = "before \u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m after\rover";
    let id = sandbox.pipe(["add", "-t", evil, "--topic", "t\u{1b}[5m"], evil).ok().text().trim().to_string();
    for args in [
        &["list"][..],
        &["show", &id],
        &[],
        &["search", "before", "--mode", "words"],
        &["history"],
        &["history", &id],
        &["stats", "--no-pager"],
    ] {
        let shown = Terminal::open(&sandbox, 100, args).close(0);
        for sequence in ["\u{1b}]0", "\u{1b}[2J", "\u{9b}", "\u{1b}[5m", "\rover"] {
            assert!(!shown.contains(sequence), "{args:?} shows {sequence:?}: {shown:?}");
        }
    }
}

#[test]
fn deleting_asks_and_takes_no_for_an_answer() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["-t", "Precious", "text"]);
    for (keys, left) in [("n", 1), ("\r", 1), ("\u{1b}", 1), ("y", 0)] {
        let mut terminal = Terminal::open(&sandbox, 80, &["delete", &id]);
        terminal.expect("Precious");
        terminal.expect("Delete this entry?");
        terminal.send(keys);
        let shown = terminal.close(0);
        assert_eq!(sandbox.count(), left, "{keys:?}: {shown}");
    }
    sandbox.run(["undo"]).ok();
    let mut terminal = Terminal::open(&sandbox, 80, &["delete", &id]);
    terminal.expect("Delete this entry?");
    terminal.control('c');
    terminal.close(130);
    assert_eq!(sandbox.count(), 1);
    Terminal::open(&sandbox, 80, &["delete", &id, "--no-input"]).close(2);
}

#[test]
fn ctrl_c_stops_an_import_at_once() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sample()).unwrap();
    let without_ids: String = text.lines().map(|line| format!("{{{}\n", line.split_once(", ").unwrap().1)).collect();
    let file = sandbox.file("big.jsonl", without_ids.repeat(200));
    let mut terminal = Terminal::open(&sandbox, 80, &["import", &file]);
    terminal.expect("import");
    terminal.control('c');
    let shown = terminal.close(130);
    assert!(shown.contains("nothing was imported"), "{shown}");
    assert_eq!(sandbox.count(), 0);
}

#[test]
fn long_output_goes_through_the_pager() {
    let sandbox = Sandbox::with_sample();
    let pager = sandbox.script("pager", "echo PAGED; cat > /dev/null");
    let sandbox = sandbox.with("PAGER", pager);
    assert!(Terminal::open(&sandbox, 80, &["list", "-n", "100"]).close(0).contains("PAGED"));
    assert!(!Terminal::open(&sandbox, 80, &["list", "-n", "3"]).close(0).contains("PAGED"), "it fits");
    assert!(!Terminal::open(&sandbox, 80, &["list", "-n", "100", "--no-pager"]).close(0).contains("PAGED"));
    assert!(!sandbox.run(["list", "-n", "100"]).ok().text().contains("PAGED"));
    let gone = sandbox.with("PAGER", "exit 0");
    Terminal::open(&gone, 80, &["list", "--full", "-n", "1000"]).close(0);
}

#[test]
fn the_first_screen_greets_and_counts() {
    let sandbox = Sandbox::new();
    let shown = plain(&Terminal::open(&sandbox, 80, &[]).close(0));
    assert!(shown.contains("Monday, 16 March 2026") && shown.contains("journal add"), "{shown}");
    sandbox.add(["one thing"]);
    let shown = plain(&Terminal::open(&sandbox, 80, &[]).close(0));
    assert!(shown.contains("1 entry today") && shown.contains("one thing"), "{shown}");
}
