//! What the event broker and the publishers of store events are told.

use std::net::{IpAddr, Ipv4Addr};

use super::listen::{Listen, addresses, bytes, port};
use crate::{environment, keys, settings::Settings};

/// Settings of the Event Notification Service (Guide §5.6.1).
#[derive(Debug, Clone)]
pub struct Ens {
    /// Where the broker listens; there is no TLS port.
    pub listen: Listen,
    /// Who may connect, in the form of ENS_ACCESS; `None` for everyone.
    pub access: Option<String>,
    /// What the store publishes; `None` without the plug-in or without a broker's host.
    pub notify: Option<Notify>,
}

/// Settings of the notification plug-in.
#[derive(Debug, Clone)]
pub struct Notify {
    /// The broker's host, or a `nats://` address.
    pub host: String,
    /// The broker's port.
    pub port: u16,
    /// Key of the events; `%M` at its end stands for the mailbox.
    pub event_key: String,
    /// All mailboxes, not INBOX alone.
    pub none_inbox: bool,
    /// Bytes of header that the event of a new message carries at most.
    pub max_header_bytes: u64,
    /// Bytes of body that the event of a new message carries at most.
    pub max_body_bytes: u64,
    /// The events that are published.
    pub events: Events,
}

/// Which events are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of switches, one for each setting of the manual")]
pub struct Events {
    /// NewMsg.
    pub new_msg: bool,
    /// UpdateMsg.
    pub update_msg: bool,
    /// ReadMsg.
    pub read_msg: bool,
    /// TrashMsg.
    pub trash_msg: bool,
    /// DeleteMsg.
    pub delete_msg: bool,
    /// PurgeMsg.
    pub purge_msg: bool,
    /// ChangeFlag.
    pub change_flag: bool,
    /// The flags of a message beside its other events.
    pub msg_flags: bool,
    /// Login and Logout.
    pub log_user: bool,
    /// OverQuota and UnderQuota.
    pub over_quota: bool,
    /// Changes of the mailboxes themselves.
    pub mailboxes: bool,
}

impl Ens {
    /// Reads them, and ENS_ACCESS of the environment.
    pub fn read(settings: &Settings) -> Self {
        let access = environment::ens_access().or_else(|| settings.given(keys::ens::ACCESS));
        let mut listen_on = addresses(settings, keys::ens::LISTEN_ADDRESSES);
        if listen_on.is_empty() {
            listen_on = match access.is_none() {
                // Without a word about who may connect nobody from elsewhere may.
                true => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                false => addresses(settings, keys::service::LISTEN_ADDRESSES),
            };
        }
        let enabled = settings.flag(keys::ens::ENABLE);
        Self {
            listen: Listen {
                addresses: listen_on,
                port: enabled.then(|| port(settings, keys::ens::PORT)),
                ssl_port: None,
            },
            access,
            notify: Notify::read(settings),
        }
    }

    /// The key of the events that are published, also when nothing is.
    pub fn event_key(settings: &Settings) -> String {
        settings.text(keys::ens::EVENT_KEY)
    }
}

impl Notify {
    fn read(settings: &Settings) -> Option<Self> {
        let plugin = settings.text(keys::ens::PLUGIN);
        // A path into the old server's folders, with or without its ending or an instance name, means the same here.
        let is_ibiff = plugin.rsplit('/').next().is_some_and(|name| name.starts_with("libibiff"));
        let host = settings.text(keys::ens::HOST);
        if !is_ibiff || host.is_empty() {
            return None;
        }
        let flag = |key| settings.flag(key);
        Some(Self {
            host,
            port: port(settings, keys::ens::BROKER_PORT),
            event_key: settings.text(keys::ens::EVENT_KEY),
            none_inbox: flag(keys::ens::NONE_INBOX),
            max_header_bytes: bytes(settings, keys::ens::MAX_HEADER_SIZE),
            max_body_bytes: bytes(settings, keys::ens::MAX_BODY_SIZE),
            events: Events {
                new_msg: flag(keys::ens::NEW_MSG),
                update_msg: flag(keys::ens::UPDATE_MSG),
                read_msg: flag(keys::ens::READ_MSG),
                trash_msg: flag(keys::ens::TRASH_MSG),
                delete_msg: flag(keys::ens::DELETE_MSG),
                purge_msg: flag(keys::ens::PURGE_MSG),
                change_flag: flag(keys::ens::CHANGE_FLAG),
                msg_flags: flag(keys::ens::MSG_FLAGS),
                log_user: flag(keys::ens::LOG_USER),
                over_quota: flag(keys::ens::OVER_QUOTA),
                mailboxes: flag(keys::ens::MAILBOXES),
            },
        })
    }

    /// Whether IMAP IDLE may be offered as far as settings go: every change of every mailbox is published under its own key.
    pub fn serves_idle(&self) -> bool {
        let events = &self.events;
        self.event_key.ends_with("%M")
            && self.none_inbox
            && events.new_msg
            && events.update_msg
            && events.change_flag
            && events.delete_msg
            && events.purge_msg
    }
}
