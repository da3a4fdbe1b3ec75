//! Sign-in by certificate: trusted, mapped to one user, perhaps compared with the directory's copy (Guide §5.2.3; reference §3.2).

mod map;

use std::sync::Arc;

use directory::{Condition, DirectoryError, EntrySearch, FoundEntry, Reach, User};
use tls::{Certificate, ClientCertificate};

pub(crate) use map::{Base, Mapping};
pub use map::{CertificateMap, MapError};

use crate::authenticator::look_up_failed;
use crate::sign_in_log::log;
use crate::{AuthContext, AuthError, AuthErrorKind, Authenticator, Identity};

/// Entries looked at for one certificate; if more fit, the mapping is far too wide.
const MOST: usize = 50;

impl Authenticator {
    /// Signs in whoever has shown `shown`. `authorization` is whom to act for, as with passwords. Refusals are logged here, once; whoever
    /// is refused learns no more than that.
    pub async fn certificate(
        &self,
        shown: &ClientCertificate,
        authorization: Option<&str>,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
        self.guarded(
            &shown.subject(),
            "certificate",
            context,
            Box::pin(self.by_certificate(shown, authorization, context)),
        )
        .await
    }

    /// Whether the certificate comes from a trusted authority and is in force; if not, that is logged.
    pub fn trusts(&self, shown: &ClientCertificate, context: AuthContext) -> bool {
        let verified = shown.verify();
        if let Err(reason) = &verified {
            let refused = Err(AuthError::new(AuthErrorKind::Failed, reason.to_string()));
            log(&refused, &shown.subject(), "certificate", context);
        }
        verified.is_ok()
    }

    async fn by_certificate(
        &self,
        shown: &ClientCertificate,
        authorization: Option<&str>,
        context: AuthContext,
    ) -> Result<Identity, AuthError> {
        if authorization.is_some_and(|identity| identity.len() > crate::sasl::MAX_FIELD) {
            return Err(AuthError::new(AuthErrorKind::Malformed, "name too long"));
        }
        let certificate = shown.verify().map_err(|reason| failed(reason.to_string()))?;
        let user = self.mapped(&certificate).await?;
        self.admit(user, authorization, context).await
    }

    /// The one user whose certificate this is.
    async fn mapped(&self, certificate: &Certificate) -> Result<Arc<User>, AuthError> {
        let map = self.certificate_map();
        let Some(mapping) = map.mapping(&certificate.issuer) else {
            return match map.is_empty() {
                true => self.by_mail(certificate).await,
                false => Err(failed("no mapping in certmap.conf for the certificate's issuer, and no default one")),
            };
        };
        if let Some(attribute) = &mapping.subject_attribute {
            let condition = Condition { attribute: attribute.clone(), any_of: spellings(certificate) };
            let found = self.entries(None, Reach::Subtree, &[condition]).await?;
            if !found.is_empty() {
                return one(found, mapping, certificate);
            }
        }
        let conditions = conditions(mapping, certificate)?;
        let base = base(mapping, certificate)?;
        if base.is_none() && conditions.is_empty() {
            return Err(failed("the mapping in certmap.conf has neither DNComps nor FilterComps to find an entry by"));
        }
        // Without a filter the base itself is meant, not everybody below it.
        let reach = if conditions.is_empty() { Reach::Entry } else { Reach::Subtree };
        one(self.entries(base.as_deref(), reach, &conditions).await?, mapping, certificate)
    }

    /// Without certmap.conf: a mail address of the certificate must be the `mail` of an entry.
    async fn by_mail(&self, certificate: &Certificate) -> Result<Arc<User>, AuthError> {
        if certificate.emails.is_empty() {
            return Err(failed("no mail address in the certificate, and no certmap.conf to find its user otherwise"));
        }
        let condition = Condition { attribute: "mail".to_owned(), any_of: certificate.emails.clone() };
        one(self.entries(None, Reach::Subtree, &[condition]).await?, &Mapping::default(), certificate)
    }

    async fn entries(
        &self,
        base: Option<&str>,
        reach: Reach,
        conditions: &[Condition],
    ) -> Result<Vec<FoundEntry>, AuthError> {
        let search = EntrySearch { base, reach, conditions, limit: MOST };
        match self.directory().find_entries(&search).await {
            Ok(found) => Ok(found),
            Err(DirectoryError::Ambiguous(_)) => Err(failed("the certificate fits several users")),
            Err(error) => Err(look_up_failed(&error)),
        }
    }
}

fn failed(reason: impl Into<String>) -> AuthError {
    AuthError::new(AuthErrorKind::Failed, reason)
}

/// The only user of `found`, after comparing certificates where the mapping wants it.
fn one(found: Vec<FoundEntry>, mapping: &Mapping, certificate: &Certificate) -> Result<Arc<User>, AuthError> {
    let any = !found.is_empty();
    let mut fitting = found
        .into_iter()
        .filter(|entry| !mapping.verify_certificate || entry.certificates.contains(&certificate.der))
        .map(|entry| entry.user);
    match (fitting.next(), fitting.next()) {
        (Some(user), None) => Ok(user),
        (Some(_), Some(_)) => Err(failed("the certificate fits several users")),
        (None, _) if any => Err(failed("the certificate is not among the userCertificate values of its user")),
        (None, _) => Err(failed("no user for the certificate")),
    }
}

/// FilterComps: each named part of the certificate must be there and fit.
fn conditions(mapping: &Mapping, certificate: &Certificate) -> Result<Vec<Condition>, AuthError> {
    mapping
        .filter
        .iter()
        .map(|(part, attribute)| {
            let values = values(certificate, part);
            if values.is_empty() {
                return Err(failed(format!("the certificate has no {part}, which FilterComps wants")));
            }
            Ok(Condition { attribute: attribute.clone(), any_of: values })
        })
        .collect()
}

/// DNComps: where in the directory the entry is.
fn base(mapping: &Mapping, certificate: &Certificate) -> Result<Option<String>, AuthError> {
    let written = |name: &str, value: &str| {
        let name = if name == "E" { "mail" } else { name };
        format!("{name}={}", directory::escape_dn_value(value))
    };
    let parts: Vec<String> = match &mapping.base {
        Base::Everything => return Ok(None),
        Base::Subject => certificate.subject.parts().map(|(name, value)| written(name, value)).collect(),
        Base::Parts(names) => {
            let mut parts = Vec::new();
            for name in names {
                let before = parts.len();
                parts.extend(certificate.subject.values(name).map(|value| written(name, value)));
                if parts.len() == before {
                    return Err(failed(format!("the certificate's subject has no {name}, which DNComps wants")));
                }
            }
            parts
        }
    };
    if parts.is_empty() { Err(failed("the certificate has an empty subject")) } else { Ok(Some(parts.join(","))) }
}

/// Values of a part of the certificate; `e` is its mail addresses, also those among the alternative names.
fn values(certificate: &Certificate, part: &str) -> Vec<String> {
    if ["e", "email", "emailaddress", "mail"].iter().any(|name| part.eq_ignore_ascii_case(name)) {
        return certificate.emails.clone();
    }
    certificate.subject.values(part).map(str::to_owned).collect()
}

/// The subject as people write it into a directory: with and without blanks, and the mail address under its three names.
fn spellings(certificate: &Certificate) -> Vec<String> {
    let mut spellings = Vec::new();
    for separator in [",", ", "] {
        for mail in ["E", "emailAddress", "mail"] {
            let parts = certificate.subject.parts().map(|(name, value)| {
                let name = if name == "E" { mail } else { name };
                format!("{name}={}", directory::escape_dn_value(value))
            });
            let text = parts.collect::<Vec<_>>().join(separator);
            if !spellings.contains(&text) && !text.is_empty() {
                spellings.push(text);
            }
        }
    }
    spellings
}
