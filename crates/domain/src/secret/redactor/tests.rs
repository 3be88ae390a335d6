//! What is found, what is left alone, and that nothing of a secret comes through however its characters are spelled.

use proptest::prelude::*;

use super::*;

fn redactor(secrets: &[&str]) -> Redactor {
    Redactor::new(secrets.iter().map(|secret| SecretText::new(*secret)))
}

#[test]
fn t_04_secrets_are_replaced_whole_wherever_they_stand() {
    let redactor = redactor(&["abcd", "abcdef", "efgh", "xy", "ééé", "aaaa"]);
    for (text, want) in [
        ("abcdef abcd xy", "<redacted> <redacted> xy"),
        ("abcdefgh.", "<redacted>."),
        ("abcdabcd", "<redacted>"),
        (".aaaaa.", ".<redacted>."),
        ("éééé", "<redacted>"),
        ("abc", "abc"),
        ("", ""),
    ] {
        assert_eq!(redactor.redact(text), want, "case: {text}");
    }
    assert_eq!(Redactor::default().redact("abcd"), "abcd");
}

#[test]
fn t_04_a_secret_is_found_in_json_too() {
    let redactor = redactor(&["pass\"word\n"]);
    let echoed = serde_json::json!({"message": "got pass\"word\n here"}).to_string();
    assert_eq!(
        redactor.redact(&echoed),
        r#"{"message":"got <redacted> here"}"#
    );
    assert_eq!(redactor.redact("pass\"word\n"), "<redacted>");
}

#[test]
fn redactor_knows_what_an_echo_makes_of_a_secret() {
    let redactor = redactor(&["a \"b\"/c\\d+é"]);
    for echo in [
        r#"a "b"/c\d+é"#,
        r#"a \"b\"/c\\d+é"#,
        r#"a \\\"b\\\"/c\\\\d+é"#,
        r#"a \"b\"\/c\\d+\u00e9"#,
        r"a \u0022b\u0022\u002Fc\u005Cd\u002B\u00E9",
        "a%20%22b%22%2Fc%5Cd%2B%C3%A9",
        "a+%22b%22%2Fc%5Cd%2B%C3%A9",
        "a%20%22b%22%2fc%5cd%2b%c3%a9",
        "%61%20%22%62%22%2Fc%5Cd%2B%C3%A9",
        "a%2520%2522b%2522%252Fc%255Cd%252B%25C3%25A9",
        "a &quot;b&quot;/c\\d+&#233;",
        // Some of its characters are escaped one way, some another way.
        r#"a\u0020%22b\"/c%5Cd+é"#,
    ] {
        assert_eq!(
            redactor.redact(&format!("<{echo}>")),
            "<<redacted>>",
            "case: {echo}"
        );
    }
}

#[test]
fn redactor_finds_a_secret_that_looks_escaped_itself() {
    let redactor = redactor(&[r"C:\new\u0041%41&amp;", "nhunter2", r"ends\"]);
    for (echo, want) in [
        (r"C:\new\u0041%41&amp;", "<redacted>"),
        (r"C:\\new\\u0041%41&amp;", "<redacted>"),
        // What looks like a line feed is the end of one text and the beginning of a secret.
        (r"D:\nhunter2", r"D:\<redacted>"),
        (r#""ends\\""#, r#""<redacted>""#),
    ] {
        assert_eq!(redactor.redact(echo), want, "case: {echo}");
    }
}

#[test]
fn t_04_a_secret_is_found_in_base64_wherever_it_stands_in_what_was_encoded() {
    let secret = redactor(&["hunter2?>hunter2~é"]);
    for (echo, want) in [
        // Alone, in both alphabets.
        ("aHVudGVyMj8+aHVudGVyMn7DqQ==", "<redacted>Q=="),
        ("aHVudGVyMj8-aHVudGVyMn7DqQ", "<redacted>Q"),
        ("aHVudGVyMj8%2BaHVudGVyMn7DqQ%3D%3D", "<redacted>Q%3D%3D"),
        // Behind one, two and three bytes, and before some more; what mixes with these is left.
        (
            "YWh1bnRlcjI/Pmh1bnRlcjJ+w6khdGFpbA==",
            "YW<redacted>khdGFpbA==",
        ),
        (
            "YWJodW50ZXIyPz5odW50ZXIyfsOpIXRhaWw=",
            "YWJ<redacted>IXRhaWw=",
        ),
        (
            "aWQ6aHVudGVyMj8+aHVudGVyMn7DqSF0YWls",
            "aWQ6<redacted>SF0YWls",
        ),
    ] {
        assert_eq!(secret.redact(echo), want, "case: {echo}");
    }
    // In a body of JSON its quotes are escaped before it is encoded: {"k":"a\"bcdefg"}.
    let quoted = redactor(&["a\"bcdefg"]).redact("eyJrIjoiYVwiYmNkZWZnIn0=");
    assert_eq!(quoted, "eyJrIjoi<redacted>In0=");
}

#[test]
fn short_secrets_are_left_alone_lest_they_garble_words() {
    let redactor = redactor(&["abc", "tests", "test-token"]);
    for text in ["abc", "dGVzdHM=", "a test token, and its ending"] {
        assert_eq!(redactor.redact(text), text);
    }
    assert_eq!(redactor.redact("tests"), "<redacted>");
}

#[test]
fn redactor_finds_a_json_secret_in_compact_form_and_the_texts_in_it() {
    let redactor = redactor(&[r#"{ "key": "hunter2hunter2", "kind": "app" }"#]);
    let sent = r#"{\"key\":\"hunter2hunter2\",\"kind\":\"app\"} and hunter2hunter2, of an app"#;
    assert_eq!(
        redactor.redact(sent),
        "<redacted> and <redacted>, of an app"
    );
}

#[test]
fn debug_of_a_redactor_shows_no_secret() {
    assert_eq!(format!("{:?}", redactor(&["hunter2"])), "Redactor { .. }");
}

/// `c` in one of many spellings.
fn spelled(c: char, how: u8) -> String {
    let mut utf16 = [0; 2];
    let mut utf8 = [0; 4];
    let bytes = c.encode_utf8(&mut utf8).bytes();
    match how {
        0 => bytes.fold(String::new(), |text, byte| format!("{text}%{byte:02X}")),
        1 => bytes.fold(String::new(), |text, byte| format!("{text}%25{byte:02x}")),
        2 => {
            let units = c.encode_utf16(&mut utf16).iter();
            units.fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
        }
        3 => format!("&#{};", u32::from(c)),
        _ => c.to_string(),
    }
}

proptest! {
    /// However each character is spelled, a secret is found, and what stands around it stays.
    #[test]
    fn t_04_no_spelling_hides_a_secret(
        secret in "[a-zA-Z0-9é😀/+=_. -]{8,24}",
        hows in proptest::collection::vec(0_u8..6, 24),
    ) {
        let echo: String = secret.chars().zip(&hows).map(|(c, how)| spelled(c, *how)).collect();
        let found = redactor(&[&secret]).redact(&format!("<{echo}>"));
        prop_assert_eq!(found, "<<redacted>>", "{}", echo);
    }

    /// Nothing that a server says breaks the search, and without a secret in it nothing is changed.
    #[test]
    fn text_without_a_secret_stays(text in r#"([\\%&u#x;0-9a-fA-F"é😀 ]|.){0,64}"#) {
        prop_assert_eq!(redactor(&["a secret that is nowhere"]).redact(&text), text);
    }
}
