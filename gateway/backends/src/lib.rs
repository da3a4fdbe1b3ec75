//! Calls to back-end IMAP servers; the only crate that names async-imap.
//!
//! Start at [`Pool`]: it hands out a [`MailSession`] per live browser session, whose methods are mail words
//! (mailboxes, page, message, part, flags …) and whose connection is opened by proxy credentials when it is
//! first needed. Everything works on bare RFC 3501; extensions only make it faster.

mod append;
mod cache;
mod command;
mod connect;
mod connection;
mod decode;
mod error;
mod fetch;
mod model;
mod options;
mod pool;
mod response;
mod session;
mod token;
mod wire;

pub use append::{Appended, NewMessage};
pub use error::{Denial, Error};
pub use model::{
    AclEntry, Address, Disposition, Envelope, Flag, FlagChange, Flags, Mailbox, MailboxRef, Message, Page, Part, Quota,
    Rights, Role, Row, Search, SearchIn, SearchPage, Summary, UidSet,
};
pub use options::{Account, PoolOptions};
pub use pool::Pool;
pub use session::{Counts, Decoded, Deleted, MailSession, Notice, PartBytes, PartStream, Watch};
