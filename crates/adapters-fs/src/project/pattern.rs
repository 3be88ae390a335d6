//! Which names are those of manifests.
//!
//! Patterns only; walking through folders is in [`walk`](super::walk).

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The patterns of a project's manifests, relative to its folder.
///
/// `*` and `?` stay within one folder, `**` goes through any number of them, `{a,b}` is either,
/// `[ab]` one character of several.
#[derive(Clone, Debug)]
pub struct Patterns(GlobSet);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It cannot match anything inside the project's folder.
    #[error("pattern {pattern:?} leaves the project's folder")]
    Outside {
        /// The pattern.
        pattern: String,
    },
    /// It breaks the rules of patterns.
    #[error("pattern {pattern:?} is not valid: {why}")]
    Syntax {
        /// The pattern.
        pattern: String,
        /// How.
        why: String,
    },
}

impl Patterns {
    /// What stands where a project says nothing.
    pub const STANDARD: [&str; 4] = [
        "**/*.cxda.yaml",
        "**/*.cxda.yml",
        "**/*.cxda.json",
        "**/*.cxda.toml",
    ];

    /// Those of `patterns` together.
    ///
    /// # Errors
    ///
    /// - [`PatternError::Outside`] if one is absolute or holds `..`.
    /// - [`PatternError::Syntax`] if one is not well formed.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, PatternError> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let syntax = |error: globset::Error| PatternError::Syntax {
                pattern: pattern.to_owned(),
                why: error.kind().to_string(),
            };
            if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
                return Err(PatternError::Outside {
                    pattern: pattern.to_owned(),
                });
            }
            let glob = GlobBuilder::new(pattern.trim_start_matches("./"))
                .literal_separator(true)
                .build()
                .map_err(syntax)?;
            set.add(glob);
        }
        let set = set.build().map_err(|error| PatternError::Syntax {
            pattern: error.glob().unwrap_or_default().to_owned(),
            why: error.kind().to_string(),
        })?;
        Ok(Self(set))
    }

    /// Whether the file `name`, relative to the project's folder, is a manifest.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}
