//! The POP service.

use super::{count, minutes, rows, seconds};
use crate::key::Kind;

rows! {
    ENABLE: "service.pop.enable", Kind::Bool, "yes", Restart, "Guide §5.1.1",
        "Start the POP service on its plain port. Its TLS port is service.pop.enablesslport's: the service is off when both are no.";
    PORT: "service.pop.port", Kind::Port, "110", Restart, "Guide §5.1.2",
        "Port of the POP service.";
    ENABLE_SSL_PORT: "service.pop.enablesslport", Kind::Bool, "no", Restart, "Guide §5.1.3",
        "Also listen on the port for POP over TLS.";
    SSL_PORT: "service.pop.sslport", Kind::Port, "995", Restart, "Guide §5.1.3",
        "Port for POP over TLS.";
    SSL_USE_SSL: "service.pop.sslusessl", Kind::Bool, "yes", Restart, "Reference §1.3",
        "Master switch for TLS in the POP service, on its own port and after STARTTLS.";
    MAX_SESSIONS: "service.pop.maxsessions", count(1, 1_000_000), "600", Restart, "Guide §5.3.2",
        "Network connections per process.";
    MAX_THREADS: "service.pop.maxthreads", count(1, 10_000), "250", Restart, "Guide §5.3.3",
        "Threads per process for blocking work.";
    NUM_PROCESSES: "service.pop.numprocesses", count(1, 64), "1", Restart, "Guide §5.3.1",
        "Processes of the POP service with start-msg; run and serve are one.";
    IDLE_TIMEOUT: "service.pop.idletimeout", minutes(10, 10_080), "10", Refresh, "Guide §5.3.4",
        "Idle minutes after which a connection is dropped; may be raised, not lowered.",
        because("POP clients may be idle for 10 minutes at least (RFC 1939 §3, Guide §5.3.4)");
    PLAINTEXT_MIN_CIPHER: "service.pop.plaintextmincipher", count(-1, 512), "0", Refresh, "Guide §5.6, §5.7.1",
        "0: passwords are accepted on any connection; more: only under TLS with keys of at least that many bits; -1: never.";
    BANNER: "service.pop.banner", Kind::Banner, "%h %p service (%P %V)", Refresh, "Guide §5.1.4",
        "Greeting text: %h host, %p protocol, %P product, %v version, %V version and build.";
    LOGIN_DELAY: "service.pop.logindelay", seconds(0, 86_400), "0", Refresh, "own",
        "Seconds that must pass between two sign-ins of a user; 0: none.";
    EXPIRE: "service.pop.expire", Kind::Number { min: -1, max: 36_500, unit: "days" }, "-1", Refresh, "own",
        "Days that clients are told the site's expiry rules keep messages at least; -1: for ever.";
}
