//! Connections that can be made to go wrong, so that a client sees what a broken network shows it.
//!
//! What goes wrong is decided elsewhere; here bytes are held back, added or thrown away.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use cxda_ports::clock::Clock;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use self::listener::Accepted;
pub(crate) use self::listener::OutageListener;

mod listener;

/// How one connection goes on.
#[derive(Debug, Default)]
enum Course {
    /// As it should.
    #[default]
    Open,
    /// Nothing more is sent, and it is closed with the next attempt to send.
    Cut,
    /// The same, but it is reset.
    Reset,
    /// One byte is sent after each such wait.
    Drip(Duration),
    /// These bytes are sent first.
    Preface(Bytes),
}

/// Holds one connection and decides how it goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grip(Arc<Mutex<Course>>);

impl Grip {
    /// Lets the connection go on as it should.
    pub(crate) fn open(&self) {
        *self.course() = Course::Open;
    }

    /// Has the connection be closed with the next attempt to send.
    pub(crate) fn cut(&self) {
        *self.course() = Course::Cut;
    }

    /// Has the connection be reset with the next attempt to send.
    pub(crate) fn reset(&self) {
        *self.course() = Course::Reset;
    }

    /// Has what is sent next be sent byte by byte, `wait` before each.
    pub(crate) fn drip(&self, wait: Duration) {
        *self.course() = Course::Drip(wait);
    }

    /// Has `bytes` be sent before what is sent next.
    pub(crate) fn preface(&self, bytes: Bytes) {
        *self.course() = Course::Preface(bytes);
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    grip: Grip,
    clock: Arc<dyn Clock>,
    /// Ends with the wait before the next byte.
    pause: Option<BoxFuture<'static, ()>>,
    /// Ends when an outage ends the connection; `None` once it has.
    outage: Option<BoxFuture<'static, ()>>,
}

impl Line {
    fn new(accepted: Accepted, clock: Arc<dyn Clock>) -> Self {
        Self {
            stream: accepted.stream,
            grip: Grip::default(),
            clock,
            pause: None,
            outage: Some(accepted.outage),
        }
    }

    fn check_outage(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let ended = match &mut self.outage {
            Some(outage) => outage.as_mut().poll(context).is_ready(),
            None => true,
        };
        if ended {
            self.outage = None;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }

    /// Ready when the next byte may be sent.
    fn poll_pause(&mut self, context: &mut Context<'_>, wait: Duration) -> Poll<()> {
        let clock = &self.clock;
        let pause = self.pause.get_or_insert_with(|| {
            let clock = Arc::clone(clock);
            Box::pin(async move { clock.wait(wait).await })
        });
        ready!(pause.as_mut().poll(context));
        self.pause = None;
        Poll::Ready(())
    }
}

impl Connected<IncomingStream<'_, OutageListener>> for Grip {
    fn connect_info(stream: IncomingStream<'_, OutageListener>) -> Self {
        stream.io().grip.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_outage(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = &mut *self;
        line.check_outage(context)?;
        let grip = line.grip.clone();
        let mut course = grip.course();
        while let Course::Preface(preface) = &mut *course {
            if preface.is_empty() {
                *course = Course::Open;
                break;
            }
            let sent = ready!(Pin::new(&mut line.stream).poll_write(context, preface))?;
            drop(preface.split_to(sent));
        }
        match &*course {
            Course::Open | Course::Preface(_) => {
                Pin::new(&mut line.stream).poll_write(context, bytes)
            }
            Course::Cut => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Course::Reset => {
                line.stream.set_zero_linger()?;
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Course::Drip(wait) => {
                ready!(line.poll_pause(context, *wait));
                let one = bytes.get(..1).unwrap_or_default();
                Pin::new(&mut line.stream).poll_write(context, one)
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(*self.grip.course(), Course::Reset) {
            // An orderly end would come before the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Listener for OutageListener {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = self.next().await;
        let address = accepted.address;
        (Line::new(accepted, self.clock()), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address())
    }
}
