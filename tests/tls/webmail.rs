//! Sign-in by certificate in the webmail, with curl as the browser (Guide §5.2.3).

use suite::http::hidden_inputs;
use suite::{Site, process::Output, wait_for};

use super::authority::{Authority, Issued, Person};
use super::client_certificate::site;
use super::peer::curl;

/// A browser with a certificate and a jar for its cookies.
struct Browser<'a> {
    site: &'a Site,
    own: Option<&'a Issued>,
    jar: tempfile::NamedTempFile,
}

impl<'a> Browser<'a> {
    fn new(site: &'a Site, own: Option<&'a Issued>) -> Browser<'a> {
        Browser { site, own, jar: tempfile::NamedTempFile::new().unwrap() }
    }

    fn asks(&self, path: &str, arguments: &[&str]) -> Output {
        let ca = self.site.root().join("config/cert.pem");
        let jar = self.jar.path().to_str().unwrap();
        let url = format!("https://{}{path}", self.site.listener("https"));
        let mut all = vec!["--cacert", ca.to_str().unwrap(), "-b", jar, "-c", jar];
        if let Some(own) = self.own {
            all.extend(["--cert", own.certificate.to_str().unwrap(), "--key", own.key.to_str().unwrap()]);
        }
        all.extend_from_slice(arguments);
        all.push(&url);
        curl(&all).success()
    }

    /// A page, redirects followed.
    fn page(&self, path: &str) -> String {
        self.asks(path, &["-L"]).stdout
    }

    /// Sends the form of `page` that goes to `path`, without following.
    fn sends(&self, page: &str, path: &str) -> String {
        let start = page.find(&format!("action=\"{path}\"")).unwrap_or_else(|| panic!("no {path} in {page}"));
        let form = page[start..].split("</form>").next().unwrap();
        let fields: Vec<String> = hidden_inputs(form).iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.asks(path, &["-i", "-d", &fields.join("&")]).stdout
    }
}

fn alice(authority: &Authority) -> Issued {
    authority.person(&Person { name: "Alice", mail: &["alice@example.test"], ..Person::default() })
}

#[test]
fn a_good_certificate_opens_the_mailbox_without_a_password() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice", "bob"]);
    site.deliver("alice", b"Subject: only for alice\r\n\r\ntext\r\n");
    let own = alice(&authority);
    let browser = Browser::new(&site, Some(&own));
    let page = browser.page("/");
    assert!(page.contains("only for alice"), "{page}");
    wait_for("the line", || site.log().contains("certificate+tls alice").then_some(()));
    // Where one wanted to go is where one arrives.
    assert!(Browser::new(&site, Some(&own)).page("/settings").contains("Settings"));
    let away = Browser::new(&site, Some(&own)).asks("/login?next=//evil.test/", &["-i"]).stdout;
    assert!(away.to_lowercase().contains("location: /mail/inbox"), "{away}");
}

#[test]
fn after_signing_out_the_certificate_signs_in_only_when_told_to() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice"]);
    let own = alice(&authority);
    let browser = Browser::new(&site, Some(&own));
    let mailbox = browser.page("/");
    let out = browser.sends(&mailbox, "/logout");
    assert!(out.to_lowercase().contains("location: /login?out=1"), "{out}");
    let page = browser.page("/login?out=1");
    assert!(page.contains("You are signed out.") && page.contains("Use the certificate of Alice"), "{page}");
    assert!(page.contains("name=\"password\""), "the password is still there: {page}");
    // A form of somebody else's page has not the token.
    let forged = browser.asks("/login/certificate", &["-i", "-d", "csrf=0"]).stdout;
    assert!(forged.starts_with("HTTP/2 403") || forged.starts_with("HTTP/1.1 403"), "{forged}");
    let sent = browser.sends(&page, "/login/certificate");
    assert!(sent.to_lowercase().contains("location: /mail/inbox"), "{sent}");
    assert!(browser.page("/").contains("Inbox"));
}

#[test]
fn a_link_on_another_site_signs_nobody_in() {
    let authority = Authority::new("Mail CA");
    let site = site(&authority, &["alice"]);
    let own = alice(&authority);
    let page = Browser::new(&site, Some(&own))
        .asks(
            "/login",
            &["-H", "Sec-Fetch-Site: cross-site", "-H", "Sec-Fetch-Mode: navigate", "-H", "Sec-Fetch-Dest: document"],
        )
        .stdout;
    assert!(page.contains("Use the certificate of Alice"), "{page}");
    assert!(!site.log().contains("certificate+tls alice"));
}

#[test]
fn a_certificate_that_counts_for_nothing_shows_the_form_for_the_password() {
    let authority = Authority::new("Mail CA");
    let stranger = Authority::new("Stranger CA");
    let site = site(&authority, &["alice", "carol mailUserStatus=inactive"]);
    let expired =
        authority.person(&Person { name: "Old", mail: &["alice@example.test"], expired: true, ..Person::default() });
    let unmapped = authority.person(&Person { name: "Nobody", mail: &["nobody@example.test"], ..Person::default() });
    for (own, reason) in [
        (&alice(&stranger), "unknown issuer"),
        (&expired, "certificate has expired"),
        (&unmapped, "no user for the certificate"),
    ] {
        let page = Browser::new(&site, Some(own)).page("/");
        assert!(page.contains("name=\"password\""), "{reason}: {page}");
        assert!(page.contains("Your certificate cannot be used here."), "{reason}: {page}");
        assert!(!page.contains(reason), "{page}");
        wait_for(reason, || site.log().contains(&format!("authentication failure ({reason})")).then_some(()));
    }
    let carol = authority.person(&Person { name: "Carol", mail: &["carol@example.test"], ..Person::default() });
    let page = Browser::new(&site, Some(&carol)).page("/");
    assert!(page.contains("This account is switched off."), "{page}");
    let page = Browser::new(&site, None).page("/");
    assert!(page.contains("name=\"password\"") && !page.contains("certificate"), "{page}");
}
