//! The files: rotation by size and age, number, sum, expiry, disk space, several processes (Reference §1.3).

use std::{fs, os::unix::fs::PermissionsExt, process::Command, thread};

use suite::{
    ImapClient, Site,
    process::{Server, heliograph},
    wait_for,
};

use super::fixture::{files, line, lines, options};

/// Makes lines of about 130 octets.
fn bad_logins(site: &Site, count: usize) {
    for _ in 0..count.div_ceil(5) {
        let mut imap = site.imap();
        for _ in 0..5 {
            assert!(!imap.attempt("LOGIN nobody wrong").is_ok());
        }
    }
}

#[test]
fn a_made_site_logs_to_its_log_folder_which_only_the_server_may_read() {
    let mut site = Site::make(options());
    // As `init` left it, without the kit's settings.
    let conf = fs::read_to_string(site.root().join("config/msg.conf")).unwrap();
    assert!(conf.contains("logfile.default.logdir = log\n"), "{conf}");
    site.run();
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    line(&site, "imap", "badlogin");
    let mode = |path: &str| fs::metadata(site.root().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("log"), mode("log/imap")), (0o700, 0o600));
    assert_eq!(site.log(), "", "nothing is left for standard error");
}

#[test]
fn without_a_folder_lines_go_to_standard_error() {
    let site = Site::start(options().set("logfile.default.logdir", ""));
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    wait_for("the line", || site.log().contains("Account Notice: badlogin: ").then_some(()));
    assert!(!site.root().join("log").exists());
}

#[test]
fn a_full_file_is_put_away_and_only_so_many_are_kept() {
    let mut site = Site::start(
        options()
            .set("logfile.imap.maxlogfilesize", 2048)
            .set("logfile.imap.maxlogfiles", 3)
            .set("logfile.imap.maxlogsize", 0),
    );
    bad_logins(&site, 100);
    wait_for("several rotations", || {
        let names = files(&site, "imap");
        let oldest = names.first()?.extension()?.to_str()?.parse::<u64>().ok()?;
        (names.len() == 3 && oldest > 1_000_000_000).then_some(())
    });
    site.stop();
    let kept = files(&site, "imap");
    assert_eq!(kept.len(), 3, "{kept:?}");
    for file in &kept {
        assert!(fs::metadata(file).unwrap().len() <= 2048, "{}", file.display());
    }
    // The numbers go on, so that the first file of all is gone.
    assert!(!kept[0].to_str().unwrap().contains("imap.1."), "{kept:?}");
    assert_eq!(files(&site, "default").len().max(1), 1, "other logs keep their own rules");
}

#[test]
fn the_sum_of_the_files_is_bounded() {
    let mut site = Site::start(
        options()
            .set("logfile.imap.maxlogfilesize", 1024)
            .set("logfile.imap.maxlogfiles", 0)
            .set("logfile.imap.maxlogsize", 5000),
    );
    bad_logins(&site, 100);
    site.stop();
    let kept = files(&site, "imap");
    let sum: u64 = kept.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(sum <= 5000 + 1024 && kept.len() > 2, "{sum} in {kept:?}");
}

#[test]
fn an_old_file_is_put_away_and_an_expired_one_removed() {
    let mut site =
        Site::make(options().set("logfile.default.rollovertime", 3600).set("logfile.default.expirytime", 86400));
    let log = site.root().join("log");
    fs::create_dir(&log).unwrap();
    fs::write(log.join("imap"), "[30/Aug/2004:16:53:05 -0700] localhost imapd[1]: Account Notice: of long ago\n")
        .unwrap();
    fs::write(log.join("imap.3.1093909985"), "older still\n").unwrap();
    fs::write(log.join("imapsomething"), "not ours\n").unwrap();
    site.run();
    assert!(!log.join("imap.3.1093909985").exists(), "expired at the start");
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    line(&site, "imap", "badlogin");
    let names = files(&site, "imap");
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(fs::read_to_string(&names[0]).unwrap().contains("of long ago"));
    assert!(!fs::read_to_string(&names[1]).unwrap().contains("of long ago"));
    assert!(log.join("imapsomething").exists());
}

#[test]
fn a_file_that_was_moved_away_is_begun_anew() {
    let site = Site::start(options());
    assert!(!site.imap().attempt("LOGIN first wrong").is_ok());
    line(&site, "imap", "first");
    fs::rename(site.root().join("log/imap"), site.root().join("log/moved")).unwrap();
    assert!(!site.imap().attempt("LOGIN second wrong").is_ok());
    line(&site, "imap", "second");
    assert!(!fs::read_to_string(site.root().join("log/moved")).unwrap().contains("second"));
}

#[test]
fn with_too_little_room_old_files_go_and_logging_pauses_aloud() {
    let mut site = Site::make(options().set("logfile.default.minfreediskspace", i64::MAX));
    let log = site.root().join("log");
    fs::create_dir(&log).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let old = log.join(format!("imap.1.{now}"));
    fs::write(&old, "old\n").unwrap();
    site.run();
    assert!(!old.exists());
    wait_for("the note", || site.log().contains("minfreediskspace").then_some(()));
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    site.stop();
    assert_eq!(lines(&site, "imap").len(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_costs_lines_and_not_the_service() {
    let mut site = Site::make(options());
    fs::write(site.root().join("log"), "in the way").unwrap();
    site.run();
    assert!(!site.imap().attempt("LOGIN nobody wrong").is_ok());
    wait_for("the note", || site.log().contains("the log 'imap' cannot be written").then_some(()));
    site.imap_as("alice");
}

#[test]
fn two_processes_share_the_files_and_every_line_stays_whole() {
    let site = Site::start(
        options()
            .set("logfile.imap.maxlogfilesize", 4096)
            .set("logfile.imap.maxlogfiles", 0)
            .set("logfile.imap.maxlogsize", 0)
            .set("logfile.imap.loglevel", "Notice"),
    );
    let mut command = Command::new(heliograph());
    command.args(["serve", "imap", "--port", "all=0", "--root"]).arg(site.root());
    let mut second = Server::start(&mut command, &site.root().join("second.err"));
    let ready = second.wait_for_line("ready ");
    let other = ready.split("imap=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let both = [site.listener("imap"), other];
    const SESSIONS: usize = 30;
    thread::scope(|scope| {
        for (index, address) in both.into_iter().enumerate() {
            scope.spawn(move || {
                for round in 0..SESSIONS {
                    let mut imap = ImapClient::connect(address);
                    assert!(!imap.attempt(&format!("LOGIN process{index}round{round}end wrong")).is_ok());
                }
            });
        }
    });
    assert!(second.stop().success());
    let mut site = site;
    site.stop();
    assert!(files(&site, "imap").len() > 2, "there were rotations");
    let all = lines(&site, "imap");
    for index in 0..2 {
        for round in 0..SESSIONS {
            let name = format!(" process{index}round{round}end authentication failure");
            assert_eq!(all.iter().filter(|line| line.contains(&name)).count(), 1, "{name}");
        }
    }
    assert!(all.iter().all(|line| line.starts_with('[') && line.matches(" imapd[").count() == 1), "{all:?}");
}
