//! A mail domain of the site: its names and its own limits (domain entries, Schema 2).

use crate::AccountStatus;

/// One domain entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Distinguished name of the entry; users below it belong to the domain.
    pub dn: String,
    /// `sunPreferredDomain`, lower case: the canonical name.
    pub name: String,
    /// `associatedDomain`, lower case: other names of the same domain.
    pub aliases: Vec<String>,
    /// inetDomainStatus, then mailDomainStatus: the first that is not active.
    pub status: AccountStatus,
    /// `preferredLanguage` for users without one.
    pub preferred_language: Option<String>,
    /// `preferredMailHost`: mailHost of new users.
    pub preferred_mail_host: Option<String>,
    /// Values of `mailDomainAllowedServiceAccess`, unparsed.
    pub allowed_services: Vec<String>,
}

impl Domain {
    /// Whether `name` (any case) is one of the domain's names.
    pub fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.name == name || self.aliases.contains(&name)
    }
}
