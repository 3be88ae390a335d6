//! Which URLs an invalidation directive may name. Nothing is looked up or reached here.

// Of `core`, which has addresses and no sockets.
use core::net::{Ipv4Addr, Ipv6Addr};

/// Whether `source` is an http or https URL with a host that every reader takes for the same one, without a user and without a
/// fragment, and nothing that a URL cannot hold.
pub fn is_directive_source(source: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| source.strip_prefix(scheme));
    let Some(rest) = rest else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let stray = |c: char| c == '#' || c.is_control() || c.is_whitespace();
    is_authority(authority) && !source.contains(stray)
}

/// Whether `authority` is a host, with a port or without.
fn is_authority(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((host, port)) = rest.split_once(']') else {
            return false;
        };
        return host.parse::<Ipv6Addr>().is_ok()
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    match authority.split_once(':') {
        Some((host, port)) => is_host(host) && is_port(port),
        None => is_host(authority),
    }
}

fn is_port(port: &str) -> bool {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    digits && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether `host` is a name in ASCII or an address of four numbers; some readers take `127.1` and `0x7f000001` for addresses too.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(plain);
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    host.split('.').all(is_label) && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_17_directive_sources_are_plain_http_urls() {
        for (source, fits) in [
            ("https://monitoring.example.com/hooks/cache", true),
            ("http://localhost:9000", true),
            ("https://example.com:65535?a=b", true),
            ("https://192.0.2.1:1/", true),
            ("https://[2001:db8::1]:443/", true),
            ("https://xn--bcher-kva.example/", true),
            ("https://cache_1.0x.example", true),
            ("https://example.com/#a", false),
            ("https://example.com#a", false),
            ("https://example.com:/", false),
            ("https://example.com:0/", false),
            ("https://example.com:65536/", false),
            ("https://example.com:+80/", false),
            ("https://example.com:80:80/", false),
            ("https://.example.com/", false),
            ("https://example..com/", false),
            ("https://example.com./", false),
            ("https://127.1/", false),
            ("https://2130706433/", false),
            ("https://0x7f000001/", false),
            ("https://127.0.0.0X1/", false),
            ("https://127.0.0.256/", false),
            ("https://127.0.0.01/", false),
            ("https://1.2.3.4.5/", false),
            ("https://example.7/", false),
            ("https://[::1/", false),
            ("https://[::g]/", false),
            ("https://[::1]80/", false),
            ("https://b\u{fc}cher.example/", false),
            ("https://example\u{3002}com/", false),
            ("https://example%2ecom/", false),
            ("https://example.com\\@evil.example/", false),
            ("https://user@example.com/", false),
            ("ftp://example.com", false),
            ("file:///etc/passwd", false),
            ("https://", false),
            ("https:///path", false),
            ("https://user:pw@example.com/", false),
            ("https://example.com/a b", false),
            ("https://example.com/\r\nX: y", false),
            ("", false),
        ] {
            assert_eq!(is_directive_source(source), fits, "case: {source:?}");
        }
    }
}
