//! What was read from the tenant.
//!
//! Nothing here knows how it was read; adapters make these values from the answers of their tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::address::{Address, ResourceKind};
use crate::key::{Digest, EntityTag, ResourceId};
use crate::projection::{ProjectedSource, Projection};
use crate::view::TableId;

/// A representation exactly as the tenant sent it, unknown members included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(Arc<str>);

impl Document {
    /// Takes JSON text as it came.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names what a listing showed, so that a saved plan can tell whether it moved since.
    ///
    /// Members that a tenant moves by itself (`status`, `state`) and the order of members do not count.
    pub fn digest(&self) -> Digest {
        match serde_json::from_str::<Value>(&self.0) {
            Ok(Value::Object(mut members)) => {
                members.remove("status");
                members.remove("state");
                Digest::of(Value::Object(members).to_string())
            }
            _ => Digest::of(self.0.as_bytes()),
        }
    }
}

/// A view or an action as the tenant shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedResource {
    /// View or action.
    pub kind: ResourceKind,
    /// The server's id.
    pub id: ResourceId,
    /// Its name, whatever the server holds: it need not fit the rules of manifests.
    pub name: String,
    /// The `state` of an action or the `status` of a view, where shown.
    pub status: Option<String>,
    /// The managed fields that the answer shows. A view's `source` is `{"id": …}` until [`ObservedState`] resolves it.
    pub fields: Projection,
    /// The whole, as it came.
    pub document: Document,
}

impl ObservedResource {
    /// The address under which a manifest would declare it.
    pub fn address(&self) -> Address {
        Address {
            kind: self.kind,
            name: self.name.clone(),
        }
    }

    /// Whether the tenant is about to delete it.
    pub fn is_leaving(&self) -> bool {
        self.kind == ResourceKind::Action && self.status.as_deref() == Some("DELETING")
    }

    /// Whether the tenant is still working on an earlier write, so that a further one must wait.
    pub fn is_busy(&self) -> bool {
        self.kind == ResourceKind::Action
            && matches!(self.status.as_deref(), Some("PUBLISHING" | "DELETING"))
    }
}

/// A value with the version under which it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// What was read.
    pub value: T,
    /// Its entity tag, exactly as received; `None` where the server sent none.
    pub tag: Option<EntityTag>,
}

/// Everything that one plan knows of a tenant.
#[derive(Clone, Debug, Default)]
pub struct ObservedState {
    resources: Vec<ObservedResource>,
    by_name: BTreeMap<Address, Vec<usize>>,
    view_names: BTreeMap<String, String>,
    tables: BTreeMap<TableId, bool>,
}

impl ObservedState {
    /// The state that `resources` make, with the tables that were looked for and whether each is there.
    pub fn new(resources: Vec<ObservedResource>, tables: BTreeMap<TableId, bool>) -> Self {
        let mut state = Self {
            tables,
            ..Self::default()
        };
        for resource in &resources {
            if resource.kind == ResourceKind::View {
                state
                    .view_names
                    .insert(resource.id.to_string(), resource.name.clone());
            }
        }
        for resource in resources {
            state.add(resource);
        }
        state
    }

    fn add(&mut self, mut resource: ObservedResource) {
        self.resolve_source(&mut resource);
        let index = self.resources.len();
        self.by_name
            .entry(resource.address())
            .or_default()
            .push(index);
        self.resources.push(resource);
    }

    /// Turns the id that a view names as its source into `{"view": NAME}` or `{"table": ID}`.
    pub fn resolve_source(&self, resource: &mut ObservedResource) {
        let fields = resource.fields.fields_mut();
        let Some(source) = fields.get_mut(Projection::SOURCE) else {
            return;
        };
        let Some(id) = source.get("id").and_then(Value::as_str) else {
            return;
        };
        let resolved = match self.view_names.get(id) {
            Some(name) => ProjectedSource::View(name.clone()),
            None if id.parse::<TableId>().is_err() && self.has_view_named(id) => {
                ProjectedSource::View(id.to_owned())
            }
            None => ProjectedSource::Table(id.to_lowercase()),
        };
        *source = resolved.to_value();
    }

    fn has_view_named(&self, name: &str) -> bool {
        self.view_names.values().any(|known| known == name)
    }

    /// Every resource, in the order in which the tenant listed them.
    pub fn resources(&self) -> &[ObservedResource] {
        &self.resources
    }

    /// The resources under `address`: more than one where the tenant holds a name twice.
    pub fn named(&self, address: &Address) -> Vec<&ObservedResource> {
        let places = self.by_name.get(address);
        places
            .into_iter()
            .flatten()
            .map(|&index| &self.resources[index])
            .collect()
    }

    /// Every name with the resources under it.
    pub fn by_name(&self) -> impl Iterator<Item = (&Address, Vec<&ObservedResource>)> {
        let resources =
            |places: &Vec<usize>| places.iter().map(|&index| &self.resources[index]).collect();
        self.by_name
            .iter()
            .map(move |(address, places)| (address, resources(places)))
    }

    /// The resource under `address`, the first where there are several.
    pub fn get(&self, address: &Address) -> Option<&ObservedResource> {
        let index = self.by_name.get(address)?.first()?;
        self.resources.get(*index)
    }

    /// Puts a body that was read singly in the place of what the listing showed of it.
    pub fn complete(&mut self, mut resource: ObservedResource) {
        self.resolve_source(&mut resource);
        let same =
            |known: &ObservedResource| known.kind == resource.kind && known.id == resource.id;
        if let Some(index) = self.resources.iter().position(same) {
            self.resources[index].fields = resource.fields;
        }
    }

    /// Takes away what the listing showed and is gone by now.
    pub fn forget(&mut self, kind: ResourceKind, id: &ResourceId) {
        let resources = std::mem::take(&mut self.resources).into_iter();
        self.by_name.clear();
        for resource in resources.filter(|there| there.kind != kind || there.id != *id) {
            self.add(resource);
        }
    }

    /// Whether the table `id` is on the tenant; `None` where nobody asked.
    pub fn has_table(&self, id: TableId) -> Option<bool> {
        self.tables.get(&id).copied()
    }
}

/// The unresolved source of a view, as adapters put it into a projection.
pub fn source_by_id(id: &str) -> Value {
    json!({ "id": id })
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn view(id: &str, name: &str, source: &str) -> ObservedResource {
        let mut fields = Map::new();
        fields.insert(Projection::SOURCE.into(), source_by_id(source));
        ObservedResource {
            kind: ResourceKind::View,
            id: id.parse().unwrap(),
            name: name.into(),
            status: None,
            fields: Projection::new(fields),
            document: Document::new("{}"),
        }
    }

    #[test]
    fn a_source_is_a_view_where_a_view_has_that_id_or_name_and_a_table_elsewhere() {
        let table = "ABCDEF00-1234-1234-1234-123456789012";
        let state = ObservedState::new(
            vec![
                view("v1", "base", table),
                view("v2", "top", "v1"),
                view("v3", "odd", "base"),
            ],
            BTreeMap::new(),
        );
        let source = |name: &str| {
            let found = state.get(&Address::view(name)).unwrap();
            found.fields.at(&[Projection::SOURCE]).unwrap().to_string()
        };
        assert_eq!(
            source("base"),
            format!(r#"{{"table":"{}"}}"#, table.to_lowercase())
        );
        assert_eq!(source("top"), r#"{"view":"base"}"#);
        assert_eq!(source("odd"), r#"{"view":"base"}"#);
    }

    #[test]
    fn a_name_that_stands_twice_is_seen_twice() {
        let state = ObservedState::new(
            vec![view("v1", "same", "x"), view("v2", "same", "x")],
            BTreeMap::new(),
        );
        assert_eq!(state.named(&Address::view("same")).len(), 2);
        assert!(state.named(&Address::view("other")).is_empty());
    }

    #[test]
    fn digest_ignores_order_and_what_the_tenant_moves_by_itself() {
        let digest = |text: &str| Document::new(text).digest();
        let first = digest(r#"{"id":"1","state":"PUBLISHED","x":1}"#);
        assert_eq!(first, digest(r#"{"x":1,"id":"1","state":"PUBLISHING"}"#));
        assert_ne!(first, digest(r#"{"x":2,"id":"1"}"#));
    }

    #[test]
    fn a_body_that_was_read_singly_takes_the_place_of_what_the_listing_showed() {
        let mut state = ObservedState::new(
            vec![view("v1", "base", "x"), view("v2", "top", "x")],
            BTreeMap::new(),
        );
        state.complete(view("v2", "top", "v1"));
        state.complete(view("v3", "unknown", "v1"));
        let top = state.get(&Address::view("top")).unwrap();
        assert_eq!(
            top.fields.needs(ResourceKind::View).collect::<Vec<_>>(),
            ["base"]
        );
        assert_eq!(state.resources().len(), 2);
    }

    #[test]
    fn a_source_that_no_answer_shows_is_left_as_it_is() {
        let mut bare = view("v1", "base", "x");
        bare.fields = Projection::default();
        let mut odd = view("v2", "odd", "x");
        odd.fields
            .fields_mut()
            .insert(Projection::SOURCE.into(), json!({"id": 7}));
        let state = ObservedState::new(vec![bare, odd], BTreeMap::new());
        assert_eq!(state.resources()[0].fields, Projection::default());
        assert_eq!(
            state.resources()[1]
                .fields
                .needs(ResourceKind::View)
                .count(),
            0
        );
    }

    #[test]
    fn an_action_is_busy_while_it_is_published_or_deleted() {
        for (kind, status, busy) in [
            (ResourceKind::Action, Some("PUBLISHING"), true),
            (ResourceKind::Action, Some("DELETING"), true),
            (ResourceKind::Action, Some("PUBLISHED"), false),
            (ResourceKind::Action, None, false),
            (ResourceKind::View, Some("PUBLISHING"), false),
        ] {
            let mut resource = view("v1", "base", "x");
            resource.kind = kind;
            resource.status = status.map(Into::into);
            assert_eq!(resource.is_busy(), busy, "case: {kind} {status:?}");
        }
    }

    #[test]
    fn a_table_is_there_is_not_or_was_never_looked_for() {
        let [there, gone, unknown] = [1, 2, 3].map(|digit| {
            let id = format!("12345678-1234-1234-1234-12345678901{digit}");
            id.parse::<TableId>().unwrap()
        });
        let state = ObservedState::new(Vec::new(), BTreeMap::from([(there, true), (gone, false)]));
        let found = [there, gone, unknown].map(|id| state.has_table(id));
        assert_eq!(found, [Some(true), Some(false), None]);
    }

    #[test]
    fn a_document_that_is_no_object_has_a_digest_of_its_bytes() {
        assert_eq!(Document::new("[1]").digest(), Digest::of("[1]"));
        assert_eq!(Document::new("{").digest(), Digest::of("{"));
        assert_eq!(Document::new("{").as_str(), "{");
    }
}
