//! What this project last applied to a resource: the base of the three-way comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::key::{Digest, Fingerprint, ResourceId};
use crate::projection::{Projection, canonical};

/// What was last applied to one resource. It holds digests only: no script and no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastApplied {
    /// The resource.
    pub address: Address,
    /// The server's id of it.
    pub id: ResourceId,
    /// A digest of each managed field, by its path.
    pub fields: BTreeMap<String, Digest>,
    /// A fingerprint of each encrypted value, by the variable's name.
    pub secrets: BTreeMap<String, Fingerprint>,
    /// Whether its manifest protected it.
    pub protect: bool,
}

impl LastApplied {
    /// The record of `fields` having been applied.
    pub fn new(
        address: Address,
        id: ResourceId,
        fields: &Projection,
        secrets: BTreeMap<String, Fingerprint>,
        protect: bool,
    ) -> Self {
        Self {
            address,
            id,
            fields: field_digests(fields),
            secrets,
            protect,
        }
    }
}

/// A digest of each leaf of `fields`, by its path.
pub fn field_digests(fields: &Projection) -> BTreeMap<String, Digest> {
    let mut digests = BTreeMap::new();
    for (key, value) in fields.fields() {
        collect_leaves(key, value, &mut digests);
    }
    digests
}

/// Adds a digest of each leaf of `value`, which stands at `path`.
pub(crate) fn collect_leaves(path: &str, value: &Value, digests: &mut BTreeMap<String, Digest>) {
    match value {
        // A projection is at most three levels deep, so the depth of this recursion is bounded.
        Value::Object(members) => {
            for (key, member) in members {
                collect_leaves(&format!("{path}.{key}"), member, digests);
            }
        }
        leaf => {
            digests.insert(path.to_owned(), Digest::of(canonical(leaf).to_string()));
        }
    }
}
