//! Users and domains: the `Directory` trait, the embedded directory kept in one LDIF file (RFC 2849), and LDAP (RFC 4511).
//!
//! Start at [`Directory`] for looking up, at [`LdifDirectory`] for the embedded kind, at [`DirectoryFile`] for changing it, and at
//! [`LdapDirectory`] for a site's LDAP servers. What an entry means is in `schema.rs`, the same for both.

mod dn;
mod domain;
mod domain_edit;
mod edit;
mod entry_search;
mod error;
mod file;
mod filter;
mod index;
mod ldap;
mod ldif;
mod ldif_directory;
mod password;
mod quota;
mod rules;
mod schema;
mod scram;
mod status;
mod status_editor;
mod user;

use std::sync::Arc;

use async_trait::async_trait;

pub use dn::escape_dn_value;
pub use domain::Domain;
pub use edit::{Change, NewDomain, NewUser};
pub use entry_search::{Condition, EntrySearch, FoundEntry, Reach};
pub use error::DirectoryError;
pub use file::DirectoryFile;
pub use filter::{Filter, FilterNames, FilterSyntax};
pub use ldap::{LdapDirectory, LdapEditor, LdapOptions, LdapSecurity, Verifier};
pub use ldif::{Attribute, Entry, Ldif, LdifError};
pub use ldif_directory::{LdifDirectory, LdifOptions};
pub use password::{HashCost, ProhibitedCharacter, hash_password, prepared};
pub use quota::{QuotaLimit, QuotaPolicy, QuotaSyntax};
pub use rules::DirectoryRules;
pub use scram::{SCRAM_ITERATIONS, ScramVerifier, hmac as scram_hmac};
pub use status::AccountStatus;
pub use status_editor::StatusEditor;
pub use user::{AddressEntry, AddressSearch, LoginName, User};

/// Where users and domains are kept. Cheap to call for every request; answers come from memory where they can.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    /// The user with this login name, of any status, by the domain's `inetDomainSearchFilter` or the site's search filter.
    /// `None` if nobody has it, [`DirectoryError::Ambiguous`] if several do.
    async fn find_login(&self, login: &LoginName) -> Result<Option<Arc<User>>, DirectoryError>;

    /// The user with this `uid`, whatever people type to sign in. With a domain (any of its names) among its users, else
    /// among all, where it must be unique.
    async fn find_uid(&self, uid: &str, domain: Option<&str>) -> Result<Option<Arc<User>>, DirectoryError>;

    /// The user who receives mail for `address` (`local@domain`, unquoted): `mail`, `mailAlternateAddress` or
    /// `mailEquivalentAddress`, without regard to case; alias domains count as their canonical one. `@domain` finds the
    /// domain's catch-all user.
    async fn find_address(&self, address: &str) -> Result<Option<Arc<User>>, DirectoryError>;

    /// Whether `password` is right. With `None` the same work is done and the answer is `false`, so that
    /// unknown users cannot be told by the clock. Runs on a blocking thread; at most a few at once.
    async fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, DirectoryError>;

    /// The verifiers that challenge mechanisms need; none where the directory holds none or does not let them be read.
    async fn scram_verifiers(&self, user: &User) -> Result<Vec<ScramVerifier>, DirectoryError>;

    /// Whether every user with a password has a verifier beside it, so that challenge mechanisms may be announced: most
    /// clients take the strongest mechanism that they see and try no other.
    fn offers_scram(&self) -> bool;

    /// Whether the group with the DN `group` lists the user (`uniqueMember` or `member`). Answers may be some minutes old.
    async fn is_member(&self, group: &str, user: &User) -> Result<bool, DirectoryError>;

    /// The groups that list the user (`uniqueMember` or `member`), by name (`cn`) and canonical domain (empty outside of all), both in
    /// small letters: the `group=name@domain` of access control lists (Reference §7.2).
    async fn groups_of(&self, user: &User) -> Result<Vec<(String, String)>, DirectoryError>;

    /// Canonical names of the domains whose users the user may act for: an entry of class `inetMailAdministrator` with
    /// `mailAdminRole: storeAdmin` in the domain is the user's own, or a group that lists the user.
    async fn administered_domains(&self, user: &User) -> Result<Vec<String>, DirectoryError>;

    /// The domain with this name (any case, canonical or alias).
    async fn find_domain(&self, name: &str) -> Result<Option<Arc<Domain>>, DirectoryError>;

    /// All domains of the site.
    async fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError>;

    /// Whether mail for `domain` (any case) belongs to this site: a canonical name or an alias of one.
    async fn is_local_domain(&self, domain: &str) -> Result<bool, DirectoryError> {
        Ok(self.find_domain(domain).await?.is_some())
    }

    /// Users whose name or address fits, for address completion; those who are not active are left out.
    async fn search(&self, search: &AddressSearch<'_>) -> Result<Vec<AddressEntry>, DirectoryError>;

    /// Users whose entries have certain attributes, of any status, for certificate mapping.
    async fn find_entries(&self, search: &EntrySearch<'_>) -> Result<Vec<FoundEntry>, DirectoryError>;

    /// Whether every operation is logged from now on (`local.ldaptrace`). Directories without operations have none to log.
    fn set_trace(&self, _trace: bool) {}

    /// A number that changes when the directory is known to have changed, so that caches above can forget.
    /// Directories that cannot tell always answer 0.
    async fn generation(&self) -> u64 {
        0
    }
}
