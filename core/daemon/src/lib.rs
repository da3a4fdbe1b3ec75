//! What every daemon stands on: listeners, connections, limits, the guard at the door, banner, drain, the bounded work pool.

mod accept;
mod banner;
mod conn;
mod drain;
mod guard;
mod listener;
mod names;
mod port_owner;
pub mod proxy_protocol;
mod work_pool;

pub use accept::{AcceptLimits, Refuse, TurnAway, accept_loop};
pub use banner::{Product, banner};
pub use conn::Conn;
pub use drain::{Busy, Drain};
pub use guard::{Guard, Slot, Unwelcome};
pub use listener::{BindError, Listener, bind};
pub use names::Names;
pub use port_owner::PortOwner;
pub use work_pool::WorkPool;
