//! The webmail: its back ends and their credentials, sizes, times (Guide §5.7).

use super::{Finding, set};
use crate::{
    keys,
    settings::Settings,
    typed::{Http, Imap, Proxy},
};

pub fn check(settings: &Settings, found: &mut Vec<Finding>) {
    let http = Http::read(settings);
    if !http.service.listen.is_on() {
        return;
    }
    back_ends(settings, &http, found);
    if http.max_message_size < http.max_post_size {
        found.push(Finding::warning(
            &["service.http.maxmessagesize", "service.http.maxpostsize"],
            format!(
                "service.http.maxpostsize lets {} bytes of text in, but a message may only have {} bytes",
                http.max_post_size, http.max_message_size
            ),
            set("service.http.maxpostsize", &http.max_message_size.to_string()),
        ));
    }
    if let Some(limit) = Imap::read(settings).max_message_size.filter(|limit| *limit < http.max_message_size) {
        found.push(Finding::warning(
            &["service.imap.maxmessagesize", "service.http.maxmessagesize"],
            format!(
                "messages over {limit} bytes may be sent, but service.imap.maxmessagesize keeps their copies out of the Sent folder"
            ),
            set("service.imap.maxmessagesize", &http.max_message_size.to_string()),
        ));
    }
    if http.resource_timeout > http.session_timeout {
        found.push(Finding::warning(
            &["service.http.resourcetimeout", "service.http.sessiontimeout"],
            "service.http.resourcetimeout is longer than service.http.sessiontimeout: connections are closed with their session",
            set("service.http.resourcetimeout", &http.session_timeout.as_secs().to_string()),
        ));
    }
}

fn back_ends(settings: &Settings, http: &Http, found: &mut Vec<Finding>) {
    let proxy = Proxy::read(settings);
    let hosts: Vec<String> = proxy.named_hosts().map(str::to_owned).collect();
    let here = proxy.back_end(None);
    // A front end may have credentials for its back ends alone; then this host holds nobody's mail.
    let used: Vec<_> = if hosts.is_empty() || here.missing().is_empty() {
        vec![here.clone()]
    } else {
        hosts.iter().map(|host| proxy.back_end(Some(host))).collect()
    };
    for back_end in &used {
        if !back_end.missing().is_empty() {
            found.push(Finding::error(
                &["local.service.proxy.admin", "local.service.proxy.adminpass"],
                format!(
                    "the webmail cannot sign in to {}: {} not set, and users are told 'Mail server unavailable'",
                    back_end.host,
                    back_end.missing().join(", ")
                ),
                "configutil -o local.service.proxy.admin -v USER; configutil -o local.service.proxy.adminpass -v PASSWORD",
            ));
        }
    }
    let imap = Imap::read(settings).service.listen;
    if hosts.is_empty() && imap.port.is_none() {
        found.push(Finding::warning(
            &["service.http.enable", "service.imap.enable"],
            "IMAP is not enabled on this host, and the webmail reads mail by IMAP: only users with another mailHost can use it (Guide §5.7)",
            "give every user a mailHost, or configutil -o service.imap.enable -v yes",
        ));
    }
    let encrypted = [here].into_iter().chain(hosts.iter().map(|host| proxy.back_end(Some(host)))).any(|b| b.tls);
    if encrypted && !http.service.tls {
        found.push(Finding::error(
            &["local.service.proxy.imapssl", "service.http.sslusessl"],
            "local.service.proxy.imapssl needs service.http.sslusessl (Guide §5.7.1)",
            set("service.http.sslusessl", "yes"),
        ));
    }
    if encrypted && let Some(file) = proxy.ca_files.iter().find(|file| !file.is_file()) {
        found.push(Finding::error(
            &["local.service.proxy.cafile"],
            format!("{} is missing: no back end's certificate can be trusted", file.display()),
            "configutil -o local.service.proxy.cafile -v FILE",
        ));
    }
    if settings.flag(keys::proxy::IMAP_SSL) && settings.number(keys::proxy::IMAP_PORT) == 143 {
        found.push(Finding::warning(
            &["local.service.proxy.imapssl", "local.service.proxy.imapport"],
            "back ends are reached over TLS on port 143, which is the port without TLS",
            set("local.service.proxy.imapport", "993"),
        ));
    }
}
