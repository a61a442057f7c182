//! `migrations/postgres` on a real server.

use crate::server::{migrations, server};
use std::fs;

#[test]
fn the_schema_can_be_taken_back_and_applied_again() {
    let mut client = server().database().client();
    let folders = migrations();
    for folder in folders.iter().rev() {
        client.batch_execute(&fs::read_to_string(folder.join("down.sql")).unwrap()).unwrap();
    }
    let left: i64 = client
        .query_one("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i', 'm', 'S')", &[])
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
    for folder in &folders {
        client.batch_execute(&fs::read_to_string(folder.join("up.sql")).unwrap()).unwrap();
    }
}

/// The architecture's queries, with the repairs that let them use an index.
#[test]
fn each_query_of_the_architecture_can_use_an_index_on_the_server() {
    let mut client = server().database().client();
    let user = "'0190a000-0000-7000-8000-000000000001'";
    // Enough rows for an index to be worth its while.
    client
        .batch_execute(&format!(
            "INSERT INTO users(id, email, password_hash) VALUES ({user}, 'a', '!');
             INSERT INTO users(email, password_hash) SELECT 'other ' || n, '!' FROM generate_series(1, 20) n;
             INSERT INTO topics(name, user_id) SELECT md5(n::text), {user} FROM generate_series(1, 5000) n;
             INSERT INTO journal_entries(user_id, content, entry_date, created_at)
                SELECT u.id, md5(n::text) || ' ' || n, DATE '2000-01-01' + n, TIMESTAMPTZ '2000-01-01' + n * INTERVAL '1 day'
                FROM generate_series(1, 500) n, users u ORDER BY md5(n || u.email);
             INSERT INTO user_sessions(user_id, session_start, session_end)
                SELECT u.id, TIMESTAMPTZ '2000-01-01' + n * INTERVAL '1 hour', TIMESTAMPTZ '2000-01-02' + n * INTERVAL '1 hour'
                FROM generate_series(1, 200) n, users u;
             INSERT INTO user_sessions(user_id) SELECT id FROM users;
             REFRESH MATERIALIZED VIEW user_statistics; SET enable_seqscan = off"
        ))
        .unwrap();
    client.batch_execute("VACUUM ANALYZE").unwrap();
    for (query, index) in [
        (
            format!(
                "SELECT e.id, ts_rank_cd(e.content_vector, plainto_tsquery('english', 'late night')) AS rank,
                    ts_headline('english', e.content, plainto_tsquery('english', 'late night'), 'MaxWords=35, MinWords=15, MaxFragments=3')
                 FROM journal_entries e
                 WHERE e.content_vector @@ plainto_tsquery('english', 'late night') AND e.user_id = {user}
                 ORDER BY rank DESC LIMIT 20"
            ),
            "idx_journal_entries",
        ),
        (
            "SELECT id FROM journal_entries WHERE content_vector @@ plainto_tsquery('english', 'late night')".into(),
            "idx_journal_entries_content_gin",
        ),
        (
            "SELECT t.name, similarity(t.name, 'work') AS sim_score FROM topics t WHERE t.name % 'work' ORDER BY sim_score DESC, t.name LIMIT 10".into(),
            "idx_topics_name_trgm",
        ),
        (
            format!(
                "SELECT date_trunc('week', e.entry_date::timestamp)::date AS week, AVG(e.mood_score), COUNT(*), STDDEV(e.mood_score)
                 FROM journal_entries e WHERE e.user_id = {user} AND e.entry_date >= DATE '2026-03-16' - INTERVAL '6 months'
                 GROUP BY week ORDER BY week"
            ),
            "idx_journal_entries_user_date",
        ),
        (
            format!(
                "SELECT id, title, content, created_at FROM journal_entries
                 WHERE user_id = {user} AND (created_at, id) < (TIMESTAMPTZ '2026-03-16', {user})
                 ORDER BY created_at DESC, id DESC LIMIT 20"
            ),
            "idx_journal_entries_user_created",
        ),
        (format!("SELECT * FROM sentiment_analysis WHERE entry_id = {user}"), "sentiment_analysis"),
        ("SELECT id FROM sentiment_analysis WHERE emotions @> '{\"joy\": 0.8}'".into(), "idx_sentiment_emotions_gin"),
        ("SELECT id FROM psychology_insights WHERE insight_data ? 'habit'".into(), "idx_psychology_insights_data"),
        ("SELECT id FROM users WHERE profile @> '{\"name\": \"x\"}'".into(), "idx_users_profile_gin"),
        (
            format!("SELECT id FROM user_sessions WHERE user_id = {user} AND session_end IS NULL ORDER BY session_start DESC"),
            "idx_user_sessions_active",
        ),
        (format!("SELECT * FROM user_statistics WHERE user_id = {user}"), "user_statistics_user_id_key"),
    ] {
        let plan: Vec<String> =
            client.query(&format!("EXPLAIN {query}"), &[]).unwrap().iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{query}\n{plan}");
    }
}
