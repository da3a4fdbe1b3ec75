//! Directory entries to users and domains: attribute names and what they mean (reference schema, §6).

use tracing::{error, warn};

use crate::{AccountStatus, DirectoryError, Domain, Entry, Filter, QuotaLimit, User, dn};

/// Classes of a user entry made here, as the reference's sample entry has them.
pub(crate) const USER_CLASSES: [&str; 9] = [
    "top",
    "person",
    "organizationalPerson",
    "inetOrgPerson",
    "inetUser",
    "ipUser",
    "inetMailUser",
    "inetLocalMailRecipient",
    "userPresenceProfile",
];

/// Classes of a domain entry made here (Schema 2).
pub(crate) const DOMAIN_CLASSES: [&str; 5] =
    ["top", "organization", "sunManagedOrganization", "mailDomain", "sunDelegatedOrganization"];

/// Attributes with one value at most whose values are checked when they are set.
const SINGLE: [&str; 10] = [
    "mail",
    "mailHost",
    "mailQuota",
    "mailMsgQuota",
    "mailUserStatus",
    "inetUserStatus",
    "mailDomainStatus",
    "inetDomainStatus",
    "mailMessageStore",
    "preferredLanguage",
];

/// Other attributes that get their usual spelling when set.
const KNOWN: [&str; 25] = [
    "cn",
    "sn",
    "givenName",
    "uid",
    "userPassword",
    "objectClass",
    "mailAlternateAddress",
    "mailEquivalentAddress",
    "mailAllowedServiceAccess",
    "mailDomainAllowedServiceAccess",
    "mailDeliveryOption",
    "mailForwardingAddress",
    "mailSieveRuleSource",
    "mailAutoReplyMode",
    "mailAutoReplySubject",
    "mailAutoReplyText",
    "mailMsgMaxBlocks",
    "sunPreferredDomain",
    "associatedDomain",
    "preferredMailHost",
    "telephoneNumber",
    "nswmExtendedUserPrefs",
    "authPassword",
    "userCertificate",
    "employeeNumber",
];

/// Attributes of a domain entry that are read.
pub(crate) const DOMAIN_ATTRIBUTES: [&str; 15] = [
    "objectClass",
    "sunPreferredDomain",
    "associatedDomain",
    "inetDomainBaseDN",
    "inetCanonicalDomainName",
    "aliasedObjectName",
    "inetDomainStatus",
    "mailDomainStatus",
    "preferredLanguage",
    "preferredMailHost",
    "mailDomainAllowedServiceAccess",
    "inetDomainSearchFilter",
    "domainUidSeparator",
    "mailDomainDiskQuota",
    "mailDomainMsgQuota",
];

/// Attributes of a user entry that are read. Passwords are not among them.
pub(crate) const USER_ATTRIBUTES: [&str; 16] = [
    "objectClass",
    "uid",
    "cn",
    "givenName",
    "sn",
    "mail",
    "mailAlternateAddress",
    "mailEquivalentAddress",
    "mailHost",
    "mailUserStatus",
    "inetUserStatus",
    "mailQuota",
    "mailMsgQuota",
    "mailMessageStore",
    "mailAllowedServiceAccess",
    "preferredLanguage",
];

/// What an entry says about a domain.
pub(crate) enum DomainEntry {
    /// It is the domain's entry.
    Domain(Box<Domain>),
    /// It only says that `name` is another name of the domain `of` (Schema 1: inetCanonicalDomainName or an alias entry).
    Alias {
        /// The other name.
        name: String,
        /// The canonical one.
        of: String,
    },
}

/// What an entry says about a domain, by Schema 2, and below `dc_root` by Schema 1.
pub(crate) fn domain_entry(entry: &Entry, dc_root: Option<&str>) -> Option<DomainEntry> {
    schema_2(entry).or_else(|| schema_1(entry, dc_root?))
}

/// Schema 2: the domain's entry stands above its users.
fn schema_2(entry: &Entry) -> Option<DomainEntry> {
    let name = entry.first("sunPreferredDomain").or_else(|| {
        let is_domain = ["sunManagedOrganization", "mailDomain"].iter().any(|class| entry.has_class(class));
        // In a DC tree associatedDomain is the name of another entry's domain.
        let in_tree = entry.has_class("inetDomain") || entry.first("inetDomainBaseDN").is_some();
        if is_domain && !in_tree { entry.first("associatedDomain") } else { None }
    })?;
    let name = name.trim().to_lowercase();
    let aliases = entry
        .values("associatedDomain")
        .map(|alias| alias.trim().to_lowercase())
        .filter(|alias| *alias != name)
        .collect();
    Some(DomainEntry::Domain(Box::new(domain(entry, name, aliases, entry.dn.clone()))))
}

/// Schema 1: an entry of the DC tree says below which DN the users are.
fn schema_1(entry: &Entry, dc_root: &str) -> Option<DomainEntry> {
    let name = dn::dc_domain(&entry.dn, dc_root)?;
    if let Some(target) = entry.first("aliasedObjectName") {
        return Some(DomainEntry::Alias { name, of: dn::dc_domain(target, dc_root)? });
    }
    let base = text(entry, "inetDomainBaseDN")?;
    match text(entry, "inetCanonicalDomainName").map(|canonical| canonical.to_lowercase()) {
        Some(canonical) if canonical != name => Some(DomainEntry::Alias { name, of: canonical }),
        _ => Some(DomainEntry::Domain(Box::new(domain(entry, name, Vec::new(), base)))),
    }
}

fn domain(entry: &Entry, name: String, aliases: Vec<String>, base_dn: String) -> Domain {
    let search_filter = text(entry, "inetDomainSearchFilter").map(|filter| {
        Filter::parse_template(&filter).unwrap_or_else(|error| {
            // To let in whoever a default filter finds would not be what the domain's administrator asked for.
            error!("{}: inetDomainSearchFilter: {error}; nobody of the domain can sign in", entry.dn);
            Filter::Or(Vec::new())
        })
    });
    Domain {
        dn: entry.dn.clone(),
        base_dn,
        aliases,
        name,
        status: AccountStatus::first_restriction(
            ["inetDomainStatus", "mailDomainStatus"].map(|attribute| status(entry, attribute)),
        ),
        mail_status: status(entry, "mailDomainStatus"),
        preferred_language: text(entry, "preferredLanguage"),
        preferred_mail_host: text(entry, "preferredMailHost"),
        allowed_services: entry.values("mailDomainAllowedServiceAccess").map(str::to_owned).collect(),
        search_filter,
        uid_separator: text(entry, "domainUidSeparator"),
        quota_bytes: quota(entry, "mailDomainDiskQuota"),
        quota_messages: quota(entry, "mailDomainMsgQuota"),
    }
}

/// All domains that entries describe, aliases put to their domains.
pub(crate) fn domains<'a>(entries: impl Iterator<Item = &'a Entry>, dc_root: Option<&str>) -> Vec<Domain> {
    let mut domains: Vec<Domain> = Vec::new();
    let mut aliases = Vec::new();
    for found in entries.filter_map(|entry| domain_entry(entry, dc_root)) {
        match found {
            DomainEntry::Domain(domain) => domains.push(*domain),
            DomainEntry::Alias { name, of } => aliases.push((name, of)),
        }
    }
    for (name, of) in aliases {
        match domains.iter_mut().find(|domain| domain.name == of) {
            Some(domain) if !domain.is_named(&name) => domain.aliases.push(name),
            Some(_) => {}
            None => warn!("{name} is said to be another name of the domain {of}, which has no entry"),
        }
    }
    domains
}

/// The filter that finds users of any kind (see [`is_user`]).
pub(crate) fn user_filter() -> Filter {
    let classes = USER_MARKS.iter().map(|class| Filter::equal("objectClass", class)).collect();
    Filter::And(vec![Filter::Present("uid".to_owned()), Filter::Or(classes)])
}

/// The filter that finds a group's entry, or a person's, that makes whoever it stands for an administrator of the domain.
pub(crate) fn is_domain_admin_entry(entry: &Entry) -> bool {
    entry.has_class("inetMailAdministrator")
        && entry.values("mailAdminRole").any(|role| role.trim().eq_ignore_ascii_case("storeAdmin"))
}

/// Attributes that list a group's members by DN.
pub(crate) const MEMBERS: [&str; 2] = ["uniqueMember", "member"];

/// Classes each of which makes an entry a user's.
const USER_MARKS: [&str; 4] = ["inetMailUser", "inetUser", "inetOrgPerson", "inetLocalMailRecipient"];

/// Whether an entry describes a user.
pub(crate) fn is_user(entry: &Entry) -> bool {
    USER_MARKS.iter().any(|class| entry.has_class(class))
        && entry.first("uid").is_some_and(|uid| !uid.trim().is_empty())
}

/// The user that an entry describes; `domain` is the one it lies below.
pub(crate) fn user(entry: &Entry, domain: Option<&Domain>, default_domain: &str) -> Option<User> {
    if !is_user(entry) {
        return None;
    }
    let uid = entry.first("uid")?.trim().to_owned();
    let mail = text(entry, "mail").unwrap_or_default();
    let domain_name = domain
        .map(|domain| domain.name.clone())
        .or_else(|| mail.rsplit_once('@').map(|(_, domain)| domain.to_lowercase()))
        .unwrap_or_default();
    let at_default = match domain {
        Some(domain) => !default_domain.is_empty() && domain.is_named(default_domain),
        None => domain_name == default_domain,
    };
    let store_id = if at_default || domain_name.is_empty() { uid.clone() } else { format!("{uid}@{domain_name}") };
    let domain_status = domain.map(|domain| domain.status).unwrap_or_default();
    Some(User {
        dn: entry.dn.clone(),
        store_id,
        domain: domain_name,
        mail,
        alternates: ["mailAlternateAddress", "mailEquivalentAddress"]
            .iter()
            .flat_map(|attribute| entry.values(attribute))
            .map(|address| address.trim().to_owned())
            .collect(),
        name: text(entry, "cn").unwrap_or_else(|| uid.clone()),
        uid,
        given_name: text(entry, "givenName"),
        surname: text(entry, "sn"),
        mail_host: text(entry, "mailHost"),
        status: AccountStatus::first_restriction([
            domain_status,
            status(entry, "inetUserStatus"),
            status(entry, "mailUserStatus"),
        ]),
        quota_bytes: quota(entry, "mailQuota"),
        quota_messages: quota(entry, "mailMsgQuota"),
        partition: text(entry, "mailMessageStore"),
        preferred_language: text(entry, "preferredLanguage")
            .or_else(|| domain.and_then(|domain| domain.preferred_language.clone())),
        allowed_services: entry.values("mailAllowedServiceAccess").map(str::to_owned).collect(),
        domain_allowed_services: domain.map(|domain| domain.allowed_services.clone()).unwrap_or_default(),
    })
}

/// The usual spelling of an attribute name.
pub(crate) fn canonical_name(name: &str) -> &str {
    SINGLE.iter().chain(&KNOWN).find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name)
}

/// Whether an attribute has one value at most.
pub(crate) fn is_single(name: &str) -> bool {
    SINGLE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Checks a value that somebody sets by hand.
pub(crate) fn check(name: &str, value: &str) -> Result<(), DirectoryError> {
    let refuse = |reason: &str| Err(DirectoryError::Invalid(format!("{name}: {reason}")));
    match name.to_ascii_lowercase().as_str() {
        "mailquota" | "mailmsgquota" => match QuotaLimit::parse(value) {
            Ok(_) => Ok(()),
            Err(error) => refuse(&error.to_string()),
        },
        "mailuserstatus" | "inetuserstatus" | "maildomainstatus" | "inetdomainstatus" => {
            let known = ["active", "inactive", "deleted", "removed", "hold", "defer", "disabled", "overquota"];
            if known.iter().any(|word| word.eq_ignore_ascii_case(value)) {
                Ok(())
            } else {
                refuse(&format!("must be one of {}", known.join(", ")))
            }
        }
        "mailallowedserviceaccess" | "maildomainallowedserviceaccess" => match access::ServiceAccess::parse([value]) {
            Ok(_) => Ok(()),
            Err(error) => refuse(&error.to_string()),
        },
        "mail" => {
            if is_address(value) && !value.starts_with('@') {
                Ok(())
            } else {
                refuse("not a mail address")
            }
        }
        "mailalternateaddress" | "mailequivalentaddress" => {
            if is_address(value) {
                Ok(())
            } else {
                refuse("not a mail address")
            }
        }
        "mailhost" | "mailmessagestore" | "cn" | "sn" if value.trim().is_empty() => refuse("must not be empty"),
        _ => Ok(()),
    }
}

/// A user id that can stand in login names, addresses, DNs and store paths.
pub(crate) fn check_uid(uid: &str) -> Result<(), DirectoryError> {
    let good = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | '\'' | '&' | '=' | '~');
    if uid.is_empty() || uid.len() > 128 || uid.starts_with(['.', '-']) || !uid.chars().all(good) {
        return Err(DirectoryError::Invalid(format!(
            "{uid:?} cannot be a user id: letters, digits and . - _ ' & = ~ only, not . or - in front"
        )));
    }
    Ok(())
}

/// A domain name of letters, digits, `-` and dots.
pub(crate) fn check_domain(name: &str) -> Result<(), DirectoryError> {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Err(DirectoryError::Invalid(format!("{name:?} is not a domain name")));
    }
    Ok(())
}

fn is_address(value: &str) -> bool {
    let no_blanks = !value
        .chars()
        .any(|letter| letter.is_control() || letter.is_whitespace() || matches!(letter, '<' | '>' | ',' | '"'));
    no_blanks
        && value.rsplit_once('@').is_some_and(|(local, domain)| !local.contains('@') && check_domain(domain).is_ok())
}

fn text(entry: &Entry, attribute: &str) -> Option<String> {
    entry.first(attribute).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

fn status(entry: &Entry, attribute: &str) -> AccountStatus {
    entry.first(attribute).map(AccountStatus::parse).unwrap_or_default()
}

fn quota(entry: &Entry, attribute: &str) -> QuotaLimit {
    let Some(value) = entry.first(attribute) else { return QuotaLimit::SiteDefault };
    // 6.3 lists limits of single folders and message types behind the account's own (`20M;#voice%5M`): only the account's counts here.
    let value = value.split(';').next().unwrap_or_default();
    QuotaLimit::parse(value).unwrap_or_else(|error| {
        warn!("{}: {attribute}: {error}; the site's default counts", entry.dn);
        QuotaLimit::SiteDefault
    })
}

/// The domain below which `dn` (normalized) lies: the deepest one.
pub(crate) fn domain_of<'a>(dn: &str, domains: impl Iterator<Item = (&'a str, &'a Domain)>) -> Option<&'a Domain> {
    domains
        .filter(|(above, _)| dn::is_at_or_below(dn, above))
        .max_by_key(|(above, _)| above.len())
        .map(|(_, domain)| domain)
}
