//! What every checker of scripts promises.

use cxda_domain::place::offset_of;
use cxda_domain::rule::{Rule, Severity};
use cxda_domain::script::ScriptFinding;
use cxda_ports::script::ScriptChecker;

/// A script in which no checker may see anything.
pub const SOUND: &str = "function main(context) {\n  return context.input;\n}\n";

/// The whole suite; `wrong` are scripts in which the checker sees something.
pub fn keeps_its_promises(checker: &dyn ScriptChecker, wrong: &[&str]) {
    assert_eq!(checker.check(&[]), [] as [Vec<ScriptFinding>; 0]);
    assert_eq!(checker.check(&[SOUND]), [vec![]]);
    let sources: Vec<&str> = wrong
        .iter()
        .copied()
        .chain([SOUND])
        .chain(wrong.iter().copied())
        .collect();
    let together = checker.check(&sources);
    assert_eq!(together.len(), sources.len(), "each script has its answer");
    for (source, findings) in sources.iter().zip(&together) {
        let alone = checker.check(&[source]).remove(0);
        assert_eq!(alone, *findings, "it depends on the script alone");
        assert_eq!(findings.is_empty(), *source == SOUND);
        assert!(
            findings.is_sorted_by_key(|finding| finding.at),
            "they stand in the order of their places"
        );
        for finding in findings {
            assert_finding(source, finding);
        }
    }
}

fn assert_finding(source: &str, finding: &ScriptFinding) {
    let is_warning = finding.rule.severity() == Severity::Warning;
    assert!(is_warning || finding.rule == Rule::A003, "{finding:?}");
    assert!(offset_of(source, finding.at).is_some(), "{finding:?}");
    if let Some(also) = &finding.also {
        assert!(offset_of(source, also.at).is_some(), "{finding:?}");
    }
    assert!(
        !finding.message.contains('\n') && !finding.message.ends_with('.'),
        "{finding:?}"
    );
}
