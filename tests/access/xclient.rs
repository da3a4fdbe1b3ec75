//! XCLIENT: the MTA is told who sends and from where, if it offers that.

use suite::postfix::PostfixOptions;
use suite::{Postfix, Site, SiteOptions, wait_for};

#[test]
fn postfix_logs_the_browsers_address() {
    let mut site = Site::make(
        SiteOptions::default().set("service.http.trustedproxies", "127.0.0.1").set("service.http.localdelivery", "no"),
    );
    site.run();
    let mut options = PostfixOptions::new(site.domain(), site.listener("lmtp"));
    options.settings = "smtpd_authorized_xclient_hosts = 127.0.0.1\n\
        smtpd_relay_restrictions = permit_auth_destination, reject\n\
        smtpd_recipient_restrictions = permit_auth_destination, reject\n"
        .to_owned();
    let postfix = Postfix::start(&options);
    site.stop();
    let smtp = postfix.smtp_address();
    for (name, value) in [("smtphost", smtp.ip().to_string()), ("smtpport", smtp.port().to_string())] {
        site.tool(&["configutil", "-o", &format!("service.http.{name}"), "-v", &value], "").success();
    }
    site.run();
    let mut browser = site.http();
    browser.set_header("X-Forwarded-For", "203.0.113.9");
    let answer = super::sign_in::sign_in(&mut browser, "alice", suite::site::password());
    assert!((300..400).contains(&answer.status), "{}", answer.text());
    let answer = suite::site::send_mail(&mut browser, "bob@example.test", "XCLIENT");
    assert_eq!(answer.status, 303, "{}\n{}", answer.text(), postfix.log());
    wait_for("Postfix's log", || postfix.log().contains("client=unknown[203.0.113.9]").then_some(()));
}
