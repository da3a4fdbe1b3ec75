//! The same calls in front of this program's own IMAP service, with the proxy credentials of a new site.

use backends::{Account, Deleted, Flag, FlagChange, NewMessage, Notice, Pool, PoolOptions, Role, Search, UidSet};
use config::{Proxy, Settings};
use futures::StreamExt;
use suite::{Site, corpus};

use super::fixture::{bytes_of, run};

#[test]
fn a_mailbox_is_read_and_changed_through_proxy_credentials() {
    let site = Site::new();
    for n in 1..=60 {
        site.deliver("alice", &corpus::message(&format!("number {n}"), "the text"));
    }
    let settings = Settings::load(site.root()).unwrap();
    let proxy = Proxy::read(&settings).with_port(site.listener("imap").port());
    let pool = Pool::new(PoolOptions::default(), proxy, None);
    let session = pool.session("browser", &Account::new(None, "alice").for_client("198.51.100.2".parse().unwrap()));
    run(async {
        let list = session.mailboxes().await.unwrap();
        let roles: Vec<_> = list.iter().filter_map(|mailbox| mailbox.role).collect();
        assert_eq!(roles, [Role::Inbox, Role::Drafts, Role::Sent, Role::Archive, Role::Junk, Role::Trash]);
        assert_eq!((list[0].messages, list[0].unseen), (60, 60));
        let page = session.page("INBOX", 1, 50).await.unwrap();
        assert_eq!((page.total, page.pages, page.rows.len()), (60, 2, 50));
        assert_eq!(page.rows[0].summary.envelope.subject, "number 60");
        assert_eq!(session.page("INBOX", 1, 50).await.unwrap(), page);
        let here = ("INBOX", page.uid_validity);
        let newest = page.rows[0].uid;
        let message = session.message(here, newest).await.unwrap();
        assert_eq!((message.newer, message.older), (None, Some(page.rows[1].uid)));
        let part = message.summary.structure.walk().find(|part| part.is("text", "plain")).unwrap().clone();
        let text = session.part_bytes(here, newest, &part, 1000).await.unwrap();
        assert!(String::from_utf8_lossy(&text.bytes).contains("the text"));
        let source = bytes_of(session.source(here, newest).await.unwrap()).await;
        assert_eq!(source.len() as u64, message.summary.size);

        session.flag(here, &newest.into(), FlagChange::Add, &[Flag::Seen, Flag::Flagged]).await.unwrap();
        let flags = session.message(here, newest).await.unwrap().flags;
        assert!(flags.seen && flags.flagged);
        assert_eq!(
            session.delete(here, &UidSet::parse("1:3").unwrap()).await.unwrap(),
            Deleted::Moved("Trash".to_owned())
        );
        session.expunge("Trash", &UidSet::all()).await.unwrap();
        session.create("Käse & \"Wein\"").await.unwrap();
        session.move_to(here, &UidSet::parse("4:5").unwrap(), "Käse & \"Wein\"").await.unwrap();
        assert_eq!(session.page("Käse & \"Wein\"", 1, 50).await.unwrap().total, 2);
        assert_eq!(session.search_uids(here, &Search::text("number 17")).await.unwrap().len(), 1);
        assert_eq!(session.counts("INBOX").await.unwrap().messages, 55);

        let draft = b"Subject: draft\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n";
        let new = NewMessage { flags: vec![Flag::Draft, Flag::Seen], received: None, size: draft.len() as u64 };
        let first = session.append("Drafts", &new, draft.as_slice()).await.unwrap();
        let second = session.replace_draft("Drafts", first.uid, &new, draft.as_slice()).await.unwrap();
        let drafts = session.page("Drafts", 1, 50).await.unwrap();
        assert_eq!((drafts.total, Some(drafts.rows[0].uid)), (1, second.uid));

        let mut watch = session.watch("INBOX").await.unwrap();
        site.deliver("alice", &corpus::message("news", "x"));
        while watch.next().await != Some(Notice::Messages(56)) {}
        assert_eq!(session.page("INBOX", 1, 50).await.unwrap().rows[0].summary.envelope.subject, "news");
    });
}
