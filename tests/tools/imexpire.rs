//! `imexpire`: rules, the grace of expunged messages, leftovers.

use std::fs;

use super::{folder, message, shown, site};

#[test]
fn rules_expire_messages_and_purging_waits_for_the_grace() {
    let site = site();
    for number in 1..=6 {
        site.deliver("alice", &message(&format!("m{number}"), if number == 5 { 3000 } else { 2 }));
    }
    site.deliver("bob", &message("m1", 2));
    let mut imap = site.imap_as("alice");
    imap.command("CREATE Old");
    imap.command("SELECT INBOX");
    imap.command("STORE 1 +FLAGS (\\Seen)");
    let rules = site.root().join("config/store.expirerule");
    fs::write(
        &rules,
        "# comment\nseen.folderpattern: user/alice/*\nseen.seen: or\nseen.action: fileinto:Old\n\
         large.messagesize: 50000\nlarge.folderpattern: ^user/alice/INBOX$\nlarge.regexp: yes\n\
         subject.messageheader.subject: M3\n",
    )
    .unwrap();
    let dry = site.tool(&["imexpire", "-n", "-v", "1"], "").success();
    assert!(dry.stdout.contains("3 messages would be expired"), "{}", dry.stdout);
    assert_eq!(shown(&site, "alice", "INBOX").len(), 6);
    let done = site.tool(&["imexpire", "-v", "2"], "").success();
    assert!(done.stdout.contains("user/alice/INBOX: 1 message by seen: fileinto Old"), "{}", done.stdout);
    assert!(done.stdout.contains("3 messages expired, 0 purged"), "{}", done.stdout);
    let left: Vec<u64> = shown(&site, "alice", "INBOX").iter().map(|(uid, ..)| *uid).collect();
    assert_eq!(left, [2, 4, 6]);
    assert_eq!(shown(&site, "alice", "Old").len(), 1);
    assert_eq!(shown(&site, "bob", "INBOX").len(), 1);
    // A running session is told.
    assert_eq!(imap.command("NOOP").untagged.iter().filter(|line| line.text().ends_with("EXPUNGE")).count(), 3);

    // What was expunged can come back, until the grace is over.
    let contents = folder(&site, "alice").join("content");
    assert_eq!(fs::read_dir(&contents).unwrap().count(), 1);
    site.tool(&["configutil", "-o", "store.cleanupage", "-v", "0"], "").success();
    assert!(site.tool(&["imexpire", "-c"], "").success().stdout.contains("2 purged"));
    assert_eq!(fs::read_dir(&contents).unwrap().count(), 0);

    fs::write(&rules, "keep.messagecount: 1\nkeep.folderpattern: user/alice/INBOX\n").unwrap();
    site.tool(&["imexpire", "-u", "alice"], "").success();
    assert_eq!(shown(&site, "alice", "INBOX").iter().map(|(uid, ..)| *uid).collect::<Vec<_>>(), [6]);
    site.tool(&["imcheck"], "").success();
}

#[test]
fn bad_rules_change_nothing() {
    let site = site();
    site.deliver("alice", &message("m1", 2));
    let rules = site.root().join("config/store.expirerule");
    for bad in [
        "all.folderpattern: *\n",
        "x.colour: red\n",
        "x.messagedays: many\n",
        "no colon\n",
        "x.folderpattern: (\nx.regexp: 1\nx.messagedays: 0\n",
    ] {
        fs::write(&rules, bad).unwrap();
        let refused = site.tool(&["imexpire"], "");
        assert_eq!(refused.status.code(), Some(1), "{bad}");
        assert!(refused.stderr.contains("line "), "{}", refused.stderr);
    }
    assert_eq!(shown(&site, "alice", "INBOX").len(), 1);
}

#[test]
fn leftovers_of_dead_processes_are_removed() {
    let site = site();
    let partition = site.root().join("store/partition/primary");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::create_dir_all(partition.join("=intake")).unwrap();
    fs::create_dir_all(partition.join("=deleted/0123/content")).unwrap();
    for (name, time) in [("4194999-aa", old), ("4194999-bb", std::time::SystemTime::now()), ("1-cc", old)] {
        let file = fs::File::create(partition.join("=intake").join(name)).unwrap();
        file.set_modified(time).unwrap();
    }
    fs::File::open(partition.join("=deleted/0123")).unwrap().set_modified(old).unwrap();
    assert!(site.tool(&["imexpire"], "").success().stdout.contains("2 leftovers removed"));
    let left: Vec<_> =
        fs::read_dir(partition.join("=intake")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!partition.join("=deleted/0123").exists());
}

#[test]
fn a_user_or_a_partition_that_nobody_has_is_a_failure() {
    let site = site();
    site.deliver("alice", &message("one", 1));
    site.tool(&["imexpire", "-u", "alice"], "").success();
    site.tool(&["imexpire", "-p", "second"], "").success();
    for (arguments, words) in [
        (["imexpire", "-u", "nobody"], "there is no account 'nobody' in this store"),
        (["imexpire", "-p", "third"], "there is no partition 'third'; there are primary, second"),
    ] {
        let output = site.tool(&arguments, "");
        assert_eq!((output.status.code(), output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(output.stderr.contains(words), "{}", output.stderr);
    }
}
