//! What is put on record about calls, and that it is never a secret.
//!
//! A process of its own: whether anybody listens is remembered for the whole process, by whoever comes first.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "only functions with a test attribute are exempt, and the scenery is shared with other tests"
)]

#[path = "../it/bench.rs"]
mod bench;
#[path = "../it/stage.rs"]
mod stage;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxda_adapters_http::transport::Lost;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::views::ViewsApi;
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::bench::{CLIENT_SECRET, action_body, client_credentials, id, key};
use crate::stage::{READY_TOKEN, Said, Sent, Stage, reply, shown, status};

const SECOND: Duration = Duration::from_secs(1);

/// The lines of a log.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// Writes down everything, as JSON, until the guard is dropped.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(self.clone())
            .set_default()
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Each event with its fields, and with its innermost span's.
    fn events(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Level and message of every event that `wanted` picks, with its fields.
    fn of(&self, wanted: &[&str]) -> Vec<String> {
        let message = |event: &Value| event["fields"]["message"].as_str().unwrap().to_owned();
        let events = self.events().into_iter();
        events
            .filter(|event| wanted.contains(&message(event).as_str()))
            .map(|mut event| {
                let message = message(&event);
                let fields = event["fields"].as_object_mut().unwrap();
                fields.remove("message");
                let fields = Value::Object(fields.clone());
                format!("{} {message} {fields}", event["level"].as_str().unwrap())
            })
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_on_record_with_what_tells_it_apart() {
    let lines = Lines::default();
    let _listening = lines.listen();
    let stage = Stage::new(|sent| {
        let id = [(
            "x-request-id",
            if sent.earlier == 0 { "r-1" } else { "r-2" },
        )];
        let found = if sent.earlier == 0 { 503 } else { 200 };
        let body = match sent.earlier {
            0 => r#"{"message":"busy"}"#,
            _ => r#"{"id":"a","name":"n"}"#,
        };
        (Duration::from_millis(2), Ok(reply(found, &id, body)))
    });
    let tenant = stage.ready();
    ActionsApi::read(&*tenant, &id("a")).await.unwrap();
    let attempts: Vec<String> = lines
        .events()
        .iter()
        .filter(|event| event["fields"]["message"] == "answered")
        .map(|event| format!("{} in {}", event["span"], event["spans"][0]))
        .collect();
    insta::assert_snapshot!(attempts.join("\n"), @r#"
    {"attempt":1,"latency_ms":2.0,"name":"attempt","operation":"get action","request_id":"r-1","status":503} in {"name":"call","operation":"get action"}
    {"attempt":2,"latency_ms":2.0,"name":"attempt","operation":"get action","request_id":"r-2","status":200} in {"name":"call","operation":"get action"}
    "#);
    insta::assert_snapshot!(lines.of(&["done", "waits before the next attempt"]).join("\n"), @r#"
    INFO waits before the next attempt {"code":"unavailable","status":503,"wait_ms":100}
    DEBUG done {"attempts":2,"latency_ms":4.0}
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_breaker_and_pauses_are_on_record() {
    let lines = Lines::default();
    let _listening = lines.listen();
    let stage = Stage::new(|sent| match sent.at.as_secs() {
        0..20 => status(501),
        20..40 => (Duration::ZERO, Err(Lost::NotSent("refused".into()))),
        40..90 => shown(sent),
        _ if sent.path.ends_with("/busy") && sent.earlier == 0 => {
            (Duration::ZERO, Ok(reply(429, &[("retry-after", "7")], "")))
        }
        _ => shown(sent),
    });
    let tenant = stage.ready();
    for _ in 0..11 {
        ActionsApi::read(&*tenant, &id("a")).await.unwrap_err();
    }
    stage.wait_until(61 * SECOND).await;
    ActionsApi::read(&*tenant, &id("a")).await.unwrap();
    stage.wait_until(100 * SECOND).await;
    ActionsApi::read(&*tenant, &id("busy")).await.unwrap();
    let wanted = [
        "it keeps failing, so nothing is sent there for a while (the breaker opened)",
        "one request goes to see whether it answers again (the breaker lets a probe through)",
        "it answers again (the breaker closed)",
        "no request to the tenant for a while",
    ];
    insta::assert_snapshot!(lines.of(&wanted).join("\n"), @r#"
    WARN it keeps failing, so nothing is sent there for a while (the breaker opened) {"calls":10,"failed":10,"failed_probes":0,"open_ms":30000,"origin":"http://127.0.0.1:8080"}
    INFO one request goes to see whether it answers again (the breaker lets a probe through) {"origin":"http://127.0.0.1:8080"}
    WARN it keeps failing, so nothing is sent there for a while (the breaker opened) {"calls":10,"failed":10,"failed_probes":1,"open_ms":30000,"origin":"http://127.0.0.1:8080"}
    INFO one request goes to see whether it answers again (the breaker lets a probe through) {"origin":"http://127.0.0.1:8080"}
    INFO it answers again (the breaker closed) {"origin":"http://127.0.0.1:8080"}
    INFO no request to the tenant for a while {"pause_ms":7000}
    "#);
}

/// Answers that echo whatever they can.
fn echoes(sent: &Sent) -> Said {
    let echo = format!(
        "{CLIENT_SECRET} {} {}",
        sent.header("authorization"),
        sent.header("cookie")
    );
    let headers = [
        ("x-request-id", echo.as_str()),
        ("set-cookie", "canary-cookie"),
    ];
    let answer = match (sent.path.as_str(), sent.earlier) {
        ("/oauth/token", _) => {
            let body = r#"{"access_token":"canary-token","refresh_token":"canary-refresh"}"#;
            reply(200, &headers, body)
        }
        ("/api/v2/data/actions/views", 0) => reply(
            200,
            &headers,
            r#"{"entities":[],"nextPageToken":"canary-page"}"#,
        ),
        ("/api/v2/data/actions/views", _) => return lost(&echo),
        (_, 0) => reply(401, &headers, &format!(r#"{{"message":"{echo}"}}"#)),
        (_, 1) => reply(503, &headers, &echo),
        (_, 2) => reply(
            302,
            &[("location", "https://a.example/?t=canary-token")],
            &echo,
        ),
        _ => return lost(&echo),
    };
    (Duration::ZERO, Ok(answer))
}

fn lost(echo: &str) -> Said {
    let reason = format!("broke off near {echo}");
    (Duration::ZERO, Err(Lost::Unanswered(reason)))
}

#[tokio::test(start_paused = true)]
async fn t_04_no_secret_is_on_record_at_any_level() {
    let lines = Lines::default();
    let _listening = lines.listen();
    let stage = Stage::new(echoes);
    let tenant = stage.tenant(client_credentials());
    let mut body = action_body("score");
    body.script = SecretText::new("canary-script");
    let mut errors = Vec::new();
    let page = ViewsApi::list(&*tenant, None).await.unwrap().value;
    errors.extend(ViewsApi::list(&*tenant, page.next).await.err());
    for _ in 0..2 {
        let key = key("canary-key");
        errors.extend(ActionsApi::create(&*tenant, &body, &key).await.err());
        errors.extend(
            ActionsApi::test(&*tenant, &id("a"), r#"{"x":"canary-input"}"#)
                .await
                .err(),
        );
        errors.extend(ActionsApi::read(&*tenant, &id("a")).await.err());
    }
    assert!(errors.len() >= 5, "{errors:?}");
    let text = lines.text();
    assert!(text.contains("\"attempt\":2") && text.contains("\"status\":401"));
    let found = text.lines().find(|line| line.contains("canary"));
    assert_eq!(found, None);
    assert!(!text.contains("pageToken") && !text.contains(READY_TOKEN));
    for error in errors {
        let shown = format!("{error} {error:?}");
        for secret in [
            CLIENT_SECRET,
            "canary-token",
            "canary-script",
            "canary-cookie",
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
