//! What a tenant has, as manifests: the way back from the observed state to documents.
//!
//! Each document is judged by the rules that will judge it as a file, and compared with what it was made from. So what comes out
//! plans to nothing, and what no manifest can say is named with the reason instead of being written wrongly.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::address::{Address, ResourceKind};
use crate::body::{ActionBody, VariableBody, ViewBody};
use crate::check::{self, SOURCE_VIEW};
use crate::diff::{LeftOut, differences};
use crate::graph::DependencyGraph;
use crate::manifest::{self, Declaration, Manifest, decode};
use crate::node::Node;
use crate::observed::{ObservedResource, ObservedState};
use crate::plan::PlanScope;
use crate::projection::Projection;
use crate::rule::{Rule, Severity};
use crate::secret::SecretText;
use crate::variable::{EnvironmentVariable, ValueReference, VariableValue};
use crate::violation::{FieldPath, Violations};

mod draft;
mod keys;
mod names;

#[cfg(test)]
mod tests;

pub use draft::Block;
use draft::Draft;
use names::Names;

/// Everything that manifests are made from.
#[derive(Clone, Copy, Debug)]
pub struct ExportInput<'a> {
    /// What the tenant has; no name stands there twice.
    pub observed: &'a ObservedState,
    /// What the project declares already: none of it is exported.
    pub manifest: &'a Manifest,
    /// Which resources are asked for.
    pub scope: &'a PlanScope,
    /// What is known to stand in the way of some of them.
    pub obstacles: &'a BTreeMap<Address, Vec<Obstacle>>,
    /// The folder for the files, relative to the project's; empty for that itself.
    pub folder: &'a str,
    /// What must never be deleted although no manifest says so any more.
    pub protected: &'a BTreeSet<Address>,
    /// Files that are there, relative to the project's folder.
    pub taken: &'a BTreeSet<String>,
}

/// Manifests for what a tenant has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Export {
    /// The manifests, by address.
    pub manifests: Vec<ExportedManifest>,
    /// What the project declares already.
    pub declared: Vec<Address>,
    /// What has no manifest, and why not.
    pub skipped: Vec<Skipped>,
    /// Blocks that stand in no manifest, so that they stay as they are on the tenant.
    pub unmanaged: Vec<Unmanaged>,
}

/// A manifest and the script beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportedManifest {
    /// What it declares.
    pub address: Address,
    /// The file, relative to the project's folder.
    pub file: String,
    /// The document.
    pub root: Node,
    /// The script and its file, relative to the project's folder.
    pub script: Option<(String, String)>,
    /// Values to be filled in, for the tenant shows none of them.
    pub references: Vec<SecretReference>,
}

/// An encrypted variable and where its value is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// The variable.
    pub variable: String,
    /// The environment variable.
    pub env: String,
}

/// A resource without a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its address.
    pub address: Address,
    /// The server's id of it.
    pub id: String,
    /// Why; one reason at least.
    pub obstacles: Vec<Obstacle>,
}

/// A block that a manifest leaves to the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmanaged {
    /// The resource.
    pub address: Address,
    /// The block.
    pub block: Block,
    /// Why; one reason at least.
    pub obstacles: Vec<Obstacle>,
}

/// Why something cannot stand in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It breaks a rule.
    Rule {
        /// The rule.
        rule: Rule,
        /// The field of the manifest.
        path: FieldPath,
        /// What is wrong.
        message: String,
    },
    /// A field holds what manifests have no words for.
    Wordless {
        /// The field.
        path: String,
    },
    /// It holds a secret that is in use here.
    Secret,
    /// The tenant is about to delete it.
    Leaving,
    /// It was listed, and was gone when it was read.
    Gone,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule {
                rule,
                path,
                message,
            } => write!(formatter, "{rule} {path}: {message}"),
            Self::Wordless { path } => {
                write!(
                    formatter,
                    "no manifest can say what the tenant has in {path}"
                )
            }
            Self::Gone => formatter.write_str("it was listed, and was gone when it was read"),
            Self::Leaving => formatter.write_str("the tenant is deleting it"),
            Self::Secret => formatter
                .write_str("it holds a secret that is in use here, which must not go into a file"),
        }
    }
}

/// Whether `resource`, as listed, may lack something that a manifest would say, so that it must be read by itself.
pub fn is_partial(resource: &ObservedResource) -> bool {
    draft::is_partial(resource)
}

/// Manifests for everything that `input` asks for.
pub fn export(input: ExportInput<'_>) -> Export {
    let mut export = Export::default();
    let mut names = Names::new(input.folder, input.taken, used_variables(input.manifest));
    let mut drafts = BTreeMap::new();
    let observed: BTreeMap<Address, &ObservedResource> = input
        .observed
        .resources()
        .iter()
        .map(|there| (there.address(), there))
        .filter(|(address, _)| input.scope.targets(address))
        .collect();
    for (address, there) in observed {
        if input.manifest.get(&address).is_some() {
            export.declared.push(address);
        } else if let Some(obstacles) = input.obstacles.get(&address) {
            export.skip(there, obstacles.clone());
        } else if there.is_leaving() {
            export.skip(there, vec![Obstacle::Leaving]);
        } else {
            drafts.insert(address.clone(), Draft::new(there, &mut names));
        }
    }
    for (address, obstacle) in knotted(input) {
        export.give_up(&mut drafts, &address, vec![(None, obstacle)]);
    }
    loop {
        let obstacles = obstacles(input, &drafts);
        if obstacles.is_empty() {
            break;
        }
        for (address, found) in obstacles {
            export.give_up(&mut drafts, &address, found);
        }
    }
    for (address, draft) in drafts {
        let mut root = draft.document();
        if input.protected.contains(&address) {
            draft::protect(&mut root);
        }
        manifest::escape(&mut root);
        export.manifests.push(ExportedManifest {
            root,
            script: draft.script(),
            references: draft.references(),
            file: draft.file.to_string(),
            address,
        });
    }
    export
        .skipped
        .sort_by(|one, other| one.address.cmp(&other.address));
    export
        .unmanaged
        .sort_by(|one, other| (&one.address, one.block).cmp(&(&other.address, other.block)));
    export
}

/// Environment variables that the project reads values from already.
fn used_variables(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let variables = manifest
        .actions()
        .filter_map(|(action, _)| action.variables.as_ref());
    variables
        .flatten()
        .filter_map(|variable| match &variable.value {
            VariableValue::From(ValueReference::Env(name)) => Some(name.as_str()),
            _ => None,
        })
}

impl Export {
    /// Names what went while the tenant was read.
    pub fn note_gone(&mut self, gone: &[ObservedResource]) {
        for there in gone {
            self.skip(there, vec![Obstacle::Gone]);
        }
        self.skipped
            .sort_by(|one, other| one.address.cmp(&other.address));
    }

    fn skip(&mut self, there: &ObservedResource, obstacles: Vec<Obstacle>) {
        // What was left out of a manifest that is not written is no news.
        let address = there.address();
        self.unmanaged.retain(|each| each.address != address);
        self.skipped.push(Skipped {
            address,
            id: there.id.to_string(),
            obstacles,
        });
    }

    /// Leaves the blocks that cannot stand in a manifest to the tenant; where it is not about a block alone, the whole.
    fn give_up(
        &mut self,
        drafts: &mut BTreeMap<Address, Draft<'_>>,
        address: &Address,
        found: Vec<(Option<Block>, Obstacle)>,
    ) {
        let Some(draft) = drafts.get_mut(address) else {
            return;
        };
        let whole: Vec<Obstacle> = found
            .iter()
            .filter(|(block, _)| block.is_none())
            .map(|(_, obstacle)| obstacle.clone())
            .collect();
        if !whole.is_empty() {
            self.skip(draft.there, whole);
            drafts.remove(address);
            return;
        }
        let mut by_block: BTreeMap<Block, Vec<Obstacle>> = BTreeMap::new();
        for (block, obstacle) in found {
            by_block
                .entry(block.unwrap_or(Block::Cache))
                .or_default()
                .push(obstacle);
        }
        for (block, obstacles) in by_block {
            draft.leave_out(block);
            self.unmanaged.push(Unmanaged {
                address: address.clone(),
                block,
                obstacles,
            });
        }
    }
}

/// What cannot be put in order, for each of it depends on the others.
fn knotted(input: ExportInput<'_>) -> Vec<(Address, Obstacle)> {
    let mut found = Vec::new();
    for (kind, field) in [
        (ResourceKind::View, SOURCE_VIEW),
        (ResourceKind::Action, "spec.dependencies"),
    ] {
        let needs = check::needs(input.manifest, input.observed, kind);
        let edges = needs.iter();
        let graph =
            DependencyGraph::build(edges.map(|(name, names)| (*name, names.iter().copied())));
        // A cycle is shown from the smallest name of its knot on.
        for (knot, cycle) in graph.knots().iter().zip(graph.cycles()) {
            let obstacle = Obstacle::Rule {
                rule: Rule::G001,
                path: FieldPath::from(field),
                message: check::cycle_message(kind, &cycle),
            };
            found.extend(knot.iter().map(|name| {
                let name = (*name).to_owned();
                (Address { kind, name }, obstacle.clone())
            }));
        }
    }
    found
}

/// What stands in the way of each draft, and in which block where it is about one alone.
type Obstacles = BTreeMap<Address, Vec<(Option<Block>, Obstacle)>>;

fn obstacles(input: ExportInput<'_>, drafts: &BTreeMap<Address, Draft<'_>>) -> Obstacles {
    let mut found = Obstacles::new();
    let documents: Vec<(Arc<str>, Node)> = drafts
        .values()
        .map(|draft| (Arc::clone(&draft.file), draft.document()))
        .collect();
    let decoded = decode(documents.iter().map(|(file, root)| (file, root)));
    let scripts: BTreeMap<String, String> = drafts.values().filter_map(Draft::script).collect();
    let texts: Vec<String> = decoded
        .script_files()
        .map(|file| scripts.get(&file.name()).cloned().unwrap_or_default())
        .collect();
    let (exported, mut violations) = decoded.complete(texts.into_iter().map(Ok));
    for (address, declared) in exported.resources() {
        if let Some(draft) = drafts.get(address) {
            let wanted = projected(&declared.resource);
            for field in differences(&wanted, &draft.there.fields, LeftOut::MeansEmpty) {
                let block = Block::of_field(&field.path);
                let obstacle = Obstacle::Wordless { path: field.path };
                found
                    .entry(address.clone())
                    .or_default()
                    .push((block, obstacle));
            }
        }
    }
    let mut whole = input.manifest.clone();
    for declared in exported.resources().values() {
        // What the project declares has no draft.
        let _ = whole.add(declared.clone());
    }
    violations.extend(check::project(&whole));
    violations.extend(check::against_tenant(&whole, input.observed));
    sort_in(&violations.sorted(), drafts, &mut found);
    found
}

/// Puts each error to the draft in whose file it stands.
fn sort_in(violations: &Violations, drafts: &BTreeMap<Address, Draft<'_>>, found: &mut Obstacles) {
    let by_file: BTreeMap<&str, &Address> = drafts
        .iter()
        .map(|(address, draft)| (&*draft.file, address))
        .collect();
    for violation in violations {
        let file = violation.position.as_ref().map(|position| &*position.file);
        let Some(address) = file.and_then(|file| by_file.get(file)) else {
            continue;
        };
        if violation.severity() != Severity::Error {
            continue;
        }
        let obstacle = Obstacle::Rule {
            rule: violation.rule,
            path: violation.path.clone(),
            message: violation.message.clone(),
        };
        let block = Block::of_path(violation.path.as_str());
        found
            .entry((*address).clone())
            .or_default()
            .push((block, obstacle));
    }
}

/// The managed fields of a declaration whose secrets nobody knows.
fn projected(resource: &Declaration) -> Projection {
    match resource {
        // A source is compared by name, so its id does not matter.
        Declaration::View(view) => ViewBody::new(view, None).projection(),
        Declaration::Action(action) => {
            let variables = action.variables.as_ref();
            let variables = variables.map(|all| all.iter().map(without_secret).collect());
            ActionBody::new(action, variables).projection()
        }
    }
}

fn without_secret(variable: &EnvironmentVariable) -> VariableBody {
    let (text, literal) = match &variable.value {
        VariableValue::Literal(text) => (text.as_str(), true),
        VariableValue::From(_) => ("", false),
    };
    VariableBody {
        name: variable.name.clone(),
        kind: variable.kind,
        value: SecretText::new(text),
        literal,
        encrypted: variable.encrypted,
        scope: variable.scope,
    }
}
