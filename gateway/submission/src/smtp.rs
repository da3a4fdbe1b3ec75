//! The SMTP client: lettre's connection, driven by hand so that every recipient has its own answer and the message is
//! streamed (RFC 5321, RFC 1870, RFC 6531).

mod open;

use std::{
    error::Error as _,
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

pub use open::SmtpSecurity;

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, AsyncTokioStream},
    commands::{Data, Ehlo, Mail, Quit, Rcpt},
    extension::{ClientId, MailParameter},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use open::Opened;

use crate::{Mailbox, Refusal, SendError, SubmitOptions};

/// The connection, shared with lettre: while DATA runs, the message goes past it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Opened>>);

impl Shared {
    fn stream(&self) -> MutexGuard<'_, Opened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SMTP connection")
    }
}

impl AsyncTokioStream for Shared {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.stream().peer())
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_read(cx, out)
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.stream()).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream()).poll_shutdown(cx)
    }
}

/// A transaction whose recipients have all been accepted.
pub(crate) struct Transaction {
    connection: AsyncSmtpConnection,
    stream: Shared,
    host: String,
    timeout: Duration,
}

/// Reply code with its enhanced code, words, and whether it is temporary.
struct Reply {
    code: String,
    text: String,
    temporary: bool,
}

/// What the server said in refusing; `None` if the connection itself failed.
fn refused(error: &lettre::transport::smtp::Error) -> Option<Reply> {
    let code = error.status()?;
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    let words = words.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let enhanced = words.split(' ').next().filter(|word| {
        word.split('.').count() == 3 && word.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    });
    let text = enhanced.and_then(|e| words.strip_prefix(e)).unwrap_or(&words).trim().to_owned();
    let code = enhanced.map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}"));
    Some(Reply { code, text, temporary: error.is_transient() })
}

fn broken(host: &str, what: &'static str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SendError {
    SendError::Unavailable { host: host.to_owned(), what, source: Some(Arc::new(io::Error::other(error))) }
}

async fn in_time<T>(
    timeout: Duration,
    host: &str,
    what: &'static str,
    work: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
) -> Result<Result<T, Reply>, SendError> {
    match tokio::time::timeout(timeout, work).await {
        Err(_) => Err(SendError::Unavailable {
            host: host.to_owned(),
            what,
            source: Some(Arc::new(io::ErrorKind::TimedOut.into())),
        }),
        Ok(Ok(done)) => Ok(Ok(done)),
        Ok(Err(error)) => match refused(&error) {
            Some(reply) => Ok(Err(reply)),
            None => Err(broken(host, what, error)),
        },
    }
}

impl Transaction {
    /// MAIL and RCPT. If some recipients are refused, the transaction ends here and nobody gets anything.
    pub(crate) async fn begin(
        options: &SubmitOptions,
        from: &Mailbox,
        to: &[Mailbox],
        size: u64,
    ) -> Result<Self, SendError> {
        let host = format!("{}:{}", options.smtp_host, options.smtp_port);
        let timeout = options.timeout;
        let opened = Opened::open(options, &host).await?;
        if options.security.login.is_some() && !opened.is_private() {
            return Err(broken(&host, "signing in", "the MTA offers no TLS, and a password is not sent in clear"));
        }
        let stream = Shared(Arc::new(Mutex::new(opened)));
        let hello = ClientId::Domain(options.hello_name.clone());
        let connected = AsyncSmtpConnection::connect_with_transport(Box::new(stream.clone()), &hello);
        let connection = match in_time(timeout, &host, "the greeting", connected).await? {
            Ok(connection) => connection,
            Err(reply) => return Err(broken(&host, "the greeting", format!("{} {}", reply.code, reply.text))),
        };
        let mut transaction = Self { connection, stream, host, timeout };
        let login = options.security.login.as_ref();
        match transaction.recipients(&hello, login, from, to, size).await {
            Ok(()) => Ok(transaction),
            Err(error) => {
                transaction.quit().await;
                Err(error)
            }
        }
    }

    async fn recipients(
        &mut self,
        hello: &ClientId,
        login: Option<&(String, String)>,
        from: &Mailbox,
        to: &[Mailbox],
        size: u64,
    ) -> Result<(), SendError> {
        let Self { connection, host, timeout, .. } = self;
        // lettre does not keep what SIZE said: ask once more, which also resets the session (RFC 5321 §4.1.4).
        let offered = match in_time(*timeout, host, "EHLO", connection.command(Ehlo::new(hello.clone()))).await? {
            Ok(response) => response.message().map(str::to_ascii_uppercase).collect::<Vec<_>>(),
            Err(_) => Vec::new(),
        };
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.clone());
            let signed = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            if let Err(reply) = in_time(*timeout, host, "signing in", signed).await? {
                return Err(broken(host, "signing in", format!("{} {}", reply.code, reply.text)));
            }
        }
        let size_line = offered.iter().find(|line| line.split(' ').next() == Some("SIZE"));
        let limit = size_line.and_then(|line| line.split(' ').nth(1)?.parse::<u64>().ok()).filter(|limit| *limit != 0);
        if let Some(limit) = limit.filter(|limit| size > *limit) {
            return Err(SendError::TooLarge { limit, size });
        }
        let beyond_ascii = |mailbox: &&Mailbox| !mailbox.address.is_ascii();
        let mut parameters = Vec::new();
        if size_line.is_some() {
            parameters.push(MailParameter::Size(usize::try_from(size).unwrap_or(usize::MAX)));
        }
        if to.iter().chain([from]).any(|mailbox| beyond_ascii(&mailbox)) {
            if !offered.iter().any(|line| line == "SMTPUTF8") {
                let refusal = |mailbox: &Mailbox| Refusal {
                    address: mailbox.address.clone(),
                    code: "553 5.6.7".to_owned(),
                    text: "the mail server takes no addresses with letters outside ASCII".to_owned(),
                    temporary: false,
                };
                let affected: Vec<Refusal> = to.iter().filter(beyond_ascii).map(refusal).collect();
                return Err(if affected.is_empty() {
                    let Refusal { code, text, .. } = refusal(from);
                    SendError::Sender { code, text }
                } else {
                    SendError::Refused(affected)
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(Some(from.smtp()?), parameters);
        if let Err(reply) = in_time(*timeout, host, "MAIL", connection.command(mail)).await? {
            // RFC 1870 §6.1: the size was not welcome.
            return Err(if reply.code.starts_with("552") {
                SendError::TooLarge { limit: limit.unwrap_or(0), size }
            } else {
                SendError::Sender { code: reply.code, text: reply.text }
            });
        }
        let mut refusals = Vec::new();
        for mailbox in to {
            let rcpt = Rcpt::new(mailbox.smtp()?, Vec::new());
            if let Err(reply) = in_time(*timeout, host, "RCPT", connection.command(rcpt)).await? {
                let Reply { code, text, temporary } = reply;
                refusals.push(Refusal { address: mailbox.address.clone(), code, text, temporary });
            }
        }
        if refusals.is_empty() { Ok(()) } else { Err(SendError::Refused(refusals)) }
    }

    /// DATA: sends the message. After this the MTA is responsible for it.
    pub(crate) async fn send(mut self, mut message: impl AsyncRead + Unpin + Send) -> Result<(), SendError> {
        let (timeout, host) = (self.timeout, self.host.clone());
        if let Err(reply) = in_time(timeout, &host, "DATA", self.connection.command(Data)).await? {
            self.quit().await;
            return Err(SendError::Message { code: reply.code, text: reply.text });
        }
        let mut stuffing = Stuffing::default();
        let mut chunk = vec![0; 64 << 10];
        let mut out = Vec::with_capacity(66 << 10);
        loop {
            // A message that ends early must not look complete: the connection is dropped without the final dot.
            let read = message.read(&mut chunk).await.map_err(|error| SendError::Source(Arc::new(error)))?;
            if read == 0 {
                break;
            }
            out.clear();
            stuffing.push(&chunk[..read], &mut out);
            self.write(&out).await?;
        }
        self.write(stuffing.end()).await?;
        let answer = in_time(timeout, &host, "the end of DATA", self.connection.read_response()).await?;
        self.quit().await;
        answer.map(|_| ()).map_err(|reply| SendError::Message { code: reply.code, text: reply.text })
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        let written = tokio::time::timeout(self.timeout, self.stream.write_all(bytes)).await;
        let written = written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        written.map_err(|error| broken(&self.host, "sending the message", error))
    }

    /// Ends the session; without DATA before it, nothing is sent.
    pub(crate) async fn quit(&mut self) {
        let quit = tokio::time::timeout(Duration::from_secs(5), self.connection.command(Quit)).await;
        if !matches!(quit, Ok(Ok(_))) {
            tracing::debug!("the MTA did not answer QUIT");
        }
    }
}

/// Doubles dots at line starts (RFC 5321 §4.5.2). What comes in has CRLF line ends only.
#[derive(Default)]
struct Stuffing {
    /// The last byte was not a line feed.
    inside: bool,
}

impl Stuffing {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for byte in bytes {
            if *byte == b'.' && !self.inside {
                out.push(b'.');
            }
            out.push(*byte);
            self.inside = *byte != b'\n';
        }
    }

    fn end(&self) -> &'static [u8] {
        if self.inside { b"\r\n.\r\n" } else { b".\r\n" }
    }
}
