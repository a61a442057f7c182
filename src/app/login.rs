//! Who is let in: a user without a password at once, without a look at anything but the journal; one
//! with a password by a login, or by the password in the environment.

use super::{AGENT, App, now, password_variable, random};
use crate::account::login::{Lasts, Logins, token};
use crate::account::{password, tries};
use crate::cache::Cache;
use crate::error::{Error, Kind, Result};
use crate::publish::{create_private_folder, open_lock, publish};
use crate::store::Credentials;
use chrono::DateTime;
use std::fs::{self, File};
use uuid::Uuid;

impl App {
    /// Lets a user in.
    ///
    /// # Errors
    /// Denied, saying what is wanted.
    pub fn admit(&mut self, user: Uuid) -> Result<()> {
        let credentials = self.store()?.credentials(user)?;
        if !credentials.is_active {
            return Err(Error::new(Kind::Denied, format!("the user '{}' is not active", credentials.email))
                .hint(format!("`journal user edit {} --active true` makes it so", credentials.email)));
        }
        self.admit_whoever(&credentials)
    }

    /// Lets a user in who may be inactive: to be looked at, changed or deleted.
    ///
    /// # Errors
    /// Denied when a password is wanted.
    pub fn admit_whoever(&self, credentials: &Credentials) -> Result<()> {
        let Some(hash) = &credentials.password_hash else { return Ok(()) };
        let cache = self.cache();
        let logins = Logins::new(&cache, credentials.id, hash, AGENT, seconds());
        if self.tokens(credentials.id).iter().any(|token| logins.stands(token)) {
            return Ok(());
        }
        if let Some(given) = password_variable()? {
            return self.check_password(credentials, &given);
        }
        Err(Error::new(Kind::Denied, format!("'{}' has a password and is not logged in", credentials.email))
            .hint(format!("`journal login {}`; in scripts, JOURNAL_PASSWORD_FILE=FILE", credentials.email)))
    }

    /// Whether this is the password of a user who has one. At most five wrong ones are looked at in an
    /// hour.
    ///
    /// # Errors
    /// Denied when it is not, or when there were too many.
    pub fn check_password(&self, credentials: &Credentials, given: &str) -> Result<()> {
        let Some(hash) = &credentials.password_hash else { return Ok(()) };
        let email = &credentials.email;
        // One at a time, so that many at once are counted one by one.
        let lock = self.login_lock()?;
        lock.lock().map_err(|error| Error::failure(format!("cannot lock the logins: {error}")))?;
        let (cache, now) = (self.cache(), seconds());
        if let Some(until) = tries::closed_until(&cache, credentials.id, now) {
            return Err(too_many(email, until, now));
        }
        if password::verify(given, hash)? {
            tries::succeeded(&cache, credentials.id);
            return Ok(());
        }
        match tries::failed(&cache, credentials.id, now) {
            0 => Err(too_many(email, closed_until(&cache, credentials.id, now), now)),
            left => Err(Error::new(Kind::Denied, format!("this is not the password of '{email}'"))
                .hint(format!("{left} more may be tried within an hour"))),
        }
    }

    /// From now on the user is logged in at this machine.
    ///
    /// # Errors
    /// When the token or its record cannot be written.
    pub fn log_in(&self, credentials: &Credentials) -> Result<Lasts> {
        let Some(hash) = &credentials.password_hash else {
            return Err(Error::usage(format!("'{}' has no password", credentials.email)));
        };
        let token = token(random()?);
        let lasts = Logins::new(&self.cache(), credentials.id, hash, AGENT, seconds()).begin(&token)?;
        let mut failure = None;
        for path in self.paths.login_tokens(credentials.id) {
            match publish(&path, token.as_bytes()) {
                Ok(()) => return Ok(lasts),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(|| Error::failure("there is no folder for the login")))
    }

    /// The user is not logged in at this machine any more. Whether they were.
    pub fn log_out(&self, credentials: &Credentials) -> bool {
        let tokens = self.tokens(credentials.id);
        let hash = credentials.password_hash.as_deref().unwrap_or_default();
        let cache = self.cache();
        let logins = Logins::new(&cache, credentials.id, hash, AGENT, seconds());
        let were = tokens.iter().any(|token| logins.stands(token));
        tokens.iter().for_each(|token| logins.end(token));
        for path in self.paths.login_tokens(credentials.id) {
            let _ = fs::remove_file(path);
        }
        were
    }

    /// The password in the environment.
    ///
    /// # Errors
    /// When the file it names cannot be read.
    pub fn password_variable(&self) -> Result<Option<String>> {
        password_variable()
    }

    fn tokens(&self, user: Uuid) -> Vec<String> {
        self.paths.login_tokens(user).iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
    }

    fn login_lock(&self) -> Result<File> {
        let path = self.paths.login_lock();
        create_private_folder(&self.paths.data)?;
        open_lock(&path)
    }
}

fn closed_until(cache: &Cache, user: Uuid, now: u64) -> u64 {
    tries::closed_until(cache, user, now).unwrap_or(now)
}

fn too_many(email: &str, until: u64, now: u64) -> Error {
    let minutes = until.saturating_sub(now).div_ceil(60).max(1);
    let at = i64::try_from(until).ok().and_then(|until| DateTime::from_timestamp(until, 0)).unwrap_or_default();
    Error::new(
        Kind::Denied,
        format!("{} wrong passwords for '{email}' within an hour: none is looked at for now", tries::MOST),
    )
    .hint(format!("try again in {minutes} minutes, after {} UTC", at.format("%H:%M")))
}

fn seconds() -> u64 {
    now().timestamp().max(0).unsigned_abs()
}
