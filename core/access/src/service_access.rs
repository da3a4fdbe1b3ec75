//! `mailAllowedServiceAccess` and `mailDomainAllowedServiceAccess`: the services of a user or a domain (reference §2.3).

use crate::{Filter, Lookup, ParseError, Rules, Verdict, Visit, parse};

/// `+` and `-` rules. Without any, every service may be used; a `+` rule denies what no `+` rule grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccess(Rules);

impl ServiceAccess {
    /// Reads the values of the attribute; within one, rules are joined by `$`.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, ParseError> {
        let mut rules = Rules { names: ["+", "-"], ..Rules::default() };
        for piece in values.into_iter().flat_map(parse::pieces) {
            let (list, rest) = match (piece.strip_prefix('+'), piece.strip_prefix('-')) {
                (Some(rest), _) => (&mut rules.allowed, rest),
                (_, Some(rest)) => (&mut rules.denied, rest),
                _ => return Err(ParseError::new("a rule begins with + or -").within(piece)),
            };
            let filter = parse::filter(rest.trim()).map_err(|error| error.within(piece))?;
            list.push(Filter { text: piece.to_owned(), ..filter });
        }
        rules.closed = !rules.allowed.is_empty();
        Ok(Self(rules))
    }

    /// Whether every service may be used from everywhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the service may be used from there.
    pub async fn decide(&self, visit: &Visit, lookup: &dyn Lookup) -> Verdict {
        self.0.decide(visit, lookup).await
    }
}
