//! Maps, read key by key.

use std::collections::BTreeMap;

use crate::manifest::findings::Findings;
use crate::manifest::reader::Found;
use crate::manifest::suggest::{nearest, nearest_word};
use crate::node::{Entry, Mark};
use crate::rule::Rule;
use crate::violation::FieldPath;

/// A map that is read key by key. [`MapReader::close`] must be called: it reports what is unknown, missing or repeated.
#[derive(Debug)]
pub(in crate::manifest) struct MapReader<'n> {
    entries: &'n [Entry],
    at: Mark,
    path: FieldPath,
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl<'n> MapReader<'n> {
    pub(super) fn new(entries: &'n [Entry], at: Mark, path: FieldPath) -> Self {
        Self {
            entries,
            at,
            path,
            known: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The value of `key`, where there is one.
    pub(in crate::manifest) fn take(&mut self, key: &'static str) -> Option<Found<'n>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Found {
            node: &entry.node,
            path: self.path.key(key),
        })
    }

    /// The value of `key`, which must be there.
    pub(in crate::manifest) fn require(&mut self, key: &'static str) -> Option<Found<'n>> {
        let found = self.take(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    /// What `decode` makes of `key`, which must be there; `None` where a finding stands in the way.
    pub(in crate::manifest) fn required<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        decode: impl FnOnce(&mut Findings, &Found<'n>) -> Option<T>,
    ) -> Option<T> {
        self.require(key).and_then(|found| decode(findings, &found))
    }

    /// What `decode` makes of `key`: `Some(None)` where the key is absent, `None` where a finding stands in the way.
    #[expect(
        clippy::option_option,
        reason = "absent and unsound are two things: the outer level works with `?`"
    )]
    pub(in crate::manifest) fn optional<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        decode: impl FnOnce(&mut Findings, &Found<'n>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.take(key) {
            Some(found) => decode(findings, &found).map(Some),
            None => Some(None),
        }
    }

    /// What `decode` makes of `key`, or `default` where the key is absent; `None` where a finding stands in the way.
    pub(in crate::manifest) fn or<T>(
        &mut self,
        findings: &mut Findings,
        key: &'static str,
        default: T,
        decode: impl FnOnce(&mut Findings, &Found<'n>) -> Option<T>,
    ) -> Option<T> {
        match self.take(key) {
            Some(found) => decode(findings, &found),
            None => Some(default),
        }
    }

    /// The value of that one of `keys` which is there, and the map is closed; both and neither are findings of `rule` at the map.
    pub(in crate::manifest) fn one_of(
        mut self,
        findings: &mut Findings,
        rule: Rule,
        keys: [&'static str; 2],
    ) -> Option<Either<'n>> {
        let [first, second] = keys.map(|key| self.take(key));
        let (at, path) = (self.at, self.path.clone());
        let closed = self.close(findings);
        let [one, other] = keys;
        let message = match (first, second) {
            (Some(first), None) => return Some(Either::First(first)),
            (None, Some(second)) => return Some(Either::Second(second)),
            (Some(_), Some(_)) => format!("found both `{one}` and `{other}`, expected one of them"),
            // A key that is unknown here is likely to be one of the two, misspelt: one mistake, one finding.
            (None, None) if !closed => return None,
            (None, None) => format!("found neither `{one}` nor `{other}`, expected one of them"),
        };
        findings.report_at(rule, at, &path, message, None);
        None
    }

    /// Reports keys that are unknown or repeated, and required ones that are missing; says whether there was none.
    pub(in crate::manifest) fn close(mut self, findings: &mut Findings) -> bool {
        let mut sound = true;
        let first = first_marks(self.entries);
        let mut seen = Seen::default();
        for entry in self.entries {
            let path = self.path.key(&entry.key);
            if seen.repeats(findings, entry, &path) {
                sound = false;
            } else if !self.known.contains(&entry.key.as_str()) {
                sound = false;
                let absent = |key: &&str| !first.contains_key(key);
                let meant = nearest_word(&entry.key, self.known.iter().copied().filter(absent));
                // A misspelt key is one mistake: the key that it was meant to be is not reported as missing besides.
                self.missing.retain(|key| Some(*key) != meant);
                let hint = match (meant, nearest(&entry.key, self.known.iter().copied())) {
                    (Some(key), _) => format!("did you mean `{key}`?"),
                    (None, Some(key)) => format!("`{key}` is there already: remove one of them"),
                    (None, None) => format!("known here: {}", self.known.join(", ")),
                };
                let message = format!("unknown key `{}`", entry.key);
                findings.report_at(Rule::M003, entry.at, &path, message, Some(hint));
            }
        }
        for key in self.missing {
            sound = false;
            let message = format!("key `{key}` is missing");
            findings.report_at(Rule::M003, self.at, &self.path.key(key), message, None);
        }
        sound
    }
}

/// The one that is there of two keys, of which exactly one must be.
#[derive(Debug)]
pub(in crate::manifest) enum Either<'n> {
    First(Found<'n>),
    Second(Found<'n>),
}

fn first_marks(entries: &[Entry]) -> BTreeMap<&str, Mark> {
    let marks = entries.iter().rev();
    marks.map(|entry| (entry.key.as_str(), entry.at)).collect()
}

/// The keys of one map that were read so far.
#[derive(Debug, Default)]
pub(super) struct Seen<'n>(BTreeMap<&'n str, Mark>);

impl<'n> Seen<'n> {
    /// Whether the key of `entry`, which stands at `path`, was there before; then it is reported.
    pub(super) fn repeats(
        &mut self,
        findings: &mut Findings,
        entry: &'n Entry,
        path: &FieldPath,
    ) -> bool {
        let Some(first) = self.0.get(entry.key.as_str()) else {
            self.0.insert(&entry.key, entry.at);
            return false;
        };
        let message = format!(
            "key `{}` stands twice, first in line {}",
            entry.key, first.line
        );
        let hint = "remove one of them";
        findings.report_again(Rule::M003, entry.at, path, message, hint, *first);
        true
    }
}
