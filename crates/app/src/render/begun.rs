//! A new project, for people and programs.

use std::path::Path;

use cxda_adapters_fs::scaffold::Placed;
use serde::Serialize;

use crate::render::{FORMAT_VERSION, Screen, Tone, json, safe};

/// What became of the files of a new project.
#[derive(Debug)]
pub(crate) struct Begun<'a> {
    /// The project's folder as it was named.
    pub(crate) folder: &'a Path,
    pub(crate) files: Vec<(&'a str, Placed)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BegunJson<'a> {
    format_version: &'static str,
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    outcome: &'static str,
}

impl Begun<'_> {
    /// What `init -o json` prints.
    pub(crate) fn json(&self) -> String {
        let files = self.files.iter().map(|(path, placed)| FileJson {
            path,
            outcome: match placed {
                Placed::Written => "written",
                Placed::Kept => "kept",
            },
        });
        json(&BegunJson {
            format_version: FORMAT_VERSION,
            files: files.collect(),
        })
    }

    /// What `init` prints for people.
    pub(crate) fn text(&self, screen: Screen) -> String {
        let line = |(path, placed): &(&str, Placed)| match placed {
            Placed::Written => screen.paint(Tone::Create, &format!("+ {path}")) + "\n",
            Placed::Kept => format!("· {path}  {}\n", screen.paint(Tone::Faint, "kept")),
        };
        self.files.iter().map(line).collect()
    }

    /// What to do next.
    pub(crate) fn next(&self, directory: Option<&Path>) -> String {
        let mut text = String::new();
        if self.files.contains(&(".gitignore", Placed::Kept)) {
            text.push_str("\n.gitignore was there already: let it name .cxda/ and .env.\n");
        }
        text.push_str("\nNext:\n");
        let folder = directory.map_or_else(
            || self.folder.to_path_buf(),
            |above| above.join(self.folder),
        );
        if folder != Path::new(".") {
            text.push_str(&format!(
                "  cd {}\n",
                quoted(&safe::line(&folder.display().to_string()))
            ));
        }
        text + "  cxda test\n  cxda plan\n  cxda apply"
    }
}

/// `path` as a shell takes it for one word and for no option.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',');
    if path.starts_with('-') {
        return quoted(&format!("./{path}"));
    }
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}
