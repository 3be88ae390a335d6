//! Servers that break HTTP itself or send too much of it: answers as bytes.

use std::sync::Arc;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::credentials::{AuthConfig, Credentials};
use cxda_adapters_http::profile::ProfileOverrides;
use cxda_adapters_memory::clock::ManualClock;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::secret::SecretText;
use cxda_ports::actions::ActionsApi;
use cxda_ports::error::{ApiError, ApiErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::bench::{START, action_body, config, id, key};

/// A server on loopback; dropped, it serves no longer.
pub(crate) struct Server {
    pub(crate) base: String,
    serving: JoinHandle<()>,
}

impl Server {
    /// Answers every request with what `answer` makes of its text, and the end of the connection.
    pub(crate) async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4_096];
                let length = stream.read(&mut request).await.unwrap();
                let bytes = answer(&String::from_utf8_lossy(&request[..length]));
                // The client may hang up before it has everything.
                drop(stream.write_all(&bytes).await);
            }
        });
        Self { base, serving }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn tenant(base: &str, credentials: Credentials) -> HttpTenant {
    let config = config(
        base,
        &ProfileOverrides::default(),
        AuthConfig::new(credentials),
    );
    let clock = Arc::new(ManualClock::starting_at(START));
    HttpTenant::new(
        config,
        clock,
        Arc::new(FixedJitter::NONE),
        Arc::new(NeverStops),
    )
    .unwrap()
}

pub(crate) fn ready_token() -> Credentials {
    Credentials::Bearer {
        token: SecretText::new("token"),
    }
}

/// What a read of one action comes to when every request is answered with `bytes`.
async fn read_from_a_server_that_says(bytes: Vec<u8>) -> Result<String, ApiError> {
    let server = Server::start(move |_| bytes.clone()).await;
    let tenant = tenant(&server.base, ready_token());
    let read = ActionsApi::read(&tenant, &id("a")).await;
    read.map(|answer| answer.value.value.name)
}

pub(crate) fn json(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_plain_answer_is_read_and_a_compressed_one_too() {
    let body = br#"{"id":"a","name":"n"}"#;
    assert_eq!(
        read_from_a_server_that_says(json("", body)).await.unwrap(),
        "n"
    );
}

#[tokio::test]
async fn t_15_a_tenant_that_does_not_say_so_is_no_simulator() {
    let server = Server::start(|_| json("", br#"{"id":"a","name":"n"}"#)).await;
    let tenant = tenant(&server.base, ready_token());
    ActionsApi::read(&tenant, &id("a")).await.unwrap();
    assert!(!tenant.is_simulated());
}

#[tokio::test]
async fn h_31_a_create_that_was_answered_with_an_id_of_no_use_says_so() {
    let answer =
        "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{\"id\":\"../x\",\"name\":\"score\"}";
    let server = Server::start(|_| answer.as_bytes().to_vec()).await;
    let tenant = tenant(&server.base, ready_token());
    let error = ActionsApi::create(&tenant, &action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::OutcomeUnknown);
    insta::assert_snapshot!(error, @"create action failed: sent, but the answer is unusable, the outcome is unknown: its id is missing or not one that may stand in a path (HTTP 201)");
}

#[tokio::test]
async fn h_09_a_body_is_cut_at_eight_megabytes() {
    let gzip = include_bytes!("fixtures/nine_megabytes.json.gz");
    let long = [
        br#"{"id":"a","name":""#,
        "x".repeat(8_000_000).as_bytes(),
        br#""}"#,
    ]
    .concat();
    for (label, bytes) in [
        ("announced", json("Content-Length: 10000000000\r\n", b"{")),
        ("without end", json("", &long)),
        (
            "compressed a thousandfold",
            json("Content-Encoding: gzip\r\n", gzip),
        ),
    ] {
        let error = read_from_a_server_that_says(bytes).await.unwrap_err();
        assert_eq!(
            (&error.kind, error.cost.attempts),
            (&ApiErrorKind::Malformed, 1),
            "case: {label}"
        );
        assert_eq!(
            error.detail, "the answer has more than 8000000 bytes",
            "case: {label}"
        );
    }
}

#[tokio::test]
async fn h_09_headers_are_bounded() {
    let many: Vec<String> = (0..300).map(|n| format!("X-{n}: y\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "y".repeat(70_000));
    for headers in [many.concat(), long] {
        let bytes = json(&headers, br#"{"id":"a","name":"n"}"#);
        let error = read_from_a_server_that_says(bytes).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn h_05_an_answer_shorter_than_announced_is_lost() {
    for bytes in [
        json("Content-Length: 1000\r\n", br#"{"id":"a","name":"n"}"#),
        json(
            "Transfer-Encoding: chunked\r\n",
            b"15\r\n{\"id\":\"a\",\"name\":\"n\"}\r\n",
        ),
        b"HTTP/1.1 200 OK\r\nContent-".to_vec(),
        b"nonsense\r\n\r\n".to_vec(),
        Vec::new(),
    ] {
        let error = read_from_a_server_that_says(bytes).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cost.attempts),
            (ApiErrorKind::Unavailable, 4)
        );
    }
}

#[tokio::test]
async fn h_10_deep_answers_are_refused() {
    let deep = format!(
        r#"{{"id":"a","name":"n","x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let error = read_from_a_server_that_says(json("", deep.as_bytes()))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ApiErrorKind::Malformed);
}

#[tokio::test]
async fn h_06_a_server_that_says_nothing_is_not_waited_for_beyond_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let overrides = ProfileOverrides::default();
    let mut config = config(&base, &overrides, AuthConfig::new(ready_token()));
    config.timeouts.request = Duration::from_millis(20);
    let clock = Arc::new(ManualClock::starting_at(START));
    let tenant = HttpTenant::new(
        config,
        clock,
        Arc::new(FixedJitter::NONE),
        Arc::new(NeverStops),
    )
    .unwrap();
    let error = ActionsApi::read(&tenant, &id("a")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::Unavailable, 4)
    );
    let error = ActionsApi::create(&tenant, &action_body("score"), &key("k"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cost.attempts),
        (ApiErrorKind::OutcomeUnknown, 1)
    );
    // The kernel took the connections; nobody ever answered on one.
    drop(listener);
}

#[tokio::test]
async fn an_access_key_is_exchanged_for_a_token() {
    let server = Server::start(|request| {
        if request.starts_with("POST /authentication/v1/token/access-key HTTP/1.1") {
            assert!(request.contains(r#"{"accessKeyId":"key","accessKeySecret":"canary"}"#));
            json(
                "",
                br#"{"access_token":"fresh","token_type":"Bearer","expires_in":"3600"}"#,
            )
        } else {
            assert!(request.contains("authorization: Bearer fresh"), "{request}");
            json("", br#"{"id":"a","name":"n"}"#)
        }
    })
    .await;
    let credentials = Credentials::AccessKey {
        id: SecretText::new("key"),
        secret: SecretText::new("canary"),
    };
    let tenant = tenant(&server.base, credentials);
    ActionsApi::read(&tenant, &id("a")).await.unwrap();
    assert_eq!(tenant.traffic().sent, 2);
}

/// The answer of a token endpoint with an id token of the tenant `11eb`.
fn token_of_a_tenant() -> Vec<u8> {
    // The claims are {"tenantId":"11eb"}.
    json(
        "",
        br#"{"access_token":"fresh","id_token":"h.eyJ0ZW5hbnRJZCI6IjExZWIifQ.s"}"#,
    )
}

fn password() -> Credentials {
    Credentials::Password {
        client_id: SecretText::new("client"),
        client_secret: SecretText::new("canary-1"),
        username: SecretText::new("user"),
        password: SecretText::new("canary-2"),
    }
}

#[tokio::test]
async fn with_a_password_the_api_host_is_discovered_once() {
    let api = Server::start(|request| {
        assert!(request.contains("authorization: Bearer fresh"), "{request}");
        json("", br#"{"id":"a","name":"n"}"#)
    })
    .await;
    let found = format!(r#"{{"api_endpoint":"{}"}}"#, api.base);
    let auth = Server::start(move |request| {
        if request.starts_with("POST /auth/token HTTP/1.1") {
            token_of_a_tenant()
        } else {
            let path = "GET /.well-known/cxone-configuration?tenantId=11eb HTTP/1.1";
            assert!(request.starts_with(path), "{request}");
            assert!(!request.contains("authorization"), "{request}");
            json("", found.as_bytes())
        }
    })
    .await;
    let tenant = tenant(&auth.base, password());
    for sent in [3, 4] {
        ActionsApi::read(&tenant, &id("a")).await.unwrap();
        assert_eq!(tenant.traffic().sent, sent);
    }
}

#[tokio::test]
async fn t_02_a_discovered_host_of_somebody_else_gets_nothing() {
    for host in [
        "https://evil.example",
        "http://evil.example",
        "ftp://127.0.0.1",
        "",
        "/x",
    ] {
        let found = format!(r#"{{"api_endpoint":"{host}"}}"#);
        let auth = Server::start(move |request| {
            if request.starts_with("POST") {
                token_of_a_tenant()
            } else {
                json("", found.as_bytes())
            }
        })
        .await;
        let tenant = tenant(&auth.base, password());
        let error = ActionsApi::read(&tenant, &id("a")).await.unwrap_err();
        assert_eq!(error.kind, ApiErrorKind::Unauthenticated, "{host}");
        assert_eq!(tenant.traffic().sent, 2);
    }
}
