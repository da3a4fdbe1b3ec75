//! Listeners: two on one port, TLS without a certificate, nothing at all.

use std::net::IpAddr;

use super::{Finding, set};
use crate::{
    settings::Settings,
    typed::{Http, Imap, Listen, Lmtp, Pop, Tls},
};

/// A place that is listened on, with the option that says so.
struct Place {
    option: String,
    port: u16,
    addresses: Vec<IpAddr>,
}

pub fn check(settings: &Settings, found: &mut Vec<Finding>) {
    let (imap, pop) = (Imap::read(settings).service, Pop::read(settings).service);
    let (http, lmtp) = (Http::read(settings).service, Lmtp::read(settings).listen);
    let mut places = Vec::new();
    for (name, listen) in [("imap", &imap.listen), ("pop", &pop.listen), ("http", &http.listen), ("lmtp", &lmtp)] {
        collect(name, listen, &mut places);
    }
    if places.is_empty() {
        found.push(Finding::error(
            &["service.imap.enable", "service.pop.enable", "service.http.enable", "service.lmtp.enable"],
            "no service is enabled",
            set("service.imap.enable", "yes"),
        ));
    }
    for (index, one) in places.iter().enumerate() {
        if let Some(other) = places[index + 1..].iter().find(|other| collides(one, other)) {
            found.push(Finding::error(
                &[&one.option, &other.option],
                format!("{} and {} are both {}", one.option, other.option, one.port),
                format!("configutil -o {} -v PORT", other.option),
            ));
        }
    }
    for (name, service) in [("imap", &imap), ("pop", &pop), ("http", &http)] {
        let option = format!("service.{name}.enablesslport");
        let asked = settings.get(&option).is_ok_and(|value| value == "yes");
        if asked && !service.tls {
            let switch = format!("service.{name}.sslusessl");
            found.push(Finding::warning(
                &[&option, &switch],
                format!("{option} is yes, but {switch} switches TLS off: nobody listens on the TLS port"),
                set(&switch, "yes"),
            ));
        }
    }
    for (name, service) in [("imap", &imap), ("pop", &pop), ("http", &http)] {
        if let (None, Some(port)) = (service.listen.port, service.listen.ssl_port) {
            let (option, other) = (format!("service.{name}.enable"), format!("service.{name}.enablesslport"));
            found.push(Finding::warning(
                &[&option, &other],
                format!("{option} is no, but {other} is yes: the service runs on its TLS port {port} alone"),
                format!("{}, if it is to be off", set(&other, "no")),
            ));
        }
    }
    let asking: Vec<String> = [("imap", &imap), ("pop", &pop), ("http", &http)]
        .iter()
        .filter(|(_, service)| service.listen.ssl_port.is_some())
        .map(|(name, _)| format!("service.{name}.enablesslport"))
        .collect();
    certificate(settings, &asking, found);
}

/// The files must be there together, and must be there at all where a port needs them.
fn certificate(settings: &Settings, asking: &[String], found: &mut Vec<Finding>) {
    let files = Tls::read(settings);
    let (certificates, keys) = (files.cert_files.len(), files.key_files.len());
    if certificates != keys {
        found.push(Finding::error(
            &["service.tls.certfile", "service.tls.keyfile"],
            format!("service.tls.certfile names {certificates} files and service.tls.keyfile {keys}"),
            "name a key for each certificate, in the same order",
        ));
    }
    let named = [("service.tls.certfile", &files.cert_files), ("service.tls.keyfile", &files.key_files)];
    let missing: Vec<(&str, &std::path::Path)> = named
        .into_iter()
        .flat_map(|(option, files)| files.iter().map(move |file| (option, file.as_path())))
        .filter(|(_, file)| !file.is_file())
        .collect();
    for (option, files) in [("service.tls.cafile", &files.ca_files), ("service.tls.crlfile", &files.crl_files)] {
        for file in files.iter().filter(|file| !file.is_file()) {
            found.push(Finding::error(
                &[option],
                format!("{option} names {}, which is missing: users' certificates cannot be judged", file.display()),
                format!("configutil -o {option} -v FILE"),
            ));
        }
    }
    let some = missing.len() < certificates + keys;
    if missing.is_empty() || (asking.is_empty() && !some) {
        return;
    }
    let mut options: Vec<&str> = missing.iter().map(|(option, _)| *option).collect();
    options.dedup();
    options.extend(asking.iter().map(String::as_str));
    let files: Vec<String> = missing.iter().map(|(_, file)| file.display().to_string()).collect();
    let problem = match asking {
        [] => format!("the certificate is not whole: {} is missing", files.join(" and ")),
        _ => format!("{} is yes, but {} is missing", asking.join(", "), files.join(" and ")),
    };
    found.push(Finding::error(
        &options,
        problem,
        "heliograph cert self-signed, or set service.tls.certfile and service.tls.keyfile",
    ));
}

fn collect(name: &str, listen: &Listen, places: &mut Vec<Place>) {
    let ports = [(listen.port, "port"), (listen.ssl_port, "sslport")];
    places.extend(ports.into_iter().filter_map(|(port, option)| {
        Some(Place {
            option: format!("service.{name}.{option}"),
            port: port.filter(|port| *port != 0)?,
            addresses: listen.addresses.clone(),
        })
    }));
}

fn collides(one: &Place, other: &Place) -> bool {
    // An unspecified address takes the port on all addresses of its family.
    let same =
        |a: &IpAddr, b: &IpAddr| a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()));
    one.port == other.port && one.addresses.iter().any(|a| other.addresses.iter().any(|b| same(a, b)))
}
