-- Takes the seven tables away, children first.
DROP TABLE psychology_insights;
DROP TABLE user_sessions;
DROP TABLE entry_topics;
DROP TABLE topics;
DROP TABLE sentiment_analysis;
DROP TABLE journal_entries;
DROP TABLE users;
