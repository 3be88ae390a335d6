//! Decodes the block `tests` of an action; nothing is run here.

use crate::action::{Expectation, TestCase};
use crate::manifest::reader::{Findings, Found};
use crate::rule::Rule;

/// The test cases at `found`; `None` where a finding stands in the way.
pub(super) fn decode(findings: &mut Findings, found: &Found<'_>) -> Option<Vec<TestCase>> {
    let items = found.items(findings)?;
    let decoded: Vec<_> = items.iter().map(|item| test_case(findings, item)).collect();
    decoded.into_iter().collect()
}

fn test_case(findings: &mut Findings, item: &Found<'_>) -> Option<TestCase> {
    let mut map = item.map(findings)?;
    let name = map.require("name").and_then(|found| found.text(findings));
    let input = map.require("input").and_then(|found| found.json(findings));
    let expect = map
        .require("expect")
        .and_then(|found| expectation(findings, &found));
    let now = map.take("now").map(|found| found.text(findings));
    let seed = map.take("randomSeed").map(|found| {
        let seed = found.integer(findings)?;
        let whole = i64::try_from(seed).ok();
        if whole.is_none() {
            findings.report(Rule::M003, &found, "randomSeed does not fit into 64 bits");
        }
        whole
    });
    let closed = map.close(findings);
    let case = TestCase {
        name: name?.to_owned(),
        input: input?,
        expect: expect?,
        now: now.map_or(Some(None), |text| text.map(|text| Some(text.to_owned())))?,
        random_seed: seed.map_or(Some(None), |seed| seed.map(Some))?,
    };
    closed.then_some(case)
}

fn expectation(findings: &mut Findings, found: &Found<'_>) -> Option<Expectation> {
    let mut map = found.map(findings)?;
    let output = map.take("output").map(|found| found.json(findings));
    let output_contains = map.take("outputContains").map(|found| found.json(findings));
    let error = map.take("error").map(|found| found.boolean(findings));
    let error_contains = map.take("errorContains").map(|found| found.text(findings));
    let closed = map.close(findings);
    let expects_nothing = output.is_none()
        && output_contains.is_none()
        && error.is_none()
        && error_contains.is_none();
    if closed && expects_nothing {
        let hint = "expected one of output, outputContains, error, errorContains";
        findings.report_with_hint(Rule::M003, found, "the test expects nothing", hint);
        return None;
    }
    let expectation = Expectation {
        output: output.map_or(Some(None), |value| value.map(Some))?,
        output_contains: output_contains.map_or(Some(None), |value| value.map(Some))?,
        error: error.map_or(Some(None), |value| value.map(Some))?,
        error_contains: error_contains
            .map_or(Some(None), |text| text.map(|text| Some(text.to_owned())))?,
    };
    closed.then_some(expectation)
}
