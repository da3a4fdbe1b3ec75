//! Taking messages in: into memory, or beside the accounts into a file when they are large.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ObjectId;
use crate::bodies::{Body, map_file};
use crate::error::{Result, StoreError};
use crate::flags::FlagSet;
use crate::internal_date::InternalDate;
use crate::layout;

/// A message on its way in: write it here, as it will be read (CRLF line ends are the caller's business), then
/// [`Incoming::finish`]. Dropped unfinished, it leaves nothing behind. Writing past the store's limit for one
/// message fails with `io::ErrorKind::FileTooLarge`.
#[derive(Debug)]
pub struct Incoming {
    sink: Sink,
    written: u64,
    checksum: crc32fast::Hasher,
    rules: IntakeRules,
}

/// What an [`Incoming`] obeys.
#[derive(Debug, Clone)]
pub(crate) struct IntakeRules {
    /// The partition's folder.
    pub(crate) partition: PathBuf,
    pub(crate) inline_limit: usize,
    pub(crate) message_bytes: u64,
    pub(crate) parse: message::Limits,
}

#[derive(Debug)]
enum Sink {
    Memory(Vec<u8>),
    File(Intake, File),
}

/// A file in the intake folder, gone when dropped.
#[derive(Debug)]
struct Intake(PathBuf);

impl Drop for Intake {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Incoming {
    pub(crate) fn new(rules: IntakeRules, size_hint: Option<u64>) -> Result<Self> {
        let expected = size_hint.unwrap_or(0);
        if expected > rules.message_bytes {
            return Err(StoreError::TooLarge { limit: rules.message_bytes });
        }
        let sink = match usize::try_from(expected) {
            Ok(expected) if expected <= rules.inline_limit => Sink::Memory(Vec::with_capacity(expected)),
            _ => Sink::create(&rules)?,
        };
        Ok(Self { sink, written: 0, checksum: crc32fast::Hasher::new(), rules })
    }

    /// How many bytes were written.
    pub fn len(&self) -> u64 {
        self.written
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// The whole message is in: parses it once, and makes a large one durable.
    pub fn finish(self) -> Result<Content> {
        let digest_of = |bytes: &[u8]| message::Digest::of(bytes, &self.rules.parse).into_bytes();
        let (place, digest) = match self.sink {
            Sink::Memory(bytes) => {
                let digest = digest_of(&bytes);
                (Place::Memory(bytes), digest)
            }
            Sink::File(intake, file) => {
                let failed = |error| StoreError::io(format!("syncing {}", intake.0.display()), error);
                file.sync_data().map_err(failed)?;
                let digest = digest_of(&map_file(&file, &intake.0)?);
                (Place::File(intake), digest)
            }
        };
        let checksum = self.checksum.finalize();
        let inner = Arc::new(Taken { place, size: self.written, checksum, digest });
        Ok(Content { inner, known_as: None })
    }
}

impl Sink {
    fn create(rules: &IntakeRules) -> Result<Self> {
        let dir = rules.partition.join(layout::INTAKE);
        layout::create_dir(&dir)?;
        // The process id lets a check of the store tell what a dead process left behind.
        let path = dir.join(format!("{}-{}", std::process::id(), ObjectId::random()));
        let failed = |error| StoreError::io(format!("making {}", path.display()), error);
        let file = layout::private_file().create_new(true).open(&path).map_err(failed)?;
        Ok(Self::File(Intake(path), file))
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.saturating_add(bytes.len() as u64) > self.rules.message_bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if let Sink::Memory(held) = &self.sink
            && held.len() + bytes.len() > self.rules.inline_limit
        {
            let mut spilled = Sink::create(&self.rules).map_err(io::Error::other)?;
            if let Sink::File(_, file) = &mut spilled {
                file.write_all(held)?;
            }
            self.sink = spilled;
        }
        let count = match &mut self.sink {
            Sink::Memory(held) => {
                held.extend_from_slice(bytes);
                bytes.len()
            }
            Sink::File(_, file) => file.write(bytes)?,
        };
        self.written += count as u64;
        self.checksum.update(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A finished message that can be appended to any number of mailboxes and accounts of the store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Content {
    inner: Arc<Taken>,
    /// Its EMAILID and THREADID, when another account has it already.
    known_as: Option<(ObjectId, Option<ObjectId>)>,
}

#[derive(Debug)]
struct Taken {
    place: Place,
    size: u64,
    checksum: u32,
    digest: Vec<u8>,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    File(Intake),
}

/// Where a [`Content`] waits.
pub(crate) enum Waiting<'a> {
    Memory(&'a [u8]),
    File(&'a Path),
}

impl Content {
    /// Bytes.
    pub fn size(&self) -> u64 {
        self.inner.size
    }

    /// `message::Digest::encode()` of it.
    pub fn digest(&self) -> &[u8] {
        &self.inner.digest
    }

    /// Bytes of the header with the blank line behind it; `None` if the digest cannot say.
    pub fn header_bytes(&self) -> Option<u64> {
        message::DigestRef::decode(&self.inner.digest).ok().map(|digest| digest.root().header_range().end)
    }

    /// The whole content, also before it is appended anywhere.
    pub fn body(&self) -> Result<Body> {
        match &self.inner.place {
            Place::Memory(bytes) => Ok(Body::Inline(bytes.clone())),
            Place::File(intake) => {
                let file = File::open(&intake.0)
                    .map_err(|error| StoreError::io(format!("opening {}", intake.0.display()), error))?;
                map_file(&file, &intake.0).map(Body::Mapped)
            }
        }
    }

    /// The same under the EMAILID and THREADID that it has elsewhere.
    pub(crate) fn known_as(mut self, email_id: ObjectId, thread_id: Option<ObjectId>) -> Self {
        self.known_as = Some((email_id, thread_id));
        self
    }

    /// Its EMAILID.
    pub(crate) fn email_id(&self) -> ObjectId {
        self.known_as.map_or_else(ObjectId::random, |(email_id, _)| email_id)
    }

    /// Its THREADID, where that is known already.
    pub(crate) fn thread_id(&self) -> Option<ObjectId> {
        self.known_as.and_then(|(_, thread_id)| thread_id)
    }

    pub(crate) fn checksum(&self) -> u32 {
        self.inner.checksum
    }

    pub(crate) fn waiting(&self) -> Waiting<'_> {
        match &self.inner.place {
            Place::Memory(bytes) => Waiting::Memory(bytes),
            Place::File(intake) => Waiting::File(&intake.0),
        }
    }
}

/// A message to append.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What it is.
    pub content: Content,
    /// Its first flags.
    pub flags: FlagSet,
    /// INTERNALDATE; `None` is now.
    pub internal_date: Option<InternalDate>,
}

impl NewMessage {
    /// Without flags, dated now.
    pub fn new(content: Content) -> Self {
        Self { content, flags: FlagSet::default(), internal_date: None }
    }
}
