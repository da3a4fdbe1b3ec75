//! CAPA: what the server announces (RFC 2449 §5, §6; RFC 2595 §4; RFC 3206 §6; RFC 5034 §3; RFC 6856 §2, §3).
//!
//! There is no APOP: the directory keeps Argon2id hashes and SCRAM verifiers, from which it cannot be answered.

use std::fmt::Write;

use auth::scram::{self, ChannelBindings};

use crate::session::Session;

/// How sign-in is possible on this connection at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passwords {
    Allowed,
    /// Not before STLS.
    NeedTls,
    /// Never.
    Refused,
}

impl Session {
    /// Guide §5.6, §5.7.1: 0 takes passwords on any connection, a number above only under TLS of that strength, -1 never.
    pub(crate) fn passwords(&self) -> Passwords {
        let bits = self.link.conn().map_or(0, daemon::Conn::cipher_bits);
        match u32::try_from(self.deps.config.service.plaintext_min_cipher) {
            Err(_) => Passwords::Refused,
            Ok(0) => Passwords::Allowed,
            Ok(least) if bits >= least => Passwords::Allowed,
            Ok(_) => Passwords::NeedTls,
        }
    }

    /// Whether the connection could be put under TLS.
    pub(crate) fn can_start_tls(&self) -> bool {
        self.deps.tls.is_some() && self.link.conn().is_some_and(|conn| !conn.is_tls())
    }

    /// The mechanisms of AUTH that work at the moment.
    pub(crate) fn mechanisms(&self) -> Vec<&'static str> {
        let mut mechanisms = Vec::new();
        if self.passwords() == Passwords::Allowed {
            mechanisms.push("PLAIN");
        }
        // It is a sign-in by password like any other, though the password never comes.
        let offered = self.deps.authenticator.directory().offers_scram() && self.passwords() != Passwords::Refused;
        if offered {
            mechanisms.push(scram::SCRAM);
        }
        if offered && !self.channel_bindings().offered.is_empty() {
            mechanisms.push(scram::SCRAM_PLUS);
        }
        mechanisms
    }

    /// What the connection has to bind to (RFC 9266).
    pub(crate) fn channel_bindings(&self) -> ChannelBindings {
        ChannelBindings { offered: self.link.conn().and_then(daemon::Conn::channel_binding).into_iter().collect() }
    }

    /// The lines behind the first, without the last dot. They are the same in both states, as RFC 2449 §5 wants it.
    pub(crate) fn capabilities(&self) -> String {
        let config = &self.deps.config;
        let mut lines = "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n".to_owned();
        if self.passwords() == Passwords::Allowed {
            lines.push_str("USER\r\n");
        }
        let mechanisms = self.mechanisms();
        if !mechanisms.is_empty() {
            let _ = write!(lines, "SASL {}\r\n", mechanisms.join(" "));
        }
        if self.can_start_tls() {
            lines.push_str("STLS\r\n");
        }
        // Writing to a string cannot fail.
        let _ = match config.expire_days {
            Some(days) => write!(lines, "EXPIRE {days}\r\n"),
            None => write!(lines, "EXPIRE NEVER\r\n"),
        };
        if !config.login_delay.is_zero() {
            let _ = write!(lines, "LOGIN-DELAY {}\r\n", config.login_delay.as_secs());
        }
        let product = daemon::Product::NAME.replace(' ', "-");
        let _ = write!(lines, "UTF8 USER\r\nLANG\r\nIMPLEMENTATION {product}-{}\r\n", daemon::Product::VERSION);
        lines
    }

    /// The greeting's text: ASCII, short enough for a response line, and without the angle brackets that would announce APOP (RFC 1939 §7).
    pub(crate) fn greeting(&self) -> String {
        let banner = daemon::banner(&self.deps.config.banner, &self.deps.config.hostname, "POP3");
        let clean = |letter| match letter {
            '<' => '(',
            '>' => ')',
            letter if letter.is_ascii() => letter,
            _ => '?',
        };
        let text: String = banner.chars().map(clean).take(LONGEST_GREETING).collect();
        // A bracket in front would be read as a response code (RFC 2449 §6.4).
        text.trim_start_matches(['[', ' ']).to_owned()
    }
}

/// 512 octets (RFC 2449 §4) without `+OK ` and the line end.
const LONGEST_GREETING: usize = 506;
