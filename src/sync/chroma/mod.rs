//! The deployment's Chroma: where it is, how it is asked, what its refusals mean. With `model/hub.rs` the only
//! place that speaks HTTP.
//!
//! - [`collection`]: one collection there: its records, by batches.
//! - [`document`]: an entry, a topic or an insight as a record.
//! - [`follow`]: bringing the collections up to date.

mod collection;
mod document;
mod follow;

pub use follow::{Report, estimate, follow};

use super::mirror::{Standing, parted, seconds, standing};
use super::postgres::decoded;
use crate::config::without_password;
use crate::error::{Error, Kind, Result};
use crate::index::vector::Collection;
use crate::store::Store;
use serde_json::Value;
use std::time::Duration;
use ureq::{Agent, Timeout};

/// How long the server may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take to answer, unless the URL says otherwise.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A request of so many bytes may take longer, so many times: it bears vectors. A thousand of them are put into the
/// graph there in a second or two, on a machine that has nothing else to do.
const LARGE: usize = 64 << 10;
const LARGE_TAKES: u32 = 4;

/// Tenant and database unless the URL names others: what every client of Chroma uses that is told nothing.
const TENANT: &str = "default_tenant";
const DATABASE: &str = "default_database";

/// Where the deployment's Chroma is.
#[derive(Debug, Clone)]
pub struct Address {
    agent: Agent,
    /// Up to `/api/v2`, with it.
    base: String,
    tenant: String,
    database: String,
    /// Headers that say who asks.
    login: Vec<(&'static str, String)>,
    shown: String,
    name: String,
    /// How long it may take to answer.
    patience: Duration,
}

/// What can be told of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The version of its interface.
    pub version: String,
    /// How many vectors each of our collections has; nothing where there is no such collection.
    pub vectors: Vec<(&'static str, Option<u64>)>,
}

/// An answer that is no success.
struct Refusal {
    status: u16,
    message: String,
}

impl Address {
    /// From a URL, as `http://host:8000`, with `?tenant=…&database=…` for others than Chroma's own, and
    /// `timeout=SECONDS` for how long it may take to answer. A user and a password in it go there as HTTP knows
    /// them, a password alone as a token.
    ///
    /// # Errors
    /// Usage naming what cannot be understood, never the password.
    pub fn parse(text: &str) -> Result<Address> {
        let text = text.trim();
        let shown = without_password(text);
        let wrong = |reason: &str| {
            Error::usage(format!("the URL of the deployment's Chroma, {shown}, cannot be understood: {reason}"))
                .hint("write it as http://host:8000, or https://user:password@host/?tenant=…&database=…")
        };
        // How long to wait is no part of where it is.
        let (lasting, timeout) = parted(text, "timeout");
        let patience = match timeout {
            Some(text) => seconds(&text).ok_or_else(|| wrong("its timeout is no number of seconds from 1 to 3600"))?,
            None => ANSWER_TIMEOUT,
        };
        let Some((scheme @ ("http" | "https"), rest)) = lasting.split_once("://") else {
            return Err(wrong("it begins with http:// or https://"));
        };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = address.split_once('/').unwrap_or((address, ""));
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong("it names no host"));
        }
        if let Some((_, port)) = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'))
            && port.parse::<u16>().is_err()
        {
            return Err(wrong("its port is no number up to 65535"));
        }
        let (mut tenant, mut database) = (TENANT.to_string(), DATABASE.to_string());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("tenant", name)) => tenant = decoded(name),
                Some(("database", name)) => database = decoded(name),
                _ => return Err(wrong("its settings are tenant, database and timeout")),
            }
        }
        let is_plain = |name: &str| {
            (3..=512).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !is_plain(&tenant) || !is_plain(&database) {
            return Err(wrong(
                "names of tenants and databases are 3 to 512 letters, digits, dots, dashes and underscores",
            ));
        }
        let login = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            None => Vec::new(),
            Some(("", token)) => {
                let token = decoded(token);
                vec![("authorization", format!("Bearer {token}")), ("x-chroma-token", token)]
            }
            Some((user, password)) => {
                let both = format!("{}:{}", decoded(user), decoded(password));
                vec![("authorization", format!("Basic {}", data_encoding::BASE64.encode(both.as_bytes())))]
            }
        };
        if login.iter().any(|(_, value)| value.contains(|c: char| !c.is_ascii() || c.is_control())) {
            return Err(wrong("its token has characters that no header has"));
        }
        let path = path.trim_end_matches('/').trim_end_matches("api/v2").trim_end_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let (base, name) =
            (format!("{scheme}://{host}{path}/api/v2"), format!("chroma:{}", without_password(&lasting)));
        Ok(Address { agent: agent(patience), base, tenant, database, login, shown, name, patience })
    }

    /// The URL without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The name under which it is kept where it stands.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks at the server.
    ///
    /// # Errors
    /// Network, when it does not answer, or is no Chroma.
    pub fn look(&self) -> Result<Seen> {
        let version = self.ask("GET", "/version", None)?;
        let version = version.as_str().unwrap_or("unknown").to_string();
        let there = if self.has_database()? { self.collections()? } else { Vec::new() };
        let mut vectors = Vec::new();
        for collection in Collection::ALL {
            let found = there.iter().find(|found| found.name == collection.name());
            vectors.push((collection.name(), found.map(|found| found.count(self)).transpose()?));
        }
        Ok(Seen { version, vectors })
    }

    /// Where it stands in the journal.
    ///
    /// # Errors
    /// What the database fails with.
    pub fn standing(&self, store: &Store) -> Result<Standing> {
        standing(store, &self.name)
    }

    /// The path of the database.
    fn home(&self) -> String {
        format!("/tenants/{}/databases/{}", self.tenant, self.database)
    }

    fn has_database(&self) -> Result<bool> {
        match self.call("GET", &self.home(), None)? {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.status == 404 && refusal.message.contains("not found") => Ok(false),
            Err(refusal) => Err(self.refused(&refusal)),
        }
    }

    /// Makes tenant and database unless they are there.
    fn make_database(&self) -> Result<()> {
        let name = |name: &str| Some(serde_json::json!({"name": name}));
        let databases = format!("/tenants/{}/databases", self.tenant);
        for (path, body) in [("/tenants", name(&self.tenant)), (databases.as_str(), name(&self.database))] {
            match self.call("POST", path, body)? {
                Err(refusal) if refusal.status != 409 => return Err(self.refused(&refusal)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks, and takes a refusal for a failure.
    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value> {
        self.call(method, path, body)?.map_err(|refusal| self.refused(&refusal))
    }

    /// Asks. That the server refuses is an answer; that there is none is a failure.
    fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<std::result::Result<Value, Refusal>> {
        let lost = |error: ureq::Error| self.lost(&error);
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.login {
            request = request.header(*name, value);
        }
        let malformed = |error: ureq::http::Error| Error::usage(format!("{} is no address: {error}", self.shown));
        let answer = match body {
            Some(body) => {
                let body = body.to_string();
                let longer = if body.len() < LARGE { 1 } else { LARGE_TAKES };
                let time = Some(self.patience * longer);
                let request = request.header("content-type", "application/json").body(body).map_err(malformed)?;
                let request = self.agent.configure_request(request);
                let request = request.timeout_send_body(time).timeout_recv_response(time).timeout_recv_body(time);
                self.agent.run(request.build())
            }
            None => self.agent.run(request.body(()).map_err(malformed)?),
        };
        let mut answer = answer.map_err(lost)?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(1 << 30).read_to_string().map_err(lost)?;
        let value: Option<Value> = if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() };
        Ok(match value {
            Some(value) if (200..300).contains(&status) => Ok(value),
            value => {
                let said = value.as_ref().and_then(|value| value["message"].as_str()).map(str::to_string);
                let short: String = text.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect();
                Err(Refusal { status, message: said.unwrap_or(short) })
            }
        })
    }

    /// That there is no answer: nobody is there, or it takes too long.
    fn lost(&self, error: &ureq::Error) -> Error {
        let shown = &self.shown;
        match error {
            ureq::Error::Timeout(timeout) if !matches!(timeout, Timeout::Connect | Timeout::Resolve) => {
                Error::new(Kind::Network, format!("{shown} has not answered in time")).hint(
                    "see what it is busy with, or let JOURNAL_CHROMA_URL wait longer: `timeout=SECONDS` in its query; \
                     the next `journal sync` goes on",
                )
            }
            _ => Error::new(Kind::Network, format!("cannot reach {shown}: {error}")).hint(
                "see that the server runs, and that host and port in JOURNAL_CHROMA_URL are right; the journal itself \
                 needs no server",
            ),
        }
    }

    /// What a refusal means, and what to do.
    fn refused(&self, refusal: &Refusal) -> Error {
        let Refusal { status, message } = refusal;
        let network = |message: String, hint: &str| Error::new(Kind::Network, message).hint(hint);
        match status {
            401 | 403 => network(
                format!("{} does not let us in: {message}", self.shown),
                "check user and password, or the token, in JOURNAL_CHROMA_URL",
            ),
            404 | 405 | 410 if !message.contains("not found") && !message.contains("does not exist") => network(
                format!("{} is no Chroma of version 1 or later: it answered with status {status}", self.shown),
                "see that JOURNAL_CHROMA_URL is right; an older Chroma has to be upgraded",
            ),
            200..300 => network(
                format!("{} answered with something that is no JSON: {message}", self.shown),
                "see that JOURNAL_CHROMA_URL names a Chroma",
            ),
            408 | 429 | 500..600 => network(
                format!("{} failed with status {status}: {message}", self.shown),
                "try again in a moment; the server's own log says more",
            ),
            _ => Error::failure(format!("{} refused with status {status}: {message}", self.shown)),
        }
    }
}

fn agent(patience: Duration) -> Agent {
    let connecting = Some(CONNECT_TIMEOUT.min(patience));
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("journaling-ai/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(connecting)
        .timeout_connect(connecting)
        .timeout_recv_response(Some(patience))
        .timeout_recv_body(Some(patience))
        .build();
    Agent::new_with_config(config)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_who() {
        let parse = |url: &str| Address::parse(url).unwrap();
        let address = parse("http://localhost:8000");
        assert_eq!(address.base, "http://localhost:8000/api/v2");
        assert_eq!(address.home(), "/tenants/default_tenant/databases/default_database");
        assert!(address.login.is_empty());
        let address = parse("https://me:p%40ss@h/chroma/?tenant=journaling&database=journaling_ai");
        assert_eq!(address.base, "https://h/chroma/api/v2");
        assert_eq!(address.home(), "/tenants/journaling/databases/journaling_ai");
        assert_eq!(address.login, [("authorization", "Basic bWU6cEBzcw==".to_string())]);
        assert_eq!(address.name(), "chroma:https://me:***@h/chroma/?tenant=journaling&database=journaling_ai");
        let patient = parse("http://h:8000/?timeout=300&tenant=journaling");
        assert_eq!((patient.patience, patient.tenant.as_str()), (Duration::from_secs(300), "journaling"));
        assert_eq!(patient.name(), "chroma:http://h:8000/?tenant=journaling", "how long to wait is no part of it");
        assert_eq!(parse("http://:secret@h").login[1], ("x-chroma-token", "secret".to_string()));
        for url in [
            "http://:secret@",
            "redis://:secret@h",
            "http://:secret@h:x",
            "http://:secret@h?a=b",
            "http://:secret@h?tenant=a/b",
            "http://:secret@h?timeout=0",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{url}");
            assert!(!format!("{error} {:?}", error.hint_text()).contains("secret"), "{error}");
        }
    }
}
