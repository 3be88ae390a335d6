//! HTTP/2 as a server has it, without a library that would keep to the rules.

use std::future::Future;
use std::time::Duration;

use cxda_adapters_http::HttpTenant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::peer::{Line, Peer, SOON};
use super::tls::{Authority, tenant_of};

/// The kinds of frames.
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// The flags of frames.
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// Codes of errors.
pub(super) const NO_ERROR: u32 = 0;
pub(super) const INTERNAL_ERROR: u32 = 2;
pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const CANCEL: u32 = 8;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

const PREFACE: usize = 24;

/// A connection on which frames are spoken.
pub(super) struct Frames {
    line: Line<TlsStream<TcpStream>>,
    /// Which of the server's connections it is, from 1 on.
    pub(super) nth: usize,
}

impl Frames {
    /// A server that does `serve` with every connection, and a tenant that trusts it.
    pub(super) async fn start<F>(
        serve: impl Fn(Self) -> F + Send + Copy + 'static,
    ) -> (Peer, HttpTenant)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_for(20 * SOON, serve).await
    }

    /// The same for a tenant that listens to silence for so long.
    pub(super) async fn start_for<F>(
        idle: Duration,
        serve: impl Fn(Self) -> F + Send + Copy + 'static,
    ) -> (Peer, HttpTenant)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let authority = Authority::new();
        let acceptor = authority.identity().acceptor(&["h2", "http/1.1"]);
        let peer = Peer::start(move |line| {
            let acceptor = acceptor.clone();
            async move {
                let accepted = line.through(async |stream| acceptor.accept(stream).await);
                let Some(mut line) = accepted.await else {
                    return;
                };
                assert_eq!(line.stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                let mut preface = [0; PREFACE];
                if line.stream.read_exact(&mut preface).await.is_err() {
                    return;
                }
                let nth = line.nth;
                let mut frames = Self { line, nth };
                frames.send(SETTINGS, 0, 0, &[]).await;
                serve(frames).await;
            }
        })
        .await;
        let tenant = tenant_of(&peer, &authority.trust(), 10 * SOON, idle);
        (peer, tenant)
    }

    /// The stream of the next request, when it is whole; `None` where the client hung up. Pings are answered.
    pub(super) async fn request(&mut self) -> Option<u32> {
        loop {
            let (kind, flags, stream, payload) = self.next().await?;
            if kind == PING && flags == 0 {
                self.send(PING, 1, 0, &payload).await;
            }
            if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
                self.line.note(&format!("stream {stream}"));
                return Some(stream);
            }
        }
    }

    async fn next(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.line.stream.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.line.stream.read_exact(&mut payload).await.ok()?;
        Some((kind, flags, u32::from_be_bytes(stream), payload))
    }

    /// Sends one frame.
    pub(super) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.line.say(frame(kind, flags, stream, payload)).await;
        drop(self.line.stream.flush().await);
    }

    /// Sends one frame again and again until the client hangs up.
    pub(super) async fn pour(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.line.pour(&frame(kind, flags, stream, payload)).await;
    }

    /// Answers on `stream` with `body`.
    pub(super) async fn answer(&mut self, stream: u32, status: &str, body: &str) {
        self.send(HEADERS, END_HEADERS, stream, &head(status)).await;
        self.send(DATA, END_STREAM, stream, body.as_bytes()).await;
    }

    /// Says that nothing beyond the stream `last` was looked at, nor will be.
    pub(super) async fn go_away(&mut self, last: u32, code: u32) {
        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
        self.send(GOAWAY, 0, 0, &payload).await;
    }

    pub(super) async fn reset(&mut self, stream: u32, code: u32) {
        self.send(RST_STREAM, 0, stream, &code.to_be_bytes()).await;
    }

    /// Takes whatever comes, and says nothing, until the client hangs up.
    pub(super) async fn rest(&mut self) {
        self.line.rest().await;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// One header as it is packed without any table; neither part has more than 126 bytes.
pub(super) fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    let mut field = vec![0, length(name)];
    field.extend(name.as_bytes());
    field.push(length(value));
    field.extend(value.as_bytes());
    field
}

/// The head of an answer of JSON.
pub(super) fn head(status: &str) -> Vec<u8> {
    [
        field(":status", status),
        field("content-type", "application/json"),
    ]
    .concat()
}
