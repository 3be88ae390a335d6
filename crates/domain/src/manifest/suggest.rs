//! "Did you mean": the nearest of some known words. It guesses for hints only; no guess is ever taken for what was meant.

/// The most edits between a word and what it is taken for.
const MAX_EDITS: usize = 2;

/// The word of `known` that `found` is nearest to: equal but for case, or at most two edits away and not wholly different.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = near(found, known).min_by_key(|(distance, _)| *distance);
    near.map(|(_, word)| word)
}

/// All words of `known` that [`nearest`] could choose from, because none is nearer.
pub(crate) fn all_nearest<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let near: Vec<(usize, &str)> = near(found, known).collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    let nearest = near.iter().filter(|(distance, _)| Some(*distance) == least);
    nearest.map(|(_, word)| *word).collect()
}

/// The words of `known` that are near enough to `found`, each with its distance.
fn near<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> impl Iterator<Item = (usize, &'a str)> {
    let lower = found.to_lowercase();
    known
        .into_iter()
        .map(move |word| (edits(&lower, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= MAX_EDITS && *distance * 2 < word.chars().count())
}

/// As [`nearest`], and among words of a closed set also by what they are made of: `refresh_intervall` means `refresh`, `bool`
/// means `boolean`. Underscores and dashes do not count.
pub(super) fn nearest_word<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let joined: String = found.split(['_', '-']).collect();
    if let Some(word) = nearest(&joined, known.iter().copied()) {
        return Some(word);
    }
    let parts = parts(found);
    let shared = |word: &str| {
        let known = self::parts(word);
        let fits = |part: &&String| known.iter().any(|known| resembles(part, known));
        parts.iter().filter(fits).count()
    };
    let scored = known.into_iter().map(|word| (shared(word), word));
    // Of equal ones the first, as elsewhere.
    let best = scored.rev().max_by_key(|(shared, _)| *shared);
    best.filter(|(shared, _)| *shared > 0).map(|(_, word)| word)
}

/// The words that `camelCase` and `snake_case` are made of, in lower case; of long text, as no known word is, none.
fn parts(word: &str) -> Vec<String> {
    const LONGEST: usize = 64;
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in word.chars().take(LONGEST) {
        let separates = matches!(c, '_' | '-' | ' ');
        if separates || was_lower && c.is_uppercase() {
            parts.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(last) = parts.last_mut().filter(|_| !separates) {
            last.extend(c.to_lowercase());
        }
    }
    parts
}

/// Whether one part begins the other, or both are one edit apart; short ones say too little.
fn resembles(left: &str, right: &str) -> bool {
    const SHORTEST: usize = 3;
    const SHORTEST_WITH_EDIT: usize = 5;
    let shorter = left.len().min(right.len());
    let begins = left.starts_with(right) || right.starts_with(left);
    shorter >= SHORTEST && begins || shorter >= SHORTEST_WITH_EDIT && edits(left, right) <= 1
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
            ("refreshing", None),
            ("ttl", None),
            ("", None),
        ] {
            assert_eq!(nearest(found, known), want, "case: {found}");
        }
    }

    #[test]
    fn of_several_near_names_the_nearest_is_meant_and_of_equal_ones_the_first() {
        assert_eq!(nearest("score_b", ["score_cd", "score_a"]), Some("score_a"));
        assert_eq!(nearest("score_c", ["score_b", "score_a"]), Some("score_b"));
    }

    #[test]
    fn m_07_words_of_a_closed_set_are_recognized_by_their_parts() {
        let known = ["refresh", "intervalMinutes", "boolean", "ADD_OFFSET", "ttl"];
        for (found, want) in [
            ("interval_minutes", Some("intervalMinutes")),
            ("refresh_intervall", Some("refresh")),
            ("refreshInterval", Some("refresh")),
            ("intervall", Some("intervalMinutes")),
            ("bool", Some("boolean")),
            ("ADD", Some("ADD_OFFSET")),
            ("Refersh", Some("refresh")),
            ("in", None),
            ("schedule", None),
            ("", None),
        ] {
            assert_eq!(nearest_word(found, known), want, "case: {found}");
        }
    }
}
