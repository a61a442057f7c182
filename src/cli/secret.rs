//! Where a password comes from: a pipe, a file, or a question, never the command line.

use super::ask;
use crate::account::password;
use crate::app::{App, password_text, read_password};
use crate::error::{Error, Result};
use std::io::Read;
use std::path::PathBuf;

/// A password that is given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SecretArgs {
    /// Read the password from standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from a file; a line break at its end does not count
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl SecretArgs {
    /// Whether a password is given by one of them.
    pub(super) fn is_given(&self) -> bool {
        self.password_stdin || self.password_file.is_some()
    }

    /// The password from a pipe or a file, if one was named.
    pub(super) fn given(&self) -> Result<Option<String>> {
        match (&self.password_file, self.password_stdin) {
            (Some(path), _) => read_password(path).map(Some),
            (None, true) => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .read_to_end(&mut bytes)
                    .map_err(|error| Error::failure(format!("cannot read standard input: {error}")))?;
                password_text(bytes, "standard input").map(Some)
            }
            (None, false) => Ok(None),
        }
    }

    /// A new password: given, or asked for twice.
    ///
    /// # Errors
    /// Usage when it breaks a rule, or nobody can be asked.
    pub(super) fn new_password(&self, app: &App) -> Result<String> {
        if let Some(given) = self.given()? {
            return password::check_new(&given).map(|()| given);
        }
        if !app.can_ask() {
            return Err(Error::usage("there is nobody to ask for a password")
                .hint("pass --password-file FILE, or pipe it to --password-stdin"));
        }
        let first = ask::hidden("New password")?;
        password::check_new(&first)?;
        if ask::hidden("The same again")? != first {
            return Err(Error::usage("the two passwords differ").hint("nothing was changed; try again"));
        }
        Ok(first)
    }
}

/// The password that a user has now: in the environment, or asked for.
///
/// # Errors
/// Usage when there is nobody to ask.
pub(super) fn current(app: &App, prompt: &str) -> Result<String> {
    if let Some(given) = app.password_variable()? {
        return Ok(given);
    }
    if !app.can_ask() {
        return Err(Error::usage("there is nobody to ask for the password")
            .hint("set JOURNAL_PASSWORD_FILE to a file that holds it"));
    }
    ask::hidden(prompt)
}
