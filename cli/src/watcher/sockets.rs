//! The listening sockets of a service, opened by the watcher, and the number of its processes.

use std::net::{IpAddr, TcpListener};

use anyhow::Context;
use config::{Ens, Housekeeping, Http, Imap, Listen, Lmtp, Pop, Settings};
use daemon::bind;

use crate::services::{PortOptions, ServiceName};

/// A socket with the name of its port, as in the `ready` line.
pub struct Named {
    pub name: &'static str,
    pub socket: TcpListener,
}

/// Opens all sockets of a service; `None` when the settings have it off. Must be called in a runtime.
pub fn open(service: ServiceName, settings: &Settings, ports: &PortOptions) -> anyhow::Result<Option<Vec<Named>>> {
    let (listen, plain, tls) = match service {
        ServiceName::Imap => (Imap::read(settings).service.listen, "imap", "imaps"),
        ServiceName::Pop => (Pop::read(settings).service.listen, "pop", "pops"),
        ServiceName::Http => (Http::read(settings).service.listen, "http", "https"),
        ServiceName::Lmtp => (Lmtp::read(settings).listen, "lmtp", ""),
        ServiceName::Ens => (Ens::read(settings).listen, "ens", ""),
        // Nothing listens for it.
        ServiceName::Store => return Ok(Housekeeping::read(settings).enabled.then(Vec::new)),
    };
    let Listen { addresses, port, ssl_port } = ports.apply(&listen, plain, tls);
    if port.is_none() && ssl_port.is_none() {
        return Ok(None);
    }
    let mut sockets = Vec::new();
    for (name, port) in [(plain, port), (tls, ssl_port)] {
        if let Some(port) = port {
            sockets.extend(listen_on(name, &addresses, port)?);
        }
    }
    Ok(Some(sockets))
}

fn listen_on(name: &'static str, addresses: &[IpAddr], port: u16) -> anyhow::Result<impl Iterator<Item = Named>> {
    let sockets = bind(addresses, port)?.into_sockets().with_context(|| format!("port {port}"))?;
    Ok(sockets.into_iter().map(move |socket| Named { name, socket }))
}

/// How many processes the service runs in (`service.*.numprocesses`). Delivery, the broker and housekeeping are one each.
pub fn processes(service: ServiceName, settings: &Settings) -> usize {
    match service {
        ServiceName::Imap => Imap::read(settings).service.num_processes,
        ServiceName::Pop => Pop::read(settings).service.num_processes,
        ServiceName::Http => Http::read(settings).service.num_processes,
        ServiceName::Lmtp | ServiceName::Ens | ServiceName::Store => 1,
    }
}
