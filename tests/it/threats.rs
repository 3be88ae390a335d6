//! What somebody hostile may try on the binary: with names, files, variables, arguments, answers. One test or more a threat.
//!
//! Secrets are searched for in `secrets`.

use std::fs;

use cxda_domain::key::Digest;
use cxda_domain::request::Operation;
use serde_json::json;

use crate::stage::{Answer, Project, Recorder, Scripted, Simulated};

#[cfg(unix)]
mod files;
mod terminal;

const ACTION: &str = "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {name: alpha}\nspec:\n  description: first\n  script: {content: 'function main() {}'}\n";

/// A project with one action on the tenant at `base_url`.
fn project(base_url: &str) -> Project {
    let project = Project::on(base_url);
    project.write("a.cxda.yaml", ACTION);
    project
}

#[test]
fn t_02_of_sixty_hostile_regions_and_sites_none_is_connected_to() {
    let nobody = Recorder::start();
    let evil = nobody.base_url().replace("http://", "");
    let forms = "E E/ E/# E/? E# E? E\\ \\E /E //E @E a@E a@E/ a:b@E :@E E:80 E; E,a E=a E& E%00 E%23 E%2f E%3f E%40 \
        %2f%2fE x@E/# x\\@E x#@E x?@E //x@E https://E http://E https:E ftp://E .E E. ..E/ E/.. ../E ./E ~E !E $E (E) [E] {E} \
        <E> |E ^E `E \"E 'E *E +E A a.b . .. {site} {region} [::1] 127.0.0.1 localhost.";
    let mut hostile: Vec<String> = forms
        .split_whitespace()
        .map(|form| form.replace('E', &evil))
        .collect();
    for blank in [
        "\r\n", "\n", "\t", " ", "\u{200b}", "\u{3002}", "\u{ff0f}", "\u{ff20}",
    ] {
        hostile.push(format!("a{blank}{evil}"));
    }
    hostile.push("a".repeat(41));
    assert!(hostile.len() >= 60);
    let project = project("http://{region}");
    for part in ["region", "site"] {
        project.point_to(&format!("https://{{{part}}}.api.nicecxone.com"));
        let name = format!("CXONE_{}", part.to_uppercase());
        for value in &hostile {
            let ended = project.cxda_signed_in(&["plan"]).env(&name, value).run();
            assert_eq!(ended.code, 3, "case: {value:?}\n{}", ended.both());
        }
    }
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn t_07_no_url_that_a_server_names_is_fetched() {
    let nobody = Recorder::start();
    let evil = format!("{}/x", nobody.base_url());
    let problem = json!({"type": evil, "instance": evil, "title": "no", "detail": evil, "status": 400, "helpUrl": evil});
    let one = json!({"id": "a-1", "name": "alpha", "selfUri": evil, "state": "PUBLISHED"});
    let page = json!({"entities": [one], "total": 1, "page": 1, "pageSize": 100, "nextUri": evil, "nextPageToken": evil});
    for (status, body) in [(400, problem), (200, page)] {
        let link = format!("<{evil}>; rel=\"next\"");
        let (evil, body) = (evil.clone(), body.to_string());
        let server = Scripted::with_token(move |asked| {
            let answer = Answer::json(
                if asked.method == "GET" { status } else { 400 },
                body.clone(),
            );
            answer
                .header("location", &evil)
                .header("content-location", &evil)
                .header("link", &link)
                .header("refresh", &format!("0; url={evil}"))
        });
        let project = project(server.base_url());
        for words in [
            &["plan"][..],
            &["apply", "--yes"],
            &["get", "actions"],
            &["get", "views"],
            &["doctor"],
        ] {
            let _ = project.cxda_signed_in(words).run();
        }
    }
    assert_eq!(nobody.connections(), 0);
}

#[test]
fn t_07_ids_of_a_server_stay_in_their_place() {
    for id in [
        "../../oauth/token",
        "a/b",
        "..",
        "a?b=c",
        "a#b",
        "a%2fb",
        "a\r\nX-Evil: 1",
        "",
        "é",
    ] {
        let page = json!({"entities": [{"id": id, "name": "alpha", "description": "another"}], "total": 1, "page": 1, "pageSize": 100}).to_string();
        let server = Scripted::with_token(move |_| Answer::json(200, page.clone()));
        let project = project(server.base_url());
        let _ = project.cxda_signed_in(&["apply", "--yes"]).run();
        for asked in server.asked() {
            let expected = [
                "/oauth/token",
                "/api/v2/dataactions",
                "/api/v2/dataactions/actions",
            ];
            assert!(
                expected.contains(&asked.path.as_str()),
                "id {id:?}: {}",
                asked.path
            );
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn t_08_what_is_oversized_deep_or_wide_is_unusable_and_takes_little_memory() {
    use std::process::{Command, Stdio};
    const MOST_KIB: u64 = 200_000;
    let faults = [
        json!({"kind": "flood", "as": "length"}),
        json!({"kind": "flood", "as": "chunks"}),
        json!({"kind": "flood", "as": "gzip"}),
        json!({"kind": "flood", "as": "headers"}),
        json!({"kind": "garble", "as": "deep"}),
        json!({"kind": "garble", "as": "wide"}),
    ];
    for fault in faults {
        let tenant = Simulated::start();
        tenant.faults(&json!([{"operation": "listActions", "fault": fault}]));
        let project = project(&tenant.base_url());
        let mut process = Command::new(env!("CARGO_BIN_EXE_cxda"))
            .arg("plan")
            .env_clear()
            .env("CXONE_CLIENT_ID", "a")
            .env("CXONE_CLIENT_SECRET", "b-secret")
            .current_dir(project.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut most = 0;
        let status = crate::stage::until("the end of the plan", || {
            let status =
                fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
            most = most.max(peak.unwrap_or(0));
            process.try_wait().unwrap()
        });
        assert_eq!(status.code(), Some(12), "{fault}");
        assert!(most < MOST_KIB, "{fault}: {most} KiB");
    }
}

#[test]
fn t_13_a_store_gives_no_value_to_try() {
    let tenant = Simulated::start();
    let project = project(&tenant.base_url());
    let variables = "  variables:\n    - {name: by_reference, type: boolean, valueFrom: {env: FLAG}}\n    - {name: literal, type: integer, value: 8080}\n    - {name: encrypted, type: string, encrypted: true, valueFrom: {env: PIN}}\n";
    project.write("a.cxda.yaml", format!("{ACTION}{variables}"));
    let run = |words: &[&str]| {
        project
            .cxda_signed_in(words)
            .env("FLAG", "true")
            .env("PIN", "4711")
            .run()
    };
    let _ = run(&["apply", "--yes"]).exits(0);
    let _ = run(&["plan", "--detailed-exitcode"]).exits(0);
    for (path, bytes) in project.files() {
        let text = String::from_utf8_lossy(&bytes);
        for value in [
            "true", "8080", "4711", "first", "alpha", "action", "boolean",
        ] {
            for guess in [value.to_owned(), format!("{value:?}"), format!("{value}\n")] {
                let digest = Digest::of(&guess);
                assert!(
                    !text.contains(digest.as_str()),
                    "{} holds a digest of {guess}",
                    path.display()
                );
            }
        }
    }
    // Which side moved is told all the same.
    project.edit("a.cxda.yaml", "8080", "8081");
    let plan = run(&["plan", "-o", "json"]).exits(0).json();
    assert_eq!(plan["changes"][0]["cause"], "pending");
}

#[test]
fn t_16_what_is_planted_in_folder_and_environment_is_not_used() {
    let nobody = Recorder::start();
    let tenant = Simulated::start();
    let project = project(&tenant.base_url());
    let address = nobody.base_url();
    project.write(".env", format!("CXONE_BASE_URL={address}\nHTTPS_PROXY={address}\nCXONE_CLIENT_ID=x\nCXDA_ACTOR=planted\n"));
    project.write(".netrc", "default login planted password planted\n");
    project.write(
        ".cxda.toml",
        format!("[tenant.it]\nbase_url = {address:?}\n"),
    );
    let mut call = project
        .cxda_signed_in(&["apply", "--yes"])
        .env("HOME", project.path());
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        call = call.env(name, &address);
    }
    // The origin stands where a person looks before saying yes.
    let _ = call.run().exits(0).says(&[&tenant.base_url()]);
    assert_eq!(nobody.connections(), 0);
    assert_eq!(tenant.names("actions"), ["alpha"]);
    assert!(
        project
            .audit()
            .iter()
            .all(|record| record["actor"] != "planted")
    );
}

#[test]
fn t_17_no_argument_is_taken_for_an_option_or_by_a_shell() {
    let tenant = Simulated::start();
    let project = project(&tenant.base_url());
    let hostile = [
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "| touch pwned",
        "&& touch pwned",
        "> pwned",
        "a\ntouch pwned",
        "%x",
        "%n%s",
        "--help=pwned",
        "-o=json",
        "../../../../etc/passwd",
        "a\u{202e}b",
        "~root",
        "*",
        "é",
        "\u{1b}[2J",
        "'\"",
        "\\",
        "{a,b}",
        "${HOME}",
    ];
    let forms: [fn(&str) -> Vec<&str>; 8] = [
        |it| vec!["validate", "--", it],
        |it| vec!["get", "actions", "--", it],
        |it| vec!["apply", "--yes", "--", it],
        |it| vec!["plan", "--target", it],
        |it| vec!["-C", it, "plan"],
        |it| vec!["--tenant", it, "plan"],
        |it| vec!["--env-file", it, "plan"],
        |it| vec![it],
    ];
    for it in hostile {
        for form in forms {
            let words = form(it);
            let ended = project.cxda_signed_in(&words).run();
            assert!(
                [0, 1, 3, 64].contains(&ended.code),
                "{words:?}: {}\n{}",
                ended.code,
                ended.both()
            );
            assert!(!ended.both().contains('\u{1b}'), "{words:?}");
        }
    }
    // A file that begins with a dash is one behind `--`, and an option before it.
    project.write("-v.cxda.yaml", ACTION.replace("alpha", "dash"));
    let _ = project
        .cxda(&["validate", "--", "-v.cxda.yaml"])
        .run()
        .exits(0);
    let _ = project.cxda(&["validate", "-v.cxda.yaml"]).run().exits(64);
    let _ = project.cxda(&["plan", "--out", "-x"]).run().exits(64);
    for (path, _) in project.files() {
        assert!(
            !path.to_string_lossy().contains("pwned"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn t_19_what_only_looks_sends_no_write_asks_for_no_scope_and_needs_none_to_write() {
    let tenant = Simulated::start();
    let looks: [&[&str]; 6] = [
        &["validate"],
        &["plan"],
        &["plan", "--prune"],
        &["plan", "--out", "saved.plan"],
        &["get", "actions"],
        &["doctor"],
    ];
    tenant.script(&json!({"formatVersion": "1.0", "rules": [], "tenant": {"scopes": ["dataactions:read", "data_actions:read"]}}));
    let project = project(&tenant.base_url());
    let _ = project.cxda_signed_in(looks[0]).run().exits(0);
    assert!(tenant.log().is_empty(), "validate asks nobody");
    for words in &looks[1..] {
        let code = if words[0] == "doctor" { 4 } else { 0 };
        let _ = project.cxda_signed_in(words).run().exits(code);
    }
    assert_eq!(tenant.writes(), 0);
    for entry in tenant.log() {
        let reads = [
            Operation::Token,
            Operation::ListActions,
            Operation::ListViews,
            Operation::ListTables,
        ];
        assert!(
            entry
                .operation
                .is_some_and(|operation| reads.contains(&operation)),
            "{entry:?}"
        );
        let body = entry
            .body
            .map(|body| body.get().to_owned())
            .unwrap_or_default();
        assert!(
            !body.contains("scope") && !entry.query.contains("scope"),
            "{body}"
        );
    }
    let _ = project
        .cxda_signed_in(&["apply", "--yes"])
        .run()
        .exits(4)
        .says(&["dataactions:write"]);
    assert!(tenant.names("actions").is_empty());
}
