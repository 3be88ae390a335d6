//! The kinds of faults that only a socket shows as they are: what stands on the wire, byte by byte.

use std::io::ErrorKind;
use std::time::Duration;

use cxda_simulator::faults::FaultScript;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::yield_now;

use crate::bench::{ACTIONS, Bench, NEW_ACTION, action};

/// A tenant whose first create of an action meets `fault`.
async fn at_create(fault: &Value) -> Bench {
    let bench = Bench::fresh().await;
    let rules = json!([{"operation": "createAction", "nth": 1, "fault": fault}]);
    let text = json!({"formatVersion": "1.0", "rules": rules}).to_string();
    bench
        .running
        .set_faults(FaultScript::from_json(&text).unwrap());
    bench
}

fn head(bench: &Bench, length: usize) -> String {
    format!(
        "POST {NEW_ACTION} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n",
        bench.token
    )
}

/// A connection on which an action is being created.
async fn creating(bench: &Bench) -> TcpStream {
    let mut stream = TcpStream::connect(bench.running.address()).await.unwrap();
    let sent = action("score").to_string();
    let request = head(bench, sent.len()) + &sent;
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until `mark`.
async fn until(stream: &mut (impl AsyncRead + Unpin), mark: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(mark) {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

async fn actions(bench: &Bench) -> usize {
    let page = bench.get(ACTIONS).await.json();
    page["entities"].as_array().unwrap().len()
}

/// Returns once the tenant has as many actions.
async fn committed(bench: &Bench) {
    while !bench.running.state().to_json().contains("score") {
        yield_now().await;
    }
}

#[tokio::test]
async fn h_01_an_outage_ends_every_connection_and_refuses_new_ones_until_it_is_over() {
    let bench = at_create(&json!({"kind": "outage", "milliseconds": 3_000})).await;
    let address = bench.running.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    // Answered once, so that it was accepted.
    let look = b"GET /__sim/log HTTP/1.1\r\nHost: sim\r\n\r\n";
    idle.write_all(look).await.unwrap();
    assert!(until(&mut idle, "\r\n").await.contains("200"));
    let mut caller = creating(&bench).await;
    let mut nothing = Vec::new();
    // However it ends, nothing came.
    drop(caller.read_to_end(&mut nothing).await);
    assert_eq!(nothing, b"");
    drop(idle.read_to_end(&mut nothing).await);
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    bench.waiting().await;
    bench.clock.advance(Duration::from_secs(3));
    while TcpStream::connect(address).await.is_err() {
        yield_now().await;
    }
    assert_eq!(actions(&bench).await, 0);
}

#[tokio::test]
async fn h_04_a_reset_is_a_reset_and_a_drop_an_orderly_end() {
    for (kind, want) in [("reset", Err(ErrorKind::ConnectionReset)), ("drop", Ok(0))] {
        let bench = at_create(&json!({"kind": kind, "committed": true})).await;
        let mut caller = creating(&bench).await;
        let ended = caller.read(&mut [0]).await.map_err(|error| error.kind());
        assert_eq!(ended, want, "{kind}");
        assert_eq!(actions(&bench).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn h_05_a_chunked_body_may_break_off() {
    let truncate = json!({"kind": "truncate", "bytes": 10, "chunked": true});
    let bench = at_create(&truncate).await;
    let mut caller = creating(&bench).await;
    let head = until(&mut caller, "\r\n\r\n").await.to_lowercase();
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    let mut rest = Vec::new();
    drop(caller.read_to_end(&mut rest).await);
    let rest = String::from_utf8(rest).unwrap();
    assert!(
        rest.starts_with("A\r\n{") && !rest.contains("\r\n0\r\n"),
        "{rest}"
    );
}

#[tokio::test]
async fn h_06_silence_leaves_the_connection_open() {
    let bench = at_create(&json!({"kind": "silence", "committed": true})).await;
    let caller = creating(&bench).await;
    committed(&bench).await;
    // Somebody else is answered meanwhile.
    assert_eq!(actions(&bench).await, 1);
    let nothing = caller.try_read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn h_06_a_dripping_answer_begins_to_drip_with_its_head() {
    let drip = json!({"kind": "drip", "milliseconds": 10_000, "committed": true});
    let bench = at_create(&drip).await;
    let mut caller = creating(&bench).await;
    let mut seen = String::new();
    for number in 1..=12 {
        while bench.clock.waits().len() < number {
            yield_now().await;
        }
        let early = caller.try_read(&mut [0]).unwrap_err();
        assert_eq!(early.kind(), ErrorKind::WouldBlock);
        bench.clock.advance(Duration::from_secs(10));
        seen.push(char::from(caller.read_u8().await.unwrap()));
    }
    assert_eq!(seen, "HTTP/1.1 201");
}

#[tokio::test]
async fn h_09_endless_bodies_are_announced_or_chunked_and_do_come() {
    for (way, header) in [
        ("length", "content-length: 10000000000"),
        ("chunks", "transfer-encoding: chunked"),
    ] {
        let bench = at_create(&json!({"kind": "flood", "as": way, "committed": true})).await;
        let mut caller = creating(&bench).await;
        let head = until(&mut caller, "\r\n\r\n").await.to_lowercase();
        assert!(
            head.contains("201 created") && head.contains(header),
            "{head}"
        );
        let mut taken = vec![0; 10 * 1024 * 1024];
        caller.read_exact(&mut taken).await.unwrap();
        drop(caller);
        assert_eq!(actions(&bench).await, 1, "{way}");
    }
}

#[tokio::test]
async fn h_09_a_bomb_is_small_on_the_wire_and_large_once_unpacked() {
    let bench = at_create(&json!({"kind": "flood", "as": "gzip"})).await;
    let request = bench.request(reqwest::Method::POST, NEW_ACTION);
    let mut answer = request.json(&action("score")).send().await.unwrap();
    let mut unpacked = 0;
    while unpacked < 64 * 1024 * 1024 {
        let piece = answer.chunk().await.unwrap().unwrap();
        assert!(piece.iter().all(|byte| *byte == b' '));
        unpacked += piece.len();
    }
}

#[tokio::test]
async fn h_09_h_36_heads_without_measure_come_before_and_in_the_answer() {
    let bench = at_create(&json!({"kind": "flood", "as": "headers", "committed": true})).await;
    let head = until(&mut creating(&bench).await, "\r\n\r\n").await;
    assert!(head.len() > 64 * 1024 && head.starts_with("HTTP/1.1 201"));
    let bench =
        at_create(&json!({"kind": "flood", "as": "informational", "committed": true})).await;
    let mut caller = BufReader::new(creating(&bench).await);
    for _ in 0..10_000 {
        let head = until(&mut caller, "\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 103 "), "{head}");
    }
    let head = until(&mut caller, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
}

#[tokio::test]
async fn h_36_an_early_answer_comes_before_the_body_and_the_connection_goes_on() {
    let bench = at_create(&json!({"kind": "early", "status": 413})).await;
    let mut caller = TcpStream::connect(bench.running.address()).await.unwrap();
    let sent = action("score").to_string();
    let request = head(&bench, sent.len());
    caller.write_all(request.as_bytes()).await.unwrap();
    let early = until(&mut caller, "\r\n\r\n").await;
    assert!(early.starts_with("HTTP/1.1 413 "), "{early}");
    until(&mut caller, "}").await;
    caller.write_all(sent.as_bytes()).await.unwrap();
    caller
        .write_all((request + &sent).as_bytes())
        .await
        .unwrap();
    let second = until(&mut caller, "\r\n\r\n").await;
    assert!(second.starts_with("HTTP/1.1 201 "), "{second}");
    assert_eq!(actions(&bench).await, 1);
}

#[tokio::test]
async fn h_38_a_late_commit_comes_after_the_connection_ended() {
    let bench = at_create(&json!({"kind": "commitLater", "milliseconds": 90_000})).await;
    let mut caller = creating(&bench).await;
    assert_eq!(caller.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(actions(&bench).await, 0);
    bench.waiting().await;
    bench.clock.advance(Duration::from_secs(90));
    committed(&bench).await;
}

#[tokio::test]
async fn h_24_the_date_of_an_answer_is_that_of_the_clock() {
    let bench = Bench::fresh().await;
    let got = bench.get(ACTIONS).await;
    assert_eq!(got.header("date"), "Tue, 14 Nov 2023 22:13:20 GMT");
    assert_eq!(got.headers.get_all("date").iter().count(), 1);
}
