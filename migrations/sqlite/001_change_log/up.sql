-- Every change leaves a row here in the same transaction, written by triggers so that no client can
-- forget: history, undo, projections and replication all follow this log.
--
-- The nonce tells a row from another with the same number in a database that was put back from an
-- older copy.
CREATE TABLE change_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce INTEGER NOT NULL DEFAULT (random()),
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    op TEXT NOT NULL CHECK (op IN ('insert', 'update', 'delete', 'rebuild')),
    before TEXT CHECK (before IS NULL OR json_valid(before))
) STRICT;
CREATE INDEX idx_change_log_row ON change_log(table_name, row_id, seq);

-- One row for each command that wrote: the unit of undo. Writers are serial, so the changes of one
-- transaction are the unbroken range first_seq..last_seq.
CREATE TABLE operations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    user_id TEXT,
    command TEXT NOT NULL,
    summary TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    undoes INTEGER REFERENCES operations(id)
) STRICT;
CREATE INDEX idx_operations_undoes ON operations(undoes);

-- A projection that stands before valid_from holds something else than it should and rebuilds
-- itself. A migration that changes what a projection holds moves this forward.
CREATE TABLE projection_state (
    name TEXT NOT NULL PRIMARY KEY,
    valid_from INTEGER NOT NULL DEFAULT 0,
    reason TEXT
) STRICT;

CREATE TRIGGER users_log_insert AFTER INSERT ON users BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('users', new.id, 'insert');
END;
CREATE TRIGGER users_log_update AFTER UPDATE ON users BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('users', old.id, 'update',
        json_object('id', old.id, 'email', old.email, 'password_hash', old.password_hash, 'created_at', old.created_at, 'updated_at', old.updated_at, 'is_active', old.is_active, 'profile', old.profile));
END;
CREATE TRIGGER users_log_delete AFTER DELETE ON users BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('users', old.id, 'delete',
        json_object('id', old.id, 'email', old.email, 'password_hash', old.password_hash, 'created_at', old.created_at, 'updated_at', old.updated_at, 'is_active', old.is_active, 'profile', old.profile));
END;

CREATE TRIGGER journal_entries_log_insert AFTER INSERT ON journal_entries BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('journal_entries', new.id, 'insert');
END;
CREATE TRIGGER journal_entries_log_update AFTER UPDATE ON journal_entries BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('journal_entries', old.id, 'update',
        json_object('id', old.id, 'user_id', old.user_id, 'title', old.title, 'content', old.content, 'entry_date', old.entry_date, 'created_at', old.created_at, 'updated_at', old.updated_at, 'mood_score', old.mood_score));
END;
CREATE TRIGGER journal_entries_log_delete AFTER DELETE ON journal_entries BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('journal_entries', old.id, 'delete',
        json_object('id', old.id, 'user_id', old.user_id, 'title', old.title, 'content', old.content, 'entry_date', old.entry_date, 'created_at', old.created_at, 'updated_at', old.updated_at, 'mood_score', old.mood_score));
END;

CREATE TRIGGER sentiment_analysis_log_insert AFTER INSERT ON sentiment_analysis BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('sentiment_analysis', new.id, 'insert');
END;
CREATE TRIGGER sentiment_analysis_log_update AFTER UPDATE ON sentiment_analysis BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('sentiment_analysis', old.id, 'update',
        json_object('id', old.id, 'entry_id', old.entry_id, 'model_name', old.model_name, 'sentiment_label', old.sentiment_label, 'confidence_score', old.confidence_score, 'emotions', old.emotions, 'analyzed_at', old.analyzed_at));
END;
CREATE TRIGGER sentiment_analysis_log_delete AFTER DELETE ON sentiment_analysis BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('sentiment_analysis', old.id, 'delete',
        json_object('id', old.id, 'entry_id', old.entry_id, 'model_name', old.model_name, 'sentiment_label', old.sentiment_label, 'confidence_score', old.confidence_score, 'emotions', old.emotions, 'analyzed_at', old.analyzed_at));
END;

CREATE TRIGGER topics_log_insert AFTER INSERT ON topics BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('topics', new.id, 'insert');
END;
CREATE TRIGGER topics_log_update AFTER UPDATE ON topics BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('topics', old.id, 'update',
        json_object('id', old.id, 'name', old.name, 'description', old.description, 'user_id', old.user_id, 'created_at', old.created_at, 'is_system_topic', old.is_system_topic));
END;
CREATE TRIGGER topics_log_delete AFTER DELETE ON topics BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('topics', old.id, 'delete',
        json_object('id', old.id, 'name', old.name, 'description', old.description, 'user_id', old.user_id, 'created_at', old.created_at, 'is_system_topic', old.is_system_topic));
END;

CREATE TRIGGER entry_topics_log_insert AFTER INSERT ON entry_topics BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('entry_topics', new.entry_id || '/' || new.topic_id, 'insert');
END;
CREATE TRIGGER entry_topics_log_update AFTER UPDATE ON entry_topics BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('entry_topics', old.entry_id || '/' || old.topic_id, 'update',
        json_object('entry_id', old.entry_id, 'topic_id', old.topic_id, 'relevance_score', old.relevance_score, 'added_at', old.added_at));
END;
CREATE TRIGGER entry_topics_log_delete AFTER DELETE ON entry_topics BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('entry_topics', old.entry_id || '/' || old.topic_id, 'delete',
        json_object('entry_id', old.entry_id, 'topic_id', old.topic_id, 'relevance_score', old.relevance_score, 'added_at', old.added_at));
END;

CREATE TRIGGER user_sessions_log_insert AFTER INSERT ON user_sessions BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('user_sessions', new.id, 'insert');
END;
CREATE TRIGGER user_sessions_log_update AFTER UPDATE ON user_sessions BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('user_sessions', old.id, 'update',
        json_object('id', old.id, 'user_id', old.user_id, 'session_start', old.session_start, 'session_end', old.session_end, 'activities', old.activities, 'ip_address', old.ip_address, 'user_agent', old.user_agent));
END;
CREATE TRIGGER user_sessions_log_delete AFTER DELETE ON user_sessions BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('user_sessions', old.id, 'delete',
        json_object('id', old.id, 'user_id', old.user_id, 'session_start', old.session_start, 'session_end', old.session_end, 'activities', old.activities, 'ip_address', old.ip_address, 'user_agent', old.user_agent));
END;

CREATE TRIGGER psychology_insights_log_insert AFTER INSERT ON psychology_insights BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('psychology_insights', new.id, 'insert');
END;
CREATE TRIGGER psychology_insights_log_update AFTER UPDATE ON psychology_insights BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('psychology_insights', old.id, 'update',
        json_object('id', old.id, 'user_id', old.user_id, 'insight_type', old.insight_type, 'insight_data', old.insight_data, 'confidence_level', old.confidence_level, 'generated_at', old.generated_at, 'is_active', old.is_active));
END;
CREATE TRIGGER psychology_insights_log_delete AFTER DELETE ON psychology_insights BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('psychology_insights', old.id, 'delete',
        json_object('id', old.id, 'user_id', old.user_id, 'insight_type', old.insight_type, 'insight_data', old.insight_data, 'confidence_level', old.confidence_level, 'generated_at', old.generated_at, 'is_active', old.is_active));
END;
