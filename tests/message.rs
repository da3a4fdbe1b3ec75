//! Reading messages: what the digest says of every kind of good and broken mail, and the text in it.

mod address;
mod casemap;
mod charset;
mod date;
mod digest;
mod display;
mod downgrade;
mod encoded_word;
mod flowed;
mod header;
mod properties;
mod section;
mod structure;
mod transfer;
