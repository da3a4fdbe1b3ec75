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
    time::timeout,
};

use crate::session::Sessions;

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
    /// The order was not understood.
    Refused,
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
    pub fn start(root: &Path, sessions: Sessions, listing: Listing) -> io::Result<Self> {
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
                        let sessions = sessions.clone();
                        tokio::spawn(async move {
                            // A tool that went away has lost interest.
                            let _ = timeout(PATIENCE, serve(stream, &sessions, listing)).await;
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

async fn serve(stream: UnixStream, sessions: &Sessions, listing: Listing) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reader.take(LONGEST)).read_line(&mut line).await?;
    let answer = match serde_json::from_str(&line) {
        Ok(order) => obey(order, sessions, listing),
        Err(_) => Answer::Refused,
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    writer.write_all(&text).await
}

fn obey(order: Order, sessions: &Sessions, listing: Listing) -> Answer {
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
                    })
                })
                .collect();
            found.sort();
            Answer::Sessions(found)
        }
        Order::Broker => Answer::Broker(listing.broker),
        Order::Disconnect(users) => Answer::Disconnected(sessions.disconnect(&users)),
    }
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
            Ok(stream) => answers.push(ask_one(stream, order)?),
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

fn ask_one(mut stream: BlockingStream, order: &Order) -> io::Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = serde_json::to_vec(order)?;
    text.push(b'\n');
    stream.write_all(&text)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// The name of a socket may have 107 octets: deeper folders are reached by an open descriptor.
fn with_short_name<T>(folder: &Path, name: &str, work: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = folder.join(name);
    if path.as_os_str().len() < 100 {
        return work(&path);
    }
    let open = fs::File::open(folder)?;
    work(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(name))
}
