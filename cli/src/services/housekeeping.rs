//! Housekeeping on a schedule: runs the store's tools when `local.schedule.*` says so, in one process of the site at a time.
//!
//! A task is the tool itself in a process of its own: what it does on its schedule is what it does when somebody types it, a
//! failure takes no service with it, and its blocking work takes no session's thread.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use config::{
    Housekeeping, Settings, Task,
    schedule::{Minute, SCHEDULED_TOOLS},
};
use daemon::Drain;
use meters::Outcome;
use time::{OffsetDateTime, UtcOffset};
use tokio::{process::Command, sync::Notify};

use crate::alone::Alone;

/// A sleep is not longer than this, so that a clock that was set is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// How far ahead a task is looked for. One on 29 February of a certain weekday may be further away; it is found in time.
const HORIZON: i64 = 400 * 24 * 60;
/// Lines of a task's output that are logged.
const MOST_LINES: usize = 200;

/// What time it is, by the system's clock or, in a test, by one that begins somewhere else.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    ahead: i64,
    zone: UtcOffset,
    /// What it showed when it was made.
    began: i64,
}

impl Clock {
    /// The system's clock, or one that shows `start` (seconds since 1970) now. Asked before there are threads, it knows the time zone.
    pub fn new(start: Option<i64>) -> Self {
        let zone = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
        let now = system_seconds();
        let began = start.unwrap_or(now);
        Self { ahead: began - now, zone, began }
    }

    fn now(self) -> i64 {
        system_seconds() + self.ahead
    }

    /// The minute that begins at so many minutes since 1970.
    fn minute(self, minutes: i64) -> Option<Minute> {
        let at = OffsetDateTime::from_unix_timestamp(minutes * 60).ok()?.to_offset(self.zone);
        Some(Minute {
            minute: at.minute(),
            hour: at.hour(),
            day: at.day(),
            month: at.month().into(),
            weekday: at.weekday().number_days_from_sunday(),
        })
    }
}

fn system_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The task that waits for its tasks' times.
#[derive(Debug, Clone)]
pub struct Housekeeper {
    changed: Arc<Notify>,
}

impl Housekeeper {
    /// Starts keeping house for the site at `root`, until the drain.
    pub fn start(root: &Path, clock: Clock, drain: &Drain) -> Self {
        let changed = Arc::new(Notify::new());
        let (root, drain, told) = (root.to_owned(), drain.clone(), Arc::clone(&changed));
        tokio::spawn(async move {
            tokio::select! {
                // A task that is cut off is done again the next time: it may end at any point.
                () = drain.started() => {}
                () = keep_house(root, clock, told) => {}
            }
        });
        Self { changed }
    }

    /// Settings are others now.
    pub fn refresh(&self) {
        self.changed.notify_one();
    }
}

async fn keep_house(root: PathBuf, clock: Clock, changed: Arc<Notify>) {
    // What came due while the process was starting is not missed.
    let mut done = clock.began.div_euclid(60);
    let mut leading = None;
    loop {
        let tasks = match Settings::load(&root) {
            Ok(settings) => Housekeeping::read(&settings).tasks,
            Err(error) => {
                tracing::error!(%error, "the schedule of the store's tasks cannot be read");
                Vec::new()
            }
        };
        let Some(next) = next_due(&tasks, clock, done) else {
            changed.notified().await;
            continue;
        };
        // To the second: the minute begins when it begins.
        let wait = Duration::from_secs(u64::try_from(next * 60 - clock.now()).unwrap_or(0));
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait.min(LONGEST_SLEEP)) => {}
                () = changed.notified() => {}
            }
            // Perhaps the clock was set back, or the schedule is another one.
            done = done.min(clock.now().div_euclid(60));
            continue;
        }
        done = next;
        // The first process that gets here keeps house as long as it lives.
        if leading.is_none() {
            leading = Alone::at(&root, "housekeeping").unwrap_or_else(|error| {
                tracing::error!("the store's tasks: {error:#}");
                None
            });
        }
        let due = clock.minute(next);
        for task in tasks.iter().filter(|task| due.is_some_and(|due| task.schedule.is_due(due))) {
            if leading.is_some() {
                run(&root, task).await;
            } else {
                tracing::info!(category = "Store", "task {}: left to another process", task.name);
            }
        }
    }
}

/// The first minute after `done` in which a task is due, in minutes since 1970.
fn next_due(tasks: &[Task], clock: Clock, done: i64) -> Option<i64> {
    let is_due =
        |minutes: &i64| clock.minute(*minutes).is_some_and(|at| tasks.iter().any(|task| task.schedule.is_due(at)));
    if tasks.is_empty() { None } else { (done + 1..done + HORIZON).find(is_due) }
}

/// Runs a task to its end; its output goes to the log.
async fn run(root: &Path, task: &Task) {
    let command = task.schedule.command();
    let tool = SCHEDULED_TOOLS.iter().find(|tool| command.first().is_some_and(|name| name == *tool));
    let tool = tool.copied().unwrap_or("other");
    let name = &task.name;
    tracing::info!(category = "Store", "task {name}: starting {}", command.join(" "));
    let began = Instant::now();
    let ended = execute(root, command).await;
    let took = began.elapsed();
    meters::task(tool, Outcome::of(&ended), took);
    match ended {
        Ok(lines) => {
            for line in lines {
                tracing::info!(category = "Store", "task {name}: {line}");
            }
            tracing::info!(category = "Store", "task {name}: done in {:.1} s", took.as_secs_f64());
        }
        Err(error) => tracing::error!(category = "Store", "task {name}: {error:#}"),
    }
}

async fn execute(root: &Path, command: &[String]) -> anyhow::Result<Vec<String>> {
    let program = std::env::current_exe().context("finding the program itself")?;
    let output = Command::new(program)
        .args(command)
        .arg("--root")
        .arg(root)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("starting the tool")?;
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        // Readable words of our own tools; whatever names they hold, a line stays one line.
        let plain = |line: &str| line.replace(char::is_control, "?");
        text.lines().take(MOST_LINES).map(plain).collect()
    };
    let (said, complained) = (lines(&output.stdout), lines(&output.stderr));
    if !output.status.success() {
        let words: Vec<String> = complained.into_iter().chain(said).collect();
        anyhow::bail!("failed ({}): {}", output.status, words.join("; "));
    }
    Ok(said.into_iter().chain(complained).collect())
}
