//! What the token endpoint takes and what a token is good for.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cxda_domain::request::Operation;

use super::*;
use crate::config::Credentials;
use crate::profile::{AuthStyle, ProfileName, SimProfile};

const NOW: Duration = Duration::from_secs(1_000);

fn request(query: &str, headers: &[(&'static str, String)], body: &str) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    Request {
        method: Method::POST,
        path: "/oauth/token".to_owned(),
        query: query.to_owned(),
        headers: map,
        origin: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn basic_header(pair: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(pair)))
}

fn form() -> Request {
    request(
        "",
        &[],
        "grant_type=client_credentials&client_id=id&client_secret=secret",
    )
}

fn with_token(token: &str) -> Request {
    request("", &[("authorization", format!("Bearer {token}"))], "")
}

fn config() -> SimConfig {
    SimConfig::new(SimProfile::named(ProfileName::CxoneV2))
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[test]
fn each_way_of_sending_id_and_secret_is_understood() {
    let json_kind = || ("content-type", "application/json".to_owned());
    let grant = "grant_type=client_credentials";
    let secret = "s:+% =é";
    let encoded = "s%3A%2B%25+%3D%C3%A9";
    let cases = [
        request(
            "",
            &[],
            &format!("{grant}&client_id=id&client_secret={encoded}"),
        ),
        request("", &[basic_header(&format!("id:{encoded}"))], grant),
        request(
            "",
            &[json_kind()],
            &format!(
                r#"{{"grant_type":"client_credentials","client_id":"id","client_secret":"{secret}"}}"#
            ),
        ),
        request(
            &format!("{grant}&client_id=id&client_secret={encoded}"),
            &[],
            "",
        ),
    ];
    let exactly = Credentials::Exactly {
        id: "id".to_owned(),
        secret: secret.to_owned(),
    };
    for (style, request) in AuthStyle::ALL.into_iter().zip(&cases) {
        let mut config = config();
        config.credentials = exactly.clone();
        let mut tokens = Tokens::default();
        let answer = tokens.issue(request, &config, "t", NOW);
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{style:?}: {}",
            text(&answer)
        );
        config
            .profile
            .auth_styles
            .retain(|accepted| *accepted != style);
        let answer = tokens.issue(request, &config, "t", NOW);
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{style:?} is not accepted"
        );
        config.credentials = Credentials::Exactly {
            id: "id".to_owned(),
            secret: "other".to_owned(),
        };
        config.profile.auth_styles = AuthStyle::ALL.to_vec();
        let answer = tokens.issue(request, &config, "t", NOW);
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{style:?} with a wrong secret"
        );
    }
}

#[test]
fn the_answer_names_lifetime_and_scopes() {
    let mut tokens = Tokens::default();
    let answer = tokens.issue(&form(), &config(), "t-1", NOW);
    insta::assert_snapshot!(text(&answer), @r#"{"access_token":"t-1","token_type":"Bearer","expires_in":3600,"scope":"data_actions:read data_actions:write dataactions:delete dataactions:read dataactions:write webhooks:write"}"#);
}

#[test]
fn a_bad_token_request_says_what_is_wrong() {
    let both = "grant_type=client_credentials&client_id=id&client_secret=secret";
    let cases = [
        (
            request("", &[], "client_id=a&client_secret=b"),
            400,
            "invalid_request",
        ),
        (
            request("", &[], "grant_type=password&client_secret=b"),
            400,
            "unsupported_grant_type",
        ),
        (
            request("", &[], "grant_type=client_credentials"),
            401,
            "invalid_client",
        ),
        (
            request("", &[basic_header("id:secret")], both),
            400,
            "invalid_request",
        ),
        (
            request(
                "",
                &[],
                "grant_type=client_credentials&client_id=&client_secret=b",
            ),
            401,
            "invalid_client",
        ),
    ];
    for (request, status, error) in cases {
        let answer = Tokens::default().issue(&request, &config(), "t", NOW);
        assert_eq!(answer.status.as_u16(), status, "{}", text(&answer));
        assert!(text(&answer).contains(error), "{}", text(&answer));
    }
}

#[test]
fn a_token_is_good_until_it_expires_or_is_revoked() {
    let mut tokens = Tokens::default();
    let config = config();
    tokens.issue(&form(), &config, "t", NOW);
    let end = NOW + config.token_lifetime;
    let last = end.saturating_sub(Duration::from_nanos(1));
    let check = |tokens: &Tokens, token: &str, at| {
        tokens
            .check(&with_token(token), None, at)
            .map_err(|answer| answer.status.as_u16())
    };
    assert_eq!(check(&tokens, "t", last), Ok(()));
    assert_eq!(check(&tokens, "t", end), Err(401));
    assert_eq!(check(&tokens, "other", NOW), Err(401));
    assert!(tokens.check(&request("", &[], ""), None, NOW).is_err());
    tokens.revoke_all();
    assert_eq!(check(&tokens, "t", NOW), Err(401));
}

#[test]
fn a_scope_that_was_not_granted_is_named_in_the_refusal() {
    let mut config = config();
    let read = "dataactions:read".to_owned();
    config.scopes = ScopePolicy::Granted(vec![read.clone(), "webhooks:write".to_owned()]);
    let mut tokens = Tokens::default();
    let narrow =
        "grant_type=client_credentials&client_id=a&client_secret=b&scope=dataactions%3Aread+x";
    let answer = tokens.issue(&request("", &[], narrow), &config, "t", NOW);
    assert!(
        text(&answer).contains(r#""scope":"dataactions:read""#),
        "{}",
        text(&answer)
    );
    assert!(tokens.check(&with_token("t"), Some(&read), NOW).is_ok());
    let scope = config.profile.scopes.needed_by(Operation::DeleteAction);
    let refused = tokens.check(&with_token("t"), scope, NOW).unwrap_err();
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(
        refused.header(&WWW_AUTHENTICATE),
        Some(r#"Bearer error="insufficient_scope", scope="dataactions:delete""#)
    );
    let none = "grant_type=client_credentials&client_id=a&client_secret=b&scope=x";
    let answer = tokens.issue(&request("", &[], none), &config, "t", NOW);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[test]
fn an_access_key_and_a_password_are_logins_of_their_own() {
    let at = |path: &str, request: Request| Request {
        path: path.to_owned(),
        ..request
    };
    let json = [("content-type", "application/json".to_owned())];
    let key = r#"{"accessKeyId":"id","accessKeySecret":"secret"}"#;
    let password = "grant_type=password&username=u&password=p";
    let basic = [basic_header("id:secret")];
    let client = "grant_type=client_credentials";
    let cases = [
        (at(ACCESS_KEY_PATH, request("", &json, key)), 200, ""),
        (
            at(ACCESS_KEY_PATH, request("", &json, "{}")),
            401,
            "invalid_client",
        ),
        (at(PASSWORD_PATH, request("", &basic, password)), 200, ""),
        (
            at(PASSWORD_PATH, request("", &[], password)),
            401,
            "invalid_client",
        ),
        (
            at(
                PASSWORD_PATH,
                request("", &basic, "grant_type=password&username=u"),
            ),
            400,
            "invalid_grant",
        ),
        (
            at(PASSWORD_PATH, request("", &basic, client)),
            400,
            "unsupported_grant_type",
        ),
        (request("", &basic, password), 400, "unsupported_grant_type"),
    ];
    for (request, status, error) in cases {
        let answer = Tokens::default().issue(&request, &config(), "t", NOW);
        let shown = text(&answer);
        assert_eq!(answer.status.as_u16(), status, "{} {shown}", request.path);
        assert!(shown.contains(error), "{shown}");
        let names_tenant = shown.contains("id_token");
        assert_eq!(names_tenant, status == 200 && request.path == PASSWORD_PATH);
    }
}
