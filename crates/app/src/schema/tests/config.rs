//! The schema of `cxda.toml` against the settings as they are loaded.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::mutation::{Change, changed, places};
use super::validator;
use crate::cli::SchemaKind;
use crate::env::Environment;
use crate::schema::schema;
use crate::settings::{FILE_NAME, Settings};

/// Settings with every key.
fn full() -> Value {
    json!({
        "project": {"name": "demo", "default_tenant": "prod", "manifests": ["manifests/**/*.yaml"]},
        "tenant": {
            "prod": {
                "simulator": false,
                "base_url": "https://api.example.com",
                "timeout": "30s",
                "allow_http": false,
                "auth": {
                    "kind": "password",
                    "style": "basic",
                    "auth_url": "https://auth.example.com",
                    "token_path": "/oauth/token",
                    "scopes": ["read", "write"],
                    "audience": "api",
                    "expiry_margin": "1m 30s",
                    "client_id": {"env": "ID"},
                    "client_secret": {"file": "secret"},
                    "username": {"env": "USER_KEY"},
                    "password": {"env": "PASSWORD"},
                    "token": {"env": "TOKEN"},
                },
                "api": {
                    "profile": "cxone-v2",
                    "views_path": "/views",
                    "tables_path": "/tables",
                    "relay_path": "/relay",
                    "actions_path": "/actions",
                    "actions_create_path": "/actions/create",
                    "actions_test_path": "/actions/{id}/test",
                    "page_size": 1000,
                    "concurrency": "content-hash",
                    "idempotency": "none",
                    "rate_limit": {"requests": 100, "per": "60s"},
                },
                "vars": {"a": "b", "minutes": 15, "on_call": true},
            },
            "local": {"simulator": true},
        },
        "store": {"url": "sqlite:.cxda/state.db"},
        "audit": {"path": "audit.jsonl", "actor": "ci"},
        "webhook": [
            {"name": "bi", "url": {"env": "BI"}, "via": "direct", "events": ["VIEW_CREATED"], "secret": [{"env": "A"}, {"file": "b"}]},
            {"name": "crm", "url": "https://example.com", "via": "relay", "secret": {"env": "C"}},
        ],
        "network": {"allow_hosts": ["127.0.0.1:9000"]},
    })
}

/// Why `settings` are refused, for each of their tenants; `None` where they are taken.
#[expect(
    clippy::disallowed_methods,
    reason = "thousands of files, of which none is to outlive a loss of power"
)]
fn refused(settings: &Value) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let text = toml::to_string(settings).unwrap();
    std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let environment = Environment::of_process();
    let load = |tenant| Settings::load(folder.path(), &environment, tenant);
    if let Err(error) = load(None) {
        return Some(error.to_string());
    }
    let tenants = settings.get("tenant").and_then(Value::as_object);
    let names = tenants.into_iter().flatten().map(|(name, _)| name.as_str());
    let loaded = names.filter_map(|name| {
        let settings = load(Some(name)).unwrap();
        let vars = settings.vars().err();
        vars.or_else(|| settings.tenant(&environment).err())
    });
    loaded.map(|error| error.to_string()).next()
}

/// Values of every type that TOML has, and at, below and beyond limits.
fn changes() -> Vec<Change> {
    let values = [
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(1000),
        json!(1001),
        json!(1.5),
        json!(u32::MAX),
        json!(i64::MAX),
        json!(""),
        json!("a"),
        json!("30s"),
        json!("5m 3s"),
        json!("30"),
        json!("s"),
        json!("none"),
        json!("etag"),
        json!("/a/{id}/b"),
        json!("/a//b"),
        json!("/a b"),
        json!("views"),
        json!("bearer"),
        json!("relay"),
        json!("a://b"),
        json!("sqlite:"),
        json!("http://127.0.0.1:9"),
        json!("https://x.example"),
        json!([]),
        json!({}),
        json!(["a"]),
        json!(["VIEW_CREATED"]),
        json!({"env": "A"}),
        json!({"env": "A", "file": "b"}),
        json!({"other": "A"}),
        json!([{"env": "A"}]),
        json!([{"env": "A"}, {"env": "A"}, {"env": "A"}]),
    ];
    values
        .into_iter()
        .map(Change::Put)
        .chain([Change::Drop])
        .collect()
}

#[test]
fn settings_with_every_key_are_sound_to_both() {
    assert_eq!(refused(&full()), None);
    validator(SchemaKind::Config).validate(&full()).unwrap();
}

/// Whether settings are taken that are of no use: a path that is looked at when the token is fetched, and a list that
/// stands for a table because its values are taken in their order.
fn is_judged_later(place: &str, change: &Change) -> bool {
    let is_table = full().pointer(place).is_some_and(Value::is_object);
    place.ends_with("/token_path") || is_table && matches!(change, Change::Put(Value::Array(_)))
}

#[test]
fn the_schema_refuses_nothing_that_is_taken() {
    let validator = validator(SchemaKind::Config);
    let mut failures = Vec::new();
    let mut wrong = 0;
    for place in places(&full()) {
        for change in changes() {
            let Some(settings) = changed(&full(), &place, &change) else {
                continue;
            };
            if !validator.is_valid(&settings) {
                wrong += 1;
                if refused(&settings).is_none() && !is_judged_later(&place, &change) {
                    failures.push(format!("{place} {change:?}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(wrong > 500, "only {wrong} were wrong");
}

/// What is taken besides is wrong in a way that no schema can say: it names something that is not there, or is used later.
#[test]
fn the_schema_refuses_what_has_another_type_or_word_or_is_out_of_range() {
    let validator = validator(SchemaKind::Config);
    let tenant = "/tenant/prod";
    for (place, value) in [
        ("/project/manifests".to_owned(), json!("a")),
        ("/store/url".to_owned(), json!("postgres://x")),
        ("/webhook/0/name".to_owned(), json!("a://b")),
        ("/webhook/0/events".to_owned(), json!(["NEVER"])),
        ("/webhook/0/via".to_owned(), json!("mail")),
        ("/webhook/0/secret".to_owned(), json!("in clear")),
        (format!("{tenant}/simulator"), json!(true)),
        (format!("{tenant}/vars"), json!({"1st": "a"})),
        (format!("{tenant}/vars/a"), json!(1.5)),
        (format!("{tenant}/timeout"), json!("soon")),
        (format!("{tenant}/base_url"), json!("ftp://example.com")),
        (format!("{tenant}/auth/kind"), json!("magic")),
        (format!("{tenant}/auth/style"), json!("loud")),
        (format!("{tenant}/auth/client_secret"), json!("in clear")),
        (
            format!("{tenant}/auth/client_secret"),
            json!({"env": "A", "file": "b"}),
        ),
        (format!("{tenant}/api/profile"), json!("v3")),
        (format!("{tenant}/api/views_path"), json!("views")),
        (format!("{tenant}/api/views_path"), json!("/views/{id}")),
        (format!("{tenant}/api/actions_test_path"), json!("/test")),
        (format!("{tenant}/api/page_size"), json!(0)),
        (format!("{tenant}/api/page_size"), json!(1001)),
        (format!("{tenant}/api/concurrency"), json!("hope")),
        (format!("{tenant}/api/idempotency"), json!("hope")),
        (format!("{tenant}/api/rate_limit/requests"), json!(0)),
        (format!("{tenant}/api/rate_limit/per"), json!("0s")),
    ] {
        let settings = changed(&full(), &place, &Change::Put(value)).unwrap();
        assert!(!validator.is_valid(&settings), "{place}");
        assert!(refused(&settings).is_some(), "{place}");
    }
}

/// The keys that are known where one is not, as the reader of TOML says.
fn known(message: &str) -> BTreeSet<String> {
    let (_, list) = message.rsplit_once("expected").unwrap();
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn settings_and_schema_know_the_same_keys_in_every_table() {
    let schema = schema(SchemaKind::Config);
    let mut tables = 0;
    let places = places(&full()).into_iter().chain([String::new()]);
    for place in places.filter(|place| full().pointer(place).unwrap().is_object()) {
        let part = place
            .split('/')
            .skip(1)
            .fold(&schema, |schema, part| match part {
                "prod" | "local" => &schema["additionalProperties"],
                _ if part.parse::<usize>().is_ok() => &schema["items"],
                _ => &schema["properties"][part],
            });
        // References and free names have no keys of their own.
        let Some(properties) = part.get("properties").and_then(Value::as_object) else {
            continue;
        };
        if properties.contains_key("env") {
            continue;
        }
        let mut settings = full();
        settings.pointer_mut(&place).unwrap()["zzzz"] = json!(1);
        let message = refused(&settings).unwrap();
        let keys: BTreeSet<String> = properties.keys().cloned().collect();
        assert_eq!(known(&message), keys, "{place}: {message}");
        tables += 1;
    }
    assert_eq!(tables, 12);
}
