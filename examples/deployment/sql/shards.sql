-- Spreads a deployment over several PostgreSQL servers by user, with nothing but postgres_fdw: run as the superuser of the
-- server that programs connect to, after its schema was made and before there are entries.
--
--     psql -X -v ON_ERROR_STOP=1 -v partitions=8 -v shards=2 -f sql/shards.sql journaling_ai
--
-- The foreign servers shard_0, shard_1, … must be there, with user mappings; each has the schema, went through
-- partition-by-user.sql with the same number of partitions, and has the rows of users and topics. Partition n is on
-- shard_(n modulo shards). What this can and cannot do: beyond-one-machine.md.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP MATERIALIZED VIEW user_statistics;
-- What `journal sync` keeps beside the tables has no place here: it does not know them.
DROP SCHEMA IF EXISTS journal_cli CASCADE;
DROP TABLE entry_topics, sentiment_analysis, user_sessions, psychology_insights, journal_entries;

-- Keys, checks and indexes are on the shards, which alone see the rows.
CREATE TABLE journal_entries (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    title VARCHAR(500),
    content TEXT NOT NULL,
    entry_date DATE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    mood_score DECIMAL(3,2),
    word_count INTEGER GENERATED ALWAYS AS (
        array_length(string_to_array(trim(content), ' '), 1)
    ) STORED,
    content_vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', coalesce(title, '')), 'A') ||
        setweight(to_tsvector('english', content), 'B')
    ) STORED
) PARTITION BY HASH (user_id);
CREATE TABLE sentiment_analysis (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    model_name VARCHAR(100) NOT NULL,
    sentiment_label VARCHAR(50) NOT NULL,
    confidence_score DECIMAL(5,4) NOT NULL,
    emotions JSONB,
    analyzed_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
) PARTITION BY HASH (user_id);
CREATE TABLE entry_topics (
    user_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    topic_id UUID NOT NULL,
    relevance_score DECIMAL(3,2) DEFAULT 1.0,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
) PARTITION BY HASH (user_id);
CREATE TABLE user_sessions (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    session_start TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    session_end TIMESTAMP WITH TIME ZONE,
    activities JSONB,
    ip_address INET,
    user_agent TEXT
) PARTITION BY HASH (user_id);
CREATE TABLE psychology_insights (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    insight_type VARCHAR(100) NOT NULL,
    insight_data JSONB NOT NULL,
    confidence_level DECIMAL(3,2),
    generated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    is_active BOOLEAN DEFAULT TRUE
) PARTITION BY HASH (user_id);

SELECT format('CREATE FOREIGN TABLE %1$s_%2$s PARTITION OF %1$s FOR VALUES WITH (MODULUS %3$s, REMAINDER %2$s) SERVER shard_%4$s '
        'OPTIONS (schema_name ''public'', table_name ''%1$s_%2$s'', batch_size ''500'')', name, number, :partitions, number % :shards)
FROM unnest(ARRAY['journal_entries', 'sentiment_analysis', 'entry_topics', 'user_sessions', 'psychology_insights']) AS name,
    generate_series(0, :partitions - 1) AS number
\gexec

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
-- refresh_user_statistics() belongs to the role of the deployment, and refreshes what is its own.
ALTER MATERIALIZED VIEW user_statistics OWNER TO journaling_user;
ALTER TABLE journal_entries OWNER TO journaling_user;
ALTER TABLE sentiment_analysis OWNER TO journaling_user;
ALTER TABLE entry_topics OWNER TO journaling_user;
ALTER TABLE user_sessions OWNER TO journaling_user;
ALTER TABLE psychology_insights OWNER TO journaling_user;
-- Joins and counts of what lies together are done where it lies.
ALTER DATABASE journaling_ai SET enable_partitionwise_join = on;
ALTER DATABASE journaling_ai SET enable_partitionwise_aggregate = on;
COMMIT;
