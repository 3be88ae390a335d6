//! A JSON object whose members are kept as the text they came as.
//!
//! Members that the simulator does not know go back token for token, numbers beyond 64 bits included. Only the
//! order of an object's top-level members is not kept: they are shown in alphabetical order.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON object, member by member, unparsed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Document(BTreeMap<String, Box<RawValue>>);

impl Document {
    /// The object that `text` is; of a member that occurs twice the last counts.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// The member, if it is there and of type `T`.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The object as JSON text.
    pub(crate) fn to_text(&self) -> String {
        // All names are text and all members JSON already.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The member's JSON text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        Some(self.0.get(name)?.get())
    }

    /// Sets a member.
    pub(crate) fn set(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        // What the simulator sets is text, numbers and documents, all of which have a JSON form.
        if let Ok(raw) = serde_json::value::to_raw_value(value) {
            self.0.insert(name.to_owned(), raw);
        }
    }

    /// Takes a member out; returns its text.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Box<RawValue>> {
        self.0.remove(name)
    }

    /// The same without the named members.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        for name in names {
            self.0.remove(*name);
        }
        self
    }

    /// Only the named members, as far as they are there.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let kept = |name: &&str| Some(((*name).to_owned(), self.0.get(*name)?.clone()));
        Self(names.iter().filter_map(kept).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_token_for_token() {
        let text =
            r#"{"a":1.50e+3,"b":{"z":123456789012345678901234567890,"y":-0.0},"c":"\u0041"}"#;
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
    }

    #[test]
    fn only_objects_are_documents() {
        for text in ["[]", "1", "null", "", "{", "{}{}"] {
            assert!(Document::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_member_is_read_set_taken_out_and_picked() {
        let mut document = Document::parse(br#"{"name":"a","n":1,"x":null}"#).unwrap();
        assert_eq!(document.get::<String>("name").as_deref(), Some("a"));
        assert_eq!(document.get::<String>("n"), None);
        document.set("n", "two");
        assert!(document.remove("x").is_some());
        let picked = serde_json::to_string(&document.only(&["n", "absent"])).unwrap();
        assert_eq!(picked, r#"{"n":"two"}"#);
        let rest = serde_json::to_string(&document.without(&["n"])).unwrap();
        assert_eq!(rest, r#"{"name":"a"}"#);
    }
}
