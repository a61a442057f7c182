use super::analytics;
use crate::app::App;
use crate::cache::{Contents, Entry, Health, Key, Namespace};
use crate::error::{Error, Kind, Result};
use crate::output::{Format, json::timestamp, text};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde_json::{Value, json};
use uuid::Uuid;

/// Look into the cache: what was computed or fetched once and need not be again
///
/// Keys and times to live are those of the architecture's Redis: auth (logins), api (statistics,
/// profiles, answers that took long), models (vectors and judgements of texts), tasks (the analysis). The cache may be deleted at any time;
/// only logins are then to be made again. `journal config set cache_megabytes N` bounds its size; what
/// was not used for longest goes first.
#[derive(Debug, clap::Args)]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    verb: CacheVerb,
}

#[derive(Debug, clap::Subcommand)]
enum CacheVerb {
    /// Show what is in the cache: entries, bytes, age, hits and misses of each kind
    ///
    /// Bytes are about the room taken in the file. Hits and misses are counted by commands that also
    /// write to the cache, such as `journal analyze`, so they are at least so many.
    Stats,
    /// List the keys that something is kept under
    ///
    /// A key ends in the id of a user or a task, or in a hash: of a model's name and a text, or of what was asked.
    #[command(after_help = "Examples:
  journal cache keys models
  journal cache keys api --json | jq -r '.[].key'")]
    Keys {
        /// Of these alone
        #[arg(value_enum, value_name = "NAMESPACE")]
        namespaces: Vec<NamespaceArg>,
    },
    /// Print a value as JSON
    ///
    /// A vector is printed as its numbers. Of a login everything is shown but what it is recognised by.
    /// A value that was computed from an older state of the journal is not shown. With --json the value
    /// stands beside its key, size and expiry.
    #[command(after_help = "Examples:
  journal cache get tasks:results:analyze
  journal cache get api:analytics:$(journal user show --json | jq -r .id)
  journal cache get $(journal cache keys models --json | jq -r '.[0].key')
  journal cache get models:embeddings:HASH --raw > vector.f32")]
    Get {
        /// The key, such as tasks:results:analyze
        key: String,
        /// Print the bytes as they are kept; vectors are little-endian f32 numbers
        #[arg(long, conflicts_with_all = ["json", "jsonl"])]
        raw: bool,
    },
    /// Remove what is in the cache
    ///
    /// Without a namespace everything but logins goes. The count of wrong passwords stays in any case
    /// until its hour is over.
    #[command(after_help = "Examples:
  journal cache clear
  journal cache clear models tasks
  journal cache clear auth             everybody logs in again")]
    Clear {
        /// What to remove [default: api, models and tasks]
        #[arg(value_enum, value_name = "NAMESPACE")]
        namespaces: Vec<NamespaceArg>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NamespaceArg {
    /// Logins: sessions and what they are made again from
    Auth,
    /// Statistics, profiles and answers
    Api,
    /// Results of models: vectors and judgements of texts
    Models,
    /// Status and results of the analysis
    Tasks,
}

impl NamespaceArg {
    /// Whether a kind of entries is of this namespace.
    fn has(self, kind: Namespace) -> bool {
        kind.prefix().starts_with(match self {
            NamespaceArg::Auth => "auth:",
            NamespaceArg::Api => "api:",
            NamespaceArg::Models => "models:",
            NamespaceArg::Tasks => "tasks:",
        })
    }

    /// The kinds of entries of a namespace that may be removed.
    fn parts(self) -> Vec<Namespace> {
        // Who has tried too often is not to begin again by this.
        let may_go = |namespace: &Namespace| *namespace != Namespace::AuthRateLimit;
        Namespace::ALL.into_iter().filter(|part| self.has(*part)).filter(may_go).collect()
    }
}

/// What a login is recognised by.
const SECRETS: [&str; 2] = ["token_hash", "password_mark"];

pub(super) fn run(args: CacheArgs, app: &mut App) -> Result<()> {
    match args.verb {
        CacheVerb::Stats => stats(app),
        CacheVerb::Keys { namespaces } => keys(&namespaces, app),
        CacheVerb::Get { key, raw } => get(&key, raw, app),
        CacheVerb::Clear { namespaces } => clear(&namespaces, app),
    }
}

fn stats(app: &mut App) -> Result<()> {
    let cache = app.cache();
    let (contents, usage) = (cache.contents(unix(app)), cache.usage());
    if app.printer.is_json() {
        let items: Vec<Value> = contents.iter().map(item).collect();
        if app.printer.format() == Format::JsonLines {
            return app.printer.json_list(&items);
        }
        return app.printer.json(&json!({
            "namespaces": items,
            "entries": usage.entries,
            "bytes": usage.bytes,
            "limit_bytes": cache.max_bytes(),
            "file": app.paths.cache(),
            "file_bytes": usage.file_bytes,
        }));
    }
    let Some(width) = app.printer.width() else {
        let lines: String = contents.iter().map(|contents| row(contents, false).join("\t") + "\n").collect();
        return app.printer.raw(&lines);
    };
    let header = ["Namespace", "Entries", "Size", "Oldest", "Kept for", "Hits", "Misses"];
    let table = text::table(&header, contents.iter().map(|contents| row(contents, true)).collect(), Some(width));
    app.printer.page(&table)?;
    let sum = format!("{} entries, {} of {}", usage.entries, size(usage.bytes), size(cache.max_bytes()));
    app.printer.note(&format!("{sum}; the file takes {}.", size(usage.file_bytes)));
    Ok(())
}

fn item(contents: &Contents) -> Value {
    json!({
        "namespace": contents.namespace.prefix(),
        "entries": contents.entries,
        "expired": contents.expired,
        "bytes": contents.bytes,
        "ttl_seconds": contents.namespace.ttl(),
        "oldest_at": contents.oldest.and_then(instant).map(timestamp),
        "last_used_at": contents.last_used.and_then(instant).map(timestamp),
        "hits": contents.looks.hits,
        "misses": contents.looks.misses,
    })
}

fn row(contents: &Contents, for_people: bool) -> Vec<String> {
    let oldest = contents.oldest.and_then(instant);
    let (bytes, ttl, oldest) = match for_people {
        true => (
            size(contents.bytes),
            lasting(contents.namespace.ttl()),
            oldest.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()),
        ),
        false => (contents.bytes.to_string(), contents.namespace.ttl().to_string(), oldest.map(timestamp)),
    };
    vec![
        contents.namespace.prefix().into(),
        contents.entries.to_string(),
        bytes,
        oldest.unwrap_or_default(),
        ttl,
        contents.looks.hits.to_string(),
        contents.looks.misses.to_string(),
    ]
}

fn keys(namespaces: &[NamespaceArg], app: &mut App) -> Result<()> {
    let mut keys = app.cache().keys(unix(app));
    keys.retain(|key| namespaces.is_empty() || namespaces.iter().any(|namespace| namespace.has(key.namespace)));
    // What a login is made again by is not shown.
    let shown = |key: &Key| key.namespace.key(if key.namespace == Namespace::AuthRefresh { "…" } else { &key.id });
    if app.printer.is_json() {
        let items: Vec<Value> = keys
            .iter()
            .map(|key| {
                let expires_at = instant(key.expires_at).map(timestamp);
                json!({"key": shown(key), "bytes": key.bytes, "expires_at": expires_at})
            })
            .collect();
        return app.printer.json_list(&items);
    }
    let rows = keys.iter().map(|key| {
        let expires_at = instant(key.expires_at).map(timestamp).unwrap_or_default();
        vec![shown(key), key.bytes.to_string(), expires_at]
    });
    match app.printer.width() {
        None => app.printer.raw(&rows.map(|row| row.join("\t") + "\n").collect::<String>()),
        width => app.printer.page(&text::table(&["Key", "Bytes", "Expires"], rows.collect(), width)),
    }
}

fn get(key: &str, raw: bool, app: &mut App) -> Result<()> {
    let Some((namespace, id)) = Namespace::of_key(key) else {
        let known: Vec<String> = Namespace::ALL.iter().map(|namespace| format!("{}:…", namespace.prefix())).collect();
        return Err(
            Error::usage(format!("'{key}' is no key of the cache")).hint(format!("keys are {}", known.join(", ")))
        );
    };
    let is_login = namespace.prefix().starts_with("auth:");
    if is_login && raw {
        return Err(Error::usage("what is under auth: is not printed as it is").hint("leave --raw out"));
    }
    let Some(entry) = app.cache().entry(namespace, id, unix(app)) else {
        return Err(Error::not_found(format!("there is nothing under '{key}', or it has expired"))
            .hint("`journal cache keys` lists what there is"));
    };
    let mut value = if namespace == Namespace::ModelsEmbeddings { numbers(&entry.value) } else { document(&entry) };
    let owner = [Some(id), value.as_ref().and_then(|value| value["user_id"].as_str())];
    owner.into_iter().flatten().filter_map(|id| Uuid::try_parse(id).ok()).try_for_each(|user| admit(user, app))?;
    let today = app.today();
    let stands = analytics::stamp(app.store()?, today)?.unwrap_or_default();
    // What is behind it says which models were asked.
    let is_now = |made: &str| made.strip_prefix(&stands).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if entry.stamp.as_deref().is_some_and(|made| !is_now(made)) {
        let again = match namespace {
            Namespace::ApiResponse => "the command that it answers makes it anew",
            Namespace::ModelsTopics => "`journal topics suggest` makes it anew",
            _ => "`journal analyze` makes it anew",
        };
        return Err(Error::not_found(format!("what is under '{key}' was made before the last change of the journal"))
            .hint(again));
    }
    if raw {
        return app.printer.bytes(&entry.value);
    }
    if is_login && let Some(Value::Object(members)) = &mut value {
        SECRETS
            .iter()
            .filter(|secret| members.contains_key(**secret))
            .copied()
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|secret| {
                members.insert(secret.into(), json!("not shown"));
            });
    }
    let value = value.ok_or_else(|| {
        Error::new(Kind::Failure, format!("what is under '{key}' is not JSON")).hint("--raw prints it as it is")
    })?;
    if !app.printer.is_json() {
        return app.printer.line(&format!("{value:#}"));
    }
    app.printer.json(&json!({
        "key": key,
        "bytes": entry.value.len(),
        "expires_at": instant(entry.expires_at).map(timestamp),
        "value": value,
    }))
}

/// What is about a user is for those who are let in.
fn admit(user: Uuid, app: &mut App) -> Result<()> {
    match app.store()?.credentials(user) {
        Ok(credentials) => app.admit_whoever(&credentials),
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn document(entry: &Entry) -> Option<Value> {
    serde_json::from_slice(&entry.value).ok()
}

fn numbers(bytes: &[u8]) -> Option<Value> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|number| json!(f32::from_le_bytes(*number))).collect())
}

fn clear(namespaces: &[NamespaceArg], app: &mut App) -> Result<()> {
    let all = [NamespaceArg::Api, NamespaceArg::Models, NamespaceArg::Tasks];
    let chosen = if namespaces.is_empty() { &all[..] } else { namespaces };
    let mut parts: Vec<Namespace> = chosen.iter().flat_map(|namespace| namespace.parts()).collect();
    parts.sort_unstable();
    parts.dedup();
    let (health, cleared) = app.cache().clear_namespaces(&parts);
    if let Health::Skipped(why) = health {
        return Err(Error::new(Kind::Busy, format!("the cache was not cleared: {why}")).hint("try again"));
    }
    let entries: u64 = cleared.iter().map(|(_, count)| count).sum();
    if app.printer.is_json() {
        let items: Vec<Value> = cleared
            .iter()
            .map(|(namespace, count)| json!({"namespace": namespace.prefix(), "entries": count}))
            .collect();
        return app.printer.json(&json!({"cleared": items, "entries": entries}));
    }
    let what = if entries == 1 { "1 entry".into() } else { format!("{entries} entries") };
    app.printer.note(&format!("Removed {what} from the cache."));
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn lasting(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn instant(seconds: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}

fn unix(app: &App) -> u64 {
    app.now().timestamp().max(0).unsigned_abs()
}
