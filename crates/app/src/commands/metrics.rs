//! `cxda metrics`: figures about everything that the store knows.

use cxda_domain::lookups::Lookups;
use cxda_domain::metrics::Metrics;
use cxda_ports::lookups::CacheLookups as _;
use cxda_usecases::metrics::metrics;

use crate::cli::OutputFormat;
use crate::commands::{Context, Ended};
use crate::exit::Exit;
use crate::render::metrics::{Figures, metrics_json, metrics_prometheus, metrics_text};
use crate::wiring::{self, WiringError};

pub(crate) async fn run(context: Context<'_>) -> Result<Exit, Ended> {
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let mut figures = Figures {
        tenant: tenant.name.clone(),
        metrics: Metrics::default(),
        lookups: Lookups::default(),
    };
    if let Some(store) = wiring::store_to_read(&settings, wiring::scope_of(&tenant))? {
        figures.metrics = metrics(&store, &tenant.name)
            .await
            .map_err(WiringError::from)?;
        let lookups = store.lookups().await.map_err(WiringError::from)?;
        figures.lookups = lookups
            .into_values()
            .fold(Lookups::default(), Lookups::plus);
    }
    let screen = context.screen;
    screen.result(&match context.global.format {
        OutputFormat::Human
        | OutputFormat::Junit
        | OutputFormat::Markdown
        | OutputFormat::Sarif => metrics_text(screen, &figures),
        OutputFormat::Json => metrics_json(&figures),
        OutputFormat::Prometheus => metrics_prometheus(&figures),
    });
    Ok(Exit::Done)
}
