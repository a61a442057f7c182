//! The seven tables of the architecture as data: columns, keys, and the names PostgreSQL gives to the
//! rules. The rules themselves stand in `migrations/`.

use super::columns::ColumnType::{
    self, Boolean, Date, Decimal, IndexedText, Inet, Json, Text, Timestamp, Uuid, Varchar,
};

/// A column that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
}

/// A table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns that are written; generated ones are not among them.
    pub columns: &'static [Column],
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// Unique keys in PostgreSQL's order, the primary key first: its name there, and the columns.
    pub unique: &'static [(&'static str, &'static [&'static str])],
    /// Foreign keys: its name in PostgreSQL, the column, and the table whose `id` it names.
    pub foreign: &'static [(&'static str, &'static str, &'static str)],
}

const fn column(name: &'static str, kind: ColumnType) -> Column {
    Column { name, kind }
}

/// The tables, parents first.
pub const TABLES: [Table; 7] = [
    Table {
        name: "users",
        columns: &[
            column("id", Uuid),
            column("email", Varchar(255)),
            column("password_hash", Varchar(255)),
            column("created_at", Timestamp),
            column("updated_at", Timestamp),
            column("is_active", Boolean),
            column("profile", Json),
        ],
        key: &["id"],
        unique: &[("users_pkey", &["id"]), ("users_email_key", &["email"])],
        foreign: &[],
    },
    Table {
        name: "journal_entries",
        columns: &[
            column("id", Uuid),
            column("user_id", Uuid),
            column("title", Varchar(500)),
            column("content", IndexedText),
            column("entry_date", Date),
            column("created_at", Timestamp),
            column("updated_at", Timestamp),
            column("mood_score", Decimal(3, 2)),
        ],
        key: &["id"],
        unique: &[("journal_entries_pkey", &["id"])],
        foreign: &[("journal_entries_user_id_fkey", "user_id", "users")],
    },
    Table {
        name: "sentiment_analysis",
        columns: &[
            column("id", Uuid),
            column("entry_id", Uuid),
            column("model_name", Varchar(100)),
            column("sentiment_label", Varchar(50)),
            column("confidence_score", Decimal(5, 4)),
            column("emotions", Json),
            column("analyzed_at", Timestamp),
        ],
        key: &["id"],
        unique: &[
            ("sentiment_analysis_pkey", &["id"]),
            ("sentiment_analysis_entry_id_model_name_key", &["entry_id", "model_name"]),
        ],
        foreign: &[("sentiment_analysis_entry_id_fkey", "entry_id", "journal_entries")],
    },
    Table {
        name: "topics",
        columns: &[
            column("id", Uuid),
            column("name", Varchar(200)),
            column("description", Text),
            column("user_id", Uuid),
            column("created_at", Timestamp),
            column("is_system_topic", Boolean),
        ],
        key: &["id"],
        unique: &[
            ("topics_pkey", &["id"]),
            ("topics_user_id_name_key", &["user_id", "name"]),
            // Among the topics without a user.
            ("topics_system_name_key", &["name"]),
        ],
        foreign: &[("topics_user_id_fkey", "user_id", "users")],
    },
    Table {
        name: "entry_topics",
        columns: &[
            column("entry_id", Uuid),
            column("topic_id", Uuid),
            column("relevance_score", Decimal(3, 2)),
            column("added_at", Timestamp),
        ],
        key: &["entry_id", "topic_id"],
        unique: &[("entry_topics_pkey", &["entry_id", "topic_id"])],
        foreign: &[
            ("entry_topics_entry_id_fkey", "entry_id", "journal_entries"),
            ("entry_topics_topic_id_fkey", "topic_id", "topics"),
        ],
    },
    Table {
        name: "user_sessions",
        columns: &[
            column("id", Uuid),
            column("user_id", Uuid),
            column("session_start", Timestamp),
            column("session_end", Timestamp),
            column("activities", Json),
            column("ip_address", Inet),
            column("user_agent", Text),
        ],
        key: &["id"],
        unique: &[("user_sessions_pkey", &["id"])],
        foreign: &[("user_sessions_user_id_fkey", "user_id", "users")],
    },
    Table {
        name: "psychology_insights",
        columns: &[
            column("id", Uuid),
            column("user_id", Uuid),
            column("insight_type", Varchar(100)),
            column("insight_data", Json),
            column("confidence_level", Decimal(3, 2)),
            column("generated_at", Timestamp),
            column("is_active", Boolean),
        ],
        key: &["id"],
        unique: &[("psychology_insights_pkey", &["id"])],
        foreign: &[("psychology_insights_user_id_fkey", "user_id", "users")],
    },
];

/// Details of entries that the architecture has no column for. The hash of the text is not among the columns:
/// it is computed where it is needed.
pub const ENTRY_DETAILS: Table = Table {
    name: "entry_details",
    columns: &[
        column("entry_id", Uuid),
        column("written_at", Timestamp),
        column("time_zone", Text),
        column("starred", Boolean),
        column("mood_source", Text),
        column("import_source", Text),
        column("import_id", Text),
        column("metadata", Json),
    ],
    key: &["entry_id"],
    unique: &[("entry_details_pkey", &["entry_id"])],
    foreign: &[("entry_details_entry_id_fkey", "entry_id", "journal_entries")],
};

/// Topics that a model has attached.
pub(super) const TOPIC_SUGGESTIONS: Table = Table {
    name: "topic_suggestions",
    columns: &[
        column("entry_id", Uuid),
        column("topic_id", Uuid),
        column("relevance_score", Decimal(3, 2)),
        column("model_name", Text),
    ],
    key: &["entry_id", "topic_id"],
    unique: &[("topic_suggestions_pkey", &["entry_id", "topic_id"])],
    foreign: &[
        ("topic_suggestions_entry_id_fkey", "entry_id", "journal_entries"),
        ("topic_suggestions_topic_id_fkey", "topic_id", "topics"),
    ],
};

/// What is replicated, parents first.
pub const REPLICATED: [&Table; 9] = [
    &TABLES[0],
    &TABLES[3],
    &TABLES[1],
    &ENTRY_DETAILS,
    &TABLES[2],
    &TABLES[4],
    &TOPIC_SUGGESTIONS,
    &TABLES[5],
    &TABLES[6],
];

impl Table {
    /// The table of this name.
    pub fn named(name: &str) -> Option<&'static Table> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Its column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    /// The name and columns of each table, as SQLite has them.
    #[test]
    fn the_tables_are_those_of_the_schema() {
        let connection = Connection::open_in_memory().unwrap();
        super::super::migrations::up(&connection).unwrap();
        for table in &TABLES {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
            let columns: Vec<String> =
                statement.query_map([table.name], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            let ours: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns, ours, "{}", table.name);
            let mut statement =
                connection.prepare("SELECT \"from\", \"table\" FROM pragma_foreign_key_list(?1) ORDER BY 1").unwrap();
            let foreign: Vec<(String, String)> = statement
                .query_map([table.name], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let ours: Vec<(String, String)> =
                table.foreign.iter().map(|(_, column, parent)| (column.to_string(), parent.to_string())).collect();
            assert_eq!(foreign, ours, "{}", table.name);
        }
    }
}
