//! The deployment's Redis, or the two of them: where they are, and how to reach them. The only place that names the
//! crate.
//!
//! - [`line`]: a connection, what is sent over it, and what its refusals mean.
//! - [`marker`]: whether what was sent is still there.
//! - [`follow`]: what goes there after a sync.
//! - [`tasks`]: entries that are still to be analysed, as a queue for the deployment's workers.

mod follow;
mod line;
mod marker;
mod tasks;

pub use follow::{Report, estimate, follow};

use super::mirror::{Standing, parted, seconds, standing};
use crate::config::without_password;
use crate::error::{Error, Result};
use crate::store::Store;
use line::{Line, explain};
use redis::{Client, Connection, TlsCertificates};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// How long the server may take to take a connection, and to greet.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to answer a batch, unless the URL says otherwise.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a Redis has of ours. A deployment may have two, for what may be evicted and for what may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `api:*`, `models:*` and `tasks:*`.
    All,
    /// All but `tasks:*`.
    Cache,
    /// `tasks:*` alone.
    Tasks,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::All => "all",
            Role::Cache => "cache",
            Role::Tasks => "tasks",
        }
    }

    fn has_cache(self) -> bool {
        self != Role::Tasks
    }

    fn has_tasks(self) -> bool {
        self != Role::Cache
    }

    /// The variable that says where it is.
    fn variable(self) -> &'static str {
        match self {
            Role::All | Role::Cache => "JOURNAL_REDIS_URL",
            Role::Tasks => "JOURNAL_REDIS_TASKS_URL",
        }
    }

    fn keys(self) -> &'static str {
        match self {
            Role::All => "api:*, models:*, tasks:*",
            Role::Cache => "api:*, models:*",
            Role::Tasks => "tasks:*",
        }
    }
}

/// Where a Redis of the deployment is.
#[derive(Debug, Clone)]
pub struct Address {
    client: Client,
    shown: String,
    name: String,
    role: Role,
    /// How long it may take to answer.
    patience: Duration,
}

/// What can be told of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its version.
    pub version: String,
    /// What it does when its memory is full.
    pub policy: String,
    /// How many tasks wait in the queue, where it has them.
    pub waiting: Option<u64>,
    /// What is not as it should be, and what to do.
    pub warnings: Vec<String>,
}

impl Address {
    /// From a URL: `redis://`, `rediss://` for an encrypted connection, `unix://` for a socket.
    ///
    /// In its query, `sslrootcert=FILE` names a file of authorities, as for PostgreSQL, and `timeout=SECONDS` how
    /// long the server may take to answer.
    ///
    /// # Errors
    /// Usage naming what cannot be understood, never the password.
    pub fn parse(text: &str) -> Result<Address> {
        let text = text.trim();
        let shown = without_password(text);
        let wrong = |reason: &str| {
            Error::usage(format!("the URL of the deployment's Redis, {shown}, cannot be understood: {reason}"))
                .hint("write it as redis://user:password@host:6379/0, rediss://… or unix:///path/to/redis.sock")
        };
        // How long to wait is no part of where it is.
        let (lasting, timeout) = parted(text, "timeout");
        let (plain, root) = parted(&lasting, "sslrootcert");
        if !plain.contains("://") {
            return Err(wrong("it has no scheme"));
        }
        let patience = match timeout {
            Some(text) => seconds(&text).ok_or_else(|| wrong("its timeout is no number of seconds from 1 to 3600"))?,
            None => ANSWER_TIMEOUT,
        };
        let client = match root {
            None => Client::open(plain),
            Some(file) => {
                let root = std::fs::read(&file)
                    .map_err(|error| Error::io("cannot read the authorities in", Path::new(&file), error))?;
                Client::build_with_tls(plain, TlsCertificates { client_tls: None, root_cert: Some(root) })
            }
        };
        let client = client.map_err(|error| wrong(&without_password(error.to_string().trim_end_matches('.'))))?;
        let name = format!("redis:{}", without_password(&lasting));
        Ok(Address { client, shown, name, role: Role::All, patience })
    }

    /// The same place for a part of what is ours.
    #[must_use]
    pub fn with_role(self, role: Role) -> Address {
        Address { role, ..self }
    }

    /// What it has of ours.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The URL without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The name under which it is kept where it stands.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn line(&self) -> Result<Line> {
        let connect = || -> redis::RedisResult<Connection> {
            let connection = self.client.get_connection_with_timeout(CONNECT_TIMEOUT.min(self.patience))?;
            connection.set_read_timeout(Some(self.patience))?;
            connection.set_write_timeout(Some(self.patience))?;
            Ok(connection)
        };
        let connection = connect()
            .map_err(|error| explain(&error, self.role).context(format_args!("cannot connect to {}", self.shown)))?;
        Ok(Line::new(connection, self.role))
    }

    /// Looks at the server.
    ///
    /// # Errors
    /// Network, when there is no way in.
    pub fn look(&self) -> Result<Seen> {
        let mut line = self.line()?;
        let server: String = line.ask(redis::cmd("INFO").arg("server"))?;
        let memory: String = line.ask(redis::cmd("INFO").arg("memory"))?;
        let mut waiting = None;
        if self.role.has_tasks() {
            waiting = Some(line.ask(redis::cmd("LLEN").arg(tasks::QUEUE))?);
        }
        let (version, policy) = (info(&server, "redis_version"), info(&memory, "maxmemory_policy"));
        let mut warnings = Vec::new();
        if self.role.has_tasks() && policy.starts_with("allkeys") && info(&memory, "maxmemory") != "0" {
            warnings.push(format!(
                "maxmemory-policy {policy} drops sessions and queued tasks when memory is full: keep auth:* and \
                 tasks:* in a server of their own with noeviction, which JOURNAL_REDIS_TASKS_URL names, or set \
                 volatile-ttl"
            ));
        }
        Ok(Seen { version, policy, waiting, warnings })
    }

    /// Where it stands in the journal.
    ///
    /// # Errors
    /// What the database fails with.
    pub fn standing(&self, store: &Store) -> Result<Standing> {
        standing(store, &self.name)
    }
}

/// A value in what `INFO` says.
fn info(text: &str, name: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    found.unwrap_or_default().to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_wrong_url_is_named_without_its_password() {
        for url in
            ["redis://me:secret@h:port/0", "http://me:secret@h", "redis://:secret@h/x", "unix:///s?pass=secret&db=x"]
        {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{url}");
            let said = format!("{} {}", error.message(), error.hint_text().unwrap_or_default());
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn the_name_of_a_mirror_has_no_password() {
        let name = |url: &str| Address::parse(url).unwrap().name().to_string();
        assert_eq!(name("redis://:secret@h:1/2"), "redis:redis://:***@h:1/2");
        assert_eq!(name("unix:///run/r.sock?db=1&pass=secret"), "redis:unix:///run/r.sock?db=1&pass=***");
    }

    #[test]
    fn how_long_to_wait_is_no_part_of_the_name() {
        let address = Address::parse("redis://h?timeout=7").unwrap();
        assert_eq!((address.name(), address.patience), ("redis:redis://h", Duration::from_secs(7)));
        assert_eq!(address.shown(), "redis://h?timeout=7");
        assert_eq!(Address::parse("unix:///r.sock?db=1").unwrap().patience, ANSWER_TIMEOUT);
        for url in ["redis://h?timeout=", "redis://h?timeout=0", "redis://h?timeout=5s", "redis://h?timeout=3601"] {
            assert_eq!(Address::parse(url).unwrap_err().kind(), Kind::Usage, "{url}");
        }
    }
}
