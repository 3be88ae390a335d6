//! "Did you mean": the address that was likely meant by one that nothing bears.

use std::collections::BTreeSet;

use cxda_domain::address::Address;
use cxda_domain::manifest::nearest;

/// The address of `known` that `wanted`, an address or a pattern, is nearest to, where any is near.
pub(crate) fn near<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a Address>,
) -> Option<String> {
    let known: BTreeSet<String> = known.into_iter().map(ToString::to_string).collect();
    nearest(wanted, known.iter().map(String::as_str)).map(str::to_owned)
}

/// The question that ends a message; nothing where nothing is near.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean {near}?"))
}
