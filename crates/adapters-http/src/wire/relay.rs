//! What is handed to the tenant for it to deliver.

use crate::wire::members::Members;
use crate::wire::{WireError, document};

/// The body that asks for `payload`, a JSON text, to be delivered to `target_url`.
///
/// # Errors
///
/// Where `payload` is no JSON.
pub(crate) fn request_body(target_url: &str, payload: &str) -> Result<String, WireError> {
    let payload = document(payload.as_bytes()).map_err(|error| error.within("payload"))?;
    let mut members = Members::default();
    members.set("targetUrl", target_url)?;
    members.set_raw("payload", payload.to_owned());
    Ok(members.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_goes_as_it_is() {
        assert_eq!(
            request_body("https://a.example/\"", r#"{"n":1.10}"#).unwrap(),
            r#"{"targetUrl":"https://a.example/\"","payload":{"n":1.10}}"#
        );
        assert!(request_body("https://a.example/", "no JSON").is_err());
    }
}
