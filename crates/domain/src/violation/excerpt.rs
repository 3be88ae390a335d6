//! The line that a finding is about, for people: what of it may be shown, and which part of it is meant.
//!
//! It looks at one line by itself and knows no grammar beyond that of a word; files are read elsewhere.

use crate::rule::Rule;
use crate::variable::{looks_like_secret, may_hold_secret};
use crate::violation::FieldPath;

mod word;

/// What may be shown of a line, in three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What stands before the part that is meant.
    pub before: String,
    /// The part that is meant; empty at the end of a line.
    pub marked: String,
    /// What stands behind it.
    pub after: String,
}

/// What stands in the place of something that is not shown.
const LEFT_OUT: &str = "…";

impl Excerpt {
    /// The most characters of each part.
    pub const MAX_CHARS: usize = 200;

    /// The whole of it.
    pub fn text(&self) -> String {
        [&*self.before, &self.marked, &self.after].concat()
    }

    /// What may be shown of `line` of `file` to mark its column `column`, by a finding of `rule` at `path`.
    ///
    /// `None` where nothing may be, because a secret could stand there.
    pub(super) fn of(
        rule: Rule,
        path: &FieldPath,
        file: &str,
        line: &str,
        column: u32,
    ) -> Option<Self> {
        let line = line.trim_end();
        let passed = usize::try_from(column).ok()?.checked_sub(1)?;
        let at = line
            .char_indices()
            .nth(passed)
            .map_or(line.len(), |(at, _)| at);
        let (before, rest) = line.split_at(at);
        let end = if rule.is_of_script() {
            word::in_script(rest)
        } else {
            word::in_manifest(file, before, rest)
        };
        let (marked, after) = rest.split_at(end);
        let found = Self {
            before: before.to_owned(),
            marked: marked.to_owned(),
            after: after.to_owned(),
        };
        let shown = match extent(rule, path, line, marked) {
            Extent::Nothing => return None,
            Extent::Key => found.key(),
            Extent::Entry => found.entry(),
            Extent::Line => found,
        };
        Some(Self {
            before: last(&shown.before),
            marked: first(&shown.marked),
            after: first(&shown.after),
        })
    }

    /// The marked part with the key before it.
    fn entry(self) -> Self {
        let (head, key) = self.before.split_at(word::key_before(&self.before));
        let indent = head.trim_start_matches([' ', '\t', '-', '{', '[']);
        let before = if indent.is_empty() {
            self.before
        } else {
            format!("{LEFT_OUT} {key}")
        };
        let after = match self.after.chars().next() {
            None => String::new(),
            Some(':') => format!(": {LEFT_OUT}"),
            Some(_) => format!(" {LEFT_OUT}"),
        };
        Self {
            before,
            marked: self.marked,
            after,
        }
    }

    /// The key before the marked part.
    fn key(self) -> Self {
        Self {
            marked: LEFT_OUT.to_owned(),
            after: String::new(),
            ..self.entry()
        }
    }
}

/// How much of a line may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Nothing,
    /// The key before the marked part, and not what is there.
    Key,
    /// The marked part, and the key before it.
    Entry,
    Line,
}

/// How much of `line` may be shown, in which a finding of `rule` at `path` is about `marked`.
fn extent(rule: Rule, path: &FieldPath, line: &str, marked: &str) -> Extent {
    let holds = |word: &&str| line.to_lowercase().contains(*word);
    if rule.is_of_script() {
        // A manifest may hold a script and variables in one line.
        let beside_variables = ["variab", "value"].iter().all(holds);
        let silent = rule == Rule::W007 || may_hold_secret(line) || beside_variables;
        return if silent {
            Extent::Nothing
        } else {
            Extent::Line
        };
    }
    let path = path.as_str();
    let key = path.rsplit('.').next().unwrap_or_default();
    let block = ["spec.variables[", "spec.cache.invalidation["]
        .iter()
        .find_map(|block| path.strip_prefix(block));
    let field = block.map(|item| item.split_once("].").map_or("", |(_, field)| field));
    let in_field = |name| field.is_some_and(|field| field.split(['.', '[']).next() == Some(name));
    let suspect = may_hold_secret(line) || ["value", "variab", "encrypt"].iter().any(holds);
    match rule {
        // What is no manifest has no path that tells what stands there: it may be anything.
        Rule::M001 => Extent::Nothing,
        Rule::E007 => Extent::Entry,
        // A value may be a secret that stands in clear by mistake, and a URL may hold a password.
        _ if ["value", "valueFrom", "source", "encrypted"]
            .into_iter()
            .any(in_field) =>
        {
            Extent::Key
        }
        // Something that stands where a variable or a directive should may be a value too.
        _ if field == Some("")
            && !marked.starts_with(['{', '['])
            && !line.contains(&format!("{marked}:")) =>
        {
            Extent::Nothing
        }
        _ if (suspect || block.is_some()) && marked.starts_with(['{', '[']) => Extent::Key,
        _ if looks_like_secret(key, marked) => Extent::Key,
        _ if key != "name" && may_hold_secret(marked) => Extent::Key,
        // What stands before and behind it may be such a value.
        _ if suspect || block.is_some() => Extent::Entry,
        // So may be all that stands behind a key that is unknown or repeated.
        Rule::M003 if marked.trim_matches(['"', '\'']) == key => Extent::Entry,
        _ => Extent::Line,
    }
}

/// The beginning of `text`.
fn first(text: &str) -> String {
    match text.char_indices().nth(Excerpt::MAX_CHARS) {
        None => text.to_owned(),
        Some(_) => {
            text.chars()
                .take(Excerpt::MAX_CHARS - 1)
                .collect::<String>()
                + LEFT_OUT
        }
    }
}

/// The end of `text`.
fn last(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= Excerpt::MAX_CHARS {
        return text.to_owned();
    }
    let kept = text.chars().skip(chars + 1 - Excerpt::MAX_CHARS);
    LEFT_OUT.chars().chain(kept).collect()
}

#[cfg(test)]
mod tests;
