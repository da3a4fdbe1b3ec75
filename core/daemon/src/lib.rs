//! What every daemon stands on: listeners, connections, limits, banner, drain, the bounded work pool, sessions, metrics, the control socket.

mod accept;
mod banner;
mod conn;
pub mod control;
mod drain;
mod last_access;
mod listener;
mod metrics;
pub mod session;
mod work_pool;

pub use accept::{AcceptLimits, Refuse, accept_loop};
pub use banner::{Product, banner};
pub use conn::Conn;
pub use drain::{Busy, Drain};
pub use last_access::LastAccess;
pub use listener::{BindError, Listener, bind};
pub use metrics::{Check, serve_metrics};
pub use session::Sessions;
pub use work_pool::WorkPool;
