//! The Event Notification Service: references, who may connect, the broker's protocol, events and their fields, several processes
//! on one store, tools, NATS.

mod access;
mod broker;
mod events;
mod nats;
mod processes;
mod reference;
mod tools;
mod watcher;
