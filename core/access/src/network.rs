//! Networks: an address with a mask, and lists of them.

use std::{fmt, net::IpAddr, str::FromStr};

use crate::ParseError;

/// Addresses that are alike under a mask. Masks need not be contiguous for IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// IPv4; also matches the addresses mapped into IPv6.
    V4 {
        /// The address, already masked.
        net: u32,
        /// The mask.
        mask: u32,
    },
    /// IPv6.
    V6 {
        /// The address, already masked.
        net: u128,
        /// The mask.
        mask: u128,
    },
}

impl Network {
    /// The network of `address` and a mask of `bits` ones.
    pub fn with_prefix(address: IpAddr, bits: u8) -> Result<Self, ParseError> {
        match (address, address.to_canonical()) {
            // Clients' addresses are compared in their IPv4 form too.
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if (96..=128).contains(&bits) => {
                return Self::with_prefix(v4, bits - 96);
            }
            _ => {}
        }
        match address {
            IpAddr::V4(v4) if bits <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                Ok(Self::V4 { net: u32::from(v4) & mask, mask })
            }
            IpAddr::V6(v6) if bits <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                Ok(Self::V6 { net: u128::from(v6) & mask, mask })
            }
            _ => Err(ParseError::new(format!("/{bits} is too long a prefix for {address}"))),
        }
    }

    /// One address alone.
    pub fn host(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4 { net: u32::from(v4), mask: u32::MAX },
            IpAddr::V6(v6) => Self::V6 { net: u128::from(v6), mask: u128::MAX },
        }
    }

    /// `address` with a mask written as a prefix length or, for IPv4, as four numbers.
    pub(crate) fn masked(address: &str, mask: &str) -> Result<Self, ParseError> {
        let parsed = read_address(address)?;
        if !mask.is_empty() && mask.bytes().all(|byte| byte.is_ascii_digit()) {
            let bits = mask.parse().map_err(|_| ParseError::new(format!("/{mask} is not a prefix length")))?;
            return Self::with_prefix(parsed, bits);
        }
        match (parsed, mask.parse::<std::net::Ipv4Addr>()) {
            (IpAddr::V4(v4), Ok(mask)) => {
                let mask = u32::from(mask);
                Ok(Self::V4 { net: u32::from(v4) & mask, mask })
            }
            (IpAddr::V6(_), _) => Err(ParseError::new(format!("'{mask}' is not a prefix length, 0 to 128"))),
            (IpAddr::V4(_), Err(_)) => {
                Err(ParseError::new(format!("'{mask}' is neither a mask like 255.255.255.0 nor a prefix length")))
            }
        }
    }

    /// Whether `address` is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::V4 { net, mask }, IpAddr::V4(v4)) => u32::from(v4) & mask == *net,
            (Self::V6 { net, mask }, IpAddr::V6(v6)) => u128::from(v6) & mask == *net,
            _ => false,
        }
    }
}

/// An address, IPv6 with or without brackets.
pub(crate) fn read_address(word: &str) -> Result<IpAddr, ParseError> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    bare.parse().map_err(|_| ParseError::new(format!("'{word}' is not an IP address")))
}

impl FromStr for Network {
    type Err = ParseError;

    /// `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `2001:db8::/32`, `[2001:db8::]/32`.
    fn from_str(word: &str) -> Result<Self, ParseError> {
        match word.split_once('/') {
            Some((address, mask)) => Self::masked(address, mask),
            None => read_address(word).map(Self::host),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4 { net, mask } if *mask == u32::MAX => write!(out, "{}", std::net::Ipv4Addr::from(*net)),
            Self::V4 { net, mask } if mask.leading_ones() + mask.trailing_zeros() == 32 => {
                write!(out, "{}/{}", std::net::Ipv4Addr::from(*net), mask.leading_ones())
            }
            Self::V4 { net, mask } => {
                write!(out, "{}/{}", std::net::Ipv4Addr::from(*net), std::net::Ipv4Addr::from(*mask))
            }
            Self::V6 { net, mask } if *mask == u128::MAX => write!(out, "{}", std::net::Ipv6Addr::from(*net)),
            Self::V6 { net, mask } => write!(out, "{}/{}", std::net::Ipv6Addr::from(*net), mask.leading_ones()),
        }
    }
}

/// A list of networks, as settings name trusted proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Whether `address` is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Networks {
    type Err = ParseError;

    /// Separated by blanks or commas.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, network) in self.0.iter().enumerate() {
            write!(out, "{}{network}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
