//! What the index holds of an entry, and the note each commit carries.

use chrono::{Datelike, NaiveDate};
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::analyzer::Analyzer;
use super::packed::Packed;
use crate::index::Document;
use crate::journal::filter::Part;
use crate::journal::log::Position;

/// Raised with every change of the fields below or of the analyzer: an index of another version is
/// built again.
pub(super) const VERSION: u32 = 2;

/// The names of the columns that ranking reads.
pub(super) const ID_HIGH: &str = "id_high";
pub(super) const ID_LOW: &str = "id_low";
pub(super) const CREATED: &str = "created";
pub(super) const TITLE_LENGTH: &str = "title_length";
pub(super) const CONTENT_LENGTH: &str = "content_length";

/// The fields of the index. No text is stored: what is shown comes from the truth.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub(super) schema: Schema,
    /// The entry's id, to delete by.
    pub(super) id: Field,
    /// The two halves of the id, to read back.
    id_high: Field,
    id_low: Field,
    pub(super) user: Field,
    /// Terms with positions.
    pub(super) title: Field,
    pub(super) content: Field,
    /// Words as written, folded but not stemmed: prefixes and near misses are found here.
    pub(super) title_words: Field,
    pub(super) content_words: Field,
    /// How many terms the two hold, for exact statistics after deletions.
    title_length: Field,
    content_length: Field,
    /// Days since the first day of the common era.
    pub(super) date: Field,
    created: Field,
    /// Hundredths; absent when the entry has no mood.
    pub(super) mood: Field,
    pub(super) starred: Field,
    /// One value per topic, as [`topic_key`] makes it.
    pub(super) topics: Field,
    /// The names of the [`Part`]s that the entry has.
    pub(super) has: Field,
}

impl Fields {
    pub(super) fn new() -> Fields {
        let text = |record: IndexRecordOption, lengths: bool| {
            let indexing =
                TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record).set_fieldnorms(lengths);
            TextOptions::default().set_indexing_options(indexing)
        };
        let terms = || text(IndexRecordOption::WithFreqsAndPositions, true);
        let plain = || text(IndexRecordOption::Basic, false);
        let column = || NumericOptions::from(FAST);
        let mut schema = Schema::builder();
        Fields {
            id: schema.add_bytes_field("id", BytesOptions::from(INDEXED)),
            id_high: schema.add_u64_field(ID_HIGH, column()),
            id_low: schema.add_u64_field(ID_LOW, column()),
            user: schema.add_bytes_field("user", BytesOptions::from(INDEXED)),
            title: schema.add_text_field("title", terms()),
            content: schema.add_text_field("content", terms()),
            title_words: schema.add_text_field("title_words", plain()),
            content_words: schema.add_text_field("content_words", plain()),
            title_length: schema.add_u64_field(TITLE_LENGTH, column()),
            content_length: schema.add_u64_field(CONTENT_LENGTH, column()),
            date: schema.add_i64_field("date", column()),
            created: schema.add_i64_field(CREATED, column()),
            mood: schema.add_i64_field("mood", column()),
            starred: schema.add_bool_field("starred", NumericOptions::from(INDEXED)),
            topics: schema.add_text_field("topics", plain()),
            has: schema.add_text_field("has", plain()),
            schema: schema.build(),
        }
    }

    /// The term that names an entry.
    pub(super) fn id_term(&self, id: Uuid) -> Term {
        Term::from_field_bytes(self.id, id.as_bytes())
    }

    /// The column that holds how many terms of this field each entry has.
    pub(super) fn length_column(&self, field: Field) -> Option<&'static str> {
        if field == self.title {
            Some(TITLE_LENGTH)
        } else if field == self.content {
            Some(CONTENT_LENGTH)
        } else {
            None
        }
    }

    /// An entry as the index holds it.
    pub(super) fn document(&self, entry: &Document, analyzer: &mut Analyzer) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        let (high, low) = entry.id.as_u64_pair();
        document.add_bytes(self.id, entry.id.as_bytes());
        document.add_u64(self.id_high, high);
        document.add_u64(self.id_low, low);
        document.add_bytes(self.user, entry.user_id.as_bytes());
        let mut add = |field, terms: Packed| {
            if terms.count > 0 {
                document.add_text(field, terms.into_text());
            }
        };
        let (terms, words) = analyzer.index_terms(entry.title.as_deref().unwrap_or_default());
        let title_length = terms.count;
        add(self.title, terms);
        add(self.title_words, words);
        let (terms, words) = analyzer.index_terms(&entry.content);
        let content_length = terms.count;
        add(self.content, terms);
        add(self.content_words, words);
        document.add_u64(self.title_length, title_length);
        document.add_u64(self.content_length, content_length);
        document.add_i64(self.date, day_number(entry.entry_date));
        document.add_i64(self.created, entry.created_at);
        if let Some(mood) = entry.mood {
            document.add_i64(self.mood, mood);
        }
        document.add_bool(self.starred, entry.starred);
        for topic in &entry.topics {
            document.add_text(self.topics, topic_key(topic));
        }
        let has = [
            (Part::Title, entry.title.as_deref().is_some_and(|title| !title.trim().is_empty())),
            (Part::Mood, entry.mood.is_some()),
            (Part::Topic, !entry.topics.is_empty()),
        ];
        for (part, _) in has.into_iter().filter(|(_, has)| *has) {
            document.add_text(self.has, part.name());
        }
        document
    }
}

/// A date as the index counts it.
pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}

/// A topic's name as it is compared: in NFC and without regard to case.
pub(super) fn topic_key(name: &str) -> String {
    let lower: String = name.nfc().flat_map(char::to_lowercase).collect();
    lower.nfc().collect()
}

/// The note in a commit: the version of the layout and the position, with a check value, because
/// `meta.json` is the one file of an index without a checksum.
pub(super) fn write_note(position: Position) -> String {
    let note = format!("{VERSION} {} {}", position.seq, position.nonce);
    format!("{note} {:016x}", check_value(&note))
}

/// Reads a note back; the error says why it cannot be used.
pub(super) fn read_note(note: Option<&str>) -> Result<Position, String> {
    let damaged = || "its position cannot be read".to_owned();
    let (body, check) = note.and_then(|note| note.rsplit_once(' ')).ok_or_else(damaged)?;
    if check != format!("{:016x}", check_value(body)) {
        return Err(damaged());
    }
    let numbers: Vec<i64> = body.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(|_| damaged())?;
    match numbers[..] {
        [version, _, _] if version != i64::from(VERSION) => Err("it was built by another version".to_owned()),
        [_, seq, nonce] => Ok(Position { seq, nonce }),
        _ => Err(damaged()),
    }
}

/// FNV-1a, 64 bits: enough against chance.
fn check_value(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_a_changed_one_refused() {
        let position = Position { seq: 42, nonce: -7 };
        let note = write_note(position);
        assert_eq!(read_note(Some(&note)), Ok(position));
        assert!(read_note(Some(&note.replacen("42", "43", 1))).is_err());
        assert!(read_note(Some("42")).is_err());
        assert!(read_note(None).is_err());
    }

    #[test]
    fn topics_are_compared_without_case_in_nfc() {
        assert_eq!(topic_key("Cafe\u{301}"), topic_key("CAFÉ"));
        assert_ne!(topic_key("cafe"), topic_key("café"));
    }
}
