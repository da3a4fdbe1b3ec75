//! A site that is open for service: its settings with the directory, the store and the sign-in rules made from them.

use std::sync::{Arc, OnceLock};

use access::Lookup;
use auth::{AuthOptions, Authenticator};
use config::{LoginThrottle, Settings, SignIn, Store as StoreConfig, Tls, Watching};
use daemon::{LastAccess, Names, Sessions};
use directory::{Directory, QuotaPolicy};
use ens::{Bus, Notifier, Origin, Reach};
use mailstore::{Observer, Partition, Store, StoreOptions};

use super::{certificates, open_directory, room};

/// What the services of one process share.
pub struct OpenSite {
    pub settings: Settings,
    pub directory: Arc<dyn Directory>,
    pub authenticator: Arc<Authenticator>,
    pub bus: Arc<Bus>,
    /// Publishes the store's events; `None` without the notification plug-in.
    pub notifier: Option<Notifier>,
    /// Whether the bus hears of every change; known once the broker's address is.
    pub reach: OnceLock<Reach>,
    pub store: Store,
    /// The server's certificates; `None` when their files are not there and TLS is off.
    pub acceptor: Option<tls::Acceptor>,
    /// Finds out names for access filters.
    pub names: Arc<dyn Lookup>,
    /// Who is connected.
    pub sessions: Sessions,
}

impl OpenSite {
    /// Opens everything, for the process that events are to name as their origin. Nothing listens yet.
    pub fn open(settings: Settings, process: &str) -> anyhow::Result<Self> {
        let directory = open_directory(&settings)?;
        let rules = AuthOptions::from(&SignIn::read(&settings));
        let authenticator = Arc::new(Authenticator::new(Arc::clone(&directory), rules));
        let bus = Arc::new(Bus::new());
        let notifier = open_notifier(&settings, &bus, process);
        let observer: Arc<dyn Observer> = match &notifier {
            Some(notifier) => Arc::new(notifier.clone()),
            None => Arc::clone(&bus) as _,
        };
        let observer = room::watch(&settings, Arc::clone(&directory), observer);
        let store = open_store(&settings, Some(observer))?;
        let tls = Tls::read(&settings);
        let acceptor = certificates::open(&tls)?;
        authenticator.set_certificate_map(certificates::map(&tls)?);
        let names: Arc<dyn Lookup> = Arc::new(Names::new(&config::Names::read(&settings)));
        authenticator.set_admission(LoginThrottle::read(&settings), Arc::clone(&names));
        let last_access = Watching::read(&settings).last_access.then(|| LastAccess::of(settings.root()));
        let attendance = notifier.clone().map(|notifier| Arc::new(notifier) as _);
        let sessions = Sessions::new(last_access).telling(attendance);
        let reach = OnceLock::new();
        Ok(Self { settings, directory, authenticator, bus, notifier, reach, store, acceptor, names, sessions })
    }
}

/// The publisher of store events, not connected yet (Guide §5.6.1).
pub(super) fn open_notifier(settings: &Settings, bus: &Bus, process: &str) -> Option<Notifier> {
    let notify = config::Ens::read(settings).notify?;
    let origin = Origin { hostname: config::Site::read(settings).hostname, process: process.to_owned() };
    Some(Notifier::new(bus, notify, origin))
}

/// The message store; `observer` is told of every commit.
pub fn open_store(settings: &Settings, observer: Option<Arc<dyn Observer>>) -> anyhow::Result<Store> {
    let config = StoreConfig::read(settings);
    let mut options = StoreOptions::new(&config.path);
    for (name, path) in config.partitions {
        match options.partitions.iter_mut().find(|partition| partition.name == name) {
            // store.partition.primary.path moves the one that every store has.
            Some(partition) => partition.path = path,
            None => options.partitions.push(Partition { name, path }),
        }
    }
    options.inline_limit = config.inline_limit;
    options.keep_removed = config.cleanup_age;
    options.open_accounts = config.open_accounts;
    options.search_index = config.search_index;
    if let Some(observer) = observer {
        options.observer = observer;
    }
    Ok(Store::open(options)?)
}

/// What an account may hold, from its directory entry and the store's defaults.
pub fn quota_policy(config: &StoreConfig) -> QuotaPolicy {
    QuotaPolicy {
        default_bytes: config.default_quota_bytes,
        default_messages: config.default_quota_messages,
        enforce: config.quota_enforcement,
        overdraft: config.quota_overdraft,
    }
}
