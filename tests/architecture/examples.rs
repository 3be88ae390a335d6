//! Every example of a project is a sound one, with no variable set and no tenant at hand.

use crate::shell::Shell;
use crate::tree;

#[test]
fn every_project_is_valid_as_it_stands() {
    let examples = tree::folders("examples");
    assert_eq!(examples, ["outages", "own-adapter", "quickstart", "tenant"]);
    let shell = Shell::new();
    for example in ["quickstart", "tenant"] {
        let (exit, said) = shell.run(&format!("cxda -C examples/{example} validate"));
        assert_eq!(exit, 0, "{said}");
        assert!(said.ends_with(" resources valid.\n"), "{said}");
    }
}

#[test]
fn the_quickstart_has_a_file_for_each_area() {
    let files = tree::files("examples/quickstart/manifests", ".yaml");
    let names: Vec<&str> = files
        .iter()
        .filter_map(|path| path.rsplit('/').next())
        .collect();
    assert_eq!(
        names,
        [
            "1-views.yaml",
            "2-actions.yaml",
            "3-cache.yaml",
            "4-variables.yaml",
            "5-dates.yaml"
        ]
    );
}

#[test]
fn the_tenant_example_rehearses_on_the_simulator() {
    let shell = Shell::new();
    let apply = "cxda -C examples/tenant --tenant rehearsal apply --yes";
    let (exit, said) = shell.run(apply);
    assert_eq!(exit, 3, "the encrypted variable has no value: {said}");
    assert!(said.contains("error[E008]"), "{said}");
    let (exit, said) = shell.run(&format!("CRM_TOKEN=a-planted-secret {apply}"));
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("Done: 3 created"), "{said}");
    assert!(!said.contains("a-planted-secret"), "{said}");
    let (exit, said) = shell.run("grep -r a-planted-secret examples");
    assert_eq!(exit, 1, "the secret was kept: {said}");
}
