-- Moves a deployment's tables into partitions by user, in one transaction: psql -X -v ON_ERROR_STOP=1 -f …
--
-- `\set partitions 64` before it, or -v partitions=64, for another number than 8. The tables as they were stay in the
-- schema before_partitions until you drop it. What changes, and what it means for programs that write:
-- beyond-one-machine.md. Stop the writers first; `journal sync` does not know these tables.
\if :{?partitions}
\else
    \set partitions 8
\endif
BEGIN;
SET LOCAL client_min_messages = warning;
LOCK TABLE users, journal_entries, sentiment_analysis, topics, entry_topics, user_sessions, psychology_insights;
CREATE SCHEMA before_partitions;
DROP MATERIALIZED VIEW user_statistics;
-- Indexes and constraints go with their tables, so that the new ones can have the old names.
ALTER TABLE entry_topics SET SCHEMA before_partitions;
ALTER TABLE sentiment_analysis SET SCHEMA before_partitions;
ALTER TABLE user_sessions SET SCHEMA before_partitions;
ALTER TABLE psychology_insights SET SCHEMA before_partitions;
ALTER TABLE journal_entries SET SCHEMA before_partitions;

-- users and topics stay as they are: few rows, unique keys (the e-mail, the name) that are not by user, and
-- topics of nobody. Everything that belongs to an entry or a user bears user_id, as the first part of each key.
CREATE TABLE journal_entries (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
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
    ) STORED,
    PRIMARY KEY (user_id, id),
    CONSTRAINT check_mood_range CHECK (mood_score >= -1 AND mood_score <= 1),
    CONSTRAINT check_content_not_empty CHECK (trim(content) <> '')
) PARTITION BY HASH (user_id);

CREATE TABLE sentiment_analysis (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    model_name VARCHAR(100) NOT NULL,
    sentiment_label VARCHAR(50) NOT NULL,
    confidence_score DECIMAL(5,4) NOT NULL,
    emotions JSONB,
    analyzed_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, entry_id, model_name),
    FOREIGN KEY (user_id, entry_id) REFERENCES journal_entries(user_id, id) ON DELETE CASCADE,
    CONSTRAINT check_confidence_range CHECK (confidence_score >= 0 AND confidence_score <= 1)
) PARTITION BY HASH (user_id);

CREATE TABLE entry_topics (
    user_id UUID NOT NULL,
    entry_id UUID NOT NULL,
    topic_id UUID NOT NULL REFERENCES topics(id) ON DELETE CASCADE,
    relevance_score DECIMAL(3,2) DEFAULT 1.0,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    PRIMARY KEY (user_id, entry_id, topic_id),
    FOREIGN KEY (user_id, entry_id) REFERENCES journal_entries(user_id, id) ON DELETE CASCADE,
    CONSTRAINT entry_topics_relevance_score_range CHECK (relevance_score >= 0 AND relevance_score <= 1)
) PARTITION BY HASH (user_id);

CREATE TABLE user_sessions (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    session_start TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    session_end TIMESTAMP WITH TIME ZONE,
    activities JSONB,
    ip_address INET,
    user_agent TEXT,
    PRIMARY KEY (user_id, id),
    CONSTRAINT check_session_duration CHECK (session_end IS NULL OR session_end >= session_start)
) PARTITION BY HASH (user_id);

CREATE TABLE psychology_insights (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    insight_type VARCHAR(100) NOT NULL,
    insight_data JSONB NOT NULL,
    confidence_level DECIMAL(3,2),
    generated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    is_active BOOLEAN DEFAULT TRUE,
    PRIMARY KEY (user_id, id),
    CONSTRAINT psychology_insights_confidence_level_range CHECK (confidence_level >= 0 AND confidence_level <= 1)
) PARTITION BY HASH (user_id);

-- The same number everywhere, so that a user's rows are in the partitions of one number.
SELECT format('CREATE TABLE %1$s_%2$s PARTITION OF %1$s FOR VALUES WITH (MODULUS %3$s, REMAINDER %2$s)', name, number, :partitions)
FROM unnest(ARRAY['journal_entries', 'sentiment_analysis', 'entry_topics', 'user_sessions', 'psychology_insights']) AS name,
    generate_series(0, :partitions - 1) AS number
\gexec

INSERT INTO journal_entries(id, user_id, title, content, entry_date, created_at, updated_at, mood_score)
    SELECT id, user_id, title, content, entry_date, created_at, updated_at, mood_score
    FROM before_partitions.journal_entries WHERE user_id IS NOT NULL;
INSERT INTO sentiment_analysis(id, user_id, entry_id, model_name, sentiment_label, confidence_score, emotions, analyzed_at)
    SELECT s.id, e.user_id, s.entry_id, s.model_name, s.sentiment_label, s.confidence_score, s.emotions, s.analyzed_at
    FROM before_partitions.sentiment_analysis s JOIN before_partitions.journal_entries e ON e.id = s.entry_id
    WHERE e.user_id IS NOT NULL;
INSERT INTO entry_topics(user_id, entry_id, topic_id, relevance_score, added_at)
    SELECT e.user_id, l.entry_id, l.topic_id, l.relevance_score, l.added_at
    FROM before_partitions.entry_topics l JOIN before_partitions.journal_entries e ON e.id = l.entry_id
    WHERE e.user_id IS NOT NULL;
INSERT INTO user_sessions SELECT * FROM before_partitions.user_sessions WHERE user_id IS NOT NULL;
INSERT INTO psychology_insights SELECT * FROM before_partitions.psychology_insights WHERE user_id IS NOT NULL;

CREATE INDEX idx_journal_entries_user_date ON journal_entries(user_id, entry_date DESC);
CREATE INDEX idx_journal_entries_created ON journal_entries(created_at DESC);
CREATE INDEX idx_journal_entries_user_created ON journal_entries(user_id, created_at DESC, id DESC);
CREATE INDEX idx_journal_entries_content_gin ON journal_entries USING GIN(content_vector);
CREATE INDEX idx_journal_entries_title_gin ON journal_entries USING GIN(to_tsvector('english', title));
CREATE INDEX idx_journal_entries_content_trgm ON journal_entries USING GIN(content gin_trgm_ops);
CREATE INDEX idx_sentiment_emotions_gin ON sentiment_analysis USING GIN(emotions);
CREATE INDEX idx_psychology_insights_data ON psychology_insights USING GIN(insight_data);
CREATE INDEX idx_entry_topics_composite ON entry_topics(topic_id, relevance_score DESC);
CREATE INDEX idx_user_sessions_active ON user_sessions(user_id, session_start DESC) WHERE session_end IS NULL;
CREATE INDEX idx_user_sessions_user ON user_sessions(user_id, session_start DESC, id DESC);
CREATE INDEX idx_psychology_insights_type ON psychology_insights(insight_type);

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

-- Rows of nobody have no place by user. There are none unless another program made them: then nothing moves.
DO $$
DECLARE
    name TEXT;
    before BIGINT;
    after BIGINT;
BEGIN
    FOREACH name IN ARRAY ARRAY['journal_entries', 'sentiment_analysis', 'entry_topics', 'user_sessions', 'psychology_insights'] LOOP
        EXECUTE format('SELECT count(*) FROM before_partitions.%I', name) INTO before;
        EXECUTE format('SELECT count(*) FROM %I', name) INTO after;
        IF before <> after THEN
            RAISE EXCEPTION '% of % rows of % have a user: give the others one, or delete them', after, before, name;
        END IF;
    END LOOP;
END;
$$;
COMMIT;
ANALYZE;
