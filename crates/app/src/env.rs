//! Every environment variable that `cxda` reads by itself, and the one way to read any.
//!
//! Variables that manifests and settings name by reference are read through the same [`Environment`].

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use cxda_domain::secret::SecretText;

/// The base URL of the tenant `env`, which there is without a `cxda.toml`.
pub(crate) const BASE_URL: &str = "CXONE_BASE_URL";
/// Fills `{region}` in `base_url`.
pub(crate) const REGION: &str = "CXONE_REGION";
/// Fills `{site}` in `base_url`.
pub(crate) const SITE: &str = "CXONE_SITE";
/// The id of the OAuth client or, with the kind `access_key`, of the access key; unless the settings name another source.
pub(crate) const CLIENT_ID: &str = "CXONE_CLIENT_ID";
/// Its secret; unless the settings name another source.
pub(crate) const CLIENT_SECRET: &str = "CXONE_CLIENT_SECRET";
/// The user name of the kind `password`; unless the settings name another source.
pub(crate) const ACCESS_KEY_ID: &str = "CXONE_ACCESS_KEY_ID";
/// The password of the kind `password`; unless the settings name another source.
pub(crate) const ACCESS_KEY_SECRET: &str = "CXONE_ACCESS_KEY_SECRET";
/// The token of the kind `bearer`; unless the settings name another source.
pub(crate) const TOKEN: &str = "CXONE_TOKEN";
/// Where the audit log is; goes before `audit.path`.
pub(crate) const AUDIT_LOG_PATH: &str = "AUDIT_LOG_PATH";
/// Who runs it, for the audit log; left out, the user of the system.
pub(crate) const ACTOR: &str = "CXDA_ACTOR";
/// The webhook of the tenant `env`; the first of the two that is set.
pub(crate) const WEBHOOK_URLS: [&str; 2] = ["BI_WEBHOOK_URL", "WEBHOOK_URL"];
/// What `simulate` verifies the signatures of webhooks with.
pub(crate) const SIM_WEBHOOK_SECRET: &str = "CXDA_SIM_WEBHOOK_SECRET";
/// Turns colours off where it is set and not empty; `--color always` goes before.
pub(crate) const NO_COLOR: &str = "NO_COLOR";
/// The kind of terminal; `dumb` turns colours off, and `--color always` goes before.
pub(crate) const TERM: &str = "TERM";

/// The variables of the process, and below them those of a file that was named with `--env-file`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    file: BTreeMap<String, SecretText>,
}

impl Environment {
    /// The process's variables alone.
    pub(crate) fn of_process() -> Self {
        Self::default()
    }

    /// The process's variables, and below them those of `path`.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, without a value from it.
    pub(crate) fn with_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let entries = dotenvy::from_path_iter(path)
            .map_err(|_| format!("the file {shown}, named with --env-file, cannot be read"))?;
        let mut file = BTreeMap::new();
        for (index, entry) in entries.enumerate() {
            let (name, value) =
                entry.map_err(|_| format!("entry {} of {shown} is not NAME=VALUE", index + 1))?;
            file.insert(name, SecretText::new(value));
        }
        Ok(Self { file })
    }

    /// The value of `name`; `None` where it is not set.
    pub(crate) fn var_os(&self, name: &str) -> Option<OsString> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the environment"
        )]
        let value = std::env::var_os(name);
        let in_file = || self.file.get(name).map(|value| value.expose().into());
        value.or_else(in_file)
    }

    /// The value of `name`; `None` where it is not set or is not UTF-8.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        self.var_os(name)?.into_string().ok()
    }

    /// The value of `name` where it is set and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        self.var(name).filter(|value| !value.is_empty())
    }
}
