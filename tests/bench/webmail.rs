//! The webmail's message list on a large mailbox; Dovecot has no webmail, so there is only ours.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use suite::{Site, SiteOptions, process::temporary};

use crate::{
    mailbox::make_maildir,
    table::{Table, Unit},
};

/// How many messages the mailbox has.
const MESSAGES: usize = 100_000;

/// Page 1, page 500, and many at once.
pub fn list(table: &mut Table) {
    let folder = temporary("bench");
    let maildir = folder.path().join("Maildir");
    make_maildir(&maildir, MESSAGES);
    let site = Site::start(SiteOptions::default().users(&["user0"]));
    site.tool(&["import", "--user", "user0", "--mailbox", "INBOX", maildir.to_str().unwrap()], "").success();
    let mut http = site.http_as("user0");
    for (name, path) in [("first page", "/mail/INBOX"), ("page 1,000", "/mail/INBOX?page=1000")] {
        let mut times: Vec<f64> = (0..21)
            .map(|_| {
                let start = Instant::now();
                let page = http.get(path);
                assert_eq!(page.status, 200, "{}", page.text());
                start.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let load = format!("webmail list, 100,000 messages, {name}");
        table.row(&load, Unit::Milliseconds, None, times[times.len() / 2], "≤ 10 ms");
    }
    let (total, next) = (3000, AtomicUsize::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            let (site, next) = (&site, &next);
            scope.spawn(move || {
                let mut http = site.http_as("user0");
                while next.fetch_add(1, Ordering::Relaxed) < total {
                    assert_eq!(http.get("/mail/INBOX").status, 200);
                }
            });
        }
    });
    let rate = total as f64 / start.elapsed().as_secs_f64();
    table.row("webmail list, 4 clients", Unit::PerSecond, None, rate, "≥ 1,000/s");
    let first = first_view(&site);
    table.row("first view of the webmail, compressed", Unit::Kibibytes, None, first, "≤ 60 KiB");
}

/// KiB of all that a browser loads for the list when it has nothing yet: the page, its styles and scripts, as they are sent.
fn first_view(site: &Site) -> f64 {
    let mut http = site.http_as("user0");
    let page = http.get("/mail/INBOX").text();
    let quoted = page.split('"').filter_map(|quoted| quoted.split('#').next());
    let mut paths: Vec<&str> = quoted.filter(|path| path.starts_with("/static/")).collect();
    paths.push("/mail/INBOX");
    paths.sort_unstable();
    paths.dedup();
    http.set_header("Accept-Encoding", "gzip, br, zstd");
    let sizes = paths.iter().map(|path| {
        let answer = http.get(path);
        assert_eq!(answer.status, 200, "{path}");
        answer.body.len() as f64 / 1024.0
    });
    sizes.sum()
}
