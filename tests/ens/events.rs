//! The events of the store and their fields, as a subscriber reads them (Reference §5).

use suite::{Site, SiteOptions, corpus, password};

use super::watcher::Watcher;

const MESSAGE: &[u8] = b"From: a@b.test\r\nSubject: hello\r\n\r\nfirst line\r\nsecond line\r\n";

fn site(settings: &[(&str, &str)]) -> Site {
    let options = settings.iter().fold(SiteOptions::default(), |options, (name, value)| options.set(name, value));
    Site::start(options)
}

#[test]
fn a_delivery_is_newmsg_and_everything_else_that_brings_messages_is_updatemsg() {
    let site = site(&[]);
    let mut watcher = Watcher::start(&site, &["alice"]);
    site.deliver("alice", MESSAGE);
    let event = watcher.next("NewMsg");
    assert_eq!(event.key(), "enp://127.0.0.1/store/alice");
    assert_eq!(event.list(&["mailboxName", "imapUid", "numMsgs"]), "mailboxName=alice imapUid=1 numMsgs=1");
    // lmtpd puts its own lines in front.
    let (size, header): (usize, usize) = (event.get("size").parse().unwrap(), event.get("hdrLen").parse().unwrap());
    assert_eq!(size - header, b"first line\r\nsecond line\r\n".len());
    assert!(header > 30 && event.get("hostname") == "localhost", "{event:?}");
    assert_eq!(event.get("pid"), site.pid().to_string());
    for name in ["uidValidity", "timestamp", "modseq", "mailboxId", "process"] {
        assert!(!event.get(name).is_empty(), "{name}: {event:?}");
    }
    assert_eq!(event.payload(), "", "nobody asked for the text");
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "(\\Seen)", MESSAGE);
    let event = watcher.next("UpdateMsg");
    let size = MESSAGE.len();
    assert_eq!(
        event.list(&["imapUid", "numMsgs", "size", "hdrLen"]),
        format!("imapUid=2 numMsgs=2 size={size} hdrLen={}", size - 25)
    );
    imap.command("SELECT INBOX");
    imap.command("COPY 1:2 Archive");
    let event = watcher.next("UpdateMsg");
    assert_eq!(event.list(&["mailboxName", "imapUid", "numMsgs"]), "mailboxName=alice/Archive imapUid=1:2 numMsgs=2");
    assert_eq!(event.key(), "enp://127.0.0.1/store/alice/Archive");
}

#[test]
fn flags_are_readmsg_trashmsg_and_changeflag_with_the_mailboxs_counts() {
    let site = site(&[]);
    for _ in 0..3 {
        site.deliver("alice", MESSAGE);
    }
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    imap.command("STORE 1:2 +FLAGS (\\Seen)");
    let counts = ["imapUid", "numSeen", "numDel", "numMsgs"];
    assert_eq!(watcher.next("ReadMsg").list(&counts), "imapUid=1:2 numSeen=2 numDel=0 numMsgs=3");
    assert_eq!(watcher.next("ChangeFlag").get("imapUid"), "1:2");
    imap.command("STORE 1,3 +FLAGS (\\Deleted)");
    assert_eq!(watcher.next("TrashMsg").list(&counts), "imapUid=1,3 numSeen=2 numDel=2 numMsgs=3");
    assert_eq!(watcher.next("ChangeFlag").get("imapUid"), "1,3");
    imap.command("STORE 1:2 -FLAGS (\\Seen)");
    let event = watcher.any();
    assert_eq!(event.list(&["evtType", "flags"]), "evtType=ChangeFlag flags=", "neither read nor deleted now");
    imap.command("EXPUNGE");
    let event = watcher.next("DeleteMsg");
    assert_eq!(event.list(&["imapUid", "lastUid", "numMsgs"]), "imapUid=1,3 lastUid=3 numMsgs=1");
}

#[test]
fn header_and_body_come_with_an_event_up_to_their_limits() {
    let plugin = "local.store.notifyplugin";
    let site = site(&[
        (&format!("{plugin}.maxheadersize"), "10000"),
        (&format!("{plugin}.maxbodysize"), "5"),
        (&format!("{plugin}.msgflags.enable"), "yes"),
    ]);
    let mut watcher = Watcher::start(&site, &["alice"]);
    site.deliver("alice", MESSAGE);
    let event = watcher.next("NewMsg");
    let header: usize = event.get("hdrLen").parse().unwrap();
    assert_eq!(&event.payload()[header..], "first");
    assert!(event.payload()[..header].ends_with("Subject: hello\r\n\r\n"), "{event:?}");
    let mut imap = site.imap_as("alice");
    let large = corpus::message("large", &"0123456789\r\n".repeat(20_000));
    imap.append("INBOX", "(\\Flagged word)", &large);
    let event = watcher.next("UpdateMsg");
    assert_eq!(event.list(&["flags", "size"]), format!("flags=\\Flagged word size={}", large.len()));
    assert!(event.payload().ends_with("\r\n\r\n01234"), "{}", event.payload());
    imap.command("SELECT INBOX");
    imap.command("COPY 1:2 Archive");
    for (uid, end) in [("1", "\r\n\r\nfirst"), ("2", "\r\n\r\n01234")] {
        let event = watcher.next("UpdateMsg");
        assert_eq!(event.list(&["imapUid", "mailboxName"]), format!("imapUid={uid} mailboxName=alice/Archive"));
        assert!(event.payload().ends_with(end), "{event:?}");
    }
    imap.command("STORE 1:2 +FLAGS (\\Answered)");
    let mut states =
        [watcher.next("ChangeFlag"), watcher.next("ChangeFlag")].map(|event| event.list(&["imapUid", "flags"]));
    states.sort();
    assert_eq!(states, ["imapUid=1 flags=\\Answered", "imapUid=2 flags=\\Answered \\Flagged word"]);
}

#[test]
fn sign_ins_are_login_and_logout() {
    let site = site(&[]);
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = site.imap_as("alice");
    let event = watcher.next("Login");
    assert_eq!(event.list(&["mailboxName", "userId", "service"]), "mailboxName=alice userId=alice service=imap");
    assert!(event.get("client").starts_with("127.0.0.1:"), "{event:?}");
    imap.command("LOGOUT");
    assert_eq!(watcher.next("Logout").get("service"), "imap");
    let mut pop = crate::pop::client::Client::connect(site.listener("pop"));
    pop.ok("USER alice");
    pop.ok(&format!("PASS {}", password()));
    assert_eq!(watcher.next("Login").get("service"), "pop");
    // A connection that is cut is a logout, too.
    drop(pop);
    assert_eq!(watcher.next("Logout").get("service"), "pop");
}

#[test]
fn mailboxes_and_their_rights_have_events() {
    let site = site(&[]);
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Work");
    assert_eq!(watcher.next("CreateMailbox").get("mailboxName"), "alice/Work");
    imap.command("RENAME Work Play");
    let event = watcher.next("RenameMailbox");
    assert_eq!(event.list(&["mailboxName", "from"]), "mailboxName=alice/Play from=alice/Work");
    imap.command("SUBSCRIBE Play");
    assert_eq!(watcher.next("Subscribe").get("mailboxName"), "alice/Play");
    imap.command("UNSUBSCRIBE Play");
    assert_eq!(watcher.next("Unsubscribe").get("mailboxName"), "alice/Play");
    imap.command("DELETE Play");
    assert_eq!(watcher.next("DeleteMailbox").get("mailboxName"), "alice/Play");
}

#[test]
fn a_refusal_for_quota_is_overquota_and_room_again_is_underquota() {
    let site = Site::start(SiteOptions::default().users(&["alice mailQuota=2000"]));
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "", &corpus::message("fits", &"x\r\n".repeat(400)));
    let refused = imap.attempt(&format!("APPEND INBOX {{{}+}}\r\n{}", 1200, "y".repeat(1200)));
    assert!(refused.status.starts_with("NO [OVERQUOTA]"), "{}", refused.status);
    let event = watcher.next("OverQuota");
    assert_eq!(event.list(&["diskQuota", "numMsgs"]), "diskQuota=2000 numMsgs=1");
    imap.command("SELECT INBOX");
    imap.command("STORE 1 +FLAGS (\\Deleted)");
    imap.command("EXPUNGE");
    assert_eq!(watcher.next("UnderQuota").list(&["diskUsed", "numMsgs"]), "diskUsed=0 numMsgs=0");
}

#[test]
fn a_quota_that_is_raised_is_underquota_whoever_raises_it() {
    let site = Site::start(SiteOptions::default().users(&["alice mailQuota=2000"]));
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "", &corpus::message("fits", &"x\r\n".repeat(400)));
    let refused = |watcher: &mut Watcher, imap: &mut suite::ImapClient| {
        let refused = imap.attempt(&format!("APPEND INBOX {{{}+}}\r\n{}", 1200, "y".repeat(1200)));
        assert!(refused.status.starts_with("NO [OVERQUOTA]"), "{}", refused.status);
        watcher.next("OverQuota");
    };
    refused(&mut watcher, &mut imap);
    // Not enough room for what was refused.
    site.tool(&["user", "set", "alice", "mailQuota=2100"], "").success();
    site.tool(&["user", "set", "alice", "mailQuota=9000"], "").success();
    assert_eq!(watcher.next("UnderQuota").list(&["diskQuota", "process"]), "diskQuota=9000 process=user");
    // Changed behind our backs, as in LDAP: the tool that looks at quotas sees it.
    site.tool(&["user", "set", "alice", "mailQuota=2000"], "").success();
    let mut imap = site.imap_as("alice");
    suite::wait_for("the smaller quota", || {
        let refused = imap.attempt(&format!("APPEND INBOX {{{}+}}\r\n{}", 1200, "y".repeat(1200)));
        refused.status.starts_with("NO [OVERQUOTA]").then_some(()).or_else(|| {
            imap = site.imap_as("alice");
            None
        })
    });
    watcher.next("OverQuota");
    let ldif = site.root().join("config/directory.ldif");
    let text = std::fs::read_to_string(&ldif).unwrap();
    assert!(text.contains("mailQuota: 2000"), "{text}");
    std::fs::write(&ldif, text.replace("mailQuota: 2000", "mailQuota: 90000")).unwrap();
    site.tool(&["imquotacheck"], "").success();
    assert_eq!(watcher.next("UnderQuota").list(&["diskQuota", "process"]), "diskQuota=90000 process=imquotacheck");
}

#[test]
fn each_kind_can_be_switched_off_and_folders_other_than_inbox_stay_silent_without_noneinbox() {
    let off = ["newmsg", "updatemsg", "readmsg", "trashmsg", "deletemsg", "changeflag", "loguser", "overquota"];
    let mut options = SiteOptions::default().set("local.store.notifyplugin.noneinbox.enable", "no");
    for event in off {
        options = options.set(&format!("local.store.notifyplugin.{event}.enable"), "no");
    }
    let site = Site::start(options);
    let mut watcher = Watcher::start(&site, &["alice"]);
    site.deliver("alice", MESSAGE);
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "", MESSAGE);
    imap.command("SELECT INBOX");
    imap.command("STORE 1 +FLAGS (\\Seen \\Deleted)");
    imap.command("EXPUNGE");
    imap.command("CREATE Work");
    imap.command("LOGOUT");
    // The first thing that is published at all: of INBOX, and of a kind that is on.
    let mut imap = site.imap_as("alice");
    imap.command("UNSUBSCRIBE INBOX");
    let event = watcher.any();
    assert_eq!(event.list(&["evtType", "mailboxName"]), "evtType=Unsubscribe mailboxName=alice");
}
