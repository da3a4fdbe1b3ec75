//! `heliograph config import`: what a running old server listed, key by key.

use serde_json::Value;
use suite::{Site, SiteOptions};

/// As `configutil -m` of the old server printed it.
const LISTING: &str = "\
alarm.diskavail.msgalarmthreshold = 10 [NOT REFRESHABLE]
encryption.rsa.nssslpersonalityssl = Server-Cert
gen.installedlanguages = \"en,de,fr\"
local.hostname = mail.siroe.example
local.imta.ssrenabled = yes
local.service.proxy.admin.store1.siroe.example = admin
local.service.proxy.adminpass.store1.siroe.example = s3cret
local.store.notifyplugin.nosuchthing = 1
logfile.http.loglevel = notice
service.http.idletimeout = 1
service.http.maxmessagesize = 20971520
service.http.plaintextmincipher = 128
service.http.port = 8990
service.http.spooldir = /var/opt/SUNWmsgsr/no/such/folder
service.imap.banner = \"%h %p service (%P %V)\" [REFRESHABLE]
service.imap.nsclassname = imap
service.loginseparator = \"@%\"
service.pop.enable = 0
service.pop.maxsessions = 600 [NOT REFRESHABLE]
store.partition.primary.path = /var/opt/SUNWmsgsr/store/partition/primary
store.partition.second.path = /var/opt/SUNWmsgsr/store/partition/second
store.quotaexceededmsg;lang-fr = \"Subject: Plein$$Videz.\"
";

fn site() -> Site {
    Site::make(SiteOptions::default().users::<&str>(&[]))
}

#[test]
fn every_line_is_taken_changed_or_left_out_with_the_reason() {
    let site = site();
    let output = site.tool(&["config", "import", "--json", "-"], LISTING).success();
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), LISTING.lines().count());
    let of = |name: &str| list.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {list:?}"));
    for (name, outcome, value) in [
        ("alarm.diskavail.msgalarmthreshold", "as delivered", None),
        ("encryption.rsa.nssslpersonalityssl", "no effect", Some("Server-Cert")),
        ("gen.installedlanguages", "no counterpart", None),
        ("local.hostname", "taken", Some("mail.siroe.example")),
        ("local.imta.ssrenabled", "no counterpart", None),
        ("local.service.proxy.adminpass.store1.siroe.example", "taken", Some("********")),
        ("service.http.idletimeout", "changed", None),
        ("service.http.maxmessagesize", "taken", Some("20971520")),
        ("service.http.spooldir", "changed", None),
        ("service.imap.banner", "as delivered", None),
        ("service.imap.nsclassname", "no effect", Some("imap")),
        ("service.loginseparator", "taken", Some("@%")),
        ("service.pop.enable", "taken", Some("no")),
        ("store.partition.primary.path", "changed", None),
        ("store.partition.second.path", "changed", Some("store/partition/second")),
        ("store.quotaexceededmsg;lang-fr", "taken", Some("Subject: Plein$$Videz.")),
    ] {
        let one = of(name);
        assert_eq!(one["outcome"], outcome, "{one}");
        assert_eq!(one["value"].as_str(), value, "{one}");
    }
    assert!(of("local.imta.ssrenabled")["why"].as_str().unwrap().contains("Postfix"));
    assert!(of("service.http.idletimeout")["why"].as_str().unwrap().contains("out of bounds"));
    let get = |name: &str| site.tool(&["configutil", "-o", name], "").success().stdout;
    assert_eq!(get("service.http.port"), "8990\n");
    assert_eq!(get("service.http.idletimeout"), "3\n");
    assert_eq!(get("service.http.spooldir"), "spool\n");
    assert_eq!(get("local.service.proxy.adminpass.store1.siroe.example"), "s3cret\n");
    assert!(!output.stdout.contains("s3cret"));
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let site = site();
    let before = std::fs::read(config::Settings::path_in(site.root())).unwrap();
    let dry = site.tool(&["config", "import", "--dry-run", "-"], LISTING).success();
    assert!(dry.stderr.starts_with("dry run: "), "{}", dry.stderr);
    assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
    let wet = site.tool(&["config", "import", "-"], LISTING).success();
    assert_eq!(wet.stdout, dry.stdout);
    assert_ne!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
}

#[test]
fn one_line_that_cannot_be_understood_keeps_everything_out() {
    let site = site();
    let before = std::fs::read(config::Settings::path_in(site.root())).unwrap();
    for bad in ["this is no setting", "service.imap.enable = perhaps", "local.service.proxy.adminpass = ********"] {
        let output = site.tool(&["config", "import", "-"], &format!("service.imap.port = 1143\n{bad}\n"));
        assert_eq!(output.status.code(), Some(1), "{bad}");
        assert!(output.stdout.contains("refused"), "{}", output.stdout);
        assert!(output.stderr.contains("nothing is changed"), "{}", output.stderr);
        assert_eq!(std::fs::read(config::Settings::path_in(site.root())).unwrap(), before);
    }
    assert_eq!(site.tool(&["config", "import", "-"], "# nothing\n").status.code(), Some(1));
    assert_eq!(site.tool(&["config", "import"], "").status.code(), Some(2));
}

#[test]
fn what_configutil_lists_here_can_be_brought_along_unchanged() {
    let site = site();
    site.tool(&["configutil", "-o", "service.imap.banner", "-v", "\"hello\" there "], "").success();
    site.tool(&["configutil", "-o", "service.pop.banner", "-v", "\"quoted\""], "").success();
    let listed = site.tool(&["configutil", "-l"], "").success().stdout;
    let listed: String =
        listed.lines().filter(|line| !line.contains("********")).map(|line| format!("{line}\n")).collect();
    let other = self::site();
    other.tool(&["config", "import", "-"], &listed).success();
    let again = other.tool(&["configutil", "-l"], "").success().stdout;
    for line in listed.lines() {
        assert!(again.lines().any(|other| other == line), "{line}\n{again}");
    }
}

#[test]
fn a_default_of_the_old_server_replaces_what_this_site_has() {
    let site = site();
    let here = site.tool(&["configutil", "-o", "service.imap.idletimeout", "-v", "45"], "").success();
    assert_eq!(here.stdout, "OK SET\n");
    let output = site.tool(&["config", "import", "-"], "service.imap.idletimeout = 30\n").success();
    assert!(output.stdout.starts_with("taken          service.imap.idletimeout = 30"), "{}", output.stdout);
    assert_eq!(site.tool(&["configutil", "-o", "service.imap.idletimeout"], "").success().stdout, "30\n");
}
