//! Sign-in rules.

mod cache;
mod login_name;
mod sasl;
mod sign_in;
