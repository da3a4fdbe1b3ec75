//! Access filters that never apply, and PROXY protocol asked of programs that do not speak it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use access::{Networks, Protocol, Rules};

use super::{Finding, known};
use crate::{settings::Settings, typed::Http};

const SERVICES: [Protocol; 4] = [Protocol::Imap, Protocol::Pop, Protocol::Http, Protocol::Lmtp];

pub fn check(settings: &Settings, found: &mut Vec<Finding>) {
    for protocol in SERVICES {
        for list in ["domainallowed", "domainnotallowed"] {
            let option = format!("service.{protocol}.{list}");
            let value = known(settings, &option).unwrap_or_default();
            for filter in Rules::idle_for(&value, protocol).unwrap_or_default() {
                found.push(Finding::warning(
                    &[&option],
                    format!("'{filter}' in {option} names other services, so it admits and refuses nobody here"),
                    format!("configutil -o {option} -v '{protocol}: CLIENTS', or ALL: CLIENTS"),
                ));
            }
        }
    }
    let option = "service.imap.proxyprotocol";
    let networks: Networks = known(settings, option).and_then(|value| value.parse().ok()).unwrap_or_default();
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    if Http::read(settings).service.listen.is_on() && loopback.iter().any(|address| networks.contains(*address)) {
        found.push(Finding::warning(
            &[option],
            format!("{option} has loopback in it: the webmail and msprobe connect from there, without a PROXY header"),
            "let the load balancer connect from an address of its own, and leave 127.0.0.1 out",
        ));
    }
}
