//! Tokens over the wire: styles by dialect, expiry, scopes.

use cxda_simulator::config::{ScopePolicy, SimConfig};
use cxda_simulator::profile::{ProfileName, SimProfile};
use reqwest::Method;
use serde_json::json;

use crate::bench::{ACTIONS, Bench, config, fresh};

#[tokio::test]
async fn a_token_opens_the_tenant_until_it_expires() {
    let mut bench = Bench::fresh().await;
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    bench.clock.advance(config().token_lifetime);
    let late = bench.get(ACTIONS).await;
    assert_eq!(late.status, 401);
    assert_eq!(late.json()["error"], "invalid_token");
    assert_eq!(
        late.header("www-authenticate"),
        r#"Bearer error="invalid_token""#
    );
    bench.token = bench.fetch_token("/oauth/token").await;
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    bench.running.revoke_tokens();
    assert_eq!(bench.get(ACTIONS).await.status, 401);
    let bare = bench.client.get(bench.url(ACTIONS));
    assert_eq!(bench.send(bare).await.status, 401);
}

#[tokio::test]
async fn each_dialect_takes_credentials_in_its_place_and_way() {
    let cases = [
        (ProfileName::CxoneV2, "/oauth/token", true, true),
        (ProfileName::Views, "/oauth/token", true, false),
        (ProfileName::Actions, "/api/v2/oauth/token", false, true),
        (ProfileName::Cache, "/oauth/token", true, false),
        (ProfileName::Variables, "/api/v2/oauth/token", true, false),
        (ProfileName::Datetime, "/api/v2/oauth2/token", true, false),
    ];
    for (name, path, body, basic) in cases {
        let bench = Bench::of(SimConfig::new(SimProfile::named(name)), fresh()).await;
        let grant = ("grant_type", "client_credentials");
        let form = [grant, ("client_id", "me"), ("client_secret", "hunter2")];
        let in_body = bench
            .send(bench.client.post(bench.url(path)).form(&form))
            .await;
        let in_header = bench
            .client
            .post(bench.url(path))
            .basic_auth("me", Some("hunter2"));
        let in_header = bench.send(in_header.form(&[grant])).await;
        let accepted = (in_body.status == 200, in_header.status == 200);
        assert_eq!(accepted, (body, basic), "{name:?}");
    }
}

#[tokio::test]
async fn a_scope_that_is_not_granted_is_refused_and_named() {
    let mut config = config();
    config.scopes = ScopePolicy::Granted(vec!["dataactions:read".to_owned()]);
    let bench = Bench::of(config, fresh()).await;
    assert_eq!(bench.get(ACTIONS).await.status, 200);
    let refused = bench.delete(&format!("{ACTIONS}/a")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer error="insufficient_scope", scope="dataactions:delete""#
    );
}

#[tokio::test]
async fn wrong_paths_and_methods_need_no_token_to_be_refused() {
    let bench = Bench::fresh().await;
    let nowhere = bench.send(bench.client.get(bench.url("/nowhere"))).await;
    assert_eq!(
        (nowhere.status, nowhere.json()),
        (404, json!({"message": "path does not exist"}))
    );
    let patch = bench.client.request(Method::PATCH, bench.url(ACTIONS));
    assert_eq!(bench.send(patch).await.status, 405);
}
