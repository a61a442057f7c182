//! Settings: built-in values, then the file, resolved once into plain values.

use crate::error::{Error, Result};
use crate::model::registry::{self, ModelKind};
use chrono::NaiveTime;
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Value};

/// A setting: its name, its built-in value as TOML, and what it is for.
pub struct Key {
    /// The name in the file and on the command line.
    pub name: &'static str,
    /// The built-in value; an empty text means "not set".
    pub default: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// Every setting there is.
pub const KEYS: [Key; 26] = [
    Key { name: "user", default: "", about: "E-mail address of the user whose journal this is; empty: the first user" },
    Key { name: "time_zone", default: "", about: "IANA name, such as Europe/Berlin; empty: the system's" },
    Key { name: "day_start", default: "00:00", about: "When a new day begins for new entries, such as 04:00" },
    Key { name: "editor", default: "", about: "Command that edits a draft; empty: $VISUAL, $EDITOR, then vi" },
    Key {
        name: "pager",
        default: "",
        about: "Command for long output on a terminal; empty: $PAGER, then less; cat for none",
    },
    Key { name: "list_limit", default: "20", about: "How many entries a list shows unless --limit says otherwise" },
    Key { name: "search_mode", default: "auto", about: "auto, text, semantic or hybrid" },
    Key {
        name: "analyze",
        default: "auto",
        about: "auto: analyse in the background after a change; manual: only on `journal analyze`",
    },
    Key {
        name: "model",
        default: "",
        about: "One model for the meaning of entries and topics alike, unless entry_model or topic_model names another",
    },
    Key {
        name: "entry_model",
        default: "",
        about: "The model that reads entries; empty: all-mpnet-base-v2 where it is installed, else all-MiniLM-L6-v2",
    },
    Key {
        name: "topic_model",
        default: "",
        about: "The model that reads topics; empty: all-MiniLM-L6-v2 where it is installed, else all-mpnet-base-v2",
    },
    Key {
        name: "classifiers",
        default: "",
        about: "Classifiers that judge every entry by themselves, such as distilbert-sst2; separated by commas",
    },
    Key {
        name: "model_idle_seconds",
        default: "300",
        about: "How long the model server stays loaded with nothing to do",
    },
    Key { name: "model_threads", default: "0", about: "Threads the model server computes with; 0: all cores but one" },
    Key {
        name: "model_precision",
        default: "auto",
        about: "Numbers of the model server: auto for bfloat16 where the processor multiplies it, or f32",
    },
    Key { name: "cache_megabytes", default: "256", about: "Size bound of the cache" },
    Key {
        name: "cache_answers_ms",
        default: "100",
        about: "Answers that take this long, in milliseconds, are kept until the journal changes, for five minutes at most; 0: all",
    },
    Key {
        name: "slow_statement_ms",
        default: "1000",
        about: "Statements that take this long, in milliseconds, go to slow.log with their plan; 0: all",
    },
    Key { name: "postgres_url", default: "", about: "The deployment's PostgreSQL, as postgresql://user@host/database" },
    Key {
        name: "postgres_url_file",
        default: "",
        about: "File that holds this URL, when it has a password in it; readable by you alone",
    },
    Key { name: "redis_url", default: "", about: "The deployment's Redis, as redis://host:6379/0; empty: none" },
    Key { name: "redis_url_file", default: "", about: "File that holds this URL, likewise" },
    Key {
        name: "redis_tasks_url",
        default: "",
        about: "Another Redis for the queue of tasks, where nothing is evicted; empty: redis_url has it",
    },
    Key { name: "redis_tasks_url_file", default: "", about: "File that holds this URL, likewise" },
    Key { name: "chroma_url", default: "", about: "The deployment's Chroma, as http://host:8000; empty: none" },
    Key { name: "chroma_url_file", default: "", about: "File that holds this URL, likewise" },
];

/// How a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMode {
    /// By words and by meaning where there are vectors and a model, else by words.
    Auto,
    /// By words and by meaning, in one list.
    Hybrid,
    /// By words only.
    Text,
    /// By meaning only.
    Semantic,
    /// By filters alone, newest first. Nobody asks for it: a query without words is answered so.
    Filter,
}

impl SearchMode {
    /// The word on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            SearchMode::Auto => "auto",
            SearchMode::Hybrid => "hybrid",
            SearchMode::Text => "text",
            SearchMode::Semantic => "semantic",
            SearchMode::Filter => "filter",
        }
    }

    /// The mode with this name, or with the one it had in earlier programs.
    pub fn from_name(name: &str) -> Option<SearchMode> {
        match name {
            "auto" => Some(SearchMode::Auto),
            "hybrid" => Some(SearchMode::Hybrid),
            "text" | "words" => Some(SearchMode::Text),
            "semantic" | "meaning" => Some(SearchMode::Semantic),
            _ => None,
        }
    }
}

/// The settings of this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// E-mail address of the user.
    pub user: Option<String>,
    /// The zone, when it is not the system's.
    pub time_zone: Option<chrono_tz::Tz>,
    /// When a new day begins.
    pub day_start: NaiveTime,
    /// The editor command.
    pub editor: Option<String>,
    /// The pager command.
    pub pager: Option<String>,
    /// Entries in a list.
    pub list_limit: usize,
    /// How `search` looks.
    pub search_mode: SearchMode,
    /// Whether a change starts an analysis in the background.
    pub analyze_in_background: bool,
    /// The id of the model that reads entries; the best that is installed when none is named.
    pub entry_model: Option<String>,
    /// The id of the model that reads topics, likewise.
    pub topic_model: Option<String>,
    /// The classifiers that judge entries by themselves, by id or name.
    pub classifiers: Vec<String>,
    /// Idle time of the model server, in seconds.
    pub model_idle_seconds: u64,
    /// Threads of the model server.
    pub model_threads: Option<usize>,
    /// Whether the model server computes in 32-bit floats even where the processor multiplies bfloat16.
    pub model_exact: bool,
    /// Size bound of the cache, in bytes.
    pub cache_bytes: u64,
    /// How long an answer may take to compute until it is kept in the cache, in milliseconds.
    pub cache_answers_ms: u64,
    /// How long a statement may take until it is written down as slow, in milliseconds.
    pub slow_statement_ms: u64,
    /// The deployment's PostgreSQL.
    pub postgres_url: Option<String>,
    /// The file that holds its URL.
    pub postgres_url_file: Option<PathBuf>,
    /// The deployment's Redis.
    pub redis_url: Option<String>,
    /// The file that holds its URL.
    pub redis_url_file: Option<PathBuf>,
    /// The Redis that has the queue of tasks, when it is another one.
    pub redis_tasks_url: Option<String>,
    /// The file that holds its URL.
    pub redis_tasks_url_file: Option<PathBuf>,
    /// The deployment's Chroma.
    pub chroma_url: Option<String>,
    /// The file that holds its URL.
    pub chroma_url_file: Option<PathBuf>,
}

/// The settings file: kept as it was written, comments and all.
pub struct ConfigFile {
    document: DocumentMut,
    origin: String,
}

impl ConfigFile {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    /// Usage when it is no TOML or names a setting that does not exist.
    pub fn read(path: &Path) -> Result<ConfigFile> {
        let origin = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("cannot read the configuration", path, error)),
        };
        let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            Error::usage(format!("the configuration {origin} cannot be read: {}", error.to_string().trim()))
                .hint("correct the line, or delete the file to start from the built-in values")
        })?;
        for (name, _) in document.iter() {
            key(name).map_err(|error| error.context(&origin))?;
        }
        Ok(ConfigFile { document, origin })
    }

    /// The text of a setting as it may be shown, without a password in it, and whether the file says it.
    pub fn shown(&self, name: &str) -> Result<(String, bool)> {
        self.get(name).map(|(value, set)| (without_password(&value), set))
    }

    /// The text of a setting, and whether the file says it.
    pub fn get(&self, name: &str) -> Result<(String, bool)> {
        let key = key(name)?;
        Ok(match self.document.get(name).and_then(Item::as_value) {
            Some(Value::String(text)) => (text.value().clone(), true),
            Some(Value::Array(items)) => {
                let item = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_string);
                (items.iter().map(item).collect::<Vec<_>>().join(","), true)
            }
            Some(other) => (other.clone().decorated("", "").to_string(), true),
            None => (key.default.to_string(), false),
        })
    }

    /// Changes a setting; `None` goes back to the built-in value.
    ///
    /// # Errors
    /// Usage when the name or the value is not one.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let key = key(name)?;
        if let Some(text) = value
            && without_password(text) != text
        {
            return Err(Error::usage(format!("{name}: a password does not belong on a command line")).hint(format!(
                "put the URL into a file that only you can read, and name it: `journal config set {name}_file FILE`"
            )));
        }
        match value {
            None => {
                self.document.remove(name);
            }
            Some(text) if key.default.parse::<i64>().is_ok() => {
                let number: i64 = text.parse().map_err(|_| wrong(name, text, "a whole number"))?;
                self.document[name] = toml_edit::value(number);
            }
            Some(text) if name == "classifiers" => {
                self.document[name] = toml_edit::value(parts(text).collect::<toml_edit::Array>());
            }
            Some(text) => self.document[name] = toml_edit::value(text),
        }
        self.resolve().map(|_| ())
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        crate::publish::publish(path, self.document.to_string().as_bytes())
    }

    /// The settings as plain values.
    ///
    /// # Errors
    /// Usage naming the setting, its value and what would do.
    pub fn resolve(&self) -> Result<Config> {
        let text = |name: &str| self.get(name).map(|(text, _)| text);
        let set = |name: &str| text(name).map(|text| Some(text).filter(|text| !text.is_empty()));
        let number = |name: &str, most: u64| -> Result<u64> {
            let text = text(name)?;
            text.parse()
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| wrong(name, &text, &format!("a whole number up to {most}")))
        };
        let from = |error: Error| error.context(&self.origin);
        let build = || -> Result<Config> {
            let zone = set("time_zone")?;
            let day_start = text("day_start")?;
            let mode = text("search_mode")?;
            let analyze = text("analyze")?;
            let precision = text("model_precision")?;
            let model = |name: &str| -> Result<Option<String>> {
                let Some(id) = set(name)? else { return Ok(None) };
                let spec = registry::find_embedding(&id).map_err(|error| error.context(name))?;
                Ok(Some(spec.id.to_string()))
            };
            let both = model("model")?;
            Ok(Config {
                user: set("user")?,
                time_zone: zone
                    .map(|zone| {
                        zone.parse().map_err(|_| wrong("time_zone", &zone, "an IANA name such as Europe/Berlin"))
                    })
                    .transpose()?,
                day_start: NaiveTime::parse_from_str(&day_start, "%H:%M")
                    .ok()
                    .filter(|time| *time < NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default())
                    .ok_or_else(|| wrong("day_start", &day_start, "a time from 00:00 to 11:59"))?,
                editor: set("editor")?,
                pager: set("pager")?,
                list_limit: number("list_limit", 1_000_000)?.max(1) as usize,
                search_mode: SearchMode::from_name(&mode)
                    .ok_or_else(|| wrong("search_mode", &mode, "auto, text, semantic or hybrid"))?,
                analyze_in_background: match analyze.as_str() {
                    "auto" => true,
                    "manual" => false,
                    _ => return Err(wrong("analyze", &analyze, "auto or manual")),
                },
                entry_model: model("entry_model")?.or(both.clone()),
                topic_model: model("topic_model")?.or(both),
                classifiers: classifiers(&text("classifiers")?)?,
                model_idle_seconds: number("model_idle_seconds", 7 * 86_400)?,
                model_exact: match precision.as_str() {
                    "auto" => false,
                    "f32" => true,
                    _ => return Err(wrong("model_precision", &precision, "auto or f32")),
                },
                model_threads: Some(number("model_threads", 1024)? as usize).filter(|threads| *threads > 0),
                cache_bytes: number("cache_megabytes", 1 << 20)?.max(1) << 20,
                cache_answers_ms: number("cache_answers_ms", 86_400_000)?,
                slow_statement_ms: number("slow_statement_ms", 86_400_000)?,
                postgres_url: set("postgres_url")?,
                postgres_url_file: set("postgres_url_file")?.map(PathBuf::from),
                redis_url: set("redis_url")?,
                redis_url_file: set("redis_url_file")?.map(PathBuf::from),
                redis_tasks_url: set("redis_tasks_url")?,
                redis_tasks_url_file: set("redis_tasks_url_file")?.map(PathBuf::from),
                chroma_url: set("chroma_url")?,
                chroma_url_file: set("chroma_url_file")?.map(PathBuf::from),
            })
        };
        build().map_err(from)
    }
}

/// The items of a list that is written in one line.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The classifiers in a list; whether they are installed is another question.
fn classifiers(text: &str) -> Result<Vec<String>> {
    let name = |name: &str| match registry::find(name) {
        Ok(spec) if spec.kind == ModelKind::Classifier => Ok(spec.id.to_string()),
        Err(_) if registry::check_name(name).is_ok() => Ok(name.to_string()),
        _ => Err(wrong("classifiers", name, "the name of a classifier")),
    };
    let mut names: Vec<String> = parts(text).map(name).collect::<Result<_>>()?;
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// A URL, or `key=value` settings of PostgreSQL, with asterisks for the password; any other text as it is.
pub fn without_password(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let shown = match authority.rsplit_once('@') {
            Some((login, host)) => match login.split_once(':') {
                Some((user, _)) => format!("{user}:***@{host}"),
                None => authority.to_string(),
            },
            None => authority.to_string(),
        };
        let Some((path, query)) = tail.split_once('?') else { return format!("{scheme}://{shown}{tail}") };
        let hide = |pair: &str| match pair.split_once('=') {
            // PostgreSQL's word, and that of a Redis on a socket.
            Some((name @ ("password" | "pass"), _)) => format!("{name}=***"),
            _ => pair.to_string(),
        };
        let query: Vec<String> = query.split('&').map(hide).collect();
        return format!("{scheme}://{shown}{path}?{}", query.join("&"));
    }
    match text.find("password") {
        Some(at) if text[at + 8..].trim_start().starts_with('=') => {
            let value = text[at + 8..].trim_start()[1..].trim_start();
            let end = match value.strip_prefix('\'') {
                Some(quoted) => quoted.find('\'').map_or(value.len(), |end| end + 2),
                None => value.find(char::is_whitespace).unwrap_or(value.len()),
            };
            format!("{}password=***{}", &text[..at], &value[end..])
        }
        _ => text.to_string(),
    }
}

fn key(name: &str) -> Result<&'static Key> {
    KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        Error::usage(format!("there is no setting '{name}'")).hint(format!("the settings are {}", known.join(", ")))
    })
}

fn wrong(name: &str, value: &str, wanted: &str) -> Error {
    Error::usage(format!("{name} = '{value}' is not {wanted}"))
        .hint(format!("`journal config set {name} …` corrects it"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (text, shown) in [
            ("postgresql://me:secret@host:5432/db?sslmode=require", "postgresql://me:***@host:5432/db?sslmode=require"),
            ("postgresql://me:se:c@ret@host/db", "postgresql://me:***@host/db"),
            (
                "postgresql://me@host/db?password=secret&sslmode=require",
                "postgresql://me@host/db?password=***&sslmode=require",
            ),
            ("postgresql://me@host/db", "postgresql://me@host/db"),
            ("redis://:secret@host:6379/0", "redis://:***@host:6379/0"),
            ("unix:///run/redis.sock?db=1&pass=secret", "unix:///run/redis.sock?db=1&pass=***"),
            ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
            ("host=h password = 'my secret' dbname=d", "host=h password=*** dbname=d"),
            ("Europe/Berlin", "Europe/Berlin"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }

    #[test]
    fn one_model_for_all_gives_way_to_one_for_a_kind() {
        let chosen = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config.toml");
            std::fs::write(&path, text).unwrap();
            let config = ConfigFile::read(&path).unwrap().resolve().unwrap();
            (config.entry_model, config.topic_model)
        };
        let (minilm, mpnet) = (Some("all-MiniLM-L6-v2".to_string()), Some("all-mpnet-base-v2".to_string()));
        assert_eq!(chosen(""), (None, None));
        assert_eq!(chosen("model = 'all-minilm-l6-v2'"), (minilm.clone(), minilm.clone()));
        assert_eq!(chosen("topic_model = 'all-mpnet-base-v2'"), (None, mpnet.clone()));
        assert_eq!(chosen("model = 'all-mpnet-base-v2'\ntopic_model = 'all-MiniLM-L6-v2'"), (mpnet, minilm));
    }

    #[test]
    fn the_built_in_values_are_valid_and_comments_survive() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c/config.toml");
        let mut file = ConfigFile::read(&path).unwrap();
        assert_eq!(file.resolve().unwrap().list_limit, 20);
        file.set("list_limit", Some("7")).unwrap();
        file.write(&path).unwrap();
        std::fs::write(&path, format!("# mine\n{}", std::fs::read_to_string(&path).unwrap())).unwrap();
        let mut file = ConfigFile::read(&path).unwrap();
        assert_eq!(file.resolve().unwrap().list_limit, 7);
        file.set("day_start", Some("04:00")).unwrap();
        file.write(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("# mine"));
        file.set("classifiers", Some("mine, distilbert-sst2,mine")).unwrap();
        file.write(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("[\"mine\", \"distilbert-sst2\", \"mine\"]"));
        assert_eq!(ConfigFile::read(&path).unwrap().resolve().unwrap().classifiers, ["mine", "distilbert-sst2"]);
        for (name, value) in [
            ("day_start", "25:00"),
            ("model", "distilbert-sst2"),
            ("classifiers", "all-mpnet-base-v2"),
            ("classifiers", "../x"),
            ("list_limit", "many"),
            ("analyze", "x"),
            ("nope", "1"),
            ("time_zone", "Mars/Base"),
        ] {
            assert!(ConfigFile::read(&path).unwrap().set(name, Some(value)).is_err(), "{name}");
        }
        std::fs::write(&path, "lisst_limit = 3").unwrap();
        assert!(ConfigFile::read(&path).is_err());
    }
}
