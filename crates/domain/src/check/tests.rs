//! Rules over a whole project, and over project and tenant together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::manifest::tests::source::{action, decoded, manifest, needing, view};
use crate::observed::{Document, ObservedResource, source_by_id};
use crate::projection::Projection;

mod cache_keys;
mod cycles;

fn there(kind: ResourceKind, name: &str, fields: Value) -> ObservedResource {
    let Value::Object(fields) = fields else {
        panic!("members");
    };
    ObservedResource {
        kind,
        id: format!("id-{name}").parse().unwrap(),
        name: name.into(),
        status: None,
        fields: Projection::new(fields),
        document: Document::new("{}"),
    }
}

/// An action on the tenant that depends on these.
fn remote(name: &str, dependencies: &[&str]) -> ObservedResource {
    there(
        ResourceKind::Action,
        name,
        json!({"dependencies": dependencies}),
    )
}

/// A view on the tenant over the table or view of this id.
fn remote_view(name: &str, source: &str) -> ObservedResource {
    let fields = json!({"source": source_by_id(source)});
    there(ResourceKind::View, name, fields)
}

fn tenant(resources: Vec<ObservedResource>) -> ObservedState {
    ObservedState::new(resources, BTreeMap::new())
}

/// A line for each finding: its code, where it stands, and what it says.
fn lines(violations: Violations) -> String {
    let line = |violation: &Violation| {
        let mark = violation.position.as_ref().map(|position| position.mark);
        let place = mark.map(|mark| format!(" {}:{} {}", mark.line, mark.column, violation.path));
        let hint = violation.hint.as_ref();
        format!(
            "{}{}: {}{}\n",
            violation.rule,
            place.unwrap_or_default(),
            violation.message,
            hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
        )
    };
    violations.sorted().iter().map(line).collect()
}

fn judged(project: &str, resources: Vec<ObservedResource>) -> String {
    lines(against_tenant(&manifest(project), &tenant(resources)))
}

#[test]
fn m_11_a_dependency_is_in_the_project_or_on_the_tenant() {
    let project = needing("score", &["local_calc", "remote_calc"]) + &needing("local_calc", &[]);
    assert_eq!(judged(&project, vec![remote("remote_calc", &[])]), "");
    assert_eq!(
        lines(super::project(&manifest(&project))),
        "",
        "validate does not judge it"
    );
}

#[test]
fn m_11_a_missing_dependency_is_reported_where_it_is_named_with_the_nearest_name() {
    let project =
        needing("score", &["base", "local_cacl", "nowhere"]) + &needing("local_calc", &[]);
    insta::assert_snapshot!(judged(&project, vec![remote("bases", &[])]), @"
    A005 1:157 spec.dependencies[0]: action base is neither in the project nor on the tenant (did you mean `bases`?)
    A005 1:165 spec.dependencies[1]: action local_cacl is neither in the project nor on the tenant (did you mean `local_calc`?)
    A005 1:179 spec.dependencies[2]: action nowhere is neither in the project nor on the tenant
    ");
}

#[test]
fn a_view_of_the_same_name_is_no_dependency() {
    let project = needing("score", &["calls"]) + &view("calls", r#"{"view": "score"}"#);
    insta::assert_snapshot!(judged(&project, vec![]), @"
    A005 1:157 spec.dependencies[0]: action calls is neither in the project nor on the tenant
    V009 2:144 spec.source.view: source view score is neither in the project nor on the tenant
    ");
}

#[test]
fn a_source_view_is_in_the_project_or_on_the_tenant() {
    let project = view("top", r#"{"view": "base"}"#) + &view("base", r#"{"view": "remote_base"}"#);
    assert_eq!(judged(&project, vec![remote_view("remote_base", "t")]), "");
    insta::assert_snapshot!(judged(&project, vec![remote_view("remote-base", "t")]), @"V009 2:143 spec.source.view: source view remote_base is neither in the project nor on the tenant (did you mean `remote-base`?)");
}

#[test]
fn a_source_table_that_is_not_on_the_tenant_is_a_finding_one_nobody_asked_for_is_none() {
    let ids = [1, 2, 3].map(|digit| format!("12345678-1234-1234-1234-12345678901{digit}"));
    let project: String = ids
        .iter()
        .zip(["one", "two", "three"])
        .map(|(id, name)| view(name, &format!(r#"{{"table": "{id}"}}"#)))
        .collect();
    let tables = BTreeMap::from([
        (ids[0].parse().unwrap(), true),
        (ids[1].parse().unwrap(), false),
    ]);
    let observed = ObservedState::new(Vec::new(), tables);
    insta::assert_snapshot!(lines(against_tenant(&manifest(&project), &observed)), @"V009 2:143 spec.source.table: source table 12345678-1234-1234-1234-123456789012 is not on the tenant (`cxda get tables` lists those that are)");
}

#[test]
fn encrypted_variables_that_no_manifest_manages_are_a_warning() {
    let variables = json!({"variables": {
        "token": {"type": "string", "encrypted": true},
        "limit": {"type": "integer", "encrypted": false, "value": "3"},
    }});
    let resources = || {
        vec![
            there(ResourceKind::Action, "score", variables.clone()),
            there(ResourceKind::Action, "other", variables.clone()),
        ]
    };
    insta::assert_snapshot!(judged(&action("score", ""), resources()), @"W003 1:88 spec: action score holds encrypted variables that its manifest does not declare: token (an update sends them back as the tenant shows them, masked; declare `variables` to be sure of their values)");
    let managed = action("score", r#", "variables": []"#);
    assert_eq!(judged(&managed, resources()), "");
    let only_clear = there(
        ResourceKind::Action,
        "score",
        json!({"variables": {"limit": {"encrypted": false}}}),
    );
    assert_eq!(judged(&action("score", ""), vec![only_clear]), "");
}

#[test]
fn a_project_that_fits_its_tenant_gives_no_finding() {
    let project = needing("score", &["base_calc"]) + &view("top", r#"{"view": "base"}"#);
    let resources = vec![
        remote("base_calc", &[]),
        remote("score", &["base_calc"]),
        remote_view("base", "t"),
        remote_view("top", "id-base"),
    ];
    assert_eq!(judged(&project, resources), "");
    assert_eq!(judged("", vec![]), "");
}

/// How many resources make a quadratic walk noticeable.
const MANY: usize = 10_000;

#[test]
fn ten_thousand_missing_dependencies_take_linear_time() {
    let project: String = (0..MANY)
        .map(|number| needing(&format!("score_{number}"), &[&format!("lost_{number}")]))
        .collect();
    let violations = against_tenant(&manifest(&project), &tenant(Vec::new()));
    assert_eq!(violations.len(), MANY);
}

#[test]
fn missing_sources_get_suggestions_of_their_own() {
    let project = view("top", r#"{"view": "bsae"}"#) + &view("base", r#"{"view": "top"}"#);
    insta::assert_snapshot!(judged(&project, vec![]), @"V009 1:142 spec.source.view: source view bsae is neither in the project nor on the tenant (did you mean `base`?)");
}
