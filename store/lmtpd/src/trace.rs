//! The delivery headers in front of every message: Return-Path, Delivered-To and Received (RFC 5321 §4.4).

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::{Mailbox, Path};

/// What all copies of a message have in common.
#[derive(Clone, Debug)]
pub(crate) struct Trace<'a> {
    pub(crate) sender: &'a Path,
    /// Name that the client gave in LHLO.
    pub(crate) client: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) hostname: &'a str,
    /// Transaction identifier, also in the log.
    pub(crate) id: &'a str,
    /// SMTPUTF8 was asked for (RFC 6531 §4.3 registers the protocol name).
    pub(crate) utf8: bool,
    pub(crate) at: OffsetDateTime,
}

impl Trace<'_> {
    /// The header lines of one recipient's copy. Everything in them was parsed, so no line can be forged.
    pub(crate) fn headers(&self, recipient: &Mailbox) -> String {
        let Trace { sender, client, hostname, id, .. } = self;
        let peer = match self.peer.to_canonical() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        };
        let protocol = if self.utf8 { "UTF8LMTP" } else { "LMTP" };
        let date = self.at.format(&Rfc2822).unwrap_or_default();
        format!(
            "Return-Path: {sender}\r\nDelivered-To: {recipient}\r\nReceived: from {client} ({peer})\r\n\tby {hostname} with {protocol} id {id}\r\n\tfor <{recipient}>; {date}\r\n"
        )
    }
}
