//! The client behind a proxy or a webmail server, as ID tells it: `x-originating-ip` (RFC 2971 fields as Dovecot has them).
//!
//! Trusted proxies (`service.imap.trustedproxies`) are believed at once, so that filters and the throttle see the real address. From
//! anybody else it counts only once a store administrator has signed in on the connection, and then for the log.

use std::net::{IpAddr, SocketAddr};

use auth::Identity;
use daemon::Unwelcome;
use imap_wire::command::IdField;

use crate::session::Session;

/// What was said, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A trusted proxy said it: the connection has that address already.
    Believed,
    /// Somebody else did.
    Claimed(SocketAddr),
}

impl Session {
    /// Takes what ID says before anybody has signed in.
    pub(crate) fn hear_origin(&mut self, fields: &[IdField]) {
        let Some(client) = told(fields) else { return };
        let trusted = self.link.conn().is_some_and(daemon::Conn::is_trusted_proxy);
        if self.origin == Some(Origin::Believed) || trusted {
            self.link.set_client(client);
            self.origin = Some(Origin::Believed);
        } else {
            self.origin = Some(Origin::Claimed(client));
        }
    }

    /// Somebody has signed in. Users behind a trusted proxy must be welcome from where they are. An administrator who acts for them has looked
    /// at that himself: webmail has filters of its own.
    pub(crate) async fn heed_origin(&mut self, identity: &Identity) -> Result<(), Unwelcome> {
        let acts_for = identity.authenticated != identity.user.store_id;
        match (self.origin, self.link.conn_mut()) {
            (Some(Origin::Believed), Some(conn)) if !acts_for && !identity.is_admin => conn.admit_again().await,
            (Some(Origin::Claimed(client)), _) if identity.is_admin => {
                self.link.set_client(client);
                self.origin = Some(Origin::Believed);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn told(fields: &[IdField]) -> Option<SocketAddr> {
    let value = |name: &str| {
        let (_, value) = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))?;
        std::str::from_utf8(value.as_deref()?).ok()
    };
    let address: IpAddr = value("x-originating-ip")?.trim_matches(['[', ']']).parse().ok()?;
    let port = value("x-originating-port").and_then(|port| port.parse().ok()).unwrap_or(0);
    Some(SocketAddr::new(address, port))
}
