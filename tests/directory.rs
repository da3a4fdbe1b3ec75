//! The directory, embedded and in LDAP.

mod edit;
mod entries;
mod filter;
pub mod fixture;
mod ldap_servers;
mod ldif;
mod look_up;
mod names;
mod on_slapd;
mod password;
mod reload;
mod values;
