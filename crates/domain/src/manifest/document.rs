//! Decodes documents: the frame around a `spec` (rules M002, M003, M004), and scripts from files (A002, A006).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::action::Script;
use crate::address::{Address, ResourceKind};
use crate::manifest::action::{ActionDraft, ScriptSource};
use crate::manifest::findings::Findings;
use crate::manifest::reader::{Found, MapReader, boolean, map, word};
use crate::manifest::{Declaration, Declared, Manifest, Outline, action, view};
use crate::node::{Mark, Node, NodeValue};
use crate::rule::Rule;
use crate::view::MaterializedView;
use crate::violation::{FieldPath, Position, Violation, Violations};

/// The only `apiVersion`.
pub const API_VERSION: &str = "cxda/v1";

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

impl ScriptFile {
    /// The file, relative to the project's folder.
    pub fn name(&self) -> String {
        let folder = self.manifest.rsplit_once('/').map(|(folder, _)| folder);
        let parts = self
            .path
            .split('/')
            .filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<_> = folder.into_iter().chain(parts).collect();
        parts.join("/")
    }
}

/// A script whose text stands in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineScript {
    /// The script.
    pub script: Script,
    /// Where its text begins.
    pub position: Position,
}

impl ScriptFileProblem {
    /// What is said of a script that nobody read.
    fn unread() -> Self {
        Self {
            rule: Rule::A006,
            message: "the script was not read".to_owned(),
        }
    }
}

/// An action whose script stands in a file.
#[derive(Debug)]
struct PendingScript {
    file: ScriptFile,
    at: Mark,
    path: FieldPath,
    /// The action, where its name can be read.
    address: Option<Address>,
    /// The rest of the action, where it is sound.
    draft: Option<Box<ActionDraft>>,
    outline: Outline,
}

/// Documents after their first reading: what is declared, what was found, and which scripts are still missing.
#[derive(Debug, Default)]
pub struct Decoded {
    manifest: Manifest,
    violations: Violations,
    names: BTreeMap<Address, Position>,
    inline: Vec<InlineScript>,
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

    /// The scripts that stand in the documents, also in those that hold a mistake.
    pub fn inline_scripts(&self) -> &[InlineScript] {
        &self.inline
    }

    /// Puts the scripts in, in the order of [`Decoded::script_files`], and gives everything that was found.
    ///
    /// A script that `scripts` is too short for is a finding (rule A006).
    pub fn complete(
        mut self,
        scripts: impl IntoIterator<Item = Result<String, ScriptFileProblem>>,
    ) -> (Manifest, Violations) {
        let mut scripts = scripts.into_iter();
        for pending in std::mem::take(&mut self.pending) {
            let read = scripts
                .next()
                .unwrap_or_else(|| Err(ScriptFileProblem::unread()));
            self.put_in(pending, read);
        }
        (self.manifest, self.violations)
    }

    fn put_in(&mut self, pending: PendingScript, read: Result<String, ScriptFileProblem>) {
        let script = read.and_then(|text| {
            Script::try_from(text).map_err(|error| ScriptFileProblem {
                rule: Rule::A002,
                message: error.to_string(),
            })
        });
        let script = script
            .map_err(|problem| {
                let position = Position {
                    file: Arc::clone(&pending.file.manifest),
                    mark: pending.at,
                };
                let hint =
                    "the path is relative to the manifest's folder and stays inside the project";
                let hint = (problem.rule == Rule::A006).then(|| hint.to_owned());
                self.violations.push(Violation::new(
                    problem.rule,
                    Some(position),
                    pending.path,
                    format!("{} ({})", problem.message, pending.file.path),
                    hint,
                ));
            })
            .ok();
        let action = pending
            .draft
            .zip(script)
            .map(|(draft, script)| draft.complete(script, Some(pending.file.name())));
        let action = action.map(|action| Declaration::Action(Box::new(action)));
        self.declare(pending.address, action, pending.outline);
    }

    /// Takes in what a document declares, or, where a finding stands in the way, what it says about others.
    fn declare(
        &mut self,
        address: Option<Address>,
        resource: Option<Declaration>,
        outline: Outline,
    ) {
        match (resource, address) {
            (Some(resource), _) => {
                let origin = outline.origin;
                // A second declaration of an address was reported when its document was read; the first one stands.
                let _ = self.manifest.add(Declared { resource, origin });
            }
            (None, Some(address)) => self.manifest.add_unsound(address, outline),
            (None, None) => {}
        }
    }

    /// Reports a second declaration of one address, be the documents sound or not.
    fn note_name(&mut self, address: &Address, position: Position) {
        let Some(first) = self.names.get(address) else {
            self.names.insert(address.clone(), position);
            return;
        };
        let violation = Violation::new(
            Rule::M004,
            Some(position),
            FieldPath::from("metadata.name"),
            format!("{address} is declared twice, first at {first}"),
            Some("remove one of the documents, or rename its resource".into()),
        );
        self.violations
            .push(violation.with_place("first declared here", first.clone()));
    }

    fn document(&mut self, file: &Arc<str>, root: &Node) {
        let mut findings = Findings::new(Arc::clone(file));
        let (named, parts) = read_document(&mut findings, root);
        let sound = !findings.has_errors();
        let (violations, outline) = findings.into_parts(root.at);
        self.violations.extend(violations);
        let address = named.map(|(address, mark)| {
            let file = Arc::clone(file);
            self.note_name(&address, Position { file, mark });
            address
        });
        let resource = match parts {
            None => None,
            Some(Parts::View(view)) => Some(Declaration::View(view)),
            Some(Parts::Action(draft, ScriptSource::Inline(script, mark))) => {
                let file = Arc::clone(file);
                self.inline.push(InlineScript {
                    script: script.clone(),
                    position: Position { file, mark },
                });
                draft.map(|draft| Declaration::Action(Box::new(draft.complete(script, None))))
            }
            Some(Parts::Action(draft, ScriptSource::File(found, path))) => {
                self.pending.push(PendingScript {
                    file: ScriptFile {
                        manifest: Arc::clone(file),
                        path: path.to_owned(),
                    },
                    at: found.node.at,
                    path: found.path,
                    address,
                    draft: draft.filter(|_| sound),
                    outline,
                });
                return;
            }
        };
        self.declare(address, resource.filter(|_| sound), outline);
    }
}

/// What a document declares, as far as it can be read.
enum Parts<'n> {
    View(Box<MaterializedView>),
    Action(Option<Box<ActionDraft>>, ScriptSource<'n>),
}

/// The address and its place, and what the document declares.
fn read_document<'n>(
    findings: &mut Findings,
    root: &'n Node,
) -> (Option<(Address, Mark)>, Option<Parts<'n>>) {
    let document = Found {
        node: root,
        path: FieldPath::root(),
    };
    let Some(mut fields) = map(findings, &document) else {
        return (None, None);
    };
    fields.required(findings, "apiVersion", |findings, found| {
        word(findings, found, Rule::M002, &[API_VERSION], |word| word)
    });
    let kind = fields.required(findings, "kind", |findings, found| {
        let kinds = ResourceKind::ALL;
        word(findings, found, Rule::M002, &kinds, |kind| {
            kind.manifest_kind()
        })
    });
    let (name, protect) = fields
        .required(findings, "metadata", metadata)
        .unwrap_or_default();
    let spec = fields.required(findings, "spec", |findings, found| map(findings, found));
    fields.close(findings);
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
    let parts = spec.and_then(|spec| match kind {
        ResourceKind::View => view::decode(findings, name.as_ref(), protect, spec)
            .map(|view| Parts::View(Box::new(view))),
        ResourceKind::Action => {
            let (draft, script) = action::decode(findings, name.as_ref(), protect, spec);
            script.map(|script| Parts::Action(draft.map(Box::new), script))
        }
    });
    (named, parts)
}

/// The name, which is judged by the rules of its kind, and whether the resource is protected.
fn metadata<'n>(findings: &mut Findings, found: &Found<'n>) -> Option<(Option<Found<'n>>, bool)> {
    let mut fields: MapReader<'n> = map(findings, found)?;
    let name = fields.require("name");
    let protect = fields.or(findings, "protect", false, boolean);
    fields.close(findings);
    Some((name, protect.unwrap_or(false)))
}
