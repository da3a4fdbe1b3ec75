//! What this process counts and times: one function for each kind of event, and the Prometheus text of all.
//!
//! An event costs an atomic or two and a look-up among a handful of labels. Labels are words of the code, never a client's,
//! so that nobody can make their number grow. The counts belong to the process, hence the one static.

mod figures;
mod process;

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

pub use figures::Figures;

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
type Timers<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// The services that have connections, as `service` labels.
pub const SERVICES: [&str; 4] = ["imap", "pop", "http", "lmtp"];

struct Meters {
    registry: Registry,
    started: SystemTime,
    connections: Counters<1>,
    refused: Counters<2>,
    sessions: Gauges<1>,
    sessions_max: Gauges<1>,
    last_connection: Gauges<1>,
    logins: Counters<2>,
    throttled: Counters<1>,
    auth_cache: Counters<1>,
    handshakes: Counters<2>,
    commands: Timers<2>,
    requests: Counters<2>,
    request_times: Timers<1>,
    deliveries: Counters<1>,
    commits: Timers<1>,
    commit_jobs: Counter,
    pool_wait: Timers<1>,
    pool_busy: Gauges<1>,
    pool_waiting: Gauges<1>,
    back_end: Timers<1>,
    directory: Timers<1>,
    lost_lines: Counter,
    tasks: Counters<2>,
    task_times: Timers<1>,
}

static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

/// From 0.1 ms, an answer from memory, to 10 s.
fn timer() -> Histogram {
    Histogram::new([0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0])
}

impl Meters {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("heliograph");
        macro_rules! register {
            ($metric:expr, $name:literal, $help:literal) => {{
                let metric = $metric;
                registry.register($name, $help, metric.clone());
                metric
            }};
            ($metric:expr, $name:literal, $help:literal, seconds) => {{
                let metric = $metric;
                registry.register_with_unit($name, $help, Unit::Seconds, metric.clone());
                metric
            }};
        }
        let timers = || Timers::<1>::new_with_constructor(timer as fn() -> Histogram);
        Self {
            started: SystemTime::now(),
            connections: register!(Counters::default(), "connections", "Connections accepted"),
            refused: register!(Counters::default(), "connections_refused", "Connections turned away, by reason"),
            sessions: register!(Gauges::default(), "sessions", "Connections open now"),
            sessions_max: register!(Gauges::default(), "sessions_max", "Most connections that were open at once"),
            last_connection: register!(
                Gauges::default(),
                "last_connection_timestamp",
                "When the last connection was accepted, since 1970",
                seconds
            ),
            logins: register!(Counters::default(), "logins", "Sign-ins, by result"),
            throttled: register!(Counters::default(), "logins_throttled", "Sign-ins that were made to wait"),
            auth_cache: register!(Counters::default(), "auth_cache", "Look-ups in the authentication cache, by result"),
            handshakes: register!(Counters::default(), "tls_handshakes", "TLS handshakes, by result"),
            commands: register!(
                Timers::<2>::new_with_constructor(timer as fn() -> Histogram),
                "command",
                "Time from a command to the end of its answer",
                seconds
            ),
            requests: register!(Counters::default(), "http_requests", "Webmail requests, by screen and status class"),
            request_times: register!(timers(), "http_request", "Time to a webmail answer's first octet", seconds),
            deliveries: register!(Counters::default(), "deliveries", "Deliveries, by result"),
            commits: register!(
                timers(),
                "store_commit",
                "Time of a store transaction, and of its sync to disk",
                seconds
            ),
            commit_jobs: register!(Counter::default(), "store_writes", "Changes that shared those transactions"),
            pool_wait: register!(timers(), "pool_wait", "Time that blocking work waited for a thread", seconds),
            pool_busy: register!(Gauges::default(), "pool_busy", "Threads at blocking work now"),
            pool_waiting: register!(Gauges::default(), "pool_waiting", "Blocking work that waits for a thread now"),
            back_end: register!(
                timers(),
                "backend_call",
                "Time of the webmail's calls to back ends, by result",
                seconds
            ),
            directory: register!(timers(), "directory_call", "Time of calls to the directory, by result", seconds),
            tasks: register!(Counters::default(), "store_tasks", "Scheduled tasks of the store, by tool and result"),
            task_times: register!(timers(), "store_task", "Time of scheduled tasks of the store", seconds),
            lost_lines: register!(Counter::default(), "log_lines_lost", "Log lines that could not be written"),
            registry,
        }
    }
}

/// Makes the meters: they count from now on, and every service is listed with zeros.
pub fn start() {
    for service in SERVICES {
        let _ = METERS.connections.get_or_create(&[("service", service)]);
        let _ = METERS.sessions.get_or_create(&[("service", service)]);
        for result in [Login::Good, Login::Bad, Login::Unavailable] {
            let _ = METERS.logins.get_or_create(&[("service", service), ("result", result.as_str())]);
        }
    }
}

/// An open connection of a service; dropping it ends it.
#[derive(Debug)]
pub struct OpenSession(&'static str);

/// A connection was accepted.
pub fn connected(service: &'static str) -> OpenSession {
    let labels = [("service", service)];
    METERS.connections.get_or_create(&labels).inc();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    METERS.last_connection.get_or_create(&labels).set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    let open = METERS.sessions.get_or_create(&labels).inc() + 1;
    let most = METERS.sessions_max.get_or_create(&labels);
    most.inner().fetch_max(open, std::sync::atomic::Ordering::Relaxed);
    OpenSession(service)
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        METERS.sessions.get_or_create(&[("service", self.0)]).dec();
    }
}

/// A connection was turned away; `reason` is a word of the code.
pub fn refused(service: &'static str, reason: &'static str) {
    METERS.refused.get_or_create(&[("service", service), ("reason", reason)]).inc();
}

/// What came of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Somebody is in.
    Good,
    /// Wrong, or not allowed.
    Bad,
    /// The directory did not answer.
    Unavailable,
}

impl Login {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Somebody tried to sign in.
pub fn login(service: &'static str, result: Login) {
    METERS.logins.get_or_create(&[("service", service), ("result", result.as_str())]).inc();
}

/// A sign-in was made to wait.
pub fn throttled(service: &'static str) {
    METERS.throttled.get_or_create(&[("service", service)]).inc();
}

/// The authentication cache knew a sign-in.
pub fn auth_cache_hit() {
    METERS.auth_cache.get_or_create(&[("result", "hit")]).inc();
}

/// The authentication cache did not know a sign-in.
pub fn auth_cache_miss() {
    METERS.auth_cache.get_or_create(&[("result", "miss")]).inc();
}

/// Whether something came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Done,
    /// It did not.
    Failed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Of a result.
    pub fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Done } else { Self::Failed }
    }
}

/// A TLS handshake ended.
pub fn handshake(service: &'static str, outcome: Outcome) {
    METERS.handshakes.get_or_create(&[("service", service), ("result", outcome.as_str())]).inc();
}

/// A command was answered; `command` is a word of the code, not what the client wrote.
pub fn command(service: &'static str, command: &'static str, took: Duration) {
    METERS.commands.get_or_create(&[("service", service), ("command", command)]).observe(took.as_secs_f64());
}

/// A webmail request was answered; `screen` is a word of the code.
pub fn request(screen: &'static str, status: u16, took: Duration) {
    let class = match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    METERS.requests.get_or_create(&[("screen", screen), ("status", class)]).inc();
    METERS.request_times.get_or_create(&[("screen", screen)]).observe(took.as_secs_f64());
}

/// A delivery was answered; `result` is a word of the code.
pub fn delivery(result: &'static str) {
    METERS.deliveries.get_or_create(&[("result", result)]).inc();
}

/// A store transaction of `jobs` changes was committed.
pub fn commit(jobs: usize, whole: Duration, sync: Duration) {
    METERS.commit_jobs.inc_by(jobs as u64);
    METERS.commits.get_or_create(&[("part", "whole")]).observe(whole.as_secs_f64());
    METERS.commits.get_or_create(&[("part", "sync")]).observe(sync.as_secs_f64());
}

/// A scheduled task of the store ended; `tool` is one of a list of the code.
pub fn task(tool: &'static str, outcome: Outcome, took: Duration) {
    METERS.tasks.get_or_create(&[("tool", tool), ("result", outcome.as_str())]).inc();
    METERS.task_times.get_or_create(&[("tool", tool)]).observe(took.as_secs_f64());
}

/// A call to a back end ended.
pub fn back_end_call(outcome: Outcome, took: Duration) {
    METERS.back_end.get_or_create(&[("result", outcome.as_str())]).observe(took.as_secs_f64());
}

/// A call to the directory ended.
pub fn directory_call(outcome: Outcome, took: Duration) {
    METERS.directory.get_or_create(&[("result", outcome.as_str())]).observe(took.as_secs_f64());
}

/// Lines were lost on the way to a log.
pub fn log_lines_lost(lines: u64) {
    METERS.lost_lines.inc_by(lines);
}

/// The counts of one pool of blocking threads.
#[derive(Debug, Clone)]
pub struct PoolMeters {
    wait: Histogram,
    busy: Gauge,
    waiting: Gauge,
}

impl PoolMeters {
    /// Of the pool of `service`.
    pub fn new(service: &'static str) -> Self {
        let labels = [("service", service)];
        Self {
            wait: METERS.pool_wait.get_or_create(&labels).clone(),
            busy: METERS.pool_busy.get_or_create(&labels).clone(),
            waiting: METERS.pool_waiting.get_or_create(&labels).clone(),
        }
    }

    /// Work begins to wait. Dropping what is returned ends that.
    pub fn waits(&self) -> Counted {
        Counted::new(&self.waiting)
    }

    /// Work has waited so long and begins. Dropping what is returned ends it.
    pub fn works(&self, waited: Duration) -> Counted {
        self.wait.observe(waited.as_secs_f64());
        Counted::new(&self.busy)
    }
}

/// Something that is counted for as long as this lives.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Everything, in the text form of OpenMetrics, which Prometheus reads.
pub fn render() -> String {
    let mut text = String::with_capacity(16 * 1024);
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &METERS.registry);
    let rest = process::text(METERS.started);
    let end = text.rfind("# EOF").unwrap_or(text.len());
    text.insert_str(end, &rest);
    text
}
