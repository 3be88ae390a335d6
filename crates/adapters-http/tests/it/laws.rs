//! What holds whatever a tenant does: laws over generated fault scripts, in memory and on virtual time.

mod case;
mod fault;
mod found;
mod gate;
mod ledger;
mod outage;
mod pace;
mod run;
mod tenant;
mod truth;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::laws::case::{Case, cases};
use crate::laws::fault::{EVERYTHING, FAILING, FORGETFUL, Fault, THROTTLING};
use crate::laws::run::run;

/// How many cases each kind of tenant is put to: together 10,000.
const CASES: u32 = 2_500;
/// How many where there is time.
const MANY_CASES: u32 = 50_000;

/// Puts the laws to `count` cases of a tenant that does `faults`, the same ones each time.
fn laws_hold(faults: &'static [Fault], count: u32, seed: u8) {
    let config = Config {
        cases: count,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let cases = cases(faults).prop_map(Arc::new);
    if let Err(TestError::Fail(why, case)) = runner.run(&cases, |case| check(&case)) {
        panic!("{why}\n{}{case:#?}", run(&case));
    }
}

fn check(case: &Arc<Case>) -> Result<(), TestCaseError> {
    let ledger = run(case);
    truth::hold(&ledger)?;
    pace::hold(&ledger)?;
    outage::hold(&ledger)
}

#[test]
fn laws_hold_for_a_tenant_that_does_everything() {
    laws_hold(EVERYTHING, CASES, 1);
}

#[test]
fn laws_hold_for_a_tenant_that_asks_to_slow_down() {
    laws_hold(THROTTLING, CASES, 2);
}

#[test]
fn laws_hold_for_a_tenant_that_fails() {
    laws_hold(FAILING, CASES, 3);
}

#[test]
fn laws_hold_for_a_tenant_that_forgets_tokens() {
    laws_hold(FORGETFUL, CASES, 4);
}

#[test]
#[ignore = "takes minutes"]
fn laws_hold_for_many_cases() {
    for (seed, faults) in (5..).zip([EVERYTHING, THROTTLING, FAILING, FORGETFUL]) {
        laws_hold(faults, MANY_CASES, seed);
    }
}
