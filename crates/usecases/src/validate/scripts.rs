//! The scripts of a project, judged without being run: what the checker sees becomes findings at places of files.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxda_domain::action::Script;
use cxda_domain::manifest::InlineScript;
use cxda_domain::node::Mark;
use cxda_domain::place::place_in_file;
use cxda_domain::script::ScriptFinding;
use cxda_domain::violation::{FieldPath, Position, Violation};
use cxda_ports::script::ScriptChecker;

use super::texts::Texts;

/// A script as it was read.
#[derive(Debug)]
pub(super) struct ReadScript {
    text: Script,
    home: Home,
}

/// Where a script's text is.
#[derive(Debug)]
enum Home {
    /// In a file of its own.
    File(Arc<str>),
    /// In a manifest, where it begins.
    Manifest(Position),
}

impl ReadScript {
    /// A script in the file `name`; `None` where the text is none by its size, which is a finding already.
    pub(super) fn in_file(name: String, text: &str) -> Option<Self> {
        let text = Script::try_from(text.to_owned()).ok()?;
        let home = Home::File(name.into());
        Some(Self { text, home })
    }
}

impl From<&InlineScript> for ReadScript {
    fn from(inline: &InlineScript) -> Self {
        Self {
            text: inline.script.clone(),
            home: Home::Manifest(inline.position.clone()),
        }
    }
}

/// Everything that `checker` sees in `scripts`; each text is parsed once, however many actions have it.
pub(super) async fn judge(
    texts: &mut Texts<'_>,
    checker: &dyn ScriptChecker,
    scripts: &[ReadScript],
) -> Vec<Violation> {
    let mut by_text: BTreeMap<&str, Vec<&Home>> = BTreeMap::new();
    for script in scripts {
        by_text
            .entry(script.text.as_str())
            .or_default()
            .push(&script.home);
    }
    let distinct: Vec<&str> = by_text.keys().copied().collect();
    let seen = checker.check(&distinct);
    let mut violations = Vec::new();
    for ((text, homes), findings) in by_text.iter().zip(&seen) {
        if findings.is_empty() {
            continue;
        }
        for home in homes {
            let sight = match home {
                Home::File(file) => {
                    texts.put(Arc::clone(file), text);
                    Sight::of_file(file, text)
                }
                Home::Manifest(start) => {
                    Sight::of_manifest(start, text, texts.of(&start.file).await)
                }
            };
            violations.extend(findings.iter().map(|finding| sight.violation(finding)));
        }
    }
    violations
}

/// A script and the file that shows it.
#[derive(Debug)]
struct Sight<'t> {
    file: &'t Arc<str>,
    path: &'static str,
    /// The text of the file, where it is at hand.
    whole: Option<&'t str>,
    script: &'t str,
    /// Where the script begins in the file; `None` where it is the whole file.
    start: Option<Mark>,
}

impl<'t> Sight<'t> {
    fn of_file(file: &'t Arc<str>, script: &'t str) -> Self {
        Self {
            file,
            path: "spec.script.file",
            whole: Some(script),
            script,
            start: None,
        }
    }

    fn of_manifest(start: &'t Position, script: &'t str, manifest: Option<&'t str>) -> Self {
        Self {
            file: &start.file,
            path: "spec.script.content",
            whole: manifest,
            script,
            start: Some(start.mark),
        }
    }

    /// Where a place of the script is in the file; its beginning where that is not known.
    fn place(&self, at: Mark) -> Mark {
        let Some(start) = self.start else {
            return at;
        };
        self.whole
            .and_then(|whole| place_in_file(whole, start, self.script, at))
            .unwrap_or(start)
    }

    fn violation(&self, finding: &ScriptFinding) -> Violation {
        let mark = self.place(finding.at);
        let mut message = finding.message.clone();
        let also = finding
            .also
            .as_ref()
            .map(|also| (also.what, self.place(also.at)));
        if let Some((what, place)) = also {
            message.push_str(&format!(", {what} {}:{}", place.line, place.column));
        }
        let at = |mark| Position {
            file: Arc::clone(self.file),
            mark,
        };
        let path = FieldPath::from(self.path);
        let hint = finding.hint.clone();
        let violation = Violation::new(finding.rule, Some(at(mark)), path, message, hint);
        match also {
            Some((what, place)) => violation.with_place(what.replace(" at", " here"), at(place)),
            None => violation,
        }
    }
}
