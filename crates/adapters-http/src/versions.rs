//! The version of a resource: which tag a reading has, and which one a replace goes under.

use cxda_domain::key::EntityTag;
use cxda_domain::observed::{ObservedResource, Versioned};
use http::HeaderMap;

use crate::profile::Concurrency;
use crate::tenant::received_tag;
use crate::wire::WireError;
use crate::wire::canonical::content_tag;

/// `resource` with the tag under which it was read.
pub(crate) fn versioned(
    concurrency: Concurrency,
    headers: &HeaderMap,
    resource: ObservedResource,
) -> Versioned<ObservedResource> {
    let tag = match concurrency {
        Concurrency::Etag => received_tag(headers),
        // What cannot be hashed can be read all the same; it is the replace that fails then.
        Concurrency::ContentHash => content_tag(resource.document.as_str()).ok(),
        Concurrency::None => None,
    };
    Versioned {
        value: resource,
        tag,
    }
}

/// The tag under which `current` is replaced; `None` where no precondition is sent.
///
/// # Errors
///
/// Where `current` must be hashed and cannot be.
pub(crate) fn precondition(
    concurrency: Concurrency,
    current: &Versioned<ObservedResource>,
) -> Result<Option<EntityTag>, WireError> {
    match concurrency {
        Concurrency::Etag => {
            if current.tag.is_none() {
                tracing::warn!(
                    name = current.value.name,
                    "the tenant sent no entity tag: the replace goes without If-Match"
                );
            }
            Ok(current.tag.clone())
        }
        Concurrency::ContentHash => content_tag(current.value.document.as_str()).map(Some),
        Concurrency::None => Ok(None),
    }
}
