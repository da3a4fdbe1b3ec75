//! Who gets mail, into which folder, and what is said about who does not.

use std::time::Duration;

use directory::{Change, QuotaPolicy};
use suite::wait_for;

use super::fixture::{Lmtp, Options, begin, codes};

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

#[test]
fn every_recipient_has_a_reply_and_a_copy_of_its_own() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    let replies = client.attempt(
        "a@x.test",
        &[
            "alice@example.test",
            "nobody@example.test",
            "CAROL@Hosted.Example",
            "bob@mail.example.test",
            "bob@outside.test",
        ],
        MESSAGE,
    );
    let answers: Vec<_> = replies.iter().map(codes).collect();
    assert_eq!(answers, ["250 2.0.0", "550 5.1.1", "250 2.0.0", "250 2.0.0", "550 5.1.2"]);
    for account in ["alice", "carol@hosted.example", "bob"] {
        assert_eq!(lmtp.bodies(account), [MESSAGE], "{account}");
    }
    let text = String::from_utf8(lmtp.messages("bob", "INBOX").remove(0)).unwrap();
    assert!(
        text.contains("Delivered-To: bob@mail.example.test\r\n") && !text.contains("alice") && !text.contains("carol"),
        "{text}"
    );
}

#[test]
fn a_detail_names_a_folder_if_there_is_one() {
    let lmtp = Lmtp::new();
    lmtp.create("alice", "Lists");
    lmtp.create("alice", "Lists/Rust");
    lmtp.create("alice", "büro");
    let mut client = lmtp.connect();
    for detail in ["Lists", "Lists/Rust", "missing", "inbox", "", "a//b", "x+y"] {
        client.deliver("a@x.test", &[&format!("alice+{detail}@example.test")], MESSAGE);
    }
    assert_eq!(client.command("MAIL FROM:<> SMTPUTF8").code, 250);
    assert_eq!(client.command("RCPT TO:<alice+büro@example.test>").code, 250);
    assert_eq!(client.command("DATA").code, 354);
    client.send(b"\r\nx\r\n.\r\n");
    assert_eq!(client.reply().code, 250);
    let count = |mailbox: &str| lmtp.messages("alice", mailbox).len();
    assert_eq!((count("Lists"), count("Lists/Rust"), count("büro"), count("INBOX")), (1, 1, 1, 5));
}

#[test]
fn a_user_with_a_plus_in_the_address_comes_before_the_folder() {
    let lmtp = Lmtp::new();
    let change =
        Change::Add { attribute: "mailAlternateAddress".to_owned(), value: "alice+bob@example.test".to_owned() };
    lmtp.directory.file().change_user("bob", &[change]).unwrap();
    lmtp.connect().deliver("a@x.test", &["alice+bob@example.test"], MESSAGE);
    assert_eq!((lmtp.bodies("alice").len(), lmtp.bodies("bob").len()), (0, 1));
}

#[test]
fn the_catch_all_takes_what_nobody_else_has() {
    let lmtp = Lmtp::new();
    let change = Change::Add { attribute: "mailAlternateAddress".to_owned(), value: "@hosted.example".to_owned() };
    lmtp.directory.file().change_user("bob", &[change]).unwrap();
    lmtp.connect().deliver("a@x.test", &["whoever@hosted.example", "carol@hosted.example"], MESSAGE);
    assert_eq!((lmtp.bodies("bob").len(), lmtp.bodies("carol@hosted.example").len()), (1, 1));
}

#[test]
fn statuses_decide_between_later_and_never() {
    let lmtp = Lmtp::new();
    let statuses = [
        ("inactive", "450 4.2.1"),
        ("hold", "450 4.2.1"),
        ("overquota", "452 4.2.2"),
        ("disabled", "550 5.2.1"),
        ("deleted", "550 5.1.1"),
    ];
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    for (status, answer) in statuses {
        lmtp.directory.add(status, &[("mailUserStatus", status)]);
        assert_eq!(codes(&client.command(&format!("RCPT TO:<{status}@example.test>"))), answer, "{status}");
    }
}

#[test]
fn a_full_mailbox_is_refused_for_now_or_for_good_and_the_others_get_theirs() {
    for (permanent, answer) in [(false, "452 4.2.2"), (true, "552 5.2.2")] {
        let lmtp = Lmtp::with(Options { quota_permanent: permanent, ..Options::default() });
        lmtp.directory.add("small", &[("mailQuota", "1000")]);
        let mut client = lmtp.connect();
        client.deliver("a@x.test", &["small@example.test"], MESSAGE);
        let big = [b"Subject: big\r\n\r\n".as_slice(), &b"x".repeat(1000), b"\r\n"].concat();
        let replies =
            client.attempt("a@x.test", &["alice@example.test", "small@example.test", "bob@example.test"], &big);
        assert_eq!(replies.iter().map(codes).collect::<Vec<_>>(), ["250 2.0.0", answer, "250 2.0.0"]);
        assert_eq!((lmtp.bodies("small").len(), lmtp.bodies("alice").len(), lmtp.bodies("bob").len()), (1, 1, 1));
    }
}

#[test]
fn the_sites_quota_counts_where_the_entry_has_none_and_only_if_enforced() {
    let policy = QuotaPolicy { default_bytes: Some(10), enforce: true, ..QuotaPolicy::default() };
    let lmtp = Lmtp::with(Options { quota: policy, ..Options::default() });
    lmtp.directory.add("free", &[("mailQuota", "-1")]);
    let replies = lmtp.connect().attempt("", &["alice@example.test", "free@example.test"], MESSAGE);
    assert_eq!(replies.iter().map(codes).collect::<Vec<_>>(), ["452 4.2.2", "250 2.0.0"]);
    let lmtp = Lmtp::with(Options { quota: QuotaPolicy { enforce: false, ..policy }, ..Options::default() });
    lmtp.connect().deliver("", &["alice@example.test"], MESSAGE);
}

#[test]
fn recipients_beyond_the_limit_come_later() {
    let lmtp = Lmtp::with(Options { max_recipients: 2, ..Options::default() });
    let mut client = lmtp.connect();
    begin(&mut client, "alice@example.test");
    assert_eq!(client.command("RCPT TO:<bob@example.test>").code, 250);
    assert_eq!(codes(&client.command("RCPT TO:<carol@hosted.example>")), "452 4.5.3");
    assert_eq!(client.command("DATA").code, 354);
    client.send(b"x\r\n.\r\n");
    assert_eq!([client.reply().code, client.reply().code], [250, 250]);
    assert_eq!(client.command("NOOP").code, 250, "exactly two replies");
}

#[test]
fn an_address_that_two_users_claim_waits_for_the_administrator() {
    let lmtp = Lmtp::new();
    let text = lmtp.directory.text().replace("mail: bob@example.test", "mail: alice@example.test");
    std::fs::write(&lmtp.directory.path, text).unwrap();
    let mut client = lmtp.connect();
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    assert_eq!(codes(&client.command("RCPT TO:<alice@example.test>")), "451 4.3.0");
}

#[test]
fn after_the_grace_period_a_full_mailbox_is_refused_for_good() {
    // The first refusal begins the grace; none at all is over at once.
    for (grace, answers) in [(0, ["552 5.2.2", "552 5.2.2"]), (3600, ["452 4.2.2", "452 4.2.2"])] {
        let lmtp = Lmtp::with(Options { quota_grace: Duration::from_secs(grace), ..Options::default() });
        lmtp.directory.add("small", &[("mailQuota", "1000")]);
        let mut client = lmtp.connect();
        client.deliver("", &["small@example.test"], &filled(600));
        for answer in answers {
            assert_eq!(codes(&client.attempt("", &["small@example.test"], &filled(600))[0]), answer, "{grace}");
        }
    }
}

/// A message of a little more than `size` bytes.
fn filled(size: usize) -> Vec<u8> {
    [b"Subject: filled\r\n\r\n".as_slice(), &b"x".repeat(size), b"\r\n"].concat()
}

#[test]
fn with_an_overdraft_one_message_goes_over_the_quota_and_no_more() {
    let quota = QuotaPolicy { enforce: true, overdraft: true, ..QuotaPolicy::default() };
    let lmtp = Lmtp::with(Options { quota, ..Options::default() });
    lmtp.directory.add("small", &[("mailQuota", "1500")]);
    let mut client = lmtp.connect();
    // The second may, although it alone is larger than what is left.
    for answer in ["250 2.0.0", "250 2.0.0", "452 4.2.2"] {
        assert_eq!(codes(&client.attempt("", &["small@example.test"], &filled(900))[0]), answer);
    }
    assert_eq!(lmtp.bodies("small").len(), 2);
}

#[test]
fn the_directory_is_told_who_is_over_quota_and_who_has_room_again() {
    let quota = QuotaPolicy { enforce: true, overdraft: true, ..QuotaPolicy::default() };
    let lmtp = Lmtp::with(Options { quota, over_quota_status: true, ..Options::default() });
    lmtp.directory.add("small", &[("mailQuota", "1500")]);
    lmtp.directory.add("held", &[("mailQuota", "10"), ("mailUserStatus", "hold")]);
    let status = |uid: &str| {
        let entry = lmtp.directory.file().entry(uid).unwrap();
        entry.first("mailUserStatus").map(str::to_owned)
    };
    let mut client = lmtp.connect();
    client.deliver("", &["small@example.test"], &filled(900));
    assert_eq!(status("small").as_deref(), Some("active"));
    client.deliver("", &["small@example.test"], &filled(900));
    wait_for("the status", || (status("small").as_deref() == Some("overquota")).then_some(()));
    // Now the address itself is refused, and the mailbox is as it was.
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    assert_eq!(codes(&client.command("RCPT TO:<small@example.test>")), "452 4.2.2");
    assert_eq!(client.command("RSET").code, 250);
    let account = lmtp.store.account(&mailstore::AccountId::new("small").unwrap()).unwrap();
    let inbox = account.open(&mailstore::MailboxName::inbox()).unwrap();
    let uids = inbox.snapshot().unwrap().uids().to_vec();
    inbox.remove(&mailstore::UidSet::from(uids[0]..=uids[0])).unwrap();
    client.deliver("", &["small@example.test"], MESSAGE);
    assert_eq!(status("small").as_deref(), Some("active"));
    assert_eq!(status("held").as_deref(), Some("hold"));
}

#[test]
fn an_account_deleted_behind_its_handle_is_made_afresh_for_the_message() {
    let lmtp = Lmtp::new();
    let mut client = lmtp.connect();
    client.deliver("", &["alice@example.test"], MESSAGE);
    let id = mailstore::AccountId::new("alice").unwrap();
    assert_eq!(client.command("MAIL FROM:<>").code, 250);
    assert_eq!(client.command("RCPT TO:<alice@example.test>").code, 250);
    assert_eq!(client.command("DATA").code, 354);
    lmtp.store.delete_account(&id).unwrap();
    assert_eq!(codes(&client.command("Subject: x\r\n\r\nbody\r\n.")), "250 2.0.0");
    assert_eq!(lmtp.bodies("alice").len(), 1);
}
