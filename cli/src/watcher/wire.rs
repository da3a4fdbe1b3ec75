//! Orders to the watcher, and what it says about them: lines of JSON on a Unix socket for the site's own account only.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream as BlockingStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::mpsc,
};

use super::{Watcher, listen};
use crate::services::ServiceName;

/// The socket's name in the site's `run` folder.
pub const SOCKET: &str = "watcher.ctl";
/// Longest order, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Silence after which a watcher that starts processes is given up, and what one that ends them has beyond its limit: orders wait for each other.
const START_LIMIT: Duration = Duration::from_secs(600);
const MARGIN: Duration = Duration::from_secs(130);

/// What is to be done. No service means all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Start services.
    Start(Vec<String>),
    /// Put new workers in the place of the running ones.
    Roll(Vec<String>),
    /// Stop services.
    Stop {
        /// Which.
        services: Vec<String>,
        /// Seconds for the drain.
        limit: u64,
    },
    /// Stop everything and end.
    End {
        /// Seconds for the drain.
        limit: u64,
    },
}

/// As a person reads it in the log.
impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, services) = match self {
            Self::Start(services) => ("start", services),
            Self::Roll(services) => ("replace the processes of", services),
            Self::Stop { services, .. } => ("stop", services),
            Self::End { .. } => return f.write_str("stop everything and end"),
        };
        match services.is_empty() {
            true => write!(f, "{verb} every service"),
            false => write!(f, "{verb} {}", services.join(", ")),
        }
    }
}

impl Order {
    /// How long the watcher may be at work without a word: it says something about each service.
    fn patience(&self) -> Duration {
        match self {
            // Each place of a service in turn, at worst.
            Self::Start(_) | Self::Roll(_) => START_LIMIT,
            Self::Stop { limit, .. } | Self::End { limit } => Duration::from_secs(*limit) + MARGIN,
        }
    }
}

/// What is said about an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// Something went well.
    Line(String),
    /// Something did not.
    Trouble(String),
    /// What is listened on now.
    Ready(Vec<String>),
    /// That was all.
    Done,
}

/// The listening socket; dropping it removes the file.
pub struct Door {
    path: PathBuf,
    listener: Arc<UnixListener>,
}

impl Door {
    pub fn open(root: &Path) -> io::Result<Self> {
        Ok(Self { listener: Arc::new(listen(root)?), path: root.join("run").join(SOCKET) })
    }

    pub fn listener(&self) -> Arc<UnixListener> {
        Arc::clone(&self.listener)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // The next watcher removes a file that is left over.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Takes orders for ever.
pub async fn serve(listener: Arc<UnixListener>, watcher: Arc<Watcher>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let watcher = Arc::clone(&watcher);
                tokio::spawn(async move {
                    if let Err(error) = obey(stream, &watcher).await {
                        tracing::warn!(%error, "an order was not answered to its end");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the watcher's socket failed");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn obey(stream: UnixStream, watcher: &Arc<Watcher>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(reader.take(LONGEST)).read_line(&mut line).await?;
    let order: Order = serde_json::from_str(&line)?;
    tracing::info!("told to {order}");
    let (said, mut lines) = mpsc::unbounded_channel();
    let for_order = Arc::clone(watcher);
    let ends = matches!(order, Order::End { .. });
    tokio::spawn(async move {
        let mut tell = |told| drop(said.send(told));
        match &order {
            Order::Start(services) => for_order.start(&named(services), &mut tell).await,
            Order::Roll(services) => for_order.roll(&named(services), &mut tell).await,
            Order::Stop { services, limit } => {
                for_order.stop(&named(services), Duration::from_secs(*limit), &mut tell).await;
            }
            Order::End { limit } => for_order.stop(&[], Duration::from_secs(*limit), &mut tell).await,
        }
        tell(Told::Done);
    });
    // Whoever gave the order may go away: it is carried out all the same.
    let mut heard = Ok(());
    while let Some(told) = lines.recv().await {
        let mut text = serde_json::to_vec(&told)?;
        text.push(b'\n');
        if heard.is_ok() {
            heard = writer.write_all(&text).await;
        }
    }
    if ends {
        watcher.end.notify_one();
    }
    heard
}

fn named(services: &[String]) -> Vec<ServiceName> {
    ServiceName::ALL.iter().filter(|name| services.iter().any(|service| service == name.as_str())).copied().collect()
}

/// Gives an order to the watcher of the site at `root` and passes on what it says. `false` when none is running.
pub fn order(root: &Path, order: &Order, mut told: impl FnMut(Told)) -> io::Result<bool> {
    let folder = root.join("run");
    let connected = daemon::control::with_short_name(&folder, SOCKET, |name| BlockingStream::connect(name));
    let mut stream = match connected {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(false);
        }
        stream => stream?,
    };
    let mut text = serde_json::to_vec(order)?;
    text.push(b'\n');
    stream.set_read_timeout(Some(order.patience()))?;
    stream.set_write_timeout(Some(MARGIN))?;
    stream.write_all(&text)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                io::Error::new(io::ErrorKind::TimedOut, format!("it said nothing for {} s", order.patience().as_secs()))
            }
            _ => error,
        })?;
        match serde_json::from_str(&line)? {
            Told::Done => return Ok(true),
            more => told(more),
        }
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the watcher ended before the order was carried out"))
}
