-- Takes the indexes away. The extension stays: something else may use it.
DROP INDEX idx_psychology_insights_type;
DROP INDEX idx_psychology_insights_user;
DROP INDEX idx_user_sessions_user;
DROP INDEX idx_user_sessions_active;
DROP INDEX idx_entry_topics_composite;
DROP INDEX idx_users_profile_gin;
DROP INDEX idx_psychology_insights_data;
DROP INDEX idx_sentiment_emotions_gin;
DROP INDEX idx_topics_name_trgm;
DROP INDEX idx_journal_entries_content_trgm;
DROP INDEX idx_journal_entries_title_gin;
DROP INDEX idx_journal_entries_content_gin;
DROP INDEX idx_sentiment_analysis_entry;
DROP INDEX idx_journal_entries_user_created;
DROP INDEX idx_journal_entries_created;
DROP INDEX idx_journal_entries_user_date;
