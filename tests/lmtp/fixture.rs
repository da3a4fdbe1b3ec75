//! A directory, a store and an LMTP service on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use config::Listen;
use daemon::{AcceptLimits, Drain, Refuse, WorkPool};
use directory::QuotaPolicy;
use lmtpd::{LmtpDeps, Service};
use mailstore::{AccountId, CreateOptions, MailboxName, Store, StoreOptions};
use suite::LmtpClient;
use suite::lmtp::LmtpReply;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::directory::fixture::Fixture;

/// Everything behind one LMTP port; alice, bob, and hosted.example's carol are there.
pub struct Lmtp {
    pub directory: Fixture,
    pub store: Store,
    pub drain: Drain,
    address: SocketAddr,
    _runtime: Runtime,
    _folder: TempDir,
}

/// What a test may choose.
pub struct Options {
    pub max_message_size: u64,
    pub max_recipients: usize,
    pub quota_permanent: bool,
    pub quota_grace: Duration,
    pub over_quota_status: bool,
    pub quota: QuotaPolicy,
    pub idle_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_message_size: 50 << 20,
            max_recipients: 100,
            quota_permanent: false,
            quota_grace: Duration::from_secs(3600),
            over_quota_status: false,
            quota: QuotaPolicy { enforce: true, ..QuotaPolicy::default() },
            idle_timeout: Duration::from_secs(60),
        }
    }
}

impl Lmtp {
    pub fn new() -> Lmtp {
        Lmtp::with(Options::default())
    }

    pub fn with(options: Options) -> Lmtp {
        let directory = Fixture::new();
        for uid in ["alice", "bob", "carol@hosted.example"] {
            directory.add(uid, &[]);
        }
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(StoreOptions::new(folder.path())).unwrap();
        let addresses = vec!["127.0.0.1".parse().unwrap()];
        let config = config::Lmtp {
            listen: Listen { addresses: addresses.clone(), port: Some(0), ssl_port: None },
            hostname: "store.example.test".to_owned(),
            max_sessions: 20,
            max_threads: 8,
            idle_timeout: options.idle_timeout,
            max_message_size: options.max_message_size,
            max_recipients: options.max_recipients,
            quota_permanent: options.quota_permanent,
            quota_grace: options.quota_grace,
            over_quota_status: options.over_quota_status,
            access: config::Access::default(),
        };
        let service = Service::new(LmtpDeps {
            directory: Arc::new(directory.open()),
            store: store.clone(),
            config,
            quota: options.quota,
            statuses: options.over_quota_status.then(|| Arc::new(directory.file()) as Arc<dyn directory::StatusEditor>),
            pool: WorkPool::new(8),
        });
        let runtime = Runtime::new().unwrap();
        let drain = Drain::new();
        let listener = runtime.block_on(async { daemon::bind(&addresses, 0).unwrap() });
        let address = listener.address().unwrap();
        let limits = AcceptLimits::new(20, Refuse("421 4.3.2 Too many connections\r\n"));
        let session_drain = drain.clone();
        let serve = move |conn| {
            let (service, drain) = (service.clone(), session_drain.clone());
            async move { service.serve(conn, drain).await }
        };
        runtime.spawn(daemon::accept_loop(listener, None, limits, drain.clone(), serve));
        Lmtp { directory, store, drain, address, _runtime: runtime, _folder: folder }
    }

    pub fn connect(&self) -> LmtpClient {
        LmtpClient::connect(self.address)
    }

    pub fn connect_silent(&self) -> LmtpClient {
        LmtpClient::connect_silent(self.address)
    }

    /// A socket of its own, for what a client would not do.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whole messages of a mailbox in order; none if the account was never used.
    pub fn messages(&self, account: &str, mailbox: &str) -> Vec<Vec<u8>> {
        let account = self.store.account(&AccountId::new(account).unwrap()).unwrap();
        let mailbox = account.open(&MailboxName::new(mailbox).unwrap()).unwrap();
        let uids = mailbox.snapshot().unwrap().uids().to_vec();
        uids.into_iter().map(|uid| mailbox.body(uid).unwrap().to_vec()).collect()
    }

    /// The messages of INBOX without their delivery headers.
    pub fn bodies(&self, account: &str) -> Vec<Vec<u8>> {
        self.messages(account, "INBOX").iter().map(|message| without_delivery_headers(message)).collect()
    }

    pub fn create(&self, account: &str, mailbox: &str) {
        let account = self.store.account(&AccountId::new(account).unwrap()).unwrap();
        account.create(&MailboxName::new(mailbox).unwrap(), CreateOptions::default()).unwrap();
    }

    /// Sends `wire` as it is after DATA for alice and returns the one reply.
    pub fn raw_data(&self, wire: &[u8]) -> LmtpReply {
        let mut client = self.connect();
        begin(&mut client, "alice@example.test");
        assert_eq!(client.command("DATA").code, 354);
        client.send(wire);
        client.reply()
    }
}

pub fn begin(client: &mut LmtpClient, recipient: &str) {
    assert_eq!(client.command("MAIL FROM:<sender@outside.test>").code, 250);
    assert_eq!(client.command(&format!("RCPT TO:<{recipient}>")).code, 250);
}

/// Cuts off Return-Path, Delivered-To and Received (of two continuation lines), which must be there in this order.
pub fn without_delivery_headers(message: &[u8]) -> Vec<u8> {
    let mut rest = message;
    for start in ["Return-Path: <", "Delivered-To: ", "Received: from ", "\tby ", "\tfor <"] {
        assert!(
            rest.starts_with(start.as_bytes()),
            "{start} expected at {:?}",
            String::from_utf8_lossy(&rest[..rest.len().min(80)])
        );
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        rest = &rest[end + 2..];
    }
    rest.to_vec()
}

/// Code and enhanced code, such as `550 5.1.1`.
pub fn codes(reply: &LmtpReply) -> String {
    let text = reply.lines.last().map(String::as_str).unwrap_or_default();
    format!("{} {}", reply.code, text.split(' ').next().unwrap_or_default())
}
