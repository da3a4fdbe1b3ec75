//! What every daemon stands on: listeners, connections, limits, the guard at the door, banner, drain, the bounded work pool, sessions,
//! metrics, the control socket.

mod accept;
mod banner;
pub mod clock;
mod conn;
pub mod control;
mod drain;
mod guard;
mod last_access;
mod listener;
mod metrics;
mod names;
mod port_owner;
pub mod proxy_protocol;
pub mod session;
mod siblings;
mod supervisor;
mod work_pool;

pub use accept::{AcceptLimits, Refuse, TurnAway, accept_loop};
pub use banner::{Product, banner};
pub use conn::Conn;
pub use drain::{Busy, Drain};
pub use guard::{Guard, Slot, Unwelcome};
pub use last_access::LastAccess;
pub use listener::{BindError, Listener, bind};
pub use metrics::{Check, Figures, Told, own_figures, serve_metrics};
pub use names::Names;
pub use port_owner::PortOwner;
pub use session::Sessions;
pub use supervisor::tell_supervisor;
pub use work_pool::WorkPool;
