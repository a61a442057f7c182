-- Sessions are found by reading all of them again.
DROP INDEX idx_user_sessions_user;
