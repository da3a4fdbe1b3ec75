//! Host patterns: names, domains, addresses, networks and wildcards (reference §2.2).

use std::net::IpAddr;

use crate::{
    Network, ParseError,
    lookup::{Facts, Known, Need},
    network::read_address,
};

/// What is known of the name of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostName {
    /// It has none, or the answer did not come in time.
    Unknown,
    /// Its name, whose addresses have it among them.
    Known(String),
    /// It claims this name, but the name's addresses don't have it.
    Spoofed(String),
}

/// Which end of the connection a pattern is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Local,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostPattern {
    /// `ALL`, `*`.
    All,
    /// A name without a dot.
    Local,
    Known,
    Unknown,
    /// `DNSSPOOFER`; `PARANOID` as TCP wrappers call it.
    Spoofer,
    /// `.siroe.com`: every name that ends so.
    Domain(String),
    Name(String),
    /// `192.18.`: addresses that begin so.
    Prefix(Vec<u8>),
    Network(Network),
    /// `@group`.
    Netgroup(String),
}

impl HostPattern {
    pub(crate) fn parse(word: &str) -> Result<Self, ParseError> {
        match word.to_ascii_uppercase().as_str() {
            "ALL" | "*" => return Ok(Self::All),
            "LOCAL" => return Ok(Self::Local),
            "KNOWN" => return Ok(Self::Known),
            "UNKNOWN" => return Ok(Self::Unknown),
            "DNSSPOOFER" | "PARANOID" => return Ok(Self::Spoofer),
            _ => {}
        }
        if let Some(group) = word.strip_prefix('@') {
            return if group.is_empty() || group.contains('@') {
                Err(ParseError::new(format!("'{word}' is not a netgroup, which is written @name")))
            } else {
                Ok(Self::Netgroup(group.to_owned()))
            };
        }
        if let Some(domain) = word.strip_prefix('.') {
            return Ok(Self::Domain(format!(".{}", name(domain)?)));
        }
        if word.contains(['/', '[', ':']) {
            return word.parse().map(Self::Network);
        }
        if word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return match word.strip_suffix('.') {
                Some(prefix) => octets(prefix).map(Self::Prefix),
                None => read_address(word).map(|address| Self::Network(Network::host(address))),
            };
        }
        name(word.strip_suffix('.').unwrap_or(word)).map(Self::Name)
    }

    pub(crate) fn matches(&self, address: IpAddr, side: Side, facts: &Facts) -> Known {
        let (known, need) = match side {
            Side::Client => (&facts.client_name, Need::ClientName),
            Side::Local => (&facts.local_name, Need::LocalName),
        };
        let named = |check: &dyn Fn(&str) -> bool| match known {
            Some(HostName::Known(name)) => Ok(check(name.trim_end_matches('.'))),
            Some(_) => Ok(false),
            None => Err(need),
        };
        match self {
            Self::All => Ok(true),
            Self::Local => named(&|name| !name.contains('.')),
            Self::Known => named(&|_| true),
            Self::Unknown => known.as_ref().map(|name| *name == HostName::Unknown).ok_or(need),
            Self::Spoofer => known.as_ref().map(|name| matches!(name, HostName::Spoofed(_))).ok_or(need),
            Self::Domain(domain) => named(&|name| {
                name.len() > domain.len()
                    && name.get(name.len() - domain.len()..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
            }),
            Self::Name(wanted) => named(&|name| name.eq_ignore_ascii_case(wanted)),
            Self::Prefix(prefix) => Ok(match address.to_canonical() {
                IpAddr::V4(v4) => v4.octets().starts_with(prefix),
                IpAddr::V6(_) => false,
            }),
            Self::Network(network) => Ok(network.contains(address)),
            Self::Netgroup(group) => {
                let groups = facts.netgroups.as_ref().ok_or(Need::Netgroups)?;
                let address = address.to_canonical().to_string();
                if groups.contains(group, &[&address]) {
                    return Ok(true);
                }
                // A group that is not there has no members: no name needs to be known.
                if !groups.has(group) {
                    return Ok(false);
                }
                named(&|name| groups.contains(group, &[name]))
            }
        }
    }
}

fn name(word: &str) -> Result<String, ParseError> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if word.len() <= 253 && word.split('.').all(label) {
        return Ok(word.to_ascii_lowercase());
    }
    let hint = match word.strip_prefix("*.") {
        Some(domain) => format!("; all hosts of a domain are written .{domain}"),
        None => String::new(),
    };
    Err(ParseError::new(format!("'{word}' is not a host name, address or wildcard{hint}")))
}

fn octets(prefix: &str) -> Result<Vec<u8>, ParseError> {
    let octets: Result<Vec<u8>, _> = prefix.split('.').map(str::parse).collect();
    match octets {
        Ok(octets) if octets.len() <= 3 => Ok(octets),
        _ => Err(ParseError::new(format!("'{prefix}.' is not the beginning of an IPv4 address"))),
    }
}
