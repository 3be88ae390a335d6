//! The kinds of faults, and how each is read from a script.
//!
//! What a fault does to an answer is not said here.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use cxda_domain::request::Operation;
use serde_json::{Map, Value};

use super::alter::Alteration;
use super::flood::Flood;
use super::garble::Garble;
use super::members::Members;

/// The longest time that a script may name, in milliseconds: a day.
pub(super) const LONGEST_MS: u64 = 86_400_000;
/// The most bytes that a truncated answer may show: more than any answer has.
const MOST_BYTES: u64 = 1 << 32;

/// One fault of a script.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The call takes longer.
    Delay { wait: Duration, committed: bool },
    /// Something happens before the call.
    Meddle(Meddling),
    /// The answer goes wrong.
    Break(Break),
    /// It is answered before its body is read.
    Early(StatusCode),
}

/// What somebody else does before the call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meddling {
    /// Deletes the resource that the call is about.
    Vanish,
    /// Changes these members of the resource that the call is about.
    Edit(Map<String, Value>),
    /// Creates what the call is to create, with these members changed.
    Preempt(Map<String, Value>),
    /// Makes all tokens invalid.
    Revoke,
}

/// Whether the tenant does what it is asked for although the answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commitment {
    Committed,
    Refused,
}

/// An answer that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Break {
    pub(crate) commitment: Commitment,
    pub(crate) how: How,
}

/// How an answer goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum How {
    /// Another one comes.
    Answer(ScriptedAnswer),
    /// The connection ends without one.
    Drop,
    /// The connection is reset without one.
    Reset,
    /// None ever comes.
    Silence,
    /// It comes byte by byte, with so much time before each.
    Drip(Duration),
    /// It breaks off.
    Truncate { bytes: usize, framing: Framing },
    /// The connection ends without one, and for so long nobody listens.
    Outage(Duration),
    /// The connection ends without one, and so much later the tenant does what it was asked for.
    CommitLater(Duration),
    /// It cannot be read.
    Garble(Garble),
    /// It does not end.
    Flood(Flood),
    /// It is another than the tenant gave.
    Alter(Alteration),
    /// It lists the first page again.
    RepeatPage,
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By its length.
    Length,
    /// By a last chunk.
    Chunks,
}

/// An answer that a script names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptedAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

type Reading = fn(&mut Members) -> Result<Fault, String>;

/// Every kind and how it is read; the order is that of the documentation.
pub(super) const KINDS: [(&str, Reading); 18] = [
    ("answer", answer),
    ("drop", |members| broken(members, How::Drop)),
    ("reset", |members| broken(members, How::Reset)),
    ("silence", |members| broken(members, How::Silence)),
    ("drip", |members| {
        let wait = wait(members)?;
        broken(members, How::Drip(wait))
    }),
    ("truncate", truncate),
    ("outage", |members| Ok(refused(How::Outage(wait(members)?)))),
    ("commitLater", |members| {
        Ok(refused(How::CommitLater(wait(members)?)))
    }),
    ("delay", |members| {
        let wait = wait(members)?;
        let committed = members.flag("committed")?;
        Ok(Fault::Delay { wait, committed })
    }),
    ("garble", |members| {
        let garble = members.word("as", &Garble::WORDS)?;
        Ok(committed(How::Garble(garble)))
    }),
    ("flood", |members| {
        let flood = members.word("as", &Flood::WORDS)?;
        broken(members, How::Flood(flood))
    }),
    ("alter", |members| {
        Ok(committed(How::Alter(Alteration::read(members)?)))
    }),
    ("repeatPage", |_| Ok(committed(How::RepeatPage))),
    ("vanish", |_| Ok(Fault::Meddle(Meddling::Vanish))),
    ("edit", edit),
    ("preempt", preempt),
    ("revoke", |_| Ok(Fault::Meddle(Meddling::Revoke))),
    ("early", |members| {
        Ok(Fault::Early(status(members, 400..=599)?))
    }),
];

impl Fault {
    /// Reads a fault.
    pub(super) fn read(value: Value) -> Result<Self, String> {
        let mut members = Members::of(value, "`fault`")?;
        let read = members.word("kind", &KINDS)?;
        let fault = read(&mut members)?;
        members.finish()?;
        Ok(fault)
    }

    /// Why this fault can never befall `operation`; `None` where it can.
    pub(super) fn misfit(&self, operation: Operation) -> Option<&'static str> {
        use Operation::{
            CreateAction, CreateView, DeleteAction, DeleteView, GetAction, GetTable, GetView,
            ListActions, ListTables, ListViews, RelayWebhook, Token,
        };
        let lists = matches!(operation, ListTables | ListViews | ListActions);
        let bare = lists
            || matches!(
                operation,
                GetTable | GetView | GetAction | DeleteView | DeleteAction
            );
        let creates = matches!(operation, CreateAction | CreateView);
        let about_nothing = matches!(
            operation,
            Token | RelayWebhook | ListTables | GetTable | ListViews
        );
        match self {
            Self::Break(Break { how, .. }) => match how {
                How::RepeatPage if !lists => Some("`repeatPage` needs an operation that lists"),
                How::CommitLater(_) if !operation.writes() => {
                    Some("`commitLater` needs an operation that writes")
                }
                _ => None,
            },
            Self::Meddle(Meddling::Vanish | Meddling::Edit(_)) if about_nothing => {
                Some("the operation is about no view and no action")
            }
            Self::Meddle(Meddling::Preempt(_)) if !creates => {
                Some("`preempt` needs an operation that creates")
            }
            Self::Meddle(Meddling::Revoke) if operation == Token => {
                Some("a token is asked for without a token")
            }
            Self::Early(_) if bare => Some("`early` needs an operation whose requests have a body"),
            _ => None,
        }
    }
}

fn committed(how: How) -> Fault {
    let commitment = Commitment::Committed;
    Fault::Break(Break { commitment, how })
}

fn refused(how: How) -> Fault {
    let commitment = Commitment::Refused;
    Fault::Break(Break { commitment, how })
}

/// A break that says by itself whether the tenant gets to see the request.
fn broken(members: &mut Members, how: How) -> Result<Fault, String> {
    Ok(if members.flag("committed")? {
        committed(how)
    } else {
        refused(how)
    })
}

fn wait(members: &mut Members) -> Result<Duration, String> {
    let milliseconds = members.needed_number("milliseconds", 1..=LONGEST_MS)?;
    Ok(Duration::from_millis(milliseconds))
}

/// The member `status`, which must be there.
pub(super) fn status(
    members: &mut Members,
    range: RangeInclusive<u64>,
) -> Result<StatusCode, String> {
    let number = members.needed_number("status", range)?;
    let status = u16::try_from(number).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| "`status` is none of HTTP".to_owned())
}

fn answer(members: &mut Members) -> Result<Fault, String> {
    let status = status(members, 200..=999)?;
    let mut headers = Vec::new();
    for (name, values) in super::alter::headers(members)? {
        let values = values.ok_or_else(|| format!("the header `{name}` has no value"))?;
        headers.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    let body = match members.any("body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let scripted = ScriptedAnswer {
        status,
        headers,
        body,
    };
    broken(members, How::Answer(scripted))
}

fn truncate(members: &mut Members) -> Result<Fault, String> {
    let bytes = members.needed_number("bytes", 0..=MOST_BYTES)?;
    let framing = if members.flag("chunked")? {
        Framing::Chunks
    } else {
        Framing::Length
    };
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    Ok(committed(How::Truncate { bytes, framing }))
}

fn edit(members: &mut Members) -> Result<Fault, String> {
    match members.any("members") {
        Some(Value::Object(edited)) if !edited.is_empty() => {
            Ok(Fault::Meddle(Meddling::Edit(edited)))
        }
        Some(_) => Err("`members` is not an object with members".to_owned()),
        None => Err("`members` is missing".to_owned()),
    }
}

fn preempt(members: &mut Members) -> Result<Fault, String> {
    let changed = match members.any("members") {
        None => Map::new(),
        Some(Value::Object(changed)) => changed,
        Some(_) => return Err("`members` is not an object".to_owned()),
    };
    Ok(Fault::Meddle(Meddling::Preempt(changed)))
}
