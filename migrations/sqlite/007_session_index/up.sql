-- Sessions are listed by user and time, and go with their user: without this index both would read
-- every session of everybody.
CREATE INDEX idx_user_sessions_user ON user_sessions(user_id, session_start DESC, id DESC);
