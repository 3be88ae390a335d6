//! What an export wrote, what it left out and why, for people and programs.

use std::path::Path;

use cxda_domain::address::Address;
use cxda_domain::export::{Export, Obstacle};
use serde::Serialize;

use crate::render::table::table;
use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

/// An export and where it went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    /// The tenant's name.
    pub(crate) tenant: &'a str,
    /// The folder of the files.
    pub(crate) folder: &'a Path,
    /// What came of it.
    pub(crate) exported: &'a Export,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportJson<'a> {
    format_version: &'static str,
    tenant: &'a str,
    resources: Vec<ResourceJson<'a>>,
    declared: Vec<String>,
    skipped: Vec<SkippedJson<'a>>,
    unmanaged: Vec<UnmanagedJson>,
    secrets: Vec<SecretJson<'a>>,
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    address: String,
    manifest: &'a str,
    script: Option<&'a str>,
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    address: String,
    id: &'a str,
    reasons: Vec<ReasonJson>,
}

#[derive(Serialize)]
struct UnmanagedJson {
    address: String,
    block: &'static str,
    reasons: Vec<ReasonJson>,
}

#[derive(Serialize)]
struct ReasonJson {
    code: Option<&'static str>,
    message: String,
}

#[derive(Serialize)]
struct SecretJson<'a> {
    address: String,
    variable: &'a str,
    env: &'a str,
}

impl From<&Obstacle> for ReasonJson {
    fn from(obstacle: &Obstacle) -> Self {
        let code = match obstacle {
            Obstacle::Rule { rule, .. } => Some(rule.code()),
            Obstacle::Wordless { .. } | Obstacle::Secret | Obstacle::Leaving | Obstacle::Gone => {
                None
            }
        };
        let message = obstacle.to_string();
        Self { code, message }
    }
}

impl Report<'_> {
    /// What `export -o json` prints.
    pub(crate) fn json(&self) -> String {
        let export = self.exported;
        let reasons = |obstacles: &[Obstacle]| obstacles.iter().map(ReasonJson::from).collect();
        json(&ReportJson {
            format_version: FORMAT_VERSION,
            tenant: self.tenant,
            resources: export
                .manifests
                .iter()
                .map(|each| ResourceJson {
                    address: each.address.to_string(),
                    manifest: &each.file,
                    script: each.script.as_ref().map(|(file, _)| file.as_str()),
                })
                .collect(),
            declared: export.declared.iter().map(ToString::to_string).collect(),
            skipped: export
                .skipped
                .iter()
                .map(|each| SkippedJson {
                    address: each.address.to_string(),
                    id: &each.id,
                    reasons: reasons(&each.obstacles),
                })
                .collect(),
            unmanaged: export
                .unmanaged
                .iter()
                .map(|each| UnmanagedJson {
                    address: each.address.to_string(),
                    block: each.block.as_str(),
                    reasons: reasons(&each.obstacles),
                })
                .collect(),
            secrets: self.secrets().collect(),
        })
    }

    /// What `export` prints for people.
    pub(crate) fn text(&self, screen: Screen) -> String {
        let export = self.exported;
        let mut text = String::new();
        if !export.manifests.is_empty() {
            let rows = export
                .manifests
                .iter()
                .map(|each| [each.address.to_string(), each.file.clone()]);
            text.push_str(&table(screen, ["RESOURCE", "FILE"], rows));
            text.push('\n');
        }
        if !export.skipped.is_empty() {
            let heading = format!(
                "{} without a manifest:",
                counted(export.skipped.len(), "resource")
            );
            text.push_str(&format!("{}\n", screen.paint(Tone::Warning, &heading)));
            for each in &export.skipped {
                let id = format!(" (id {})", each.id);
                push_reasons(&mut text, &each.address, &id, &each.obstacles);
            }
            text.push('\n');
        }
        if !export.unmanaged.is_empty() {
            let heading = format!(
                "{} left as on the tenant:",
                counted(export.unmanaged.len(), "block")
            );
            text.push_str(&format!("{}\n", screen.paint(Tone::Warning, &heading)));
            for each in &export.unmanaged {
                let block = format!(" {}", each.block.as_str());
                push_reasons(&mut text, &each.address, &block, &each.obstacles);
            }
            text.push('\n');
        }
        let secrets: Vec<SecretJson<'_>> = self.secrets().collect();
        if !secrets.is_empty() {
            let heading = "No tenant shows these values: set them before the next plan.";
            text.push_str(&format!("{}\n", screen.paint(Tone::Warning, heading)));
            let rows = secrets
                .iter()
                .map(|each| [each.env, &each.address, each.variable].map(ToOwned::to_owned));
            text.push_str(&table(screen, ["ENVIRONMENT", "ACTION", "VARIABLE"], rows));
            text.push('\n');
        }
        text.push_str(&self.summary());
        text
    }

    fn summary(&self) -> String {
        let export = self.exported;
        let scripts = export
            .manifests
            .iter()
            .filter(|each| each.script.is_some())
            .count();
        let written = match export.manifests.len() {
            0 => "Nothing new".to_owned(),
            count => format!(
                "{} and {} written to {}",
                counted(count, "manifest"),
                counted(scripts, "script"),
                safe::line(&self.folder.display().to_string())
            ),
        };
        let declared = match export.declared.len() {
            0 => String::new(),
            1 => "; 1 resource declared already, left as it is".to_owned(),
            count => format!("; {count} resources declared already, left as they are"),
        };
        format!("{written}{declared}.\n")
    }

    fn secrets(&self) -> impl Iterator<Item = SecretJson<'_>> {
        self.exported.manifests.iter().flat_map(|each| {
            each.references.iter().map(|reference| SecretJson {
                address: each.address.to_string(),
                variable: &reference.variable,
                env: &reference.env,
            })
        })
    }
}

fn push_reasons(text: &mut String, address: &Address, beside: &str, obstacles: &[Obstacle]) {
    text.push_str(&format!(
        "  {}{}\n",
        safe::line(&address.to_string()),
        safe::line(beside)
    ));
    for obstacle in obstacles {
        text.push_str(&format!("    {}\n", safe::line(&obstacle.to_string())));
    }
}
