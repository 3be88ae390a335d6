//! The pause that a tenant asked for, as commands that speak to it respect and keep it.
//!
//! For how long it is believed is a rule of the domain.

use cxda_domain::pause::Pause;
use cxda_ports::clock::Clock;
use cxda_ports::journal::Journal;

use crate::exit::Exit;
use crate::render::Screen;
use crate::settings::Settings;
use crate::wiring::{self, Connection, WiringError};

/// Why there is a pause.
#[derive(Debug, thiserror::Error)]
#[error(
    "an answer to an earlier command refused requests for longer than the {} minutes that a command waits by itself",
    Pause::BORNE_BY_CALLS.as_secs() / 60
)]
struct AskedEarlier;

/// Until when `pause` lasts, in words.
pub(crate) fn until(pause: Pause) -> String {
    let minutes = match pause.minutes_left() {
        1 => "1 minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    format!("until {}, {minutes} from now", pause.until())
}

/// Lets nobody through while the tenant of `connection` is not to be sent anything.
///
/// # Errors
///
/// With [`Exit::Unreachable`] while a pause is in force, and where the store cannot tell.
pub(crate) async fn respect(
    settings: &Settings,
    connection: &Connection,
    journal: &dyn Journal,
    clock: &dyn Clock,
) -> Result<(), WiringError> {
    let Some(kept) = journal.not_before().await? else {
        return Ok(());
    };
    let Some(pause) = Pause::at(kept, clock.now()) else {
        return Ok(());
    };
    if pause.until() < kept {
        // The clock jumped back since. What is believed now ends; what is kept might not.
        let scope = wiring::scope(connection);
        if let Err(error) = wiring::keep_pause(settings, scope, pause.until()).await {
            tracing::warn!(%error, "the tenant's pause could not be shortened to a day");
        }
    }
    let message = format!(
        "nothing was sent: the tenant asked for a pause {}",
        until(pause)
    );
    Err(WiringError::from_source(
        Exit::Unreachable,
        message,
        AskedEarlier,
    ))
}

/// Keeps the pause that the tenant of `connection` asked for meanwhile, so that later commands respect it.
pub(crate) async fn keep(
    screen: Screen,
    settings: &Settings,
    connection: &Connection,
    clock: &dyn Clock,
) {
    let asked = connection.client.seen().not_before;
    let Some(pause) = asked.and_then(|asked| Pause::at(asked, clock.now())) else {
        return;
    };
    match wiring::keep_pause(settings, wiring::scope(connection), pause.until()).await {
        Ok(()) => screen.remark(&format!(
            "The tenant asked for a pause: cxda sends it nothing {}.",
            until(pause)
        )),
        Err(error) => tracing::warn!(%error, "the pause that the tenant asked for cannot be kept"),
    }
}
