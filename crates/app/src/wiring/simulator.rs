//! The simulated tenant: inside this process for a project, or as a server of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cxda_adapters_fs::atomic;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp};
use cxda_adapters_http::config::{HttpConfig, Timeouts};
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_domain::key::Digest;
use cxda_domain::secret::SecretText;
use cxda_ports::clock::Clock;
use cxda_ports::ids::IdSource;
use cxda_simulator::config::SimConfig;
use cxda_simulator::profile::{ProfileName, SimProfile};
use cxda_simulator::{NameRule, SimState, Simulator, StateSink};

use super::tenant::{client, user_agent};
use super::{Connection, Pace, WiringError, scripts};
use crate::exit::Exit;
use crate::render::plan::Heading;
use crate::settings::{STATE_FOLDER, Settings, Tenant};
use crate::system::SystemRandom;

/// What stands for the origin of the built-in simulator, whose port differs from run to run.
pub(super) const ORIGIN: &str = "simulator";
/// The state of a project's own simulator, below the state folder.
const STATE: &str = "simulator.json";

/// The built-in simulator on a free loopback port, its state kept beside the store.
pub(super) async fn embedded(
    settings: &Settings,
    tenant: &Tenant,
    pace: Pace,
    timeouts: Timeouts,
) -> Result<Connection, WiringError> {
    let state = if settings.is_main_simulator(&tenant.name) {
        STATE.to_owned()
    } else {
        state_of(&tenant.name)
    };
    let path = settings.root.join(STATE_FOLDER).join(state);
    let profile = ProfileName::ALL
        .into_iter()
        .find(|name| name.as_str() == tenant.profile.name());
    let profile = SimProfile::named(profile.unwrap_or(ProfileName::CxoneV2));
    let config = SimConfig {
        rate_limit: Some(tenant.profile.rate_limit()),
        ..SimConfig::new(profile)
    };
    let simulator = simulator(config, Some(&path), Arc::clone(&pace.clock) as _)?;
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = simulator.start(loopback).await.map_err(|error| {
        WiringError::from_source(Exit::Unexpected, "the simulator cannot be started", error)
    })?;
    let base_url = BaseUrl::parse(&running.base_url(), PlainHttp::Loopback).map_err(|error| {
        WiringError::from_source(Exit::Unexpected, "the simulator cannot be reached", error)
    })?;
    // It takes any; a word would be hidden wherever it stands in what the simulator shows.
    let any = || SecretText::new(SystemRandom.fresh());
    let credentials = Credentials::ClientCredentials {
        client_id: any(),
        client_secret: any(),
        style: None,
    };
    let config = HttpConfig {
        tenant: tenant.name.clone(),
        base_url,
        auth: AuthConfig::new(credentials),
        profile: tenant.profile.clone(),
        timeouts,
        user_agent: user_agent(),
    };
    let heading = Heading {
        project: settings.name.clone(),
        tenant: tenant.name.clone(),
        origin: "built-in simulator".to_owned(),
    };
    Ok(Connection {
        client: client(config, pace)?,
        heading,
        rate_limit: tenant.profile.rate_limit(),
        origin: ORIGIN.to_owned(),
        simulator: Some(running),
    })
}

/// The file for the state of one simulator of several: called after its tenant, whatever that is called.
fn state_of(tenant: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if tenant.chars().all(is_plain) {
        return format!("simulator-{tenant}.json");
    }
    format!("simulator-{}.json", Digest::of(tenant).as_str())
}

/// A simulator that goes on where the state at `path` stopped, and keeps it there.
pub(crate) fn simulator(
    config: SimConfig,
    path: Option<&Path>,
    clock: Arc<dyn Clock>,
) -> Result<Simulator, WiringError> {
    let state = match path.map(atomic::read).transpose() {
        Err(error) => {
            let message = "the simulator's state cannot be read";
            return Err(WiringError::from_source(Exit::Unexpected, message, error));
        }
        Ok(None | Some(None)) => SimState::fresh(NameRule::Unique),
        Ok(Some(Some(text))) => SimState::from_json(&text, NameRule::Unique).map_err(|error| {
            let message = format!(
                "the simulator's state in {} cannot be used (delete the file to begin anew)",
                path.unwrap_or(Path::new("")).display()
            );
            WiringError::from_source(Exit::Invalid, message, error)
        })?,
    };
    let simulator = Simulator::new(
        config,
        state,
        clock,
        Arc::new(SystemRandom),
        Arc::new(scripts()?),
    );
    Ok(match path {
        Some(path) => simulator.with_sink(Arc::new(StateFile(path.to_path_buf()))),
        None => simulator,
    })
}

/// Keeps the simulator's state in a file.
#[derive(Debug)]
struct StateFile(PathBuf);

impl StateSink for StateFile {
    fn save(&self, json: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        atomic::keep(&self.0, json.as_bytes())?;
        Ok(())
    }
}
