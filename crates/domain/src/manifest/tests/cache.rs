//! The block `cache`: C001, C002, C003, C005, C006. Whose key it is (C004) is judged over the whole project.

use super::source::{decoded, manifest};
use super::{ACTION, assert_findings, check, report};
use crate::cache::CachePolicy;

const KEY: &str = r#""score_{id}""#;
const MATRIX: &str = r#"{"default": 300, "highPriority": 60, "staticReference": 3600}"#;
const PRIORITY: &str = r#""priority": "highPriority""#;
const PAYLOAD: &str = r#""payloadKb": 12"#;
const DIRECTIVE: &str =
    r#"{"source": "https://example.com/hooks", "eventType": "refresh", "action": "noop"}"#;

/// An action whose block `cache` is `cache`.
fn with(cache: &str) -> String {
    let (before, rest) = ACTION.split_once("\"cache\": ").expect("the block");
    let (_, after) = rest
        .split_once(",\n  \"variables\"")
        .expect("the next block");
    format!("{before}\"cache\": {cache},\n  \"variables\"{after}")
}

fn policy(cache: &str) -> CachePolicy {
    let manifest = manifest(&with(cache));
    let (action, _) = manifest.actions().next().expect("an action");
    action.cache.clone().expect("a policy")
}

#[test]
fn m_20_keys_have_balanced_placeholders_and_something_to_tell_them_apart() {
    let path = &["C001 spec.cache.key"][..];
    check(
        ACTION,
        &[
            (KEY, r#""k""#, &[]),
            (KEY, r#""{anything at all}""#, &[]),
            (KEY, r#"^"""#, path),
            (KEY, r#"^"_-_""#, path),
            (KEY, r#"^"a{b""#, path),
            (KEY, r#"^"a}b""#, path),
            (KEY, r#"^"a{{b}}""#, path),
            (KEY, r#"^"a{}""#, path),
            (KEY, r#"^"a{ }""#, path),
            (KEY, r#"^"a\u0007b""#, path),
            (KEY, r#"^"ab\n""#, path),
            (KEY, r#"^"a\u0085b""#, path),
            (KEY, "^7", &["M003 spec.cache.key"]),
        ],
    );
}

#[test]
fn m_12_ttls_of_the_matrix_at_their_limits() {
    let path = |key: &str| format!("C002 spec.cache.ttlMatrix.{key}");
    for (key, most) in [
        ("default", 86_400),
        ("highPriority", 3_600),
        ("staticReference", 86_400),
    ] {
        for (seconds, fits) in [
            (-1, false),
            (0, true),
            (most - 1, true),
            (most, true),
            (most + 1, false),
        ] {
            let mark = if fits { "" } else { "^" };
            let to = format!(r#"{{"{key}": {mark}{seconds}}}"#);
            let path = path(key);
            let want = if fits { vec![] } else { vec![path.as_str()] };
            check(ACTION, &[(MATRIX, &to, &want)]);
        }
    }
    check(
        ACTION,
        &[
            (MATRIX, "{}", &[]),
            (
                MATRIX,
                r#"{"default": ^-1, "highPriority": ^3601, "staticReference": ^86401}"#,
                &[
                    &path("default"),
                    &path("highPriority"),
                    &path("staticReference"),
                ],
            ),
            (
                MATRIX,
                r#"{"default": ^"300"}"#,
                &["M003 spec.cache.ttlMatrix.default"],
            ),
            (
                MATRIX,
                r#"{^"high": 60}"#,
                &["M003 spec.cache.ttlMatrix.high"],
            ),
            (MATRIX, "^60", &["M003 spec.cache.ttlMatrix"]),
        ],
    );
}

#[test]
fn m_12_an_explicit_ttl_at_its_limits() {
    let path = &["C002 spec.cache.ttl"][..];
    check(
        ACTION,
        &[
            (PRIORITY, r#""ttl": ^-1"#, path),
            (PRIORITY, r#""ttl": 0"#, &[]),
            (PRIORITY, r#""ttl": 86399"#, &[]),
            (PRIORITY, r#""ttl": 86400"#, &[]),
            (PRIORITY, r#""ttl": ^86401"#, path),
            (PRIORITY, r#""ttl": ^4294967297"#, path),
            (PRIORITY, r#""ttl": ^1.5"#, &["M003 spec.cache.ttl"]),
        ],
    );
}

#[test]
fn a_priority_is_a_known_word_and_excludes_a_ttl() {
    let path = &["C003 spec.cache.priority"][..];
    check(
        ACTION,
        &[
            (PRIORITY, r#""priority": "default""#, &[]),
            (PRIORITY, r#""priority": "staticReference""#, &[]),
            (PRIORITY, r#""priority": ^"high""#, path),
            (PRIORITY, r#""priority": ^"HighPriority""#, path),
            (PRIORITY, r#""priority": ^1"#, &["M003 spec.cache.priority"]),
            (PRIORITY, r#""priority": ^"default", "ttl": 300"#, path),
            (PRIORITY, r#""ttl": 300, "priority": ^"default""#, path),
        ],
    );
    let (_, violations) = decoded(&ACTION.replace(r#""highPriority","#, r#""high","#));
    insta::assert_snapshot!(report(&violations), @r#"12:63 C003 spec.cache.priority: priority is "high", expected default, highPriority or staticReference (did you mean `highPriority`?)"#);
}

#[test]
fn entries_are_estimated_at_10_mebibytes_at_most() {
    let path = &["C005 spec.cache.payloadKb"][..];
    check(
        ACTION,
        &[
            // floor((256 + 10 + 9308 * 1024) * 1.1) = 10,484,943 bytes, and 1 KiB more is beyond 10,485,760.
            (PAYLOAD, r#""payloadKb": 9308"#, &[]),
            (PAYLOAD, r#""payloadKb": ^9309"#, path),
            (PAYLOAD, r#""payloadKb": ^99999999999999999999999"#, path),
            (PAYLOAD, r#""payloadKb": 0"#, &[]),
            (PAYLOAD, r#""payloadKb": ^-1"#, path),
        ],
    );
    let key = |count: usize| format!(r#"{{"key": "{}", "payloadKb": 9308}}"#, "k".repeat(count));
    let room = 9_532_509 - 256 - 9_308 * 1024;
    assert_findings(&with(&key(room)), &[], "the last byte that fits");
    let over = key(room + 1).replace("9308", "^9308");
    assert_findings(&with(&over), path, "one byte over");
}

#[test]
fn an_entry_that_is_too_large_is_found_beside_a_bad_key() {
    let want = ["C001 spec.cache.key", "C005 spec.cache.payloadKb"];
    assert_findings(&with(r#"{"key": ^"", "payloadKb": ^9309}"#), &want, "both");
    let want = ["M003 spec.cache.key", "C005 spec.cache.payloadKb"];
    assert_findings(
        &with(r#"{"key": ^7, "payloadKb": ^9309}"#),
        &want,
        "no text",
    );
    let huge = format!(r#"{{"key": ^"{}"}}"#, "k".repeat(10_000_000));
    assert_findings(&with(&huge), &["C005 spec.cache.key"], "by its key alone");
}

#[test]
fn directives_name_a_url_an_event_and_an_action() {
    let at = |key: &str| format!("spec.cache.invalidation[0].{key}");
    let (source, event, action) = (at("source"), at("eventType"), at("action"));
    let cases = [
        (
            r#"{"source": "http://10.0.0.1:80/x", "eventType": "e", "action": "refresh"}"#,
            vec![],
        ),
        (
            r#"{"source": "http://a", "eventType": "e", "action": "invalidate"}"#,
            vec![],
        ),
        (
            r#"{"source": ^"ftp://example.com", "eventType": "e", "action": "noop"}"#,
            vec![format!("C006 {source}")],
        ),
        (
            r#"{"source": ^"https://", "eventType": "e", "action": "noop"}"#,
            vec![format!("C006 {source}")],
        ),
        (
            r#"{"source": ^"", "eventType": ^" ", "action": ^"drop"}"#,
            vec![
                format!("C006 {source}"),
                format!("C006 {event}"),
                format!("C006 {action}"),
            ],
        ),
        (
            r#"{"source": "https://a", "eventType": ^"", "action": "noop"}"#,
            vec![format!("C006 {event}")],
        ),
        (
            r#"{"source": "https://a", "eventType": "e", "action": ^"Noop"}"#,
            vec![format!("C006 {action}")],
        ),
        (
            r#"^{"source": "https://a", "action": "noop"}"#,
            vec![format!("M003 {event}")],
        ),
        (
            r#"{"source": ^7, "eventType": "e", "action": "noop"}"#,
            vec![format!("M003 {source}")],
        ),
        (
            r#"^"https://a""#,
            vec!["M003 spec.cache.invalidation[0]".into()],
        ),
    ];
    for (to, want) in cases {
        let want: Vec<&str> = want.iter().map(String::as_str).collect();
        check(ACTION, &[(DIRECTIVE, to, &want)]);
    }
}

#[test]
fn m_17_a_refused_source_is_not_repeated_for_it_may_hold_a_password() {
    let source = "https://user:canary@example.com/";
    let (_, violations) = decoded(&ACTION.replace("https://example.com/hooks", source));
    let text = report(&violations);
    insta::assert_snapshot!(text, @"14:33 C006 spec.cache.invalidation[0].source: source is no http or https URL with a plain host, without a user and without a fragment");
}

#[test]
fn a_key_must_be_there_where_caching_is_on() {
    assert_findings(&with("^{}"), &["M003 spec.cache.key"], "on by default");
    assert_findings(
        &with(r#"^{"enabled": true}"#),
        &["M003 spec.cache.key"],
        "on",
    );
    assert_findings(&with(r#"{"enabled": false}"#), &[], "off");
    assert_findings(
        &with(r#"{"enabled": false, "key": ^"{"}"#),
        &["C001 spec.cache.key"],
        "off with a bad key",
    );
    assert_findings(
        &with(r#"{"enabled": ^"no"}"#),
        &["M003 spec.cache.enabled"],
        "not known",
    );
    assert_findings(&with("^[]"), &["M003 spec.cache"], "no map");
}

#[test]
fn the_ttl_is_the_explicit_one_or_that_of_the_priority() {
    for (cache, seconds) in [
        (r#"{"key": "k"}"#, 300),
        (r#"{"key": "k", "ttl": 7}"#, 7),
        (r#"{"key": "k", "priority": "highPriority"}"#, 60),
        (r#"{"key": "k", "priority": "staticReference"}"#, 3_600),
        (r#"{"key": "k", "ttlMatrix": {"default": 5}}"#, 5),
        (
            r#"{"key": "k", "ttlMatrix": {"default": 5}, "priority": "highPriority"}"#,
            60,
        ),
        (
            r#"{"key": "k", "ttlMatrix": {"highPriority": 5}, "priority": "highPriority"}"#,
            5,
        ),
    ] {
        assert_eq!(policy(cache).ttl.seconds(), seconds, "case: {cache}");
    }
    let least = policy(r#"{"key": "k"}"#);
    assert!(least.enabled);
    assert_eq!(least.payload_kb, 12);
    assert!(least.invalidation.is_empty());
    let off = policy(r#"{"enabled": false}"#);
    assert!(!off.enabled);
    assert_eq!(off.key, None);
}
