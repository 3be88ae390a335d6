//! The adapters keep the promises of their ports, and the use cases work through them.

#![expect(
    clippy::unwrap_used,
    reason = "only test functions are exempt by themselves, and all of this is test code"
)]

mod project;

use std::num::NonZeroUsize;
use std::sync::Arc;

use cxda_adapters_memory::scripts::MemoryScripts;
use cxda_domain::variable::ValueReference;
use cxda_ports::error::{ApiErrorKind, SourceError};
use cxda_ports::secrets::SecretSource;
use cxda_testkit::conformance;
use cxda_usecases::apply::{Failure, Outcome};
use cxda_usecases::plan::PlanError;
use own_adapter::actions::RegistryActions;
use own_adapter::registry::{Line, Registry};
use own_adapter::vault::{Vault, VaultSecrets};
use serde_json::json;

use crate::project::Project;

#[tokio::test]
async fn the_vault_keeps_the_promises_of_its_port() {
    let (name, value) = conformance::secrets::ENV;
    let (path, text) = conformance::secrets::FILE;
    let vault = Vault::default()
        .with(&format!("env/{name}"), value)
        .with(&format!("file/{path}"), text);
    conformance::secrets::keeps_its_promises(&VaultSecrets::new(vault)).await;
}

#[tokio::test]
async fn a_sealed_vault_is_not_an_empty_one() {
    let vault = VaultSecrets::new(Vault::default().with("env/TOKEN", "hunter2").sealed());
    let error = vault.read(&ValueReference::Env("TOKEN".into())).await;
    let (what, why) = ("environment variable TOKEN", "the vault is sealed");
    let (what, why) = (what.into(), why.into());
    assert_eq!(error, Err(SourceError::Unreadable { what, why }));
}

#[tokio::test]
async fn the_registry_keeps_the_promises_of_its_port() {
    let scripts = Arc::new(MemoryScripts::new());
    let two = NonZeroUsize::MIN.saturating_add(1);
    let actions = RegistryActions::new(Arc::new(Registry::default()), scripts, two);
    conformance::actions::keeps_its_promises(&actions).await;
}

#[tokio::test]
async fn what_is_planned_is_applied_and_then_nothing_is_left() {
    let project = Project::new();
    let planned = project.plan().await.unwrap();
    assert_eq!(planned.plan.changes.len(), 1);
    let applied = project.apply(&planned).await;
    assert_eq!(applied.count(Outcome::Done), 1);
    assert_eq!(project.plan().await.unwrap().plan.changes, []);
}

#[tokio::test]
async fn a_value_goes_from_the_vault_into_the_registry_and_is_shown_nowhere() {
    let project = Project::new();
    let planned = project.plan().await.unwrap();
    project.apply(&planned).await;
    let row = project.row();
    let sealed = project.registry.sealed(row.number);
    assert_eq!(sealed["token"].expose(), Project::TOKEN);
    let seen = format!("{planned:?} {row:?} {:?}", project.audit.lines());
    assert!(!seen.contains(Project::TOKEN), "{seen}");
}

#[tokio::test]
async fn columns_that_no_manifest_knows_stay() {
    let project = Project::new();
    project.apply(&project.plan().await.unwrap()).await;
    project.edit("owner", json!("sales"));
    project.edit("description", json!("moved by hand"));
    project.apply(&project.plan().await.unwrap()).await;
    let row = project.row();
    assert_eq!(row.columns["owner"], "sales");
    assert_eq!(row.columns["description"], "Scores a contact");
}

#[tokio::test]
async fn a_registry_out_of_reach_ends_the_plan() {
    let project = Project::new();
    project.registry.set_line(Line::Down);
    let Err(PlanError::Observe(error)) = project.plan().await else {
        panic!("there is no plan of what was not read");
    };
    assert_eq!(error.kind, ApiErrorKind::Unreachable);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_later_run_and_nothing_is_made_twice() {
    let project = Project::new();
    let planned = project.plan().await.unwrap();
    project.registry.set_line(Line::Lossy);
    let applied = project.apply(&planned).await;
    assert_eq!(applied.count(Outcome::Unknown), 1);
    assert!(matches!(
        applied.results[0].failure,
        Some(Failure::Api(ref error)) if error.kind == ApiErrorKind::OutcomeUnknown
    ));

    project.registry.set_line(Line::Up);
    let first = project.row();
    let planned = project.plan().await.unwrap();
    let applied = project.apply(&planned).await;
    assert_eq!(applied.count(Outcome::Unknown), 0);
    assert_eq!(project.row().number, first.number);
    assert_eq!(project.plan().await.unwrap().plan.changes, []);
    let phases = project.phases();
    assert_eq!(phases.last().map(String::as_str), Some("done"));
}
