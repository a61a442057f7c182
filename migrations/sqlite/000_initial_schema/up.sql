-- The seven tables of the architecture, so that every row here fits its PostgreSQL counterpart.
--
-- UUID is lower-case text, TIMESTAMPTZ is RFC 3339 in UTC with microseconds, DATE is YYYY-MM-DD,
-- DECIMAL(p,s) is a REAL that already has s digits (writers round half away from zero before the
-- range check), JSONB is checked JSON text, VARCHAR(n) is a length check in characters. No
-- constraint names a function of ours, so that any SQLite client can read and write the file.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT users_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    email TEXT NOT NULL
        CONSTRAINT users_email_length CHECK (length(email) <= 255 AND instr(email, char(0)) = 0) UNIQUE,
    password_hash TEXT NOT NULL
        CONSTRAINT users_password_hash_length CHECK (length(password_hash) <= 255 AND instr(password_hash, char(0)) = 0),
    created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT users_created_at_is_timestamp CHECK (created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(created_at, 1, 10), '+0 days') = substr(created_at, 1, 10) AND substr(created_at, 12, 2) < '24' AND created_at >= '0001'),
    updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT users_updated_at_is_timestamp CHECK (updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10) AND substr(updated_at, 12, 2) < '24' AND updated_at >= '0001'),
    is_active INTEGER DEFAULT 1
        CONSTRAINT users_is_active_is_boolean CHECK (is_active IN (0, 1)),
    profile TEXT
        CONSTRAINT users_profile_is_json CHECK (profile IS NULL OR json_valid(profile) AND instr(profile, '\u0000') = 0)
) STRICT;

CREATE TABLE journal_entries (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT journal_entries_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
    title TEXT
        CONSTRAINT journal_entries_title_length CHECK (length(title) <= 500 AND instr(title, char(0)) = 0),
    content TEXT NOT NULL
        CONSTRAINT journal_entries_content_has_no_nul CHECK (instr(content, char(0)) = 0)
        CONSTRAINT check_content_not_empty CHECK (trim(content) <> ''),
    entry_date TEXT NOT NULL
        CONSTRAINT journal_entries_entry_date_is_date CHECK (entry_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        AND date(entry_date, '+0 days') = entry_date AND entry_date >= '0001-01-01'),
    created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT journal_entries_created_at_is_timestamp CHECK (created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(created_at, 1, 10), '+0 days') = substr(created_at, 1, 10) AND substr(created_at, 12, 2) < '24' AND created_at >= '0001'),
    updated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT journal_entries_updated_at_is_timestamp CHECK (updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(updated_at, 1, 10), '+0 days') = substr(updated_at, 1, 10) AND substr(updated_at, 12, 2) < '24' AND updated_at >= '0001'),
    mood_score REAL
        CONSTRAINT check_mood_range CHECK (mood_score >= -1 AND mood_score <= 1)
        CONSTRAINT journal_entries_mood_score_is_decimal CHECK (mood_score = round(mood_score, 2)),
    -- array_length(string_to_array(trim(content), ' '), 1): spaces in the trimmed text, plus one.
    word_count INTEGER GENERATED ALWAYS AS (CASE WHEN trim(content) = '' THEN NULL
        ELSE length(trim(content)) - length(replace(trim(content), ' ', '')) + 1 END) STORED
) STRICT;

CREATE TABLE sentiment_analysis (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT sentiment_analysis_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    entry_id TEXT REFERENCES journal_entries(id) ON DELETE CASCADE,
    model_name TEXT NOT NULL
        CONSTRAINT sentiment_analysis_model_name_length CHECK (length(model_name) <= 100 AND instr(model_name, char(0)) = 0),
    sentiment_label TEXT NOT NULL
        CONSTRAINT sentiment_analysis_sentiment_label_length CHECK (length(sentiment_label) <= 50 AND instr(sentiment_label, char(0)) = 0),
    confidence_score REAL NOT NULL
        CONSTRAINT check_confidence_range CHECK (confidence_score >= 0 AND confidence_score <= 1)
        CONSTRAINT sentiment_analysis_confidence_score_is_decimal CHECK (confidence_score = round(confidence_score, 4)),
    emotions TEXT
        CONSTRAINT sentiment_analysis_emotions_is_json CHECK (emotions IS NULL OR json_valid(emotions) AND instr(emotions, '\u0000') = 0),
    analyzed_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT sentiment_analysis_analyzed_at_is_timestamp CHECK (analyzed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(analyzed_at, 1, 10), '+0 days') = substr(analyzed_at, 1, 10) AND substr(analyzed_at, 12, 2) < '24' AND analyzed_at >= '0001'),
    UNIQUE (entry_id, model_name)
) STRICT;

CREATE TABLE topics (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT topics_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    name TEXT NOT NULL
        CONSTRAINT topics_name_length CHECK (length(name) <= 200 AND instr(name, char(0)) = 0),
    description TEXT
        CONSTRAINT topics_description_has_no_nul CHECK (instr(description, char(0)) = 0),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
    created_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT topics_created_at_is_timestamp CHECK (created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(created_at, 1, 10), '+0 days') = substr(created_at, 1, 10) AND substr(created_at, 12, 2) < '24' AND created_at >= '0001'),
    is_system_topic INTEGER DEFAULT 0
        CONSTRAINT topics_is_system_topic_is_boolean CHECK (is_system_topic IN (0, 1)),
    UNIQUE (user_id, name)
) STRICT;
-- NULLs are distinct in a UNIQUE constraint, so system topics need an index of their own.
CREATE UNIQUE INDEX topics_system_name_key ON topics(name) WHERE user_id IS NULL;

CREATE TABLE entry_topics (
    entry_id TEXT NOT NULL REFERENCES journal_entries(id) ON DELETE CASCADE,
    topic_id TEXT NOT NULL REFERENCES topics(id) ON DELETE CASCADE,
    relevance_score REAL DEFAULT 1.0
        CONSTRAINT entry_topics_relevance_score_range CHECK (relevance_score >= 0 AND relevance_score <= 1)
        CONSTRAINT entry_topics_relevance_score_is_decimal CHECK (relevance_score = round(relevance_score, 2)),
    added_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT entry_topics_added_at_is_timestamp CHECK (added_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(added_at, 1, 10), '+0 days') = substr(added_at, 1, 10) AND substr(added_at, 12, 2) < '24' AND added_at >= '0001'),
    PRIMARY KEY (entry_id, topic_id)
) STRICT;

CREATE TABLE user_sessions (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT user_sessions_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
    session_start TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT user_sessions_session_start_is_timestamp CHECK (session_start GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(session_start, 1, 10), '+0 days') = substr(session_start, 1, 10) AND substr(session_start, 12, 2) < '24' AND session_start >= '0001'),
    session_end TEXT
        CONSTRAINT user_sessions_session_end_is_timestamp CHECK (session_end GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(session_end, 1, 10), '+0 days') = substr(session_end, 1, 10) AND substr(session_end, 12, 2) < '24' AND session_end >= '0001'),
    activities TEXT
        CONSTRAINT user_sessions_activities_is_json CHECK (activities IS NULL OR json_valid(activities) AND instr(activities, '\u0000') = 0),
    ip_address TEXT
        CONSTRAINT user_sessions_ip_address_is_inet CHECK (ip_address <> '' AND ip_address NOT GLOB '*[^0-9a-f:./]*'),
    user_agent TEXT
        CONSTRAINT user_sessions_user_agent_has_no_nul CHECK (instr(user_agent, char(0)) = 0),
    CONSTRAINT check_session_duration CHECK (session_end IS NULL OR session_end >= session_start)
) STRICT;

CREATE TABLE psychology_insights (
    id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))
        CONSTRAINT psychology_insights_id_is_uuid CHECK (length(id) = 36 AND length(replace(id, '-', '')) = 32 AND id NOT GLOB '*[^0-9a-f-]*'
        AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1) = '----'),
    user_id TEXT REFERENCES users(id) ON DELETE CASCADE,
    insight_type TEXT NOT NULL
        CONSTRAINT psychology_insights_insight_type_length CHECK (length(insight_type) <= 100 AND instr(insight_type, char(0)) = 0),
    insight_data TEXT NOT NULL
        CONSTRAINT psychology_insights_insight_data_is_json CHECK (insight_data IS NULL OR json_valid(insight_data) AND instr(insight_data, '\u0000') = 0),
    confidence_level REAL
        CONSTRAINT psychology_insights_confidence_level_range CHECK (confidence_level >= 0 AND confidence_level <= 1)
        CONSTRAINT psychology_insights_confidence_level_is_decimal CHECK (confidence_level = round(confidence_level, 2)),
    generated_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
        CONSTRAINT psychology_insights_generated_at_is_timestamp CHECK (generated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'
        AND date(substr(generated_at, 1, 10), '+0 days') = substr(generated_at, 1, 10) AND substr(generated_at, 12, 2) < '24' AND generated_at >= '0001'),
    is_active INTEGER DEFAULT 1
        CONSTRAINT psychology_insights_is_active_is_boolean CHECK (is_active IN (0, 1))
) STRICT;

CREATE INDEX idx_journal_entries_user_date ON journal_entries(user_id, entry_date DESC);
CREATE INDEX idx_journal_entries_created ON journal_entries(created_at DESC);
-- Keyset pagination breaks ties by id.
CREATE INDEX idx_journal_entries_user_created ON journal_entries(user_id, created_at DESC, id DESC);
-- Entries are named by the tail of their id; the last five hexadecimal digits are its last four characters.
CREATE INDEX idx_journal_entries_id_tail ON journal_entries(substr(id, 32));
CREATE INDEX idx_sentiment_analysis_entry ON sentiment_analysis(entry_id);
CREATE INDEX idx_entry_topics_composite ON entry_topics(topic_id, relevance_score DESC);
CREATE INDEX idx_user_sessions_active ON user_sessions(user_id, session_start DESC) WHERE session_end IS NULL;
CREATE INDEX idx_psychology_insights_user ON psychology_insights(user_id);
CREATE INDEX idx_psychology_insights_type ON psychology_insights(insight_type);
-- The full-text indexes have their counterpart outside the database, in the text index.
