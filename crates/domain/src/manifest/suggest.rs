//! "Did you mean": the nearest of some known words.

/// The most edits between a word and what it is taken for.
const MAX_EDITS: usize = 2;

/// The word of `known` that `found` is nearest to: equal but for case, or at most two edits away and not wholly different.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    known
        .into_iter()
        .map(|word| (edits(&lower, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= MAX_EDITS && *distance * 2 < word.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many characters must be inserted, removed or replaced to get from one word to the other, a swap counting once.
fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    if left.len().abs_diff(right.len()) > MAX_EDITS {
        return MAX_EDITS + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in right.iter().enumerate() {
            let mut cost = (previous[column] + usize::from(from != to))
                .min(previous[column + 1] + 1)
                .min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *from == right[column - 1] && left[row - 1] == *to;
            if swapped {
                cost = cost.min(before[column - 1] + 1);
            }
            current.push(cost);
        }
        before = previous;
        previous = current;
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_recognized_and_strangers_are_not() {
        let known = ["description", "refresh", "name", "key"];
        for (found, want) in [
            ("descripton", Some("description")),
            ("Description", Some("description")),
            ("refersh", Some("refresh")),
            ("nmae", Some("name")),
            ("kye", Some("key")),
            ("ttl", None),
            ("", None),
        ] {
            assert_eq!(nearest(found, known), want, "case: {found}");
        }
    }
}
