//! A model of a tenant that follows a script and keeps a ledger: a transport without a network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use cxda_adapters_http::transport::{BodySize, Lost, Outgoing, Reply, Transport};
use cxda_adapters_memory::clock::RuntimeClock;
use cxda_ports::clock::Clock;
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};

use crate::laws::case::{Case, Keys, Kind};
use crate::laws::fault::{Done, Fault, Garbled, Wait};
use crate::laws::ledger::{Came, Moment, Resource, Sender, Sent};

/// What begins every token, and the client's secret.
pub(crate) const CANARY: &str = "canary-secret";
/// How long a tenant takes that carries a write out late.
const LATE: Duration = Duration::from_secs(90);

tokio::task_local! {
    /// The number of the call that a request is made for.
    pub(crate) static CALL: usize;
}

#[derive(Debug)]
pub(crate) struct Tenant {
    case: Arc<Case>,
    clock: Arc<RuntimeClock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sent: Vec<Sent>,
    events: u64,
    resources: Vec<Resource>,
    /// How many requests each call has sent.
    turns: Vec<usize>,
    token_turns: usize,
    granted: u64,
    /// The one token that is good.
    good: Option<u64>,
    /// Writes that are carried out later, by call.
    late: Vec<(Duration, usize)>,
}

/// What the tenant decides about a request when it receives it.
struct Decision {
    delay: Duration,
    came: Came,
    /// The status of a success.
    success: u16,
    wait: Wait,
    body: Body,
}

/// What an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Token(u64),
    Call(usize),
    /// The resource of a call, listed.
    Found(usize),
    /// A listing of nothing.
    Nothing,
    Refusal,
    Garbled(Garbled),
}

impl Tenant {
    pub(crate) fn new(case: Arc<Case>, clock: Arc<RuntimeClock>) -> Self {
        let calls = case.calls.len();
        let state = State {
            sent: Vec::new(),
            events: 0,
            resources: vec![Resource::default(); calls],
            turns: vec![0; calls],
            token_turns: 0,
            granted: 0,
            good: None,
            late: Vec::new(),
        };
        Self {
            case,
            clock,
            state: Mutex::new(state),
        }
    }

    /// What was sent, and what became of the resources once everything late has happened.
    pub(crate) fn into_ledger(self: Arc<Self>) -> (Vec<Sent>, Vec<Resource>) {
        let mut state = self.lock();
        state.catch_up(&self.case, Duration::MAX);
        let sent = std::mem::take(&mut state.sent);
        (sent, std::mem::take(&mut state.resources))
    }

    /// Decides what becomes of a request, and puts it on record.
    fn receive(&self, mut request: Outgoing) -> (usize, Decision) {
        let mut state = self.lock();
        let at = self.clock.elapsed();
        state.catch_up(&self.case, at);
        let timeout = request.timeout;
        let token = request.headers.remove(AUTHORIZATION);
        let token = token.as_ref().map(serial);
        let by = match CALL.try_with(|call| *call) {
            _ if request.url.path() == "/oauth/token" => Sender::Token,
            Ok(call) if request.method == Method::GET && self.case.calls[call].kind.creates() => {
                Sender::Look(call)
            }
            Ok(call) => Sender::Call(call),
            Err(error) => panic!("a request of nobody: {error}"),
        };
        let decision = state.answer(&self.case, by, token, (at, timeout));
        let token = match decision.body {
            Body::Token(granted) => Some(granted),
            _ => token,
        };
        let began = state.moment(at);
        state.sent.push(Sent {
            by,
            began,
            ended: None,
            came: decision.came,
            wait: decision.wait.asked(),
            token,
            request,
        });
        (state.sent.len() - 1, decision)
    }

    /// What is said in the end.
    fn reply(&self, decision: &Decision) -> Result<Reply, Lost> {
        let status = match decision.came {
            Came::Status(status) => status,
            Came::Unusable if decision.body == Body::Garbled(Garbled::OtherSuccess) => 207,
            Came::Proper | Came::Unusable => decision.success,
            Came::NotSent => return Err(Lost::NotSent(format!("no way, {CANARY}"))),
            Came::Tls => return Err(Lost::Tls(format!("no trust, {CANARY}"))),
            Came::Nothing => return Err(Lost::Unanswered(format!("no answer, {CANARY}"))),
        };
        let garbled = match decision.body {
            Body::Garbled(garbled) => Some(garbled),
            _ => None,
        };
        let kind = match garbled {
            Some(Garbled::Html) => "text/html",
            _ => "application/json",
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(ETAG, HeaderValue::from_static("\"next\""));
        self.say(decision.wait, &mut headers);
        let size = match garbled {
            Some(Garbled::TooLarge) => BodySize::TooLarge,
            _ => BodySize::Whole,
        };
        Ok(Reply {
            status,
            headers,
            body: self.body(decision.body),
            size,
        })
    }

    fn body(&self, body: Body) -> Bytes {
        let number = match body {
            Body::Token(serial) => {
                let text = format!(r#"{{"access_token":"{CANARY}-{serial}","expires_in":86400}}"#);
                return text.into();
            }
            Body::Refusal => {
                let text = format!(r#"{{"message":"no, {CANARY} and {CANARY}-1"}}"#);
                return text.into();
            }
            Body::Nothing => return Bytes::from_static(br#"{"entities":[],"total":0}"#),
            Body::Garbled(Garbled::OtherSuccess | Garbled::TooLarge) => return Bytes::new(),
            Body::Garbled(_) => return format!(r#"{{"message":"{CANARY}"#).into(),
            Body::Found(number) => {
                let text = format!(
                    r#"{{"entities":[{{"id":"r{number}","name":"{}"}}],"total":1}}"#,
                    name(number)
                );
                return text.into();
            }
            Body::Call(number) => number,
        };
        match self.case.calls[number].kind {
            Kind::ListActions | Kind::ListViews | Kind::ListTables => self.body(Body::Nothing),
            Kind::Test => Bytes::from_static(br#"{"status":"SUCCESS"}"#),
            Kind::GetTable => format!(r#"{{"id":"{}"}}"#, table(number)).into(),
            _ => format!(r#"{{"id":"r{number}","name":"n{number}"}}"#).into(),
        }
    }

    fn say(&self, wait: Wait, headers: &mut HeaderMap) {
        let now_ms = u64::try_from(self.clock.now().epoch_millis()).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now_ms / 1_000);
        let date = |ahead| httpdate::fmt_http_date(now + Duration::from_secs(ahead));
        let text = match wait {
            Wait::Unsaid => return,
            Wait::Seconds(seconds) => seconds.to_string(),
            Wait::Absurd(text) => text.to_owned(),
            Wait::DateAlone(ahead) => date(ahead),
            Wait::Date(ahead) => {
                headers.insert(DATE, date(0).try_into().unwrap());
                date(ahead)
            }
        };
        headers.insert(RETRY_AFTER, text.try_into().unwrap());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for Tenant {
    async fn send(&self, request: Outgoing) -> Result<Reply, Lost> {
        let (number, decision) = self.receive(request);
        self.clock.wait(decision.delay).await;
        {
            let mut state = self.lock();
            let at = self.clock.elapsed();
            let ended = state.moment(at);
            let sent = &mut state.sent[number];
            sent.ended = Some(ended);
            if let Wait::DateAlone(_) = decision.wait {
                // It names a whole second, and so do both clocks at their start.
                let fraction = Duration::from_nanos(at.subsec_nanos().into());
                sent.wait = sent.wait.map(|wait| wait.saturating_sub(fraction));
            }
        }
        self.reply(&decision)
    }
}

impl State {
    fn moment(&mut self, at: Duration) -> Moment {
        self.events += 1;
        Moment {
            at,
            event: self.events,
        }
    }

    /// Decides about a request for a token.
    fn grant(&mut self, case: &Case, timeout: Duration) -> Decision {
        let fault = case.token_faults.get(self.token_turns);
        self.token_turns += 1;
        let fault = fault.copied().unwrap_or(Fault::Nothing);
        let mut decision = Decision::of(fault, case, timeout);
        if decision.came == Came::Proper {
            self.granted += 1;
            self.good = Some(self.granted);
            decision.body = Body::Token(self.granted);
        }
        decision
    }

    /// Decides about a request of a call.
    fn answer(
        &mut self,
        case: &Case,
        by: Sender,
        token: Option<u64>,
        (at, timeout): (Duration, Duration),
    ) -> Decision {
        let (call, kind) = match by {
            Sender::Look(call) => (call, case.calls[call].kind.look()),
            Sender::Call(call) => (call, case.calls[call].kind),
            Sender::Token => return self.grant(case, timeout),
        };
        let fault = case.calls[call].faults.get(self.turns[call]).copied();
        let fault = fault.unwrap_or(Fault::Nothing).fitting(kind);
        let mut decision = Decision {
            success: documented(kind),
            ..Decision::of(fault, case, timeout)
        };
        let slow = matches!(fault, Fault::Slow(_));
        let refused = token.is_none() || token != self.good;
        if !refused || slow {
            self.turns[call] += 1;
        }
        if refused {
            // It may also be slow to say so, and then another token is out already.
            let refusal = Fault::Status(401, Wait::Unsaid, Done::No);
            return match decision.came {
                Came::Nothing if slow => decision,
                _ => Decision {
                    delay: if slow { decision.delay } else { case.latency() },
                    ..Decision::of(refusal, case, timeout)
                },
            };
        }
        if let Sender::Look(_) = by {
            if decision.came == Came::Proper {
                let resource = &self.resources[call];
                let there = resource.writes > 0 || resource.taken;
                decision.body = if there {
                    Body::Found(call)
                } else {
                    Body::Nothing
                };
            }
            if let Fault::Status(401, ..) = fault {
                self.good = None;
            }
            return decision;
        }
        match fault {
            Fault::Nothing | Fault::Slow(_) => {
                let status = self.carry_out(case, call);
                if decision.came == Came::Proper {
                    match status {
                        None => decision.body = Body::Call(call),
                        Some(status) => decision.came = Came::Status(status),
                    }
                }
            }
            Fault::Garbled(_) => {
                if let Some(status) = self.carry_out(case, call) {
                    decision.came = Came::Status(status);
                    decision.body = Body::Refusal;
                }
            }
            Fault::Status(_, _, Done::Yes) | Fault::Lost(Done::Yes) => {
                self.carry_out(case, call);
            }
            Fault::Status(_, _, Done::Late) | Fault::Lost(Done::Late) => {
                self.late.push((at + LATE, call));
            }
            Fault::Status(status, wait, Done::No) => self.somebody_else(call, kind, status, wait),
            Fault::NotSent | Fault::Tls | Fault::Lost(Done::No) => {}
        }
        decision
    }

    /// Does what was asked, or says with what status it is refused.
    fn carry_out(&mut self, case: &Case, call: usize) -> Option<u16> {
        let kind = case.calls[call].kind;
        let resource = &mut self.resources[call];
        if kind.names_one() && resource.absent {
            return Some(404);
        }
        let conditional = matches!(kind, Kind::ReplaceAction | Kind::ReplaceView);
        if conditional && resource.moved {
            return Some(412);
        }
        if kind.creates() {
            let own = resource.writes > 0;
            match case.keys {
                Keys::Honoured if own => return None,
                _ if own || resource.taken => return Some(409),
                _ => {}
            }
        }
        if !kind.reads() {
            resource.writes += 1;
        }
        resource.moved |= kind.replaces();
        resource.absent |= kind.deletes();
        None
    }

    /// Makes true what a refusal says, which was somebody else's doing then; a token that is refused is no good any more.
    fn somebody_else(&mut self, call: usize, kind: Kind, status: u16, wait: Wait) {
        let resource = &mut self.resources[call];
        match status {
            401 => self.good = None,
            404 if kind.names_one() => resource.absent = true,
            409 if wait == Wait::Unsaid && kind.creates() => resource.taken = true,
            409 | 412 if wait == Wait::Unsaid && kind.replaces() => resource.moved = true,
            _ => {}
        }
    }

    /// Carries out what was late and is due at `now`.
    fn catch_up(&mut self, case: &Case, now: Duration) {
        let late = std::mem::take(&mut self.late);
        let (due, later) = late.into_iter().partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(Duration, usize)> = due;
        for (_, call) in due {
            self.carry_out(case, call);
        }
    }
}

impl Decision {
    fn of(fault: Fault, case: &Case, timeout: Duration) -> Self {
        let decision = |came| Self {
            delay: case.latency(),
            came,
            success: 200,
            wait: Wait::Unsaid,
            body: Body::Refusal,
        };
        match fault {
            Fault::Nothing => decision(Came::Proper),
            Fault::Slow(seconds) => {
                let delay = Duration::from_secs(seconds);
                let in_time = delay < timeout;
                Self {
                    delay: delay.min(timeout),
                    ..decision(if in_time { Came::Proper } else { Came::Nothing })
                }
            }
            Fault::Status(status, wait, _) => Self {
                wait,
                ..decision(Came::Status(status))
            },
            Fault::Garbled(garbled) => Self {
                body: Body::Garbled(garbled),
                ..decision(Came::Unusable)
            },
            Fault::NotSent => decision(Came::NotSent),
            Fault::Tls => decision(Came::Tls),
            Fault::Lost(_) => decision(Came::Nothing),
        }
    }
}

impl Fault {
    /// The fault as it can befall a call of `kind`: nobody looks at the answer to some.
    fn fitting(self, kind: Kind) -> Self {
        let unread = kind.deletes() || matches!(kind, Kind::BuildIndexes | Kind::Relay);
        match self {
            Self::Garbled(Garbled::OtherSuccess) => self,
            Self::Garbled(_) if unread => Self::Nothing,
            // What does not exist cannot be gone.
            Self::Status(404, ..) if !kind.names_one() => Self::Nothing,
            Self::Status(412, ..) if !kind.replaces() => Self::Nothing,
            _ => self,
        }
    }
}

/// The status of a success.
fn documented(kind: Kind) -> u16 {
    match kind {
        _ if kind.creates() => 201,
        _ if kind.deletes() => 204,
        Kind::BuildIndexes | Kind::Relay => 202,
        _ => 200,
    }
}

/// The name of what a call creates.
pub(crate) fn name(number: usize) -> String {
    format!("name_{number}")
}

/// The id of a table.
pub(crate) fn table(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Which token a header bears.
fn serial(header: &HeaderValue) -> u64 {
    let text = header.to_str().unwrap();
    text.rsplit('-').next().unwrap().parse().unwrap()
}
