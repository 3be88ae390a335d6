//! Errors to exit codes: the one place that knows what a failure means to the shell.

use cxda_domain::delivery::DeliveryState;
use cxda_domain::request::Operation;
use cxda_ports::error::{ApiError, ApiErrorKind, StoreError};
use cxda_usecases::apply::{Applied, Failure, Outcome};
use cxda_usecases::compare::CompareError;
use cxda_usecases::delete::DeleteError;
use cxda_usecases::deliver::{CourierError, Handled};
use cxda_usecases::export::ExportError;
use cxda_usecases::plan::PlanError;
use cxda_usecases::run::RunError;
use cxda_usecases::saved::SavedPlanError;
use cxda_usecases::test::TestError;

/// How the process ends. The numbers are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something that no other code names, such as a result that stdout does not take.
    Unexpected = 1,
    /// There are changes or findings; only with `--detailed-exitcode`.
    Changes = 2,
    /// Manifests or settings are invalid, also where the tenant says so.
    Invalid = 3,
    /// Authentication, permission or scope.
    Denied = 4,
    /// Conflict: a stale or edited plan, somebody else's change, an ambiguous name.
    Conflict = 5,
    /// Something was applied and something was not; run again to go on.
    Partial = 6,
    /// A test failed, or the script of `run` threw.
    TestFailed = 8,
    /// Refused: protection, delete limit, confirmation missing, a file in the place of a plan or a report.
    Refused = 9,
    /// Another run on the same tenant holds the lock.
    Locked = 10,
    /// The audit log is broken or not writable.
    Audit = 11,
    /// The tenant is unreachable, throttles for too long or asked for a pause; its answers are unusable; or an outcome is unknown.
    Unreachable = 12,
    /// The command line is wrong.
    Usage = 64,
    /// Interrupted (Ctrl-C); everything is recorded.
    Interrupted = 130,
    /// Terminated (SIGTERM); everything is recorded.
    Terminated = 143,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }
}

/// What a failed call to the tenant means.
pub(crate) fn of_api(error: &ApiError) -> Exit {
    match error.kind {
        ApiErrorKind::Rejected { .. } => Exit::Invalid,
        ApiErrorKind::Unauthenticated
        | ApiErrorKind::PermissionDenied { .. }
        | ApiErrorKind::Credentials => Exit::Denied,
        ApiErrorKind::AlreadyExists | ApiErrorKind::VersionMismatch | ApiErrorKind::Busy { .. } => {
            Exit::Conflict
        }
        ApiErrorKind::NotFound => match error.operation {
            Operation::ReplaceAction
            | Operation::ReplaceView
            | Operation::GetAction
            | Operation::GetView => Exit::Conflict,
            _ => Exit::Unexpected,
        },
        ApiErrorKind::RateLimited { .. }
        | ApiErrorKind::Unreachable
        | ApiErrorKind::Unavailable
        | ApiErrorKind::OutcomeUnknown
        | ApiErrorKind::Malformed => Exit::Unreachable,
        ApiErrorKind::Stopped => Exit::Interrupted,
        // Above all `KeyMismatch`, which is a mistake of ours.
        _ => Exit::Unexpected,
    }
}

/// What a person can do about a failed call to the tenant at `origin`; `None` where the message says it all.
pub(crate) fn remedy(error: &ApiError, origin: &str) -> Option<String> {
    match error.kind {
        ApiErrorKind::Unauthenticated | ApiErrorKind::Credentials
            if matches!(error.status, Some(404 | 405)) =>
        {
            Some(format!(
                "check base_url ({origin}) and the token path of the API profile"
            ))
        }
        ApiErrorKind::Unauthenticated | ApiErrorKind::Credentials => Some(
            "check client id and secret, and `kind`, `style` and `token_path` in [tenant.NAME.auth]"
                .to_owned(),
        ),
        ApiErrorKind::PermissionDenied { .. } => {
            Some("grant the client what is missing".to_owned())
        }
        ApiErrorKind::Unreachable => Some(format!("check base_url ({origin}), network and TLS")),
        ApiErrorKind::NotFound | ApiErrorKind::Malformed => Some(format!(
            "check base_url ({origin}) and the paths of the API profile"
        )),
        ApiErrorKind::RateLimited { .. } | ApiErrorKind::Unavailable => {
            Some("try again later".to_owned())
        }
        _ => None,
    }
}

/// What a failing store means.
pub(crate) fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Locked { .. } => Exit::Locked,
        _ => Exit::Unexpected,
    }
}

/// What it means that there is no plan.
pub(crate) fn of_plan(error: &PlanError) -> Exit {
    match error {
        PlanError::Project(_) => Exit::Invalid,
        PlanError::Journal(error) => of_store(error),
        PlanError::Observe(error) => of_api(error),
        PlanError::Ambiguous { .. } => Exit::Conflict,
        PlanError::NoTarget { .. } => Exit::Usage,
    }
}

/// What it means that two tenants were not compared.
pub(crate) fn of_compare(error: &CompareError) -> Exit {
    match error {
        CompareError::Observe { source, .. } => of_api(source),
        CompareError::NoTarget { .. } => Exit::Usage,
        CompareError::Ambiguous { .. } => Exit::Conflict,
    }
}

/// What it means that nothing was deleted.
pub(crate) fn of_delete(error: &DeleteError) -> Exit {
    match error {
        DeleteError::Project(_) | DeleteError::Unsound(_) => Exit::Invalid,
        DeleteError::Journal(error) => of_store(error),
        DeleteError::Observe(error) => of_api(error),
        DeleteError::NotOurs { .. } | DeleteError::Refused { .. } => Exit::Refused,
    }
}

/// What it means that nothing was exported.
pub(crate) fn of_export(error: &ExportError) -> Exit {
    match error {
        ExportError::Project(_) | ExportError::Unsound(_) | ExportError::NotRead { .. } => {
            Exit::Invalid
        }
        ExportError::Observe(error) => of_api(error),
        ExportError::Ambiguous { .. } => Exit::Conflict,
        ExportError::NoTarget { .. } => Exit::Usage,
        ExportError::Files(_) => Exit::Unexpected,
    }
}

/// What it means that tests came to nothing.
pub(crate) fn of_test(error: &TestError) -> Exit {
    match error {
        TestError::Project(_) => Exit::Invalid,
        TestError::NoTarget { .. } => Exit::Usage,
        TestError::Script(_) => Exit::Unexpected,
        TestError::Tenant(error) => of_api(error),
    }
}

/// What it means that a script was not run.
pub(crate) fn of_run(error: &RunError) -> Exit {
    match error {
        RunError::Project(_) | RunError::Invalid(_) => Exit::Invalid,
        RunError::NoScript { .. } => Exit::Usage,
        RunError::Script(_) => Exit::Unexpected,
    }
}

/// What it means that a saved plan cannot be used.
pub(crate) fn of_saved(error: &SavedPlanError) -> Exit {
    match error {
        SavedPlanError::Unreadable(_) => Exit::Invalid,
        SavedPlanError::Edited | SavedPlanError::Stale { .. } => Exit::Conflict,
    }
}

/// What a change that was not carried out means.
pub(crate) fn of_failure(failure: &Failure) -> Exit {
    match failure {
        Failure::Api(error) => of_api(error),
        Failure::Conflict { .. }
        | Failure::Gone { .. }
        | Failure::NameTaken { .. }
        | Failure::Ambiguous { .. } => Exit::Conflict,
        Failure::Ignored { .. } | Failure::NotRepeatable { .. } | Failure::Unsettled { .. } => {
            Exit::Unreachable
        }
        Failure::Unread { source, .. } => match of_api(source) {
            Exit::Denied => Exit::Denied,
            _ => Exit::Unreachable,
        },
        Failure::Frozen { .. } => Exit::Unexpected,
        Failure::Journal(error) => of_store(error),
        Failure::Unjournaled(_) => Exit::Unreachable,
        Failure::Audit(_) | Failure::Unaudited(_) => Exit::Audit,
        Failure::Dependency { .. }
        | Failure::Stopped
        | Failure::NotIndexed
        | Failure::NotTested => Exit::Partial,
        Failure::PutBack => Exit::TestFailed,
    }
}

/// What it means that deliveries came to an end before their time.
pub(crate) fn of_courier(error: &CourierError) -> Exit {
    match error {
        CourierError::Outbox(error) => of_store(error),
        CourierError::Audit(_) => Exit::Audit,
    }
}

/// What it means that deliveries came to their end so.
pub(crate) fn of_handled(handled: &[Handled]) -> Exit {
    let is_taken = |each: &Handled| each.outgoing.state == DeliveryState::Delivered;
    if handled.iter().all(is_taken) {
        Exit::Done
    } else {
        Exit::Unreachable
    }
}

/// How a run ends: the audit log first, then a run that is half done, then failed tests, then the first failure in the order of the
/// plan.
pub(crate) fn of_applied(applied: &Applied) -> Exit {
    let failures = || {
        let failures = applied
            .results
            .iter()
            .filter_map(|result| result.failure.as_ref());
        failures.filter(|failure| !matches!(failure, Failure::PutBack))
    };
    if failures().any(|failure| of_failure(failure) == Exit::Audit) {
        return Exit::Audit;
    }
    let Some(first) = failures().find(|failure| of_failure(failure) != Exit::Partial) else {
        return if failures().next().is_some() {
            Exit::Partial
        } else if applied.has_failed_tests() {
            Exit::TestFailed
        } else {
            Exit::Done
        };
    };
    if applied.count(Outcome::Done) > 0 {
        Exit::Partial
    } else {
        of_failure(first)
    }
}
