//! Mail in the words of the screens: mailboxes, pages of rows, messages, parts, flags.

mod envelope;
mod flags;
mod mailbox;
mod page;
mod part;
mod rights;
mod search;
mod uids;

pub use envelope::{Address, Envelope};
pub use flags::{Flag, FlagChange, Flags};
pub use mailbox::{Mailbox, MailboxRef, Quota, Role};
pub use page::{Message, Page, Row, Summary};
pub use part::{Disposition, Part};
pub use rights::{AclEntry, Rights};
pub use search::{Search, SearchIn, SearchPage};
pub use uids::UidSet;
