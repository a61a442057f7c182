-- What replication needs beside the architecture's tables, in a schema of its own: who has changed which
-- row, what is gone, and the details of entries that the architecture has no column for.
--
-- The architecture's tables get triggers and nothing else. They fire once for a statement, so that a COPY
-- of thousands of rows pays little, and they see what cascades and other programs do.
CREATE SCHEMA IF NOT EXISTS journal_cli;

-- Which deployment this is, whatever its address.
CREATE TABLE IF NOT EXISTS journal_cli.meta (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    -- Notes of changes by transactions up to this one are gone, and when that was last seen to.
    pruned_upto xid8 NOT NULL DEFAULT '0',
    pruned_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);
INSERT INTO journal_cli.meta DEFAULT VALUES ON CONFLICT DO NOTHING;

-- The instant and zone an entry was written in, its star, where its mood came from, and where it was
-- imported from.
CREATE TABLE IF NOT EXISTS journal_cli.entry_details (
    entry_id UUID PRIMARY KEY REFERENCES journal_entries(id) ON DELETE CASCADE,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    starred BOOLEAN NOT NULL DEFAULT FALSE,
    mood_source TEXT CHECK (mood_source IN ('user', 'import', 'model')),
    import_source TEXT,
    import_id TEXT,
    metadata JSONB
);

-- Topics that a model has attached, so that they are told from those the writer attached.
CREATE TABLE IF NOT EXISTS journal_cli.topic_suggestions (
    entry_id UUID NOT NULL REFERENCES journal_entries(id) ON DELETE CASCADE,
    topic_id UUID NOT NULL REFERENCES topics(id) ON DELETE CASCADE,
    relevance_score DECIMAL(3,2) NOT NULL CHECK (relevance_score >= 0 AND relevance_score < 1),
    model_name TEXT NOT NULL,
    PRIMARY KEY (entry_id, topic_id)
);
CREATE INDEX IF NOT EXISTS idx_topic_suggestions_topic ON journal_cli.topic_suggestions(topic_id);

-- One row for each row that a statement has changed. Transactions commit in another order than they took
-- their numbers, so a reader asks by transaction; the nonce tells a row from another of the same number in a
-- database that was put back from an older copy.
CREATE TABLE IF NOT EXISTS journal_cli.changes (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    nonce BIGINT NOT NULL DEFAULT (('x' || substr(md5(random()::text || clock_timestamp()::text), 1, 16))::bit(64)::bigint),
    at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    op TEXT NOT NULL CHECK (op IN ('insert', 'update', 'delete')),
    -- Whose row it is; NULL when what it belongs to was gone already.
    user_id UUID,
    -- The push that wrote it; NULL for every other program.
    origin UUID
);
CREATE INDEX IF NOT EXISTS idx_changes_row ON journal_cli.changes(table_name, row_id, xid);
CREATE INDEX IF NOT EXISTS idx_changes_xid ON journal_cli.changes(xid, seq);

CREATE TABLE IF NOT EXISTS journal_cli.tombstones (
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (table_name, row_id)
);

-- How far each journal has pushed, and the mark of its last push, written with the rows themselves: a journal
-- finds its mark again, or knows that the database was put back from an older copy.
CREATE TABLE IF NOT EXISTS journal_cli.replicas (
    id UUID PRIMARY KEY,
    pushed_seq BIGINT NOT NULL,
    pushed_nonce BIGINT NOT NULL,
    origin UUID NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    program TEXT NOT NULL
);

-- The first argument is the key of a row `r` as text, the second whose it is. Writers need no rights here.
CREATE OR REPLACE FUNCTION journal_cli.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin CONSTANT uuid := nullif(current_setting('journal_cli.origin', true), '')::uuid;
    note CONSTANT text := 'INSERT INTO journal_cli.changes(table_name, row_id, op, user_id, origin)';
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format('%s SELECT %L, %s, ''insert'', %s, $1 FROM new_rows r', note, TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1])
            USING origin;
        IF EXISTS (SELECT FROM journal_cli.tombstones) THEN
            EXECUTE format('DELETE FROM journal_cli.tombstones t USING new_rows r WHERE t.table_name = %L AND t.row_id = %s',
                TG_TABLE_NAME, TG_ARGV[0]);
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        -- A row that has changed hands, or its key, concerns both.
        EXECUTE format('%s SELECT %L, id, ''update'', owner, $1 FROM (SELECT %s AS id, %s AS owner FROM new_rows r
                UNION SELECT %s, %s FROM old_rows r) AS touched',
            note, TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1], TG_ARGV[0], TG_ARGV[1]) USING origin;
        EXECUTE format('INSERT INTO journal_cli.tombstones(table_name, row_id)
                SELECT %L, id FROM (SELECT %s AS id FROM old_rows r EXCEPT SELECT %s FROM new_rows r) AS gone
                ON CONFLICT (table_name, row_id) DO UPDATE SET deleted_at = excluded.deleted_at',
            TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[0]);
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE format('%s SELECT %L, %s, ''delete'', %s, $1 FROM old_rows r', note, TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1])
            USING origin;
        EXECUTE format('INSERT INTO journal_cli.tombstones(table_name, row_id) SELECT %L, %s FROM old_rows r
                ON CONFLICT (table_name, row_id) DO UPDATE SET deleted_at = excluded.deleted_at',
            TG_TABLE_NAME, TG_ARGV[0]);
    ELSE
        -- TRUNCATE has no transition table: it is noted before the rows go.
        EXECUTE format('%s SELECT %L, %s, ''delete'', %s, $1 FROM %I.%I r',
            note, TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1], TG_TABLE_SCHEMA, TG_TABLE_NAME) USING origin;
        EXECUTE format('INSERT INTO journal_cli.tombstones(table_name, row_id) SELECT %L, %s FROM %I.%I r
                ON CONFLICT (table_name, row_id) DO UPDATE SET deleted_at = excluded.deleted_at',
            TG_TABLE_NAME, TG_ARGV[0], TG_TABLE_SCHEMA, TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END;
$$;
REVOKE ALL ON FUNCTION journal_cli.note_change() FROM PUBLIC;

DO $$
DECLARE
    home CONSTANT text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass('journal_entries'));
    entry_owner CONSTANT text := format('(SELECT e.user_id FROM %I.journal_entries e WHERE e.id = r.entry_id)', home);
    pair CONSTANT text := 'r.entry_id || ''/'' || r.topic_id';
    watched record;
    event text;
BEGIN
    FOR watched IN SELECT * FROM (VALUES
        (format('%I.users', home), 'r.id::text', 'r.id'),
        (format('%I.journal_entries', home), 'r.id::text', 'r.user_id'),
        (format('%I.sentiment_analysis', home), 'r.id::text', entry_owner),
        (format('%I.topics', home), 'r.id::text', 'r.user_id'),
        (format('%I.entry_topics', home), pair, entry_owner),
        (format('%I.user_sessions', home), 'r.id::text', 'r.user_id'),
        (format('%I.psychology_insights', home), 'r.id::text', 'r.user_id'),
        ('journal_cli.entry_details', 'r.entry_id::text', entry_owner),
        ('journal_cli.topic_suggestions', pair, entry_owner)
    ) AS watched(name, key, owner) LOOP
        FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS journal_cli_%s ON %s', event, watched.name);
            EXECUTE format('CREATE TRIGGER journal_cli_%s %s %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION journal_cli.note_change(%L, %L)',
                event, CASE event WHEN 'truncate' THEN 'BEFORE' ELSE 'AFTER' END, event, watched.name,
                CASE event WHEN 'insert' THEN 'REFERENCING NEW TABLE AS new_rows'
                    WHEN 'update' THEN 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
                    WHEN 'delete' THEN 'REFERENCING OLD TABLE AS old_rows' ELSE '' END,
                watched.key, watched.owner);
        END LOOP;
    END LOOP;
END;
$$;
