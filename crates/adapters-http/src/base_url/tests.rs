//! Base URLs at their limits: what is refused, and what cannot move the host.

use super::*;

fn parts(region: &str) -> Result<UrlParts, BaseUrlError> {
    Ok(UrlParts {
        region: Some(region.parse()?),
        site: None,
    })
}

#[test]
fn m_18_parts_are_short_lower_case_labels() {
    let long = "a".repeat(UrlPart::MAX_CHARS + 1);
    for (raw, fits) in [
        ("na1", true),
        ("a", true),
        ("eu-1", true),
        (&long[1..], true),
        (long.as_str(), false),
        ("", false),
        ("NA1", false),
        ("é", false),
        ("a_b", false),
        ("na1\n", false),
    ] {
        assert_eq!(raw.parse::<UrlPart>().is_ok(), fits, "case: {raw:?}");
    }
}

#[test]
fn t_02_no_value_moves_the_host() {
    let hostile = [
        "evil.example/#",
        "evil.example/?",
        "evil.example/",
        "evil.example",
        "evil.example:443",
        "a@evil.example",
        "a:b@evil.example",
        "evil.example\\",
        "\\evil.example",
        "/evil.example",
        "//evil.example",
        "?",
        "#",
        "@",
        ":",
        "/",
        "\\",
        ".",
        "..",
        "../..",
        "%2e",
        "%2f",
        "%23",
        "evil%2eexample",
        "evil\u{3002}example",
        "evil\u{ff0e}example",
        "\u{ff0f}",
        "a\u{0}b",
        "a\r\nHost: evil.example",
        "a b",
        "a\tb",
        " na1",
        "na1 ",
        "{site}",
        "{region}",
        "${x}",
        "[::1]",
        "127.0.0.1",
        "0x7f.1",
        "localhost:80",
        "na1.",
        ".na1",
        "http:",
        "https://evil",
        "a;b",
        "a,b",
        "a=b",
        "a&b",
        "a+b",
        "a!b",
        "a$b",
        "a'b",
        "a(b)",
        "a*b",
        "a~b",
        "a|b",
        "a^b",
        "a\u{ad}b",
        "a\u{200b}b",
        "\u{202e}a",
    ];
    assert!(hostile.len() >= 56);
    for region in hostile {
        assert_eq!(parts(region), Err(BaseUrlError::Part), "case: {region:?}");
    }
}

#[test]
fn parts_fill_their_places() {
    let template = "https://{region}.api.nicecxone.com/";
    let url = BaseUrl::fill(template, &parts("na1").unwrap(), PlainHttp::Refused).unwrap();
    assert_eq!(url.to_string(), "https://na1.api.nicecxone.com");
    assert_eq!(url.origin().as_str(), "https://na1.api.nicecxone.com");
    assert_eq!(
        BaseUrl::fill(template, &UrlParts::default(), PlainHttp::Refused),
        Err(BaseUrlError::Missing { name: "region" })
    );
}

#[test]
fn m_17_base_urls_are_plain_https_or_loopback_http() {
    use BaseUrlError as E;
    let cases: &[(&str, Result<&str, E>)] = &[
        ("https://a.example", Ok("https://a.example")),
        ("https://a.example//", Ok("https://a.example")),
        (
            "https://A.example:8443/api/v1/",
            Ok("https://a.example:8443/api/v1"),
        ),
        (
            "https://[2001:db8::1]:8443",
            Ok("https://[2001:db8::1]:8443"),
        ),
        ("http://127.0.0.1:9000", Ok("http://127.0.0.1:9000")),
        ("http://localhost", Ok("http://localhost")),
        ("http://[::1]:1", Ok("http://[::1]:1")),
        ("http://a.example", Err(E::PlainHttp)),
        ("http://127.0.0.1.evil.example", Err(E::PlainHttp)),
        ("http://localhost.evil.example", Err(E::PlainHttp)),
        ("http://10.0.0.1", Err(E::PlainHttp)),
        ("ftp://a.example", Err(E::Scheme)),
        ("file:///etc/passwd", Err(E::Syntax)),
        ("gopher://a.example", Err(E::Scheme)),
        ("a.example", Err(E::Syntax)),
        ("https://", Err(E::Syntax)),
        ("", Err(E::Syntax)),
        ("https://user@a.example", Err(E::UserInfo)),
        ("https://user:pw@a.example", Err(E::UserInfo)),
        ("https://a.example?x=1", Err(E::Tail)),
        ("https://a.example#x", Err(E::Tail)),
        ("https://a.example:0", Err(E::Port)),
        ("https://a.example\\@evil.example", Err(E::Syntax)),
        ("https://a.example/\r\nX: y", Err(E::Syntax)),
        ("https://a b.example", Err(E::Syntax)),
        ("https://а.example", Err(E::Syntax)),
        ("http://0x7f.1", Err(E::Host)),
        ("http://2130706433", Err(E::Host)),
        ("http://0177.0.0.1", Err(E::Host)),
        ("https://a%2eexample", Err(E::Host)),
        ("https:a.example", Err(E::Syntax)),
        ("https:///a.example", Err(E::Host)),
        ("https://a.example/../b", Err(E::Path)),
        ("https://a.example/b//c", Err(E::Path)),
        ("https://a.example/%2e%2e/b", Err(E::Path)),
        ("https://{host}.example", Err(E::Placeholder)),
        ("https://{region.example", Err(E::Placeholder)),
    ];
    for (text, want) in cases {
        let found = BaseUrl::parse(text, PlainHttp::Loopback).map(|url| url.to_string());
        assert_eq!(found.as_deref(), want.as_ref().copied(), "case: {text:?}");
    }
    assert_eq!(
        BaseUrl::parse("http://127.0.0.1", PlainHttp::Refused),
        Err(E::PlainHttp)
    );
}

#[test]
fn paths_stay_below_the_base() {
    let base = BaseUrl::parse("https://a.example/api", PlainHttp::Refused).unwrap();
    let below = |path: &str| base.below(path).map(|url| url.to_string());
    assert_eq!(
        below("/v2/x?y=%2F").as_deref(),
        Some("https://a.example/api/v2/x?y=%2F")
    );
    for path in [
        "@evil.example",
        ".evil.example",
        ":80@evil.example/",
        "/../../x",
        "v2",
    ] {
        assert_eq!(below(path), None, "case: {path}");
    }
}

#[test]
fn discovered_hosts_share_the_last_two_labels() {
    let url = |text: &str| BaseUrl::parse(text, PlainHttp::Loopback).unwrap();
    for (own, found, want) in [
        (
            "https://cxone.niceincontact.com",
            "https://api-na1.niceincontact.com",
            true,
        ),
        (
            "https://niceincontact.com",
            "https://api.niceincontact.com",
            true,
        ),
        (
            "https://cxone.niceincontact.com",
            "https://niceincontact.com.evil.example",
            false,
        ),
        (
            "https://cxone.niceincontact.com",
            "https://evilniceincontact.com",
            false,
        ),
        (
            "https://cxone.niceincontact.com",
            "https://127.0.0.1",
            false,
        ),
        ("https://cxone.niceincontact.com", "http://localhost", false),
        ("https://10.0.0.1", "https://10.0.0.1", false),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", true),
        ("http://127.0.0.1:1", "https://a.example", false),
    ] {
        assert_eq!(url(own).vouches_for(&url(found)), want, "{own} {found}");
    }
}

#[test]
fn messages_name_the_setting_that_helps() {
    let messages = [
        BaseUrlError::Missing { name: "region" },
        BaseUrlError::Missing { name: "site" },
        BaseUrlError::PlainHttp,
    ];
    let messages = messages.map(|error| error.to_string());
    insta::assert_snapshot!(messages.join("\n"), @"
    the URL holds {region}, and no region is set (CXONE_REGION)
    the URL holds {site}, and no site is set (CXONE_SITE)
    the URL is plain http, which is taken for loopback addresses alone and only with allow_http = true
    ");
}
