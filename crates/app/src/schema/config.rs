//! The schema of `cxda.toml`.

use std::time::Duration;

use cxda_adapters_fs::project::Patterns;
use cxda_adapters_http::config::Timeouts;
use cxda_adapters_http::credentials::{AuthConfig, AuthKind, AuthStyle};
use cxda_adapters_http::profile::{ApiProfile, Concurrency, Idempotency};
use cxda_domain::event::EventKind;
use cxda_domain::request::RateLimit;
use serde_json::{Value, json};

use super::parts::{boolean, filled, list, object, one_of, or, text, told};
use crate::env;
use crate::settings::{AUDIT_FILE, STATE_FOLDER, STORE_FILE};

pub(super) fn schema() -> Value {
    let mut schema = object(
        &[],
        json!({
            "project": told(project(), "The project.", &[]),
            "tenant": {
                "type": "object",
                "description": "The tenants, by the names that `--tenant` takes.",
                "additionalProperties": tenant(),
            },
            "store": told(store(), "What was last applied, and what is under way.", &[]),
            "audit": told(audit(), "The audit log.", &[]),
            "webhook": told(list(webhook()), "Who is told of what was applied.", &[]),
            "network": told(network(), "Where deliveries may go.", &[]),
        }),
    );
    schema["title"] = "Settings of cxda".into();
    let meaning = "The settings of a project: `cxda.toml`. Arguments and environment variables go before them, \
        paths are relative to the file's folder, and a secret never stands here. That names of webhooks differ, and \
        that a default tenant is among the tenants, a schema cannot say.";
    told(schema, meaning, &[])
}

fn project() -> Value {
    let manifests = or(list(text()), json!(Patterns::STANDARD));
    let which = "Which files are manifests, as patterns relative to the project's folder.";
    object(
        &[],
        json!({
            "name": told(text(), "The project's name, for people.", &[]),
            "default_tenant": told(text(), "The tenant that commands speak to where none is named.", &[]),
            "manifests": told(manifests, which, &[]),
        }),
    )
}

fn tenant() -> Value {
    let base_url = json!({
        "type": "string",
        "pattern": "^https?://",
        "examples": ["https://{region}.api.nicecxone.com"],
    });
    let base = format!(
        "Where its API is; {} fills {{region}}, {} fills {{site}}.",
        env::REGION,
        env::SITE
    );
    let vars = json!({
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"},
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    });
    let mut tenant = object(
        &[],
        json!({
            "simulator": or(told(boolean(), "Whether it is the built-in simulator.", &[]), false),
            "base_url": told(base_url, &base, &[]),
            "timeout": told(time_or(Timeouts::DEFAULT.request), "How long a request may take.", &[]),
            "allow_http": or(told(boolean(), "Whether plain http to this machine is allowed.", &[]), false),
            "auth": told(auth(), "How to get a token.", &[]),
            "api": told(api(), "How the API differs from its profile.", &[]),
            "vars": told(vars, "What `${var.NAME}` stands for in the strings of manifests.", &[]),
        }),
    );
    tenant["if"] = json!({"properties": {"simulator": {"const": true}}, "required": ["simulator"]});
    tenant["then"] = json!({"properties": {"base_url": false}});
    tenant["else"] = json!({"required": ["base_url"]});
    told(
        tenant,
        "A tenant: the simulator, or one at a base URL.",
        &[],
    )
}

fn auth() -> Value {
    let kind = one_of(&AuthKind::ALL, AuthKind::as_str);
    let kind = or(kind, AuthKind::ClientCredentials.as_str());
    let style = one_of(&AuthStyle::ALL, AuthStyle::as_str);
    let url = json!({"type": "string", "pattern": "^https?://"});
    let by_default = |meaning: &str, name: &str| {
        let default = json!({"env": name});
        told(or(reference(), default), meaning, &[])
    };
    object(
        &[],
        json!({
            "kind": told(kind, "The kind of credentials.", &[]),
            "style": told(style, "How id and secret are sent; the profile says what is left out.", &[]),
            "auth_url": told(url, "Where tokens come from, if not from base_url.", &[]),
            "token_path": told(path(), "The path of the token's endpoint.", &[]),
            "scopes": told(list(text()), "The scopes that are asked for.", &[]),
            "audience": told(text(), "The audience that is asked for.", &[]),
            "expiry_margin": told(time_or(AuthConfig::EXPIRY_MARGIN), "How long before its end a token is renewed.", &[]),
            "client_id": by_default("The client's id, or the access key's.", env::CLIENT_ID),
            "client_secret": by_default("The client's secret, or the access key's.", env::CLIENT_SECRET),
            "username": by_default("The user name, for the kind password.", env::ACCESS_KEY_ID),
            "password": by_default("The password, for the kind password.", env::ACCESS_KEY_SECRET),
            "token": by_default("The token, for the kind bearer.", env::TOKEN),
        }),
    )
}

fn api() -> Value {
    let profile = json!({"type": "string", "enum": ApiProfile::NAMES});
    let profile = or(profile, ApiProfile::DEFAULT_NAME);
    let page_size = json!({"type": "integer", "minimum": 1, "maximum": ApiProfile::MAX_PAGE_SIZE});
    let concurrency = one_of(&Concurrency::ALL, Concurrency::as_str);
    let idempotency = one_of(&Idempotency::ALL, Idempotency::as_str);
    let requests = json!({"type": "integer", "minimum": 1, "maximum": u32::MAX});
    let standard = RateLimit::DEFAULT;
    let mut some_time = time_or(standard.per);
    some_time["allOf"] = json!([{"pattern": "[1-9]"}]);
    let rate_limit = object(
        &[],
        json!({
            "requests": told(or(requests, standard.requests), "How many requests may be sent", &[]),
            "per": told(some_time, "The time in which so many may be sent.", &[]),
        }),
    );
    let of_test = json!({"type": "string", "pattern": r"^/.*\{id\}"});
    object(
        &[],
        json!({
            "profile": told(profile, "The dialect that the tenant speaks.", &[]),
            "views_path": told(path(), "The path of views.", &[]),
            "tables_path": told(path(), "The path of tables.", &[]),
            "relay_path": told(path(), "The path that relays webhooks.", &[]),
            "actions_path": told(path(), "The path of actions.", &[]),
            "actions_create_path": told(path(), "The path that creates actions.", &[]),
            "actions_test_path": told(of_test, "The path that tests an action; {id} is filled in.", &[]),
            "page_size": told(page_size, "How many items a page of a listing has.", &[]),
            "concurrency": told(concurrency, "What a write is bound to, so that nobody else's is lost.", &[]),
            "idempotency": told(idempotency, "Whether a create carries a key.", &[]),
            "rate_limit": told(rate_limit, "How fast the tenant may be asked.", &[]),
        }),
    )
}

fn store() -> Value {
    let url = json!({"type": "string", "pattern": "^sqlite:."});
    let url = or(url, format!("sqlite:{STATE_FOLDER}/{STORE_FILE}"));
    object(
        &[],
        json!({"url": told(url, "The database, as sqlite:PATH.", &[])}),
    )
}

fn audit() -> Value {
    let path = format!("The file; {} goes before it.", env::AUDIT_LOG_PATH);
    object(
        &[],
        json!({
            "path": told(or(text(), format!("{STATE_FOLDER}/{AUDIT_FILE}")), &path, &[]),
            "actor": told(text(), "Who runs it.", &[]),
        }),
    )
}

fn webhook() -> Value {
    let name = json!({"type": "string", "minLength": 1, "not": {"pattern": "://"}});
    let via = or(
        json!({"type": "string", "enum": ["relay", "direct"]}),
        "relay",
    );
    let events = list(one_of(&EventKind::ALL, EventKind::as_str));
    let mut secrets = list(reference());
    secrets["minItems"] = 1.into();
    secrets["maxItems"] = 2.into();
    let secret = json!({"anyOf": [reference(), secrets]});
    let url = json!({"anyOf": [{"type": "string"}, reference()]});
    object(
        &["name", "url"],
        json!({
            "name": told(name, "Its name.", &[]),
            "url": told(url, "Where it is told, or where that stands.", &[]),
            "via": told(via, "Who tells it: the tenant, or cxda itself.", &[]),
            "events": told(events, "What it is told; everything where this is left out.", &[]),
            "secret": told(secret, "What its deliveries are signed with; two while one is replaced.", &[]),
        }),
    )
}

fn network() -> Value {
    let meaning = "Hosts that are told directly although they are not public, or by plain http, such as 127.0.0.1:9000.";
    let hosts = or(list(filled()), json!([]));
    object(&[], json!({"allow_hosts": told(hosts, meaning, &[])}))
}

/// A path below the base URL, without `{id}`.
fn path() -> Value {
    json!({"type": "string", "pattern": r"^(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$"})
}

/// A length of time such as `30s`.
fn time_or(default: Duration) -> Value {
    let time = json!({
        "type": "string",
        "pattern": "^([0-9]+ *[A-Za-zµ]+ *)+$",
        "examples": ["30s", "5m"],
    });
    or(time, humantime::format_duration(default).to_string())
}

/// Where a value is.
fn reference() -> Value {
    json!({
        "type": "object",
        "description": "Where the value is: an environment variable or a file.",
        "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}
