//! Values by reference, from a table in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use cxda_domain::secret::SecretText;
use cxda_domain::variable::ValueReference;
use cxda_ports::error::SourceError;
use cxda_ports::secrets::SecretSource;

/// Values by the words of their references: `environment variable NAME`, `file PATH`.
#[derive(Debug, Default)]
pub struct MemorySecrets(Mutex<BTreeMap<String, SecretText>>);

impl MemorySecrets {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with the environment variable `name`.
    #[must_use]
    pub fn with_env(self, name: &str, value: &str) -> Self {
        self.set(&ValueReference::Env(name.to_owned()), value);
        self
    }

    /// The same with the file `path`, whoever names it.
    #[must_use]
    pub fn with_file(self, path: &str, text: &str) -> Self {
        let reference = ValueReference::File {
            path: path.to_owned(),
            manifest: "".into(),
        };
        self.set(&reference, text);
        self
    }

    /// Puts `text` behind `reference`, in the place of what was there.
    pub fn set(&self, reference: &ValueReference, text: &str) {
        let text = match reference {
            ValueReference::Env(_) => text,
            ValueReference::File { .. } => {
                let cut = text.strip_suffix('\n');
                cut.map_or(text, |cut| cut.strip_suffix('\r').unwrap_or(cut))
            }
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(reference.to_string(), SecretText::new(text));
    }
}

#[async_trait]
impl SecretSource for MemorySecrets {
    async fn read(&self, reference: &ValueReference) -> Result<SecretText, SourceError> {
        let what = reference.to_string();
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(&what).cloned();
        found.ok_or(SourceError::Missing { what })
    }
}
