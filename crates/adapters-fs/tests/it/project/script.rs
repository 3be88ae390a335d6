//! Script files: read inside the project, refused without a word of what they hold elsewhere.

use cxda_domain::action::Script;
use cxda_ports::manifests::{ScriptFileError, ScriptRequest};

use super::Fixture;

fn read(fixture: &Fixture, path: &str) -> Result<String, ScriptFileError> {
    read_from(fixture, "m/a.cxda.yaml", path)
}

fn read_from(fixture: &Fixture, manifest: &str, path: &str) -> Result<String, ScriptFileError> {
    fixture.project().script(&ScriptRequest {
        manifest: manifest.into(),
        path: path.to_owned(),
    })
}

#[test]
fn a_path_is_relative_to_its_manifest() {
    let fixture = Fixture::new(&[]);
    fixture.write("m/scripts/a.js", "one");
    fixture.write("scripts/a.js", "two");
    for (manifest, path, want) in [
        ("m/a.cxda.yaml", "scripts/a.js", "one"),
        ("m/a.cxda.yaml", "./scripts//./a.js", "one"),
        ("a.cxda.yaml", "scripts/a.js", "two"),
        ("a.cxda.yaml", "m/scripts/a.js", "one"),
    ] {
        let read = read_from(&fixture, manifest, path);
        assert_eq!(read.as_deref(), Ok(want), "case: {manifest} {path}");
    }
}

#[test]
fn m_09_paths_that_leave_the_project_are_refused_before_anything_is_opened() {
    let fixture = Fixture::new(&[]);
    fixture.write("m/a.js", "inside");
    fixture.write("a.js", "inside");
    fixture.write("../secret.js", "secret");
    let absolute = fixture.path("m/a.js").to_string_lossy().into_owned();
    for path in [
        "../secret.js",
        "../../secret.js",
        // Even where it would lead back inside.
        "../a.js",
        "../m/a.js",
        "x/../a.js",
        "..",
        "/etc/passwd",
        &absolute,
        "~/a.js",
        "~root/a.js",
        "C:/a.js",
        "c:a.js",
        r"C:\a.js",
        r"\\server\share\a.js",
        "//server/share/a.js",
        r"..\a.js",
        r"x\..\a.js",
    ] {
        let want = Err(ScriptFileError::OutsideProject);
        assert_eq!(read(&fixture, path), want, "case: {path}");
    }
}

#[test]
fn m_09_what_is_no_file_to_read_is_refused() {
    let fixture = Fixture::new(&["m/empty.js"]);
    fixture.write("m/a.js", "text");
    std::fs::create_dir(fixture.path("m/folder.js")).unwrap();
    let backslash = ScriptFileError::Unreadable {
        why: "its path holds a backslash, `/` stands between folders".to_owned(),
    };
    let nul = ScriptFileError::Unreadable {
        why: "its path holds the character U+0000".to_owned(),
    };
    for (path, want) in [
        ("gone.js", ScriptFileError::NotFound),
        ("gone/a.js", ScriptFileError::NotFound),
        ("a.js/b.js", ScriptFileError::NotFound),
        ("", ScriptFileError::NotFound),
        ("a.js\n", ScriptFileError::NotFound),
        ("%2e%2e/secret.js", ScriptFileError::NotFound),
        (&"x".repeat(300), ScriptFileError::NotFound),
        ("folder.js", ScriptFileError::NotRegular),
        (".", ScriptFileError::NotRegular),
        ("a.js/", ScriptFileError::NotRegular),
        ("empty.js", ScriptFileError::Empty),
        (r"scripts\a.js", backslash),
        ("a\0.js", nul),
    ] {
        assert_eq!(read(&fixture, path), Err(want), "case: {path}");
    }
}

#[test]
fn m_09_length_is_counted_in_bytes() {
    let fixture = Fixture::new(&[]);
    for (label, text, want) in [
        ("fits", "x".repeat(Script::MAX_BYTES), None),
        ("one over", "x".repeat(Script::MAX_BYTES + 1), Some(65_537)),
        ("two bytes each", "é".repeat(Script::MAX_BYTES / 2), None),
        (
            "four bytes each",
            "😀".repeat(Script::MAX_BYTES / 4 + 1),
            Some(65_540),
        ),
        ("far over", "x".repeat(10 << 20), Some(10 << 20)),
    ] {
        fixture.write("m/a.js", &text);
        let want = want.map_or(Ok(text.len()), |bytes| {
            Err(ScriptFileError::TooLong { bytes })
        });
        let read = read(&fixture, "a.js").map(|text| text.len());
        assert_eq!(read, want, "case: {label}");
    }
}

#[test]
fn m_09_a_file_that_is_not_utf8_is_refused_at_its_first_bad_byte() {
    let fixture = Fixture::new(&[]);
    for (bytes, at) in [
        (b"ab\xff".as_slice(), 2),
        (b"\xff\xfea\0", 0),
        (b"\xc3\xa9\xed\xa0\x80", 2),
    ] {
        fixture.write("m/a.js", bytes);
        let want = Err(ScriptFileError::NotUtf8 { at });
        assert_eq!(read(&fixture, "a.js"), want, "case: {bytes:?}");
    }
}

#[test]
fn m_09_names_that_differ_in_case_only_are_not_mixed_up() {
    let fixture = Fixture::new(&[]);
    fixture.write("m/score.js", "lower");
    fixture.write("m/Score.js", "upper");
    // Where the system keeps both apart, each is read as itself.
    if std::fs::read_to_string(fixture.path("m/score.js")).unwrap() == "lower" {
        assert_eq!(read(&fixture, "score.js").as_deref(), Ok("lower"));
        assert_eq!(read(&fixture, "Score.js").as_deref(), Ok("upper"));
        assert_eq!(read(&fixture, "SCORE.js"), Err(ScriptFileError::NotFound));
    }
}

#[cfg(unix)]
#[test]
fn m_09_links_are_followed_inside_the_project_only() {
    let fixture = Fixture::new(&[]);
    fixture.write("shared/a.js", "inside");
    fixture.write("../outside/a.js", "secret");
    fixture.write("m/x.js", "inside");
    let absolute = fixture.path("shared/a.js");
    for (name, target) in [
        ("m/file.js", "../shared/a.js"),
        ("m/folder", "../shared"),
        ("m/twice.js", "file.js"),
        ("m/around.js", "folder/../m/./file.js"),
        ("m/out.js", "../../outside/a.js"),
        ("m/out", "../../outside"),
        ("m/hidden.js", "out/a.js"),
        ("m/up.js", "../../../../../../../../../../etc/passwd"),
        ("m/back.js", "../../project/shared/a.js"),
        ("m/absolute.js", absolute.to_str().unwrap()),
        ("m/system.js", "/etc/passwd"),
        ("m/device.js", "/dev/zero"),
        ("m/broken.js", "gone.js"),
        ("m/self.js", "self.js"),
        ("m/to_folder.js", "../shared"),
    ] {
        fixture.link(name, target);
    }
    for path in ["file.js", "folder/a.js", "twice.js", "around.js"] {
        assert_eq!(
            read(&fixture, path).as_deref(),
            Ok("inside"),
            "case: {path}"
        );
    }
    for path in [
        "out.js",
        "out/a.js",
        "hidden.js",
        "up.js",
        "back.js",
        "absolute.js",
        "system.js",
        "device.js",
    ] {
        let want = Err(ScriptFileError::OutsideProject);
        assert_eq!(read(&fixture, path), want, "case: {path}");
    }
    assert_eq!(read(&fixture, "broken.js"), Err(ScriptFileError::NotFound));
    assert_eq!(
        read(&fixture, "to_folder.js"),
        Err(ScriptFileError::NotRegular)
    );
    assert!(matches!(
        read(&fixture, "self.js"),
        Err(ScriptFileError::Unreadable { .. })
    ));
}

#[cfg(unix)]
#[test]
fn m_09_a_hard_link_is_a_regular_file_inside_the_project() {
    let fixture = Fixture::new(&["m/x"]);
    fixture.write("../beside.js", "text");
    std::fs::hard_link(fixture.path("../beside.js"), fixture.path("m/a.js")).unwrap();
    assert_eq!(read(&fixture, "a.js").as_deref(), Ok("text"));
}

#[cfg(unix)]
#[test]
fn m_09_a_socket_is_refused() {
    let fixture = Fixture::new(&["m/x"]);
    let _listener = std::os::unix::net::UnixListener::bind(fixture.path("m/a.js")).unwrap();
    assert_eq!(read(&fixture, "a.js"), Err(ScriptFileError::NotRegular));
}

#[cfg(target_os = "linux")]
#[test]
fn m_09_a_pipe_is_refused_without_waiting_for_its_other_end() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    let fixture = Fixture::new(&["m/x"]);
    let pipe = fixture.path("m/a.js");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    assert_eq!(read(&fixture, "a.js"), Err(ScriptFileError::NotRegular));
}

#[cfg(unix)]
#[test]
fn m_09_a_folder_swapped_for_a_link_between_two_looks_never_leads_out() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let fixture = Fixture::new(&[]);
    fixture.write("m/scripts/a.js", "inside");
    fixture.write("../outside/a.js", "secret");
    fixture.link("m/link", "../../outside");
    let (scripts, aside, link) = (
        fixture.path("m/scripts"),
        fixture.path("m/aside"),
        fixture.path("m/link"),
    );
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                std::fs::rename(&scripts, &aside).unwrap();
                std::fs::rename(&link, &scripts).unwrap();
                std::fs::rename(&scripts, &link).unwrap();
                std::fs::rename(&aside, &scripts).unwrap();
            }
        });
        let project = fixture.project();
        let request = ScriptRequest {
            manifest: "m/a.cxda.yaml".into(),
            path: "scripts/a.js".to_owned(),
        };
        let read: Vec<_> = (0..5_000).map(|_| project.script(&request)).collect();
        is_done.store(true, Ordering::Relaxed);
        for read in read {
            match read {
                Ok(text) => assert_eq!(text, "inside"),
                Err(error) => assert!(
                    matches!(
                        error,
                        ScriptFileError::OutsideProject | ScriptFileError::NotFound
                    ),
                    "{error}"
                ),
            }
        }
    });
}

#[test]
fn m_09_no_refusal_quotes_the_file() {
    let fixture = Fixture::new(&[]);
    let secret = "hunter2";
    fixture.write("m/long.js", secret.repeat(20_000));
    fixture.write("m/bad.js", [secret.as_bytes(), b"\xff"].concat());
    fixture.write("../out.js", secret);
    for path in ["long.js", "bad.js", "../../out.js"] {
        let error = read(&fixture, path).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(!said.contains(secret), "case: {path} said {said}");
    }
}
