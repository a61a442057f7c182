//! The architecture's own reading queries, with the repairs that a real server asks for.

/// The user whose rows are asked for.
pub(crate) const ADA: &str = "019b0000-0000-7000-8000-0000000000ad";

/// A name, and the query of one user with `$1` as that user.
pub(crate) const OF_ONE_USER: [(&str, &str); 7] = [
    (
        "search by words",
        "SELECT e.id, e.title, ts_rank_cd(e.content_vector, plainto_tsquery('english', 'morning walk')) AS rank,
            ts_headline('english', e.content, plainto_tsquery('english', 'morning walk'),
                'MaxWords=35, MinWords=15, MaxFragments=3') AS snippet
        FROM journal_entries e
        WHERE e.content_vector @@ plainto_tsquery('english', 'morning walk') AND e.user_id = $1
        ORDER BY rank DESC, e.id LIMIT 20",
    ),
    (
        "mood by week",
        "SELECT date_trunc('week', e.entry_date::timestamp)::date AS week, AVG(e.mood_score) AS avg_mood,
            COUNT(*) AS entry_count, STDDEV(e.mood_score) AS mood_variance
        FROM journal_entries e
        WHERE e.user_id = $1 AND e.entry_date >= DATE '2024-10-26' - INTERVAL '6 months'
        GROUP BY week ORDER BY week",
    ),
    (
        "a page",
        "SELECT id, title, content, created_at FROM journal_entries
        WHERE user_id = $1 AND (created_at, id) < ('2024-05-01T12:00:00Z'::timestamptz, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        ORDER BY created_at DESC, id DESC LIMIT 20",
    ),
    (
        "entries with their analyses",
        "SELECT e.id, s.model_name, s.sentiment_label, s.confidence_score FROM journal_entries e
        JOIN sentiment_analysis s ON USER_TOO(s, e) AND s.entry_id = e.id
        WHERE e.user_id = $1 AND e.entry_date = '2024-03-01' ORDER BY e.id, s.model_name",
    ),
    (
        "entries of a topic",
        "SELECT e.id, l.relevance_score FROM topics t
        JOIN entry_topics l ON l.topic_id = t.id
        JOIN journal_entries e ON USER_TOO(l, e) AND e.id = l.entry_id
        WHERE e.user_id = $1 AND t.name = 'nature' ORDER BY e.id",
    ),
    (
        "open sessions",
        "SELECT id, session_start FROM user_sessions WHERE user_id = $1 AND session_end IS NULL ORDER BY session_start DESC, id",
    ),
    (
        "insights",
        "SELECT id, insight_type, insight_data FROM psychology_insights WHERE user_id = $1 AND is_active ORDER BY generated_at, id",
    ),
];

/// What is asked about everybody, or about topics.
pub(crate) const OF_ALL: [(&str, &str); 2] = [
    (
        "topics like this",
        "SELECT t.name, similarity(t.name, 'slep') AS sim_score FROM topics t WHERE t.name % 'slep' ORDER BY sim_score DESC, t.name LIMIT 10",
    ),
    ("statistics", "SELECT * FROM user_statistics ORDER BY user_id"),
];

/// A query for this user. Where the tables are by user, a join says so, and the planner needs no other hint.
pub(crate) fn for_user(query: &str, user: &str, by_user: bool) -> String {
    let mut query = query.replace("$1", user);
    while let Some((before, rest)) = query.split_once("USER_TOO(") {
        let (pair, after) = rest.split_once(')').unwrap();
        let (one, other) = pair.split_once(", ").unwrap();
        let joined = if by_user { format!("{one}.user_id = {other}.user_id") } else { "true".into() };
        query = format!("{before}{joined}{after}");
    }
    query
}

/// Three users with rows in every table, the same each time.
pub(crate) const ROWS: &str = "
    INSERT INTO users(id, email, password_hash)
        SELECT ('019b0000-0000-7000-8000-0000000000' || tail)::uuid, tail || '@example.org', '!'
        FROM unnest(ARRAY['ad', 'be', 'ce']) AS tail;
    INSERT INTO journal_entries(id, user_id, title, content, entry_date, created_at, mood_score)
        SELECT md5(u.email || n)::uuid, u.id, 'Morning ' || n, 'A walk in the morning, number ' || n || ' of ' || u.email,
            date '2024-01-01' + n, timestamptz '2024-01-01 08:00Z' + n * interval '1 day', n % 200 / 100.0 - 1
        FROM users u, generate_series(1, 300) n;
    INSERT INTO sentiment_analysis(id, entry_id, model_name, sentiment_label, confidence_score)
        SELECT md5(e.id || m)::uuid, e.id, m, 'positive', 0.5 FROM journal_entries e, unnest(ARRAY['vader', 'other']) AS m;
    INSERT INTO entry_topics(entry_id, topic_id, relevance_score)
        SELECT e.id, t.id, 0.5 FROM journal_entries e, topics t WHERE t.name IN ('nature', 'exercise');
    INSERT INTO user_sessions(id, user_id, session_start, session_end)
        SELECT md5(u.email || n)::uuid, u.id, '2024-01-01', CASE WHEN n > 3 THEN timestamptz '2024-01-02' END
        FROM users u, generate_series(1, 5) n;
    INSERT INTO psychology_insights(id, user_id, insight_type, insight_data)
        SELECT md5(u.email || n)::uuid, u.id, 'pattern', '{}' FROM users u, generate_series(1, 5) n;
    REFRESH MATERIALIZED VIEW user_statistics;
    ANALYZE;";
