-- What an entry needs and the architecture has no column for: the instant and zone it was written
-- in, its star, where its mood came from, and where it was imported from.
CREATE TABLE entry_details (
    entry_id TEXT NOT NULL PRIMARY KEY REFERENCES journal_entries(id) ON DELETE CASCADE,
    written_at TEXT NOT NULL
        CONSTRAINT entry_details_written_at_is_timestamp CHECK (written_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(written_at, 1, 10), '+0 days') = substr(written_at, 1, 10) AND substr(written_at, 12, 2) < '24' AND written_at >= '0001'),
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1)),
    mood_source TEXT CHECK (mood_source IN ('user', 'import', 'model')),
    import_source TEXT,
    import_id TEXT,
    metadata TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
    -- SHA-256 of title and content; NULL after a change by another client: computed again when needed.
    content_hash TEXT
) STRICT;
CREATE INDEX idx_entry_details_import ON entry_details(import_source, import_id) WHERE import_id IS NOT NULL;
CREATE INDEX idx_entry_details_content_hash ON entry_details(content_hash);

CREATE TRIGGER entry_details_log_insert AFTER INSERT ON entry_details BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('entry_details', new.entry_id, 'insert');
END;
CREATE TRIGGER entry_details_log_update AFTER UPDATE ON entry_details BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('entry_details', old.entry_id, 'update',
        json_object('entry_id', old.entry_id, 'written_at', old.written_at, 'time_zone', old.time_zone, 'starred', old.starred, 'mood_source', old.mood_source, 'import_source', old.import_source, 'import_id', old.import_id, 'metadata', old.metadata, 'content_hash', old.content_hash));
END;
CREATE TRIGGER entry_details_log_delete AFTER DELETE ON entry_details BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('entry_details', old.entry_id, 'delete',
        json_object('entry_id', old.entry_id, 'written_at', old.written_at, 'time_zone', old.time_zone, 'starred', old.starred, 'mood_source', old.mood_source, 'import_source', old.import_source, 'import_id', old.import_id, 'metadata', old.metadata, 'content_hash', old.content_hash));
END;

CREATE TRIGGER journal_entries_forget_hash AFTER UPDATE OF title, content ON journal_entries
WHEN old.title IS NOT new.title OR old.content IS NOT new.content BEGIN
    UPDATE entry_details SET content_hash = NULL WHERE entry_id = new.id;
END;
