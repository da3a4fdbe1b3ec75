//! The tables of format version 1 and the steps to each later version; FORMAT.md says what each column means.

/// What brings an account from version n + 1 to version n + 2, n being the place in the list. A new account takes all
/// of them, so that old and new accounts have the same tables. A step is never changed, only followed by another.
pub(super) const STEPS: &[&str] = &[REMOVED_AND_READERS, THREADS, SEEN];

/// Makes every table of version 1.
///
/// What one delivery touches is kept to few pages: a mailbox's counters are one row, a message's numbers are one
/// short row at the end of a dense tree, and there is no index over messages to keep up.
pub(super) const TABLES: &str = "
CREATE TABLE account (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  next_mailbox INTEGER NOT NULL,
  next_uidvalidity INTEGER NOT NULL,
  quota_bytes INTEGER,
  quota_messages INTEGER,
  gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY,
  uidnext INTEGER NOT NULL,
  highestmodseq INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  unseen INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  size INTEGER NOT NULL,
  recent INTEGER NOT NULL,
  recent_from INTEGER NOT NULL,
  keyword_version INTEGER NOT NULL,
  changed_floor INTEGER NOT NULL,
  expunged_floor INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL,
  selectable INTEGER NOT NULL,
  special_use TEXT,
  object_id BLOB NOT NULL,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  flags INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  save_date INTEGER NOT NULL,
  body_id INTEGER NOT NULL
);
CREATE TABLE body (
  id INTEGER PRIMARY KEY,
  size INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  email_id BLOB NOT NULL,
  digest BLOB NOT NULL
);
CREATE TABLE content (
  body_id INTEGER PRIMARY KEY,
  file TEXT,
  data BLOB
);
CREATE TABLE shared (
  body_id INTEGER PRIMARY KEY,
  refs INTEGER NOT NULL
);
CREATE TABLE unreferenced (
  body_id INTEGER PRIMARY KEY
);
CREATE TABLE changed (
  mailbox_id INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  first_uid INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, first_uid)
) WITHOUT ROWID;
CREATE TABLE expunged (
  mailbox_id INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  first_uid INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, first_uid)
) WITHOUT ROWID;
CREATE TABLE keyword (
  mailbox_id INTEGER NOT NULL,
  bit INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (mailbox_id, bit)
) WITHOUT ROWID;
CREATE TABLE subscription (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE acl (
  mailbox_id INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  rights TEXT NOT NULL,
  PRIMARY KEY (mailbox_id, identifier)
) WITHOUT ROWID;
CREATE TABLE annotation (
  mailbox_id INTEGER NOT NULL,
  entry TEXT NOT NULL,
  owner TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (mailbox_id, entry, owner)
) WITHOUT ROWID;
";

/// Version 2. Time first: what is due is the beginning of the tree, and there is no index to keep up.
const REMOVED_AND_READERS: &str = "
CREATE TABLE removed (
  removed_at INTEGER NOT NULL,
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  save_date INTEGER NOT NULL,
  body_id INTEGER NOT NULL,
  PRIMARY KEY (removed_at, mailbox_id, uid)
) WITHOUT ROWID;
CREATE TABLE reader (
  mailbox_id INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  last_read INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, identifier)
) WITHOUT ROWID;
";

/// Version 3: conversations. What an account has already gets its thread at the first question for one.
const THREADS: &str = "
CREATE TABLE thread (
  reference BLOB PRIMARY KEY,
  thread_id BLOB NOT NULL
) WITHOUT ROWID;
ALTER TABLE body ADD COLUMN thread_id BLOB;
ALTER TABLE account ADD COLUMN unthreaded INTEGER NOT NULL DEFAULT 0;
UPDATE account SET unthreaded = 1;
";

/// Version 4. Ranges, since people read from one end to the other.
const SEEN: &str = "
CREATE TABLE seen (
  mailbox_id INTEGER NOT NULL,
  reader TEXT NOT NULL,
  first_uid INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, reader, first_uid)
) WITHOUT ROWID;
";
