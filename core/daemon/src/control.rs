//! The control socket of a process: how `counterutil` and `imsconnutil` speak with a running server.
//!
//! One Unix socket a process, `<root>/run/<pid>.sock`, for the server's own account only. A client sends one [`Order`] as a
//! line of JSON and gets one [`Answer`] as another.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    os::{
        fd::AsRawFd,
        unix::{
            fs::{DirBuilderExt, PermissionsExt},
            net::UnixStream as BlockingStream,
        },
    },
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::session::{Elsewhere, Sessions};

/// Longest order, in bytes.
const LONGEST: u64 = 1 << 20;
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The figures of every service.
    Counters,
    /// Who has signed in.
    Sessions,
    /// End the sessions of these users.
    Disconnect(Vec<String>),
    /// Where its event broker listens.
    Broker,
    /// Read settings and certificates again, in processes that run one of these services; of no name, in all.
    Refresh(Vec<String>),
    /// The metrics of the process.
    Metrics,
    /// Move the clock of idle and session times forward by seconds. For tests; release builds have no such order.
    #[cfg(debug_assertions)]
    Advance(u64),
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Counters by service and name.
    Counters(BTreeMap<String, BTreeMap<String, u64>>),
    /// The sessions.
    Sessions(Vec<Connected>),
    /// How many sessions were ended.
    Disconnected(usize),
    /// Where the event broker of this process listens; `None` if it runs none.
    Broker(Option<SocketAddr>),
    /// What the refresh came to.
    Refreshed(Refreshed),
    /// As `/metrics` shows them.
    Metrics {
        /// The process.
        pid: u32,
        /// Its text.
        text: String,
    },
    /// The clock was moved.
    #[cfg(debug_assertions)]
    Advanced,
    /// The process runs none of the services meant.
    NotConcerned,
    /// The order was not understood.
    Refused,
}

/// A refresh of one process.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Refreshed {
    /// The process.
    pub pid: u32,
    /// Its services.
    pub services: Vec<String>,
    /// Settings that have changed but are obeyed only after a restart.
    pub waiting: Vec<String>,
    /// Why everything stays as it was.
    pub problem: Option<String>,
}

/// A refresh that was ordered, and where its result goes.
pub type RefreshOrder = oneshot::Sender<Refreshed>;

/// What a process's control socket stands on.
#[derive(Debug, Clone)]
pub struct Controlled {
    /// Who is connected.
    pub sessions: Sessions,
    /// Who may be listed.
    pub listing: Listing,
    /// The names of the services that run here.
    pub services: Vec<String>,
    /// Takes orders to refresh.
    pub refresh: mpsc::Sender<RefreshOrder>,
}

/// A session, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Connected {
    /// The service.
    pub service: String,
    /// Who has signed in.
    pub user: String,
    /// The client.
    pub address: SocketAddr,
    /// When the session began, in seconds since 1970.
    pub since: u64,
    /// The process.
    pub pid: u32,
    /// What a session that processes share is called in each one's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
}

/// What a process tells of itself: where its broker is, and which services tell who is connected
/// (`local.{imap,http}.enableuserlist`).
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// IMAP and POP.
    pub imap: bool,
    /// The webmail.
    pub http: bool,
    /// The event broker, if this process runs it.
    pub broker: Option<SocketAddr>,
}

/// A listening control socket; dropping it removes the file.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
}

impl Control {
    /// Listens and serves. Must be called in a runtime.
    pub fn start(root: &Path, controlled: Controlled) -> io::Result<Self> {
        let folder = root.join("run");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let name = format!("{}.sock", std::process::id());
        let path = folder.join(&name);
        match fs::remove_file(&path) {
            // An earlier process of the same number is gone.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = with_short_name(&folder, &name, |name| UnixListener::bind(name))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let controlled = controlled.clone();
                        tokio::spawn(async move {
                            // A tool that went away has lost interest.
                            let _ = timeout(PATIENCE, serve(stream, &controlled)).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the control socket failed");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
        Ok(Self { path })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // A file that is left over is removed by whoever finds nobody behind it.
        let _ = fs::remove_file(&self.path);
    }
}

async fn serve(stream: UnixStream, controlled: &Controlled) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reader.take(LONGEST)).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(order) => obey(order, controlled).await,
        Err(_) => Answer::Refused,
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    writer.write_all(&text).await
}

async fn obey(order: Order, controlled: &Controlled) -> Answer {
    let Controlled { sessions, listing, services, refresh } = controlled;
    match order {
        Order::Counters => Answer::Counters(
            meters::SERVICES.into_iter().map(|service| (service.to_owned(), counters(service))).collect(),
        ),
        Order::Sessions => {
            let mut found: Vec<Connected> = sessions
                .signed_in()
                .iter()
                .filter(|session| if session.service() == "http" { listing.http } else { listing.imap })
                .filter_map(|session| {
                    Some(Connected {
                        service: session.service().to_owned(),
                        user: session.user()?,
                        address: session.peer(),
                        since: session
                            .began()
                            .duration_since(SystemTime::UNIX_EPOCH)
                            .unwrap_or(Duration::ZERO)
                            .as_secs(),
                        pid: std::process::id(),
                        shared: None,
                    })
                })
                .collect();
            if listing.http {
                found.extend(shared(sessions, |elsewhere| elsewhere.list()).await.into_iter().map(|seen| Connected {
                    service: seen.service.to_owned(),
                    user: seen.user,
                    address: seen.peer,
                    since: seen.since,
                    pid: std::process::id(),
                    shared: Some(seen.id),
                }));
            }
            found.sort();
            Answer::Sessions(found)
        }
        Order::Broker => Answer::Broker(listing.broker),
        Order::Disconnect(users) => {
            let own = sessions.disconnect(&users);
            Answer::Disconnected(own + shared(sessions, move |elsewhere| elsewhere.disconnect(&users)).await)
        }
        #[cfg(debug_assertions)]
        Order::Advance(seconds) => {
            crate::clock::advance(Duration::from_secs(seconds));
            Answer::Advanced
        }
        Order::Metrics => Answer::Metrics { pid: std::process::id(), text: meters::render() },
        Order::Refresh(meant) => {
            if !meant.is_empty() && !services.iter().any(|service| meant.contains(service)) {
                return Answer::NotConcerned;
            }
            let (result, refreshed) = oneshot::channel();
            // A process that is on its way out takes no more orders.
            if refresh.send(result).await.is_err() {
                return Answer::NotConcerned;
            }
            match refreshed.await {
                Ok(refreshed) => {
                    Answer::Refreshed(Refreshed { pid: std::process::id(), services: services.clone(), ..refreshed })
                }
                Err(_) => Answer::NotConcerned,
            }
        }
    }
}

/// Asks the sessions that processes share, where there are some.
async fn shared<T: Default + Send + 'static>(
    sessions: &Sessions,
    ask: impl FnOnce(&dyn Elsewhere) -> T + Send + 'static,
) -> T {
    let Some(elsewhere) = sessions.elsewhere() else { return T::default() };
    tokio::task::spawn_blocking(move || ask(elsewhere.as_ref())).await.unwrap_or_default()
}

fn counters(service: &'static str) -> BTreeMap<String, u64> {
    let figures = meters::Figures::of(service);
    [
        ("currentStartTime", figures.current_start_time),
        ("lastConnectionTime", figures.last_connection_time),
        ("maxConnections", figures.max_connections),
        ("numConnections", figures.num_connections),
        ("numCurrentConnections", figures.num_current_connections),
        ("numFailedConnections", figures.num_failed_connections),
        ("numFailedLogins", figures.num_failed_logins),
        ("numGoodLogins", figures.num_good_logins),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Asks every running process of the site at `root`. No answer at all means that none runs.
pub fn ask(root: &Path, order: &Order) -> io::Result<Vec<Answer>> {
    let folder = root.join("run");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".sock"))
        .collect();
    names.sort();
    let mut answers = Vec::new();
    for name in names {
        match with_short_name(&folder, &name, |name| BlockingStream::connect(name)) {
            Ok(stream) => answers.extend(ask_one(stream, order, &name)?),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                // Its process was killed. It is no matter if somebody else removes it first.
                let _ = fs::remove_file(folder.join(&name));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// `None` of a process that has ended meanwhile: it is as if nobody had been asked.
fn ask_one(mut stream: BlockingStream, order: &Order, name: &str) -> io::Result<Option<Answer>> {
    let mut asked = || {
        // Longer than the other side takes to give up.
        stream.set_read_timeout(Some(PATIENCE + Duration::from_secs(1)))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut text = serde_json::to_vec(order)?;
        text.push(b'\n');
        stream.write_all(&text)?;
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line)?;
        io::Result::Ok(line)
    };
    let pid = name.trim_end_matches(".sock");
    match asked() {
        Ok(line) if line.is_empty() => Ok(None),
        Ok(line) => Ok(Some(serde_json::from_str(&line)?)),
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("process {pid} takes orders and answers none: is it stopped?"),
            ))
        }
        Err(error) => Err(error),
    }
}

/// Works on the socket `name` in `folder`. The name of a socket may have 107 octets: deeper folders are reached by an open descriptor.
pub fn with_short_name<T>(folder: &Path, name: &str, work: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = folder.join(name);
    if path.as_os_str().len() < 100 {
        return work(&path);
    }
    let open = fs::File::open(folder)?;
    work(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(name))
}
