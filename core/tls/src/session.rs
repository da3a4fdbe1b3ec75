//! TLS streams and what is worth knowing about a session.

/// A server-side TLS stream over `S`.
pub type ServerStream<S> = tokio_rustls::server::TlsStream<S>;

/// A client-side TLS stream over `S`.
pub type ClientStream<S> = tokio_rustls::client::TlsStream<S>;

/// What was agreed in a handshake, for logs and for the minimum strength that a site may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// Name of the cipher suite.
    pub cipher: String,
    /// Key length of the cipher in bits.
    pub key_bits: u32,
    /// Server name that the client asked for.
    pub server_name: Option<String>,
    /// Protocol agreed by ALPN.
    pub alpn: Option<Vec<u8>>,
}

/// What SASL binds to: `tls-exporter` (RFC 9266) of a TLS 1.3 session. `None` with TLS 1.2, whose finished messages stay inside
/// of the TLS library, so that there is no `tls-unique`.
pub fn channel_binding<S>(stream: &ServerStream<S>) -> Option<(&'static str, Vec<u8>)> {
    let session = stream.get_ref().1;
    if session.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
        return None;
    }
    let exported = session.export_keying_material([0u8; 32], b"EXPORTER-Channel-Binding", Some(&[]));
    exported.ok().map(|octets| ("tls-exporter", octets.to_vec()))
}

impl SessionInfo {
    /// Reads the facts of a finished server-side handshake.
    pub fn of<S>(stream: &ServerStream<S>) -> SessionInfo {
        let session = stream.get_ref().1;
        let suite = session.negotiated_cipher_suite().map(|suite| suite.suite());
        let cipher = suite.and_then(|suite| suite.as_str()).unwrap_or("unknown").to_owned();
        // Every suite of the provider is AES-128, AES-256 or ChaCha20 (256).
        let key_bits = match () {
            () if cipher.contains("AES_128") => 128,
            () if cipher == "unknown" => 0,
            () => 256,
        };
        let version = match session.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        };
        SessionInfo {
            version,
            cipher,
            key_bits,
            server_name: session.server_name().map(str::to_owned),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
        }
    }
}
