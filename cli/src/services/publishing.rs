//! The store as a tool opens it: what it changes is published, so that sessions of running processes see it at once.

use std::{net::SocketAddr, ops::Deref, sync::Arc, time::Duration};

use anyhow::Context;
use config::Settings;
use daemon::control::{Answer, Order, ask};
use ens::Notifier;
use mailstore::{Observer, Store};
use tokio::runtime::Runtime;

use super::{open_store, site::open_notifier};

/// How long the end of a tool waits for the broker to take what was published.
const PATIENCE: Duration = Duration::from_secs(5);

/// A store whose changes are published. Dropping it waits until the broker has them.
pub struct PublishingStore {
    store: Store,
    publisher: Option<(Notifier, Runtime)>,
}

/// Opens the store for the tool called `name`.
pub fn open_for_tool(settings: &Settings, name: &str) -> anyhow::Result<PublishingStore> {
    let Some(notifier) = open_notifier(settings, &ens::Bus::new(), name) else {
        return Ok(PublishingStore { store: open_store(settings, None)?, publisher: None });
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the runtime")?;
    {
        let _runtime = runtime.enter();
        notifier.connect(broker_of(settings));
    }
    let observer: Arc<dyn Observer> = Arc::new(notifier.clone());
    Ok(PublishingStore { store: open_store(settings, Some(observer))?, publisher: Some((notifier, runtime)) })
}

/// The broker that a running process of the site has, wherever its port was moved to.
pub fn broker_of(settings: &Settings) -> Option<SocketAddr> {
    // Whatever keeps them from answering, the broker is also where the settings say.
    let answers = ask(settings.root(), &Order::Broker).unwrap_or_default();
    answers.into_iter().find_map(|answer| if let Answer::Broker(broker) = answer { broker } else { None })
}

impl Deref for PublishingStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for PublishingStore {
    fn drop(&mut self) {
        if let Some((notifier, runtime)) = self.publisher.take() {
            // Without a broker nobody listens: sessions find the change when they look next.
            let told = runtime.block_on(async { tokio::time::timeout(PATIENCE, notifier.settled()).await });
            tracing::debug!(told = matches!(told, Ok(true)), "the broker has what was published");
            runtime.shutdown_background();
        }
    }
}
