//! What stands before and behind the password: the throttle, and the services that the user may use (reference §2.3).

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, PoisonError, RwLock},
};

use access::{HostName, Lookup, Netgroups, Protocol, Rules, ServiceAccess, Visit};
use async_trait::async_trait;
use config::LoginThrottle;
use directory::User;

use crate::{
    AuthContext, AuthError, AuthErrorKind, Identity, Service,
    throttle::{Outcome, Throttle, Ticket},
};

/// See the module.
pub(crate) struct Admission {
    throttle: Throttle,
    names: RwLock<Arc<dyn Lookup>>,
}

impl Admission {
    /// Nobody is delayed and no names are known before [`set`](Self::set).
    pub(crate) fn new() -> Self {
        Self { throttle: Throttle::default(), names: RwLock::new(Arc::new(NoNames)) }
    }

    pub(crate) fn set(&self, throttle: LoginThrottle, names: Arc<dyn Lookup>) {
        self.throttle.set(throttle);
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Waits until a password may be looked at. `user` is the login name in its canonical form.
    pub(crate) async fn turn(&self, user: &str, context: AuthContext) -> Result<Option<Ticket>, AuthError> {
        let address = context.peer.map(|peer| peer.ip());
        let too_many = |()| AuthError::new(AuthErrorKind::TooMany, "too many failures before");
        self.throttle.turn(user, address, context.service.as_str()).await.map_err(too_many)
    }

    /// Whether a filter of `portals` names the client that the context tells of, and HTTP is what it asks for.
    pub(crate) async fn is_portal(&self, portals: &Rules, context: AuthContext) -> bool {
        if context.service != Service::Http || portals.is_empty() {
            return false;
        }
        let names = Arc::clone(&self.names.read().unwrap_or_else(PoisonError::into_inner));
        portals.decide(&visit(context), &*names).await.admitted
    }

    /// Whether the user, and the domain, may use the service from there; both must admit. Somebody who acts for the user is not
    /// asked: a webmail-only user's mail is still read by IMAP, by the gateway. In the webmail it is the user who gets in, whoever
    /// proved who that is.
    pub(crate) async fn service(&self, identity: &Identity, context: AuthContext) -> Result<(), AuthError> {
        if identity.authenticated != identity.user.store_id && context.service != Service::Http {
            return Ok(());
        }
        let User { allowed_services, domain_allowed_services, .. } = &*identity.user;
        for (attribute, values) in [
            ("mailAllowedServiceAccess", allowed_services),
            ("mailDomainAllowedServiceAccess", domain_allowed_services),
        ] {
            if values.is_empty() {
                continue;
            }
            let denied = |reason: &dyn std::fmt::Display| {
                AuthError::new(AuthErrorKind::ServiceDenied, format!("service refused: {attribute}: {reason}"))
            };
            // A rule that cannot be read admits nobody: it was meant to keep somebody out.
            let access = ServiceAccess::parse(values.iter().map(String::as_str)).map_err(|error| denied(&error))?;
            let names = Arc::clone(&self.names.read().unwrap_or_else(PoisonError::into_inner));
            let verdict = access.decide(&visit(context), &*names).await;
            if !verdict.admitted {
                return Err(denied(&verdict.reason));
            }
        }
        Ok(())
    }
}

/// What the throttle learns from a sign-in. Whoever is told of a status, a right or a service had the right password.
pub(crate) fn outcome(result: &Result<Identity, AuthError>) -> Outcome {
    match result.as_ref().map_err(AuthError::kind) {
        Err(AuthErrorKind::Failed) => Outcome::Wrong,
        Err(AuthErrorKind::Malformed | AuthErrorKind::Unavailable | AuthErrorKind::TooMany) => Outcome::Unknown,
        _ => Outcome::Right,
    }
}

fn visit(context: AuthContext) -> Visit {
    let protocol = match context.service {
        Service::Imap => Protocol::Imap,
        Service::Pop => Protocol::Pop,
        Service::Http => Protocol::Http,
        Service::Smtp => Protocol::Smtp,
    };
    // A client without an address is in no network.
    let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    Visit { protocol, tls: context.tls, client: context.peer.unwrap_or(nowhere), local: context.local }
}

/// For tools that ask nobody for names.
struct NoNames;

#[async_trait]
impl Lookup for NoNames {
    async fn host_name(&self, _: IpAddr) -> HostName {
        HostName::Unknown
    }

    async fn user(&self, _: SocketAddr, _: SocketAddr) -> Option<String> {
        None
    }

    async fn netgroups(&self) -> Arc<Netgroups> {
        Arc::default()
    }
}
