//! The sanitiser by itself, so that fuzzing it does not build the webmail around it.

pub mod views;
