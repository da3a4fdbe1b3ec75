//! `hashdir`, `readership` and `imcheck`.

use super::{folder, lines, message, site};

#[test]
fn hashdir_names_the_folder() {
    let site = site();
    site.deliver("alice", &message("one", 1));
    assert!(folder(&site, "alice").join("account.db").exists());
    let short = site.tool(&["hashdir", "alice"], "").success().stdout;
    assert_eq!(short.trim().split('/').count(), 3);
    assert!(folder(&site, "alice").ends_with(short.trim()));
    let several = site.tool(&["hashdir", "-i"], "alice\nbob\n").success().stdout;
    assert_eq!(several.lines().count(), 2);
    assert!(several.starts_with(&short));
}

#[test]
fn readership_shares_and_reports() {
    let site = site();
    site.deliver("alice", &message("one", 1));
    site.tool(&["readership", "-s", "user/alice/INBOX", "bob", "lrs"], "").success();
    let report = site.tool(&["readership"], "").success();
    assert_eq!(lines(&report, "user/alice/INBOX"), ["       0 user/alice/INBOX"]);
    let shares = site.tool(&["imcheck", "-d", "lright.db"], "").success();
    assert_eq!(shares.stdout, "user/alice/INBOX bob lrs\n");
    assert_eq!(site.tool(&["readership", "-s", "user/alice/INBOX", "bob", "q"], "").status.code(), Some(1));
    site.tool(&["readership", "-p", "3"], "").success();
    // Nobody is given rights by a slip of the keyboard; what is no user is taken, and what is there may always go.
    for identifier in ["bbo", "-bbo", "bob@nowhere.example"] {
        let output = site.tool(&["readership", "-s", "user/alice/INBOX", identifier, "lrs"], "");
        assert_eq!(output.status.code(), Some(1), "{identifier}");
        let name = identifier.trim_start_matches('-');
        assert!(output.stderr.contains(&format!("no user '{name}' in the directory")), "{}", output.stderr);
    }
    for identifier in ["anyone", "-anyone@example.test", "group=staff", "-bob"] {
        site.tool(&["readership", "-s", "user/alice/INBOX", identifier, "lr"], "").success();
    }
    site.tool(&["readership", "-s", "user/alice/INBOX", "gone", "-"], "").success();
}

#[test]
fn imcheck_tells_sound_from_damaged() {
    let site = site();
    site.deliver("alice", &message("large", 4000));
    let about = site.tool(&["imcheck", "-m", "user/alice/INBOX"], "").success();
    assert_eq!(lines(&about, "messages: 1").len(), 2);
    assert_eq!(site.tool(&["imcheck"], "").success().stdout, "user/alice: sound\n");
    let content = std::fs::read_dir(folder(&site, "alice").join("content")).unwrap().next().unwrap().unwrap().path();
    let file = std::fs::File::options().write(true).open(&content).unwrap();
    file.set_len(1000).unwrap();
    let damaged = site.tool(&["imcheck"], "");
    assert_eq!(damaged.status.code(), Some(1));
    assert!(damaged.stdout.contains("has 1000 bytes"), "{}", damaged.stdout);
}
