//! Writing in an editor, which is a small shell script here, in a terminal, which is a real one.

use crate::support::{JOURNAL, Sandbox, Terminal};
use std::fs;

/// A sandbox whose editor runs this script; `$1` is the draft.
fn with_editor(body: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let editor = sandbox.script("editor", body);
    sandbox.with("EDITOR", editor)
}

fn open(sandbox: &Sandbox, args: &[&str]) -> Terminal {
    Terminal::open(sandbox, 100, args)
}

#[test]
fn what_is_written_is_saved_and_the_draft_removed() {
    let sandbox = with_editor("test ! -s \"$1\" && printf '# A title\\n\\nFirst line\\n\\nlast line #tag\\n' > \"$1\"");
    let shown = open(&sandbox, &["add", "-m", "good"]).close(0);
    assert!(shown.contains("Saved") && shown.contains("#tag"), "{shown}");
    let entry = sandbox.run(["list", "--full", "--json"]).ok().array("").remove(0);
    assert_eq!(
        (entry["title"].as_str(), entry["content"].as_str()),
        (Some("A title"), Some("First line\n\nlast line #tag"))
    );
    assert_eq!(entry["mood_score"], 0.5);
    assert!(sandbox.drafts().is_empty());
}

#[test]
fn a_given_text_can_be_worked_on() {
    let sandbox = with_editor("printf ' and more' >> \"$1\"");
    open(&sandbox, &["add", "--editor", "Some words"]).close(0);
    assert!(sandbox.export().contains("Some words\\n and more"));
}

#[test]
fn what_was_not_changed_or_emptied_is_not_saved() {
    for body in ["true", ": > \"$1\"", "printf '\\n \\n' > \"$1\"", "touch \"$1\"", "rm \"$1\"; printf '' > \"$1\""] {
        let sandbox = with_editor(body);
        let shown = open(&sandbox, &["add"]).close(0);
        assert!(shown.contains("nothing saved"), "{body}: {shown}");
        assert_eq!((sandbox.count(), sandbox.drafts().len()), (0, 0), "{body}");
        let id = sandbox.add(["-t", "Title", "text"]);
        let before = sandbox.export();
        open(&sandbox, &["edit", &id]).close(0);
        assert_eq!(sandbox.export(), before, "{body}");
        assert!(sandbox.drafts().is_empty(), "{body}");
    }
}

#[test]
fn an_editor_that_fails_leaves_the_draft() {
    let sandbox = with_editor("echo precious > \"$1\"; exit 1");
    let shown = open(&sandbox, &["add"]).close(1);
    let drafts = sandbox.drafts();
    assert_eq!(drafts.len(), 1, "{shown}");
    assert!(shown.replace('\n', "").contains(drafts[0].to_str().unwrap()), "{shown}");
    assert_eq!(fs::read_to_string(&drafts[0]).unwrap(), "precious\n");
    assert_eq!(sandbox.count(), 0);
    let sandbox = with_editor("kill -9 $$");
    open(&sandbox, &["add"]).close(1);
    assert!(sandbox.drafts().is_empty(), "nothing was written");
    let sandbox = Sandbox::new().with("EDITOR", "/nosuch/editor --wait");
    let shown = open(&sandbox, &["add"]).close(1);
    assert!(shown.contains("/nosuch/editor") && shown.contains("hint:"), "{shown}");
    assert!(sandbox.drafts().is_empty());
}

#[test]
fn a_journal_that_breaks_meanwhile_leaves_the_draft() {
    let sandbox = Sandbox::new();
    let database = sandbox.data().join("journal.db");
    let body = format!("echo precious > \"$1\"; head -c 20000 /dev/zero | tr '\\0' Z > '{}'", database.display());
    let editor = sandbox.script("editor", &body);
    let sandbox = sandbox.with("EDITOR", editor);
    let shown = open(&sandbox, &["add"]).close(5);
    let drafts = sandbox.drafts();
    assert_eq!(fs::read_to_string(&drafts[0]).unwrap(), "precious\n", "{shown}");
    assert!(shown.replace('\n', "").contains(drafts[0].to_str().unwrap()), "{shown}");
}

#[test]
fn the_draft_of_an_entry_is_its_text_and_comes_back_as_such() {
    let sandbox = Sandbox::new();
    let seen = sandbox.path("seen");
    let editor = sandbox.script("editor", &format!("cp \"$1\" '{}'; sed -i s/old/new/ \"$1\"", seen.display()));
    let sandbox = sandbox.with("EDITOR", editor);
    for (title, text, draft, after_title, after) in [
        (
            Some("The old title"),
            "old text\n\nmore",
            "# The old title\n\nold text\n\nmore\n",
            Some("The new title"),
            "new text\n\nmore",
        ),
        (None, "old text", "old text\n", None, "new text"),
        (None, "# old heading\n\nof the text", "# old heading\n\nof the text\n", None, "# new heading\n\nof the text"),
    ] {
        let mut args = vec!["add", text];
        if let Some(title) = title {
            args.extend(["-t", title]);
        }
        let id = sandbox.run(args).ok().text().trim().to_string();
        open(&sandbox, &["edit", &id]).close(0);
        assert_eq!(fs::read_to_string(&seen).unwrap(), draft);
        let entry = sandbox.show(&id);
        assert_eq!((entry["title"].as_str(), entry["content"].as_str()), (after_title, Some(after)));
    }
}

#[test]
fn two_who_edit_at_once_do_not_overwrite_each_other() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["shared text"]);
    let body = format!("'{JOURNAL}' edit {id} --content 'from the other side' && echo mine > \"$1\"");
    let editor = sandbox.script("editor", &body);
    let sandbox = sandbox.with("EDITOR", editor);
    let shown = open(&sandbox, &["edit", &id]).close(7);
    assert_eq!(sandbox.show(&id)["content"], "from the other side");
    assert_eq!(fs::read_to_string(&sandbox.drafts()[0]).unwrap(), "mine\n", "{shown}");
}

#[test]
fn which_editor() {
    let sandbox = with_editor("echo from EDITOR > \"$1\"");
    let visual = sandbox.script("visual editor", "echo \"from VISUAL $1\" > \"$2\"");
    let sandbox = sandbox.with("VISUAL", format!("'{visual}' --flag"));
    open(&sandbox, &["add"]).close(0);
    let configured = sandbox.script("configured", "echo from the configuration > \"$1\"");
    sandbox.run(["config", "set", "editor", &configured]).ok();
    open(&sandbox, &["add"]).close(0);
    let all = sandbox.export();
    assert!(all.contains("from VISUAL --flag") && all.contains("from the configuration"), "{all}");
    // Without a terminal nobody can edit.
    sandbox.run(["add"]).code(2);
    let shown = open(&sandbox, &["add", "--no-input"]).close(2);
    assert!(shown.contains("nothing to add"), "{shown}");
}

#[test]
fn settings_can_be_edited_and_a_mistake_is_taken_back() {
    let sandbox = with_editor("echo 'list_limit = 3' >> \"$1\"");
    open(&sandbox, &["config", "edit"]).close(0);
    assert_eq!(sandbox.run(["config", "get", "list_limit"]).ok().text(), "3\n");
    let broken = sandbox.script("broken", "echo 'nonsense = 3' >> \"$1\"");
    let sandbox = sandbox.with("EDITOR", broken);
    let before = fs::read_to_string(sandbox.config()).unwrap();
    let shown = open(&sandbox, &["config", "edit"]).close(2);
    assert!(shown.contains("nonsense"), "{shown}");
    assert_eq!(fs::read_to_string(sandbox.config()).unwrap(), before);
}
