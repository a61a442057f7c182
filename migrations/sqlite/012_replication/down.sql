-- A journal that has never met a deployment: the next sync compares everything.
DROP TABLE sync_waiting;
DROP TABLE sync_pushes;
DROP TABLE sync_applied;
DROP TABLE sync_accounts;
ALTER TABLE sync_state DROP COLUMN origin;
ALTER TABLE sync_state DROP COLUMN replica;
UPDATE sync_state SET pulled_cursor = NULL;
