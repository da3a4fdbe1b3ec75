//! Transcripts: conversations of several IMAP sessions with a server, as files. tests/imap/README.md describes the form.

mod matching;
mod read;
mod run;

pub use matching::{Captures, Pattern};
pub use read::{Case, Content, Marker, Step, Transcript, read};
pub use run::{Target, TargetKind, run_file};
