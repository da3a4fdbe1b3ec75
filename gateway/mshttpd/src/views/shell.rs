//! What every page has: look, title, who is signed in, folders, a notice.

use super::folders::Folders;
use super::person::Person;

/// How the person wants it: kept in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// `auto`, `light` or `dark`.
    pub theme: &'static str,
    /// `comfortable` or `compact`.
    pub density: &'static str,
}

impl Default for Look {
    fn default() -> Self {
        Self { theme: "auto", density: "comfortable" }
    }
}

/// A sentence about what was just done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Toast {
    /// The sentence.
    pub text: String,
}

/// The frame of a page for somebody signed in.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Title of the window.
    pub title: String,
    /// The masked CSRF token.
    pub csrf: String,
    /// Who is signed in.
    pub user: Person,
    /// The column on the left.
    pub folders: Folders,
    /// Where the search form leads.
    pub search_action: String,
    /// Name of the folder that is searched.
    pub search_in: String,
    /// What was searched for.
    pub query: String,
    /// Where new mail is announced from.
    pub events: Option<String>,
    /// What was just done.
    pub toast: Option<Toast>,
}
