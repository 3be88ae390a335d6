//! Answers of token endpoints and of the discovery of a tenant's API host.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cxda_domain::key::ResourceId;
use cxda_domain::secret::SecretText;
use serde_json::value::RawValue;

use crate::wire::members::Members;
use crate::wire::{WireError, document, is_null, parse};

/// What a token endpoint granted.
#[derive(Debug)]
pub(crate) struct GrantedToken {
    /// The token.
    pub(crate) access_token: SecretText,
    /// Seconds that it lives, unclamped; `None` where the answer does not say.
    pub(crate) expires_in: Option<f64>,
    /// What it may do, in scopes with spaces between; `None` where the answer does not say.
    pub(crate) scope: Option<String>,
    /// The id token, where there is one.
    pub(crate) id_token: Option<SecretText>,
}

/// Reads the answer of a token endpoint.
///
/// # Errors
///
/// Where it holds no token, or one that is not a bearer token.
pub(crate) fn granted(body: &[u8]) -> Result<GrantedToken, WireError> {
    let members = Members::of(document(body)?)?;
    let text = |key: &str| {
        let raw = members.get(key)?;
        parse::<String>(raw).ok().filter(|text| !text.is_empty())
    };
    let access_token =
        text("access_token").ok_or_else(|| WireError::new("it holds no access_token"))?;
    match members.get("token_type").filter(|raw| !is_null(raw)) {
        Some(_) if text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) => {}
        Some(_) => return Err(WireError::new("its token_type is not Bearer")),
        None => {}
    }
    Ok(GrantedToken {
        access_token: SecretText::new(access_token),
        expires_in: members.get("expires_in").and_then(seconds),
        scope: members.get("scope").and_then(|raw| parse(raw).ok()),
        id_token: text("id_token").map(SecretText::new),
    })
}

/// A number, with or without a fraction, or the same as text.
fn seconds(raw: &RawValue) -> Option<f64> {
    let text = parse::<String>(raw).unwrap_or_else(|_| raw.get().to_owned());
    let numeric = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    text.parse()
        .ok()
        .filter(|seconds: &f64| numeric && !seconds.is_nan())
}

/// The tenant's id in an id token, whose signature nobody checks: it only picks where to ask.
///
/// # Errors
///
/// Where it is no such token or names no tenant.
pub(crate) fn tenant_of(id_token: &SecretText) -> Result<ResourceId, WireError> {
    let unusable = || WireError::new("the id token names no tenant");
    let payload = id_token.expose().split('.').nth(1).ok_or_else(unusable)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .map_err(|_| unusable())?;
    let claims = Members::of(document(&bytes)?)?;
    let claim = ["tenantId", "tenant_id"]
        .iter()
        .find_map(|key| claims.get(key));
    let id: String = parse(claim.ok_or_else(unusable)?).map_err(|_| unusable())?;
    id.parse().map_err(|_| unusable())
}

/// The API host that a tenant's configuration names.
///
/// # Errors
///
/// Where it names none.
pub(crate) fn api_endpoint(body: &[u8]) -> Result<String, WireError> {
    let members = Members::of(document(body)?)?;
    let found = ["api_endpoint", "apiEndpoint"]
        .iter()
        .find_map(|key| members.get(key));
    found
        .and_then(|raw| parse(raw).ok())
        .ok_or_else(|| WireError::new("it names no api_endpoint"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_13_lifetimes_are_numbers_fractions_or_text_that_is_one() {
        for (written, want) in [
            ("3600", Some(3_600.0)),
            ("59.9", Some(59.9)),
            ("\"3600\"", Some(3_600.0)),
            ("\"59.9\"", Some(59.9)),
            ("0", Some(0.0)),
            ("-5", Some(-5.0)),
            ("1e12", Some(1e12)),
            ("1e400", Some(f64::INFINITY)),
            ("null", None),
            ("\"\"", None),
            ("\"soon\"", None),
            ("\"inf\"", None),
            ("\"NaN\"", None),
            ("{}", None),
        ] {
            let body = format!(r#"{{"access_token":"t","expires_in":{written}}}"#);
            assert_eq!(
                granted(body.as_bytes()).unwrap().expires_in,
                want,
                "{written}"
            );
        }
        let missing = granted(br#"{"access_token":"t"}"#).unwrap();
        assert_eq!(missing.expires_in, None);
    }

    #[test]
    fn h_13_only_bearer_tokens_are_taken() {
        for (body, fits) in [
            (r#"{"access_token":"t","token_type":"Bearer"}"#, true),
            (r#"{"access_token":"t","token_type":"bearer"}"#, true),
            (r#"{"access_token":"t","token_type":null}"#, true),
            (r#"{"access_token":"t","token_type":"mac"}"#, false),
            (r#"{"access_token":"t","token_type":7}"#, false),
            (r#"{"access_token":""}"#, false),
            (r#"{"access_token":7}"#, false),
            (r#"{"token_type":"Bearer"}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(granted(body.as_bytes()).is_ok(), fits, "{body}");
        }
    }

    #[test]
    fn an_id_token_names_its_tenant() {
        let token =
            |claims: &str| SecretText::new(format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)));
        let tenant = tenant_of(&token(r#"{"tenantId":"11eb-0242"}"#)).unwrap();
        assert_eq!(tenant.as_str(), "11eb-0242");
        for claims in [r#"{"tenantId":"../x"}"#, r#"{"sub":"x"}"#, "nothing"] {
            assert!(tenant_of(&token(claims)).is_err(), "{claims}");
        }
        assert!(tenant_of(&SecretText::new("opaque")).is_err());
    }
}
