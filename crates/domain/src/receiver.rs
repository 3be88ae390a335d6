//! Who is told of an event.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who is told of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Receiver {
    /// The webhook of this name in the settings.
    Webhook(String),
    /// The source of a cache directive: a URL that a manifest names.
    Source(String),
}

impl fmt::Display for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(text) | Self::Source(text) => formatter.write_str(text),
        }
    }
}

impl FromStr for Receiver {
    type Err = Infallible;

    /// A text with `://` in it is a URL; no webhook has such a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.to_owned().into())
    }
}

impl From<String> for Receiver {
    fn from(text: String) -> Self {
        if text.contains("://") {
            Self::Source(text)
        } else {
            Self::Webhook(text)
        }
    }
}

impl From<Receiver> for String {
    fn from(receiver: Receiver) -> Self {
        receiver.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_reads_back_from_its_text() {
        for receiver in [
            Receiver::Webhook("bi".into()),
            Receiver::Webhook("https".into()),
            Receiver::Source("https://cache.example.com/hooks?a=b".into()),
        ] {
            assert_eq!(receiver.to_string().parse(), Ok(receiver));
        }
    }
}
