//! The catalog of rules: one entry for each code that a finding can carry.
//!
//! It names and ranks rules; the checks themselves stand beside the types that they guard.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::manifest::all_nearest;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is sent while one stands.
    Error,
    /// Worth reading; changes no exit code.
    Warning,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $code:ident $severity:ident $summary:literal,)*) => {
        /// A rule of the model, named by its stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = $summary] $code,)*
        }

        impl Rule {
            /// Every rule, by code.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The stable code, such as `V005`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// Whether a finding stops the work.
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }

            /// The rule in one sentence.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$code => $summary,)* }
            }

            /// Why there is such a rule, what is wrong and what is right by it, and what to do, as Markdown.
            ///
            /// Manifests in it are cut short to what matters, and may show keys of `spec` alone.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Self::$code => include_str!(concat!("rule/explained/", stringify!($code), ".md")),)*
                }
            }
        }
    };
}

rules! {
    A001 Error "An action name is 3 to 64 characters, each an ASCII letter, a digit, `_` or `-`.",
    A002 Error "A script has 1 to 65,536 UTF-8 bytes.",
    A003 Error "A script is valid JavaScript and defines the entry function `main`.",
    A004 Error "`type` is SCRIPT, `trigger.type` is MANUAL and `script.language` is JavaScript.",
    A005 Error "A dependency names another action of the project or of the tenant, none twice.",
    A006 Error "A script file is a regular file inside the project.",
    C001 Error "A cache key holds an alphanumeric character, no control characters, and balanced, non-empty placeholders.",
    C002 Error "Every TTL is in its range, in seconds.",
    C003 Error "`priority` is default, highPriority or staticReference, and excludes `ttl`.",
    C004 Error "A cache key, trimmed and lower-cased, belongs to one action only.",
    C005 Error "The estimated cache entry is at most 10 MiB.",
    C006 Error "An invalidation directive has an http(s) source, an event type, and the action invalidate, refresh or noop.",
    D001 Error "A timestamp is ISO 8601, a real date and time, with 0 to 6 fraction digits.",
    D002 Error "A time zone is a name of the bundled IANA database, in exact case.",
    D003 Error "`operation` is `ADD_OFFSET` or `SUBTRACT_OFFSET` and `offsetMinutes` is 0 or more.",
    D004 Error "`precision` is 0 to 3 fraction digits.",
    D005 Error "Wall-clock arithmetic does not end in a local time that daylight saving skips.",
    D006 Error "The year of the result is 0001 to 9999.",
    D007 Error "`sourceField` and `targetField` are not empty.",
    E001 Error "An action has at most 50 variables.",
    E002 Error "A variable name is an ASCII letter, then ASCII letters, digits or `_`.",
    E003 Error "Variable names are not repeated within an action.",
    E004 Error "A value is of the JSON type that `type` names.",
    E005 Error "A variable's scope is not broader than the parent scope.",
    E006 Error "An encrypted variable takes its value from `valueFrom`; every variable has exactly one of `value` and `valueFrom`.",
    E007 Error "A value that looks like a mask is refused.",
    E008 Error "What `valueFrom` names is there.",
    G001 Error "No cycle stands among actions or among views, project and tenant taken together.",
    M001 Error "A manifest is readable, UTF-8, valid YAML, JSON or TOML, and within the reading budget.",
    M002 Error "`apiVersion` is cxda/v1 and `kind` is known.",
    M003 Error "No key is unknown, missing or repeated, and every value has the right type.",
    M004 Error "No two documents declare the same kind and name.",
    V001 Error "A view name has 3 to 128 characters.",
    V002 Error "A view description has 10 to 500 characters.",
    V003 Error "The source of a view is exactly one of `table` (a UUID) or `view` (a name).",
    V004 Error "A view has 1 to 50 columns.",
    V005 Error "An aggregation is SUM, AVG, COUNT, MIN or MAX.",
    V006 Error "The output names of a view are not empty and not repeated.",
    V007 Error "A refresh interval is 5 to 120 minutes and a multiple of 5.",
    V008 Error "A custom index names existing output columns, none twice, and a type.",
    V009 Error "The source view exists in the project or on the tenant, and the source table on the tenant.",
    W001 Warning "A literal value looks like a secret.",
    W002 Warning "A cycle stands on the tenant, wholly outside the project.",
    W003 Warning "An action holds encrypted variables that its manifest does not manage.",
    W004 Warning "Two actions of the tenant, neither of this project, share a cache key.",
    W005 Warning "A resource that no manifest names stays, because it is protected or still needed.",
    W006 Warning "Resources that were made here are named by no manifest any more.",
    W007 Warning "A literal in a script looks like a secret.",
    W008 Warning "A script uses a name that is defined nowhere.",
    W009 Warning "A script uses what the place where it runs lacks.",
    W010 Warning "A script's output is larger than 32 KB.",
    W011 Warning "A script holds a loop that never ends.",
}

impl Rule {
    /// Whether it is about the text of a script.
    pub fn is_of_script(self) -> bool {
        use Rule::{A003, W007, W008, W009, W010, W011};
        matches!(self, A003 | W007 | W008 | W009 | W010 | W011)
    }

    /// All about the rule, as a page of Markdown.
    pub fn page(self) -> String {
        let severity = match self.severity() {
            Severity::Error => "An error: nothing is sent while it stands.",
            Severity::Warning => "A warning: it stops nothing and changes no exit code.",
        };
        let (summary, explanation) = (self.summary(), self.explanation());
        format!("# {self}\n\n{summary}\n\n{severity}\n\n{explanation}")
    }
}

/// No rule has a code like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule has this code{}", did_you_mean(nearest))]
pub struct UnknownRule {
    /// The rules whose codes are nearest, if any is near.
    pub nearest: Vec<Rule>,
}

fn did_you_mean(nearest: &[Rule]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!(", did you mean {one}?"),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(|rule| rule.code()).collect();
            format!(", did you mean {} or {last}?", first.join(", "))
        }
    }
}

/// Reads a code in any case.
impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied();
        let mut same = known
            .clone()
            .filter(|rule| rule.code().eq_ignore_ascii_case(code));
        same.next().ok_or_else(|| {
            // `V5` is a way to say V005.
            let padded = code.split_at_checked(1);
            let padded = padded.map(|(letter, number)| format!("{letter}{number:0>3}"));
            let padded = padded.as_deref().unwrap_or(code);
            let nearest = all_nearest(padded, known.clone().map(Self::code));
            UnknownRule {
                nearest: known
                    .filter(|rule| nearest.contains(&rule.code()))
                    .collect(),
            }
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_stand_in_order_and_tell_their_severity() {
        let codes: Vec<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert!(codes.is_sorted_by(|left, right| left < right));
        for rule in Rule::ALL {
            assert_eq!(
                rule.severity() == Severity::Warning,
                rule.code().starts_with('W')
            );
            assert!(rule.summary().ends_with('.'), "{rule}");
        }
        assert_eq!(serde_json::to_string(&Rule::V005).unwrap(), r#""V005""#);
        assert_eq!(
            serde_json::to_string(&Severity::Warning).unwrap(),
            r#""warning""#
        );
    }

    #[test]
    fn a_code_is_read_in_any_case_and_an_unknown_one_brings_up_the_nearest() {
        assert_eq!("v005".parse(), Ok(Rule::V005));
        for (code, want) in [
            ("V5", "no rule has this code, did you mean V005?"),
            ("V050", "no rule has this code, did you mean V005?"),
            (
                "K003",
                "no rule has this code, did you mean A003, C003, D003, E003, M003, V003 or W003?",
            ),
            ("", "no rule has this code"),
            ("ö", "no rule has this code"),
            ("views", "no rule has this code"),
        ] {
            let unknown = code.parse::<Rule>().unwrap_err();
            assert_eq!(unknown.to_string(), want);
        }
    }

    #[test]
    fn every_rule_is_explained_by_what_is_wrong_what_is_right_and_what_to_do() {
        for rule in Rule::ALL {
            let page = rule.page();
            let headings: Vec<&str> = page
                .lines()
                .filter_map(|line| line.strip_prefix("## "))
                .collect();
            // What only a tenant shows has no wrong manifest, and sometimes no right one.
            let whole = if rule.explanation().starts_with("Judged by `plan") {
                vec![&["Right", "What to do"][..], &["What to do"]]
            } else {
                vec![&["Wrong", "Right", "What to do"][..]]
            };
            assert!(whole.contains(&&headings[..]), "{rule}: {headings:?}");
            let why = rule.explanation().split("\n\n").next().unwrap();
            assert!(why.ends_with('.'), "{rule}: {why}");
        }
    }
}
