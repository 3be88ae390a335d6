//! Addresses of resources: `view/NAME` and `action/NAME`, and patterns over them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What kind of thing a manifest declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceKind {
    /// A materialized view.
    View,
    /// A data action.
    Action,
}

impl ResourceKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::View, Self::Action];

    /// The word in addresses: `view` or `action`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Action => "action",
        }
    }

    /// The `kind` of its manifests.
    pub fn manifest_kind(self) -> &'static str {
        match self {
            Self::View => "MaterializedView",
            Self::Action => "DataAction",
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Names one resource of a tenant: its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// View or action.
    pub kind: ResourceKind,
    /// The resource's name.
    pub name: String,
}

impl Address {
    /// The address of the view `name`.
    pub fn view(name: impl Into<String>) -> Self {
        Self {
            kind: ResourceKind::View,
            name: name.into(),
        }
    }

    /// The address of the action `name`.
    pub fn action(name: impl Into<String>) -> Self {
        Self {
            kind: ResourceKind::Action,
            name: name.into(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.name)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

/// Text that is not `view/NAME` or `action/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{raw:?} is not an address, expected `view/NAME` or `action/NAME`")]
pub struct AddressError {
    /// What was given.
    pub raw: String,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let unfit = || AddressError {
            raw: raw.to_owned(),
        };
        let (kind, name) = raw.split_once('/').ok_or_else(unfit)?;
        let kind = match kind {
            "view" => ResourceKind::View,
            "action" => ResourceKind::Action,
            _ => return Err(unfit()),
        };
        if name.is_empty() {
            return Err(unfit());
        }
        Ok(Self {
            kind,
            name: name.to_owned(),
        })
    }
}

/// A pattern over addresses, in which `*` stands for any characters, `/` included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressPattern(String);

impl AddressPattern {
    /// Whether `address` fits.
    pub fn matches(&self, address: &Address) -> bool {
        glob(self.0.as_bytes(), address.to_string().as_bytes())
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AddressPattern {
    type Err = AddressError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        // What stands before the first star must be able to begin an address, or the pattern could never fit any.
        let (before, _) = raw.split_once('*').unwrap_or((raw, ""));
        let plausible = ["view/", "action/"]
            .iter()
            .any(|kind| before.starts_with(kind) || raw.contains('*') && kind.starts_with(before));
        if plausible && !raw.ends_with('/') {
            Ok(Self(raw.to_owned()))
        } else {
            Err(AddressError {
                raw: raw.to_owned(),
            })
        }
    }
}

impl TryFrom<String> for AddressPattern {
    type Error = AddressError;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<AddressPattern> for String {
    fn from(pattern: AddressPattern) -> Self {
        pattern.0
    }
}

/// Matches with one remembered `*` at a time, so that no pattern takes more than |pattern| * |text| steps.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        if at < pattern.len() && pattern[at] == b'*' {
            star = Some((at, read));
            at += 1;
        } else if at < pattern.len() && pattern[at] == text[read] {
            at += 1;
            read += 1;
        } else if let Some((star_at, star_read)) = star {
            star = Some((star_at, star_read + 1));
            at = star_at + 1;
            read = star_read + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_parse() {
        for raw in ["view/a", "action/score_calc"] {
            assert_eq!(raw.parse::<Address>().unwrap().to_string(), raw);
        }
        for raw in ["", "view", "view/", "table/x", "action"] {
            assert!(raw.parse::<Address>().is_err(), "case: {raw}");
        }
    }

    #[test]
    fn patterns_match_with_stars() {
        let address = Address::action("score_calc");
        for (pattern, fits) in [
            ("action/score_calc", true),
            ("action/*", true),
            ("*", true),
            ("*/score*", true),
            ("action/s*c*c", true),
            ("action/score", false),
            ("view/*", false),
        ] {
            let parsed: AddressPattern = pattern.parse().unwrap();
            assert_eq!(parsed.matches(&address), fits, "case: {pattern}");
        }
    }

    #[test]
    fn a_pattern_that_could_never_match_is_refused() {
        for (raw, fits) in [
            ("act*", true),
            ("*", true),
            ("view/a*/b", true),
            ("score", false),
            ("score*", false),
            ("views/*", false),
            ("view/", false),
            ("*/", false),
            ("", false),
        ] {
            assert_eq!(raw.parse::<AddressPattern>().is_ok(), fits, "case: {raw:?}");
        }
    }

    #[test]
    fn addresses_and_patterns_are_text_in_json_and_judged_when_read() {
        let address: Address = serde_json::from_str(r#""view/a b""#).unwrap();
        assert_eq!(address, Address::view("a b"));
        assert_eq!(serde_json::to_string(&address).unwrap(), r#""view/a b""#);
        assert!(serde_json::from_str::<Address>(r#""view""#).is_err());
        let pattern: AddressPattern = serde_json::from_str(r#""view/*""#).unwrap();
        assert_eq!(pattern.as_str(), "view/*");
        assert_eq!(serde_json::to_string(&pattern).unwrap(), r#""view/*""#);
        let error = serde_json::from_str::<AddressPattern>(r#""x""#).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#""x" is not an address, expected `view/NAME` or `action/NAME`"#
        );
    }

    #[test]
    fn views_stand_before_actions() {
        assert!(Address::view("z") < Address::action("a"));
    }
}
