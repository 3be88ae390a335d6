//! Carries requests and answers over sockets.
//!
//! It decides nothing: what goes wrong was decided before, here it is made to.

use std::future::pending;
use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderValue, request};
use axum::response::Response;
use futures_util::stream;

use crate::connection::Grip;
use crate::faults::Framing;
use crate::faults::flood::{self, Flood};
use crate::message::{Answer, Request};
use crate::serving::{BODY_LIMIT_BYTES, Delivery, Ending, Serving, body_refused, response};

/// Answers one request.
pub(super) async fn respond(
    State(serving): State<Arc<Serving>>,
    ConnectInfo(grip): ConnectInfo<Grip>,
    request: HttpRequest,
) -> Response {
    grip.open();
    let (head, body) = request.into_parts();
    if let Some(answer) = serving.answer_early(|| Request::of(head.clone(), Bytes::new())) {
        // What is left of the body goes nowhere, so that the client can send it and read the answer.
        tokio::spawn(async move { drop(to_bytes(body, BODY_LIMIT_BYTES).await) });
        return response(answer, Body::from);
    }
    let delivery = match read(head, body).await {
        Ok(request) => serving.deliver(request).await,
        Err(refusal) => Delivery::Whole(refusal),
    };
    match delivery {
        Delivery::Whole(answer) => response(answer, Body::from),
        Delivery::Drip(answer, wait) => {
            grip.drip(wait);
            response(answer, Body::from)
        }
        Delivery::Cut {
            answer,
            bytes,
            framing,
        } => {
            let mut cut = response(answer, |body| cut_after(&body, bytes));
            if framing == Framing::Chunks {
                cut.headers_mut().remove(CONTENT_LENGTH);
            }
            cut
        }
        Delivery::Flood(answer, flood) => flooded(answer, flood, &grip),
        Delivery::Ended(ending) => {
            match ending {
                Ending::Closed => grip.cut(),
                Ending::Reset => grip.reset(),
            }
            Response::new(Body::empty())
        }
        // An outage ends the connection by itself, a client that hears nothing does.
        Delivery::Outage | Delivery::Silence => pending().await,
    }
}

async fn read(head: request::Parts, body: Body) -> Result<Request, Answer> {
    let body = to_bytes(body, BODY_LIMIT_BYTES)
        .await
        .map_err(|_| body_refused())?;
    Ok(Request::of(head, body))
}

fn flooded(mut answer: Answer, flood: Flood, grip: &Grip) -> Response {
    match flood {
        Flood::Length => {
            let mut endless = response(answer, |_| endless());
            let announced = HeaderValue::from(flood::ANNOUNCED_BYTES);
            endless.headers_mut().insert(CONTENT_LENGTH, announced);
            endless
        }
        Flood::Chunks => {
            let mut endless = response(answer, |_| endless());
            endless.headers_mut().remove(CONTENT_LENGTH);
            endless
        }
        Flood::Gzip => {
            answer.body = flood::bomb();
            let mut bomb = response(answer, Body::from);
            let encoding = HeaderValue::from_static("gzip");
            bomb.headers_mut().insert(CONTENT_ENCODING, encoding);
            bomb
        }
        Flood::Headers => {
            answer.headers.extend(flood::headers());
            response(answer, Body::from)
        }
        Flood::Informational => {
            grip.preface(flood::preliminary_heads());
            response(answer, Body::from)
        }
    }
}

/// A body that has no end, for as long as the client reads it.
fn endless() -> Body {
    Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>(flood::piece())))
}

/// The first bytes of `body`, and then the end of the connection.
fn cut_after(body: &Bytes, bytes: usize) -> Body {
    let start = body.slice(..bytes.min(body.len()));
    Body::from_stream(stream::unfold(Some(start), |start| async {
        match start {
            Some(start) if !start.is_empty() => Some((Ok(start), None)),
            _ => {
                // Lets what came before be sent first.
                tokio::task::yield_now().await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
            }
        }
    }))
}
