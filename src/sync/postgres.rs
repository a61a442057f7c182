//! Where the deployment's PostgreSQL is, how to reach it, and what its refusals mean to a person.

use super::pool::{Manager, Pool};
use super::tls::{Trust, connector};
use crate::config::without_password;
use crate::error::{Error, Kind, Result};
use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, Config};
use r2d2::PooledConnection;
use std::path::PathBuf;
use std::time::Duration;

/// What the server shows as the name of this program, as for the architecture's own backend.
pub const APPLICATION_NAME: &str = "journaling_ai_backend";

/// How long the server may take to answer, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The first server version that has all that the schema needs.
const OLDEST_SERVER: i32 = 130_000;

/// Where a local server listens when the URL names no host.
const SOCKETS: &str = "/var/run/postgresql";

/// Where the deployment's PostgreSQL is.
#[derive(Debug, Clone)]
pub struct Address {
    config: Config,
    trust: Trust,
    shown: String,
}

/// A connection to the deployment's PostgreSQL.
pub struct Remote {
    /// The connection.
    pub(super) client: PooledConnection<Manager>,
    address: Address,
    /// The version of the server, such as 150018.
    version: i32,
}

impl Address {
    /// From a URL, or from `key=value` settings as PostgreSQL's own programs take them.
    ///
    /// Beside what the driver understands: a driver's name in the scheme, as SQLAlchemy writes it, is
    /// passed over; `sslmode` may be `verify-ca` or `verify-full`, which `require` means here anyway; and
    /// `sslrootcert` names a file of authorities.
    ///
    /// # Errors
    /// Usage naming what cannot be understood, never the password.
    pub fn parse(text: &str) -> Result<Address> {
        let text = text.trim();
        let shown = without_password(text);
        let wrong = |reason: String| {
            Error::usage(format!("the URL of the deployment, {shown}, cannot be understood: {reason}"))
                .hint("write it as postgresql://user@host:5432/database?sslmode=require")
        };
        let mut root = None;
        let mut verify = false;
        let mut setting = |pair: &str| -> Option<String> {
            match pair.split_once('=') {
                Some(("sslrootcert", file)) => {
                    root = Some(PathBuf::from(decoded(file)));
                    None
                }
                Some(("sslmode", "verify-ca" | "verify-full")) => {
                    verify = true;
                    Some("sslmode=require".into())
                }
                _ => Some(pair.to_string()),
            }
        };
        let plain = match text.split_once("://") {
            Some((scheme, rest)) => {
                let scheme = scheme.split('+').next().unwrap_or(scheme);
                let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
                let query: Vec<String> =
                    query.split('&').filter(|pair| !pair.is_empty()).filter_map(&mut setting).collect();
                format!("{scheme}://{address}?{}", query.join("&"))
            }
            None => text.split_whitespace().filter_map(&mut setting).collect::<Vec<_>>().join(" "),
        };
        let mut config: Config = plain.trim_end_matches('?').parse().map_err(|error: postgres::Error| {
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            wrong(reason)
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host_path(SOCKETS);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        let options = config.get_options().unwrap_or_default().to_string();
        config.application_name(APPLICATION_NAME).options(format!("{options} -c jit=off").trim());
        let trust = match (root, config.get_ssl_mode()) {
            (Some(file), _) => Trust::File(file),
            (None, SslMode::Prefer | SslMode::Disable) if !verify => Trust::Anyone,
            _ => Trust::System,
        };
        Ok(Address { config, trust, shown })
    }

    /// The URL without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The settings of the connection.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The file of authorities.
    pub(super) fn root_file(&self) -> Option<&PathBuf> {
        match &self.trust {
            Trust::File(path) => Some(path),
            _ => None,
        }
    }

    /// Connects, by way of a pool of its own.
    ///
    /// # Errors
    /// As [`Pool::get`].
    pub fn connect(&self) -> Result<Remote> {
        Pool::new(self.clone()).get()
    }

    /// Opens a connection to a server that is new enough, and tells its version.
    pub(super) fn dial(&self) -> Result<(Client, i32)> {
        let mut client = self.config.connect(connector(&self.trust)?).map_err(|error| {
            let failure = explain(&error).context(format_args!("cannot connect to {}", self.shown));
            // Whatever keeps us out, the server was not reached as it should be.
            if failure.kind() == Kind::Failure { as_network(&failure) } else { failure }
        })?;
        let version = client
            .query_one("SHOW server_version_num", &[])
            .and_then(|row| row.try_get::<_, String>(0))
            .map_err(|error| explain(&error))?
            .parse()
            .unwrap_or(0);
        if version < OLDEST_SERVER {
            return Err(Error::failure(format!(
                "the server {} is PostgreSQL {}, and 13 or later is needed",
                self.shown,
                version / 10_000
            ))
            .hint("upgrade the server, or name another in JOURNAL_POSTGRES_URL"));
        }
        Ok((client, version))
    }
}

fn as_network(failure: &Error) -> Error {
    let error = Error::new(Kind::Network, failure.message());
    match failure.hint_text() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

impl Remote {
    /// A connection of a pool.
    pub(super) fn new(client: PooledConnection<Manager>, address: Address, version: i32) -> Remote {
        Remote { client, address, version }
    }

    /// Where this is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The version of the server, such as `15.18`.
    pub fn server_version(&self) -> String {
        format!("{}.{}", self.version / 10_000, self.version % 10_000)
    }

    /// What the server says of itself and of this connection.
    ///
    /// # Errors
    /// What the server refuses with.
    pub fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        let row = self
            .client
            .query_one(
                "SELECT current_database()::text, current_user::text, current_setting('application_name'),
                    current_setting('jit'), current_setting('lock_timeout'), current_setting('max_connections'),
                    (SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database()),
                    coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), 'none'),
                    pg_size_pretty(pg_database_size(current_database()))",
                &[],
            )
            .map_err(|error| explain(&error))?;
        let names = [
            "database",
            "user",
            "application_name",
            "jit",
            "lock_timeout",
            "max_connections",
            "connections",
            "encryption",
            "size",
        ];
        let mut facts = vec![("server_version", self.server_version())];
        facts.extend(names.into_iter().enumerate().map(|(at, name)| (name, row.get(at))));
        Ok(facts)
    }

    /// Whether the database keeps text as the journal does.
    ///
    /// # Errors
    /// A failure when it is not UTF-8, or takes letters beyond ASCII for none.
    pub fn keeps_text(&mut self) -> Result<()> {
        let row = self
            .client
            .query_one(
                "SELECT current_database()::text, pg_encoding_to_char(encoding)::text, datctype::text
                 FROM pg_database WHERE datname = current_database()",
                &[],
            )
            .map_err(|error| explain(&error))?;
        let (name, encoding, ctype): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let wrong = if encoding != "UTF8" {
            format!("its encoding is {encoding}, and the journal's text is UTF-8")
        } else if ctype == "C" || ctype == "POSIX" {
            format!("its character type is {ctype}, in which only A to Z are letters: search would miss all others")
        } else {
            return Ok(());
        };
        Err(Error::failure(format!("the database {name} cannot hold a journal: {wrong}")).hint(format!(
            "create one that can: CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
        )))
    }
}

/// Why writing rows did not go on: because of the rows, or because of the server.
pub(super) enum Stop {
    /// Some row at fault, and the server's reason. The transaction goes on from its savepoint.
    Row(String),
    /// Everything else.
    Server(Error),
}

impl Stop {
    /// What to tell.
    pub(super) fn into_error(self) -> Error {
        match self {
            Stop::Row(reason) => Error::failure(reason),
            Stop::Server(error) => error,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Server(error)
    }
}

impl From<postgres::Error> for Stop {
    fn from(error: postgres::Error) -> Stop {
        let Some(refusal) = error.as_db_error() else { return Stop::Server(explain(&error)) };
        // Data, constraints, limits of the program, and what a function of the deployment raises.
        match refusal.code().code().get(..2) {
            Some("22" | "23" | "44" | "54" | "P0") => {
                Stop::Row(format!("{} [{}]", refusal.message(), refusal.code().code()))
            }
            _ => Stop::Server(explain(&error)),
        }
    }
}

/// What a failure of PostgreSQL means, and what to do.
pub(super) fn explain(error: &postgres::Error) -> Error {
    let Some(refusal) = error.as_db_error() else {
        // The outermost words alone, such as "error connecting to server", say nothing.
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            let words = inner.to_string();
            if !reason.contains(&words) {
                reason = format!("{reason}: {words}");
            }
            cause = inner.source();
        }
        let reason = without_password(&reason);
        let hint = if reason.contains("certificate") {
            "name the authority that signed the server's certificate: `sslrootcert=FILE` in the URL; or encrypt without \
             verifying: `sslmode=prefer`"
        } else if reason.contains("TLS") || reason.contains("tls") {
            "the server does not encrypt: set it up to, or use `sslmode=disable` on a network you trust"
        } else {
            "see that the server runs, and that host and port in JOURNAL_POSTGRES_URL are right; the journal itself \
             needs no server"
        };
        return Error::new(Kind::Network, reason).hint(hint);
    };
    let message = without_password(refusal.message());
    let code = refusal.code();
    let failure = |hint: &str| Error::failure(message.clone()).hint(hint);
    let network = |hint: &str| Error::new(Kind::Network, message.clone()).hint(hint);
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            network("check user and password in JOURNAL_POSTGRES_URL, and what pg_hba.conf on the server lets in")
        }
        SqlState::INVALID_CATALOG_NAME => network("create the database first: `createdb -E UTF8 -T template0 NAME`"),
        SqlState::TOO_MANY_CONNECTIONS | SqlState::CANNOT_CONNECT_NOW => network("try again in a moment"),
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
            network("the server went down; what was not finished there was taken back: run the command again")
        }
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => {
            Error::new(Kind::Busy, message).hint("another program is at work in the database: try again in a moment")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => failure(
            "the user in JOURNAL_POSTGRES_URL has to own the database, or be granted CREATE on it and on its schema: \
             `GRANT CREATE ON DATABASE … TO …; GRANT CREATE ON SCHEMA public TO …`",
        ),
        SqlState::UNDEFINED_FILE | SqlState::FEATURE_NOT_SUPPORTED if message.contains("extension") => failure(
            "the server lacks this extension: install PostgreSQL's contributed modules (Debian: postgresql-contrib)",
        ),
        SqlState::DISK_FULL => {
            failure("the server's disk is full: make room there, and run the command again; nothing was done by half")
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => failure(
            "the server takes no changes: it is a standby, or default_transaction_read_only is on; name the primary in \
             JOURNAL_POSTGRES_URL. `journal sync pull` works with it",
        ),
        _ => {
            let detail = refusal.detail().map(|detail| format!(" ({})", without_password(detail)));
            Error::failure(format!("{message}{} [{}]", detail.unwrap_or_default(), code.code()))
        }
    }
}

/// Text in which `%` and two digits stand for a byte.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(code) if *byte == b'%' => {
                bytes.push(code);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_how_to_trust() {
        for (url, trust) in [
            ("postgresql://me@h/d", Trust::Anyone),
            ("postgresql://me@h/d?sslmode=prefer", Trust::Anyone),
            ("postgresql://me@h/d?sslmode=require", Trust::System),
            ("postgresql://me@h/d?sslmode=verify-full", Trust::System),
            (
                "postgresql+asyncpg://me@h/d?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem",
                Trust::File("/etc/ca.pem".into()),
            ),
            ("host=h user=me sslmode=verify-full", Trust::System),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.trust, trust, "{url}");
            assert_eq!(address.config.get_application_name(), Some(APPLICATION_NAME));
            assert_eq!(address.config.get_options(), Some("-c jit=off"));
            assert_eq!(address.config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        }
        let address = Address::parse("postgresql:///d?options=-c%20work_mem%3D4MB&connect_timeout=3").unwrap();
        assert_eq!(address.config.get_options(), Some("-c work_mem=4MB -c jit=off"));
        assert_eq!(address.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
    }

    #[test]
    fn a_wrong_url_is_named_without_its_password() {
        for url in [
            "postgresql://me:secret@h:port/d",
            "mysql://me:secret@h/d",
            "postgresql://me:secret@h/d?x=y",
            "host=h password=secret nope=1",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{url}");
            let said = format!("{} {}", error.message(), error.hint_text().unwrap_or_default());
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
