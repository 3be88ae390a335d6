//! A project and a tenant that outlives each run of it, in two states of the manifests.
//!
//! What must hold afterwards is said in `laws.rs`.

use std::fmt::Write as _;
use std::path::PathBuf;

use cxda_simulator::{NameRule, SimState};
use tempfile::TempDir;

use super::fault::{Fault, Noted, noted};
use crate::stage::{Call, Ended, Project, Simulated, config};

/// Which of the two sets of manifests a project holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Desired {
    /// Everything is new to a fresh tenant.
    First,
    /// Beside the first: some changed, some gone, some new.
    Second,
}

/// How many resources there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    views: usize,
    actions: usize,
}

impl Size {
    /// 200 of them.
    pub(super) const LARGE: Self = Self {
        views: 20,
        actions: 180,
    };
    /// As few as show every kind of write.
    pub(super) const SMALL: Self = Self {
        views: 4,
        actions: 8,
    };

    fn views(self, desired: Desired) -> std::ops::Range<usize> {
        match desired {
            Desired::First => 0..self.views,
            Desired::Second => self.views / 4..self.views + 1,
        }
    }

    fn actions(self, desired: Desired) -> std::ops::Range<usize> {
        match desired {
            Desired::First => 0..self.actions,
            Desired::Second => self.actions / 4..self.actions + 4,
        }
    }
}

pub(super) struct Scene {
    pub(super) tenant: Simulated,
    pub(super) project: Project,
    /// For what is noted of the runs; outside of the project, which a fault may befall.
    notes: TempDir,
    size: Size,
}

/// The words of an apply that may delete what it has to.
pub(super) const APPLY: [&str; 5] = ["apply", "--yes", "--prune", "--allow-deletes", "1000"];

const SETTINGS: &str = r#"[tenant.it.api]
rate_limit = {requests = 100000, per = "1s"}
[[webhook]]
name = "bi"
url = "https://hooks.example.com/bi"
via = "relay"
"#;

impl Scene {
    /// A project of which nothing was applied, beside a tenant that tells two resources of one name apart by their ids alone: a
    /// second create would be taken.
    pub(super) fn new(size: Size) -> Self {
        let tenant = Simulated::with(config(), SimState::fresh(NameRule::Repeatable));
        let project = Project::empty_in_memory();
        project.point_to(&tenant.base_url());
        let settings = project.read("cxda.toml");
        project.write("cxda.toml", settings + SETTINGS);
        project.write("token.txt", "a-secret-value");
        let notes = tempfile::tempdir().unwrap();
        let scene = Self {
            tenant,
            project,
            notes,
            size,
        };
        scene.wants(Desired::First);
        scene
    }

    /// The manifests ask for `desired` from now on.
    pub(super) fn wants(&self, desired: Desired) {
        let views = self.size.views(desired).map(|n| view(n, desired));
        self.project
            .write("views.cxda.yaml", views.collect::<String>());
        let actions = self.size.actions(desired).map(|n| action(n, desired));
        self.project
            .write("actions.cxda.yaml", actions.collect::<String>());
    }

    /// The names that the tenant shall have.
    pub(super) fn names(&self, desired: Desired) -> (Vec<String>, Vec<String>) {
        let views = self.size.views(desired).map(view_name).collect();
        let actions = self.size.actions(desired).map(action_name).collect();
        (views, actions)
    }

    pub(super) fn apply(&self) -> Call {
        self.call(&APPLY)
    }

    pub(super) fn call(&self, words: &[&str]) -> Call {
        self.project.cxda_signed_in(words)
    }

    /// Runs `call` under `fault` to whatever end it comes; tells what befell it.
    pub(super) fn under(&self, fault: &Fault, call: Call) -> (Ended, Vec<Noted>) {
        let log = self.notes.path().join("noted");
        let _ = std::fs::remove_file(&log);
        let ended = fault.befalls(call, self.project.path(), &log).run_or_die();
        (ended, noted(&log))
    }

    pub(super) fn audit_log(&self) -> PathBuf {
        self.project.path().join(".cxda/audit.jsonl")
    }
}

fn view_name(number: usize) -> String {
    format!("view_{number:03}")
}

fn action_name(number: usize) -> String {
    format!("action_{number:03}")
}

/// Of four views one builds on another. In the second state every other one is refreshed less often.
fn view(number: usize, desired: Desired) -> String {
    let source = if number % 4 == 3 {
        format!("{{view: {}}}", view_name(number - 1))
    } else {
        "{table: 12345678-1234-1234-1234-123456789012}".to_owned()
    };
    let minutes = if desired == Desired::Second && number.is_multiple_of(2) {
        30
    } else {
        15
    };
    format!(
        "apiVersion: cxda/v1\nkind: MaterializedView\nmetadata: {{name: {}}}\nspec:\n  description: A view of something\n  source: {source}\n  columns: [{{name: a}}]\n  refresh: {{intervalMinutes: {minutes}}}\n---\n",
        view_name(number)
    )
}

/// Of four actions one depends on another, one is cached, one has an encrypted variable, and one a date; in the second state
/// two of them have another script.
fn action(number: usize, desired: Desired) -> String {
    let mut text = format!(
        "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: {}}}\nspec:\n  description: An action\n",
        action_name(number)
    );
    let result = if desired == Desired::Second && number % 4 < 2 {
        2
    } else {
        1
    };
    let _ = writeln!(
        text,
        "  script: {{content: 'function main() {{ return {result}; }}'}}"
    );
    text.push_str(&match number % 4 {
        0 => format!("  cache: {{key: 'key_{number}', ttl: 300}}\n"),
        1 => "  variables:\n    - {name: url, type: string, value: 'https://api.example.com'}\n    - {name: token, type: string, encrypted: true, valueFrom: {file: token.txt}}\n".to_owned(),
        2 => "  dateProcessing: {sourceField: a, targetField: b, timestamp: '2024-02-29T15:30:00Z', timezone: Etc/UTC, operation: ADD_OFFSET}\n".to_owned(),
        _ => format!("  dependencies: [{}]\n", action_name(number - 1)),
    });
    text.push_str("---\n");
    text
}
