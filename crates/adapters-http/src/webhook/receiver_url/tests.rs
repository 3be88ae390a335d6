//! What the text of a URL tells before anything is resolved.

use super::ReceiverUrlError::{
    Fragment, Host as OddHost, PlainHttp, Port, Scheme, Syntax, UserInfo,
};
use super::*;

fn parse(text: &str, allowed: &[&str]) -> Result<ReceiverUrl, ReceiverUrlError> {
    let allowed: Vec<AllowedHost> = allowed.iter().map(|host| host.parse().unwrap()).collect();
    ReceiverUrl::parse(text, &allowed)
}

#[test]
fn m_17_a_url_that_is_odd_in_any_way_is_refused() {
    for (text, want) in [
        ("", Syntax),
        ("hooks.example", Syntax),
        ("/hook", Syntax),
        ("//hooks.example/", Syntax),
        ("https:hooks.example", Syntax),
        ("https:/hooks.example", Syntax),
        ("https:\\\\hooks.example\\", Syntax),
        ("https://hooks.example\\@evil.example/", Syntax),
        ("https://", Syntax),
        ("https://?a", Syntax),
        ("https://:443/", Syntax),
        ("https://a b.example/", Syntax),
        ("https://hooks.example/\r\nX: y", Syntax),
        ("https://hooks.example/\t", Syntax),
        (" https://hooks.example/", Syntax),
        ("https://hooks.example/\0", Syntax),
        ("https://bücher.example/", Syntax),
        ("https://hооks.example/", Syntax),
        ("https://127。0。0。1/", Syntax),
        ("https://①②⑦.⓪.⓪.①/", Syntax),
        ("https://[::1/", Syntax),
        ("https://[fe80::1%25eth0]/", Syntax),
        ("https://[::1.2.3]/", Syntax),
        ("https://256.0.0.1/", Syntax),
        ("https://1.2.3.4.5/", Syntax),
        ("https://0x100000000/", Syntax),
        ("https://hooks.example:65536/", Syntax),
        ("https://hooks.example:x/", Syntax),
        ("https://%/", Syntax),
        ("https://hooks%00.example/", Syntax),
        ("ftp://hooks.example/", Scheme),
        ("file:///etc/passwd", Scheme),
        ("gopher://hooks.example/_x", Scheme),
        ("javascript:alert(1)", Scheme),
        ("data:text/plain,x", Scheme),
        ("ws://hooks.example/", Scheme),
        ("http://hooks.example/", PlainHttp),
        ("HTTP://hooks.example/", PlainHttp),
        ("http://8.8.8.8/", PlainHttp),
        ("https://user@hooks.example/", UserInfo),
        ("https://user:pw@hooks.example/", UserInfo),
        ("https://@hooks.example/", UserInfo),
        ("https://:@hooks.example/", UserInfo),
        ("https://hooks.example@127.0.0.1/", UserInfo),
        ("https://hooks.example/#", Fragment),
        ("https://hooks.example/#@evil.example", Fragment),
        ("https://hooks.example#x", Fragment),
        ("https:///hooks.example/", OddHost),
        ("https:////hooks.example/", OddHost),
        ("https://2130706433/", OddHost),
        ("https://017700000001/", OddHost),
        ("https://0x7f000001/", OddHost),
        ("https://0x7f.1/", OddHost),
        ("https://0177.0.0.1/", OddHost),
        ("https://127.1/", OddHost),
        ("https://127.0.1/", OddHost),
        ("https://127.0.0.1./", OddHost),
        ("https://127.0.0.01/", OddHost),
        ("https://0/", OddHost),
        ("https://%31%32%37.0.0.1/", OddHost),
        ("https://l%6fcalhost/", OddHost),
        ("https://[0:0:0:0:0:0:0:1]/", OddHost),
        ("https://[::0001]/", OddHost),
        ("https://hooks.example:0/", Port),
        ("https://hooks.example:00/", Port),
    ] {
        assert_eq!(parse(text, &[]).map(drop), Err(want), "case: {text:?}");
    }
}

#[test]
fn a_plain_url_keeps_its_path_and_names_host_and_port() {
    for (text, host, port) in [
        ("https://hooks.example", "hooks.example", 443),
        ("https://Hooks.Example/a?c=%20&d", "hooks.example", 443),
        ("HTTPS://hooks.example:443/", "hooks.example", 443),
        ("https://hooks.example:8443/{x}", "hooks.example", 8_443),
        (
            "https://xn--bcher-kva.example/",
            "xn--bcher-kva.example",
            443,
        ),
        ("https://hooks.example./", "hooks.example.", 443),
        ("https://localhost/", "localhost", 443),
    ] {
        let found = parse(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.host, ReceiverHost::Name(host.into()), "case: {text}");
        assert_eq!(
            (found.port, found.reach),
            (port, Reach::Public),
            "case: {text}"
        );
    }
    for (text, address) in [
        ("https://8.8.8.8/", "8.8.8.8"),
        ("https://127.0.0.1:9000/", "127.0.0.1"),
        ("https://[::1]/", "::1"),
        ("https://[2606:4700::1111]:8443/", "2606:4700::1111"),
    ] {
        let found = parse(text, &[]).map(|found| found.host);
        assert_eq!(
            found,
            Ok(ReceiverHost::Address(address.parse().unwrap())),
            "case: {text}"
        );
    }
}

#[test]
fn an_allowed_host_may_be_anywhere_and_be_spoken_to_in_plain_http() {
    let allowed = ["127.0.0.1:9000", "hooks.internal", "[::1]:9000"];
    for (text, want) in [
        ("http://127.0.0.1:9000/a", Ok(Reach::Anywhere)),
        ("https://127.0.0.1:9000/a", Ok(Reach::Anywhere)),
        ("http://[::1]:9000/a", Ok(Reach::Anywhere)),
        ("http://hooks.internal", Ok(Reach::Anywhere)),
        ("https://HOOKS.internal:443", Ok(Reach::Anywhere)),
        ("https://hooks.internal:8443", Ok(Reach::Public)),
        ("http://hooks.internal:8080", Err(PlainHttp)),
        ("http://127.0.0.1:9001/", Err(PlainHttp)),
        ("http://localhost:9000/", Err(PlainHttp)),
        ("https://127.0.0.2:9000/", Ok(Reach::Public)),
        ("https://hooks.internal.evil.example/", Ok(Reach::Public)),
        ("http://hooks.internal:80@evil.example/", Err(UserInfo)),
        ("http://0x7f000001:9000/", Err(OddHost)),
    ] {
        let found = parse(text, &allowed).map(|found| found.reach);
        assert_eq!(found, want, "case: {text}");
    }
}
