//! The directory in memory: users and domains by every name they can be asked for.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{
    AddressEntry, AddressSearch, Condition, DirectoryError, DirectoryRules, Domain, Entry, EntrySearch, Filter,
    FoundEntry, Ldif, LoginName, Reach, User, dn, entry_search, filter, schema, scram,
};

/// Look-up tables over one state of the directory. Never changed once built.
pub(crate) struct Index {
    rules: DirectoryRules,
    entries: Vec<Entry>,
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) domains: Vec<Arc<Domain>>,
    /// Where the entry is, by position in `users`.
    entry_of: Vec<usize>,
    by_dn: HashMap<String, usize>,
    by_uid: HashMap<String, Hit>,
    /// Key: uid, `@`, canonical domain; lower case.
    by_login: HashMap<String, Hit>,
    by_address: HashMap<String, Hit>,
    by_domain: HashMap<String, usize>,
    /// Users by the attributes that login filters compare: attribute in lower case, value in its compared form.
    by_value: HashMap<String, HashMap<Vec<u8>, Vec<usize>>>,
    /// Lower-case starts of names, uids and addresses, sorted, for completion.
    words: Vec<(String, usize)>,
    /// Whether every user with a password has a SCRAM verifier too.
    pub(crate) all_have_verifiers: bool,
}

#[derive(Clone, Copy)]
enum Hit {
    One(usize),
    Several,
}

impl Index {
    pub(crate) fn build(ldif: Ldif, rules: &DirectoryRules) -> Index {
        let domains: Vec<Arc<Domain>> =
            schema::domains(ldif.entries.iter(), rules.dc_root.as_deref()).into_iter().map(Arc::new).collect();
        let domain_dns: Vec<String> = domains.iter().map(|domain| dn::normalized(&domain.base_dn)).collect();
        let mut index = Index {
            rules: rules.clone(),
            entries: Vec::new(),
            users: Vec::new(),
            entry_of: Vec::new(),
            by_dn: HashMap::new(),
            by_uid: HashMap::new(),
            by_login: HashMap::new(),
            by_address: HashMap::new(),
            by_domain: HashMap::new(),
            by_value: HashMap::new(),
            words: Vec::new(),
            all_have_verifiers: true,
            domains: Vec::new(),
        };
        for (at, domain) in domains.iter().enumerate() {
            for name in std::iter::once(&domain.name).chain(&domain.aliases) {
                index.by_domain.entry(name.clone()).or_insert(at);
            }
        }
        for (place, entry) in ldif.entries.iter().enumerate() {
            let entry_dn = dn::normalized(&entry.dn);
            let above = schema::domain_of(
                &entry_dn,
                domain_dns.iter().map(String::as_str).zip(domains.iter().map(Arc::as_ref)),
            );
            if let Some(user) = schema::user(entry, above, &rules.default_domain) {
                let has_password = entry.values("userPassword").next().is_some();
                index.all_have_verifiers &= !has_password || !scram::verifiers(entry).is_empty();
                index.insert(entry_dn, user, place);
            }
        }
        index.words.sort_unstable();
        index.words.dedup();
        index.note_values(&ldif.entries, &domains);
        index.domains = domains;
        index.entries = ldif.entries;
        index
    }

    fn insert(&mut self, dn: String, user: User, place: usize) {
        let at = self.users.len();
        let uid = user.uid.to_lowercase();
        note(&mut self.by_login, format!("{uid}@{}", user.domain), at);
        for address in user.addresses() {
            let address = address.to_lowercase();
            note(&mut self.by_address, address.clone(), at);
            self.words.push((address, at));
        }
        let name = user.name.to_lowercase();
        let starts =
            name.char_indices().filter(|(at, _)| *at == 0 || name[..*at].ends_with([' ', '-', '.'])).map(|(at, _)| at);
        self.words.extend(starts.map(|start| (name[start..].to_owned(), at)));
        self.words.push((uid.clone(), at));
        note(&mut self.by_uid, uid, at);
        self.by_dn.insert(dn, at);
        self.users.push(Arc::new(user));
        self.entry_of.push(place);
    }

    /// Notes the values of what login filters compare, so that a login does not look at every entry.
    fn note_values(&mut self, entries: &[Entry], domains: &[Arc<Domain>]) {
        let mut names: Vec<String> = domains
            .iter()
            .filter_map(|domain| domain.search_filter.as_ref())
            .chain(self.rules.search_filter.as_ref())
            .flat_map(Filter::attributes)
            .chain(["uid"])
            .map(str::to_lowercase)
            .filter(|name| name != "objectclass")
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut values: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
            for (at, place) in self.entry_of.iter().enumerate() {
                for value in filter::values(&entries[*place], &name) {
                    values.entry(filter::normal(&name, value)).or_default().push(at);
                }
            }
            self.by_value.insert(name, values);
        }
    }

    /// Users that may fit: all of them where the filter compares nothing that was noted.
    fn candidates(&self, filter: &Filter) -> Option<Vec<usize>> {
        match filter {
            Filter::Equal(name, value) => {
                let values = self.by_value.get(&name.to_lowercase())?;
                Some(values.get(&filter::normal(name, value)).cloned().unwrap_or_default())
            }
            Filter::And(filters) => filters.iter().filter_map(|filter| self.candidates(filter)).min_by_key(Vec::len),
            Filter::Or(filters) => {
                let mut all: Vec<usize> =
                    filters.iter().map(|filter| self.candidates(filter)).collect::<Option<Vec<_>>>()?.concat();
                all.sort_unstable();
                all.dedup();
                Some(all)
            }
            _ => None,
        }
    }

    /// Users that fit a filter and lie in `part`.
    fn fitting(&self, filter: &Filter, part: impl Fn(&User) -> bool) -> impl Iterator<Item = usize> {
        let candidates = self.candidates(filter).unwrap_or_else(|| (0..self.users.len()).collect());
        candidates.into_iter().filter(move |at| part(&self.users[*at]) && filter.fits(self.entry(*at)))
    }

    fn entry(&self, at: usize) -> &Entry {
        &self.entries[self.entry_of[at]]
    }

    pub(crate) fn login(&self, login: &LoginName) -> Result<Option<&Arc<User>>, DirectoryError> {
        let asked = login.domain.as_ref().map(|name| name.to_lowercase());
        let domain = asked.as_ref().and_then(|name| self.domain(name));
        let canonical = domain.map(|domain| domain.name.clone()).or(asked);
        let filter = self.rules.login_filter(login, domain.map(Arc::as_ref));
        self.only(
            self.fitting(&filter, |user| canonical.as_ref().is_none_or(|name| *name == user.domain)),
            &login.typed,
        )
    }

    pub(crate) fn uid(&self, uid: &str, domain: Option<&str>) -> Result<Option<&Arc<User>>, DirectoryError> {
        let uid = uid.to_lowercase();
        match domain {
            None => self.one(self.by_uid.get(&uid), &uid),
            Some(domain) => self.one(self.by_login.get(&format!("{uid}@{}", self.canonical(domain))), &uid),
        }
    }

    fn only(&self, mut found: impl Iterator<Item = usize>, asked: &str) -> Result<Option<&Arc<User>>, DirectoryError> {
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(at), None) => Ok(Some(&self.users[at])),
            _ => Err(DirectoryError::Ambiguous(asked.to_owned())),
        }
    }

    /// The entry of a user.
    pub(crate) fn entry_of(&self, user: &User) -> Option<&Entry> {
        self.by_dn.get(&dn::normalized(&user.dn)).map(|at| self.entry(*at))
    }

    /// Whether the group `group` lists `member` (both DNs).
    pub(crate) fn is_member(&self, group: &str, member: &str) -> bool {
        let group = dn::normalized(group);
        self.entries.iter().find(|entry| dn::normalized(&entry.dn) == group).is_some_and(|entry| lists(entry, member))
    }

    /// Names and domains of the groups that list `user`.
    pub(crate) fn groups_of(&self, user: &User) -> Vec<(String, String)> {
        let groups = self.entries.iter().filter(|entry| lists(entry, &user.dn));
        let named = groups.filter_map(|entry| {
            let name = entry.first("cn")?.to_lowercase();
            Some((name, self.domain_of(&dn::normalized(&entry.dn)).unwrap_or_default()))
        });
        named.collect()
    }

    /// Canonical name of the domain that an entry lies in.
    fn domain_of(&self, dn: &str) -> Option<String> {
        let bases: Vec<String> = self.domains.iter().map(|domain| dn::normalized(&domain.base_dn)).collect();
        schema::domain_of(dn, bases.iter().map(String::as_str).zip(self.domains.iter().map(Arc::as_ref)))
            .map(|domain| domain.name.clone())
    }

    /// Canonical names of the domains that `user` administrates.
    pub(crate) fn administered(&self, user: &User) -> Vec<String> {
        let own = dn::normalized(&user.dn);
        let mut names: Vec<String> = self
            .entries
            .iter()
            .filter(|entry| schema::is_domain_admin_entry(entry))
            .map(|entry| (dn::normalized(&entry.dn), entry))
            .filter(|(dn, entry)| *dn == own || lists(entry, &user.dn))
            .filter_map(|(dn, _)| self.domain_of(&dn))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
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

    pub(crate) fn entries(&self, search: &EntrySearch<'_>) -> Vec<FoundEntry> {
        let base = search.base.map(dn::normalized);
        let at_place = |user: &User| {
            let dn = dn::normalized(&user.dn);
            base.as_ref().is_none_or(|base| match search.reach {
                Reach::Entry => dn == *base,
                Reach::Subtree => dn::is_at_or_below(&dn, base),
            })
        };
        // Passwords are no search criterion.
        let condition_fits = |condition: &Condition, entry: &Entry| {
            !condition.attribute.eq_ignore_ascii_case("userPassword") && condition.fits(&entry.attributes)
        };
        let fits = |at: &usize| {
            let entry = self.entry(*at);
            at_place(&self.users[*at]) && search.conditions.iter().all(|condition| condition_fits(condition, entry))
        };
        (0..self.users.len())
            .filter(fits)
            .take(search.limit)
            .map(|at| FoundEntry {
                user: Arc::clone(&self.users[at]),
                certificates: entry_search::certificates(&self.entry(at).attributes),
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

/// Whether a group's entry lists `member` (a DN).
pub(crate) fn lists(entry: &Entry, member: &str) -> bool {
    let member = dn::normalized(member);
    schema::MEMBERS.iter().flat_map(|name| entry.values(name)).any(|value| dn::normalized(value) == member)
}
