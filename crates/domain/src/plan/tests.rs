//! Plans of small projects against small tenants, by example and by law.

use serde_json::{Map, json};

use super::*;
use crate::body::VariableBody;
use crate::manifest::Declaration;
use crate::manifest::tests::source::{action, manifest, needing, view};
use crate::observed::Document;
use crate::request::RateLimit;
use crate::secret::SecretText;
use crate::variable::{ValueReference, VariableValue};

mod cause;
mod cost;
mod delete;
mod hidden;
mod laws;
mod order;
mod prune;

/// What a plan is made from, kept together.
#[derive(Clone, Debug)]
struct World {
    manifest: Manifest,
    /// What stands behind each environment variable; its own name where nothing is said.
    values: BTreeMap<String, String>,
    there: Vec<ObservedResource>,
    applied: BTreeMap<Address, LastApplied>,
    scope: PlanScope,
}

impl World {
    /// The project of `text` against an empty tenant.
    fn new(text: &str) -> Self {
        Self {
            manifest: manifest(text),
            values: BTreeMap::new(),
            there: Vec::new(),
            applied: BTreeMap::new(),
            scope: PlanScope::default(),
        }
    }

    /// The same tenant and journal, with the project of `text`.
    fn with_project(mut self, text: &str) -> Self {
        self.manifest = manifest(text);
        self
    }

    fn with_value(mut self, name: &str, value: &str) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    fn with_targets(mut self, targets: &[&str]) -> Self {
        self.scope.targets = targets
            .iter()
            .map(|target| target.parse().unwrap())
            .collect();
        self
    }

    fn with_prune(mut self) -> Self {
        self.scope.prune = true;
        self
    }

    /// What is wanted, each reference resolved.
    fn desired(&self) -> BTreeMap<Address, Desired> {
        let of_one = |declared: &crate::manifest::Declared| match &declared.resource {
            Declaration::View(view) => Desired {
                body: Body::View(ViewBody::new(view, None)),
                secrets: BTreeMap::new(),
                protect: declared.protect(),
            },
            Declaration::Action(action) => {
                let variables = action.variables.as_ref();
                let bodies: Option<Vec<VariableBody>> =
                    variables.map(|list| list.iter().map(|each| self.resolve(each)).collect());
                let encrypted = bodies.iter().flatten().filter(|each| each.encrypted);
                let secrets = encrypted
                    .map(|each| {
                        let print = Digest::of(format!("salt {}", each.value.expose()));
                        (each.name.to_string(), Fingerprint::new(print.as_str()))
                    })
                    .collect();
                Desired {
                    body: Body::Action(ActionBody::new(action, bodies)),
                    secrets,
                    protect: declared.protect(),
                }
            }
        };
        let resources = self.manifest.resources().iter();
        resources
            .map(|(address, declared)| (address.clone(), of_one(declared)))
            .collect()
    }

    fn resolve(&self, variable: &crate::variable::EnvironmentVariable) -> VariableBody {
        let (value, literal) = match &variable.value {
            VariableValue::Literal(text) => (text.clone(), true),
            VariableValue::From(ValueReference::Env(name)) => {
                let value = self.values.get(name);
                (value.unwrap_or(name).clone(), false)
            }
            VariableValue::From(ValueReference::File { path, .. }) => (path.clone(), false),
        };
        VariableBody {
            name: variable.name.clone(),
            kind: variable.kind,
            value: SecretText::new(value),
            literal,
            encrypted: variable.encrypted,
            scope: variable.scope,
        }
    }

    fn plan(&self) -> Plan {
        let spent = RequestCount::default();
        self.plan_after(&spent)
    }

    fn plan_after(&self, spent: &RequestCount) -> Plan {
        plan(PlanInput {
            manifest: &self.manifest,
            desired: &self.desired(),
            observed: &ObservedState::new(self.there.clone(), BTreeMap::new()),
            applied: &self.applied,
            key: &key(),
            scope: &self.scope,
            spent,
        })
    }

    /// The world after `plan` was carried out.
    fn after(mut self, plan: &Plan) -> Self {
        let desired = self.desired();
        for note in &plan.to_note {
            self.applied.insert(note.address.clone(), note.clone());
        }
        for change in &plan.changes {
            let same = |there: &ObservedResource| Some(&there.id) == change.id.as_ref();
            self.there.retain(|there| !same(there));
            self.applied.remove(&change.address);
            if change.kind == ChangeKind::Delete {
                continue;
            }
            let wanted = &desired[&change.address];
            let id = change.id.clone().unwrap_or_else(|| id_of(&change.address));
            let note = LastApplied::new(
                change.address.clone(),
                id.clone(),
                &wanted.body.projection(),
                wanted.secrets.clone(),
                wanted.protect,
                &key(),
            );
            self.applied.insert(change.address.clone(), note);
            self.there
                .push(shown_by_tenant(&change.address, id, &wanted.body));
        }
        self
    }

    /// The world after its own plan was carried out.
    fn settled(self) -> Self {
        let plan = self.plan();
        self.after(&plan)
    }

    /// The resource that the tenant holds under `name`, to be moved behind the project's back.
    fn remote(&mut self, name: &str) -> &mut Map<String, Value> {
        let there = self.there.iter_mut().find(|there| there.name == name);
        there.expect("a resource").fields.fields_mut()
    }
}

fn key() -> DigestKey {
    DigestKey::new(|_| Fingerprint::new("k"))
}

fn id_of(address: &Address) -> ResourceId {
    format!("id-{}-{}", address.kind, address.name)
        .parse()
        .unwrap()
}

/// A resource as a tenant lists it that holds what `body` wants: encrypted values masked.
fn shown_by_tenant(address: &Address, id: ResourceId, body: &Body) -> ObservedResource {
    let mut fields = body.projection();
    // What a manifest leaves to the tenant has a value there.
    let members = fields.fields_mut();
    if address.kind == ResourceKind::Action {
        members.entry("enabled").or_insert(json!(true));
    }
    for variable in variables_of(members) {
        if variable["encrypted"] == json!(true) {
            variable["value"] = json!("****");
        }
    }
    ObservedResource {
        kind: address.kind,
        id,
        name: address.name.clone(),
        status: None,
        document: Document::new(json!(fields.fields()).to_string()),
        fields,
    }
}

fn variables_of(members: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let variables = members.get_mut("variables").and_then(Value::as_object_mut);
    variables.into_iter().flat_map(Map::values_mut)
}

/// The plan as text: a line for each change, and below it its fields.
fn text(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for change in &plan.changes {
        let adopts = if change.adopts { " adopts" } else { "" };
        let (kind, cause) = (change.kind.as_str(), change.cause.as_str());
        let after: Vec<_> = change.after.iter().map(ToString::to_string).collect();
        let after = match after.as_slice() {
            [] => String::new(),
            some => format!(" after {}", some.join(", ")),
        };
        lines.push(format!("{kind} {} {cause}{adopts}{after}", change.address));
        if change.kind == ChangeKind::Update {
            let field = |field: &FieldDifference| {
                format!("  {}: {} -> {}", field.path, field.before, field.after)
            };
            lines.extend(change.fields.iter().map(field));
        }
    }
    lines.extend(plan.kept.iter().map(|(address, kept)| match kept {
        Kept::Protected => format!("keep {address}, protected"),
        Kept::NeededBy(by) => format!("keep {address}, needed by {by}"),
    }));
    let (unchanged, to_note) = (plan.unchanged, plan.to_note.len());
    lines.push(format!("{unchanged} unchanged, {to_note} to note"));
    lines.join("\n")
}

/// A view over a table.
fn table_view(name: &str) -> String {
    view(name, r#"{"table": "12345678-1234-1234-1234-123456789012"}"#)
}

#[test]
fn what_is_not_there_is_created() {
    let world = World::new(&(action("score", "") + &table_view("calls")));
    let plan = world.plan();
    insta::assert_snapshot!(text(&plan), @"
    create view/calls pending
    create action/score pending
    0 unchanged, 0 to note
    ");
    assert_eq!(plan.count(ChangeKind::Create), 2);
    assert_eq!(plan.count(ChangeKind::Update), 0);
    let create = &plan.changes[1];
    assert_eq!((&create.id, &create.listed), (&None, &None));
    let shown: Vec<_> = create
        .fields
        .iter()
        .map(|field| format!("{}: {} -> {}", field.path, field.before, field.after))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    dependencies: null -> []
    description: null -> "d"
    enabled: null -> true
    script: null -> {"content":"main","language":"JavaScript"}
    trigger: null -> {"type":"MANUAL"}
    type: null -> "SCRIPT"
    "#);
}

#[test]
fn a_new_action_is_shown_as_enabled_unless_its_manifest_says_otherwise() {
    for (more, want) in [("", true), (r#", "enabled": false"#, false)] {
        let plan = World::new(&action("score", more)).plan();
        let fields = plan.changes[0].fields.iter();
        let enabled: Vec<_> = fields.filter(|field| field.path == "enabled").collect();
        assert_eq!(enabled.len(), 1);
        assert_eq!(enabled[0].after, json!(want));
    }
}

#[test]
fn a_plan_after_apply_is_empty() {
    let world = World::new(&(action("score", "") + &table_view("calls"))).settled();
    insta::assert_snapshot!(text(&world.plan()), @"2 unchanged, 0 to note");
}

#[test]
fn an_empty_project_against_an_empty_tenant_plans_nothing() {
    let plan = World::new("").plan();
    assert_eq!(plan, Plan::default());
}

#[test]
fn one_update_holds_all_blocks_that_changed() {
    let before = action("score", r#", "cache": {"key": "k"}, "variables": []"#);
    let after = action(
        "score",
        r#", "enabled": false, "cache": {"key": "k", "ttl": 5}, "variables": [{"name": "v", "type": "integer", "value": 1}]"#,
    );
    let world = World::new(&before).settled().with_project(&after);
    let plan = world.plan();
    insta::assert_snapshot!(text(&plan), @r#"
    update action/score pending
      cache.ttl: 300 -> 5
      enabled: true -> false
      variables.v: null -> {"encrypted":false,"scope":"action","type":"integer","value":"1"}
    0 unchanged, 0 to note
    "#);
    let change = &plan.changes[0];
    assert_eq!(change.id, Some(world.there[0].id.clone()));
    assert_eq!(change.listed, Some(world.there[0].document.digest()));
}

#[test]
fn a_block_that_is_left_out_stays_as_the_tenant_has_it() {
    let before = action(
        "score",
        r#", "enabled": false, "cache": {"key": "k"}, "variables": [{"name": "v", "type": "integer", "value": 1}]"#,
    );
    let world = World::new(&before)
        .settled()
        .with_project(&action("score", ""));
    insta::assert_snapshot!(text(&world.plan()), @"1 unchanged, 1 to note");
}

#[test]
fn no_variables_is_not_the_same_as_unmanaged_ones() {
    let before = action(
        "score",
        r#", "variables": [{"name": "v", "type": "integer", "value": 1}]"#,
    );
    let none = action("score", r#", "variables": []"#);
    let world = World::new(&before).settled().with_project(&none);
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update action/score pending
      variables.v: {"encrypted":false,"scope":"action","type":"integer","value":"(hidden)"} -> null
    0 unchanged, 0 to note
    "#);
}

#[test]
fn the_order_of_dependencies_and_of_variables_is_no_difference() {
    let variable = |name: &str| format!(r#"{{"name": "{name}", "type": "integer", "value": 1}}"#);
    let with = |dependencies: &str, variables: [&str; 2]| {
        let variables = variables.map(variable).join(", ");
        action(
            "score",
            &format!(r#", "dependencies": {dependencies}, "variables": [{variables}]"#),
        ) + &action("one", "")
            + &action("two", "")
    };
    let world = World::new(&with(r#"["one", "two"]"#, ["a", "b"])).settled();
    let world = world.with_project(&with(r#"["two", "one"]"#, ["b", "a"]));
    assert!(world.plan().changes.is_empty());
}

#[test]
fn a_view_is_compared_field_by_field() {
    let base = table_view("base");
    let world = World::new(&(base.clone() + &table_view("top"))).settled();
    let changed = view("top", r#"{"view": "base"}"#)
        .replace(
            r#""intervalMinutes": 5"#,
            r#""intervalMinutes": 10, "auto": false"#,
        )
        .replace(
            r#"[{"name": "q"}]"#,
            r#"[{"name": "q", "alias": "r", "aggregation": "SUM"}]"#,
        )
        .replace("long enough", "another text");
    let world = world.with_project(&(base + &changed));
    insta::assert_snapshot!(text(&world.plan()), @r#"
    update view/top pending
      columns: [{"name":"q"}] -> [{"aggregation":"SUM","alias":"r","name":"q"}]
      description: "long enough" -> "another text"
      refresh.auto: true -> false
      refresh.intervalMinutes: 5 -> 10
      source.table: "12345678-1234-1234-1234-123456789012" -> null
      source.view: null -> "base"
    1 unchanged, 0 to note
    "#);
}

#[test]
fn a_column_with_members_that_say_nothing_is_the_same_column() {
    let mut world = World::new(&table_view("calls")).settled();
    let columns = json!([{"name": "q", "alias": null, "aggregation": null}]);
    world.remote("calls").insert("columns".into(), columns);
    world.remote("calls").insert(
        "refresh".into(),
        json!({"intervalMinutes": 5.0, "auto": true}),
    );
    assert!(world.plan().changes.is_empty());
}

#[test]
fn targets_take_what_they_depend_on_along_and_nothing_else() {
    let project = needing("top", &["middle"])
        + &needing("middle", &["base"])
        + &needing("base", &[])
        + &needing("above", &["top"])
        + &table_view("calls");
    let world = World::new(&project);
    insta::assert_snapshot!(text(&world.clone().with_targets(&["action/top"]).plan()), @"
    create action/base pending
    create action/middle pending after action/base
    create action/top pending after action/middle
    0 unchanged, 0 to note
    ");
    insta::assert_snapshot!(text(&world.clone().with_targets(&["view/*", "action/b*"]).plan()), @"
    create view/calls pending
    create action/base pending
    0 unchanged, 0 to note
    ");
    assert!(
        world
            .with_targets(&["action/none"])
            .plan()
            .changes
            .is_empty()
    );
}

#[test]
fn a_target_whose_dependency_is_as_wanted_does_not_write_it() {
    let project = needing("top", &["base"]) + &needing("base", &[]);
    let world = World::new(&needing("base", &[]))
        .settled()
        .with_project(&project);
    insta::assert_snapshot!(text(&world.with_targets(&["action/top"]).plan()), @"
    create action/top pending
    1 unchanged, 0 to note
    ");
}

#[test]
fn two_plans_of_one_world_are_the_same_to_the_byte() {
    let project = needing("top", &["base"]) + &needing("base", &[]) + &table_view("calls");
    let world = World::new(&project);
    assert_eq!(format!("{:?}", world.plan()), format!("{:?}", world.plan()));
}

#[test]
fn seconds_at_the_rate_limit_follow_from_the_requests() {
    let project: String = (0..101)
        .map(|number| action(&format!("a_{number:03}"), ""))
        .collect();
    let requests = World::new(&project).plan().requests;
    assert_eq!(requests.total(), 101);
    assert_eq!(
        RateLimit::DEFAULT.shortest_time(requests.total()).as_secs(),
        60
    );
}
