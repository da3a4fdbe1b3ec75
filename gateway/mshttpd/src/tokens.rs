//! Tokens: masked CSRF tokens for pages, and signed links for what a frame without cookies loads.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

type HmacSha256 = Hmac<Sha256>;

/// How long a link in a message frame works.
const LINK_LIFE: Duration = Duration::from_secs(3600);

/// A part of a message, reachable without cookie for a while: images inside the opaque-origin frame.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct PartLink {
    /// The session's key.
    pub session: String,
    /// Name of the account in the store.
    pub store_id: String,
    /// Its back end.
    pub mail_host: Option<String>,
    /// Mailbox.
    pub mailbox: String,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// Section.
    pub section: String,
    /// Seconds since 1970.
    pub expires: u64,
}

/// Signs links with a key of this process, or of all that share their sessions.
#[derive(Clone)]
pub struct Signer {
    key: [u8; 32],
}

impl Signer {
    /// A signer with a fresh key.
    pub fn random() -> Self {
        let mut key = [0u8; 32];
        rand::rng().fill_bytes(&mut key);
        Self { key }
    }

    /// A signer with a key that others have too.
    pub fn with(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn tag(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        // HMAC takes keys of any length, so there is no error to handle: without a tag nothing verifies.
        let Ok(mut mac) = HmacSha256::new_from_slice(&self.key) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(data);
        mac.finalize().into_bytes().into()
    }

    /// A link to a part, good for an hour.
    pub fn part(&self, link: &PartLink) -> String {
        let link = PartLink { expires: now() + LINK_LIFE.as_secs(), ..link.clone() };
        // A struct of strings and numbers always serialises.
        let data = serde_json::to_vec(&link).unwrap_or_default();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&data), URL_SAFE_NO_PAD.encode(self.tag("part", &data)))
    }

    /// What a link leads to, if we signed it and it is not over.
    pub fn read_part(&self, token: &str) -> Option<PartLink> {
        let (data, tag) = token.split_once('.')?;
        let data = URL_SAFE_NO_PAD.decode(data).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        if !bool::from(tag.ct_eq(&self.tag("part", &data))) {
            return None;
        }
        serde_json::from_slice::<PartLink>(&data).ok().filter(|link| link.expires > now())
    }

    /// A token bound to `subject`, such as "this frame may load remote images".
    pub fn grant(&self, purpose: &str, subject: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.tag(purpose, subject.as_bytes()))
    }

    /// Whether `token` is the grant of that.
    pub fn is_granted(&self, purpose: &str, subject: &str, token: &str) -> bool {
        bool::from(self.grant(purpose, subject).as_bytes().ct_eq(token.as_bytes()))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}

/// The secret XORed with fresh noise, so that compressed pages do not give it away bit by bit (BREACH).
pub fn masked(secret: &str) -> String {
    let secret = secret.as_bytes();
    let mut out = vec![0u8; secret.len()];
    rand::rng().fill_bytes(&mut out);
    let hidden: Vec<u8> = secret.iter().zip(&out).map(|(s, noise)| s ^ noise).collect();
    out.extend(hidden);
    URL_SAFE_NO_PAD.encode(out)
}

/// Whether a masked token holds the secret. Constant time in the secret.
pub fn is_masked(secret: &str, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
    if bytes.len() != secret.len() * 2 || secret.is_empty() {
        return false;
    }
    let (noise, hidden) = bytes.split_at(secret.len());
    let shown: Vec<u8> = noise.iter().zip(hidden).map(|(noise, hidden)| noise ^ hidden).collect();
    bool::from(shown.ct_eq(secret.as_bytes()))
}
