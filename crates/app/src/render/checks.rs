//! What `doctor` found, for people and programs.

use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, json, safe};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CheckStatus {
    Ok,
    Warning,
    Failed,
    Skipped,
}

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) status: CheckStatus,
    pub(crate) detail: String,
    pub(crate) remedy: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChecksJson<'a> {
    format_version: &'static str,
    checks: &'a [Check],
}

/// What `doctor -o json` prints.
pub(crate) fn checks_json(checks: &[Check]) -> String {
    json(&ChecksJson {
        format_version: FORMAT_VERSION,
        checks,
    })
}

/// What `doctor` prints for people.
pub(crate) fn checks_text(screen: Screen, checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let (mark, tone) = match check.status {
            CheckStatus::Ok => ("✓", Tone::Create),
            CheckStatus::Warning => ("!", Tone::Warning),
            CheckStatus::Failed => ("✗", Tone::Error),
            CheckStatus::Skipped => ("·", Tone::Faint),
        };
        let mark = screen.paint(tone, mark);
        text.push_str(&format!(
            "{mark} {:<12} {}\n",
            check.name,
            safe::lines(&check.detail)
        ));
        if let Some(remedy) = &check.remedy {
            text.push_str(&format!(
                "  {} {}\n",
                screen.paint(Tone::Faint, "→"),
                safe::lines(remedy)
            ));
        }
    }
    text
}
