//! XCLIENT: tells the MTA for whom a message is handed in (Postfix XCLIENT_README), so that its log and limits are about that client.

use std::{fmt, net::IpAddr};

use crate::Origin;

/// The command, with those of its attributes that the MTA offers.
pub(crate) struct XClient(String);

impl XClient {
    /// `None` where the MTA does not offer it to this host. `offered`: lines of the answer to EHLO, in capitals.
    pub(crate) fn new(origin: &Origin, offered: &[String]) -> Option<Self> {
        let words: Vec<&str> =
            offered.iter().map(|line| line.split(' ').collect()).find(|words: &Vec<&str>| words[0] == "XCLIENT")?;
        let address = match origin.client.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("IPV6:{v6}"),
        };
        let mut command = "XCLIENT".to_owned();
        // Without a name of its own, the client would keep the gateway's.
        for (name, value) in [("NAME", "[UNAVAILABLE]"), ("ADDR", &address), ("LOGIN", &origin.login)] {
            if words.contains(&name) && !value.is_empty() {
                command.push_str(&format!(" {name}={}", xtext(value)));
            }
        }
        (command.len() > "XCLIENT".len()).then_some(Self(command))
    }
}

impl fmt::Display for XClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\r\n", self.0)
    }
}

/// RFC 3461 §4.
fn xtext(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'!'..=b'~' if byte != b'+' && byte != b'=' => char::from(byte).to_string(),
            _ => format!("+{byte:02X}"),
        })
        .collect()
}
