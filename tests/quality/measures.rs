//! The measures, as the usual evaluation tools define them.

/// What a way of searching reached on a collection: means over its queries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Normalised discounted cumulative gain of the first ten.
    pub(crate) ndcg: f64,
    /// The share of what is relevant among the first hundred.
    pub(crate) recall: f64,
}

/// A running mean.
#[derive(Debug, Default)]
pub(crate) struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    pub(crate) fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    pub(crate) fn value(&self) -> f64 {
        self.sum / f64::from(self.count.max(1))
    }
}

/// Järvelin and Kekäläinen (2002) with linear gains and a discount of log2(rank + 1), as BEIR reports it.
/// `found` has the grade of each hit, best hit first, 0 for one that is not judged; `judged` has all grades.
pub(crate) fn ndcg(found: &[u32], judged: &[u32], depth: usize) -> f64 {
    let gain = |grades: &[u32]| -> f64 {
        let ranked = grades.iter().take(depth).enumerate();
        ranked.map(|(index, grade)| f64::from(*grade) / (index as f64 + 2.0).log2()).sum()
    };
    let mut best = judged.to_vec();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let best = gain(&best);
    if best > 0.0 { gain(found) / best } else { 0.0 }
}

/// The share of what is relevant at all among the first `depth`.
pub(crate) fn recall(found: &[u32], judged: &[u32], depth: usize) -> f64 {
    let relevant = |grades: &[u32]| grades.iter().filter(|grade| **grade > 0).count() as f64;
    let all = relevant(judged);
    if all > 0.0 { relevant(&found[..found.len().min(depth)]) / all } else { 0.0 }
}

#[test]
fn measures_are_the_published_ones() {
    // The example of trec_eval's manual: grades 1 at ranks 1 and 3 of two relevant.
    assert!((ndcg(&[1, 0, 1], &[1, 1], 10) - (1.0 + 0.5) / (1.0 + 1.0 / 3f64.log2())).abs() < 1e-12);
    assert!((ndcg(&[0, 2], &[2, 1], 10) - (2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2())).abs() < 1e-12);
    assert_eq!(ndcg(&[2, 1], &[1, 2], 10), 1.0);
    assert_eq!(ndcg(&[0, 1], &[1], 1), 0.0);
    assert_eq!(recall(&[0, 1, 0, 2], &[1, 2, 1, 1], 3), 0.25);
}
