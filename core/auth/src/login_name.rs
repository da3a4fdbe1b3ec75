//! Login names: which part is the user, which the domain (Guide §5.3, `service.loginseparator`, `service.defaultdomain`).

use directory::LoginName;

/// The settings that say how a login name is read.
#[derive(Clone, Debug)]
pub struct LoginNames {
    separators: Vec<char>,
    default_domain: Option<String>,
    bare_names: BareNames,
}

/// Where a login name without a domain is looked for (`sasl.default.ldap.searchfordomain`, Guide §5.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BareNames {
    /// In the default domain.
    #[default]
    DefaultDomain,
    /// In the whole directory, where it must be unique.
    WholeDirectory,
}

impl LoginNames {
    /// `separators`: each character of it separates; an empty text means that login names have no domain part.
    /// `default_domain`: counts for names without a separator; empty = none.
    pub fn new(separators: &str, default_domain: &str) -> LoginNames {
        let default_domain = Some(default_domain.trim().to_lowercase()).filter(|domain| !domain.is_empty());
        LoginNames { separators: separators.chars().collect(), default_domain, bare_names: BareNames::default() }
    }

    /// The same with another place for names without a domain.
    pub fn with_bare_names(self, bare_names: BareNames) -> LoginNames {
        LoginNames { bare_names, ..self }
    }

    /// As [`LoginNames::split`], for names that an administrator or another server gives: these are store ids, where a bare
    /// name always belongs to the default domain.
    pub fn split_store_id(&self, given: &str) -> LoginName {
        let name = self.split(given);
        LoginName { domain: name.domain.or_else(|| self.default_domain.clone()), ..name }
    }

    /// Splits at the last separator. `alice@` (nothing behind it) means the default domain; `@x` is nobody's name.
    pub fn split(&self, typed: &str) -> LoginName {
        let typed = typed.trim();
        let (user, domain) = match typed.rfind(|found| self.separators.contains(&found)) {
            Some(at) => {
                let after = typed[at..].chars().skip(1).collect::<String>().to_lowercase();
                (&typed[..at], if after.is_empty() { self.default_domain.clone() } else { Some(after) })
            }
            None if self.bare_names == BareNames::WholeDirectory => (typed, None),
            None => (typed, self.default_domain.clone()),
        };
        LoginName { user: user.to_owned(), domain, typed: typed.to_owned() }
    }
}
