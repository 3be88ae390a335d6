//! Carries out a plan that may be carried out: shows it, asks, sends, tells, reports. `apply` and `delete` end here.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::pending;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use cxda_adapters_http::STOP_GRACE;
use cxda_adapters_http::webhook::Webhooks;
use cxda_domain::address::Address;
use cxda_domain::audit::Compliance;
use cxda_domain::key::RunId;
use cxda_domain::plan::ChangeKind;
use cxda_domain::secret::Redactor;
use cxda_ports::ids::IdSource;
use cxda_ports::stop::StopSignal;
use cxda_usecases::apply::{Applied, ApplyOptions, OnError, Outcome, apply, count_relays};
use cxda_usecases::deliver::{Courier, CourierError, CourierOptions, Delivered, Round};
use cxda_usecases::plan::Planned;
use cxda_usecases::ports::ApplyPorts;
use tracing::Instrument as _;

use crate::cli::{Detail, LogFormat};
use crate::commands::plan::{relayed, show, subscriptions};
use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::interrupt;
use crate::progress::Bar;
use crate::remedy;
use crate::render::apply::Report;
use crate::render::plan::Shown;
use crate::settings::Settings;
use crate::system::{SystemClock, SystemRandom};
use crate::wiring::{self, Connection, WiringError, Writing};

/// A run that writes: where, and on which terms.
pub(super) struct Run<'a> {
    pub(super) context: Context<'a>,
    pub(super) settings: &'a Settings,
    pub(super) connection: &'a Connection,
    pub(super) clock: &'a Arc<SystemClock>,
    pub(super) terms: Terms,
}

/// What a run may do, and how.
pub(super) struct Terms {
    /// The command that a person gives.
    pub(super) command: &'static str,
    /// Whether the question is answered already.
    pub(super) yes: bool,
    /// How many resources may be deleted.
    pub(super) allow_deletes: usize,
    /// How much is shown.
    pub(super) detail: Option<Detail>,
    /// How many changes may be under way at once.
    pub(super) parallelism: usize,
    /// What becomes of the rest after a failure.
    pub(super) on_error: OnError,
    /// What was checked before.
    pub(super) compliance: Compliance,
    /// Actions whose tests passed here.
    pub(super) passed_here: BTreeSet<Address>,
    /// Whether tests run on the tenant.
    pub(super) tests_there: bool,
}

/// What came of a run.
struct Sent {
    applied: Applied,
    webhooks: Delivered,
    /// Whether the audit log failed under a delivery.
    unaudited: bool,
}

/// How a run ended.
pub(super) struct Ran {
    pub(super) exit: Exit,
    /// What was done.
    pub(super) done: BTreeSet<Address>,
}

/// Refuses to go on where a yes is needed and nobody can be asked for it.
pub(super) fn must_be_answered(
    context: Context<'_>,
    command: &str,
    yes: bool,
    hint: &str,
) -> Result<(), Ended> {
    match unasked(context).filter(|_| !yes) {
        None => Ok(()),
        Some(why) => {
            let message = format!("{command} needs a yes: {why} ({hint})");
            Err(Ended::message(Exit::Refused, message))
        }
    }
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

impl Run<'_> {
    /// Shows what is planned, with all that it costs, and goes on only where it may be carried out.
    pub(super) async fn agree(&self, planned: &mut Planned) -> Result<(), Ended> {
        let (context, terms) = (self.context, &self.terms);
        count_relays(planned, &relayed(self.settings));
        if !context.is_json() {
            self.show(planned);
        }
        let plan = &planned.plan;
        let deletes = plan.count(ChangeKind::Delete);
        if deletes > terms.allow_deletes {
            let message = format!(
                "the plan deletes {deletes} resources, more than the {} that are allowed (see --allow-deletes)",
                terms.allow_deletes
            );
            return Err(Ended::message(Exit::Refused, message));
        }
        if !plan.changes.is_empty() && !terms.yes && !confirmed().await {
            return Err(Ended::message(
                Exit::Refused,
                "nothing was applied: the answer was not yes",
            ));
        }
        Ok(())
    }

    /// Shows what is planned.
    pub(super) fn show(&self, planned: &Planned) {
        let shown = Shown {
            heading: &self.connection.heading(),
            plan: &planned.plan,
            limit: self.connection.rate_limit,
        };
        show(self.context, shown, self.terms.detail);
    }

    /// Sends, tells and reports.
    pub(super) async fn carry_out(
        &self,
        planned: &Planned,
        writing: &Writing,
        webhooks: &Webhooks,
    ) -> Result<Ran, Ended> {
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
            command: self.terms.command,
        };
        let screen = self.context.screen;
        if self.context.is_json() {
            screen.result(&report.json());
        } else if !planned.plan.changes.is_empty() || !sent.applied.retested.is_empty() {
            screen.result(&format!("\n{}", report.text(screen, self.terms.detail)));
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
        let done = sent.applied.results.iter();
        let done = done.filter(|result| result.outcome == Outcome::Done);
        Ok(Ran {
            exit: interrupted.unwrap_or(exit),
            done: done.map(|result| result.address.clone()).collect(),
        })
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
            parallelism: self.terms.parallelism,
            on_error: self.terms.on_error,
            compliance: self.terms.compliance,
            subscriptions: subscriptions(&self.settings.webhooks).collect(),
            passed_here: self.terms.passed_here.clone(),
            tests_there: self.terms.tests_there,
        }
    }
}
