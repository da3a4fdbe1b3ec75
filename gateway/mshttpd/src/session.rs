//! Browser sessions: what one holds, and the store they are kept in.

mod listed;
mod memory;
mod shared;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use config::typed::IpSecurity;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Result;

pub use memory::MemorySessions;
pub use shared::{SharedSessions, owner_of};

/// Longest life of a session, however busy (webmail security model §2.2).
pub const ABSOLUTE: Duration = Duration::from_secs(24 * 3600);
/// How often the expired ones are removed.
const SWEEP: Duration = Duration::from_secs(60);

/// Where a session keeps who signed in.
pub const SIGNED_IN: &str = "signed_in";
/// Where a session keeps the sentence for the next page.
pub const TOAST: &str = "toast";

/// A store of browser sessions: in memory, when one process is the whole webmail and its end may be theirs, or in a file that all its
/// processes share.
#[async_trait]
pub trait Sessions: SessionStore {
    /// Marks the session that owns `key` as used now. Pages that load by themselves don't call it, so that they keep nobody signed in.
    async fn touch(&self, id: &Id, key: &str);

    /// Whether the session that owns `key` is still there.
    async fn is_live(&self, key: &str) -> bool;

    /// The session that owns `key` has changed mailboxes: what other processes remember of them is old.
    async fn changed(&self, key: &str);

    /// Somebody has signed in.
    async fn began(&self, who: &SignedIn, peer: SocketAddr);

    /// What this process kept for the session that owned `key` is gone.
    fn over(&self, key: &str);

    /// Another idle time, for the sessions that are there too.
    fn set_idle(&self, idle: Duration);

    /// Moves whenever sessions have ended.
    fn ends(&self) -> watch::Receiver<u64>;
}

/// A session that has ended, whatever has ended it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Hash of its key ([`owner_of`]).
    pub owner: String,
    /// Its key, if this process has served it.
    pub key: Option<String>,
}

/// The store in use.
#[derive(Clone, Debug)]
pub struct Kept(pub Arc<dyn Sessions>);

impl std::ops::Deref for Kept {
    type Target = dyn Sessions;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

#[async_trait]
impl SessionStore for Kept {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.0.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.0.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(id).await
    }
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
    /// The same with its port, for the administrator's list.
    #[serde(default)]
    pub peer: Option<SocketAddr>,
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
