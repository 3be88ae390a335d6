//! The direction of dependencies: which crate may use which other, read from each `Cargo.toml`.
//!
//! What a crate needs for its tests alone is judged apart, by rules of its own.

use std::collections::BTreeMap;

use toml::Table;

use crate::tree;

/// One crate, by its folder, and what it may depend on among ours.
struct Row {
    folder: &'static str,
    ours: &'static [&'static str],
}

/// The table of allowed edges. `app` is the binary, and nobody may depend on it.
const ROWS: [Row; 10] = [
    Row {
        folder: "domain",
        ours: &[],
    },
    Row {
        folder: "ports",
        ours: &["domain"],
    },
    Row {
        folder: "usecases",
        ours: &["domain", "ports"],
    },
    Row {
        folder: "adapters-http",
        ours: &["domain", "ports"],
    },
    Row {
        folder: "adapters-fs",
        ours: &["domain", "ports"],
    },
    Row {
        folder: "adapters-script",
        ours: &["domain", "ports"],
    },
    Row {
        folder: "adapters-memory",
        ours: &["domain", "ports"],
    },
    Row {
        folder: "simulator",
        ours: &["domain", "ports", "adapters-memory"],
    },
    Row {
        folder: "testkit",
        ours: &[
            "domain",
            "ports",
            "usecases",
            "adapters-http",
            "adapters-fs",
            "adapters-script",
            "adapters-memory",
            "simulator",
        ],
    },
    Row {
        folder: "app",
        ours: &[
            "domain",
            "ports",
            "usecases",
            "adapters-http",
            "adapters-fs",
            "adapters-script",
            "adapters-memory",
            "simulator",
        ],
    },
];

/// Everything that `domain` may depend on.
const DOMAIN: [&str; 8] = [
    "chrono",
    "chrono-tz",
    "petgraph",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "uuid",
];

/// Beginnings of the names of packages that one crate alone may use, and that crate.
const OWNED: [(&str, &str); 8] = [
    ("reqwest", "adapters-http"),
    ("axum", "simulator"),
    ("rusqlite", "adapters-fs"),
    ("clap", "app"),
    ("rquickjs", "adapters-script"),
    ("boa_", "adapters-script"),
    ("oxc_", "adapters-script"),
    ("deno_core", "adapters-script"),
];

/// For what a dependency is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It is part of what is shipped, or builds it.
    Shipped,
    /// Tests and benches need it.
    Tests,
}

/// A dependency as a `Cargo.toml` declares it.
struct Dependency {
    package: String,
    purpose: Purpose,
    optional: bool,
    features: Vec<String>,
}

/// What the manifest of the crate in `folder` declares wrongly.
fn findings(folder: &str, manifest: &str, workspace: &str) -> Vec<String> {
    let manifest: Table = manifest.parse().unwrap();
    let workspace: Table = workspace.parse().unwrap();
    let Some(row) = ROWS.iter().find(|row| row.folder == folder) else {
        return vec![format!("crates/{folder} has no row in the table")];
    };
    let mut findings = Vec::new();
    let name = manifest["package"]["name"].as_str().unwrap();
    if name != package_of(folder) {
        findings.push(format!("crates/{folder} holds the package {name}"));
    }
    for dependency in dependencies(&manifest, &workspace) {
        let wrong = match dependency.purpose {
            Purpose::Shipped => shipped(row, &dependency),
            Purpose::Tests => tested(row, &dependency),
        };
        findings.extend(wrong.map(|why| format!("{folder}: {} {why}", dependency.package)));
    }
    findings
}

fn shipped(row: &Row, dependency: &Dependency) -> Option<&'static str> {
    let package = dependency.package.as_str();
    if let Some(ours) = folder_of(package) {
        if !row.ours.contains(&ours) {
            return Some("is an edge that the table lacks");
        }
        let mock = dependency.features.iter().any(|feature| feature == "mock");
        return mock.then_some("ships with its mocks");
    }
    if row.folder == "domain" && !DOMAIN.contains(&package) {
        return Some("is none of what the domain may use");
    }
    if package == "mockall" && !(row.folder == "ports" && dependency.optional) {
        return Some("belongs behind the feature `mock` of ports");
    }
    OWNED
        .iter()
        .any(|(start, owner)| package.starts_with(start) && row.folder != *owner)
        .then_some("belongs to another crate")
}

fn tested(row: &Row, dependency: &Dependency) -> Option<&'static str> {
    let ours = folder_of(&dependency.package)?;
    if ours == "app" {
        return Some("is the binary, which no crate's tests may use");
    }
    (row.folder == "domain").then_some("is not needed to test the domain, which is pure")
}

/// Every dependency of `manifest`, by the name of its package.
fn dependencies(manifest: &Table, workspace: &Table) -> Vec<Dependency> {
    let mut found = Vec::new();
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let by_target = targets.into_iter().flat_map(Table::values);
    for table in by_target
        .filter_map(toml::Value::as_table)
        .chain([manifest])
    {
        for (section, purpose) in [
            ("dependencies", Purpose::Shipped),
            ("build-dependencies", Purpose::Shipped),
            ("dev-dependencies", Purpose::Tests),
        ] {
            let entries = table.get(section).and_then(toml::Value::as_table);
            for (key, value) in entries.into_iter().flatten() {
                found.push(dependency(key, value, purpose, workspace));
            }
        }
    }
    found
}

fn dependency(key: &str, value: &toml::Value, purpose: Purpose, workspace: &Table) -> Dependency {
    let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    let shared = workspace["workspace"]["dependencies"]
        .get(key)
        .filter(|_| inherited);
    let renamed = [Some(value), shared]
        .into_iter()
        .flatten()
        .find_map(|value| value.get("package")?.as_str());
    let features = [Some(value), shared]
        .into_iter()
        .flatten()
        .filter_map(|value| value.get("features")?.as_array())
        .flatten()
        .filter_map(|feature| Some(feature.as_str()?.to_owned()));
    Dependency {
        package: renamed.unwrap_or(key).to_owned(),
        purpose,
        optional: value.get("optional").and_then(toml::Value::as_bool) == Some(true),
        features: features.collect(),
    }
}

fn package_of(folder: &str) -> String {
    match folder {
        "app" => "cxda".to_owned(),
        other => format!("cxda-{other}"),
    }
}

/// The folder of one of our packages; an unknown one of ours stands for itself.
fn folder_of(package: &str) -> Option<&str> {
    match package {
        "cxda" => Some("app"),
        other => other.strip_prefix("cxda-"),
    }
}

#[test]
fn every_dependency_points_in_the_allowed_direction() {
    let workspace = tree::read("Cargo.toml");
    let findings: Vec<String> = tree::folders("crates")
        .iter()
        .flat_map(|folder| {
            let manifest = tree::read(&format!("crates/{folder}/Cargo.toml"));
            findings(folder, &manifest, &workspace)
        })
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// What is found where `folder` has `dependencies` besides its package.
fn judge(folder: &str, dependencies: &str) -> Vec<String> {
    let workspace = r#"
        [workspace.dependencies]
        cxda-ports = { path = "crates/ports" }
        http-client = { package = "reqwest", version = "0.13" }
    "#;
    let name = package_of(folder);
    let manifest = format!("[package]\nname = {name:?}\n{dependencies}");
    findings(folder, &manifest, workspace)
}

#[test]
fn an_edge_against_the_table_is_found_in_every_section() {
    for section in [
        "dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
        "target.x86_64-unknown-linux-gnu.build-dependencies",
    ] {
        let found = judge("usecases", &format!("[{section}]\ncxda-adapters-fs = '1'"));
        assert_eq!(
            found,
            ["usecases: cxda-adapters-fs is an edge that the table lacks"],
            "case: {section}"
        );
    }
}

#[test]
fn each_kind_of_mistake_is_found() {
    for (folder, dependencies, want) in [
        (
            "domain",
            "[dependencies]\ntokio = '1'",
            "domain: tokio is none of what the domain may use",
        ),
        (
            "domain",
            "[dependencies]\ncxda-ports.workspace = true",
            "domain: cxda-ports is an edge that the table lacks",
        ),
        (
            "domain",
            "[dev-dependencies]\ncxda-testkit = '1'",
            "domain: cxda-testkit is not needed to test the domain, which is pure",
        ),
        (
            "adapters-fs",
            "[dependencies]\ncxda-adapters-memory = '1'",
            "adapters-fs: cxda-adapters-memory is an edge that the table lacks",
        ),
        (
            "simulator",
            "[dependencies]\ncxda-adapters-http = '1'",
            "simulator: cxda-adapters-http is an edge that the table lacks",
        ),
        (
            "app",
            "[dependencies]\ncxda-testkit = '1'",
            "app: cxda-testkit is an edge that the table lacks",
        ),
        (
            "testkit",
            "[dependencies]\ncxda = '1'",
            "testkit: cxda is an edge that the table lacks",
        ),
        (
            "simulator",
            "[dev-dependencies]\ncxda = '1'",
            "simulator: cxda is the binary, which no crate's tests may use",
        ),
        (
            "usecases",
            "[dependencies]\nreqwest = '1'",
            "usecases: reqwest belongs to another crate",
        ),
        (
            "usecases",
            "[dependencies]\nhttp-client.workspace = true",
            "usecases: reqwest belongs to another crate",
        ),
        (
            "app",
            "[dependencies]\nclient = { package = 'reqwest', version = '1' }",
            "app: reqwest belongs to another crate",
        ),
        (
            "simulator",
            "[dependencies]\nreqwest = '1'",
            "simulator: reqwest belongs to another crate",
        ),
        (
            "app",
            "[dependencies]\naxum = '1'",
            "app: axum belongs to another crate",
        ),
        (
            "simulator",
            "[dependencies]\nrusqlite = '1'",
            "simulator: rusqlite belongs to another crate",
        ),
        (
            "adapters-http",
            "[dependencies]\nclap_complete = '1'",
            "adapters-http: clap_complete belongs to another crate",
        ),
        (
            "app",
            "[dependencies]\nrquickjs = '1'",
            "app: rquickjs belongs to another crate",
        ),
        (
            "ports",
            "[dependencies]\nmockall = '1'",
            "ports: mockall belongs behind the feature `mock` of ports",
        ),
        (
            "usecases",
            "[dependencies]\ncxda-ports = { workspace = true, features = ['mock'] }",
            "usecases: cxda-ports ships with its mocks",
        ),
        (
            "adapters-new",
            "",
            "crates/adapters-new has no row in the table",
        ),
    ] {
        assert_eq!(judge(folder, dependencies), [want]);
    }
    let wrong_name = findings(
        "ports",
        "[package]\nname = 'ports'",
        "[workspace.dependencies]",
    );
    assert_eq!(wrong_name, ["crates/ports holds the package ports"]);
}

#[test]
fn what_the_table_allows_is_not_found() {
    for (folder, dependencies) in [
        ("domain", "[dependencies]\nserde = '1'\nuuid = '1'"),
        (
            "ports",
            "[dependencies]\ncxda-domain = '1'\nmockall = { version = '1', optional = true }",
        ),
        (
            "simulator",
            "[dependencies]\naxum = '1'\n[dev-dependencies]\nreqwest = '1'",
        ),
        ("app", "[dev-dependencies]\nreqwest = '1'"),
        (
            "usecases",
            "[dev-dependencies]\ncxda-adapters-memory = '1'\ncxda-testkit = '1'\nmockall = '1'\ncxda-ports = { workspace = true, features = ['mock'] }",
        ),
    ] {
        assert_eq!(judge(folder, dependencies), [""; 0], "case: {folder}");
    }
}

#[test]
fn no_edge_of_the_table_closes_a_cycle() {
    let rows: BTreeMap<&str, &[&str]> = ROWS.iter().map(|row| (row.folder, row.ours)).collect();
    let mut settled: Vec<&str> = Vec::new();
    while settled.len() < rows.len() {
        let next = rows.iter().find(|(folder, ours)| {
            !settled.contains(folder) && ours.iter().all(|other| settled.contains(other))
        });
        let (folder, _) = next.expect("every crate comes after what it depends on");
        settled.push(folder);
    }
}
