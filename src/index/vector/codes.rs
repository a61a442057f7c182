//! Sign codes: one bit for each number of a vector, set where the number is positive.
//!
//! The share of equal bits of two unit vectors grows with their cosine (Charikar 2002, "Similarity estimation
//! techniques from rounding algorithms"), so counting them chooses a few of many at a word of 64 bits a step.
//! Those are put in order by the query's own numbers, each with the sign that the code has for it, which is
//! nearer to the cosine; and the best of them are then scored exactly by the caller. The codes are a
//! fifteenth of the graph on disk and in memory, and are made as fast as the vectors are read.

use crate::error::{Error, Kind, Result};

/// How many codes are kept by counting bits, and how many of those by the query's numbers, for each hit that
/// is wanted and at least. Of 12,000 passages of real texts all ten nearest to another were among the 800 by
/// bits (99.9 % among 400) and among the 200 by numbers (99.8 % among 100); of 100,000 made by moving those a
/// little, also.
const BY_BITS: (usize, usize) = (4, 1000);
const BY_NUMBERS: (usize, usize) = (2, 200);

/// The codes of a snapshot, in the order of its keys.
pub(super) struct Codes<'a> {
    image: &'a [u8],
    dims: usize,
}

/// So many for `k` hits.
fn enough((each, least): (usize, usize), k: usize) -> usize {
    k.saturating_mul(each).max(least)
}

/// How many bytes a code has.
fn code_len(dims: usize) -> usize {
    dims.div_ceil(64) * 8
}

/// Adds a vector's code to an image.
pub(super) fn push(image: &mut Vec<u8>, vector: &[f32]) {
    for numbers in vector.chunks(64) {
        let bits = numbers.iter().enumerate().map(|(at, number)| u64::from(*number > 0.0) << at);
        image.extend(bits.fold(0, |word, bit| word | bit).to_le_bytes());
    }
}

impl<'a> Codes<'a> {
    /// The codes of so many vectors in an image.
    pub(super) fn of(image: &'a [u8], dims: usize, count: usize) -> Result<Codes<'a>> {
        if image.len() != count * code_len(dims) {
            return Err(Error::new(Kind::Corrupt, format!("{} bytes are no codes of {count} vectors", image.len())));
        }
        Ok(Codes { image, dims })
    }

    /// Enough of the keys, or of those `wanted`, for the `k` nearest to the query to be among them, ascending.
    /// `keys` are the keys of the codes; both are ascending, and `wanted` is a part of `keys`.
    pub(super) fn nearest(&self, query: &[f32], k: usize, keys: &[i64], wanted: Option<&[i64]>) -> Vec<i64> {
        let mut rest = wanted.map(|wanted| wanted.iter().peekable());
        let mut is_wanted = |key: &i64| rest.as_mut().is_none_or(|rest| rest.next_if_eq(&key).is_some());
        let codes = keys.iter().zip(self.image.chunks_exact(code_len(self.dims)));
        let codes: Vec<(i64, &[u8])> =
            codes.filter(|(key, _)| is_wanted(key)).map(|(key, code)| (*key, code)).collect();
        let near = by_bits(query, &codes, enough(BY_BITS, k));
        by_numbers(query, near, enough(BY_NUMBERS, k))
    }
}

/// The `count` codes that differ from the query's in the fewest bits, in the order given.
fn by_bits<'a>(query: &[f32], codes: &[(i64, &'a [u8])], count: usize) -> Vec<(i64, &'a [u8])> {
    let count = count.min(codes.len());
    let mut code = Vec::new();
    push(&mut code, query);
    let code: Vec<u64> = words(&code).collect();
    let distance = |other: &[u8]| words(other).zip(&code).map(|(a, b)| (a ^ b).count_ones() as usize).sum::<usize>();
    let distances: Vec<usize> = codes.iter().map(|(_, other)| distance(other)).collect();
    // A distance is at most the number of dimensions, so counting sorts them.
    let mut counts = vec![0usize; query.len() + 1];
    distances.iter().for_each(|distance| counts[*distance] += 1);
    let (mut border, mut nearer) = (0, 0);
    while nearer + counts[border] < count {
        nearer += counts[border];
        border += 1;
    }
    let mut places_at_border = count - nearer;
    let near = codes.iter().zip(distances).filter(|(_, distance)| {
        let chosen = *distance < border || (*distance == border && places_at_border > 0);
        places_at_border -= usize::from(chosen && *distance == border);
        chosen
    });
    near.map(|(code, _)| *code).collect()
}

/// The keys of the `count` codes with the greatest sum of the query's numbers, each counted for a bit that is
/// set and against one that is not. Ascending.
fn by_numbers(query: &[f32], mut codes: Vec<(i64, &[u8])>, count: usize) -> Vec<i64> {
    if codes.len() > count {
        // What each value of each byte comes to.
        let sum = |numbers: &[f32], byte: usize| -> f32 {
            numbers.iter().enumerate().map(|(at, number)| if byte >> at & 1 == 1 { *number } else { -number }).sum()
        };
        let sums: Vec<[f32; 256]> =
            query.chunks(8).map(|numbers| std::array::from_fn(|byte| sum(numbers, byte))).collect();
        let score = |code: &[u8]| sums.iter().zip(code).map(|(sums, byte)| sums[usize::from(*byte)]).sum::<f32>();
        let mut scored: Vec<(f32, (i64, &[u8]))> = codes.into_iter().map(|code| (score(code.1), code)).collect();
        scored.select_nth_unstable_by(count, |(a, (key_a, _)), (b, (key_b, _))| b.total_cmp(a).then(key_a.cmp(key_b)));
        scored.truncate(count);
        codes = scored.into_iter().map(|(_, code)| code).collect();
    }
    let mut keys: Vec<i64> = codes.into_iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys
}

fn words(code: &[u8]) -> impl Iterator<Item = u64> {
    code.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::index::vector::{dot, normalise};
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    #[test]
    fn an_image_of_another_length_is_refused() {
        assert!(Codes::of(&[0; 48], 384, 1).is_ok());
        assert!(Codes::of(&[0; 48], 384, 2).is_err());
        assert!(Codes::of(&[0; 48], 768, 1).is_err());
    }

    /// As many numbers as a model gives, in clusters as texts are.
    #[test]
    fn the_ten_nearest_are_among_the_chosen() {
        let mut random = StdRng::seed_from_u64(3);
        let mut gaussian =
            || -> Vec<f32> { (0..384).map(|_| (0..12).map(|_| random.random::<f32>()).sum::<f32>() - 6.0).collect() };
        let centres: Vec<Vec<f32>> = (0..50).map(|_| gaussian()).collect();
        let mut vector = |at: usize| {
            let sum: Vec<f32> = centres[at % 50].iter().zip(gaussian()).map(|(centre, noise)| centre + noise).collect();
            normalise(&sum).unwrap()
        };
        let vectors: Vec<Vec<f32>> = (0..6000).map(&mut vector).collect();
        let mut image = Vec::new();
        vectors.iter().for_each(|vector| push(&mut image, vector));
        let keys: Vec<i64> = (1..=6000).collect();
        let codes = Codes::of(&image, 384, 6000).unwrap();
        let (mut found, queries) = (0, 40);
        for at in 0..queries {
            let query = vector(at);
            let mut nearest = keys.clone();
            nearest.sort_by(|a, b| {
                dot(&query, &vectors[*b as usize - 1]).total_cmp(&dot(&query, &vectors[*a as usize - 1]))
            });
            let chosen = codes.nearest(&query, 10, &keys, None);
            found += nearest[..10].iter().filter(|key| chosen.contains(key)).count();
        }
        assert!(found * 100 >= queries * 10 * 99, "{found} of {}", queries * 10);
    }

    proptest! {
        #[test]
        fn the_nearest_codes_are_chosen_among_the_wanted(
            vectors in proptest::collection::vec(proptest::collection::vec(-1f32..1.0, 70), 1..60),
            wanted in proptest::collection::vec(any::<bool>(), 60),
            count in 0usize..70,
        ) {
            let mut image = Vec::new();
            vectors.iter().for_each(|vector| push(&mut image, vector));
            let keys: Vec<i64> = (0..vectors.len() as i64).map(|key| key * 3 + 1).collect();
            let wanted: Vec<i64> = keys.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(key, _)| *key).collect();
            let codes = Codes::of(&image, 70, vectors.len()).unwrap();
            let query = &vectors[0];
            prop_assert_eq!(&codes.nearest(query, 10, &keys, Some(&wanted)), &wanted, "these are few");
            prop_assert_eq!(&codes.nearest(query, 10, &keys, None), &keys);

            let place = |key: i64| (key as usize - 1) / 3;
            let codes: Vec<(i64, &[u8])> = wanted.iter().map(|key| (*key, &image[place(*key) * 16..][..16])).collect();
            let found = by_bits(query, &codes, count);
            let distance = |key: i64| query.iter().zip(&vectors[place(key)]).filter(|(a, b)| (**a > 0.0) != (**b > 0.0)).count();
            let mut expected: Vec<usize> = wanted.iter().map(|key| distance(*key)).collect();
            expected.sort_unstable();
            expected.truncate(count);
            let mut reached: Vec<usize> = found.iter().map(|(key, _)| distance(*key)).collect();
            reached.sort_unstable();
            prop_assert_eq!(reached, expected);

            let found = by_numbers(query, codes.clone(), count);
            prop_assert!(found.is_sorted() && found.len() == count.min(wanted.len()));
            let score = |key: i64| query.iter().zip(&vectors[place(key)]).map(|(a, b)| if *b > 0.0 { *a } else { -a }).sum::<f32>();
            let least = found.iter().map(|key| score(*key)).fold(f32::INFINITY, f32::min);
            prop_assert!(wanted.iter().all(|key| found.contains(key) || score(*key) <= least + 1e-4));
        }
    }
}
