//! Directory entries to users and domains: attribute names and what they mean (reference schema, §6).

use tracing::warn;

use crate::{AccountStatus, DirectoryError, Domain, Entry, QuotaLimit, User, dn};

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
const KNOWN: [&str; 22] = [
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
];

/// The domain that an entry describes, if it does.
pub(crate) fn domain(entry: &Entry) -> Option<Domain> {
    let name = entry.first("sunPreferredDomain").or_else(|| {
        let is_domain =
            ["sunManagedOrganization", "mailDomain", "inetDomain"].iter().any(|class| entry.has_class(class));
        if is_domain { entry.first("associatedDomain") } else { None }
    })?;
    let name = name.trim().to_lowercase();
    Some(Domain {
        dn: entry.dn.clone(),
        aliases: entry
            .values("associatedDomain")
            .map(|alias| alias.trim().to_lowercase())
            .filter(|alias| *alias != name)
            .collect(),
        name,
        status: AccountStatus::first_restriction(
            ["inetDomainStatus", "mailDomainStatus"].map(|attribute| status(entry, attribute)),
        ),
        preferred_language: text(entry, "preferredLanguage"),
        preferred_mail_host: text(entry, "preferredMailHost"),
        allowed_services: entry.values("mailDomainAllowedServiceAccess").map(str::to_owned).collect(),
    })
}

/// Whether an entry describes a user.
pub(crate) fn is_user(entry: &Entry) -> bool {
    ["inetMailUser", "inetUser", "inetOrgPerson", "inetLocalMailRecipient"].iter().any(|class| entry.has_class(class))
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
