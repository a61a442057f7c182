//! What becomes of a row that was changed there. Pure: what each side has, and what both knew last.
//!
//! Clocks decide only where both sides have changed the same row, and then nothing is lost: the version that
//! gives way is kept. So clocks that are wrong by hours do no harm.

use super::pending::Base;
use super::{RowKey, Values};
use crate::store::tables::Table;

/// What is known of a row that was changed there.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) key: RowKey,
    /// Whether it was changed here too.
    pub(super) is_pending: bool,
    pub(super) base: Base,
    pub(super) ours: Option<&'a Values>,
    pub(super) theirs: Option<&'a Values>,
    /// When it was changed here and there, for tables that do not say so themselves.
    pub(super) our_time: Option<String>,
    pub(super) their_time: Option<String>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both are the same.
    Same,
    /// Theirs is taken; `kept` says that ours goes to the conflicts.
    Take { kept: bool },
    /// Ours stands, and is pushed; `kept` says that theirs goes to the conflicts.
    Stand { kept: bool },
}

pub(super) fn decide(case: &Case) -> Verdict {
    if case.ours == case.theirs {
        return Verdict::Same;
    }
    let is_base = |row: Option<&Values>| match (&case.base, row) {
        (Base::Unknown, _) => false,
        (Base::Absent, row) => row.is_none(),
        (Base::Row(base), row) => row == Some(base),
    };
    if !case.is_pending || is_base(case.ours) {
        return Verdict::Take { kept: false };
    }
    if is_base(case.theirs) {
        return Verdict::Stand { kept: false };
    }
    let kept = !is_machine_made(case.key.table());
    match (case.ours, case.theirs) {
        // What was deleted stays deleted, on either side.
        (None, _) => Verdict::Stand { kept },
        (_, None) => Verdict::Take { kept },
        (Some(ours), Some(theirs)) => {
            let table = case.key.table();
            let when = |row: &Values, other: &Option<String>| match time_column(table) {
                Some(at) => row.get(at).cloned().flatten(),
                None => other.clone(),
            };
            let (here, there) = (when(ours, &case.our_time), when(theirs, &case.their_time));
            // Equal times are decided by the text, which is the same wherever it is decided.
            if (here, ours) > (there, theirs) { Verdict::Stand { kept } } else { Verdict::Take { kept } }
        }
    }
}

/// Both versions in one, where they have changed different columns of the one that both knew: a star and the
/// source of a mood, a mood and a title. Title and text are one; `updated_at` is the later one.
pub(super) fn both_in_one(case: &Case) -> Option<Values> {
    let (Base::Row(base), Some(ours), Some(theirs)) = (&case.base, case.ours, case.theirs) else { return None };
    let table = case.key.table();
    if !case.is_pending || is_machine_made(table) {
        return None;
    }
    let mut merged = Vec::with_capacity(base.len());
    for (at, column) in table.columns.iter().enumerate() {
        let (base, ours, theirs) = (base.get(at)?, ours.get(at)?, theirs.get(at)?);
        merged.push(if column.name == "updated_at" {
            ours.max(theirs).clone()
        } else if ours == base || ours == theirs {
            theirs.clone()
        } else if theirs == base {
            ours.clone()
        } else {
            return None;
        });
    }
    let is_one = table.name != "journal_entries"
        || [ours, theirs].iter().any(|side| (&side[TITLE], &side[CONTENT]) == (&merged[TITLE], &merged[CONTENT]));
    is_one.then_some(merged)
}

/// Where title and text of an entry stand.
const TITLE: usize = 2;
const CONTENT: usize = 3;

/// Whether two versions of an entry have the same title and text.
pub(super) fn same_text(one: &Values, other: &Values) -> bool {
    (&one[TITLE], &one[CONTENT]) == (&other[TITLE], &other[CONTENT])
}

/// Rows that a model makes again: a newer result in the place of an older one is no loss.
pub(super) fn is_machine_made(table: &Table) -> bool {
    matches!(table.name, "sentiment_analysis" | "topic_suggestions")
}

/// The column that says when a row was written last.
pub(super) fn time_column(table: &Table) -> Option<usize> {
    let name = match table.name {
        "users" | "journal_entries" => "updated_at",
        "sentiment_analysis" => "analyzed_at",
        "entry_topics" => "added_at",
        "psychology_insights" => "generated_at",
        _ => return None,
    };
    table.columns.iter().position(|column| column.name == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KEY: &str = "019b76da-a800-7000-8000-000000000001";

    fn entry(content: &str, updated: &str) -> Values {
        let text = |text: &str| Some(text.to_string());
        vec![text(KEY), None, None, text(content), None, None, text(updated), None]
    }

    fn case<'a>(pending: bool, base: Base, ours: Option<&'a Values>, theirs: Option<&'a Values>) -> Case<'a> {
        let key = RowKey::parse("journal_entries", KEY).unwrap().unwrap();
        Case { key, is_pending: pending, base, ours, theirs, our_time: None, their_time: None }
    }

    #[test]
    fn details_are_merged_column_by_column() {
        let key = RowKey::parse("entry_details", KEY).unwrap().unwrap();
        let row = |starred: &str, source: Option<&str>| -> Values {
            vec![Some(KEY.into()), None, None, Some(starred.into()), source.map(str::to_string), None, None, None]
        };
        let (base, ours, theirs) = (row("false", None), row("true", None), row("false", Some("user")));
        let merged = |theirs: &Values| {
            let case = Case {
                key,
                is_pending: true,
                base: Base::Row(base.clone()),
                ours: Some(&ours),
                theirs: Some(theirs),
                our_time: None,
                their_time: None,
            };
            both_in_one(&case)
        };
        assert_eq!(merged(&theirs), Some(row("true", Some("user"))));
        assert_eq!(merged(&row("none", None)), None);
    }

    #[test]
    fn a_title_and_a_mood_are_merged_and_a_title_and_a_text_are_not() {
        let key = RowKey::parse("journal_entries", KEY).unwrap().unwrap();
        let row = |title: &str, content: &str, mood: &str, updated: &str| -> Values {
            let some = |text: &str| Some(text.to_string());
            vec![some(KEY), None, some(title), some(content), None, None, some(updated), some(mood)]
        };
        let base = row("a", "b", "0.10", "2026-01-01");
        let ours = row("A", "b", "0.10", "2026-01-03");
        let merged = |theirs: Values| {
            let case = Case {
                key,
                is_pending: true,
                base: Base::Row(base.clone()),
                ours: Some(&ours),
                theirs: Some(&theirs),
                our_time: None,
                their_time: None,
            };
            both_in_one(&case)
        };
        assert_eq!(merged(row("a", "b", "0.20", "2026-01-02")), Some(row("A", "b", "0.20", "2026-01-03")));
        assert_eq!(merged(row("a", "B", "0.10", "2026-01-02")), None);
        assert_eq!(merged(row("x", "b", "0.10", "2026-01-02")), None);
    }

    #[test]
    fn the_later_stands_and_the_deleted_stays_deleted() {
        let (old, ours, theirs) = (entry("a", "2026-01-01"), entry("b", "2026-01-03"), entry("c", "2026-01-02"));
        let base = || Base::Row(old.clone());
        let decided = |pending, base, ours, theirs| decide(&case(pending, base, ours, theirs));
        assert_eq!(decided(true, base(), Some(&ours), Some(&ours)), Verdict::Same);
        assert_eq!(decided(false, base(), Some(&old), Some(&theirs)), Verdict::Take { kept: false });
        assert_eq!(decided(true, base(), Some(&old), Some(&theirs)), Verdict::Take { kept: false });
        assert_eq!(decided(true, base(), Some(&ours), Some(&old)), Verdict::Stand { kept: false });
        assert_eq!(decided(true, base(), Some(&ours), Some(&theirs)), Verdict::Stand { kept: true });
        assert_eq!(decided(true, base(), Some(&theirs), Some(&ours)), Verdict::Take { kept: true });
        assert_eq!(decided(true, base(), None, Some(&theirs)), Verdict::Stand { kept: true });
        assert_eq!(decided(true, base(), Some(&ours), None), Verdict::Take { kept: true });
        assert_eq!(decided(true, base(), None, None), Verdict::Same);
        assert_eq!(decided(true, Base::Absent, Some(&ours), None), Verdict::Stand { kept: false });
        assert_eq!(decided(true, Base::Unknown, Some(&ours), Some(&theirs)), Verdict::Stand { kept: true });
    }
}
