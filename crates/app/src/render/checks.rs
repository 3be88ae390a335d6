//! What `doctor` found, for people and programs.

use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, counted, json, safe};

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

/// Where the text of a check begins.
const INDENT: usize = 14;

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
        text.push_str(&format!("{mark} {:<11} ", check.name));
        text.push_str(&safe::wrapped(&check.detail, INDENT));
        if let Some(remedy) = &check.remedy {
            let arrow = screen.paint(Tone::Faint, "→");
            text.push_str(&format!("{:INDENT$}{arrow} ", ""));
            text.push_str(&safe::wrapped(remedy, INDENT + 2));
        }
    }
    text.push_str(&summary(checks));
    text
}

fn summary(checks: &[Check]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    format!(
        "\n{} ok, {} failed, {} skipped.\n",
        count(CheckStatus::Ok),
        match (count(CheckStatus::Warning), count(CheckStatus::Failed)) {
            (0, failed) => failed.to_string(),
            (warnings, failed) => format!("{}, {failed}", counted(warnings, "warning")),
        },
        count(CheckStatus::Skipped)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, status: CheckStatus, detail: &str, remedy: Option<&str>) -> Check {
        Check {
            name,
            status,
            detail: detail.to_owned(),
            remedy: remedy.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn people_read_checks_in_80_columns_each_with_its_remedy() {
        let long = "the tenant refused it, because nobody told the tenant that this client may do so, and nobody will";
        let checks = [
            check("settings", CheckStatus::Ok, "/p/cxda.toml", None),
            check("entity tags", CheckStatus::Failed, long, Some(long)),
            check("clock", CheckStatus::Warning, "two\nlines", Some("wait")),
            check("store", CheckStatus::Skipped, "no tenant is known", None),
        ];
        insta::assert_snapshot!(checks_text(Screen::PLAIN, &checks), @"
        ✓ settings    /p/cxda.toml
        ✗ entity tags the tenant refused it, because nobody told the tenant that this
                      client may do so, and nobody will
                      → the tenant refused it, because nobody told the tenant that this
                        client may do so, and nobody will
        ! clock       two lines
                      → wait
        · store       no tenant is known

        1 ok, 1 warning, 1 failed, 1 skipped.
        ");
    }

    #[test]
    fn t_06_a_detail_cannot_drive_the_terminal() {
        let checks = [check(
            "views",
            CheckStatus::Failed,
            "\u{1b}[31m\r",
            Some("\u{9b}"),
        )];
        let text = checks_text(Screen::PLAIN, &checks);
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\r']), "{text:?}");
    }
}
