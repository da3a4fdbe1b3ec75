//! The daemon's face to the program: built from its parts, serves one connection at a time.

use std::sync::Arc;
use std::time::Duration;

use auth::Authenticator;
use axum::Router;
use axum::body::Body;
use daemon::{Conn, Drain};
use directory::Directory;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use submission::{SubmitOptions, Submitter};
use tokio::sync::mpsc::UnboundedReceiver;
use tower::ServiceExt;

use crate::drafts::once::Once;
use crate::live::Live;
use crate::request::Client;
use crate::router;
use crate::session::MemorySessions;
use crate::state::{self, AppState, FolderCache, Parts, Transport};
use crate::tokens::Signer;

/// Longest wait for a reply of the MTA (RFC 5321 §4.5.3.2 names up to ten minutes; people do not wait so long).
const SMTP_TIMEOUT: Duration = Duration::from_secs(120);

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
    /// The end of service.
    pub drain: Drain,
}

/// The webmail daemon. Clones share everything.
#[derive(Clone)]
pub struct Service {
    parts: Arc<Parts>,
    plain: Router,
    tls: Router,
}

impl Service {
    /// Builds it. Spawns housekeeping, so it must be called in a runtime.
    pub fn new(deps: HttpDeps) -> Self {
        let HttpDeps { config, authenticator, backends, spool, drain } = deps;
        let (sessions, ended) = MemorySessions::new(config.session_timeout);
        let directory = Arc::clone(authenticator.directory());
        let submitter = Live::new(submitter(&config, &directory, &backends));
        let folders = FolderCache::default();
        folders.show_counts(config.show_unread_counts);
        tokio::spawn(clean_up(ended, backends.clone(), spool.clone()));
        let parts = Arc::new(Parts {
            config: Live::new(config),
            authenticator: Live::new(authenticator),
            directory,
            backends,
            spool,
            submitter,
            sessions,
            signer: Signer::random(),
            drain,
            folders,
            bodies: state::bodies(),
            once: Once::default(),
        });
        let app = |transport| router::router(AppState { parts: Arc::clone(&parts), transport });
        Self { plain: app(Transport::Plain), tls: app(Transport::Tls), parts }
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
        let Parts { sessions, submitter: live, folders, spool, backends, directory, .. } = self.parts.as_ref();
        sessions.set_idle(config.session_timeout);
        backends.set_idle_close(config.resource_timeout);
        spool.set_session_bytes(session_bytes(&config));
        folders.show_counts(config.show_unread_counts);
        live.replace(submitter(&config, directory, backends));
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
        let client = Client { address: conn.peer().ip().to_canonical(), peer: conn.peer() };
        let app = self.router(transport);
        let service = hyper::service::service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(client);
            app.clone().oneshot(request.map(Body::new))
        });
        let idle = self.parts.config.now().service.idle_timeout.max(Duration::from_secs(180));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // The time to the end of the next request's header is the idle time of a kept connection.
        builder.http1().timer(TokioTimer::new()).header_read_timeout(idle);
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
                serving.as_mut().graceful_shutdown();
                serving.as_mut().await
            }
        };
        if let Err(error) = result {
            // Browsers close connections as they like.
            tracing::debug!(%error, client = %client.address, "connection ended");
        }
    }
}

/// Room of one session in the spool: a few drafts at once, each as large as may be sent.
pub fn session_bytes(config: &config::Http) -> u64 {
    config.max_message_size.saturating_mul(4)
}

fn submitter(config: &config::Http, directory: &Arc<dyn Directory>, backends: &backends::Pool) -> Submitter {
    let options = SubmitOptions {
        smtp_host: config.smtp_host.clone(),
        smtp_port: config.smtp_port,
        hello_name: config.hostname.clone(),
        max_message_size: config.max_message_size,
        local_delivery: config.local_delivery,
        timeout: SMTP_TIMEOUT,
    };
    Submitter::new(options, Arc::clone(directory), backends.clone())
}

/// What a session leaves behind: its back-end connection and its spool folder.
async fn clean_up(mut ended: UnboundedReceiver<String>, backends: backends::Pool, spool: spool::Spool) {
    while let Some(key) = ended.recv().await {
        backends.close(&key).await;
        if let Err(error) = spool.session(&key).clear().await {
            tracing::error!(%error, "the spool folder of an ended session could not be removed");
        }
    }
}
