-- Vectors are expensive, so they are kept in the database: one row for each distinct text and model.
-- An id is never used twice, so that the key of a vector in an index can never mean another text.
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (model, text_hash)
) STRICT;

-- Which part of which entry, topic or insight a vector stands for; byte_start and byte_end are
-- offsets in the text that was analysed.
CREATE TABLE passages (
    collection TEXT NOT NULL
        CHECK (collection IN ('user_embeddings', 'topic_embeddings', 'insight_embeddings', 'global_embeddings')),
    subject_id TEXT NOT NULL,
    model TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    byte_start INTEGER NOT NULL,
    byte_end INTEGER NOT NULL CHECK (byte_end >= byte_start),
    embedding_id INTEGER NOT NULL REFERENCES embeddings(id),
    PRIMARY KEY (collection, subject_id, model, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_passages_embedding ON passages(embedding_id);
CREATE INDEX idx_passages_collection ON passages(collection, model, embedding_id);

CREATE TRIGGER passages_log_insert AFTER INSERT ON passages BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('passages', new.subject_id, 'insert');
END;
CREATE TRIGGER passages_log_delete AFTER DELETE ON passages BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('passages', old.subject_id, 'delete');
END;

-- A changed text has no analysis: what is pending follows from what is missing, whoever wrote.
CREATE TRIGGER journal_entries_forget_analysis AFTER UPDATE OF title, content ON journal_entries
WHEN old.title IS NOT new.title OR old.content IS NOT new.content BEGIN
    DELETE FROM passages WHERE collection IN ('user_embeddings', 'global_embeddings') AND subject_id = new.id;
    DELETE FROM sentiment_analysis WHERE entry_id = new.id;
END;
CREATE TRIGGER journal_entries_delete_analysis AFTER DELETE ON journal_entries BEGIN
    DELETE FROM passages WHERE collection IN ('user_embeddings', 'global_embeddings') AND subject_id = old.id;
END;
CREATE TRIGGER topics_forget_analysis AFTER UPDATE OF name, description ON topics
WHEN old.name IS NOT new.name OR old.description IS NOT new.description BEGIN
    DELETE FROM passages WHERE collection = 'topic_embeddings' AND subject_id = new.id;
END;
CREATE TRIGGER topics_delete_analysis AFTER DELETE ON topics BEGIN
    DELETE FROM passages WHERE collection = 'topic_embeddings' AND subject_id = old.id;
END;
CREATE TRIGGER psychology_insights_forget_analysis AFTER UPDATE OF insight_data ON psychology_insights
WHEN old.insight_data IS NOT new.insight_data BEGIN
    DELETE FROM passages WHERE collection = 'insight_embeddings' AND subject_id = new.id;
END;
CREATE TRIGGER psychology_insights_delete_analysis AFTER DELETE ON psychology_insights BEGIN
    DELETE FROM passages WHERE collection = 'insight_embeddings' AND subject_id = old.id;
END;
