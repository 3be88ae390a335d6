//! Files that others may read, have made, or have turned into links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::ACTION;
use crate::stage::Project;

const KEPT: [&str; 3] = ["state.db", "audit.jsonl", "simulator.json"];

/// A project on the built-in simulator with one action.
fn project() -> Project {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION);
    project
}

fn mode(project: &Project, name: &str) -> u32 {
    let metadata = fs::metadata(project.path().join(name)).unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn t_05_under_a_umask_of_nothing_what_is_kept_is_its_owners_alone() {
    let project = project();
    let script = format!(
        "umask 000; {0} plan --out saved.plan && exec {0} apply saved.plan --yes",
        env!("CARGO_BIN_EXE_cxda")
    );
    let status = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .current_dir(project.path())
        .output()
        .unwrap();
    assert_eq!(
        status.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    assert_eq!(mode(&project, ".cxda"), 0o700);
    assert_eq!(mode(&project, "saved.plan"), 0o600);
    let files = project.files();
    let kept = files.keys().filter(|path| path.starts_with(".cxda"));
    let kept: Vec<&str> = kept.map(|path| path.to_str().unwrap()).collect();
    assert!(kept.len() >= KEPT.len(), "{kept:?}");
    for name in kept {
        assert_eq!(mode(&project, name), 0o600, "{name}");
    }
}

#[test]
fn t_05_what_is_kept_is_never_written_through_a_link() {
    for name in KEPT {
        let project = project();
        let elsewhere = project.write("elsewhere", "");
        fs::create_dir(project.path().join(".cxda")).unwrap();
        symlink(&elsewhere, project.path().join(".cxda").join(name)).unwrap();
        let _ = project.cxda(&["apply", "--yes"]).run();
        assert_eq!(project.read("elsewhere"), "", "{name}");
    }
    let project = project();
    let save = |name: &str| project.cxda(&["plan", "--out", name]).run().exits(0);
    let _ = save("elsewhere");
    project.edit("elsewhere", "local", "other");
    let earlier = project.read("elsewhere");
    let elsewhere = project.path().join("elsewhere");
    symlink(&elsewhere, project.path().join("saved.plan")).unwrap();
    let _ = save("saved.plan");
    assert_eq!(project.read("elsewhere"), earlier);
    assert_eq!(mode(&project, "saved.plan"), 0o600);
}

#[test]
fn t_05_what_was_readable_by_others_is_closed_by_the_next_run() {
    let project = project();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    for name in KEPT {
        let path = project.path().join(".cxda").join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    }
    project.edit("a.cxda.yaml", "first", "second");
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    for name in KEPT {
        assert_eq!(mode(&project, &format!(".cxda/{name}")), 0o600, "{name}");
    }
}

#[test]
fn t_05_a_folder_that_others_may_look_into_is_found_and_closed_by_the_next_run() {
    let project = project();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let record = ["cache", "record", "alpha", "--hits", "1", "--misses", "0"];
    for words in [&["apply", "--yes"][..], &record] {
        for name in [".cxda", ".cxda/locks"] {
            let open = fs::Permissions::from_mode(0o750);
            fs::set_permissions(project.path().join(name), open).unwrap();
            let found = project.cxda(&["doctor", "-o", "json"]).run().json();
            let checks = found["checks"].as_array().unwrap();
            let store = checks.iter().find(|check| check["name"] == "store");
            let store = store.unwrap();
            assert_eq!(store["status"], "warning", "{store}");
            assert!(store["detail"].as_str().unwrap().ends_with(name), "{store}");
            let _ = project.cxda(words).run().exits(0);
            assert_eq!(mode(&project, name), 0o700, "{name}");
        }
    }
}
