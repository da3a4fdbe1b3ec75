//! `configutil` as it is typed (Reference §1.1; Guide §5.5 to §5.7).

use suite::{Site, SiteOptions, process};

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

#[test]
fn a_setting_is_set_shown_and_reset() {
    let site = site();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.maxsessions"], "").success().stdout, "4000\n");
    assert_eq!(
        site.tool(&["configutil", "-o", "service.imap.maxsessions", "-v", "500"], "").success().stdout,
        "OK SET\n"
    );
    assert_eq!(site.tool(&["configutil", "-o", "SERVICE.imap.MaxSessions"], "").success().stdout, "500\n");
    site.tool(&["configutil", "-o", "service.imap.maxsessions", "-d"], "").success();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.maxsessions"], "").success().stdout, "4000\n");
}

#[test]
fn a_refusal_says_why_and_changes_nothing() {
    let site = site();
    let before = std::fs::read(config::Settings::path_in(site.root())).unwrap();
    for (name, value, reason) in [
        ("service.imap.prot", "143", "did you mean 'service.imap.port'?"),
        ("service.imap.port", "0", "1 to 65535"),
        ("service.imap.port", "65536", "1 to 65535"),
        ("service.imap.idletimeout", "29", "from 30"),
        ("service.imap.enable", "maybe", "give yes or no"),
        ("service.http.smtphost", "not a host", "host name"),
    ] {
        let output = site.tool(&["configutil", "-o", name, "-v", value], "");
        assert_eq!(output.status.code(), Some(1), "{name} = {value}");
        assert!(output.stderr.contains(reason), "{name} = {value}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
}

#[test]
fn the_list_quotes_blanks_marks_refreshable_ones_and_hides_secrets() {
    let site = site();
    let list = site.tool(&["configutil", "-m"], "").success().stdout;
    assert!(list.contains("service.imap.banner = \"%h %p service (%P %V)\" [REFRESHABLE]\n"), "{list}");
    assert!(list.contains("service.imap.port = 143 [NOT REFRESHABLE]\n"));
    assert!(list.contains("local.service.proxy.adminpass = ********"));
    let secret = site.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout;
    assert!(secret.trim().len() >= 16, "init generates a password");
    assert!(!list.contains(secret.trim()));
}

#[test]
fn a_prefix_lists_its_family_only() {
    let site = site();
    let list = site.tool(&["configutil", "-p", "service.http."], "").success().stdout;
    assert!(list.lines().count() > 10);
    assert!(list.lines().all(|line| line.starts_with("service.http.")), "{list}");
    assert_eq!(site.tool(&["configutil", "-p", "nothing.like.this"], "").status.code(), Some(1));
}

#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let site = site();
    let file = site.root().join("new-settings");
    std::fs::write(&file, "service.imap.port=2143\n# a remark\nservice.imap.banner = \"hello there\"\n").unwrap();
    site.tool(&["configutil", "-i", file.to_str().unwrap()], "").success();
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.banner"], "").success().stdout, "hello there\n");
    std::fs::write(&file, "service.imap.port=3143\nservice.pop.port=none\n").unwrap();
    assert_eq!(site.tool(&["configutil", "-i", file.to_str().unwrap()], "").status.code(), Some(1));
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.port"], "").success().stdout, "2143\n");
}

#[test]
fn help_for_a_setting_says_its_meaning_bounds_default_and_source() {
    let site = site();
    let help = site.tool(&["configutil", "-H", "-o", "service.http.maxmessagesize"], "").success().stdout;
    for part in ["Largest message", "1024 or more bytes", "default: 5242880", "restart", "Guide §5.7.1"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn a_link_with_the_old_name_behaves_as_the_tool_and_wrong_use_exits_with_2() {
    let site = site();
    let link = site.root().join("configutil");
    std::os::unix::fs::symlink(process::heliograph(), &link).unwrap();
    let run = |words: &[&str]| {
        process::run(std::process::Command::new(&link).args(words).arg("--root").arg(site.root()), b"")
    };
    assert_eq!(run(&["-o", "service.pop.port"]).success().stdout, "110\n");
    assert_eq!(run(&["-v", "5"]).status.code(), Some(2));
    assert_eq!(run(&["--no-such-option"]).status.code(), Some(2));
}

#[test]
fn a_refresh_brings_a_changed_setting_to_new_connections() {
    let mut site = Site::start(SiteOptions::default().users(&["alice"]));
    site.tool(&["configutil", "-o", "service.imap.banner", "-v", "Refreshed greeting"], "").success();
    site.server().signal(nix::sys::signal::Signal::SIGHUP);
    let root = site.root().to_owned();
    // Each look is a new connection; a refresh is not answered, so it is seen when it is there.
    suite::wait_for("the new greeting", || site.imap().greeting().contains("Refreshed greeting").then_some(()));
    // A damaged file changes nothing and ends nothing.
    let file = config::Settings::path_in(&root);
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{good}this is no setting\n")).unwrap();
    site.server().signal(nix::sys::signal::Signal::SIGHUP);
    suite::wait_for("the refusal in the log", || site.log().contains("settings kept as they were").then_some(()));
    assert!(site.imap().greeting().contains("Refreshed greeting"));
}

#[test]
fn another_settings_file_must_exist_and_a_cookie_name_must_be_one() {
    let site = site();
    let missing = site.root().join("no-such-folder/msg.conf");
    let output =
        site.tool(&["configutil", "-f", missing.to_str().unwrap(), "-o", "service.imap.port", "-v", "1143"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(!missing.exists());
    for bad in ["a;b", "a b", "ä"] {
        let output = site.tool(&["configutil", "-o", "local.service.http.cookiename", "-v", bad], "");
        assert_eq!(output.status.code(), Some(1), "{bad}");
    }
}

#[test]
fn attributes_cannot_forge_lines_of_the_tools() {
    let site = site();
    let name = "cn=Eve\nuserPassword: forged";
    site.tool(&["user", "add", "eve", name, "--password-stdin"], "a-password\n").success();
    let shown = site.tool(&["user", "show", "eve"], "").success().stdout;
    assert!(!shown.lines().any(|line| line.starts_with("userPassword")), "{shown}");
    let listed = site.tool(&["user", "list"], "").success().stdout;
    assert_eq!(listed.lines().filter(|line| line.contains("Eve") || line.contains("forged")).count(), 1, "{listed}");
}

#[test]
fn an_error_says_its_cause_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let site = site();
    let output = site.tool(&["run", "--port", "all=0", "--port", &format!("imap={port}")], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr.matches("Address already in use").count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("service.imap.port"), "{}", output.stderr);
}

#[test]
fn deliver_takes_the_null_sender() {
    let site = Site::make(SiteOptions::default().users(&["alice"]));
    site.tool(&["deliver", "-f", "<>", "alice"], "Subject: bounce\n\nbody\n").success();
    site.tool(&["deliver", "-f", "a@b.example>", "alice"], "Subject: x\n\n")
        .status
        .code()
        .filter(|code| *code == 1)
        .unwrap();
}
