//! How the webmail reaches back-end IMAP servers; each key also per host, with the host name appended.

use super::rows;
use crate::key::Kind;

rows! {
    IMAP_PORT: "local.service.proxy.imapport", Kind::Port, "143", Refresh, "Guide §5.7.1",
        "IMAP port of the back-end server.", per_host;
    IMAP_SSL: "local.service.proxy.imapssl", Kind::Bool, "no", Refresh, "Guide §5.7.1",
        "Connect to the back-end server over TLS.", per_host;
    ADMIN: "local.service.proxy.admin", Kind::Text, "", Refresh, "Guide §5.7.1",
        "Store administrator that the webmail signs in as, on behalf of its users.", per_host;
    ADMIN_PASS: "local.service.proxy.adminpass", Kind::Secret, "", Refresh, "Guide §5.7.1",
        "Password of that administrator.", per_host;
    CA_FILE: "local.service.proxy.cafile", Kind::Paths, "", Refresh, "own",
        "PEM files of the certificates that back-end servers are checked against: authorities, or the servers' own self-signed ones.";
}
