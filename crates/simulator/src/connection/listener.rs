//! A listener that outages close: while one lasts nobody listens, and whoever was connected no longer is.
//!
//! It makes nothing else go wrong.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use cxda_ports::clock::Clock;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::select;
use tokio::sync::watch;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How long to wait where the address cannot be had again at once.
const RETRY_WAIT: Duration = Duration::from_millis(10);

/// Listens, except while an outage lasts.
#[derive(Debug)]
pub(crate) struct OutageListener {
    address: SocketAddr,
    clock: Arc<dyn Clock>,
    /// Until when the present outage lasts, by the clock that never goes back.
    outage: watch::Receiver<Option<Duration>>,
    /// How many outages closed the listener so far.
    closings: watch::Sender<u64>,
    state: State,
}

#[derive(Debug)]
enum State {
    Listening(TcpListener),
    /// Nobody listens, and nobody else can take the address.
    Held(TcpSocket),
    Closed,
}

/// A new connection.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) address: SocketAddr,
    /// Ends when an outage ends the connection.
    pub(super) outage: BoxFuture<'static, ()>,
}

impl OutageListener {
    /// Listens on `address`, with port 0 on any port.
    pub(crate) async fn bind(
        address: SocketAddr,
        clock: Arc<dyn Clock>,
        outage: watch::Receiver<Option<Duration>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            clock,
            outage,
            closings: watch::Sender::new(0),
            state: State::Listening(listener),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The next connection.
    pub(super) async fn next(&mut self) -> Accepted {
        loop {
            let until = *self.outage.borrow_and_update();
            let left = until.and_then(|until| until.checked_sub(self.clock.elapsed()));
            if let Some(left) = left.filter(|left| !left.is_zero()) {
                self.close();
                self.clock.wait(left).await;
                continue;
            }
            let State::Listening(listener) = &mut self.state else {
                if self.reopen().is_err() {
                    self.clock.wait(RETRY_WAIT).await;
                }
                continue;
            };
            select! {
                // The plain listener's own `accept` deals with failures and tries again.
                (stream, address) = Listener::accept(listener) => {
                    let outage = self.next_closing();
                    return Accepted { stream, address, outage };
                }
                changed = self.outage.changed() => {
                    if changed.is_err() {
                        // Nobody is left who could begin one.
                        pending::<()>().await;
                    }
                }
            }
        }
    }

    fn close(&mut self) {
        // First nobody listens, then the connections end: whoever connects again at once finds nobody.
        self.state = State::Closed;
        if let Ok(socket) = held(self.address) {
            self.state = State::Held(socket);
        }
        self.closings.send_modify(|closings| *closings += 1);
    }

    fn reopen(&mut self) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Closed) {
            State::Held(socket) => socket,
            State::Closed | State::Listening(_) => held(self.address)?,
        };
        self.state = State::Listening(socket.listen(BACKLOG)?);
        Ok(())
    }

    fn next_closing(&self) -> BoxFuture<'static, ()> {
        let mut closings = self.closings.subscribe();
        let present = *closings.borrow();
        async move {
            let closed = closings.wait_for(|closings| *closings > present).await;
            let is_orphan = closed.map(drop).is_err();
            if is_orphan {
                // No outage ends a connection that outlives the listener.
                pending::<()>().await;
            }
        }
        .boxed()
    }
}

/// A socket that has the address and does not listen.
fn held(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
