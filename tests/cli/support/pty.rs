//! A command in a terminal.

use super::{JOURNAL, Sandbox};
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

/// How long a terminal waits for what is expected, in milliseconds.
const PATIENCE: u64 = 20_000;

/// A command running in a pseudo-terminal of 24 lines.
pub(crate) struct Terminal {
    session: PtySession,
    command: String,
    seen: String,
}

impl Terminal {
    /// Starts `journal` in a terminal of this many columns.
    pub(crate) fn open(sandbox: &Sandbox, columns: u16, args: &[&str]) -> Terminal {
        let mut command = sandbox.command(["-c"]);
        command = {
            let mut shell = std::process::Command::new("/bin/sh");
            shell.arg("-c").arg(format!("stty rows 24 cols {columns}; exec \"$@\"")).arg("sh").arg(JOURNAL).args(args);
            shell.env_clear().current_dir(sandbox.path("."));
            shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            shell.env("TERM", "xterm-256color");
            shell
        };
        let session = spawn_command(command, Some(PATIENCE)).unwrap();
        Terminal { session, command: args.join(" "), seen: String::new() }
    }

    /// Waits until this is shown.
    #[track_caller]
    pub(crate) fn expect(&mut self, words: &str) {
        match self.session.exp_string(words) {
            Ok(before) => self.seen += &(before + words),
            Err(error) => panic!("{words:?} was not shown: {error}\n$ {}\n{}", self.command, self.seen),
        }
    }

    /// Types.
    pub(crate) fn send(&mut self, keys: &str) {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
    }

    /// Presses Control and this key.
    pub(crate) fn control(&mut self, key: char) {
        self.session.send_control(key).unwrap();
    }

    /// Waits for the end; gives what was shown, escape sequences and all.
    #[track_caller]
    pub(crate) fn close(mut self, code: i32) -> String {
        match self.session.exp_eof() {
            Ok(rest) => self.seen += &rest,
            Err(error) => panic!("it did not end: {error}\n$ {}\n{}", self.command, self.seen),
        }
        let status = self.session.process().wait().unwrap();
        assert!(
            matches!(status, WaitStatus::Exited(_, found) if found == code),
            "{status:?}\n$ {}\n{}",
            self.command,
            self.seen
        );
        // The library makes a character of each byte.
        let bytes: Vec<u8> = self.seen.chars().map(|byte| u8::try_from(u32::from(byte)).unwrap()).collect();
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }
}

/// What is shown without the escape sequences that colour it.
pub(crate) fn plain(shown: &str) -> String {
    let mut text = String::new();
    let mut characters = shown.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            text.push(character);
            continue;
        }
        // `ESC [ … letter`.
        for part in characters.by_ref() {
            if part.is_ascii_alphabetic() {
                break;
            }
        }
    }
    text
}
