//! The vector of the standard, the limits of a secret, and the published library's opinion.

use cxda_ports::webhook::Message;
use standardwebhooks::Webhook;

use super::*;

const VECTOR: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn secret(text: &str) -> Result<SigningSecret, SigningSecretError> {
    SigningSecret::parse(&SecretText::new(text))
}

fn of_bytes(count: usize) -> String {
    format!("whsec_{}", STANDARD.encode(vec![7; count]))
}

fn message(payload: &str) -> Message {
    Message {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
        payload: payload.into(),
    }
}

#[test]
fn the_vector_of_the_standard_is_signed_as_it_says() {
    let message = message(r#"{"test": 2432232314}"#);
    let signed = signatures(&[secret(VECTOR).unwrap()], &message, 1_614_265_330);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn the_published_library_signs_alike() {
    for (text, payload) in [
        (VECTOR.to_owned(), "{}"),
        (of_bytes(24), ""),
        (of_bytes(33), r#"{"name":"é 漢 🙂"}"#),
        (of_bytes(64), "\0\r\n."),
    ] {
        let message = message(payload);
        let published = Webhook::new(&text).unwrap();
        for seconds in [-1, 0, 1_614_265_330, i64::MAX] {
            let want = published.sign(&message.id, seconds, payload.as_bytes());
            let signed = signatures(&[secret(&text).unwrap()], &message, seconds);
            assert_eq!(signed, want.unwrap(), "case: {payload:?} at {seconds}");
        }
    }
}

#[test]
fn while_a_secret_is_being_replaced_there_are_two_signatures() {
    let (old, new) = (secret(VECTOR).unwrap(), secret(&of_bytes(32)).unwrap());
    let message = message("{}");
    let alone = |secret: &SigningSecret| signatures(std::slice::from_ref(secret), &message, 1);
    let both = signatures(&[new.clone(), old.clone()], &message, 1);
    assert_eq!(both, format!("{} {}", alone(&new), alone(&old)));
}

#[test]
fn a_secret_has_its_prefix_and_24_to_64_bytes() {
    use SigningSecretError::{Base64, Length, Prefix};
    let padded = STANDARD.encode([7; 25]);
    for (text, want) in [
        (of_bytes(23), Err(Length { found: 23 })),
        (of_bytes(24), Ok(())),
        (of_bytes(64), Ok(())),
        (of_bytes(65), Err(Length { found: 65 })),
        ("whsec_".into(), Err(Length { found: 0 })),
        (String::new(), Err(Prefix)),
        (padded.clone(), Err(Prefix)),
        (format!("WHSEC_{padded}"), Err(Prefix)),
        (format!(" whsec_{padded}"), Err(Prefix)),
        (format!("whsec_{padded}\n"), Err(Base64)),
        (
            format!("whsec_{}", padded.trim_end_matches('=')),
            Err(Base64),
        ),
        (format!("whsec_{}", "-_".repeat(20)), Err(Base64)),
    ] {
        assert_eq!(secret(&text).map(drop), want, "case: {text:?}");
    }
}

#[test]
fn t_04_a_secret_shows_itself_nowhere() {
    assert_eq!(
        format!("{:?}", secret(VECTOR).unwrap()),
        "SigningSecret(<redacted>)"
    );
    let error = secret("canary").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}
