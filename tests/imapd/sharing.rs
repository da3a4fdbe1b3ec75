//! Mailboxes shared with groups, with everybody and by the administrator's tools (Reference §7.2, RFC 4314 §2).

use std::fs::OpenOptions;
use std::io::Write as _;

use daemon::control::{self, Answer, Order};
use suite::{ImapClient, Site, SiteOptions};

const PROJECTS: &str = "\"Shared Folders/User/alice/Projects\"";

fn site() -> Site {
    let options = SiteOptions::default().users(&["alice", "bob", "carol", "public"]).set("store.admins", "carol");
    let mut site = Site::make(options);
    let mut directory =
        OpenOptions::new().append(true).open(site.root().join("config/directory.ldif")).expect("the directory");
    let domain = site.domain().to_owned();
    let members = format!("uniqueMember: uid=bob,ou=People,o={domain}");
    write!(
        directory,
        "\ndn: cn=Staff,o={domain}\nobjectClass: top\nobjectClass: groupOfUniqueNames\ncn: Staff\n{members}\n"
    )
    .expect("the directory is written");
    site.run();
    site
}

#[track_caller]
fn rights(imap: &mut ImapClient, mailbox: &str) -> String {
    let reply = imap.attempt(&format!("MYRIGHTS {mailbox}"));
    let line = reply.untagged.first().map(|response| response.text()).unwrap_or(reply.status);
    line.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn a_group_of_the_directory_shares_a_mailbox() {
    let site = site();
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Projects");
    alice.command("SETACL Projects group=Staff lr");
    let mut bob = site.imap_as("bob");
    assert_eq!(rights(&mut bob, PROJECTS), "lr");
    bob.command(&format!("EXAMINE {PROJECTS}"));
    let mut carol = site.imap_as("carol");
    assert!(carol.attempt(&format!("EXAMINE {PROJECTS}")).status.starts_with("NO [NOPERM]"), "lkxa are not r");
    let with_domain = format!("group=staff@{}", site.domain());
    alice.command("DELETEACL Projects group=staff");
    assert!(site.imap_as("bob").attempt(&format!("EXAMINE {PROJECTS}")).status.starts_with("NO [NONEXISTENT]"));
    alice.command(&format!("SETACL Projects {with_domain} lrs"));
    assert_eq!(rights(&mut site.imap_as("bob"), PROJECTS), "lrs");
}

#[test]
fn an_administrator_gives_rights_and_a_user_acted_for_has_none_of_theirs() {
    let site = site();
    site.imap_as("alice").command("CREATE Projects");
    let mut carol = site.imap_as("carol");
    assert_eq!(rights(&mut carol, PROJECTS), "lkxac");
    carol.command(&format!("SETACL {PROJECTS} bob lr"));
    assert_eq!(rights(&mut site.imap_as("bob"), PROJECTS), "lr");
    carol.command(&format!("DELETEACL {PROJECTS} bob"));
    carol.command("PROXYAUTH bob");
    assert!(carol.attempt(&format!("MYRIGHTS {PROJECTS}")).status.starts_with("NO [NONEXISTENT]"));
}

#[test]
fn public_mailboxes_are_right_below_the_shared_folders() {
    let site = site();
    site.tool(&["mboxutil", "-c", "user/public/News"], "").success();
    site.tool(&["readership", "-s", "user/public/News", "anyone", "lrs"], "").success();
    let mut bob = site.imap_as("bob");
    let listed: Vec<String> = bob
        .command("LIST \"\" \"Shared Folders/*\"")
        .untagged
        .iter()
        .map(|response| response.text())
        .filter(|line| line.starts_with("* LIST"))
        .collect();
    assert_eq!(listed, ["* LIST (\\HasNoChildren) \"/\" \"Shared Folders/News\""]);
    bob.command("SELECT \"Shared Folders/News\"");
    let report = site.tool(&["readership", "-v"], "").success().stdout;
    assert!(report.contains("user/public/News  bob"), "{report}");
}

#[test]
fn the_index_of_shares_is_made_anew() {
    let mut site = site();
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Projects");
    alice.command("SETACL Projects bob lr");
    site.stop();
    let index = site.root().join("store/partition/primary/=site");
    std::fs::remove_dir_all(&index).expect("the site's database");
    site.run();
    let listed = |site: &Site| site.imap_as("bob").command("LIST \"\" \"Shared Folders/*\"").untagged.len();
    assert_eq!(listed(&site), 0);
    site.tool(&["reconstruct", "-l"], "").success();
    assert_eq!(listed(&site), 1);
}

/// Has the group have this one member.
fn has_member(site: &Site, user: &str) {
    let file = site.root().join("config/directory.ldif");
    let text = std::fs::read_to_string(&file).expect("the directory");
    let lines = text.lines().map(|line| match line.starts_with("uniqueMember: ") {
        true => format!("uniqueMember: uid={user},ou=People,o={}\n", site.domain()),
        false => format!("{line}\n"),
    });
    let new = file.with_extension("new");
    std::fs::write(&new, lines.collect::<String>()).expect("the directory is written");
    std::fs::rename(new, file).expect("the directory is changed");
}

/// Reads untagged responses until one that `found` is in.
#[track_caller]
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
fn who_leaves_a_group_loses_its_rights_in_running_sessions_after_a_minute() {
    let site = site();
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Projects");
    alice.command("SETACL Projects group=Staff lrs");
    alice.command("SETACL Projects bob l");
    let mut asking = site.imap_as("bob");
    asking.command(&format!("SELECT {PROJECTS}"));
    let mut idling = site.imap_as("bob");
    idling.command(&format!("SELECT {PROJECTS}"));
    idling.send(b"i IDLE\r\n");
    assert!(idling.response().text().starts_with('+'));
    let mut watching = site.imap_as("bob");
    let watch = "NOTIFY SET (subtree \"Shared Folders\" (MailboxName MessageNew MessageExpunge))";
    watching.command(watch);
    let mut joining = site.imap_as("carol");
    joining.command(watch);
    has_member(&site, "carol");
    // Whoever signs in has the directory read again.
    site.imap_as("alice");
    let answers = control::ask(site.root(), &Order::Advance(61)).expect("the clock is moved");
    assert!(!answers.is_empty() && answers.iter().all(|answer| matches!(answer, Answer::Advanced)));
    told(&mut idling, "BYE");
    told(&mut watching, "\\NoAccess");
    told(&mut joining, "Projects");
    asking.send(b"a NOOP\r\n");
    told(&mut asking, "BYE");
}

#[test]
fn the_first_list_that_names_a_group_counts_at_once() {
    let site = site();
    let mut bob = site.imap_as("bob");
    assert!(bob.command("LIST \"\" \"Shared Folders/*\"").untagged.is_empty());
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Projects");
    alice.command("SETACL Projects group=Staff lr");
    assert_eq!(bob.command("LIST \"\" \"Shared Folders/*\"").untagged.len(), 1);
    assert_eq!(rights(&mut bob, PROJECTS), "lr");
}

/// RFC 4315 §3: they would say how full the mailbox is.
#[test]
fn where_one_may_put_messages_and_not_look_no_uids_are_told() {
    let site = site();
    let mut alice = site.imap_as("alice");
    alice.command("CREATE Drop");
    alice.command("SETACL Drop bob li");
    let drop = "\"Shared Folders/User/alice/Drop\"";
    let mut bob = site.imap_as("bob");
    assert_eq!(bob.command(&format!("APPEND {drop} {{1+}}\r\nx")).status, "OK APPEND completed");
    bob.command("APPEND INBOX {1+}\r\nx");
    bob.command("SELECT INBOX");
    assert_eq!(bob.command(&format!("COPY 1 {drop}")).status, "OK COPY completed");
    let moved = bob.command(&format!("MOVE 1 {drop}"));
    assert_eq!(moved.status, "OK MOVE completed");
    assert!(moved.untagged.iter().all(|response| !response.text().contains("COPYUID")));
    alice.command("SETACL Drop bob lri");
    assert!(bob.command(&format!("APPEND {drop} {{1+}}\r\nx")).status.starts_with("OK [APPENDUID "));
}
