//! The documents below `docs` are true: whoever follows them word for word comes to what they show.
//!
//! The README is looked at elsewhere, and so are the pages that are made from the code.

use std::fs;

use crate::shell::{Shell, blocks, steps};
use crate::tree;

const GUIDE: &str = "docs/guide.md";
const RECIPES: &str = "docs/recipes.md";

#[test]
fn the_guide_leads_from_an_empty_folder_to_a_pipeline() {
    let steps = steps(&tree::read(GUIDE));
    assert!(steps.len() > 40, "the commands were not found");
    let mut shell = Shell::empty();
    // For the real tenant.
    shell.simulate();
    shell.follow(&steps);
}

/// Each recipe begins in an empty folder.
#[test]
fn every_recipe_works_by_itself() {
    let recipes = tree::read(RECIPES);
    let mut failures = Vec::new();
    for recipe in recipes.split("\n## ").skip(1) {
        let mut shell = Shell::empty();
        shell.simulate();
        let failed = shell.failures(&steps(recipe));
        if !failed.is_empty() {
            let name = recipe.lines().next().unwrap_or_default();
            failures.push(format!("{name}\n{failed}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_command_of_the_other_documents_does_what_they_show() {
    let mut failures = Vec::new();
    for path in tree::files("docs", ".md") {
        if path == GUIDE || path == RECIPES {
            continue;
        }
        let steps = steps(&tree::read(&path));
        if steps.is_empty() {
            continue;
        }
        let mut shell = Shell::new();
        shell.simulate();
        let failed = shell.failures(&steps);
        if !failed.is_empty() {
            failures.push(format!("{path}\n{failed}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_command_of_the_tenant_example_works() {
    let mut shell = Shell::new();
    shell.simulate();
    let prepare = "```sh\ncd examples/tenant\nexport CXONE_CLIENT_ID=id\nexport CXONE_CLIENT_SECRET=secret\nexport CRM_TOKEN=token\n```";
    shell.follow(&steps(prepare));
    let example = steps(&tree::read("examples/tenant/README.md"));
    shell.follow(&example);
}

#[test]
fn the_manifests_that_are_shown_are_one_sound_project() {
    let mut shell = Shell::empty();
    let write = |name: &str, text: &str| fs::write(shell.folder().join(name), text).unwrap();
    let shown = blocks(&tree::read("docs/manifests.md"));
    let yaml = shown.iter().filter(|block| block.language == "yaml");
    let mut areas = 0;
    for (number, block) in yaml.enumerate() {
        write(&format!("{number}.cxda.yaml"), &block.lines.join("\n"));
        areas += 1;
    }
    assert_eq!(areas, 5);
    write("cxda.toml", "[tenant.local]\nsimulator = true\n");
    let commands = "```console\n$ export CRM_TOKEN=token\n$ cxda validate\n5 resources valid.\n$ cxda apply --yes\n...\nDone: 5 created, 0 updated, 0 deleted, 0 unchanged. 9 requests.\n$ cxda plan --detailed-exitcode\n...\n```";
    shell.follow(&steps(commands));
}

#[test]
fn the_settings_that_are_shown_are_accepted() {
    let shown = blocks(&tree::read("docs/tenant.md"));
    let settings = shown.iter().filter(|block| block.language == "toml");
    let settings: Vec<String> = settings.map(|block| block.lines.join("\n")).collect();
    assert!(!settings.is_empty(), "the settings were not found");
    let mut shell = Shell::new();
    let file = shell.folder().join("examples/tenant/cxda.toml");
    fs::write(file, settings.join("\n")).unwrap();
    let commands = "```sh\ncd examples/tenant\ncxda validate\nexport CXONE_REGION=na1\nexport BI_WEBHOOK_URL=https://example.com\n```";
    shell.follow(&steps(commands));
    let (exit, said) = shell.run("cxda plan");
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("CXONE_CLIENT_ID"), "{said}");
}
