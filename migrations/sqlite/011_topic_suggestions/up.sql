-- Which topics a model has attached to which entries, so that they are told from those the writer
-- attached, and do not come back when the writer takes them off.
--
-- A topic is attached as a suggestion while its relevance is the one that was suggested: a writer who
-- gives it another makes it their own. One that is here and not attached was declined.
CREATE TABLE topic_suggestions (
    entry_id TEXT NOT NULL REFERENCES journal_entries(id) ON DELETE CASCADE,
    topic_id TEXT NOT NULL REFERENCES topics(id) ON DELETE CASCADE,
    relevance_score REAL NOT NULL CHECK (relevance_score >= 0 AND relevance_score < 1),
    model_name TEXT NOT NULL,
    PRIMARY KEY (entry_id, topic_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_topic_suggestions_topic ON topic_suggestions(topic_id);

CREATE TRIGGER topic_suggestions_log_insert AFTER INSERT ON topic_suggestions BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('topic_suggestions', new.entry_id || '/' || new.topic_id, 'insert');
END;
CREATE TRIGGER topic_suggestions_log_update AFTER UPDATE ON topic_suggestions BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('topic_suggestions', old.entry_id || '/' || old.topic_id, 'update',
        json_object('entry_id', old.entry_id, 'topic_id', old.topic_id, 'relevance_score', old.relevance_score, 'model_name', old.model_name));
END;
CREATE TRIGGER topic_suggestions_log_delete AFTER DELETE ON topic_suggestions BEGIN
    INSERT INTO change_log(table_name, row_id, op, before) VALUES ('topic_suggestions', old.entry_id || '/' || old.topic_id, 'delete',
        json_object('entry_id', old.entry_id, 'topic_id', old.topic_id, 'relevance_score', old.relevance_score, 'model_name', old.model_name));
END;
