//! A store that is lost, damaged, newer or something else: what is said, and what to do about it.

use std::fs;

use crate::stage::Project;

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n";
const STORE: &str = ".cxda/state.db";
const LOG: &str = ".cxda/audit.jsonl";

/// A project on the built-in simulator with one action.
fn project() -> Project {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION);
    project
}

#[test]
fn t_11_a_sound_log_whose_store_is_lost_is_called_sound_and_both_ways_out_are_named() {
    let project = project();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let log = project.read(LOG);
    project.remove(STORE);
    let said = [
        "the log is sound, and the store lacks its records",
        "put the store back",
        "AUDIT_LOG_PATH",
    ];
    // The first run makes a new store, which is empty; the second one finds it.
    for words in [
        &["apply", "--yes"][..],
        &["audit", "verify"],
        &["apply", "--yes"],
    ] {
        let _ = project.cxda(words).run().exits(11).says(&said);
        assert_eq!(project.read(LOG), log);
    }
    let found = project.cxda(&["audit", "verify", "-o", "json"]).run();
    assert_eq!(found.exits(11).json()["fault"]["kind"], "unkept");

    project.remove(LOG);
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let _ = project.cxda(&["audit", "verify"]).run().exits(0);
}

#[test]
fn t_11_apply_says_of_a_log_that_was_changed_what_verify_says() {
    let project = project();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let log = project.read(LOG);
    let last = log.trim_end().rfind('\n').unwrap() + 1;
    for (damaged, why) in [
        (log.replace("alpha", "alphx"), "record 1 was edited"),
        (log[..last].to_owned() + "x\n", "record 2 cannot be read"),
        (log.clone() + "\n", "record 3 cannot be read"),
    ] {
        project.write(LOG, &damaged);
        for words in [&["apply", "--yes"][..], &["audit", "verify"]] {
            let ended = project.cxda(words).run().exits(11);
            let _ = ended.says(&[why, "hint: keep ", "as evidence"]);
            assert_eq!(project.read(LOG), damaged);
            assert!(!project.has(".cxda/audit.jsonl.torn-1"));
        }
    }
}

#[test]
fn a_store_that_cannot_be_used_is_named_with_what_to_do_about_it() {
    let project = project();
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let sound = fs::read(project.path().join(STORE)).unwrap();
    assert!(!project.has(".cxda/state.db-wal"));
    let of_version = |version: u32| {
        let mut file = sound.clone();
        // Where the format of SQLite has the `user_version`.
        file[60..64].copy_from_slice(&version.to_be_bytes());
        file
    };
    let restore = ["put a backup of ", "move it away", "forgotten", STORE];
    for (file, says) in [
        (
            of_version(99),
            &["version 99", "up to ", "use the newer cxda"][..],
        ),
        (of_version(0), &restore),
        (sound[..5000].to_vec(), &restore),
        (b"hello".to_vec(), &restore),
    ] {
        project.write(STORE, &file);
        for words in [&["plan"][..], &["apply", "--yes"], &["doctor"]] {
            let ended = project.cxda(words).run().exits(1);
            let _ = ended.says(says);
            assert_eq!(fs::read(project.path().join(STORE)).unwrap(), file);
        }
    }
    project.remove(STORE);
    fs::create_dir(project.path().join(STORE)).unwrap();
    for words in [&["plan"][..], &["apply", "--yes"]] {
        let _ = project.cxda(words).run().exits(1).says(&restore);
    }
}

#[test]
fn a_file_in_place_of_the_folder_is_to_be_moved_away() {
    let project = Project::on("http://127.0.0.1:9");
    project.write("a.cxda.yaml", ACTION);
    project.write(".cxda", "");
    for words in [&["apply", "--yes"][..], &["metrics"]] {
        let ended = project.cxda_signed_in(words).run().exits(1);
        let _ = ended.says(&[".cxda", "a file stands where one of its folders must be"]);
    }
}
