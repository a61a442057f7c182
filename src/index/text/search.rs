//! Ranking: the entries that match, best first, in an order that depends on what they hold and on
//! nothing else.
//!
//! Scores are BM25. Three things keep them the same however the index came to be, by one rebuild or by
//! a thousand commits: the statistics count living entries only (the library's count deleted ones
//! until a merge drops them), the last eight bits of a score are dropped (sums of the same numbers in
//! another order differ there), and ties are broken by time of writing, newest first, then by id.

use tantivy::collector::{Collector, Count, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, Occur, Query as IndexQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, Searcher, SegmentOrdinal, SegmentReader, Term};
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

/// The hits from `offset` on, at most `limit`: first all entries for which everything holds, then,
/// when `relax` allows and the first kind does not fill the page, those with some of the words.
pub(super) fn search(
    searcher: &Searcher,
    fields: &Fields,
    compiled: &Compiled,
    offset: usize,
    limit: usize,
    relax: bool,
) -> tantivy::Result<Found> {
    let statistics = LivingStatistics { searcher, fields };
    let run = |query: &dyn IndexQuery, limit: usize| {
        searcher.search_with_statistics_provider(query, &Ranking { limit }, &statistics)
    };
    let mut found = Found { hits: Vec::new(), total_all: 0, total_some: 0 };
    let Some(all) = &compiled.all else { return Ok(found) };
    let end = offset.saturating_add(limit);
    let (count, ranked) = run(&**all, end)?;
    found.total_all = count;
    found.hits.extend(ranked.into_iter().skip(offset).map(|rank| rank.hit(Matched::All)));
    if let Some(some) = compiled.some.as_ref().filter(|_| relax && count < end as u64) {
        let rest = BooleanQuery::new(vec![(Occur::Must, some.box_clone()), (Occur::MustNot, all.box_clone())]);
        let all_count = usize::try_from(count).unwrap_or(usize::MAX);
        let (count, ranked) = run(&rest, end - all_count)?;
        found.total_some = count;
        let skipped = offset.saturating_sub(all_count);
        found.hits.extend(ranked.into_iter().skip(skipped).map(|rank| rank.hit(Matched::Some)));
    }
    Ok(found)
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
struct Ranking {
    limit: usize,
}

struct SegmentRanking {
    limit: usize,
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

impl Collector for Ranking {
    type Fruit = (u64, Vec<Rank>);
    type Child = SegmentRanking;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentRanking> {
        let columns = segment.fast_fields();
        Ok(SegmentRanking {
            limit: self.limit,
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

/// The statistics of the entries that are still there.
struct LivingStatistics<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
}

impl Bm25StatisticsProvider for LivingStatistics<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let mut total = 0;
        for segment in self.searcher.segment_readers() {
            match (segment.alive_bitset(), self.fields.length_column(field)) {
                (Some(alive), Some(name)) => {
                    let lengths = segment.fast_fields().u64(name)?;
                    total += alive.iter_alive().filter_map(|doc| lengths.first(doc)).sum::<u64>();
                }
                _ => total += segment.inverted_index(field)?.total_num_tokens(),
            }
        }
        Ok(total)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.searcher.num_docs())
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let mut total = 0;
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(term.field())?;
            total += match segment.alive_bitset() {
                None => u64::from(index.doc_freq(term)?),
                Some(alive) => index
                    .read_postings(term, IndexRecordOption::Basic)?
                    .map_or(0, |mut postings| u64::from(postings.count(alive))),
            };
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
