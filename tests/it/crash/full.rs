//! A disk that is full: a file system of a few kilobytes where the machine lets one be mounted, and a limit on the size of files,
//! which works everywhere.

use std::process::{Command, Output};

use super::laws::unaudited;
use super::points::finish;
use super::scene::{APPLY, Desired, Scene, Size};

/// Runs an apply in the scene's project by way of the shell script `script`, whose `$0` is `size` and whose `$@` is the call.
fn apply_by(scene: &Scene, before: &[&str], script: &str, size: usize) -> Output {
    let words = [before, &["sh", "-c", script]].concat();
    Command::new(words[0])
        .args(&words[1..])
        .arg(size.to_string())
        .arg(env!("CARGO_BIN_EXE_cxda"))
        .args(APPLY)
        .env("CXONE_CLIENT_ID", "the-client-id")
        .env("CXONE_CLIENT_SECRET", "the-client-secret")
        .current_dir(scene.project.path())
        .output()
        .unwrap()
}

/// All that is wrong after a run for which there was not enough room.
fn judge(scene: &Scene, size: usize, output: &Output) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    let mut found = unaudited(scene);
    if said.contains("panicked") {
        found.push(format!("panicked: {said}"));
    }
    match output.status.code() {
        Some(0 | 1 | 6 | 11 | 12) => {}
        other => found.push(format!("exit {other:?}: {said}")),
    }
    let found = found.iter().map(|found| format!("size {size}: {found}"));
    found.collect()
}

/// Runs with each of `sizes` in turn on projects of their own; the smallest must be too small, and the largest enough.
#[track_caller]
fn hold(sizes: &[usize], apply: impl Fn(&Scene, usize) -> Output) {
    let mut found = Vec::new();
    let mut codes = Vec::new();
    for &size in sizes {
        let scene = Scene::new(Size::SMALL);
        let output = apply(&scene, size);
        codes.push(output.status.code());
        found.extend(judge(&scene, size, &output));
        found.extend(finish(&scene, Desired::First, &format!("size {size}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_ne!(codes.first(), Some(&Some(0)), "{codes:?}");
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
}

#[test]
fn files_that_may_grow_no_further_let_nothing_go_unaudited_or_lost() {
    // In blocks of 512 bytes. Without the signal a write that goes too far is an error.
    let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
    let sizes = [0, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 16_384];
    hold(&sizes, |scene, size| apply_by(scene, &[], script, size));
}

#[test]
fn a_full_file_system_lets_nothing_go_unaudited_or_lost() {
    let may_mount = Command::new("unshare")
        .args(["-Urm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"])
        .output();
    if !may_mount.is_ok_and(|output| output.status.success()) {
        eprintln!("this machine lets no file system be mounted");
        return;
    }
    // The project is copied in, and what is left of it back, for the file system ends with the process.
    let script = r#"set -e
        mkdir disk
        mount -t tmpfs -o size="$0"k tmpfs disk
        cp cxda.toml token.txt ./*.cxda.yaml disk
        (cd disk; exec "$@") && code=0 || code=$?
        [ ! -e disk/.cxda ] || cp -a disk/.cxda .
        exit $code"#;
    let sizes = [
        24, 36, 48, 64, 96, 128, 160, 192, 256, 320, 384, 448, 16_384,
    ];
    hold(&sizes, |scene, size| {
        apply_by(scene, &["unshare", "-Urm"], script, size)
    });
}
