//! Planted secrets: none of them may be found in any output, file, log or error, in any form that gives it away.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::stage::{Call, Ended, Foreign, Habits, Project};

mod commands;
mod echoes;
#[cfg(target_os = "linux")]
mod ends;
mod spellings;

/// Name and value of each secret. Some hold what encodings change.
const SECRETS: [(&str, &str); 14] = [
    ("client secret", "planted-01 client/secret+with=odd&signs%"),
    ("token", "planted-02.token_of-the.tenant"),
    (
        "encrypted from the environment",
        "planted-03-\"quoted\"-and-\\-é",
    ),
    ("encrypted from a file", "planted-04 from a file"),
    ("encrypted object", "planted-05-in-an-object"),
    ("encrypted integer", "9120564738291064"),
    (
        "clear by reference from the environment",
        "planted-07-not-encrypted",
    ),
    ("clear by reference from a file", "planted-08-not-encrypted"),
    ("webhook URL", "planted-09-in-the-url"),
    ("webhook signing secret", "whsec_cGxhbnRlZC0xMC1zaWduaW5n"),
    ("encrypted from an environment file", "planted-11-env-file"),
    ("encrypted, changed later", "planted-12-second-value"),
    ("access key's secret", "planted-13:key's+secret"),
    (
        "encrypted, of several lines",
        "planted-14\nsecond \"line\"\n\tthird",
    ),
];

/// Each secret by its name, with every form that gives it away.
static FORMS: LazyLock<Vec<(&str, Vec<(&str, String)>)>> =
    LazyLock::new(|| SECRETS.map(|(name, secret)| (name, forms(secret))).into());

fn secret(number: usize) -> &'static str {
    SECRETS[number - 1].1
}

/// The files that hold secrets because the test put them there.
const PLANTED: [&str; 5] = [
    "secrets/four.txt",
    "secrets/five.json",
    "secrets/eight.txt",
    "secrets/fourteen.txt",
    "it.env",
];

/// Every form in which `secret` would be given away.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let unreserved = [("%2D", "-"), ("%5F", "_"), ("%2E", ".")];
    let form = unreserved
        .iter()
        .fold(url.clone(), |text, (from, to)| text.replace(from, to));
    let mut forms = vec![
        ("as it is", secret.to_owned()),
        ("cut", secret.chars().take(10).collect()),
        ("escaped for JSON", json.clone()),
        (
            "escaped for JSON twice",
            json.replace('\\', "\\\\").replace('"', "\\\""),
        ),
        ("URL-encoded", url),
        ("URL-encoded, save dashes", form.clone()),
        ("form-encoded", form.replace("%20", "+")),
        ("in hex", hex.clone()),
        ("in hex", hex.to_uppercase()),
    ];
    // Base64 looks different at each of three places of a larger text; the first and last groups mix with neighbours.
    for shift in 0..3 {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let padded = [vec![b'x'; shift], secret.as_bytes().to_vec()].concat();
            let text = engine.encode(&padded);
            let inner = &text[if shift == 0 { 0 } else { 4 }..text.len() - 4];
            forms.push(("in Base64", inner.to_owned()));
        }
    }
    forms
}

/// Makes sure that no secret stands in `bytes`.
#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (name, forms) in &*FORMS {
        for (form, given) in forms {
            assert!(
                !text.contains(given),
                "{what} gives away the {name}, {form}:\n{text}"
            );
        }
    }
}

#[track_caller]
fn assert_ended_clean(what: &str, ended: &Ended) {
    assert_clean(&format!("stdout of {what}"), ended.stdout.as_bytes());
    assert_clean(&format!("stderr of {what}"), ended.stderr.as_bytes());
}

#[track_caller]
fn assert_files_clean(project: &Project) {
    assert_new_files_clean(project, &mut BTreeMap::new());
}

/// The same of all that is not in `seen`, which takes note of it.
#[track_caller]
fn assert_new_files_clean(project: &Project, seen: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let files = project.files();
    for (path, bytes) in &files {
        let planted = PLANTED.iter().any(|planted| path == Path::new(planted));
        if !planted && seen.get(path) != Some(bytes) {
            assert_clean(&path.display().to_string(), bytes);
        }
    }
    *seen = files;
}

/// `text` as a header can hold it: encoded where it cannot be as it is.
fn fit_for_a_header(text: &str) -> String {
    let fits = |c: char| c.is_ascii() && !c.is_control();
    if text.chars().all(fits) {
        text.to_owned()
    } else {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }
}

/// A project that uses every secret, on the tenant at `base_url`.
fn project(base_url: &str) -> Project {
    let project = Project::empty();
    project.write(
        "cxda.toml",
        format!(
            r#"[tenant.it]
base_url = "{base_url}"
allow_http = true
[[webhook]]
name = "bi"
url = {{env = "HOOK_URL"}}
secret = {{env = "HOOK_SECRET"}}
"#
        ),
    );
    project.write("secrets/four.txt", format!("{}\n", secret(4)));
    project.write(
        "secrets/five.json",
        format!(r#"{{"key": "{}", "n": 1.0}}"#, secret(5)),
    );
    project.write("secrets/eight.txt", secret(8));
    project.write("secrets/fourteen.txt", secret(14));
    project.write("tmp/.keep", "");
    project.write("it.env", format!("FROM_FILE={}\n", secret(11)));
    project.write(
        "a.cxda.yaml",
        "\
apiVersion: cxda/v1
kind: DataAction
metadata: {name: holder}
spec:
  description: Holds every secret
  script: {content: 'function main() {}'}
  variables:
    - {name: three, type: string, encrypted: true, valueFrom: {env: THREE}}
    - {name: four, type: string, encrypted: true, valueFrom: {file: secrets/four.txt}}
    - {name: five, type: object, encrypted: true, valueFrom: {file: secrets/five.json}}
    - {name: six, type: integer, encrypted: true, valueFrom: {env: SIX}}
    - {name: seven, type: string, valueFrom: {env: SEVEN}}
    - {name: eight, type: string, valueFrom: {file: secrets/eight.txt}}
    - {name: eleven, type: string, encrypted: true, valueFrom: {env: FROM_FILE}}
    - {name: twelve, type: string, encrypted: true, valueFrom: {env: TWELVE}}
    - {name: fourteen, type: string, encrypted: true, valueFrom: {file: secrets/fourteen.txt}}
---
apiVersion: cxda/v1
kind: DataAction
metadata: {name: other}
spec:
  description: Holds none
  script: {content: 'function main() {}'}
",
    );
    project
}

/// The call with every secret in its environment, and as talkative as can be.
fn talkative(project: &Project, words: &[&str]) -> Call {
    let loud = ["-v", "-v", "--log-format", "json", "--env-file", "it.env"];
    let call = project.cxda(&[&loud[..], words].concat());
    with_secrets(call, project)
}

/// The call with every secret in its environment.
fn with_secrets(call: Call, project: &Project) -> Call {
    call.env("CXONE_CLIENT_ID", "an-id")
        .env("TMPDIR", project.path().join("tmp"))
        .env("CXONE_TOKEN", secret(2))
        .env("CXONE_ACCESS_KEY_ID", "a-key-id")
        .env("CXONE_ACCESS_KEY_SECRET", secret(13))
        .env("CXONE_CLIENT_SECRET", secret(1))
        .env("THREE", secret(3))
        .env("SIX", secret(6))
        .env("SEVEN", secret(7))
        .env("TWELVE", "the-first-value")
        .env(
            "HOOK_URL",
            format!("https://hooks.example.com/{}?k={}", secret(9), secret(9)),
        )
        .env("HOOK_SECRET", secret(10))
}

#[test]
fn t_04_no_secret_is_found_after_a_whole_life_on_a_tenant() {
    let tenant = Foreign::start(Habits {
        token: secret(2),
        ..Habits::PLAIN
    });
    let project = project(tenant.base_url());
    let commands: [&[&str]; 12] = [
        &["validate"],
        &["validate", "-o", "json"],
        &["plan"],
        &["plan", "-o", "json", "--out", "first.plan"],
        &["apply", "first.plan", "--yes"],
        &["apply", "--yes", "-o", "json"],
        &["plan", "-o", "json"],
        &["doctor"],
        &["doctor", "-o", "json"],
        &["get", "views", "-o", "json"],
        &["get", "actions"],
        &["plan", "--prune"],
    ];
    for words in commands {
        let ended = talkative(&project, words).run().exits(0);
        assert_ended_clean(&words.join(" "), &ended);
        assert_files_clean(&project);
    }
    let arrived = tenant.member("holder", "variables");
    for number in [4, 5, 6, 7, 8, 11] {
        assert!(
            arrived.contains(secret(number)),
            "{number} was really sent: {arrived}"
        );
    }
    for words in [
        &["plan"][..],
        &["plan", "-o", "json", "--out", "second.plan"],
        &["apply", "second.plan", "--yes", "-o", "json"],
    ] {
        let ended = talkative(&project, words)
            .env("TWELVE", secret(12))
            .run()
            .exits(0);
        assert_ended_clean(&format!("{} with another secret", words.join(" ")), &ended);
        assert_files_clean(&project);
    }
    assert!(tenant.member("holder", "variables").contains(secret(12)));
}

#[test]
fn t_04_a_clear_variable_by_reference_is_hidden_in_plans_also_when_it_moves() {
    let tenant = Foreign::start(Habits {
        token: secret(2),
        ..Habits::PLAIN
    });
    let project = project(tenant.base_url());
    let _ = talkative(&project, &["apply", "--yes"]).run().exits(0);
    for words in [
        &["plan"][..],
        &["plan", "-o", "json", "--out", "p.plan"],
        &["apply", "--yes"],
    ] {
        let ended = talkative(&project, words)
            .env("SEVEN", "another-value-of-seven")
            .run()
            .exits(0);
        assert_ended_clean(&words.join(" "), &ended);
        let _ = ended
            .never_says(&["another-value-of-seven"])
            .says(&["seven"]);
    }
    assert_files_clean(&project);
}

#[test]
fn t_04_the_built_in_simulator_keeps_no_encrypted_value() {
    let project = project("http://127.0.0.1:9");
    project.edit(
        "cxda.toml",
        "base_url = \"http://127.0.0.1:9\"\nallow_http = true",
        "simulator = true",
    );
    // What is not encrypted is the tenant's to show, and here the tenant is a file.
    for line in ["seven", "eight"] {
        let text = project.read("a.cxda.yaml");
        let kept: Vec<&str> = text
            .lines()
            .filter(|each| !each.contains(&format!("name: {line},")))
            .collect();
        project.write("a.cxda.yaml", kept.join("\n"));
    }
    for words in [
        &["apply", "--yes"][..],
        &["plan"],
        &["get", "actions", "-o", "json"],
        &["doctor"],
    ] {
        let ended = talkative(&project, words).run().exits(0);
        assert_ended_clean(&words.join(" "), &ended);
        assert_files_clean(&project);
    }
    assert!(project.has(".cxda/simulator.json"));
}

#[test]
fn e_006_a_literal_secret_in_a_manifest_is_refused_without_being_shown() {
    let project = Project::on_simulator();
    project.write(
        "a.cxda.yaml",
        format!(
            "apiVersion: cxda/v1\nkind: DataAction\nmetadata: {{name: holder}}\nspec:\n  description: x\n  script: {{content: 'function main() {{}}'}}\n  variables:\n    - {{name: a, type: string, encrypted: true, value: {0}}}\n    - {{name: b, type: integer, encrypted: true, value: {0}}}\n    - {{name: c, type: string, encrypted: true, value: {0}, valueFrom: {{env: X}}}}\n    - {{name: auth_token, type: string, value: {0}}}\n",
            secret(5)
        ),
    );
    for words in [
        &["validate"][..],
        &["validate", "-o", "json"],
        &["plan"],
        &["apply", "--yes"],
    ] {
        let ended = project
            .cxda(&[&["-v", "-v"], words].concat())
            .run()
            .exits(3);
        assert_ended_clean(&words.join(" "), &ended);
        let _ = ended.says(&["E006"]);
    }
}

#[test]
fn broken_files_that_hold_secrets_are_reported_without_their_content() {
    let project = Project::on_simulator();
    project.write(
        "a.cxda.yaml",
        format!("apiVersion: cxda/v1\nspec: [value: {}\n", secret(5)),
    );
    project.write(
        "b.cxda.json",
        format!(r#"{{"apiVersion": "cxda/v1", "{}}}"#, secret(5)),
    );
    project.write("c.cxda.toml", format!("apiVersion = {}\n", secret(5)));
    let ended = project.cxda(&["validate"]).run().exits(3);
    assert_ended_clean("validate", &ended);
    project.write(
        "broken.env",
        format!("GOOD=1\n{} is no assignment\n", secret(5)),
    );
    let ended = project
        .cxda(&["--env-file", "broken.env", "plan"])
        .run()
        .exits(3);
    assert_ended_clean("plan", &ended);
    project.write("cxda.toml", format!("[tenant.it]\nbase_url = \"https://x.example\"\n[tenant.it.auth]\nclient_secret = \"{}\"\n", secret(5)));
    let ended = project.cxda(&["plan"]).run().exits(3);
    assert_ended_clean("plan with a literal secret in the settings", &ended);
}
