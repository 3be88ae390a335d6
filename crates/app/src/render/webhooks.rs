//! The outbox, for people and programs. No URL stands here: it is often the only secret that a receiver asks for.

use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::outbox::Outgoing;
use cxda_ports::webhook::WebhookSender;
use cxda_usecases::deliver::Handled;
use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutboxJson<'a> {
    format_version: &'static str,
    items: Vec<ItemJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemJson<'a> {
    id: &'a str,
    webhook: String,
    event: &'static str,
    state: &'static str,
    attempts: u32,
    next_attempt: Option<UtcMillis>,
}

impl<'a> ItemJson<'a> {
    pub(super) fn of(outgoing: &'a Outgoing) -> Self {
        let entry = &outgoing.entry;
        let (state, next_attempt) = match outgoing.state {
            DeliveryState::Pending(due) => ("pending", Some(due)),
            DeliveryState::Delivered => ("delivered", None),
            DeliveryState::Dead => ("dead", None),
        };
        Self {
            id: &entry.id,
            webhook: shown(&entry.receiver),
            event: entry.event.kind.as_str(),
            state,
            attempts: outgoing.attempts,
            next_attempt,
        }
    }
}

/// What `webhooks list` prints.
pub(crate) fn list(people: Option<Screen>, entries: &[Outgoing]) -> String {
    let Some(screen) = people else {
        return outbox_json(entries);
    };
    if entries.is_empty() {
        return String::new();
    }
    let heading = row(["ID", "EVENT", "STATE", "WEBHOOK"]);
    let mut text = screen.paint(Tone::Faint, &heading) + "\n";
    for outgoing in entries {
        let item = ItemJson::of(outgoing);
        text.push_str(&row([item.id, item.event, item.state, &item.webhook]));
        text.push('\n');
        let detail = match outgoing.state {
            DeliveryState::Pending(due) => Some(format!(
                "{}, next {due}",
                counted(tries(outgoing), "attempt")
            )),
            DeliveryState::Dead => Some(counted(tries(outgoing), "attempt")),
            DeliveryState::Delivered => None,
        };
        if let Some(detail) = detail {
            let why = outgoing.failure.iter().map(|why| format!(": {why}"));
            text.push_str(&below(screen, &why.fold(detail, |all, why| all + &why)));
        }
    }
    text
}

/// What `webhooks deliver` prints; `sender` tells why nothing was sent to whom.
pub(crate) fn ends(
    people: Option<Screen>,
    sender: &dyn WebhookSender,
    handled: &[Handled],
) -> String {
    let Some(screen) = people else {
        return outbox_json(handled.iter().map(|each| &each.outgoing));
    };
    let mut text = String::new();
    for each in handled {
        let (outgoing, entry) = (&each.outgoing, &each.outgoing.entry);
        let taken = outgoing.state == DeliveryState::Delivered;
        let (mark, tone) = match (taken, each.tried) {
            (true, _) => ("+", Tone::Create),
            (false, true) => ("✗", Tone::Error),
            (false, false) => ("·", Tone::Warning),
        };
        let event = entry.event.kind.as_str();
        let line = format!("{mark} {}  {event}  {}", entry.id, shown(&entry.receiver));
        text.push_str(&screen.paint(tone, &safe::line(&line)));
        text.push('\n');
        let why = match (taken, each.tried) {
            (true, _) => continue,
            (false, true) => outgoing.failure.clone().unwrap_or_default(),
            (false, false) => match sender.route(&entry.receiver) {
                Err(error) => error.detail,
                Ok(()) => "not tried: an earlier one was not taken, or it was to stop".to_owned(),
            },
        };
        text.push_str(&below(screen, &why));
    }
    let taken = |each: &&Handled| each.outgoing.state == DeliveryState::Delivered;
    let delivered = handled.iter().filter(taken).count();
    if !handled.is_empty() {
        let left = handled.len() - delivered;
        text.push_str(&format!("\n{delivered} delivered, {left} not.\n"));
    }
    text
}

fn outbox_json<'a>(entries: impl IntoIterator<Item = &'a Outgoing>) -> String {
    json(&OutboxJson {
        format_version: FORMAT_VERSION,
        items: entries.into_iter().map(ItemJson::of).collect(),
    })
}

fn tries(outgoing: &Outgoing) -> usize {
    usize::try_from(outgoing.attempts).unwrap_or(usize::MAX)
}

fn row([id, event, state, webhook]: [&str; 4]) -> String {
    let line = format!("{id:<36}  {event:<18}  {state:<9}  {webhook}");
    safe::line(&line).trim_end().to_owned()
}

fn below(screen: Screen, detail: &str) -> String {
    let lines = format!("    {}", safe::wrapped(detail, 4));
    screen.paint(Tone::Faint, lines.trim_end()) + "\n"
}

/// The name of a webhook; of a URL no more than its scheme and host.
pub(super) fn shown(receiver: &Receiver) -> String {
    match receiver {
        Receiver::Webhook(name) => name.clone(),
        Receiver::Source(url) => {
            let (scheme, rest) = url.split_once("://").unwrap_or_default();
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_delivery_failed_is_wrapped_and_never_cut() {
        let why = "2 attempts, next 2026-01-02T03:04:05.000Z: the receiver is not reached: its address is not public";
        let text = below(Screen::PLAIN, why);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), why);
        let fits = |line: &str| line.starts_with("    ") && line.chars().count() <= 80;
        assert!(
            text.lines().count() == 2 && text.lines().all(fits),
            "{text}"
        );
    }
}
