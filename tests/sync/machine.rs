//! A machine with a journal, a deployment, and whether both hold the same.

use crate::server::{Database, server};
use crate::support::{Outcome, Sandbox};
use postgres::Client;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What both sides hold: table, columns of its key, columns.
const TABLES: [(&str, &str, &str); 9] = [
    ("users", "id", "id email password_hash created_at updated_at is_active profile"),
    ("journal_entries", "id", "id user_id title content entry_date created_at updated_at mood_score word_count"),
    ("sentiment_analysis", "id", "id entry_id model_name sentiment_label confidence_score emotions analyzed_at"),
    ("topics", "id", "id name description user_id created_at is_system_topic"),
    ("entry_topics", "entry_id, topic_id", "entry_id topic_id relevance_score added_at"),
    ("user_sessions", "id", "id user_id session_start session_end activities ip_address user_agent"),
    ("psychology_insights", "id", "id user_id insight_type insight_data confidence_level generated_at is_active"),
    ("entry_details", "entry_id", "entry_id written_at time_zone starred mood_source import_source import_id metadata"),
    ("topic_suggestions", "entry_id, topic_id", "entry_id topic_id relevance_score model_name"),
];

const TIMES: [&str; 8] = [
    "created_at",
    "updated_at",
    "analyzed_at",
    "added_at",
    "session_start",
    "session_end",
    "generated_at",
    "written_at",
];
const DOCUMENTS: [&str; 5] = ["profile", "emotions", "activities", "insight_data", "metadata"];
const NUMBERS: [&str; 4] = ["mood_score", "confidence_score", "relevance_score", "confidence_level"];
const TRUTHS: [&str; 3] = ["is_active", "is_system_topic", "starred"];

/// A deployment of a test's own, with the schema.
pub(crate) struct Deployment {
    pub(crate) database: Database,
    url: String,
}

impl Deployment {
    /// Without a schema.
    pub(crate) fn bare() -> Deployment {
        Deployment::at(server().empty_database())
    }

    pub(crate) fn at(database: Database) -> Deployment {
        let url = database.url();
        Deployment { database, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> Client {
        self.database.client()
    }

    /// A number that a query gives.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).unwrap().get(0)
    }

    /// Every row of everything that is replicated.
    pub(crate) fn rows(&self) -> Vec<String> {
        let mut client = self.client();
        let mut found = Vec::new();
        for (table, key, columns) in TABLES {
            let list: Vec<String> = columns
                .split(' ')
                .map(|name| {
                    if TIMES.contains(&name) {
                        format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
                    } else {
                        format!("{name}::text")
                    }
                })
                .collect();
            let place = if ["entry_details", "topic_suggestions"].contains(&table) { "journal_cli." } else { "" };
            let sql = format!("SELECT {} FROM {place}{table} ORDER BY {key}", list.join(", "));
            for row in client.query(&sql, &[]).unwrap() {
                let fields = columns.split(' ').enumerate();
                let fields = fields.map(|(at, name)| shown(name, row.get::<_, Option<String>>(at)));
                found.push(format!("{table}: {}", fields.collect::<Vec<_>>().join(" | ")));
            }
        }
        found
    }
}

/// Values that are equal look the same.
fn shown(name: &str, value: Option<String>) -> String {
    let Some(value) = value else { return "NULL".into() };
    if NUMBERS.contains(&name) {
        return format!("{:.4}", value.parse::<f64>().unwrap());
    }
    if DOCUMENTS.contains(&name) {
        return serde_json::from_str::<Value>(&value).unwrap().to_string();
    }
    if TRUTHS.contains(&name) {
        return ["1", "true", "t"].contains(&value.as_str()).to_string();
    }
    value
}

/// Every row of a journal.
pub(crate) fn rows_of(data: &Path) -> Vec<String> {
    let connection = Connection::open(data.join("journal.db")).unwrap();
    let mut found = Vec::new();
    for (table, key, columns) in TABLES {
        let sql = format!("SELECT {} FROM {table} ORDER BY {key}", columns.replace(' ', ", "));
        let mut statement = connection.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let fields = columns.split(' ').enumerate().map(|(at, name)| {
                let value = match row.get_ref(at).unwrap() {
                    ValueRef::Null => None,
                    ValueRef::Integer(number) => Some(number.to_string()),
                    ValueRef::Real(number) => Some(number.to_string()),
                    ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
                    ValueRef::Blob(_) => panic!("a blob in {table}.{name}"),
                };
                shown(name, value)
            });
            found.push(format!("{table}: {}", fields.collect::<Vec<_>>().join(" | ")));
        }
    }
    found
}

/// A machine with a journal.
pub(crate) struct Machine {
    pub(crate) sandbox: Sandbox,
    url: String,
    now: Option<String>,
}

impl Machine {
    /// A new journal at a machine that knows this deployment; the system's user is called `name`.
    pub(crate) fn new(deployment: &Deployment) -> Machine {
        Machine { sandbox: Sandbox::without_model(), url: deployment.url().to_string(), now: None }
    }

    /// One that is linked, as the same account as every other.
    pub(crate) fn linked(deployment: &Deployment) -> Machine {
        let machine = Machine::new(deployment);
        machine.ok(&["sync", "init", "--link", "--no-backup"]);
        machine
    }

    /// From now on the deployment is elsewhere.
    pub(crate) fn move_to(&mut self, url: &str) {
        self.url = url.to_string();
    }

    /// From now on its clock stands still at this time.
    pub(crate) fn set_clock(&mut self, now: &str) {
        self.now = Some(now.to_string());
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command();
        command.args(args).env("JOURNAL_POSTGRES_URL", &self.url);
        if let Some(now) = &self.now {
            command.env("JOURNAL_NOW", now);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.command(args))
    }

    pub(crate) fn ok(&self, args: &[&str]) -> Outcome {
        self.run(args).expect(0)
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut command = self.command(args);
        command.arg("--json");
        Outcome::of(command).expect(0).json()
    }

    /// Adds an entry and gives its id.
    pub(crate) fn add(&self, args: &[&str]) -> String {
        self.json(&[&["add"], args].concat())["id"].as_str().unwrap().to_owned()
    }

    /// Syncs, and gives what was done.
    pub(crate) fn sync(&self) -> Value {
        self.json(&["sync"])
    }

    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.sandbox.data().join("journal.db")).unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<String> {
        rows_of(self.sandbox.data())
    }

    /// The texts of its entries, sorted.
    pub(crate) fn texts(&self) -> Vec<String> {
        let connection = self.database();
        let mut statement = connection.prepare("SELECT content FROM journal_entries ORDER BY content").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The conflicts nobody has looked at.
    pub(crate) fn conflicts(&self) -> Vec<Value> {
        self.json(&["sync", "conflicts"]).as_array().unwrap().clone()
    }
}

/// Expects that two sides hold the same, and names what they do not.
pub(crate) fn expect_same(one: &[String], other: &[String]) {
    if one == other {
        return;
    }
    let only: Vec<_> = one.iter().filter(|row| !other.contains(row)).take(10).collect();
    let missing: Vec<_> = other.iter().filter(|row| !one.contains(row)).take(10).collect();
    panic!("only on the first side: {only:#?}\nonly on the other: {missing:#?}");
}

/// `[inserted, updated, deleted]` of one way.
pub(crate) fn counts(way: &Value) -> [u64; 3] {
    ["inserted", "updated", "deleted"].map(|name| way[name].as_u64().unwrap())
}
