//! Mailboxes shared with groups, with everybody and by the administrator's tools (Reference §7.2, RFC 4314 §2).

use std::fs::OpenOptions;
use std::io::Write as _;

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
