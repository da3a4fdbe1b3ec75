//! The log's line and the counter of each sign-in (reference §7.6).

use std::fmt;

use logs::Quoted;
use tracing::{debug, info};

use crate::{AuthContext, AuthError, AuthErrorKind, Identity};

/// One line for each sign-in; `mechanism` is `plaintext` or `certificate`, `claimed` the login name or the certificate's subject.
pub(crate) fn log(result: &Result<Identity, AuthError>, claimed: &str, mechanism: &str, context: AuthContext) {
    let service = context.service.as_str();
    meters::login(
        service,
        match result {
            Ok(_) => meters::Login::Good,
            Err(error) if error.kind() == AuthErrorKind::Unavailable => meters::Login::Unavailable,
            Err(_) => meters::Login::Bad,
        },
    );
    match result {
        Ok(identity) => {
            let tls = if context.tls { "+tls" } else { "" };
            let name = Quoted(&identity.authenticated);
            debug!(service, "login: {} {mechanism}{tls} {name}{}", Peer(context), ActsFor(identity));
        }
        // The directory logs when it goes away and when it comes back; a line a sign-in would bury that.
        Err(error) if error.kind() == AuthErrorKind::Unavailable => {
            debug!(service, "no login: {} {} directory: {}", Peer(context), Quoted(claimed), error.reason());
        }
        Err(error) if error.kind().is_status() => {
            info!(service, "badlogin: {} {mechanism} {} {}", Peer(context), Quoted(claimed), error.reason());
        }
        Err(error) => {
            let (name, reason) = (Quoted(claimed), error.reason());
            info!(service, "badlogin: {} {mechanism} {name} authentication failure ({reason})", Peer(context));
        }
    }
}

/// `[address:port]`, as the old log lines have it; what a proxy told has no port.
struct Peer(AuthContext);

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.peer {
            Some(peer) if peer.port() == 0 => write!(out, "[{}]", peer.ip()),
            Some(peer) => write!(out, "[{peer}]"),
            None => out.write_str("[local]"),
        }
    }
}

struct ActsFor<'a>(&'a Identity);

impl fmt::Display for ActsFor<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.user.store_id == self.0.authenticated {
            return Ok(());
        }
        write!(out, " acts for {}", Quoted(&self.0.user.store_id))
    }
}
