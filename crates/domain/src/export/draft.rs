//! One resource as a document, in the words of manifests.
//!
//! What the tenant shows is taken over as it is, be it allowed or not: the rules of manifests judge it afterwards. What is as a
//! manifest's default is left out where leaving it out says the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::action::FixedFields;
use crate::address::ResourceKind;
use crate::datetime::{
    Ambiguous, Arithmetic, DateManipulation, Operation, Output, Precision, Timestamp,
};
use crate::diff::is_empty;
use crate::export::SecretReference;
use crate::export::keys::{self, Keys, at_no_place, node, text};
use crate::export::names::{FileNames, Names};
use crate::manifest::API_VERSION;
use crate::node::{Node, NodeValue};
use crate::observed::ObservedResource;
use crate::projection::Projection;
use crate::variable::{VariableScope, VariableType};

/// A block of an action that a manifest need not have; without it the tenant's stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// `cache`.
    Cache,
    /// `variables`, and `parentScope` with it.
    Variables,
    /// `dateProcessing`.
    Dates,
}

impl Block {
    /// Every block.
    pub const ALL: [Self; 3] = [Self::Cache, Self::Variables, Self::Dates];

    /// Its key in a manifest's `spec`, and in a projection.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Variables => Projection::VARIABLES,
            Self::Dates => "dateProcessing",
        }
    }

    /// The block that holds the field `path` of a projection, such as `cache.ttl`.
    pub(super) fn of_field(path: &str) -> Option<Self> {
        let first = path.split(['.', '[']).next()?;
        Self::ALL.into_iter().find(|block| block.as_str() == first)
    }

    /// The block that holds the field `path` of a manifest, such as `spec.cache.ttl`.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        Self::of_field(path.strip_prefix("spec.")?)
    }
}

/// The members without which nobody knows whether a listing shows a resource in full.
fn members(kind: ResourceKind) -> &'static [&'static str] {
    match kind {
        ResourceKind::View => &[
            "description",
            Projection::SOURCE,
            "columns",
            "refresh",
            "indexes",
        ],
        ResourceKind::Action => &[
            "description",
            "script",
            "enabled",
            "dependencies",
            "cache",
            Projection::VARIABLES,
            "dateProcessing",
        ],
    }
}

pub(super) fn is_partial(resource: &ObservedResource) -> bool {
    let shown = resource.fields.fields();
    let is_action = resource.kind == ResourceKind::Action;
    let lacks_text = is_action && resource.fields.at(&["script", "content"]).is_none();
    lacks_text
        || members(resource.kind)
            .iter()
            .any(|member| !shown.contains_key(*member))
}

/// Says in the document `root` that its resource is protected.
pub(super) fn protect(root: &mut Node) {
    let NodeValue::Map(entries) = &mut root.value else {
        return;
    };
    for entry in entries.iter_mut().filter(|entry| entry.key == "metadata") {
        if let NodeValue::Map(metadata) = &mut entry.node.value {
            metadata.push(keys::entry("protect", NodeValue::Bool(true)));
        }
    }
}

/// A resource on its way to a manifest.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) there: &'a ObservedResource,
    /// The manifest, relative to the project's folder.
    pub(super) file: Arc<str>,
    files: FileNames,
    references: Vec<SecretReference>,
    left_out: BTreeSet<Block>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(there: &'a ObservedResource, names: &mut Names<'_>) -> Self {
        let files = names.files(&there.address());
        let encrypted = there.fields.encrypted_variables();
        let references = encrypted.map(|variable| SecretReference {
            variable: variable.to_owned(),
            env: names.variable(&there.name, variable),
        });
        Self {
            there,
            file: Arc::clone(&files.manifest),
            references: references.collect(),
            files,
            left_out: BTreeSet::new(),
        }
    }

    /// Leaves `block` to the tenant.
    pub(super) fn leave_out(&mut self, block: Block) {
        self.left_out.insert(block);
    }

    /// The script and its file, relative to the project's folder.
    pub(super) fn script(&self) -> Option<(String, String)> {
        let text = self.there.fields.at(&["script", "content"])?.as_str()?;
        Some((self.files.script_from_root.clone(), text.to_owned()))
    }

    /// Values to be filled in.
    pub(super) fn references(&self) -> Vec<SecretReference> {
        if self.left_out.contains(&Block::Variables) {
            return Vec::new();
        }
        self.references.clone()
    }

    /// The document.
    pub(super) fn document(&self) -> Node {
        let spec = match self.there.kind {
            ResourceKind::View => self.view(),
            ResourceKind::Action => self.action(),
        };
        let mut root = Keys::default();
        root.put("apiVersion", text(API_VERSION));
        root.put("kind", text(self.there.kind.manifest_kind()));
        root.put("metadata", Keys::one("name", text(&self.there.name)));
        root.put("spec", spec.into());
        root.into()
    }

    fn shown(&self, member: &str) -> Option<&'a Value> {
        self.there
            .fields
            .fields()
            .get(member)
            .filter(|value| !value.is_null())
    }

    fn view(&self) -> Keys {
        let mut spec = Keys::default();
        for member in ["description", Projection::SOURCE] {
            spec.take(member, self.shown(member));
        }
        if let Some(columns) = self.shown("columns") {
            spec.put("columns", in_words_order(columns));
        }
        let refresh = self.shown("refresh").and_then(Value::as_object);
        let mut block = Keys::default();
        block.take(
            "intervalMinutes",
            refresh.and_then(|shown| shown.get("intervalMinutes")),
        );
        block.unless(true, "auto", refresh);
        spec.put("refresh", block.into());
        let indexes = self.shown("indexes").and_then(Value::as_object);
        let mut block = Keys::default();
        block.unless(true, "auto", indexes);
        block.take(
            "custom",
            indexes
                .and_then(|shown| shown.get("custom"))
                .filter(|custom| !is_empty(custom)),
        );
        spec.put_filled("indexes", block);
        spec
    }

    fn action(&self) -> Keys {
        let fields = &self.there.fields;
        let mut spec = Keys::default();
        spec.put(
            "description",
            self.shown("description").map_or_else(|| text(""), node),
        );
        for (path, fixed) in [
            (&["type"][..], FixedFields::TYPE),
            (&["trigger", "type"], FixedFields::TRIGGER),
        ] {
            // Anything else is for the rules to judge.
            if fields
                .at(path)
                .is_some_and(|shown| !shown.is_null() && shown != fixed)
            {
                spec.take(path[0], self.shown(path[0]));
            }
        }
        spec.unless(
            true,
            "enabled",
            Some(fields.fields()).filter(|fields| fields.contains_key("enabled")),
        );
        spec.put("script", self.script_block().into());
        spec.take(
            "dependencies",
            self.shown("dependencies").filter(|names| !is_empty(names)),
        );
        for block in Block::ALL {
            let shown = self.shown(block.as_str()).and_then(Value::as_object);
            let Some(shown) = shown.filter(|_| !self.left_out.contains(&block)) else {
                continue;
            };
            match block {
                Block::Cache => spec.put_filled(block.as_str(), cache(shown)),
                Block::Variables => self.variables(shown, &mut spec),
                Block::Dates => spec.put_filled(block.as_str(), dates(shown)),
            }
        }
        spec
    }

    fn script_block(&self) -> Keys {
        let mut block = Keys::default();
        let language = self.there.fields.at(&["script", "language"]);
        block.take("language", language.filter(|shown| !shown.is_null()));
        if self.script().is_some() {
            block.put("file", text(&self.files.script));
        }
        block
    }

    fn variables(&self, shown: &Map<String, Value>, spec: &mut Keys) {
        if shown.is_empty() {
            return;
        }
        let broadest = shown.values().filter_map(scope).max().unwrap_or_default();
        if broadest != VariableScope::default() {
            spec.put("parentScope", text(broadest.as_str()));
        }
        let list = shown.iter().map(|(name, variable)| {
            let mut block = Keys::default();
            block.put("name", text(name));
            block.take("type", variable.get("type"));
            match self.references.iter().find(|each| each.variable == *name) {
                Some(reference) => {
                    block.put("encrypted", NodeValue::Bool(true));
                    block.put("valueFrom", Keys::one("env", text(&reference.env)));
                }
                None => block.put("value", value(variable)),
            }
            if scope(variable) != Some(VariableScope::default()) {
                block.take(
                    "scope",
                    variable.get("scope").filter(|scope| !scope.is_null()),
                );
            }
            at_no_place(block.into())
        });
        spec.put(Projection::VARIABLES, NodeValue::List(list.collect()));
    }
}

/// Columns, each with its name first.
fn in_words_order(columns: &Value) -> NodeValue {
    let Some(columns) = columns.as_array() else {
        return node(columns);
    };
    let ordered = columns.iter().map(|column| {
        let mut block = Keys::default();
        for member in ["name", "alias", "aggregation"] {
            block.take(member, column.get(member));
        }
        at_no_place(block.into())
    });
    NodeValue::List(ordered.collect())
}

fn scope(variable: &Value) -> Option<VariableScope> {
    VariableScope::from_word(variable.get("scope")?.as_str()?)
}

/// The value of a variable: the wire's text, read as its type says.
fn value(variable: &Value) -> NodeValue {
    let shown = variable.get("value").filter(|value| !value.is_null());
    let Some(written) = shown.map_or(Some(""), Value::as_str) else {
        return shown.map_or(NodeValue::Null, node);
    };
    let kind = variable
        .get("type")
        .and_then(Value::as_str)
        .and_then(VariableType::from_word);
    let read = match kind {
        Some(VariableType::Integer) => written.parse::<i64>().ok().map(Value::from),
        Some(VariableType::Boolean) => written.parse::<bool>().ok().map(Value::from),
        Some(VariableType::Object) => serde_json::from_str(written).ok(),
        Some(VariableType::String) | None => None,
    };
    read.map_or_else(|| text(written), |value| Node::from(&value).value)
}

/// The block `cache`; empty where the tenant caches nothing and knows no key.
fn cache(shown: &Map<String, Value>) -> Keys {
    let key = shown.get("key").filter(|key| !is_empty(key));
    let mut block = Keys::default();
    if key.is_none() && shown.get("enabled").is_none_or(is_empty) {
        return block;
    }
    block.unless(true, "enabled", Some(shown));
    block.take("key", key);
    block.take(
        "ttl",
        key.and_then(|_| shown.get("ttl"))
            .filter(|ttl| !ttl.is_null()),
    );
    block
}

/// The block `dateProcessing`: a manipulation by nothing, whose result is what the tenant has; empty where it has none.
fn dates(shown: &Map<String, Value>) -> Keys {
    let mut block = Keys::default();
    if shown.values().all(Value::is_null) {
        return block;
    }
    block.take("sourceField", shown.get("sourceField"));
    block.take("targetField", shown.get("targetField"));
    let computed = shown.get("computedValue");
    block.take("timestamp", computed);
    block.take("timezone", shown.get("timezone"));
    block.put("operation", text(Operation::AddOffset.as_str()));
    block.put("offsetMinutes", NodeValue::Integer(0));
    block.take(
        "precision",
        shown
            .get("precision")
            .filter(|precision| !precision.is_null()),
    );
    block.unless(true, "dstAdjustment", Some(shown));
    if output(computed) == Output::Local {
        block.put("output", text(Output::Local.as_str()));
    }
    if is_later_of_two(shown) == Some(true) {
        block.put("ambiguous", text(Ambiguous::Later.as_str()));
    }
    block
}

/// How `computed` is printed: a local time never carries `Z`.
fn output(computed: Option<&Value>) -> Output {
    let text = computed.and_then(Value::as_str).unwrap_or_default();
    if text.ends_with('Z') {
        Output::Utc
    } else {
        Output::Local
    }
}

/// Whether the result is the later of two instants with the same local time, which arithmetic on the local time must be told.
fn is_later_of_two(shown: &Map<String, Value>) -> Option<bool> {
    let word = |member: &str| shown.get(member).and_then(Value::as_str);
    if shown.get("dstAdjustment").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let computed = word("computedValue")?;
    let earlier = DateManipulation {
        timestamp: computed.parse().ok()?,
        zone: word("timezone")?.parse().ok()?,
        operation: Operation::AddOffset,
        offset_minutes: 0,
        precision: Precision::MAX,
        arithmetic: Arithmetic::Wall,
        output: Output::Utc,
        ambiguous: Ambiguous::Earlier,
    };
    let later = DateManipulation {
        ambiguous: Ambiguous::Later,
        ..earlier
    };
    let own: Timestamp = computed.parse().ok()?;
    let at = |manipulation: DateManipulation| -> Option<Timestamp> {
        manipulation.evaluate().ok()?.parse().ok()
    };
    Some(
        at(earlier)?.to_utc_millis() != own.to_utc_millis()
            && at(later)?.to_utc_millis() == own.to_utc_millis(),
    )
}
