//! Certificates, trust and TLS sessions; the only crate that names rustls. TLS 1.2 and 1.3, provider ring.
//!
//! [`Acceptor`] is the server side, [`Connector`] the client side, [`self_signed`] makes a certificate for a new site, [`Certificate`]
//! tells what one says, and [`ClientCertificate`] is what a client has shown.

mod acceptor;
mod certificate;
mod client_trust;
mod connector;
mod error;
mod name;
mod pem;
mod self_signed;
mod session;
mod signatures;

pub use acceptor::{Acceptor, AcceptorOptions, CertificateFiles, TlsVersion};
pub use certificate::Certificate;
pub use client_trust::{ClientCertificate, ClientTrustFiles, Untrusted};
pub use connector::{Connector, ConnectorOptions, ServerCheck, is_refused_certificate};
pub use error::TlsError;
pub use name::DistinguishedName;
pub use self_signed::{CertificateRequest, SelfSigned, SelfSignedPem, request, self_signed, write_public};
pub use session::{ClientStream, ServerStream, SessionInfo, channel_binding};

use std::sync::Arc;

/// The one crypto provider of the program.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
