//! Browser sessions: what one holds, and the store they are kept in.

mod listed;
mod memory;

use std::net::IpAddr;

use async_trait::async_trait;
use config::typed::IpSecurity;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use tower_sessions::SessionStore;
use tower_sessions::session::Id;

pub use listed::ListedSessions;
pub use memory::MemorySessions;

/// Where a session keeps who signed in.
pub const SIGNED_IN: &str = "signed_in";
/// Where a session keeps the sentence for the next page.
pub const TOAST: &str = "toast";

/// A store of browser sessions. One process keeps them in memory; a shared store fits behind the same trait.
#[async_trait]
pub trait Sessions: SessionStore {
    /// Marks a session as used now. Pages that load by themselves don't call it, so that they keep nobody signed in.
    async fn touch(&self, id: &Id);
}

/// Somebody who signed in. The password is not here: it was checked once and forgotten.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// Key of the session's back-end connection, its spool folder and its link tokens. Not the cookie's value.
    pub key: String,
    /// Secret that forms must repeat.
    pub csrf: String,
    /// Name of the account in the store: the authorization identity at the back end.
    pub store_id: String,
    /// The back end that has the mailboxes; `None` is the site's own.
    pub mail_host: Option<String>,
    /// Primary address.
    pub mail: String,
    /// Name to show.
    pub name: String,
    /// All own addresses, the primary one first.
    pub addresses: Vec<String>,
    /// Address that signed in.
    pub client: IpAddr,
}

impl SignedIn {
    /// Whether a request from `client` may use the session (`service.http.ipsecurity`).
    pub fn allows(&self, client: IpAddr, security: IpSecurity) -> bool {
        match security {
            IpSecurity::Off => true,
            IpSecurity::Exact => canonical(self.client) == canonical(client),
            IpSecurity::Prefix => network(self.client) == network(client),
        }
    }
}

/// 32 hex digits of fresh randomness.
pub fn random_hex() -> String {
    let mut bytes = [0u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The /24 of an IPv4 address, the /56 of an IPv6 one.
fn network(address: IpAddr) -> Vec<u8> {
    match canonical(address) {
        IpAddr::V4(v4) => v4.octets()[..3].to_vec(),
        IpAddr::V6(v6) => v6.octets()[..7].to_vec(),
    }
}
