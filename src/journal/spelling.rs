//! How far two words are apart.

/// Whether two words are at most so many insertions, deletions, replacements or swaps of neighbours
/// apart (optimal string alignment, as in the search).
pub fn within(wanted: &[char], word: &str, distance: usize) -> bool {
    apart(wanted, word, distance).is_some()
}

/// How many insertions, deletions, replacements and swaps of neighbours two words are apart; nothing
/// when it is more than `most`.
pub fn apart(wanted: &[char], word: &str, most: usize) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    if wanted.len().abs_diff(word.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=word.len()).collect();
    for (i, a) in wanted.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in word.iter().enumerate() {
            let mut cost = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == word[j - 1] && wanted[i - 1] == *b {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        // Nothing below the least number of a row comes out of it.
        if row.iter().min().is_some_and(|least| *least > most + 1) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    Some(last[word.len()]).filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_a_swap_once() {
        let near = |a: &str, b, distance| within(&a.chars().collect::<Vec<_>>(), b, distance);
        assert!(near("recieve", "receive", 1) && near("caf", "cafe", 1) && near("über", "uber", 1));
        assert!(!near("kitten", "sitting", 2) && !near("ab", "abcd", 1));
        assert!(near("abc", "abc", 0) && near("", "a", 1));
        let far = |a: &str, b| apart(&a.chars().collect::<Vec<_>>(), b, 9);
        assert_eq!(
            (far("kitten", "sitting"), far("sleping", "sleeping"), far("abc", "abc")),
            (Some(3), Some(1), Some(0))
        );
    }
}
