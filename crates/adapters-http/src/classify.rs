//! What an answer, or the lack of one, means: done, final, or worth another attempt.
//!
//! How often and when an attempt is repeated is not decided here.

use std::time::Duration;

use cxda_domain::instant::UtcMillis;
use cxda_domain::request::Operation;
use cxda_ports::error::{ApiError, ApiErrorKind, Problem};
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::percent_decode;

use crate::base_url::Origin;
use crate::call::{Call, IDEMPOTENCY_KEY, Permission};
use crate::retry_after::retry_after;
use crate::sanitize::Screen;
use crate::transport::{BodySize, Lost, Reply};
use crate::wire::problem::{KeyUse, Refusal};
use crate::wire::words;

/// Headers in which servers name a request, the best known first.
const REQUEST_ID_HEADERS: [&str; 4] = [
    "x-request-id",
    "x-correlation-id",
    "request-id",
    "x-amzn-requestid",
];
const MAX_REQUEST_ID_CHARS: usize = 128;

/// What an attempt came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The answer that was asked for; its body is not read yet.
    Done(Reply),
    /// The token was refused.
    Unauthorized(ApiError),
    /// No further attempt helps.
    Final(ApiError),
    /// Another attempt may help.
    Again(Again),
}

/// A failure that may pass.
#[derive(Debug)]
pub(crate) struct Again {
    /// What it is where no further attempt follows.
    pub(crate) error: ApiError,
    pub(crate) cause: Cause,
    /// Whether the tenant may have carried the request out.
    pub(crate) received: Received,
    /// How long the tenant asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

/// Why an attempt failed that may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The tenant or the way to it.
    Transient,
    /// Too many requests, which concerns every other call as well.
    Throttled,
    /// The resource is not ready, which concerns this call alone.
    Busy,
}

/// Whether a failed request may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    No,
    Maybe,
}

/// Judges one attempt of `call`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) call: &'a Call,
    pub(crate) screen: &'a Screen,
    pub(crate) now: UtcMillis,
}

impl Judge<'_> {
    /// Judges what came back from `origin`.
    pub(crate) fn verdict(self, outcome: Result<Reply, Lost>, origin: &Origin) -> Verdict {
        match outcome {
            Ok(reply) => self.reply(reply, origin),
            Err(Lost::Tls(reason)) => {
                let detail = format!("{origin}: TLS: {reason}");
                Verdict::Final(self.lost(ApiErrorKind::Unreachable, &detail))
            }
            Err(Lost::NotSent(reason)) => Verdict::Again(Again {
                error: self.lost(ApiErrorKind::Unreachable, &format!("{origin}: {reason}")),
                cause: Cause::Transient,
                received: Received::No,
                retry_after: None,
            }),
            Err(Lost::Unanswered(reason)) => Verdict::Again(Again {
                error: self.lost(ApiErrorKind::Unavailable, &reason),
                cause: Cause::Transient,
                received: Received::Maybe,
                retry_after: None,
            }),
        }
    }

    fn reply(self, reply: Reply, origin: &Origin) -> Verdict {
        let is_token = self.call.operation == Operation::Token;
        match reply.status {
            status if status == self.call.done => self.done(reply),
            200..=299 => {
                let mut detail = format!("expected HTTP {}", self.call.done);
                if let Some(strange) = self.strange(&reply) {
                    detail = format!("{detail}; {strange}");
                }
                Verdict::Final(self.unusable(&reply, &detail))
            }
            300..=399 => {
                let target = reply.headers.get(LOCATION).map(HeaderValue::as_bytes);
                // Decoded, so that a secret is known in whatever way it was encoded.
                let mut target: Vec<u8> = percent_decode(target.unwrap_or_default()).collect();
                if is_token {
                    // What follows may be a token, and nobody knows it yet.
                    target.truncate(
                        target
                            .iter()
                            .take_while(|byte| !b"?#".contains(byte))
                            .count(),
                    );
                }
                let target = self.screen.glimpse(&target);
                let detail = format!("a redirect to {target:?}, which is not followed");
                Verdict::Final(self.unusable(&reply, &detail))
            }
            408 | 500 | 502 | 503 | 504 => self.again(
                &reply,
                ApiErrorKind::Unavailable,
                Cause::Transient,
                Received::Maybe,
            ),
            425 => self.again(
                &reply,
                ApiErrorKind::Unavailable,
                Cause::Transient,
                Received::No,
            ),
            429 => {
                let kind = ApiErrorKind::RateLimited {
                    retry_after: retry_after(&reply.headers, self.now),
                };
                self.again(&reply, kind, Cause::Throttled, Received::No)
            }
            501 | 505 => Verdict::Final(self.refused(&reply, ApiErrorKind::Unavailable)),
            506.. => Verdict::Final(self.refused(&reply, self.unclear(ApiErrorKind::Unavailable))),
            407 => Verdict::Final(self.intercepted(&reply, origin)),
            400..=499 if is_token => Verdict::Final(self.no_token(&reply)),
            401 => Verdict::Unauthorized(self.refused(&reply, ApiErrorKind::Unauthenticated)),
            409 | 423 => self.conflict(&reply),
            _ => Verdict::Final(self.refusal(&reply)),
        }
    }

    fn done(self, reply: Reply) -> Verdict {
        if !self.call.reads_json() {
            return Verdict::Done(reply);
        }
        if reply.size == BodySize::TooLarge {
            let limit = self.call.limit.bytes();
            let detail = format!("the answer has more than {limit} bytes");
            return Verdict::Final(self.unusable(&reply, &detail));
        }
        match self.strange(&reply) {
            None => Verdict::Done(reply),
            Some(strange) => Verdict::Final(self.unusable(&reply, &strange)),
        }
    }

    /// What stands in the place of JSON, in words.
    fn strange(self, reply: &Reply) -> Option<String> {
        let kind = content_type(&reply.headers).filter(|kind| !is_json(kind))?;
        let kind = self.screen.clean(&kind);
        // An answer to a token call may hold a token, and nobody knows it yet.
        if self.call.operation == Operation::Token {
            return Some(format!("its content type is {kind}"));
        }
        let start = self.screen.glimpse(&reply.body);
        Some(format!(
            "its content type is {kind}, and it begins with {start:?}"
        ))
    }

    /// 409 and 423: not now, or never.
    fn conflict(self, reply: &Reply) -> Verdict {
        use Operation::{CreateAction, CreateView, DeleteAction, DeleteView};
        use Operation::{ReplaceAction, ReplaceView};
        let wait = retry_after(&reply.headers, self.now);
        let busy = ApiErrorKind::Busy { retry_after: wait };
        if self.blames_key(reply) {
            return Verdict::Final(self.refused(reply, ApiErrorKind::KeyMismatch));
        }
        // Whatever it says: that it says when is what tells "not now" from "never".
        if reply.headers.contains_key(RETRY_AFTER) {
            return self.again(reply, busy, Cause::Busy, Received::No);
        }
        let state = Refusal::parse(&reply.body).state;
        let moving = matches!(state.as_deref(), Some("PUBLISHING" | "DELETING"));
        let kind = match self.call.operation {
            _ if moving || reply.status == 423 => busy,
            CreateView | CreateAction => ApiErrorKind::AlreadyExists,
            ReplaceView | ReplaceAction | DeleteView | DeleteAction => {
                ApiErrorKind::VersionMismatch
            }
            _ => ApiErrorKind::Refused,
        };
        Verdict::Final(self.refused(reply, kind))
    }

    /// Every other status from 400 to 499.
    fn refusal(self, reply: &Reply) -> ApiError {
        use Operation::{
            BuildIndexes, CreateAction, CreateView, DeleteAction, DeleteView, GetAction, GetTable,
            GetView,
        };
        use Operation::{ReplaceAction, ReplaceView, TestAction};
        let creates = matches!(self.call.operation, CreateView | CreateAction);
        let changes = matches!(
            self.call.operation,
            ReplaceView | ReplaceAction | DeleteView | DeleteAction
        );
        let one = matches!(
            self.call.operation,
            GetTable
                | GetView
                | ReplaceView
                | DeleteView
                | BuildIndexes
                | GetAction
                | ReplaceAction
                | DeleteAction
                | TestAction
        );
        match reply.status {
            400 | 422 if self.blames_key(reply) => self.refused(reply, ApiErrorKind::KeyMismatch),
            400 | 422 => self.rejected(reply),
            403 => self.forbidden(reply),
            404 if one => self.refused(reply, ApiErrorKind::NotFound),
            404 => self.misplaced(reply),
            412 if changes => self.refused(reply, ApiErrorKind::VersionMismatch),
            // A create names no version: something is in its way all the same, which a read by name tells.
            412 if creates => self.refused(reply, ApiErrorKind::AlreadyExists),
            _ => self.refused(reply, ApiErrorKind::Refused),
        }
    }

    /// Whether the idempotency key that was sent is said to belong to another payload.
    fn blames_key(self, reply: &Reply) -> bool {
        let keyed = self
            .call
            .headers
            .iter()
            .any(|(name, _)| name == IDEMPOTENCY_KEY);
        keyed && Refusal::parse(&reply.body).key == KeyUse::OtherPayload
    }

    /// A 404 where nothing is named that might be gone: the path itself is wrong.
    fn misplaced(self, reply: &Reply) -> ApiError {
        let hint = "there is no such path, check base_url and the paths of the API profile";
        hinted(hint, self.refused(reply, ApiErrorKind::Refused))
    }

    /// A token endpoint that refuses, or is none.
    fn no_token(self, reply: &Reply) -> ApiError {
        let error = self.refused(reply, ApiErrorKind::Unauthenticated);
        match (reply.status, &self.call.method) {
            (404 | 405, &Method::POST) => hinted(
                "there is no token endpoint at that path, check token_path and auth_url",
                error,
            ),
            _ => error,
        }
    }

    /// A proxy in the way, which nobody told us of.
    fn intercepted(self, reply: &Reply, origin: &Origin) -> ApiError {
        let mut error = self.error(ApiErrorKind::Unreachable, reply);
        // What it says is left out: it is no word of the tenant.
        error.detail = format!("{origin}: a proxy asks for credentials; cxda goes through none");
        error
    }

    fn rejected(self, reply: &Reply) -> ApiError {
        let clean = |text: &str| self.screen.clean(text);
        let mut problems: Vec<Problem> = Refusal::parse(&reply.body)
            .problems
            .iter()
            .map(|problem| Problem {
                field: problem.field.as_deref().map(clean),
                path: problem
                    .field
                    .as_deref()
                    .and_then(|field| words::manifest_path(self.call.operation, field)),
                message: clean(&problem.message),
                ..Problem::default()
            })
            .collect();
        let mut error = self.refused(reply, ApiErrorKind::Refused);
        if problems.is_empty() {
            let message = match error.detail.as_str() {
                "" => "it did not say why".to_owned(),
                detail => detail.to_owned(),
            };
            problems.push(Problem {
                message,
                ..Problem::default()
            });
        }
        error.kind = ApiErrorKind::Rejected { problems };
        error
    }

    fn forbidden(self, reply: &Reply) -> ApiError {
        let challenges = reply.headers.get_all(WWW_AUTHENTICATE);
        let named = challenges
            .iter()
            .find_map(|value| challenged_scope(value.to_str().ok()?))
            .or_else(|| Refusal::parse(&reply.body).scope)
            .map(|scope| self.screen.clean(&scope));
        let mut error = self.refused(reply, ApiErrorKind::Refused);
        let scope = match self.call.permission {
            Permission::Scope(needed) => Some(named.unwrap_or_else(|| needed.to_owned())),
            Permission::Role => {
                error = hinted("the role of the access key lacks the permission", error);
                named
            }
        };
        error.kind = ApiErrorKind::PermissionDenied { scope };
        error
    }

    fn again(self, reply: &Reply, kind: ApiErrorKind, cause: Cause, received: Received) -> Verdict {
        Verdict::Again(Again {
            error: self.refused(reply, kind),
            cause,
            received,
            retry_after: retry_after(&reply.headers, self.now),
        })
    }

    /// What a success that cannot be used is: for a write it may have happened all the same.
    pub(crate) fn unusable(self, reply: &Reply, detail: &str) -> ApiError {
        let kind = match self.call.operation {
            Operation::Token => ApiErrorKind::Unauthenticated,
            _ => self.unclear(ApiErrorKind::Malformed),
        };
        ApiError {
            detail: self.screen.clean(detail),
            ..self.error(kind, reply)
        }
    }

    /// `kind` for what only reads, else that nobody knows.
    fn unclear(self, kind: ApiErrorKind) -> ApiErrorKind {
        if self.call.operation.writes() {
            ApiErrorKind::OutcomeUnknown
        } else {
            kind
        }
    }

    /// A failure of this kind with what the server said.
    fn refused(self, reply: &Reply, kind: ApiErrorKind) -> ApiError {
        let refusal = Refusal::parse(&reply.body);
        let said = refusal.summary.or_else(|| {
            refusal
                .problems
                .into_iter()
                .next()
                .map(|first| first.message)
        });
        let detail = match said {
            Some(said) => self.screen.clean(&said),
            None => self.screen.glimpse(&reply.body),
        };
        ApiError {
            detail,
            ..self.error(kind, reply)
        }
    }

    fn error(self, kind: ApiErrorKind, reply: &Reply) -> ApiError {
        ApiError {
            status: Some(reply.status),
            request_id: self.request_id(&reply.headers),
            ..ApiError::new(self.call.operation, kind, "")
        }
    }

    fn lost(self, kind: ApiErrorKind, reason: &str) -> ApiError {
        ApiError::new(self.call.operation, kind, self.screen.clean(reason))
    }

    /// The server's id of the request.
    pub(crate) fn request_id(self, headers: &HeaderMap) -> Option<String> {
        let found = REQUEST_ID_HEADERS
            .iter()
            .find_map(|name| headers.get(*name))?;
        let clean = self
            .screen
            .clean(&String::from_utf8_lossy(found.as_bytes()));
        let id: String = clean.chars().take(MAX_REQUEST_ID_CHARS).collect();
        Some(id).filter(|id| !id.is_empty())
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whether a content type is `application/json` or one that builds on JSON.
fn is_json(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || essence.starts_with("application/") && essence.ends_with("+json")
}

/// `error` with `hint` before what the server said.
fn hinted(hint: &str, mut error: ApiError) -> ApiError {
    error.detail = match error.detail.as_str() {
        "" => hint.to_owned(),
        detail => format!("{hint}: {detail}"),
    };
    error
}

/// The value of `scope="…"` in a challenge, or of `scope=…` where a server leaves the quotes out.
fn challenged_scope(challenge: &str) -> Option<String> {
    const NAME: &str = "scope=";
    let at = challenge.to_ascii_lowercase().find(NAME)?;
    let rest = &challenge[at + NAME.len()..];
    let scope = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split([',', ' ']).next(),
    };
    let scope = scope.unwrap_or_default().trim();
    Some(scope.to_owned()).filter(|scope| !scope.is_empty())
}

#[cfg(test)]
mod tests;
