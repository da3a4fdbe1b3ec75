//! Opening a connection: TCP, TLS, greeting, ID, sign-in with proxy credentials, capabilities (Guide §5.7.1, RFC 4616).

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_imap::{
    Authenticator, Client, Session,
    imap_proto::{self, ResponseCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use config::BackEnd;
use tokio::net::TcpStream;

use crate::{
    Account, Denial, Error, PoolOptions,
    command::Command,
    connection::{Capabilities, Connection},
    response::{Name, Response},
    wire::{Io, Wire},
};

/// What is known about a host since the last connection.
#[derive(Clone)]
struct Facts {
    before: Arc<Capabilities>,
    after: Arc<Capabilities>,
}

/// Opens connections and remembers what hosts can do.
pub(crate) struct Opener {
    options: PoolOptions,
    connector: RwLock<Option<tls::Connector>>,
    facts: Mutex<HashMap<(String, u16), Facts>>,
}

/// Prepared SASL PLAIN message (RFC 4616), sent at the go-ahead.
struct Plain(Vec<u8>);

impl Authenticator for Plain {
    type Response = Vec<u8>;

    fn process(&mut self, _challenge: &[u8]) -> Vec<u8> {
        self.0.clone()
    }
}

impl Opener {
    pub(crate) fn new(options: PoolOptions, connector: Option<tls::Connector>) -> Self {
        Self { options, connector: RwLock::new(connector), facts: Mutex::default() }
    }

    /// A connection signed in for `account` at `back_end`.
    pub(crate) async fn open(&self, back_end: &BackEnd, account: &Account) -> Result<Connection, Error> {
        let (Some(admin), Some(password)) = (&back_end.admin, &back_end.admin_pass) else {
            let missing = Error::MissingCredentials { host: back_end.host.clone(), options: back_end.missing() };
            return Err(missing);
        };
        for text in [&account.user, admin, password] {
            if text.is_empty() || text.bytes().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
                return Err(Error::Invalid("user name or proxy credentials"));
            }
        }
        let lost = |what: &'static str| {
            move |source: io::Error| Error::Unavailable {
                host: back_end.host.clone(),
                what,
                source: Some(Arc::new(source)),
            }
        };
        let io = self.dial(back_end).await?;
        let mut client = Client::new(Wire::new(io, self.options.reply_timeout));
        let greeting = in_time(self.options.connect_timeout, client.read_response()).await;
        let greeting = greeting
            .and_then(|greeting| greeting.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
            .map_err(lost("waiting for the greeting"))?;
        let (mut before, old_sun) = read_greeting(greeting.parsed(), back_end)?;
        drop(greeting);

        let key = (back_end.host.clone(), back_end.port);
        let known = self.facts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if before.is_empty() {
            before = match &known {
                Some(facts) => Arc::clone(&facts.before),
                None => Arc::new(capabilities(client.get_mut()).await.map_err(lost("asking for capabilities"))?),
            };
        }
        // The back end throttles by this address instead of ours; it only counts before sign-in.
        if let (true, Some(client_ip)) = (before.has("ID"), account.client) {
            let id = Command::new("ID (\"name\" ")
                .string(&self.options.product)?
                .raw(" \"x-originating-ip\" ")
                .string(&client_ip.to_string())?
                .raw(")");
            exchange(client.get_mut(), id).await.map_err(lost("sending ID"))?;
        }
        let session =
            sign_in(client, &before, old_sun, account, admin, password).await.map_err(|failure| match failure {
                Failure::Io(source) => lost("signing in")(source),
                Failure::Refused(denial, text) => Error::Denied {
                    host: back_end.host.clone(),
                    user: account.user.clone(),
                    admin: admin.clone(),
                    denial,
                    text,
                },
            });
        let mut session = session?;
        let after = match known {
            Some(facts) => facts.after,
            None => {
                let after = capabilities(session.as_mut()).await.map_err(lost("asking for capabilities"))?;
                let after = Arc::new(after);
                let facts = Facts { before, after: Arc::clone(&after) };
                self.facts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, facts);
                after
            }
        };
        tracing::debug!(host = %back_end.host, user = %account.user, "opened an IMAP connection");
        Ok(Connection::new(session, back_end.host.as_str().into(), after))
    }

    /// Takes other trusted certificates; `None` trusts nobody.
    pub(crate) fn set_connector(&self, connector: Option<tls::Connector>) {
        *self.connector.write().unwrap_or_else(PoisonError::into_inner) = connector;
    }

    /// Forgets what is known about all hosts: they may have been replaced.
    pub(crate) fn forget(&self) {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn dial(&self, back_end: &BackEnd) -> Result<Box<dyn Io>, Error> {
        let lost = |what: &'static str, source: Option<io::Error>| Error::Unavailable {
            host: back_end.host.clone(),
            what,
            source: source.map(Arc::new),
        };
        if back_end.tls && !back_end.tls_allowed {
            return Err(Error::Untrusted {
                host: back_end.host.clone(),
                what: "local.service.proxy.imapssl is on, but service.http.sslusessl is off",
                source: None,
            });
        }
        let connector = self.connector.read().unwrap_or_else(PoisonError::into_inner).clone();
        let patience = self.options.connect_timeout;
        let dialled = match back_end.address {
            Some(address) => in_time(patience, TcpStream::connect((address, back_end.port))).await,
            None => in_time(patience, TcpStream::connect((back_end.host.as_str(), back_end.port))).await,
        };
        let stream = dialled.map_err(|source| lost("connecting", Some(source)))?;
        stream.set_nodelay(true).map_err(|source| lost("connecting", Some(source)))?;
        if !back_end.tls {
            return Ok(Box::new(stream));
        }
        let untrusted = |what: &'static str, source: Option<io::Error>| Error::Untrusted {
            host: back_end.host.clone(),
            what,
            source: source.map(Arc::new),
        };
        let Some(connector) = connector else {
            return Err(untrusted("TLS is wanted, but local.service.proxy.cafile names no trusted certificate", None));
        };
        let stream = in_time(patience, connector.connect(&back_end.host, stream)).await.map_err(|source| {
            match tls::is_refused_certificate(&source) {
                true => untrusted("its certificate is not trusted (see local.service.proxy.cafile)", Some(source)),
                false => lost("TLS handshake", Some(source)),
            }
        })?;
        Ok(Box::new(stream))
    }
}

async fn in_time<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(patience, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// The capabilities that the greeting lists, and whether this is a Sun server of old.
fn read_greeting(greeting: &imap_proto::Response<'_>, back_end: &BackEnd) -> Result<(Arc<Capabilities>, bool), Error> {
    let imap_proto::Response::Data { status: imap_proto::Status::Ok, outcome } = greeting else {
        return Err(Error::Unavailable {
            host: back_end.host.clone(),
            what: "the greeting",
            source: Some(Arc::new(io::Error::other(format!("{greeting:?}")))),
        });
    };
    let words = outcome.information.as_deref().unwrap_or_default();
    let old_sun =
        ["Sun Java", "iPlanet", "Netscape Messaging", "Oracle Communications"].iter().any(|name| words.contains(name));
    let listed = match &outcome.code {
        Some(ResponseCode::Capabilities(list)) => {
            let words: Vec<String> = list
                .iter()
                .map(|capability| match capability {
                    imap_proto::Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                    imap_proto::Capability::Auth(name) => format!("AUTH={name}"),
                    imap_proto::Capability::Atom(name) => name.to_string(),
                })
                .collect();
            Capabilities::read(words.join(" ").as_bytes())
        }
        _ => Capabilities::default(),
    };
    Ok((Arc::new(listed), old_sun))
}

/// A command outside of [`Connection`]: before sign-in there is none. Its tag is always `h0`.
async fn exchange(wire: &mut Wire, command: Command) -> io::Result<(bool, Capabilities)> {
    let (literals, tail) = command.into_parts();
    if !literals.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no literals before sign-in"));
    }
    wire.send(&[b"h0 ", tail.as_slice(), b"\r\n"].concat()).await?;
    let mut found = Capabilities::default();
    loop {
        match Response::read(wire.response().await?) {
            Some(Response::Tagged { outcome, .. }) => {
                return Ok((outcome.status == crate::response::Status::Ok, found));
            }
            Some(Response::Data(data)) if data.name == Name::Capability => {
                found = Capabilities::read(data.tokens().rest())
            }
            Some(_) => {}
            None => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

async fn capabilities(wire: &mut Wire) -> io::Result<Capabilities> {
    exchange(wire, Command::new("CAPABILITY")).await.map(|(_, found)| found)
}

enum Failure {
    Io(io::Error),
    Refused(Denial, String),
}

impl From<async_imap::error::Error> for Failure {
    fn from(error: async_imap::error::Error) -> Self {
        use async_imap::error::Error as Imap;
        match error {
            Imap::Io(source) => Self::Io(source),
            Imap::No(text) | Imap::Bad(text) => {
                let temporary = ["Unavailable", "UNAVAILABLE", "INUSE"].iter().any(|word| text.contains(word));
                Self::Refused(if temporary { Denial::Temporary } else { Denial::Credentials }, text)
            }
            other => Self::Io(io::Error::other(other)),
        }
    }
}

/// SASL PLAIN with the user as authorization identity; PROXYAUTH where that is not to be had.
async fn sign_in(
    client: Client<Wire>,
    before: &Capabilities,
    old_sun: bool,
    account: &Account,
    admin: &str,
    password: &str,
) -> Result<Session<Wire>, Failure> {
    if before.has("AUTH=PLAIN") && !old_sun {
        let message = Plain(format!("{}\0{admin}\0{password}", account.user).into_bytes());
        // RFC 4959: with SASL-IR the message goes along and a round trip is saved.
        let mechanism =
            if before.has("SASL-IR") { format!("PLAIN {}", STANDARD.encode(&message.0)) } else { "PLAIN".to_owned() };
        return client.authenticate(mechanism, message).await.map_err(|(error, _)| error.into());
    }
    if before.has("LOGINDISABLED") {
        return Err(Failure::Refused(Denial::NoMechanism, "neither AUTH=PLAIN nor LOGIN".to_owned()));
    }
    let mut session = client.login(admin, password).await.map_err(|(error, _)| Failure::from(error))?;
    let command = Command::new("PROXYAUTH ")
        .string(&account.user)
        .map_err(|_| Failure::Io(io::ErrorKind::InvalidInput.into()))?;
    match exchange(session.as_mut(), command).await {
        Ok((true, _)) => Ok(session),
        Ok((false, _)) => Err(Failure::Refused(Denial::Credentials, "PROXYAUTH refused".to_owned())),
        Err(source) => Err(Failure::Io(source)),
    }
}
