//! Questions to the person at the terminal: yes or no, and what nobody is to see.

use crate::app::App;
use crate::error::{Error, Kind, Result};
use dialoguer::Confirm;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::io::{self, Write};

/// The most bytes that are taken for a password.
const MOST: usize = 4096;

/// Asks for a yes; anything else is a no. The caller has seen to it that somebody can be asked.
///
/// # Errors
/// Interrupted on Ctrl-C, saying that this was `not_done`.
pub(super) fn confirm(app: &mut App, question: &str, not_done: &str) -> Result<bool> {
    // Ctrl-C is an answer, and must not leave the terminal without its cursor.
    app.interrupted()?;
    match Confirm::new().with_prompt(question).default(false).interact_opt() {
        Ok(answer) => Ok(answer == Some(true)),
        Err(_) => {
            let _ = console::Term::stderr().show_cursor();
            app.printer.note("");
            Err(Error::new(Kind::Interrupted, "interrupted").hint(not_done))
        }
    }
}

/// Reads a line that is not shown. The caller has seen to it that somebody can be asked.
///
/// # Errors
/// Interrupted on Ctrl-C and at the end of input.
pub(super) fn hidden(prompt: &str) -> Result<String> {
    let failed = |error: io::Error| Error::failure(format!("cannot read from the terminal: {error}"));
    let screen = Hidden::start().map_err(failed)?;
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{prompt}: ").and_then(|()| stderr.flush());
    let line = read_line().map_err(failed);
    drop(screen);
    let _ = writeln!(stderr);
    let bytes = line?.ok_or_else(|| Error::new(Kind::Interrupted, "interrupted").hint("nothing was changed"))?;
    String::from_utf8(bytes).map_err(|_| Error::usage("what was typed is not UTF-8 text"))
}

/// Byte by byte, so that Ctrl-C is read as one and the terminal is put right by us. `None` when the
/// person does not want to go on.
fn read_line() -> io::Result<Option<Vec<u8>>> {
    let mut line: Vec<u8> = Vec::new();
    let mut byte = [0];
    loop {
        match rustix::io::read(io::stdin(), &mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match byte[0] {
            b'\r' | b'\n' => return Ok(Some(line)),
            // Ctrl-C, and Ctrl-D on an empty line.
            0x03 => return Ok(None),
            0x04 if line.is_empty() => return Ok(None),
            // Backspace takes a whole character, Ctrl-U everything.
            0x08 | 0x7f => while line.pop().is_some_and(|last| last & 0xc0 == 0x80) {},
            0x15 => line.clear(),
            _ if line.len() >= MOST => {}
            other => line.push(other),
        }
    }
}

/// The terminal as it was, to be put back.
struct Hidden(Termios);

impl Hidden {
    fn start() -> io::Result<Hidden> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden)?;
        Ok(Hidden(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
