//! Decodes the block `tests` of an action; nothing is run here.

use crate::action::{Expectation, TestCase};
use crate::manifest::dates::timestamp;
use crate::manifest::findings::Findings;
use crate::manifest::reader::{Found, boolean, integer, json, map, string};
use crate::rule::Rule;

/// The test case at `item`; `None` where a finding stands in the way.
pub(super) fn test_case(findings: &mut Findings, item: &Found<'_>) -> Option<TestCase> {
    let mut fields = map(findings, item)?;
    let name = fields.required(findings, "name", string);
    let input = fields.required(findings, "input", json);
    let expect = fields.required(findings, "expect", expectation);
    let now = fields.optional(findings, "now", |findings, found| {
        let instant = timestamp(findings, found)?.1.to_utc_millis();
        if instant.is_none() {
            findings.report(
                Rule::D001,
                found,
                "now lies outside the years 0001 to 9999 in UTC",
            );
        }
        instant
    });
    let random_seed = fields.optional(findings, "randomSeed", |findings, found| {
        let seed = i64::try_from(integer(findings, found)?).ok();
        if seed.is_none() {
            findings.report(Rule::M003, found, "randomSeed does not fit into 64 bits");
        }
        seed
    });
    fields.close(findings);
    Some(TestCase {
        name: name?,
        input: input?,
        expect: expect?,
        now: now?,
        random_seed: random_seed?,
    })
}

fn expectation(findings: &mut Findings, found: &Found<'_>) -> Option<Expectation> {
    let mut fields = map(findings, found)?;
    let output = fields.optional(findings, "output", json);
    let output_contains = fields.optional(findings, "outputContains", json);
    let error = fields.optional(findings, "error", boolean);
    let error_contains = fields.optional(findings, "errorContains", string);
    let closed = fields.close(findings);
    let expectation = Expectation {
        output: output?,
        output_contains: output_contains?,
        error: error?,
        error_contains: error_contains?,
    };
    if closed && expectation == Expectation::default() {
        let hint = "expected one of output, outputContains, error, errorContains";
        findings.report_with_hint(Rule::M003, found, "the test expects nothing", hint);
        return None;
    }
    Some(expectation)
}
