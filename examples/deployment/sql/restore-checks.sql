-- What has to hold in a restored database; restore-drill runs it. The first thing that does not is an error.
\set ON_ERROR_STOP 1

DO $$
DECLARE
    wanted TEXT;
    found BIGINT;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['users', 'journal_entries', 'sentiment_analysis', 'topics', 'entry_topics',
            'user_sessions', 'psychology_insights', 'user_statistics'] LOOP
        IF to_regclass(wanted) IS NULL THEN
            RAISE EXCEPTION 'there is no %', wanted;
        END IF;
    END LOOP;

    SELECT count(*) INTO found FROM pg_index WHERE NOT indisvalid OR NOT indisready;
    IF found > 0 THEN
        RAISE EXCEPTION '% indexes are not valid', found;
    END IF;
    SELECT count(*) INTO found FROM pg_constraint WHERE NOT convalidated;
    IF found > 0 THEN
        RAISE EXCEPTION '% constraints are not validated', found;
    END IF;

    -- What the server computes is what it would compute now.
    SELECT count(*) INTO found FROM journal_entries
    WHERE word_count IS DISTINCT FROM array_length(string_to_array(trim(content), ' '), 1)
        OR content_vector IS DISTINCT FROM setweight(to_tsvector('english', coalesce(title, '')), 'A')
            || setweight(to_tsvector('english', content), 'B');
    IF found > 0 THEN
        RAISE EXCEPTION '% entries have another word_count or content_vector than their text', found;
    END IF;

    -- The statistics were computed anew, and are those of the entries.
    SELECT count(*) INTO found FROM (
        (SELECT user_id, count(*), max(entry_date) FROM journal_entries GROUP BY user_id
         EXCEPT SELECT user_id, total_entries, last_entry_date FROM user_statistics)
        UNION ALL
        (SELECT user_id, total_entries, last_entry_date FROM user_statistics
         EXCEPT SELECT user_id, count(*), max(entry_date) FROM journal_entries GROUP BY user_id)) AS differences;
    IF found > 0 THEN
        RAISE EXCEPTION 'user_statistics differs from the entries in % rows', found;
    END IF;
END;
$$;

-- The searches answer, by words and by likeness of names.
SELECT id, ts_rank_cd(content_vector, plainto_tsquery('english', 'morning walk')) AS rank
FROM journal_entries WHERE content_vector @@ plainto_tsquery('english', 'morning walk') ORDER BY rank DESC LIMIT 20;
SELECT name, similarity(name, 'slep') FROM topics WHERE name % 'slep' ORDER BY 2 DESC LIMIT 10;
-- And so does the refresh that the timer calls.
SELECT refresh_user_statistics();
