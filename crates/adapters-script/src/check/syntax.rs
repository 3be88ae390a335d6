//! What the parser refuses, in words of our own (rule A003).

use cxda_domain::rule::Rule;
use cxda_domain::script::{ScriptFinding, SecondPlace};
use oxc_diagnostics::OxcDiagnostic;
use oxc_span::{LabeledSpan, Span};

use super::mark;

/// The most findings of one script: what follows the first mistakes is seldom one of its own.
const MOST: usize = 20;

/// Every mistake, in the order of their places.
pub(super) fn findings<'d>(
    source: &str,
    diagnostics: impl Iterator<Item = &'d OxcDiagnostic>,
) -> Vec<ScriptFinding> {
    let mut findings: Vec<_> = diagnostics
        .map(|diagnostic| finding(source, diagnostic))
        .collect();
    findings.sort_by_key(|finding| finding.at);
    // What follows from a mistake at its own place is none.
    findings.dedup_by_key(|finding| finding.at);
    findings.truncate(MOST);
    findings
}

fn finding(source: &str, diagnostic: &OxcDiagnostic) -> ScriptFinding {
    let labels: &[LabeledSpan] = &diagnostic.labels;
    let primary = labels.iter().find(|label| label.primary());
    // Of two places of one name, the second is the one that is too many.
    let here = primary.or(labels.last());
    let there = labels.iter().find(|label| Some(*label) != here);
    let span = here.map_or(Span::new(0, 0), LabeledSpan::span);
    let start = next_word(source, span);
    let (message, hint) = words(source, diagnostic, Span::new(start, span.end.max(start)));
    ScriptFinding {
        rule: Rule::A003,
        at: mark(source, start),
        message: format!("not valid JavaScript: {message}"),
        also: there.map(|label| SecondPlace {
            what: relation(label.label().unwrap_or_default()),
            at: mark(source, label.span().start),
        }),
        hint,
    }
}

/// Where the next word begins: what is missing, such as `;`, is said to be missing in front of it.
fn next_word(source: &str, span: Span) -> u32 {
    let rest = source.get(span.start as usize..).unwrap_or_default();
    let word = rest.trim_start();
    if !span.is_empty() || word.is_empty() {
        return span.start;
    }
    let blanks = u32::try_from(rest.len() - word.len());
    span.start.saturating_add(blanks.unwrap_or_default())
}

/// What a second place is to the first.
fn relation(label: &str) -> &'static str {
    if label == "Opened here" {
        "opened at"
    } else if label.contains("already been declared") {
        "first at"
    } else if label.contains("starts here") {
        "begun at"
    } else {
        "see also"
    }
}

/// What is wrong, and what to do.
fn words(source: &str, diagnostic: &OxcDiagnostic, span: Span) -> (String, Option<String>) {
    let text = source
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    let hinted = |message: &str, hint: &str| (message.to_owned(), Some(hint.to_owned()));
    if let Some(word) = module_word(text) {
        let hint = "remove it: a script is one file, and its `main` is found by its name";
        return hinted(
            &format!("`{word}` is for modules, and a script is none"),
            hint,
        );
    }
    let ended = span.start as usize >= source.trim_end().len();
    match diagnostic.message.as_ref() {
        "Unexpected token" | "Unexpected end of file" if ended => {
            ("unexpected end of the script".to_owned(), None)
        }
        "Unexpected token" if is_symbol(text) => (format!("unexpected `{text}`"), None),
        "Unterminated string" => hinted(
            "the text has no closing quote",
            "close it on its line, or write it with backticks",
        ),
        "Expected a semicolon or an implicit semicolon after a statement, but found none" => {
            let next = source.get(span.start as usize..).unwrap_or_default();
            if let Some(sign) = next.chars().next().filter(|next| ")]},:".contains(*next)) {
                return (format!("unexpected `{sign}`"), None);
            }
            hinted(
                "a new statement begins on the line of the last one",
                "put `;` or a new line before it",
            )
        }
        said if said.contains("JSX") => ("JSX is not JavaScript".to_owned(), None),
        said => (
            plain(said)
                .replace("`EOF`", "the end of the script")
                .replace("Character", "character"),
            diagnostic.help.as_deref().map(plain),
        ),
    }
}

/// The word at the front of `text`, if it is one that only modules have.
fn module_word(text: &str) -> Option<&'static str> {
    let goes_on = |c: char| c.is_alphanumeric() || "_$.(".contains(c);
    let is_statement = |word: &&str| {
        let rest = text.strip_prefix(*word);
        rest.is_some_and(|rest| !rest.starts_with(goes_on))
    };
    ["import", "export"].into_iter().find(is_statement)
}

/// Whether `text` is a sign or two, such as `;` or `=>`.
fn is_symbol(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_punctuation())
}

/// The first line of `text`, in lower case and without a full stop.
fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let line = line.strip_suffix('.').unwrap_or(line);
    let mut chars = line.chars();
    let first = chars.next().map(char::to_lowercase);
    first.into_iter().flatten().chain(chars).collect()
}
