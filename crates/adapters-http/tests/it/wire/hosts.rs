//! Hosts that somebody slips in: no connection goes anywhere but to the origin, and each token to its own.

use std::sync::Arc;

use cxda_adapters_http::HttpTenant;
use cxda_adapters_http::base_url::{BaseUrl, PlainHttp, UrlPart, UrlParts};
use cxda_adapters_http::credentials::Credentials;
use cxda_adapters_memory::ids::FixedJitter;
use cxda_adapters_memory::stop::NeverStops;
use cxda_domain::secret::SecretText;

use super::peer::{ACTION, Ask, Peer, clock, config_with, ok, ready_token, tenant, tenant_with};

/// Texts by which a value might turn a host into `evil`, or a path into another one.
fn hostile(evil: &str) -> Vec<String> {
    let forms = "E/# E/? E/ E E# E? E\\ \\E /E //E ///E @E a@E a:b@E :@E E:80 E:443 E;a E,a E=a E&a E%00 E%23 E%2f E%3f \
        E%40 %2f%2fE @E/ x@E/# x\\@E x#@E x?@E //x@E https://E http://E https:E ftp://E javascript:E .E E. ..E/ E/.. \
        ../E ./E ~E !E $E (E) [E] {E} <E> |E ^E `E \"E 'E *E +E E%0d%0aHost:%20x";
    let mut all: Vec<String> = forms
        .split(' ')
        .map(|form| form.replace('E', evil))
        .collect();
    for blank in [
        "\r\n", "\n", "\t", " ", "\0", "\u{a0}", "\u{200b}", "\u{202e}", "\u{3002}", "\u{ff0f}",
        "\u{ff20}",
    ] {
        all.push(format!("a{blank}{evil}"));
        all.push(format!("{evil}{blank}"));
    }
    all
}

#[tokio::test]
async fn t_02_no_part_of_a_template_moves_a_request() {
    let canary = Peer::canary().await;
    let evil = canary.address.to_string();
    let all = hostile(&evil);
    assert!(all.len() >= 60);
    for value in &all {
        assert!(value.parse::<UrlPart>().is_err(), "{value:?}");
        // As it would be without that check.
        for template in [
            "http://localhost{}",
            "http://localhost:1{}",
            "http://{}.localhost",
            "http://localhost:1/{}",
        ] {
            let text = template.replace("{}", value);
            let Ok(base) = BaseUrl::parse(&text, PlainHttp::Loopback) else {
                continue;
            };
            if base.origin().as_str() == canary.base() {
                continue;
            }
            Ask::Relay.fails(&tenant(&base.to_string())).await;
        }
    }
    assert_eq!(canary.connections(), 0);
    let parts = UrlParts {
        region: Some("na1".parse().unwrap()),
        site: None,
    };
    let base = BaseUrl::fill(
        "https://{region}.api.nicecxone.com",
        &parts,
        PlainHttp::Refused,
    );
    assert_eq!(
        base.unwrap().origin().as_str(),
        "https://na1.api.nicecxone.com"
    );
}

#[tokio::test]
async fn t_02_no_id_or_url_that_is_sent_along_moves_a_request() {
    use cxda_domain::key::ResourceId;
    use cxda_ports::webhook::WebhookRelay;
    let canary = Peer::canary().await;
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                .await;
        }
    })
    .await;
    let tenant = tenant(&peer.base());
    let all = hostile(&canary.address.to_string());
    for value in &all {
        assert!(value.parse::<ResourceId>().is_err(), "{value:?}");
        tenant.relay(value, "{}").await.unwrap();
    }
    let requests = peer.requests();
    assert_eq!(requests.len(), all.len());
    let start = |request: &String| request.split_once("\r\n").map(|(line, _)| line.to_owned());
    assert!(
        requests
            .iter()
            .all(|request| start(request) == start(&requests[0]))
    );
    assert_eq!(canary.connections(), 0);
}

/// A server that grants `token`, and to whoever shows it the action `a`.
async fn granting(token: &'static str) -> Peer {
    Peer::start(move |mut line| async move {
        while let Some(request) = line.request().await {
            let answer = if request.starts_with("POST ") {
                ok(&format!(
                    r#"{{"access_token":"{token}","token_type":"Bearer"}}"#
                ))
            } else if request.contains(&format!("authorization: Bearer {token}\r\n")) {
                ok(ACTION)
            } else {
                "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_owned()
            };
            line.say(answer).await;
        }
    })
    .await
}

fn access_key(secret: &str) -> Credentials {
    Credentials::AccessKey {
        id: SecretText::new("key"),
        secret: SecretText::new(secret),
    }
}

#[tokio::test]
async fn t_03_each_tenant_sees_its_own_token_and_secret_alone() {
    let (first, second) = (
        granting("token-of-first").await,
        granting("token-of-second").await,
    );
    let tenants = [
        tenant_with(&first.base(), access_key("secret-of-first"), |_| {}),
        tenant_with(&second.base(), access_key("secret-of-second"), |_| {}),
    ];
    for _ in 0..3 {
        for tenant in &tenants {
            assert_eq!(Ask::Read.of(tenant).await, Ok(1));
        }
    }
    for (peer, foreign) in [(&first, "of-second"), (&second, "of-first")] {
        assert_eq!(peer.requests().len(), 4);
        assert!(!peer.requests().concat().contains(foreign));
    }
}

#[tokio::test]
async fn t_03_one_client_for_two_tenants_keeps_their_tokens_apart() {
    use cxda_adapters_http::transport::{HttpClient, Transport, Trust};
    let peer = Peer::start(|mut line| async move {
        while line.request().await.is_some() {
            line.say(ok(ACTION)).await;
        }
    })
    .await;
    let config = config_with(&peer.base(), ready_token(), |_| {});
    let trust = Trust::Only(Vec::new());
    let client: Arc<dyn Transport> =
        Arc::new(HttpClient::new("cxda-test", &trust, config.timeouts).unwrap());
    for token in ["first", "second", "first"] {
        let token = Credentials::Bearer {
            token: SecretText::new(token),
        };
        let config = config_with(&peer.base(), token, |_| {});
        let jitter = Arc::new(FixedJitter::NONE);
        let tenant = HttpTenant::over(
            Arc::clone(&client),
            config,
            clock(),
            jitter,
            Arc::new(NeverStops),
        )
        .unwrap();
        Ask::Read.of(&tenant).await.unwrap();
    }
    let tokens: Vec<bool> = peer
        .requests()
        .iter()
        .map(|request| request.contains("Bearer first"))
        .collect();
    assert_eq!(tokens, [true, false, true]);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn t_03_a_server_cannot_make_itself_the_authority_for_another_origin() {
    let canary = Peer::canary().await;
    // Whatever the token answer says beside the token, it is used where it was configured.
    let port = canary.address.port();
    let peer = Peer::start(move |mut line| async move {
        while let Some(request) = line.request().await {
            let answer = if request.starts_with("POST ") {
                ok(&format!(
                    r#"{{"access_token":"t","resource_server_base_uri":"http://127.0.0.1:{port}/","api_endpoint":"http://127.0.0.1:{port}","token_type":"Bearer"}}"#
                ))
            } else {
                ok(ACTION)
            };
            line.say(answer).await;
        }
    })
    .await;
    let tenant = tenant_with(&peer.base(), access_key("canary"), |_| {});
    assert_eq!(Ask::Read.of(&tenant).await, Ok(1));
    assert_eq!(canary.connections(), 0);
}
