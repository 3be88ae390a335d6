//! The tests of the manifests, run here before anything is sent.

use std::collections::BTreeSet;

use cxda_domain::address::Address;
use cxda_domain::plan::PlanScope;
use cxda_ports::manifests::ManifestSource;
use cxda_usecases::test::{TestError, TestPorts, TestResult, TestScope, test};

use crate::commands::{Context, Ended};
use crate::exit::{self, Exit};
use crate::render::tested::{tested_json, tested_text};
use crate::wiring;

/// The actions within `scope` whose tests passed; none where the manifests hold mistakes, for then there is no plan either.
///
/// A failure ends the run.
pub(super) async fn passed(
    context: Context<'_>,
    manifests: &dyn ManifestSource,
    scope: &PlanScope,
) -> Result<BTreeSet<Address>, Ended> {
    let runner = wiring::scripts()?;
    let bar = &**context.bar;
    bar.begin();
    let ports = TestPorts {
        manifests,
        checker: &wiring::checker(),
        runner: &runner,
        tenant: None,
        progress: bar,
    };
    let meant = TestScope {
        addresses: scope.targets.clone(),
        filter: None,
    };
    let tested = test(ports, &meant, wiring::scripts_at_once().get()).await;
    bar.clear();
    let results = match tested {
        Ok(tested) => tested.results,
        // It may be a resource that is to be pruned; the plan knows.
        Err(TestError::NoTarget { .. }) => Vec::new(),
        Err(error) => return Err(Ended::new(exit::of_test(&error), error)),
    };
    let (passed, failed): (Vec<TestResult>, Vec<TestResult>) =
        results.into_iter().partition(TestResult::has_passed);
    if failed.is_empty() {
        return Ok(passed.into_iter().map(|result| result.address).collect());
    }
    let screen = context.screen;
    if context.is_json() {
        screen.result(&tested_json(&failed));
    } else {
        screen.remark(tested_text(screen, &failed).trim_end());
    }
    let message = match failed.len() {
        1 => "a test failed, so nothing was sent".to_owned(),
        many => format!("{many} tests failed, so nothing was sent"),
    };
    let hint = "mend the script or its tests (see `cxda test`), or apply with --test none";
    Err(Ended::message(Exit::TestFailed, message).hint(hint))
}
