//! Exact arithmetic on vectors: the score of a hit is made here and nowhere else.

use crate::error::{Error, Kind, Result};
use crate::index::vector::{Hit, VectorSource};

/// How far the squared length of a unit vector may be from 1. Sixteen-bit models leave about 1e-3.
const UNIT_TOLERANCE: f32 = 0.02;

/// Sums kept apart while adding, so that the compiler can add them side by side.
const LANES: usize = 16;

/// The inner product of two vectors of one length; for unit vectors, their cosine.
///
/// The order of additions is fixed, so equal inputs give equal bits on every path.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

/// Scales a vector to length one. `None` when it has no direction: all zero, or not finite.
pub fn normalise(vector: &[f32]) -> Option<Vec<f32>> {
    let length = dot(vector, vector).sqrt();
    if !length.is_finite() || length < f32::MIN_POSITIVE {
        return None;
    }
    Some(vector.iter().map(|x| x / length).collect())
}

/// Why a vector cannot be used, if it cannot: wrong length, not finite, or not of length one.
pub(super) fn fault(vector: &[f32], dims: usize) -> Option<String> {
    if vector.len() != dims {
        return Some(format!("has {} numbers where {dims} were expected", vector.len()));
    }
    let square = dot(vector, vector);
    if !square.is_finite() {
        return Some("holds a number that is not finite".to_owned());
    }
    if (square - 1.0).abs() > UNIT_TOLERANCE {
        return Some(format!("is not of length one (its length is {:.4})", square.sqrt()));
    }
    None
}

/// The error for a stored vector that cannot be used.
pub(super) fn stored_fault(id: i64, fault: &str) -> Error {
    Error::new(Kind::Corrupt, format!("the stored vector of embedding {id} {fault}")).hint("run `journal doctor`")
}

/// Reads the vectors of these keys, refuses what cannot be used, and hands over each with its key.
/// Every key must have its vector: one that has none is reported as damage.
pub(super) fn each_vector(
    source: &mut dyn VectorSource,
    keys: &[i64],
    dims: usize,
    visit: &mut dyn FnMut(i64, &[f32]) -> Result<()>,
) -> Result<()> {
    let mut seen = 0usize;
    source.vectors(keys, &mut |id, vector| {
        if let Some(fault) = fault(vector, dims) {
            return Err(stored_fault(id, &fault));
        }
        seen += 1;
        visit(id, vector)
    })?;
    if seen != keys.len() {
        return Err(Error::new(
            Kind::Corrupt,
            format!("{} of {} live embeddings have no vector", keys.len() - seen, keys.len()),
        )
        .hint("run `journal doctor`"));
    }
    Ok(())
}

/// The `k` best of these keys for a query, scored exactly. `checked` sees each vector once.
pub(super) fn best(
    source: &mut dyn VectorSource,
    query: &[f32],
    keys: &[i64],
    k: usize,
    checked: &mut dyn FnMut(i64, &[f32]),
) -> Result<Vec<Hit>> {
    let mut hits = Vec::with_capacity(keys.len());
    each_vector(source, keys, query.len(), &mut |key, vector| {
        checked(key, vector);
        hits.push(Hit { key, similarity: dot(query, vector).clamp(-1.0, 1.0) });
        Ok(())
    })?;
    Ok(top(hits, k))
}

/// The first `k` by similarity, highest first, then by key.
fn top(mut hits: Vec<Hit>, k: usize) -> Vec<Hit> {
    let order = |a: &Hit, b: &Hit| b.similarity.total_cmp(&a.similarity).then_with(|| a.key.cmp(&b.key));
    if k < hits.len() {
        hits.select_nth_unstable_by(k, order);
        hits.truncate(k);
    }
    hits.sort_unstable_by(order);
    hits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dot_is_the_sum_of_products(pairs in proptest::collection::vec((-1f32..1.0, -1f32..1.0), 0..100)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let expected: f64 = pairs.iter().map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-4);
        }

        #[test]
        fn top_equals_a_full_sort(scores in proptest::collection::vec(-1f32..1.0, 0..60), k in 0usize..70) {
            // Two decimals only, so that ties are common and the order by key is tested.
            let hits: Vec<Hit> = scores.iter().enumerate()
                .map(|(key, score)| Hit { key: key as i64, similarity: (score * 100.0).round() / 100.0 })
                .collect();
            let mut sorted = hits.clone();
            sorted.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.key.cmp(&b.key)));
            sorted.truncate(k);
            prop_assert_eq!(top(hits, k), sorted);
        }
    }

    #[test]
    fn vectors_that_mean_nothing_are_refused() {
        assert!(fault(&[1.0, 0.0], 2).is_none());
        assert!(fault(&[0.6, 0.8], 2).is_none());
        assert!(fault(&[1.0], 2).unwrap().contains("1 numbers where 2"));
        assert!(fault(&[0.0, 0.0], 2).unwrap().contains("length one"));
        assert!(fault(&[f32::NAN, 0.0], 2).unwrap().contains("finite"));
        assert!(fault(&[f32::INFINITY, 0.0], 2).unwrap().contains("finite"));
        assert!(fault(&[2.0, 0.0], 2).unwrap().contains("2.0000"));
        assert_eq!(normalise(&[3.0, 4.0]).unwrap(), vec![0.6, 0.8]);
        assert_eq!(normalise(&[0.0; 8]), None);
        assert_eq!(normalise(&[f32::NAN; 8]), None);
    }
}
