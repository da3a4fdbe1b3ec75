//! `imquotacheck`: the report, the notices, domains over their quota.

use suite::site::{Site, SiteOptions};

use super::{lines, message, shown};

fn site() -> Site {
    Site::start(
        SiteOptions::default()
            .users(&["alice mailQuota=20K", "bob"])
            .set("store.quotaexceededmsg", "Subject: Full$$[ID] uses [PERCENT] percent, [NUMMSG] messages$"),
    )
}

#[test]
fn users_near_their_quota_get_one_notice() {
    let site = site();
    site.deliver("alice", &message("small", 10));
    site.deliver("bob", &message("small", 10));
    let report = site.tool(&["imquotacheck"], "").success();
    let row: Vec<&str> = lines(&report, "alice")[0].split_ascii_whitespace().collect();
    assert_eq!((row[0], row[4], row[6]), ("20", "1", "alice"), "{row:?}");
    assert!(site.tool(&["imquotacheck", "-n"], "").success().stdout.lines().all(|line| !line.contains("notice")));

    site.deliver("alice", &message("large", 380));
    let exceeded = site.tool(&["imquotacheck", "-e"], "").success();
    assert_eq!((lines(&exceeded, "alice").len(), lines(&exceeded, "bob").len()), (1, 0));
    assert_eq!(lines(&site.tool(&["imquotacheck", "-n", "-D"], "").success(), "would be").len(), 1);
    assert_eq!(shown(&site, "alice", "INBOX").len(), 2);
    assert_eq!(lines(&site.tool(&["imquotacheck", "-n"], "").success(), "notice delivered").len(), 1);
    let mail = shown(&site, "alice", "INBOX");
    let text = String::from_utf8_lossy(&mail[2].2).into_owned();
    assert!(
        text.contains("Subject: Full\r\n") && text.contains("alice uses 9") && text.contains("2 messages"),
        "{text}"
    );
    assert!(text.contains("To: alice@example.test\r\n"));
    // Not again within the interval.
    site.tool(&["imquotacheck", "-n"], "").success();
    assert_eq!(shown(&site, "alice", "INBOX").len(), 3);
    let rules = site.root().join("rules");
    std::fs::write(&rules, "often.threshold = 50\noften.interval = 0\n").unwrap();
    site.tool(&["imquotacheck", "-n", "-r", rules.to_str().unwrap()], "").success();
    assert_eq!(shown(&site, "alice", "INBOX").len(), 4);
    std::fs::write(&rules, "often.colour = red\n").unwrap();
    assert_eq!(site.tool(&["imquotacheck", "-n", "-r", rules.to_str().unwrap()], "").status.code(), Some(1));
}

#[test]
fn a_domain_over_its_quota_gets_its_status_and_loses_it_again() {
    let site = site();
    site.deliver("bob", &message("large", 300));
    let file = site.root().join("config/directory.ldif");
    let with_quota = |limit: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("mailDomainDiskQuota")).collect();
        let text = kept.join("\n").replacen(
            "sunPreferredDomain: example.test",
            &format!("sunPreferredDomain: example.test\nmailDomainDiskQuota: {limit}"),
            1,
        );
        std::fs::write(&file, text + "\n").unwrap();
    };
    with_quota("1K");
    let report = site.tool(&["imquotacheck", "-f"], "").success();
    assert!(report.stdout.contains("domain example.test") && report.stdout.contains("overquota"), "{}", report.stdout);
    assert!(std::fs::read_to_string(&file).unwrap().contains("mailDomainStatus: overquota"));
    with_quota("1G");
    site.tool(&["imquotacheck", "-f", "-d", "example.test"], "").success();
    assert!(std::fs::read_to_string(&file).unwrap().contains("mailDomainStatus: active"));
}

#[test]
fn a_domain_that_nobody_has_is_a_failure() {
    let site = site();
    site.tool(&["imquotacheck", "-d", "example.test"], "").success();
    for arguments in [&["imquotacheck", "-d", "nowhere.example"][..], &["imquotacheck", "-f", "-d", "nowhere.example"]]
    {
        let output = site.tool(arguments, "");
        assert_eq!((output.status.code(), output.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(output.stderr.contains("there is no domain 'nowhere.example' in the directory"), "{}", output.stderr);
    }
}
