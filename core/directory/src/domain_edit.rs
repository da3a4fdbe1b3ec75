//! Edits of domains (Schema 2): added with an entry for their people, changed, and removed when nobody is left in them.

use crate::{
    Change, DirectoryError, DirectoryRules, Domain, Entry, Filter, HashCost, Ldif, NewDomain, QuotaLimit, dn,
    edit::{self, domain_named},
    schema,
};

/// The entries of a new domain below the DN `above` (empty: at the top): its own and the one above its people.
pub(crate) fn entries(new: &NewDomain, above: &str, changes: &[Change]) -> Result<[Entry; 2], DirectoryError> {
    for name in std::iter::once(&new.name).chain(&new.aliases) {
        schema::check_domain(name)?;
    }
    let name = new.name.to_lowercase();
    let dn = if above.is_empty() { format!("o={name}") } else { format!("o={name},{above}") };
    let mut entry = Entry { dn: dn.clone(), ..Entry::default() };
    for class in schema::DOMAIN_CLASSES {
        entry.push("objectClass", class);
    }
    entry.push("o", &name);
    entry.push("sunPreferredDomain", &name);
    for alias in &new.aliases {
        entry.push("associatedDomain", &alias.to_lowercase());
    }
    entry.push("inetDomainStatus", "active");
    entry.push("mailDomainStatus", "active");
    apply(&mut entry, changes)?;
    let mut people = Entry { dn: format!("ou=People,{dn}"), ..Entry::default() };
    people.push("objectClass", "top");
    people.push("objectClass", "organizationalUnit");
    people.push("ou", "People");
    Ok([entry, people])
}

/// Changes the entry of a domain.
pub(crate) fn apply(entry: &mut Entry, changes: &[Change]) -> Result<(), DirectoryError> {
    for change in changes {
        let (attribute, values) = match change {
            Change::Replace { attribute, values } => (attribute, values.as_slice()),
            Change::Add { attribute, value } => (attribute, std::slice::from_ref(value)),
            Change::Remove { attribute, .. } => (attribute, [].as_slice()),
        };
        values.iter().try_for_each(|value| check(attribute, value))?;
        edit::apply(entry, change, HashCost::default())?;
    }
    Ok(())
}

/// Checks a value that somebody sets by hand.
fn check(attribute: &str, value: &str) -> Result<(), DirectoryError> {
    let refuse = |reason: &str| Err(DirectoryError::Invalid(format!("{attribute}: {reason}")));
    match attribute.to_ascii_lowercase().as_str() {
        "o" | "sunpreferreddomain" | "objectclass" => refuse("it makes the domain what it is; it cannot be changed"),
        "maildomaindiskquota" | "maildomainmsgquota" => match QuotaLimit::parse(value) {
            Ok(_) => Ok(()),
            Err(error) => refuse(&error.to_string()),
        },
        "inetdomainsearchfilter" => match Filter::parse_template(value) {
            Ok(_) => Ok(()),
            Err(error) => refuse(&error.to_string()),
        },
        "associateddomain" => schema::check_domain(value),
        _ => Ok(()),
    }
}

/// All names that the entry of a domain gives it.
pub(crate) fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    ["sunPreferredDomain", "associatedDomain"].into_iter().flat_map(|attribute| entry.values(attribute))
}

/// A domain whose entry stands above its people: others (Schema 1) are kept in two trees, which are the site's own affair.
pub(crate) fn refuse_schema_1(domain: &Domain) -> Result<(), DirectoryError> {
    if dn::normalized(&domain.dn) == dn::normalized(&domain.base_dn) {
        return Ok(());
    }
    Err(DirectoryError::Invalid(format!(
        "{} is a Schema 1 domain: change its entry {} with LDAP tools",
        domain.name, domain.dn
    )))
}

pub(crate) fn add(ldif: &mut Ldif, new: &NewDomain, changes: &[Change]) -> Result<(), DirectoryError> {
    let entries = entries(new, "", changes)?;
    if let Some(taken) = names(&entries[0]).find(|name| domain_named(ldif, name, &DirectoryRules::default()).is_some())
    {
        return Err(DirectoryError::AlreadyExists(taken.to_owned()));
    }
    ldif.entries.extend(entries);
    Ok(())
}

pub(crate) fn change(
    ldif: &mut Ldif,
    name: &str,
    changes: &[Change],
    rules: &DirectoryRules,
) -> Result<(), DirectoryError> {
    let at = position(ldif, name, rules)?;
    let mut entry = ldif.entries[at].clone();
    apply(&mut entry, changes)?;
    // A name belongs to one domain only.
    let is_others = |name: &&str| domain_named(ldif, name, rules).is_some_and(|other| other.dn != entry.dn);
    if let Some(taken) = names(&entry).find(is_others) {
        return Err(DirectoryError::AlreadyExists(taken.to_owned()));
    }
    ldif.entries[at] = entry;
    Ok(())
}

/// Removes a domain below which nothing is but the entry above its people.
pub(crate) fn remove(ldif: &mut Ldif, name: &str, rules: &DirectoryRules) -> Result<(), DirectoryError> {
    let own = ldif.entries[position(ldif, name, rules)?].dn.clone();
    let people = dn::normalized(&format!("ou=People,{own}"));
    let is_below = |entry: &&Entry| dn::is_at_or_below(&entry.dn, &own);
    let goes = |entry: &Entry| [dn::normalized(&own), people.clone()].contains(&dn::normalized(&entry.dn));
    let left = ldif.entries.iter().filter(is_below).filter(|entry| !goes(entry)).count();
    if left > 0 {
        return Err(not_empty(name, &format!("{left} entries are below it")));
    }
    ldif.entries.retain(|entry| !goes(entry));
    Ok(())
}

pub(crate) fn not_empty(name: &str, why: &str) -> DirectoryError {
    DirectoryError::Invalid(format!("the domain {name} is not empty: {why}; delete its users and groups first"))
}

/// Where a domain's entry is.
pub(crate) fn position(ldif: &Ldif, name: &str, rules: &DirectoryRules) -> Result<usize, DirectoryError> {
    let not_found = || DirectoryError::NotFound(format!("domain {name}"));
    let domain = domain_named(ldif, name, rules).ok_or_else(not_found)?;
    refuse_schema_1(&domain)?;
    ldif.entries.iter().position(|entry| entry.dn == domain.dn).ok_or_else(not_found)
}
