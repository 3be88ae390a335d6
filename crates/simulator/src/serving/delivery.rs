//! What a client gets for a request, before anything carries it there.
//!
//! It is decided elsewhere which of these it is.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};

use super::MARKER_HEADER;
use crate::faults::Framing;
use crate::faults::flood::Flood;
use crate::message::Answer;

/// What the client gets.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// The answer.
    Whole(Answer),
    /// The answer, byte by byte, with so much time before each.
    Drip(Answer, Duration),
    /// So many bytes of the answer's body, and then the end of the connection.
    Cut {
        answer: Answer,
        bytes: usize,
        framing: Framing,
    },
    /// The answer, and far too much of something.
    Flood(Answer, Flood),
    /// The end of the connection.
    Ended(Ending),
    /// The end of every connection, for nobody is listening any more.
    Outage,
    /// Nothing, ever.
    Silence,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Closed,
    Reset,
}

/// The answer as HTTP, with `carried` in the place of its body.
pub(crate) fn response<B>(answer: Answer, carried: impl FnOnce(Bytes) -> B) -> Response<B> {
    let length = answer.body.len();
    let mut response = Response::new(carried(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        headers.append(name, value);
    }
    let marker = HeaderName::from_static(MARKER_HEADER);
    headers.insert(marker, HeaderValue::from_static("1"));
    if length > 0 {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// What is said of a body that is too long.
pub(crate) fn body_refused() -> Answer {
    let message = "the body is longer than 8 MiB or broke off";
    Answer::problem(StatusCode::PAYLOAD_TOO_LARGE, message)
}
