//! Users and domains in LDAP (RFC 4511): one search and one bind a sign-in, over a pool with fail-over.

mod edit;
mod lookup;
mod operation;
mod pool;
mod search;
mod server;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ldap3::Scope;
use moka::sync::Cache;

pub use edit::{LdapEditor, Verifier};
use operation::{Answer, Operation};
use pool::Pool;
use search::Question;

use crate::{
    AddressEntry, AddressSearch, Directory, DirectoryError, DirectoryRules, Domain, EntrySearch, Filter, FoundEntry,
    LoginName, Reach, ScramVerifier, User, dn, entry_search, schema, scram,
};

/// How connections to LDAP servers are protected.
#[derive(Clone, Debug)]
pub enum LdapSecurity {
    /// Not at all.
    Plain,
    /// StartTLS (RFC 4511 §4.14) on the plain port; without it nothing is sent.
    StartTls(tls::Connector),
    /// TLS from the first byte.
    Ldaps(tls::Connector),
}

/// What an [`LdapDirectory`] is made from.
#[derive(Clone)]
pub struct LdapOptions {
    /// Hosts and ports, in the order in which they are tried.
    pub servers: Vec<(String, u16)>,
    /// DN below which users, groups and Schema 2 domains are; empty = all that the servers hold.
    pub base_dn: String,
    /// DN that searches are made as; empty = anonymous.
    pub bind_dn: String,
    /// Its password.
    pub bind_password: String,
    /// Protection of the connections.
    pub security: LdapSecurity,
    /// Connections to each server, once for searches and once for checking passwords.
    pub pool_size: usize,
    /// Longest wait for an answer, over all servers.
    pub time_limit: Duration,
    /// How long domains and groups are remembered.
    pub remember: Duration,
    /// Whether every operation is logged.
    pub trace: bool,
    /// Who is found by which name.
    pub rules: DirectoryRules,
}

impl LdapOptions {
    /// The usual limits: 10 connections, 1.5 s, domains remembered for a minute, no TLS, anonymous.
    pub fn new(servers: Vec<(String, u16)>, base_dn: impl Into<String>, rules: DirectoryRules) -> LdapOptions {
        LdapOptions {
            servers,
            base_dn: base_dn.into(),
            bind_dn: String::new(),
            bind_password: String::new(),
            security: LdapSecurity::Plain,
            pool_size: 10,
            time_limit: Duration::from_millis(1500),
            remember: Duration::from_secs(60),
            trace: false,
            rules,
        }
    }
}

/// Users and domains of a site's LDAP servers. Nothing is connected before the first question; a server that is away is
/// looked out for in the background, and questions are answered from the others or refused at once.
pub struct LdapDirectory {
    pool: Pool,
    base_dn: String,
    rules: DirectoryRules,
    /// Domains by any name asked for, and by the DN of what may stand above users; `None` is remembered too.
    domains: Cache<String, Option<Arc<Domain>>>,
    domains_by_dn: Cache<String, Option<Arc<Domain>>>,
    /// Members' normalized DNs by the group's.
    groups: Cache<String, Arc<HashSet<String>>>,
}

/// Entries remembered of each kind.
const REMEMBERED: u64 = 10_000;

impl LdapDirectory {
    /// A directory over these servers; an error if the options cannot work at all.
    pub fn new(options: &LdapOptions) -> Result<LdapDirectory, DirectoryError> {
        if options.servers.is_empty() {
            return Err(DirectoryError::Invalid("local.ugldaphost names no server".to_owned()));
        }
        if !options.bind_dn.is_empty() && options.bind_password.is_empty() {
            // Servers take a bind without a password for an anonymous one and say yes.
            return Err(DirectoryError::Invalid(
                "local.ugldapbindcred must be set where local.ugldapbinddn is".to_owned(),
            ));
        }
        Ok(LdapDirectory {
            pool: Pool::new(options),
            base_dn: options.base_dn.trim().to_owned(),
            rules: options.rules.clone(),
            domains: Cache::builder().max_capacity(REMEMBERED).time_to_live(options.remember).build(),
            domains_by_dn: Cache::builder().max_capacity(REMEMBERED).time_to_live(options.remember).build(),
            groups: Cache::builder().max_capacity(REMEMBERED).time_to_live(options.remember).build(),
        })
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn find_login(&self, login: &LoginName) -> Result<Option<Arc<User>>, DirectoryError> {
        let domain = match &login.domain {
            Some(name) => self.domain_named(name).await?,
            None => None,
        };
        let filter = self.rules.login_filter(login, domain.as_deref());
        self.user_of(login.domain.as_deref(), domain, filter, &login.typed).await
    }

    async fn find_uid(&self, uid: &str, domain: Option<&str>) -> Result<Option<Arc<User>>, DirectoryError> {
        let entry = match domain {
            Some(name) => self.domain_named(name).await?,
            None => None,
        };
        self.user_of(domain, entry, Filter::equal("uid", uid), uid).await
    }

    async fn find_address(&self, address: &str) -> Result<Option<Arc<User>>, DirectoryError> {
        if let Some(user) = self.user_with_address(address).await? {
            return Ok(Some(user));
        }
        let Some((local, name)) = address.rsplit_once('@') else { return Ok(None) };
        match self.domain_named(name).await? {
            Some(domain) if domain.name != name.to_lowercase() => {
                self.user_with_address(&format!("{local}@{}", domain.name)).await
            }
            _ => Ok(None),
        }
    }

    async fn verify(&self, user: Option<&User>, password: &str) -> Result<bool, DirectoryError> {
        if password.is_empty() {
            // An anonymous bind succeeds whoever is named (RFC 4513 §5.1.2).
            return Ok(false);
        }
        // Somebody unknown costs a bind too, at a name that nobody has.
        let nobody = format!("cn={:032x},{}", rand::random::<u128>(), self.base_dn);
        let nobody = nobody.trim_end_matches(',').to_owned();
        let name = user.map_or(nobody.as_str(), |user| user.dn.as_str());
        let answer = self.pool.run(&Operation::Bind { dn: name, password }).await?;
        Ok(matches!(answer, Answer::Done) && user.is_some())
    }

    fn set_trace(&self, trace: bool) {
        self.pool.set_trace(trace);
    }

    /// Nobody knows without reading every entry, so it is not announced.
    fn offers_scram(&self) -> bool {
        false
    }

    async fn scram_verifiers(&self, user: &User) -> Result<Vec<ScramVerifier>, DirectoryError> {
        let entry = self.entry_at(&user.dn, &Filter::Present("objectClass".to_owned()), &scram::ATTRIBUTES).await?;
        Ok(entry.as_ref().map(scram::verifiers).unwrap_or_default())
    }

    async fn is_member(&self, group: &str, user: &User) -> Result<bool, DirectoryError> {
        Ok(self.members(group).await?.contains(&dn::normalized(&user.dn)))
    }

    async fn groups_of(&self, user: &User) -> Result<Vec<(String, String)>, DirectoryError> {
        let lists = Filter::Or(schema::MEMBERS.iter().map(|name| Filter::equal(name, &user.dn)).collect());
        let mut groups = Vec::new();
        for entry in self.entries(&lists, &["cn"]).await? {
            if let Some(name) = entry.first("cn") {
                let domain = self.domain_above(&entry.dn).await?.map(|domain| domain.name.clone());
                groups.push((name.to_lowercase(), domain.unwrap_or_default()));
            }
        }
        Ok(groups)
    }

    async fn administered_domains(&self, user: &User) -> Result<Vec<String>, DirectoryError> {
        let admin = Filter::And(vec![
            Filter::equal("objectClass", "inetMailAdministrator"),
            Filter::equal("mailAdminRole", "storeAdmin"),
        ]);
        let lists = Filter::Or(schema::MEMBERS.iter().map(|name| Filter::equal(name, &user.dn)).collect());
        let groups = Filter::And(vec![admin.clone(), lists]);
        let mut dns: Vec<String> = self.entries(&groups, &["1.1"]).await?.into_iter().map(|entry| entry.dn).collect();
        if self.entry_at(&user.dn, &admin, &["1.1"]).await?.is_some() {
            dns.push(user.dn.clone());
        }
        let mut names = Vec::new();
        for dn in dns {
            names.extend(self.domain_above(&dn).await?.map(|domain| domain.name.clone()));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    async fn find_domain(&self, name: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        self.domain_named(name).await
    }

    async fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        self.all_domains().await
    }

    async fn search(&self, search: &AddressSearch<'_>) -> Result<Vec<AddressEntry>, DirectoryError> {
        self.complete(search).await
    }

    async fn find_entries(&self, search: &EntrySearch<'_>) -> Result<Vec<FoundEntry>, DirectoryError> {
        let mut all = vec![schema::user_filter()];
        for condition in search.conditions {
            all.push(Filter::Or(
                condition.any_of.iter().map(|value| Filter::equal(&condition.attribute, value)).collect(),
            ));
        }
        let attributes: Vec<&str> =
            schema::USER_ATTRIBUTES.into_iter().chain(["userCertificate", "userCertificate;binary"]).collect();
        let question = Question {
            base: search.base.unwrap_or(&self.base_dn),
            scope: match search.reach {
                Reach::Entry => Scope::Base,
                Reach::Subtree => Scope::Subtree,
            },
            filter: &Filter::And(all),
            attributes: &attributes,
            limit: search.limit,
        };
        let mut found = Vec::new();
        for entry in self.ask(&question).await? {
            if let Some(user) = self.user(&entry).await? {
                found.push(FoundEntry { user, certificates: entry_search::certificates(&entry.attributes) });
            }
        }
        Ok(found)
    }
}
