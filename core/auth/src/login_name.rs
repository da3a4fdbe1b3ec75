//! Login names: which part is the user, which the domain (Guide §5.3, `service.loginseparator`, `service.defaultdomain`).

use directory::LoginName;

/// The two settings that say how a login name is read.
#[derive(Clone, Debug)]
pub struct LoginNames {
    separators: Vec<char>,
    default_domain: Option<String>,
}

impl LoginNames {
    /// `separators`: each character of it separates; an empty text means that login names have no domain part.
    /// `default_domain`: counts for names without a separator; empty = none.
    pub fn new(separators: &str, default_domain: &str) -> LoginNames {
        let default_domain = Some(default_domain.trim().to_lowercase()).filter(|domain| !domain.is_empty());
        LoginNames { separators: separators.chars().collect(), default_domain }
    }

    /// Splits at the last separator. `alice@` (nothing behind it) means the default domain; `@x` is nobody's name.
    pub fn split(&self, typed: &str) -> LoginName {
        let typed = typed.trim();
        match typed.rfind(|found| self.separators.contains(&found)) {
            Some(at) => {
                let after = typed[at..].chars().skip(1).collect::<String>().to_lowercase();
                let domain = if after.is_empty() { self.default_domain.clone() } else { Some(after) };
                LoginName { user: typed[..at].to_owned(), domain }
            }
            None => LoginName { user: typed.to_owned(), domain: self.default_domain.clone() },
        }
    }
}
