//! Bad input: a clear message, the exit code of the contract, and nothing lost or sent.

use crate::stage::{Project, Recorder, Simulated};

/// A manifest of one action.
const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec: {description: x, script: {content: 'function main() {}'}}\n";

#[test]
fn mistakes_in_the_settings_exit_3_with_their_place() {
    const REMOTE: &str = "[tenant.it]\nbase_url = \"https://example.com\"\n";
    let cases: [(&str, String, &[&str]); 22] = [
        ("no TOML", "[tenant.it\n".into(), &["cxda.toml:1"]),
        (
            "unknown table",
            format!("{REMOTE}[tenants]\n"),
            &["cxda.toml:3:2", "tenants"],
        ),
        (
            "unknown key",
            format!("{REMOTE}timeot = \"1s\"\n"),
            &["cxda.toml:3:1", "timeot", "timeout"],
        ),
        (
            "unknown auth key",
            format!("{REMOTE}[tenant.it.auth]\nsecret = \"x\"\n"),
            &["cxda.toml:4:1", "secret"],
        ),
        (
            "wrong type",
            "[tenant.it]\nbase_url = 5\n".into(),
            &["cxda.toml:2:12"],
        ),
        (
            "no time",
            format!("{REMOTE}timeout = \"soon\"\n"),
            &["cxda.toml:3:11", "30s"],
        ),
        (
            "no reference",
            format!("{REMOTE}[tenant.it.auth]\nclient_id = {{envv = \"X\"}}\n"),
            &["cxda.toml:4:13", "{env = \"NAME\"}"],
        ),
        (
            "both references",
            format!("{REMOTE}[tenant.it.auth]\nclient_id = {{env = \"X\", file = \"y\"}}\n"),
            &["cxda.toml:4:13"],
        ),
        (
            "unknown kind",
            format!("{REMOTE}[tenant.it.auth]\nkind = \"magic\"\n"),
            &["magic", "client_credentials"],
        ),
        (
            "unknown style",
            format!("{REMOTE}[tenant.it.auth]\nstyle = \"header\"\n"),
            &["header", "basic"],
        ),
        (
            "unknown profile",
            format!("{REMOTE}[tenant.it.api]\nprofile = \"v9\"\n"),
            &["v9", "cxone-v2"],
        ),
        (
            "unknown concurrency",
            format!("{REMOTE}[tenant.it.api]\nconcurrency = \"locks\"\n"),
            &["locks", "content-hash"],
        ),
        (
            "page size of 0",
            format!("{REMOTE}[tenant.it.api]\npage_size = 0\n"),
            &["page"],
        ),
        (
            "rate of 0",
            format!("{REMOTE}[tenant.it.api]\nrate_limit = {{requests = 0, per = \"60s\"}}\n"),
            &["requests"],
        ),
        (
            "plain http",
            "[tenant.it]\nbase_url = \"http://example.com\"\n".into(),
            &["http"],
        ),
        (
            "plain http elsewhere",
            "[tenant.it]\nbase_url = \"http://example.com\"\nallow_http = true\n".into(),
            &["loopback"],
        ),
        (
            "no URL",
            "[tenant.it]\nbase_url = \"example\"\n".into(),
            &["base_url"],
        ),
        (
            "userinfo",
            "[tenant.it]\nbase_url = \"https://a:b@example.com\"\n".into(),
            &["base_url"],
        ),
        (
            "neither",
            "[tenant.it]\n".into(),
            &["base_url", "simulator = true"],
        ),
        ("both", format!("{REMOTE}simulator = true\n"), &["exclude"]),
        (
            "store elsewhere",
            format!("{REMOTE}[store]\nurl = \"postgres://x\"\n"),
            &["sqlite:"],
        ),
        (
            "unknown event",
            format!(
                "{REMOTE}[[webhook]]\nname = \"bi\"\nurl = \"https://x.example\"\nevents = [\"VIEW_MADE\"]\n"
            ),
            &["VIEW_MADE", "VIEW_CREATED"],
        ),
    ];
    for (label, settings, words) in cases {
        let project = Project::empty();
        project.write("cxda.toml", settings);
        project.write("a.cxda.yaml", ACTION);
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let ended = project.cxda_signed_in(command).run();
            assert_eq!(ended.code, 3, "case: {label}\n{}", ended.both());
            assert!(
                ended.stderr.starts_with("error: "),
                "case: {label}\n{}",
                ended.both()
            );
            let _ = ended.says(words);
        }
        assert!(!project.has(".cxda"), "case: {label}: nothing is kept");
    }
}

#[test]
fn t_02_what_fills_a_base_url_can_never_move_the_host() {
    let nobody = Recorder::start();
    let host = nobody.base_url().replace("http://", "");
    let project = Project::empty();
    project.write(
        "cxda.toml",
        "[tenant.it]\nbase_url = \"https://{region}.api.nicecxone.com\"\n",
    );
    project.write("a.cxda.yaml", ACTION);
    for region in [
        "evil.example/#",
        &format!("{host}/"),
        "a@b",
        "a?b",
        "A",
        "a.b",
        "",
        &"a".repeat(41),
    ] {
        let call = project
            .cxda_signed_in(&["plan"])
            .env("CXONE_REGION", region);
        let _ = call.run().exits(3).says(&["region"]);
    }
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn mistakes_in_the_command_line_exit_64() {
    let project = Project::on_simulator();
    let cases: [&[&str]; 12] = [
        &[],
        &["frobnicate"],
        &["plan", "--nope"],
        &["plan", "--target", "nonsense"],
        &["plan", "--target", "table/x"],
        &["plan", "-o", "xml"],
        &["apply", "--parallelism", "0"],
        &["apply", "--allow-deletes", "-1"],
        &["apply", "some.plan", "--prune"],
        &["get", "frobs"],
        &["datetime"],
        &["--lock-timeout", "soon", "apply"],
    ];
    for words in cases {
        let ended = project.cxda(words).run();
        assert_eq!(ended.code, 64, "case: {words:?}\n{}", ended.both());
        assert_eq!(ended.stdout, "", "case: {words:?}");
    }
    let _ = project
        .cxda(&["--help"])
        .run()
        .exits(0)
        .says(&["validate", "apply", "simulate"]);
    let _ = project.cxda(&["--version"]).run().exits(0).says(&["cxda "]);
}

#[test]
fn a_webhook_secret_that_is_none_ends_simulate_and_is_not_shown() {
    let _ = Project::empty()
        .cxda(&["simulate"])
        .env("CXDA_SIM_WEBHOOK_SECRET", "canary-secret")
        .run()
        .exits(3)
        .says(&["CXDA_SIM_WEBHOOK_SECRET", "whsec_"])
        .never_says(&["canary"]);
}

#[test]
fn folders_without_what_a_command_needs_exit_3_and_say_what_to_do() {
    let elsewhere = Project::empty();
    let _ = elsewhere
        .cxda(&["-C", "not-there", "plan"])
        .run()
        .exits(3)
        .says(&["not-there", "-C"]);
    elsewhere.write("a-file", "");
    let _ = elsewhere
        .cxda(&["-C", "a-file", "plan"])
        .run()
        .exits(3)
        .says(&["a-file", "-C"]);
    elsewhere.remove("a-file");
    for words in [&["plan"][..], &["apply", "--yes"], &["get", "actions"]] {
        let _ = elsewhere
            .cxda(words)
            .run()
            .exits(3)
            .says(&["cxda.toml", "CXONE_BASE_URL", "-C"]);
    }
    let _ = elsewhere
        .cxda(&["validate"])
        .run()
        .exits(3)
        .says(&["M001", "no manifest"]);
    assert!(elsewhere.files().is_empty());
    let project = Project::on_simulator();
    let _ = project
        .cxda(&["--tenant", "prod", "plan"])
        .run()
        .exits(3)
        .says(&["prod", "local"]);
    let _ = project
        .cxda(&["--env-file", "no.env", "plan"])
        .run()
        .exits(3)
        .says(&["no.env"]);
    let _ = project
        .cxda(&["apply", "no.plan", "--yes"])
        .run()
        .exits(3)
        .says(&["no.plan"]);
    project.write(
        "cxda.toml",
        "[tenant.a]\nsimulator = true\n[tenant.b]\nsimulator = true\n",
    );
    let _ = project
        .cxda(&["plan"])
        .run()
        .exits(3)
        .says(&["--tenant", "a, b"]);
}

#[test]
fn t_21_a_project_without_any_manifest_is_invalid_and_never_a_wish_to_delete_everything() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    let _ = project.cxda_signed_in(&["apply", "--yes"]).run().exits(0);
    let writes = tenant.writes();
    for content in [
        None,
        Some(""),
        Some("# only a comment\n"),
        Some("---\n---\n"),
    ] {
        match content {
            None => project.remove("a.cxda.yaml"),
            Some(content) => drop(project.write("a.cxda.yaml", content)),
        }
        for words in [
            &["apply", "--yes", "--prune", "--allow-deletes", "99"][..],
            &["plan", "--prune"],
            &["validate"],
        ] {
            let _ = project.cxda_signed_in(words).run().exits(3).says(&["M001"]);
        }
    }
    assert_eq!(
        (tenant.writes(), tenant.names("actions")),
        (writes, vec!["alpha".to_owned()])
    );
}

#[test]
fn a_named_manifest_that_is_missing_or_outside_exits_3() {
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION);
    for path in [
        "missing.cxda.yaml",
        "../outside.cxda.yaml",
        "/etc/hostname",
        "a.cxda.yaml/b",
    ] {
        let ended = project.cxda(&["validate", path]).run();
        assert_eq!(ended.code, 3, "case: {path}\n{}", ended.both());
        let _ = ended.says(&["M001"]);
    }
    let _ = project.cxda(&["validate", "a.cxda.yaml"]).run().exits(0);
    let _ = project.cxda(&["validate", "."]).run().exits(0);
}

#[cfg(unix)]
#[test]
fn m_09_scripts_outside_of_the_project_are_refused_without_a_glimpse_of_them() {
    let outside = Project::empty();
    let secret = outside.write("secret.js", "the content of another project");
    let project = Project::on_simulator();
    std::os::unix::fs::symlink(&secret, project.path().join("link.js")).unwrap();
    std::os::unix::fs::symlink(outside.path(), project.path().join("folder")).unwrap();
    std::fs::create_dir(project.path().join("dir.js")).unwrap();
    let absolute = secret.to_str().unwrap().to_owned();
    for file in [
        "link.js",
        "folder/secret.js",
        "../x.js",
        &absolute,
        "dir.js",
        "~/x.js",
        "/dev/zero",
    ] {
        project.write(
            "a.cxda.yaml",
            ACTION.replace("content: 'function main() {}'", &format!("file: '{file}'")),
        );
        let ended = project.cxda(&["validate", "-o", "json"]).run();
        assert_eq!(ended.code, 3, "case: {file}\n{}", ended.both());
        assert_eq!(
            ended.json()["diagnostics"][0]["code"],
            "A006",
            "case: {file}"
        );
        let _ = ended.never_says(&["another project"]);
    }
}

#[test]
fn what_is_wrong_with_the_manifests_goes_before_missing_credentials() {
    let project = Project::on("https://na1.api.example.com");
    project.write("bad.cxda.yaml", "apiVersion: cxda/v2\nkind: Nothing\n");
    for command in [&["plan"][..], &["apply", "--yes"]] {
        let ended = project.cxda(command).run().exits(3);
        assert!(ended.stdout.contains("M002"), "{}", ended.stdout);
    }
}

#[test]
fn without_credentials_plan_exits_4_and_names_the_variable() {
    let nobody = Recorder::start();
    let project = Project::on(&nobody.base_url());
    project.write("a.cxda.yaml", ACTION);
    for words in [&["plan"][..], &["apply", "--yes"], &["get", "actions"]] {
        let _ = project
            .cxda(words)
            .run()
            .exits(4)
            .says(&["CXONE_CLIENT_ID"]);
        let half = project.cxda(words).env("CXONE_CLIENT_ID", "an-id");
        let _ = half.run().exits(4).says(&["CXONE_CLIENT_SECRET"]);
        let empty = project.cxda_signed_in(words).env("CXONE_CLIENT_SECRET", "");
        let _ = empty.run().exits(4).says(&["CXONE_CLIENT_SECRET"]);
    }
    let settings = project.read("cxda.toml");
    project.write(
        "cxda.toml",
        settings + "[tenant.it.auth]\nclient_secret = {file = \"secret.txt\"}\n",
    );
    let _ = project
        .cxda_signed_in(&["plan"])
        .run()
        .exits(4)
        .says(&["secret.txt"]);
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn t_16_an_env_file_is_read_only_when_named_and_below_the_environment() {
    let tenant = Simulated::start();
    let project = Project::on(&tenant.base_url());
    project.write("a.cxda.yaml", ACTION);
    project.write(".env", "CXONE_CLIENT_ID=a\nCXONE_CLIENT_SECRET=b\n");
    let _ = project.cxda(&["plan"]).run().exits(4);
    let _ = project.cxda(&["--env-file", ".env", "plan"]).run().exits(0);
    project.write("half.env", "CXONE_CLIENT_SECRET=\n");
    let both = project.cxda_signed_in(&["--env-file", "half.env", "plan"]);
    let _ = both.run().exits(0);
}

#[test]
fn apply_without_a_terminal_and_without_a_yes_is_refused_before_anything_is_sent() {
    let nobody = Recorder::start();
    let project = Project::on(&nobody.base_url());
    project.write("a.cxda.yaml", ACTION);
    for (words, why) in [
        (&["apply"][..], "there is no terminal to ask on"),
        (&["apply", "--no-input"], "--no-input forbids to ask"),
        (&["apply", "-o", "json"], "with -o json nobody is asked"),
        (
            &["apply", "--log-format", "json"],
            "with --log-format json nobody is asked",
        ),
    ] {
        let ended = project.cxda_signed_in(words).run().exits(9);
        let _ = ended.says(&["--yes", why]);
    }
    assert_eq!(nobody.connections(), 0);
    assert!(!project.has(".cxda"));
}

#[cfg(unix)]
#[test]
fn t_05_what_is_kept_is_readable_by_its_owner_alone_and_so_is_a_saved_plan() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::on_simulator();
    project.write("a.cxda.yaml", ACTION);
    let _ = project
        .cxda(&["plan", "--out", "saved.plan"])
        .run()
        .exits(0);
    let _ = project.cxda(&["apply", "--yes"]).run().exits(0);
    let mode = |name: &str| {
        let path = project.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(".cxda"), 0o700);
    assert_eq!(mode("saved.plan"), 0o600);
    let kept: Vec<_> = project
        .files()
        .into_keys()
        .filter(|path| path.starts_with(".cxda"))
        .collect();
    for name in ["audit.jsonl", "simulator.json", "state.db"] {
        assert!(
            kept.iter().any(|path| path.ends_with(name)),
            "{name} is among {kept:?}"
        );
    }
    for path in kept {
        assert_eq!(mode(path.to_str().unwrap()), 0o600, "{}", path.display());
    }
}
