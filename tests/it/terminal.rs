//! What somebody at a terminal sees: colours unless they are unwanted, and a question unless nobody may be asked.

use crate::stage::{Project, Stderr, seen};

const ESCAPE: char = '\u{1b}';
const NONE: &[(&str, &str)] = &[];

/// A project whose one manifest holds a mistake.
fn mistaken() -> Project {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", "apiVersion: cxda/v1\n");
    project
}

#[test]
fn results_and_help_have_colours_unless_they_are_unwanted() {
    let project = mistaken();
    for (words, environment, want) in [
        ("", NONE, true),
        ("", &[("TERM", "xterm")], true),
        ("", &[("TERM", "dumb")], false),
        ("", &[("NO_COLOR", "1"), ("TERM", "xterm")], false),
        ("", &[("NO_COLOR", ""), ("TERM", "xterm")], true),
        ("--color never", &[("TERM", "xterm")], false),
        ("--color always", &[("NO_COLOR", "1")], true),
        ("--color always", &[("TERM", "dumb")], true),
    ] {
        for command in ["validate", "--help"] {
            let words: Vec<&str> = words.split_whitespace().chain([command]).collect();
            // The help does without them too where nothing is known of the terminal.
            if command == "--help" && environment == NONE {
                continue;
            }
            let seen = seen(&project, &words, environment, Stderr::Shown, "");
            assert!(!seen.terminal.is_empty(), "{words:?}");
            assert_eq!(
                seen.terminal.contains(ESCAPE),
                want,
                "{words:?} {environment:?}"
            );
        }
    }
}

#[test]
fn what_goes_elsewhere_has_no_colours_though_somebody_looks_at_the_rest() {
    let project = mistaken();
    let xterm = [("TERM", "xterm")];
    let kept = seen(&project, &["test"], &xterm, Stderr::Kept, "");
    assert!(kept.stderr.contains("error[M003]"), "{kept:?}");
    assert!(!kept.stderr.contains(ESCAPE), "{kept:?}");
    let shown = seen(&project, &["test"], &xterm, Stderr::Shown, "");
    assert!(shown.terminal.contains(ESCAPE), "{shown:?}");
}

#[test]
fn apply_asks_and_takes_only_yes_for_an_answer() {
    let project = Project::quickstart();
    for (input, code) in [("no\n", 9), ("yes\n", 0)] {
        let seen = seen(&project, &["apply"], NONE, Stderr::Shown, input);
        assert_eq!(seen.code, Some(code), "{input:?}: {seen:?}");
    }
}

#[test]
fn nobody_is_asked_who_said_so() {
    let project = Project::quickstart();
    let seen = seen(
        &project,
        &["apply", "--no-input"],
        NONE,
        Stderr::Shown,
        "yes\n",
    );
    assert_eq!(seen.code, Some(9), "{seen:?}");
    assert!(
        seen.terminal.contains("--no-input forbids to ask"),
        "{seen:?}"
    );
}
