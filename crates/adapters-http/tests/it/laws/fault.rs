//! What a tenant may do to one request, from tame to wild, and the mixtures of it that tenants are made of.

use std::time::Duration;

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is answered properly.
    Nothing,
    /// It is answered properly after so many seconds; at its timeout nobody listens any more.
    Slow(u64),
    /// It is answered with this status.
    Status(u16, Wait, Done),
    /// It is carried out, and the answer cannot be used.
    Garbled(Garbled),
    /// There is no connection.
    NotSent,
    /// TLS is refused.
    Tls,
    /// It is received, and the answer is lost.
    Lost(Done),
}

/// Whether a write that goes wrong is carried out all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    No,
    /// Before the answer goes wrong.
    Yes,
    /// Ninety seconds after it was received.
    Late,
}

/// How an answer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garbled {
    /// Half of a JSON text.
    Cut,
    Html,
    /// Longer than anybody reads.
    TooLarge,
    /// A success other than the documented one.
    OtherSuccess,
}

/// How long an answer asks to wait, and in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Unsaid,
    Seconds(u64),
    /// A date so many seconds after the answer's own.
    Date(u64),
    /// A date so many seconds ahead, in an answer without one of its own.
    DateAlone(u64),
    /// A text that no server should send.
    Absurd(&'static str),
}

impl Wait {
    /// The longest wait that is waited for, included.
    pub(crate) const LONGEST: Duration = Duration::from_mins(5);

    /// The wait that it asks for; `None` where it asks for none that is valid.
    pub(crate) fn asked(self) -> Option<Duration> {
        match self {
            Self::Seconds(seconds) | Self::Date(seconds) | Self::DateAlone(seconds) => {
                Some(Duration::from_secs(seconds))
            }
            Self::Absurd(text) => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| Duration::from_hours(24 * 365))
            }
            Self::Unsaid => None,
        }
    }
}

const fn plain(status: u16) -> Fault {
    Fault::Status(status, Wait::Unsaid, Done::No)
}

const fn waiting(status: u16, wait: Wait) -> Fault {
    Fault::Status(status, wait, Done::No)
}

const fn carried_out(status: u16, done: Done) -> Fault {
    Fault::Status(status, Wait::Unsaid, done)
}

/// A little of everything.
pub(crate) const EVERYTHING: &[Fault] = &[
    Fault::Nothing,
    Fault::Nothing,
    Fault::Slow(1),
    Fault::Slow(4),
    Fault::Slow(40),
    plain(401),
    plain(403),
    plain(404),
    plain(408),
    carried_out(408, Done::Yes),
    plain(409),
    waiting(409, Wait::Seconds(3)),
    waiting(409, Wait::Seconds(301)),
    plain(412),
    plain(422),
    plain(425),
    plain(429),
    waiting(429, Wait::Seconds(2)),
    waiting(429, Wait::Date(7)),
    waiting(429, Wait::Absurd("1000000000000")),
    plain(302),
    plain(500),
    carried_out(500, Done::Yes),
    plain(501),
    plain(502),
    carried_out(502, Done::Late),
    plain(503),
    waiting(503, Wait::Seconds(20)),
    waiting(503, Wait::Seconds(301)),
    plain(504),
    carried_out(504, Done::Yes),
    carried_out(507, Done::Yes),
    Fault::NotSent,
    Fault::Tls,
    Fault::Lost(Done::No),
    Fault::Lost(Done::Yes),
    Fault::Lost(Done::Late),
    Fault::Garbled(Garbled::Cut),
    Fault::Garbled(Garbled::Html),
    Fault::Garbled(Garbled::TooLarge),
    Fault::Garbled(Garbled::OtherSuccess),
];

/// A tenant that asks to slow down, in every form.
pub(crate) const THROTTLING: &[Fault] = &[
    Fault::Nothing,
    Fault::Nothing,
    Fault::Nothing,
    Fault::Slow(2),
    plain(429),
    plain(429),
    plain(429),
    waiting(429, Wait::Seconds(1)),
    waiting(429, Wait::Seconds(30)),
    waiting(429, Wait::Seconds(170)),
    waiting(429, Wait::Seconds(300)),
    waiting(429, Wait::Seconds(301)),
    waiting(429, Wait::Date(20)),
    waiting(429, Wait::DateAlone(40)),
    waiting(429, Wait::Absurd("-5")),
    waiting(429, Wait::Absurd("1.5")),
    waiting(429, Wait::Absurd("")),
    waiting(429, Wait::Absurd("99999999999999999999999999")),
    waiting(409, Wait::Seconds(2)),
    waiting(409, Wait::Date(30)),
    plain(503),
    waiting(503, Wait::Seconds(50)),
    carried_out(500, Done::Yes),
];

/// A tenant that fails, and mostly loses what it did.
pub(crate) const FAILING: &[Fault] = &[
    Fault::Nothing,
    Fault::Slow(3),
    Fault::Slow(29),
    Fault::Slow(60),
    plain(500),
    carried_out(500, Done::Yes),
    carried_out(500, Done::Late),
    carried_out(502, Done::Yes),
    plain(503),
    waiting(503, Wait::Seconds(58)),
    Fault::Status(503, Wait::Date(70), Done::Yes),
    carried_out(504, Done::Yes),
    Fault::NotSent,
    Fault::NotSent,
    Fault::Lost(Done::No),
    Fault::Lost(Done::Yes),
    Fault::Lost(Done::Late),
    Fault::Garbled(Garbled::Cut),
    plain(404),
    plain(412),
    plain(409),
];

/// A tenant whose tokens do not last.
pub(crate) const FORGETFUL: &[Fault] = &[
    Fault::Nothing,
    Fault::Nothing,
    Fault::Slow(1),
    Fault::Slow(5),
    plain(401),
    plain(401),
    plain(401),
    plain(401),
    plain(403),
    plain(429),
    waiting(429, Wait::Seconds(4)),
    plain(503),
    waiting(503, Wait::Seconds(59)),
    carried_out(500, Done::Yes),
    Fault::NotSent,
    Fault::Lost(Done::Yes),
];
