//! Edits of the directory's content: new domains, new users, changed attributes.

use crate::scram::ScramVerifier;
use crate::{
    Attribute, DirectoryError, DirectoryRules, Domain, Entry, HashCost, Ldif, dn, escape_dn_value, ldif, password,
    schema,
};

/// One change of a user's entry. Attribute names have no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// All values are replaced by these; none removes the attribute.
    Replace {
        /// Attribute name.
        attribute: String,
        /// New values.
        values: Vec<String>,
    },
    /// One more value.
    Add {
        /// Attribute name.
        attribute: String,
        /// The value.
        value: String,
    },
    /// One value less.
    Remove {
        /// Attribute name.
        attribute: String,
        /// The value.
        value: String,
    },
}

/// The attributes that hold a user's mail addresses.
pub(crate) const ADDRESSES: [&str; 3] = ["mail", "mailAlternateAddress", "mailEquivalentAddress"];

/// A domain to add.
#[derive(Clone, Debug, Default)]
pub struct NewDomain {
    /// Canonical name.
    pub name: String,
    /// Other names of it.
    pub aliases: Vec<String>,
}

/// A user to add.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// User id.
    pub uid: String,
    /// Domain; `None` is the default domain.
    pub domain: Option<String>,
    /// `cn`; empty = the uid.
    pub name: String,
    /// Password in clear text; `None` = cannot sign in yet.
    pub password: Option<String>,
    /// Further attributes, also `mail` if it is not `uid@domain`.
    pub attributes: Vec<(String, String)>,
}

pub(crate) fn add_user(
    ldif: &mut Ldif,
    new: &NewUser,
    rules: &DirectoryRules,
    cost: HashCost,
) -> Result<(), DirectoryError> {
    schema::check_uid(&new.uid)?;
    let name = new.domain.as_deref().unwrap_or(&rules.default_domain);
    let domain = domain_named(ldif, name, rules).ok_or_else(|| DirectoryError::NotFound(format!("domain {name}")))?;
    if position(ldif, &format!("{}@{}", new.uid, domain.name), rules).is_ok() {
        return Err(DirectoryError::AlreadyExists(new.uid.clone()));
    }
    let people = format!("ou=People,{}", domain.base_dn);
    let there = dn::normalized(&people);
    let above = match ldif.entries.iter().any(|entry| dn::normalized(&entry.dn) == there) {
        true => people,
        false => domain.base_dn.clone(),
    };
    ldif.entries.push(user_entry(new, &domain, &above, cost)?);
    Ok(())
}

/// The entry of a new user of `domain` below the DN `above`.
pub(crate) fn user_entry(new: &NewUser, domain: &Domain, above: &str, cost: HashCost) -> Result<Entry, DirectoryError> {
    schema::check_uid(&new.uid)?;
    let mut entry = Entry { dn: format!("uid={},{above}", escape_dn_value(&new.uid)), ..Entry::default() };
    for class in schema::USER_CLASSES {
        entry.push("objectClass", class);
    }
    entry.push("uid", &new.uid);
    let shown = if new.name.trim().is_empty() { new.uid.as_str() } else { new.name.trim() };
    entry.push("cn", shown);
    // inetOrgPerson must have a surname.
    entry.push("sn", shown.rsplit(' ').next().unwrap_or(shown));
    entry.push("mail", &format!("{}@{}", new.uid, domain.name));
    if let Some(host) = &domain.preferred_mail_host {
        entry.push("mailHost", host);
    }
    entry.push("inetUserStatus", "active");
    entry.push("mailUserStatus", "active");
    if let Some(password) = &new.password {
        entry.push("userPassword", &password::hash_password(password, cost)?);
        entry.push("authPassword", &ScramVerifier::derive(password)?.to_auth_password());
    }
    let mut replaced: Vec<&str> = Vec::new();
    for (attribute, value) in &new.attributes {
        // The first value given for an attribute replaces what was made up above; more of them add up.
        let first = !replaced.iter().any(|name| name.eq_ignore_ascii_case(attribute));
        replaced.push(attribute);
        let change = match first {
            true if !attribute.eq_ignore_ascii_case("objectClass") => {
                Change::Replace { attribute: attribute.clone(), values: vec![value.clone()] }
            }
            _ => Change::Add { attribute: attribute.clone(), value: value.clone() },
        };
        apply(&mut entry, &change, cost)?;
    }
    Ok(entry)
}

pub(crate) fn change_user(
    ldif: &mut Ldif,
    user: &str,
    rules: &DirectoryRules,
    changes: &[Change],
    cost: HashCost,
) -> Result<(), DirectoryError> {
    let at = position(ldif, user, rules)?;
    changes.iter().try_for_each(|change| apply(&mut ldif.entries[at], change, cost))
}

/// Where a user's entry (`uid` or `uid@domain`) is.
pub(crate) fn position(ldif: &Ldif, user: &str, rules: &DirectoryRules) -> Result<usize, DirectoryError> {
    let not_found = || DirectoryError::NotFound(user.to_owned());
    let (uid, domain) = user.rsplit_once('@').unwrap_or((user, &rules.default_domain));
    let found = |domain: Option<&Domain>| {
        let base = domain.map(|domain| dn::normalized(&domain.base_dn));
        let mut fitting = ldif.entries.iter().enumerate().filter(|(_, entry)| {
            schema::is_user(entry)
                && entry.first("uid").is_some_and(|own| own.to_lowercase() == uid.to_lowercase())
                && base.as_deref().is_none_or(|base| dn::is_at_or_below(&dn::normalized(&entry.dn), base))
        });
        let first = fitting.next().map(|(at, _)| at);
        if fitting.next().is_some() {
            Err(DirectoryError::Ambiguous(user.to_owned()))
        } else {
            first.ok_or_else(not_found)
        }
    };
    if domain.is_empty() {
        return found(None);
    }
    let domain = domain_named(ldif, domain, rules).ok_or_else(not_found)?;
    found(Some(&domain))
}

pub(crate) fn domain_named(ldif: &Ldif, name: &str, rules: &DirectoryRules) -> Option<Domain> {
    schema::domains(ldif.entries.iter(), rules.dc_root.as_deref()).into_iter().find(|domain| domain.is_named(name))
}

pub(crate) fn apply(entry: &mut Entry, change: &Change, cost: HashCost) -> Result<(), DirectoryError> {
    let (Change::Replace { attribute, .. } | Change::Add { attribute, .. } | Change::Remove { attribute, .. }) = change;
    if !ldif::is_attribute_name(attribute) {
        return Err(DirectoryError::Invalid(format!("{attribute:?} is not an attribute name")));
    }
    let name = schema::canonical_name(attribute);
    if name == "uid" || name.eq_ignore_ascii_case("dn") {
        return Err(DirectoryError::Invalid(format!(
            "{name} names the entry and the mail in the store; it cannot be changed"
        )));
    }
    let is_own = |row: &Attribute| row.name.eq_ignore_ascii_case(name);
    // The spelling that the entry has already stays.
    let spelling = entry.attributes.iter().find(|row| is_own(row)).map_or(name, |row| &row.name).to_owned();
    let value = |text: &str| -> Result<Attribute, DirectoryError> {
        schema::check(name, text)?;
        // A password in clear text never gets into the file.
        let text = if name == "userPassword" && !password::is_supported(text) {
            password::hash_password(text, cost)?
        } else {
            text.to_owned()
        };
        Ok(Attribute { name: spelling.clone(), value: text.into_bytes() })
    };
    match change {
        Change::Replace { values, .. } => {
            let rows = values.iter().map(|text| value(text)).collect::<Result<Vec<_>, _>>()?;
            if rows.len() > 1 && schema::is_single(name) {
                return Err(DirectoryError::Invalid(format!("{name} has one value only")));
            }
            // New values stand where the old ones stood, so that the file keeps its order.
            let at = entry.attributes.iter().position(is_own).unwrap_or(entry.attributes.len());
            entry.attributes.retain(|row| !is_own(row));
            entry.attributes.splice(at..at, rows);
        }
        Change::Add { value: text, .. } => {
            let row = value(text)?;
            if entry.attributes.contains(&row) {
                return Ok(());
            }
            if schema::is_single(name) && entry.attributes.iter().any(is_own) {
                return Err(DirectoryError::Invalid(format!("{name} has one value only")));
            }
            let at = entry.attributes.iter().rposition(is_own).map_or(entry.attributes.len(), |last| last + 1);
            entry.attributes.insert(at, row);
        }
        Change::Remove { value: text, .. } => {
            let before = entry.attributes.len();
            entry.attributes.retain(|row| !(is_own(row) && row.value == text.as_bytes()));
            if entry.attributes.len() == before {
                return Err(DirectoryError::NotFound(format!("{name}: {text}")));
            }
        }
    }
    if name == "userPassword" {
        // A verifier of the old password would go on opening the door.
        entry.attributes.retain(|row| {
            let verifier = || std::str::from_utf8(&row.value).ok().and_then(ScramVerifier::parse).is_some();
            !(row.name.eq_ignore_ascii_case("authPassword") && verifier())
        });
        if let Change::Replace { values, .. } = change
            && let [clear] = values.as_slice()
            && !password::is_supported(clear)
        {
            entry.push("authPassword", &ScramVerifier::derive(clear)?.to_auth_password());
        }
    }
    // The schema's musts of a person: the entry would not load into an LDAP server without them.
    if ["cn", "sn"].contains(&name) && entry.first(name).is_none() {
        return Err(DirectoryError::Invalid(format!("{name} must have a value")));
    }
    Ok(())
}
