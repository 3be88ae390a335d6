//! One shape for both styles of paging: by token and by page number.

/// Where a listing goes on; opaque to everybody but the adapter that made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageCursor(String);

impl PageCursor {
    /// A cursor that its own adapter understands.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The adapter's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What this part holds.
    pub items: Vec<T>,
    /// Where the rest begins; `None` at the end.
    pub next: Option<PageCursor>,
    /// How many items the whole listing has, where the tenant says so; not to be relied on.
    pub total: Option<u64>,
}
