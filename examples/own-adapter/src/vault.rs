//! Values by reference, from a vault.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;
use cxda_ports::error::SourceError;
use cxda_ports::secrets::SecretSource;

/// Stands for the client of a vault: texts at paths. It knows nothing of `cxda`, but keeps texts as carefully.
#[derive(Debug, Default)]
pub struct Vault {
    entries: BTreeMap<String, SecretText>,
    is_sealed: bool,
}

/// Why the vault gives nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultError {
    /// Nothing lies at the path.
    Absent,
    /// Nobody may read anything at present.
    Sealed,
}

impl Vault {
    /// The same with `text` at `path`.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.entries.insert(path.to_owned(), SecretText::new(text));
        self
    }

    /// The same, closed to everybody.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.is_sealed = true;
        self
    }

    /// What lies at `path`.
    ///
    /// # Errors
    ///
    /// - [`VaultError::Sealed`] whatever the path is, while the vault is closed.
    /// - [`VaultError::Absent`] if nothing lies there.
    pub fn read(&self, path: &str) -> Result<SecretText, VaultError> {
        match self.entries.get(path) {
            _ if self.is_sealed => Err(VaultError::Sealed),
            found => found.cloned().ok_or(VaultError::Absent),
        }
    }
}

/// Reads `valueFrom: {env: NAME}` at `env/NAME` of a vault, and `valueFrom: {file: PATH}` at `file/PATH`.
#[derive(Debug)]
pub struct VaultSecrets(Vault);

impl VaultSecrets {
    /// Reads from `vault`.
    pub fn new(vault: Vault) -> Self {
        Self(vault)
    }
}

#[async_trait]
impl SecretSource for VaultSecrets {
    async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError> {
        let read = match reference {
            ValueReference::Env(name) => self.0.read(&format!("env/{name}")),
            ValueReference::File { path, .. } => {
                let read = self.0.read(&format!("file/{path}"));
                read.map(without_final_newline)
            }
        };
        // The error names the reference. It never holds a value, nor what the vault said.
        let what = reference.to_string();
        read.map_err(|error| match error {
            VaultError::Absent => SourceError::Missing { what },
            VaultError::Sealed => SourceError::Unreadable {
                what,
                why: "the vault is sealed".to_owned(),
            },
        })
    }
}

fn without_final_newline(text: SecretText) -> SecretText {
    match text.expose().strip_suffix('\n') {
        Some(cut) => SecretText::new(cut),
        None => text,
    }
}
