//! Deliveries that are genuine, forged, replayed and repeated.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};

use super::Delivered::{Repeated, Taken};
use super::Forgery::{Header, Signature, Stale};
use super::*;

/// The vector of the standard.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SIGNED_AT: i64 = 1_614_265_330;
const BODY: &str = r#"{"test": 2432232314}"#;
const GOOD: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn request(id: &str, timestamp: &str, signature: &str, body: &str) -> Request {
    let headers = [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)];
    let mut map = HeaderMap::new();
    for (name, value) in headers.into_iter().filter(|(_, value)| *value != "-") {
        map.insert(name, value.parse().unwrap());
    }
    Request {
        method: Method::POST,
        path: "/__sim/webhooks/bi".into(),
        query: String::new(),
        headers: map,
        origin: None,
        body: Bytes::from(body.to_owned()),
    }
}

fn at(seconds: i64) -> UtcMillis {
    UtcMillis::from_epoch_millis(seconds * 1_000)
}

/// A genuine delivery in which `part` is `value` instead; `now` is in seconds after it was signed.
fn take_with(part: &str, value: &str, secret: &str) -> Result<Delivered, Forgery> {
    let signed_at = SIGNED_AT.to_string();
    let of = |name: &str, genuine: &str| if name == part { value } else { genuine }.to_owned();
    let delivery = request(
        &of("id", MESSAGE),
        &of("timestamp", &signed_at),
        &of("signature", GOOD),
        &of("body", BODY),
    );
    let now = at(SIGNED_AT + of("now", "0").parse::<i64>().unwrap());
    let secret = WebhookSecret::parse(secret).unwrap();
    Receivers::default().take("bi", &delivery, Some(&secret), now)
}

#[test]
fn t_14_a_genuine_delivery_is_taken_within_five_minutes() {
    for (part, value, want) in [
        ("now", "0", Ok(Taken)),
        ("now", "300", Ok(Taken)),
        ("now", "-300", Ok(Taken)),
        ("now", "301", Err(Stale)),
        ("now", "-301", Err(Stale)),
        ("timestamp", "1614265331", Err(Signature)),
        ("timestamp", "1614265631", Err(Stale)),
        ("timestamp", "-9223372036854775808", Err(Stale)),
        ("timestamp", "9223372036854775808", Err(Header(TIMESTAMP))),
        ("timestamp", "now", Err(Header(TIMESTAMP))),
        ("timestamp", "", Err(Header(TIMESTAMP))),
        ("timestamp", "-", Err(Header(TIMESTAMP))),
        ("timestamp", "+1614265330", Err(Signature)),
        ("timestamp", "01614265330", Err(Signature)),
    ] {
        assert_eq!(take_with(part, value, SECRET), want, "case: {part} {value}");
    }
}

#[test]
fn t_14_forged_deliveries_are_refused() {
    let code = &GOOD["v1,".len()..];
    let unpadded = GOOD.trim_end_matches('=');
    for (part, value, want) in [
        ("signature", GOOD, Ok(Taken)),
        ("signature", &format!("v1,AAAA v2,AAAA {GOOD}"), Ok(Taken)),
        ("signature", &GOOD.replace("g0h", "h0h"), Err(Signature)),
        ("signature", &GOOD.replace("v1,", "v1a,"), Err(Signature)),
        ("signature", &GOOD.replace("v1,", "V1,"), Err(Signature)),
        ("signature", &GOOD.replace("v1,", "v1=,"), Err(Signature)),
        ("signature", &GOOD[..GOOD.len() - 4], Err(Signature)),
        ("signature", unpadded, Err(Signature)),
        ("signature", code, Err(Signature)),
        ("signature", "v1,", Err(Signature)),
        ("signature", "v1", Err(Signature)),
        ("signature", "", Err(Signature)),
        ("signature", "-", Err(Header(SIGNATURE))),
        ("id", "msg_other", Err(Signature)),
        ("id", &format!("{MESSAGE}.1"), Err(Signature)),
        ("id", "", Err(Header(ID))),
        ("id", "-", Err(Header(ID))),
        ("body", "", Err(Signature)),
        ("body", r#"{"test":2432232314}"#, Err(Signature)),
        ("body", r#"{"test": 2432232315}"#, Err(Signature)),
    ] {
        assert_eq!(take_with(part, value, SECRET), want, "case: {part} {value}");
    }
    let other = format!("whsec_{}", "A".repeat(32));
    assert_eq!(take_with("", "", &other), Err(Signature));
}

#[test]
fn t_14_an_id_is_taken_once_by_each_receiver() {
    let secret = WebhookSecret::parse(SECRET).unwrap();
    let genuine = request(MESSAGE, &SIGNED_AT.to_string(), GOOD, BODY);
    let forged = request(MESSAGE, &SIGNED_AT.to_string(), "v1,AAAA", BODY);
    let mut receivers = Receivers::default();
    let mut take = |name, request| receivers.take(name, request, Some(&secret), at(SIGNED_AT));
    // A forgery uses up no id.
    assert_eq!(take("bi", &forged), Err(Signature));
    assert_eq!(take("bi", &genuine), Ok(Taken));
    assert_eq!(take("bi", &genuine), Ok(Repeated));
    assert_eq!(take("bi", &forged), Err(Signature));
    assert_eq!(take("other", &genuine), Ok(Taken));
}

#[test]
fn without_a_secret_signatures_are_not_looked_at() {
    let now = SIGNED_AT.to_string();
    let mut receivers = Receivers::default();
    for (signature, want) in [("-", Taken), ("v1,AAAA", Repeated)] {
        let unsigned = request(MESSAGE, &now, signature, BODY);
        assert_eq!(
            receivers.take("bi", &unsigned, None, at(SIGNED_AT)),
            Ok(want)
        );
    }
}

#[test]
fn the_oldest_ids_are_forgotten_first() {
    let mut receivers = Receivers::default();
    let delivery = |number: usize| ("bi".to_owned(), number.to_string());
    for number in 0..=IDS_KEPT {
        assert_eq!(receivers.note(delivery(number)), Taken);
    }
    assert_eq!(receivers.note(delivery(IDS_KEPT)), Repeated);
    assert_eq!(receivers.note(delivery(1)), Repeated);
    assert_eq!(receivers.note(delivery(0)), Taken);
}

#[test]
fn a_secret_has_its_prefix_and_24_to_64_bytes() {
    let of = |count| format!("whsec_{}", STANDARD.encode(vec![7; count]));
    for (text, fits) in [
        (of(23), false),
        (of(24), true),
        (of(64), true),
        (of(65), false),
        (of(24).replace("whsec_", ""), false),
        (String::new(), false),
    ] {
        assert_eq!(WebhookSecret::parse(&text).is_ok(), fits, "case: {text}");
    }
    let shown = format!("{:?}", WebhookSecret::parse(SECRET).unwrap());
    assert_eq!(shown, "WebhookSecret(<redacted>)");
}
