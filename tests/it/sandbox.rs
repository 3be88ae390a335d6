//! The sandbox of `cxda simulate` runs what an action holds.

use reqwest::Client;
use serde_json::{Value, json};

use crate::stage::Served;

/// A client of a simulated tenant, with a token.
struct Sandbox<'a> {
    base: &'a str,
    client: Client,
    token: String,
}

impl<'a> Sandbox<'a> {
    async fn of(served: &'a Served) -> Self {
        let base = served.base_url();
        let client = Client::builder().no_proxy().build().unwrap();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "me"),
            ("client_secret", "any"),
        ];
        let request = client.post(format!("{base}/oauth/token")).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Self {
            base,
            client,
            token,
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/api/v2/dataactions/actions{path}", self.base);
        let request = self.client.post(url).bearer_auth(&self.token).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What the sandbox says of an action with this script.
    async fn test(&self, name: &str, script: &str, input: Value) -> Value {
        let action = json!({
            "name": name,
            "description": "Scores",
            "type": "SCRIPT",
            "trigger": {"type": "MANUAL"},
            "script": {"language": "JavaScript", "content": script},
            "enabled": true,
            "dependencies": [],
            "cacheEnabled": false,
        });
        let made = self.post("", action).await;
        let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
        self.post(&format!("/{id}/test"), json!({"input": input}))
            .await
    }
}

#[tokio::test]
async fn a_simulated_tenant_runs_scripts_and_outlives_them() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--listen", "127.0.0.1:0"]);
    let sandbox = Sandbox::of(&served).await;

    let sound = "function main(context) { return [context.input.score + 2, typeof Date.now(), typeof Math.random()]; }";
    let verdict = sandbox.test("sound", sound, json!({"score": 10})).await;
    let want = json!({"status": "SUCCESS", "output": [12, "number", "number"]});
    assert_eq!(verdict, want);

    let broken = "function main(context) {\n  return context.input.missing.member;\n}";
    let verdict = sandbox.test("broken", broken, json!({})).await;
    assert_eq!(verdict["status"], "FAILED");
    let error = verdict["error"].as_str().unwrap();
    assert!(error.starts_with("TypeError: "), "{error}");
    assert!(error.contains("(line 2, column "), "{error}");

    let endless = "function main() { for (;;) {} }";
    let verdict = sandbox.test("endless", endless, json!({})).await;
    let want = json!({"status": "FAILED", "error": "it took too long and was stopped"});
    assert_eq!(verdict, want);

    let verdict = sandbox.test("again", sound, json!({"score": 1})).await;
    assert_eq!(verdict["status"], "SUCCESS");
}
