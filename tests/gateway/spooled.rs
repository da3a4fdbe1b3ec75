//! The spool: limits while bytes come, nothing left behind, nothing wedged.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use spool::{DraftId, FileId, Limit, NewFile, SessionSpool, Spool, SpoolError, SpoolFile, SpoolOptions, encoded_size};
use tempfile::TempDir;

use super::fixture::run;

const MANY: u64 = 1 << 40;

fn spool(session_bytes: u64) -> (TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolOptions { dir: folder.path().join("http"), session_bytes }).unwrap();
    (folder, spool)
}

fn new<'a>(draft: &'a DraftId, name: &'a str, limit: u64) -> NewFile<'a> {
    NewFile { draft, file_name: name, media_type: "image/png", limit: Limit::message(limit) }
}

async fn put(session: &SessionSpool, draft: &DraftId, bytes: &[u8], limit: u64) -> Result<SpoolFile, SpoolError> {
    let mut writer = session.create(new(draft, "pic.png", limit)).await?;
    for piece in bytes.chunks(10_000) {
        writer.write(piece).await?;
    }
    writer.finish().await
}

fn files_below(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            names.extend(files_below(&entry.path()));
        } else {
            names.push(entry.path().to_string_lossy().into_owned());
        }
    }
    names
}

#[test]
fn a_file_is_kept_privately_under_a_random_name() {
    let (folder, spool) = spool(MANY);
    run(async {
        let draft = DraftId::random();
        let name = "../../etc/pass\r\nwd\0 ünï.png";
        let mut writer = spool.session("key").create(new(&draft, name, MANY)).await.unwrap();
        writer.write(b"hello ").await.unwrap();
        writer.write(b"world").await.unwrap();
        let file = writer.finish().await.unwrap();
        assert_eq!((file.file_name.as_str(), file.media_type.as_str(), file.size), ("passwd ünï.png", "image/png", 11));
        assert_eq!(file.sha256, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
        // Another process sees the same by the same key.
        let again = Spool::open(SpoolOptions { dir: folder.path().join("http"), session_bytes: MANY }).unwrap();
        assert_eq!(again.session("key").files(&draft).await.unwrap(), std::slice::from_ref(&file));
        assert_eq!(again.session("other key").files(&draft).await.unwrap(), []);
        assert!(matches!(again.session("other key").open(&file.id).await, Err(SpoolError::NoSuchFile)));
        let mut content = Vec::new();
        let mut opened = again.session("key").open(&file.id).await.unwrap();
        tokio::io::AsyncReadExt::read_to_end(&mut opened, &mut content).await.unwrap();
        assert_eq!(content, b"hello world");
    });
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = folder.path().join("http");
    assert_eq!(mode(&root), 0o700);
    for entry in fs::read_dir(&root).unwrap().flatten() {
        assert_eq!(mode(&entry.path()), 0o700);
    }
    for file in files_below(&root) {
        assert_eq!(mode(Path::new(&file)), 0o600, "{file}");
        assert!(!file.contains("pass") && !file.contains("key"), "{file}");
    }
}

#[test]
fn a_limit_passed_in_mid_stream_leaves_no_file_and_no_lock() {
    let (folder, spool) = spool(MANY);
    run(async {
        let session = spool.session("key");
        let draft = DraftId::random();
        let limit = 100_000;
        let mut writer = session.create(new(&draft, "big", limit)).await.unwrap();
        let mut taken = 0;
        let refused = loop {
            match writer.write(&[b'x'; 1000]).await {
                Ok(()) => taken += 1000,
                Err(error) => break error,
            }
        };
        // Refused at the first byte too many, as it will be encoded.
        assert!(encoded_size(taken) <= limit && encoded_size(taken + 1000) + 1000 > limit, "{taken}");
        assert!(matches!(refused, SpoolError::TooLarge { limit: 100_000, size } if size > limit), "{refused}");
        assert!(refused.user_text().contains("97.6 KB"), "{}", refused.user_text());
        drop(writer);
        assert_eq!(files_below(folder.path()), Vec::<String>::new());
        // The session is as good as new.
        put(&session, &draft, &[1; 50_000], limit).await.unwrap();
        assert_eq!(session.files(&draft).await.unwrap().len(), 1);
    });
}

#[test]
fn five_megabytes_take_about_three_and_three_quarters() {
    let (_folder, spool) = spool(MANY);
    run(async {
        let limit = 5_242_880;
        let session = spool.session("key");
        let fits = 3_750_000;
        put(&session, &DraftId::random(), &vec![7; fits], limit).await.unwrap();
        assert!(matches!(
            put(&session, &DraftId::random(), &vec![7; 3_932_160], limit).await,
            Err(SpoolError::TooLarge { .. })
        ));
    });
}

#[test]
fn the_files_of_a_draft_count_together_and_those_of_a_session_too() {
    let (folder, spool) = spool(250_000);
    run(async {
        let session = spool.session("key");
        let (one, two) = (DraftId::random(), DraftId::random());
        let first = put(&session, &one, &[1; 60_000], 100_000).await.unwrap();
        assert!(matches!(put(&session, &one, &[1; 60_000], 100_000).await, Err(SpoolError::TooLarge { .. })));
        put(&session, &two, &[2; 60_000], 100_000).await.unwrap();
        put(&session, &DraftId::random(), &[3; 60_000], MANY).await.unwrap();
        let full = put(&session, &DraftId::random(), &[4; 80_000], MANY).await;
        assert!(matches!(full, Err(SpoolError::SessionFull { limit: 250_000 })), "{full:?}");
        // Another session has its own room.
        put(&spool.session("other"), &one, &[1; 60_000], 100_000).await.unwrap();
        session.remove(&first.id).await.unwrap();
        session.remove(&first.id).await.unwrap();
        put(&session, &one, &[1; 60_000], 100_000).await.unwrap();
        session.remove_draft(&one).await.unwrap();
        assert_eq!(session.files(&one).await.unwrap(), []);
        assert_eq!(session.files(&two).await.unwrap().len(), 1);
        session.clear().await.unwrap();
        session.clear().await.unwrap();
        assert_eq!(session.used().await.unwrap(), 0);
        assert_eq!(files_below(folder.path()).len(), 2, "the other session's");
    });
}

#[test]
fn uploads_at_the_same_time_cannot_pass_the_limit_together() {
    let (_folder, spool) = spool(MANY);
    run(async {
        let draft = DraftId::random();
        let mut tasks = Vec::new();
        for n in 0..8_u8 {
            let (session, draft) = (spool.session("key"), draft.clone());
            tasks.push(tokio::spawn(async move { put(&session, &draft, &vec![n; 300_000], 1_000_000).await.is_ok() }));
        }
        let mut kept = 0;
        for task in tasks {
            kept += usize::from(task.await.unwrap());
        }
        let files = spool.session("key").files(&draft).await.unwrap();
        assert_eq!(files.len(), kept);
        assert!(files.iter().map(|file| encoded_size(file.size)).sum::<u64>() <= 1_000_000, "{kept} files");
    });
}

#[test]
fn an_upload_given_up_leaves_nothing() {
    let (folder, spool) = spool(MANY);
    run(async {
        let draft = DraftId::random();
        let session = spool.session("key");
        let mut writer = session.create(new(&draft, "half", MANY)).await.unwrap();
        writer.write(&vec![1; 2_000_000]).await.unwrap();
        assert_eq!(files_below(folder.path()).len(), 1);
        assert_eq!(session.files(&draft).await.unwrap(), [], "not there for others until it is whole");
        drop(writer);
        assert_eq!(files_below(folder.path()), Vec::<String>::new());
        // The session ends in the middle of an upload.
        let mut writer = session.create(new(&draft, "late", MANY)).await.unwrap();
        writer.write(&[1; 10]).await.unwrap();
        session.clear().await.unwrap();
        assert!(writer.finish().await.is_err());
        assert_eq!(files_below(folder.path()), Vec::<String>::new());
    });
}

#[test]
fn a_sweep_removes_what_is_stale_and_nothing_else() {
    let (folder, spool) = spool(MANY);
    run(async {
        put(&spool.session("old"), &DraftId::random(), b"x", MANY).await.unwrap();
    });
    let root = folder.path().join("http");
    fs::write(root.join("README"), "stays").unwrap();
    fs::create_dir(root.join("else")).unwrap();
    assert_eq!(spool.sweep(Duration::from_secs(3600)).unwrap(), 0);
    assert_eq!(spool.sweep(Duration::ZERO).unwrap(), 1);
    let mut left: Vec<_> = fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["README", "else"]);
}

#[test]
fn ids_are_digits_only_and_types_are_types_only() {
    for bad in ["", "../x", "0123456789abcdef0123456789ABCDEF", &"0".repeat(31), &"0".repeat(33), &"g".repeat(32)] {
        assert!(DraftId::parse(bad).is_none() && FileId::parse(bad).is_none(), "{bad}");
    }
    assert_ne!(DraftId::random(), DraftId::random());
    let (_folder, spool) = spool(MANY);
    run(async {
        let draft = DraftId::random();
        for (given, kept) in [
            ("text/html; charset=utf-8", "text/html"),
            ("IMAGE/PNG", "image/png"),
            ("x\r\nBcc: y@z", "application/octet-stream"),
            ("multipart/mixed", "application/octet-stream"),
            ("message/rfc822", "application/octet-stream"),
            ("text/<script>", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            let new = NewFile { media_type: given, ..new(&draft, "x", MANY) };
            assert_eq!(spool.session("key").create(new).await.unwrap().finish().await.unwrap().media_type, kept);
        }
    });
}
