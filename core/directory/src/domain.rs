//! A mail domain of the site: its names and its own limits (domain entries, Schema 1 and 2).

use crate::{AccountStatus, Filter, QuotaLimit};

/// One domain entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Distinguished name of the entry.
    pub dn: String,
    /// Users at or below this DN belong to the domain: the entry itself (Schema 2) or its `inetDomainBaseDN` (Schema 1).
    pub base_dn: String,
    /// `sunPreferredDomain`, or the name that the place in the DC tree says; lower case: the canonical name.
    pub name: String,
    /// Other names of the same domain, lower case: `associatedDomain`, or the DC tree's alias entries. An LDAP directory
    /// that was asked for one Schema 1 domain doesn't know them all.
    pub aliases: Vec<String>,
    /// inetDomainStatus, then mailDomainStatus: the first that is not active.
    pub status: AccountStatus,
    /// mailDomainStatus alone, which `imquotacheck -f` sets by the domain's quota.
    pub mail_status: AccountStatus,
    /// `preferredLanguage` for users without one.
    pub preferred_language: Option<String>,
    /// `preferredMailHost`: mailHost of new users.
    pub preferred_mail_host: Option<String>,
    /// Values of `mailDomainAllowedServiceAccess`, unparsed.
    pub allowed_services: Vec<String>,
    /// `inetDomainSearchFilter`: finds the domain's users by what they type.
    pub search_filter: Option<Filter>,
    /// `domainUidSeparator`: user ids of the domain are compound, `name`, this text, the domain's name.
    pub uid_separator: Option<String>,
    /// `mailDomainDiskQuota`: bytes of all users together; for `imquotacheck`.
    pub quota_bytes: QuotaLimit,
    /// `mailDomainMsgQuota`: messages of all users together.
    pub quota_messages: QuotaLimit,
}

impl Domain {
    /// Whether `name` (any case) is one of the domain's names.
    pub fn is_named(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.name == name || self.aliases.contains(&name)
    }
}
