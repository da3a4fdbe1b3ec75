//! Signing in: services of users and domains, the throttle, and whom a proxy speaks for.

use suite::http::hidden_inputs;
use suite::{HttpClient, Site, SiteOptions, site::password};

use super::fixture::{connect_from, exchange, line, logged};

pub fn sign_in(http: &mut HttpClient, user: &str, password: &str) -> suite::http::HttpResponse {
    let page = http.get_following("/login");
    let hidden = hidden_inputs(&page.text());
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("user", user), ("password", password)]);
    http.post_form("/login", &fields)
}

#[test]
fn a_user_has_the_services_that_the_entry_grants_and_webmail_reads_the_mail_all_the_same() {
    let site = Site::start(SiteOptions::default().users(&[
        "alice mailAllowedServiceAccess=+http:*",
        "bob mailAllowedServiceAccess=+imap:192.0.2.$+pop:127.0.0.1",
        "carol",
    ]));
    let refused = "NO [NOPERM] This account may not use this service from here";
    for (user, admitted) in [("alice", false), ("bob", false), ("carol", true)] {
        let reply = site.imap().attempt(&format!("LOGIN {user} {}", password()));
        assert_eq!(reply.is_ok(), admitted, "{user}: {}", reply.status);
        assert!(admitted || reply.status == refused, "{}", reply.status);
    }
    let pop = |user: &str| {
        let stream = connect_from("127.0.0.1", site.listener("pop"));
        exchange(&stream, &format!("USER {user}\r\nPASS {}\r\nQUIT\r\n", password()))
    };
    assert!(pop("alice").contains("-ERR [AUTH] This account may not use this service from here"), "{}", pop("alice"));
    assert!(pop("bob").contains("+OK Maildrop has"), "{}", pop("bob"));
    site.http_as("alice");
    let answer = sign_in(&mut site.http(), "bob", password());
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("may not use webmail"), "{}", answer.text());
    logged(&site, "service refused: mailAllowedServiceAccess: no filter matches");
    // A wrong password is answered as for anybody.
    assert!(site.imap().attempt("LOGIN alice wrong").status.starts_with("NO [AUTHENTICATIONFAILED]"));
    let faulty = site.tool(&["user", "set", "carol", "mailAllowedServiceAccess=imap:*"], "");
    assert_eq!(faulty.status.code(), Some(1));
    assert!(faulty.stderr.contains("begins with + or -"), "{}", faulty.stderr);
    // The tool says which rule.
    let told = site.tool(&["access", "test", "imap", "127.0.0.1", "bob"], "");
    assert_eq!(told.status.code(), Some(1));
    assert!(told.stdout.contains("bob mailAllowedServiceAccess: refused"), "{}", told.stdout);
    let told = site.tool(&["access", "test", "pop", "127.0.0.1", "bob"], "");
    assert_eq!(told.status.code(), Some(0));
    assert!(told.stdout.contains("admitted, + filter 2 '+pop:127.0.0.1'"), "{}", told.stdout);
}

#[test]
fn too_many_wrong_passwords_are_refused_unread_while_others_sign_in() {
    // The first delay is one second already: with a longest of one, nobody waits for more than two.
    let site = Site::start(
        SiteOptions::default().set("service.loginthrottle.failures", 1).set("service.loginthrottle.maxdelay", 1),
    );
    let wrong = || site.imap().attempt("LOGIN alice wrong").status;
    assert!(wrong().starts_with("NO [AUTHENTICATIONFAILED]"));
    let crowd: Vec<String> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..60).map(|_| scope.spawn(wrong)).collect();
        // Meanwhile everybody else comes in, and alice from elsewhere.
        site.imap_as("bob");
        let elsewhere = connect_from("127.0.0.9", site.listener("imap"));
        line(&elsewhere);
        assert!(exchange(&elsewhere, &format!("a LOGIN alice {}\r\nb LOGOUT\r\n", password())).contains("a OK "));
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let refused = crowd.iter().filter(|status| status.starts_with("NO [UNAVAILABLE] Too many failed sign-ins")).count();
    assert!(refused >= 28, "at most 32 wait: {crowd:?}");
    logged(&site, "authentication failure (too many failures before)");
    // The right password waits for its turn, and clears the failures.
    suite::wait_for("a turn", || site.imap().attempt(&format!("LOGIN alice {}", password())).is_ok().then_some(()));
    site.imap_as("alice");
}

#[test]
fn the_throttle_can_be_switched_off_and_leaves_out_exempt_networks() {
    for (name, value) in
        [("service.loginthrottle.enable", "no"), ("service.loginthrottle.exempt", "10.0.0.0/8 127.0.0.1")]
    {
        let site = Site::start(SiteOptions::default().set("service.loginthrottle.failures", 1).set(name, value));
        let statuses: Vec<String> = std::thread::scope(|scope| {
            let tries: Vec<_> =
                (0..12).map(|_| scope.spawn(|| site.imap().attempt("LOGIN nobody wrong").status)).collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|status| status.starts_with("NO [AUTHENTICATIONFAILED]")), "{statuses:?}");
    }
}

#[test]
fn imap_believes_the_address_in_id_from_trusted_proxies_and_from_administrators_afterwards() {
    let site = Site::start(
        SiteOptions::default()
            .set("logfile.default.loglevel", "Information")
            .set("service.imap.trustedproxies", "127.0.0.2")
            .set("service.imap.domainnotallowed", "ALL: 198.51.100."),
    );
    let session = |from: &str, client: &str, login: &str| {
        let stream = connect_from(from, site.listener("imap"));
        line(&stream);
        exchange(&stream, &format!("i ID (\"x-originating-ip\" \"{client}\")\r\n{login}\r\nz LOGOUT\r\n"))
    };
    let alice = format!("a LOGIN alice {}", password());
    assert!(session("127.0.0.2", "203.0.113.5", &alice).contains("a OK "));
    logged(&site, "login: [203.0.113.5] plaintext alice");
    // The filters look at the told address.
    let refused = session("127.0.0.2", "198.51.100.7", &alice);
    assert!(refused.contains("a NO [NOPERM] Connections from your address are not accepted"), "{refused}");
    // From anybody else it is a rumour.
    assert!(session("127.0.0.3", "198.51.100.8", &alice).contains("a OK "));
    logged(&site, "login: [127.0.0.3:");
    assert!(!site.log().contains("close [198.51.100.8"));
    // The webmail signs in as store administrator for somebody: then its word counts for the log.
    site.http_as("bob");
    logged(&site, "acts for bob");
}

#[test]
fn what_webmail_says_of_its_clients_is_in_the_log_of_imap() {
    let site = Site::start(
        SiteOptions::default()
            .set("logfile.default.loglevel", "Information")
            .set("service.http.trustedproxies", "127.0.0.1"),
    );
    let mut browser = site.http();
    browser.set_header("X-Forwarded-For", "203.0.113.9");
    assert!((300..400).contains(&sign_in(&mut browser, "alice", password()).status));
    logged(&site, "login: [203.0.113.9] plaintext alice");
    assert_eq!(browser.get("/mail/INBOX").status, 200);
    let mut site = site;
    site.stop();
    suite::wait_for("the end of the gateway's session", || {
        site.log().lines().any(|line| line.contains("close [203.0.113.9] [alice]")).then_some(())
    });
}
