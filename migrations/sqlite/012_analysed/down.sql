-- How many have been read is counted again when it is asked for.
DROP INDEX idx_change_log_passages;
DROP TRIGGER passages_log_update;
DROP TRIGGER passages_count_update;
DROP TRIGGER passages_count_delete;
DROP TRIGGER passages_count_insert;
DROP TABLE analysed;
