//! The message store: accounts, mailboxes, messages, flags, quota, ACL. Blocking; safe for several processes; FORMAT.md says what is on disk.
//!
//! Start at [`Store::open`], then [`Store::account`], then [`Account::open`] for a [`Mailbox`] and
//! [`Mailbox::snapshot`] for what a session sees. A message comes in through [`Account::incoming`] and
//! [`Account::append`]. Every change is durable when its call returns, and is told to the
//! [`Observer`] only after it is durable, in the order of the commits of that account.

mod account;
mod account_id;
mod acl;
mod annotation;
mod bodies;
mod content;
mod engine;
mod error;
mod event;
mod flags;
mod gists;
mod internal_date;
mod layout;
mod mailbox;
mod mailbox_name;
mod object_id;
mod options;
mod quota;
mod results;
mod snapshot;
mod special_use;
mod store;
mod uid_set;

pub use account::{
    Account, CreateOptions, Findings, Fingerprint, MailboxInfo, MailboxStatus, MaildropLock, RepairOptions, Restored,
    UrlKey, checksum,
};
pub use account_id::AccountId;
pub use acl::{ANYONE, AclChange, AclEntry, Rights, Share, Visitor};
pub use annotation::{Annotation, AnnotationChange, AnnotationScope, OwnedAnnotation};
pub use bodies::Body;
pub use content::{Content, Incoming, NewMessage};
pub use error::{ErrorKind, Result, StoreError};
pub use event::{About, Arrived, Cause, Counts, EventKind, NoObserver, Observer, SITE, StoreEvent, Wants};
pub use flags::{FlagChange, FlagOp, FlagSet, Flags, KeywordNames};
pub use internal_date::InternalDate;
pub use mailbox::{Gists, Known, Mailbox, Needed};
pub use mailbox_name::MailboxName;
pub use object_id::ObjectId;
pub use options::{AccountOptions, DefaultMailbox, Partition, StoreLimits, StoreOptions};
pub use quota::{Quota, QuotaLimits};
pub use results::{Appended, Changed, Copied, Expunged, Recent, Row, RowRef};
pub use snapshot::Snapshot;
pub use special_use::SpecialUse;
pub use store::{Place, Store};
pub use uid_set::UidSet;

/// A message's unique identifier in its mailbox; never 0.
pub type Uid = u32;

/// A modification sequence (RFC 7162): grows with every change of a mailbox.
pub type ModSeq = u64;

/// A mailbox inside one account. Kept over renames, never used again after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxId(pub u32);
