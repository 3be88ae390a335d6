//! What this project last applied to a resource: the base of the three-way comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::instant::UtcMillis;
use crate::key::{Digest, DigestKey, Fingerprint, ResourceId};
use crate::projection::{Projection, canonical};

/// What was last applied to one resource. It holds keyed digests only: no script and no value, and nothing to try values on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastApplied {
    /// The resource.
    pub address: Address,
    /// The server's id of it.
    pub id: ResourceId,
    /// A keyed digest of each managed field, by its path.
    pub fields: BTreeMap<String, Digest>,
    /// Each encrypted value, by the variable's name.
    pub secrets: BTreeMap<String, KeptSecret>,
    /// Whether its manifest protected it.
    pub protect: bool,
}

/// What is remembered of an encrypted value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptSecret {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When it took the place of another one, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UtcMillis>,
}

impl LastApplied {
    /// The record of `fields` having been applied; since when each secret is what it is, [`LastApplied::dated`] adds.
    pub fn new(
        address: Address,
        id: ResourceId,
        fields: &Projection,
        secrets: BTreeMap<String, Fingerprint>,
        protect: bool,
        key: &DigestKey,
    ) -> Self {
        Self {
            address,
            id,
            fields: field_digests(fields, key),
            secrets: secrets
                .into_iter()
                .map(|(name, fingerprint)| (name, KeptSecret::undated(fingerprint)))
                .collect(),
            protect,
        }
    }

    /// With the age of each secret: that of `before` where it is the same one, else it is of `now`, where that is known.
    #[must_use]
    pub fn dated(mut self, before: Option<&Self>, now: Option<UtcMillis>) -> Self {
        for (name, secret) in &mut self.secrets {
            let kept = before.and_then(|before| before.secrets.get(name));
            secret.since = match kept {
                Some(kept) if kept.fingerprint == secret.fingerprint => kept.since,
                _ => now,
            };
        }
        self
    }
}

impl KeptSecret {
    /// A value of which nobody knows since when it is that one.
    pub fn undated(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            since: None,
        }
    }
}

/// A digest of each leaf of `fields`, by its path.
fn field_digests(fields: &Projection, key: &DigestKey) -> BTreeMap<String, Digest> {
    let mut digests = BTreeMap::new();
    for (path, value) in fields.fields() {
        collect_leaves(path, value, key, &mut digests);
    }
    digests
}

/// Adds a digest of each leaf of `value`, which stands at `path`.
pub(crate) fn collect_leaves(
    path: &str,
    value: &Value,
    key: &DigestKey,
    digests: &mut BTreeMap<String, Digest>,
) {
    match value {
        // A projection is at most three levels deep, so the depth of this recursion is bounded.
        Value::Object(members) => {
            for (name, member) in members {
                collect_leaves(&format!("{path}.{name}"), member, key, digests);
            }
        }
        leaf => {
            digests.insert(path.to_owned(), key.digest(canonical(leaf).to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> DigestKey {
        DigestKey::new(|_| Fingerprint::new("k"))
    }

    #[test]
    fn each_leaf_has_a_digest_and_a_number_has_one_however_it_is_written() {
        let digests = |value: Value| {
            field_digests(&Projection::new(value.as_object().unwrap().clone()), &key())
        };
        let found = digests(json!({"a": 1, "b": {"c": [1, {"x": null}], "d": {}}}));
        assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "b.c"]);
        assert_eq!(found, digests(json!({"a": 1.0, "b": {"c": [1.0, {}]}})));
        assert_ne!(found, digests(json!({"a": 2, "b": {"c": [1, {}]}})));
    }

    #[test]
    fn t_13_no_digest_of_a_record_can_be_had_without_the_key() {
        let fields = Projection::new(
            json!({"variables": {"on": {"value": "true"}}})
                .as_object()
                .unwrap()
                .clone(),
        );
        let digest = field_digests(&fields, &key())["variables.on.value"].clone();
        for guessed in ["true", "\"true\""] {
            assert_ne!(digest, Digest::of(guessed));
        }
    }

    #[test]
    fn a_secret_is_as_old_as_its_last_change() {
        let at = UtcMillis::from_epoch_millis;
        let applied = |fingerprint: &str| {
            let secrets = BTreeMap::from([("v".to_owned(), Fingerprint::new(fingerprint))]);
            let id = "id-1".parse().unwrap();
            LastApplied::new(
                Address::action("abc"),
                id,
                &Projection::default(),
                secrets,
                false,
                &key(),
            )
        };
        let since = |applied: &LastApplied| applied.secrets["v"].since;
        let first = applied("f").dated(None, Some(at(1)));
        assert_eq!(since(&first), Some(at(1)));
        let same = applied("f").dated(Some(&first), Some(at(2)));
        assert_eq!(since(&same), Some(at(1)));
        let other = applied("g").dated(Some(&same), Some(at(3)));
        assert_eq!(since(&other), Some(at(3)));
        let unknown = applied("f").dated(Some(&applied("f")), Some(at(4)));
        assert_eq!(since(&unknown), None, "nobody knows since when");
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
            &key(),
        );
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<LastApplied>(&text).unwrap(), record);
    }
}
