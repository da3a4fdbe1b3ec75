//! Watching a running server: the metrics listener, lists of users, last access.

use super::rows;
use crate::key::Kind;

rows! {
    METRICS_ENABLE: "service.metrics.enable", Kind::Bool, "no", Restart, "own",
        "Answer /metrics, /healthz and /readyz on a port of its own.";
    METRICS_PORT: "service.metrics.port", Kind::Port, "9464", Restart, "own",
        "Port of the metrics listener: of the watcher, with start-msg; services run beside each other by serve need --port metrics=N each.";
    METRICS_ADDRESSES: "service.metrics.listenaddr", Kind::Addresses, "127.0.0.1", Restart, "own",
        "Addresses of the metrics listener, which needs no sign-in: loopback or a management network.";
    IMAP_USER_LIST: "local.imap.enableuserlist", Kind::Bool, "yes", Restart, "Reference §7.5",
        "Let imsconnutil list who is connected to IMAP and POP.";
    HTTP_USER_LIST: "local.http.enableuserlist", Kind::Bool, "yes", Restart, "Reference §7.5",
        "Let imsconnutil list who is signed in to the webmail.";
    LAST_ACCESS: "local.enablelastaccess", Kind::Bool, "no", Restart, "Reference §7.5",
        "Note when users sign in and out, for imsconnutil -a.";
}
