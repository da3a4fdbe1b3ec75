//! What one process changes, sessions in the others are told: IMAP in two processes, LMTP, POP and the webmail in one each.

use suite::{ImapClient, SiteOptions, password};

use super::fixture::Watched;

/// Reads untagged responses until one that holds `found`.
fn told(client: &mut ImapClient, found: &str) {
    loop {
        let line = client.response().text();
        assert!(line.starts_with("* "), "{line}");
        if line.contains(found) {
            return;
        }
    }
}

#[test]
fn sessions_in_idle_are_told_of_lmtp_mail_webmail_flags_and_pop_deletions() {
    let watched = Watched::start(SiteOptions::default().set("service.imap.numprocesses", 2));
    let mut waiting: Vec<ImapClient> =
        watched.imap_in_each("alice", 2).into_iter().map(|(_, session)| session).collect();
    for session in &mut waiting {
        session.command("SELECT INBOX");
        session.send(b"i IDLE\r\n");
        assert!(session.response().text().starts_with('+'));
    }
    watched.deliver("alice", "from the MTA");
    waiting.iter_mut().for_each(|session| told(session, "1 EXISTS"));
    let mut http = watched.http("alice");
    let page = http.get("/mail/INBOX");
    let csrf = page.input_value("csrf").unwrap();
    let answer = http.post_form("/mail/INBOX", &[("csrf", csrf.as_str()), ("flag", "1")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    waiting.iter_mut().for_each(|session| told(session, "\\Flagged"));
    let mut pop = crate::pop::client::Client::connect(watched.listener("pop"));
    for line in ["USER alice", &format!("PASS {}", password()), "DELE 1", "QUIT"] {
        pop.ok(line);
    }
    waiting.iter_mut().for_each(|session| told(session, "1 EXPUNGE"));
}
