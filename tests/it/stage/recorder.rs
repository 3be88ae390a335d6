//! A listener that answers nothing and counts who came, to prove that nobody did.

use std::io::ErrorKind;
use std::net::TcpListener;

#[derive(Debug)]
pub(crate) struct Recorder(TcpListener);

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// How many connections came since the last look; the operating system kept them waiting.
    pub(crate) fn connections(&self) -> usize {
        let mut count = 0;
        loop {
            match self.0.accept() {
                Ok(_) => count += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return count,
                Err(error) => panic!("{error}"),
            }
        }
    }
}
