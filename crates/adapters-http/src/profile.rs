//! API profiles: paths, scopes, paging and habits of a tenant, as data.
//!
//! No other module names a path, a scope or a page size.

use std::fmt;

use cxda_domain::request::{Operation, RateLimit};

use crate::credentials::AuthStyle;

/// A path below the base URL: `/` and segments of plain characters, none empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPath(String);

/// Why a text is not an [`ApiPath`], or a profile cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// No profile of that name.
    #[error("there is no API profile {name:?}; there are {}", ApiProfile::NAMES.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A path of another form.
    #[error("{key} is not a path: `/` and segments of letters, digits and -._~!$&'()*+,;=:@")]
    Path {
        /// The setting.
        key: &'static str,
    },
    /// A path that lacks `{id}`, or has it where none belongs.
    #[error("{key} must hold {{id}} {}", if *key == "actions_test_path" { "once, as a whole segment" } else { "nowhere" })]
    Id {
        /// The setting.
        key: &'static str,
    },
    /// A page size of 0 or beyond [`ApiProfile::MAX_PAGE_SIZE`].
    #[error("page_size is {found}, expected 1 to {}", ApiProfile::MAX_PAGE_SIZE)]
    PageSize {
        /// What was given.
        found: u32,
    },
    /// A rate limit that lets nothing through.
    #[error("rate_limit needs 1 or more requests in more than no time")]
    RateLimit,
}

impl ApiPath {
    const ID: &str = "{id}";

    /// The path that the setting `key` gives, without `{id}`.
    ///
    /// # Errors
    ///
    /// - [`ProfileError::Path`] where it is no path.
    /// - [`ProfileError::Id`] where it holds `{id}`.
    pub fn plain(key: &'static str, text: &str) -> Result<Self, ProfileError> {
        if text.contains(Self::ID) {
            return Err(ProfileError::Id { key });
        }
        Self::parse(key, text)
    }

    fn with_id(key: &'static str, text: &str) -> Result<Self, ProfileError> {
        let count = text
            .split('/')
            .filter(|segment| *segment == Self::ID)
            .count();
        if count != 1 || text.matches(Self::ID).count() != 1 {
            return Err(ProfileError::Id { key });
        }
        Self::parse(key, &text.replace(Self::ID, "id"))?;
        Ok(Self(text.to_owned()))
    }

    fn parse(key: &'static str, text: &str) -> Result<Self, ProfileError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c);
        let plain =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.chars().all(allowed);
        match text.strip_prefix('/') {
            Some(rest) if rest.split('/').all(plain) => Ok(Self(text.to_owned())),
            _ => Err(ProfileError::Path { key }),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What `If-Match` is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// The `ETag` exactly as received; nothing where none was received.
    Etag,
    /// The hash of the representation just read.
    ContentHash,
    /// Nothing.
    None,
}

impl Concurrency {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Etag, Self::ContentHash, Self::None];

    /// Its word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Etag => "etag",
            Self::ContentHash => "content-hash",
            Self::None => "none",
        }
    }

    /// The choice that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// Whether a create carries an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// In the header `Idempotency-Key`.
    Header,
    /// Not at all, so a create that was not answered is never sent again.
    None,
}

impl Idempotency {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Header, Self::None];

    /// Its word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::None => "none",
        }
    }

    /// The choice that `word` names, in exact case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.as_str() == word)
    }
}

/// The scope that each kind of request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scopes {
    read_views: &'static str,
    write_views: &'static str,
    relay: &'static str,
    read_actions: &'static str,
    write_actions: &'static str,
    delete_actions: &'static str,
}

impl Scopes {
    const CXONE: Self = Self {
        read_views: "data_actions:read",
        write_views: "data_actions:write",
        relay: "webhooks:write",
        read_actions: "dataactions:read",
        write_actions: "dataactions:write",
        delete_actions: "dataactions:delete",
    };

    const fn of(read: &'static str, write: &'static str) -> Self {
        Self {
            read_views: read,
            write_views: write,
            relay: write,
            read_actions: read,
            write_actions: write,
            delete_actions: write,
        }
    }
}

/// One dialect of the API, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiProfile {
    name: &'static str,
    token_path: ApiPath,
    token_style: AuthStyle,
    token_scopes: Vec<String>,
    scopes: Scopes,
    views_path: ApiPath,
    tables_path: ApiPath,
    relay_path: ApiPath,
    actions_path: ApiPath,
    actions_create_path: ApiPath,
    actions_test_path: ApiPath,
    page_size: u32,
    concurrency: Concurrency,
    idempotency: Idempotency,
    rate_limit: RateLimit,
}

/// What settings put in the place of a profile's own; `None` keeps the profile's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is named as its setting in `[tenant.NAME.api]`"
)]
pub struct ProfileOverrides {
    pub views_path: Option<String>,
    pub tables_path: Option<String>,
    pub relay_path: Option<String>,
    pub actions_path: Option<String>,
    pub actions_create_path: Option<String>,
    pub actions_test_path: Option<String>,
    pub page_size: Option<u32>,
    pub concurrency: Option<Concurrency>,
    pub idempotency: Option<Idempotency>,
    pub rate_limit: Option<RateLimit>,
}

impl ApiProfile {
    /// The name of the default profile.
    pub const DEFAULT_NAME: &str = "cxone-v2";
    /// The names of all profiles.
    pub const NAMES: [&str; 6] = [
        Self::DEFAULT_NAME,
        "views",
        "actions",
        "cache",
        "variables",
        "datetime",
    ];
    /// The largest page, in resources.
    pub const MAX_PAGE_SIZE: u32 = 1_000;

    /// The profile `name`.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Unknown`] where there is none of that name.
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        use AuthStyle::{Basic, Body};
        let unknown = || ProfileError::Unknown {
            name: name.to_owned(),
        };
        let known = Self::NAMES.into_iter().find(|each| *each == name);
        let known = known.ok_or_else(unknown)?;
        let one = "DataActions.ReadWrite";
        let (token_path, style, sent, scopes): (_, _, &[&str], _) = match known {
            "views" => {
                let sent = &["data_actions:read", "data_actions:write", "webhooks:write"];
                ("/oauth/token", Body, sent, Scopes::CXONE)
            }
            "actions" => ("/api/v2/oauth/token", Basic, &[], Scopes::of(one, one)),
            "cache" => {
                let scopes = Scopes::of("dataaction:read", "dataaction:write");
                (
                    "/oauth/token",
                    Body,
                    &["dataaction:read", "dataaction:write"],
                    scopes,
                )
            }
            "variables" => ("/api/v2/oauth/token", Body, &[], Scopes::CXONE),
            "datetime" => {
                let scopes = Scopes::of("dataactions:read", "dataactions:write");
                (
                    "/api/v2/oauth2/token",
                    Body,
                    &["dataactions:write", "dataactions:read"],
                    scopes,
                )
            }
            _ => ("/oauth/token", Body, &[], Scopes::CXONE),
        };
        let path = |text: &str| ApiPath(text.to_owned());
        Ok(Self {
            name: known,
            token_path: path(token_path),
            token_style: style,
            token_scopes: sent.iter().map(|&scope| scope.to_owned()).collect(),
            scopes,
            views_path: path("/api/v2/data/actions/views"),
            tables_path: path("/api/v2/data/actions/tables"),
            relay_path: path("/api/v2/data/actions/webhooks/trigger"),
            actions_path: path("/api/v2/dataactions"),
            actions_create_path: path("/api/v2/dataactions/actions"),
            actions_test_path: path("/api/v2/dataactions/actions/{id}/test"),
            page_size: 100,
            concurrency: Concurrency::Etag,
            idempotency: Idempotency::Header,
            rate_limit: RateLimit::DEFAULT,
        })
    }

    /// This profile with what `overrides` names in the place of its own.
    ///
    /// # Errors
    ///
    /// The first of `overrides` that does not fit, as its [`ProfileError`].
    pub fn with(mut self, overrides: &ProfileOverrides) -> Result<Self, ProfileError> {
        let paths = [
            ("views_path", &overrides.views_path, &mut self.views_path),
            ("tables_path", &overrides.tables_path, &mut self.tables_path),
            ("relay_path", &overrides.relay_path, &mut self.relay_path),
            (
                "actions_path",
                &overrides.actions_path,
                &mut self.actions_path,
            ),
            (
                "actions_create_path",
                &overrides.actions_create_path,
                &mut self.actions_create_path,
            ),
        ];
        for (key, text, path) in paths {
            if let Some(text) = text {
                *path = ApiPath::plain(key, text)?;
            }
        }
        if let Some(text) = &overrides.actions_test_path {
            self.actions_test_path = ApiPath::with_id("actions_test_path", text)?;
        }
        if let Some(found) = overrides.page_size {
            if !(1..=Self::MAX_PAGE_SIZE).contains(&found) {
                return Err(ProfileError::PageSize { found });
            }
            self.page_size = found;
        }
        if let Some(limit) = overrides.rate_limit {
            if limit.requests == 0 || limit.per.is_zero() {
                return Err(ProfileError::RateLimit);
            }
            self.rate_limit = limit;
        }
        self.concurrency = overrides.concurrency.unwrap_or(self.concurrency);
        self.idempotency = overrides.idempotency.unwrap_or(self.idempotency);
        Ok(self)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many resources a page of a listing is asked to hold.
    pub fn page_size(&self) -> u32 {
        self.page_size
    }

    /// What `If-Match` is made of.
    pub fn concurrency(&self) -> Concurrency {
        self.concurrency
    }

    /// Whether a create carries an idempotency key.
    pub fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// How fast the tenant may be asked.
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit
    }

    /// The path of the token endpoint, where settings name none.
    pub fn token_path(&self) -> &ApiPath {
        &self.token_path
    }

    /// How id and secret reach the token endpoint, where settings do not say.
    pub fn token_style(&self) -> AuthStyle {
        self.token_style
    }

    /// The scopes that are asked for, where settings name none; empty where none is sent.
    pub fn token_scopes(&self) -> &[String] {
        &self.token_scopes
    }

    /// The scope that `operation` needs; `None` for the token call.
    pub fn scope_of(&self, operation: Operation) -> Option<&'static str> {
        let scopes = &self.scopes;
        Some(match operation {
            Operation::Token => return None,
            Operation::ListTables
            | Operation::GetTable
            | Operation::ListViews
            | Operation::GetView => scopes.read_views,
            Operation::CreateView
            | Operation::ReplaceView
            | Operation::DeleteView
            | Operation::BuildIndexes => scopes.write_views,
            Operation::RelayWebhook => scopes.relay,
            Operation::ListActions | Operation::GetAction => scopes.read_actions,
            Operation::CreateAction | Operation::ReplaceAction | Operation::TestAction => {
                scopes.write_actions
            }
            Operation::DeleteAction => scopes.delete_actions,
        })
    }

    /// The path of `operation` on the resource `id`, which stands percent-encoded in its place.
    pub(crate) fn path_of(&self, operation: Operation, id: &str) -> String {
        let id = crate::call::encoded(id);
        match operation {
            Operation::Token => self.token_path.to_string(),
            Operation::ListTables => self.tables_path.to_string(),
            Operation::GetTable => format!("{}/{id}", self.tables_path),
            Operation::ListViews | Operation::CreateView => self.views_path.to_string(),
            Operation::GetView | Operation::ReplaceView | Operation::DeleteView => {
                format!("{}/{id}", self.views_path)
            }
            Operation::BuildIndexes => format!("{}/{id}/indexes", self.views_path),
            Operation::RelayWebhook => self.relay_path.to_string(),
            Operation::ListActions => self.actions_path.to_string(),
            Operation::GetAction | Operation::ReplaceAction | Operation::DeleteAction => {
                format!("{}/{id}", self.actions_path)
            }
            Operation::CreateAction => self.actions_create_path.to_string(),
            Operation::TestAction => self.actions_test_path.as_str().replace(ApiPath::ID, &id),
        }
    }
}

#[cfg(test)]
mod tests;
