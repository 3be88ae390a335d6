//! Which files are manifests.

use std::path::PathBuf;

use cxda_adapters_fs::project::{Found, PatternError, Patterns, Project};
use cxda_ports::error::SourceError;

use super::Fixture;

fn standard() -> Patterns {
    Patterns::new(Patterns::STANDARD).unwrap()
}

fn names(found: &Found) -> Vec<&str> {
    assert!(found.problems.is_empty(), "{found:?}");
    found.files.iter().map(String::as_str).collect()
}

#[test]
fn standard_patterns_match_in_every_folder_but_hidden_ones() {
    let fixture = Fixture::new(&[
        "views.cxda.yaml",
        "b/a.cxda.yml",
        "b/c/d.cxda.json",
        "a.cxda.toml",
        "b/é.cxda.yaml",
        // None of these is a manifest.
        "cxda.toml",
        "b/plain.yaml",
        "b/x.cxda.yaml.bak",
        "b/X.CXDA.YAML",
        ".cxda/saved.cxda.yaml",
        ".git/x.cxda.yaml",
        "b/.hidden/x.cxda.yaml",
        "b/.#a.cxda.yaml",
        "scripts/score.js",
    ]);
    std::fs::create_dir(fixture.path("folder.cxda.yaml")).unwrap();
    let found = fixture.project().find(&standard());
    let want = [
        "a.cxda.toml",
        "b/a.cxda.yml",
        "b/c/d.cxda.json",
        "b/é.cxda.yaml",
        "views.cxda.yaml",
    ];
    assert_eq!(names(&found), want);
}

#[test]
fn own_patterns_replace_the_standard() {
    let fixture = Fixture::new(&[
        "a.yaml",
        "m/a.yaml",
        "m/b/c.yaml",
        "m/b/d.yml",
        "m/e.cxda.yaml",
    ]);
    let cases: [(&[&str], &[&str]); 6] = [
        (
            &["m/**/*.yaml"],
            &["m/a.yaml", "m/b/c.yaml", "m/e.cxda.yaml"],
        ),
        (&["m/*.yaml"], &["m/a.yaml", "m/e.cxda.yaml"]),
        (&["./a.yaml"], &["a.yaml"]),
        (&["*.yaml", "**/d.yml"], &["a.yaml", "m/b/d.yml"]),
        (&["m/b/*.{yaml,yml}"], &["m/b/c.yaml", "m/b/d.yml"]),
        (&["nothing"], &[]),
    ];
    for (patterns, want) in cases {
        let found = fixture
            .project()
            .find(&Patterns::new(patterns.iter().copied()).unwrap());
        assert_eq!(names(&found), want, "case: {patterns:?}");
    }
}

#[test]
fn patterns_that_leave_the_folder_or_are_not_well_formed_are_refused() {
    for pattern in ["/etc/*.yaml", "../*.yaml", "a/../../b.yaml"] {
        let refused = Patterns::new([pattern]).unwrap_err();
        assert_eq!(
            refused,
            PatternError::Outside {
                pattern: pattern.to_owned()
            }
        );
    }
    insta::assert_snapshot!(
        Patterns::new(["a", "m/{a"]).unwrap_err(),
        @r#"pattern "m/{a" is not valid: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)"#
    );
}

#[test]
fn a_person_may_name_files_and_folders() {
    let fixture = Fixture::new(&[
        "a.cxda.yaml",
        "m/b.cxda.yaml",
        "m/plain.yaml",
        ".x/c.cxda.yaml",
    ]);
    let project = fixture.project();
    let absolute = fixture.path("m/b.cxda.yaml").to_string_lossy().into_owned();
    let cases: [(&[&str], &[&str]); 7] = [
        (&["m"], &["m/b.cxda.yaml"]),
        (&["m/"], &["m/b.cxda.yaml"]),
        (
            &["m/plain.yaml", "m", "m/b.cxda.yaml"],
            &["m/b.cxda.yaml", "m/plain.yaml"],
        ),
        (&["."], &["a.cxda.yaml", "m/b.cxda.yaml"]),
        (&[".x"], &[".x/c.cxda.yaml"]),
        (&[&absolute], &["m/b.cxda.yaml"]),
        // Whether it is there shows when it is opened.
        (&["m/../gone.yaml"], &["gone.yaml"]),
    ];
    for (paths, want) in cases {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        let found = project.select(&paths, &standard());
        assert_eq!(names(&found), want, "case: {paths:?}");
    }
    for path in ["/etc/passwd", "../x.yaml", "..", "m/../../x.yaml"] {
        let found = project.select(&[PathBuf::from(path)], &standard());
        assert_eq!(found.files, [""; 0], "case: {path}");
        assert_eq!(
            found.problems[0].error.to_string(),
            "it lies outside the project"
        );
    }
}

#[test]
fn a_project_needs_its_folder() {
    let fixture = Fixture::new(&["file"]);
    assert!(matches!(
        Project::open(&fixture.path("gone")),
        Err(SourceError::Missing { .. })
    ));
    assert!(matches!(
        Project::open(&fixture.path("file")),
        Err(SourceError::Unreadable { .. })
    ));
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed_and_links_to_files_are_listed() {
    let fixture = Fixture::new(&["m/a.cxda.yaml", "../outside/x.cxda.yaml"]);
    fixture.link("loop", ".");
    fixture.link("m/up", "..");
    fixture.link("out", "../outside");
    fixture.link("folder.cxda.yaml", "m");
    fixture.link("linked.cxda.yaml", "m/a.cxda.yaml");
    fixture.link("broken.cxda.yaml", "gone");
    let found = fixture.project().find(&standard());
    assert_eq!(
        names(&found),
        ["broken.cxda.yaml", "linked.cxda.yaml", "m/a.cxda.yaml"]
    );
}

#[cfg(unix)]
#[test]
fn a_folder_reached_through_a_link_is_the_same_project() {
    let fixture = Fixture::new(&["m/a.cxda.yaml"]);
    fixture.link("../other", "project");
    let project = Project::open(&fixture.path("../other")).unwrap();
    let found = project.select(&[fixture.path("../other/m/a.cxda.yaml")], &standard());
    assert_eq!(names(&found), ["m/a.cxda.yaml"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_reported_where_a_pattern_matches() {
    use std::os::unix::ffi::OsStrExt as _;

    let fixture = Fixture::new(&["a.cxda.yaml"]);
    for name in [b"\xff.cxda.yaml".as_slice(), b"\xff.js"] {
        let path = fixture.path("").join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(path, "").unwrap();
    }
    let found = fixture.project().find(&standard());
    assert_eq!(found.files, ["a.cxda.yaml"]);
    assert_eq!(found.problems.len(), 1);
    assert_eq!(found.problems[0].error.to_string(), "its name is not UTF-8");
}
