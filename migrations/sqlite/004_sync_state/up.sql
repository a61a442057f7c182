-- What replication has to remember: how far each remote has come, what is gone for good, and the
-- version that lost where two sides changed the same row.
CREATE TABLE sync_state (
    remote TEXT NOT NULL PRIMARY KEY,
    pushed_seq INTEGER NOT NULL DEFAULT 0,
    pushed_nonce INTEGER NOT NULL DEFAULT 0,
    pulled_cursor TEXT,
    synced_at TEXT
) STRICT;

CREATE TABLE sync_conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    remote TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    kept TEXT NOT NULL CHECK (kept IN ('local', 'remote')),
    other TEXT NOT NULL CHECK (json_valid(other)),
    found_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    resolved_at TEXT
) STRICT;

CREATE TABLE tombstones (
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    deleted_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    PRIMARY KEY (table_name, row_id)
) STRICT, WITHOUT ROWID;

-- A row that comes back, as undo brings it, is no longer gone.
CREATE TRIGGER users_bury AFTER DELETE ON users BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('users', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER users_unbury AFTER INSERT ON users BEGIN
    DELETE FROM tombstones WHERE table_name = 'users' AND row_id = new.id;
END;
CREATE TRIGGER journal_entries_bury AFTER DELETE ON journal_entries BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('journal_entries', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER journal_entries_unbury AFTER INSERT ON journal_entries BEGIN
    DELETE FROM tombstones WHERE table_name = 'journal_entries' AND row_id = new.id;
END;
CREATE TRIGGER sentiment_analysis_bury AFTER DELETE ON sentiment_analysis BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('sentiment_analysis', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER sentiment_analysis_unbury AFTER INSERT ON sentiment_analysis BEGIN
    DELETE FROM tombstones WHERE table_name = 'sentiment_analysis' AND row_id = new.id;
END;
CREATE TRIGGER topics_bury AFTER DELETE ON topics BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('topics', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER topics_unbury AFTER INSERT ON topics BEGIN
    DELETE FROM tombstones WHERE table_name = 'topics' AND row_id = new.id;
END;
CREATE TRIGGER entry_topics_bury AFTER DELETE ON entry_topics BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('entry_topics', old.entry_id || '/' || old.topic_id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER entry_topics_unbury AFTER INSERT ON entry_topics BEGIN
    DELETE FROM tombstones WHERE table_name = 'entry_topics' AND row_id = new.entry_id || '/' || new.topic_id;
END;
CREATE TRIGGER user_sessions_bury AFTER DELETE ON user_sessions BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('user_sessions', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER user_sessions_unbury AFTER INSERT ON user_sessions BEGIN
    DELETE FROM tombstones WHERE table_name = 'user_sessions' AND row_id = new.id;
END;
CREATE TRIGGER psychology_insights_bury AFTER DELETE ON psychology_insights BEGIN
    INSERT INTO tombstones(table_name, row_id) VALUES ('psychology_insights', old.id)
        ON CONFLICT DO UPDATE SET deleted_at = excluded.deleted_at;
END;
CREATE TRIGGER psychology_insights_unbury AFTER INSERT ON psychology_insights BEGIN
    DELETE FROM tombstones WHERE table_name = 'psychology_insights' AND row_id = new.id;
END;
