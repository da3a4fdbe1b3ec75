//! Browser sessions that the webmail's processes share, in a folder of the site: one SQLite file, the key of signed links, and a bell.
//!
//! Start reading at [`Table`]. Whoever reads the file can do nothing with it: ids are kept as hashes, and what a session holds is
//! encrypted with a key that only its id gives ([`seal`]). The calls block; the daemon makes them on blocking threads.

mod bell;
mod folder;
pub mod seal;
mod table;

pub use bell::Bell;
pub use folder::Folder;
pub use table::{Limits, Listed, Loaded, NewSession, Table};

use std::io;

/// Why sessions cannot be kept. Everything here is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error("the sessions' file: {0}")]
    Table(#[from] rusqlite::Error),
    /// Its folder.
    #[error("the sessions' folder: {0}")]
    Folder(#[from] io::Error),
}
