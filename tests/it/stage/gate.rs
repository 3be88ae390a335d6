//! A server that holds its answers back, so that a run is under way for as long as a test wants.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::{Answer, Scripted, until};

/// Holds back the answers of a server until it is opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<Gating>, Condvar)>);

#[derive(Debug, Default)]
struct Gating {
    reached: bool,
    open: bool,
}

impl Gate {
    /// Waits here, as a server.
    pub(crate) fn pass(&self) {
        let (gating, bell) = &*self.0;
        let mut gating = gating.lock().unwrap();
        gating.reached = true;
        while !gating.open {
            gating = bell.wait(gating).unwrap();
        }
    }

    /// Returns once somebody waits.
    pub(crate) fn wait_until_reached(&self) {
        until("a request at the gate", || {
            self.0.0.lock().unwrap().reached.then_some(())
        });
    }

    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().open = true;
        self.0.1.notify_all();
    }
}

/// A tenant that takes every action and shows none, and answers the first create only when the gate is opened.
pub(crate) fn gated(gate: &Gate) -> Scripted {
    let gate = gate.clone();
    Scripted::with_token(move |asked| {
        if asked.method == "GET" && asked.path.ends_with("/a-1") {
            return Answer::json(404, "{}");
        }
        if asked.method == "GET" {
            return Answer::empty_page();
        }
        gate.pass();
        let mut created: Value = serde_json::from_str(&asked.body).unwrap();
        created["id"] = json!("a-1");
        Answer::json(201, created.to_string())
    })
}
