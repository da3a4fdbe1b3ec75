//! Sign-in: `plaintextmincipher` that leaves nobody a way in, names without a domain.

use super::{Finding, known, set};
use crate::{
    keys,
    settings::Settings,
    typed::{Http, Imap, Pop, Service, Tls},
};

/// Bits of the strongest ciphers of TLS 1.2 and 1.3.
const STRONGEST: i32 = 256;

pub fn check(settings: &Settings, found: &mut Vec<Finding>) {
    let files = Tls::read(settings);
    let certificate = files.cert_files.iter().chain(&files.key_files).all(|file| file.is_file());
    let services = [
        ("imap", Imap::read(settings).service),
        ("pop", Pop::read(settings).service),
        ("http", Http::read(settings).service),
    ];
    for (name, service) in services.iter().filter(|(_, service)| service.listen.is_on()) {
        let option = format!("service.{name}.plaintextmincipher");
        match service.plaintext_min_cipher {
            -1 if *name == "pop" => found.push(Finding::error(
                &[&option],
                format!("{option} is -1, but POP knows no other sign-in than by password (Guide §5.2.2)"),
                set(&option, "128"),
            )),
            -1 if known(settings, "service.tls.cafile").is_none() => found.push(Finding::error(
                &[&option, "service.tls.cafile"],
                format!("{option} is -1 and no authority of client certificates is trusted: nobody can sign in"),
                "configutil -o service.tls.cafile -v FILE (Guide §5.2.3), or allow passwords",
            )),
            strength if strength > STRONGEST => found.push(Finding::error(
                &[&option],
                format!("{option} asks for {strength} bits, but ciphers have {STRONGEST} at most: nobody can sign in"),
                set(&option, "128"),
            )),
            strength if strength > 0 => encrypted(name, &option, service, certificate, found),
            _ => {}
        }
    }
    if settings.optional(keys::site::DEFAULT_DOMAIN).is_none() {
        found.push(Finding::warning(
            &["service.defaultdomain"],
            "service.defaultdomain is not set: every user has to type a domain (Guide §5.2.1)",
            set("service.defaultdomain", "DOMAIN"),
        ));
    }
    let admin = settings.optional(keys::proxy::ADMIN);
    let admins = settings.text(keys::service::ADMINS);
    if let Some(admin) = admin
        && services[0].1.listen.is_on()
        && services[2].1.listen.is_on()
        && !admins.split_whitespace().any(|one| one == admin)
    {
        found.push(Finding::warning(
            &["local.service.proxy.admin", "store.admins"],
            format!("{admin} signs in for the webmail's users, but is no store administrator of this host"),
            format!("configutil -o store.admins -v '{}'", format!("{admins} {admin}").trim()),
        ));
    }
}

/// Passwords need encryption: is there any?
fn encrypted(name: &str, option: &str, service: &Service, certificate: bool, found: &mut Vec<Finding>) {
    let switch = format!("service.{name}.sslusessl");
    let ssl_port = format!("service.{name}.enablesslport");
    if !service.tls {
        found.push(Finding::error(
            &[option, &switch],
            format!("{option} asks for encryption that {switch} switches off: nobody can sign in"),
            set(&switch, "yes"),
        ));
    } else if !certificate {
        found.push(Finding::error(
            &[option, "service.tls.certfile"],
            format!("{option} asks for encryption, but there is no certificate: nobody can sign in"),
            "heliograph cert self-signed, or set service.tls.certfile and service.tls.keyfile",
        ));
    } else if name == "http" && service.listen.ssl_port.is_none() {
        found.push(Finding::error(
            &[option, &ssl_port],
            format!("{option} asks for encryption, but there is no HTTPS port: nobody can sign in"),
            set(&ssl_port, "yes"),
        ));
    }
}
