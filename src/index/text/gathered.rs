//! A query whose documents are all looked up before the first is asked for.
//!
//! The library's ranges over columns may only be walked forwards, and some of its own walks go back: a
//! range inside a group under a NOT was asked about a document before the one it had come to, which
//! overflows there. A set of documents does not mind.

use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, Term};

/// The documents of another query, as a set. Each scores alike.
#[derive(Debug)]
pub(super) struct Gathered(pub(super) Box<dyn Query>);

impl Clone for Gathered {
    fn clone(&self) -> Gathered {
        Gathered(self.0.box_clone())
    }
}

impl Query for Gathered {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(GatheredWeight(self.0.weight(scoring)?)))
    }

    fn query_terms<'a>(&'a self, visitor: &mut dyn FnMut(&'a Term, bool)) {
        self.0.query_terms(visitor);
    }
}

struct GatheredWeight(Box<dyn Weight>);

impl Weight for GatheredWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut documents = BitSet::with_max_value(segment.max_doc());
        let mut found = self.0.scorer(segment, 1.0)?;
        while found.doc() != TERMINATED {
            documents.insert(found.doc());
            found.advance();
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(documents), boost)))
    }

    fn explain(&self, segment: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(segment, 1.0)?;
        if scorer.doc() > document || scorer.seek(document) != document {
            return Err(TantivyError::InvalidArgument(format!("document {document} does not match")));
        }
        Ok(Explanation::new("Gathered", 1.0))
    }
}
