//! Tells those whom an action's cache directives name that its entries are stale.

use cxda_domain::action::DataAction;
use cxda_domain::address::Address;
use cxda_domain::cache::InvalidationDirective;
use cxda_domain::event::Event;
use cxda_domain::receiver::Receiver;
use cxda_ports::outbox::OutboxEntry;

use crate::deliver::{Courier, CourierError, CourierOptions, CourierPorts, Handled};

/// Sends the directives of `action` that are about `event_type`, or all, by way of the outbox, and what waits there for the same
/// receivers before them. What is not taken stays there.
///
/// Only receivers to which `ports.sender` has a way are told.
///
/// # Errors
///
/// [`CourierError`] if outbox or audit log cannot be used.
pub async fn invalidate(
    ports: CourierPorts<'_>,
    options: CourierOptions,
    action: &DataAction,
    event_type: Option<&str>,
) -> Result<Vec<Handled>, CourierError> {
    let address = Address::action(action.name.as_str());
    let Some(cache) = &action.cache else {
        return Ok(Vec::new());
    };
    let now = ports.clock.now();
    let entry = |directive: &InvalidationDirective| OutboxEntry {
        id: ports.ids.fresh(),
        receiver: Receiver::Source(directive.source.clone()),
        event: Event::cache_invalidation(&address, directive, cache.key.as_ref(), now),
        created: now,
    };
    let entries: Vec<OutboxEntry> = cache.to_send(event_type).map(entry).collect();
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    ports.outbox.put(&entries).await?;
    let courier = Courier::new(ports, options).await?;
    courier.deliver().await?;
    let mut handled = courier.handled();
    handled.retain(|each| ports.sender.route(&each.outgoing.entry.receiver).is_ok());
    Ok(handled)
}
