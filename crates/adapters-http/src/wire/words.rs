//! What a tenant calls a field, in the words of manifests.
//!
//! Whether a manifest says anything there is not known here.

use cxda_domain::request::Operation;
use cxda_domain::violation::FieldPath;

/// Members of an action whose manifest says them elsewhere or otherwise, the longest way first.
const ACTION: [(&[&str], &str); 9] = [
    (
        &["configuration", "dateProcessing", "computedValue"],
        "spec.dateProcessing.timestamp",
    ),
    (&["configuration", "dateProcessing"], "spec.dateProcessing"),
    (&["script", "content"], "spec.script"),
    (&["name"], "metadata.name"),
    (&["cacheEnabled"], "spec.cache.enabled"),
    (&["cacheKey"], "spec.cache.key"),
    (&["cacheTtl"], "spec.cache.ttl"),
    (&["configuration"], "spec"),
    (&[], "spec"),
];

/// The same of a view.
const VIEW: [(&[&str], &str); 9] = [
    (
        &["refreshConfig", "autoRefreshEnabled"],
        "spec.refresh.auto",
    ),
    (&["refreshConfig"], "spec.refresh"),
    (&["indexConfig", "autoCreateIndexes"], "spec.indexes.auto"),
    (&["indexConfig", "customIndexes"], "spec.indexes.custom"),
    (&["indexConfig"], "spec.indexes"),
    (&["columnProjections"], "spec.columns"),
    (&["sourceTableId"], "spec.source"),
    (&["name"], "metadata.name"),
    (&[], "spec"),
];

/// The place in a manifest that a refusal of `operation` means by `field`: a JSON pointer, or a path with dots and brackets.
///
/// `None` where the operation writes no manifest, or the field names nothing.
pub(crate) fn manifest_path(operation: Operation, field: &str) -> Option<FieldPath> {
    use Operation::{CreateAction, CreateView, ReplaceAction, ReplaceView};
    let words: &[(&[&str], &str)] = match operation {
        CreateAction | ReplaceAction => &ACTION,
        CreateView | ReplaceView => &VIEW,
        _ => return None,
    };
    let mut parts = field
        .split(['/', '.', '[', ']'])
        .filter(|part| !part.is_empty())
        .peekable();
    let around = ["#", "$", "body", "request"];
    while parts.next_if(|part| around.contains(part)).is_some() {}
    let parts: Vec<&str> = parts.collect();
    if parts.is_empty() {
        return None;
    }
    let (known, path) = words.iter().find(|(known, _)| parts.starts_with(known))?;
    let rest = parts[known.len()..].iter();
    let path = rest.fold(FieldPath::from(*path), |path, part| match part.parse() {
        Ok(index) => path.index(index),
        Err(_) => path.key(part),
    });
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_21_a_field_is_found_in_the_manifest_however_the_tenant_names_it() {
        use Operation::{CreateAction, CreateView, DeleteView, ReplaceAction, ReplaceView};
        for (operation, field, path) in [
            (CreateAction, "name", Some("metadata.name")),
            (CreateAction, "/name", Some("metadata.name")),
            (CreateAction, "#/description", Some("spec.description")),
            (CreateAction, "$.script.content", Some("spec.script")),
            (
                ReplaceAction,
                "variables[2].value",
                Some("spec.variables[2].value"),
            ),
            (
                ReplaceAction,
                "#/variables/2/value",
                Some("spec.variables[2].value"),
            ),
            (ReplaceAction, "cacheTtl", Some("spec.cache.ttl")),
            (
                ReplaceAction,
                "configuration.dateProcessing.timezone",
                Some("spec.dateProcessing.timezone"),
            ),
            (
                CreateView,
                "body.columnProjections[1].name",
                Some("spec.columns[1].name"),
            ),
            (
                CreateView,
                "refreshConfig.intervalMinutes",
                Some("spec.refresh.intervalMinutes"),
            ),
            (
                ReplaceView,
                "indexConfig/customIndexes/0/type",
                Some("spec.indexes.custom[0].type"),
            ),
            (CreateView, "sourceTableId", Some("spec.source")),
            (CreateView, "", None),
            (CreateView, "#", None),
            (DeleteView, "name", None),
        ] {
            let found = manifest_path(operation, field);
            assert_eq!(found, path.map(FieldPath::from), "case: {field}");
        }
    }
}
