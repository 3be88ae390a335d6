//! What differs between the dialects of the API: paths, token endpoint, scopes, paging and how conflicts are answered.
//!
//! All of it is data. It is the server's half only: how a client behaves under a profile is not decided here.

use axum::http::StatusCode;
use cxda_domain::request::Operation;

/// The dialects that the simulator knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProfileName {
    /// `cxone-v2`, the default.
    CxoneV2,
    /// `views`.
    Views,
    /// `actions`.
    Actions,
    /// `cache`.
    Cache,
    /// `variables`.
    Variables,
    /// `datetime`.
    Datetime,
}

impl ProfileName {
    /// Every profile.
    pub const ALL: [Self; 6] = [
        Self::CxoneV2,
        Self::Views,
        Self::Actions,
        Self::Cache,
        Self::Variables,
        Self::Datetime,
    ];

    /// The name as settings write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CxoneV2 => "cxone-v2",
            Self::Views => "views",
            Self::Actions => "actions",
            Self::Cache => "cache",
            Self::Variables => "variables",
            Self::Datetime => "datetime",
        }
    }
}

/// How the credentials of a client-credentials grant reach the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthStyle {
    /// As fields of the form.
    Body,
    /// As HTTP Basic, id and secret form-encoded.
    Basic,
    /// As members of a JSON object.
    Json,
    /// As parameters of the query.
    Query,
}

impl AuthStyle {
    /// Every style.
    pub const ALL: [Self; 4] = [Self::Body, Self::Basic, Self::Json, Self::Query];
}

/// Path templates below the base URL; `{id}` stands for a whole segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The token endpoint.
    pub token: String,
    /// The list of tables; one table is below it.
    pub tables: String,
    /// The list of views; one view is below it.
    pub views: String,
    /// The relay for webhooks.
    pub relay: String,
    /// The list of actions; one action is below it.
    pub actions: String,
    /// Where actions are created.
    pub actions_create: String,
    /// The sandbox test of an action, with `{id}`.
    pub actions_test: String,
}

/// How a listing is cut into pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagingStyle {
    /// `pageSize` and `pageToken`; the answer names the next token.
    Token,
    /// `page`, from 1, and `pageSize`; the answer names the total.
    Number,
}

/// What `If-Match` is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// An opaque entity tag, sent as `ETag`.
    EntityTag,
    /// The lower-case hex SHA-256, in double quotes, of the RFC 8785 form of the representation; sent as `ETag` too.
    ContentHash,
    /// Nothing: no `ETag` is sent and `If-Match` is ignored.
    None,
}

/// The scope that each kind of request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeNames {
    /// Reads tables and views.
    pub views_read: String,
    /// Writes views.
    pub views_write: String,
    /// Sends webhooks through the relay.
    pub relay: String,
    /// Reads actions.
    pub actions_read: String,
    /// Writes and tests actions.
    pub actions_write: String,
    /// Deletes actions.
    pub actions_delete: String,
}

impl ScopeNames {
    /// The scope that `operation` needs; `None` for the token endpoint.
    pub fn needed_by(&self, operation: Operation) -> Option<&str> {
        let scope = match operation {
            Operation::Token => return None,
            Operation::ListTables
            | Operation::GetTable
            | Operation::ListViews
            | Operation::GetView => &self.views_read,
            Operation::CreateView
            | Operation::ReplaceView
            | Operation::DeleteView
            | Operation::BuildIndexes => &self.views_write,
            Operation::RelayWebhook => &self.relay,
            Operation::ListActions | Operation::GetAction => &self.actions_read,
            Operation::CreateAction | Operation::ReplaceAction | Operation::TestAction => {
                &self.actions_write
            }
            Operation::DeleteAction => &self.actions_delete,
        };
        Some(scope)
    }

    /// Every scope, each once, in alphabetical order.
    pub fn all(&self) -> Vec<String> {
        let mut all = vec![
            self.views_read.clone(),
            self.views_write.clone(),
            self.relay.clone(),
            self.actions_read.clone(),
            self.actions_write.clone(),
            self.actions_delete.clone(),
        ];
        all.sort();
        all.dedup();
        all
    }
}

/// With which status the kinds of conflict are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConflictStatuses {
    /// `If-Match` names another version: 412 or 409.
    pub stale: StatusCode,
    /// An action is being published: 409 or 423.
    pub busy: StatusCode,
    /// An idempotency key comes with another payload: 409 or 422.
    pub key_reused: StatusCode,
}

/// One dialect of the API, as the server speaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimProfile {
    /// Paths.
    pub paths: Paths,
    /// The styles of authentication that the token endpoint accepts.
    pub auth_styles: Vec<AuthStyle>,
    /// Scopes.
    pub scopes: ScopeNames,
    /// How tables and views are listed.
    pub views_paging: PagingStyle,
    /// How actions are listed.
    pub actions_paging: PagingStyle,
    /// What `If-Match` is compared with.
    pub concurrency: Concurrency,
    /// How conflicts are answered.
    pub conflicts: ConflictStatuses,
}

impl SimProfile {
    /// The profile with this name.
    pub fn named(name: ProfileName) -> Self {
        let (token_path, auth_styles, scopes) = match name {
            ProfileName::CxoneV2 => ("/oauth/token", &AuthStyle::ALL[..], Self::scopes_of_v2()),
            ProfileName::Views => ("/oauth/token", &[AuthStyle::Body][..], Self::scopes_of_v2()),
            ProfileName::Actions => {
                let one = "DataActions.ReadWrite";
                (
                    "/api/v2/oauth/token",
                    &[AuthStyle::Basic][..],
                    Self::scopes_of_pair(one, one),
                )
            }
            ProfileName::Cache => {
                let scopes = Self::scopes_of_pair("dataaction:read", "dataaction:write");
                ("/oauth/token", &[AuthStyle::Body][..], scopes)
            }
            ProfileName::Variables => (
                "/api/v2/oauth/token",
                &[AuthStyle::Body][..],
                Self::scopes_of_v2(),
            ),
            ProfileName::Datetime => {
                let scopes = Self::scopes_of_pair("dataactions:read", "dataactions:write");
                ("/api/v2/oauth2/token", &[AuthStyle::Body][..], scopes)
            }
        };
        Self {
            paths: Self::paths_with(token_path),
            auth_styles: auth_styles.to_vec(),
            scopes,
            views_paging: PagingStyle::Token,
            actions_paging: PagingStyle::Number,
            concurrency: Concurrency::EntityTag,
            conflicts: ConflictStatuses {
                stale: StatusCode::PRECONDITION_FAILED,
                busy: StatusCode::CONFLICT,
                key_reused: StatusCode::CONFLICT,
            },
        }
    }

    fn paths_with(token: &str) -> Paths {
        Paths {
            token: token.to_owned(),
            tables: "/api/v2/data/actions/tables".to_owned(),
            views: "/api/v2/data/actions/views".to_owned(),
            relay: "/api/v2/data/actions/webhooks/trigger".to_owned(),
            actions: "/api/v2/dataactions".to_owned(),
            actions_create: "/api/v2/dataactions/actions".to_owned(),
            actions_test: "/api/v2/dataactions/actions/{id}/test".to_owned(),
        }
    }

    fn scopes_of_v2() -> ScopeNames {
        ScopeNames {
            views_read: "data_actions:read".to_owned(),
            views_write: "data_actions:write".to_owned(),
            relay: "webhooks:write".to_owned(),
            actions_read: "dataactions:read".to_owned(),
            actions_write: "dataactions:write".to_owned(),
            actions_delete: "dataactions:delete".to_owned(),
        }
    }

    fn scopes_of_pair(read: &str, write: &str) -> ScopeNames {
        ScopeNames {
            views_read: read.to_owned(),
            views_write: write.to_owned(),
            relay: write.to_owned(),
            actions_read: read.to_owned(),
            actions_write: write.to_owned(),
            actions_delete: write.to_owned(),
        }
    }
}
