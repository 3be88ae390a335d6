//! Decodes documents: the frame around a `spec` (rules M002, M003, M004), and scripts from files (A002, A006).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::Script;
use crate::address::{Address, ResourceKind};
use crate::manifest::action::{ActionDraft, ScriptSource};
use crate::manifest::reader::{Findings, Found, MapReader, word};
use crate::manifest::{Declaration, Declared, Manifest, Origin, action, view};
use crate::node::{Mark, Node, NodeValue};
use crate::rule::Rule;
use crate::view::MaterializedView;
use crate::violation::{FieldPath, Position, Violation, Violations};

/// The only `apiVersion`.
const API_VERSION: &str = "cxda/v1";

/// A script that must be read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFile {
    /// The manifest, relative to the project's folder.
    pub manifest: Arc<str>,
    /// The path as written, relative to the manifest's folder.
    pub path: String,
}

/// Why a script could not be read, in words, and which rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFileProblem {
    /// A002 for the size of the text, A006 for the file.
    pub rule: Rule,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug)]
struct PendingScript {
    file: ScriptFile,
    at: Mark,
    path: FieldPath,
    /// The rest of the action, where it is sound.
    action: Option<(ActionDraft, Origin)>,
}

/// Documents after their first reading: what is declared, what was found, and which scripts are still missing.
#[derive(Debug, Default)]
pub struct Decoded {
    manifest: Manifest,
    violations: Violations,
    names: BTreeMap<Address, Position>,
    pending: Vec<PendingScript>,
}

/// Reads documents, each with the file that it comes from.
pub fn decode<'a>(documents: impl IntoIterator<Item = (&'a Arc<str>, &'a Node)>) -> Decoded {
    let mut decoded = Decoded::default();
    for (file, root) in documents {
        decoded.document(file, root);
    }
    decoded
}

impl Decoded {
    /// The scripts that must be read before [`Decoded::complete`], in a fixed order.
    pub fn script_files(&self) -> impl Iterator<Item = &ScriptFile> {
        self.pending.iter().map(|pending| &pending.file)
    }

    /// Puts the scripts in, in the order of [`Decoded::script_files`], and gives everything that was found.
    pub fn complete(
        mut self,
        scripts: impl IntoIterator<Item = Result<String, ScriptFileProblem>>,
    ) -> (Manifest, Violations) {
        for (pending, read) in std::mem::take(&mut self.pending).into_iter().zip(scripts) {
            let script = read.and_then(|text| {
                Script::try_from(text).map_err(|error| ScriptFileProblem {
                    rule: Rule::A002,
                    message: error.to_string(),
                })
            });
            match (script, pending.action) {
                (Ok(script), Some((draft, origin))) => {
                    let resource = Declaration::Action(Box::new(draft.complete(script)));
                    self.declare(Declared { resource, origin });
                }
                (Ok(_), None) => {}
                (Err(problem), _) => self.violations.push(Violation {
                    rule: problem.rule,
                    position: Some(Position {
                        file: pending.file.manifest,
                        mark: pending.at,
                    }),
                    path: pending.path,
                    message: format!("{} ({})", problem.message, pending.file.path),
                    hint: None,
                }),
            }
        }
        (self.manifest, self.violations)
    }

    fn declare(&mut self, declared: Declared) {
        // A second declaration of an address was reported when its document was read; the first one stands.
        let _ = self.manifest.add(declared);
    }

    /// Reports a second declaration of one address, be the documents sound or not.
    fn note_name(&mut self, address: Address, position: Position) {
        let Some(first) = self.names.get(&address) else {
            self.names.insert(address, position);
            return;
        };
        self.violations.push(Violation {
            rule: Rule::M004,
            position: Some(position),
            path: FieldPath::from("metadata.name"),
            message: format!("{address} is declared twice, first at {first}"),
            hint: Some("remove one of the documents, or rename its resource".into()),
        });
    }

    fn document(&mut self, file: &Arc<str>, root: &Node) {
        let mut findings = Findings::new(Arc::clone(file));
        let (named, parts) = read_document(&mut findings, file, root);
        let sound = !findings.has_errors();
        let (violations, places) = findings.into_parts();
        self.violations.extend(violations);
        if let Some((address, mark)) = named {
            self.note_name(
                address,
                Position {
                    file: Arc::clone(file),
                    mark,
                },
            );
        }
        let Some(parts) = parts else { return };
        let origin = Origin::new(Arc::clone(file), root.at, places);
        match parts {
            Parts::View(view) => {
                if sound {
                    let resource = Declaration::View(view);
                    self.declare(Declared { resource, origin });
                }
            }
            Parts::Action(draft, ScriptSource::Inline(script)) => {
                if let Some(draft) = draft.filter(|_| sound) {
                    let resource = Declaration::Action(Box::new(draft.complete(script)));
                    self.declare(Declared { resource, origin });
                }
            }
            Parts::Action(draft, ScriptSource::File(found, path)) => {
                self.pending.push(PendingScript {
                    file: ScriptFile {
                        manifest: Arc::clone(file),
                        path: path.to_owned(),
                    },
                    at: found.node.at,
                    path: found.path,
                    action: draft.filter(|_| sound).map(|draft| (*draft, origin)),
                });
            }
        }
    }
}

enum Parts<'n> {
    View(Box<MaterializedView>),
    Action(Option<Box<ActionDraft>>, ScriptSource<'n>),
}

/// The address and its place, and what the document declares.
fn read_document<'n>(
    findings: &mut Findings,
    file: &Arc<str>,
    root: &'n Node,
) -> (Option<(Address, Mark)>, Option<Parts<'n>>) {
    let document = Found {
        node: root,
        path: FieldPath::root(),
    };
    let Some(mut map) = document.map(findings) else {
        return (None, None);
    };
    if let Some(version) = map.require("apiVersion") {
        let parse = |text: &str| (text == API_VERSION).then_some(());
        word(findings, &version, Rule::M002, parse, &[API_VERSION]);
    }
    let kind = map.require("kind").and_then(|found| {
        let kinds = [ResourceKind::View, ResourceKind::Action];
        let words = kinds.map(ResourceKind::manifest_kind);
        let parse = |text: &str| kinds.into_iter().find(|kind| kind.manifest_kind() == text);
        word(findings, &found, Rule::M002, parse, &words)
    });
    let metadata = map
        .require("metadata")
        .and_then(|found| metadata(findings, &found));
    let spec: Option<MapReader<'n>> = map.require("spec").and_then(|found| found.map(findings));
    map.close(findings);
    let (name, protect) = metadata.unwrap_or_default();
    let Some(kind) = kind else {
        return (None, None);
    };
    let named = name.as_ref().and_then(|found| match &found.node.value {
        NodeValue::Text(name) => Some((
            Address {
                kind,
                name: name.clone(),
            },
            found.node.at,
        )),
        _ => None,
    });
    let Some(spec) = spec else {
        return (named, None);
    };
    let parts = match kind {
        ResourceKind::View => view::decode(findings, name.as_ref(), protect, spec)
            .map(|view| Parts::View(Box::new(view))),
        ResourceKind::Action => {
            let (draft, script) = action::decode(findings, file, name.as_ref(), protect, spec);
            script.map(|script| Parts::Action(draft.map(Box::new), script))
        }
    };
    (named, parts)
}

fn metadata<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<(Option<Found<'n>>, bool)> {
    let mut map = found.map(findings)?;
    let name = map.require("name");
    let protect = map
        .take("protect")
        .and_then(|found| found.boolean(findings));
    map.close(findings);
    Some((name, protect.unwrap_or(false)))
}
