//! Attachment files under service.http.spooldir, from upload to send (Guide §5.7.2).
//!
//! A folder per browser session, named by a hash of its key; in it two files per attachment, `<id>.data` and its
//! sidecar `<id>.json`, so that every worker process of the gateway can read what another one received. File names hold
//! random digits only: nothing that a user typed ever gets into a path. Limits are enforced while bytes come, and a
//! [`Writer`] that is not finished removes what it wrote.

mod error;
mod file;
mod id;
mod limit;
mod note;
mod session;
mod spool;
mod writer;

pub use error::{SpoolError, apart};
pub use file::{NewFile, SpoolFile};
pub use id::{DraftId, FileId};
pub use limit::{Limit, encoded_size};
pub use note::Note;
pub use session::SessionSpool;
pub use spool::{Spool, SpoolOptions};
pub use writer::Writer;
