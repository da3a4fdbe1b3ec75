//! Who may connect: the grammar of filters, the order they are judged in, and what connections and sign-ins see of it.

mod connections;
mod dns;
mod fixture;
mod forwarded;
mod grammar;
mod names;
mod networks;
mod order;
mod portal;
mod ports;
mod proxied;
mod service_access;
mod sign_in;
mod throttle;
mod xclient;
