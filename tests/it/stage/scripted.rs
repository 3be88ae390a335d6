//! A server whose answers a test writes by hand, for what no simulator should do.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use tokio::runtime::Runtime;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    /// Whether it asks for a token.
    pub(crate) fn wants_token(&self) -> bool {
        self.path == "/oauth/token"
    }

    /// The method and the path in one text.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A header's text; empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// `body` as JSON.
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    /// `body` as a web page.
    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self {
            headers: vec![("content-type".into(), "text/html".into())],
            ..Self::json(status, body)
        }
    }

    /// A token.
    pub(crate) fn token(token: &str) -> Self {
        let body =
            format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#);
        Self::json(200, body)
    }

    /// An empty page of views or actions; it fits both.
    pub(crate) fn empty_page() -> Self {
        Self::json(
            200,
            r#"{"entities":[],"nextPageToken":null,"total":0,"page":1,"pageSize":100}"#,
        )
    }

    /// The same, with one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

type Respond = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A server that answers what its test says.
pub(crate) struct Scripted {
    base_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    _runtime: Runtime,
}

impl Scripted {
    /// Serves `respond`.
    pub(crate) fn start(respond: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let runtime = super::runtime();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))
            .unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let respond: Arc<Respond> = Arc::new(respond);
        let notes = Arc::clone(&asked);
        let service = axum::Router::new().fallback(move |request: Request<Body>| {
            let (respond, notes) = (Arc::clone(&respond), Arc::clone(&notes));
            async move {
                let asked = read(request).await;
                let answer = respond(&asked);
                notes.lock().unwrap().push(asked);
                written(answer)
            }
        });
        runtime.spawn(async move {
            axum::serve(listener, service).await.unwrap();
        });
        Self {
            base_url,
            asked,
            _runtime: runtime,
        }
    }

    /// Gives a token, and serves `respond` for everything else.
    pub(crate) fn with_token(respond: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |asked| {
            if asked.wants_token() {
                Answer::token("a-token")
            } else {
                respond(asked)
            }
        })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What came so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read(request: Request<Body>) -> Asked {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn written(answer: Answer) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}
