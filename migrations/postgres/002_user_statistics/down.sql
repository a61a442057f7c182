-- Takes the view away, with its refresh and its schedule.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.unschedule('refresh-stats');
    END IF;
END;
$$;
DROP FUNCTION refresh_user_statistics();
DROP MATERIALIZED VIEW user_statistics;
