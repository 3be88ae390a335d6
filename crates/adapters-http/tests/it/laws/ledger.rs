//! What was sent to a tenant, what came back, and how each call ended: all that the laws are about.

use std::fmt;
use std::time::Duration;

use cxda_adapters_http::transport::Outgoing;
use cxda_ports::error::ApiError;

use crate::laws::case::{Case, Planned};

/// Everything that happened in one case, in its order.
#[derive(Debug)]
pub(crate) struct Ledger<'a> {
    pub(crate) case: &'a Case,
    pub(crate) sent: Vec<Sent>,
    /// How each call ended.
    pub(crate) ended: Vec<Ended>,
    /// What became of the resource of each call.
    pub(crate) resources: Vec<Resource>,
    /// Whether every call came to an end.
    pub(crate) complete: bool,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) by: Sender,
    pub(crate) began: Moment,
    /// When the answer was there; `None` where nobody waited for it.
    pub(crate) ended: Option<Moment>,
    pub(crate) came: Came,
    /// How long the answer asks to wait.
    pub(crate) wait: Option<Duration>,
    /// Which token it bears; of a token request, which one it was granted.
    pub(crate) token: Option<u64>,
    /// The request without its token.
    pub(crate) request: Outgoing,
}

/// An instant, and which of the events at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) at: Duration,
    pub(crate) event: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Token,
    Call(usize),
    /// The look by which a call makes sure that its create did not happen.
    Look(usize),
}

/// What comes back of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// The answer that was asked for.
    Proper,
    /// A success that cannot be used.
    Unusable,
    Status(u16),
    NotSent,
    Tls,
    /// Nothing, although it was sent.
    Nothing,
}

impl Came {
    /// Whether the request may have been carried out, as far as its sender knows.
    pub(crate) fn perhaps_carried_out(self) -> bool {
        match self {
            Self::Proper | Self::Unusable | Self::Nothing => true,
            Self::Status(status) => matches!(status, 300..=399 | 408 | 500 | 502..=504 | 506..),
            Self::NotSent | Self::Tls => false,
        }
    }
}

/// What became of the resource of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resource {
    /// How often our own write was carried out.
    pub(crate) writes: u32,
    /// It is not there, or not any more.
    pub(crate) absent: bool,
    /// Its version is not the one that was read.
    pub(crate) moved: bool,
    /// Somebody else has its name.
    pub(crate) taken: bool,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) began: Duration,
    pub(crate) attempts: u32,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    /// A delete that found nothing to delete.
    AlreadyAbsent,
    Failed(ApiError),
    /// Its caller did not wait for the end.
    Dropped,
}

impl Ledger<'_> {
    /// Every call with its number and how it ended.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (usize, &Planned, &Ended)> {
        let calls = self.case.calls.iter().zip(&self.ended);
        calls
            .enumerate()
            .map(|(number, (call, ended))| (number, call, ended))
    }

    /// The requests of one sender.
    pub(crate) fn of(&self, by: Sender) -> impl Iterator<Item = &Sent> {
        self.sent.iter().filter(move |sent| sent.by == by)
    }
}

/// The transcript that a law that does not hold is reported with.
impl fmt::Display for Ledger<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sent in &self.sent {
            let ended = sent.ended.map(|ended| ended.at);
            writeln!(
                formatter,
                "{:>12?} {:?} token {:?}: {:?}, asks to wait {:?}, at {ended:?}",
                sent.began.at, sent.by, sent.token, sent.came, sent.wait
            )?;
        }
        for (number, call, ended) in self.calls() {
            let resource = &self.resources[number];
            writeln!(
                formatter,
                "call {number} {:?} from {:?}: {:?}, {resource:?}",
                call.kind, ended.began, ended.outcome
            )?;
        }
        Ok(())
    }
}
