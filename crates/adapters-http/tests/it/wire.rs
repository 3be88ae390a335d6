//! The HTTP client under servers that mean harm or are broken: over loopback, byte by byte.
//!
//! What a tenant's answers mean is not tested here, only that none of them gets past the client.

mod bodies;
mod connecting;
mod cut;
mod early;
mod frames;
mod framing;
mod hosts;
mod http2;
mod peer;
mod planted;
mod pool;
mod redirects;
mod retry_after;
mod shapes;
mod slow;
mod tls;
mod webhooks;
