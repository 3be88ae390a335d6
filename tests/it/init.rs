//! `cxda init`: a project that works at once, and nothing of what was there is touched.

use std::collections::BTreeSet;
use std::fs;

use cxda_adapters_fs::reader::{Format, read};
use serde_json::{Value, json};

use crate::schema::{assert_fits, documents, validator};
use crate::stage::Project;

const FILES: [&str; 12] = [
    ".github/actions/install-cxda/action.yml",
    ".github/workflows/cxda.yml",
    ".gitignore",
    ".vscode/extensions.json",
    ".vscode/settings.json",
    "cxda.toml",
    "manifests/actions.yaml",
    "manifests/scripts/callback_scheduler.js",
    "manifests/scripts/contact_profile.js",
    "manifests/views.yaml",
    "schemas/cxda-config.json",
    "schemas/cxda-manifest.json",
];

/// A folder in which `cxda init` was run.
fn begun() -> Project {
    let project = Project::empty();
    let _ = project.cxda(&["init"]).run().exits(0);
    project
}

fn names(project: &Project) -> Vec<String> {
    let files = project.files();
    let names = files.keys().map(|path| path.to_str().unwrap().to_owned());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn yaml(project: &Project, name: &str) -> Value {
    let outcome = read(Format::Yaml, project.read(name).as_bytes());
    assert_eq!(outcome.errors, []);
    outcome.documents[0].to_json().unwrap()
}

#[test]
fn a_new_project_works_at_once_without_a_variable() {
    let project = begun();
    let valid = project.cxda(&["validate"]).run().exits(0);
    assert_eq!(valid.stdout, "3 resources valid.\n");
    let tested = project.cxda(&["test"]).run().exits(0);
    let _ = tested.says(&["3 passed."]);
    let plan = ["plan", "--detailed-exitcode"];
    let _ = project.cxda(&plan).run().exits(2);
    let applied = project.cxda(&["apply", "--yes"]).run().exits(0);
    let _ = applied.says(&["3 created"]);
    let _ = project.cxda(&plan).run().exits(0);
    let doctor = project.cxda(&["doctor"]).run().exits(0);
    let _ = doctor.says(&["0 failed"]);
}

#[test]
fn it_says_what_it_wrote_and_what_to_do_next() {
    let project = Project::empty();
    let ended = project.cxda(&["init", "new/demo"]).run().exits(0);
    insta::assert_snapshot!(ended.stdout, @"
    + .gitignore
    + manifests/views.yaml
    + manifests/actions.yaml
    + manifests/scripts/contact_profile.js
    + manifests/scripts/callback_scheduler.js
    + .github/workflows/cxda.yml
    + .github/actions/install-cxda/action.yml
    + .vscode/settings.json
    + .vscode/extensions.json
    + schemas/cxda-manifest.json
    + schemas/cxda-config.json
    + cxda.toml
    ");
    insta::assert_snapshot!(ended.stderr, @"
    Next:
      cd new/demo
      cxda test
      cxda plan
      cxda apply
    ");
    let expected = FILES.map(|name| format!("new/demo/{name}"));
    assert_eq!(names(&project), expected);
    let quiet = Project::empty().cxda(&["-q", "init"]).run().exits(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn the_folder_gives_the_name_and_is_seen_from_where_c_leads() {
    let project = Project::empty();
    fs::create_dir(project.path().join("above")).unwrap();
    let words = ["-C", "above", "init", "My \"Actions\""];
    let ended = project.cxda(&words).run().exits(0);
    let _ = ended.says(&["cd 'above/My \"Actions\"'"]);
    let settings = project.read("above/My \"Actions\"/cxda.toml");
    assert!(settings.contains("name = \"My--Actions\""), "{settings}");
}

#[test]
fn what_is_there_is_kept_and_the_list_says_so() {
    let project = Project::empty();
    project.write(".gitignore", "target\n");
    project.write("manifests/views.yaml", "mine");
    let ended = project.cxda(&["init", "-o", "json"]).run().exits(0);
    let list = ended.json();
    assert_eq!(list["formatVersion"], "1.0");
    let files = list["files"].as_array().unwrap();
    assert_eq!(files.len(), FILES.len());
    for file in files {
        let path = file["path"].as_str().unwrap();
        let kept = matches!(path, ".gitignore" | "manifests/views.yaml");
        assert_eq!(
            file["outcome"],
            if kept { "kept" } else { "written" },
            "{path}"
        );
    }
    assert_eq!(project.read("manifests/views.yaml"), "mine");
    assert_eq!(project.read(".gitignore"), "target\n");
    project.remove("cxda.toml");
    let again = project.cxda(&["init"]).run().exits(0);
    let _ = again.says(&["· .gitignore  kept", "let it name .cxda/ and .env"]);
}

#[test]
fn a_project_is_never_begun_in_one_or_below_one() {
    let project = Project::on_simulator();
    fs::create_dir(project.path().join("below")).unwrap();
    let before = project.files();
    for folder in [".", "below", "below/new", "below/../other"] {
        let ended = project.cxda(&["init", folder]).run().exits(9);
        let _ = ended.says(&["is a project already"]);
    }
    assert_eq!(project.files(), before);
    assert!(!project.has("below/new"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let project = Project::empty();
    project.write("taken", "a file");
    let ended = project.cxda(&["init", "taken/new"]).run().exits(1);
    let _ = ended.says(&["taken cannot be written", "because: "]);
    assert_eq!(names(&project), ["taken"]);
}

#[cfg(unix)]
#[test]
fn t_05_a_link_out_of_the_folder_is_refused_and_nothing_is_written() {
    let project = Project::empty();
    let elsewhere = Project::empty();
    std::os::unix::fs::symlink(elsewhere.path(), project.path().join(".vscode")).unwrap();
    let ended = project.cxda(&["init"]).run().exits(9);
    let _ = ended.says(&[".vscode is a symbolic link that leads out of the folder"]);
    assert!(elsewhere.files().is_empty());
    assert!(project.files().is_empty());
}

#[test]
fn its_schemas_are_those_that_are_printed_and_editors_find_them() {
    let project = begun();
    for (kind, file) in [
        ("manifest", "schemas/cxda-manifest.json"),
        ("config", "schemas/cxda-config.json"),
    ] {
        let printed = project.cxda(&["schema", kind]).run().exits(0);
        assert_eq!(project.read(file), printed.stdout);
    }
    let editor: Value = serde_json::from_str(&project.read(".vscode/settings.json")).unwrap();
    let settings = project.read("cxda.toml");
    let manifests: toml::Table = settings.parse().unwrap();
    let patterns = serde_json::to_value(&manifests["project"]["manifests"]).unwrap();
    assert_eq!(
        editor,
        json!({"yaml.schemas": {"./schemas/cxda-manifest.json": patterns}})
    );
    assert!(settings.starts_with("#:schema ./schemas/cxda-config.json\n"));
    let _: Value = serde_json::from_str(&project.read(".vscode/extensions.json")).unwrap();
}

#[test]
fn its_manifests_and_settings_are_as_the_schemas_say() {
    let project = begun();
    let manifest = validator("manifest");
    for name in ["manifests/views.yaml", "manifests/actions.yaml"] {
        for document in documents(&project.path().join(name)) {
            assert_fits(&manifest, &document.to_json().unwrap());
        }
    }
    let settings = project.read("cxda.toml");
    assert_fits(&validator("config"), &toml::from_str(&settings).unwrap());
}

#[test]
fn its_real_tenant_only_needs_its_marks_removed_and_credentials() {
    let project = begun();
    let text = project.read("cxda.toml");
    let (before, tenant) = text.split_once("# [tenant.prod]").unwrap();
    let tenant = format!("# [tenant.prod]{tenant}");
    let lines = tenant
        .lines()
        .map(|line| line.strip_prefix('#').unwrap().trim());
    let text = format!("{before}{}\n", lines.collect::<Vec<_>>().join("\n"));
    project.write("cxda.toml", &text);
    assert_fits(&validator("config"), &toml::from_str(&text).unwrap());
    let call = project
        .cxda(&["--tenant", "prod", "plan"])
        .env("CXONE_REGION", "na1");
    let _ = call.run().exits(4).says(&["CXONE_CLIENT_ID"]);
}

/// Every `run` and `uses` below `value`.
fn steps(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if let (true, Some(text)) =
                    (matches!(key.as_str(), "run" | "uses"), member.as_str())
                {
                    found.push((key.clone(), text.to_owned()));
                }
                steps(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| steps(item, found)),
        _ => {}
    }
}

#[test]
fn its_workflow_runs_commands_that_there_are_with_the_least_permissions() {
    let project = begun();
    let workflow = yaml(&project, ".github/workflows/cxda.yml");
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
    let permissions = |job: &str| workflow["jobs"][job]["permissions"].clone();
    assert_eq!(
        permissions("check"),
        json!({"contents": "read", "security-events": "write"})
    );
    assert_eq!(
        permissions("plan"),
        json!({"contents": "read", "pull-requests": "write"})
    );
    assert_eq!(permissions("apply"), Value::Null);

    let mut found = Vec::new();
    steps(&workflow, &mut found);
    steps(
        &yaml(&project, ".github/actions/install-cxda/action.yml"),
        &mut found,
    );
    let mut commands = 0;
    for (key, text) in found {
        if key == "uses" {
            let local = text == "./.github/actions/install-cxda";
            let pinned = text
                .rsplit_once("@v")
                .is_some_and(|(_, version)| version.parse::<u32>().is_ok());
            assert!(local || pinned, "{text}");
        } else if let Some(words) = text.strip_prefix("cxda ") {
            let words = words
                .split(" > ")
                .next()
                .unwrap()
                .replace("\"$CXDA_TENANT\"", "local");
            let words: Vec<&str> = words.split(' ').chain(["--help"]).collect();
            commands += 1;
            let _ = project.cxda(&words).run().exits(0);
        }
    }
    assert_eq!(commands, 4);
}
