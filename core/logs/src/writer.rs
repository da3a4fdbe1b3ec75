//! The thread that writes: a bounded queue before it, so that a slow disk costs lines and never a session.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use config::{LogLevel, LogName, LogPlace, OneLog};

use crate::{
    file::LogFile,
    form::Line,
    syslog::{Syslog, severity},
};

/// Lines that may wait.
const QUEUE: usize = 8192;
/// Bytes of a log that are written at once at the latest.
const FULL: usize = 64 * 1024;
/// How often the rules about files are looked at.
const TIDY: Duration = Duration::from_secs(60);

enum Order {
    Line(LogName, LogLevel, Line),
    Configure(Box<config::Log>),
    Stop,
}

/// The way into the writer.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    orders: SyncSender<Order>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// Takes a line, or counts it as lost when the queue is full. Never waits.
    pub(crate) fn line(&self, log: LogName, level: LogLevel, line: Line) {
        if let Err(TrySendError::Full(_)) = self.orders.try_send(Order::Line(log, level, line)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            meters::log_lines_lost(1);
        }
    }
}

/// The running writer.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Queue,
    thread: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn start(log: &config::Log) -> io::Result<Self> {
        let (orders, waiting) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let mut work = Work::new(log, Arc::clone(&dropped));
        let thread = thread::Builder::new().name("logs".to_owned()).spawn(move || work.run(&waiting))?;
        Ok(Self { queue: Queue { orders, dropped }, thread })
    }

    pub(crate) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    pub(crate) fn configure(&self, log: &config::Log) {
        // The writer only ends in `stop`, which consumes this.
        let _ = self.queue.orders.send(Order::Configure(Box::new(log.clone())));
    }

    pub(crate) fn stop(self) {
        let _ = self.queue.orders.send(Order::Stop);
        // A writer that panicked has nothing left to write.
        let _ = self.thread.join();
    }
}

/// A log with what waits for it.
struct Sink {
    rules: OneLog,
    place: Place,
    buffer: Vec<u8>,
    lines: u64,
    /// When the oldest waiting line must be written.
    due: Option<Instant>,
    /// There is no room on the disk.
    paused: bool,
    /// When standard error was last told of a failure: a full disk must not fill another log.
    told: Option<Instant>,
}

enum Place {
    Stderr { journal: bool },
    Files(LogFile),
    Syslog(Syslog),
}

impl Sink {
    fn new(rules: &OneLog) -> Self {
        let place = match &rules.place {
            LogPlace::Stderr => Place::Stderr { journal: config::environment::logs_to_journal() },
            LogPlace::Files(files) => Place::Files(LogFile::new(rules.name, files.clone())),
            LogPlace::Syslog { facility, socket } => Place::Syslog(Syslog::new(*facility, socket)),
        };
        Self { rules: rules.clone(), place, buffer: Vec::new(), lines: 0, due: None, paused: false, told: None }
    }

    /// Takes a line. True when it must be written now.
    fn take(&mut self, level: LogLevel, line: &Line) -> Result<bool, io::Error> {
        match &mut self.place {
            Place::Syslog(syslog) => {
                syslog.send(self.rules.name, level, line)?;
                return Ok(false);
            }
            Place::Stderr { journal: true } => {
                let words = line.whole.get(line.words..).unwrap_or_default();
                let head = format!("<{}>{}: ", severity(level), self.rules.name.program());
                self.buffer.extend_from_slice(head.as_bytes());
                self.buffer.extend_from_slice(words.as_bytes());
            }
            Place::Stderr { .. } | Place::Files(_) => self.buffer.extend_from_slice(line.whole.as_bytes()),
        }
        self.lines += 1;
        let wait = if matches!(self.place, Place::Stderr { .. }) { Duration::ZERO } else { self.rules.flush };
        let urgent = level <= LogLevel::Warning || self.buffer.len() >= FULL;
        if urgent {
            self.due = Some(Instant::now());
        } else if self.due.is_none() {
            self.due = Some(Instant::now() + wait);
        }
        Ok(self.buffer.len() >= FULL)
    }

    fn flush(&mut self) -> Result<(), (u64, io::Error)> {
        self.due = None;
        let (buffer, lines) = (std::mem::take(&mut self.buffer), std::mem::take(&mut self.lines));
        if buffer.is_empty() {
            return Ok(());
        }
        let done = match &mut self.place {
            Place::Files(_) if self.paused => Err(io::ErrorKind::StorageFull.into()),
            Place::Files(file) => file.append(&buffer),
            Place::Stderr { .. } => io::stderr().lock().write_all(&buffer),
            Place::Syslog(_) => Ok(()),
        };
        self.buffer = buffer;
        self.buffer.clear();
        done.map_err(|error| (lines, error))
    }
}

struct Work {
    sinks: Vec<Sink>,
    dropped: Arc<AtomicU64>,
    tidied: Instant,
}

impl Work {
    fn new(log: &config::Log, dropped: Arc<AtomicU64>) -> Self {
        let mut work = Self { sinks: log.logs.iter().map(Sink::new).collect(), dropped, tidied: Instant::now() };
        work.tidy();
        work
    }

    fn run(&mut self, orders: &Receiver<Order>) {
        loop {
            let due = self.sinks.iter().filter_map(|sink| sink.due).min();
            let wait = due.map_or(TIDY, |due| due.saturating_duration_since(Instant::now()).min(TIDY));
            let order = match orders.try_recv() {
                Ok(order) => Ok(order),
                // Only when nothing waits in the queue is it time to look at the clock: lines then share a write.
                Err(_) => {
                    self.flush_due();
                    orders.recv_timeout(wait)
                }
            };
            match order {
                Ok(Order::Line(log, level, line)) => self.take(log, level, &line),
                Ok(Order::Configure(log)) => {
                    self.flush_all();
                    self.configure(&log);
                }
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.say_dropped();
                    self.flush_all();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.say_dropped();
            if self.tidied.elapsed() >= TIDY {
                self.tidy();
            }
        }
    }

    fn take(&mut self, log: LogName, level: LogLevel, line: &Line) {
        let Some(sink) = self.sinks.get_mut(log as usize) else { return };
        match sink.take(level, line) {
            Ok(true) => {
                let done = sink.flush();
                self.tell(log, done);
            }
            Ok(false) => {}
            Err(error) => self.tell(log, Err((1, error))),
        }
    }

    fn flush_due(&mut self) {
        let now = Instant::now();
        for index in 0..self.sinks.len() {
            if self.sinks[index].due.is_some_and(|due| due <= now) {
                let done = self.sinks[index].flush();
                self.tell(self.sinks[index].rules.name, done);
            }
        }
    }

    fn flush_all(&mut self) {
        for index in 0..self.sinks.len() {
            let done = self.sinks[index].flush();
            self.tell(self.sinks[index].rules.name, done);
        }
    }

    /// Takes over other settings; a log that stays as it was keeps its open file.
    fn configure(&mut self, log: &config::Log) {
        for (sink, rules) in self.sinks.iter_mut().zip(&log.logs) {
            if sink.rules != *rules {
                *sink = Sink::new(rules);
            }
        }
        self.tidy();
    }

    fn tidy(&mut self) {
        self.tidied = Instant::now();
        for index in 0..self.sinks.len() {
            let Place::Files(file) = &self.sinks[index].place else { continue };
            let name = self.sinks[index].rules.name;
            match file.tidy() {
                Ok(room) => {
                    let was = std::mem::replace(&mut self.sinks[index].paused, !room);
                    if !room && !was {
                        self.tell(
                            name,
                            Err((0, io::Error::other("less than minfreediskspace is left; logging pauses"))),
                        );
                    }
                }
                Err(error) => self.tell(name, Err((0, error))),
            }
        }
    }

    /// Lines that found the queue full are counted in the default log, once there is room again.
    fn say_dropped(&mut self) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            // By the usual way: it has the form and the level of any other line.
            tracing::warn!("{dropped} log lines were lost: they came faster than they could be written");
        }
    }

    /// Counts lines that could not be written and says so on standard error, at most once a minute.
    fn tell(&mut self, log: LogName, done: Result<(), (u64, io::Error)>) {
        let Err((lines, error)) = done else { return };
        meters::log_lines_lost(lines);
        let Some(sink) = self.sinks.get_mut(log as usize) else { return };
        if sink.told.is_none_or(|at| at.elapsed() >= TIDY) {
            sink.told = Some(Instant::now());
            // Nothing is left to try when even standard error is closed.
            let _ = writeln!(
                io::stderr().lock(),
                "heliograph: the log '{}' cannot be written, {lines} lines lost: {error}",
                log.as_str()
            );
        }
    }
}
