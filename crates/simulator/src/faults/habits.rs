//! Habits: how the whole tenant behaves while a script is in force.
//!
//! What a script does not say stays as the simulator was configured.

use std::time::Duration;

use cxda_adapters_memory::collection::NameRule;
use cxda_domain::request::RateLimit;
use serde_json::Value;

use super::kind::LONGEST_MS;
use super::members::{Members, number, word};
use crate::config::{FilterHabit, KeyHabit, ScopePolicy, SecretDisplay, SimConfig};
use crate::profile::{ProfileName, SimProfile};

/// The largest skew of the server's clock, in seconds: ten years.
const LARGEST_SKEW_SECONDS: i64 = 315_360_000;

/// The member `tenant` of a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Habits {
    said: Vec<Habit>,
}

#[derive(Clone, Debug)]
struct Habit {
    name: &'static str,
    change: Change,
}

/// What a habit changes.
#[derive(Clone, Debug)]
enum Change {
    Profile(ProfileName),
    Keys(KeyHabit),
    Names(NameRule),
    ListLag(Duration),
    Filter(FilterHabit),
    SecretValues(SecretDisplay),
    RateLimit(Option<RateLimit>),
    TokenLifetime(Duration),
    Scopes(ScopePolicy),
    Publishing(Duration),
    IgnoredOnCreate(Vec<String>),
    PageSizeLimit(u32),
    ClockSkew(i64),
}

type Reading = fn(&str, &Value) -> Result<Change, String>;

/// Every habit and how it is read; the order is that of the documentation.
const HABITS: [(&str, Reading); 13] = [
    ("profile", profile),
    ("keys", keys),
    ("names", |name, value| {
        let words = [
            ("unique", NameRule::Unique),
            ("shared", NameRule::Repeatable),
        ];
        Ok(Change::Names(one_of(name, value, &words)?))
    }),
    ("listLagMilliseconds", |name, value| {
        Ok(Change::ListLag(milliseconds(name, value)?))
    }),
    ("filter", |name, value| {
        let words = [
            ("exact", FilterHabit::Exact),
            ("contains", FilterHabit::Contains),
            ("ignored", FilterHabit::Ignored),
        ];
        Ok(Change::Filter(one_of(name, value, &words)?))
    }),
    ("secretValues", |name, value| {
        let words = [
            ("masked", SecretDisplay::Masked),
            ("empty", SecretDisplay::Empty),
            ("absent", SecretDisplay::Absent),
        ];
        Ok(Change::SecretValues(one_of(name, value, &words)?))
    }),
    ("rateLimit", rate_limit),
    ("tokenSeconds", |name, value| {
        let seconds = number(name, value, 1..=86_400)?;
        Ok(Change::TokenLifetime(Duration::from_secs(seconds)))
    }),
    ("scopes", |name, value| {
        Ok(Change::Scopes(ScopePolicy::Granted(texts(name, value)?)))
    }),
    ("publishingMilliseconds", |name, value| {
        Ok(Change::Publishing(milliseconds(name, value)?))
    }),
    ("ignoredOnCreate", |name, value| {
        Ok(Change::IgnoredOnCreate(texts(name, value)?))
    }),
    ("pageSizeLimit", |name, value| {
        let limit = number(name, value, 1..=u64::from(SimConfig::PAGE_SIZE_LIMIT))?;
        let limit = u32::try_from(limit).unwrap_or(SimConfig::PAGE_SIZE_LIMIT);
        Ok(Change::PageSizeLimit(limit))
    }),
    ("clockSkewSeconds", |name, value| {
        let largest = LARGEST_SKEW_SECONDS;
        let skew = value
            .as_i64()
            .filter(|skew| (-largest..=largest).contains(skew));
        skew.map(Change::ClockSkew)
            .ok_or_else(|| format!("`{name}` is not a whole number from -{largest} to {largest}"))
    }),
];

impl Habits {
    /// The names of all habits.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = &'static str> {
        HABITS.into_iter().map(|(name, _)| name)
    }

    /// Reads the member `tenant`.
    pub(super) fn read(value: Value) -> Result<Self, String> {
        let mut members = Members::of(value, "`tenant`")?;
        let mut said = Vec::new();
        for (name, read) in HABITS {
            if let Some(value) = members.any(name) {
                let change = read(name, &value)?;
                said.push(Habit { name, change });
            }
        }
        members.finish()?;
        Ok(Self { said })
    }

    /// The names of the habits that are said.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.said.iter().map(|habit| habit.name)
    }

    /// Whether names are unique, where it is said.
    pub(crate) fn name_rule(&self) -> Option<NameRule> {
        self.said.iter().find_map(|habit| match habit.change {
            Change::Names(rule) => Some(rule),
            _ => None,
        })
    }

    /// `config` with these habits.
    pub(crate) fn applied_to(&self, config: &SimConfig) -> SimConfig {
        let mut config = config.clone();
        for habit in &self.said {
            match habit.change.clone() {
                Change::Profile(name) => config.profile = SimProfile::named(name),
                Change::Keys(keys) => config.idempotency = keys,
                // The state's, not the configuration's.
                Change::Names(_) => {}
                Change::ListLag(lag) => config.list_lag = lag,
                Change::Filter(filter) => config.filter = filter,
                Change::SecretValues(display) => config.secret_values = display,
                Change::RateLimit(limit) => config.rate_limit = limit,
                Change::TokenLifetime(lifetime) => config.token_lifetime = lifetime,
                Change::Scopes(policy) => config.scopes = policy,
                Change::Publishing(publishing) => config.publishing = publishing,
                Change::IgnoredOnCreate(members) => config.ignored_on_create = members,
                Change::PageSizeLimit(limit) => config.page_size_limit = limit,
                Change::ClockSkew(seconds) => config.clock_skew_seconds = seconds,
            }
        }
        config
    }
}

fn one_of<T: Copy>(name: &str, value: &Value, words: &[(&'static str, T)]) -> Result<T, String> {
    let text = value.as_str();
    let text = text.ok_or_else(|| format!("`{name}` is not a text"))?;
    word(name, text, words)
}

fn milliseconds(name: &str, value: &Value) -> Result<Duration, String> {
    number(name, value, 0..=LONGEST_MS).map(Duration::from_millis)
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let texts: Option<Vec<String>> = value.as_array().and_then(|texts| {
        let text = |text: &Value| text.as_str().map(str::to_owned);
        texts.iter().map(text).collect()
    });
    texts.ok_or_else(|| format!("`{name}` is not a list of texts"))
}

fn profile(name: &str, value: &Value) -> Result<Change, String> {
    let words = ProfileName::ALL.map(|profile| (profile.as_str(), profile));
    Ok(Change::Profile(one_of(name, value, &words)?))
}

fn keys(name: &str, value: &Value) -> Result<Change, String> {
    if value.is_object() {
        let mut members = Members::of(value.clone(), "`keys`")?;
        let window = members.needed_number("expireMilliseconds", 1..=LONGEST_MS)?;
        members.finish()?;
        return Ok(Change::Keys(KeyHabit::Expiring(Duration::from_millis(
            window,
        ))));
    }
    let words = [
        ("honoured", KeyHabit::Honoured),
        ("ignored", KeyHabit::Ignored),
        ("replayErrors", KeyHabit::ReplayingErrors),
    ];
    Ok(Change::Keys(one_of(name, value, &words)?))
}

fn rate_limit(name: &str, value: &Value) -> Result<Change, String> {
    if value.is_null() {
        return Ok(Change::RateLimit(None));
    }
    let mut members = Members::of(value.clone(), &format!("`{name}`"))?;
    let requests = members.needed_number("requests", 1..=1_000_000)?;
    let per = members.needed_number("milliseconds", 1..=LONGEST_MS)?;
    members.finish()?;
    Ok(Change::RateLimit(Some(RateLimit {
        requests: u32::try_from(requests).unwrap_or(u32::MAX),
        per: Duration::from_millis(per),
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn only(name: &str, value: Value) -> Value {
        Value::Object(Map::from_iter([(name.to_owned(), value)]))
    }

    fn config() -> SimConfig {
        SimConfig::new(SimProfile::named(ProfileName::CxoneV2))
    }

    #[test]
    fn every_habit_changes_what_it_is_about_and_nothing_else() {
        type Seen = fn(&SimConfig) -> String;
        let cases: [(&str, Value, Seen, &str); 14] = [
            (
                "profile",
                json!("actions"),
                |c| c.profile.paths.token.clone(),
                "/api/v2/oauth/token",
            ),
            (
                "keys",
                json!("ignored"),
                |c| format!("{:?}", c.idempotency),
                "Ignored",
            ),
            (
                "keys",
                json!("replayErrors"),
                |c| format!("{:?}", c.idempotency),
                "ReplayingErrors",
            ),
            (
                "keys",
                json!({"expireMilliseconds": 5}),
                |c| format!("{:?}", c.idempotency),
                "Expiring(5ms)",
            ),
            (
                "listLagMilliseconds",
                json!(7),
                |c| format!("{:?}", c.list_lag),
                "7ms",
            ),
            (
                "filter",
                json!("contains"),
                |c| format!("{:?}", c.filter),
                "Contains",
            ),
            (
                "secretValues",
                json!("absent"),
                |c| format!("{:?}", c.secret_values),
                "Absent",
            ),
            (
                "rateLimit",
                json!(null),
                |c| format!("{:?}", c.rate_limit),
                "None",
            ),
            (
                "tokenSeconds",
                json!(30),
                |c| format!("{:?}", c.token_lifetime),
                "30s",
            ),
            (
                "scopes",
                json!(["a"]),
                |c| format!("{:?}", c.scopes),
                r#"Granted(["a"])"#,
            ),
            (
                "publishingMilliseconds",
                json!(9),
                |c| format!("{:?}", c.publishing),
                "9ms",
            ),
            (
                "ignoredOnCreate",
                json!(["variables"]),
                |c| c.ignored_on_create.concat(),
                "variables",
            ),
            (
                "pageSizeLimit",
                json!(2),
                |c| c.page_size_limit.to_string(),
                "2",
            ),
            (
                "clockSkewSeconds",
                json!(-3_600),
                |c| c.clock_skew_seconds.to_string(),
                "-3600",
            ),
        ];
        for (name, value, seen, want) in cases {
            let habits = Habits::read(only(name, value)).unwrap();
            assert_eq!(seen(&habits.applied_to(&config())), want, "{name}");
            assert_ne!(seen(&config()), want, "{name}");
            assert_eq!(habits.names().collect::<Vec<_>>(), [name]);
        }
        let shared = Habits::read(json!({"names": "shared"})).unwrap();
        assert_eq!(shared.name_rule(), Some(NameRule::Repeatable));
    }

    #[test]
    fn a_habit_that_makes_no_sense_is_refused_with_the_reason() {
        for (habits, why) in [
            (json!([]), "`tenant` is not an object"),
            (json!({"key": "ignored"}), "did you mean `keys`?"),
            (json!({"keys": "honored"}), "did you mean `honoured`?"),
            (
                json!({"keys": {"expire": 1}}),
                "`expireMilliseconds` is missing",
            ),
            (json!({"names": 1}), "`names` is not a text"),
            (
                json!({"listLagMilliseconds": 86_400_001}),
                "from 0 to 86400000",
            ),
            (json!({"tokenSeconds": 0}), "from 1 to 86400"),
            (json!({"pageSizeLimit": 1_001}), "from 1 to 1000"),
            (json!({"scopes": ["a", 1]}), "a list of texts"),
            (
                json!({"rateLimit": {"requests": 0, "milliseconds": 1}}),
                "from 1 to 1000000",
            ),
            (json!({"rateLimit": 3}), "`rateLimit` is not an object"),
            (
                json!({"clockSkewSeconds": 315_360_001}),
                "from -315360000 to 315360000",
            ),
            (json!({"profile": "views-v2"}), "there is cxone-v2, views"),
        ] {
            let refused = Habits::read(habits.clone()).unwrap_err();
            assert!(refused.contains(why), "{habits}: {refused}");
        }
    }
}
