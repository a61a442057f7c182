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
