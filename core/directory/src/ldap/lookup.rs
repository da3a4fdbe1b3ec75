//! The questions behind the look-ups: users below a domain, domains by name and by place, groups.

use std::collections::HashSet;
use std::sync::Arc;

use ldap3::Scope;

use super::LdapDirectory;
use super::operation::{Answer, Operation};
use super::search::Question;
use crate::schema::DomainEntry;
use crate::{AddressEntry, AddressSearch, DirectoryError, Domain, Entry, Filter, User, dn, schema};

/// Most users looked at where several may fit before the domain decides.
const FEW: usize = 10;

impl LdapDirectory {
    pub(super) async fn ask(&self, question: &Question<'_>) -> Result<Vec<Entry>, DirectoryError> {
        self.pool.run(&Operation::Search(question)).await.map(Answer::entries)
    }

    /// All entries that fit anywhere, however many.
    pub(super) async fn entries(&self, filter: &Filter, attributes: &[&str]) -> Result<Vec<Entry>, DirectoryError> {
        let question = Question { base: &self.base_dn, scope: Scope::Subtree, filter, attributes, limit: usize::MAX };
        self.pool.run(&Operation::SearchAll(&question)).await.map(Answer::entries)
    }

    /// The entry with this DN, if it fits.
    pub(super) async fn entry_at(
        &self,
        dn: &str,
        filter: &Filter,
        attributes: &[&str],
    ) -> Result<Option<Entry>, DirectoryError> {
        let question = Question { base: dn, scope: Scope::Base, filter, attributes, limit: 1 };
        Ok(self.ask(&question).await?.pop())
    }

    /// The one user of a domain that fits; without a domain, of the whole tree.
    pub(super) async fn user_of(
        &self,
        asked: Option<&str>,
        domain: Option<Arc<Domain>>,
        filter: Filter,
        typed: &str,
    ) -> Result<Option<Arc<User>>, DirectoryError> {
        let asked = asked.map(str::to_lowercase);
        let (base, name) = match (&domain, asked) {
            (Some(domain), _) => (domain.base_dn.as_str(), Some(domain.name.clone())),
            (None, None) => (self.base_dn.as_str(), None),
            // A site without domain entries: everybody belongs to the default domain.
            (None, Some(asked)) if asked == self.rules.default_domain => (self.base_dn.as_str(), Some(asked)),
            (None, Some(_)) => return Ok(None),
        };
        let filter = Filter::And(vec![schema::user_filter(), filter]);
        let mut users = self.users(base, &filter, if name.is_some() { FEW } else { 2 }).await?;
        users.retain(|user| name.as_ref().is_none_or(|name| *name == user.domain));
        only(users, typed)
    }

    pub(super) async fn user_with_address(&self, address: &str) -> Result<Option<Arc<User>>, DirectoryError> {
        let own = ["mail", "mailAlternateAddress", "mailEquivalentAddress"];
        let filter = Filter::Or(own.iter().map(|name| Filter::equal(name, address)).collect());
        let filter = Filter::And(vec![schema::user_filter(), filter]);
        only(self.users(&self.base_dn, &filter, 2).await?, address)
    }

    async fn users(&self, base: &str, filter: &Filter, limit: usize) -> Result<Vec<Arc<User>>, DirectoryError> {
        let attributes = &schema::USER_ATTRIBUTES;
        let question = Question { base, scope: Scope::Subtree, filter, attributes, limit };
        let mut users = Vec::new();
        for entry in self.ask(&question).await? {
            users.extend(self.user(&entry).await?);
        }
        Ok(users)
    }

    pub(super) async fn user(&self, entry: &Entry) -> Result<Option<Arc<User>>, DirectoryError> {
        let domain = self.domain_above(&entry.dn).await?;
        // By its canonical name: a domain found through another name does not know all of its names.
        let default = match self.rules.default_domain.as_str() {
            "" => String::new(),
            name => self.domain_named(name).await?.map_or_else(|| name.to_owned(), |domain| domain.name.clone()),
        };
        Ok(schema::user(entry, domain.as_deref(), &default).map(Arc::new))
    }

    /// The domain with this name, remembered for a while whether or not there is one.
    pub(super) async fn domain_named(&self, name: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        let name = name.to_lowercase();
        if let Some(known) = self.domains.get(&name) {
            return Ok(known);
        }
        let found = match self.schema_1(&name).await? {
            Some(domain) => Some(domain),
            None => self.schema_2(&name).await?,
        };
        let found = found.map(Arc::new);
        self.domains.insert(name, found.clone());
        Ok(found)
    }

    /// The entry in the DC tree, or what it is another name of.
    async fn schema_1(&self, name: &str) -> Result<Option<Domain>, DirectoryError> {
        let Some(root) = &self.rules.dc_root else { return Ok(None) };
        let mut wanted = name.to_owned();
        // One step from an alias to its domain; a chain of them is a fault of the tree.
        for _ in 0..2 {
            let filter = Filter::Present("objectClass".to_owned());
            let place = dn::dc_entry(&wanted, root);
            let Some(entry) = self.entry_at(&place, &filter, &schema::DOMAIN_ATTRIBUTES).await? else {
                return Ok(None);
            };
            match schema::domain_entry(&entry, Some(root)) {
                Some(DomainEntry::Domain(mut domain)) => {
                    if !domain.is_named(name) {
                        domain.aliases.push(name.to_owned());
                    }
                    return Ok(Some(*domain));
                }
                Some(DomainEntry::Alias { of, .. }) => wanted = of,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn schema_2(&self, name: &str) -> Result<Option<Domain>, DirectoryError> {
        let names = ["sunPreferredDomain", "associatedDomain"].map(|attribute| Filter::equal(attribute, name));
        let filter = Filter::Or(names.to_vec());
        let attributes = &schema::DOMAIN_ATTRIBUTES;
        let question = Question { base: &self.base_dn, scope: Scope::Subtree, filter: &filter, attributes, limit: FEW };
        let mut domains = schema::domains(self.ask(&question).await?.iter(), None);
        domains.retain(|domain| domain.is_named(name));
        if domains.len() > 1 {
            return Err(DirectoryError::Ambiguous(name.to_owned()));
        }
        Ok(domains.pop())
    }

    /// The domain that an entry lies in: the nearest above it.
    pub(super) async fn domain_above(&self, dn: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        let top = dn::normalized(&self.base_dn);
        let mut place = dn::parent(dn);
        while let Some(at) = place {
            if let Some(domain) = self.domain_at(at).await? {
                return Ok(Some(domain));
            }
            place = dn::parent(at).filter(|_| dn::normalized(at) != top);
        }
        Ok(None)
    }

    /// The domain whose users are below this very DN.
    async fn domain_at(&self, place: &str) -> Result<Option<Arc<Domain>>, DirectoryError> {
        let key = dn::normalized(place);
        if let Some(known) = self.domains_by_dn.get(&key) {
            return Ok(known);
        }
        let attributes = &schema::DOMAIN_ATTRIBUTES;
        let any = Filter::Present("objectClass".to_owned());
        let mut found = match self.entry_at(place, &any, attributes).await? {
            Some(entry) => schema::domains(std::iter::once(&entry), None).pop(),
            None => None,
        };
        if let (None, Some(root)) = (&found, &self.rules.dc_root) {
            let filter = Filter::equal("inetDomainBaseDN", place);
            let question = Question { base: root, scope: Scope::Subtree, filter: &filter, attributes, limit: FEW };
            let entries = self.ask(&question).await?;
            found = schema::domains(entries.iter(), Some(root)).pop();
        }
        let found = found.map(Arc::new);
        self.domains_by_dn.insert(key, found.clone());
        Ok(found)
    }

    pub(super) async fn all_domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        let marks = ["sunPreferredDomain", "associatedDomain", "inetDomainBaseDN"];
        let filter = Filter::Or(marks.map(|name| Filter::Present(name.to_owned())).to_vec());
        let mut entries = self.entries(&filter, &schema::DOMAIN_ATTRIBUTES).await?;
        let root = self.rules.dc_root.as_deref();
        if let Some(base) =
            root.filter(|root| !dn::is_at_or_below(&dn::normalized(root), &dn::normalized(&self.base_dn)))
        {
            let attributes = &schema::DOMAIN_ATTRIBUTES;
            let aliases = Filter::Or(vec![filter, Filter::Present("aliasedObjectName".to_owned())]);
            let question = Question { base, scope: Scope::Subtree, filter: &aliases, attributes, limit: usize::MAX };
            entries.extend(self.pool.run(&Operation::SearchAll(&question)).await?.entries());
        }
        Ok(schema::domains(entries.iter(), root).into_iter().map(Arc::new).collect())
    }

    /// Normalized DNs of a group's members; none if there is no such group.
    pub(super) async fn members(&self, group: &str) -> Result<Arc<HashSet<String>>, DirectoryError> {
        if let Some(known) = self.groups.get(group) {
            return Ok(known);
        }
        let entry = self.entry_at(group, &Filter::Present("objectClass".to_owned()), &schema::MEMBERS).await?;
        let values = entry.iter().flat_map(|entry| schema::MEMBERS.iter().flat_map(|name| entry.values(name)));
        let members: Arc<HashSet<String>> = Arc::new(values.map(dn::normalized).collect());
        self.groups.insert(group.to_owned(), Arc::clone(&members));
        Ok(members)
    }

    /// Address completion: starts of the words of a name, of the uid, of addresses.
    pub(super) async fn complete(&self, search: &AddressSearch<'_>) -> Result<Vec<AddressEntry>, DirectoryError> {
        let text = search.text.trim();
        if text.is_empty() || search.limit == 0 {
            return Ok(Vec::new());
        }
        let domain = match search.domain {
            Some(name) => match self.domain_named(name).await? {
                Some(domain) => Some(domain),
                None => return Ok(Vec::new()),
            },
            None => None,
        };
        let starts = |name: &str, before: &str| {
            let start = if before.is_empty() {
                vec![text.into(), Vec::new()]
            } else {
                vec![Vec::new(), format!("{before}{text}").into_bytes(), Vec::new()]
            };
            Filter::Substring(name.to_owned(), start)
        };
        let mut any: Vec<Filter> = ["", " ", "-", "."].iter().map(|before| starts("cn", before)).collect();
        any.extend(["uid", "mail", "mailAlternateAddress", "mailEquivalentAddress"].map(|name| starts(name, "")));
        let filter = Filter::And(vec![schema::user_filter(), Filter::Present("mail".to_owned()), Filter::Or(any)]);
        let base = domain.as_ref().map_or(self.base_dn.as_str(), |domain| domain.base_dn.as_str());
        // Some that fit may not be active: a few more are asked for than are wanted.
        let mut users = self.users(base, &filter, search.limit.saturating_mul(2).saturating_add(FEW)).await?;
        users.retain(|user| {
            user.status.allows_sign_in() && domain.as_ref().is_none_or(|domain| domain.name == user.domain)
        });
        users.sort_by_cached_key(|user| user.name.to_lowercase());
        users.truncate(search.limit);
        Ok(users.iter().map(|user| AddressEntry { name: user.name.clone(), mail: user.mail.clone() }).collect())
    }
}

fn only(mut users: Vec<Arc<User>>, asked: &str) -> Result<Option<Arc<User>>, DirectoryError> {
    match users.len() {
        0 | 1 => Ok(users.pop()),
        _ => Err(DirectoryError::Ambiguous(asked.to_owned())),
    }
}
