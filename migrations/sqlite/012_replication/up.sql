-- What replication with a deployment has to remember beside sync_state. A remote is named by the id that
-- the deployment has given itself, not by its address.
--
-- The id under which the deployment knows this journal, and the mark of the last push that has ended.
ALTER TABLE sync_state ADD COLUMN replica TEXT;
ALTER TABLE sync_state ADD COLUMN origin TEXT;

-- The users whose rows go there and come from there; also one who was deleted here, until that is told.
CREATE TABLE sync_accounts (
    remote TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (remote, user_id)
) STRICT, WITHOUT ROWID;

-- Rows of the change log that a pull has written: what they say is known there.
CREATE TABLE sync_applied (
    remote TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    PRIMARY KEY (remote, first_seq)
) STRICT, WITHOUT ROWID;

-- The mark that each push leaves on what it writes there, noted before it begins; `xid` is its transaction
-- once it is known.
CREATE TABLE sync_pushes (
    origin TEXT NOT NULL PRIMARY KEY,
    remote TEXT NOT NULL,
    xid TEXT
) STRICT;

-- Rows that could not go one way or the other: refused, with the reason, or in the way of a change that has
-- to come first. They are tried again by each sync. `base_seq` is the first row of the log that the
-- deployment does not know.
CREATE TABLE sync_waiting (
    remote TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('push', 'pull')),
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    base_seq INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    at TEXT NOT NULL,
    PRIMARY KEY (remote, direction, table_name, row_id)
) STRICT, WITHOUT ROWID;
