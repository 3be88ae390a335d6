//! A JSON object whose members keep their order and their text.
//!
//! Values are never parsed here, so what is not touched goes back token for token.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::wire::limits::unescaped;
use crate::wire::{WireError, is_null, parse_borrowed, to_raw};

/// As many members as few objects have more of.
const USUAL_MEMBERS: usize = 16;

/// The members of one object, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a>(Vec<Member<'a>>);

#[derive(Clone, Debug)]
struct Member<'a> {
    key: Cow<'a, str>,
    /// The key as it came, with its quotes and escapes.
    quoted_key: Cow<'a, str>,
    value: Cow<'a, RawValue>,
}

impl<'a> Members<'a> {
    /// The members of `raw`.
    ///
    /// # Errors
    ///
    /// Where it is no object.
    pub(crate) fn of(raw: &'a RawValue) -> Result<Self, WireError> {
        if !raw.get().starts_with('{') {
            return Err(WireError::new("not an object"));
        }
        parse_borrowed(raw)
    }

    /// The value of the member `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        let member = self.0.iter().find(|member| member.key == key)?;
        Some(&member.value)
    }

    /// Gives the member `key` the value `value`, in its place where it is there, else at the end.
    pub(crate) fn set<T>(&mut self, key: &'static str, value: &T) -> Result<(), WireError>
    where
        T: serde::Serialize + ?Sized,
    {
        self.set_raw(key, to_raw(value)?);
        Ok(())
    }

    /// As [`Members::set`], with JSON text.
    pub(crate) fn set_raw(&mut self, key: &'static str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|member| member.key == key) {
            Some(member) => member.value = Cow::Owned(value),
            None => self.0.push(Member {
                key: Cow::Borrowed(key),
                quoted_key: Cow::Owned(format!("\"{key}\"")),
                value: Cow::Owned(value),
            }),
        }
    }

    /// As [`Members::set`], but takes the member away where `value` is `None` and it is there with a value.
    pub(crate) fn set_or_clear(
        &mut self,
        key: &'static str,
        value: Option<&str>,
    ) -> Result<(), WireError> {
        match value {
            Some(value) => self.set(key, value)?,
            None => self
                .0
                .retain(|member| member.key != key || is_null(&member.value)),
        }
        Ok(())
    }

    /// Changes the object at the member `key`, which is made where it is left out or `null`.
    ///
    /// # Errors
    ///
    /// Where something else than an object stands there, for it would be lost.
    pub(crate) fn nested(
        &mut self,
        key: &'static str,
        change: impl FnOnce(&mut Members<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let present = self.get(key).filter(|raw| !is_null(raw));
        let mut inner = match present {
            Some(raw) => Members::of(raw).map_err(|error| error.within(key))?,
            None => Members::default(),
        };
        change(&mut inner)?;
        let raw = inner.to_raw()?;
        self.set_raw(key, raw);
        Ok(())
    }

    /// The object as compact JSON text; what was not touched is spelled as it came.
    pub(crate) fn to_json(&self) -> String {
        let parts = self.0.iter();
        let bytes = parts.map(|member| member.quoted_key.len() + member.value.get().len() + 2);
        let mut text = String::with_capacity(bytes.sum::<usize>() + 2);
        text.push('{');
        for (index, member) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&member.quoted_key);
            text.push(':');
            text.push_str(member.value.get());
        }
        text.push('}');
        text
    }

    /// As [`Members::to_json`].
    pub(crate) fn to_raw(&self) -> Result<Box<RawValue>, WireError> {
        RawValue::from_string(self.to_json()).map_err(|error| WireError::of_json(&error))
    }

    /// Each key with its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0
            .iter()
            .map(|member| (member.key.as_ref(), member.value.as_ref()))
    }
}

/// The items of `raw`, each in its own text.
///
/// # Errors
///
/// Where it is no list.
pub(crate) fn items(raw: &RawValue) -> Result<Vec<&RawValue>, WireError> {
    if !raw.get().starts_with('[') {
        return Err(WireError::new("not a list"));
    }
    parse_borrowed(raw)
}

/// The objects of `items` as one list.
pub(crate) fn list<'a>(
    items: impl IntoIterator<Item = Members<'a>>,
) -> Result<Box<RawValue>, WireError> {
    let texts: Vec<String> = items.into_iter().map(|item| item.to_json()).collect();
    RawValue::from_string(format!("[{}]", texts.join(",")))
        .map_err(|error| WireError::of_json(&error))
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(USUAL_MEMBERS);
                while let Some((quoted, value)) =
                    map.next_entry::<&'de RawValue, &'de RawValue>()?
                {
                    let key = unescaped(quoted.get()).map_err(serde::de::Error::custom)?;
                    members.push(Member {
                        key,
                        quoted_key: Cow::Borrowed(quoted.get()),
                        value: Cow::Borrowed(value),
                    });
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn untouched_members_keep_order_spelling_and_numbers() {
        let text =
            r#"{"z":1e400,"\u0061":12345678901234567890,"m":{"x":1.10,"y":[ 1 ]},"é":"\u00e9"}"#;
        let document = raw(text);
        let mut members = Members::of(&document).unwrap();
        assert_eq!(members.get("a").unwrap().get(), "12345678901234567890");
        assert_eq!(members.to_json(), text);
        members.set("new", &1).unwrap();
        members.set("m", "changed").unwrap();
        assert_eq!(
            members.to_json(),
            r#"{"z":1e400,"\u0061":12345678901234567890,"m":"changed","é":"\u00e9","new":1}"#
        );
    }

    #[test]
    fn nested_objects_are_changed_in_place_or_made() {
        let document = raw(r#"{"a":{"k":1.0,"t":"old"},"n":null,"s":"text"}"#);
        let mut members = Members::of(&document).unwrap();
        let set = |inner: &mut Members<'_>| inner.set("t", "new");
        members.nested("a", set).unwrap();
        members.nested("n", set).unwrap();
        members.nested("m", set).unwrap();
        assert!(members.nested("s", set).is_err());
        assert_eq!(
            members.to_json(),
            r#"{"a":{"k":1.0,"t":"new"},"n":{"t":"new"},"s":"text","m":{"t":"new"}}"#
        );
    }

    #[test]
    fn clearing_leaves_a_null_as_it_came() {
        let document = raw(r#"{"alias":null,"aggregation":"SUM"}"#);
        let mut members = Members::of(&document).unwrap();
        for key in ["alias", "aggregation", "absent"] {
            members.set_or_clear(key, None).unwrap();
        }
        assert_eq!(members.to_json(), r#"{"alias":null}"#);
    }
}
