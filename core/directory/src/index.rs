//! The directory in memory: users and domains by every name they can be asked for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{
    AddressEntry, AddressSearch, Attribute, DirectoryError, Domain, Entry, EntrySearch, FoundEntry, Ldif, LoginName,
    Reach, User, dn, entry_search, schema,
};

/// Look-up tables over one state of the directory. Never changed once built.
pub(crate) struct Index {
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) domains: Vec<Arc<Domain>>,
    /// `userPassword` values, by position in `users`.
    passwords: Vec<Vec<String>>,
    /// Normalized DNs and all other attributes, by position in `users`.
    attributes: Vec<(String, Vec<Attribute>)>,
    by_dn: HashMap<String, usize>,
    by_uid: HashMap<String, Hit>,
    /// Key: uid, `@`, canonical domain; lower case.
    by_login: HashMap<String, Hit>,
    by_address: HashMap<String, Hit>,
    by_domain: HashMap<String, usize>,
    /// Lower-case starts of names, uids and addresses, sorted, for completion.
    words: Vec<(String, usize)>,
}

#[derive(Clone, Copy)]
enum Hit {
    One(usize),
    Several,
}

impl Index {
    pub(crate) fn build(ldif: &Ldif, default_domain: &str) -> Index {
        let domains: Vec<Arc<Domain>> = ldif.entries.iter().filter_map(schema::domain).map(Arc::new).collect();
        let domain_dns: Vec<String> = domains.iter().map(|domain| dn::normalized(&domain.dn)).collect();
        let mut index = Index {
            users: Vec::new(),
            passwords: Vec::new(),
            attributes: Vec::new(),
            by_dn: HashMap::new(),
            by_uid: HashMap::new(),
            by_login: HashMap::new(),
            by_address: HashMap::new(),
            by_domain: HashMap::new(),
            words: Vec::new(),
            domains: Vec::new(),
        };
        for (at, domain) in domains.iter().enumerate() {
            for name in std::iter::once(&domain.name).chain(&domain.aliases) {
                index.by_domain.entry(name.clone()).or_insert(at);
            }
        }
        for entry in &ldif.entries {
            let entry_dn = dn::normalized(&entry.dn);
            let above = schema::domain_of(
                &entry_dn,
                domain_dns.iter().map(String::as_str).zip(domains.iter().map(Arc::as_ref)),
            );
            if let Some(user) = schema::user(entry, above, default_domain) {
                index.insert(entry_dn, user, entry);
            }
        }
        index.words.sort_unstable();
        index.words.dedup();
        index.domains = domains;
        index
    }

    fn insert(&mut self, dn: String, user: User, entry: &Entry) {
        let at = self.users.len();
        let uid = user.uid.to_lowercase();
        note(&mut self.by_login, format!("{uid}@{}", user.domain), at);
        for address in user.addresses() {
            note(&mut self.by_address, address.to_lowercase(), at);
            self.words.push((address.to_lowercase(), at));
        }
        let name = user.name.to_lowercase();
        let starts =
            name.char_indices().filter(|(at, _)| *at == 0 || name[..*at].ends_with([' ', '-', '.'])).map(|(at, _)| at);
        self.words.extend(starts.map(|start| (name[start..].to_owned(), at)));
        self.words.push((uid.clone(), at));
        note(&mut self.by_uid, uid, at);
        self.by_dn.insert(dn.clone(), at);
        self.users.push(Arc::new(user));
        self.passwords.push(entry.values("userPassword").map(str::to_owned).collect());
        let others = entry.attributes.iter().filter(|attribute| !attribute.name.eq_ignore_ascii_case("userPassword"));
        self.attributes.push((dn, others.cloned().collect()));
    }

    pub(crate) fn login(&self, login: &LoginName) -> Result<Option<&Arc<User>>, DirectoryError> {
        let uid = login.user.to_lowercase();
        match &login.domain {
            None => self.one(self.by_uid.get(&uid), &login.user),
            Some(domain) => self.one(self.by_login.get(&format!("{uid}@{}", self.canonical(domain))), &login.user),
        }
    }

    pub(crate) fn address(&self, address: &str) -> Result<Option<&Arc<User>>, DirectoryError> {
        let address = address.to_lowercase();
        if let Some(found) = self.one(self.by_address.get(&address), &address)? {
            return Ok(Some(found));
        }
        let Some((local, domain)) = address.rsplit_once('@') else { return Ok(None) };
        let canonical = self.canonical(domain);
        if canonical == domain {
            return Ok(None);
        }
        self.one(self.by_address.get(&format!("{local}@{canonical}")), &address)
    }

    pub(crate) fn domain(&self, name: &str) -> Option<&Arc<Domain>> {
        self.by_domain.get(&name.to_lowercase()).map(|at| &self.domains[*at])
    }

    /// Stored password values of a user.
    pub(crate) fn passwords(&self, user: &User) -> &[String] {
        self.by_dn.get(&dn::normalized(&user.dn)).map(|at| self.passwords[*at].as_slice()).unwrap_or_default()
    }

    pub(crate) fn entries(&self, search: &EntrySearch<'_>) -> Vec<FoundEntry> {
        let base = search.base.map(dn::normalized);
        let at_place = |dn: &str| match (&base, search.reach) {
            (None, _) => true,
            (Some(base), Reach::Entry) => dn == base,
            (Some(base), Reach::Subtree) => dn::is_at_or_below(dn, base),
        };
        self.users
            .iter()
            .zip(&self.attributes)
            .filter(|(_, (dn, attributes))| {
                at_place(dn) && search.conditions.iter().all(|condition| condition.fits(attributes))
            })
            .take(search.limit)
            .map(|(user, (_, attributes))| FoundEntry {
                user: Arc::clone(user),
                certificates: entry_search::certificates(attributes),
            })
            .collect()
    }

    pub(crate) fn search(&self, search: &AddressSearch<'_>) -> Vec<AddressEntry> {
        let text = search.text.trim().to_lowercase();
        let domain = search.domain.map(|domain| self.canonical(domain));
        if text.is_empty() {
            return Vec::new();
        }
        let from = self.words.partition_point(|(word, _)| *word < text);
        let mut seen = Vec::new();
        for (_, at) in self.words[from..].iter().take_while(|(word, _)| word.starts_with(&text)) {
            let user = &self.users[*at];
            let fits = user.status.allows_sign_in()
                && !user.mail.is_empty()
                && domain.as_ref().is_none_or(|domain| *domain == user.domain);
            if seen.len() == search.limit {
                break;
            }
            if fits && !seen.contains(at) {
                seen.push(*at);
            }
        }
        seen.into_iter()
            .map(|at| &self.users[at])
            .map(|user| AddressEntry { name: user.name.clone(), mail: user.mail.clone() })
            .collect()
    }

    /// Names that two entries claim, for edits, which refuse to make such a state.
    pub(crate) fn conflict(&self) -> Option<String> {
        let several = |table: &HashMap<String, Hit>| {
            table.iter().find(|(_, hit)| matches!(hit, Hit::Several)).map(|(name, _)| name.clone())
        };
        several(&self.by_login).or_else(|| several(&self.by_address))
    }

    fn canonical(&self, domain: &str) -> String {
        self.domain(domain).map_or_else(|| domain.to_lowercase(), |domain| domain.name.clone())
    }

    fn one(&self, hit: Option<&Hit>, asked: &str) -> Result<Option<&Arc<User>>, DirectoryError> {
        match hit {
            None => Ok(None),
            Some(Hit::One(at)) => Ok(Some(&self.users[*at])),
            Some(Hit::Several) => Err(DirectoryError::Ambiguous(asked.to_owned())),
        }
    }
}

fn note(table: &mut HashMap<String, Hit>, name: String, at: usize) {
    use std::collections::hash_map::Entry;
    match table.entry(name) {
        Entry::Vacant(free) => {
            free.insert(Hit::One(at));
        }
        // The same user may list an address twice.
        Entry::Occupied(mut taken) => {
            if !matches!(taken.get(), Hit::One(other) if *other == at) {
                taken.insert(Hit::Several);
            }
        }
    }
}
