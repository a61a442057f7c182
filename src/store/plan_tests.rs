//! No statement of daily use walks through a whole table: each index of the architecture has its
//! counterpart, and is used.

use super::migrations::up;
use super::*;
use crate::journal::entry::{EntryTopic, NewEntry, Sentiment};
use crate::journal::filter::{Filter, MoodRange, TopicTest};
use chrono::{NaiveDate, TimeZone};
use rusqlite::StatementStatus;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// More entries than any number of rows that may be walked through.
const ENTRIES: usize = 400;

/// Rows of small tables (topics, users, operations of a test) that may be walked through.
const FEW: i32 = 100;

thread_local! {
    static STEPS: RefCell<BTreeMap<String, i32>> = const { RefCell::new(BTreeMap::new()) };
}

fn clock() -> Clock {
    Clock { now: || Utc.with_ymd_and_hms(2026, 3, 16, 10, 0, 0).unwrap(), new_id: crate::app::new_id }
}

fn day(number: usize) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(739_000 + number as i32).unwrap()
}

fn filled(folder: &Path) -> (Store, Uuid, Vec<Uuid>) {
    let mut store = Store::open(folder, clock()).unwrap();
    let user = store.default_user("me@localhost").unwrap();
    let ids = store
        .import(user, false, |writer| {
            let mut ids = Vec::new();
            for number in 0..ENTRIES {
                let mut new = NewEntry::new(format!("entry {number}"), day(number));
                new.topics = vec![EntryTopic {
                    name: format!("topic {}", number % 20),
                    relevance: Some(100),
                    added_at: None,
                    suggested_by: None,
                }];
                new.mood = crate::journal::mood::Mood::from_hundredths(number as i64 % 100);
                new.mood_source = Some(crate::journal::mood::MoodSource::Import);
                new.sentiments = vec![Sentiment {
                    id: crate::app::new_id(clock().now()),
                    model_name: "vader".into(),
                    label: "neutral".into(),
                    confidence: 5000,
                    emotions: None,
                    analyzed_at: None,
                }];
                ids.push(writer.insert(&new)?);
            }
            Ok((ids, "imported".into()))
        })
        .unwrap();
    (store, user, ids)
}

impl Clock {
    fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }
}

/// Statements that walked through more rows than a small table has, with how many.
fn scans(store: &mut Store, work: impl FnOnce(&mut Store)) -> Vec<(String, i32)> {
    STEPS.with_borrow_mut(BTreeMap::clear);
    store
        .connection
        .trace_v2(
            TraceEventCodes::SQLITE_TRACE_PROFILE,
            Some(|event: TraceEvent| {
                if let TraceEvent::Profile(statement, _) = event {
                    let steps = statement.get_status(StatementStatus::FullscanStep);
                    STEPS.with_borrow_mut(|all| {
                        let most = all.entry(statement.sql().into_owned()).or_default();
                        *most = steps.max(*most);
                    });
                }
            }),
        )
        .unwrap();
    work(store);
    store.connection.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent)>).unwrap();
    STEPS.with_borrow(|all| {
        all.iter().filter(|(_, steps)| **steps > FEW).map(|(sql, steps)| (sql.clone(), *steps)).collect()
    })
}

#[test]
fn nothing_of_daily_use_scans() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, user, ids) = filled(folder.path());
    let found = scans(&mut store, |store| {
        let filters = [
            Filter::default(),
            Filter { since: Some(day(5)), until: Some(day(9)), ..Filter::default() },
            Filter { topics: vec![TopicTest { any_of: vec!["topic 1".into()], negated: false }], ..Filter::default() },
            Filter { mood: Some(MoodRange { min: 10, max: 20 }), starred: Some(false), ..Filter::default() },
        ];
        for filter in &filters {
            for key in [SortKey::Date, SortKey::Created] {
                for ascending in [false, true] {
                    let sort = Sort { key, ascending };
                    let page = store.list(user, filter, sort, None, 5).unwrap();
                    store.list(user, filter, sort, page.next.as_ref().map(Cursor::text), 5).unwrap();
                }
            }
            store.count(user, filter).unwrap();
        }
        let id = ids[7];
        let text = store.short_id(user, id).unwrap();
        assert_eq!(store.resolve(user, &text).unwrap(), id);
        let filter = Filter { since: Some(day(100)), until: Some(day(300)), ..Filter::default() };
        store.moods(user, &filter).unwrap();
        store.operations(user, 10).unwrap();
        store.versions(id).unwrap();
        let head = store.log_head().unwrap();
        let entry = store.add(user, &NewEntry::new("one more", day(3))).unwrap();
        store.edit(entry.id, entry.updated_at, &Change { starred: Some(true), ..Change::default() }).unwrap();
        store.delete(user, &[entry.id]).unwrap();
        store.undo(user, false).unwrap();
        store.entries_changed_since(head.seq).unwrap();
        // What is pending is what is missing: to find it the background looks at every entry.
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_watch_sees_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, ..) = filled(folder.path());
    let found = scans(&mut store, |store| {
        store
            .connection
            .query_row("SELECT count(*) FROM journal_entries WHERE content LIKE '%x%'", [], |_| Ok(()))
            .unwrap();
    });
    assert_eq!(found.len(), 1);
}

/// What the architecture asks of its database, as it is asked of ours, and the index that answers.
#[test]
fn each_query_of_the_architecture_uses_its_index() {
    let connection = Connection::open_in_memory().unwrap();
    up(&connection).unwrap();
    for (query, index) in [
        // Mood trends over time.
        (
            "SELECT entry_date, mood_score FROM journal_entries WHERE user_id = ?1 AND entry_date >= ?2",
            "idx_journal_entries_user_date",
        ),
        // Efficient pagination.
        (
            "SELECT id FROM journal_entries WHERE user_id = ?1 AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT 20",
            "idx_journal_entries_user_created",
        ),
        ("SELECT id FROM journal_entries ORDER BY created_at DESC LIMIT 20", "idx_journal_entries_created"),
        // Repository pattern, bulk operations.
        ("SELECT * FROM sentiment_analysis WHERE entry_id = ?1", "sentiment_analysis"),
        (
            "SELECT * FROM sentiment_analysis WHERE entry_id = ?1 AND model_name = ?2",
            "sqlite_autoindex_sentiment_analysis_2",
        ),
        (
            "UPDATE journal_entries SET mood_score = ?2 WHERE id = ?1 AND updated_at = ?3",
            "sqlite_autoindex_journal_entries_1",
        ),
        // Composite indexes for common queries.
        (
            "SELECT entry_id FROM entry_topics WHERE topic_id = ?1 ORDER BY relevance_score DESC",
            "idx_entry_topics_composite",
        ),
        (
            "SELECT id FROM user_sessions WHERE user_id = ?1 AND session_end IS NULL ORDER BY session_start DESC",
            "idx_user_sessions_active",
        ),
        // The migration template.
        ("SELECT id FROM psychology_insights WHERE user_id = ?1", "idx_psychology_insights_user"),
        ("SELECT id FROM psychology_insights WHERE insight_type = ?1", "idx_psychology_insights_type"),
        // Users and authentication.
        ("SELECT id FROM users WHERE email = ?1", "sqlite_autoindex_users_2"),
        ("SELECT id FROM topics WHERE user_id = ?1 AND name = ?2", "sqlite_autoindex_topics_2"),
        ("SELECT id FROM topics WHERE user_id IS NULL AND name = ?1", "sqlite_autoindex_topics_2"),
        // Cascading rules: what belongs to a user or an entry is found without a scan.
        ("DELETE FROM user_sessions WHERE user_id = ?1", "idx_user_sessions_user"),
        ("DELETE FROM topics WHERE user_id = ?1", "sqlite_autoindex_topics_2"),
        ("DELETE FROM entry_topics WHERE topic_id = ?1", "idx_entry_topics_composite"),
        ("DELETE FROM entry_topics WHERE entry_id = ?1", "sqlite_autoindex_entry_topics_1"),
    ] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
        let count = statement.parameter_count();
        let plan: Vec<String> = statement
            .query_map(rusqlite::params_from_iter(vec![1; count]), |row| row.get(3))
            .unwrap()
            .map(|line| line.unwrap())
            .collect();
        assert!(plan.iter().all(|line| !line.starts_with("USE TEMP B-TREE")), "{query}: {plan:?}");
        assert!(plan[0].contains(index), "{query}: {plan:?}");
        assert!(
            plan[0].starts_with("SEARCH")
                || plan[0].contains("USING INDEX")
                || plan[0].contains("USING COVERING INDEX"),
            "{plan:?}"
        );
    }
}
