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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_leaf_has_a_digest_and_a_number_has_one_however_it_is_written() {
        let digests =
            |value: Value| field_digests(&Projection::new(value.as_object().unwrap().clone()));
        let found = digests(json!({"a": 1, "b": {"c": [1, {"x": null}], "d": {}}}));
        assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "b.c"]);
        assert_eq!(found, digests(json!({"a": 1.0, "b": {"c": [1.0, {}]}})));
        assert_ne!(found, digests(json!({"a": 2, "b": {"c": [1, {}]}})));
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let fields = Projection::new(json!({"a": 1}).as_object().unwrap().clone());
        let secrets = BTreeMap::from([("v".to_owned(), Fingerprint::new("f"))]);
        let record = LastApplied::new(
            Address::view("calls"),
            "id-1".parse().unwrap(),
            &fields,
            secrets,
            true,
        );
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<LastApplied>(&text).unwrap(), record);
    }
}
