//! `cxda apply`: plan, ask, carry out, notify, audit.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::pending;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use cxda_adapters_fs::plans::PlanFiles;
use cxda_adapters_http::STOP_GRACE;
use cxda_adapters_http::webhook::Webhooks;
use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::key::RunId;
use cxda_domain::plan::{ChangeKind, PlanScope};
use cxda_domain::secret::Redactor;
use cxda_ports::ids::IdSource;
use cxda_ports::manifests::{ManifestSource, PlanStore};
use cxda_ports::secrets::SecretSource;
use cxda_ports::stop::StopSignal;
use cxda_usecases::apply::{
    Applied, ApplyOptions, OnError, Outcome, apply, count_relays, count_tests,
};
use cxda_usecases::deliver::{Courier, CourierError, CourierOptions, Delivered, Round};
use cxda_usecases::plan::{Planned, plan};
use cxda_usecases::ports::{ApplyPorts, PlanPorts};
use cxda_usecases::saved::SavedPlan;
use tracing::Instrument as _;

use crate::cli::{ApplyArgs, LogFormat, OnErrorChoice};
use crate::commands::plan::{destination, hide_echoes, relayed, show, subscriptions, unconnected};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::interrupt;
use crate::pause;
use crate::progress::Bar;
use crate::remedy;
use crate::render::apply::Report;
use crate::render::plan::Shown;
use crate::settings::Settings;
use crate::system::{SystemClock, SystemRandom};
use crate::wiring::{self, Connection, HiddenSecrets, Patience, WiringError, Writing};

mod tests_here;

pub(crate) async fn run(
    context: Context<'_>,
    arguments: &ApplyArgs,
    clock: Arc<SystemClock>,
) -> Result<Exit, Ended> {
    if !arguments.yes
        && let Some(why) = unasked(context)
    {
        let message = format!("apply needs a yes: {why} (use --yes, or `cxda plan` to look first)");
        return Err(Ended::message(Exit::Refused, message));
    }
    let settings = context.settings()?;
    let tenant = settings.tenant(context.environment)?;
    let secrets = wiring::secrets(&settings, context.environment);
    let manifests = wiring::manifests(&settings, Vec::new())?;
    let saved = match &arguments.plan_file {
        Some(path) => Some(load(&context.folder()?.join(path)).await?),
        None => None,
    };
    let scope = match &saved {
        Some(saved) => saved.scope().clone(),
        None => PlanScope::from(&arguments.scope),
    };
    let passed_here = if arguments.test.is_here() {
        tests_here::passed(context, &manifests, &scope).await?
    } else {
        BTreeSet::new()
    };
    let wait = context.global.lock_timeout;
    // Before the tenant is looked at: the built-in simulator reads its state when it is connected.
    let lock = wiring::lock(&settings, &tenant, "apply", &*clock, wait).await?;
    let patience = Patience::AsSettled;
    let pace = context.pace(&clock);
    let connecting = wiring::connect(&settings, &tenant, &secrets, pace, patience);
    let connection = match connecting.await {
        Ok(connection) => connection,
        Err(error) => return unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    let run = Run {
        context,
        arguments,
        settings: &settings,
        connection: &connection,
        clock: &clock,
        passed_here,
    };
    let writing = wiring::writing(&settings, wiring::scope(&connection), lock, &*clock).await?;
    let ended = match pause::respect(&settings, &connection, &writing.store, &*clock).await {
        Ok(()) => {
            let secrets = HiddenSecrets::new(&secrets, &connection);
            run.plan_and_carry_out(&manifests, &secrets, &scope, saved.as_ref(), &writing)
                .await
        }
        Err(error) => unconnected(context, (&settings, &tenant), &manifests, error).await,
    };
    pause::keep(context.screen, &settings, &connection, &*clock).await;
    connection.close().await;
    ended
}

/// Why nobody is asked; `None` where somebody is.
fn unasked(context: Context<'_>) -> Option<&'static str> {
    if context.global.no_input {
        Some("--no-input forbids to ask")
    } else if context.is_json() {
        Some("with -o json nobody is asked")
    } else if context.global.log_format == LogFormat::Json {
        Some("with --log-format json nobody is asked")
    } else if !std::io::stdin().is_terminal() {
        Some("there is no terminal to ask on")
    } else {
        None
    }
}

async fn load(path: &Path) -> Result<SavedPlan, Ended> {
    let text = PlanFiles::new("/")
        .load(&path.display().to_string())
        .await
        .map_err(|error| Ended::new(Exit::Invalid, error))?;
    SavedPlan::from_text(&text).map_err(|error| {
        let message = format!("{} cannot be applied", path.display());
        WiringError::from_source(exit::of_saved(&error), message, error).into()
    })
}

/// Asks, and waits where a signal to stop is heard meanwhile.
async fn confirmed() -> bool {
    let question = "\nApply this plan? Only `yes` is taken for a yes: ";
    let _ = std::io::stderr().lock().write_all(question.as_bytes());
    let answer = tokio::task::spawn_blocking(|| {
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        read.map(|_| answer)
    });
    matches!(answer.await, Ok(Ok(answer)) if answer.trim() == "yes")
}

struct Run<'a> {
    context: Context<'a>,
    arguments: &'a ApplyArgs,
    settings: &'a Settings,
    connection: &'a Connection,
    clock: &'a Arc<SystemClock>,
    /// Actions whose tests passed here.
    passed_here: BTreeSet<Address>,
}

/// What came of a run.
struct Sent {
    applied: Applied,
    webhooks: Delivered,
    /// Whether the audit log failed under a delivery.
    unaudited: bool,
}

impl Run<'_> {
    async fn plan_and_carry_out(
        &self,
        manifests: &dyn ManifestSource,
        secrets: &dyn SecretSource,
        scope: &PlanScope,
        saved: Option<&SavedPlan>,
        writing: &Writing,
    ) -> Result<Exit, Ended> {
        let (context, connection) = (self.context, self.connection);
        let bar = &**context.bar;
        bar.begin();
        let ports = PlanPorts {
            manifests,
            checker: &wiring::checker(),
            secrets,
            tenant: connection.ports(),
            journal: &writing.store,
            progress: bar,
        };
        let planned = plan(ports, scope).await;
        bar.clear();
        let mut planned = planned.map_err(|error| Ended::without_plan(error, connection))?;
        hide_echoes(&mut planned.plan, &connection.client);
        if let Some(exit) = self.refused(&mut planned, saved).await? {
            return Ok(exit);
        }
        let pace = context.pace(self.clock);
        let webhooks = wiring::webhooks(self.settings, secrets, connection, pace).await;
        self.carry_out(&planned, writing, &webhooks).await
    }

    /// Shows the plan and says how the process ends where it must not be carried out.
    async fn refused(
        &self,
        planned: &mut Planned,
        saved: Option<&SavedPlan>,
    ) -> Result<Option<Exit>, Ended> {
        let (context, arguments, connection) = (self.context, self.arguments, self.connection);
        let heading = &connection.heading();
        let shown = |planned: &Planned| {
            let shown = Shown {
                heading,
                plan: &planned.plan,
                limit: connection.rate_limit,
            };
            show(context, shown, arguments.shown.detail);
        };
        if planned.plan.violations.has_errors() {
            shown(planned);
            return Ok(Some(Exit::Invalid));
        }
        if let Some(saved) = saved {
            saved
                .matches(planned, &destination(connection))
                .map_err(|error| Ended::new(exit::of_saved(&error), error))?;
        }
        if arguments.test.is_there() {
            count_tests(planned);
        }
        count_relays(planned, &relayed(self.settings));
        if !context.is_json() {
            shown(planned);
        }
        let plan = &planned.plan;
        let deletes = plan.count(ChangeKind::Delete);
        if deletes > arguments.allow_deletes {
            let message = format!(
                "the plan deletes {deletes} resources, more than the {} that are allowed (see --allow-deletes)",
                arguments.allow_deletes
            );
            return Err(Ended::message(Exit::Refused, message));
        }
        if !plan.changes.is_empty() && !arguments.yes && !confirmed().await {
            return Err(Ended::message(
                Exit::Refused,
                "nothing was applied: the answer was not yes",
            ));
        }
        Ok(None)
    }

    async fn carry_out(
        &self,
        planned: &Planned,
        writing: &Writing,
        webhooks: &Webhooks,
    ) -> Result<Exit, Ended> {
        let options = self.options(RunId::new(SystemRandom.fresh()));
        let span = tracing::info_span!("apply", run = options.run.as_str());
        let bar = &**self.context.bar;
        bar.begin();
        self.context.interrupt.carefully();
        let sending = self.send(planned, writing, webhooks, &options, bar);
        let sent = tokio::select! {
            sent = sending.instrument(span) => sent,
            never = self.announce_stop(bar) => match never {},
        };
        bar.clear();
        let sent = sent?;
        let traffic = self.connection.client.traffic();
        let redactor = Redactor::new(planned.secrets.iter().cloned());
        let report = Report {
            run: options.run.as_str(),
            tenant: &options.tenant,
            applied: &sent.applied,
            unchanged: planned.plan.unchanged,
            sent: traffic.sent,
            retried: traffic.retried,
            webhooks: sent.webhooks,
            redactor: &redactor,
        };
        let screen = self.context.screen;
        if self.context.is_json() {
            screen.result(&report.json());
        } else if !planned.plan.changes.is_empty() || !sent.applied.retested.is_empty() {
            screen.result(&format!(
                "\n{}",
                report.text(screen, self.arguments.shown.detail)
            ));
        }
        let mut failures = sent.applied.results.iter().flat_map(|each| &each.failure);
        if let Some(remedy) = failures.find_map(remedy::of_failure) {
            screen.remark(&format!("hint: {remedy}"));
        }
        let interrupted = self.context.interrupt.exit();
        let exit = if sent.unaudited {
            Exit::Audit
        } else {
            exit::of_applied(&sent.applied)
        };
        Ok(interrupted.unwrap_or(exit))
    }

    /// Everything of the run for which something is sent.
    async fn send(
        &self,
        planned: &Planned,
        writing: &Writing,
        webhooks: &Webhooks,
        options: &ApplyOptions,
        bar: &Bar,
    ) -> Result<Sent, Ended> {
        let stop = &**self.context.interrupt;
        let couriers = wiring::courier(writing, webhooks, self.clock, stop);
        let courier = CourierOptions {
            run: options.run.clone(),
            actor: options.actor.clone(),
            tenant: options.tenant.clone(),
            round: Round::Due,
        };
        let courier = Courier::new(couriers, courier)
            .await
            .map_err(WiringError::from)?;
        let ports = ApplyPorts {
            tenant: self.connection.ports(),
            journal: &writing.store,
            audit: &writing.audit,
            clock: &**self.clock,
            ids: &SystemRandom,
            stop,
            courier: Some(&courier),
            progress: bar,
        };
        tracing::info!(changes = planned.plan.changes.len(), "the run begins");
        let (applied, delivering) = courier.beside(apply(ports, options, planned)).await;
        bar.clear();
        let applied = applied.map_err(|error| Ended {
            remedy: remedy::of_failure(&error),
            ..Ended::new(exit::of_failure(&error), error)
        })?;
        if let Err(error) = &delivering {
            // What was applied is told all the same.
            let remedy = match error {
                CourierError::Audit(error) => remedy::of_audit(error),
                CourierError::Outbox(error) => remedy::of_store(error),
            };
            self.context.screen.error(error, remedy.as_deref());
        }
        let [done, failed] = [Outcome::Done, Outcome::Failed].map(|each| applied.count(each));
        tracing::info!(done, failed, "the run ends");
        Ok(Sent {
            applied,
            webhooks: courier.delivered(),
            unaudited: matches!(delivering, Err(CourierError::Audit(_))),
        })
    }

    /// Says what happens now, as soon as the run is to stop.
    async fn announce_stop(&self, bar: &Bar) -> Infallible {
        self.context.interrupt.raised().await;
        bar.clear();
        self.context.screen.remark(&format!(
            "Stopping: nothing new is sent, and what was sent has {} s to be answered. What stays unknown is on record, for the \
             next run. This takes {} s at most; once more stops at once.",
            STOP_GRACE.as_secs(),
            interrupt::BOUND.as_secs(),
        ));
        pending().await
    }

    fn options(&self, run: RunId) -> ApplyOptions {
        ApplyOptions {
            run,
            actor: self.settings.actor.clone(),
            tenant: self.connection.heading.tenant.clone(),
            parallelism: self.arguments.parallelism,
            on_error: match self.arguments.on_error {
                OnErrorChoice::Stop => OnError::Stop,
                OnErrorChoice::Continue => OnError::Continue,
            },
            compliance: Compliance {
                schema_validated: Some(true),
                dependency_verified: Some(true),
                circular_reference_check_passed: Some(true),
                script_syntax_checked: Some(true),
                test_passed: None,
            },
            subscriptions: subscriptions(&self.settings.webhooks).collect(),
            passed_here: self.passed_here.clone(),
            tests_there: self.arguments.test.is_there(),
        }
    }
}
