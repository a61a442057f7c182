-- The indexes of the architecture, and one more that its pagination needs: ties of created_at are
-- broken by id. pg_trgm is a trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX idx_journal_entries_user_date ON journal_entries(user_id, entry_date DESC);
CREATE INDEX idx_journal_entries_created ON journal_entries(created_at DESC);
CREATE INDEX idx_journal_entries_user_created ON journal_entries(user_id, created_at DESC, id DESC);
CREATE INDEX idx_sentiment_analysis_entry ON sentiment_analysis(entry_id);

CREATE INDEX idx_journal_entries_content_gin ON journal_entries USING GIN(content_vector);
CREATE INDEX idx_journal_entries_title_gin ON journal_entries USING GIN(to_tsvector('english', title));

CREATE INDEX idx_journal_entries_content_trgm ON journal_entries USING GIN(content gin_trgm_ops);
CREATE INDEX idx_topics_name_trgm ON topics USING GIN(name gin_trgm_ops);

CREATE INDEX idx_sentiment_emotions_gin ON sentiment_analysis USING GIN(emotions);
CREATE INDEX idx_psychology_insights_data ON psychology_insights USING GIN(insight_data);
CREATE INDEX idx_users_profile_gin ON users USING GIN(profile);

CREATE INDEX idx_entry_topics_composite ON entry_topics(topic_id, relevance_score DESC);
CREATE INDEX idx_user_sessions_active ON user_sessions(user_id, session_start DESC) WHERE session_end IS NULL;
-- Sessions go with their user, and are listed by time.
CREATE INDEX idx_user_sessions_user ON user_sessions(user_id, session_start DESC, id DESC);
CREATE INDEX idx_psychology_insights_user ON psychology_insights(user_id);
CREATE INDEX idx_psychology_insights_type ON psychology_insights(insight_type);
