//! The LMTP service, where the site's MTA delivers.

use super::{bytes, count, minutes, rows};
use crate::key::Kind;

rows! {
    ENABLE: "service.lmtp.enable", Kind::Bool, "yes", Restart, "own",
        "Start the LMTP service.";
    LISTEN_ADDRESSES: "service.lmtp.listenaddr", Kind::Addresses, "127.0.0.1", Restart, "own",
        "Addresses that the LMTP service listens on; it trusts who may connect.";
    PORT: "service.lmtp.port", Kind::Port, "225", Restart, "own",
        "Port of the LMTP service.";
    MAX_SESSIONS: "service.lmtp.maxsessions", count(1, 1_000_000), "1000", Restart, "own",
        "Network connections per process.";
    MAX_THREADS: "service.lmtp.maxthreads", count(1, 10_000), "250", Restart, "own",
        "Threads per process for blocking work.";
    IDLE_TIMEOUT: "service.lmtp.idletimeout", minutes(5, 10_080), "5", Refresh, "own",
        "Idle minutes after which a connection is dropped (RFC 5321 §4.5.3.2.7 asks for five).";
    MAX_MESSAGE_SIZE: "service.lmtp.maxmessagesize", bytes(1024), "104857600", Refresh, "own",
        "Largest message that is taken.";
    MAX_RECIPIENTS: "service.lmtp.maxrecipients", count(1, 100_000), "1000", Refresh, "own",
        "Recipients of one transaction.";
    QUOTA_PERMANENT: "service.lmtp.quotapermanent", Kind::Bool, "no", Refresh, "own",
        "Refuse mail for a full account for good (552 5.2.2) at once, without the hours of store.quotagraceperiod (452 4.2.2).";
}
