//! The ports that a use case works through, passed first and by value.

use cxda_ports::actions::ActionsApi;
use cxda_ports::audit::AuditSink;
use cxda_ports::clock::Clock;
use cxda_ports::ids::IdSource;
use cxda_ports::journal::Journal;
use cxda_ports::manifests::ManifestSource;
use cxda_ports::progress::Progress;
use cxda_ports::script::ScriptChecker;
use cxda_ports::secrets::SecretSource;
use cxda_ports::stop::StopSignal;
use cxda_ports::views::{TablesApi, ViewsApi};
use cxda_ports::webhook::WebhookRelay;

use crate::deliver::Courier;

/// The tenant.
#[derive(Clone, Copy, Debug)]
pub struct TenantPorts<'a> {
    /// Its data actions.
    pub actions: &'a dyn ActionsApi,
    /// Its views.
    pub views: &'a dyn ViewsApi,
    /// Its tables.
    pub tables: &'a dyn TablesApi,
    /// Its route to webhooks.
    pub relay: &'a dyn WebhookRelay,
}

/// What planning needs; none of it is written to.
#[derive(Clone, Copy, Debug)]
pub struct PlanPorts<'a> {
    /// The project.
    pub manifests: &'a dyn ManifestSource,
    /// Who judges its scripts.
    pub checker: &'a dyn ScriptChecker,
    /// Values by reference.
    pub secrets: &'a dyn SecretSource,
    /// The tenant.
    pub tenant: TenantPorts<'a>,
    /// What was last applied.
    pub journal: &'a dyn Journal,
    /// What a person sees meanwhile.
    pub progress: &'a dyn Progress,
}

/// What applying needs besides.
#[derive(Clone, Copy, Debug)]
pub struct ApplyPorts<'a> {
    /// The tenant.
    pub tenant: TenantPorts<'a>,
    /// What must survive a crash.
    pub journal: &'a dyn Journal,
    /// The audit log.
    pub audit: &'a dyn AuditSink,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Fresh ids.
    pub ids: &'a dyn IdSource,
    /// Whether to come to an end; the tenant's ports know it as well.
    pub stop: &'a dyn StopSignal,
    /// Who tells webhooks at once; without one, that is left to a later run.
    pub courier: Option<&'a Courier<'a>>,
    /// What a person sees meanwhile.
    pub progress: &'a dyn Progress,
}
