//! What is sent of a resource: the managed fields, every reference resolved.
//!
//! A body names no endpoint and no wire field; the HTTP adapter turns it into one.

use crate::action::{ActionName, DataAction, DateProcessing};
use crate::cache::CachePolicy;
use crate::key::ResourceId;
use crate::projection::{ProjectedSource, Projection};
use crate::secret::SecretText;
use crate::variable::{VariableName, VariableScope, VariableType};
use crate::view::{ColumnProjection, IndexDirective, MaterializedView, TableId, ViewName};

/// The cache settings of an action, as the tenant keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheBody {
    /// Whether anything is cached.
    pub enabled: bool,
    /// The key; `None` leaves the tenant's.
    pub key: Option<String>,
    /// The TTL in seconds.
    pub ttl: u32,
}

impl From<&CachePolicy> for CacheBody {
    fn from(policy: &CachePolicy) -> Self {
        Self {
            enabled: policy.enabled,
            key: policy.key.as_ref().map(ToString::to_string),
            ttl: policy.ttl.seconds(),
        }
    }
}

/// A variable with its value at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableBody {
    /// The name.
    pub name: VariableName,
    /// The type of the value.
    pub kind: VariableType,
    /// The wire's text of the value. It is a secret even where the variable is not encrypted: it may come from a file.
    pub value: SecretText,
    /// Whether the value may be shown: it stands in the manifest in clear.
    pub literal: bool,
    /// Whether the tenant keeps it encrypted.
    pub encrypted: bool,
    /// Who sees it.
    pub scope: VariableScope,
}

/// A data action, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionBody {
    /// The name.
    pub name: ActionName,
    /// What it is for.
    pub description: String,
    /// The JavaScript, never shown.
    pub script: SecretText,
    /// Whether it runs; `None` leaves what is there and enables a new one.
    pub enabled: Option<bool>,
    /// Names of the actions that it depends on.
    pub dependencies: Vec<String>,
    /// Cache settings; `None` leaves what is there.
    pub cache: Option<CacheBody>,
    /// Variables; `None` leaves what is there.
    pub variables: Option<Vec<VariableBody>>,
    /// Date processing; `None` leaves what is there.
    pub dates: Option<DateProcessing>,
}

impl ActionBody {
    /// The body of `action` with `variables` resolved.
    pub fn new(action: &DataAction, variables: Option<Vec<VariableBody>>) -> Self {
        Self {
            name: action.name.clone(),
            description: action.description.clone(),
            script: SecretText::new(action.script.as_str()),
            enabled: action.enabled,
            dependencies: action
                .dependencies
                .iter()
                .map(ToString::to_string)
                .collect(),
            cache: action.cache.as_ref().map(CacheBody::from),
            variables,
            dates: action.dates.clone(),
        }
    }

    /// The managed fields, for comparison.
    pub fn projection(&self) -> Projection {
        Projection::of_action(self)
    }

    /// How many of the variables are encrypted.
    pub fn encrypted_count(&self) -> usize {
        self.variables
            .iter()
            .flatten()
            .filter(|each| each.encrypted)
            .count()
    }
}

/// Where a view takes its rows from, with the server's id where it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceBody {
    /// A table.
    Table(TableId),
    /// A view; its id is not known before it has been created.
    View {
        /// The view's name.
        name: ViewName,
        /// The server's id of it.
        id: Option<ResourceId>,
    },
}

impl SourceBody {
    /// The id that is sent; `None` while the source view has none.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::Table(table) => Some(table.to_string()),
            Self::View { id, .. } => id.as_ref().map(ToString::to_string),
        }
    }

    fn projected(&self) -> ProjectedSource {
        match self {
            Self::Table(table) => ProjectedSource::Table(table.to_string()),
            Self::View { name, .. } => ProjectedSource::View(name.to_string()),
        }
    }
}

/// A materialized view, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewBody {
    /// The name.
    pub name: ViewName,
    /// What it is for.
    pub description: String,
    /// Table or view.
    pub source: SourceBody,
    /// The columns.
    pub columns: Vec<ColumnProjection>,
    /// Minutes between refreshes.
    pub interval_minutes: u16,
    /// Whether the tenant refreshes by itself.
    pub auto_refresh: bool,
    /// Whether the tenant builds indexes by itself.
    pub auto_indexes: bool,
    /// Indexes asked for by name.
    pub custom_indexes: Vec<IndexDirective>,
}

impl ViewBody {
    /// The body of `view`, whose source view, if it has one, has the id `source_id`.
    pub fn new(view: &MaterializedView, source_id: Option<ResourceId>) -> Self {
        use crate::view::ViewSource;
        let source = match &view.source {
            ViewSource::Table(table) => SourceBody::Table(*table),
            ViewSource::View(name) => SourceBody::View {
                name: name.clone(),
                id: source_id,
            },
        };
        Self {
            name: view.name.clone(),
            description: view.description.clone(),
            source,
            columns: view.columns.clone(),
            interval_minutes: view.refresh.minutes(),
            auto_refresh: view.auto_refresh,
            auto_indexes: view.auto_indexes,
            custom_indexes: view.custom_indexes.clone(),
        }
    }

    /// The managed fields, for comparison.
    pub fn projection(&self) -> Projection {
        Projection::of_view(self, &self.source.projected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::source::{action, manifest, view};

    #[test]
    fn the_id_of_a_source_view_is_known_once_it_is_there() {
        let manifest = manifest(&view("top", r#"{"view": "base"}"#));
        let (declared, _) = manifest.views().next().unwrap();
        assert_eq!(ViewBody::new(declared, None).source.id(), None);
        let body = ViewBody::new(declared, "id-base".parse().ok());
        assert_eq!(body.source.id().as_deref(), Some("id-base"));
        // What is compared is the name: ids differ between tenants.
        assert_eq!(
            body.projection(),
            ViewBody::new(declared, None).projection()
        );
    }

    #[test]
    fn the_id_of_a_source_table_is_itself_in_lower_case() {
        let table = r#"{"table": "ABCDEF00-1234-1234-1234-123456789012"}"#;
        let manifest = manifest(&view("top", table));
        let (declared, _) = manifest.views().next().unwrap();
        let source = ViewBody::new(declared, None).source;
        assert_eq!(
            source.id().as_deref(),
            Some("abcdef00-1234-1234-1234-123456789012")
        );
    }

    #[test]
    fn debug_of_a_body_shows_no_script() {
        let manifest = manifest(&action("score", "").replace("main", "canary()"));
        let (declared, _) = manifest.actions().next().unwrap();
        assert!(!format!("{:?}", ActionBody::new(declared, None)).contains("canary"));
    }

    #[test]
    fn a_disabled_cache_without_a_key_leaves_the_tenants() {
        let off = action("score", r#", "cache": {"enabled": false}"#);
        let manifest = manifest(&off);
        let (declared, _) = manifest.actions().next().unwrap();
        let body = ActionBody::new(declared, None);
        assert_eq!(body.cache.as_ref().unwrap().key, None);
        let cache = body.projection().fields()["cache"].clone();
        assert_eq!(cache, serde_json::json!({"enabled": false}));
    }
}
