//! An older copy of the database is put back under projections that are ahead of it.

use std::fs;

use crate::answers::{Answer, copy, differences, put};
use crate::judge;
use crate::support::Sandbox;

/// How many entries are written after the copy was put back: none, as many as before, and more, so
/// that the numbers in the log end below, at and above those that the projections know.
const AFTERWARDS: [usize; 3] = [0, 20, 35];

/// How many entries are written between the copy and its return.
const BETWEEN: usize = 20;

pub(crate) fn copies_are_noticed(sandbox: &Sandbox) -> Result<usize, String> {
    let data = sandbox.data();
    let mut compared = 0;
    for afterwards in AFTERWARDS {
        let old = copy(data, &sandbox.folder().join(format!("old-{afterwards}")));
        write(sandbox, "between", BETWEEN);
        sandbox.ok(&["search", "between"]);
        advance(sandbox);

        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(data.join(name));
        }
        fs::copy(old, data.join("journal.db")).map_err(|error| error.to_string())?;
        write(sandbox, "afterwards", afterwards);

        // The very first question must be answered from this journal and no other.
        let first = ["search", "between OR afterwards OR soup", "--mode", "words", "--limit", "300"];
        let found = put(sandbox, data, &first, false)?;
        expect_rebuilt(sandbox, afterwards, &first, &found)?;
        sandbox.ok(&["analyze"]);
        judge::tidy(sandbox)?;
        judge::passages(data)?;
        compared += judge::same_without_projections(sandbox)?;
    }
    Ok(compared)
}

fn write(sandbox: &Sandbox, word: &str, count: usize) {
    let mut last = None;
    for number in 0..count {
        let text = format!("mark{word}{number} {word} soup and a letter number {number} #crew1");
        if let (Some(id), 0) = (&last, number % 3) {
            // Some of the changes are edits and deletions.
            let id: &String = id;
            match number % 2 {
                0 => sandbox.ok(&["edit", id, "--content", &text]),
                _ => sandbox.ok(&["delete", id, "--yes"]),
            };
        }
        last = Some(sandbox.add(&text));
    }
}

/// Brings every projection to the head of the log.
fn advance(sandbox: &Sandbox) {
    sandbox.ok(&["analyze"]);
    sandbox.ok(&["reindex", "vectors"]);
}

fn expect_rebuilt(sandbox: &Sandbox, afterwards: usize, first: &[&str], found: &Answer) -> Result<(), String> {
    let other = sandbox.folder().join(format!("first-{afterwards}"));
    copy(sandbox.data(), &other);
    let expected = put(sandbox, &other, first, false)?;
    let faults = differences(std::slice::from_ref(found), std::slice::from_ref(&expected));
    if faults.is_empty() { Ok(()) } else { Err(format!("after {afterwards} changes: {}", faults.join("; "))) }
}
