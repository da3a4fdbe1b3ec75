//! `service.*.connlimits`: connections at a time from one address (reference §1.3).

use std::{net::IpAddr, str::FromStr};

use crate::{Network, ParseError};

/// One entry: addresses in a network, and how many connections each may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnLimit {
    network: Network,
    /// Connections at a time.
    pub connections: u32,
    /// The entry as it was written.
    pub text: String,
}

/// The list; the first entry that an address is in counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnLimits(Vec<ConnLimit>);

impl ConnLimits {
    /// The entry for `address`.
    pub fn of(&self, address: IpAddr) -> Option<&ConnLimit> {
        self.0.iter().find(|limit| limit.network.contains(address) || is_everybody(&limit.network))
    }

    /// Whether there are no limits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is counted: an IPv4 address, or the /64 that a site gets at least with IPv6.
    pub fn counted(address: IpAddr) -> IpAddr {
        match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
        }
    }
}

/// `0.0.0.0|0.0.0.0` was everybody when there was no IPv6, and is meant so still.
fn is_everybody(network: &Network) -> bool {
    matches!(network, Network::V4 { mask: 0, .. })
}

impl FromStr for ConnLimits {
    type Err = ParseError;

    /// `IP|MASK:NUM` entries separated by commas or blanks; the mask may be a prefix length, IPv6 stands in brackets.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).map(entry).collect::<Result<_, _>>().map(Self)
    }
}

fn entry(word: &str) -> Result<ConnLimit, ParseError> {
    let wrong = || ParseError::new(format!("'{word}' is not IP|MASK:NUMBER, such as 0.0.0.0|0.0.0.0:20"));
    let (network, connections) = word.rsplit_once(':').ok_or_else(wrong)?;
    let connections = connections.parse().map_err(|_| wrong())?;
    let (address, mask) = network.split_once(['|', '/']).ok_or_else(wrong)?;
    let network = Network::masked(address, mask).map_err(|error| error.within(word))?;
    Ok(ConnLimit { network, connections, text: word.to_owned() })
}
