//! Services in many processes: the watcher, its commands, passed sockets, what workers share.

mod clock;
mod crash;
mod events;
mod fixture;
mod refusals;
mod rolling;
mod sessions;
mod sockets;
mod start_stop;
mod watched;
