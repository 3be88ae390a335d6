//! A rule in full, for people and programs. The words are the domain's.

use cxda_domain::rule::{Rule, Severity};
use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, json, safe};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedJson {
    format_version: &'static str,
    code: Rule,
    severity: Severity,
    summary: &'static str,
    explanation: &'static str,
}

/// What `explain -o json` prints; the explanation is Markdown.
pub(crate) fn explained_json(rule: Rule) -> String {
    json(&ExplainedJson {
        format_version: FORMAT_VERSION,
        code: rule,
        severity: rule.severity(),
        summary: rule.summary(),
        explanation: rule.explanation(),
    })
}

/// What `explain` prints for people: the page of the rule without the marks of Markdown, in 80 columns.
pub(crate) fn explained_text(screen: Screen, rule: Rule) -> String {
    let mut text = String::new();
    let mut is_code = false;
    for line in rule.page().lines() {
        let heading = line.trim_start_matches('#').trim_start();
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            text.push_str(&format!("    {line}\n"));
        } else if heading.len() < line.len() {
            text.push_str(&format!("{}\n", screen.paint(Tone::Strong, heading)));
        } else {
            text.push_str(&safe::wrapped(line, 0));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_rule_in_80_columns_without_marks() {
        insta::assert_snapshot!(explained_text(Screen::PLAIN, Rule::C001), @r#"
        C001

        A cache key holds an alphanumeric character, no control characters, and
        balanced, non-empty placeholders.

        An error: nothing is sent while it stands.

        The key decides which calls share a cache entry. A key without a letter or digit
        names nothing, and an unclosed `{` begins no placeholder: all contacts would
        share one entry. A placeholder may have any name that is not empty.

        Wrong

            spec:
              cache: {key: "customer_{contactId"}

        Right

            spec:
              cache: {key: "customer_{contactId}_v1"}

        What to do

        Close each placeholder and give it a name. Take out line feeds and other control
        characters.
        "#);
        for rule in Rule::ALL {
            for line in explained_text(Screen::PLAIN, *rule).lines() {
                assert!(line.chars().count() <= 80, "{rule}: {line}");
            }
        }
    }
}
