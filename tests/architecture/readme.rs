//! The README is true: its commands do what it shows, and its table of commands is complete.

use std::path::Path;

use crate::shell::{Shell, blocks, steps};
use crate::tree;

#[test]
fn every_command_does_what_the_readme_shows() {
    let steps = steps(&tree::read("README.md"));
    assert!(steps.len() > 15, "the commands were not found");
    let mut shell = Shell::new();
    shell.follow(&steps);
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
