//! Texts on their way into the journal: from the editor, a pipe, or the command line. Whatever
//! fails, the text is kept somewhere and the person is told where.

use super::recorder::Recorder;
use crate::app::App;
use crate::error::{Error, Result};
use crate::publish::{create_private_folder, publish};
use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

/// Reads all of standard input as text; one final line break, which pipes add, is dropped.
///
/// # Errors
/// Usage when it is not UTF-8, with the offset; the bytes are kept.
pub(super) fn read_stdin(app: &App, again: &str) -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Error::failure(format!("cannot read standard input: {error}")))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(without_final_break(text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bad = error.as_bytes()[at];
            let failure = Error::usage(format!("standard input is not UTF-8 text: byte 0x{bad:02x} at offset {at}"))
                .hint("convert it first, for example with `iconv -f latin1 -t utf8`");
            Err(keep(app, error.as_bytes(), failure, again))
        }
    }
}

fn without_final_break(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// The command that takes a kept text for a new entry.
pub(super) const ADD: &str = "journal add -";

/// Keeps a text that could not be saved, and says where in the error, and which command takes it.
pub(super) fn keep(app: &App, text: &[u8], error: Error, again: &str) -> Error {
    if str::from_utf8(text).is_ok_and(|text| text.trim().is_empty()) {
        return error;
    }
    let name = format!("unsaved-{}-{}.md", app.now().format("%Y%m%dT%H%M%S"), std::process::id());
    // The data folder may be what cannot be written.
    for folder in [app.paths.drafts(), std::env::temp_dir()] {
        let path = folder.join(&name);
        if publish(&path, text).is_ok() {
            return said(error, &path, again);
        }
    }
    error.context("the text could not be kept anywhere; copy it from here if you can see it")
}

/// The error, with where the text is and how to try again.
fn said(error: Error, path: &Path, again: &str) -> Error {
    let place = path.display().to_string();
    let kept = format!("your text is kept in {place}; `{again} < {}` tries again", shell_words::quote(&place));
    let hint = match error.hint_text() {
        Some(hint) => format!("{hint}; {kept}"),
        None => kept,
    };
    error.hint(hint)
}

/// A draft that is being edited: a file that is removed only when its text is safe or unwanted.
pub(super) struct Draft {
    path: PathBuf,
    before: String,
    again: String,
    session: Option<Recorder>,
}

impl Draft {
    /// Lets the person edit a text. `None` when it was left unchanged or empty: nothing is to be saved.
    /// With a `page`, the verb, the time is a session of the user.
    ///
    /// # Errors
    /// Usage without a terminal; denied when the user is not let in; failure when the editor cannot be
    /// started or fails. The file stays.
    pub(super) fn edit(
        app: &mut App,
        page: Option<&'static str>,
        before: &str,
        again: &str,
    ) -> Result<Option<(Draft, String)>> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Err(Error::usage("there is no terminal to edit on")
                .hint("pass the text as an argument, or pipe it to `journal add -`"));
        }
        let mut session = page.map(|page| Recorder::begin(app, page)).transpose()?.flatten();
        app.rest();
        let outcome = Draft::work(app, before, again);
        if let Some(session) = &mut session {
            session.stop(app);
        }
        match (outcome, session) {
            (Ok(Some((draft, text))), session) => Ok(Some((Draft { session, ..draft }, text))),
            (other, None) => other,
            (other, Some(session)) => {
                session.close(app, &[]);
                other
            }
        }
    }

    fn work(app: &mut App, before: &str, again: &str) -> Result<Option<(Draft, String)>> {
        let name = format!("draft-{}-{}.md", app.now().format("%Y%m%dT%H%M%S"), std::process::id());
        let folder =
            [app.paths.drafts(), std::env::temp_dir()].into_iter().find(|folder| create_private_folder(folder).is_ok());
        let path = folder.unwrap_or_else(std::env::temp_dir).join(name);
        publish(&path, before.as_bytes())?;
        let draft = Draft { path, before: before.to_string(), again: again.to_string(), session: None };
        // Ctrl-C is for the editor.
        let interrupted = app.interrupted()?;
        let command = editor(app);
        let mut words = shell_words::split(&command)
            .map_err(|_| Error::usage(format!("the editor command '{command}' has an unbalanced quote")))?
            .into_iter();
        let program = words.next().unwrap_or_else(|| "vi".into());
        let status = Command::new(&program).args(words).arg(&draft.path).status().map_err(|error| {
            draft.discard_if_unchanged();
            Error::failure(format!("cannot start the editor '{program}': {error}"))
                .hint("set VISUAL or EDITOR, or `journal config set editor …`")
        })?;
        interrupted.store(false, std::sync::atomic::Ordering::Relaxed);
        if !status.success() {
            let failure = Error::failure(format!("the editor '{program}' ended with {status}"));
            return Err(if draft.discard_if_unchanged() { failure } else { said(failure, &draft.path, again) });
        }
        let bytes = fs::read(&draft.path).map_err(|error| Error::io("cannot read the draft", &draft.path, error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| said(Error::usage("the draft is not UTF-8 text"), &draft.path, again))?;
        let text = without_final_break(text);
        if text.trim().is_empty() || text == without_final_break(draft.before.clone()) {
            let _ = fs::remove_file(&draft.path);
            return Ok(None);
        }
        Ok(Some((draft, text)))
    }

    /// The text is where it belongs, in this entry if it is one: the file has served.
    pub(super) fn saved(self, app: &mut App, entry: Option<Uuid>) {
        let _ = fs::remove_file(&self.path);
        if let Some(session) = self.session {
            session.close(app, entry.as_slice());
        }
    }

    /// The text could not be saved: the error, with where it is.
    pub(super) fn unsaved(self, app: &mut App, error: Error) -> Error {
        if let Some(session) = self.session {
            session.close(app, &[]);
        }
        said(error, &self.path, &self.again)
    }

    fn discard_if_unchanged(&self) -> bool {
        let unchanged = fs::read(&self.path).is_ok_and(|bytes| bytes == self.before.as_bytes());
        if unchanged {
            let _ = fs::remove_file(&self.path);
        }
        unchanged
    }
}

fn editor(app: &App) -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    app.config
        .editor
        .clone()
        .or_else(|| variable("VISUAL"))
        .or_else(|| variable("EDITOR"))
        .unwrap_or_else(|| "vi".into())
}

/// A first line `# …` is the title; what follows its blank lines is the text.
pub(super) fn split_title(text: &str) -> (Option<String>, String) {
    let Some(rest) = text.strip_prefix("# ") else { return (None, text.to_string()) };
    let (title, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let body = body.trim_start_matches(['\n', '\r']);
    if title.trim().is_empty() || body.trim().is_empty() {
        return (None, text.to_string());
    }
    (Some(title.trim().to_string()), body.to_string())
}

/// A title and a text as one draft that [`split_title`] takes apart again.
pub(super) fn join_title(title: Option<&str>, content: &str) -> String {
    match title {
        Some(title) => format!("# {title}\n\n{content}\n"),
        None => format!("{content}\n"),
    }
}

/// Nothing to do, said calmly.
pub(super) fn nothing_saved(app: &mut App) {
    app.printer.note("Nothing changed, nothing saved.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_apart_and_together() {
        assert_eq!(split_title("# A day\n\nText\nmore"), (Some("A day".into()), "Text\nmore".into()));
        for whole in ["No title", "#tag first", "# only a title", "# \n\ntext", ""] {
            assert_eq!(split_title(whole), (None, whole.to_string()), "{whole}");
        }
        let draft = join_title(Some("A day"), "Text");
        assert_eq!(split_title(draft.trim_end()), (Some("A day".into()), "Text".into()));
    }

    #[test]
    fn one_line_break_is_dropped() {
        assert_eq!(without_final_break("a\n\n".into()), "a\n");
        assert_eq!(without_final_break("a\r\n".into()), "a");
        assert_eq!(without_final_break("a".into()), "a");
    }
}
