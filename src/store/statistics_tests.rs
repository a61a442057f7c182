#![allow(clippy::unwrap_used)]

use super::*;
use crate::journal::entry::{Entry, NewEntry};
use crate::journal::mood::MoodSource;
use crate::store::{Change, Clock};
use proptest::prelude::*;
use tempfile::TempDir;

const OTHER: &str = "0190a000-0000-7000-8000-000000000002";

fn opened(folder: &TempDir) -> Store {
    let clock = Clock { now: || DateTime::UNIX_EPOCH + TimeDelta::days(20_000), new_id: |_| Uuid::new_v4() };
    let store = Store::open(folder.path(), clock).unwrap();
    // These tests are about numbers, not about the disk.
    store.connection.pragma_update(None, "synchronous", "OFF").unwrap();
    store
}

fn date(offset: u8) -> NaiveDate {
    // Around the end of a year, so that months differ.
    NaiveDate::from_ymd_opt(2025, 12, 20).unwrap() + chrono::Days::new(u64::from(offset))
}

fn new(offset: u8, mood: Option<i64>) -> NewEntry {
    let mut new = NewEntry::new("one two  three", date(offset));
    new.mood = mood.and_then(Mood::from_hundredths);
    new.mood_source = new.mood.map(|_| MoodSource::User);
    new.written_at = Some(date(offset).and_hms_opt(u32::from(offset), 30, 0).unwrap().and_utc());
    new.time_zone = Some(["Europe/Berlin", "Asia/Tokyo", "UTC"][usize::from(offset) % 3].into());
    new
}

/// One thing that somebody does to the journal.
#[derive(Debug, Clone)]
enum Step {
    Add(u8, Option<i64>),
    Edit(usize, u8, Option<i64>),
    Rewrite(usize),
    Delete(usize),
    Undo(bool),
    Sql(&'static str),
    CatchUp,
    Copy,
    PutBack,
}

fn step() -> impl Strategy<Value = Step> {
    let mood = || prop::option::of(-100i64..=100);
    prop_oneof![
        4 => (0u8..20, mood()).prop_map(|(day, mood)| Step::Add(day, mood)),
        3 => (any::<usize>(), 0u8..20, mood()).prop_map(|(index, day, mood)| Step::Edit(index, day, mood)),
        1 => any::<usize>().prop_map(Step::Rewrite),
        2 => any::<usize>().prop_map(Step::Delete),
        2 => any::<bool>().prop_map(Step::Undo),
        3 => prop::sample::select(vec![
            // What a client that knows nothing of us does.
            "UPDATE journal_entries SET entry_date = '2026-01-02' WHERE rowid % 3 = 0",
            "UPDATE journal_entries SET mood_score = 0.07, content = 'a b c d' WHERE rowid % 4 = 1",
            "UPDATE journal_entries SET user_id = '0190a000-0000-7000-8000-000000000002' WHERE rowid % 5 = 0",
            "UPDATE journal_entries SET user_id = NULL WHERE rowid % 7 = 0",
            "UPDATE entry_details SET time_zone = 'America/New_York' WHERE rowid % 2 = 0",
            "DELETE FROM entry_details WHERE rowid % 6 = 0",
            "DELETE FROM journal_entries WHERE rowid % 5 = 1",
            "INSERT INTO journal_entries(user_id, content, entry_date) VALUES (NULL, 'x', '2026-01-01')",
            "DELETE FROM users WHERE id = '0190a000-0000-7000-8000-000000000002'",
        ]).prop_map(Step::Sql),
        4 => Just(Step::CatchUp),
        1 => Just(Step::Copy),
        1 => Just(Step::PutBack),
    ]
}

fn any_entry(store: &Store, index: usize) -> Option<Entry> {
    let mut statement = store.connection.prepare("SELECT id FROM journal_entries ORDER BY id").unwrap();
    let ids: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let id = ids.get(index % ids.len().max(1))?;
    Some(store.entry(id.parse().unwrap()).unwrap())
}

/// What `user_statistics` says, and what the architecture's query says of the entries.
fn view(store: &Store, sql: &str) -> Vec<String> {
    let mut statement = store.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let avg: Option<f64> = row.get(2)?;
        let text = |column| row.get::<_, Option<String>>(column);
        let (user, first, last) = (text(0)?, text(3)?, text(4)?);
        let (entries, months): (i64, i64) = (row.get(1)?, row.get(5)?);
        Ok(format!("{user:?} {entries} {:?} {first:?} {last:?} {months}", avg.map(|avg| format!("{avg:.9}"))))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn agree(store: &mut Store) {
    assert!(store.catch_up_statistics().unwrap());
    assert_eq!(store.verify_statistics().unwrap(), Some(0));
    let kept = all_kept(&store.connection).unwrap();
    assert_eq!(
        view(store, "SELECT * FROM user_statistics ORDER BY user_id"),
        view(
            store,
            "SELECT user_id, count(*), avg(mood_score), min(entry_date), max(entry_date),
                count(DISTINCT substr(entry_date, 1, 7)) FROM journal_entries GROUP BY user_id ORDER BY user_id"
        )
    );
    store.rebuild_statistics().unwrap();
    assert_eq!(kept, all_kept(&store.connection).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn followed_step_by_step_it_is_what_counting_anew_gives(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = opened(&folder);
        let user = store.default_user("me@localhost").unwrap();
        store.connection.execute("INSERT INTO users(id, email, password_hash) VALUES (?1, 'other', '!')", [OTHER]).unwrap();
        let copy = folder.path().join("copy.db");
        for step in steps {
            match step {
                Step::Add(day, mood) => drop(store.add(user, &new(day, mood)).unwrap()),
                Step::Edit(index, day, mood) => {
                    let Some(entry) = any_entry(&store, index) else { continue };
                    let change = Change {
                        entry_date: Some(date(day)),
                        mood: Some(mood.and_then(Mood::from_hundredths).map(|mood| (mood, MoodSource::User))),
                        ..Change::default()
                    };
                    store.edit(entry.id, entry.updated_at, &change).unwrap();
                }
                Step::Rewrite(index) => {
                    let Some(entry) = any_entry(&store, index) else { continue };
                    let change = Change { content: Some("four words or five".into()), ..Change::default() };
                    store.edit(entry.id, entry.updated_at, &change).unwrap();
                }
                Step::Delete(index) => {
                    let Some(entry) = any_entry(&store, index) else { continue };
                    store.delete(user, &[entry.id]).unwrap();
                }
                // There may be nothing to take back, or it has changed since.
                Step::Undo(redo) => drop(store.undo(user, redo)),
                // The other user may be gone.
                Step::Sql(sql) => drop(store.connection.execute(sql, [])),
                Step::CatchUp => assert!(store.catch_up_statistics().unwrap()),
                Step::Copy => {
                    let _ = std::fs::remove_file(&copy);
                    store.connection.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
                }
                Step::PutBack => {
                    if !copy.exists() {
                        continue;
                    }
                    drop(store);
                    let path = folder.path().join(crate::store::FILE_NAME);
                    for suffix in ["-wal", "-shm"] {
                        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
                    }
                    std::fs::copy(&copy, &path).unwrap();
                    store = opened(&folder);
                    store.connection.pragma_update(None, "journal_mode", "WAL").unwrap();
                }
            }
        }
        agree(&mut store);
    }
}

#[test]
fn a_position_that_belongs_to_another_history_is_counted_anew() {
    for foreign in [
        "UPDATE change_log SET nonce = nonce + 1",
        "DELETE FROM change_log WHERE seq = (SELECT max(seq) FROM change_log)",
        "INSERT INTO projection_state(name, valid_from) SELECT 'user_statistics', max(seq) + 1 FROM change_log",
        "DELETE FROM projection_positions",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = opened(&folder);
        let user = store.default_user("me@localhost").unwrap();
        store.add(user, &new(3, Some(50))).unwrap();
        store.catch_up_statistics().unwrap();
        store.connection.execute("UPDATE user_days SET entries = 77", []).unwrap();
        assert_eq!(store.verify_statistics().unwrap(), Some(1));
        store.connection.execute(foreign, []).unwrap();
        assert_eq!(store.verify_statistics().unwrap(), None, "{foreign}");
        store.add(user, &new(4, None)).unwrap();
        agree(&mut store);
    }
}

#[test]
fn a_journal_that_cannot_be_written_is_counted_from_its_entries() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = opened(&folder);
    let user = store.default_user("me@localhost").unwrap();
    store.add(user, &new(3, Some(50))).unwrap();
    store.catch_up_statistics().unwrap();
    store.add(user, &new(3, Some(-50))).unwrap();
    store.unwritable = Some(Error::failure("it is on a CD"));
    let counts = |store: &mut Store| store.counts(user, &Filter::default(), 5, [None, None]).unwrap().days;
    let from_entries = counts(&mut store);
    assert_eq!((from_entries.len(), from_entries[0].entries, from_entries[0].mood_sum), (1, 2, 0));
    // Three words as the schema counts them, and one more for the two spaces.
    assert_eq!((from_entries[0].words, from_entries[0].hours[4]), (8, 2));
    store.unwritable = None;
    assert_eq!(counts(&mut store), from_entries);
}

#[test]
fn catching_up_never_reads_through_the_entries() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(&folder);
    let plan = |sql: &str| -> Vec<String> {
        let mut statement = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        statement.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect()
    };
    for sql in [
        TOUCHED.replace("?1", "1000"),
        format!("{COUNTED} WHERE e.user_id IS 'x' AND e.entry_date = '2026-01-01'"),
        "DELETE FROM user_days WHERE user_id = 'x' AND entry_date = '2026-01-01'".into(),
    ] {
        let steps = plan(&sql);
        assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{sql}: {steps:?}");
        for step in &steps {
            assert!(!step.starts_with("SCAN") || step.starts_with("SCAN (subquery"), "{sql}: {steps:?}");
        }
    }
    assert!(plan("SELECT * FROM journal_entries e").iter().any(|step| step.starts_with("SCAN")));
}

#[test]
fn a_long_writer_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = opened(&folder);
    let user = store.default_user("me@localhost").unwrap();
    store.add(user, &new(3, Some(50))).unwrap();
    let writer = opened(&folder);
    writer.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    writer.connection.execute("DELETE FROM journal_entries", []).unwrap();
    let since = std::time::Instant::now();
    let days = store.counts(user, &Filter::default(), 5, [None, None]).unwrap().days;
    assert_eq!(days.len(), 1);
    assert!(since.elapsed().as_secs() < 5, "{:?}", since.elapsed());
    writer.connection.execute_batch("COMMIT").unwrap();
    agree(&mut store);
}

#[test]
fn topics_are_those_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = opened(&folder);
    let user = store.default_user("me@localhost").unwrap();
    let tagged = |text: &str, offset| NewEntry::new(text, date(offset));
    // A topic that everybody may use is used until one has one's own of that name.
    let system = "INSERT INTO topics(name, user_id, is_system_topic) VALUES ('work', NULL, 1) ON CONFLICT DO NOTHING";
    store.connection.execute(system, []).unwrap();
    store.add(user, &tagged("#work", 1)).unwrap();
    let own = "INSERT INTO topics(name, user_id) VALUES ('work', ?1)";
    store.connection.execute(own, [user.to_string()]).unwrap();
    store.add(user, &tagged("#work and #home", 2)).unwrap();
    let topics = |store: &mut Store, user| store.counts(user, &Filter::default(), 5, [None, None]).unwrap().topics;
    let mine = vec![("work".to_string(), 2), ("home".to_string(), 1)];
    assert_eq!(topics(&mut store, user), mine);
    store.connection.execute("INSERT INTO users(id, email, password_hash) VALUES (?1, 'other', '!')", [OTHER]).unwrap();
    let other = OTHER.parse().unwrap();
    store.add(other, &tagged("#work too, and #garden", 3)).unwrap();
    assert_eq!(topics(&mut store, user), mine);
    assert_eq!(topics(&mut store, other), [("garden".to_string(), 1), ("work".to_string(), 1)]);
}
