//! News by IDLE.

use backends::{Account, Notice, Pool, PoolOptions};
use futures::StreamExt;
use suite::site::password;

use super::fixture::{Alice, MASTER, proxy, run};

#[test]
fn new_mail_and_flags_are_noticed_by_everybody_who_watches() {
    let alice = Alice::new();
    run(async {
        let mut first = alice.session.watch("INBOX").await.unwrap();
        let mut second = alice.session.watch("INBOX").await.unwrap();
        let mut other = alice.other();
        other.append("INBOX", "()", b"Subject: new\r\n\r\nx\r\n");
        assert_eq!(first.next().await, Some(Notice::Messages(1)));
        assert_eq!(second.next().await, Some(Notice::Messages(1)));
        other.command("SELECT INBOX");
        other.command("STORE 1 +FLAGS (\\Flagged)");
        assert_eq!(first.next().await, Some(Notice::Flags));
        // The session itself goes on meanwhile.
        assert_eq!(alice.session.page("INBOX", 1, 50).await.unwrap().total, 1);
        other.command("STORE 1 +FLAGS (\\Deleted)");
        other.command("EXPUNGE");
        while first.next().await != Some(Notice::Messages(0)) {}
    });
}

#[test]
fn without_idle_the_last_resort_is_noop() {
    let bare = Alice::bare();
    let options = PoolOptions { noop_pause: std::time::Duration::from_millis(20), ..PoolOptions::default() };
    let pool = Pool::new(options, proxy(bare.address, Some((MASTER, password()))), None);
    run(async {
        let session = pool.session("browser", &Account::new(None, "alice"));
        let mut watch = session.watch("INBOX").await.unwrap();
        bare.other().append("INBOX", "()", b"Subject: new\r\n\r\nx\r\n");
        assert_eq!(watch.next().await, Some(Notice::Messages(1)));
    });
}
