//! The embedded directory.

mod edit;
mod entries;
pub mod fixture;
mod ldif;
mod look_up;
mod password;
mod reload;
mod values;
