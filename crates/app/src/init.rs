//! The files of a new project. They lie in `templates/project`; nothing is written here.

use cxda_adapters_fs::scaffold::NewFile;

use crate::cli::SchemaKind;
use crate::render::json;
use crate::schema::schema;
use crate::settings::FILE_NAME;

/// Stands in a template for the project's name.
const NAME: &str = "{{name}}";
/// Stands in a template for the version of `cxda`.
const VERSION: &str = "{{version}}";

/// Path in the project, and text of the template.
macro_rules! templates {
    ($($path:literal from $template:literal,)*) => {
        [$(($path, include_str!(concat!("../templates/project/", $template)))),*]
    };
}

/// Every file of a project but the settings.
const TEMPLATES: [(&str, &str); 9] = templates![
    ".gitignore" from "gitignore",
    "manifests/views.yaml" from "manifests/views.yaml",
    "manifests/actions.yaml" from "manifests/actions.yaml",
    "manifests/scripts/contact_profile.js" from "manifests/scripts/contact_profile.js",
    "manifests/scripts/callback_scheduler.js" from "manifests/scripts/callback_scheduler.js",
    ".github/workflows/cxda.yml" from "github/workflows/cxda.yml",
    ".github/actions/install-cxda/action.yml" from "github/actions/install-cxda/action.yml",
    ".vscode/settings.json" from "vscode/settings.json",
    ".vscode/extensions.json" from "vscode/extensions.json",
];
const SETTINGS: &str = include_str!("../templates/project/cxda.toml");

/// The files of a project that is called `name`. The settings, which make a folder a project, come last.
pub(crate) fn files(name: &str) -> Vec<NewFile> {
    let filled = |path, template: &str| NewFile {
        path,
        text: template
            .replace(NAME, name)
            .replace(VERSION, env!("CARGO_PKG_VERSION")),
    };
    let described = |path, kind| NewFile {
        path,
        text: json(&schema(kind)),
    };
    let templates = TEMPLATES.iter().map(|(path, text)| filled(path, text));
    let schemas = [
        described("schemas/cxda-manifest.json", SchemaKind::Manifest),
        described("schemas/cxda-config.json", SchemaKind::Config),
    ];
    let settings = filled(FILE_NAME, SETTINGS);
    templates.chain(schemas).chain([settings]).collect()
}

/// The name of a project in the folder `folder`: what is no letter, digit, `_`, `-` or `.` becomes `-`.
pub(crate) fn name_from(folder: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = folder.chars().map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "project" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_plain_characters() {
        for (folder, want) in [
            ("data-actions_2.0", "data-actions_2.0"),
            ("My \"Project\"", "My--Project"),
            ("a\nb]", "a-b"),
            ("données", "donn-es"),
            ("über", "ber"),
            ("日本", "project"),
            ("", "project"),
        ] {
            assert_eq!(name_from(folder), want, "case: {folder:?}");
        }
    }

    #[test]
    fn no_place_in_a_template_stays_empty() {
        for file in files("demo") {
            assert!(!file.text.contains(NAME), "{}", file.path);
            assert!(!file.text.contains(VERSION), "{}", file.path);
            assert!(file.text.ends_with('\n'), "{}", file.path);
        }
    }
}
