//! Where a delivery may go: addresses of the public internet, and what the settings allow beyond them.
//!
//! It resolves no name and opens no connection; whoever does asks here before.

// The library `core` has the addresses and, unlike `std`, no sockets.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Ranges of IPv4 that are not the public internet's: first address, length of the prefix in bits, what they are.
///
/// As IANA lists them, and the address at which a cloud answers its own machines.
const SPECIAL_V4: [(Ipv4Addr, u32, &str); 17] = [
    (Ipv4Addr::UNSPECIFIED, 8, "of this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a carrier"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud metadata"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::BROADCAST, 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// The same of IPv6; what stands first counts.
const SPECIAL_V6: [(Ipv6Addr, u32, &str); 19] = [
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::UNSPECIFIED, 96, "IPv4-compatible"),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0),
        96,
        "IPv4-mapped",
    ),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        "IPv4-translated",
    ),
    (v6(0x64, 0xff9b), 32, "NAT64"),
    (v6(0x100, 0), 32, "for discarding"),
    (v6(0x2001, 0), 32, "Teredo"),
    (v6(0x2001, 2), 48, "for benchmarks"),
    (v6(0x2001, 0), 23, "for protocols"),
    (v6(0x2001, 0xdb8), 32, "for documentation"),
    (v6(0x2002, 0), 16, "6to4"),
    (v6(0x3fff, 0), 20, "for documentation"),
    (v6(0x5f00, 0), 16, "for segment routing"),
    (v6(0xfc00, 0), 7, "unique local"),
    (v6(0xfe80, 0), 10, "link-local"),
    (v6(0xfec0, 0), 10, "site-local"),
    (v6(0xff00, 0), 8, "multicast"),
    (v6(0x3ffe, 0), 16, "of a network that is gone"),
];

/// From where IPv6 hands out addresses of the public internet.
const GLOBAL_V6: (Ipv6Addr, u32) = (v6(0x2000, 0), 3);

const fn v6(first: u16, second: u16) -> Ipv6Addr {
    Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)
}

/// What `address` is where it is not one of the public internet, such as `loopback`; `None` where it is one.
///
/// An IPv6 address that only wraps an IPv4 address is never public, whatever it wraps.
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => {
            let holds = |(first, prefix): (Ipv4Addr, u32)| {
                (address.to_bits() ^ first.to_bits()).leading_zeros() >= prefix
            };
            let found = SPECIAL_V4.into_iter().find(|row| holds((row.0, row.1)));
            found.map(|(_, _, words)| words)
        }
        IpAddr::V6(address) => {
            let holds = |(first, prefix): (Ipv6Addr, u32)| {
                (address.to_bits() ^ first.to_bits()).leading_zeros() >= prefix
            };
            let found = SPECIAL_V6.into_iter().find(|row| holds((row.0, row.1)));
            let reserved = || (!holds(GLOBAL_V6)).then_some("reserved");
            found.map(|(_, _, words)| words).or_else(reserved)
        }
    }
}

/// A host that direct deliveries may reach although its addresses are not public, and by plain http: an entry of
/// `[network] allow_hosts`, written as `host` or `host:port`.
///
/// Without a port it stands for the scheme's own, 443 or 80. It has no wildcards. An IPv6 address stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedHost {
    /// As [`AllowedHost::permits`] takes it.
    host: String,
    port: Option<u16>,
}

/// Why a text is not an [`AllowedHost`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedHostError {
    /// What stands before the port is neither a name nor an address.
    #[error("the host is neither a name in ASCII nor an IP address (IPv6 in brackets)")]
    Host,
    /// What follows the colon is no port.
    #[error("the port is not a number from 1 to 65535")]
    Port,
}

impl AllowedHost {
    /// The most characters of a name.
    pub const MAX_NAME_CHARS: usize = 253;

    /// Whether it is `host` at `port`. The host is in lower case and plainly spelled, an IPv6 address in brackets; `own_port` is
    /// the port that its scheme has where the URL names none.
    pub fn permits(&self, host: &str, port: u16, own_port: u16) -> bool {
        self.host == host && self.port.unwrap_or(own_port) == port
    }
}

impl FromStr for AllowedHost {
    type Err = AllowedHostError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let colon = raw
            .rfind(':')
            .filter(|&at| !raw.starts_with('[') || raw[..at].ends_with(']'));
        let (host, port) = match colon {
            Some(at) => (&raw[..at], Some(port(&raw[at + 1..])?)),
            None => (raw, None),
        };
        let host = spelled(host).ok_or(AllowedHostError::Host)?;
        Ok(Self { host, port })
    }
}

fn port(raw: &str) -> Result<u16, AllowedHostError> {
    let digits = raw.bytes().all(|byte| byte.is_ascii_digit());
    let port = raw.parse().ok().filter(|&port| port != 0 && digits);
    port.ok_or(AllowedHostError::Port)
}

/// `raw` as a URL spells it; `None` where it is no host.
fn spelled(raw: &str) -> Option<String> {
    if let Some(rest) = raw.strip_prefix('[') {
        let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    if let Ok(address) = raw.parse::<Ipv4Addr>() {
        return Some(address.to_string());
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| !label.is_empty() && label.bytes().all(allowed);
    // A URL takes what ends in a number for an address, and so no name ends so.
    let name = raw.to_ascii_lowercase();
    let last = name.rsplit('.').next()?;
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let fits = name.len() <= AllowedHost::MAX_NAME_CHARS && name.split('.').all(label) && !number;
    fits.then_some(name)
}

#[cfg(test)]
mod tests;
