//! What the server refuses in the body of a data action.

use serde_json::Value;

use super::{Findings, Purpose, present, typed};

const VARIABLE_TYPES: [&str; 4] = ["string", "integer", "boolean", "object"];
const SCRIPT_LIMIT_BYTES: usize = 65_536;
const VARIABLES_LIMIT: usize = 50;
const TTL_LIMIT_SECONDS: u64 = 86_400;

/// What is wrong with `body`; whether a dependency exists is judged by `action_exists`.
pub(crate) fn judge(
    body: &Value,
    purpose: Purpose,
    action_exists: impl Fn(&str) -> bool,
) -> Findings {
    let mut findings = Findings::default();
    let name = findings.member(body, "name", Purpose::Create);
    if let Some(name) = name {
        let fits = name.as_str().is_some_and(is_action_name);
        let message = "must have 3 to 64 letters, digits, `_` or `-`";
        findings.check(fits, "name", message);
    }
    typed(&mut findings, body, "description", Value::is_string, "text");
    if let Some(kind) = findings.member(body, "type", purpose) {
        findings.check(kind == "SCRIPT", "type", "must be SCRIPT");
    }
    if let Some(trigger) = findings.member(body, "trigger", purpose) {
        let fits = trigger.get("type").is_some_and(|kind| kind == "MANUAL");
        findings.check(fits, "trigger.type", "must be MANUAL");
    }
    if let Some(script) = findings.member(body, "script", purpose) {
        judge_script(&mut findings, script);
    }
    typed(
        &mut findings,
        body,
        "enabled",
        Value::is_boolean,
        "a boolean",
    );
    if let Some(dependencies) = present(body, "dependencies") {
        let own = name.and_then(Value::as_str);
        judge_dependencies(&mut findings, dependencies, own, action_exists);
    }
    typed(
        &mut findings,
        body,
        "cacheEnabled",
        Value::is_boolean,
        "a boolean",
    );
    typed(&mut findings, body, "cacheKey", Value::is_string, "text");
    if let Some(ttl) = present(body, "cacheTtl") {
        let fits = ttl
            .as_u64()
            .is_some_and(|seconds| seconds <= TTL_LIMIT_SECONDS);
        findings.check(fits, "cacheTtl", "must be 0 to 86400 seconds");
    }
    if let Some(variables) = present(body, "variables") {
        judge_variables(&mut findings, variables);
    }
    typed(
        &mut findings,
        body,
        "configuration",
        Value::is_object,
        "an object",
    );
    findings
}

fn is_action_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (3..=64).contains(&name.len()) && name.bytes().all(allowed)
}

fn judge_script(findings: &mut Findings, script: &Value) {
    let javascript = script
        .get("language")
        .is_some_and(|language| language == "JavaScript");
    findings.check(javascript, "script.language", "must be JavaScript");
    let content = script
        .get("content")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let fits = (1..=SCRIPT_LIMIT_BYTES).contains(&content.len());
    findings.check(fits, "script.content", "must have 1 to 65536 bytes");
}

fn judge_dependencies(
    findings: &mut Findings,
    dependencies: &Value,
    own: Option<&str>,
    action_exists: impl Fn(&str) -> bool,
) {
    let Some(dependencies) = dependencies.as_array() else {
        findings.add("dependencies", "must be a list");
        return;
    };
    for (index, dependency) in dependencies.iter().enumerate() {
        let field = format!("dependencies[{index}]");
        match dependency.as_str() {
            None => findings.add(field, "must be text"),
            Some(name) if Some(name) == own => findings.add(field, "is the action itself"),
            Some(name) => findings.check(action_exists(name), &field, "names no action"),
        }
    }
}

fn judge_variables(findings: &mut Findings, variables: &Value) {
    let Some(variables) = variables.as_array() else {
        findings.add("variables", "must be a list");
        return;
    };
    let fits = variables.len() <= VARIABLES_LIMIT;
    findings.check(fits, "variables", "must have at most 50 entries");
    let mut names = Vec::with_capacity(variables.len());
    for (index, variable) in variables.iter().enumerate() {
        let at = format!("variables[{index}]");
        let name = variable
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut rest = name.bytes();
        let fits = rest.next().is_some_and(|first| first.is_ascii_alphabetic())
            && rest.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let message = "must be a letter, then letters, digits or `_`";
        findings.check(fits, &format!("{at}.name"), message);
        findings.check(!names.contains(&name), &format!("{at}.name"), "is repeated");
        names.push(name);
        let kind = variable
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let message = "must be string, integer, boolean or object";
        findings.check(
            VARIABLE_TYPES.contains(&kind),
            &format!("{at}.type"),
            message,
        );
        let encrypted = present(variable, "encrypted");
        let boolean = encrypted.is_none_or(Value::is_boolean);
        findings.check(boolean, &format!("{at}.encrypted"), "must be a boolean");
        let value = present(variable, "value");
        let text = value.map_or(encrypted == Some(&Value::Bool(true)), Value::is_string);
        findings.check(text, &format!("{at}.value"), "must be text");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action() -> Value {
        json!({
            "name": "score_calc",
            "description": "Scores",
            "type": "SCRIPT",
            "trigger": {"type": "MANUAL"},
            "script": {"language": "JavaScript", "content": "function main() {}"},
            "enabled": true,
            "dependencies": ["base"],
            "cacheEnabled": true, "cacheKey": "k_{id}", "cacheTtl": 300,
            "variables": [
                {"name": "limit", "type": "integer", "value": "3", "encrypted": false, "scope": "action"},
                {"name": "token", "type": "string", "encrypted": true, "scope": "action"},
            ],
            "configuration": {},
        })
    }

    fn fields(body: &Value, purpose: Purpose) -> Vec<String> {
        let findings = judge(body, purpose, |name| name == "base");
        findings.into_vec().into_iter().map(|f| f.field).collect()
    }

    #[test]
    fn a_whole_action_passes_and_each_mistake_is_named() {
        assert_eq!(fields(&action(), Purpose::Create), [""; 0]);
        let cases = [
            ("/name", json!("ab"), "name"),
            ("/name", json!("a".repeat(65)), "name"),
            ("/name", json!("score\n"), "name"),
            ("/type", json!("REST"), "type"),
            ("/trigger", json!({}), "trigger.type"),
            ("/script/language", json!("Python"), "script.language"),
            ("/script/content", json!(""), "script.content"),
            (
                "/script/content",
                json!("é".repeat(32_769)),
                "script.content",
            ),
            ("/enabled", json!("yes"), "enabled"),
            ("/dependencies/0", json!("absent"), "dependencies[0]"),
            ("/dependencies/0", json!("score_calc"), "dependencies[0]"),
            ("/cacheTtl", json!(86_401), "cacheTtl"),
            ("/cacheTtl", json!("300"), "cacheTtl"),
            ("/variables/0/name", json!("_limit"), "variables[0].name"),
            ("/variables/1/name", json!("limit"), "variables[1].name"),
            ("/variables/0/type", json!("number"), "variables[0].type"),
            ("/variables/0/value", json!(3), "variables[0].value"),
            ("/variables/0/value", Value::Null, "variables[0].value"),
            ("/configuration", json!([]), "configuration"),
        ];
        for (pointer, value, field) in cases {
            let mut body = action();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            assert_eq!(fields(&body, Purpose::Create), [field], "{pointer}");
        }
        for (count, fits) in [(50, true), (51, false)] {
            let mut body = action();
            body["variables"] = (0..count)
                .map(|n| json!({"name": format!("v{n}"), "type": "string", "value": ""}))
                .collect();
            assert_eq!(
                fields(&body, Purpose::Create).is_empty(),
                fits,
                "{count} variables"
            );
        }
    }

    #[test]
    fn a_replace_may_leave_out_all_but_the_name() {
        let fragment = json!({"name": "score_calc"});
        assert_eq!(fields(&fragment, Purpose::Replace), [""; 0]);
        assert_eq!(
            fields(&fragment, Purpose::Create),
            ["type", "trigger", "script"]
        );
    }
}
