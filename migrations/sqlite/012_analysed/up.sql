-- What has been read by which model, so that a search by meaning need neither count nor list it: of 100,000
-- entries that took it half of its time.
--
-- How many entries and topics each model has read.
CREATE TABLE analysed (
    collection TEXT NOT NULL,
    model TEXT NOT NULL,
    subjects INTEGER NOT NULL,
    PRIMARY KEY (collection, model)
) STRICT, WITHOUT ROWID;

INSERT INTO analysed SELECT collection, model, count(*) FROM passages WHERE ordinal = 0 GROUP BY collection, model;

-- A text that has been read has a first passage.
CREATE TRIGGER passages_count_insert AFTER INSERT ON passages WHEN new.ordinal = 0 BEGIN
    INSERT INTO analysed(collection, model, subjects) VALUES (new.collection, new.model, 1)
        ON CONFLICT DO UPDATE SET subjects = subjects + 1;
END;
CREATE TRIGGER passages_count_delete AFTER DELETE ON passages WHEN old.ordinal = 0 BEGIN
    UPDATE analysed SET subjects = subjects - 1 WHERE collection = old.collection AND model = old.model;
END;
CREATE TRIGGER passages_count_update AFTER UPDATE OF collection, model, ordinal ON passages BEGIN
    UPDATE analysed SET subjects = subjects - 1
        WHERE old.ordinal = 0 AND collection = old.collection AND model = old.model;
    INSERT INTO analysed(collection, model, subjects) SELECT new.collection, new.model, 1 WHERE new.ordinal = 0
        ON CONFLICT DO UPDATE SET subjects = subjects + 1;
END;

-- Nothing here changes a passage; who does all the same is followed.
CREATE TRIGGER passages_log_update AFTER UPDATE ON passages BEGIN
    INSERT INTO change_log(table_name, row_id, op) VALUES ('passages', old.subject_id, 'update');
    INSERT INTO change_log(table_name, row_id, op) SELECT 'passages', new.subject_id, 'update'
        WHERE new.subject_id IS NOT old.subject_id;
END;

-- Where in the log passages came and went, however much else was written there.
CREATE INDEX idx_change_log_passages ON change_log(seq) WHERE table_name = 'passages';
