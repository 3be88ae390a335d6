//! Every range at its edges, and the entries of the settings.

use super::*;

#[test]
fn t_01_the_first_and_last_address_of_each_range_are_not_public() {
    for (first, last, words) in [
        ("0.0.0.0", "0.255.255.255", "of this network"),
        ("10.0.0.0", "10.255.255.255", "private"),
        ("100.64.0.0", "100.127.255.255", "shared by a carrier"),
        ("127.0.0.0", "127.255.255.255", "loopback"),
        ("168.63.129.16", "168.63.129.16", "cloud metadata"),
        ("169.254.0.0", "169.254.255.255", "link-local"),
        ("172.16.0.0", "172.31.255.255", "private"),
        ("192.0.0.0", "192.0.0.255", "for protocols"),
        ("192.0.2.0", "192.0.2.255", "for documentation"),
        ("192.88.99.0", "192.88.99.255", "a 6to4 relay"),
        ("192.168.0.0", "192.168.255.255", "private"),
        ("198.18.0.0", "198.19.255.255", "for benchmarks"),
        ("198.51.100.0", "198.51.100.255", "for documentation"),
        ("203.0.113.0", "203.0.113.255", "for documentation"),
        ("224.0.0.0", "239.255.255.255", "multicast"),
        ("240.0.0.0", "255.255.255.254", "reserved"),
        ("255.255.255.255", "255.255.255.255", "broadcast"),
        ("::", "::", "unspecified"),
        ("::1", "::1", "loopback"),
        ("::2", "::ffff:ffff", "IPv4-compatible"),
        ("::ffff:0.0.0.0", "::ffff:255.255.255.255", "IPv4-mapped"),
        ("::ffff:0:0:0", "::ffff:0:ffff:ffff", "IPv4-translated"),
        ("64:ff9b::", "64:ff9b::ffff:ffff", "NAT64"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64"),
        ("100::", "100::ffff:ffff:ffff:ffff", "for discarding"),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"),
        (
            "2001:2::",
            "2001:2:0:ffff:ffff:ffff:ffff:ffff",
            "for benchmarks",
        ),
        (
            "2001:1::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "for protocols",
        ),
        (
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "for documentation",
        ),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"),
        (
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "for documentation",
        ),
        (
            "3ffe::",
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "of a network that is gone",
        ),
        (
            "5f00::",
            "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "for segment routing",
        ),
        (
            "fc00::",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "unique local",
        ),
        (
            "fe80::",
            "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "link-local",
        ),
        (
            "fec0::",
            "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "site-local",
        ),
        (
            "ff00::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "multicast",
        ),
        (
            "4000::",
            "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "reserved",
        ),
        (
            "200::",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "reserved",
        ),
    ] {
        for address in [first, last] {
            let found = not_public(address.parse().unwrap());
            assert_eq!(found, Some(words), "case: {address}");
        }
    }
}

#[test]
fn what_lies_beside_the_ranges_is_public() {
    for address in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2003::",
        "3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
        "2606:4700::1111",
    ] {
        assert_eq!(
            not_public(address.parse().unwrap()),
            None,
            "case: {address}"
        );
    }
}

#[test]
fn an_entry_permits_its_own_host_and_port_alone() {
    for (entry, host, port, own_port, permits) in [
        ("127.0.0.1:9000", "127.0.0.1", 9_000, 80, true),
        ("127.0.0.1:9000", "127.0.0.1", 80, 80, false),
        ("127.0.0.1:9000", "127.0.0.2", 9_000, 80, false),
        ("127.0.0.1:9000", "localhost", 9_000, 80, false),
        ("hooks.internal", "hooks.internal", 443, 443, true),
        ("hooks.internal", "hooks.internal", 80, 80, true),
        ("hooks.internal", "hooks.internal", 8_443, 443, false),
        ("hooks.internal", "a.hooks.internal", 443, 443, false),
        ("hooks.internal", "hooks.internal.", 443, 443, false),
        ("Hooks.Internal:443", "hooks.internal", 443, 443, true),
        ("hooks.internal:80", "hooks.internal", 443, 443, false),
        ("3proxy.9a:80", "3proxy.9a", 80, 80, true),
        ("[::1]:9000", "[::1]", 9_000, 80, true),
        ("[0:0::1]", "[::1]", 443, 443, true),
    ] {
        let allowed: AllowedHost = entry.parse().unwrap();
        let found = allowed.permits(host, port, own_port);
        assert_eq!(found, permits, "case: {entry} {host} {port}");
    }
}

#[test]
fn m_17_an_entry_is_a_plain_host_with_a_port_or_without() {
    use AllowedHostError::{Host, Port};
    let longest = format!("{}a", "a.".repeat(126));
    let longer = format!("{longest}a");
    assert!(longest.parse::<AllowedHost>().is_ok());
    for (entry, want) in [
        ("", Host),
        (":80", Host),
        ("*", Host),
        ("*.internal", Host),
        ("a..b", Host),
        ("a.", Host),
        (".a", Host),
        ("a b", Host),
        ("a\n", Host),
        ("bücher.example", Host),
        ("user@a", Host),
        ("http://a", Port),
        ("a/b", Host),
        ("127.1", Host),
        ("0177.0.0.1", Host),
        ("0X7f000001", Host),
        ("2130706433", Host),
        ("10.0.0.0/8", Host),
        ("::1", Host),
        ("[::1", Host),
        ("[::1]x", Host),
        ("[127.0.0.1]", Host),
        ("[fe80::1%eth0]", Host),
        ("a:", Port),
        ("a:0", Port),
        ("a:65536", Port),
        ("a:+80", Port),
        ("a:80:80", Host),
        (longer.as_str(), Host),
    ] {
        assert_eq!(entry.parse::<AllowedHost>(), Err(want), "case: {entry:?}");
    }
}
