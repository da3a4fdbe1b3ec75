//! Formatting shared by the screens: what a template may show, already in words.

pub mod access;
pub mod date;
pub mod folders;
pub mod list;
pub mod parts;
pub mod person;
pub mod plain_text;
pub mod reader;
pub mod safe_html;
pub mod sharing;
pub mod shell;
pub mod size;
pub mod url;
