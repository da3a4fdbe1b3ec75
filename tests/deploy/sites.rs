//! The sample sites: every line is accepted, and what they make runs.

use std::fs;

use suite::{Site, SiteOptions, process::repository};

fn sample(name: &str) -> (Site, String) {
    let site = Site::make(SiteOptions::default());
    let file = repository().join("deploy/sites").join(name);
    site.tool(&["configutil", "-i", file.to_str().unwrap()], "").success();
    let listed = site.tool(&["configutil", "-l"], "").success().stdout;
    // What it makes depends on nothing outside of this host's loopback.
    (site, listed)
}

#[test]
fn every_sample_is_tried_here() {
    let mut names: Vec<String> = fs::read_dir(repository().join("deploy/sites"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["back-end.conf", "front-end.conf", "single-host.conf"]);
}

#[test]
fn a_single_host_offers_everything() {
    let (mut site, listed) = sample("single-host.conf");
    assert!(listed.contains("service.imap.plaintextmincipher = 128"), "{listed}");
    site.run();
    for name in ["imap", "imaps", "pop", "pops", "http", "https", "lmtp", "metrics"] {
        site.listener(name);
    }
    let mut imap = site.imap();
    let refused = imap.attempt("LOGIN alice x");
    let status = format!("{:?}", refused.status);
    assert!(status.contains("PRIVACYREQUIRED"), "{status}");
}

#[test]
fn a_front_end_offers_the_webmail_alone() {
    let (site, listed) = sample("front-end.conf");
    for line in ["service.imap.enable = no", "service.pop.enable = no", "service.lmtp.enable = no"] {
        assert!(listed.contains(line), "{listed}");
    }
    // The authorities of the store hosts are the administrator's to bring.
    fs::copy(site.root().join("config/cert.pem"), site.root().join("config/store-ca.pem")).unwrap();
    let mut site = site;
    site.run();
    site.listener("https");
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.listener("imap"))).is_err());
    assert_eq!(site.http().get_following("/healthz").status, 404);
}

#[test]
fn a_back_end_offers_the_store_alone() {
    let (mut site, _) = sample("back-end.conf");
    site.run();
    for name in ["imap", "imaps", "pop", "pops", "lmtp"] {
        site.listener(name);
    }
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| site.listener("http"))).is_err());
    site.deliver("alice", b"Subject: hello\r\n\r\nhello\r\n");
}
