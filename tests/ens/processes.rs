//! Services in processes of their own on one store: what one changes, sessions of the others are told.

use suite::{ImapClient, LmtpClient, Part, Site, SiteOptions, corpus, free_port, password, wait_for};

/// A site whose services run each in a process of its own.
struct Parts {
    site: Site,
    broker: Option<Part>,
    imap: [Part; 2],
    lmtp: Part,
    pop: Part,
}

impl Parts {
    fn start() -> Self {
        Self::of(SiteOptions::default())
    }

    fn of(options: SiteOptions) -> Self {
        let port = free_port();
        let site = Site::make(options.set("local.ens.port", port).set("local.store.notifyplugin.ensport", port));
        let broker = Some(site.serve_at("ens", &format!("ens={port}")));
        let imap = [site.serve("imap"), site.serve("imap")];
        let (lmtp, pop) = (site.serve("lmtp"), site.serve("pop"));
        Self { site, broker, imap, lmtp, pop }
    }

    fn imap(&self, process: usize) -> ImapClient {
        let mut client = self.imap_as(process, "alice");
        client.command("SELECT INBOX");
        client
    }

    fn imap_as(&self, process: usize, user: &str) -> ImapClient {
        let mut client = ImapClient::connect(self.imap[process].listener("imap"));
        client.login(user, password());
        client
    }

    fn deliver(&self, subject: &str) {
        let message = corpus::message(subject, "text");
        LmtpClient::connect(self.lmtp.listener("lmtp")).deliver(
            "sender@elsewhere.test",
            &[&self.site.address("alice")],
            &message,
        );
    }
}

fn idle(client: &mut ImapClient) {
    client.send(b"i IDLE\r\n");
    assert!(client.response().text().starts_with('+'));
}

/// Reads untagged responses until one that `found` accepts.
fn told(client: &mut ImapClient, found: &str) {
    loop {
        let line = client.response().text();
        assert!(line.starts_with("* "), "{line}");
        if line.contains(found) {
            return;
        }
    }
}

fn offers_idle(client: &mut ImapClient) -> bool {
    let reply = client.command("CAPABILITY");
    reply.untagged[0].text().split(' ').any(|word| word == "IDLE")
}

#[test]
fn a_session_in_idle_is_told_what_other_processes_deliver_change_and_delete() {
    let parts = Parts::start();
    let mut waiting = parts.imap(0);
    assert!(offers_idle(&mut waiting));
    idle(&mut waiting);
    parts.deliver("first");
    told(&mut waiting, "1 EXISTS");
    let mut other = parts.imap(1);
    other.command("STORE 1 +FLAGS (\\Flagged)");
    told(&mut waiting, "\\Flagged");
    other.command("APPEND INBOX {3+}\r\nx\r\n");
    told(&mut waiting, "2 EXISTS");
    let mut pop = crate::pop::client::Client::connect(parts.pop.listener("pop"));
    for line in ["USER alice", &format!("PASS {}", password()), "DELE 1", "QUIT"] {
        pop.ok(line);
    }
    told(&mut waiting, "1 EXPUNGE");
}

#[test]
fn nothing_is_missed_while_the_broker_is_away() {
    let mut parts = Parts::start();
    let mut waiting = parts.imap(0);
    idle(&mut waiting);
    let mut looking = parts.imap(1);
    let port = parts.broker.as_ref().unwrap().listener("ens").port();
    parts.broker.as_mut().unwrap().kill();
    parts.broker = None;
    wait_for("IDLE is not offered without a broker", || (!offers_idle(&mut looking)).then_some(()));
    parts.deliver("while it was away");
    parts.broker = Some(parts.site.serve_at("ens", &format!("ens={port}")));
    told(&mut waiting, "1 EXISTS");
    wait_for("IDLE is offered again", || offers_idle(&mut looking).then_some(()));
    parts.deliver("after it came back");
    told(&mut waiting, "2 EXISTS");
}

#[test]
fn notify_tells_of_shares_and_of_the_servers_annotations_that_other_processes_change() {
    let parts = Parts::of(SiteOptions::default().users(&["alice", "bob", "carol"]).set("store.admins", "carol"));
    let mut bob = parts.imap_as(0, "bob");
    bob.command("NOTIFY SET (subtree \"Shared Folders\" (MailboxName MessageNew MessageExpunge))");
    let mut carol = parts.imap_as(0, "carol");
    carol.command("NOTIFY SET (personal (MailboxName ServerMetadataChange))");
    let mut alice = parts.imap_as(1, "alice");
    alice.command("CREATE Box");
    alice.command("SETACL Box bob lr");
    told(&mut bob, "\\HasNoChildren) \"/\" \"Shared Folders/User/alice/Box\"");
    alice.append("Box", "()", &corpus::message("shared", "text"));
    told(&mut bob, "STATUS \"Shared Folders/User/alice/Box\" (MESSAGES 1 ");
    alice.command("SETACL Box bob l");
    told(&mut bob, "\\NoAccess");
    alice.command("DELETEACL Box bob");
    told(&mut bob, "\\NonExistent");
    alice.command("SETACL Box anyone lr");
    told(&mut bob, "\\HasNoChildren) \"/\" \"Shared Folders/User/alice/Box\"");
    let mut administrator = parts.imap_as(1, "carol");
    administrator.command("SETMETADATA \"\" (/shared/comment \"Down on Sunday\")");
    told(&mut carol, "METADATA \"\" /shared/comment");
}
