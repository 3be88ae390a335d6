//! One action or view as the tenant keeps it.
//!
//! It keeps members that `cxda` does not manage, and the values that it shows nobody.

use std::collections::{BTreeMap, BTreeSet};

use cxda_domain::address::ResourceKind;
use cxda_domain::key::ResourceId;
use cxda_domain::observed::{Document, ObservedResource};
use cxda_domain::projection::Projection;
use cxda_domain::secret::SecretText;
use serde_json::{Map, Value, json};

/// What stands under a name.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) kind: ResourceKind,
    pub(super) id: ResourceId,
    fields: Map<String, Value>,
    unmanaged: Map<String, Value>,
    encrypted: BTreeMap<String, SecretText>,
    /// How often it is still shown as being published.
    publishing: u32,
}

impl Resource {
    pub(super) fn new(
        kind: ResourceKind,
        id: ResourceId,
        fields: Map<String, Value>,
        encrypted: BTreeMap<String, SecretText>,
    ) -> Self {
        let mut resource = Self {
            kind,
            id,
            fields,
            unmanaged: Map::new(),
            encrypted,
            publishing: 0,
        };
        if kind == ResourceKind::Action {
            resource.fields.entry("enabled").or_insert(json!(true));
        }
        resource
    }

    /// The resource after a replace by `sent`: what `sent` leaves out goes back as it came, so it stays.
    pub(super) fn replaced(
        &self,
        sent: Map<String, Value>,
        encrypted: Option<BTreeMap<String, SecretText>>,
    ) -> Self {
        let mut next = self.clone();
        for (name, value) in sent {
            match (next.fields.get_mut(&name), value) {
                // A cache block without a key leaves key and TTL alone.
                (Some(Value::Object(kept)), Value::Object(members)) if name == "cache" => {
                    kept.extend(members);
                }
                (_, value) => drop(next.fields.insert(name, value)),
            }
        }
        if let Some(encrypted) = encrypted {
            next.encrypted = encrypted;
        }
        next
    }

    pub(super) fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    pub(super) fn set_unmanaged(&mut self, name: &str, value: Value) {
        self.unmanaged.insert(name.to_owned(), value);
    }

    pub(super) fn keep_publishing(&mut self, times: u32) {
        self.publishing = times;
    }

    /// Takes note of having been shown once.
    pub(super) fn was_shown(&mut self) {
        self.publishing = self.publishing.saturating_sub(1);
    }

    pub(super) fn is_busy(&self) -> bool {
        self.publishing > 0
    }

    pub(super) fn encrypted_value(&self, name: &str) -> Option<&SecretText> {
        self.encrypted.get(name)
    }

    fn status(&self) -> &'static str {
        match (self.kind, self.publishing) {
            (ResourceKind::View, _) => "ACTIVE",
            (ResourceKind::Action, 0) => "PUBLISHED",
            (ResourceKind::Action, _) => "PUBLISHING",
        }
    }

    /// The resource as an answer shows it: under `name`, without the members `hidden`.
    pub(super) fn show(&self, name: &str, hidden: &BTreeSet<String>) -> ObservedResource {
        let mut fields = self.fields.clone();
        fields.retain(|member, _| !hidden.contains(member));
        let mut document = fields.clone();
        let own = [("id", self.id.as_str()), ("name", name)];
        document.extend(own.map(|(member, text)| (member.to_owned(), json!(text))));
        let status = match self.kind {
            ResourceKind::View => "status",
            ResourceKind::Action => "state",
        };
        document.insert(status.to_owned(), json!(self.status()));
        document.extend(self.unmanaged.clone());
        ObservedResource {
            kind: self.kind,
            id: self.id.clone(),
            name: name.to_owned(),
            status: Some(self.status().to_owned()),
            fields: Projection::new(fields),
            document: Document::new(Value::Object(document).to_string()),
        }
    }
}
