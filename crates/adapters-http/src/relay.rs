//! The tenant's route to webhooks over HTTP.

use async_trait::async_trait;
use cxda_domain::request::Operation;
use cxda_ports::error::{Answer, ApiError};
use cxda_ports::webhook::WebhookRelay;
use http::Method;

use crate::call::AnswerForm;
use crate::tenant::{HttpTenant, unsendable};
use crate::wire::relay::request_body;

#[async_trait]
impl WebhookRelay for HttpTenant {
    async fn relay(&self, target_url: &str, payload: &str) -> Result<Answer<()>, ApiError> {
        let operation = Operation::RelayWebhook;
        let body =
            request_body(target_url, payload).map_err(|error| unsendable(operation, error))?;
        let answer = (202, AnswerForm::Ignored);
        let call = self.request(operation, Method::POST, "", answer).json(body);
        self.send(&call, |_| Ok(())).await
    }
}
