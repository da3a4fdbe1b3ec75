//! Guide §5.7: configuring the HTTP service.

use suite::http::hidden_inputs;
use suite::{Site, SiteOptions, Terminal, site::password, wait_for};

#[test]
fn every_command_line_of_the_section_is_obeyed() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for name in ["service.http.enable", "service.http.enablesslport"] {
        terminal.types_each(&format!("configutil -o {name} -v [ yes | no ]"), |choice| {
            assert_eq!(terminal.value(name), choice);
        });
    }
    for (line, placeholder, value) in [
        ("configutil -o service.http.port -v number", "number", "8080"),
        ("configutil -o service.http.sslport -v number", "number", "8443"),
        ("configutil -o service.http.plaintextmincipher -v value", "value", "1"),
        ("configutil -o service.http.maxsessions -v number", "number", "7000"),
        ("configutil -o service.http.idletimeout -v number", "number", "4"),
        ("configutil -o service.http.sessiontimeout -v number", "number", "3600"),
        ("configutil -o service.http.maxthreads -v number", "number", "300"),
        ("configutil -o service.http.numprocesses -v number", "number", "2"),
        ("configutil -o service.http.spooldir -v dirpath", "dirpath", "/var/spool/heliograph"),
        ("configutil -o service.http.maxmessagesize -v size", "size", "10485760"),
        ("configutil -o service.http.smtphost -v hostname", "hostname", "mta.example.test"),
        ("configutil -o service.http.smtpport -v portnum", "portnum", "587"),
    ] {
        let said = terminal.types_with(line, placeholder, value).success();
        assert_eq!(said.stdout, "OK SET\n", "{line}");
        let name = line.split(' ').nth(2).unwrap();
        assert_eq!(terminal.value(name), value, "{line}");
    }
}

#[test]
fn imap_over_ssl_needs_sslusessl_and_a_trusted_back_end() {
    // §5.7.1: "You MUST enable service.http.sslusessl", and the back end's CA, or its own self-signed certificate, must be trusted.
    let store = Site::start(SiteOptions::default().users(&["alice"]));
    store.deliver("alice", b"Subject: from the back end\r\n\r\ntext\r\n");
    let password = store.tool(&["configutil", "-o", "local.service.proxy.adminpass"], "").success().stdout;
    let mut site = Site::make(SiteOptions::default().users(&["alice mailHost=127.0.0.1"]));
    let terminal = Terminal::at(&site);
    let port = store.listener("imaps").port();
    for (name, value) in [
        ("local.service.proxy.imapport.127.0.0.1", port.to_string()),
        ("local.service.proxy.admin.127.0.0.1", "proxyadmin".to_owned()),
        ("local.service.proxy.adminpass.127.0.0.1", password.trim().to_owned()),
        ("local.service.proxy.imapssl", "yes".to_owned()),
    ] {
        terminal.types(&format!("configutil -o {name} -v '{value}'")).success();
    }
    let page = |site: &Site| {
        let mut http = site.http();
        let mut fields = hidden_inputs(&http.get_following("/login").text());
        fields.push(("user".to_owned(), "alice".to_owned()));
        fields.push(("password".to_owned(), suite::site::password().to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = http.post_form("/login", &fields);
        http.follow(answer).text()
    };
    let words = "Mail server unavailable. Administrator, check server log for details.";
    site.run();
    assert!(page(&site).contains(words), "no CA is trusted");
    site.stop();
    let trusted = store.root().join("config/cert.pem");
    terminal.types(&format!("configutil -o local.service.proxy.cafile -v '{}'", trusted.display())).success();
    site.run();
    assert!(page(&site).contains("from the back end"));
    site.stop();
    terminal.types("configutil -o service.http.sslusessl -v no").success();
    site.run();
    assert!(page(&site).contains(words));
    wait_for("the reason", || site.log().contains("service.http.sslusessl is off").then_some(()));
}

#[test]
fn without_proxy_credentials_users_are_told_the_guides_sentence_and_the_log_names_the_options() {
    let mut site = Site::new();
    site.stop();
    let terminal = Terminal::at(&site);
    terminal
        .types("configutil -o local.service.proxy.admin -d\nconfigutil -o local.service.proxy.adminpass -d")
        .success();
    site.run();
    let mut http = site.http();
    let hidden = hidden_inputs(&http.get_following("/login").text());
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("user", "alice"), ("password", password())]);
    let answer = http.post_form("/login", &fields);
    let answer = http.follow(answer);
    assert!(
        answer.text().contains("Mail server unavailable. Administrator, check server log for details."),
        "{}",
        answer.text()
    );
    suite::wait_for("the log", || site.log().contains("local.service.proxy.adminpass").then_some(()));
    assert!(
        site.log().contains("local.service.proxy.admin (or local.service.proxy.admin.localhost)"),
        "{}",
        site.log()
    );
}

#[test]
fn credentials_and_ports_may_be_given_for_single_back_ends() {
    let site = super::quiet_site();
    let terminal = Terminal::at(&site);
    for (option, value) in [("imapport", "1143"), ("imapssl", "yes"), ("admin", "boss"), ("adminpass", "s3cret")] {
        let name = format!("local.service.proxy.{option}.store1.example.com");
        terminal.types(&format!("configutil -o {name} -v {value}")).success();
        assert_eq!(terminal.value(&name), value);
    }
    let settings = config::Settings::load(site.root()).unwrap();
    let proxy = config::Proxy::read(&settings);
    let one = proxy.back_end(Some("store1.example.com"));
    assert_eq!((one.port, one.tls, one.admin.as_deref()), (1143, true, Some("boss")));
    let other = proxy.back_end(Some("store2.example.com"));
    assert_eq!((other.port, other.tls), (143, false), "the guide's defaults hold for the others");
}
