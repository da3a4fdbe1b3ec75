//! Annotations of mailboxes, of an account and of the site (RFC 5464).

/// Who sees an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AnnotationScope {
    /// Everybody who may see the mailbox.
    Shared,
    /// Whoever set it.
    Private,
}

/// An annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Its name in small letters without what says its scope: `/comment`.
    pub entry: String,
    /// Who sees it.
    pub scope: AnnotationScope,
    /// Any octets.
    pub value: Vec<u8>,
}

/// An annotation with who has set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedAnnotation {
    /// Who has; `None` for a shared one.
    pub owner: Option<String>,
    /// As [`Annotation::entry`].
    pub entry: String,
    /// Any octets.
    pub value: Vec<u8>,
}

/// An annotation to set, or with no value to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationChange {
    /// As [`Annotation::entry`].
    pub entry: String,
    /// Who sees it.
    pub scope: AnnotationScope,
    /// The new value.
    pub value: Option<Vec<u8>>,
}

impl Annotation {
    /// The longest value in bytes.
    pub const LONGEST: usize = 64 * 1024;
    /// The most annotations of one mailbox, account or site, for each who set them.
    pub const MOST: usize = 1000;
}
