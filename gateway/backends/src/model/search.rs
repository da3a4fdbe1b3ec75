//! What a simple search looks for, and what it finds.

use super::{Flag, Page};

/// Where the text is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchIn {
    /// Subject, From and To: what the list shows. Fast.
    #[default]
    Headers,
    /// Subject only.
    Subject,
    /// From only.
    From,
    /// To and Cc only.
    To,
    /// Headers and body.
    Everything,
}

/// A simple search. All given conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Substring, any case; empty for any text.
    pub text: String,
    /// Where `text` is looked for.
    pub place: SearchIn,
    /// Only messages with this flag set.
    pub with: Option<Flag>,
    /// Only messages with this flag clear (`Flag::Seen`: unread only).
    pub without: Option<Flag>,
}

impl Search {
    /// Everything that holds `text` in what the list shows or in the body.
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), place: SearchIn::Everything, ..Self::default() }
    }
}

/// A page of what was found, newest first; `page.total` counts what was found.
pub type SearchPage = Page;
