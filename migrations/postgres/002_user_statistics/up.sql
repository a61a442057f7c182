-- The materialised view of the architecture. A refresh that does not lock readers out needs a unique
-- index; months are taken from the date as it stands, not in the zone of the connection.
CREATE MATERIALIZED VIEW user_statistics AS
SELECT
    user_id,
    COUNT(*) AS total_entries,
    AVG(mood_score) AS avg_mood,
    MIN(entry_date) AS first_entry_date,
    MAX(entry_date) AS last_entry_date,
    COUNT(DISTINCT date_trunc('month', entry_date::timestamp)) AS active_months
FROM journal_entries
GROUP BY user_id;
CREATE UNIQUE INDEX user_statistics_user_id_key ON user_statistics(user_id);

CREATE FUNCTION refresh_user_statistics() RETURNS void AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY user_statistics;
END;
$$ LANGUAGE plpgsql;

-- Without pg_cron in this database, whoever runs the deployment calls the function from a timer.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.schedule('refresh-stats', '0 2 * * *', 'SELECT refresh_user_statistics();');
    END IF;
END;
$$;
