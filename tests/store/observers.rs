//! Group commit and what observers are told.

use std::sync::{Arc, Mutex, OnceLock};

use mailstore::{CreateOptions, EventKind, FlagChange, FlagOp, Flags, Observer, Store, StoreEvent, StoreOptions};

use super::{alice, deliver, inbox, name, options};

#[derive(Default)]
struct Recorder {
    events: Mutex<Vec<StoreEvent>>,
    /// A store of its own on the same files: sees only what is committed.
    watcher: OnceLock<Store>,
}

impl Observer for Recorder {
    fn committed(&self, event: &StoreEvent) {
        if let (Some(watcher), EventKind::Appended { uids }) = (self.watcher.get(), &event.kind) {
            let seen = super::uids(&inbox(&alice(watcher)));
            assert!(uids.iter().all(|uid| seen.contains(uid)), "told before it was committed");
        }
        self.events.lock().unwrap().push(event.clone());
    }
}

fn observed() -> (tempfile::TempDir, Arc<Recorder>, Store) {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let store = Store::open(StoreOptions { observer: recorder.clone(), ..options(dir.path()) }).unwrap();
    (dir, recorder, store)
}

#[test]
fn every_change_is_told_once() {
    let (_dir, recorder, store) = observed();
    let account = alice(&store);
    let mailbox = inbox(&account);
    account.create(&name("a"), CreateOptions::default()).unwrap();
    account.create(&name("a/b"), CreateOptions::default()).unwrap();
    deliver(&account, "INBOX", b"x").unwrap();
    let seen = FlagChange { op: FlagOp::Add, flags: Flags::SEEN.into(), unchanged_since: None };
    mailbox.change_flags(&1.into(), &seen).unwrap();
    mailbox.change_flags(&1.into(), &seen).unwrap();
    mailbox.copy(&1.into(), &name("a")).unwrap();
    mailbox.move_to(&1.into(), &name("a/b")).unwrap();
    account.rename(&name("a"), &name("c")).unwrap();
    account.subscribe(&name("c")).unwrap();
    account.subscribe(&name("c")).unwrap();
    account.delete(&name("c/b")).unwrap();
    assert!(deliver(&account, "nowhere", b"x").is_err());
    let told: Vec<_> = recorder
        .events
        .lock()
        .unwrap()
        .iter()
        .map(|event| (event.name.as_ref().map(ToString::to_string).unwrap_or_default(), event.kind.clone()))
        .collect();
    let uids = || Arc::from([1]);
    let expected = [
        ("a", EventKind::Created),
        ("a/b", EventKind::Created),
        ("INBOX", EventKind::Appended { uids: uids() }),
        ("INBOX", EventKind::FlagsChanged { uids: uids() }),
        ("a", EventKind::Appended { uids: uids() }),
        ("a/b", EventKind::Appended { uids: uids() }),
        ("INBOX", EventKind::Expunged { uids: uids() }),
        ("c", EventKind::Renamed { from: name("a") }),
        ("c/b", EventKind::Renamed { from: name("a/b") }),
        ("c", EventKind::Subscribed),
        ("c/b", EventKind::Deleted),
    ];
    assert_eq!(told, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn writers_at_once_share_commits_in_order() {
    let (dir, recorder, store) = observed();
    let account = alice(&store);
    recorder.watcher.set(Store::open(options(dir.path())).unwrap()).ok().unwrap();
    let own: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread: u64| {
                let account = &account;
                scope.spawn(move || {
                    let size = |number: u64| if number.is_multiple_of(9) { super::INLINE * 2 } else { 300 };
                    (0..30)
                        .map(|number| {
                            let bytes = super::content(thread * 1000 + number, size(number));
                            let uid = deliver(account, "INBOX", &bytes).unwrap();
                            assert_eq!(
                                inbox(account).body(uid).unwrap().as_ref(),
                                bytes,
                                "there when the call returns"
                            );
                            // A job that fails takes nobody else's with it.
                            assert!(deliver(account, "nowhere", b"x").is_err());
                            uid
                        })
                        .collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(own.iter().all(|uids| uids.is_sorted()));
    let mut all: Vec<u32> = own.concat();
    all.sort_unstable();
    assert_eq!(all, (1..=240).collect::<Vec<_>>());
    let events = recorder.events.lock().unwrap();
    let told: Vec<u32> = events
        .iter()
        .flat_map(|event| match &event.kind {
            EventKind::Appended { uids } => uids.to_vec(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, all, "in commit order");
    assert!(events.is_sorted_by(|a, b| a.modseq < b.modseq));
    super::assert_sound(&account);
}
