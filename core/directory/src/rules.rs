//! How login names become searches: the site's filter, a domain's own, and what counts without either (Guide §5.2.1; reference schema, §6).

use crate::{Domain, Filter, FilterNames, FilterSyntax, LoginName};

/// The settings that say who is found by which name. The same for every kind of directory.
#[derive(Clone, Debug, Default)]
pub struct DirectoryRules {
    /// `service.defaultdomain`, lower case: users of this domain have a bare store id; empty = none.
    pub default_domain: String,
    /// `sasl.default.ldap.searchfilter`, read by [`Filter::parse_template`]; `None` is
    /// `(&(objectclass=inetOrgPerson)(uid=%U))`.
    pub search_filter: Option<Filter>,
    /// `service.dcroot`: the DN below which Schema 1 domains are; `None` where there are none.
    pub dc_root: Option<String>,
}

impl DirectoryRules {
    /// Rules with this default domain and nothing else set.
    pub fn new(default_domain: impl Into<String>) -> DirectoryRules {
        DirectoryRules { default_domain: default_domain.into().to_lowercase(), ..DirectoryRules::default() }
    }

    /// The same with another search filter; an empty text is the default one.
    pub fn with_search_filter(mut self, filter: &str) -> Result<DirectoryRules, FilterSyntax> {
        self.search_filter = match filter.trim() {
            "" => None,
            filter => Some(Filter::parse_template(filter)?),
        };
        Ok(self)
    }

    /// The filter that finds `login` among the users of `domain`; without a domain, among all users.
    pub(crate) fn login_filter(&self, login: &LoginName, domain: Option<&Domain>) -> Filter {
        let own = domain.and_then(|domain| domain.search_filter.as_ref());
        let asked = login.domain.as_deref().unwrap_or_default();
        let names = FilterNames {
            user: &login.user,
            domain: domain.map_or(asked, |domain| domain.name.as_str()),
            typed: if login.typed.is_empty() { &login.user } else { &login.typed },
        };
        if let Some(template) = own.or(self.search_filter.as_ref()) {
            return template.for_login(names);
        }
        let uid = match domain.and_then(|domain| domain.uid_separator.as_deref()) {
            // Compound ids: every uid of the domain ends in the separator and the domain's name.
            Some(separator) => format!("{}{separator}{}", names.user, names.domain),
            None => names.user.to_owned(),
        };
        Filter::And(vec![Filter::equal("objectClass", "inetOrgPerson"), Filter::equal("uid", &uid)])
    }
}
