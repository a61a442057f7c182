//! How the texts of one request are put into batches. Pure.

/// Bounds on one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Word pieces of the longest text times the number of texts: at most so many are computed, all of them
    /// where an architecture fills shorter texts up. It bounds memory, and how long a short query of another client has to wait.
    pub(crate) padded_pieces: usize,
    /// Texts.
    pub(crate) texts: usize,
}

/// What the server uses: some 0.07 seconds of work for one core. Larger batches gain nothing (128 texts took
/// 1.66 s by batches of 256 pieces, 1.57 s by 512, 1.58 s by 1024) and make a short query of another client
/// wait longer.
pub(crate) const SERVER_LIMITS: BatchLimits = BatchLimits { padded_pieces: 512, texts: 64 };

/// A batch that is being filled with texts as they come, best in the order of their length.
#[derive(Debug)]
pub(crate) struct Filling<T> {
    limits: BatchLimits,
    longest: usize,
    texts: Vec<T>,
}

impl<T> Filling<T> {
    /// An empty one.
    pub(crate) fn new(limits: BatchLimits) -> Self {
        Filling { limits, longest: 0, texts: Vec::new() }
    }

    /// Adds a text of so many pieces as the model will read, and gives the batch before it, when that has no
    /// room for it. A text that is over the limit alone gets its own batch.
    pub(crate) fn add(&mut self, pieces: usize, text: T) -> Option<Vec<T>> {
        let longest = self.longest.max(pieces);
        let texts = self.texts.len() + 1;
        let full = longest.saturating_mul(texts) > self.limits.padded_pieces || texts > self.limits.texts;
        if texts > 1 && full {
            self.longest = pieces;
            return Some(std::mem::replace(&mut self.texts, vec![text]));
        }
        self.longest = longest;
        self.texts.push(text);
        None
    }

    /// The last batch; nothing when no text has come.
    pub(crate) fn rest(self) -> Vec<T> {
        self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn batches(counts: &[usize], limits: BatchLimits) -> Vec<Vec<usize>> {
        let mut filling = Filling::new(limits);
        let mut all: Vec<Vec<usize>> =
            counts.iter().enumerate().filter_map(|(index, &count)| filling.add(count, index)).collect();
        all.extend(Some(filling.rest()).filter(|rest| !rest.is_empty()));
        all
    }

    #[test]
    fn short_texts_are_not_padded_to_the_long_one() {
        let limits = BatchLimits { padded_pieces: 20, texts: 8 };
        assert_eq!(batches(&[2, 3, 4, 10, 100, 1], limits), [vec![0, 1, 2], vec![3], vec![4], vec![5]]);
        assert_eq!(batches(&[1; 9], limits), [(0..8).collect(), vec![8]]);
        assert!(batches(&[], limits).is_empty());
    }

    proptest! {
        #[test]
        fn each_text_is_in_one_batch_and_batches_keep_the_limits(
            counts in prop::collection::vec(0_usize..600, 0..200),
            padded_pieces in 1_usize..4000,
            texts in 1_usize..70,
        ) {
            let all = batches(&counts, BatchLimits { padded_pieces, texts });
            for batch in &all {
                prop_assert!(!batch.is_empty() && batch.len() <= texts);
                let longest = batch.iter().map(|&index| counts[index]).max().unwrap_or(0);
                prop_assert!(batch.len() == 1 || longest * batch.len() <= padded_pieces);
            }
            prop_assert_eq!(all.concat(), (0..counts.len()).collect::<Vec<_>>());
        }
    }
}
