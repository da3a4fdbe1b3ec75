//! Event Notification Service: carries store events to the sessions that show them.
//!
//! The store tells the [`Bus`] of every commit; the bus wakes the subscriptions that the commit concerns. It carries wake-ups, not
//! states: a session that wakes up asks the store what is there now, so a burst of commits costs one look. Events of other
//! processes and hosts enter at [`Bus::deliver`], which is where a broker's client plugs in.

mod bus;
mod subscription;

pub use bus::Bus;
pub use subscription::{Subscription, Watch};
