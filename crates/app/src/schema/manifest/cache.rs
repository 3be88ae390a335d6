//! The block `cache`.

use cxda_domain::cache::{Footprint, InvalidationAction, Priority, Ttl, TtlMatrix};
use cxda_domain::rule::Rule;
use serde_json::{Map, Value, json};

use crate::schema::parts::{FILLED, boolean, list, object, one_of, or, told};

/// The form of a cache key beside the letter or digit that it must hold: no control character, and braces in pairs with
/// a name between them.
const KEY: &str = r"^([^{}\u0000-\u001f\u007f-\u009f]|\{[^{}\u0000-\u001f\u007f-\u009f]*[^{}\u0000-\u001f\u007f-\u009f\s][^{}\u0000-\u001f\u007f-\u009f]*\})*$";
/// An http or https URL with a plain host, without user and fragment.
const SOURCE: &str = r"^https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)(:[0-9]{1,5})?([/?][^#\s\u0000-\u001f\u007f-\u009f]*)?$";

pub(super) fn block() -> Value {
    let key = json!({
        "type": "string",
        "pattern": KEY,
        "allOf": [{"pattern": r"[0-9A-Za-z\u00aa\u00b2-\uffff]"}],
        "examples": ["customer_{contactId}_profile_v2"],
    });
    let priority = one_of(&Priority::ALL, Priority::as_str);
    let priority = or(priority, Priority::default().as_str());
    let payload = json!({"type": "integer", "minimum": 0, "maximum": Footprint::MAX_PAYLOAD_KB});
    let payload = or(payload, Footprint::DEFAULT_PAYLOAD_KB);
    let mut cache = object(
        &[],
        json!({
            "enabled": or(told(boolean(), "Whether anything is cached.", &[]), true),
            "key": told(key, "The key; the platform fills its placeholders.", &[Rule::C001, Rule::C004]),
            "priority": told(priority, "Picks the TTL from the matrix.", &[Rule::C003]),
            "ttl": told(seconds(Ttl::MAX_SECONDS), "How long an entry lives, in seconds; instead of a priority.", &[Rule::C002]),
            "ttlMatrix": matrix(),
            "payloadKb": told(payload, "The expected size of an entry, in KiB.", &[Rule::C005]),
            "invalidation": invalidation(),
        }),
    );
    cache["if"] = json!({"properties": {"enabled": {"const": true}}});
    cache["then"] = json!({"required": ["key"]});
    cache["not"] = json!({"required": ["priority", "ttl"]});
    told(
        cache,
        "How the output is cached; left out, the tenant's settings stay.",
        &[],
    )
}

fn seconds(most: u32) -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": most})
}

fn matrix() -> Value {
    let ttls = Priority::ALL.map(|priority| {
        let ttl = seconds(priority.max_ttl().seconds());
        let default = TtlMatrix::DEFAULT.ttl(priority).seconds();
        let meaning = format!("The TTL of the priority {}, in seconds.", priority.as_str());
        let ttl = told(or(ttl, default), &meaning, &[Rule::C002]);
        (priority.as_str().to_owned(), ttl)
    });
    let matrix = object(&[], Map::from_iter(ttls).into());
    told(matrix, "A TTL for each priority.", &[])
}

fn invalidation() -> Value {
    let action = one_of(&InvalidationAction::ALL, InvalidationAction::as_str);
    let source = json!({"type": "string", "pattern": SOURCE});
    let event = json!({"type": "string", "pattern": FILLED});
    let directive = object(
        &["source", "eventType", "action"],
        json!({
            "source": told(source, "Who is told: an http or https URL.", &[]),
            "eventType": told(event, "The event that it is about.", &[]),
            "action": told(action, "What becomes of the entry; nothing is sent for noop.", &[]),
        }),
    );
    let directives = or(list(directive), json!([]));
    told(
        directives,
        "Who is told when entries are stale.",
        &[Rule::C006],
    )
}
