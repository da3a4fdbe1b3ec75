//! Keys by which URLs to messages are authorized: one a mailbox, made at need, forgotten when its owner says so (RFC 4467 §2).

use super::{Account, existing};
use crate::error::Result;
use crate::mailbox_name::MailboxName;

/// A mailbox's key: what an authorized URL is signed with.
pub type UrlKey = [u8; 32];

impl Account {
    /// The key of a mailbox; `None` where no URL was ever authorized, or none since the last reset. `NotFound`.
    pub fn url_key(&self, name: &MailboxName) -> Result<Option<UrlKey>> {
        self.read(|reader| {
            let key = reader.url_key(existing(reader, name)?.id)?;
            Ok(key.and_then(|key| key.try_into().ok()))
        })
    }

    /// The key of a mailbox, made if there is none. `NotFound`.
    pub fn make_url_key(&self, name: &MailboxName) -> Result<UrlKey> {
        if let Some(key) = self.url_key(name)? {
            return Ok(key);
        }
        let name = name.clone();
        self.write(move |writer| {
            let row = existing(writer, &name)?;
            // Somebody else may have been quicker.
            if let Some(key) = writer.url_key(row.id)?.and_then(|key| key.try_into().ok()) {
                return Ok(key);
            }
            let key: UrlKey = rand::random();
            writer.set_url_key(row.id, &key)?;
            Ok(key)
        })
    }

    /// Forgets the key of a mailbox, or of all: the URLs that were authorized by it are void. `NotFound`.
    pub fn reset_url_keys(&self, name: Option<&MailboxName>) -> Result<()> {
        let name = name.cloned();
        self.write(move |writer| {
            let mailbox = match &name {
                Some(name) => Some(existing(writer, name)?.id),
                None => None,
            };
            writer.forget_url_keys(mailbox)
        })
    }
}
