-- A journal that knows no remote.
DROP TRIGGER users_bury;
DROP TRIGGER users_unbury;
DROP TRIGGER journal_entries_bury;
DROP TRIGGER journal_entries_unbury;
DROP TRIGGER sentiment_analysis_bury;
DROP TRIGGER sentiment_analysis_unbury;
DROP TRIGGER topics_bury;
DROP TRIGGER topics_unbury;
DROP TRIGGER entry_topics_bury;
DROP TRIGGER entry_topics_unbury;
DROP TRIGGER user_sessions_bury;
DROP TRIGGER user_sessions_unbury;
DROP TRIGGER psychology_insights_bury;
DROP TRIGGER psychology_insights_unbury;
DROP TABLE tombstones;
DROP TABLE sync_conflicts;
DROP TABLE sync_state;
