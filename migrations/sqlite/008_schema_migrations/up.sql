-- Which program applied which migration, so that a program that is too old for this journal can say
-- which version it takes. What was applied before this table was there has neither time nor program.
CREATE TABLE schema_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT,
    program TEXT
) STRICT;
