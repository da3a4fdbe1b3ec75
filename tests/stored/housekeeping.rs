//! `heliograph serve store`: tasks on their schedule, by a clock that shows the last second of a minute.

use std::{path::PathBuf, process::Command};

use suite::{
    Site, SiteOptions, corpus,
    process::{Server, heliograph, temporary},
    wait_for,
};

/// The last second but one of a minute.
const NEARLY: i64 = 1_772_409_598;

/// A process that keeps house.
struct Keeper {
    server: Server,
    _folder: tempfile::TempDir,
}

impl Keeper {
    fn start(site: &Site) -> Self {
        let folder = temporary("keeper");
        let log: PathBuf = folder.path().join("log");
        let mut command = Command::new(heliograph());
        command.args(["serve", "store", "--clock", &NEARLY.to_string(), "--root"]).arg(site.root());
        let mut server = Server::start(&mut command, &log);
        assert_eq!(server.wait_for_line("ready "), "ready store");
        Self { server, _folder: folder }
    }

    fn log(&self) -> String {
        self.server.log_text()
    }

    fn logs(&self, text: &str) {
        wait_for(text, || self.log().contains(text).then_some(()));
    }
}

/// A site without tasks of its own but the given ones.
fn options(tasks: &[(&str, &str)]) -> SiteOptions {
    let off = ["expire", "purge", "quota", "check"].map(|name| (name, "off"));
    off.iter()
        .chain(tasks)
        .fold(SiteOptions::default(), |options, (name, value)| options.set(&format!("local.schedule.{name}"), value))
}

#[test]
fn a_task_is_run_when_it_is_due_and_waiting_sessions_see_what_it_does() {
    let mut site = Site::make(options(&[("expire", "* * * * * imexpire -v 1")]).set("local.sched.enable", "no"));
    // The program that serves mail leaves the task to the one that is tested.
    site.run();
    site.tool(&["configutil", "-o", "local.sched.enable", "-v", "yes"], "").success();
    std::fs::write(
        site.root().join("config/store.expirerule"),
        "all.folderpattern: user/alice/INBOX\nall.messagecount: 1\n",
    )
    .unwrap();
    for number in 0..3 {
        site.deliver("alice", &corpus::message(&format!("number {number}"), "x"));
    }
    let mut imap = site.imap_as("alice");
    imap.command("SELECT INBOX");
    imap.send(b"i IDLE\r\n");
    assert!(imap.response().text().starts_with('+'));
    let keeper = Keeper::start(&site);
    let first = imap.response().text();
    assert!(first.ends_with("EXPUNGE"), "{first}");
    keeper.logs("task expire: done in");
    let log = keeper.log();
    assert!(log.contains("task expire: starting imexpire -v 1"), "{log}");
    assert!(log.contains("2 messages expired"), "{log}");
}

#[test]
fn one_process_of_a_site_keeps_house_and_another_takes_over_when_it_is_gone() {
    let site = Site::make(options(&[("check", "* * * * * imcheck -q")]));
    let mut keepers = [Keeper::start(&site), Keeper::start(&site)];
    for keeper in &keepers {
        wait_for("its decision", || {
            ["task check: done", "task check: left to another process"]
                .iter()
                .any(|words| keeper.log().contains(words))
                .then_some(())
        });
    }
    let done = keepers.iter().filter(|keeper| keeper.log().contains("task check: starting")).count();
    assert_eq!(done, 1);
    assert!(keepers.iter().any(|keeper| keeper.log().contains("0 accounts checked, 0 damaged")));
    keepers.iter_mut().for_each(|keeper| keeper.server.kill());
    Keeper::start(&site).logs("task check: done");
}

#[test]
fn what_fails_is_in_the_log_with_the_tools_own_words() {
    let site = Site::make(options(&[("expire", "* * * * * imexpire --rules nowhere/rules")]));
    let keeper = Keeper::start(&site);
    keeper.logs("task expire: failed (exit status: 1): heliograph: nowhere/rules");
}

#[test]
fn users_near_their_quota_get_their_message_on_schedule_unless_that_is_off() {
    let tasks = [("quota", "* * * * * imquotacheck -n -e")];
    let site = Site::start(options(&tasks).users(&["alice mailQuota=10000"]).set("local.sched.enable", "no"));
    let mut imap = site.imap_as("alice");
    imap.append("INBOX", "", &corpus::message("large", &"x\r\n".repeat(3100)));
    site.tool(&["configutil", "-o", "store.quotanotification", "-v", "no"], "").success();
    let settings = config::Settings::load(site.root()).unwrap();
    assert_eq!(config::Housekeeping::read(&settings).tasks, []);
    for (name, value) in [("store.quotanotification", "yes"), ("local.sched.enable", "yes")] {
        site.tool(&["configutil", "-o", name, "-v", value], "").success();
    }
    imap.command("SELECT INBOX");
    imap.send(b"i IDLE\r\n");
    assert!(imap.response().text().starts_with('+'));
    let keeper = Keeper::start(&site);
    assert!(imap.response().text().contains("2 EXISTS"));
    keeper.logs("user/alice: storage: notice delivered");
}

#[test]
fn a_task_by_hand_and_one_on_schedule_do_not_work_at_once() {
    let site = Site::make(SiteOptions::default());
    let lock = site.root().join("run/imexpire.lock");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let file = std::fs::File::create(&lock).unwrap();
    file.try_lock().unwrap();
    let output = site.tool(&["imexpire"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.contains("another imexpire is at work"), "{}", output.stderr);
    drop(file);
    site.tool(&["imexpire"], "").success();
}

#[test]
fn without_tasks_or_with_the_schedule_off_there_is_nothing_to_serve() {
    let site = Site::make(options(&[]).set("local.sched.enable", "no"));
    let output = site.tool(&["serve", "store"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.contains("nothing to run"), "{}", output.stderr);
}
