//! One filter: a list of services and a list of clients, each with its exceptions.

use crate::{
    Protocol, Visit,
    host::{HostPattern, Side},
    lookup::{Facts, Known, Need, any, both},
    protocol::ServiceName,
};

/// `service_list : client_list` (reference §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub(crate) services: List<ServiceSpec>,
    pub(crate) clients: List<ClientSpec>,
    /// As it was written.
    pub(crate) text: String,
}

/// `items EXCEPT list`, nested to the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    pub(crate) except: Option<Box<List<T>>>,
}

/// `service` or `service@host`, the host being the address that the client connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceSpec {
    pub(crate) name: ServiceName,
    pub(crate) host: Option<HostPattern>,
}

/// `host` or `user@host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientSpec {
    pub(crate) user: Option<UserPattern>,
    pub(crate) host: HostPattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UserPattern {
    All,
    Known,
    Unknown,
    Name(String),
}

impl Filter {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first service in it that is none.
    pub(crate) fn unknown_service(&self) -> Option<&str> {
        let mut list = Some(&self.services);
        while let Some(some) = list {
            if let Some(name) = some.items.iter().find_map(|spec| spec.name.unknown()) {
                return Some(name);
            }
            list = some.except.as_deref();
        }
        None
    }

    /// Whether the filter may match a connection to `protocol` at all, judged by its list of services alone.
    pub(crate) fn may_concern(&self, protocol: Protocol) -> bool {
        self.services.items.iter().any(|spec| spec.name.matches(protocol, true))
    }

    pub(crate) fn matches(&self, visit: &Visit, facts: &Facts) -> Known {
        both(self.services.matches(&|spec| spec.matches(visit, facts)), || {
            self.clients.matches(&|spec| spec.matches(visit, facts))
        })
    }
}

impl<T> List<T> {
    fn matches(&self, item: &dyn Fn(&T) -> Known) -> Known {
        let listed = any(self.items.iter().map(item));
        match &self.except {
            None => listed,
            Some(except) => both(listed, || except.matches(item).map(|excepted| !excepted)),
        }
    }
}

impl ServiceSpec {
    fn matches(&self, visit: &Visit, facts: &Facts) -> Known {
        if !self.name.matches(visit.protocol, visit.tls) {
            return Ok(false);
        }
        match (&self.host, visit.local) {
            (None | Some(HostPattern::All), _) => Ok(true),
            (Some(host), Some(local)) => host.matches(local.ip(), Side::Local, facts),
            (Some(_), None) => Ok(false),
        }
    }
}

impl ClientSpec {
    fn matches(&self, visit: &Visit, facts: &Facts) -> Known {
        both(self.host.matches(visit.client.ip(), Side::Client, facts), || match &self.user {
            None | Some(UserPattern::All) => Ok(true),
            Some(pattern) => {
                let user = facts.user.as_ref().ok_or(Need::User)?.as_deref();
                Ok(match pattern {
                    UserPattern::All => true,
                    UserPattern::Known => user.is_some(),
                    UserPattern::Unknown => user.is_none(),
                    UserPattern::Name(name) => user.is_some_and(|user| user.eq_ignore_ascii_case(name)),
                })
            }
        })
    }
}
