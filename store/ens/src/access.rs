//! ENS_ACCESS: which hosts may connect to the broker (Guide §5.6.1).

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// The permissions of `ENS_ACCESS`.
///
/// Once they are set, an address that none of them covers is refused. The first that covers an address decides; only that a refusal which stands
/// behind it and covers fewer addresses is an exception from it. So the chapter's second example means what the chapter says of it,
/// "all IP addresses 192.168.0.* except 192.168.0.17", where `-192.168.0.17` with the full mask stands last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// `None`: nothing was said.
    rules: Option<Vec<Rule>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    address: u32,
    mask: u32,
}

/// Why a text is no list of permissions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not +ADDRESS|MASK or -ADDRESS|MASK with dotted-decimal numbers")]
pub struct AccessError(String);

impl Access {
    /// Everyone may connect.
    pub fn open() -> Self {
        Self::default()
    }

    /// Whether a client at `peer` may connect.
    pub fn allows(&self, peer: IpAddr) -> bool {
        let Some(rules) = &self.rules else { return true };
        let address = match peer.to_canonical() {
            IpAddr::V4(address) => address,
            // The masks are dotted-decimal: IPv6's own loopback counts as the local host, all else is covered by none.
            IpAddr::V6(address) if address.is_loopback() => Ipv4Addr::LOCALHOST,
            IpAddr::V6(_) => return false,
        };
        let address = u32::from(address);
        let mut covering = rules.iter().filter(|rule| (address ^ rule.address) & rule.mask == 0);
        let Some(first) = covering.next() else { return false };
        let is_exception = |rule: &Rule| !rule.allow && rule.mask.count_ones() > first.mask.count_ones();
        first.allow && !covering.any(is_exception)
    }
}

impl FromStr for Access {
    type Err = AccessError;

    /// `+127.0.0.1|255.255.255.255; -10.0.0.1;255.255.255.255`: the mask behind `|` or, as in the chapter's second example,
    /// behind `;`. Blanks, line ends and the backslash that continues a shell line are skipped; no mask is the full one. Nothing at
    /// all covers nobody: everyone is refused.
    fn from_str(text: &str) -> Result<Self, AccessError> {
        let words = text
            .split([';', '|'])
            .map(|word| word.trim_matches(|c: char| c.is_whitespace() || c == '\\'))
            .filter(|word| !word.is_empty());
        let mut rules: Vec<Rule> = Vec::new();
        let mut awaits_mask = false;
        for word in words {
            let refused = || AccessError(word.to_owned());
            let sign = word.chars().next().filter(|c| matches!(c, '+' | '-' | '\u{2013}' | '\u{2014}'));
            if let Some(sign) = sign {
                let address: Ipv4Addr = word[sign.len_utf8()..].trim().parse().map_err(|_| refused())?;
                rules.push(Rule { allow: sign == '+', address: address.into(), mask: u32::MAX });
                awaits_mask = true;
            } else {
                let rule = rules.last_mut().filter(|_| awaits_mask).ok_or_else(refused)?;
                rule.mask = word.parse::<Ipv4Addr>().map_err(|_| refused())?.into();
                awaits_mask = false;
            }
        }
        Ok(Self { rules: Some(rules) })
    }
}
