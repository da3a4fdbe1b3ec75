//! The mark of an account that had to refuse mail because of its quota, until there is room for it again.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use super::Account;
use crate::engine::now;
use crate::error::{ErrorKind, Result, StoreError};
use crate::event::{About, EventKind};
use crate::layout;
use crate::quota::Quota;

/// The file in the account's folder that says so. It only decides which events are told and when a grace began: it is not synced.
const FILE: &str = "overquota";

/// What the file says, as five numbers.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Seconds since 1970 of the first refusal.
    since: i64,
    /// There is room again when the account holds at most so many bytes …
    bytes: u64,
    /// … and messages.
    messages: u64,
    /// What was refused, under limits that may be others since.
    refused: (u64, u64),
}

impl Account {
    /// Since when, in seconds since 1970, messages are refused because of the quota; `None` while there is room for what was asked last.
    pub fn over_quota_since(&self) -> Result<Option<i64>> {
        Ok(self.mark()?.map(|mark| mark.since))
    }

    /// Refuses what would pass the quota before it is sent at all, as adding it would. `OverQuota`.
    pub fn admits(&self, bytes: u64, messages: u64) -> Result<()> {
        self.noting_refusal(self.quota()?.admit(bytes, messages))
    }

    /// Passes on the outcome of adding messages; one that the quota refused is told of and remembered.
    pub(crate) fn noting_refusal<T>(&self, outcome: Result<T>) -> Result<T> {
        if let Err(StoreError::OverQuota { resource, used: _, needed, limit }) = &outcome {
            let quota = self.quota()?;
            // What is larger than the whole quota says nothing about the account.
            if needed <= limit {
                let room = limit - needed;
                let (bytes, messages, refused) = match *resource {
                    "bytes" => (room, u64::MAX, (*needed, 0)),
                    _ => (u64::MAX, room, (0, *needed)),
                };
                let mark = self.mark()?;
                let since = mark.map_or_else(now, |mark| mark.since);
                self.put_mark(Mark { since, bytes, messages, refused })?;
            }
            self.tell_of(EventKind::OverQuota, About { quota: Some(quota), ..About::default() });
        } else if outcome.is_ok()
            && let Err(error) = self.note_added()
        {
            tracing::warn!(account = %self.id(), %error, "it is not known whether there is room again");
        }
        outcome
    }

    /// The limits in force, which this handle knows, may be others than when messages were refused: is there room for those by now?
    pub fn note_limits(&self) -> Result<()> {
        let Some(mark) = self.mark()? else { return Ok(()) };
        let quota = self.quota()?;
        let (bytes, messages) = mark.refused;
        if quota.admit(bytes, messages).is_ok() { self.room_again(quota) } else { Ok(()) }
    }

    /// Messages were added: perhaps because limits are others now. A handle that knows none, as tools have, tells nothing about that.
    fn note_added(&self) -> Result<()> {
        if self.mark()?.is_none() {
            return Ok(());
        }
        let limits = self.quota()?.limits;
        if limits.bytes.is_none() && limits.messages.is_none() { Ok(()) } else { self.note_limits() }
    }

    /// Messages were removed: is there room again?
    pub(crate) fn note_room(&self) -> Result<()> {
        let Some(mark) = self.mark()? else { return Ok(()) };
        let quota = self.quota()?;
        let is_room = quota.bytes_used <= mark.bytes && quota.messages_used <= mark.messages;
        if is_room { self.room_again(quota) } else { Ok(()) }
    }

    fn room_again(&self, quota: Quota) -> Result<()> {
        match fs::remove_file(self.mark_file()) {
            // Somebody else found the same, and told of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            done => done.map_err(|error| StoreError::io("removing the mark of the quota", error))?,
        }
        self.tell_of(EventKind::UnderQuota, About { quota: Some(quota), ..About::default() });
        Ok(())
    }

    /// The same after something that has succeeded whatever comes of this.
    pub(crate) fn note_room_again(&self) {
        if let Err(error) = self.note_room()
            && error.kind() != ErrorKind::Gone
        {
            tracing::warn!(account = %self.id(), %error, "it is not known whether there is room again");
        }
    }

    fn mark_file(&self) -> PathBuf {
        self.core().database.dir().join(FILE)
    }

    fn mark(&self) -> Result<Option<Mark>> {
        let text = match fs::read_to_string(self.mark_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| StoreError::io("reading the mark of the quota", error))?,
        };
        let mut words = text.split_ascii_whitespace();
        // Cut short by a crash it says nothing but that there is one.
        let since = words.next().and_then(|word| word.parse().ok()).unwrap_or_else(now);
        let mut limit = || words.next().and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
        Ok(Some(Mark { since, bytes: limit(), messages: limit(), refused: (limit(), limit()) }))
    }

    fn put_mark(&self, mark: Mark) -> Result<()> {
        let failed = |error| StoreError::io("writing the mark of the quota", error);
        let mut file = layout::private_file().create(true).truncate(true).open(self.mark_file()).map_err(failed)?;
        let Mark { since, bytes, messages, refused } = mark;
        write!(file, "{since} {bytes} {messages} {} {}", refused.0, refused.1).map_err(failed)
    }
}
