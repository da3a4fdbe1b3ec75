//! The Event Notification Service: references, who may connect, the broker's protocol, several processes on one store.

mod access;
mod broker;
mod processes;
mod reference;
