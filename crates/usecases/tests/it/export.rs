//! A tenant becomes manifests, and the next plan has nothing to do.

use std::collections::BTreeSet;

use cxda_adapters_memory::checker::MemoryChecker;
use cxda_adapters_memory::journal::MemoryJournal;
use cxda_adapters_memory::manifests::MemoryManifests;
use cxda_adapters_memory::progress::MemoryProgress;
use cxda_adapters_memory::secrets::MemorySecrets;
use cxda_adapters_memory::tenant::MemoryTenant;
use cxda_domain::action::ActionName;
use cxda_domain::address::{Address, ResourceKind};
use cxda_domain::body::{ActionBody, SourceBody, ViewBody};
use cxda_domain::export::{Block, Export, Obstacle};
use cxda_domain::node::{Mark, Node};
use cxda_domain::plan::{Plan, PlanScope};
use cxda_domain::rule::Rule;
use cxda_domain::script::ScriptFinding;
use cxda_domain::secret::SecretText;
use cxda_ports::manifests::{ManifestSource, SourceDocument};
use cxda_testkit::strategies;
use cxda_usecases::export::{ExportError, ExportOptions, ExportPorts, export};
use cxda_usecases::plan::plan;
use cxda_usecases::ports::PlanPorts;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::{TABLE, ports_of};

async fn export_of(
    tenant: &MemoryTenant,
    project: &MemoryManifests,
    checker: &MemoryChecker,
) -> Result<Export, ExportError> {
    let ports = ExportPorts {
        manifests: project,
        files: project,
        checker,
        tenant: ports_of(tenant),
        progress: &MemoryProgress::new(),
    };
    let options = ExportOptions {
        folder: "manifests",
        targets: &[],
        protected: &[Address::action("guarded")].into(),
        holds_secret: &|text| text.contains("canary"),
    };
    export(ports, options).await
}

async fn exported(tenant: &MemoryTenant, project: &MemoryManifests) -> Export {
    export_of(tenant, project, &MemoryChecker::new())
        .await
        .unwrap()
}

/// The plan of `project`, all secrets of `export` filled in.
async fn plan_of(tenant: &MemoryTenant, project: &MemoryManifests, export: &Export) -> Plan {
    let mut secrets = MemorySecrets::new();
    for manifest in &export.manifests {
        let spec = manifest.root.to_json().unwrap()["spec"].take();
        for variable in spec["variables"].as_array().into_iter().flatten() {
            let value = match variable["type"].as_str() {
                Some("boolean") => "true",
                Some("object") => "{}",
                _ => "1",
            };
            if let Some(env) = variable["valueFrom"]["env"].as_str() {
                secrets = secrets.with_env(env, value);
            }
        }
    }
    let ports = PlanPorts {
        manifests: project,
        checker: &MemoryChecker::new(),
        secrets: &secrets,
        tenant: ports_of(tenant),
        journal: &MemoryJournal::new(),
        progress: &MemoryProgress::new(),
    };
    plan(ports, &PlanScope::default()).await.unwrap().plan
}

fn action(name: &str) -> ActionBody {
    ActionBody {
        name: name.parse().unwrap(),
        description: String::new(),
        script: SecretText::new("function main() {}"),
        enabled: Some(true),
        dependencies: Vec::new(),
        cache: None,
        variables: None,
        dates: None,
    }
}

fn spec(project: &Export, address: &Address) -> Value {
    let found = project
        .manifests
        .iter()
        .find(|each| each.address == *address);
    found.unwrap().root.to_json().unwrap()["spec"].clone()
}

/// A tenant of resources that depend on each other in order, and on nothing that is not there.
fn tenant() -> impl Strategy<Value = (Vec<ViewBody>, Vec<ActionBody>)> {
    let views = prop::collection::vec(
        (strategies::view_body(), any::<prop::sample::Index>()),
        0..4,
    );
    let actions = prop::collection::vec(
        (strategies::action_body(), any::<prop::sample::Index>()),
        0..5,
    );
    (views, actions).prop_map(|(views, actions)| {
        let mut names = BTreeSet::new();
        let views = views
            .into_iter()
            .filter(|(body, _)| names.insert(body.name.clone()));
        let views = views.map(|(mut body, _)| {
            body.source = SourceBody::Table(TABLE.parse().unwrap());
            body
        });
        let mut earlier: Vec<ActionName> = Vec::new();
        let mut sound = Vec::new();
        for (mut body, index) in actions {
            if earlier.contains(&body.name) {
                continue;
            }
            let first = (!earlier.is_empty()).then(|| index.get(&earlier).to_string());
            body.dependencies = first.into_iter().collect();
            earlier.push(body.name.clone());
            sound.push(body);
        }
        (views.collect(), sound)
    })
}

proptest! {
    #[test]
    fn what_was_exported_plans_to_nothing_but_the_secrets_that_nobody_knows((views, actions) in tenant()) {
        let mut tenant = MemoryTenant::new().with_table(TABLE.parse().unwrap());
        for view in &views {
            tenant = tenant.with_view(view);
        }
        for action in &actions {
            tenant = tenant.with_action(action);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let project = MemoryManifests::new([]);
            let export = exported(&tenant, &project).await;
            let count = export.manifests.len() + export.skipped.len();
            prop_assert_eq!(count, views.len() + actions.len(), "nothing is passed over in silence");
            if export.manifests.is_empty() {
                return Ok(());
            }
            let plan = plan_of(&tenant, &project, &export).await;
            prop_assert!(!plan.violations.has_errors(), "{:?}", plan.violations);
            for change in &plan.changes {
                for field in &change.fields {
                    let manifest = export.manifests.iter().find(|each| each.address == change.address).unwrap();
                    let secret = manifest.references.iter().any(|each| field.path == format!("variables.{}.value", each.variable));
                    prop_assert!(secret, "{} {}: {} -> {}", change.address, field.path, field.before, field.after);
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_second_export_touches_nothing_and_adds_nothing() {
    let tenant = MemoryTenant::new()
        .with_action(&action("first"))
        .with_action(&action("other"));
    let project = MemoryManifests::new([]);
    let first = exported(&tenant, &project).await;
    let before = project.load().await.unwrap();
    let second = exported(&tenant, &project).await;
    assert_eq!(second.manifests, []);
    assert_eq!(
        second.declared,
        first
            .manifests
            .iter()
            .map(|each| each.address.clone())
            .collect::<Vec<_>>()
    );
    assert_eq!(project.load().await.unwrap(), before);
}

#[tokio::test]
async fn what_is_new_stands_beside_what_the_project_has() {
    let tenant = MemoryTenant::new()
        .with_action(&action("mine"))
        .with_action(&action("new"));
    let document = json!({"apiVersion": "cxda/v1", "kind": "DataAction", "metadata": {"name": "mine"},
        "spec": {"description": "other words", "script": {"language": "JavaScript", "content": "function main() {}"}}});
    let file = "manifests/actions/new.cxda.yaml";
    let project = MemoryManifests::new([SourceDocument {
        file: file.into(),
        root: Node::from(&document),
    }]);
    let export = exported(&tenant, &project).await;
    assert_eq!(export.declared, [Address::action("mine")]);
    // The name of the file is taken by somebody's own.
    assert_eq!(
        export.manifests[0].file,
        "manifests/actions/new-2.cxda.yaml"
    );
    let documents = project.load().await.unwrap().documents;
    assert_eq!(documents.len(), 2);
}

#[tokio::test]
async fn a_name_that_stands_twice_is_an_error_with_every_id() {
    let tenant = MemoryTenant::with_repeatable_names();
    let ids = [(); 2].map(|()| tenant.put_action(&action("twin")).unwrap().to_string());
    let project = MemoryManifests::new([]);
    let error = export_of(&tenant, &project, &MemoryChecker::new())
        .await
        .unwrap_err();
    let ExportError::Ambiguous { doubled } = &error else {
        panic!("{error}");
    };
    assert_eq!(doubled[0].ids, ids);
    assert!(project.load().await.unwrap().documents.is_empty());
}

#[tokio::test]
async fn what_no_manifest_can_say_is_named_with_the_rule() {
    let tenant = MemoryTenant::new()
        .with_action(&action("native"))
        .with_action(&action("leak"))
        .with_action(&action("broken"))
        .with_action(&ActionBody {
            script: SecretText::new("function main("),
            ..action("syntax")
        })
        .with_action(&ActionBody {
            dependencies: vec!["gone".into()],
            ..action("lonely")
        });
    tenant.edit(&Address::action("native"), |fields| {
        fields.insert("type".into(), json!("NATIVE"));
    });
    tenant.edit(&Address::action("leak"), |fields| {
        fields.insert("description".into(), json!("the canary sings"));
    });
    tenant.edit(&Address::action("broken"), |fields| {
        fields.insert("description".into(), json!(7));
    });
    let finding = ScriptFinding {
        rule: Rule::A003,
        at: Mark::new(1, 14),
        message: "unexpected end".into(),
        also: None,
        hint: None,
    };
    let checker = MemoryChecker::new().with_finding("function main(", finding);
    let project = MemoryManifests::new([]);
    let export = export_of(&tenant, &project, &checker).await.unwrap();
    assert_eq!(export.manifests, []);
    let reasons: Vec<(String, String)> = export
        .skipped
        .iter()
        .map(|each| (each.address.name.clone(), each.obstacles[0].to_string()))
        .collect();
    insta::assert_debug_snapshot!(reasons);
    assert_eq!(export.skipped[1].obstacles, [Obstacle::Secret]);
}

#[tokio::test]
async fn a_block_that_no_manifest_can_say_is_left_to_the_tenant() {
    let tenant = MemoryTenant::new().with_action(&action("zoned"));
    tenant.edit(&Address::action("zoned"), |fields| {
        fields.insert("cache".into(), json!({"enabled": true, "key": "k1", "ttl": 100_000}));
        fields.insert("dateProcessing".into(), json!({"sourceField": "a", "targetField": "b", "computedValue": "soon",
            "timezone": "UTC", "dstAdjustment": true, "precision": 3}));
        fields.insert("variables".into(), json!({"kept": {"type": "string", "value": "x", "encrypted": false, "scope": "global"}}));
    });
    let project = MemoryManifests::new([]);
    let export = exported(&tenant, &project).await;
    let left: Vec<_> = export.unmanaged.iter().map(|each| each.block).collect();
    assert_eq!(left, [Block::Cache, Block::Dates]);
    assert!(
        export
            .unmanaged
            .iter()
            .all(|each| !each.obstacles.is_empty())
    );
    let spec = spec(&export, &Address::action("zoned"));
    assert_eq!(spec["parentScope"], "global");
    assert!(spec.get("cache").is_none());
    assert_eq!(plan_of(&tenant, &project, &export).await.changes, []);
}

#[tokio::test]
async fn all_of_a_circle_is_skipped_and_what_leads_into_it_is_not() {
    let depends = |name: &str, on: &str| ActionBody {
        dependencies: vec![on.into()],
        ..action(name)
    };
    let tenant = MemoryTenant::new();
    for (name, on) in [
        ("aaa", "bbb"),
        ("bbb", "ccc"),
        ("ccc", "aaa"),
        ("outside", "aaa"),
    ] {
        tenant.put_action(&depends(name, on));
    }
    let project = MemoryManifests::new([]);
    let export = exported(&tenant, &project).await;
    let skipped: Vec<_> = export
        .skipped
        .iter()
        .map(|each| each.address.name.as_str())
        .collect();
    assert_eq!(skipped, ["aaa", "bbb", "ccc"]);
    assert!(
        export.skipped[1].obstacles[0]
            .to_string()
            .contains("aaa -> bbb -> ccc -> aaa")
    );
    assert_eq!(plan_of(&tenant, &project, &export).await.changes, []);
}

#[tokio::test]
async fn what_a_listing_leaves_out_is_read_singly() {
    let tenant = MemoryTenant::new().with_action(&action("short"));
    tenant.leave_out_of_lists(ResourceKind::Action, &["script"]);
    let project = MemoryManifests::new([]);
    let export = exported(&tenant, &project).await;
    let script = export.manifests[0].script.as_ref();
    assert_eq!(script.unwrap().1, "function main() {}");
}

#[tokio::test]
async fn nothing_is_exported_into_a_project_that_holds_mistakes() {
    let tenant = MemoryTenant::new().with_action(&action("first"));
    let project = MemoryManifests::new([SourceDocument {
        file: "a.cxda.yaml".into(),
        root: Node::from(&json!({"kind": "unknown"})),
    }]);
    let error = export_of(&tenant, &project, &MemoryChecker::new())
        .await
        .unwrap_err();
    assert!(matches!(error, ExportError::Unsound(_)), "{error}");
    assert_eq!(project.load().await.unwrap().documents.len(), 1);
}

#[tokio::test]
async fn what_is_protected_and_what_looks_like_a_reference_is_exported_as_it_is() {
    let tenant = MemoryTenant::new()
        .with_action(&action("stays"))
        .with_action(&action("guarded"));
    tenant.edit(&Address::action("guarded"), |fields| {
        fields.insert("description".into(), json!("costs ${var.money}"));
    });
    let project = MemoryManifests::new([]);
    let export = exported(&tenant, &project).await;
    let roots: Vec<Value> = export
        .manifests
        .iter()
        .map(|each| each.root.to_json().unwrap())
        .collect();
    assert_eq!(
        roots[0]["metadata"],
        json!({"name": "guarded", "protect": true})
    );
    assert_eq!(roots[0]["spec"]["description"], "costs $${var.money}");
    assert_eq!(plan_of(&tenant, &project, &export).await.changes, []);
}
