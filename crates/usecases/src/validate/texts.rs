//! The texts of the files that findings stand in: each is read once, and only where it is needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_domain::violation::{Violation, Violations};
use cxda_ports::manifests::ManifestSource;

/// Texts by the file's name, `None` where one cannot be had.
#[derive(Debug)]
pub(crate) struct Texts<'s> {
    source: &'s dyn ManifestSource,
    known: BTreeMap<Arc<str>, Option<String>>,
}

impl<'s> Texts<'s> {
    /// None yet.
    pub(crate) fn new(source: &'s dyn ManifestSource) -> Self {
        Self {
            source,
            known: BTreeMap::new(),
        }
    }

    /// Takes in the text of `file`, which is no manifest.
    pub(super) fn put(&mut self, file: Arc<str>, text: &str) {
        self.known.insert(file, Some(text.to_owned()));
    }

    /// The text of `file`.
    pub(super) async fn of(&mut self, file: &Arc<str>) -> Option<&str> {
        if !self.known.contains_key(file) {
            let text = self.source.text(file).await;
            self.known.insert(Arc::clone(file), text);
        }
        self.known.get(file)?.as_deref()
    }

    /// `violations` with the lines that they are about.
    pub(crate) async fn show(mut self, mut violations: Violations) -> Violations {
        let unshown = violations.iter().filter(|each| each.excerpt.is_none());
        for position in unshown.flat_map(Violation::positions) {
            self.of(&position.file).await;
        }
        let texts = self.known.iter();
        let lines: BTreeMap<&str, Vec<&str>> = texts
            .filter_map(|(file, text)| Some((&**file, text.as_ref()?.lines().collect())))
            .collect();
        violations.show(|position| {
            let index = usize::try_from(position.mark.line).ok()?.checked_sub(1)?;
            lines.get(&*position.file)?.get(index).copied()
        });
        violations
    }
}
