//! What the tenant answers: token, listings, entity tags, and what can be read off the answers beside.
//!
//! Only requests that read are sent. What one of them shows about all others is not asked again.

use std::time::Duration;

use cxda_adapters_http::credentials::AuthKind;
use cxda_adapters_http::profile::Concurrency;
use cxda_adapters_http::seen::Seen;
use cxda_domain::key::EntityTag;
use cxda_domain::observed::ObservedResource;
use cxda_domain::pause::Pause;
use cxda_domain::request::Operation;
use cxda_ports::actions::ActionsApi;
use cxda_ports::clock::Clock;
use cxda_ports::error::{Answer, ApiError, ApiErrorKind};
use cxda_ports::page::Page;
use cxda_ports::views::{TablesApi, ViewsApi};

use super::checkup::Checkup;
use super::scopes::{self, Proven, Relay};
use super::{clocks, rates, within};
use crate::exit::{self, Exit};
use crate::pause::until;
use crate::render::counted;
use crate::settings::{Settings, Tenant, TenantKind, Webhook};
use crate::wiring::Connection;

/// How long a call may take, with all its attempts.
const LIMIT: Duration = Duration::from_secs(10);

/// One look at a tenant.
struct Hearing<'a> {
    checkup: &'a mut Checkup,
    connection: &'a Connection,
    clock: &'a dyn Clock,
    /// Why no further request is worth sending.
    given_up: Option<String>,
    proven: Proven,
}

/// How much a failed request matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Nothing works without.
    All,
    /// One command does not work.
    OneCommand,
}

/// Why there is no answer that can be used.
enum Failed {
    Api(ApiError),
    Silence,
}

/// Makes every check for which the tenant of `connection` must answer.
pub(super) async fn hear(
    checkup: &mut Checkup,
    settings: &Settings,
    tenant: &Tenant,
    connection: &Connection,
    clock: &dyn Clock,
) {
    let mut hearing = Hearing {
        checkup,
        connection,
        clock,
        given_up: None,
        proven: Proven::default(),
    };
    let client = &*connection.client;
    // The first call brings the token, so it tells about both.
    let views = hearing.ask(ViewsApi::list(client, None)).await;
    let seen = client.seen();
    hearing.tls(tenant, &seen, &views);
    hearing.token(tenant, &seen, &views);
    clocks::judge(hearing.checkup, seen.clock_ahead_ms);
    let views = hearing.listed("views", Operation::ListViews, views);
    let actions = match hearing.given_up {
        None => hearing.ask(ActionsApi::list(client, None)).await,
        Some(_) => Err(Failed::Silence),
    };
    let actions = hearing.listed("actions", Operation::ListActions, actions);
    let tables = match hearing.given_up {
        None => hearing.ask(TablesApi::list(client, None)).await,
        Some(_) => Err(Failed::Silence),
    };
    hearing.listed("tables", Operation::ListTables, tables);
    hearing.scopes(settings, tenant);
    let tagged = hearing.tag(views.as_deref(), actions.as_deref()).await;
    let seen = client.seen();
    rates::judge(hearing.checkup, &tenant.name, connection.rate_limit, &seen);
    hearing.entity_tags(tenant, tagged);
    hearing.asked_for_pause(&seen);
}

impl Hearing<'_> {
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<Answer<T>, ApiError>>,
    ) -> Result<T, Failed> {
        match within(self.clock, LIMIT, call).await {
            Some(Ok(answer)) => Ok(answer.value),
            Some(Err(error)) => Err(Failed::Api(error)),
            None => Err(Failed::Silence),
        }
    }

    fn tls<T>(&mut self, tenant: &Tenant, seen: &Seen, first: &Result<T, Failed>) {
        const NAME: &str = "TLS";
        let TenantKind::Remote(remote) = &tenant.kind else {
            self.checkup
                .ok(NAME, "none needed: the simulator is built in");
            return;
        };
        let origin = remote.base_url.origin();
        match first {
            _ if origin.as_str().starts_with("http://") => {
                let detail = "plain http, which never leaves this machine: nothing is encrypted";
                self.checkup.ok(NAME, detail);
            }
            _ if seen.answers > 0 => {
                let detail = "encrypted, and the certificate is one that this machine trusts";
                self.checkup.ok(NAME, detail);
            }
            // There was a connection a moment ago.
            Err(Failed::Api(error)) if error.kind == ApiErrorKind::Unreachable => {
                let remedy = "check that base_url names the right host and port, and this machine's clock; where your network re-signs traffic, install its CA certificate on this machine";
                self.checkup
                    .fail(NAME, Exit::Unreachable, error.to_string(), remedy);
            }
            _ => self.checkup.skip(NAME, "no answer came"),
        }
    }

    fn token<T>(&mut self, tenant: &Tenant, seen: &Seen, first: &Result<T, Failed>) {
        const NAME: &str = "token";
        if self.checkup.failed("TLS") {
            self.checkup.skip(NAME, "there is no encrypted connection");
            self.given_up = Some("there is no encrypted connection".to_owned());
            return;
        }
        if let TenantKind::Remote(remote) = &tenant.kind
            && remote.kind == AuthKind::Bearer
        {
            self.checkup.ok(NAME, "a ready one, so none is fetched");
            return;
        }
        if let Some(token) = &seen.token {
            let lifetime = humantime::format_duration(token.lifetime);
            self.checkup
                .ok(NAME, format!("fetched, lives for {lifetime}"));
            return;
        }
        match first {
            Err(failed) => {
                self.note(NAME, failed, Weight::All);
                self.given_up = Some("there is no token".to_owned());
            }
            Ok(_) => self.checkup.ok(NAME, "accepted"),
        }
    }

    /// Takes note of a listing; the items of its first page.
    fn listed<T>(
        &mut self,
        name: &'static str,
        operation: Operation,
        answer: Result<Page<T>, Failed>,
    ) -> Option<Vec<T>> {
        if let Some(why) = &self.given_up {
            self.checkup.skip(name, why.clone());
            return None;
        }
        match answer {
            Ok(page) => {
                self.proven.0.insert(operation);
                let more = page.next.is_some();
                let count = counted(page.items.len(), "item");
                let page_of = if more { " on the first page" } else { "" };
                self.checkup
                    .ok(name, format!("can be listed, {count}{page_of}"));
                Some(page.items)
            }
            Err(failed) => {
                if failed.concerns_all() {
                    let why = format!("not asked for, because of what became of {name}");
                    self.given_up = Some(why);
                }
                if operation == Operation::ListTables {
                    self.note(name, &failed, Weight::OneCommand);
                } else {
                    self.note(name, &failed, Weight::All);
                }
                None
            }
        }
    }

    fn note(&mut self, name: &'static str, failed: &Failed, weight: Weight) {
        let (exit, detail, remedy) = self.account(failed);
        match weight {
            Weight::All => self.checkup.fail(name, exit, detail, remedy),
            Weight::OneCommand => {
                let detail = format!("{detail}; of all commands only `get {name}` needs it");
                self.checkup.warn(name, detail, remedy);
            }
        }
    }

    /// What `failed` means, in words, and what to do about it.
    fn account(&self, failed: &Failed) -> (Exit, String, String) {
        let error = match failed {
            Failed::Api(error) => error,
            Failed::Silence => return self.silence(),
        };
        let remedy = self
            .connection
            .remedy(error)
            .unwrap_or_else(|| "look into the tenant's own log, or ask its support".to_owned());
        (exit::of_api(error), error.to_string(), remedy)
    }

    fn silence(&self) -> (Exit, String, String) {
        let seconds = LIMIT.as_secs();
        let (detail, remedy) = if self.connection.client.seen().refusals > 0 {
            (
                format!("the tenant asks to slow down (429), for longer than {seconds} s"),
                "wait some minutes, and look for what else asks this tenant so often",
            )
        } else {
            (
                format!("no usable answer within {seconds} s"),
                "check that base_url names the API itself; if it does, the tenant has trouble: try again later",
            )
        };
        (Exit::Unreachable, detail, remedy.to_owned())
    }

    fn scopes(&mut self, settings: &Settings, tenant: &Tenant) {
        const NAME: &str = "scopes";
        let TenantKind::Remote(remote) = &tenant.kind else {
            self.checkup
                .ok(NAME, "the built-in simulator looks at none");
            return;
        };
        if matches!(remote.kind, AuthKind::AccessKey | AuthKind::Password) {
            let detail =
                "an access key has a role instead; whether it may write shows at the first `apply`";
            self.checkup.skip(NAME, detail);
            return;
        }
        let seen = self.connection.client.seen();
        let granted = seen.token.map(|token| token.scopes);
        match granted {
            Some(Some(granted)) => {
                let relayed = settings.webhooks.iter().any(Webhook::is_relayed);
                let relay = if relayed { Relay::Used } else { Relay::Unused };
                scopes::judge(self.checkup, &tenant.profile, &granted, relay, &self.proven);
            }
            Some(None) => {
                let detail = "unknown: the token answer names none; whether they suffice shows at the first `apply`";
                self.checkup.skip(NAME, detail);
            }
            None if remote.kind == AuthKind::Bearer => {
                let detail = "unknown: a ready token does not say what it may do";
                self.checkup.skip(NAME, detail);
            }
            None => self.checkup.skip(NAME, "there is no token"),
        }
    }

    /// The entity tag of one resource, whichever is there; `None` where there is none to look at.
    async fn tag(
        &self,
        views: Option<&[ObservedResource]>,
        actions: Option<&[ObservedResource]>,
    ) -> Option<Result<Option<EntityTag>, Failed>> {
        if self.given_up.is_some() {
            return None;
        }
        let client = &*self.connection.client;
        let read = match (actions.and_then(<[_]>::first), views.and_then(<[_]>::first)) {
            (Some(action), _) => self.ask(ActionsApi::read(client, &action.id)).await,
            (None, Some(view)) => self.ask(ViewsApi::read(client, &view.id)).await,
            (None, None) => return None,
        };
        Some(read.map(|versioned| versioned.tag))
    }

    fn entity_tags(&mut self, tenant: &Tenant, tagged: Option<Result<Option<EntityTag>, Failed>>) {
        const NAME: &str = "entity tags";
        let concurrency = tenant.profile.concurrency();
        let tag = match (tagged, &self.given_up) {
            (None, Some(why)) => {
                let why = why.clone();
                self.checkup.skip(NAME, why);
                return;
            }
            (None, None) => {
                let detail = "the tenant has neither views nor actions to look at";
                self.checkup.skip(NAME, detail);
                return;
            }
            (Some(Err(failed)), _) => {
                self.note(NAME, &failed, Weight::All);
                return;
            }
            (Some(Ok(tag)), _) => tag,
        };
        let word = concurrency.as_str();
        let key = format!("`concurrency` in [tenant.{}.api]", tenant.name);
        match (concurrency, tag) {
            (Concurrency::Etag, Some(_)) => {
                let detail = "sent by the tenant, so nobody else's change is overwritten";
                self.checkup.ok(NAME, detail);
            }
            (Concurrency::Etag, None) => {
                let detail = "none came, although `concurrency` is \"etag\": an update cannot see a change that is made at the same moment";
                let remedy = format!(
                    "where the tenant takes hashes of the content, set {key} to \"content-hash\", else let nobody else change it during an apply"
                );
                self.checkup.warn(NAME, detail, remedy);
            }
            (Concurrency::None, Some(_)) => {
                let detail = "sent by the tenant, but `concurrency` is \"none\": they are not used";
                let remedy =
                    format!("set {key} to \"etag\", so that nobody's change is overwritten");
                self.checkup.warn(NAME, detail, remedy);
            }
            (Concurrency::ContentHash | Concurrency::None, _) => {
                self.checkup
                    .ok(NAME, format!("not used: `concurrency` is {word:?}"));
            }
        }
    }

    /// A pause that the tenant asked for just now.
    fn asked_for_pause(&mut self, seen: &Seen) {
        let asked = seen.not_before;
        if let Some(pause) = asked.and_then(|asked| Pause::at(asked, self.clock.now())) {
            let detail = format!("the tenant just asked for one {}", until(pause));
            let remedy = "run nothing against this tenant until then";
            self.checkup
                .fail("new pause", Exit::Unreachable, detail, remedy);
        }
    }
}

impl Failed {
    /// Whether every other request would fail as well.
    fn concerns_all(&self) -> bool {
        match self {
            Self::Silence => true,
            Self::Api(error) => matches!(
                error.kind,
                ApiErrorKind::Unreachable
                    | ApiErrorKind::Unavailable
                    | ApiErrorKind::RateLimited { .. }
                    | ApiErrorKind::Unauthenticated
                    | ApiErrorKind::Credentials
            ),
        }
    }
}
