//! The deployment's Redis: where it is, how to reach it, what its refusals mean. The only place that names
//! the crate.
//!
//! - [`follow`]: what goes there after a sync.
//! - [`tasks`]: entries that are still to be analysed, as a queue for the deployment's workers.

mod follow;
mod tasks;

pub use follow::{Report, follow};

use super::mirror::{Standing, standing};
use crate::config::without_password;
use crate::error::{Error, Kind, Result};
use crate::store::Store;
use redis::{Client, Connection, ErrorKind, RedisError, ServerErrorKind, TlsCertificates};
use std::path::Path;
use std::time::Duration;

/// How long the server may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to answer a batch.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the deployment's Redis is.
#[derive(Debug, Clone)]
pub struct Address {
    client: Client,
    shown: String,
}

/// What can be told of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its version.
    pub version: String,
    /// What it does when its memory is full.
    pub policy: String,
    /// How many tasks wait in the queue.
    pub waiting: u64,
    /// What is not as it should be, and what to do.
    pub warnings: Vec<String>,
}

impl Address {
    /// From a URL: `redis://`, `rediss://` for an encrypted connection, `unix://` for a socket.
    ///
    /// `sslrootcert=FILE` in its query names a file of authorities, as for PostgreSQL.
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
        let (plain, root) = without_root(text);
        if !plain.contains("://") {
            return Err(wrong("it has no scheme"));
        }
        let client = match root {
            None => Client::open(plain),
            Some(file) => {
                let root = std::fs::read(&file)
                    .map_err(|error| Error::io("cannot read the authorities in", Path::new(&file), error))?;
                Client::build_with_tls(plain, TlsCertificates { client_tls: None, root_cert: Some(root) })
            }
        };
        let client = client.map_err(|error| wrong(&without_password(error.to_string().trim_end_matches('.'))))?;
        Ok(Address { client, shown })
    }

    /// The URL without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The name under which it is kept where it stands.
    pub fn name(&self) -> String {
        format!("redis:{}", self.shown)
    }

    fn connect(&self) -> Result<Connection> {
        let connect = || -> redis::RedisResult<Connection> {
            let connection = self.client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
            connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
            connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
            Ok(connection)
        };
        connect().map_err(|error| explain(&error).context(format_args!("cannot connect to {}", self.shown)))
    }

    /// Looks at the server.
    ///
    /// # Errors
    /// Network, when there is no way in.
    pub fn look(&self) -> Result<Seen> {
        let mut connection = self.connect()?;
        let ask = |connection: &mut Connection| -> redis::RedisResult<(String, String, u64)> {
            let server: String = redis::cmd("INFO").arg("server").query(connection)?;
            let memory: String = redis::cmd("INFO").arg("memory").query(connection)?;
            let waiting: u64 = redis::cmd("LLEN").arg(tasks::QUEUE).query(connection)?;
            Ok((server, memory, waiting))
        };
        let (server, memory, waiting) = ask(&mut connection).map_err(|error| explain(&error))?;
        let (version, policy) = (info(&server, "redis_version"), info(&memory, "maxmemory_policy"));
        let mut warnings = Vec::new();
        if policy.starts_with("allkeys") && info(&memory, "maxmemory") != "0" {
            warnings.push(format!(
                "maxmemory-policy {policy} drops sessions and queued tasks when memory is full: keep auth:* and \
                 tasks:* in a server of their own with noeviction, or set volatile-ttl"
            ));
        }
        Ok(Seen { version, policy, waiting, warnings })
    }

    /// Where it stands in the journal.
    ///
    /// # Errors
    /// What the database fails with.
    pub fn standing(&self, store: &Store) -> Result<Standing> {
        standing(store, &self.name())
    }
}

/// A value in what `INFO` says.
fn info(text: &str, name: &str) -> String {
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    found.unwrap_or_default().to_string()
}

/// The URL without `sslrootcert`, and the file that it names.
fn without_root(text: &str) -> (String, Option<String>) {
    let Some((address, query)) = text.split_once('?') else { return (text.to_string(), None) };
    let is_root = |pair: &&str| pair.starts_with("sslrootcert=");
    let root = query.split('&').find(is_root).and_then(|pair| pair.split_once('=')).map(|(_, file)| file.to_string());
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_root(pair)).collect();
    let plain = if rest.is_empty() { address.to_string() } else { format!("{address}?{}", rest.join("&")) };
    (plain, root)
}

/// What a failure of Redis means, and what to do.
fn explain(error: &RedisError) -> Error {
    let said = without_password(&error.to_string());
    let network = |message: String, hint: &str| Error::new(Kind::Network, message).hint(hint);
    if said.contains("OOM") {
        return network(
            "the memory of Redis is full, and it is set to drop nothing (maxmemory-policy noeviction)".into(),
            "raise maxmemory, or set maxmemory-policy volatile-ttl; the next `journal sync` goes on",
        );
    }
    if said.contains("NOAUTH") || said.contains("WRONGPASS") {
        return network(said, "check user and password in JOURNAL_REDIS_URL");
    }
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => network(
            "this Redis is a replica, which takes no writes".into(),
            "name the primary in JOURNAL_REDIS_URL",
        ),
        ErrorKind::AuthenticationFailed => network(said, "check user and password in JOURNAL_REDIS_URL"),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => {
            network("Redis is reading its data from the disk".into(), "try again in a moment")
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) => Error::failure(said).hint(
            "the user in JOURNAL_REDIS_URL needs SET, DEL, UNLINK, SCAN, LRANGE, LLEN, EVAL and INFO on api:*, models:* \
             and tasks:*",
        ),
        ErrorKind::Io if error.is_timeout() => network(
            "Redis has not answered in time".into(),
            "see what it is busy with; the next `journal sync` goes on",
        ),
        ErrorKind::Io if said.contains("certificate") => network(
            said,
            "name the authority that signed the server's certificate: `sslrootcert=FILE` in the URL",
        ),
        ErrorKind::Io => network(
            said,
            "see that the server runs, and that host and port in JOURNAL_REDIS_URL are right; the journal itself needs \
             no server",
        ),
        _ if said.contains("WRONGTYPE") => Error::failure(format!("a key in Redis is of another type than the journal's: {said}"))
            .hint("tasks:queue:ai_analysis is a list, everything else a string; delete what is in the way"),
        ErrorKind::InvalidClientConfig | ErrorKind::Parse => {
            network(said, "see that JOURNAL_REDIS_URL names a Redis, and whether it is encrypted (rediss://)")
        }
        _ => Error::failure(said),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

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
        let name = |url: &str| Address::parse(url).unwrap().name();
        assert_eq!(name("redis://:secret@h:1/2"), "redis:redis://:***@h:1/2");
        assert_eq!(name("unix:///run/r.sock?db=1&pass=secret"), "redis:unix:///run/r.sock?db=1&pass=***");
        assert_eq!(
            without_root("rediss://h?sslrootcert=/ca&protocol=3"),
            ("rediss://h?protocol=3".into(), Some("/ca".into()))
        );
    }
}
