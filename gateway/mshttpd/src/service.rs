//! The daemon's face to the program: built from its parts, serves one connection at a time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use auth::Authenticator;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use daemon::{Conn, Drain, Guard, Unwelcome};
use directory::Directory;
use http::{HeaderValue, Request, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use submission::{SmtpSecurity, SubmitOptions, Submitter};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower::ServiceExt;

use crate::forwarded;
use crate::live::Live;
use crate::request::Client;
use crate::router;
use crate::session::{Ended, Kept, MemorySessions, Sessions, SharedSessions};
use crate::state::{self, AppState, FolderCache, Parts, Transport};
use crate::timer::ClockTimer;
use crate::tokens::Signer;

/// Longest wait for a reply of the MTA (RFC 5321 §4.5.3.2 names up to ten minutes; people do not wait so long).
const SMTP_TIMEOUT: Duration = Duration::from_secs(120);

/// How long an idle connection may still bring a request once another process serves.
const ONE_MORE: Duration = Duration::from_secs(10);

/// What the webmail daemon is built from.
pub struct HttpDeps {
    /// Settings.
    pub config: config::Http,
    /// Sign-ins; its directory also answers for recipients.
    pub authenticator: Arc<Authenticator>,
    /// Connections to back ends.
    pub backends: backends::Pool,
    /// Attachments on their way out.
    pub spool: spool::Spool,
    /// Who may come in.
    pub guard: Guard,
    /// TLS for browsers, for what it asks of them.
    pub acceptor: Option<tls::Acceptor>,
    /// TLS to the MTA: does the handshakes, and knows what is trusted.
    pub mta: tls::Connector,
    /// The list of sessions that administrators see.
    pub listed: daemon::Sessions,
    /// Where browser sessions are kept.
    pub sessions: SessionsIn,
    /// The end of service.
    pub drain: Drain,
}

/// Where browser sessions are kept.
#[derive(Clone, Debug)]
pub enum SessionsIn {
    /// In this process: they end with it.
    Memory,
    /// In this folder, for all processes of the site's webmail, over restarts.
    Folder(PathBuf),
}

/// The webmail daemon. Clones share everything.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
    plain: Router,
    tls: Router,
}

impl Service {
    /// Builds it. Spawns housekeeping, so it must be called in a runtime. Fails when the sessions' folder cannot be used.
    pub fn new(deps: HttpDeps) -> Result<Self, sessions::Error> {
        let HttpDeps { config, authenticator, backends, spool, listed, sessions: kept_in, guard, acceptor, mta, drain } =
            deps;
        let directory = Arc::clone(authenticator.directory());
        let submitter = Live::new(submitter(&config, &directory, &backends, &mta));
        let folders = FolderCache::default();
        folders.show_counts(config.show_unread_counts);
        let (ending, ended) = unbounded_channel();
        let (sessions, signer): (Arc<dyn Sessions>, Signer) = match kept_in {
            SessionsIn::Memory => {
                (Arc::new(MemorySessions::new(config.session_timeout, listed, ending)), Signer::random())
            }
            SessionsIn::Folder(folder) => {
                let shared = SharedSessions::open(&folder, config.session_timeout, folders.clone(), &listed, ending)?;
                let signer = Signer::with(shared.link_key()?);
                (Arc::new(shared), signer)
            }
        };
        let parts = Arc::new(Parts {
            config: Live::new(config),
            authenticator: Live::new(authenticator),
            directory,
            backends,
            spool,
            submitter,
            sessions: Kept(sessions),
            signer,
            guard,
            acceptor,
            mta: Live::new(mta),
            drain,
            folders,
            bodies: state::bodies(),
        });
        tokio::spawn(clean_up(ended, Arc::downgrade(&parts)));
        let app = |transport| router::router(AppState { parts: Arc::clone(&parts), transport });
        Ok(Self { plain: app(Transport::Plain), tls: app(Transport::Tls), parts })
    }

    /// Takes other trusted certificates for the MTA; [`Service::refresh`] then uses them.
    pub fn trust_mta(&self, mta: tls::Connector) {
        self.parts.mta.replace(mta);
    }

    /// Takes changed settings, for the requests from now on. Where it listens, its names, the cookie's name and the spool's
    /// folder stay as they were at the start (`configutil -m` says so).
    pub fn refresh(&self, new: config::Http, authenticator: Arc<Authenticator>) {
        let old = self.parts.config.now();
        let config = config::Http {
            service: config::typed::Service {
                idle_timeout: new.service.idle_timeout,
                plaintext_min_cipher: new.service.plaintext_min_cipher,
                ..old.service.clone()
            },
            hostname: old.hostname.clone(),
            default_domain: old.default_domain.clone(),
            spool_dir: old.spool_dir.clone(),
            cookie_name: old.cookie_name.clone(),
            ..new
        };
        self.parts.authenticator.replace(authenticator);
        let Parts { sessions, submitter: live, folders, spool, backends, directory, mta, .. } = self.parts.as_ref();
        sessions.set_idle(config.session_timeout);
        backends.set_idle_close(config.resource_timeout);
        spool.set_session_bytes(session_bytes(&config));
        folders.show_counts(config.show_unread_counts);
        live.replace(submitter(&config, directory, backends, &mta.now()));
        self.parts.config.replace(config);
    }

    /// The whole application; over TLS cookies are `__Host-` ones. Requests need a [`Client`] extension.
    pub fn router(&self, transport: Transport) -> Router {
        match transport {
            Transport::Plain => self.plain.clone(),
            Transport::Tls => self.tls.clone(),
        }
    }

    /// Serves a connection until the browser closes it, it is idle for too long, or the service drains: the request in
    /// progress is then finished.
    pub async fn serve(&self, conn: Conn, drain: Drain) {
        let transport = if conn.is_tls() { Transport::Tls } else { Transport::Plain };
        let client = Client {
            address: conn.peer().ip().to_canonical(),
            peer: conn.peer(),
            local: conn.local(),
            cipher_bits: conn.cipher_bits(),
            certificate: conn.certificate().cloned(),
        };
        let address = client.address;
        let by_proxy = conn.is_trusted_proxy();
        let this = self.clone();
        let multiplexed = Arc::new(AtomicBool::new(false));
        let (seen, ending) = (Arc::clone(&multiplexed), drain.clone());
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let (this, client, ending) = (this.clone(), client.clone(), ending.clone());
            let old = request.version() < Version::HTTP_2;
            seen.store(!old, Ordering::Relaxed);
            let request = request.map(Body::new);
            async move {
                let answer = if by_proxy {
                    this.forwarded(client, transport, request).await
                } else {
                    this.answer(client, transport, request).await
                };
                answer.map(|mut answer| {
                    // Told so, a browser makes its next request elsewhere (RFC 9112 §9.6).
                    if old && ending.is_relieved() {
                        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                    }
                    answer
                })
            }
        });
        let idle = self.parts.config.now().service.idle_timeout.max(Duration::from_secs(180));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // The time to the end of the next request's header is the idle time of a kept connection.
        builder.http1().timer(ClockTimer).header_read_timeout(idle);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(100)
            .keep_alive_interval(idle)
            .keep_alive_timeout(Duration::from_secs(20));
        let serving = builder.serve_connection(TokioIo::new(conn), service);
        tokio::pin!(serving);
        let result = tokio::select! {
            result = serving.as_mut() => result,
            () = drain.started() => {
                // Closing a connection of HTTP/1.1 that idles could cross a request on its way: another process serves already, so there is
                // time to answer one more and say then that it was the last. HTTP/2 has GOAWAY for that (RFC 9113 §6.8).
                let last = async {
                    if drain.is_relieved() && !multiplexed.load(Ordering::Relaxed) {
                        tokio::time::sleep(ONE_MORE).await;
                    }
                };
                tokio::select! {
                    result = serving.as_mut() => result,
                    () = last => {
                        serving.as_mut().graceful_shutdown();
                        serving.as_mut().await
                    }
                }
            }
        };
        if let Err(error) = result {
            // Browsers close connections as they like.
            tracing::debug!(%error, client = %address, "connection ended");
        }
    }
}

/// Room of one session in the spool: a few drafts at once, each as large as may be sent.
pub fn session_bytes(config: &config::Http) -> u64 {
    config.max_message_size.saturating_mul(4)
}

fn submitter(
    config: &config::Http,
    directory: &Arc<dyn Directory>,
    backends: &backends::Pool,
    mta: &tls::Connector,
) -> Submitter {
    let options = SubmitOptions {
        smtp_host: config.smtp_host.clone(),
        smtp_port: config.smtp_port,
        hello_name: config.hostname.clone(),
        max_message_size: config.max_message_size,
        local_delivery: config.local_delivery,
        security: SmtpSecurity {
            tls: config.smtp_tls,
            connector: Arc::new(mta.clone()),
            login: config.smtp_auth.clone(),
        },
        timeout: SMTP_TIMEOUT,
    };
    Submitter::new(options, Arc::clone(directory), backends.clone())
}

impl Service {
    async fn answer(
        &self,
        client: Client,
        transport: Transport,
        mut request: Request<Body>,
    ) -> Result<Response, Infallible> {
        request.extensions_mut().insert(client);
        self.router(transport).oneshot(request).await
    }

    /// A request that a trusted proxy passes on: it is looked at as if its browser had connected itself, and takes a place for as long as the
    /// answer goes on.
    async fn forwarded(
        &self,
        proxy: Client,
        transport: Transport,
        request: Request<Body>,
    ) -> Result<Response, Infallible> {
        let guard = &self.parts.guard;
        let hop = self.parts.config.now().forwarded_header;
        let told = forwarded::read(request.headers(), hop, proxy.address, &|address| guard.trusts(address));
        let transport = if told.secure { Transport::Tls } else { transport };
        let peer = SocketAddr::new(told.client, 0);
        // With which cipher the browser came is the proxy's to judge; how the proxy itself came here says nothing of that.
        let client = Client {
            address: told.client,
            peer,
            local: proxy.local,
            cipher_bits: if told.secure { u32::MAX } else { 0 },
            certificate: None,
        };
        match guard.admit(peer, Some(proxy.local), transport == Transport::Tls).await {
            Ok(slot) => {
                let answer = self.answer(client, transport, request).await?;
                Ok(answer.map(|body| {
                    Body::new(body.map_frame(move |frame| {
                        let _held = &slot;
                        frame
                    }))
                }))
            }
            Err(Unwelcome::Denied) => {
                Ok((StatusCode::FORBIDDEN, "Connections from your address are not accepted here.\n").into_response())
            }
            Err(Unwelcome::Crowded) => {
                let again = [(header::RETRY_AFTER, "5")];
                let text = "Too many connections from your address. Please try again.\n";
                Ok((StatusCode::SERVICE_UNAVAILABLE, again, text).into_response())
            }
        }
    }
}

/// What a session leaves behind: its back-end connection and its spool folder.
async fn clean_up(mut ended: UnboundedReceiver<Ended>, parts: Weak<Parts>) {
    while let Some(Ended { owner, key }) = ended.recv().await {
        let Some(parts) = parts.upgrade() else { return };
        if let Some(key) = key {
            parts.sessions.over(&key);
            parts.folders.forget(&key);
            parts.backends.close(&key).await;
        }
        // Another process may have done it: what is gone is no error.
        if let Err(error) = parts.spool.session_of(&owner).clear().await {
            tracing::error!(%error, "the spool folder of an ended session could not be removed");
        }
    }
}
