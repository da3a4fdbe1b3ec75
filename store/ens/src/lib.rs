//! Event Notification Service: carries store events to the sessions that show them, and to whoever else subscribes.
//!
//! The store tells the [`Bus`] of every commit; the bus wakes the subscriptions that the commit concerns. It carries wake-ups, not
//! states: a session that wakes up asks the store what is there now, so a burst of commits costs one look. Events of other
//! processes and hosts come through the [`Broker`] (`enpd`) and a [`Client`], in the protocol of PROTOCOL.md, and enter at
//! [`Bus::deliver`].

mod access;
mod broker;
mod bus;
mod client;
mod event;
mod notifier;
mod reach;
mod reference;
mod silence;
mod subscription;
mod wire;

pub use access::{Access, AccessError};
pub use broker::Broker;
pub use bus::Bus;
pub use client::{Client, Endpoint, EndpointError, Listener};
pub use event::{EVENT_TYPES, Origin, is_published, key};
pub use notifier::Notifier;
pub use reach::Reach;
pub use reference::{EventReference, ReferenceError};
pub use subscription::{Subscription, Watch};
pub use wire::LARGEST_PAYLOAD;
