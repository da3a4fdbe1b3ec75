//! The sanitiser and plain text: hostile mail comes out harmless, good mail comes out whole.

mod bodies;
mod hostile;
mod limits;
mod links;
mod plain_text;
mod reading;
mod style;
