//! What lies before a courier: which entry is next, and what has become of the others.
//!
//! It decides about the order alone. Nothing is sent or stored here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cxda_domain::address::Address;
use cxda_domain::delivery::DeliveryState;
use cxda_domain::instant::UtcMillis;
use cxda_domain::receiver::Receiver;
use cxda_ports::outbox::Outgoing;
use futures_util::future::AbortHandle;

use super::{Handled, Round};

/// Every entry that a courier has.
#[derive(Debug)]
pub(super) struct Desk {
    round: Round,
    handled: Vec<Handled>,
    /// The places of entries of one resource for one receiver, in order; the first is under way or holds up the others.
    lanes: BTreeMap<(Receiver, Address), VecDeque<usize>>,
    /// Firsts of lanes that nobody has looked at yet.
    ready: BTreeSet<usize>,
    /// Receivers that were gone before.
    gone: BTreeSet<Receiver>,
    /// Receivers that said so in this round.
    just_gone: BTreeSet<Receiver>,
    /// What is being sent.
    sending: BTreeMap<usize, AbortHandle>,
    stage: Stage,
    news: bool,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// More entries may come.
    Open,
    /// No more entries come.
    Closed,
    /// Nothing more is sent.
    Cut,
}

impl Desk {
    pub(super) fn new(round: Round, gone: BTreeSet<Receiver>) -> Self {
        Self {
            round,
            handled: Vec::new(),
            lanes: BTreeMap::new(),
            ready: BTreeSet::new(),
            gone,
            just_gone: BTreeSet::new(),
            sending: BTreeMap::new(),
            stage: Stage::Open,
            news: false,
        }
    }

    pub(super) fn put(&mut self, outgoing: Outgoing) {
        let place = self.handled.len();
        let lane = self.lanes.entry(lane(&outgoing)).or_default();
        if lane.is_empty() {
            self.ready.insert(place);
        }
        lane.push_back(place);
        self.news = true;
        self.handled.push(Handled {
            outgoing,
            tried: false,
        });
    }

    /// No more entries will come.
    pub(super) fn close(&mut self) {
        self.stage = self.stage.max(Stage::Closed);
        self.news = true;
    }

    /// Nothing more may be sent, and what is being sent is not waited for.
    pub(super) fn cut(&mut self) {
        self.stage = Stage::Cut;
        self.news = true;
        for sending in self.sending.values() {
            sending.abort();
        }
    }

    /// Whether anything was put, closed or cut since this was asked last.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Whether nothing will be tried any more, once what is under way has ended.
    pub(super) fn is_over(&self) -> bool {
        match self.stage {
            Stage::Open => false,
            Stage::Closed => self.ready.is_empty(),
            Stage::Cut => true,
        }
    }

    /// The place of an entry that is to be tried at `now`; not of one to whose receiver there is no way.
    pub(super) fn next(
        &mut self,
        now: UtcMillis,
        is_routed: impl Fn(&Receiver) -> bool,
    ) -> Option<usize> {
        if self.stage == Stage::Cut {
            return None;
        }
        while let Some(place) = self.ready.pop_first() {
            let outgoing = &mut self.handled[place].outgoing;
            let receiver = &outgoing.entry.receiver;
            let spared = match self.round {
                Round::Due => self.gone.contains(receiver),
                Round::Everything => false,
            };
            if spared || self.just_gone.contains(receiver) {
                outgoing.state = DeliveryState::Dead;
            }
            let is_dead = outgoing.state == DeliveryState::Dead;
            let is_tried = match self.round {
                Round::Due => outgoing.state.is_due(outgoing.entry.created, now),
                Round::Everything => !self.just_gone.contains(receiver),
            };
            if is_tried && is_routed(receiver) {
                self.handled[place].tried = true;
                return Some(place);
            }
            if is_dead {
                self.leave_behind(place);
            }
        }
        None
    }

    pub(super) fn outgoing(&self, place: usize) -> Outgoing {
        self.handled[place].outgoing.clone()
    }

    /// Takes note of what is being sent and can be aborted; it is at once where nothing may be sent any more.
    pub(super) fn begin_sending(&mut self, place: usize, handle: AbortHandle) {
        if self.stage == Stage::Cut {
            handle.abort();
        }
        self.sending.insert(place, handle);
    }

    pub(super) fn end_sending(&mut self, place: usize) {
        self.sending.remove(&place);
    }

    /// Takes note of what became of an attempt. The next one of its lane has its turn, unless this one is still to be delivered.
    pub(super) fn end(&mut self, place: usize, outgoing: Outgoing) {
        let holds_up = matches!(outgoing.state, DeliveryState::Pending(_));
        self.handled[place].outgoing = outgoing;
        if !holds_up {
            self.leave_behind(place);
        }
    }

    /// Takes note that `receiver` said that it is gone for good.
    pub(super) fn lose(&mut self, receiver: Receiver) {
        self.just_gone.insert(receiver);
    }

    /// Takes note that `receiver` took something. Tells whether it was gone before.
    pub(super) fn find(&mut self, receiver: &Receiver) -> bool {
        self.gone.remove(receiver)
    }

    pub(super) fn handled(&self) -> Vec<Handled> {
        let mut handled = self.handled.clone();
        for each in &mut handled {
            let outgoing = &mut each.outgoing;
            let receiver = &outgoing.entry.receiver;
            let is_gone = self.gone.contains(receiver) || self.just_gone.contains(receiver);
            if is_gone && matches!(outgoing.state, DeliveryState::Pending(_)) {
                outgoing.state = DeliveryState::Dead;
            }
        }
        handled
    }

    /// Goes on behind the first of a lane.
    fn leave_behind(&mut self, place: usize) {
        let Some(lane) = self.lanes.get_mut(&lane(&self.handled[place].outgoing)) else {
            return;
        };
        lane.pop_front();
        self.ready.extend(lane.front());
        self.news = true;
    }
}

fn lane(outgoing: &Outgoing) -> (Receiver, Address) {
    let entry = &outgoing.entry;
    (entry.receiver.clone(), entry.event.address.clone())
}
