-- The seven tables of the architecture, with the repairs that a real server asks for, so that every
-- row of the embedded store fits here and comes back equal.
--
-- Against the architecture's text: one mood constraint instead of two of the same meaning; all
-- constraints stand in CREATE TABLE, under the architecture's names; content_vector is the weighted
-- vector that its own search query computes, so that the query reads an index instead of parsing
-- every entry; system topics have unique names (NULLs are distinct in a UNIQUE constraint); a
-- relevance or a level of confidence is between 0 and 1.
CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email VARCHAR(255) UNIQUE NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    is_active BOOLEAN DEFAULT TRUE,
    profile JSONB
);

CREATE TABLE journal_entries (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
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
    CONSTRAINT check_mood_range CHECK (mood_score >= -1 AND mood_score <= 1),
    CONSTRAINT check_content_not_empty CHECK (trim(content) <> '')
);

CREATE TABLE sentiment_analysis (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    entry_id UUID REFERENCES journal_entries(id) ON DELETE CASCADE,
    model_name VARCHAR(100) NOT NULL,
    sentiment_label VARCHAR(50) NOT NULL,
    confidence_score DECIMAL(5,4) NOT NULL,
    emotions JSONB,
    analyzed_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    UNIQUE (entry_id, model_name),
    CONSTRAINT check_confidence_range CHECK (confidence_score >= 0 AND confidence_score <= 1)
);

CREATE TABLE topics (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name VARCHAR(200) NOT NULL,
    description TEXT,
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    is_system_topic BOOLEAN DEFAULT FALSE,
    UNIQUE (user_id, name)
);
CREATE UNIQUE INDEX topics_system_name_key ON topics(name) WHERE user_id IS NULL;

CREATE TABLE entry_topics (
    entry_id UUID REFERENCES journal_entries(id) ON DELETE CASCADE,
    topic_id UUID REFERENCES topics(id) ON DELETE CASCADE,
    relevance_score DECIMAL(3,2) DEFAULT 1.0,
    added_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    PRIMARY KEY (entry_id, topic_id),
    CONSTRAINT entry_topics_relevance_score_range CHECK (relevance_score >= 0 AND relevance_score <= 1)
);

CREATE TABLE user_sessions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    session_start TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    session_end TIMESTAMP WITH TIME ZONE,
    activities JSONB,
    ip_address INET,
    user_agent TEXT,
    CONSTRAINT check_session_duration CHECK (session_end IS NULL OR session_end >= session_start)
);

CREATE TABLE psychology_insights (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    insight_type VARCHAR(100) NOT NULL,
    insight_data JSONB NOT NULL,
    confidence_level DECIMAL(3,2),
    generated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    is_active BOOLEAN DEFAULT TRUE,
    CONSTRAINT psychology_insights_confidence_level_range CHECK (confidence_level >= 0 AND confidence_level <= 1)
);
