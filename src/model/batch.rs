//! How the texts of one request are cut into batches. Pure.

use std::ops::Range;

/// Bounds on one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Word pieces of the longest text times the number of texts: what is computed, padding
    /// included. It bounds memory, and how long a short query of another client has to wait.
    pub(crate) padded_pieces: usize,
    /// Texts.
    pub(crate) texts: usize,
}

/// What the server uses: some 0.3 seconds of work on one core. Larger batches gained nothing (128 texts
/// of 100 words took 6.4 to 8.7 seconds with 256 to 8192 pieces, within the noise) and make a short query
/// of another client wait longer.
pub(crate) const SERVER_LIMITS: BatchLimits = BatchLimits { padded_pieces: 512, texts: 64 };

/// Groups texts of like length: the first part is the indexes sorted by piece count, the second the
/// batches as ranges of it, shortest first. A text that is over the limit alone gets its own batch.
/// `counts` holds the pieces the model will read of each text.
pub(crate) fn by_length(counts: &[usize], limits: BatchLimits) -> (Vec<usize>, Vec<Range<usize>>) {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&index| counts[index]);
    let mut batches = Vec::new();
    let mut start = 0;
    for end in 0..order.len() {
        // Sorted, so the text that joins is the longest of the batch.
        let texts = end - start + 1;
        let padded = counts[order[end]].saturating_mul(texts);
        if end > start && (padded > limits.padded_pieces || texts > limits.texts) {
            batches.push(start..end);
            start = end;
        }
    }
    if start < order.len() {
        batches.push(start..order.len());
    }
    (order, batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_texts_are_not_padded_to_the_long_one() {
        let limits = BatchLimits { padded_pieces: 20, texts: 8 };
        let (order, batches) = by_length(&[100, 3, 2, 10, 4], limits);
        assert_eq!(order, [2, 1, 4, 3, 0]);
        assert_eq!(batches, [0..3, 3..4, 4..5]);
        assert!(by_length(&[], limits).1.is_empty());
    }

    proptest! {
        #[test]
        fn each_text_is_in_one_batch_and_batches_keep_the_limits(
            counts in prop::collection::vec(0_usize..600, 0..200),
            padded_pieces in 1_usize..4000,
            texts in 1_usize..70,
        ) {
            let (order, batches) = by_length(&counts, BatchLimits { padded_pieces, texts });
            let mut seen = Vec::new();
            for batch in &batches {
                let members = &order[batch.clone()];
                prop_assert!(!members.is_empty() && members.len() <= texts);
                let longest = members.iter().map(|&index| counts[index]).max().unwrap_or(0);
                prop_assert!(members.len() == 1 || longest * members.len() <= padded_pieces);
                seen.extend_from_slice(members);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..counts.len()).collect::<Vec<_>>());
        }
    }
}
