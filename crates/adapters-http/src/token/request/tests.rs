//! What token requests look like on the wire.

use http::header::CONTENT_TYPE;

use super::*;
use crate::base_url::PlainHttp;
use crate::config::Timeouts;
use crate::credentials::AuthConfig;
use crate::profile::{ApiPath, ApiProfile};

/// `:`, `+`, `%`, `=`, a space and a letter beyond ASCII: what is mangled where encoding is forgotten.
const ID: &str = "id:1";
const SECRET: &str = "a:b+c%d=e f é";

fn text(text: &str) -> SecretText {
    SecretText::new(text)
}

fn pair(style: Option<AuthStyle>) -> Credentials {
    Credentials::ClientCredentials {
        client_id: text(ID),
        client_secret: text(SECRET),
        style,
    }
}

fn config(profile: &str, auth: AuthConfig) -> HttpConfig {
    HttpConfig {
        tenant: "t".into(),
        base_url: BaseUrl::parse("https://api.example", PlainHttp::Refused).unwrap(),
        auth,
        profile: ApiProfile::named(profile).unwrap(),
        timeouts: Timeouts::DEFAULT,
        user_agent: "cxda".into(),
    }
}

fn shown(profile: &str, auth: AuthConfig) -> String {
    let request = TokenRequest::new(&config(profile, auth));
    let call = request.call();
    let header = |name| {
        let found = call.headers.iter().find(|(each, _)| *each == name);
        found.map_or("-", |(_, value)| value.to_str().unwrap())
    };
    let body = String::from_utf8(call.body.clone().unwrap_or_default().to_vec()).unwrap();
    format!(
        "{} {}{}\n{}\n{}\n{body}",
        call.method,
        request.origin,
        call.target(),
        header(AUTHORIZATION),
        header(CONTENT_TYPE),
    )
}

#[test]
fn t_20_client_credentials_survive_every_style() {
    let lines = AuthStyle::ALL.map(|style| shown("cxone-v2", AuthConfig::new(pair(Some(style)))));
    insta::assert_snapshot!(lines.join("\n\n"), @r#"
    POST https://api.example/oauth/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9

    POST https://api.example/oauth/token
    Basic aWQlM0ExOmElM0FiJTJCYyUyNWQlM0RlK2YrJUMzJUE5
    application/x-www-form-urlencoded
    grant_type=client_credentials

    POST https://api.example/oauth/token
    -
    application/json
    {"grant_type":"client_credentials","client_id":"id:1","client_secret":"a:b+c%d=e f é"}

    POST https://api.example/oauth/token?grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De%20f%20%C3%A9
    -
    application/x-www-form-urlencoded
    "#);
}

#[test]
fn dialects_choose_path_style_and_scopes_unless_settings_do() {
    let lines = ApiProfile::NAMES.map(|name| shown(name, AuthConfig::new(pair(None))));
    insta::assert_snapshot!(lines.join("\n\n"), @"
    POST https://api.example/oauth/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9

    POST https://api.example/oauth/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9&scope=data_actions%3Aread+data_actions%3Awrite+webhooks%3Awrite

    POST https://api.example/api/v2/oauth/token
    Basic aWQlM0ExOmElM0FiJTJCYyUyNWQlM0RlK2YrJUMzJUE5
    application/x-www-form-urlencoded
    grant_type=client_credentials

    POST https://api.example/oauth/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9&scope=dataaction%3Aread+dataaction%3Awrite

    POST https://api.example/api/v2/oauth/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9

    POST https://api.example/api/v2/oauth2/token
    -
    application/x-www-form-urlencoded
    grant_type=client_credentials&client_id=id%3A1&client_secret=a%3Ab%2Bc%25d%3De+f+%C3%A9&scope=dataactions%3Awrite+dataactions%3Aread
    ");
    let auth = AuthConfig {
        auth_url: Some(BaseUrl::parse("https://auth.example/x", PlainHttp::Refused).unwrap()),
        token_path: Some(ApiPath::plain("token_path", "/t").unwrap()),
        scopes: Some(vec!["a:b".into(), "c".into()]),
        audience: Some("urn:x".into()),
        ..AuthConfig::new(pair(Some(AuthStyle::Json)))
    };
    insta::assert_snapshot!(shown("views", auth), @r#"
    POST https://auth.example/x/t
    -
    application/json
    {"grant_type":"client_credentials","client_id":"id:1","client_secret":"a:b+c%d=e f é","scope":"a:b c","audience":"urn:x"}
    "#);
}

#[test]
fn access_keys_and_passwords_have_endpoints_of_their_own() {
    let key = Credentials::AccessKey {
        id: text(ID),
        secret: text(SECRET),
    };
    insta::assert_snapshot!(shown("views", AuthConfig::new(key)), @r#"
    POST https://api.example/authentication/v1/token/access-key
    -
    application/json
    {"accessKeyId":"id:1","accessKeySecret":"a:b+c%d=e f é"}
    "#);
    let password = Credentials::Password {
        client_id: text(ID),
        client_secret: text(SECRET),
        username: text("user"),
        password: text("p&w"),
    };
    let auth = AuthConfig::new(password);
    insta::assert_snapshot!(shown("views", auth.clone()), @"
    POST https://api.example/auth/token
    Basic aWQlM0ExOmElM0FiJTJCYyUyNWQlM0RlK2YrJUMzJUE5
    application/x-www-form-urlencoded
    grant_type=password&username=user&password=p%26w
    ");
    let request = TokenRequest::new(&config("views", auth));
    let discovery = request.discovery(&"11eb-0242".parse().unwrap());
    assert_eq!(
        discovery.target(),
        "/.well-known/cxone-configuration?tenantId=11eb-0242"
    );
}

#[test]
fn t_04_nothing_of_a_request_is_shown() {
    for style in AuthStyle::ALL {
        let request = TokenRequest::new(&config("cxone-v2", AuthConfig::new(pair(Some(style)))));
        let shown = format!("{request:?} {:?}", request.call());
        assert!(
            !shown.contains("a:b") && !shown.contains("a%3Ab"),
            "{style:?}: {shown}"
        );
    }
}
