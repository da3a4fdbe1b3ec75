//! Certificates: the server's, and those that users sign in with (Guide §5.1.3, §5.2.3).

use super::rows;
use crate::key::Kind;

rows! {
    CERT_FILE: "service.tls.certfile", Kind::Paths, "config/cert.pem", Refresh, "own",
        "PEM files of the server's certificates, each with its chain; a client gets the first that fits the host name it asked for, else the first of all.";
    KEY_FILE: "service.tls.keyfile", Kind::Paths, "config/key.pem", Refresh, "own",
        "PEM files of the certificates' private keys, as many and in the same order.";
    MIN_VERSION: "service.tls.minversion", Kind::Choice(&["1.2", "1.3"]), "1.2", Refresh, "own",
        "Oldest TLS version that is spoken.";
    CA_FILE: "service.tls.cafile", Kind::Paths, "", Refresh, "Guide §5.2.3",
        "PEM files of the authorities whose certificates users may sign in with, over IMAP and HTTP; only when there is one are clients asked for a certificate.";
    CRL_FILE: "service.tls.crlfile", Kind::Paths, "", Refresh, "own",
        "Revocation lists of these authorities, PEM or DER; with any, a user's certificate counts only if its issuer's list is here and current.";
    CERTMAP_FILE: "service.tls.certmapfile", Kind::Path, "config/certmap.conf", Refresh, "Reference §3.2",
        "How a certificate leads to a directory entry; without the file, its mail address must be the mail of one.";
}
