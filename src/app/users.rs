//! Which user a command is for.

use super::{App, system_login};
use crate::error::Result;
use uuid::Uuid;

impl App {
    /// The user this command is for, who has been let in.
    ///
    /// # Errors
    /// Denied when the user has a password and is not logged in, or is not active; not found when a
    /// user is named who is not there.
    pub fn user(&mut self) -> Result<Uuid> {
        if let Some(user) = self.user {
            return Ok(user);
        }
        let user = self.chosen_user()?;
        self.admit(user)?;
        self.user = Some(user);
        Ok(user)
    }

    /// The user whose last operation an undo takes back: the one of this command, or one who is not
    /// there any more and whom only that undo brings back.
    pub fn undoing_user(&mut self) -> Result<Uuid> {
        let named = self.named_user();
        match self.store()?.deleted_user(named.as_deref())? {
            Some(deleted) => Ok(deleted),
            None => self.user(),
        }
    }

    /// The user this command is for, not yet let in, if there is one: to be said, or recorded.
    pub fn chosen_if_any(&mut self) -> Result<Option<Uuid>> {
        let named = self.named_user();
        let store = self.store()?;
        match (named, store.first_user()?) {
            (_, None) => Ok(None),
            (Some(email), Some(_)) => store.user(&email).map(Some),
            (None, first) => Ok(first),
        }
    }

    /// The address that is named by `--user`, `JOURNAL_USER` or the configuration.
    fn named_user(&self) -> Option<String> {
        self.globals.user.clone().or_else(|| self.config.user.clone())
    }

    /// The user that is named, or the first user, who is created when there is none.
    pub fn chosen_user(&mut self) -> Result<Uuid> {
        let named = self.named_user();
        let store = self.store()?;
        Ok(match (&named, store.first_user()?) {
            (Some(email), Some(_)) => store.user(email)?,
            (Some(email), None) => store.default_user(email)?,
            (None, Some(first)) => first,
            (None, None) => store.default_user(&format!("{}@localhost", system_login()))?,
        })
    }
}
