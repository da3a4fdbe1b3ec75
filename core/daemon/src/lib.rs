//! What every daemon stands on: listeners, connections, limits, banner, drain, the bounded work pool.

mod accept;
mod banner;
mod conn;
mod drain;
mod listener;
mod work_pool;

pub use accept::{AcceptLimits, Refuse, accept_loop};
pub use banner::{Product, banner};
pub use conn::Conn;
pub use drain::{Busy, Drain};
pub use listener::{BindError, Listener, bind};
pub use work_pool::WorkPool;
