//! One ranked list from several: reciprocal rank fusion.
//!
//! BM25 scores and cosines are not comparable, ranks are. Each list gives a hit 1 / (60 + rank)
//! (Cormack, Clarke & Büttcher 2009), and the sums are ranked.

use std::collections::HashMap;
use uuid::Uuid;

/// The constant of the method: how little the first ranks stand out.
const K: f64 = 60.0;

/// Fuses ranked lists of ids, best first. Ties are broken by the best rank in any list, then by id,
/// newest first.
pub fn fuse(lists: &[&[Uuid]]) -> Vec<(Uuid, f64)> {
    let mut sums: HashMap<Uuid, (f64, usize)> = HashMap::new();
    for list in lists {
        for (index, id) in list.iter().enumerate() {
            let (score, best) = sums.entry(*id).or_insert((0.0, usize::MAX));
            *score += 1.0 / (K + index as f64 + 1.0);
            *best = (*best).min(index);
        }
    }
    let mut fused: Vec<(Uuid, (f64, usize))> = sums.into_iter().collect();
    fused.sort_by(|(a, (score_a, best_a)), (b, (score_b, best_b))| {
        score_b.total_cmp(score_a).then(best_a.cmp(best_b)).then(b.cmp(a))
    });
    fused.into_iter().map(|(id, (score, _))| (id, score)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_lists_know_comes_first() {
        let [a, b, c, d] = [1, 2, 3, 4].map(Uuid::from_u128);
        let fused = fuse(&[&[a, b, c], &[c, d, b]]);
        let order: Vec<Uuid> = fused.iter().map(|(id, _)| *id).collect();
        assert_eq!(order, [c, b, a, d]);
        assert!((fused[0].1 - (1.0 / 63.0 + 1.0 / 61.0)).abs() < 1e-12);
        assert!(fuse(&[]).is_empty());
    }
}
