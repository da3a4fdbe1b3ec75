//! Services in many processes: the watcher, its commands, passed sockets, what workers share.

mod events;
mod fixture;
mod refusals;
mod sockets;
mod start_stop;
mod watched;
