//! Tools that change the store while it is served: sessions of the running program are told at once.

use suite::{ImapClient, Site, SiteOptions, corpus};

use super::watcher::Watcher;

fn idle(site: &Site) -> ImapClient {
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    imap.send(b"i IDLE\r\n");
    assert!(imap.response().text().starts_with('+'));
    imap
}

/// Reads untagged responses until one that has `found`.
#[track_caller]
fn told(imap: &mut ImapClient, found: &str) {
    loop {
        let line = imap.response().text();
        assert!(line.starts_with("* "), "{line}");
        if line.contains(found) {
            return;
        }
    }
}

#[test]
fn idle_shows_what_tools_deliver_import_expire_and_restore() {
    let site = Site::new();
    let mut watcher = Watcher::start(&site, &["alice"]);
    let mut imap = idle(&site);
    let message = String::from_utf8(corpus::message("from a tool", "x")).unwrap();
    site.tool(&["deliver", "alice"], &message).success();
    told(&mut imap, "1 EXISTS");
    let event = watcher.next("NewMsg");
    assert_eq!(event.list(&["process", "imapUid"]), "process=deliver imapUid=1");
    let folder = suite::process::temporary("mbox");
    let mbox = folder.path().join("mbox");
    std::fs::write(&mbox, format!("From a@b Thu Jan  1 00:00:00 2026\n{}\n", message.replace("\r\n", "\n"))).unwrap();
    site.tool(&["import", "--user", "alice", "--mailbox", "INBOX", mbox.to_str().unwrap()], "").success();
    told(&mut imap, "2 EXISTS");
    assert_eq!(watcher.next("UpdateMsg").get("process"), "import");
    let backup = folder.path().join("backup");
    let backup = backup.to_str().unwrap();
    site.tool(&["imsbackup", "-f", backup, "/primary/user/alice"], "").success();
    let rules = folder.path().join("rules");
    std::fs::write(&rules, "all.folderpattern: user/alice/INBOX\nall.messagecount: 0\n").unwrap();
    site.tool(&["imexpire", "-e", "--rules", rules.to_str().unwrap()], "").success();
    told(&mut imap, "EXPUNGE");
    let event = watcher.next("PurgeMsg");
    assert_eq!(event.list(&["imapUid", "process", "numMsgs"]), "imapUid=1:2 process=imexpire numMsgs=0");
    site.tool(&["imsrestore", "-f", backup, "-c", "y"], "").success();
    told(&mut imap, "2 EXISTS");
    assert_eq!(watcher.next("UpdateMsg").get("process"), "imsrestore");
    site.tool(&["mboxutil", "-c", "user/alice/Made"], "").success();
    assert_eq!(
        watcher.next("CreateMailbox").list(&["process", "mailboxName"]),
        "process=mboxutil mailboxName=alice/Made"
    );
}

#[test]
fn without_a_broker_tools_end_as_soon_and_sessions_see_it_at_their_next_command() {
    let site = Site::start(SiteOptions::default().set("local.ens.enable", "no"));
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    site.tool(&["deliver", "alice"], "Subject: x\r\n\r\ny\r\n").success();
    let reply = imap.command("NOOP");
    assert!(reply.untagged.iter().any(|line| line.text().contains("1 EXISTS")), "{reply:?}");
}

#[test]
fn watch_prints_lines_narrows_by_parameters_and_ends_after_a_number_of_events() {
    let site = Site::new();
    let folder = suite::process::temporary("watch");
    let mut command = std::process::Command::new(suite::process::heliograph());
    command.args(["ens", "watch", "alice?evtType=NewMsg", "--count", "2", "--root"]).arg(site.root());
    let mut server = suite::process::Server::start(&mut command, &folder.path().join("log"));
    suite::wait_for("the subscription", || server.log_text().contains("watching enp://").then_some(()));
    site.imap_as("alice").append("INBOX", "", b"Subject: passed over\r\n\r\n");
    for subject in ["one", "two"] {
        site.deliver("alice", &corpus::message(subject, "x"));
    }
    for uid in [2, 3] {
        let line = server.wait_for_line("2");
        assert!(line.contains(" NewMsg alice ") && line.contains(&format!(" imapUid={uid} ")), "{line}");
    }
    suite::wait_for("its end", || (!server.is_running()).then_some(()));
}

#[test]
fn watch_needs_no_site_when_it_is_told_where_and_what() {
    let site = Site::new();
    let port = site.listener("ens").port();
    let folder = suite::process::temporary("nowhere");
    let mut command = std::process::Command::new(suite::process::heliograph());
    command.args(["ens", "watch", "enp://127.0.0.1/store", "--json", "--host"]).arg(format!("127.0.0.1:{port}"));
    command.arg("--root").arg(folder.path());
    let mut server = suite::process::Server::start(&mut command, &folder.path().join("log"));
    suite::wait_for("the subscription", || server.log_text().contains("watching enp://").then_some(()));
    site.deliver("bob", &corpus::message("x", "y"));
    assert!(server.wait_for_line("{").contains("store/bob?evtType=NewMsg"));
}

#[test]
fn what_can_never_come_is_refused_and_what_may_come_later_is_waited_for_aloud() {
    let options = SiteOptions::default().set("local.store.notifyplugin.noneinbox.enable", "no");
    let site = Site::start(options.set("local.store.notifyplugin.readmsg.enable", "no"));
    for (reference, reason) in [
        ("alice?evtType=newmsg", "there is no evtType 'newmsg': give one of NewMsg, "),
        ("http://x/y", "neither an enp:// reference nor a mailbox"),
        ("alice/Sent", "only events of INBOX are published"),
        ("alice?evtType=ReadMsg", "no ReadMsg is published"),
    ] {
        let output = site.tool(&["ens", "watch", reference], "");
        assert_eq!(output.status.code(), Some(1), "{reference}: {}", output.stderr);
        assert!(output.stderr.contains(reason), "{reference}: {}", output.stderr);
    }
    let folder = suite::process::temporary("watch");
    let mut command = std::process::Command::new(suite::process::heliograph());
    command.args(["ens", "watch", "--host", &format!("127.0.0.1:{}", suite::free_port()), "--root"]).arg(site.root());
    let server = suite::process::Server::start(&mut command, &folder.path().join("log"));
    suite::wait_for("what is missing", || server.log_text().contains("no event broker at 127.0.0.1:").then_some(()));
}

#[test]
fn what_cannot_be_watched_is_said() {
    let site = Site::make(SiteOptions::default());
    for words in
        [&["ens", "watch", "enp://"][..], &["ens", "watch", "--host", "nats://"], &["ens", "watch", "--host", "h:x"]]
    {
        let output = site.tool(words, "");
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", output.stderr);
        assert!(output.stderr.starts_with("heliograph: "), "{}", output.stderr);
    }
}
