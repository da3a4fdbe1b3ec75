//! The webmail's way to back ends over TLS: `local.service.proxy.imapssl` with a trusted CA (Guide §5.7.1).

use std::path::Path;

use suite::http::HttpResponse;
use suite::site::password;
use suite::{Dovecot, Site, SiteOptions, wait_for};

use super::authority::Authority;
use super::peer::set;

const PAGE: &str = "Mail server unavailable. Administrator, check server log for details.";

/// A front end whose alice lives on the back end 127.0.0.1 at `port`.
fn front(port: u16, admin: &str, pass: &str, ca: &Path) -> Site {
    Site::start(
        SiteOptions::default()
            .users(&["alice mailHost=127.0.0.1"])
            .set("local.service.proxy.imapport.127.0.0.1", port)
            .set("local.service.proxy.imapssl.127.0.0.1", "yes")
            .set("local.service.proxy.admin.127.0.0.1", admin)
            .set("local.service.proxy.adminpass.127.0.0.1", pass)
            .set("local.service.proxy.cafile", ca.display()),
    )
}

fn signs_in(site: &Site) -> HttpResponse {
    let mut http = site.http();
    let page = http.get_following("/login").text();
    let mut fields = suite::http::hidden_inputs(&page);
    fields.push(("user".to_owned(), "alice".to_owned()));
    fields.push(("password".to_owned(), password().to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = http.post_form("/login", &fields);
    http.follow(answer)
}

fn is_refused(site: &Site, reason: &str) {
    let answer = signs_in(site);
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains(PAGE), "{}", answer.text());
    assert!(!answer.text().contains(reason) && !answer.text().contains("cafile"), "{}", answer.text());
    let fits = |line: &str| line.contains(" Error: ") && line.contains("back end 127.0.0.1") && line.contains(reason);
    wait_for(reason, || site.log().lines().any(fits).then_some(()));
}

#[test]
fn our_own_store_is_reached_over_imaps_with_its_self_signed_certificate_trusted() {
    let store = Site::start(SiteOptions::default().users(&["alice"]).set("logfile.default.loglevel", "Information"));
    store.deliver("alice", b"Subject: kept on the back end\r\n\r\ntext\r\n");
    let pass = store.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout;
    let site = front(store.listener("imaps").port(), "proxyadmin", pass.trim(), &store.root().join("config/cert.pem"));
    let answer = signs_in(&site);
    assert!(answer.text().contains("kept on the back end"), "{}", answer.text());
    wait_for("the line", || store.log().contains("plaintext+tls proxyadmin acts for alice").then_some(()));

    // Trust in somebody else: refused, with the manual's page; right again after the next refresh.
    set(&site, "local.service.proxy.cafile", site.root().join("config/cert.pem").to_str().unwrap());
    is_refused(&site, "its certificate is not trusted");
    set(&site, "local.service.proxy.cafile", "");
    is_refused(&site, "local.service.proxy.cafile names no trusted certificate");
    set(&site, "local.service.proxy.cafile", store.root().join("config/cert.pem").to_str().unwrap());
    assert!(signs_in(&site).text().contains("kept on the back end"));

    // The master switch of TLS counts for connections to back ends as well.
    set(&site, "service.http.sslusessl", "no");
    is_refused(&site, "service.http.sslusessl is off");
}

#[test]
fn dovecot_is_reached_over_imaps_with_its_authority_trusted() {
    let authority = Authority::new("Back-end CA");
    let own = authority.server(&["localhost", "127.0.0.1"]);
    let dovecot = Dovecot::start_with_tls(&["alice"], &own.certificate, &own.key);
    dovecot.lmtp().deliver(
        "sender@elsewhere.test",
        &["alice@example.test"],
        b"Subject: kept in Dovecot\r\n\r\ntext\r\n",
    );
    let port = dovecot.imaps_address().port();
    let site = front(port, suite::dovecot::MASTER, password(), &authority.file());
    let answer = signs_in(&site);
    assert!(answer.text().contains("kept in Dovecot"), "{}", answer.text());
    let other = Authority::new("Other CA");
    set(&site, "local.service.proxy.cafile", other.file().to_str().unwrap());
    is_refused(&site, "its certificate is not trusted");
    // Another host's certificate of the right authority is as wrong.
    let elsewhere = authority.server(&["elsewhere.test"]);
    let dovecot = Dovecot::start_with_tls(&["alice"], &elsewhere.certificate, &elsewhere.key);
    let site = front(dovecot.imaps_address().port(), suite::dovecot::MASTER, password(), &authority.file());
    is_refused(&site, "its certificate is not trusted");
}
