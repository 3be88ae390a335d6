//! A plan as a comment on a pull request.
//!
//! Whatever comes from manifests and tenants stands in code, where no name is a mention and no text is markup.

use cxda_domain::plan::Change;
use cxda_domain::rule::Severity;
use cxda_domain::violation::Violation;

use super::fields::{Beside, Field, fields};
use super::short::row;
use super::{Shown, to_do};
use crate::render::line_diff::{Kind, Line, Room};
use crate::render::{counted, safe};

/// The most characters of a comment. GitHub takes 65,536; the rest is for what a bot adds.
const MOST_CHARS: usize = 65_000;
/// The most characters of all findings together where changes follow.
const FINDINGS_CHARS: usize = 15_000;
/// The most characters of the table, and of all findings with it.
const TABLE_CHARS: usize = 35_000;
/// What is kept for the lines that say what is not shown, and for the last one.
const KEPT_CHARS: usize = 1_000;

/// The whole comment.
pub(super) fn comment(shown: Shown<'_>) -> String {
    let plan = shown.plan;
    let mut page = Page::new(&marker(shown));
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| {
        let found = plan.violations.iter();
        found.filter(|each| each.severity() == severity).count()
    });
    let headline = if errors > 0 {
        counted(errors, "error")
    } else if plan.changes.is_empty() {
        "nothing to do".to_owned()
    } else {
        to_do(plan, |_, part| format!("**{part}**"))
    };
    page.push(&format!("### cxda plan: {headline}\n\n"));
    let tenant = code(&shown.heading.tenant);
    let origin = match shown.heading.origin.as_str() {
        "" => String::new(),
        origin => format!(" ({})", code(origin)),
    };
    page.push(&format!("Tenant {tenant}{origin}\n"));
    if errors + warnings > 0 {
        page.push("\n");
        let findings = plan.violations.iter().map(finding);
        let most = if errors > 0 {
            MOST_CHARS - KEPT_CHARS
        } else {
            FINDINGS_CHARS
        };
        page.list(findings, most, "finding");
    }
    if errors > 0 {
        return page.text;
    }
    if !plan.changes.is_empty() {
        page.push("\n| | Resource | Why | What |\n|---|---|---|---|\n");
        page.list(plan.changes.iter().map(table_row), TABLE_CHARS, "change");
        page.push("\n");
        let details = plan.changes.iter().map(details);
        page.list(details, MOST_CHARS - KEPT_CHARS, "difference");
    }
    let last = if plan.changes.is_empty() {
        shown.nothing_to_do()
    } else {
        shown.cost()
    };
    page.push(&format!("\n{last}\n"));
    page.text
}

/// A text that knows how long it is.
struct Page {
    text: String,
    chars: usize,
}

impl Page {
    fn new(text: &str) -> Self {
        let mut page = Self {
            text: String::new(),
            chars: 0,
        };
        page.push(text);
        page
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count();
    }

    /// Adds each of `items` with which there are no more than `most` characters, and says how many there is no room for.
    fn list(&mut self, items: impl Iterator<Item = String>, most: usize, thing: &str) {
        let mut left_out = 0;
        for item in items {
            if self.chars + item.chars().count() <= most {
                self.push(&item);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            let left_out = counted(left_out, &format!("more {thing}"));
            let why = "too long for a comment";
            self.push(&format!("\n_{left_out} not shown: {why}._\n"));
        }
    }
}

/// By which a bot knows its comment again.
fn marker(shown: Shown<'_>) -> String {
    let name = |text: &str| -> String {
        let kept = |c: char| c.is_ascii_alphanumeric() || "_. -".contains(c);
        let name = text.chars().map(|c| if kept(c) { c } else { '_' });
        name.take(100).collect()
    };
    let (project, tenant) = (&shown.heading.project, &shown.heading.tenant);
    let (project, tenant) = (name(project), name(tenant));
    format!("<!-- cxda plan: project {project}, tenant {tenant} -->\n")
}

fn finding(violation: &Violation) -> String {
    let severity = match violation.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = violation.position.as_ref();
    let place = place.map_or_else(String::new, |place| code(&place.to_string()) + " ");
    let message = code(&violation.message);
    let hint = violation.hint.as_deref();
    let hint = hint.map_or_else(String::new, |hint| format!(" (hint: {})", code(hint)));
    format!(
        "- {severity} **{}** {place}{message}{hint}\n",
        violation.rule
    )
}

fn table_row(change: &Change) -> String {
    let [address, why, what] = row(change).map(|cell| code(&cell));
    let kind = change.kind.as_str();
    format!("| {kind} | {address} | {why} | {what} |\n")
}

fn details(change: &Change) -> String {
    let address = code(&change.address.to_string());
    let kind = change.kind.as_str();
    let mut body = String::new();
    for field in fields(change, Room::AMPLE) {
        for line in field_lines(field) {
            body.push_str(&line.text);
            body.push('\n');
        }
    }
    if body.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&body).max(2) + 1);
    format!(
        "<details><summary>{kind} {address}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
    )
}

/// A field as lines of a difference.
fn field_lines(field: Field) -> Vec<Line> {
    let Field { name, value, below } = field;
    let one = |kind, value: &str| Line::new(kind, &format!("{name}: {value}"));
    let mut lines = match &value {
        Beside::Nothing => vec![Line::new(Kind::Hunk, &format!("@@ {name} @@"))],
        Beside::New(value) => vec![one(Kind::New, value)],
        Beside::Replaced { before, after } => {
            vec![one(Kind::Gone, before), one(Kind::New, after)]
        }
    };
    lines.extend(below);
    lines
}

/// `text` on one line as code in markup, where it says what it says and nothing else.
///
/// What could begin markup, a mention or a link is written as a number; an underscore within a word begins nothing.
fn code(text: &str) -> String {
    let text = safe::line(&text.replace('\n', " "));
    let mut escaped = String::new();
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let harmless = match c {
            '_' => is_letter(before) && is_letter(rest.peek().copied()),
            '.' => !escaped.ends_with("www"),
            c => !c.is_ascii_punctuation() || "/,-()+='\"%?".contains(c),
        };
        if harmless {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        }
        before = Some(c);
    }
    match escaped.as_str() {
        "" => String::new(),
        _ => format!("<code>{escaped}</code>"),
    }
}

/// The most backticks that stand side by side in `text`.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
