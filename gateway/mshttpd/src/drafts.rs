//! Messages being written: how they start, what a form holds, how they are kept and sent.

pub mod deliver;
pub mod form;
pub mod keep;
pub mod once;
pub mod people;
pub mod quote;
pub mod start;
pub mod view;
