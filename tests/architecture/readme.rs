//! The README is true: its commands do what it shows, its manifests are sound, and its tables are complete.

use std::fs;
use std::path::Path;

use crate::shell::{Shell, Step, blocks, steps};
use crate::tree;

fn failures(shell: &mut Shell, steps: &[Step]) -> String {
    let failures = steps.iter().filter_map(|step| shell.carry_out(step).err());
    failures.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn every_command_does_what_the_readme_shows() {
    let steps = steps(&tree::read("README.md"));
    assert!(steps.len() > 20, "the commands were not found");
    let mut shell = Shell::new();
    let failures = failures(&mut shell, &steps);
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_command_of_the_tenant_example_works() {
    let steps = steps(&tree::read("examples/tenant/README.md"));
    let mut shell = Shell::new();
    shell.simulate();
    let prepare = "```sh\ncd examples/tenant\nexport CXONE_CLIENT_ID=id\nexport CXONE_CLIENT_SECRET=secret\nexport CRM_TOKEN=token\n```";
    assert_eq!(failures(&mut shell, &crate::shell::steps(prepare)), "");
    let failures = failures(&mut shell, &steps);
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn two_commands_do_all_the_set_up() {
    let readme = tree::read("README.md");
    let first: Vec<Vec<String>> = blocks(&readme)
        .into_iter()
        .take(1)
        .map(|block| block.lines)
        .collect();
    assert_eq!(
        first,
        [[
            "cargo run --release -- -C examples/quickstart apply --yes",
            "cargo test --workspace",
        ]]
    );
}

/// What cargo is asked for is not done by the shell here, so that it exists is looked at here.
#[test]
fn what_is_asked_of_cargo_is_known() {
    let known = [
        "cargo run --release -- -C examples/quickstart apply --yes",
        "cargo test --workspace",
        "cargo install --path crates/app --locked",
    ];
    for step in steps(&tree::read("README.md")) {
        let is_known = known.contains(&step.command.as_str());
        assert!(
            !step.command.starts_with("cargo ") || is_known,
            "{}",
            step.command
        );
    }
    assert!(tree::read("crates/app/Cargo.toml").contains("[[bin]]"));
}

#[test]
fn the_manifests_of_the_readme_are_one_sound_project() {
    let readme = tree::read("README.md");
    let mut shell = Shell::new();
    let project = shell.folder().join("readme");
    fs::create_dir(&project).unwrap();
    let write = |name: &str, lines: &[String]| {
        fs::write(project.join(name), lines.join("\n")).unwrap();
    };
    let yaml = blocks(&readme)
        .into_iter()
        .filter(|block| block.language == "yaml");
    let mut areas = 0;
    for (number, block) in yaml.enumerate() {
        write(&format!("{number}.cxda.yaml"), &block.lines);
        areas += 1;
    }
    assert_eq!(areas, 5);
    let settings = ["[tenant.local]".to_owned(), "simulator = true".to_owned()];
    write("cxda.toml", &settings);
    let commands = "```console\n$ cd readme\n$ export CRM_TOKEN=token\n$ cxda validate\n5 resources valid.\n$ cxda apply --yes\n...\nDone: 5 created, 0 updated, 0 deleted, 0 unchanged. 9 requests.\n$ cxda plan --detailed-exitcode\n...\n```";
    let failures = failures(&mut shell, &steps(commands));
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_settings_of_the_readme_are_accepted() {
    let readme = tree::read("README.md");
    let settings = blocks(&readme)
        .into_iter()
        .find(|block| block.language == "toml")
        .unwrap();
    let mut shell = Shell::new();
    let file = shell.folder().join("examples/tenant/cxda.toml");
    fs::write(file, settings.lines.join("\n")).unwrap();
    let commands = "```sh\ncd examples/tenant\ncxda validate\nexport CXONE_REGION=na1\n```";
    assert_eq!(failures(&mut shell, &steps(commands)), "");
    let (exit, said) = shell.run("cxda plan");
    assert_eq!(exit, 4, "{said}");
    assert!(said.contains("CXONE_CLIENT_ID"), "{said}");
}

#[test]
fn the_commands_of_the_binary_stand_in_the_readme_and_no_others() {
    let shell = Shell::new();
    let (_, help) = shell.run("cxda --help");
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let readme = tree::read("README.md");
    let documented = table(&readme, "| command | does |")
        .into_iter()
        .filter_map(|cell| cell.split_whitespace().next().map(ToOwned::to_owned));
    assert_eq!(documented.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
}

#[test]
fn a_format_that_a_command_does_not_print_is_refused() {
    let shell = Shell::new();
    for format in ["markdown", "junit"] {
        let (exit, _) = shell.run(&format!("cxda -o {format} validate"));
        assert_eq!(exit, 64, "{format}");
    }
}

#[test]
fn the_exit_codes_of_the_binary_stand_in_the_readme_and_no_others() {
    let source = tree::read("crates/app/src/exit.rs");
    let in_code = source.lines().filter_map(|line| {
        let (_, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        number.parse::<u8>().ok()
    });
    let readme = tree::read("README.md");
    let documented = table(&readme, "| exit code | meaning |");
    let documented = documented
        .iter()
        .flat_map(|cell| cell.split(", "))
        .map(|number| number.parse::<u8>().unwrap());
    assert_eq!(documented.collect::<Vec<_>>(), in_code.collect::<Vec<_>>());
}

#[test]
fn the_variables_that_are_read_stand_in_the_readme_and_no_others() {
    let source = tree::read("crates/app/src/env.rs");
    let constants = source
        .lines()
        .filter(|line| line.starts_with("pub(crate) const "));
    let mut in_code: Vec<&str> = constants
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect();
    in_code.sort_unstable();
    let readme = tree::read("README.md");
    let (_, after) = readme.split_once("| variable | meaning |").unwrap();
    let (rows, _) = after.split_once("\n\n").unwrap();
    let is_name =
        |word: &&str| word.chars().all(|c| c.is_ascii_uppercase() || c == '_') && word.len() > 2;
    let mut documented: Vec<&str> = rows.split('`').filter(is_name).collect();
    documented.sort_unstable();
    assert_eq!(documented, in_code);
}

/// The first cell of each row of the table below `heading`, without backticks.
fn table(markdown: &str, heading: &str) -> Vec<String> {
    markdown
        .lines()
        .skip_while(|line| *line != heading)
        .skip(2)
        .map_while(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" | ").next())
        .map(|cell| cell.replace('`', "").replace("\\|", "|"))
        .collect()
}

#[test]
fn examples_that_the_readme_names_are_there() {
    let root = tree::root();
    for folder in ["examples/quickstart", "examples/tenant"] {
        assert!(Path::new(&root).join(folder).join("cxda.toml").is_file());
    }
}
