//! Talking to a NATS server: the same requests, the same catching up.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::endpoint::NatsAddress;
use super::nats_wire::{self as wire, Said};
use super::{CONNECT, Listener, Shared, is_question};
use crate::silence::{QUIET, heard};
use crate::wire::{Request, WireError};

/// The largest message of a server that does not say.
const USUAL_LARGEST: usize = 1024 * 1024;

/// A server that knows who we are.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    largest: usize,
}

/// Connects, says who we are and waits for the first answer.
pub(super) async fn connect(nats: &NatsAddress) -> Result<Connection, WireError> {
    let opened = timeout(CONNECT, async {
        let stream = TcpStream::connect(&nats.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let info = match Said::read(&mut stream, 0).await? {
            Some(Said::Info(info)) => info,
            Some(_) => return Err(WireError::Syntax("it did not greet")),
            None => return Err(WireError::Syntax("it hung up")),
        };
        if wire::info_flag(&info, "tls_required") {
            return Err(WireError::Syntax("it wants TLS, which is not spoken here"));
        }
        if !wire::info_flag(&info, "headers") {
            return Err(WireError::Syntax("it has no headers (NATS 2.2 and later have)"));
        }
        let largest = wire::info_number(&info, "max_payload").unwrap_or(USUAL_LARGEST);
        let mut out = Vec::new();
        wire::connect(&nats.account, &mut out);
        out.extend_from_slice(b"PING\r\n");
        stream.write_all(&out).await?;
        loop {
            match Said::read(&mut stream, 0).await? {
                Some(Said::Pong) => return Ok(Connection { stream, largest }),
                Some(Said::Error(_)) => return Err(WireError::Syntax("it refuses us: wrong user, password or token?")),
                Some(_) => {}
                None => return Err(WireError::Syntax("it hung up")),
            }
        }
    });
    opened.await.unwrap_or(Err(WireError::Syntax("it did not answer in time")))
}

/// Whom the next answers are for: subscriptions that are in force then, or a question of [`Shared`].
#[derive(Default)]
struct Asked(Mutex<VecDeque<Question>>);

enum Question {
    InForce(Vec<u32>),
    Settled,
    Alive,
}

impl Asked {
    fn push(&self, question: Question) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_back(question);
    }

    fn pop(&self) -> Option<Question> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front()
    }
}

/// Talks until the connection ends, and says why it did.
pub(super) async fn converse(shared: &Shared, connection: Connection, listener: &dyn Listener) -> WireError {
    let Connection { stream, largest } = connection;
    let (reading, mut writing) = tokio::io::split(stream);
    let (pings, quiet) = (Notify::new(), Notify::new());
    let asked = Asked::default();
    let speak = async {
        let mut out = format!("SUB {} {}\r\n", wire::LOST, wire::LOST_SID).into_bytes();
        loop {
            shared.take(|requests| write(requests, largest, &asked, &mut out));
            if !out.is_empty() {
                let sent = async {
                    writing.write_all(&out).await?;
                    writing.flush().await
                };
                match timeout(QUIET, sent).await {
                    Ok(Ok(())) => shared.taken(),
                    Ok(Err(error)) => return WireError::Io(error),
                    Err(_) => return WireError::Syntax("it takes nothing"),
                }
                out.clear();
            }
            tokio::select! {
                () = shared.changed.notified() => {}
                () = pings.notified() => out.extend_from_slice(b"PONG\r\n"),
                () = quiet.notified() => {
                    asked.push(Question::Alive);
                    out.extend_from_slice(b"PING\r\n");
                }
            }
        }
    };
    let listen = async {
        let mut reader = BufReader::new(reading);
        loop {
            let next = Said::read(&mut reader, crate::LARGEST_PAYLOAD * 2);
            let said = match heard(next, || quiet.notify_one(), "it is silent").await {
                Ok(said) => said,
                Err(error) => return error,
            };
            match said {
                None => return WireError::Syntax("it hung up"),
                Some(Said::Ping) => pings.notify_one(),
                Some(Said::Pong) => match asked.pop() {
                    Some(Question::InForce(ids)) => ids.into_iter().for_each(|id| listener.in_force(id)),
                    Some(Question::Settled) => shared.answered(),
                    Some(Question::Alive) | None => {}
                },
                Some(Said::Message { subscription: wire::LOST_SID, .. }) => listener.missed(),
                Some(Said::Message { subscription, headers, payload }) => {
                    let reference = wire::reference_in(&headers);
                    if let (Some(id), Some(reference)) = (wire::subscription(subscription), reference)
                        && shared.reference_of(id).is_some_and(|wanted| wanted.wants(&reference))
                    {
                        listener.event(id, &reference, &payload);
                    }
                }
                Some(Said::Error(error)) => {
                    tracing::warn!(%error, "the NATS server refused a request");
                    return WireError::Syntax("it refused a request");
                }
                Some(Said::Info(_) | Said::Ok) => {}
            }
        }
    };
    tokio::select! {
        error = speak => error,
        error = listen => error,
    }
}

/// Writes requests as NATS wants them. The answer to a `PING` says that what stands before it has been dealt with.
fn write(requests: &[Request], largest: usize, asked: &Asked, out: &mut Vec<u8>) {
    let mut new = Vec::new();
    for request in requests {
        match request {
            Request::Subscribe { id, reference } => {
                wire::subscribe(*id, reference, out);
                new.push(*id);
            }
            Request::Unsubscribe { id } => wire::unsubscribe(*id, out),
            Request::Publish { reference, payload } => wire::publish(reference, payload, largest, out),
            Request::Lost => out.extend_from_slice(format!("PUB {} 0\r\n\r\n", wire::LOST).as_bytes()),
            request if is_question(request) => {
                asked.push(Question::Settled);
                out.extend_from_slice(b"PING\r\n");
            }
            Request::Ping(_) | Request::Pong => {}
        }
    }
    if !new.is_empty() {
        asked.push(Question::InForce(new));
        out.extend_from_slice(b"PING\r\n");
    }
}
