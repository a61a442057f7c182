//! Ranking: the entries that match, best first, in an order that depends on what they hold and on
//! nothing else.
//!
//! Scores are BM25. Three things keep them the same however the index came to be, by one rebuild or by
//! a thousand commits: the statistics count living entries only (the library's count deleted ones
//! until a merge drops them), the last eight bits of a score are dropped (sums of the same numbers in
//! another order differ there), and ties are broken by time of writing, newest first, then by id.

use std::collections::HashSet;
use tantivy::collector::{Collector, Count, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, Occur, Query as IndexQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, Searcher, SegmentOrdinal, SegmentReader, TERMINATED, Term};
use uuid::Uuid;

use super::compile::Compiled;
use super::schema::{CREATED, Fields, ID_HIGH, ID_LOW};
use super::{Matched, TextHit};

/// What a search found.
pub(super) struct Found {
    pub(super) hits: Vec<TextHit>,
    pub(super) total_all: u64,
    pub(super) total_some: u64,
}

/// The best `limit` hits: first all entries for which everything holds, then, when `relax` allows and the
/// first kind does not fill the list, those with some of the words. A longer list begins with the
/// shorter one. The entries `without` are neither found nor counted.
pub(super) fn search(
    searcher: &Searcher,
    fields: &Fields,
    compiled: &Compiled,
    without: &HashSet<Uuid>,
    limit: usize,
    relax: bool,
) -> tantivy::Result<Found> {
    let absent = absent(searcher, fields, without)?;
    let statistics = LivingStatistics { searcher, fields, absent: &absent };
    let run = |query: &dyn IndexQuery, limit: usize| {
        searcher.search_with_statistics_provider(query, &Ranking { limit, absent: &absent }, &statistics)
    };
    let mut found = Found { hits: Vec::new(), total_all: 0, total_some: 0 };
    let Some(all) = &compiled.all else { return Ok(found) };
    let (count, ranked) = run(&**all, limit)?;
    found.total_all = count;
    found.hits.extend(ranked.into_iter().map(|rank| rank.hit(Matched::All)));
    if let Some(some) = compiled.some.as_ref().filter(|_| relax && count < limit as u64) {
        let rest = BooleanQuery::new(vec![(Occur::Must, some.box_clone()), (Occur::MustNot, all.box_clone())]);
        let (count, ranked) = run(&rest, limit - found.hits.len())?;
        found.total_some = count;
        found.hits.extend(ranked.into_iter().map(|rank| rank.hit(Matched::Some)));
    }
    Ok(found)
}

/// For each segment the numbers of the living documents of these entries, ascending.
fn absent(searcher: &Searcher, fields: &Fields, without: &HashSet<Uuid>) -> tantivy::Result<Vec<Vec<DocId>>> {
    let mut absent = Vec::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(fields.id)?;
        let mut documents = Vec::new();
        for id in without {
            let Some(mut postings) = index.read_postings(&fields.id_term(*id), IndexRecordOption::Basic)? else {
                continue;
            };
            while postings.doc() != TERMINATED {
                documents.push(postings.doc());
                postings.advance();
            }
        }
        documents.retain(|doc| !segment.is_deleted(*doc));
        documents.sort_unstable();
        absent.push(documents);
    }
    Ok(absent)
}

/// How many living entries the index holds.
pub(super) fn count(searcher: &Searcher) -> tantivy::Result<u64> {
    searcher.search(&tantivy::query::AllQuery, &Count).map(|count| count as u64)
}

/// One entry's place: compared part by part, greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// The bits of a score, which is never negative: so they order as the scores do.
    score: u32,
    created: i64,
    id: std::cmp::Reverse<u128>,
}

impl Rank {
    fn hit(self, matched: Matched) -> TextHit {
        TextHit { id: Uuid::from_u128(self.id.0), score: f32::from_bits(self.score), matched }
    }
}

/// Keeps seventeen of the twenty-five bits that tell scores apart.
fn coarse(score: Score) -> u32 {
    (score.max(0.0).to_bits() + 0x80) & !0xff
}

/// Collects the best `limit` ranks, best first, and counts everything.
struct Ranking<'a> {
    limit: usize,
    absent: &'a [Vec<DocId>],
}

struct SegmentRanking {
    limit: usize,
    absent: Vec<DocId>,
    count: u64,
    ranks: Vec<Rank>,
    created: Column<i64>,
    id_high: Column<u64>,
    id_low: Column<u64>,
}

/// Leaves the best `limit`, in any order.
fn keep_best(ranks: &mut Vec<Rank>, limit: usize) {
    if ranks.len() > limit && limit > 0 {
        ranks.select_nth_unstable_by(limit - 1, |a, b| b.cmp(a));
    }
    ranks.truncate(limit);
}

impl Collector for Ranking<'_> {
    type Fruit = (u64, Vec<Rank>);
    type Child = SegmentRanking;

    fn for_segment(&self, ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentRanking> {
        let columns = segment.fast_fields();
        Ok(SegmentRanking {
            limit: self.limit,
            absent: self.absent.get(ordinal as usize).cloned().unwrap_or_default(),
            count: 0,
            ranks: Vec::new(),
            created: columns.i64(CREATED)?,
            id_high: columns.u64(ID_HIGH)?,
            id_low: columns.u64(ID_LOW)?,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<(u64, Vec<Rank>)>) -> tantivy::Result<(u64, Vec<Rank>)> {
        let count = segments.iter().map(|(count, _)| count).sum();
        let mut ranks: Vec<Rank> = segments.into_iter().flat_map(|(_, ranks)| ranks).collect();
        ranks.sort_unstable_by(|a, b| b.cmp(a));
        ranks.truncate(self.limit);
        Ok((count, ranks))
    }
}

impl SegmentCollector for SegmentRanking {
    type Fruit = (u64, Vec<Rank>);

    fn collect(&mut self, doc: DocId, score: Score) {
        if self.absent.binary_search(&doc).is_ok() {
            return;
        }
        self.count += 1;
        if self.limit == 0 {
            return;
        }
        let (high, low) = (self.id_high.first(doc).unwrap_or(0), self.id_low.first(doc).unwrap_or(0));
        self.ranks.push(Rank {
            score: coarse(score),
            created: self.created.first(doc).unwrap_or(i64::MIN),
            id: std::cmp::Reverse(Uuid::from_u64_pair(high, low).as_u128()),
        });
        // Twice the limit at most, so that the work per hit stays constant.
        if self.ranks.len() >= self.limit.saturating_mul(2).max(1024) {
            keep_best(&mut self.ranks, self.limit);
        }
    }

    fn harvest(mut self) -> Self::Fruit {
        keep_best(&mut self.ranks, self.limit);
        (self.count, self.ranks)
    }
}

/// The statistics of the entries that are still there, without those that are to be passed over.
struct LivingStatistics<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    absent: &'a [Vec<DocId>],
}

impl Bm25StatisticsProvider for LivingStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let mut total = 0;
        for (segment, absent) in self.searcher.segment_readers().iter().zip(self.absent) {
            match (segment.alive_bitset(), self.fields.length_column(field)) {
                (Some(alive), Some(name)) => {
                    let lengths = segment.fast_fields().u64(name)?;
                    total += alive.iter_alive().filter_map(|doc| lengths.first(doc)).sum::<u64>();
                }
                _ => total += segment.inverted_index(field)?.total_num_tokens(),
            }
            if let Some(name) = self.fields.length_column(field).filter(|_| !absent.is_empty()) {
                let lengths = segment.fast_fields().u64(name)?;
                let passed_over: u64 = absent.iter().filter_map(|doc| lengths.first(*doc)).sum();
                total = total.saturating_sub(passed_over);
            }
        }
        Ok(total)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        let absent: usize = self.absent.iter().map(Vec::len).sum();
        Ok(self.searcher.num_docs().saturating_sub(absent as u64))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let mut total = 0;
        for (segment, absent) in self.searcher.segment_readers().iter().zip(self.absent) {
            let index = segment.inverted_index(term.field())?;
            total += match segment.alive_bitset() {
                None => u64::from(index.doc_freq(term)?),
                Some(alive) => index
                    .read_postings(term, IndexRecordOption::Basic)?
                    .map_or(0, |mut postings| u64::from(postings.count(alive))),
            };
            if !absent.is_empty()
                && let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)?
            {
                for doc in absent {
                    if postings.doc() < *doc {
                        postings.seek(*doc);
                    }
                    total -= u64::from(postings.doc() == *doc);
                }
            }
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_scores_keep_their_order_and_their_size() {
        for score in [0.0_f32, 1e-6, 0.4, 1.0, 3.25, 17.5, 1000.0] {
            let kept = f32::from_bits(coarse(score));
            assert!((kept - score).abs() <= score * 2e-5, "{score} became {kept}");
            assert_eq!(coarse(score), coarse(score * (1.0 + f32::EPSILON)));
        }
        assert!(coarse(1.0) < coarse(1.001));
    }
}
