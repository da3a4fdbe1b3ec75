//! What is on disk belongs to the user that the server runs as, and to nobody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use mailstore::Store;

use super::{alice, content, deliver, options, take_in};

/// Set for the process that works under a umask which forbids nothing.
const OPEN_HANDED: &str = "STORE_TEST_UMASK";

fn modes(folder: &Path, found: &mut Vec<(PathBuf, u32)>) {
    found.push((folder.to_owned(), fs::metadata(folder).unwrap().permissions().mode() & 0o7777));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            modes(&path, found);
        } else {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            found.push((path, mode));
        }
    }
}

#[test]
fn no_other_user_can_read_the_store() {
    if std::env::var_os(OPEN_HANDED).is_none() {
        // The umask belongs to the whole process, and other tests run in this one.
        let outcome = Command::new("/bin/sh")
            .args(["-c", "umask 000; exec \"$0\" --exact store::private::no_other_user_can_read_the_store"])
            .arg(std::env::current_exe().unwrap())
            .env(OPEN_HANDED, "1")
            .output()
            .unwrap();
        assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("partition");
    let store = Store::open(options(&path)).unwrap();
    let account = alice(&store);
    deliver(&account, "INBOX", b"small").unwrap();
    deliver(&account, "INBOX", &content(1, 10_000)).unwrap();
    let _lock = account.lock_maildrop().unwrap().unwrap();
    let _waiting = take_in(&account, &content(2, 10_000));
    let mut found = Vec::new();
    modes(&path, &mut found);
    for (path, mode) in &found {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, expected, "{} has mode {mode:o}", path.display());
    }
    let has = |part: &str| found.iter().any(|(path, _)| path.is_file() && path.to_string_lossy().contains(part));
    for part in ["/account.db", "/account.db-wal", "/account.db-shm", "/content/", "/=intake/", "/pop.lock"] {
        assert!(has(part), "no {part}: {found:?}");
    }
}
