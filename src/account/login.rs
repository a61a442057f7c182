//! Logins: a random token that a person holds, and what the cache knows of it.
//!
//! The cache never holds the token, only its SHA-256. Two records stand for a login: the session,
//! for seven days, and the refresh, for thirty, from which the session is made again. Both bear a
//! mark of the password they were made with, so that a new password ends them all.

use crate::cache::{Cache, Health, Namespace, Put};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Random bytes of a token.
pub const TOKEN_BYTES: usize = 32;

/// `auth:sessions:{user_id}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    user_id: Uuid,
    token_hash: String,
    password_mark: String,
    created_at: u64,
    expires_at: u64,
    user_agent: String,
}

/// `auth:refresh:{token_hash}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Refresh {
    user_id: Uuid,
    password_mark: String,
    created_at: u64,
    expires_at: u64,
}

/// How long a login lasts, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasts {
    /// Until when without another look at the refresh.
    pub session: u64,
    /// Until when in all.
    pub refresh: u64,
}

/// The logins of one user, whose `password_hash` is this.
pub struct Logins<'a> {
    cache: &'a Cache,
    user: Uuid,
    mark: String,
    agent: &'a str,
    now: u64,
}

impl<'a> Logins<'a> {
    /// At this time, in seconds since 1970; `agent` names the program.
    pub fn new(cache: &'a Cache, user: Uuid, password_hash: &str, agent: &'a str, now: u64) -> Logins<'a> {
        // Sixteen digits tell passwords apart and are no help in guessing one.
        let mark = sha256(password_hash.as_bytes())[..16].to_string();
        Logins { cache, user, mark, agent, now }
    }

    /// From now on who holds this token is this user.
    ///
    /// # Errors
    /// Failure when the cache cannot be written: then nobody is logged in.
    pub fn begin(&self, token: &str) -> Result<Lasts> {
        let lasts = Lasts {
            session: self.now + Namespace::AuthSessions.ttl(),
            refresh: self.now + Namespace::AuthRefresh.ttl(),
        };
        let refresh = Refresh {
            user_id: self.user,
            password_mark: self.mark.clone(),
            created_at: self.now,
            expires_at: lasts.refresh,
        };
        let hash = sha256(token.as_bytes());
        let mut puts: Vec<Put> = Put::json(Namespace::AuthRefresh, &hash, &refresh).into_iter().collect();
        puts.extend(self.session(hash, lasts.refresh));
        match self.cache.put_many(&puts, self.now) {
            Health::Good | Health::Restarted(_) => Ok(lasts),
            Health::Skipped(why) => Err(Error::failure(format!("the login cannot be kept: {why}"))
                .hint("JOURNAL_PASSWORD_FILE lets one command through without it")),
        }
    }

    /// Whether this token is one of a login that stands. A session that has run out is made again
    /// while its refresh stands.
    pub fn stands(&self, token: &str) -> bool {
        let hash = sha256(token.as_bytes());
        let session: Option<Session> = self.cache.get_json(Namespace::AuthSessions, &self.user.to_string(), self.now);
        if session.is_some_and(|session| {
            session.user_id == self.user
                && session.token_hash == hash
                && session.password_mark == self.mark
                && session.expires_at > self.now
        }) {
            return true;
        }
        let refresh: Option<Refresh> = self.cache.get_json(Namespace::AuthRefresh, &hash, self.now);
        let Some(refresh) =
            refresh.filter(|refresh| refresh.user_id == self.user && refresh.password_mark == self.mark)
        else {
            return false;
        };
        // Without it the next command looks at the refresh again.
        let session: Vec<Put> = self.session(hash, refresh.expires_at).into_iter().collect();
        let _ = self.cache.put_many(&session, self.now);
        true
    }

    /// Ends the login of this token, and the session of the user whoever holds it.
    pub fn end(&self, token: &str) {
        let _ = self.cache.invalidate(Namespace::AuthSessions, &self.user.to_string());
        let _ = self.cache.invalidate(Namespace::AuthRefresh, &sha256(token.as_bytes()));
    }

    /// The record of a session, which does not outlive its refresh.
    fn session(&self, token_hash: String, refresh: u64) -> Option<Put> {
        let session = Session {
            user_id: self.user,
            token_hash,
            password_mark: self.mark.clone(),
            created_at: self.now,
            expires_at: refresh.min(self.now + Namespace::AuthSessions.ttl()),
            user_agent: self.agent.to_string(),
        };
        Put::json(Namespace::AuthSessions, &self.user.to_string(), &session)
    }
}

/// A token as text.
pub fn token(random: [u8; TOKEN_BYTES]) -> String {
    data_encoding::HEXLOWER.encode(&random)
}

/// SHA-256, as 64 hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cache::DEFAULT_MAX_BYTES;

    const NOW: u64 = 1_700_000_000;
    const DAY: u64 = 86_400;

    #[test]
    fn a_login_stands_for_thirty_days_and_for_one_password() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cache.redb"), DEFAULT_MAX_BYTES);
        let (ada, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let at = |user, hash: &str, now| Logins::new(&cache, user, hash, "journal/1", now).stands("t");
        assert!(!at(ada, "h", NOW));
        let lasts = Logins::new(&cache, ada, "h", "journal/1", NOW).begin("t").unwrap();
        assert_eq!(lasts, Lasts { session: NOW + 7 * DAY, refresh: NOW + 30 * DAY });
        assert!(at(ada, "h", NOW) && at(ada, "h", NOW + 7 * DAY - 1));
        assert!(!at(bob, "h", NOW), "it is of one user");
        assert!(!at(ada, "new", NOW), "a new password ends it");
        assert!(!Logins::new(&cache, ada, "h", "journal/1", NOW).stands("other"));
        assert!(at(ada, "h", NOW + 8 * DAY), "the refresh makes it again");
        assert!(cache.get(Namespace::AuthSessions, &ada.to_string(), NOW + 14 * DAY).is_some());
        assert!(at(ada, "h", NOW + 30 * DAY - 1));
        assert!(!at(ada, "h", NOW + 30 * DAY), "a session made again late does not outlive it");
        let bytes = std::fs::read(folder.path().join("cache.redb")).unwrap();
        let token_hash = sha256(b"t");
        assert!(bytes.windows(64).any(|window| window == token_hash.as_bytes()));

        Logins::new(&cache, ada, "h", "journal/1", NOW).begin("t").unwrap();
        Logins::new(&cache, ada, "h", "journal/1", NOW).begin("u").unwrap();
        assert!(at(ada, "h", NOW), "two places, one session record: the refresh serves the other");
        Logins::new(&cache, ada, "h", "journal/1", NOW).end("t");
        assert!(!at(ada, "h", NOW));
        assert!(Logins::new(&cache, ada, "h", "journal/1", NOW).stands("u"));
        let _ = cache.clear();
        assert!(!Logins::new(&cache, ada, "h", "journal/1", NOW).stands("u"), "the cache may vanish");
    }
}
