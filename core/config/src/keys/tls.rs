//! Certificates.

use super::rows;
use crate::key::Kind;

rows! {
    CERT_FILE: "service.tls.certfile", Kind::Path, "config/cert.pem", Restart, "own",
        "PEM file of the server's certificate and its chain.";
    KEY_FILE: "service.tls.keyfile", Kind::Path, "config/key.pem", Restart, "own",
        "PEM file of the certificate's private key.";
}
