//! Sign-in by certificate over IMAP (Guide §5.2.3; reference §3.2): who gets in, who falls back to a password, what the log says.

use rcgen::DnType;
use suite::site::password;
use suite::{Site, SiteOptions, wait_for};

use super::authority::{Authority, Issued, Person};
use super::peer::{refresh, s_client, set, stolen, with_certificate};

/// A site that trusts `authority`, with these users.
pub fn site(authority: &Authority, users: &[&str]) -> Site {
    Site::start(
        SiteOptions::default()
            .users(users)
            .set("service.tls.cafile", authority.file().display())
            .set("logfile.default.loglevel", "Information"),
    )
}

fn alice(authority: &Authority) -> Issued {
    authority.person(&Person { name: "Alice", mail: &["alice@example.test"], ..Person::default() })
}

/// A certificate without a mail address.
fn mailless(authority: &Authority, name: &str, subject: &[(DnType, &str)]) -> Issued {
    authority.person(&Person { name, subject, ..Person::default() })
}

/// What the TLS port says to a client with this certificate that only asks and leaves.
fn greeting(site: &Site, own: &Issued) -> String {
    with_certificate(site, "imaps", own, &[], "a LOGOUT\n").lines().next().unwrap_or_default().to_owned()
}

#[track_caller]
fn log_has(site: &Site, own: &str, words: &str) {
    let fits = |line: &str| line.contains("badlogin: ") && line.contains(own) && line.contains(words);
    wait_for(words, || site.log().lines().any(fits).then_some(()));
}

#[test]
fn whoever_shows_a_good_certificate_on_the_tls_port_is_signed_in() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice", "bob"]);
    let own = alice(&authority);
    let said = with_certificate(&site, "imaps", &own, &[], "a1 CREATE Mine\na2 LIST \"\" Mine\na3 LOGOUT\n");
    assert!(said.starts_with("* PREAUTH [CAPABILITY IMAP4rev1 "), "{said}");
    assert!(said.contains("a1 OK") && said.contains("a2 OK") && said.contains("Mine"), "{said}");
    assert!(site.imap_as("alice").command("LIST \"\" Mine").untagged.len() == 1);
    wait_for("the line", || site.log().contains("certificate+tls alice").then_some(()));
    // TLS 1.2 has another way of asking.
    let said = with_certificate(&site, "imaps", &own, &["-tls1_2"], "a LOGOUT\n");
    assert!(said.starts_with("* PREAUTH "), "{said}");
}

#[test]
fn external_is_offered_to_whoever_has_shown_a_certificate_and_to_nobody_else() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice", "bob"]);
    set(&site, "service.imap.certpreauth", "no");
    let own = alice(&authority);
    let lines = "a1 CAPABILITY\na2 AUTHENTICATE EXTERNAL =\na3 SELECT INBOX\na4 LOGOUT\n";
    for (listener, arguments) in [("imaps", &[][..]), ("imap", &["-starttls", "imap"])] {
        let said = with_certificate(&site, listener, &own, arguments, lines);
        assert!(said.contains("AUTH=EXTERNAL") && !said.contains("PREAUTH"), "{said}");
        assert!(said.contains("a2 OK") && said.contains("a3 OK"), "{said}");
        let other = said.replace("a2", "");
        assert!(!other.contains("a2 NO"), "{said}");
        let without = s_client(&site, listener, &[&["-quiet"], arguments].concat(), lines).stdout;
        assert!(!without.contains("EXTERNAL") && without.contains("a2 NO [CANNOT]"), "{without}");
    }
    // With a go-ahead instead of an initial response, and with the own name as authorization identity.
    let said = with_certificate(&site, "imaps", &own, &[], "a1 AUTHENTICATE EXTERNAL\n\na2 LOGOUT\n");
    assert!(said.contains("+ ") && said.contains("a1 OK"), "{said}");
    let said = with_certificate(&site, "imaps", &own, &[], "a1 AUTHENTICATE EXTERNAL YWxpY2U=\na2 LOGOUT\n");
    assert!(said.contains("a1 OK"), "{said}");
    // bob: not hers to ask for.
    let said = with_certificate(
        &site,
        "imaps",
        &own,
        &[],
        "a1 AUTHENTICATE EXTERNAL Ym9i\na2 AUTHENTICATE EXTERNAL *\na3 LOGOUT\n",
    );
    assert!(said.contains("a1 NO [AUTHORIZATIONFAILED]") && said.contains("a2 BAD"), "{said}");
    assert!(!site.imap().command("CAPABILITY").untagged[0].text().contains("EXTERNAL"));
}

#[test]
fn a_certificate_that_counts_for_nothing_leaves_the_password() {
    let authority = Authority::new("Mail CA");
    let stranger = Authority::new("Stranger CA");
    let site = site(&authority, &["alice", "bob", "carol mailUserStatus=inactive", "dora"]);
    let person = |name, mail| Person { name, mail, ..Person::default() };
    let cases = [
        (stranger.person(&person("Stranger", &["alice@example.test"])), "CN=Stranger", "unknown issuer"),
        (
            authority.person(&Person { expired: true, ..person("Expired", &["alice@example.test"]) }),
            "CN=Expired",
            "certificate has expired",
        ),
        (authority.person(&person("Nobody", &["nobody@example.test"])), "CN=Nobody", "no user for the certificate"),
        (authority.person(&person("Mailless", &[])), "CN=Mailless", "no mail address in the certificate"),
        (
            authority.person(&person("Both", &["alice@example.test", "bob@example.test"])),
            "CN=Both",
            "the certificate fits several users",
        ),
        (authority.person(&person("Carol", &["carol@example.test"])), "CN=Carol", "account disabled (inactive)"),
        // A server's certificate is nobody's.
        (authority.server(&["alice.example.test"]), "", "certificate is not for client authentication"),
    ];
    let login = format!("a1 LOGIN alice {}\na2 LOGOUT\n", password());
    for (own, subject, reason) in &cases {
        let said = with_certificate(&site, "imaps", own, &[], &login);
        assert!(said.starts_with("* OK "), "{subject}: {said}");
        assert!(said.contains("a1 OK"), "{subject}: the password is the way back: {said}");
        log_has(&site, subject, reason);
        // The client learns nothing but that it did not work.
        let said =
            with_certificate(&site, "imap", own, &["-starttls", "imap"], "a1 AUTHENTICATE EXTERNAL =\na2 LOGOUT\n");
        assert!(said.contains("a1 NO ["), "{subject}: {said}");
        assert!(!said.contains(reason) && !said.contains("nobody@") && !said.contains("dora"), "{subject}: {said}");
    }
}

/// Certificates of `authority` that the TLS library has no use for, with what the log says of them.
fn unusable(authority: &Authority) -> [(Issued, &'static str); 3] {
    let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let small = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    let mail = "subjectAltName=email:alice@example.test\nextendedKeyUsage=clientAuth\n";
    let odd = Person { name: "Odd", mail: &["alice@example.test"], odd: true, ..Person::default() };
    [
        (authority.by_openssl("/CN=Old/emailAddress=alice@example.test", &curve, ""), "of X.509 version 1"),
        (authority.person(&odd), "UnsupportedCriticalExtension"),
        (authority.by_openssl("/CN=Small", &small, mail), "RSA key has 1024 bits"),
    ]
}

#[test]
fn a_certificate_that_cannot_be_read_leaves_the_password_too() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice"]);
    let login = format!("a1 LOGIN alice {}\na2 LOGOUT\n", password());
    for (own, reason) in &unusable(&authority) {
        for version in ["-tls1_3", "-tls1_2"] {
            // OpenSSL itself has something against small keys.
            let lax = [version, "-cipher", "DEFAULT@SECLEVEL=0"];
            let said = with_certificate(&site, "imaps", own, &lax, &login);
            assert!(said.starts_with("* OK ") && said.contains("a1 OK"), "{reason} {version}: {said}");
            let starttls = [&lax[..], &["-starttls", "imap"]].concat();
            let said = with_certificate(&site, "imap", own, &starttls, "a1 AUTHENTICATE EXTERNAL =\na2 LOGOUT\n");
            assert!(said.contains("a1 NO [CANNOT]"), "{reason} {version}: {said}");
        }
        log_has(&site, "] certificate ", reason);
        let lax = ["-cipher", "DEFAULT@SECLEVEL=0"];
        let page = with_certificate(&site, "https", own, &lax, "GET /login HTTP/1.0\n\n");
        assert!(page.contains("Your certificate cannot be used here."), "{reason}: {page}");
        let http = |line: &str| line.contains("badlogin: ") && line.contains(reason);
        wait_for(reason, || (site.log().lines().filter(|line| http(line)).count() >= 5).then_some(()));
    }
    assert!(!site.log().contains("certificate+tls"), "{}", site.log());
}

#[test]
fn somebody_elses_certificate_without_its_key_is_worth_nothing() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice"]);
    let own = alice(&authority);
    let thief = authority.person(&Person { name: "Thief", ..Person::default() });
    // What can be checked is checked in the handshake.
    assert_eq!(stolen(&site, &own.certificate, &own.key).unwrap().0, "* PREAUTH");
    assert!(stolen(&site, &own.certificate, &thief.key).is_none(), "a false proof ends the connection");
    // What cannot be checked signs nobody in, and is not offered to.
    for (unusable, reason) in &unusable(&authority) {
        let (greeting, answer) = stolen(&site, &unusable.certificate, &thief.key).unwrap();
        assert_eq!(greeting, "* OK", "{reason}");
        assert!(answer.starts_with("a1 NO [CANNOT]"), "{reason}: {answer}");
    }
}

#[test]
fn revoked_certificates_end_with_the_refresh_after_their_list() {
    let authority = Authority::new("Mail CA");
    let list = authority.path("list.pem");
    authority.revoke(&list, &[], true);
    let site = Site::start(
        SiteOptions::default()
            .set("service.tls.cafile", authority.file().display())
            .set("service.tls.crlfile", list.display()),
    );
    let own = alice(&authority);
    assert!(greeting(&site, &own).starts_with("* PREAUTH"));
    authority.revoke(&list, &[own.serial], true);
    refresh(&site, "refresh: certificates read again");
    assert!(greeting(&site, &own).starts_with("* OK"));
    log_has(&site, "CN=Alice", "certificate is revoked");
    // A list that is out of date, or one of somebody else, proves nothing: fail on the safe side.
    authority.revoke(&list, &[], false);
    refresh(&site, "refresh: certificates read again");
    assert!(greeting(&site, &own).starts_with("* OK"));
    log_has(&site, "CN=Alice", "out of date");
    Authority::new("Other CA").revoke(&list, &[], true);
    refresh(&site, "refresh: certificates read again");
    assert!(greeting(&site, &own).starts_with("* OK"));
    log_has(&site, "CN=Alice", "no revocation list");
    set(&site, "service.tls.crlfile", "");
    assert!(greeting(&site, &own).starts_with("* PREAUTH"));
    // A faulty list changes nothing.
    std::fs::write(&list, "nothing").unwrap();
    site.tool(&["configutil", "-o", "service.tls.crlfile", "-v", list.to_str().unwrap()], "").success();
    refresh(&site, "refresh: certificates kept as they were");
    assert!(greeting(&site, &own).starts_with("* PREAUTH"));
}

#[test]
fn a_session_from_before_is_not_resumed_once_its_authority_is_not_trusted_any_more() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice"]);
    let own = alice(&authority);
    let session = authority.path("session");
    let session = session.to_str().unwrap();
    let files = ["-cert", own.certificate.to_str().unwrap(), "-key", own.key.to_str().unwrap()];
    let first = s_client(&site, "imaps", &[&files[..], &["-sess_out", session]].concat(), "a NOOP\na LOGOUT\n").stdout;
    assert!(first.contains("* PREAUTH") && first.contains("New, TLS"), "{first}");
    let again = |arguments: &[&str]| {
        s_client(&site, "imaps", &[arguments, &["-sess_in", session]].concat(), "a LOGOUT\n").stdout
    };
    let resumed = again(&files);
    assert!(resumed.contains("Reused, TLS") && resumed.contains("* PREAUTH"), "{resumed}");
    set(&site, "service.tls.cafile", "");
    let fresh = again(&files);
    assert!(fresh.contains("New, TLS") && fresh.contains("* OK") && !fresh.contains("PREAUTH"), "{fresh}");
}

#[test]
fn certmap_leads_from_a_certificate_to_its_entry() {
    let (authority, other) = (Authority::new("Mail CA"), Authority::new("Other CA"));
    let site = Site::start(
        SiteOptions::default()
            .users(&["alice employeeNumber=17", "bob employeeNumber=18", "carol certSubjectDN=CN=C,O=Example"])
            .set("service.tls.cafile", format!("{} {}", authority.file().display(), other.file().display()))
            .set("logfile.default.loglevel", "Information"),
    );
    let map = site.root().join("config/certmap.conf");
    let lines = |site: &Site| -> Vec<String> {
        site.log().lines().filter(|line| line.contains("login: ")).map(str::to_owned).collect()
    };
    let user = |own: &Issued| {
        let before = lines(&site).len();
        let said = with_certificate(&site, "imaps", own, &[], "a1 NOOP\na2 LOGOUT\n");
        let last = wait_for("a line about it", || lines(&site).get(before).cloned());
        match last.split_once("certificate+tls ") {
            Some((_, name)) if said.starts_with("* PREAUTH") => name.trim().to_owned(),
            _ if said.starts_with("* OK") => {
                let why = last.split_once("authentication failure (").map(|(_, why)| why.trim());
                why.and_then(|why| why.strip_suffix(')')).unwrap_or(&last).to_owned()
            }
            _ => panic!("{last}: {said}"),
        }
    };
    let uses = |text: &str| {
        std::fs::write(&map, text).unwrap();
        refresh(&site, "refresh: settings read again");
    };
    let uid = DnType::CustomDnType(vec![0, 9, 2342, 19200300, 100, 1, 1]);
    let number = DnType::CustomDnType(vec![2, 5, 4, 5]);

    // FilterComps with a renamed part, over the whole directory.
    uses(
        "# comment\ncertmap mail CN=Mail CA, O=Example, C=SE\nmail:DNComps\nmail:FilterComps serialNumber=employeeNumber\n",
    );
    assert_eq!(user(&mailless(&authority, "Any", &[(number.clone(), "17")])), "alice");
    assert_eq!(user(&mailless(&authority, "Any", &[(number.clone(), "18")])), "bob");
    assert_eq!(user(&mailless(&authority, "Any", &[(number.clone(), "19")])), "no user for the certificate");
    // What is a filter's syntax elsewhere is a value here.
    assert_eq!(user(&mailless(&authority, "Any", &[(number.clone(), "1*")])), "no user for the certificate");
    assert_eq!(user(&mailless(&authority, "Any", &[(number.clone(), "17)(uid=*")])), "no user for the certificate");
    assert!(user(&alice(&authority)).contains("has no serialNumber"));
    assert!(user(&alice(&other)).contains("no mapping in certmap.conf for the certificate's issuer"));

    // The default mapping for everybody else, the issuer written the other way round.
    uses(
        "certmap mail C=SE,O=Example,CN=Mail CA\nmail:DNComps\nmail:FilterComps uid\ncertmap default default\ndefault:DNComps\ndefault:FilterComps e\n",
    );
    assert_eq!(user(&mailless(&authority, "Any", &[(uid.clone(), "bob")])), "bob");
    assert_eq!(user(&alice(&other)), "alice");

    // DNComps: the subject's parts are the entry's place.
    let people = [
        (DnType::OrganizationName, "example.test"),
        (DnType::OrganizationalUnitName, "People"),
        (uid.clone(), "alice"),
    ];
    uses("certmap default default\ndefault:DNComps uid, ou, o\n");
    assert_eq!(user(&mailless(&authority, "Any", &people)), "alice");
    uses("certmap default default\ndefault:DNComps ou, o\ndefault:FilterComps uid\n");
    assert_eq!(user(&mailless(&authority, "Any", &people)), "alice");
    uses("certmap default default\ndefault:DNComps ou, o\n");
    assert_eq!(user(&mailless(&authority, "Any", &people)), "no user for the certificate");

    // CmapLdapAttr before the rest.
    uses("certmap default default\ndefault:CmapLdapAttr certSubjectDN\ndefault:DNComps\ndefault:FilterComps uid\n");
    assert_eq!(user(&mailless(&authority, "C", &[(DnType::OrganizationName, "Example")])), "carol");
    assert_eq!(user(&mailless(&authority, "D", &[(uid.clone(), "bob")])), "bob");

    // A faulty file leaves the last good one.
    std::fs::write(&map, "certmap default default\ndefault:Library /lib/evil.so\n").unwrap();
    refresh(&site, "refresh: certmap.conf kept as it was");
    assert!(site.log().contains("certmap.conf:2: plug-in libraries are not loaded"), "{}", site.log());
    assert_eq!(user(&mailless(&authority, "D", &[(uid, "bob")])), "bob");
}

#[test]
fn verifycert_wants_the_very_certificate_in_the_directory() {
    use base64::Engine as _;
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice", "bob"]);
    let (own, copy) = (alice(&authority), alice(&authority));
    std::fs::write(
        site.root().join("config/certmap.conf"),
        "certmap default default\ndefault:DNComps\ndefault:FilterComps e\ndefault:verifycert on\n",
    )
    .unwrap();
    refresh(&site, "refresh: settings read again");
    assert!(greeting(&site, &own).starts_with("* OK"));
    log_has(&site, "CN=Alice", "not among the userCertificate values");
    let file = site.root().join("config/directory.ldif");
    let ldif = std::fs::read_to_string(&file).unwrap();
    let value = base64::engine::general_purpose::STANDARD.encode(&own.der);
    std::fs::write(
        &file,
        ldif.replacen("\nuid: alice\n", &format!("\nuid: alice\nuserCertificate;binary:: {value}\n"), 1),
    )
    .unwrap();
    assert!(greeting(&site, &own).starts_with("* PREAUTH"));
    assert!(greeting(&site, &copy).starts_with("* OK"), "same names, another certificate");
}

#[test]
fn pop_asks_for_no_certificate_and_without_an_authority_nobody_does() {
    let authority = Authority::new("Mail CA");
    let trusting = site(&authority, &["alice"]);
    let asks = |site: &Site, listener: &str, goodbye: &str| {
        let said = s_client(site, listener, &["-tls1_2"], goodbye).stdout;
        assert!(said.contains("Cipher is ECDHE"), "{said}");
        !said.contains("No client certificate CA names sent")
    };
    assert!(asks(&trusting, "imaps", "a LOGOUT\n"));
    assert!(asks(&trusting, "https", "GET / HTTP/1.0\n\n"));
    assert!(!asks(&trusting, "pops", "QUIT\n"));
    set(&trusting, "service.tls.cafile", "");
    assert!(!asks(&trusting, "imaps", "a LOGOUT\n"));
}
