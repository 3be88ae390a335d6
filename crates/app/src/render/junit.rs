//! What came of tests as JUnit XML, which continuous integration reads. There is no standard of it; this is what all take.

use std::fmt::Write as _;
use std::time::Duration;

use cxda_domain::verdict::Verdict;
use cxda_usecases::test::TestResult;

use crate::render::safe;
use crate::render::tested::why;

/// What `test -o junit` prints: a suite for each action.
pub(crate) fn junit(results: &[TestResult]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(xml, "<testsuites name=\"cxda\" {}>", counts(results));
    for suite in results.chunk_by(|left, right| left.address == right.address) {
        let name = suite.first().map(|result| result.address.to_string());
        let name = safe::xml(&name.unwrap_or_default());
        let _ = writeln!(xml, "  <testsuite name=\"{name}\" {}>", counts(suite));
        for result in suite {
            let (test, took) = (safe::xml(&result.test), seconds(result.took));
            let _ = writeln!(
                xml,
                "    <testcase classname=\"{name}\" name=\"{test}\" time=\"{took}\">"
            );
            xml.push_str(&details(result));
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts(results: &[TestResult]) -> String {
    let failed = |result: &&TestResult| matches!(result.verdict, Verdict::Failed(_));
    let error = |result: &&TestResult| result.verdict == Verdict::Error;
    let took = results.iter().map(|result| result.took).sum();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\"",
        results.len(),
        results.iter().filter(failed).count(),
        results.iter().filter(error).count(),
        seconds(took)
    )
}

fn details(result: &TestResult) -> String {
    let mut xml = String::new();
    if let Some(why) = why(result) {
        let element = match result.verdict {
            Verdict::Failed(_) => "failure",
            _ => "error",
        };
        let first = safe::xml(why.lines().next().unwrap_or_default());
        let why = safe::xml(&why);
        let _ = writeln!(
            xml,
            "      <{element} message=\"{first}\">{why}</{element}>"
        );
    }
    for (element, lines) in [
        ("system-out", &result.logs),
        ("system-err", &result.unlike_here),
    ] {
        if !lines.is_empty() {
            let lines = safe::xml(&lines.join("\n"));
            let _ = writeln!(xml, "      <{element}>{lines}</{element}>");
        }
    }
    xml
}

fn seconds(duration: Duration) -> String {
    format!("{:.6}", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use cxda_domain::address::Address;
    use cxda_domain::script::{ScriptEnd, ScriptLimit};
    use cxda_domain::verdict::Differences;
    use serde_json::json;

    use super::*;

    fn result(action: &str, test: &str, verdict: Verdict, end: ScriptEnd) -> TestResult {
        TestResult {
            address: Address::action(action),
            index: 0,
            test: test.to_owned(),
            verdict,
            end: Ok(end),
            thrown_at: None,
            logs: Vec::new(),
            took: Duration::from_micros(1_500),
            unlike_here: Vec::new(),
        }
    }

    #[test]
    fn t_06_results_are_well_formed_whatever_scripts_say() {
        let evil = "]]></failure>&\"<\u{0}\u{1b}[2J\u{ffff}";
        let differences = Differences::between(&json!(evil), &json!(1), "expected");
        let failed = Verdict::Failed(differences);
        let returned = || ScriptEnd::Returned(json!(evil));
        let results = [
            TestResult {
                logs: vec![evil.to_owned(), "two".to_owned()],
                ..result("a", "passes", Verdict::Passed, returned())
            },
            result("a", evil, failed, returned()),
            TestResult {
                unlike_here: vec!["output: 1, locally 2".to_owned()],
                ..result(
                    "b",
                    "stops",
                    Verdict::Error,
                    ScriptEnd::Stopped(ScriptLimit::Time),
                )
            },
        ];
        insta::assert_snapshot!(junit(&results), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="cxda" tests="3" failures="1" errors="1" time="0.004500">
          <testsuite name="action/a" tests="2" failures="1" errors="0" time="0.003000">
            <testcase classname="action/a" name="passes" time="0.001500">
              <system-out>]]&gt;&lt;/failure&gt;&amp;&quot;&lt;��[2J�
        two</system-out>
            </testcase>
            <testcase classname="action/a" name="]]&gt;&lt;/failure&gt;&amp;&quot;&lt;��[2J�" time="0.001500">
              <failure message="output: &quot;]]&gt;&lt;/failure&gt;&amp;\&quot;&lt;\u0000\u001b[2J�&quot; (string), expected 1 (number)">output: &quot;]]&gt;&lt;/failure&gt;&amp;\&quot;&lt;\u0000\u001b[2J�&quot; (string), expected 1 (number)</failure>
            </testcase>
          </testsuite>
          <testsuite name="action/b" tests="1" failures="0" errors="1" time="0.001500">
            <testcase classname="action/b" name="stops" time="0.001500">
              <error message="it took too long and was stopped">it took too long and was stopped</error>
              <system-err>output: 1, locally 2</system-err>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn no_tests_are_an_empty_list() {
        let head =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cxda\" tests=\"0\" ";
        assert!(junit(&[]).starts_with(head));
        assert!(junit(&[]).ends_with(">\n</testsuites>\n"));
    }
}
