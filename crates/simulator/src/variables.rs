//! The variables of an action as the simulated tenant keeps them: of an encrypted value, a digest only.
//!
//! The digest is a plain SHA-256 of the value, so that a test can tell which value arrived. It is no protection
//! for a weak secret and needs to be none: the simulator is not where real secrets belong.

use std::collections::BTreeMap;

use cxda_domain::key::Digest;
use serde::{Deserialize, Serialize};

use crate::config::SecretDisplay;
use crate::document::Document;
use crate::message::FieldError;

/// One variable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredVariable {
    /// Its members as sent; an encrypted one has no `value` among them.
    members: Document,
    /// The digest of the value of an encrypted variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Digest>,
}

impl StoredVariable {
    /// The variable as the tenant shows it.
    pub(crate) fn shown(&self, display: SecretDisplay) -> Document {
        let mut members = self.members.clone();
        if self.secret.is_some() {
            match display {
                SecretDisplay::Masked => members.set("value", SecretDisplay::MASK),
                SecretDisplay::Empty => members.set("value", ""),
                SecretDisplay::Absent => {}
            }
        }
        members
    }
}

/// Takes in the variables that were sent for an action that has `present` ones.
///
/// An encrypted variable that comes without a value, with an empty one or with the mask keeps the secret that the
/// present encrypted variable of the same name has.
///
/// # Errors
///
/// A finding for each encrypted variable that comes without a value and has none to keep.
pub(crate) fn take_in(
    sent: Vec<Document>,
    present: &[StoredVariable],
) -> Result<Vec<StoredVariable>, Vec<FieldError>> {
    let secrets: BTreeMap<String, &Digest> = present
        .iter()
        .filter_map(|variable| Some((variable.members.get("name")?, variable.secret.as_ref()?)))
        .collect();
    let mut findings = Vec::new();
    let mut stored = Vec::with_capacity(sent.len());
    for (index, mut members) in sent.into_iter().enumerate() {
        let mut secret = None;
        if members.get("encrypted") == Some(true) {
            let value: Option<String> = members.get("value");
            let name: String = members.get("name").unwrap_or_default();
            members.remove("value");
            secret = match value.as_deref() {
                None | Some("" | SecretDisplay::MASK) => secrets.get(&name).copied().cloned(),
                Some(value) => Some(Digest::of(value)),
            };
            if secret.is_none() {
                findings.push(FieldError {
                    field: format!("variables[{index}].value"),
                    message: "an encrypted variable needs a value".to_owned(),
                });
            }
        }
        stored.push(StoredVariable { members, secret });
    }
    if findings.is_empty() {
        Ok(stored)
    } else {
        Err(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Vec<Document> {
        serde_json::from_str(text).unwrap()
    }

    fn shown(variables: &[StoredVariable], display: SecretDisplay) -> String {
        let shown: Vec<Document> = variables.iter().map(|v| v.shown(display)).collect();
        serde_json::to_string(&shown).unwrap()
    }

    #[test]
    fn an_encrypted_value_is_never_kept_nor_shown() {
        let token = sent(r#"[{"name":"token","value":"hunter2","encrypted":true,"n":1.0}]"#);
        let stored = take_in(token, &[]).unwrap();
        for (display, want) in [
            (
                SecretDisplay::Masked,
                r#"[{"encrypted":true,"n":1.0,"name":"token","value":"********"}]"#,
            ),
            (
                SecretDisplay::Empty,
                r#"[{"encrypted":true,"n":1.0,"name":"token","value":""}]"#,
            ),
            (
                SecretDisplay::Absent,
                r#"[{"encrypted":true,"n":1.0,"name":"token"}]"#,
            ),
        ] {
            assert_eq!(shown(&stored, display), want);
        }
        let kept = serde_json::to_string(&stored).unwrap();
        assert!(!kept.contains("hunter2"));
        assert!(kept.contains(Digest::of("hunter2").as_str()));
    }

    #[test]
    fn what_is_shown_of_a_secret_keeps_it_when_sent_back() {
        let first = take_in(sent(r#"[{"name":"t","value":"s","encrypted":true}]"#), &[]).unwrap();
        for back in [
            r#"[{"name":"t","value":"********","encrypted":true}]"#,
            r#"[{"name":"t","value":"","encrypted":true}]"#,
            r#"[{"name":"t","value":null,"encrypted":true}]"#,
            r#"[{"name":"t","encrypted":true}]"#,
        ] {
            let again = take_in(sent(back), &first).unwrap();
            assert_eq!(again[0].secret, Some(Digest::of("s")), "{back}");
        }
        let other = sent(r#"[{"name":"t","value":"new","encrypted":true}]"#);
        let other = take_in(other, &first).unwrap();
        assert_eq!(other[0].secret, Some(Digest::of("new")));
    }

    #[test]
    fn a_secret_that_nobody_sent_is_a_finding() {
        let plain = take_in(sent(r#"[{"name":"t","value":"s"}]"#), &[]).unwrap();
        let masked =
            sent(r#"[{"name":"a","value":"x"},{"name":"t","value":"********","encrypted":true}]"#);
        let findings = take_in(masked, &plain).unwrap_err();
        assert_eq!(findings[0].field, "variables[1].value");
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn a_plain_value_stays_as_it_is_even_if_it_looks_like_a_mask() {
        let stored = take_in(sent(r#"[{"name":"t","value":"********"}]"#), &[]).unwrap();
        assert_eq!(
            shown(&stored, SecretDisplay::Absent),
            r#"[{"name":"t","value":"********"}]"#
        );
    }
}
