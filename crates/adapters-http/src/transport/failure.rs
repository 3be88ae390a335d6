//! Why a request has no answer: whether the server can have acted on it, and what happened, in plain words.
//!
//! The words hold nothing of the URL, of a header or of a body.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::iter::successors;

use rustls::CertificateError;

use crate::transport::Lost;

/// How far a request had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No whole head of an answer was there.
    Asking,
    /// The answer's body was being read.
    Reading,
}

/// What `error` means for a request that had come to `stage`.
pub(super) fn lost(error: &reqwest::Error, stage: Stage) -> Lost {
    if error.is_builder() {
        return Lost::NotSent(innermost(error));
    }
    if error.is_connect() {
        return match find(error) {
            Some(tls) => Lost::Tls(handshake(tls)),
            None => Lost::NotSent(connecting(error)),
        };
    }
    if stage == Stage::Asking && is_left_unprocessed(error) {
        return Lost::NotSent("the server closed the connection to new requests".into());
    }
    Lost::Unanswered(sent(error, stage))
}

/// What lies behind `error`, the outermost first.
///
/// An I/O error that wraps another one leaves it out of the chain of sources.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(error.source(), |&cause| {
        match cause.downcast_ref().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        }
    })
}

/// The outermost cause of this type.
fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(<dyn Error>::downcast_ref)
}

/// The kind of the innermost I/O error; the outer ones often say no more than that there is one.
fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let kinds = causes(error).filter_map(|cause| cause.downcast_ref().map(io::Error::kind));
    kinds.last()
}

/// The words of the innermost cause, which say most; those of the outer ones would quote the URL.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    match causes(error).last() {
        Some(cause) => cause.to_string(),
        None => "the request could not be made".into(),
    }
}

/// Whether the connection ended before the request was written, or the server said that it did not look at it.
///
/// The HTTP client would send such a request again by itself, unseen by the rate limit and the count of attempts, and so
/// is told not to. A graceful end of an HTTP/2 connection reaches only streams that the server did not take up.
fn is_left_unprocessed(error: &reqwest::Error) -> bool {
    if find(error).is_some_and(hyper::Error::is_canceled) {
        return true;
    }
    find(error).is_some_and(|stream: &h2::Error| {
        let reason = stream.reason();
        let refused = stream.is_reset() && reason == Some(h2::Reason::REFUSED_STREAM);
        let going = stream.is_go_away() && reason == Some(h2::Reason::NO_ERROR);
        stream.is_remote() && (refused || going)
    })
}

/// Why there is no connection.
fn connecting(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out while connecting".into();
    }
    if error.is_dns() {
        return "its host name cannot be resolved".into();
    }
    let words = match io_kind(error) {
        Some(ErrorKind::ConnectionRefused) => "connection refused",
        Some(ErrorKind::HostUnreachable) => "no route to the host",
        Some(ErrorKind::NetworkUnreachable) => "the network is unreachable",
        Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) => {
            "the connection was closed during the TLS handshake"
        }
        _ => return innermost(error),
    };
    words.into()
}

/// Why TLS was refused.
fn handshake(error: &rustls::Error) -> String {
    use CertificateError as Certificate;
    let words = match error {
        rustls::Error::InvalidCertificate(why) => match why {
            Certificate::UnknownIssuer => "the certificate is not trusted, its issuer is unknown",
            Certificate::BadSignature => "the certificate is not trusted, its signature is wrong",
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "the certificate has expired"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "the certificate is not valid yet"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "the certificate is for another name"
            }
            Certificate::Revoked => "the certificate was revoked",
            _ => return format!("the certificate is not valid: {error}"),
        },
        rustls::Error::InvalidMessage(_) => "what the server says is no TLS",
        rustls::Error::PeerIncompatible(_) => "no TLS version or cipher in common",
        rustls::Error::AlertReceived(alert) => {
            return format!("the server refused the handshake: {alert:?}");
        }
        _ => return error.to_string(),
    };
    words.into()
}

/// Why a request that was sent, at least in part, has no answer.
fn sent(error: &reqwest::Error, stage: Stage) -> String {
    if error.is_timeout() {
        let words = match stage {
            Stage::Asking => "no answer came in time",
            Stage::Reading => "the answer did not come to its end in time",
        };
        return words.into();
    }
    if let Some(reason) = find(error).and_then(h2::Error::reason) {
        return format!("the server gave up the HTTP/2 stream: {reason}");
    }
    if let Some(http) = find::<hyper::Error>(error) {
        if http.is_parse() {
            return "the answer's head is no valid HTTP, or too large".into();
        }
        if http.is_incomplete_message() {
            return "the connection was closed before the answer".into();
        }
    }
    let words = match io_kind(error) {
        Some(ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe) => {
            "the connection was reset"
        }
        Some(ErrorKind::UnexpectedEof) => "the answer was cut off",
        Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => "the answer's body is broken",
        _ => return innermost(error),
    };
    words.into()
}
