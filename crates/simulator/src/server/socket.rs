//! Carries requests and answers over sockets.
//!
//! It decides nothing: what goes wrong was decided before, here it is made to.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::response::Response;
use futures_util::stream;

use crate::connection::Cutter;
use crate::message::{Answer, Request};
use crate::serving::{BODY_LIMIT_BYTES, Delivery, Serving, body_refused, response};

/// Answers one request.
pub(super) async fn respond(
    State(serving): State<Arc<Serving>>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: HttpRequest,
) -> Response {
    let request = match read(request).await {
        Ok(request) => request,
        Err(answer) => return response(answer, Body::from),
    };
    match serving.deliver(request).await {
        Delivery::Whole(answer) => response(answer, Body::from),
        Delivery::CutAfter(answer, bytes) => response(answer, |body| cut_after(&body, bytes)),
        Delivery::Nothing => {
            cutter.cut();
            Response::new(Body::empty())
        }
    }
}

async fn read(request: HttpRequest) -> Result<Request, Answer> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT_BYTES)
        .await
        .map_err(|_| body_refused())?;
    Ok(Request::of(parts, body))
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
