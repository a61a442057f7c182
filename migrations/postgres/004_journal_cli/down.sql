-- The deployment forgets what replication has noted. Details of entries go with it: they stay in each journal.
DO $$
DECLARE
    watched text;
    event text;
BEGIN
    FOREACH watched IN ARRAY ARRAY['users', 'journal_entries', 'sentiment_analysis', 'topics', 'entry_topics', 'user_sessions',
        'psychology_insights'] LOOP
        FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS journal_cli_%s ON %I', event, watched);
        END LOOP;
    END LOOP;
END;
$$;
DROP TABLE journal_cli.topic_suggestions;
DROP TABLE journal_cli.entry_details;
DROP FUNCTION journal_cli.note_change();
DROP TABLE journal_cli.replicas;
DROP TABLE journal_cli.tombstones;
DROP TABLE journal_cli.changes;
DROP TABLE journal_cli.meta;
