//! `cxda graph`: what depends on what in the manifests, and what a change reaches; no network code runs.
//!
//! A project with mistakes is shown as far as it is sound, for a cycle is best seen; the exit code is still that of
//! `validate`.

use cxda_domain::project_graph::ProjectGraph;
use cxda_usecases::validate::validate;

use crate::cli::graph::{GraphArgs, GraphFormat};
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::diagnostics::summary;
use crate::render::graph::{Impact, Shown, graph};
use crate::render::{counted, safe};
use crate::wiring;

pub(crate) async fn run(context: Context<'_>, arguments: &GraphArgs) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let project = validate(&manifests, &wiring::checker())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    let drawn = ProjectGraph::of(&project.manifest);
    let impact = match &arguments.impact {
        Some(id) => Some(impact(&drawn, id)?),
        None => None,
    };
    let shown = Shown {
        graph: &drawn,
        impact: impact.as_ref(),
    };
    let usual = if context.is_json() {
        GraphFormat::Json
    } else {
        GraphFormat::Text
    };
    let screen = context.screen;
    screen.result(&graph(screen, shown, arguments.format.unwrap_or(usual)));
    if let Some(impact) = &impact {
        let of = safe::line(&drawn.nodes()[impact.of].id.to_string());
        let reached = counted(impact.reached.len(), "resource");
        screen.remark(&format!("A change of {of} reaches {reached}."));
    }
    if !project.violations.has_errors() {
        return Ok(Exit::Done);
    }
    let findings = summary(&project.violations);
    let findings = findings.trim_end().trim_end_matches('.');
    screen.error_message(&format!(
        "the manifests hold mistakes, and only what is sound is shown: {findings} (see `cxda validate`)"
    ));
    Ok(Exit::Invalid)
}

/// What a change of the node `id` reaches.
fn impact(graph: &ProjectGraph, id: &str) -> Result<Impact, Ended> {
    if let Some(of) = graph.position(id) {
        let reached = graph.impact_of(of);
        return Ok(Impact { of, reached });
    }
    let message = format!("no manifest declares or names {id} (see --impact)");
    let ended = Ended::message(Exit::Usage, message);
    let known: Vec<String> = graph
        .nodes()
        .iter()
        .map(|node| node.id.to_string())
        .collect();
    Err(ended.or_meant(id, known.iter().map(String::as_str)))
}
