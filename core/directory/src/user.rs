//! A mail user as the rest of the program sees one: names, addresses, where the store is, limits (Guide schema, inetMailUser).

use crate::{AccountStatus, QuotaLimit};

/// One person or role account. Holds no secret: passwords stay inside the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Distinguished name of the entry.
    pub dn: String,
    /// `uid`, spelled as in the directory.
    pub uid: String,
    /// Canonical domain (lower case) of the entry; empty if the site has none.
    pub domain: String,
    /// Name of the account in the store: `uid` in the default domain, `uid@domain` elsewhere.
    pub store_id: String,
    /// Primary address.
    pub mail: String,
    /// `mailAlternateAddress` and `mailEquivalentAddress`, in that order.
    pub alternates: Vec<String>,
    /// `cn`: the name to show; the uid if there is none.
    pub name: String,
    /// `givenName`.
    pub given_name: Option<String>,
    /// `sn`.
    pub surname: Option<String>,
    /// `mailHost`: the back-end server that holds the mailboxes.
    pub mail_host: Option<String>,
    /// Status after the precedence of domain and user attributes.
    pub status: AccountStatus,
    /// `mailQuota`.
    pub quota_bytes: QuotaLimit,
    /// `mailMsgQuota`.
    pub quota_messages: QuotaLimit,
    /// `mailMessageStore`: partition name; `None` is the primary partition.
    pub partition: Option<String>,
    /// `preferredLanguage` of the user, else of the domain.
    pub preferred_language: Option<String>,
    /// Values of `mailAllowedServiceAccess`, unparsed.
    pub allowed_services: Vec<String>,
    /// Values of the domain's `mailDomainAllowedServiceAccess`, unparsed.
    pub domain_allowed_services: Vec<String>,
}

impl User {
    /// All addresses that deliver to this user, the primary one first.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.mail.as_str())
            .chain(self.alternates.iter().map(String::as_str))
            .filter(|address| !address.is_empty())
    }

    /// Whether `address` is one of the user's own, without regard to case.
    pub fn owns_address(&self, address: &str) -> bool {
        let wanted = address.to_lowercase();
        self.addresses().any(|own| own.to_lowercase() == wanted)
    }
}

/// What was typed as login name, split into its parts by the `auth` crate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginName {
    /// The part before the separator (`%U`).
    pub user: String,
    /// The part after it (`%V`), or the default domain; `None` asks for a name that is unique in the whole directory.
    pub domain: Option<String>,
    /// All of it, as typed (`%o`).
    pub typed: String,
}

impl LoginName {
    /// A login name in two parts; typed with `@` between them.
    pub fn new(user: impl Into<String>, domain: Option<&str>) -> LoginName {
        let user = user.into();
        let typed = domain.map_or_else(|| user.clone(), |domain| format!("{user}@{domain}"));
        LoginName { user, domain: domain.map(str::to_owned), typed }
    }
}

/// An answer to an address search, for address completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressEntry {
    /// Name to show.
    pub name: String,
    /// Primary address.
    pub mail: String,
}

/// What [`Directory::search`](crate::Directory::search) looks for.
#[derive(Clone, Debug)]
pub struct AddressSearch<'a> {
    /// Typed text: matches the start of any word of the name, of the uid or of an address. No regard to case.
    pub text: &'a str,
    /// Only users of this domain; `None` is everybody.
    pub domain: Option<&'a str>,
    /// At most this many answers.
    pub limit: usize,
}
