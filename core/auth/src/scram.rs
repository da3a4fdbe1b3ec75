//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, the server's side (RFC 5802, RFC 7677; channel bindings of RFC 9266 and RFC 5929).
//!
//! The exchange is told apart from the look-up: [`ClientFirst::parse`] reads the first message, [`Exchange`] answers it from a
//! verifier, a made-up one where there is none, so that nobody learns by it who exists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{SCRAM_ITERATIONS, ScramVerifier, scram_hmac};
use sha2::{Digest, Sha256};

use crate::{AuthError, AuthErrorKind};

/// The mechanism without channel binding.
pub const SCRAM: &str = "SCRAM-SHA-256";
/// The mechanism with channel binding.
pub const SCRAM_PLUS: &str = "SCRAM-SHA-256-PLUS";

/// Octets of a server's part of the nonce, before base64.
const NONCE: usize = 18;
/// Longest message that is read.
const LONGEST: usize = 4096;

/// What a connection has to bind to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelBindings {
    /// `tls-exporter` or `tls-unique` with its octets; empty without TLS, and then -PLUS is not offered.
    pub offered: Vec<(&'static str, Vec<u8>)>,
}

/// Which of the two mechanisms the client has named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// SCRAM-SHA-256
    None,
    /// SCRAM-SHA-256-PLUS
    Channel,
}

/// The client's first message.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientFirst {
    /// Whom to act for; `None` for oneself.
    pub authorization: Option<String>,
    /// The login name as typed.
    pub login: String,
    /// `n,,` or the like, which the last message repeats.
    header: String,
    /// The octets that belong to the header's channel binding.
    bound: Vec<u8>,
    bare: String,
    nonce: String,
}

impl ClientFirst {
    /// Reads `gs2-header client-first-message-bare` (RFC 5802 §7).
    pub fn parse(message: &[u8], binding: Binding, channel: &ChannelBindings) -> Result<Self, AuthError> {
        let text = text(message)?;
        let (flag, rest) = text.split_once(',').ok_or_else(|| malformed("no GS2 header"))?;
        let (authorization, bare) = rest.split_once(',').ok_or_else(|| malformed("no GS2 header"))?;
        let bound = match (flag.split_once('='), binding) {
            (None, Binding::None) if flag == "n" => Vec::new(),
            // RFC 5802 §6: a client that could bind and believes that the server cannot has been deceived.
            (None, Binding::None) if flag == "y" && channel.offered.is_empty() => Vec::new(),
            (None, Binding::None) if flag == "y" => {
                return Err(AuthError::new(AuthErrorKind::Failed, "client was not shown the channel binding"));
            }
            (Some(("p", name)), Binding::Channel) => {
                let offered = channel.offered.iter().find(|(offered, _)| *offered == name);
                offered
                    .map(|(_, octets)| octets.clone())
                    .ok_or_else(|| malformed("channel binding is not supported"))?
            }
            _ => return Err(malformed("GS2 header does not fit the mechanism")),
        };
        let authorization = match authorization.strip_prefix("a=") {
            Some(name) => Some(sasl_name(name)?),
            None if authorization.is_empty() => None,
            None => return Err(malformed("GS2 header with an unknown field")),
        };
        let mut fields = bare.split(',');
        // `m=` in front would be an extension that must be understood, and there is none.
        let login =
            fields.next().and_then(|field| field.strip_prefix("n=")).ok_or_else(|| malformed("no user name"))?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or_else(|| malformed("no nonce"))?;
        if nonce.is_empty() || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("nonce is not printable"));
        }
        let header = text.get(..text.len() - bare.len()).unwrap_or_default();
        Ok(Self {
            authorization,
            login: sasl_name(login)?,
            header: header.to_owned(),
            bound,
            bare: bare.to_owned(),
            nonce: nonce.to_owned(),
        })
    }
}

/// An exchange between the server's first message and the client's last.
pub struct Exchange {
    first: ClientFirst,
    server_first: String,
    nonce: String,
    verifier: ScramVerifier,
    /// The verifier is somebody's.
    real: bool,
}

impl Exchange {
    /// Begins with a user's verifier. Without one the salt is made of `secret` and the name, the same each time.
    pub fn begin(first: ClientFirst, verifier: Option<ScramVerifier>, secret: &[u8; 32]) -> Self {
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(rand::random::<[u8; NONCE]>()));
        let real = verifier.is_some();
        let verifier = verifier.unwrap_or_else(|| ScramVerifier {
            mechanism: SCRAM.to_owned(),
            iterations: SCRAM_ITERATIONS,
            salt: scram_hmac(secret, first.login.to_lowercase().as_bytes())[..16].to_vec(),
            stored_key: rand::random::<[u8; 32]>().to_vec(),
            server_key: rand::random::<[u8; 32]>().to_vec(),
        });
        let server_first = format!("r={nonce},s={},i={}", STANDARD.encode(&verifier.salt), verifier.iterations);
        Self { first, server_first, nonce, verifier, real }
    }

    /// What the server says first.
    pub fn challenge(&self) -> &str {
        &self.server_first
    }

    /// Who the client says it is.
    pub fn first(&self) -> &ClientFirst {
        &self.first
    }

    /// Checks the client's last message; the answer is the server's last, by which it proves that it has the verifier.
    pub fn finish(&self, message: &[u8]) -> Result<String, AuthError> {
        let text = text(message)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or_else(|| malformed("no proof"))?;
        let mut fields = without_proof.split(',');
        let bound = fields.next().and_then(|field| field.strip_prefix("c=")).ok_or_else(|| malformed("no binding"))?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or_else(|| malformed("no nonce"))?;
        let bound = STANDARD.decode(bound).map_err(|_| malformed("binding is not base64"))?;
        let proof = STANDARD.decode(proof).map_err(|_| malformed("proof is not base64"))?;
        let failed = |reason: &str| AuthError::new(AuthErrorKind::Failed, reason);
        let expected = [self.first.header.as_bytes(), &self.first.bound].concat();
        if bound != expected {
            return Err(failed("channel binding differs"));
        }
        if nonce != self.nonce {
            return Err(failed("nonce differs"));
        }
        let signed = format!("{},{},{without_proof}", self.first.bare, self.server_first);
        let signature = scram_hmac(&self.verifier.stored_key, signed.as_bytes());
        let client_key: Vec<u8> = proof.iter().zip(signature).map(|(proof, signature)| proof ^ signature).collect();
        // Compared as HMACs under a key of the moment: the time tells nothing about the stored key.
        let once = rand::random::<[u8; 32]>();
        let right = proof.len() == signature.len()
            && scram_hmac(&once, &Sha256::digest(&client_key)) == scram_hmac(&once, &self.verifier.stored_key);
        if !(right && self.real) {
            return Err(failed(if self.real { "wrong password" } else { "no such user, or no verifier" }));
        }
        Ok(format!("v={}", STANDARD.encode(scram_hmac(&self.verifier.server_key, signed.as_bytes()))))
    }
}

fn text(message: &[u8]) -> Result<&str, AuthError> {
    if message.len() > LONGEST {
        return Err(malformed("message too long"));
    }
    let text = std::str::from_utf8(message).map_err(|_| malformed("not UTF-8"))?;
    if text.contains('\0') { Err(malformed("NUL in a message")) } else { Ok(text) }
}

/// saslname: `=2C` is a comma and `=3D` an equals sign.
fn sasl_name(encoded: &str) -> Result<String, AuthError> {
    let mut name = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((before, after)) = rest.split_once('=') {
        name.push_str(before);
        name.push(match after.get(..2) {
            Some("2C") => ',',
            Some("3D") => '=',
            _ => return Err(malformed("name with a bare equals sign")),
        });
        rest = after.get(2..).unwrap_or_default();
    }
    name.push_str(rest);
    if name.is_empty() { Err(malformed("empty name")) } else { Ok(name) }
}

fn malformed(reason: &str) -> AuthError {
    AuthError::new(AuthErrorKind::Malformed, reason)
}
