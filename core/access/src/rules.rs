//! A service's filters and the order in which they are judged (reference §2.1).

use std::fmt;

use crate::{
    Filter, Lookup, ParseError, Protocol, Visit,
    lookup::{Facts, Need},
    parse,
};

/// `domainallowed` and `domainnotallowed` of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub(crate) allowed: Vec<Filter>,
    pub(crate) denied: Vec<Filter>,
    /// Where nothing matches and there are grants but no refusals; users' rules refuse there in any case.
    pub(crate) closed: bool,
    pub(crate) names: [&'static str; 2],
}

/// The filter that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `domainallowed` or `domainnotallowed`; `+` or `-` for a user's or domain's rule.
    pub list: &'static str,
    /// From 1.
    pub position: usize,
    /// As it was written.
    pub text: String,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} filter {} '{}'", self.list, self.position, self.text)
    }
}

/// Whether a client may come in, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// It may.
    pub admitted: bool,
    /// The filter that said so; `None` when none matched.
    pub by: Option<Place>,
    /// In words, for the log and for `heliograph access test`.
    pub reason: String,
}

impl Rules {
    /// Reads both values; an empty one is no filter.
    pub fn parse(allowed: &str, denied: &str) -> Result<Self, ParseError> {
        Ok(Self {
            allowed: parse::filters(allowed)?,
            denied: parse::filters(denied)?,
            closed: false,
            names: ["domainallowed", "domainnotallowed"],
        })
    }

    /// Checks a value as somebody sets it: here a service that does not exist is a mistake too.
    pub fn check(value: &str) -> Result<(), ParseError> {
        match parse::filters(value)?.iter().find_map(Filter::unknown_service) {
            None => Ok(()),
            Some(name) => Err(ParseError::new(format!("there is no service '{name}': imap, pop, http, lmtp or ALL"))),
        }
    }

    /// The filters of `value` that never concern `protocol`, as they were written: most likely meant for another service.
    pub fn idle_for(value: &str, protocol: Protocol) -> Result<Vec<String>, ParseError> {
        let filters = parse::filters(value)?;
        Ok(filters.into_iter().filter(|filter| !filter.may_concern(protocol)).map(|filter| filter.text).collect())
    }

    /// Rules that admit nobody: what counts when a value cannot be read.
    pub fn nobody() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// Whether everybody is admitted without a look.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_empty() && self.denied.is_empty() && !self.closed
    }

    /// First match among the grants admits, else first match among the refusals refuses, else everybody is admitted – but for
    /// grants without refusals, which then refuse (reference §2.1).
    pub async fn decide(&self, visit: &Visit, lookup: &dyn Lookup) -> Verdict {
        let mut facts = Facts::default();
        loop {
            match self.judge(visit, &facts) {
                Ok(verdict) => return verdict,
                // Each need is met once: after that the fact is there, whatever it says.
                Err(need) => facts.find(need, visit, lookup).await,
            }
        }
    }

    fn judge(&self, visit: &Visit, facts: &Facts) -> Result<Verdict, Need> {
        let lists = [(&self.allowed, self.names[0], true), (&self.denied, self.names[1], false)];
        for (filters, list, admitted) in lists {
            for (at, filter) in filters.iter().enumerate() {
                if filter.matches(visit, facts)? {
                    let place = Place { list, position: at + 1, text: filter.text.clone() };
                    return Ok(Verdict { admitted, reason: place.to_string(), by: Some(place) });
                }
            }
        }
        let refused = self.closed || (!self.allowed.is_empty() && self.denied.is_empty());
        let reason = match (self.is_empty(), refused) {
            (true, _) => "there are no filters",
            (_, false) => "no filter matches",
            (_, true) => "no filter matches, and there are filters that admit others",
        };
        Ok(Verdict { admitted: !refused, by: None, reason: reason.to_owned() })
    }
}
