//! A directory, a store and a POP service on a free port.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::{AuthOptions, Authenticator};
use config::Listen;
use daemon::{AcceptLimits, Drain, Refuse, WorkPool};
use mailstore::{Account, AccountId, Flags, Mailbox, MailboxName, NewMessage, Store, StoreOptions};
use popd::{PopDeps, Service};
use tempfile::TempDir;
use tls::{Acceptor, AcceptorOptions, CertificateFiles, SelfSigned, self_signed};
use tokio::runtime::Runtime;

use super::client::Client;
use crate::directory::fixture::Fixture;

/// Everything behind one POP port; alice, bob, the administrator boss, and hosted.example's carol are there, password `secret`.
pub struct Pop {
    pub store: Store,
    pub drain: Drain,
    pub directory: Fixture,
    pub runtime: Runtime,
    address: SocketAddr,
    folder: Arc<TempDir>,
    certificate: TempDir,
}

/// What a test may choose.
#[derive(Clone)]
pub struct Options {
    pub banner: String,
    pub plaintext_min_cipher: i32,
    pub idle_timeout: Duration,
    pub max_sessions: usize,
    pub login_delay: Duration,
    pub expire_days: Option<u32>,
    pub with_tls: bool,
    pub folder: Option<Arc<TempDir>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            banner: "%h %p service (%P %V)".to_owned(),
            plaintext_min_cipher: 0,
            idle_timeout: Duration::from_secs(600),
            max_sessions: 50,
            login_delay: Duration::ZERO,
            expire_days: None,
            with_tls: true,
            folder: None,
        }
    }
}

impl Pop {
    pub fn new() -> Pop {
        Pop::with(Options::default())
    }

    pub fn with(options: Options) -> Pop {
        let directory = Fixture::new();
        for uid in ["alice", "bob", "boss", "carol@hosted.example"] {
            directory.add(uid, &[]);
        }
        let folder = options.folder.unwrap_or_else(|| Arc::new(tempfile::tempdir().unwrap()));
        let certificate = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions::new(folder.path())).unwrap();
        let addresses = vec!["127.0.0.1".parse().unwrap()];
        let config = config::Pop {
            service: config::typed::Service {
                listen: Listen { addresses: addresses.clone(), port: Some(0), ssl_port: None },
                tls: options.with_tls,
                max_sessions: options.max_sessions,
                max_threads: 8,
                num_processes: 1,
                idle_timeout: options.idle_timeout,
                plaintext_min_cipher: options.plaintext_min_cipher,
                access: config::Access::default(),
            },
            hostname: "store.example.test".to_owned(),
            banner: options.banner,
            login_delay: options.login_delay,
            expire_days: options.expire_days,
        };
        let names = AuthOptions {
            default_domain: "example.test".to_owned(),
            login_separators: "@+".to_owned(),
            admins: vec!["boss".to_owned()],
            ..AuthOptions::default()
        };
        let service = Service::new(PopDeps {
            store: store.clone(),
            authenticator: Arc::new(Authenticator::new(Arc::new(directory.open()), names)),
            config,
            pool: WorkPool::new(8),
            tls: options.with_tls.then(|| acceptor(&certificate)),
        });
        let runtime = Runtime::new().unwrap();
        let drain = Drain::new();
        let listener = runtime.block_on(async { daemon::bind(&addresses, 0).unwrap() });
        let address = listener.address().unwrap();
        let limits = AcceptLimits::new(options.max_sessions, Refuse(Service::REFUSAL));
        let session_drain = drain.clone();
        let serve = move |conn| {
            let (service, drain) = (service.clone(), session_drain.clone());
            async move { service.serve(conn, drain).await }
        };
        runtime.spawn(daemon::accept_loop(listener, None, limits, drain.clone(), serve));
        Pop { store, drain, directory, runtime, address, folder, certificate }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of the store, to be shared with another service.
    pub fn folder(&self) -> Arc<TempDir> {
        Arc::clone(&self.folder)
    }

    pub fn certificate(&self) -> std::path::PathBuf {
        self.certificate.path().join("pop.crt")
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// A client signed in as alice.
    pub fn alice(&self) -> Client {
        let mut client = self.connect();
        client.sign_in("alice");
        client
    }

    pub fn account(&self, name: &str) -> Account {
        self.store.account(&AccountId::new(name).unwrap()).unwrap()
    }

    pub fn inbox(&self, name: &str) -> Mailbox {
        self.account(name).open(&MailboxName::inbox()).unwrap()
    }

    /// Puts messages into alice's INBOX.
    pub fn put(&self, messages: &[&[u8]]) {
        let account = self.account("alice");
        for message in messages {
            let mut incoming = account.incoming(None).unwrap();
            incoming.write_all(message).unwrap();
            account.append(&MailboxName::inbox(), vec![NewMessage::new(incoming.finish().unwrap())]).unwrap();
        }
    }

    /// What alice's INBOX holds.
    pub fn uids(&self) -> Vec<u32> {
        self.inbox("alice").snapshot().unwrap().uids().to_vec()
    }

    /// Which of alice's messages are `\Seen`.
    pub fn seen(&self) -> Vec<bool> {
        let snapshot = self.inbox("alice").snapshot().unwrap();
        snapshot.flags().iter().map(|flags| flags.contains(Flags::SEEN)).collect()
    }
}

fn acceptor(folder: &TempDir) -> Acceptor {
    let files = CertificateFiles { certificate: folder.path().join("pop.crt"), key: folder.path().join("pop.key") };
    let names = vec!["localhost".to_owned()];
    self_signed(&SelfSigned { names, days: 30 }).unwrap().write(&files.certificate, &files.key).unwrap();
    Acceptor::new(AcceptorOptions { certificates: vec![files], ..AcceptorOptions::default() }).unwrap()
}
